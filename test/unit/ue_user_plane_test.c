/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/user_plane.h"

#include <errno.h>

#include "unit.h"

#define BEARER 5

static const struct e2m_keyset first_keys = {.e2mck = {1, 2, 3}, .e2mik = {4, 5, 6}};
static const struct e2m_keyset second_keys = {.e2mck = {7}, .e2mik = {8}};
static const struct e2m_keyset third_keys = {.e2mck = {9}, .e2mik = {10}};

static const struct user_plane_config usual = {
	.numbers = &e2m_default_numbers,
	.eea = E2M_EEA2,
	.eia = E2M_EIA2,
	.gcm_tag_octets = 8,
	.bearer = BEARER,
	.counter_octets = 1,
	.replay_window = NPDU_WINDOW_DEFAULT,
};

/* A UE, and the HSE's end of its session made of lib/npdu alone. */
struct world {
	struct user_plane ue;
	struct ue_counters counters;
	struct npdu_engine *engine;
	struct npdu_key *key; /* the HSE's, of first_keys */
	struct burst *burst;
	struct npdu_searches searches;
	uint32_t now_ms;
};

/* The HSE's key of keyset. */
static struct npdu_key *hse_key(const struct user_plane_config *config,
				const struct e2m_keyset *keyset)
{
	const struct npdu_profile profile = {.eea = config->eea,
					     .eia = config->eia,
					     .counter_octets = config->counter_octets,
					     .gcm_tag_octets = config->gcm_tag_octets};

	return npdu_key_new(config->numbers, keyset, &profile);
}

static void setup(struct world *w, const struct user_plane_config *config)
{
	*w = (struct world){.engine = npdu_engine_new(16), .burst = malloc(sizeof(*w->burst))};
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->engine);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->burst);
	npdu_searches_init(&w->searches, w->engine, NPDU_RECOVERY_WINDOWS_AUTO,
			   NPDU_RECOVERY_PER_S_DEFAULT, 1, 0);
	user_plane_init(&w->ue, config, &w->searches, &w->counters);
	CU_ASSERT_EQUAL_FATAL(user_plane_add_keyset(&w->ue, &first_keys, 1), 0);
	CU_ASSERT_EQUAL_FATAL(user_plane_use_keyset(&w->ue, 1), 0);
	w->key = hse_key(config, &first_keys);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->key);
	burst_reset(w->burst);
}

static void teardown(struct world *w)
{
	user_plane_free(&w->ue);
	npdu_key_free(w->key);
	npdu_engine_free(w->engine);
	free(w->burst);
}

/* An N-PDU that can be told from others. */
static void put_npdu(struct packet *packet, size_t len, uint32_t number)
{
	packet->len = len;
	for (size_t i = 0; i < len; i++)
		packet->data[i] = (uint8_t)(number * 7 + i);
}

