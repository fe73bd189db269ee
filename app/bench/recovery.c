/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hse-bench --recovery: the cost of an outage and of junk (e2m.md 7 "Recovery"). Outages run in
 * simulated time, one packet after the other: uplink through a worker, downlink through hse-ue's
 * user plane. Junk is timed: a busy worker gets junk at a fixed rate, measured
 * in the worker's own time.
 */
#include <errno.h>
#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "npdu/forgery.h"
#include "npdu/random.h"
#include "npdu/recovery.h"
#include "program/program.h"
#include "recovery.h"
#include "ue/user_plane.h"

#define H_BEFORE     100000 /* COUNTs used before the outage */
#define AFTERWARDS   2000   /* packets checked after the outage */
#define JUNK_FLOOD   100000 /* PDUs a second */
#define JUNK_TRICKLE 1000
#define LOST_MAX     12
#define LEN	     64

/* --- outages: the receiver of one flow --- */

struct receiver {
	struct bench_fleet fleet; /* of one session */
	struct bench_worker worker;
	struct npdu_searches searches; /* downlink */
	struct user_plane plane;
	struct ue_counters counters;
	uint64_t random;
};

static int receiver_init(struct receiver *r, enum e2m_direction direction, uint64_t seed)
{
	const struct bench_case c = {E2M_UPLINK, E2M_EEA2, E2M_EIA2, LEN, 1, false, 0};
	const struct user_plane_config config = {.numbers = &e2m_default_numbers,
						 .eea = E2M_EEA2,
						 .eia = E2M_EIA2,
						 .bearer = BENCH_BEARER,
						 .counter_octets = BENCH_COUNTER_OCTETS,
						 .replay_window = 64,
						 .bad_mac_per_s = NPDU_FORGERY_PER_S_DEFAULT};
	struct e2m_keyset keyset;
	int ret;

	memset(r, 0, sizeof(*r));
	ret = fleet_init(&r->fleet, &c);
	if (ret != 0 || direction == E2M_UPLINK)
		return ret == 0 ? bench_worker_init(&r->worker, &r->fleet) : ret;
	fleet_keyset(0, &keyset);
	npdu_searches_init(&r->searches, r->fleet.engine, NPDU_RECOVERY_WINDOWS_AUTO,
			   NPDU_RECOVERY_PER_S_DEFAULT, seed, 0);
	user_plane_init(&r->plane, &config, &r->searches, &r->counters);
	return user_plane_add_keyset(&r->plane, &keyset, BENCH_KEY_ID);
}

static void receiver_free(struct receiver *r, enum e2m_direction direction)
{
	if (direction == E2M_UPLINK)
		bench_worker_free(&r->worker);
	else
		user_plane_free(&r->plane);
	fleet_free(&r->fleet);
}

/* Returns true if the PDU with count was opened, at a time in microseconds. Junk has the CTR of
 * one. */
static bool receive_one(struct receiver *r, enum e2m_direction direction, uint32_t count, bool junk,
			uint64_t now_us)
{
	static uint8_t frame[2048];
	const uint32_t len = fleet_write(&r->fleet, frame, 0, count, direction);

	if (junk)
		frame[len - 1] ^= 1;
	if (direction == E2M_UPLINK)
		return bench_worker_receive(&r->worker, frame, len,
					    now_us * (rte_get_tsc_hz() / 1000000));
	struct packet packet = {frame + BENCH_HEADERS, len - BENCH_HEADERS};
	return user_plane_open(&r->plane, &packet, 1, (uint32_t)(now_us / 1000)) == 1;
}

struct outcome {
	unsigned lost;	/* of AFTERWARDS */
	double back_ms; /* from the first arrival to the first opened packet without later loss */
};

/* COUNTs 0 to H_BEFORE arrive. Then rate * seconds are lost. Then all arrive, together with
 * junk PDUs a second (the parameter junk). */
