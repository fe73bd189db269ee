/* SPDX-License-Identifier: BSD-3-Clause */
#include "ports.h"

#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <string.h>
#include <unistd.h>

#include "eal.h"
#include "frames.h"
#include "program/privileges.h"

/* More frames than a ring of af_packet may have. */
#define STRAYS_MAX 4096

static const char *const side_names[] = {"access", "core"};

static int is_taken(unsigned side, const char *what, pid_t holder)
{
	char who[64] = "a process of another PID namespace";

	if (holder > 0)
		snprintf(who, sizeof(who), "process %d", (int)holder);
	program_log(PROGRAM_ERROR,
		    "ports.%s.device: %s is in use by %s, another hse: end that one, or give each "
		    "interfaces of its own",
		    side_names[side], what, who);
	return -EBUSY;
}

static int lock_device(struct hse_ports *ports, const struct hse_config *c, unsigned side,
		       bool again)
{
	struct device device;
	const char *what;
	pid_t holder;
	int ret;

	device_read(c->ports[side].device, &device);
	ret = again ? wire_lock_follow(&ports->port[side].lock, &device, &holder, &what)
		    : wire_lock_take(&ports->port[side].lock, &device, &holder, &what);
	if (ret == -EBUSY)
		return is_taken(side, what, holder);
	if (ret != 0)
		program_log(PROGRAM_ERROR, "ports.%s.device: %s cannot be locked: %s",
			    side_names[side], what, strerror(-ret));
	return ret;
}

int ports_lock(struct hse_ports *ports, const struct hse_config *c)
{
	int ret = 0;

	for (unsigned side = 0; ret == 0 && side < DATAPATH_SIDES; side++)
		ret = lock_device(ports, c, side, false);
	if (ret != 0)
		ports_unlock(ports);
	return ret;
}

void ports_unlock(struct hse_ports *ports)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		wire_lock_release(&ports->port[side].lock);
}

/* why: DPDK's reason; "": none. */
static void say_missing(const struct device *device, unsigned side, const char *why)
{
	if (device->is_pci)
		program_log(PROGRAM_ERROR,
			    "ports.%s.device: there is no %s: is it bound to vfio-pci "
			    "(dpdk-devbind.py --status)?",
			    side_names[side], device->name);
	else if (why[0])
		program_log(PROGRAM_ERROR, "ports.%s.device: there is no %s: %s", side_names[side],
			    device->name, why);
	else
		program_log(PROGRAM_ERROR,
			    "ports.%s.device: there is no %s: are its arguments right?",
			    side_names[side], device->name);
}

static int find_port(struct hse_ports *ports, const struct hse_config *c, unsigned side,
		     const char *why)
{
	struct device device;
	int ret;

	device_read(c->ports[side].device, &device);
	ret = rte_eth_dev_get_port_by_name(device.name, &ports->port[side].id);
	if (ret != 0)
		say_missing(&device, side, why);
	return ret;
}

static int find_ports(struct hse_ports *ports, const struct hse_config *c)
{
	int ret = 0;

	for (unsigned side = 0; ret == 0 && side < DATAPATH_SIDES; side++)
		ret = find_port(ports, c, side, eal_first_error());
	return ret;
}

/* Each worker reports the end of each round. So a port can be taken from all workers without a
 * lock. */
static int make_rounds(struct hse_ports *ports, const struct hse_config *c)
{
	const size_t size = rte_rcu_qsbr_get_memsize(c->workers.count);

	ports->rounds = rte_zmalloc("rounds", size, RTE_CACHE_LINE_SIZE);
	if (ports->rounds && rte_rcu_qsbr_init(ports->rounds, c->workers.count) == 0)
		return 0;
	program_log(PROGRAM_ERROR, "no memory for %u workers", c->workers.count);
	return -ENOMEM;
}

static unsigned node_of_worker(unsigned worker)
{
	return rte_lcore_to_socket_id(eal_worker_lcore(worker));
}

static unsigned node_of_port(const struct hse_port *port)
{
	return pools_node_of_port(rte_eth_dev_socket_id(port->id), rte_socket_count(),
				  node_of_worker(0));
}

static void warn_of_distance(const struct hse_port *port, const struct hse_config *c, unsigned side)
{
	for (unsigned w = 0; w < c->workers.count; w++)
		if (node_of_worker(w) != port->node)
			program_log(PROGRAM_WARNING,
				    "workers.lcores: worker %u runs on NUMA node %u, but "
				    "ports.%s is at node %u: slower",
				    w, node_of_worker(w), side_names[side], port->node);
}

