/* SPDX-License-Identifier: BSD-3-Clause */
/* e2m.md 7 "Recovery" and "Forgery budget", sentence by sentence. Verdicts of many PDUs in a row are in vectors.json. */
#include "npdu/recovery.h"

#include "npdu/aes.h"
#include "npdu/forgery.h"
#include "npdu/window.h"
#include "unit.h"

#define LEN 40
#define NOW 5000000 /* ms, at the start of a slot */

static const struct npdu_profile suites[] = {
	{E2M_EEA0, E2M_EIA1, 0, 0},	  {E2M_EEA0, E2M_EIA2, 0, 0},
	{E2M_EEA0, E2M_EIA3, 0, 0},	  {E2M_EEA1, E2M_EIA1, 0, 0},
	{E2M_EEA1, E2M_EIA2, 0, 0},	  {E2M_EEA1, E2M_EIA3, 0, 0},
	{E2M_EEA2, E2M_EIA1, 0, 0},	  {E2M_EEA2, E2M_EIA2, 0, 0},
	{E2M_EEA2, E2M_EIA3, 0, 0},	  {E2M_EEA3, E2M_EIA1, 0, 0},
	{E2M_EEA3, E2M_EIA2, 0, 0},	  {E2M_EEA3, E2M_EIA3, 0, 0},
	{E2M_EEA_GCM, E2M_EIA_GCM, 0, 8}, {E2M_EEA_GCM, E2M_EIA_GCM, 0, 16},
};
#define SUITES (sizeof(suites) / sizeof(suites[0]))

static struct npdu_engine *own, *library;
static struct npdu_key *keys[SUITES];
#define AES 7 /* of them: eea2 with eia2 */

struct packet {
	uint8_t headroom[NPDU_HEADROOM];
	uint8_t pdu[NPDU_HEADER_MAX + 1500 + NPDU_MAC_MAX];
};

static uint8_t octet(uint32_t i)
{
	return (uint8_t)(i * 7 + 3);
}

static struct npdu_op op_of(struct packet *p, const struct npdu_key *key, unsigned n, uint32_t len)
{
	return (struct npdu_op){.key = key,
				.pdu = p->pdu,
				.npdu_len = len,
				.bearer = 5,
				.direction = E2M_UPLINK,
				.counter_octets = (uint8_t)n};
}

/* A PDU that bears count. */
static struct npdu_op protected(struct packet *p, const struct npdu_key *key, unsigned n,
				uint32_t len, uint32_t count)
{
	struct npdu_op op = op_of(p, key, n, len);

	op.count = count;
	memset(p, 0xA5, sizeof(*p));
	npdu_write_header(p->pdu, n, 3, count);
	for (uint32_t i = 0; i < len; i++)
		p->pdu[1 + n + i] = octet(i);
	npdu_protect(own, &op, 1);
	return op;
}

static bool is_open(const struct packet *p, unsigned n, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (p->pdu[1 + n + i] != octet(i))
			return false;
	return true;
}

/* --- COUNTs of one PDU --- */

static void a_pdu_with_a_wrong_mac_is_restored(void)
{
	static const uint32_t lens[] = {0, 1, 16, 40, 300, 1400};
	struct npdu_engine *const engines[] = {own, library};
	static struct packet p, came;

	for (size_t i = 0; i < SUITES * 6 * 2; i++) {
		const uint32_t len = lens[i / 2 % 6];
		struct npdu_op op = protected(&p, keys[i / 12], 1, len, 7000);

		op.count = 4952;
		came = p;
		npdu_open(engines[i % 2], &op, 1);
		CU_ASSERT_FALSE_FATAL(op.ok);
		npdu_restore(engines[i % 2], &op);
		CU_ASSERT_EQUAL(memcmp(&p, &came, sizeof(p)), 0);
		CU_ASSERT_FALSE(op.ok);
	}
}

