/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/binding.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_random.h>
#include <stdio.h>
#include <sys/random.h>

static struct rte_ring *new_ring(const char *what, unsigned a, unsigned b, unsigned count,
				 size_t element, int socket)
{
	char name[64]; /* rte_ring refuses names that are too long */

	snprintf(name, sizeof(name), "%s_%u_%u", what, a, b);
	return rte_ring_create_elem(name, (unsigned)element, count, socket,
				    RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
}

uint64_t worker_ms_to_tsc(uint32_t ms)
{
	return rte_get_tsc_hz() / 1000 * ms;
}

/* What needs random numbers. */
static int open_random(struct datapath_worker *w)
{
	const struct datapath_config *c = &w->config;
	uint64_t seeds[2];
	struct worker_binding *binding = &w->binding;

	/* An attacker must not predict the worker's random choices. */
	if (getrandom(seeds, sizeof(seeds), 0) != sizeof(seeds) ||
	    getrandom(binding->key, sizeof(binding->key), 0) != sizeof(binding->key))
		return -errno;
	binding->key[0] |= 1;
	binding->key[2] |= 1;
	npdu_searches_init(&w->searches, w->engine, c->recovery_windows, c->recovery_per_s,
			   seeds[0], (uint32_t)(rte_rdtsc() / w->ms_tsc));
	return failures_open(&w->failures, c->flows, seeds[1], c->socket);
}

static int allocate(struct datapath_worker *w)
{
	const struct datapath_config *c = &w->config;
	const uint32_t words = npdu_window_words(c->window_max);

	w->window_words = words;
	w->flow_size = flow_size(words);
	w->keyset_size = flow_keyset_size(words);
	w->flows = rte_zmalloc_socket("flows", w->flow_size * c->flows, RTE_CACHE_LINE_SIZE,
				      c->socket);
	if (!w->flows)
		return -ENOMEM;
	w->table = tunnel_table_new(c->flows, c->socket, w->flows, w->flow_size);
	w->engine = npdu_engine_new(WORKER_SCHEDULES);
	w->commands = new_ring("commands", c->worker, 0, WORKER_RING_COMMANDS,
			       sizeof(struct datapath_command), c->socket);
	w->events = new_ring("events", c->worker, 0, WORKER_RING_EVENTS,
			     sizeof(struct datapath_event), c->socket);
	if (!w->table || !w->engine || !w->commands || !w->events || hold_open(w) != 0 ||
	    open_random(w) != 0)
		return -ENOMEM;
	return reassemble_open(w);
}

struct datapath_worker *datapath_worker_new(const struct datapath_config *config,
					    datapath_transmit transmit, void *arg)
{
	struct datapath_worker *w = rte_zmalloc_socket("datapath_worker", sizeof(*w),
						       RTE_CACHE_LINE_SIZE, config->socket);

	if (!w)
		return NULL;
	w->config = *config;
	w->transmit = transmit;
	w->transmit_arg = arg;
	w->ms_tsc = worker_ms_to_tsc(1);
	w->hold_tsc = worker_ms_to_tsc(config->hold_ms);
	w->gtpc_hold_tsc = worker_ms_to_tsc(config->gtpc_hold_ms);
	w->fragment_id = (uint32_t)rte_rand() * config->workers + config->worker;
	w->gather_tsc = worker_ms_to_tsc(GATHER_MS);
	TAILQ_INIT(&w->gathers_by_age);
	if (allocate(w) != 0) {
		datapath_worker_free(w);
		return NULL;
	}
	return w;
}

void datapath_set_directory(struct datapath_worker *w, const struct directory *directory)
{
	w->directory = directory;
}

static void free_ring_of_mbufs(struct rte_ring *ring)
{
	void *m;

	while (ring && rte_ring_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(ring);
}

static void free_events(struct rte_ring *ring)
{
	struct datapath_event event;

	while (ring && rte_ring_dequeue_elem(ring, &event, sizeof(event)) == 0)
		if (event.kind == DATAPATH_GTPC)
			rte_pktmbuf_free(event.mbuf);
	rte_ring_free(ring);
}

void datapath_worker_free(struct datapath_worker *w)
{
	if (!w)
		return;
	hold_close(w);
	gather_drop_all(w);
	gtpc_drop_all(w);
	reassemble_close(w);
	for (unsigned i = 0; i < RTE_MAX_LCORE; i++)
		free_ring_of_mbufs(w->from[i]);
	free_events(w->events);
	rte_ring_free(w->commands);
	tunnel_table_free(w->table);
	npdu_engine_free(w->engine);
	failures_close(&w->failures);
	rte_free(w->flows);
	rte_free(w);
}

int datapath_connect_workers(struct datapath_worker *const *workers, unsigned count)
{
	for (unsigned from = 0; from < count; from++)
		for (unsigned to = 0; to < count; to++) {
			if (from == to)
				continue;
			struct rte_ring *ring =
				new_ring("handover", from, to, WORKER_RING_HANDOVER, sizeof(void *),
					 workers[to]->config.socket);
			if (!ring)
				return -ENOMEM;
			workers[to]->from[from] = ring;
			workers[from]->to[to] = ring;
		}
	return 0;
}

void worker_drop(struct datapath_worker *w, struct rte_mbuf *m, enum datapath_counter counter)
{
	const struct packet *p = packet_of(m);

	worker_count(w, p->side, counter);
	if (p->flow)
		p->flow->dropped++;
	rte_pktmbuf_free(m);
}

void worker_flush(struct datapath_worker *w)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		struct worker_out *out = &w->out[side];
		if (out->count == 0)
			continue;
		w->transmit(w->transmit_arg, side, out->mbufs, out->count);
		out->count = 0;
	}
}