static bool is_npdu(const struct packet *packet, size_t len, uint32_t number)
{
	if (packet->len != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (packet->data[i] != (uint8_t)(number * 7 + i))
			return false;
	return true;
}

/* Makes packet the downlink PDU of COUNT count, as an HSE with key does. */
static void protect_downlink(struct world *w, struct npdu_key *key, uint8_t key_id,
			     struct packet *packet, uint32_t count)
{
	unsigned n = w->ue.config.counter_octets;
	struct npdu_op op = {
		.key = key,
		.pdu = packet->data - npdu_header_len(n),
		.npdu_len = (uint32_t)packet->len,
		.count = count,
		.bearer = BEARER,
		.direction = E2M_DOWNLINK,
		.counter_octets = (uint8_t)n,
	};

	npdu_write_header(op.pdu, n, key_id, count);
	npdu_protect(w->engine, &op, 1);
	CU_ASSERT_TRUE(op.ok);
	packet->data = op.pdu;
	packet->len += npdu_header_len(n) + npdu_key_mac_len(key);
}

/* packets[i] of the burst: the downlink PDU of COUNT count with N-PDU number count. */
static struct packet *put_downlink(struct world *w, size_t i, uint32_t count)
{
	struct packet *packet = &w->burst->packets[i];

	put_npdu(packet, 40, count);
	protect_downlink(w, w->key, 1, packet, count);
	return packet;
}

/* Opens packet as an HSE does. */
static bool open_uplink(struct world *w, struct npdu_key *key, struct packet *packet,
			uint32_t count)
{
	unsigned n = w->ue.config.counter_octets;
	size_t overhead = npdu_header_len(n) + npdu_key_mac_len(key);
	struct npdu_op op = {
		.key = key,
		.pdu = packet->data,
		.npdu_len = (uint32_t)(packet->len - overhead),
		.count = count,
		.bearer = BEARER,
		.direction = E2M_UPLINK,
		.counter_octets = (uint8_t)n,
	};

	npdu_open(w->engine, &op, 1);
	packet->data += npdu_header_len(n);
	packet->len -= overhead;
	return op.ok;
}

static void assert_round_trip(const struct user_plane_config *config)
{
	struct world w;
	struct packet *packets;

	setup(&w, config);
	packets = w.burst->packets;
	for (uint32_t i = 0; i < BURST_MAX; i++)
		put_npdu(&packets[i], i * 23, i);
	CU_ASSERT_EQUAL(user_plane_protect(&w.ue, packets, BURST_MAX), BURST_MAX);
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		CU_ASSERT_EQUAL(npdu_header_key_id(packets[i].data[0]), 1);
		CU_ASSERT_TRUE(open_uplink(&w, w.key, &packets[i], i));
		CU_ASSERT_TRUE(is_npdu(&packets[i], i * 23, i));
	}
	burst_reset(w.burst);
	for (uint32_t i = 0; i < BURST_MAX; i++) {
		put_npdu(&packets[i], i * 23, i);
		protect_downlink(&w, w.key, 1, &packets[i], i);
	}
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, packets, BURST_MAX, w.now_ms), BURST_MAX);
	for (uint32_t i = 0; i < BURST_MAX; i++)
		CU_ASSERT_TRUE(is_npdu(&packets[i], i * 23, i));
	CU_ASSERT_EQUAL(w.counters.up_packets, BURST_MAX);
	CU_ASSERT_EQUAL(w.counters.down_packets, BURST_MAX);
	CU_ASSERT_EQUAL(w.counters.down_octets, w.counters.up_octets);
	teardown(&w);
}

static void both_ways_with_every_counter_length(void)
{
	struct user_plane_config config = usual;

	for (config.counter_octets = 0; config.counter_octets <= 3; config.counter_octets++)
		assert_round_trip(&config);
}

static void both_ways_with_gcm_and_without_ciphering_or_integrity(void)
{
	struct user_plane_config config = usual;

	config.eea = E2M_EEA0;
	assert_round_trip(&config);
	config.eea = E2M_EEA2;
	config.eia = E2M_EIA0;
	assert_round_trip(&config);
	config.eea = E2M_EEA_GCM;
	config.eia = E2M_EIA_GCM;
	assert_round_trip(&config);
	config.gcm_tag_octets = 16;
	assert_round_trip(&config);
}

static void short_or_foreign_pdus_are_malformed(void)
{
	struct world w;

	setup(&w, &usual);
	put_downlink(&w, 0, 0)->len = 5; /* 1 + n + MAC is 6 */
	put_downlink(&w, 1, 1)->data[0] &= 0x7F;
	put_downlink(&w, 2, 2)->data[0] |= 0x40;
	put_downlink(&w, 3, 3)->len = 0;
	put_downlink(&w, 4, 4)->data[0] = 0x45; /* an IPv4 header in the clear */
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 5, w.now_ms), 0);
	CU_ASSERT_EQUAL(w.counters.down_malformed, 5);
	teardown(&w);
}