static void a_count_is_found_and_the_pdu_stays_as_it_came(void)
{
	struct npdu_engine *const engines[] = {own, library};
	static struct packet p, came;

	for (size_t i = 0; i < SUITES * 2 * 40; i++) {
		const uint32_t k = (uint32_t)(i / 2 % 40);
		struct npdu_op op =
			protected(&p, keys[i / 80], 2, (uint32_t)i % 700, 1000 + k * 13);

		op.count = 1000;
		came = p;
		CU_ASSERT_TRUE(npdu_find_count(engines[i % 2], &op, 13, 50) <= 50);
		CU_ASSERT_TRUE(op.ok);
		CU_ASSERT_EQUAL(op.count, 1000 + k * 13);
		op.count = 1000;
		npdu_find_count(engines[i % 2], &op, 13, k);
		CU_ASSERT_FALSE(op.ok);
		CU_ASSERT_EQUAL(op.count, 1000);
		CU_ASSERT_EQUAL(memcmp(&p, &came, sizeof(p)), 0);
	}
}

static void no_count_is_tried_above_the_last(void)
{
	static struct packet p;
	struct npdu_op op = protected(&p, keys[AES], 1, LEN, 5);

	op.count = NPDU_COUNT_MAX - 20;
	CU_ASSERT_EQUAL(npdu_find_count(own, &op, 10, 100), 3);
	CU_ASSERT_FALSE(op.ok);
}

/* --- a receiver --- */

#define W 2048 /* n = 1 */

struct receiver {
	struct npdu_searches searches;
	struct npdu_search_turn turn;
	struct npdu_recovery recovery;
	uint32_t h;
	uint32_t now;
	struct packet packet;
	struct npdu_op op;
};

static struct receiver receiver(uint32_t windows, uint32_t per_s)
{
	struct receiver r = {.h = 10000, .now = NOW};

	npdu_searches_init(&r.searches, own, windows, per_s, 42, NOW);
	return r;
}

/* The PDU in r's packet has failed with the COUNT reconstructed from H. */
static enum npdu_recovery_result fail(struct receiver *r)
{
	const unsigned n = r->op.counter_octets;

	r->op.count = (uint32_t)npdu_reconstruct_count(n, r->h, npdu_read_ctr(r->op.pdu, n));
	return npdu_recover(&r->searches, &r->turn, &r->recovery, &r->op, r->h, r->now);
}

static enum npdu_recovery_result get(struct receiver *r, uint32_t count)
{
	r->op = protected(&r->packet, keys[AES], 1, LEN, count);
	return fail(r);
}

static enum npdu_recovery_result get_junk(struct receiver *r)
{
	r->op = protected(&r->packet, keys[AES], 1, LEN, 77);
	r->packet.pdu[20] ^= 1;
	return fail(r);
}

static void one_pdu_is_enough_as_far_as_16_windows(void)
{
	for (uint32_t k = 1; k <= 16; k++) {
		struct receiver r = receiver(256, 10);

		CU_ASSERT_EQUAL(get(&r, 10005 + k * W), NPDU_RECOVERED);
		CU_ASSERT_EQUAL(r.op.count, 10005 + k * W);
		CU_ASSERT_TRUE(is_open(&r.packet, 1, LEN));
	}
}

static void beyond_16_windows_a_pdu_is_p(void)
{
	struct receiver r = receiver(256, 10);

	CU_ASSERT_EQUAL(get(&r, 10005 + 17 * W), NPDU_RECOVERY_PENDING);
	CU_ASSERT_EQUAL(npdu_recovery_pending(&r.recovery, r.h, r.now), 10005 + 17 * W);
	CU_ASSERT_FALSE(is_open(&r.packet, 1, LEN));
}

