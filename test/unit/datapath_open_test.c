/* SPDX-License-Identifier: BSD-3-Clause */
/* The five checks of e2m.md 7 on uplink, in their order, and what the replay window makes of bursts. */
#include "datapath_rig.h"

static struct rig rig;
static struct rig_flow up;
static struct npdu_key *key, *other_key;

static void start(unsigned n)
{
	rig_start(&rig, 1);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	other_key = rig_key(E2M_EEA_GCM, E2M_EIA_GCM, 8, 2);
	up = (struct rig_flow){.number = 7,
			       .direction = E2M_UPLINK,
			       .teid = 0xa1,
			       .bearer = 5,
			       .counter_octets = (uint8_t)n};
	rig_add_flow(&rig, &up);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 0);
}

/* Key ID 3 in place 0. */
static void set_up(unsigned n)
{
	rig_init(&rig);
	start(n);
}

static void tear_down(void)
{
	/* Whatever came has ended in one way. */
	CU_ASSERT_EQUAL(rig_ended(&rig, DATAPATH_ACCESS),
			rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	npdu_key_free(key);
	npdu_key_free(other_key);
}

static uint64_t counted(enum datapath_counter counter)
{
	return rig_counter(&rig, DATAPATH_ACCESS, counter);
}

static struct rte_mbuf *make(uint32_t count)
{
	static struct rig_frame frame;

	rig_write_protected(&frame, NULL, &up, key, 3, count, rig_npdu(40, count), 40);
	return rig_mbuf(frame.octets, frame.len);
}

static struct rte_mbuf *forge(uint32_t count)
{
	struct rte_mbuf *m = make(count);

	*rte_pktmbuf_mtod_offset(m, uint8_t *, rte_pktmbuf_data_len(m) - 1) ^= 1;
	return m;
}

static void receive(struct rte_mbuf *m)
{
	rig_process(&rig, 0, DATAPATH_ACCESS, &m, 1);
}

/* Counts in one burst. */
static void receive_burst(const uint32_t *counts, uint16_t n)
{
	struct rte_mbuf *burst[DATAPATH_BURST];

	for (uint16_t i = 0; i < n; i++)
		burst[i] = make(counts[i]);
	rig_process(&rig, 0, DATAPATH_ACCESS, burst, n);
}

/* payload stands where a protected N-PDU should. */
static void receive_payload(const uint8_t *payload, size_t len)
{
	static struct rig_frame frame;

	rig_write_gpdu(&frame, NULL, E2M_UPLINK, up.teid, payload, len);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
}

/* What the nth N-PDU to leave was made for. */
static bool left_as(unsigned nth, uint32_t count)
{
	static struct rig_frame frame;

	rig_write_gpdu(&frame, NULL, E2M_UPLINK, up.teid, rig_npdu(40, count), 40);
	return rig_sent(&rig, DATAPATH_CORE, nth, &frame);
}

/* --- each check --- */

static void a_clear_npdu_is_malformed(void)
{
	const uint8_t ip[20] = {0x45}, ip6[40] = {0x60};

	set_up(1);
	receive_payload(ip, sizeof(ip));
	receive_payload(ip6, sizeof(ip6));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_MALFORMED), 2);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

static void a_reserved_bit_set_is_malformed(void)
{
	uint8_t pdu[64];

	set_up(1);
	size_t len = rig_protect(&up, key, 3, 0, rig_npdu(20, 0), 20, pdu);
	pdu[0] |= 0x40;
	receive_payload(pdu, len);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_MALFORMED), 1);
	tear_down();
}

static void what_is_shorter_than_header_and_mac_is_malformed(void)
{
	uint8_t pdu[64];

	for (unsigned n = 0; n <= 3; n++) {
		set_up(n);
		size_t len = rig_protect(&up, key, 3, 0, rig_npdu(0, 0), 0, pdu);
		for (size_t cut = 0; cut < len; cut++)
			receive_payload(pdu, cut);
		CU_ASSERT_EQUAL(counted(DATAPATH_DROP_MALFORMED), len);
		receive_payload(pdu, len);
		CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 1);
		tear_down();
	}
}

static void another_key_id_is_unknown(void)
{
	uint8_t pdu[64];

	set_up(1);
	for (uint8_t id = 0; id < 8; id++) {
		size_t len = rig_protect(&up, key, id, id, rig_npdu(20, 0), 20, pdu);
		receive_payload(pdu, len);
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_UNKNOWN_KEY_ID), 7);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 1);
	tear_down();
}

