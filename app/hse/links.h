/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * links: a thread that watches the devices of the ports. It mirrors links (link_state_mirror). It
 * handles Linux interfaces that are removed, made again, or given another MTU. It reads the numbers
 * of packets lost by NICs. The thread may wait for a device, but no worker and no packet waits for
 * the thread. No other thread changes a running port.
 */
#ifndef HSE_LINKS_H
#define HSE_LINKS_H

#include "hse_config.h"
#include "link_mirror.h"
#include "nic.h"
#include "ports.h"

struct links;

/* The state of one port. */
struct link_view {
	struct link_port link;
	bool is_gone;  /* its interface was removed, and the port is not opened again yet */
	uint64_t gone; /* number of removals */
	uint16_t mtu;
	uint64_t drops[NIC_DROP_COUNT];
};

/* The ports are open. NULL: no memory, or no thread; said in the log. */
struct links *links_start(struct hse_ports *ports, const struct hse_config *config);
/* Leaves no port taken down. links may be NULL. */
void links_stop(struct links *links);

/* Any thread. The state at the last look, which is repeated every LINK_LOOK_MS. */
void links_view(struct links *links, struct link_view ports[DATAPATH_SIDES]);

#endif
