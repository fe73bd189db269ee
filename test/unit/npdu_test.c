/* SPDX-License-Identifier: BSD-3-Clause */
#include "npdu/npdu.h"

#include <errno.h>

#include "npdu/aes.h"
#include "npdu/window.h"
#include "unit.h"

static struct npdu_engine *engine;

static const struct npdu_profile suites[] = {
	{E2M_EEA0, E2M_EIA1, 1, 8},	   {E2M_EEA0, E2M_EIA2, 1, 8},
	{E2M_EEA0, E2M_EIA3, 1, 8},	   {E2M_EEA1, E2M_EIA0, 1, 8},
	{E2M_EEA1, E2M_EIA1, 1, 8},	   {E2M_EEA1, E2M_EIA2, 1, 8},
	{E2M_EEA1, E2M_EIA3, 1, 8},	   {E2M_EEA2, E2M_EIA0, 1, 8},
	{E2M_EEA2, E2M_EIA1, 1, 8},	   {E2M_EEA2, E2M_EIA2, 1, 8},
	{E2M_EEA2, E2M_EIA3, 1, 8},	   {E2M_EEA3, E2M_EIA0, 1, 8},
	{E2M_EEA3, E2M_EIA1, 1, 8},	   {E2M_EEA3, E2M_EIA2, 1, 8},
	{E2M_EEA3, E2M_EIA3, 1, 8},	   {E2M_EEA_GCM, E2M_EIA_GCM, 1, 8},
	{E2M_EEA_GCM, E2M_EIA_GCM, 1, 16},
};
#define SUITES (sizeof(suites) / sizeof(suites[0]))

static struct npdu_key *new_key(size_t suite)
{
	struct e2m_keyset keyset;

	memset(keyset.e2mck, 0x11 + (int)suite, sizeof(keyset.e2mck));
	memset(keyset.e2mik, 0x77 + (int)suite, sizeof(keyset.e2mik));
	return npdu_key_new(&e2m_default_numbers, &keyset, &suites[suite]);
}

/* A PDU with room around it, and a pattern in the headroom. */
struct packet {
	uint8_t headroom[NPDU_HEADROOM];
	uint8_t pdu[NPDU_HEADER_MAX + 1500 + NPDU_MAC_MAX];
};

static struct npdu_op make_op(struct packet *p, const struct npdu_key *key, unsigned n,
			      uint32_t len, uint32_t count)
{
	memset(p->headroom, 0xA5, sizeof(p->headroom));
	npdu_write_header(p->pdu, n, 3, count);
	for (uint32_t i = 0; i < len; i++)
		p->pdu[1 + n + i] = (uint8_t)(i * 7 + len);
	return (struct npdu_op){.key = key,
				.pdu = p->pdu,
				.npdu_len = len,
				.count = count,
				.bearer = 5,
				.direction = E2M_DOWNLINK,
				.counter_octets = (uint8_t)n};
}

static bool is_as_made(const struct packet *p, unsigned n, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (p->pdu[1 + n + i] != (uint8_t)(i * 7 + len))
			return false;
	for (size_t i = 0; i < NPDU_HEADROOM; i++)
		if (p->headroom[i] != 0xA5)
			return false;
	return true;
}

