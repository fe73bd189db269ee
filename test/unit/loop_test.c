/* SPDX-License-Identifier: BSD-3-Clause */
/* Poll loops of several workers in threads of their own, over ports whose queues are rings: any number of workers
 * and of queues, fewer, as many, or more. */
#include "loop.h"

#include <pthread.h>
#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <unistd.h>

#include "datapath/owner.h"
#include "datapath_rig.h"

#define MAX	8 /* workers, and queues */
#define TUNNELS 32
#define PACKETS 20 /* of each tunnel and direction */
#define RING	1024
#define N_PDU	64
#define KEY_ID	3

static struct {
	unsigned workers, queues;
	struct rig rig; /* for its configuration and its count of mbufs */
	struct npdu_key *key;
	struct hse_ports ports;
	struct rte_ring *rx[DATAPATH_SIDES][MAX], *tx[DATAPATH_SIDES][MAX];
	struct datapath_worker *datapath[MAX];
	struct hse_loop loops[MAX];
	pthread_t threads[MAX];
	atomic_bool stop;
} lab;

static struct rig_frame clear, shut;

static struct rte_ring *new_ring(const char *what, unsigned side, unsigned queue)
{
	char name[32];
	struct rte_ring *ring;

	snprintf(name, sizeof(name), "%s_%u_%u", what, side, queue);
	ring = rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (!ring)
		abort();
	return ring;
}

static void open_port(unsigned side)
{
	const struct rte_eth_conf conf = {0};
	struct hse_port *port = &lab.ports.port[side];
	struct rte_mbuf *m = rig_mbuf((const uint8_t *)"", 1);
	char name[32];
	int id;

	for (unsigned q = 0; q < lab.queues; q++)
		lab.rx[side][q] = new_ring("rx", side, q);
	for (unsigned w = 0; w < lab.workers; w++)
		lab.tx[side][w] = new_ring("tx", side, w);
	snprintf(name, sizeof(name), "side%u", side);
	id = rte_eth_from_rings(name, lab.rx[side], lab.queues, lab.tx[side], lab.workers,
				SOCKET_ID_ANY);
	CU_ASSERT_FATAL(id >= 0);
	port->id = (uint16_t)id;
	port->queues = (uint16_t)lab.queues;
	CU_ASSERT_EQUAL(rte_eth_dev_configure(port->id, port->queues, (uint16_t)lab.workers, &conf),
			0);
	for (uint16_t q = 0; q < lab.queues; q++)
		CU_ASSERT_EQUAL(rte_eth_rx_queue_setup(port->id, q, 64, 0, NULL, m->pool), 0);
	for (uint16_t q = 0; q < lab.workers; q++)
		CU_ASSERT_EQUAL(rte_eth_tx_queue_setup(port->id, q, 64, 0, NULL), 0);
	CU_ASSERT_EQUAL(rte_eth_dev_start(port->id), 0);
	rte_pktmbuf_free(m);
}

static struct rig_flow a_flow(enum e2m_direction direction, unsigned tunnel)
{
	return (struct rig_flow){.number = tunnel * 2 + direction,
				 .direction = direction,
				 .teid = 0x1000 + tunnel,
				 .bearer = 5,
				 .counter_octets = 1};
}

static void add_flow(const struct rig_flow *flow)
{
	struct datapath_worker *owner = lab.datapath[tunnel_owner(flow->teid, lab.workers)];
	struct datapath_command add = {.kind = DATAPATH_ADD_FLOW, .flow = flow->number};
	const struct datapath_command set = {
		.kind = DATAPATH_SET_KEYSET,
		.flow = flow->number,
		.key_state = DATAPATH_KEY_READY,
		.keyset = {.key = lab.key, .ceiling = DATAPATH_NO_CEILING, .key_id = KEY_ID},
	};

	add.add.tunnel = rig_tunnel(flow->direction, flow->teid, false);
	add.add.direction = (uint8_t)flow->direction;
	add.add.bearer = flow->bearer;
	add.add.counter_octets = flow->counter_octets;
	add.add.window = NPDU_WINDOW_DEFAULT;
	CU_ASSERT_EQUAL(datapath_command(owner, &add), 0);
	CU_ASSERT_EQUAL(datapath_command(owner, &set), 0);
}