static void a_count_past_the_last_is_out_of_range(void)
{
	uint8_t pdu[64];

	set_up(1);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, NPDU_COUNT_MAX);
	/* 2^32 - 1, and the 2^32 that 0 modulo W is here. */
	size_t len = rig_protect(&up, key, 3, UINT32_MAX, rig_npdu(20, 0), 20, pdu);
	receive_payload(pdu, len);
	len = rig_protect(&up, key, 3, 0, rig_npdu(20, 0), 20, pdu);
	receive_payload(pdu, len);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_COUNT_RANGE), 2);
	tear_down();
}

static void a_replay_is_dropped(void)
{
	set_up(1);
	receive(make(0));
	receive(make(0));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 1);
	tear_down();
}

static void a_wrong_mac_is_dropped(void)
{
	set_up(1);
	receive(forge(0));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

static void every_octet_is_under_the_mac(void)
{
	uint8_t pdu[64];

	set_up(2);
	size_t len = rig_protect(&up, key, 3, 5, rig_npdu(20, 0), 20, pdu);
	for (size_t i = 0; i < len; i++) {
		pdu[i] ^= 1;
		receive_payload(pdu, len);
		pdu[i] ^= 1;
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 0);
	receive_payload(pdu, len);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 1);
	tear_down();
}

/* --- their order: a packet that fails two is counted under the first --- */

static void malformed_comes_before_unknown_key_id(void)
{
	const uint8_t pdu[20] = {0xC0 | 6 << 3};

	set_up(1);
	receive_payload(pdu, sizeof(pdu));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_MALFORMED), 1);
	tear_down();
}

static void unknown_key_id_comes_before_replay(void)
{
	uint8_t pdu[64];

	set_up(1);
	receive(make(0));
	size_t len = rig_protect(&up, key, 6, 0, rig_npdu(20, 0), 20, pdu);
	receive_payload(pdu, len);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_UNKNOWN_KEY_ID), 1);
	tear_down();
}

static void replay_comes_before_bad_mac(void)
{
	set_up(1);
	receive(make(0));
	receive(forge(0));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 0);
	tear_down();
}

static void replay_comes_before_bad_mac_inside_a_burst(void)
{
	struct rte_mbuf *burst[2];

	set_up(1);
	burst[0] = make(0);
	burst[1] = forge(0);
	rig_process(&rig, 0, DATAPATH_ACCESS, burst, 2);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 0);
	tear_down();
}

/* --- the window --- */

static void a_forged_npdu_does_not_take_the_place_of_the_real_one(void)
{
	struct rte_mbuf *burst[2];

	set_up(1);
	burst[0] = forge(4);
	burst[1] = make(4);
	rig_process(&rig, 0, DATAPATH_ACCESS, burst, 2);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 1);
	tear_down();
}

/* One that claims a COUNT far ahead must not make those of before it look old. */
static void a_forged_npdu_does_not_move_the_window(void)
{
	struct rte_mbuf *burst[3];

	set_up(0);
	receive(make(0));
	burst[0] = forge(7);
	burst[1] = make(1);
	burst[2] = make(2);
	rig_process(&rig, 0, DATAPATH_ACCESS, burst, 3);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 3);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 1);
	tear_down();
}

static void of_duplicates_in_a_burst_one_is_opened(void)
{
	const uint32_t counts[] = {0, 1, 1, 2, 0, 2, 1, 3};

	set_up(1);
	receive_burst(counts, 8);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 4);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 4);
	tear_down();
}

static void order_in_a_burst_is_kept(void)
{
	const uint32_t counts[] = {4, 0, 2, 1, 3, 9, 5};

	set_up(1);
	receive_burst(counts, 7);
	for (unsigned i = 0; i < 7; i++)
		CU_ASSERT_TRUE(left_as(i, counts[i]));
	tear_down();
}

static void in_order_bursts_lose_nothing(unsigned n)
{
	uint32_t count = 0, counts[DATAPATH_BURST];

	set_up(n);
	for (int round = 0; round < 60; round++) {
		for (unsigned i = 0; i < DATAPATH_BURST; i++)
			counts[i] = count++;
		receive_burst(counts, DATAPATH_BURST);
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), count);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], count);
	for (unsigned i = 0; i < count; i++)
		CU_ASSERT_TRUE(left_as(i, i));
	tear_down();
}

static void bursts_lose_nothing_without_counter_octets(void)
{
	in_order_bursts_lose_nothing(0);
}

static void bursts_lose_nothing_with_counter_octets(void)
{
	for (unsigned n = 1; n <= 3; n++)
		in_order_bursts_lose_nothing(n);
}

