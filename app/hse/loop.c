/* SPDX-License-Identifier: BSD-3-Clause */
#include "loop.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <sys/prctl.h>
#include <time.h>

/* Tries to hand a burst to a port whose ring is full before the rest is dropped. */
#define TX_TRIES 4

/* Adaptive polling: after so many empty rounds, sleeps begin, and grow up to the longest. */
#define EMPTY_ROUNDS_BEFORE_SLEEP 64
#define SLEEP_MIN_NS		  5000
#define SLEEP_MAX_NS		  50000

static bool is_away(const struct hse_port *port)
{
	/* Acquire: the members set by ports_reopen must be read after is_away. */
	return atomic_load_explicit(&port->is_away, memory_order_acquire);
}

static bool is_shut(const struct hse_port *port)
{
	return atomic_load_explicit(&port->is_down, memory_order_relaxed) | is_away(port);
}

void loop_transmit(void *arg, enum datapath_side side, struct rte_mbuf **mbufs, uint16_t count)
{
	struct hse_loop *loop = arg;
	uint64_t octets = 0;
	uint16_t port, sent = 0;

	if (unlikely(is_shut(&loop->ports->port[side]))) {
		datapath_count(loop->datapath, side, DATAPATH_DROP_LINK_DOWN, count);
		rte_pktmbuf_free_bulk(mbufs, count);
		return;
	}
	port = loop->ports->port[side].id;
	for (uint16_t i = 0; i < count; i++)
		octets += rte_pktmbuf_pkt_len(mbufs[i]);
	for (int i = 0; i < TX_TRIES && sent < count; i++)
		sent += rte_eth_tx_burst(port, (uint16_t)loop->worker, mbufs + sent,
					 (uint16_t)(count - sent));
	for (uint16_t i = sent; i < count; i++)
		octets -= rte_pktmbuf_pkt_len(mbufs[i]);
	datapath_count(loop->datapath, side, DATAPATH_TX_PACKETS, sent);
	datapath_count(loop->datapath, side, DATAPATH_TX_OCTETS, octets);
	if (sent < count) {
		datapath_count(loop->datapath, side, DATAPATH_DROP_TX_FULL, count - sent);
		rte_pktmbuf_free_bulk(mbufs + sent, count - sent);
	}
}

static unsigned receive(struct hse_loop *loop, enum datapath_side side)
{
	const struct hse_port *port = &loop->ports->port[side];
	struct rte_mbuf *burst[DATAPATH_BURST];
	unsigned total = 0;

	if (unlikely(is_away(port)))
		return 0;
	for (uint16_t queue = (uint16_t)loop->worker; queue < port->queues;
	     queue = (uint16_t)(queue + loop->workers)) {
		uint16_t count = rte_eth_rx_burst(port->id, queue, burst, DATAPATH_BURST);
		if (count > 0)
			datapath_process(loop->datapath, side, burst, count, rte_rdtsc());
		total += count;
	}
	return total;
}

static void rest(unsigned empty_rounds)
{
	long ns = SLEEP_MIN_NS * (1 + (long)(empty_rounds - EMPTY_ROUNDS_BEFORE_SLEEP) / 16);
	struct timespec t = {.tv_nsec = ns < SLEEP_MAX_NS ? ns : SLEEP_MAX_NS};

	nanosleep(&t, NULL);
}

/* An interface's MTU may change while hse runs: see links.c. */
static void follow_mtu(struct hse_loop *loop)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		const uint16_t mtu =
			atomic_load_explicit(&loop->ports->port[side].mtu, memory_order_relaxed);
		if (likely(mtu == loop->mtu[side]))
			continue;
		loop->mtu[side] = mtu;
		datapath_set_mtu(loop->datapath, side, mtu);
	}
}

static void begin_rounds(const struct hse_loop *loop)
{
	if (!loop->ports->rounds)
		return;
	rte_rcu_qsbr_thread_register(loop->ports->rounds, loop->worker);
	rte_rcu_qsbr_thread_online(loop->ports->rounds, loop->worker);
}

static void end_rounds(const struct hse_loop *loop)
{
	if (!loop->ports->rounds)
		return;
	rte_rcu_qsbr_thread_offline(loop->ports->rounds, loop->worker);
	rte_rcu_qsbr_thread_unregister(loop->ports->rounds, loop->worker);
}

int loop_run(void *arg)
{
	struct hse_loop *loop = arg;
	unsigned empty_rounds = 0;

	if (loop->adaptive)
		prctl(PR_SET_TIMERSLACK, 1UL);
	begin_rounds(loop);
	while (!atomic_load_explicit(loop->stop, memory_order_relaxed)) {
		unsigned work = receive(loop, DATAPATH_ACCESS) + receive(loop, DATAPATH_CORE);

		work += datapath_housekeep(loop->datapath, rte_rdtsc());
		follow_mtu(loop);
		if (likely(loop->ports->rounds != NULL))
			rte_rcu_qsbr_quiescent(loop->ports->rounds, loop->worker);
		empty_rounds = work ? 0 : empty_rounds + 1;
		if (loop->adaptive && empty_rounds > EMPTY_ROUNDS_BEFORE_SLEEP)
			rest(empty_rounds);
	}
	end_rounds(loop);
	return 0;
}