static void an_unknown_key_id_is_counted(void)
{
	struct world w;

	setup(&w, &usual);
	struct packet *packet = put_downlink(&w, 0, 0);
	packet->data[0] = (uint8_t)((packet->data[0] & ~0x38) | 2 << 3);
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 1, w.now_ms), 0);
	CU_ASSERT_EQUAL(w.counters.down_unknown_key_id, 1);
	teardown(&w);
}

static void a_count_beyond_the_last_is_out_of_range(void)
{
	struct world w;

	setup(&w, &usual);
	w.ue.keysets[0].down->h = w.ue.keysets[0].down_ahead = UINT32_MAX;
	put_downlink(&w, 0, NPDU_COUNT_MAX);
	put_downlink(&w, 1, UINT32_MAX);
	w.ue.keysets[0].down->h = w.ue.keysets[0].down_ahead = NPDU_COUNT_MAX;
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 2, w.now_ms), 1);
	CU_ASSERT_EQUAL(w.counters.down_count_range, 1);
	CU_ASSERT_TRUE(is_npdu(&w.burst->packets[0], 40, NPDU_COUNT_MAX));
	teardown(&w);
}

static void a_pdu_is_opened_once(void)
{
	struct world w;

	setup(&w, &usual);
	put_downlink(&w, 0, 0);
	put_downlink(&w, 1, 0); /* in the same burst */
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 2, w.now_ms), 1);
	CU_ASSERT_EQUAL(w.counters.down_replay, 1);
	burst_reset(w.burst);
	put_downlink(&w, 0, 0); /* in another */
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 1, w.now_ms), 0);
	CU_ASSERT_EQUAL(w.counters.down_replay, 2);
	teardown(&w);
}

static void a_pdu_behind_the_window_is_a_replay(void)
{
	struct world w;

	setup(&w, &usual);
	put_downlink(&w, 0, 100);
	put_downlink(&w, 1, 100 - NPDU_WINDOW_DEFAULT + 1);
	put_downlink(&w, 2, 100 - NPDU_WINDOW_DEFAULT);
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 3, w.now_ms), 2);
	CU_ASSERT_EQUAL(w.counters.down_replay, 1);
	teardown(&w);
}

static void any_flipped_bit_is_a_bad_mac(void)
{
	struct world w;

	setup(&w, &usual);
	/* Octet 0 has checks of its own. */
	for (size_t octet = 1; octet < 40 + 6; octet++) {
		burst_reset(w.burst);
		put_downlink(&w, 0, 0)->data[octet] ^= 0x10;
		CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 1, w.now_ms), 0);
	}
	CU_ASSERT_EQUAL(w.counters.down_bad_mac, 40 + 5);
	burst_reset(w.burst);
	put_downlink(&w, 0, 0);
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 1, w.now_ms), 1);
	teardown(&w);
}

static void uplink_pdus_sent_back_are_refused(void)
{
	struct world w;

	setup(&w, &usual);
	put_npdu(&w.burst->packets[0], 40, 0);
	CU_ASSERT_EQUAL(user_plane_protect(&w.ue, w.burst->packets, 1), 1);
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 1, w.now_ms), 0);
	CU_ASSERT_EQUAL(w.counters.down_bad_mac, 1);
	teardown(&w);
}

/* With three bits of CTR, a forged one moves where the next is looked for, if it is believed. */
static void a_forged_pdu_in_a_burst_does_not_mislead_those_after_it(void)
{
	struct user_plane_config config = usual;
	struct world w;

	config.counter_octets = 0;
	setup(&w, &config);
	for (uint32_t i = 0; i < 8; i++)
		put_downlink(&w, i, i);
	w.burst->packets[1].data[0] |= 7; /* CTR 7 in place of 1 */
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 8, w.now_ms), 7);
	CU_ASSERT_EQUAL(w.counters.down_bad_mac, 1);
	CU_ASSERT_EQUAL(w.ue.keysets[0].down->h, 8);
	teardown(&w);
}

/* --- recovery, e2m.md 7 --- */