static void what_the_window_covers_may_come_in_any_order(void)
{
	set_up(1);
	receive(make(63));
	for (uint32_t count = 63; count-- > 0;)
		receive(make(count));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 64);
	tear_down();
}

static void what_is_older_than_the_window_is_a_replay(void)
{
	set_up(1);
	receive(make(64)); /* H is 65: 1 is the oldest that the window of 64 covers */
	receive(make(0));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 1);
	receive(make(1));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 2);
	tear_down();
}

static void up_to_half_of_w_may_be_lost_at_once(void)
{
	for (unsigned n = 0; n <= 1; n++) {
		const uint32_t half = UINT32_C(1) << (2 + 8 * n);
		rig_init(&rig);
		rig.config.recovery_windows = 0; /* or more may be lost */
		start(n);
		receive(make(2 * half));
		/* H - W/2 <= COUNT < H + W/2 */
		CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 0);
		receive(make(2 * half - 1)); /* base is 0: all of W is to be had */
		receive(make(3 * half - 1));
		CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 2);
		receive(make(4 * half));
		CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 2);
		tear_down();
	}
}

static void a_wide_window_takes_a_thousand_out_of_order(void)
{
	set_up(2);
	struct rig_flow wide = up;
	wide.number = 9;
	wide.teid = 0xa9;
	wide.window = 1024;
	up = wide;
	rig_add_flow(&rig, &up);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 0);
	for (uint32_t count = 1024; count-- > 0;)
		receive(make(count));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 1024);
	for (uint32_t count = 1024; count-- > 0;)
		receive(make(count));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 1024);
	tear_down();
}

/* COUNTs from before a restart of the flow: all below counts as seen. */
static void counts_that_are_put_back_are_all_seen(void)
{
	set_up(1);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 100);
	for (uint32_t count = 36; count < 100; count++)
		receive(make(count));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 64);
	receive(make(100));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 1);
	tear_down();
}

static void a_window_survives_a_flush_of_the_key(void)
{
	set_up(1);
	receive(make(5));
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_MISSING, 3, NULL);
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key);
	receive(make(5));
	receive(make(4));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 2);
	tear_down();
}

/* --- two keysets --- */

static struct rte_mbuf *make_other(uint32_t count)
{
	static struct rig_frame frame;

	rig_write_protected(&frame, NULL, &up, other_key, 4, count, rig_npdu(40, count), 40);
	return rig_mbuf(frame.octets, frame.len);
}

static void both_keysets_open_each_with_its_own_window(void)
{
	struct rte_mbuf *burst[8];

	set_up(0);
	rig_set_keyset(&rig, &up, 1, DATAPATH_KEY_READY, 4, other_key, 0);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 1000);
	for (uint32_t i = 0; i < 4; i++) {
		burst[2 * i] = make(1000 + i);
		burst[2 * i + 1] = make_other(i);
	}
	rig_process(&rig, 0, DATAPATH_ACCESS, burst, 8);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 8);
	tear_down();
}

static void the_first_authentic_npdu_of_a_keyset_is_told_once(void)
{
	set_up(1);
	rig_set_keyset(&rig, &up, 1, DATAPATH_KEY_READY, 4, other_key, 0);
	rig_forget(&rig);
	receive(forge(0));
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_AUTHENTICATED), 0);
	receive(make_other(0));
	receive(make_other(1));
	rig_work(&rig);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_AUTHENTICATED), 1);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_AUTHENTICATED, 0)->slot, 1);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_AUTHENTICATED, 0)->flow, up.number);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_AUTHENTICATED, 0)->session, up.number + 1000);
	tear_down();
}

static void a_refused_keyset_drops(void)
{
	set_up(1);
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_FAILED, 3, NULL);
	receive(make(0));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_NO_KEYSET), 1);
	tear_down();
}

static void a_flow_without_keysets_drops(void)
{
	set_up(1);
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_NONE, 3, NULL);
	receive(make(0));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_UNKNOWN_KEY_ID), 1);
	tear_down();
}

/* --- bursts against one packet at a time --- */

#define SEQUENCE 3008

struct item {
	uint32_t count;
	bool forged;
};

/* What a careless network and somebody who forges make of 0, 1, 2, ... */
static void make_sequence(struct item *items, unsigned n, unsigned seed)
{
	const uint32_t w = UINT32_C(1) << (3 + 8 * n);
	uint32_t next = 0;

	srandom(seed);
	for (unsigned i = 0; i < SEQUENCE; i++) {
		const unsigned kind = (unsigned)random() % 10;
		items[i].forged = kind == 9;
		if (kind < 6)
			items[i].count = next++;
		else if (kind < 8)
			items[i].count = next - (uint32_t)random() % (next < w ? next + 1 : w);
		else if (kind == 8)
			items[i].count = next += (uint32_t)random() % (w / 4);
		else
			items[i].count = next + (uint32_t)random() % (w / 2);
	}
}

