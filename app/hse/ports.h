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
	atomic_bool is_away; /* the interface is gone: do not use the port */
};

struct hse_ports {
	struct hse_port port[DATAPATH_SIDES];
	struct pools pools;
	struct rte_rcu_qsbr *rounds; /* the workers' completed rounds; NULL before ports_open */
};

/* Keeps other hse processes off the devices of both ports until ports_unlock. Call it before the
 * EAL starts, because the EAL opens the devices. Errors are logged. After a negative errno nothing
 * is locked. */
int ports_lock(struct hse_ports *ports, const struct hse_config *config);
void ports_unlock(struct hse_ports *ports);

/* Configures and starts both ports, promiscuous, with one transmit queue a worker. Errors are logged;
 * negative errno. */
int ports_open(struct hse_ports *ports, const struct hse_config *config);

/*
 * Closes one port and opens it again with the configuration, while workers run. For a vdev with a
 * Linux interface that was removed and made again. Sets is_away and waits until no worker uses the
 * port. The caller clears is_away after it has set the MTU. Errors are logged. After a negative
 * errno the call may be repeated.
 */
int ports_reopen(struct hse_ports *ports, const struct hse_config *config, unsigned side);

/* What links.c needs to open a port again, to follow its MTU and to mirror its link: bits of
 * privileges.h. */
uint64_t ports_privileges(const struct hse_config *config);

void ports_close(struct hse_ports *ports);

#endif
