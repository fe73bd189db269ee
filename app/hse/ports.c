/* SPDX-License-Identifier: BSD-3-Clause */
#include "ports.h"

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf_pool_ops.h>
#include <string.h>

#include "datapath/datapath.h"

static const char *const side_names[] = {"access", "core"};

void ports_device_name(const char *device, char *name, size_t size)
{
	snprintf(name, size, "%.*s", (int)strcspn(device, ","), device);
}

/* Buffers of LARGE_ROOM octets, the most that an mbuf takes. */
#define LARGE	   127
#define LARGE_ROOM UINT16_MAX
/* Layer 2, and what protection adds. */
#define AROUND_IP 64U

/* Every mbuf that can be under way at once: in receive and transmit rings, held, in reassembly, and in
 * workers' hands and caches. */
static unsigned mbufs_needed(const struct hse_config *c)
{
	unsigned n =
		c->pull.hold_packets_total + c->workers.count * (2048 + DATAPATH_FRAGMENTS_WAITING);

	for (unsigned i = 0; i < DATAPATH_SIDES; i++)
		n += c->ports[i].descriptors * (c->ports[i].queues + c->workers.count);
	return c->memory.mbufs ? c->memory.mbufs : n;
}

/* Of the MTU as configured, or as the device has it. */
static unsigned largest_frame(const struct hse_port_config *p)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	uint16_t id, mtu;

	ports_device_name(p->device, name, sizeof(name));
	if (p->mtu || rte_eth_dev_get_port_by_name(name, &id) != 0 ||
	    rte_eth_dev_get_mtu(id, &mtu) != 0)
		mtu = p->mtu;
	return RTE_MIN(mtu, HSE_MTU_MAX) + AROUND_IP;
}

/* The largest frame of either port fits into one mbuf. */
static int make_pools(struct hse_ports *ports, const struct hse_config *c)
{
	unsigned room = 2048;

	for (unsigned i = 0; i < DATAPATH_SIDES; i++)
		room = RTE_MAX(room, largest_frame(&c->ports[i]));
	ports->mbufs =
		rte_pktmbuf_pool_create("packets", mbufs_needed(c), 256, DATAPATH_MBUF_PRIV_SIZE,
					(uint16_t)(RTE_PKTMBUF_HEADROOM + room), SOCKET_ID_ANY);
	ports->fragments = rte_pktmbuf_pool_create("fragments", 4096, 128, DATAPATH_MBUF_PRIV_SIZE,
						   RTE_PKTMBUF_HEADROOM + 256, SOCKET_ID_ANY);
	ports->large = rte_pktmbuf_pool_create("large", LARGE, 0, DATAPATH_MBUF_PRIV_SIZE,
					       LARGE_ROOM, SOCKET_ID_ANY);
	if (ports->mbufs && ports->fragments && ports->large)
		return 0;
	program_log(PROGRAM_ERROR,
		    "no memory for %u packet buffers of %u octets: %s; raise memory.mib or lower "
		    "memory.mbufs",
		    mbufs_needed(c), room, rte_strerror(rte_errno));
	return -ENOMEM;
}

static int check_queues(const struct hse_config *c, unsigned side,
			const struct rte_eth_dev_info *info)
{
	const struct hse_port_config *p = &c->ports[side];

	if (p->queues > info->max_rx_queues) {
		program_log(
			PROGRAM_ERROR,
			"ports.%s.queues: %s has %u receive queues, not %u (a vdev may take more "
			"by its arguments, af_packet by qpairs=N)",
			side_names[side], p->device, info->max_rx_queues, p->queues);
		return -EINVAL;
	}
	if (c->workers.count > info->max_tx_queues) {
		program_log(
			PROGRAM_ERROR,
			"ports.%s: %s has %u transmit queues, and each of %u workers needs one (a "
			"vdev may take more by its arguments, af_packet by qpairs=N)",
			side_names[side], p->device, info->max_tx_queues, c->workers.count);
		return -EINVAL;
	}
	return 0;
}

