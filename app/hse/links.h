/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * links: a thread that looks at what is behind the ports: links, which it mirrors (link_state_mirror); Linux interfaces,
 * which may be removed, made again, and given another MTU; and what NICs have lost. No worker and no packet waits for it,
 * and it may wait for a device. It alone changes a port that runs.
 */
#ifndef HSE_LINKS_H
#define HSE_LINKS_H

#include "hse_config.h"
#include "link_mirror.h"
#include "nic.h"
#include "ports.h"

struct links;

/* What there is of one port. */
struct link_view {
	struct link_port link;
	bool is_gone;  /* its interface was removed, and is not taken again yet */
	uint64_t gone; /* times that */
	uint16_t mtu;
	uint64_t drops[NIC_DROP_COUNT];
};

/* The ports are open. NULL: no memory, or no thread; said in the log. */
struct links *links_start(struct hse_ports *ports, const struct hse_config *config);
/* Leaves no port taken down. links may be NULL. */
void links_stop(struct links *links);

/* From any thread: as it was at the last look, every LINK_LOOK_MS. */
void links_view(struct links *links, struct link_view ports[DATAPATH_SIDES]);

#endif