static void open_lab(unsigned workers, unsigned queues)
{
	memset(&lab, 0, sizeof(lab));
	lab.workers = workers;
	lab.queues = queues;
	rig_init(&lab.rig);
	lab.key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		open_port(side);
	for (unsigned w = 0; w < workers; w++) {
		struct datapath_config config = lab.rig.config;

		config.worker = w;
		config.workers = workers;
		lab.loops[w] = (struct hse_loop){.ports = &lab.ports,
						 .worker = w,
						 .workers = workers,
						 .adaptive = true,
						 .stop = &lab.stop};
		lab.datapath[w] = datapath_worker_new(&config, loop_transmit, &lab.loops[w]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(lab.datapath[w]);
		lab.loops[w].datapath = lab.datapath[w];
	}
	CU_ASSERT_EQUAL(datapath_connect_workers(lab.datapath, workers), 0);
}

static void free_ring(struct rte_ring *ring)
{
	CU_ASSERT_TRUE(rte_ring_empty(ring));
	rte_ring_free(ring);
}

static void close_lab(void)
{
	for (unsigned w = 0; w < lab.workers; w++)
		datapath_worker_free(lab.datapath[w]);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		CU_ASSERT_EQUAL(rte_eth_dev_stop(lab.ports.port[side].id), 0);
		CU_ASSERT_EQUAL(rte_eth_dev_close(lab.ports.port[side].id), 0);
		CU_ASSERT_EQUAL(rte_vdev_uninit(side ? "net_ring_side1" : "net_ring_side0"), 0);
		for (unsigned q = 0; q < lab.queues; q++)
			free_ring(lab.rx[side][q]);
		for (unsigned w = 0; w < lab.workers; w++)
			free_ring(lab.tx[side][w]);
	}
	npdu_key_free(lab.key);
	rig_stop(&lab.rig);
}

static void write_packet(const struct rig_flow *flow, uint32_t count)
{
	const uint8_t *npdu = rig_npdu(N_PDU, flow->teid + count);

	rig_write_gpdu(&clear, NULL, flow->direction, flow->teid, npdu, N_PDU);
	rig_write_protected(&shut, NULL, flow, lab.key, KEY_ID, count, npdu, N_PDU);
}

/* Of each tunnel to one queue, as RSS would; all tunnels in turn. */
static void fill_queues(void)
{
	for (uint32_t count = 0; count < PACKETS; count++)
		for (unsigned i = 0; i < 2 * TUNNELS; i++) {
			const struct rig_flow flow = a_flow(i & 1, i / 2);
			const bool is_up = flow.direction == E2M_UPLINK;
			const struct rig_frame *frame = is_up ? &shut : &clear;

			write_packet(&flow, count);
			CU_ASSERT_EQUAL(
				rte_ring_enqueue(lab.rx[is_up ? DATAPATH_ACCESS : DATAPATH_CORE]
						       [i / 2 % lab.queues],
						 rig_mbuf(frame->octets, frame->len)),
				0);
		}
}

static unsigned waiting_to_leave(void)
{
	unsigned count = 0;

	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		for (unsigned w = 0; w < lab.workers; w++)
			count += rte_ring_count(lab.tx[side][w]);
	return count;
}

static void drop_what_waits(void)
{
	struct rte_mbuf *m;

	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		for (unsigned w = 0; w < lab.workers; w++)
			while (rte_ring_dequeue(lab.tx[side][w], (void **)&m) == 0)
				rte_pktmbuf_free(m);
}

static void *run_loop(void *arg)
{
	loop_run(arg);
	return NULL;
}

static void run_until_all_have_left(void)
{
	const uint64_t deadline = rte_get_tsc_cycles() + 20 * rte_get_tsc_hz();

	for (unsigned w = 0; w < lab.workers; w++)
		CU_ASSERT_EQUAL_FATAL(
			pthread_create(&lab.threads[w], NULL, run_loop, &lab.loops[w]), 0);
	while (waiting_to_leave() < 2 * TUNNELS * PACKETS && rte_get_tsc_cycles() < deadline)
		usleep(1000);
	atomic_store(&lab.stop, true);
	for (unsigned w = 0; w < lab.workers; w++)
		pthread_join(lab.threads[w], NULL);
}