/* Opens the PDU of COUNT count alone. */
static bool takes(struct world *w, uint32_t count)
{
	burst_reset(w->burst);
	put_downlink(w, 0, count);
	return user_plane_open(&w->ue, w->burst->packets, 1, w->now_ms) == 1 &&
	       is_npdu(&w->burst->packets[0], 40, count);
}

static void after_many_lost_the_first_pdu_is_taken(void)
{
	/* Some are deciphered before their MAC is known to be wrong. */
	static const struct npdu_profile suites[] = {
		{E2M_EEA2, E2M_EIA2, 0, 8},	  {E2M_EEA1, E2M_EIA1, 0, 8},
		{E2M_EEA3, E2M_EIA3, 1, 8},	  {E2M_EEA2, E2M_EIA2, 1, 8},
		{E2M_EEA_GCM, E2M_EIA_GCM, 1, 8}, {E2M_EEA2, E2M_EIA2, 2, 8},
		{E2M_EEA2, E2M_EIA2, 3, 8}};
	struct user_plane_config config = usual;
	struct world w;

	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		const uint32_t window = UINT32_C(1) << (3 + 8 * suites[i].counter_octets);
		config.counter_octets = suites[i].counter_octets;
		config.eea = suites[i].eea;
		config.eia = suites[i].eia;
		setup(&w, &config);
		CU_ASSERT_TRUE(takes(&w, 0));
		/* k = 16; with k = 0 it would be COUNT 0. */
		CU_ASSERT_TRUE(takes(&w, 16 * window));
		CU_ASSERT_EQUAL(w.counters.down_recovered, 1);
		CU_ASSERT_TRUE(takes(&w, 16 * window + 1));
		CU_ASSERT_EQUAL(w.counters.down_recovered, 1);
		CU_ASSERT_EQUAL(w.counters.down_packets, 3);
		teardown(&w);
	}
}

static void after_very_many_lost_two_pdus_must_agree(void)
{
	struct world w;

	setup(&w, &usual);
	CU_ASSERT_TRUE(takes(&w, 0));
	CU_ASSERT_FALSE(takes(&w, 400000));
	CU_ASSERT_EQUAL(w.counters.down_recovery_pending, 1);
	CU_ASSERT_TRUE(takes(&w, 400001));
	CU_ASSERT_EQUAL(w.counters.down_recovered, 1);
	/* The first was not taken then, and is now. */
	CU_ASSERT_TRUE(takes(&w, 400000));
	CU_ASSERT_EQUAL(w.counters.down_recovered, 1);
	teardown(&w);
}

/* COUNTs of the whole burst were reconstructed with the H of before. */
static void a_whole_burst_is_taken_when_its_first_pdu_is_recovered(void)
{
	struct user_plane_config config = usual;
	struct world w;

	for (uint8_t n = 0; n <= 1; n++) {
		const uint32_t first = n == 0 ? 60 : 9000;
		config.counter_octets = n;
		setup(&w, &config);
		CU_ASSERT_TRUE(takes(&w, 0));
		burst_reset(w.burst);
		for (uint32_t i = 0; i < 30; i++)
			put_downlink(&w, i, first + i);
		CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 30, w.now_ms), 30);
		for (uint32_t i = 0; i < 30; i++)
			CU_ASSERT_TRUE(is_npdu(&w.burst->packets[i], 40, first + i));
		CU_ASSERT_EQUAL(w.counters.down_recovered, 1);
		CU_ASSERT_EQUAL(w.counters.down_bad_mac + w.counters.down_replay, 0);
		teardown(&w);
	}
}

static void what_was_seen_is_never_recovered(void)
{
	struct world w;

	setup(&w, &usual);
	for (uint32_t count = 0; count < 20; count++)
		CU_ASSERT_TRUE(takes(&w, count));
	CU_ASSERT_TRUE(takes(&w, 5000));
	for (uint32_t count = 0; count < 20; count++) {
		w.now_ms += 2000; /* so that each is searched for */
		CU_ASSERT_FALSE(takes(&w, count));
	}
	CU_ASSERT_FALSE(takes(&w, 5000));
	CU_ASSERT_EQUAL(w.counters.down_recovered, 1);
	CU_ASSERT_EQUAL(w.counters.down_recovery_pending, 0);
	CU_ASSERT_EQUAL(w.counters.down_replay + w.counters.down_bad_mac, 21);
	teardown(&w);
}