/* One MAC, outside the bounds: the slot's search has been made, for P. */
static void a_second_pdu_near_p_is_enough_without_a_search(void)
{
	static const int32_t from_p[] = {-W / 2, -1, 1, 2, W / 2 - 1};

	for (size_t i = 0; i < sizeof(from_p) / sizeof(from_p[0]); i++) {
		struct receiver r = receiver(256, 10);
		const uint32_t p = 10005 + 200 * W;

		CU_ASSERT_EQUAL(get(&r, p), NPDU_RECOVERY_PENDING);
		CU_ASSERT_EQUAL(get(&r, p + (uint32_t)from_p[i]), NPDU_RECOVERED);
		CU_ASSERT_EQUAL(r.op.count, p + (uint32_t)from_p[i]);
		CU_ASSERT_TRUE(is_open(&r.packet, 1, LEN));
	}
}

static void a_pdu_farther_from_p_than_half_a_window_is_not_recovered_by_it(void)
{
	static const int32_t from_p[] = {-W / 2 - 1, W / 2};

	for (size_t i = 0; i < 2; i++) {
		struct receiver r = receiver(256, 10);
		const uint32_t p = 10005 + 200 * W;

		CU_ASSERT_EQUAL(get(&r, p), NPDU_RECOVERY_PENDING);
		CU_ASSERT_EQUAL(get(&r, p + (uint32_t)from_p[i]), NPDU_NOT_RECOVERED);
	}
}

static void p_again_is_not_a_second_pdu(void)
{
	struct receiver r = receiver(256, 0);

	CU_ASSERT_EQUAL(get(&r, 10005 + 17 * W), NPDU_RECOVERY_PENDING);
	CU_ASSERT_EQUAL(get(&r, 10005 + 17 * W), NPDU_RECOVERY_PENDING);
}

static void p_bounds_nothing(void)
{
	struct receiver r = receiver(256, 0);

	CU_ASSERT_EQUAL(get(&r, 10005 + 100 * W), NPDU_RECOVERY_PENDING);
	CU_ASSERT_EQUAL(get(&r, 10007 + 120 * W), NPDU_RECOVERY_PENDING);
	CU_ASSERT_EQUAL(npdu_recovery_pending(&r.recovery, r.h, r.now), 10007 + 120 * W);
	CU_ASSERT_EQUAL(get(&r, 10008 + 3 * W), NPDU_RECOVERED);
}

static void p_is_forgotten_when_h_advances(void)
{
	struct receiver r = receiver(256, 10);

	CU_ASSERT_EQUAL(get(&r, 10005 + 17 * W), NPDU_RECOVERY_PENDING);
	r.h++;
	CU_ASSERT_EQUAL(npdu_recovery_pending(&r.recovery, r.h, r.now), 0);
	CU_ASSERT_EQUAL(get(&r, 10006 + 17 * W), NPDU_NOT_RECOVERED);
}

static void p_is_forgotten_after_10_s(void)
{
	struct receiver r = receiver(256, 10);

	CU_ASSERT_EQUAL(get(&r, 10005 + 17 * W), NPDU_RECOVERY_PENDING);
	r.now += 9999;
	CU_ASSERT_NOT_EQUAL(npdu_recovery_pending(&r.recovery, r.h, r.now), 0);
	r.now++;
	CU_ASSERT_EQUAL(npdu_recovery_pending(&r.recovery, r.h, r.now), 0);
}

/* The COUNT near P is below H, though it is the PDU's: it is a replay. */
static void nothing_below_h_is_recovered_near_p(void)
{
	struct receiver r = receiver(0, 0);

	npdu_recovery_wait(&r.recovery, 10500, r.h, r.now);
	r.searches.windows = 1;
	CU_ASSERT_EQUAL(get(&r, 9999), NPDU_NOT_RECOVERED);
	CU_ASSERT_EQUAL(get(&r, 10000), NPDU_NOT_RECOVERED); /* check 5 has seen this one */
}

/* Nothing is searched again: the bounds would not allow it. */
static void a_count_that_waits_for_the_ceiling_stands_as_p(void)
{
	struct receiver r = receiver(256, 10);

	CU_ASSERT_EQUAL(get(&r, 10005 + 2 * W), NPDU_RECOVERED);
	npdu_recovery_wait(&r.recovery, r.op.count, r.h, r.now);
	CU_ASSERT_EQUAL(get_junk(&r), NPDU_NOT_RECOVERED);
	CU_ASSERT_EQUAL(get_junk(&r), NPDU_NOT_RECOVERED);
	CU_ASSERT_EQUAL(get(&r, 10006 + 2 * W), NPDU_RECOVERED);
	CU_ASSERT_EQUAL(r.op.count, 10006 + 2 * W);
}

