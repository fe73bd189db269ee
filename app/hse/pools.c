/* SPDX-License-Identifier: BSD-3-Clause */
#include "pools.h"

#include <rte_errno.h>
#include <rte_mbuf_pool_ops.h>

#include "datapath/datapath.h"

/* Buffers of LARGE_ROOM octets, the most that an mbuf takes. */
#define LARGE	   127
#define LARGE_ROOM UINT16_MAX
/* For what stands before the N-PDU in a fragment. */
#define FRAGMENTS     4096
#define FRAGMENT_ROOM 256

unsigned pools_node_of_port(int told, unsigned nodes, unsigned worker_node)
{
	return told >= 0 && (unsigned)told < nodes ? (unsigned)told : worker_node;
}

/* Every buffer of a node that can be under way at once beside those in its ports' receive rings: in any
 * transmit ring, held, in reassembly, and in workers' hands and caches. */
static unsigned under_way(const struct hse_config *c)
{
	unsigned n =
		c->pull.hold_packets_total + c->workers.count * (2048 + DATAPATH_FRAGMENTS_WAITING);

	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		n += c->ports[side].descriptors * c->workers.count;
	return n;
}

void pools_plan(struct pools_plan *plan, const struct hse_config *c,
		const unsigned port_nodes[DATAPATH_SIDES], const unsigned *worker_nodes)
{
	*plan = (struct pools_plan){0};
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		unsigned *packets = &plan->packets[port_nodes[side]];

		if (*packets == 0)
			*packets = under_way(c);
		*packets += (unsigned)c->ports[side].descriptors * c->ports[side].queues;
	}
	for (unsigned node = 0; c->memory.mbufs && node < RTE_MAX_NUMA_NODES; node++)
		if (plan->packets[node])
			plan->packets[node] = c->memory.mbufs;
	for (unsigned w = 0; w < c->workers.count; w++)
		plan->workers[worker_nodes[w]] = true;
}

static struct rte_mempool *make(const char *what, unsigned node, unsigned count, unsigned cache,
				unsigned room)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "%s_%u", what, node);
	return rte_pktmbuf_pool_create(name, count, cache, DATAPATH_MBUF_PRIV_SIZE, (uint16_t)room,
				       (int)node);
}

static int make_for_node(struct pools *pools, const struct pools_plan *plan, unsigned node,
			 unsigned room)
{
	if (plan->packets[node]) {
		pools->packets[node] = make("packets", node, plan->packets[node], 256,
					    RTE_PKTMBUF_HEADROOM + room);
		if (!pools->packets[node])
			return -ENOMEM;
	}
	if (plan->workers[node]) {
		pools->fragments[node] = make("fragments", node, FRAGMENTS, 128,
					      RTE_PKTMBUF_HEADROOM + FRAGMENT_ROOM);
		pools->large[node] = make("large", node, LARGE, 0, LARGE_ROOM);
		if (!pools->fragments[node] || !pools->large[node])
			return -ENOMEM;
	}
	return 0;
}

int pools_make(struct pools *pools, const struct pools_plan *plan, unsigned room)
{
	for (unsigned node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		if (make_for_node(pools, plan, node, room) == 0)
			continue;
		program_log(
			PROGRAM_ERROR,
			"no memory on NUMA node %u for %u packet buffers of %u octets: %s; raise "
			"memory.mib or lower memory.mbufs",
			node, plan->packets[node], room, rte_strerror(rte_errno));
		return -ENOMEM;
	}
	return 0;
}

void pools_free(struct pools *pools)
{
	for (unsigned node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		rte_mempool_free(pools->packets[node]);
		rte_mempool_free(pools->fragments[node]);
		rte_mempool_free(pools->large[node]);
	}
}