/* Every algorithm, every n and many lengths side by side in one burst come back as they were. */
static void mixed_bursts_round_trip(void)
{
	static struct packet packets[NPDU_BURST_MAX];
	struct npdu_key *keys[SUITES];
	struct npdu_op ops[NPDU_BURST_MAX];
	static const uint32_t lens[] = {0, 1, 15, 16, 17, 20, 64, 256, 1400, 1500};

	for (size_t s = 0; s < SUITES; s++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(keys[s] = new_key(s));
	for (size_t round = 0; round < 40; round++) {
		for (size_t i = 0; i < NPDU_BURST_MAX; i++)
			ops[i] = make_op(&packets[i], keys[(i + round) % SUITES],
					 (unsigned)(i + round / 3) % 4, lens[(i * 3 + round) % 10],
					 (uint32_t)(i * 1000003 + round));
		npdu_protect(engine, ops, NPDU_BURST_MAX);
		for (size_t i = 0; i < NPDU_BURST_MAX; i++) {
			CU_ASSERT_TRUE(ops[i].ok);
			ops[i].ok = false;
		}
		npdu_open(engine, ops, NPDU_BURST_MAX);
		for (size_t i = 0; i < NPDU_BURST_MAX; i++) {
			CU_ASSERT_TRUE(ops[i].ok);
			CU_ASSERT_TRUE(
				is_as_made(&packets[i], ops[i].counter_octets, ops[i].npdu_len));
		}
	}
	for (size_t s = 0; s < SUITES; s++)
		npdu_key_free(keys[s]);
}

/* Suites that have code of this library's own come in bursts of their own and in bursts of all. */
static size_t suite_of(uint32_t burst, size_t i)
{
	static const size_t own[] = {9, 15, 16};

	return burst % 4 < 3 ? own[burst % 4] : (i + burst / 4) % SUITES;
}

/* What this library does itself against intel-ipsec-mb, octet by octet, at every length and every n, side by
 * side in bursts of different lengths, with what stands before and behind the PDU. */
static void agree_with_the_library(void)
{
	static struct packet own[NPDU_BURST_MAX], theirs[NPDU_BURST_MAX];
	struct npdu_engine *library = npdu_engine_new(16);
	struct npdu_key *keys[SUITES];
	struct npdu_op a[NPDU_BURST_MAX], b[NPDU_BURST_MAX];

	CU_ASSERT_PTR_NOT_NULL_FATAL(library);
	CU_ASSERT_EQUAL_FATAL(npdu_engine_use_library_only(library), 0);
	for (size_t s = 0; s < SUITES; s++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(keys[s] = new_key(s));
	for (uint32_t burst = 0; burst < 1600; burst += burst < 1200 ? 1 : 7) {
		const size_t count = burst % NPDU_BURST_MAX + 1;
		memset(own, 0x5c, sizeof(own));
		memset(theirs, 0x5c, sizeof(theirs));
		for (size_t i = 0; i < count; i++) {
			const struct npdu_key *key = keys[suite_of(burst, i)];
			uint32_t len = (burst / 4 + (uint32_t)i * 37) % 1501;
			a[i] = make_op(&own[i], key, i % 4, len, burst * 65537 + (uint32_t)i);
			b[i] = make_op(&theirs[i], key, i % 4, len, burst * 65537 + (uint32_t)i);
		}
		npdu_protect(engine, a, count);
		npdu_protect(library, b, count);
		CU_ASSERT_EQUAL_FATAL(memcmp(own, theirs, sizeof(own)), 0);
		npdu_open(engine, b, count);
		for (size_t i = 0; i < count; i++) {
			CU_ASSERT_TRUE(b[i].ok);
			CU_ASSERT_TRUE(is_as_made(&theirs[i], i % 4, b[i].npdu_len));
		}
	}
	for (size_t s = 0; s < SUITES; s++)
		npdu_key_free(keys[s]);
	npdu_engine_free(library);
}

static void own_code_agrees_with_the_library(void)
{
	agree_with_the_library();
}

static void own_code_of_one_block_a_register_agrees_with_the_library(void)
{
	const bool is_wide = aes_is_wide;

	aes_is_wide = false;
	agree_with_the_library();
	aes_is_wide = is_wide;
}

static bool opens(const struct npdu_op *op, const struct packet *packet)
{
	struct packet copy = *packet;
	struct npdu_op again = *op;

	again.pdu = copy.pdu;
	npdu_open(engine, &again, 1);
	return again.ok;
}

static void open_refuses_what_was_changed(void)
{
	for (size_t s = 0; s < SUITES; s++) {
		struct npdu_key *key = new_key(s), *other = new_key((s + 1) % SUITES);
		struct packet p;
		struct npdu_op op = make_op(&p, key, 1, 40, 77);
		size_t len = 2 + 40 + npdu_key_mac_len(key);

		npdu_protect(engine, &op, 1);
		CU_ASSERT_TRUE(opens(&op, &p));
		for (size_t i = 0; i < len && npdu_key_mac_len(key) > 0; i++) {
			struct packet bad = p;
			bad.pdu[i] ^= (uint8_t)(1 << i % 8);
			CU_ASSERT_FALSE(opens(&op, &bad));
		}
		struct npdu_op wrong = op;
		if (npdu_key_mac_len(key) > 0) {
			wrong.count++;
			CU_ASSERT_FALSE(opens(&wrong, &p));
			wrong = op;
			wrong.bearer++;
			CU_ASSERT_FALSE(opens(&wrong, &p));
			wrong = op;
			wrong.direction = E2M_UPLINK;
			CU_ASSERT_FALSE(opens(&wrong, &p));
		}
		npdu_key_free(key);
		npdu_key_free(other);
	}
}

static void only_the_combinations_of_clause_3_make_a_key(void)
{
	struct e2m_keyset k = {.e2mck = {1}};

	static const struct npdu_profile wrong[] = {
		{E2M_EEA0, E2M_EIA0, 1, 8},	   {E2M_EEA_GCM, E2M_EIA2, 1, 8},
		{E2M_EEA_GCM, E2M_EIA_GCM, 1, 12}, {7, E2M_EIA2, 1, 8},
		{E2M_EEA2, E2M_EIA2, 4, 8},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		errno = 0;
		CU_ASSERT_PTR_NULL(npdu_key_new(&e2m_default_numbers, &k, &wrong[i]));
		CU_ASSERT_EQUAL(errno, EINVAL);
	}
	npdu_key_free(NULL);
}

/* Protects with profiles[0] and opens with profiles[1] of one keyset, as eea2 with eia2 lays it out. */
static bool opens_with_the_other(const struct npdu_profile profiles[2])
{
	const struct e2m_keyset k = {.e2mck = {1}, .e2mik = {2}};
	struct npdu_key *keys[2];
	struct packet p;
	struct npdu_op op;

	for (unsigned i = 0; i < 2; i++)
		keys[i] = npdu_key_new(&e2m_default_numbers, &k, &profiles[i]);
	op = make_op(&p, keys[0], 1, 20, 5);
	npdu_protect(engine, &op, 1);
	op.key = keys[1];
	npdu_open(engine, &op, 1);
	for (unsigned i = 0; i < 2; i++)
		npdu_key_free(keys[i]);
	return op.ok;
}

static void each_part_of_the_profile_makes_other_keys(void)
{
	static const struct npdu_profile others[] = {
		{E2M_EEA1, E2M_EIA2, 1, 8},
		{E2M_EEA2, E2M_EIA1, 1, 8},
		{E2M_EEA2, E2M_EIA2, 2, 8},
	};
	static const struct npdu_profile gcm[] = {{E2M_EEA_GCM, E2M_EIA_GCM, 1, 8},
						  {E2M_EEA_GCM, E2M_EIA_GCM, 2, 8}};
	const struct npdu_profile own = {E2M_EEA2, E2M_EIA2, 1, 8};

	CU_ASSERT_TRUE(opens_with_the_other((struct npdu_profile[]){own, own}));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		CU_ASSERT_FALSE(opens_with_the_other((struct npdu_profile[]){own, others[i]}));
	CU_ASSERT_TRUE(opens_with_the_other((struct npdu_profile[]){gcm[0], gcm[0]}));
	CU_ASSERT_FALSE(opens_with_the_other(gcm));
}

static void headers_carry_count_modulo_w(void)
{
	static const uint32_t counts[] = {0, 7, 8, 2047, 2048, 0x123456, 0x7FFFFFF, 0xFFFFFFFE};

	for (unsigned n = 0; n <= 3; n++)
		for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
			uint8_t header[NPDU_HEADER_MAX];
			npdu_write_header(header, n, 5, counts[i]);
			CU_ASSERT_TRUE(npdu_header_is_valid(header[0]));
			CU_ASSERT_EQUAL(npdu_header_key_id(header[0]), 5);
			CU_ASSERT_EQUAL(npdu_read_ctr(header, n),
					counts[i] & ((UINT64_C(1) << (3 + 8 * n)) - 1));
		}
}

static void reconstruct_finds_the_one_count_in_range(void)
{
	static const uint32_t hs[] = {0,    1,	  3,	  4,	      5,	 1023,
				      1024, 1025, 100000, 0xFFFFFFFE, 0xFFFFFFFF};

	for (unsigned n = 0; n <= 1; n++) {
		const uint64_t w = UINT64_C(1) << (3 + 8 * n);
		for (size_t i = 0; i < sizeof(hs) / sizeof(hs[0]); i++) {
			uint64_t base = hs[i] > w / 2 ? hs[i] - w / 2 : 0;
			for (uint32_t ctr = 0; ctr < w; ctr++) {
				uint64_t count = npdu_reconstruct_count(n, hs[i], ctr);
				CU_ASSERT_TRUE(count >= base && count <= base + w - 1);
				CU_ASSERT_EQUAL(count % w, ctr);
			}
		}
	}
}

/* A replay window with nothing clever in it. */
struct plain_window {
	uint64_t h;
	uint8_t seen[1 << 20];
};

static bool plain_is_replay(const struct plain_window *w, uint32_t size, uint32_t count)
{
	if ((uint64_t)count + size < w->h)
		return true;
	return w->seen[count];
}

static void window_agrees_with_a_plain_list_of_what_was_seen(void)
{
	static const uint32_t sizes[] = {1, 4, 31, 64, 65, 128, 1000, 1024};
	static struct plain_window plain;

	srandom(7);
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct npdu_window_any any = {0};
		struct npdu_window *w = (struct npdu_window *)&any;
		uint32_t size = sizes[s], words = npdu_window_words(size);
		memset(&plain, 0, sizeof(plain));
		for (int i = 0; i < 200000; i++) {
			uint64_t span = i % 1000 == 0 ? 5000 : 2 * size + 4;
			uint64_t count = w->h + (uint64_t)random() % span;
			count = count > span / 2 ? count - span / 2 : 0;
			if (count >= sizeof(plain.seen))
				break;
			bool replay = npdu_window_is_replay(w, size, words, (uint32_t)count);
			if (replay != plain_is_replay(&plain, size, (uint32_t)count)) {
				CU_FAIL("window differs");
				return;
			}
			if (!replay) {
				npdu_window_accept(w, words, (uint32_t)count);
				plain.seen[count] = 1;
				if (count >= plain.h)
					plain.h = count + 1;
			}
			CU_ASSERT_EQUAL(w->h, plain.h);
		}
	}
}

