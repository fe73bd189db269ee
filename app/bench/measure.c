/* SPDX-License-Identifier: BSD-3-Clause */
/* measure: turns of the worker's own functions and of the bare library, one after the other, so that a
 * machine that changes its speed changes it for both. A turn is made of slices, much shorter than what a
 * system gives a thread at once, and its median is what counts: a slice that was interrupted is one of
 * many. The first of a turn fills the caches and is not counted. */
#include <errno.h>
#include <pthread.h>
#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "npdu/forgery.h"
#include "npdu/recovery.h"

#define TURNS_MAX  64
#define SLICES_MAX 1024
#define SLICE	   (4 * BENCH_BUFFERS) /* packets */

struct rig {
	struct bench_fleet fleet;
	struct rte_mempool *pool;
	struct rte_mempool *fragments;
	struct datapath_worker *worker;
	struct rte_mbuf *buffers[BENCH_BUFFERS];
	uint32_t at;  /* next frame */
	uint64_t out; /* packets that left */
	/* Of sessions without protection. */
	struct rte_mbuf *beside[DATAPATH_BURST];
	uint64_t random;
	uint64_t beside_count;
	double beside_cycles[SLICES_MAX]; /* a packet, of the last bursts */
};

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *values, unsigned count)
{
	qsort(values, count, sizeof(*values), compare);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* The buffers stay the rig's: they go round like those of a NIC's ring. */
static void keep(void *arg, enum datapath_side side, struct rte_mbuf **mbufs, uint16_t count)
{
	struct rig *rig = arg;

	(void)side;
	(void)mbufs;
	rig->out += count;
}

static struct datapath_config worker_config(const struct rig *rig, unsigned number, unsigned count)
{
	return (struct datapath_config){.worker = number,
					.workers = count,
					.socket = SOCKET_ID_ANY,
					.flows = rig->fleet.c.sessions + 1024,
					.window_max = 64,
					.mtu = {1600, 1600},
					.hold_packets_per_flow = 1,
					.hold_packets_total = 1,
					.hold_ms = 1000,
					.gtpc_hold_ms = 1000,
					.recovery_windows = NPDU_RECOVERY_WINDOWS_AUTO,
					.recovery_per_s = NPDU_RECOVERY_PER_S_DEFAULT,
					.bad_mac_per_s = NPDU_FORGERY_PER_S_DEFAULT,
					.fragments = rig->fragments};
}

static int make_pools(struct rig *rig, unsigned mbufs)
{
	rig->pool = rte_pktmbuf_pool_create("bench", mbufs, 256, DATAPATH_MBUF_PRIV_SIZE,
					    RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
	rig->fragments = rte_pktmbuf_pool_create("bench_fragments", 64, 0, DATAPATH_MBUF_PRIV_SIZE,
						 RTE_PKTMBUF_HEADROOM + 256, SOCKET_ID_ANY);
	return rig->pool && rig->fragments ? 0 : -ENOMEM;
}

static int rig_init(struct rig *rig, const struct bench_case *c)
{
	int ret;

	memset(rig, 0, sizeof(*rig));
	ret = fleet_init(&rig->fleet, c);
	if (ret == 0)
		ret = make_pools(rig, 2 * BENCH_BUFFERS - 1);
	if (ret != 0)
		return ret;
	const struct datapath_config config = worker_config(rig, 0, 1);
	rig->worker = datapath_worker_new(&config, keep, rig);
	if (!rig->worker || rte_pktmbuf_alloc_bulk(rig->pool, rig->buffers, BENCH_BUFFERS) != 0 ||
	    rte_pktmbuf_alloc_bulk(rig->pool, rig->beside, DATAPATH_BURST) != 0)
		return -ENOMEM;
	return fleet_install(&rig->fleet, &rig->worker, 1);
}

static void rig_free(struct rig *rig)
{
	datapath_worker_free(rig->worker);
	rte_mempool_free(rig->pool);
	rte_mempool_free(rig->fragments);
	fleet_free(&rig->fleet);
}

/* What a NIC does: the next frame into the next buffer. */
static void receive(struct rig *rig, struct rte_mbuf *m)
{
	const struct bench_fleet *f = &rig->fleet;

	rte_pktmbuf_reset(m);
	memcpy(rte_pktmbuf_append(m, (uint16_t)f->frame_len),
	       f->frames + (size_t)rig->at * f->frame_size, f->frame_len);
	if (++rig->at == f->frames_count) {
		rig->at = 0;
		if (f->c.direction == E2M_UPLINK)
			fleet_fill(&rig->fleet);
	}
}

static uint32_t next_random(struct rig *rig, uint32_t count)
{
	rig->random = rig->random * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(((rig->random >> 32) * count) >> 32);
}

/* A burst of sessions without protection. */
static void run_beside(struct rig *rig, enum datapath_side side)
{
	const struct bench_fleet *f = &rig->fleet;
	struct rte_mbuf *burst[DATAPATH_BURST];
	uint64_t start;

	for (unsigned i = 0; i < DATAPATH_BURST; i++) {
		rte_pktmbuf_reset(rig->beside[i]);
		burst[i] = rig->beside[i];
		fleet_write_unprotected(
			f, (uint8_t *)rte_pktmbuf_append(burst[i], (uint16_t)f->frame_len),
			next_random(rig, f->c.unprotected));
	}
	start = rte_rdtsc();
	datapath_process(rig->worker, side, burst, DATAPATH_BURST, start);
	rig->beside_cycles[rig->beside_count / DATAPATH_BURST % SLICES_MAX] =
		(double)(rte_rdtsc() - start) / DATAPATH_BURST;
	rig->beside_count += DATAPATH_BURST;
}

/* Cycles that the worker takes for count packets. */
static uint64_t worker_run(struct rig *rig, uint32_t count)
{
	const enum datapath_side side =
		rig->fleet.c.direction == E2M_UPLINK ? DATAPATH_ACCESS : DATAPATH_CORE;
	uint64_t cycles = 0;

	for (uint32_t done = 0; done < count; done += DATAPATH_BURST) {
		struct rte_mbuf *burst[DATAPATH_BURST];
		const uint32_t first = done % BENCH_BUFFERS;

		memcpy(burst, &rig->buffers[first], sizeof(burst));
		for (unsigned i = 0; i < DATAPATH_BURST; i++)
			receive(rig, burst[i]);
		/* No fence: one a burst would cost the worker what the bare run does not pay. */
		const uint64_t start = rte_rdtsc();
		datapath_process(rig->worker, side, burst, DATAPATH_BURST, start);
		cycles += rte_rdtsc() - start;
		if (rig->fleet.c.unprotected > 0)
			run_beside(rig, side);
	}
	return cycles;
}

static int say_lost(const struct rig *rig, uint64_t expected)
{
	fprintf(stderr, "hse-bench: %lu of %lu packets came out; drops:", (unsigned long)rig->out,
		(unsigned long)expected);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		for (unsigned i = 0; i < DATAPATH_COUNTER_COUNT; i++) {
			uint64_t n = datapath_worker_counters(rig->worker, side)->value[i];
			if (n && strncmp(datapath_counter_name(i), "drop.", 5) == 0)
				fprintf(stderr, " %s %lu", datapath_counter_name(i),
					(unsigned long)n);
		}
	fputc('\n', stderr);
	return -EIO;
}

/* Cycles a packet, of the slices of one turn. */
static double worker_turn(struct rig *rig, unsigned slices)
{
	double cycles[SLICES_MAX];

	worker_run(rig, SLICE);
	for (unsigned i = 0; i < slices; i++)
		cycles[i] = (double)worker_run(rig, SLICE) / SLICE;
	return bench_median(cycles, slices);
}

static double bare_turn(struct bench_bare *bare, const uint32_t *order, unsigned slices)
{
	double cycles[SLICES_MAX];

	bare_run(bare, order, SLICE);
	for (unsigned i = 0; i < slices; i++)
		cycles[i] = (double)bare_run(bare, order, SLICE) / SLICE;
	return bench_median(cycles, slices);
}

static void measure_stages(struct rig *rig, unsigned slices, struct bench_result *result)
{
	static double cycles[DATAPATH_STAGES][SLICES_MAX];

	worker_run(rig, SLICE);
	for (unsigned i = 0; i < slices; i++) {
		struct datapath_stage_cycles clock = {0};

		datapath_clock_stages(rig->worker, &clock);
		worker_run(rig, SLICE);
		datapath_clock_stages(rig->worker, NULL);
		for (unsigned stage = 0; stage < DATAPATH_STAGES; stage++)
			cycles[stage][i] = (double)clock.cycles[stage] / SLICE;
	}
	for (unsigned stage = 0; stage < DATAPATH_STAGES; stage++)
		result->stage_cycles[stage] = bench_median(cycles[stage], slices);
}

static int take_turns(struct rig *rig, struct bench_bare *bare, unsigned turns, unsigned slices,
		      struct bench_result *result)
{
	double worker[TURNS_MAX], alone[TURNS_MAX], ratio[TURNS_MAX];

	for (unsigned i = 0; i < slices; i++) /* every session has been met */
		worker_run(rig, SLICE);
	for (unsigned t = 0; t < turns; t++) {
		worker[t] = worker_turn(rig, slices);
		alone[t] = bare_turn(bare, rig->fleet.order, slices);
		ratio[t] = alone[t] / worker[t];
	}
	result->worker_cycles = bench_median(worker, turns);
	result->bare_cycles = bench_median(alone, turns);
	result->ratio = bench_median(ratio, turns);
	measure_stages(rig, slices, result);
	result->unprotected_cycles = rig->beside_count >= SLICES_MAX * DATAPATH_BURST
					     ? bench_median(rig->beside_cycles, SLICES_MAX)
					     : 0;
	const uint64_t runs = slices + (uint64_t)(turns + 1) * (slices + 1);
	const uint64_t all = runs * SLICE + rig->beside_count;
	return rig->out == all ? 0 : say_lost(rig, all);
}

int bench_measure(const struct bench_case *c, unsigned turns, uint32_t turn_packets,
		  struct bench_result *result)
{
	const unsigned slices = RTE_MIN(turn_packets / SLICE, (unsigned)SLICES_MAX);
	struct bench_bare *bare = bare_new(c);
	struct rig rig;
	int ret = rig_init(&rig, c);

	if (turns > TURNS_MAX)
		turns = TURNS_MAX;
	if (ret == 0 && !bare)
		ret = -ENOMEM;
	if (ret == 0)
		ret = take_turns(&rig, bare, turns, slices, result);
	else
		fprintf(stderr, "hse-bench: no memory for %u sessions; try --memory\n",
			c->sessions);
	rig_free(&rig);
	bare_free(bare);
	return ret;
}

unsigned bench_idle_rounds(const struct bench_case *c)
{
	const enum datapath_side side =
		c->direction == E2M_UPLINK ? DATAPATH_ACCESS : DATAPATH_CORE;
	struct rig rig;
	unsigned rounds = 0;

	if (rig_init(&rig, c) == 0) {
		receive(&rig, rig.buffers[0]);
		datapath_process(rig.worker, side, rig.buffers, 1, rte_rdtsc());
		for (rounds = 1; rig.out == 0 && rounds < 1000; rounds++)
			datapath_housekeep(rig.worker, rte_rdtsc());
		if (rig.out == 0)
			rounds = 0;
	}
	rig_free(&rig);
	return rounds;
}

/* --- several workers --- */

struct crew {
	struct rig rig;
	struct datapath_worker *workers[RTE_MAX_LCORE];
	unsigned count;
	atomic_bool stop;
	_Atomic uint64_t out;
};

static void count_and_free(void *arg, enum datapath_side side, struct rte_mbuf **mbufs,
			   uint16_t count)
{
	struct crew *crew = arg;

	(void)side;
	rte_pktmbuf_free_bulk(mbufs, count);
	atomic_fetch_add_explicit(&crew->out, count, memory_order_relaxed);
}

struct crew_member {
	struct crew *crew;
	unsigned number;
	pthread_t thread;
};

/* A CPU of its own, and an lcore's cache of the buffer pool, as hse's workers have. */
static void settle(unsigned number)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(number % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	rte_thread_register();
}

static void *housekeep(void *arg)
{
	struct crew_member *member = arg;

	settle(member->number);
	while (!atomic_load_explicit(&member->crew->stop, memory_order_relaxed))
		datapath_housekeep(member->crew->workers[member->number], rte_rdtsc());
	rte_thread_unregister();
	return NULL;
}

/* The one behind the RX queue: takes what buffers there are. */
static uint64_t receive_for(struct crew *crew, double seconds)
{
	const uint64_t end = rte_rdtsc() + (uint64_t)(seconds * (double)rte_get_tsc_hz());
	const uint64_t before = crew->out;
	uint64_t now;

	while ((now = rte_rdtsc()) < end) {
		struct rte_mbuf *burst[DATAPATH_BURST];
		if (rte_pktmbuf_alloc_bulk(crew->rig.pool, burst, DATAPATH_BURST) == 0) {
			for (unsigned i = 0; i < DATAPATH_BURST; i++)
				receive(&crew->rig, burst[i]);
			datapath_process(crew->workers[0], DATAPATH_CORE, burst, DATAPATH_BURST,
					 now);
		}
		datapath_housekeep(crew->workers[0], now);
	}
	return crew->out - before;
}

static int crew_init(struct crew *crew, const struct bench_case *c, unsigned count)
{
	int ret;

	memset(crew, 0, sizeof(*crew));
	crew->count = count;
	ret = fleet_init(&crew->rig.fleet, c);
	if (ret == 0)
		ret = make_pools(&crew->rig, 4095);
	for (unsigned w = 0; ret == 0 && w < count; w++) {
		const struct datapath_config config = worker_config(&crew->rig, w, count);
		crew->workers[w] = datapath_worker_new(&config, count_and_free, crew);
		if (!crew->workers[w])
			ret = -ENOMEM;
	}
	if (ret == 0)
		ret = datapath_connect_workers(crew->workers, count);
	return ret == 0 ? fleet_install(&crew->rig.fleet, crew->workers, count) : ret;
}

double bench_workers(const struct bench_case *c, unsigned workers, double seconds)
{
	static struct crew crew;
	struct crew_member members[RTE_MAX_LCORE];
	double rate = 0;

	if (crew_init(&crew, c, workers) == 0) {
		for (unsigned w = 1; w < workers; w++) {
			members[w] = (struct crew_member){.crew = &crew, .number = w};
			pthread_create(&members[w].thread, NULL, housekeep, &members[w]);
		}
		receive_for(&crew, seconds / 10);
		rate = (double)receive_for(&crew, seconds) / seconds;
		atomic_store(&crew.stop, true);
		for (unsigned w = 1; w < workers; w++)
			pthread_join(members[w].thread, NULL);
	}
	for (unsigned w = 0; w < workers; w++)
		datapath_worker_free(crew.workers[w]);
	rte_mempool_free(crew.rig.pool);
	rte_mempool_free(crew.rig.fragments);
	fleet_free(&crew.rig.fleet);
	return rate;
}