static void the_search_ends_after_recovery_windows(void)
{
	struct receiver r = receiver(20, 0);

	CU_ASSERT_EQUAL(get(&r, 10005 + 20 * W), NPDU_RECOVERY_PENDING);
	r = receiver(20, 0);
	CU_ASSERT_EQUAL(get(&r, 10005 + 21 * W), NPDU_NOT_RECOVERED);
	CU_ASSERT_EQUAL(r.op.count, 10005);
	r = receiver(0, 0);
	CU_ASSERT_EQUAL(get(&r, 10005 + W), NPDU_NOT_RECOVERED);
}

static void the_search_ends_at_the_last_count(void)
{
	struct receiver r = receiver(256, 0);

	r.h = NPDU_COUNT_MAX - 3 * W;
	CU_ASSERT_EQUAL(get(&r, NPDU_COUNT_MAX), NPDU_RECOVERED);
	CU_ASSERT_EQUAL(r.op.count, NPDU_COUNT_MAX);
	r.h = NPDU_COUNT_MAX;
	CU_ASSERT_EQUAL(get(&r, 77), NPDU_NOT_RECOVERED);
}

static void recovery_windows_depend_on_counter_octets(void)
{
	static const uint32_t windows[] = {256, 256, 16, 16};

	for (unsigned n = 0; n <= 3; n++) {
		const uint32_t w = UINT32_C(1) << (3 + 8 * n);
		struct receiver r = receiver(NPDU_RECOVERY_WINDOWS_AUTO, 0);

		r.h = 1;
		r.op = protected(&r.packet, keys[AES], n, LEN, 2 + windows[n] * w);
		CU_ASSERT_EQUAL(fail(&r), windows[n] > 16 ? NPDU_RECOVERY_PENDING : NPDU_RECOVERED);
		r.op = protected(&r.packet, keys[AES], n, LEN, 3 + (windows[n] + 1) * w);
		r.recovery = (struct npdu_recovery){0};
		CU_ASSERT_EQUAL(fail(&r), NPDU_NOT_RECOVERED);
	}
}

