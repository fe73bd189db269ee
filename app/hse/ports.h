/* SPDX-License-Identifier: BSD-3-Clause */
/* ports: the two DPDK ports that the HSE stands between. */
#ifndef HSE_PORTS_H
#define HSE_PORTS_H

#include <rte_rcu_qsbr.h>
#include <stdatomic.h>

#include "hse_config.h"
#include "pools.h"
#include "steering.h"
#include "wire_lock.h"

struct hse_port {
	uint16_t id;
	uint16_t queues; /* receive */
	_Atomic uint16_t mtu;
	unsigned node; /* NUMA */
	enum steering steering;
	struct wire_lock lock;
	atomic_bool is_down; /* taken down by links.c: what is sent would stay in it */
	atomic_bool is_away; /* the interface is gone: the port is not to be used at all */
};

struct hse_ports {
	struct hse_port port[DATAPATH_SIDES];
	struct pools pools;
	struct rte_rcu_qsbr
		*rounds; /* of the workers: when each has ended one; NULL before ports_open */
};

/* Keeps other hses off both ports' devices, until ports_unlock. Call before the EAL starts, which opens the devices.
 * Errors are logged; negative errno, and then nothing is locked. */
int ports_lock(struct hse_ports *ports, const struct hse_config *config);
void ports_unlock(struct hse_ports *ports);

/* Configures and starts both ports, promiscuous, with one transmit queue a worker. Errors are logged;
 * negative errno. */
int ports_open(struct hse_ports *ports, const struct hse_config *config);

/*
 * Closes one port and opens it anew, as far as the configuration goes, while workers run: for a vdev whose Linux
 * interface was removed and is back. Sets is_away, waits until no worker uses the port, and leaves is_away to the caller
 * to clear, once the MTU is right too. Errors are logged; negative errno, and then it can be tried again.
 */
int ports_reopen(struct hse_ports *ports, const struct hse_config *config, unsigned side);

/* What links.c needs to take an interface again, to follow its MTU and to mirror its link: bits of privileges.h. */
uint64_t ports_privileges(const struct hse_config *config);

void ports_close(struct hse_ports *ports);

#endif