bool worker_post(struct datapath_worker *w, const struct datapath_event *event)
{
	struct datapath_event copy = *event; /* the ring takes no const */

	if (event->kind != DATAPATH_DONE &&
	    rte_ring_free_count(w->events) <= WORKER_EVENTS_RESERVED)
		return false;
	return rte_ring_sp_enqueue_elem(w->events, &copy, sizeof(copy)) == 0;
}

/* From look-up on: the packets' tunnels are this worker's. All came in on one side. */
static void run_owned(struct datapath_worker *w, enum datapath_side side, struct rte_mbuf **mbufs,
		      uint16_t count)
{
	if (unlikely(w->bypass))
		bypass_received(w, mbufs, count);
	else if (side == DATAPATH_ACCESS)
		open_received(w, mbufs, count);
	else
		protect_received(w, mbufs, count);
}

void datapath_process(struct datapath_worker *w, enum datapath_side side, struct rte_mbuf **mbufs,
		      uint16_t count, uint64_t now)
{
	struct datapath_counters *counters = &w->counters[side];

	w->now = now;
	binding_begin(w);
	if (w->clock)
		w->clock_at = rte_rdtsc();
	counters->value[DATAPATH_RX_PACKETS] += count;
	counters->value[DATAPATH_RX_OCTETS] += parse_packets(w, side, mbufs, count);
	worker_clock(w, DATAPATH_STAGE_PARSE);
	count = steer_packets(w, mbufs, count);
	worker_clock(w, DATAPATH_STAGE_STEER);
	run_owned(w, side, mbufs, count);
	if (unlikely(w->away_count > 0))
		handover_flush(w);
	worker_flush(w);
}

void datapath_set_mtu(struct datapath_worker *w, enum datapath_side side, uint16_t mtu)
{
	w->config.mtu[side] = mtu;
}

static unsigned take_handed_over(struct datapath_worker *w, struct rte_ring *ring)
{
	struct rte_mbuf *burst[DATAPATH_BURST];
	struct rte_mbuf *by_side[DATAPATH_SIDES][DATAPATH_BURST];
	uint16_t counts[DATAPATH_SIDES] = {0};
	unsigned count = rte_ring_sc_dequeue_burst(ring, (void **)burst, DATAPATH_BURST, NULL);

	/* All of it was last in another CPU's cache. */
	for (unsigned i = 0; i < count; i++) {
		rte_prefetch0(burst[i]);
		rte_prefetch0(packet_of(burst[i]));
	}
	for (unsigned i = 0; i < count; i++)
		rte_prefetch0(rte_pktmbuf_mtod(burst[i], void *));
	for (unsigned i = 0; i < count; i++) {
		struct rte_mbuf *m = burst[i];
		const struct packet *p = packet_of(m);
		if (unlikely(p->kind == PACKET_FIRST || p->kind == PACKET_PART)) {
			m = gather_fragment(w, m);
			if (!m)
				continue;
			p = packet_of(m);
		}
		by_side[p->side][counts[p->side]++] = m;
		tunnel_table_prefetch(w->table, p->hash);
	}
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		run_owned(w, side, by_side[side], counts[side]);
	return count;
}

unsigned datapath_housekeep(struct datapath_worker *w, uint64_t now)
{
	unsigned done;

	w->now = now;
	binding_begin(w);
	done = commands_execute(w);
	for (unsigned i = 0; i < w->config.workers; i++)
		if (w->from[i])
			done += take_handed_over(w, w->from[i]);
	hold_expire(w);
	gather_expire(w);
	reassemble_expire(w);
	gtpc_expire(w);
	handover_flush(w);
	worker_flush(w);
	return done;
}