/* The largest frame of either port fits into one mbuf. */
static int make_pools(struct hse_ports *ports, const struct hse_config *c)
{
	unsigned port_nodes[DATAPATH_SIDES], worker_nodes[RTE_MAX_LCORE], room = 2048;
	struct pools_plan plan;

	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		struct hse_port *port = &ports->port[side];
		port->node = port_nodes[side] = node_of_port(port);
		room = RTE_MAX(room, frames_room(port->id, &c->ports[side]));
		warn_of_distance(port, c, side);
	}
	for (unsigned w = 0; w < c->workers.count; w++)
		worker_nodes[w] = node_of_worker(w);
	pools_plan(&plan, c, port_nodes, worker_nodes);
	return pools_make(&ports->pools, &plan, room);
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
	/* The kernel deals out to all, also to those that nobody would read. */
	if (strcmp(info->driver_name, "net_af_packet") == 0 && p->queues < info->max_rx_queues) {
		program_log(PROGRAM_ERROR,
			    "ports.%s.queues: %s spreads over %u queues, all of which must be "
			    "read: write queues: %u",
			    side_names[side], p->device, info->max_rx_queues, info->max_rx_queues);
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

static int configure(const struct hse_port *port, const struct hse_config *c,
		     const struct steering_port *steering)
{
	struct rte_eth_conf conf = {.rxmode = {.mq_mode = RTE_ETH_MQ_RX_NONE}};

	steering_configure(steering, &conf);
	/* Fragments leave with their headers in an mbuf of their own. */
	conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS & steering->info.tx_offload_capa;
	return rte_eth_dev_configure(port->id, steering->queues, (uint16_t)c->workers.count, &conf);
}

static int start_queues(const struct hse_ports *ports, const struct hse_config *c, unsigned side)
{
	const struct hse_port *port = &ports->port[side];
	uint16_t rx = c->ports[side].descriptors, tx = rx;
	int ret = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx, &tx);

	for (uint16_t q = 0; ret == 0 && q < c->ports[side].queues; q++)
		ret = rte_eth_rx_queue_setup(port->id, q, rx, port->node, NULL,
					     ports->pools.packets[port->node]);
	for (uint16_t q = 0; ret == 0 && q < c->workers.count; q++)
		ret = rte_eth_tx_queue_setup(port->id, q, tx, port->node, NULL);
	return ret == 0 ? rte_eth_dev_start(port->id) : ret;
}

/*
 * Between creation and bind, the sockets of af_packet receive the frames of all interfaces. Such a
 * frame must not cross: an uplink frame, for instance, could arrive on the core port and go back to
 * the SGSN. These frames are the first in the rings, together with frames from before the start.
 */
static void discard_strays(const struct hse_port *port, uint16_t queues,
			   const struct rte_eth_dev_info *info)
{
	struct rte_mbuf *burst[32];
	uint16_t count;

	if (strcmp(info->driver_name, "net_af_packet") != 0)
		return;
	for (uint16_t q = 0; q < queues; q++)
		/* Stop after a full ring, because the ring of a busy port never runs empty. */
		for (unsigned left = STRAYS_MAX; left > 0; left -= RTE_MIN(left, count)) {
			count = rte_eth_rx_burst(port->id, q, burst, RTE_DIM(burst));
			if (count == 0)
				break;
			rte_pktmbuf_free_bulk(burst, count);
		}
}

/* Not every driver knows it: what has no filter takes everything anyway. */
static void make_promiscuous(const struct hse_port *port, const struct hse_config *c, unsigned side)
{
	const int ret = rte_eth_promiscuous_enable(port->id);

	if (ret != 0 && ret != -ENOTSUP)
		program_log(PROGRAM_WARNING,
			    "ports.%s: %s cannot be made promiscuous (%s): frames to other "
			    "addresses may not arrive",
			    side_names[side], c->ports[side].device, rte_strerror(-ret));
}

static void steer(struct hse_port *port, const struct steering_port *steering)
{
	char why[STEERING_WHY];

	port->steering = steering_start(steering, why);
	if (port->steering != STEERING_NONE)
		program_log(PROGRAM_INFO, "ports.%s: steering by %s: %s",
			    side_names[steering->side], steering_name(port->steering), why);
}

static int cannot_be_set_up(const struct hse_port_config *p, unsigned side, int error)
{
	program_log(PROGRAM_ERROR, "ports.%s: %s cannot be set up: %s", side_names[side], p->device,
		    rte_strerror(-error));
	return error;
}

/* While the port runs, the interface may get an MTU that a start would refuse: links.c follows
 * it. */