static void without_windows_nothing_is_recovered(void)
{
	struct world w;

	setup(&w, &usual);
	w.searches.windows = 0;
	CU_ASSERT_TRUE(takes(&w, 0));
	CU_ASSERT_FALSE(takes(&w, 5000));
	CU_ASSERT_FALSE(takes(&w, 5001));
	CU_ASSERT_EQUAL(w.counters.down_bad_mac, 2);
	CU_ASSERT_EQUAL(w.counters.down_recovered, 0);
	teardown(&w);
}

/* Junk takes the searches, and not for long. */
static void junk_delays_recovery_by_no_more_than_two_seconds(void)
{
	struct world w;
	bool taken = false;

	setup(&w, &usual);
	CU_ASSERT_TRUE(takes(&w, 0));
	for (uint32_t count = 5000; !taken && w.now_ms < 2000; count++) {
		for (unsigned i = 0; i < 100; i++) { /* 1,000 a second */
			burst_reset(w.burst);
			put_downlink(&w, 0, 7000 + i)->data[5] ^= 1;
			CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 1, w.now_ms), 0);
			w.now_ms++;
			if (i % 10 == 0)
				taken = taken || takes(&w, count);
		}
	}
	CU_ASSERT_TRUE(taken);
	CU_ASSERT_TRUE(w.now_ms <= 2000);
	teardown(&w);
}

static void forgeries_beyond_the_budget_are_dropped_unchecked(void)
{
	struct user_plane_config config = usual;
	struct world w;

	config.bad_mac_per_s = 100;
	setup(&w, &config);
	for (uint32_t i = 0; i < 100 + 16 * 50; i++) {
		burst_reset(w.burst);
		put_downlink(&w, 0, 3)->data[5] ^= 1;
		CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 1, w.now_ms), 0);
	}
	/* One of each 16 is checked. */
	CU_ASSERT_EQUAL(w.counters.down_bad_mac, 100 + 50);
	CU_ASSERT_EQUAL(w.counters.down_bad_mac_flood, 15 * 50);
	/* Until the second is over. */
	w.now_ms += 1000;
	CU_ASSERT_TRUE(takes(&w, 0));
	CU_ASSERT_TRUE(takes(&w, 1));
	teardown(&w);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

/* One hostile network's worth of packets, in bursts of at most burst_max. */
static void run_hostile_network(struct world *w, const struct user_plane_config *config,
				size_t burst_max)
{
	uint32_t random = 1;

	setup(w, config);
	for (unsigned round = 0; round < 200; round++) {
		uint32_t counts[16];
		bool corrupt[16];
		size_t n = 16;
		/* Else a sender with three bits of CTR would sooner or later be out of step for good. */
		uint32_t count = w->ue.keysets[0].down->h;
		for (size_t i = 0; i < n; i++) {
			uint32_t back = next_random(&random) % 8 ? 0 : next_random(&random) % 6;
			counts[i] = count > back ? count - back : count;
			corrupt[i] = next_random(&random) % 8 == 0;
			count += next_random(&random) % 4 ? 1 : 2;
		}
		for (size_t i = 0; i < n; i += burst_max) {
			burst_reset(w->burst);
			for (size_t j = 0; j < burst_max; j++) {
				struct packet *packet = put_downlink(w, j, counts[i + j]);
				if (corrupt[i + j])
					packet->data[next_random(&random) % packet->len] ^= 1;
			}
			user_plane_open(&w->ue, w->burst->packets, burst_max, w->now_ms);
		}
	}
}

