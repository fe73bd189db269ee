/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link_mirror: when one port loses its link, the other is taken down, so that both neighbours see it as they
 * would on a cable, and up again when it is back. What the mirror itself took down is no cause for anything,
 * and has time to come up again before it is. So two of them on one cable do not keep each other down.
 *
 *   WAITING - UP - LOST         by what is seen of the port itself
 *   UP, WAITING - TAKEN_DOWN    the other is LOST
 *   TAKEN_DOWN - WAITING        the other is UP again
 *
 * Of what devices do it knows nothing; links.c does.
 */
#ifndef HSE_LINK_MIRROR_H
#define HSE_LINK_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/command.h"

/* How often link_mirror_look is called. */
#define LINK_LOOK_MS 100
/* Looks in a row that must see no link, or one, before it is believed. */
#define LINK_LOOKS_LOST 2
#define LINK_LOOKS_BACK 10
/* For autonegotiation, and for the mirror at the other end. */
#define LINK_WAIT_MS 15000

enum link_state {
	LINK_WAITING, /* brought up; it may take its time */
	LINK_UP,
	LINK_LOST,
	LINK_TAKEN_DOWN, /* by us: the other port has no link */
};

struct link_port {
	uint8_t state;	   /* enum link_state */
	bool is_unable;	   /* the device could not do what it was told; said once */
	uint32_t looks;	   /* in a row that contradict state */
	uint64_t until_ms; /* WAITING */
	uint64_t lost;	   /* times that */
	uint64_t taken_down;
};

/* Takes a port's link down, or up again. 0, or negative errno. */
typedef int (*link_setter)(void *arg, enum datapath_side side, bool up);

struct link_mirror {
	bool is_on; /* else it only looks */
	struct link_port port[DATAPATH_SIDES];
	link_setter set;
	void *arg;
};

void link_mirror_start(struct link_mirror *mirror, bool is_on, link_setter set, void *arg,
		       uint64_t now_ms);
/* has_link: as the devices say it now; of a port that was taken down it counts for nothing. */
void link_mirror_look(struct link_mirror *mirror, const bool has_link[DATAPATH_SIDES],
		      uint64_t now_ms);
/* What was taken down comes up. */
void link_mirror_stop(struct link_mirror *mirror);

/* "up", "no link", "waiting for link", "taken down: the other port has no link". */
const char *link_state_name(enum link_state state);

#endif
