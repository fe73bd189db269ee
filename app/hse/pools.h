/* SPDX-License-Identifier: BSD-3-Clause */
/* pools: packet buffers, each on the NUMA node where it is used: what a port receives into lies on the port's
 * node, what a worker writes fragments and whole datagrams into on the worker's. */
#ifndef HSE_POOLS_H
#define HSE_POOLS_H

#include <rte_mbuf.h>

#include "hse_config.h"

/* What each node needs. Made from nothing but numbers, so that machines with one node can test it. */
struct pools_plan {
	unsigned packets
		[RTE_MAX_NUMA_NODES];	  /* buffers for what its ports receive; 0: it has none */
	bool workers[RTE_MAX_NUMA_NODES]; /* it has any */
};

struct pools {
	struct rte_mempool *packets[RTE_MAX_NUMA_NODES];
	struct rte_mempool *fragments[RTE_MAX_NUMA_NODES];
	struct rte_mempool *large[RTE_MAX_NUMA_NODES]; /* for whole datagrams of several mbufs */
};

/* The node of a port as rte_eth_dev_socket_id tells it. A vdev has none, or one that this machine has not:
 * then it is the node of the worker that polls it. */
unsigned pools_node_of_port(int told, unsigned nodes, unsigned worker_node);

/* worker_nodes: one for each of c->workers.count. */
void pools_plan(struct pools_plan *plan, const struct hse_config *c,
		const unsigned port_nodes[DATAPATH_SIDES], const unsigned *worker_nodes);

/* room: octets of the largest frame. Errors are logged; negative errno. */
int pools_make(struct pools *pools, const struct pools_plan *plan, unsigned room);
void pools_free(struct pools *pools);

#endif