static int run_outage(enum e2m_direction direction, uint32_t rate, uint32_t seconds, uint32_t junk,
		      uint64_t seed, struct outcome *out)
{
	static struct receiver r;
	const uint32_t first = H_BEFORE + rate * seconds;
	const uint64_t start_us = UINT64_C(1000000) * (seconds + 100);
	uint64_t junk_us = start_us;
	uint32_t sent = 0;

	*out = (struct outcome){0};
	if (receiver_init(&r, direction, seed) != 0)
		return -ENOMEM;
	r.random = seed;
	/* H can only get this far because nothing was lost before. */
	for (uint32_t count = 0; count < H_BEFORE; count += BENCH_HALF_WINDOW - 1)
		receive_one(&r, direction, count, false, 1000000);
	receive_one(&r, direction, H_BEFORE - 1, false, 1000000);
	for (; sent < AFTERWARDS && sent < 20 * rate; sent++) {
		const uint64_t now_us = start_us + UINT64_C(1000000) * sent / rate;

		/* Junk arrives at random times of its own. */
		for (; junk > 0 && junk_us <= now_us;
		     junk_us += 1 + npdu_random(&r.random, 2 * 1000000 / junk))
			receive_one(&r, direction, npdu_random(&r.random, 100000), true, junk_us);
		if (!receive_one(&r, direction, first + sent, false, now_us)) {
			out->lost++;
			out->back_ms = (double)(now_us - start_us) / 1000 + 1000.0 / rate;
		}
	}
	receiver_free(&r, direction);
	return 0;
}

static const char *direction_of(unsigned direction)
{
	return direction == E2M_UPLINK ? "uplink" : "downlink";
}

/* 256 windows cover this distance. */
static bool is_within_reach(uint32_t lost)
{
	return lost < 256 * 2 * BENCH_HALF_WINDOW;
}

static int measure_outages(void)
{
	static const uint32_t rates[] = {10, 500, 5000, 12000}, seconds[] = {1, 10, 60};
	bool held = true;

	printf("%-8s %9s %8s %9s   %s\n", "outage", "packets/s", "s", "COUNTs",
	       "lost after the first that arrives");
	for (unsigned d = 0; d < 2; d++)
		for (unsigned i = 0; i < 12; i++) {
			const uint32_t rate = rates[i / 3], s = seconds[i % 3];
			struct outcome out;

			if (run_outage(d, rate, s, 0, 1, &out) != 0)
				return -1;
			printf("%-8s %9u %8u %9u   %u%s\n", direction_of(d), rate, s, rate * s,
			       out.lost, is_within_reach(rate * s) ? "" : " (beyond 256 windows)");
			if (is_within_reach(rate * s) && out.lost > LOST_MAX)
				held = false;
		}
	printf("packets lost after an outage: <= %u %s\n", LOST_MAX, held ? "held" : "NOT HELD");
	return held;
}

#define SEEDS 100

static int measure_outages_in_junk(void)
{
	static const uint32_t rates[] = {500, 5000, 12000};
	bool held = true;

	printf("%-8s %9s %8s   %s\n", "in junk", "packets/s", "runs",
	       "ms until it has recovered: median, worst");
	for (unsigned d = 0; d < 2; d++)
		for (unsigned i = 0; i < 3; i++) {
			double ms[SEEDS];

			for (unsigned seed = 0; seed < SEEDS; seed++) {
				struct outcome out;
				if (run_outage(d, rates[i], 10, JUNK_TRICKLE, seed, &out) != 0)
					return -1;
				ms[seed] = out.back_ms;
			}
			const double median = bench_median(ms, SEEDS); /* sorts */
			printf("%-8s %9u %8u   %.0f, %.0f\n", direction_of(d), rates[i], SEEDS,
			       median, ms[SEEDS - 1]);
			held = held && ms[SEEDS - 1] <= 2000;
		}
	printf("recovered while %u junk PDUs a second come for the flow: <= 2 s %s\n", JUNK_TRICKLE,
	       held ? "held" : "NOT HELD");
	return held;
}

/* --- junk for one flow, and the other flows --- */

struct flood {
	struct bench_fleet fleet; /* session 0 gets the junk */
	struct bench_worker worker;
	uint8_t *junk;
	uint32_t junk_len;
	uint32_t at;  /* the next frame of the fleet */
	uint64_t now; /* cycles that the worker has worked */
};

/* The COUNTs are in the window, so only the MAC is wrong. */
static void write_junk(struct flood *f, uint8_t *frame)
{
	f->junk_len = fleet_write(&f->fleet, frame, 0, f->fleet.counts[0] + 100, E2M_UPLINK);
	frame[f->junk_len - 1] ^= 1;
}

static const uint8_t *next_frame(struct flood *f)
{
	const uint8_t *frame = f->fleet.frames + (size_t)f->at * f->fleet.frame_size;

	if (++f->at == f->fleet.frames_count) {
		f->at = 0;
		fleet_fill(&f->fleet);
		write_junk(f, f->junk);
	}
	return frame;
}