static void nothing_is_recovered_with_eia0(void)
{
	const struct npdu_profile profile = {E2M_EEA2, E2M_EIA0, 1, 0};
	const struct e2m_keyset keyset = {.e2mck = {1}};
	struct npdu_key *key = npdu_key_new(&e2m_default_numbers, &keyset, &profile);
	struct receiver r = receiver(256, 0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	r.op = protected(&r.packet, key, 1, LEN, 9000);
	CU_ASSERT_EQUAL(fail(&r), NPDU_NOT_RECOVERED);
	npdu_key_free(key);
}

static void every_suite_recovers(void)
{
	struct npdu_engine *const engines[] = {own, library};

	for (size_t i = 0; i < 2 * SUITES; i++) {
		struct receiver r = receiver(256, 10);
		r.searches.engine = engines[i % 2];
		r.op = protected(&r.packet, keys[i / 2], 1, 1400, 10005 + 130 * W);
		CU_ASSERT_EQUAL(fail(&r), NPDU_RECOVERY_PENDING);
		r.op = protected(&r.packet, keys[i / 2], 1, 1400, 10006 + 130 * W);
		CU_ASSERT_EQUAL(fail(&r), NPDU_RECOVERED);
		CU_ASSERT_EQUAL(r.op.count, 10006 + 130 * W);
		CU_ASSERT_TRUE(is_open(&r.packet, 1, 1400));
	}
}

/* --- bounds --- */

/* A junk PDU, and whether it was searched. */
static bool junk_searches(struct receiver *r)
{
	const bool before = r->turn.has_searched;
	const uint32_t slot = r->turn.slot;

	get_junk(r);
	return r->turn.has_searched && (!before || r->turn.slot != slot);
}

static void the_first_failure_after_a_second_is_searched_at_once(void)
{
	for (uint32_t i = 0; i < 100; i++) {
		struct receiver r = receiver(256, 10);

		r.now += i;
		CU_ASSERT_TRUE(junk_searches(&r));
		r.now += 999; /* 1 s has not passed: a moment at random */
		get_junk(&r);
		r.now += 1000;
		CU_ASSERT_TRUE(junk_searches(&r));
		CU_ASSERT_EQUAL(r.turn.moment_ms, r.now);
	}
}

static void then_one_pdu_in_each_slot_is_searched(void)
{
	struct receiver r = receiver(256, 10);
	uint32_t slots[110] = {0}, thirds[3] = {0};

	junk_searches(&r);
	for (uint32_t ms = 1; ms < 10000; ms++) {
		r.now = NOW + ms;
		if (!junk_searches(&r))
			continue;
		CU_ASSERT_EQUAL(++slots[ms / 100], 1);
		thirds[ms % 100 * 3 / 100]++;
	}
	for (uint32_t slot = 1; slot < 100; slot++)
		CU_ASSERT_EQUAL(slots[slot], 1);
	/* Moments are anywhere in the slot. */
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_TRUE(thirds[i] > 10);
}

static void a_flow_that_has_recovered_may_search_at_once(void)
{
	struct receiver r = receiver(256, 10);

	CU_ASSERT_EQUAL(get(&r, 10005 + W), NPDU_RECOVERED);
	r.h = r.op.count + 1;
	r.now += 2;
	CU_ASSERT_EQUAL(get(&r, 10005 + 2 * W), NPDU_RECOVERED);
}

static void recovery_per_s_says_how_many(void)
{
	static const uint32_t per_s[] = {1, 3, 100, 1000};

	for (size_t i = 0; i < 4; i++) {
		struct receiver r = receiver(1, per_s[i]);
		uint32_t searches = 0;

		for (uint32_t ms = 0; ms < 10000; ms++) {
			r.now = NOW + ms;
			searches += junk_searches(&r);
		}
		CU_ASSERT_TRUE(searches >= 10 * per_s[i] - 10 && searches <= 10 * per_s[i] + 1);
	}
}

/* Flows that fail in one thread. */
#define FLOWS 2000

static struct {
	struct npdu_search_turn turns[FLOWS];
	uint32_t searches[FLOWS];
	uint64_t macs[16], octets[16]; /* by tenth of a second, a ring */
} crowd;

/* A junk PDU of flow; its search has taken what the thread may take less than before. */
static void crowd_fail(struct receiver *r, uint32_t flow, uint32_t len)
{
	struct npdu_recovery recovery = {0};
	const bool before = crowd.turns[flow].has_searched;
	const uint32_t slot = crowd.turns[flow].slot, tenth = r->now / 100 % 16;

	r->op = op_of(&r->packet, keys[AES], 1, len);
	r->op.count = 10005;
	npdu_recover(&r->searches, &crowd.turns[flow], &recovery, &r->op, r->h, r->now);
	if (!crowd.turns[flow].has_searched || (before && crowd.turns[flow].slot == slot))
		return;
	crowd.searches[flow]++;
	crowd.macs[tenth] += 256;
	crowd.octets[tenth] += UINT64_C(256) * (len + 2);
}

/* The last ten tenths have no more than a second's share. */
static bool crowd_is_in_bounds(uint32_t now)
{
	uint64_t macs = 0, octets = 0;

	for (uint32_t i = 0; i < 10; i++) {
		macs += crowd.macs[(now / 100 - i) % 16];
		octets += crowd.octets[(now / 100 - i) % 16];
	}
	return macs <= 160000 && octets <= 64000000;
}

/* flows send junk for seconds, every one each interval ms, the first of them in each ms. */
static void run_crowd(uint32_t flows, uint32_t interval, uint32_t len, uint32_t seconds)
{
	struct receiver r = receiver(256, 10);

	memset(&crowd, 0, sizeof(crowd));
	for (uint32_t ms = 0; ms < seconds * 1000; ms++) {
		r.now = NOW + ms;
		if (ms % 100 == 0)
			crowd.macs[r.now / 100 % 16] = crowd.octets[r.now / 100 % 16] = 0;
		crowd_fail(&r, 0, len);
		for (uint32_t flow = 1 + ms % interval; flow < flows; flow += interval)
			crowd_fail(&r, flow, len);
		if (ms % 100 == 99)
			CU_ASSERT_TRUE(crowd_is_in_bounds(r.now));
	}
}

static void a_thread_computes_160000_macs_a_second(void)
{
	uint32_t all = 0;

	run_crowd(1000, 50, LEN, 3);
	for (uint32_t i = 0; i < 1000; i++)
		all += crowd.searches[i];
	CU_ASSERT_TRUE(all * 256 > 3 * 110000);
}

static void a_thread_authenticates_64_mb_a_second(void)
{
	uint32_t all = 0;

	run_crowd(1000, 50, 1400, 3);
	for (uint32_t i = 0; i < 1000; i++)
		all += crowd.searches[i];
	CU_ASSERT_TRUE((uint64_t)all * 256 * 1402 > 3 * UINT64_C(44000000));
}

/* All are searched as often, though the first sends a 23 times as much. */
static void searches_are_shared_evenly_among_flows(void)
{
	uint32_t least = UINT32_MAX, most = 0;

	run_crowd(FLOWS, 23, LEN, 20);
	for (uint32_t i = 0; i < FLOWS; i++) {
		least = crowd.searches[i] < least ? crowd.searches[i] : least;
		most = crowd.searches[i] > most ? crowd.searches[i] : most;
	}
	CU_ASSERT_TRUE(least >= 4);
	CU_ASSERT_TRUE(most <= 8);
	CU_ASSERT_TRUE(crowd.searches[0] <= 8);
}

/* What a flow owes, it owes to flows that fail now. */
static void a_flow_is_searched_soon_after_the_junk_for_others_has_ended(void)
{
	struct receiver r = receiver(NPDU_RECOVERY_WINDOWS_MAX, 10);
	uint32_t latest = 0;

	memset(&crowd, 0, sizeof(crowd));
	for (; r.now < NOW + 2 * FLOWS; r.now++) {
		const uint32_t flow = r.now % FLOWS, before = crowd.searches[flow];

		crowd_fail(&r, flow, LEN);
		if (crowd.searches[flow] > before)
			latest = flow;
	}
	crowd.searches[latest] = 0;
	for (; r.now < NOW + 2 * FLOWS + 2000; r.now += 10)
		crowd_fail(&r, latest, LEN);
	CU_ASSERT_TRUE(crowd.searches[latest] > 0);
}

/* Each PDU of one is from 16 windows farther on; the other is junk, twice in each slot. */
static void a_flow_that_recovers_all_the_time_leaves_others_their_searches(void)
{
	struct receiver r = receiver(256, 10);
	struct npdu_search_turn recovering = {0};
	struct npdu_recovery recovery = {0};

	memset(&crowd, 0, sizeof(crowd));
	for (; r.now < NOW + 10000; r.now++)
		for (unsigned i = 0; i < 100; i++) {
			if (i == 50 && r.now % 50 == 49)
				crowd_fail(&r, 0, LEN);
			r.op = protected(&r.packet, keys[AES], 1, LEN, 10005 + 16 * W);
			r.op.count = 10005;
			npdu_recover(&r.searches, &recovering, &recovery, &r.op, r.h, r.now);
		}
	/* The second comes after the moment, whatever that is. */
	CU_ASSERT_TRUE(crowd.searches[0] >= 90);
}

/* Seconds are kept in 15 bits. */
static void a_flow_that_failed_hours_ago_is_searched(void)
{
	struct receiver r = receiver(256, 10);

	CU_ASSERT_TRUE(junk_searches(&r));
	for (unsigned i = 0; i < 3; i++) {
		r.now += UINT32_C(32768) * 1000;
		CU_ASSERT_TRUE(junk_searches(&r));
	}
}

/* No search takes a thread longer than two megabytes do. */
static void a_long_pdu_is_searched_in_fewer_windows(void)
{
	static struct {
		uint8_t headroom[NPDU_HEADROOM];
		uint8_t pdu[NPDU_HEADER_MAX + NPDU_LEN_MAX + NPDU_MAC_MAX];
	} p;
	struct receiver r = receiver(256, 10);
	const int64_t before = r.searches.octets;

	r.op = op_of((struct packet *)&p, keys[AES], 1, NPDU_LEN_MAX);
	r.op.count = 10005;
	CU_ASSERT_EQUAL(npdu_recover(&r.searches, &r.turn, &r.recovery, &r.op, r.h, r.now),
			NPDU_NOT_RECOVERED);
	CU_ASSERT_TRUE(before - r.searches.octets <= NPDU_SEARCH_OCTETS);
	CU_ASSERT_TRUE(before - r.searches.octets >= 16 * NPDU_LEN_MAX);
}

static void a_genuine_pdu_comes_to_its_search_among_1000_junk_pdus_a_second(void)
{
	unsigned recovered = 0;

	for (uint64_t seed = 0; seed < 20; seed++) {
		struct receiver r = receiver(256, 10);
		bool done = false;

		r.searches.random = seed;
		for (uint32_t ms = 0; ms < 2000 && !done; ms++) {
			r.now = NOW + ms;
			if (ms % 4 == 0)
				get_junk(&r);
			if (ms % 2 == 0)
				done = get(&r, 10005 + 15 * W + ms / 2) == NPDU_RECOVERED;
			if (ms % 4 != 0)
				get_junk(&r);
		}
		recovered += done;
	}
	CU_ASSERT_TRUE(recovered >= 19);
}

/* --- forgery budget --- */

static void a_flow_may_fail_as_often_as_the_budget_says(void)
{
	struct npdu_forgeries f = {0};

	for (unsigned second = 0; second < 3; second++) {
		for (unsigned i = 1; i < 10000; i++)
			CU_ASSERT_FALSE(npdu_forgeries_note(&f, 10000, NOW + second * 1000));
		CU_ASSERT_TRUE(npdu_forgeries_note(&f, 10000, NOW + second * 1000 + 999));
	}
}

static void after_that_one_of_each_16_is_checked_at_random(void)
{
	struct npdu_forgeries f = {0};
	unsigned places[16] = {0};
	uint64_t random = 1;

	npdu_forgeries_note(&f, 1, NOW);
	for (unsigned i = 0; i < 1600; i++) {
		unsigned checked = 0;
		for (unsigned place = 0; place < 16; place++) {
			if (npdu_forgeries_check(&f, NOW + 999, &random) != NPDU_FORGERY_CHECK)
				continue;
			checked++;
			places[place]++;
		}
		CU_ASSERT_EQUAL(checked, 1);
	}
	for (unsigned place = 0; place < 16; place++)
		CU_ASSERT_TRUE(places[place] > 50);
}

static void until_the_second_is_over(void)
{
	struct npdu_forgeries f = {0};
	uint64_t random = 1;

	npdu_forgeries_note(&f, 1, NOW);
	CU_ASSERT_NOT_EQUAL(npdu_forgeries_check(&f, NOW + 999, &random), NPDU_FORGERY_OVER);
	CU_ASSERT_EQUAL(npdu_forgeries_check(&f, NOW + 1000, &random), NPDU_FORGERY_OVER);
}

static bool set_up(void)
{
	struct e2m_keyset keyset;

	own = npdu_engine_new(16);
	library = npdu_engine_new(16);
	if (!own || !library || npdu_engine_use_library_only(library) != 0)
		return false;
	for (size_t i = 0; i < SUITES; i++) {
		struct npdu_profile profile = suites[i];
		memset(&keyset, 0x11 + (int)i, sizeof(keyset));
		profile.counter_octets = 1;
		keys[i] = npdu_key_new(&e2m_default_numbers, &keyset, &profile);
		if (!keys[i])
			return false;
	}
	return true;
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a PDU with a wrong MAC is restored", a_pdu_with_a_wrong_mac_is_restored},
		{"a COUNT is found and the PDU stays as it came",
		 a_count_is_found_and_the_pdu_stays_as_it_came},
		{"no COUNT is tried above the last", no_count_is_tried_above_the_last},
		{"one PDU is enough as far as 16 windows", one_pdu_is_enough_as_far_as_16_windows},
		{"beyond 16 windows a PDU is P", beyond_16_windows_a_pdu_is_p},
		{"a second PDU near P is enough without a search",
		 a_second_pdu_near_p_is_enough_without_a_search},
		{"a PDU farther from P than half a window is not recovered by it",
		 a_pdu_farther_from_p_than_half_a_window_is_not_recovered_by_it},
		{"P again is not a second PDU", p_again_is_not_a_second_pdu},
		{"P bounds nothing", p_bounds_nothing},
		{"P is forgotten when H advances", p_is_forgotten_when_h_advances},
		{"P is forgotten after 10 s", p_is_forgotten_after_10_s},
		{"nothing below H is recovered near P", nothing_below_h_is_recovered_near_p},
		{"a COUNT that waits for the ceiling stands as P",
		 a_count_that_waits_for_the_ceiling_stands_as_p},
		{"the search ends after recovery_windows", the_search_ends_after_recovery_windows},
		{"the search ends at the last COUNT", the_search_ends_at_the_last_count},
		{"recovery_windows depend on counter_octets",
		 recovery_windows_depend_on_counter_octets},
		{"nothing is recovered with eia0", nothing_is_recovered_with_eia0},
		{"every suite recovers", every_suite_recovers},
		{"the first failure after a second is searched at once",
		 the_first_failure_after_a_second_is_searched_at_once},
		{"then one PDU in each slot is searched", then_one_pdu_in_each_slot_is_searched},
		{"a flow that has recovered may search at once",
		 a_flow_that_has_recovered_may_search_at_once},
		{"recovery_per_s says how many", recovery_per_s_says_how_many},
		{"a thread computes 160,000 MACs a second", a_thread_computes_160000_macs_a_second},
		{"a thread authenticates 64 MB a second", a_thread_authenticates_64_mb_a_second},
		{"searches are shared evenly among flows", searches_are_shared_evenly_among_flows},
		{"a flow is searched soon after the junk for others has ended",
		 a_flow_is_searched_soon_after_the_junk_for_others_has_ended},
		{"a flow that recovers all the time leaves others their searches",
		 a_flow_that_recovers_all_the_time_leaves_others_their_searches},
		{"a flow that failed hours ago is searched",
		 a_flow_that_failed_hours_ago_is_searched},
		{"a long PDU is searched in fewer windows",
		 a_long_pdu_is_searched_in_fewer_windows},
		{"a genuine PDU comes to its search among 1,000 junk PDUs a second",
		 a_genuine_pdu_comes_to_its_search_among_1000_junk_pdus_a_second},
		{"a flow may fail as often as the budget says",
		 a_flow_may_fail_as_often_as_the_budget_says},
		{"after that one of each 16 is checked, at random",
		 after_that_one_of_each_16_is_checked_at_random},
		{"until the second is over", until_the_second_is_over},
	};

	if (!set_up())
		return 1;
	int ret = unit_run("npdu_recovery", tests, sizeof(tests) / sizeof(tests[0]));
	for (size_t i = 0; i < SUITES; i++)
		npdu_key_free(keys[i]);
	npdu_engine_free(own);
	npdu_engine_free(library);
	return ret;
}
