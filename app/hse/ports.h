/* SPDX-License-Identifier: BSD-3-Clause */
/* ports: the two DPDK ports that the HSE stands between. */
#ifndef HSE_PORTS_H
#define HSE_PORTS_H

#include <stdatomic.h>

#include "hse_config.h"
#include "pools.h"
#include "steering.h"
#include "wire_lock.h"

struct hse_port {
	uint16_t id;
	uint16_t queues; /* receive */
	uint16_t mtu;
	unsigned node; /* NUMA */
	enum steering steering;
	struct wire_lock lock;
	atomic_bool is_down; /* taken down by links.c: what is sent would stay in it */
};

struct hse_ports {
	struct hse_port port[DATAPATH_SIDES];
	struct pools pools;
};

/* Keeps other hses off both ports' devices, until ports_unlock. Call before the EAL starts, which opens the devices.
 * Errors are logged; negative errno, and then nothing is locked. */
int ports_lock(struct hse_ports *ports, const struct hse_config *config);
void ports_unlock(struct hse_ports *ports);

/* Configures and starts both ports, promiscuous, with one transmit queue a worker. Errors are logged;
 * negative errno. */
int ports_open(struct hse_ports *ports, const struct hse_config *config);
void ports_close(struct hse_ports *ports);

#endif