/* Runs bursts for ms of the worker's time. kinds: the others' frames, junk at JUNK_FLOOD a second,
 * or both. Returns the others' frames a second. For junk alone, it returns the share of the
 * worker's time that junk takes. */
enum kinds { OTHERS, JUNK, BOTH };

static double run_flood(struct flood *f, enum kinds kinds, unsigned ms)
{
	const uint64_t hz = rte_get_tsc_hz(), end = f->now + hz / 1000 * ms,
		       every = hz / JUNK_FLOOD;
	uint64_t junk_at = f->now, others = 0, worked = 0;

	while (f->now < end) {
		const uint8_t *frames[DATAPATH_BURST];
		uint32_t lens[DATAPATH_BURST];
		uint64_t cycles;

		for (unsigned i = 0; i < DATAPATH_BURST; i++) {
			const bool junk = kinds == JUNK || (kinds == BOTH && junk_at <= f->now);
			junk_at += junk ? every : 0;
			frames[i] = junk ? f->junk : next_frame(f);
			lens[i] = junk ? f->junk_len : f->fleet.frame_len;
			others += !junk;
		}
		cycles = bench_worker_burst(&f->worker, frames, lens, f->now);
		worked += cycles;
		/* Junk alone does not arrive faster, although it is handled faster. */
		f->now += kinds == JUNK ? DATAPATH_BURST * every : cycles;
	}
	if (kinds == JUNK)
		return (double)worked / ((double)hz / 1000 * ms);
	return (double)others / ms * 1000;
}

/* Many short turns, because other work of the machine spoils some of them. */
#define FLOOD_TURNS 151
#define FLOOD_MS    10

static int measure_flood(const struct bench_case *c, bool *held)
{
	static struct flood f;
	double without[FLOOD_TURNS], with[FLOOD_TURNS], part[FLOOD_TURNS], left;

	memset(&f, 0, sizeof(f));
	f.junk = malloc(2048);
	if (!f.junk || fleet_init(&f.fleet, c) != 0 || bench_worker_init(&f.worker, &f.fleet) != 0)
		return -1;
	write_junk(&f, f.junk);
	f.now = rte_get_tsc_hz();
	run_flood(&f, BOTH, 50);
	for (unsigned t = 0; t < FLOOD_TURNS; t++) {
		without[t] = run_flood(&f, OTHERS, FLOOD_MS);
		with[t] = run_flood(&f, BOTH, FLOOD_MS);
		part[t] = run_flood(&f, JUNK, FLOOD_MS);
	}
	left = bench_median(without, FLOOD_TURNS) * (1 - bench_median(part, FLOOD_TURNS));
	const double median = bench_median(with, FLOOD_TURNS) / left;
	printf("%s+%s, %u octets: junk takes %.3f of the worker; the others have %.3f of what it "
	       "leaves  >= 0.95 %s\n",
	       e2m_eea_name(c->eea), e2m_eia_name(c->eia), c->npdu_len,
	       bench_median(part, FLOOD_TURNS), median, median >= 0.95 ? "held" : "NOT HELD");
	*held = *held && median >= 0.95;
	bench_worker_free(&f.worker);
	fleet_free(&f.fleet);
	free(f.junk);
	return 0;
}

static int measure_floods(void)
{
	static const struct bench_case cases[] = {
		{E2M_UPLINK, E2M_EEA2, E2M_EIA2, 64, 1000, false, 0},
		{E2M_UPLINK, E2M_EEA2, E2M_EIA2, 1400, 1000, false, 0},
		{E2M_UPLINK, E2M_EEA1, E2M_EIA1, 64, 1000, false, 0},
		{E2M_UPLINK, E2M_EEA3, E2M_EIA3, 1400, 1000, false, 0},
		{E2M_UPLINK, E2M_EEA_GCM, E2M_EIA_GCM, 64, 1000, false, 0}};
	bool held = true;

	printf("%u junk PDUs a second for one flow of a thousand:\n", JUNK_FLOOD);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (measure_flood(&cases[i], &held) != 0)
			return -1;
	return held;
}

int recovery_main(void)
{
	program_set_log_level(PROGRAM_WARNING); /* hides the user plane's lines about recovery */

	const int outages = measure_outages();
	const int in_junk = outages < 0 ? -1 : measure_outages_in_junk();
	const int floods = in_junk < 0 ? -1 : measure_floods();

	if (floods < 0) {
		fprintf(stderr, "hse-bench: no memory; try --memory\n");
		return 1;
	}
	printf("%d of 3 goals held\n", outages + in_junk + floods);
	return 0;
}
