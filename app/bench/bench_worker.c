/* SPDX-License-Identifier: BSD-3-Clause */
/* bench_worker: one worker that may drop packets. Each packet has a buffer of its own, and the
 * packets that the worker sends are counted. */
#include <errno.h>
#include <rte_cycles.h>
#include <rte_mempool.h>
#include <string.h>

#include "bench.h"
#include "npdu/forgery.h"
#include "npdu/recovery.h"

#define MBUFS 1023

static void take_out(void *arg, enum datapath_side side, struct rte_mbuf **mbufs, uint16_t count)
{
	struct bench_worker *w = arg;

	(void)side;
	memcpy(&w->left[w->left_count], mbufs, count * sizeof(*mbufs));
	w->left_count += count;
}

int bench_worker_init(struct bench_worker *w, const struct bench_fleet *fleet)
{
	static unsigned number;
	char name[32];

	memset(w, 0, sizeof(*w));
	snprintf(name, sizeof(name), "bench_worker_%u", number++);
	w->pool = rte_pktmbuf_pool_create(name, MBUFS, 256, DATAPATH_MBUF_PRIV_SIZE,
					  RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
	const struct datapath_config config = {.workers = 1,
					       .socket = SOCKET_ID_ANY,
					       .flows = fleet->c.sessions + 1024,
					       .window_max = 64,
					       .mtu = {1600, 1600},
					       .hold_packets_per_flow = 1,
					       .hold_packets_total = 1,
					       .hold_ms = 1000,
					       .gtpc_hold_ms = 1000,
					       .recovery_windows = NPDU_RECOVERY_WINDOWS_AUTO,
					       .recovery_per_s = NPDU_RECOVERY_PER_S_DEFAULT,
					       .bad_mac_per_s = NPDU_FORGERY_PER_S_DEFAULT,
					       .fragments = w->pool};
	w->worker = w->pool ? datapath_worker_new(&config, take_out, w) : NULL;
	if (!w->worker)
		return -ENOMEM;
	return fleet_install(fleet, &w->worker, 1);
}

void bench_worker_free(struct bench_worker *w)
{
	datapath_worker_free(w->worker);
	rte_mempool_free(w->pool);
}

static void free_left(struct bench_worker *w)
{
	rte_pktmbuf_free_bulk(w->left, w->left_count);
	w->left_count = 0;
}

static void put(struct rte_mbuf *m, const uint8_t *frame, uint32_t len)
{
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), frame, len);
}

bool bench_worker_receive(struct bench_worker *w, const uint8_t *frame, uint32_t len, uint64_t now)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);
	bool has_left;

	put(m, frame, len);
	datapath_process(w->worker, DATAPATH_ACCESS, &m, 1, now);
	datapath_housekeep(w->worker, now);
	bench_worker_forget_events(w);
	has_left = w->left_count > 0;
	free_left(w);
	return has_left;
}

void bench_worker_forget_events(struct bench_worker *w)
{
	struct datapath_event events[32];

	while (datapath_events(w->worker, events, 32) > 0)
		;
}

uint64_t bench_worker_burst(struct bench_worker *w, const uint8_t *const *frames,
			    const uint32_t *lens, uint64_t now)
{
	struct rte_mbuf *burst[DATAPATH_BURST];
	uint64_t start, cycles;

	if (rte_pktmbuf_alloc_bulk(w->pool, burst, DATAPATH_BURST) != 0)
		return 0;
	for (unsigned i = 0; i < DATAPATH_BURST; i++)
		put(burst[i], frames[i], lens[i]);
	start = rte_rdtsc();
	datapath_process(w->worker, DATAPATH_ACCESS, burst, DATAPATH_BURST, now);
	cycles = rte_rdtsc() - start;
	free_left(w);
	return cycles;
}