static void bursts_change_nothing(void)
{
	struct user_plane_config config = usual;
	struct world one, many;

	for (config.counter_octets = 0; config.counter_octets <= 1; config.counter_octets++) {
		run_hostile_network(&one, &config, 1);
		run_hostile_network(&many, &config, 16);
		CU_ASSERT_TRUE(one.counters.down_packets > 1000);
		CU_ASSERT_TRUE(one.counters.down_bad_mac > 100);
		CU_ASSERT_TRUE(one.counters.down_replay > 10);
		CU_ASSERT_EQUAL(memcmp(&one.counters, &many.counters, sizeof(one.counters)), 0);
		teardown(&one);
		teardown(&many);
	}
}

static void counts_stop_at_the_last(void)
{
	struct world w;

	setup(&w, &usual);
	w.ue.uplink->up_count = NPDU_COUNT_MAX;
	for (size_t i = 0; i < 3; i++)
		put_npdu(&w.burst->packets[i], 40, 0);
	CU_ASSERT_EQUAL(user_plane_protect(&w.ue, w.burst->packets, 3), 1);
	CU_ASSERT_EQUAL(w.counters.up_keyset_spent, 2);
	CU_ASSERT_TRUE(open_uplink(&w, w.key, &w.burst->packets[0], NPDU_COUNT_MAX));
	teardown(&w);
}

static void nothing_is_sent_without_a_keyset(void)
{
	struct world w;

	setup(&w, &usual);
	user_plane_free(&w.ue);
	put_npdu(&w.burst->packets[0], 40, 0);
	CU_ASSERT_EQUAL(user_plane_protect(&w.ue, w.burst->packets, 1), 0);
	CU_ASSERT_EQUAL(w.counters.up_keyset_spent, 1);
	teardown(&w);
}

static void what_the_engine_does_not_take_is_too_long(void)
{
	struct world w;

	setup(&w, &usual);
	put_npdu(&w.burst->packets[0], NPDU_LEN_MAX + 1, 0);
	CU_ASSERT_EQUAL(user_plane_protect(&w.ue, w.burst->packets, 1), 0);
	CU_ASSERT_EQUAL(w.counters.up_too_long, 1);
	teardown(&w);
}

/* Both ends get second_keys as Key ID 2; returns the HSE's. */
static struct npdu_key *add_second_keyset(struct world *w)
{
	CU_ASSERT_EQUAL(user_plane_add_keyset(&w->ue, &second_keys, 2), 0);
	return hse_key(&w->ue.config, &second_keys);
}

static void the_uplink_changes_keysets_when_told(void)
{
	struct world w;
	struct packet *packets;

	setup(&w, &usual);
	packets = w.burst->packets;
	struct npdu_key *second = add_second_keyset(&w);
	put_npdu(&packets[0], 40, 0);
	CU_ASSERT_EQUAL(user_plane_protect(&w.ue, packets, 1), 1);
	CU_ASSERT_TRUE(open_uplink(&w, w.key, &packets[0], 0));
	CU_ASSERT_EQUAL(user_plane_use_keyset(&w.ue, 2), 0);
	burst_reset(w.burst);
	put_npdu(&packets[0], 40, 0);
	CU_ASSERT_EQUAL(user_plane_protect(&w.ue, packets, 1), 1);
	CU_ASSERT_EQUAL(npdu_header_key_id(packets[0].data[0]), 2);
	CU_ASSERT_TRUE(open_uplink(&w, second, &packets[0], 0));
	npdu_key_free(second);
	teardown(&w);
}

static void the_downlink_takes_both_keysets(void)
{
	struct world w;
	struct packet *packets;

	setup(&w, &usual);
	packets = w.burst->packets;
	struct npdu_key *second = add_second_keyset(&w);
	for (unsigned turn = 0; turn < 2; turn++) {
		burst_reset(w.burst);
		put_downlink(&w, 0, 2 * turn);
		put_npdu(&packets[1], 40, 9);
		protect_downlink(&w, second, 2, &packets[1], turn);
		put_downlink(&w, 2, 2 * turn + 1);
		CU_ASSERT_EQUAL(user_plane_open(&w.ue, packets, 3, w.now_ms), 3);
		CU_ASSERT_TRUE(is_npdu(&packets[1], 40, 9));
		CU_ASSERT_EQUAL(user_plane_use_keyset(&w.ue, 2), 0);
	}
	npdu_key_free(second);
	teardown(&w);
}