/* Each tunnel's packets leave by its owner, in the order in which they came. */
static void expect_in_order(unsigned worker, enum datapath_side side)
{
	const enum e2m_direction direction = side == DATAPATH_CORE ? E2M_UPLINK : E2M_DOWNLINK;
	uint32_t next[TUNNELS] = {0};
	struct rte_mbuf *m;

	while (rte_ring_dequeue(lab.tx[side][worker], (void **)&m) == 0) {
		struct tunnel tunnel = {0};
		const uint8_t *octets = rte_pktmbuf_mtod(m, const uint8_t *);

		CU_ASSERT_TRUE_FATAL(rig_is_gpdu(octets, rte_pktmbuf_pkt_len(m), &tunnel));
		const struct rig_flow flow = a_flow(direction, tunnel.teid - 0x1000);
		const struct rig_frame *wanted = direction == E2M_UPLINK ? &clear : &shut;

		CU_ASSERT_EQUAL(tunnel_owner(tunnel.teid, lab.workers), worker);
		write_packet(&flow, next[tunnel.teid - 0x1000]++);
		CU_ASSERT_EQUAL(rte_pktmbuf_pkt_len(m), wanted->len);
		CU_ASSERT_EQUAL(memcmp(octets, wanted->octets, wanted->len), 0);
		rte_pktmbuf_free(m);
	}
	for (unsigned t = 0; t < TUNNELS; t++)
		CU_ASSERT_EQUAL(next[t],
				tunnel_owner(0x1000 + t, lab.workers) == worker ? PACKETS : 0);
}

static uint64_t handed_over(void)
{
	uint64_t sum = 0;

	for (unsigned w = 0; w < lab.workers; w++)
		for (unsigned side = 0; side < DATAPATH_SIDES; side++)
			sum += datapath_worker_counters(lab.datapath[w], side)
				       ->value[DATAPATH_HANDED_OVER];
	return sum;
}

/* Those whose queue another worker polls than owns the tunnel. */
static uint64_t strays(void)
{
	uint64_t count = 0;

	for (unsigned t = 0; t < TUNNELS; t++)
		if (t % lab.queues % lab.workers != tunnel_owner(0x1000 + t, lab.workers))
			count += 2 * PACKETS;
	return count;
}

static void run(unsigned workers, unsigned queues)
{
	open_lab(workers, queues);
	for (unsigned i = 0; i < 2 * TUNNELS; i++) {
		const struct rig_flow flow = a_flow(i & 1, i / 2);
		add_flow(&flow);
	}
	for (unsigned w = 0; w < workers; w++)
		while (datapath_housekeep(lab.datapath[w], rte_rdtsc()) > 0)
			;
	fill_queues();
	run_until_all_have_left();
	for (unsigned w = 0; w < workers; w++)
		for (unsigned side = 0; side < DATAPATH_SIDES; side++)
			expect_in_order(w, side);
	CU_ASSERT_EQUAL(handed_over(), strays());
	close_lab();
}

static void one_worker_reads_all_queues(void)
{
	run(1, 1);
	run(1, 4);
}

static void as_many_queues_as_workers(void)
{
	run(2, 2);
	run(4, 4);
}

static void workers_without_a_queue_get_theirs_by_ring(void)
{
	run(2, 1);
	run(3, 2);
	run(8, 3);
}

static void more_queues_than_workers(void)
{
	run(2, 3);
	run(3, 8);
}