static void window_reaches_the_last_count(void)
{
	struct npdu_window_any any = {.h = 0xFFFFFFF0};
	struct npdu_window *w = (struct npdu_window *)&any;

	npdu_window_accept(w, 1, NPDU_COUNT_MAX);
	CU_ASSERT_EQUAL(w->h, 0xFFFFFFFF);
	CU_ASSERT_TRUE(npdu_window_is_replay(w, 64, 1, NPDU_COUNT_MAX));
	CU_ASSERT_FALSE(npdu_window_is_replay(w, 64, 1, NPDU_COUNT_MAX - 1));
	CU_ASSERT_EQUAL(npdu_window_clamp(64, 0), 4);
	CU_ASSERT_EQUAL(npdu_window_clamp(64, 1), 64);
	CU_ASSERT_EQUAL(npdu_window_clamp(1024, 1), 1024);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"mixed bursts round trip", mixed_bursts_round_trip},
		{"own code agrees with the library", own_code_agrees_with_the_library},
		{"own code of one block a register agrees with the library",
		 own_code_of_one_block_a_register_agrees_with_the_library},
		{"open refuses what was changed", open_refuses_what_was_changed},
		{"only the combinations of clause 3 make a key",
		 only_the_combinations_of_clause_3_make_a_key},
		{"each part of the profile makes other keys",
		 each_part_of_the_profile_makes_other_keys},
		{"headers carry COUNT modulo W", headers_carry_count_modulo_w},
		{"reconstruct finds the one COUNT in range",
		 reconstruct_finds_the_one_count_in_range},
		{"window agrees with a plain list of what was seen",
		 window_agrees_with_a_plain_list_of_what_was_seen},
		{"window reaches the last COUNT", window_reaches_the_last_count},
	};

	engine = npdu_engine_new(16);
	if (!engine)
		return 1;
	int ret = unit_run("npdu", tests, sizeof(tests) / sizeof(tests[0]));
	npdu_engine_free(engine);
	return ret;
}