static void run_sequence(const struct item *items, unsigned n, unsigned burst_size,
			 struct datapath_counters *counters, uint32_t *h)
{
	struct rte_mbuf *burst[DATAPATH_BURST];
	struct datapath_flow_view view;

	set_up(n);
	for (unsigned i = 0; i < SEQUENCE; i += burst_size) {
		uint16_t count = 0;
		for (; count < burst_size && i + count < SEQUENCE; count++)
			burst[count] = items[i + count].forged ? forge(items[i + count].count)
							       : make(items[i + count].count);
		rig_process(&rig, 0, DATAPATH_ACCESS, burst, count);
		rig_forget(&rig);
	}
	*counters = *datapath_worker_counters(rig.workers[0], DATAPATH_ACCESS);
	datapath_view_flow(rig.workers[0], up.number, &view);
	*h = view.count[0];
	tear_down();
}

static void bursts_end_as_one_packet_at_a_time_does(void)
{
	static struct item items[SEQUENCE];
	struct datapath_counters single, burst;
	uint32_t h_single, h_burst;

	for (unsigned n = 0; n <= 1; n++)
		for (unsigned seed = 1; seed <= 4; seed++) {
			make_sequence(items, n, seed);
			run_sequence(items, n, 1, &single, &h_single);
			run_sequence(items, n, 32, &burst, &h_burst);
			CU_ASSERT_EQUAL(memcmp(&single, &burst, sizeof(single)), 0);
			CU_ASSERT_EQUAL(h_single, h_burst);
			CU_ASSERT_TRUE(single.value[DATAPATH_OPENED] > SEQUENCE / 4);
			CU_ASSERT_TRUE(single.value[DATAPATH_DROP_REPLAY] > 0);
		}
}

RIG_MAIN("datapath-open", {"a clear N-PDU is malformed", a_clear_npdu_is_malformed},
	 {"a reserved bit set is malformed", a_reserved_bit_set_is_malformed},
	 {"what is shorter than header and MAC is malformed",
	  what_is_shorter_than_header_and_mac_is_malformed},
	 {"another Key ID is unknown", another_key_id_is_unknown},
	 {"a COUNT past the last is out of range", a_count_past_the_last_is_out_of_range},
	 {"a replay is dropped", a_replay_is_dropped},
	 {"a wrong MAC is dropped", a_wrong_mac_is_dropped},
	 {"every octet is under the MAC", every_octet_is_under_the_mac},
	 {"malformed comes before unknown_key_id", malformed_comes_before_unknown_key_id},
	 {"unknown_key_id comes before replay", unknown_key_id_comes_before_replay},
	 {"replay comes before bad_mac", replay_comes_before_bad_mac},
	 {"replay comes before bad_mac inside a burst", replay_comes_before_bad_mac_inside_a_burst},
	 {"a forged N-PDU does not take the place of the real one",
	  a_forged_npdu_does_not_take_the_place_of_the_real_one},
	 {"a forged N-PDU does not move the window", a_forged_npdu_does_not_move_the_window},
	 {"of duplicates in a burst one is opened", of_duplicates_in_a_burst_one_is_opened},
	 {"order in a burst is kept", order_in_a_burst_is_kept},
	 {"bursts lose nothing without counter octets", bursts_lose_nothing_without_counter_octets},
	 {"bursts lose nothing with counter octets", bursts_lose_nothing_with_counter_octets},
	 {"what the window covers may come in any order",
	  what_the_window_covers_may_come_in_any_order},
	 {"what is older than the window is a replay", what_is_older_than_the_window_is_a_replay},
	 {"up to half of W may be lost at once", up_to_half_of_w_may_be_lost_at_once},
	 {"a wide window takes a thousand out of order",
	  a_wide_window_takes_a_thousand_out_of_order},
	 {"COUNTs that are put back are all seen", counts_that_are_put_back_are_all_seen},
	 {"a window survives a flush of the key", a_window_survives_a_flush_of_the_key},
	 {"both keysets open, each with its own window",
	  both_keysets_open_each_with_its_own_window},
	 {"the first authentic N-PDU of a keyset is told once",
	  the_first_authentic_npdu_of_a_keyset_is_told_once},
	 {"a refused keyset drops", a_refused_keyset_drops},
	 {"a flow without keysets drops", a_flow_without_keysets_drops},
	 {"bursts end as one packet at a time does", bursts_end_as_one_packet_at_a_time_does})
