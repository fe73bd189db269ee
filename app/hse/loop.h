/* SPDX-License-Identifier: BSD-3-Clause */
/* loop: one worker's poll loop on its lcore: receive, datapath, transmit. */
#ifndef HSE_LOOP_H
#define HSE_LOOP_H

#include <stdatomic.h>

#include "datapath/datapath.h"
#include "ports.h"

struct hse_loop {
	struct datapath_worker *datapath;
	const struct hse_ports *ports;
	unsigned worker;
	unsigned workers;
	bool adaptive;
	uint16_t mtu[DATAPATH_SIDES]; /* the MTU that datapath uses */
	atomic_bool *stop;
};

/* For rte_eal_remote_launch; arg is a struct hse_loop. Returns when *stop is true. */
int loop_run(void *arg);

/* A datapath_transmit; arg is a struct hse_loop. */
void loop_transmit(void *arg, enum datapath_side side, struct rte_mbuf **mbufs, uint16_t count);

#endif