static int set_up_queues(struct hse_ports *ports, const struct hse_config *c, unsigned side,
			 const struct rte_eth_dev_info *info)
{
	const struct hse_port_config *p = &c->ports[side];
	const uint16_t id = ports->port[side].id;
	struct rte_eth_conf conf = {.rxmode = {.mq_mode = RTE_ETH_MQ_RX_NONE}};
	uint16_t rx = p->descriptors, tx = p->descriptors;
	int ret;

	if (p->queues > 1 && info->flow_type_rss_offloads) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf =
			(RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) & info->flow_type_rss_offloads;
	}
	/* Fragments leave with their headers in an mbuf of their own. */
	conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS & info->tx_offload_capa;
	ret = rte_eth_dev_configure(id, p->queues, (uint16_t)c->workers.count, &conf);
	if (ret == 0 && p->mtu)
		ret = rte_eth_dev_set_mtu(id, p->mtu);
	if (ret == 0)
		ret = rte_eth_dev_adjust_nb_rx_tx_desc(id, &rx, &tx);
	for (uint16_t q = 0; ret == 0 && q < p->queues; q++)
		ret = rte_eth_rx_queue_setup(id, q, rx, SOCKET_ID_ANY, NULL, ports->mbufs);
	for (uint16_t q = 0; ret == 0 && q < c->workers.count; q++)
		ret = rte_eth_tx_queue_setup(id, q, tx, SOCKET_ID_ANY, NULL);
	return ret;
}

static int open_port(struct hse_ports *ports, const struct hse_config *c, unsigned side)
{
	const struct hse_port_config *p = &c->ports[side];
	struct hse_port *port = &ports->port[side];
	struct rte_eth_dev_info info;
	char name[RTE_ETH_NAME_MAX_LEN];
	int ret;

	ports_device_name(p->device, name, sizeof(name));
	ret = rte_eth_dev_get_port_by_name(name, &port->id);
	if (ret == 0)
		ret = rte_eth_dev_info_get(port->id, &info);
	if (ret != 0) {
		program_log(
			PROGRAM_ERROR,
			"ports.%s.device: there is no %s (%s); a NIC must be bound to vfio-pci, a "
			"vdev's arguments be right",
			side_names[side], name, rte_strerror(-ret));
		return ret;
	}
	ret = check_queues(c, side, &info);
	if (ret != 0)
		return ret;
	ret = set_up_queues(ports, c, side, &info);
	if (ret == 0)
		ret = rte_eth_dev_start(port->id);
	if (ret != 0) {
		program_log(PROGRAM_ERROR, "ports.%s: %s cannot be set up: %s", side_names[side],
			    p->device, rte_strerror(-ret));
		return ret;
	}
	/* Not every driver knows it: what has no filter takes everything anyway. */
	ret = rte_eth_promiscuous_enable(port->id);
	if (ret != 0 && ret != -ENOTSUP)
		program_log(PROGRAM_WARNING,
			    "ports.%s: %s cannot be made promiscuous (%s): frames to other "
			    "addresses may not arrive",
			    side_names[side], p->device, rte_strerror(-ret));
	port->queues = p->queues;
	return rte_eth_dev_get_mtu(port->id, &port->mtu);
}

int ports_open(struct hse_ports *ports, const struct hse_config *c)
{
	int ret = make_pools(ports, c);

	for (unsigned side = 0; ret == 0 && side < DATAPATH_SIDES; side++)
		ret = open_port(ports, c, side);
	return ret;
}

void ports_close(struct hse_ports *ports)
{
	uint16_t id;

	RTE_ETH_FOREACH_DEV(id)
	{
		rte_eth_dev_stop(id);
		rte_eth_dev_close(id);
	}
	rte_mempool_free(ports->mbufs);
	rte_mempool_free(ports->fragments);
	rte_mempool_free(ports->large);
}