static int set_mtu(struct hse_port *port, const struct hse_port_config *p, unsigned side,
		   bool again)
{
	uint16_t mtu;
	int ret;

	if (again) {
		if (p->mtu)
			rte_eth_dev_set_mtu(port->id, p->mtu);
		return 0;
	}
	ret = frames_set_mtu(port->id, p, side_names[side], &mtu);
	if (ret == 0)
		atomic_store(&port->mtu, mtu);
	return ret;
}

static int open_port(struct hse_ports *ports, const struct hse_config *c, unsigned side, bool again)
{
	const struct hse_port_config *p = &c->ports[side];
	struct hse_port *port = &ports->port[side];
	struct steering_port steering = {.id = port->id,
					 .side = side,
					 .queues = p->queues,
					 .workers = c->workers.count,
					 .wanted = p->teid_steering == HSE_STEERING_AUTO};
	int ret = rte_eth_dev_info_get(port->id, &steering.info);

	if (ret != 0)
		return cannot_be_set_up(p, side, ret);
	ret = check_queues(c, side, &steering.info);
	if (ret != 0)
		return ret;
	ret = configure(port, c, &steering);
	if (ret != 0)
		return cannot_be_set_up(p, side, ret);
	ret = set_mtu(port, p, side, again);
	if (ret != 0)
		return ret;
	ret = start_queues(ports, c, side);
	if (ret != 0)
		return cannot_be_set_up(p, side, ret);
	discard_strays(port, p->queues, &steering.info);
	make_promiscuous(port, c, side);
	steer(port, &steering);
	port->queues = p->queues;
	return 0;
}

int ports_open(struct hse_ports *ports, const struct hse_config *c)
{
	int ret = find_ports(ports, c);

	if (ret == 0)
		ret = make_pools(ports, c);
	if (ret == 0)
		ret = make_rounds(ports, c);
	for (unsigned side = 0; ret == 0 && side < DATAPATH_SIDES; side++)
		ret = open_port(ports, c, side, false);
	return ret;
}

/* Removes the vdev with its sockets and rings, also after an earlier failed try. */
static void remove_device(const char *name)
{
	uint16_t id;

	if (rte_eth_dev_get_port_by_name(name, &id) == 0) {
		rte_eth_dev_stop(id);
		rte_eth_dev_close(id);
	}
	rte_vdev_uninit(name);
}

static int add_device(const char *name, const char *text, unsigned side)
{
	const char *arguments = text + strcspn(text, ",");
	const int ret = rte_vdev_init(name, *arguments == ',' ? arguments + 1 : NULL);

	if (ret != 0)
		program_log(PROGRAM_ERROR, "ports.%s: %s cannot be opened again: %s",
			    side_names[side], text, rte_strerror(ret < 0 ? -ret : EIO));
	return ret;
}

/* When this returns, no worker uses the port. */
static void take_from_workers(struct hse_ports *ports, unsigned side)
{
	atomic_store(&ports->port[side].is_away, true);
	atomic_thread_fence(memory_order_seq_cst);
	rte_rcu_qsbr_synchronize(ports->rounds, RTE_QSBR_THRID_INVALID);
}

int ports_reopen(struct hse_ports *ports, const struct hse_config *c, unsigned side)
{
	struct device device;
	int ret;

	device_read(c->ports[side].device, &device);
	take_from_workers(ports, side);
	remove_device(device.name);
	ret = lock_device(ports, c, side, true);
	if (ret == 0)
		ret = add_device(device.name, c->ports[side].device, side);
	if (ret == 0)
		ret = find_port(ports, c, side, "");
	if (ret == 0)
		ret = open_port(ports, c, side, true);
	return ret;
}

/* Some NICs, such as NVIDIA's, keep their Linux interface, and are configured through it. */
static bool has_interface(const struct device *device)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/net", device->name);
	return device->count > 0 || (device->is_pci && access(path, F_OK) == 0);
}

uint64_t ports_privileges(const struct hse_config *c)
{
	uint64_t needed = 0;

	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		struct device device;

		device_read(c->ports[side].device, &device);
		if (has_interface(&device))
			needed |= PRIVILEGE(CAP_NET_RAW) | PRIVILEGE(CAP_NET_ADMIN);
		if (strncmp(device.name, "net_af_xdp", 10) == 0)
			needed |= PRIVILEGE(CAP_BPF);
	}
	return needed;
}

void ports_close(struct hse_ports *ports)
{
	uint16_t id;

	RTE_ETH_FOREACH_DEV(id)
	{
		rte_eth_dev_stop(id);
		rte_eth_dev_close(id);
	}
	rte_free(ports->rounds);
	pools_free(&ports->pools);
}