static void a_third_keyset_takes_the_place_of_the_first(void)
{
	struct world w;

	setup(&w, &usual);
	CU_ASSERT_EQUAL(user_plane_add_keyset(&w.ue, &second_keys, 2), 0);
	CU_ASSERT_EQUAL(user_plane_use_keyset(&w.ue, 2), 0);
	CU_ASSERT_EQUAL(user_plane_add_keyset(&w.ue, &third_keys, 3), 0);
	put_downlink(&w, 0, 0);
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 1, w.now_ms), 0);
	CU_ASSERT_EQUAL(w.counters.down_unknown_key_id, 1);
	CU_ASSERT_EQUAL(w.ue.uplink->key_id, 2);
	CU_ASSERT_EQUAL(user_plane_use_keyset(&w.ue, 1), -ENOENT);
	teardown(&w);
}

static void a_key_id_in_use_is_not_given_again(void)
{
	struct world w;

	setup(&w, &usual);
	CU_ASSERT_EQUAL(user_plane_add_keyset(&w.ue, &second_keys, 1), -EINVAL);
	put_downlink(&w, 0, 0);
	CU_ASSERT_EQUAL(user_plane_open(&w.ue, w.burst->packets, 1, w.now_ms), 1);
	teardown(&w);
}

UNIT_MAIN("ue_user_plane",
	  {"both ways with every counter length", both_ways_with_every_counter_length},
	  {"both ways with gcm, and without ciphering or integrity",
	   both_ways_with_gcm_and_without_ciphering_or_integrity},
	  {"short or foreign PDUs are malformed", short_or_foreign_pdus_are_malformed},
	  {"an unknown Key ID is counted", an_unknown_key_id_is_counted},
	  {"a COUNT beyond the last is out of range", a_count_beyond_the_last_is_out_of_range},
	  {"a PDU is opened once", a_pdu_is_opened_once},
	  {"a PDU behind the window is a replay", a_pdu_behind_the_window_is_a_replay},
	  {"any flipped bit is a bad MAC", any_flipped_bit_is_a_bad_mac},
	  {"uplink PDUs sent back are refused", uplink_pdus_sent_back_are_refused},
	  {"a forged PDU in a burst does not mislead those after it",
	   a_forged_pdu_in_a_burst_does_not_mislead_those_after_it},
	  {"after many lost, the first PDU is taken", after_many_lost_the_first_pdu_is_taken},
	  {"after very many lost, two PDUs must agree", after_very_many_lost_two_pdus_must_agree},
	  {"a whole burst is taken when its first PDU is recovered",
	   a_whole_burst_is_taken_when_its_first_pdu_is_recovered},
	  {"what was seen is never recovered", what_was_seen_is_never_recovered},
	  {"without windows nothing is recovered", without_windows_nothing_is_recovered},
	  {"junk delays recovery by no more than two seconds",
	   junk_delays_recovery_by_no_more_than_two_seconds},
	  {"forgeries beyond the budget are dropped unchecked",
	   forgeries_beyond_the_budget_are_dropped_unchecked},
	  {"bursts change nothing", bursts_change_nothing},
	  {"COUNTs stop at the last", counts_stop_at_the_last},
	  {"nothing is sent without a keyset", nothing_is_sent_without_a_keyset},
	  {"what the engine does not take is too long", what_the_engine_does_not_take_is_too_long},
	  {"the uplink changes keysets when told", the_uplink_changes_keysets_when_told},
	  {"the downlink takes both keysets", the_downlink_takes_both_keysets},
	  {"a third keyset takes the place of the first",
	   a_third_keyset_takes_the_place_of_the_first},
	  {"a Key ID in use is not given again", a_key_id_in_use_is_not_given_again})
