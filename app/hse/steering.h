/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * steering: asks a port to put each G-PDU on a queue of the worker that owns its tunnel (datapath/owner.h).
 * It only ever saves work: what arrives elsewhere goes to its owner by ring.
 *
 * Which NICs hash the TEID and nothing else is taken from the sources of DPDK 22.11's drivers. A NIC that
 * hashes more would scatter the packets of one tunnel over queues, and so out of their order, so no
 * other is asked.
 */
#ifndef HSE_STEERING_H
#define HSE_STEERING_H

#include <rte_ethdev.h>

#include "datapath/command.h"

enum steering {
	STEERING_NONE, /* one worker owns all */
	STEERING_RING,
	STEERING_PART, /* the NIC knows some, the rest goes by ring */
	STEERING_NIC,
};

struct steering_port {
	uint16_t id;
	enum datapath_side side;
	uint16_t queues; /* receive; queue q is polled by worker q modulo workers */
	unsigned workers;
	bool wanted;
	struct rte_eth_dev_info info;
};

/* For rte_eth_dev_configure: receive-side scaling over several queues. */
void steering_configure(const struct steering_port *port, struct rte_eth_conf *conf);

/* On a port that has been started. why, of at most STEERING_WHY octets: a sentence's rest for the log. */
#define STEERING_WHY 160
enum steering steering_start(const struct steering_port *port, char why[STEERING_WHY]);

/* "nic", "nic in part", "ring", "none". */
const char *steering_name(enum steering steering);

#endif
