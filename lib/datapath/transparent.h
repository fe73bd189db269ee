/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transparent: pairs of networks between which G-PDUs of unknown tunnels cross (e2m.md 6): N9, forwarding between nodes.
 * A pair is the outer address on the access side and the outer address on the core side, whatever the direction of the
 * packet. commands.c fills the list, lookup asks for packets of unknown tunnels alone. One thread uses it.
 */
#ifndef DATAPATH_TRANSPARENT_H
#define DATAPATH_TRANSPARENT_H

#include <stdbool.h>
#include <stdint.h>

#include "datapath/command.h"

struct rte_mbuf;

/* Addresses in the form of struct tunnel. Bits of address outside of mask are 0. */
struct transparent_network {
	uint64_t address[2];
	uint64_t mask[2];
};

/* Both sides have the same IP version. */
struct transparent_pair {
	bool is_ipv6;
	struct transparent_network side[DATAPATH_SIDES];
};

/* All zero: no pairs. */
struct transparent {
	uint8_t count;	/* of the list in force */
	uint8_t active; /* which list is in force; the other one is being filled */
	struct transparent_pair lists[2][DATAPATH_TRANSPARENT_MAX];
};

/* Takes one SET_TRANSPARENT. The last pair of a list puts the list in force. */
void transparent_take(struct transparent *t, const struct datapath_transparent *command);

/* True: a pair has both outer addresses of a packet that parse has read, of any kind and in any number of segments. */
bool transparent_covers(const struct transparent *t, struct rte_mbuf *m);

#endif