/* Else the driver keeps it, and sends it when the link is back. */
static void nothing_goes_into_a_port_that_was_taken_down(void)
{
	const struct datapath_counters *counters;

	open_lab(1, 1);
	counters = datapath_worker_counters(lab.datapath[0], DATAPATH_CORE);
	for (unsigned down = 0; down < 2; down++) {
		struct rte_mbuf *m = rig_mbuf((const uint8_t *)"", 1);

		atomic_store(&lab.ports.port[DATAPATH_CORE].is_down, down);
		loop_transmit(&lab.loops[0], DATAPATH_CORE, &m, 1);
	}
	CU_ASSERT_EQUAL(waiting_to_leave(), 1);
	CU_ASSERT_EQUAL(counters->value[DATAPATH_TX_PACKETS], 1);
	CU_ASSERT_EQUAL(counters->value[DATAPATH_DROP_LINK_DOWN], 1);
	drop_what_waits();
	close_lab();
}

/* One at a time, until it is taken in. */
static bool is_read(enum datapath_side side)
{
	const uint64_t deadline = rte_get_tsc_cycles() + 20 * rte_get_tsc_hz();

	while (!rte_ring_empty(lab.rx[side][0]) && rte_get_tsc_cycles() < deadline)
		usleep(100);
	return rte_ring_empty(lab.rx[side][0]);
}

/* While an interface is taken again: ports_reopen. */
static void a_port_is_taken_from_workers_that_run(void)
{
	open_lab(2, 1);
	lab.ports.rounds = rte_zmalloc(NULL, rte_rcu_qsbr_get_memsize(2), RTE_CACHE_LINE_SIZE);
	CU_ASSERT_EQUAL_FATAL(rte_rcu_qsbr_init(lab.ports.rounds, 2), 0);
	for (unsigned w = 0; w < 2; w++)
		CU_ASSERT_EQUAL_FATAL(
			pthread_create(&lab.threads[w], NULL, run_loop, &lab.loops[w]), 0);
	for (unsigned i = 0; i < 20; i++) {
		struct rte_mbuf *m = rig_mbuf((const uint8_t *)"", 1);

		atomic_store(&lab.ports.port[DATAPATH_ACCESS].is_away, true);
		rte_rcu_qsbr_synchronize(lab.ports.rounds, RTE_QSBR_THRID_INVALID);
		rte_ring_enqueue(lab.rx[DATAPATH_ACCESS][0], m);
		usleep(2000);
		CU_ASSERT_EQUAL(rte_ring_count(lab.rx[DATAPATH_ACCESS][0]), 1);
		atomic_store(&lab.ports.port[DATAPATH_ACCESS].is_away, false);
		CU_ASSERT_TRUE(is_read(DATAPATH_ACCESS));
	}
	atomic_store(&lab.stop, true);
	for (unsigned w = 0; w < 2; w++)
		pthread_join(lab.threads[w], NULL);
	/* Nothing waits for workers that have ended. */
	rte_rcu_qsbr_synchronize(lab.ports.rounds, RTE_QSBR_THRID_INVALID);
	rte_free(lab.ports.rounds);
	lab.ports.rounds = NULL;
	drop_what_waits();
	close_lab();
}

static void nothing_goes_into_a_port_that_is_away(void)
{
	struct rte_mbuf *m;

	open_lab(1, 1);
	m = rig_mbuf((const uint8_t *)"", 1);
	atomic_store(&lab.ports.port[DATAPATH_CORE].is_away, true);
	loop_transmit(&lab.loops[0], DATAPATH_CORE, &m, 1);
	CU_ASSERT_EQUAL(waiting_to_leave(), 0);
	CU_ASSERT_EQUAL(datapath_worker_counters(lab.datapath[0], DATAPATH_CORE)
				->value[DATAPATH_DROP_LINK_DOWN],
			1);
	close_lab();
}

RIG_MAIN("loop", {"one_worker_reads_all_queues", one_worker_reads_all_queues},
	 {"as_many_queues_as_workers", as_many_queues_as_workers},
	 {"workers_without_a_queue_get_theirs_by_ring", workers_without_a_queue_get_theirs_by_ring},
	 {"more_queues_than_workers", more_queues_than_workers},
	 {"nothing_goes_into_a_port_that_was_taken_down",
	  nothing_goes_into_a_port_that_was_taken_down},
	 {"a_port_is_taken_from_workers_that_run", a_port_is_taken_from_workers_that_run},
	 {"nothing_goes_into_a_port_that_is_away", nothing_goes_into_a_port_that_is_away})
