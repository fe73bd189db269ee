/* SPDX-License-Identifier: BSD-3-Clause */
/* e2m.md 7 "Recovery" and "Forgery budget" in a worker: bursts, ceilings, keysets that change, and junk among the rest.
 * What a receiver does with one PDU is in npdu_recovery_test.c and vectors.json. */
#include "datapath_rig.h"

#include "npdu/forgery.h"
#include "npdu/recovery.h"

#define W   2048 /* n = 1 */
#define LEN 40

static struct rig rig;
static struct rig_flow up;
static struct npdu_key *key, *next_key;

static void start_with(struct npdu_key *k, unsigned n)
{
	rig_start(&rig, 1);
	key = k;
	next_key = rig_key(E2M_EEA3, E2M_EIA3, 8, 9);
	up = (struct rig_flow){.number = 7,
			       .direction = E2M_UPLINK,
			       .teid = 0xa1,
			       .bearer = 5,
			       .counter_octets = (uint8_t)n};
	rig_add_flow(&rig, &up);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 0);
	rig_forget(&rig);
}

static void set_up(void)
{
	rig_init(&rig);
	start_with(rig_key(E2M_EEA2, E2M_EIA2, 8, 1), 1);
}

static void tear_down(void)
{
	CU_ASSERT_EQUAL(rig_ended(&rig, DATAPATH_ACCESS) + datapath_held(rig.workers[0]),
			rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	npdu_key_free(key);
	npdu_key_free(next_key);
}

static uint64_t counted(enum datapath_counter counter)
{
	return rig_counter(&rig, DATAPATH_ACCESS, counter);
}

static struct rte_mbuf *make_with(const struct npdu_key *k, uint8_t key_id, uint32_t count,
				  const struct rig_outer *outer)
{
	static struct rig_frame frame;

	rig_write_protected(&frame, outer, &up, k, key_id, count, rig_npdu(LEN, count), LEN);
	return rig_mbuf(frame.octets, frame.len);
}

static struct rte_mbuf *make(uint32_t count)
{
	return make_with(key, 3, count, NULL);
}

/* Any CTR, and a MAC that is wrong with every COUNT. */
static struct rte_mbuf *make_junk(uint32_t ctr)
{
	struct rte_mbuf *m = make(ctr);

	*rte_pktmbuf_mtod_offset(m, uint8_t *, rte_pktmbuf_data_len(m) - 1) ^= 1;
	return m;
}

static void receive(struct rte_mbuf *m)
{
	rig_process(&rig, 0, DATAPATH_ACCESS, &m, 1);
}

static bool left_with(unsigned nth, uint32_t count, const struct rig_outer *outer)
{
	static struct rig_frame frame;

	rig_write_gpdu(&frame, outer, E2M_UPLINK, up.teid, rig_npdu(LEN, count), LEN);
	return rig_sent(&rig, DATAPATH_CORE, nth, &frame);
}

static bool left_as(unsigned nth, uint32_t count)
{
	return left_with(nth, count, NULL);
}

static uint32_t h(unsigned slot)
{
	struct datapath_flow_view view;

	datapath_view_flow(rig.workers[up.worker], up.number, &view);
	return view.count[slot];
}

/* --- an outage --- */

/* Of each length the first to arrive, or at most the one after it, leaves. */
static void after_an_outage_at_most_one_more_is_lost(void)
{
	static const uint32_t outages[] = {1024,   1300,   2047,  2048,	  3000,	   6000,   30000,
					   16 * W, 17 * W, 60000, 300000, 255 * W, 256 * W};

	for (size_t i = 0; i < sizeof(outages) / sizeof(outages[0]); i++) {
		const uint32_t first = 5001 + outages[i];
		const unsigned lost = outages[i] > 16 * W + W / 2;

		set_up();
		rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 5000);
		receive(make(5000));
		for (uint32_t count = first; count < first + 20; count++)
			receive(make(count));
		CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 21 - lost);
		CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 1);
		CU_ASSERT_EQUAL(counted(DATAPATH_DROP_RECOVERY_PENDING), lost);
		CU_ASSERT_EQUAL(h(0), first + 20);
		for (unsigned nth = 0; nth < 20 - lost; nth++)
			CU_ASSERT_TRUE(left_as(1 + nth, first + lost + nth));
		tear_down();
	}
}

static void farther_than_recovery_windows_nothing_is_recovered(void)
{
	rig_init(&rig);
	rig.config.recovery_windows = 20;
	start_with(rig_key(E2M_EEA2, E2M_EIA2, 8, 1), 1);
	receive(make(5 + 21 * W));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 1);
	rig_wait_ms(&rig, 2000);
	receive(make(5 + 20 * W));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_RECOVERY_PENDING), 1);
	tear_down();
}

static void recovery_windows_0_disables_recovery(void)
{
	rig_init(&rig);
	rig.config.recovery_windows = 0;
	start_with(rig_key(E2M_EEA2, E2M_EIA2, 8, 1), 1);
	receive(make(1300 + W));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 1);
	tear_down();
}

static void every_suite_recovers(void)
{
	static const enum e2m_eea eeas[] = {E2M_EEA0, E2M_EEA1, E2M_EEA2, E2M_EEA3};
	static const enum e2m_eia eias[] = {E2M_EIA1, E2M_EIA2, E2M_EIA3};

	for (unsigned i = 0; i <= 13; i++) {
		rig_init(&rig);
		start_with(i < 12 ? rig_key(eeas[i / 3], eias[i % 3], 8, i)
				  : rig_key(E2M_EEA_GCM, E2M_EIA_GCM, i == 12 ? 8 : 16, i),
			   1);
		for (uint32_t count = 600000; count < 600003; count++)
			receive(make(count));
		CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 0); /* farther than 256 windows */
		for (uint32_t count = 400000; count < 400003; count++) {
			rig_wait_ms(&rig, 2000);
			receive(make(count));
		}
		CU_ASSERT_EQUAL(counted(DATAPATH_DROP_RECOVERY_PENDING), 1);
		CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 1);
		CU_ASSERT_TRUE(left_as(0, 400001));
		CU_ASSERT_TRUE(left_as(1, 400002));
		tear_down();
	}
}

/* Lengths and checksums are right, whatever failed and was tried before. */
static void what_is_around_a_recovered_npdu_is_right(void)
{
	static const struct rig_outer outers[] = {
		{.udp_checksum = true}, {.vlan_tags = 1, .udp_checksum = true}, {.ip_options = 8}};

	for (size_t i = 0; i < sizeof(outers) / sizeof(outers[0]); i++)
		for (unsigned early = 0; early <= 1; early++) {
			rig_init(&rig);
			start_with(rig_key(E2M_EEA1, E2M_EIA3, 8, 1), 1);
			rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 5000);
			/* Fails check 4, or check 5. */
			receive(make_with(key, 3, 5000 + 3 * W + (early ? W - 100 : 100),
					  &outers[i]));
			CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 1);
			CU_ASSERT_TRUE(
				left_with(0, 5000 + 3 * W + (early ? W - 100 : 100), &outers[i]));
			tear_down();
		}
}

static void packets_behind_it_in_the_burst_leave_in_order(void)
{
	/* The last are such that CTR goes round: check 5 fails for the first of them, check 4 for others. */
	static const uint32_t firsts[] = {1300 + W, 40000, 3 * W + W / 2 - 10,
					  200 * W + W / 2 - 10};

	for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
		const unsigned lost = firsts[i] > 17 * W;
		struct rte_mbuf *burst[DATAPATH_BURST];

		set_up();
		rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 0);
		receive(make(0));
		for (uint32_t nth = 0; nth < 32; nth++)
			burst[nth] = make(firsts[i] + nth);
		rig_process(&rig, 0, DATAPATH_ACCESS, burst, 32);
		CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 33 - lost);
		for (unsigned nth = 0; nth < 32 - lost; nth++)
			CU_ASSERT_TRUE(left_as(1 + nth, firsts[i] + lost + nth));
		tear_down();
	}
}

/* P counts as not seen. */
static void p_itself_may_come_again(void)
{
	set_up();
	receive(make(100 * W));
	receive(make(100 * W));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 0);
	receive(make(100 * W + 1));
	receive(make(100 * W));
	receive(make(100 * W));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 2);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 1);
	tear_down();
}

static void a_replay_is_not_recovered(void)
{
	set_up();
	receive(make(1300 + W));
	for (unsigned i = 0; i < 20; i++) {
		rig_wait_ms(&rig, 2000);
		receive(make(1300 + W));
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 20);
	tear_down();
}

/* A receiver that begins again: e2m.md 7. */
static void after_a_restart_all_below_the_ceiling_is_seen(void)
{
	set_up();
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 9000);
	for (uint32_t count = 8990; count < 9000; count++) {
		rig_wait_ms(&rig, 2000);
		receive(make(count));
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 10);
	receive(make(9000));
	rig_wait_ms(&rig, 2000);
	receive(make(9000 + 5000));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 2);
	tear_down();
}

static void what_recovers_is_told(void)
{
	const struct datapath_event *event;

	set_up();
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 5000);
	receive(make(5000 + 1300));
	receive(make(6301 + 20 * W));
	rig_work(&rig);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_COUNT_RECOVERED), 1);
	event = rig_event(&rig, DATAPATH_COUNT_RECOVERED, 0);
	CU_ASSERT_EQUAL(event->session, up.number + 1000);
	CU_ASSERT_EQUAL(event->flow, up.number);
	CU_ASSERT_EQUAL(event->cookie, 1300);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_COUNT_PENDING), 1);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_COUNT_PENDING, 0)->cookie, 20 * W);
	tear_down();
}

/* As any other PDU that is authentic: downlink may change over to its keyset. */
static void what_recovers_authenticates_its_keyset(void)
{
	set_up();
	receive(make(100 * W));
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_AUTHENTICATED), 0);
	receive(make(100 * W + 1));
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_AUTHENTICATED), 1);
	tear_down();
}

static void packets_that_waited_for_their_key_recover(void)
{
	set_up();
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_MISSING, 3, NULL);
	for (uint32_t count = 5000; count < 5004; count++)
		receive(make(count));
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 4);
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 4);
	CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 1);
	tear_down();
}

static void packets_that_another_worker_got_recover(void)
{
	struct rte_mbuf *m;

	rig_init(&rig);
	rig_start(&rig, 2);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	next_key = NULL;
	up = (struct rig_flow){.number = 7,
			       .direction = E2M_UPLINK,
			       .teid = 0xa1,
			       .bearer = 5,
			       .counter_octets = 1};
	rig_add_flow(&rig, &up);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 0);
	for (uint32_t count = 60000; count < 60004; count++) {
		m = make(count);
		rig_process(&rig, !up.worker, DATAPATH_ACCESS, &m, 1);
		rig_work(&rig);
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 3);
	CU_ASSERT_EQUAL(h(0), 60004);
	rig_stop(&rig);
	npdu_key_free(key);
}

static void nothing_is_recovered_with_eia0(void)
{
	rig_init(&rig);
	start_with(rig_key(E2M_EEA2, E2M_EIA0, 8, 1), 1);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 5000);
	receive(make(4990));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 1);
	CU_ASSERT_EQUAL(h(0), 5000);
	tear_down();
}

static void limits_can_be_changed(void)
{
	const struct datapath_command limits = {.kind = DATAPATH_SET_LIMITS,
						.limits = {.hold_ms = 100,
							   .hold_packets_per_flow = 8,
							   .gtpc_hold_ms = 10,
							   .recovery_windows = 0,
							   .recovery_per_s = 10,
							   .bad_mac_per_s = 1}};

	set_up();
	rig_command(&rig, 0, &limits);
	receive(make(1300 + W));
	CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 0);
	for (uint32_t count = 0; count < 16; count++)
		receive(make(count));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC_FLOOD), 15);
	tear_down();
}

/* --- the ceiling --- */

static void a_recovered_count_waits_for_the_ceiling(void)
{
	const struct datapath_event *low;

	set_up();
	rig_set_ceiling(&rig, &up, 0, 100, 50);
	receive(make(0));
	receive(make(5000));
	rig_work(&rig);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_HELD_CEILING), 1);
	CU_ASSERT_EQUAL(h(0), 1); /* advances when it is accepted */
	low = rig_event(&rig, DATAPATH_LOW, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(low);
	CU_ASSERT_EQUAL(low->count[0], 5001);
	CU_ASSERT_EQUAL(low->used, 5001);
	rig_set_ceiling(&rig, &up, 0, 5001, DATAPATH_NO_MARK);
	CU_ASSERT_TRUE(left_as(1, 5000));
	CU_ASSERT_EQUAL(h(0), 5001);
	CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 1);
	tear_down();
}

/* It stands as P meanwhile: junk takes the one search of this moment. */
static void those_behind_it_wait_without_a_search(void)
{
	const struct datapath_event *low;

	set_up();
	rig_set_ceiling(&rig, &up, 0, 100, 50);
	for (uint32_t count = 5000; count < 5006; count++) {
		receive(make(count));
		receive(make_junk(77));
	}
	rig_work(&rig);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 6);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_LOW), 1);
	/* The next question is for all that wait. */
	rig_set_ceiling(&rig, &up, 0, 5001, 5001);
	rig_work(&rig);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 1);
	low = rig_event(&rig, DATAPATH_LOW, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(low);
	CU_ASSERT_EQUAL(low->count[0], 5006);
	rig_set_ceiling(&rig, &up, 0, 6000, 5900);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 6);
	for (unsigned nth = 0; nth < 6; nth++)
		CU_ASSERT_TRUE(left_as(nth, 5000 + nth));
	tear_down();
}

/* More of them than the window is wide, and the ceiling covers the first of them only. */
static void the_window_does_not_pass_those_that_wait(void)
{
	rig_init(&rig);
	rig.config.hold_packets_per_flow = 200;
	rig.config.hold_packets_total = 200;
	start_with(rig_key(E2M_EEA2, E2M_EIA2, 8, 1), 1);
	rig_set_ceiling(&rig, &up, 0, 100, 50);
	for (uint32_t count = 5000; count < 5150; count++)
		receive(make(count));
	rig_set_ceiling(&rig, &up, 0, 5033, 5033);
	receive(make(5150));
	rig_set_ceiling(&rig, &up, 0, 6000, 5900);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 151);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 0);
	tear_down();
}

static void of_duplicates_that_wait_one_leaves(void)
{
	set_up();
	rig_set_ceiling(&rig, &up, 0, 100, 50);
	receive(make(5000));
	receive(make(5001));
	receive(make(5000));
	receive(make(5001));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 0);
	rig_set_ceiling(&rig, &up, 0, 6000, 5900);
	rig_work(&rig);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 2);
	CU_ASSERT_EQUAL(h(0), 5002);
	tear_down();
}

/* H has advanced otherwise: what waits is no worse for it. */
static void late_packets_pass_it_while_it_waits(void)
{
	set_up();
	rig_set_ceiling(&rig, &up, 0, 100, 50);
	receive(make(0));
	receive(make(5000));
	receive(make(1));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 2);
	rig_set_ceiling(&rig, &up, 0, 6000, 5900);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 3);
	CU_ASSERT_EQUAL(h(0), 5001);
	tear_down();
}

static void what_waits_goes_with_its_keyset(void)
{
	set_up();
	rig_set_ceiling(&rig, &up, 0, 100, 50);
	receive(make(5000));
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 4, next_key, 0);
	rig_set_ceiling(&rig, &up, 0, 6000, 5900);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_CEILING), 1);
	CU_ASSERT_EQUAL(h(0), 0);
	tear_down();
}

/* --- keysets --- */

static void each_keyset_has_its_own_p(void)
{
	set_up();
	rig_set_keyset(&rig, &up, 1, DATAPATH_KEY_READY, 4, next_key, 0);
	receive(make(100 * W));
	rig_wait_ms(&rig, 1000);
	receive(make_with(next_key, 4, 200 * W, NULL));
	receive(make(100 * W + 1));
	receive(make_with(next_key, 4, 200 * W + 1, NULL));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_RECOVERY_PENDING), 2);
	CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 2);
	CU_ASSERT_EQUAL(h(0), 100 * W + 2);
	CU_ASSERT_EQUAL(h(1), 200 * W + 2);
	tear_down();
}

/* With another keyset in its place P would be a COUNT of nothing. */
static void p_goes_with_its_keyset(void)
{
	set_up();
	receive(make(100 * W));
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, next_key, 0);
	receive(make_with(next_key, 3, 100 * W + 1, NULL));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 0);
	tear_down();
}

static void a_flow_that_takes_a_number_over_takes_no_p(void)
{
	set_up();
	receive(make(100 * W));
	rig_flow_command(&rig, &up, DATAPATH_STOP_FLOW, 0);
	rig_flow_command(&rig, &up, DATAPATH_REMOVE_FLOW, 0);
	rig_add_flow(&rig, &up);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 0);
	receive(make(100 * W + 1));
	CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 0);
	/* Nor the turn of the flow before: it was searched at once. */
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_RECOVERY_PENDING), 2);
	tear_down();
}

/* --- junk --- */

/* In each ms one of both, now this first and now that. */
static void junk_does_not_keep_a_flow_from_recovering(void)
{
	uint32_t count = 7 * W;
	unsigned ms = 0;

	set_up();
	receive(make(0));
	for (; ms < 2000 && counted(DATAPATH_RECOVERED) == 0; ms++) {
		rig.now += rte_get_tsc_hz() / 1000;
		if (ms % 2 == 0)
			receive(make_junk(ms));
		receive(make(count++));
		if (ms % 2 == 1)
			receive(make_junk(ms));
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 1);
	tear_down();
}

static void junk_behind_and_before_it_in_the_burst_changes_nothing(void)
{
	struct rte_mbuf *burst[4];

	set_up();
	receive(make(0));
	burst[0] = make(5000);
	burst[1] = make_junk(17);
	burst[2] = make(5001);
	burst[3] = make_junk(5002);
	rig_process(&rig, 0, DATAPATH_ACCESS, burst, 4);
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 3);
	CU_ASSERT_TRUE(left_as(1, 5000));
	CU_ASSERT_TRUE(left_as(2, 5001));
	tear_down();
}

#define SEQUENCE 3008

struct item {
	uint32_t count;
	bool is_junk;
};

/* Outages, duplicates, late packets and junk. */
static void make_sequence(struct item *items, unsigned n, unsigned seed)
{
	const uint32_t w = UINT32_C(1) << (3 + 8 * n);
	uint32_t next = 0;

	srandom(seed);
	for (unsigned i = 0; i < SEQUENCE; i++) {
		const unsigned kind = (unsigned)random() % 1000;
		items[i].is_junk = kind >= 940 && kind < 960;
		items[i].count =
			kind < 940 ? next++ : next - (uint32_t)random() % (next < w ? next + 1 : w);
		if (kind >= 985)
			next += w / 2 + (uint32_t)random() % (kind < 998 ? 15 * w : 100 * w);
	}
}

static void run_sequence(const struct item *items, unsigned n, uint16_t burst_size,
			 struct datapath_counters *counters, uint32_t *h_after)
{
	struct rte_mbuf *burst[DATAPATH_BURST];

	rig_init(&rig);
	start_with(rig_key(E2M_EEA1, E2M_EIA2, 8, 1), n);
	for (unsigned i = 0; i < SEQUENCE; i += burst_size) {
		if (i % 32 == 0)
			rig_wait_ms(&rig, 1100);
		for (uint16_t at = 0; at < burst_size; at++)
			burst[at] = items[i + at].is_junk ? make_junk(items[i + at].count)
							  : make(items[i + at].count);
		rig_process(&rig, 0, DATAPATH_ACCESS, burst, burst_size);
		rig_forget(&rig);
	}
	*counters = *datapath_worker_counters(rig.workers[0], DATAPATH_ACCESS);
	*h_after = h(0);
	tear_down();
}

static uint64_t of(const struct datapath_counters *c, enum datapath_counter counter)
{
	return c->value[counter];
}

static void bursts_recover_as_one_packet_at_a_time_does(void)
{
	static struct item items[SEQUENCE];
	struct datapath_counters single, burst;
	uint32_t h_single, h_burst;

	for (unsigned n = 0; n <= 1; n++)
		for (unsigned seed = 1; seed <= 4; seed++) {
			make_sequence(items, n, seed);
			run_sequence(items, n, 1, &single, &h_single);
			run_sequence(items, n, 32, &burst, &h_burst);
			CU_ASSERT_TRUE(of(&single, DATAPATH_RECOVERED) > 10);
			CU_ASSERT_EQUAL(h_single, h_burst);
			CU_ASSERT_EQUAL(memcmp(&single, &burst, sizeof(single)), 0);
		}
}

/* --- the forgery budget --- */

static void set_up_budget(uint32_t per_s, struct npdu_key *k)
{
	rig_init(&rig);
	rig.config.bad_mac_per_s = per_s;
	rig.now -= rig.now % rte_get_tsc_hz(); /* a second begins */
	start_with(k, 1);
}

static void receive_junk(unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		receive(make_junk(500 + i));
}

static void past_the_budget_one_of_each_16_is_checked(void)
{
	set_up_budget(100, rig_key(E2M_EEA2, E2M_EIA2, 8, 1));
	receive_junk(100);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 100);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC_FLOOD), 0);
	receive_junk(1600);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 200);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC_FLOOD), 1500);
	for (uint32_t count = 0; count < 320; count++)
		receive(make(count));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 20);
	tear_down();
}

static void the_next_second_has_a_budget_of_its_own(void)
{
	set_up_budget(100, rig_key(E2M_EEA2, E2M_EIA2, 8, 1));
	receive_junk(200);
	rig_wait_ms(&rig, 1000);
	for (uint32_t count = 0; count < 50; count++)
		receive(make(count));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 50);
	receive_junk(100);
	CU_ASSERT_TRUE(counted(DATAPATH_DROP_BAD_MAC) >= 200);
	CU_ASSERT_TRUE(counted(DATAPATH_DROP_BAD_MAC_FLOOD) < 100);
	tear_down();
}

static void other_flows_have_budgets_of_their_own(void)
{
	struct rig_flow other;

	set_up_budget(10, rig_key(E2M_EEA2, E2M_EIA2, 8, 1));
	receive_junk(100);
	other = up;
	up.number = 8;
	up.teid = 0xa2;
	rig_add_flow(&rig, &up);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 0);
	for (uint32_t count = 0; count < 50; count++)
		receive(make(count));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 50);
	up = other;
	tear_down();
}

static void tags_of_8_octets_have_no_budget(void)
{
	set_up_budget(10, rig_key(E2M_EEA_GCM, E2M_EIA_GCM, 8, 1));
	receive_junk(200);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 200);
	tear_down();
}

static void a_flood_drops_nothing_of_a_keyset_with_longer_tags(void)
{
	struct npdu_key *gcm = rig_key(E2M_EEA_GCM, E2M_EIA_GCM, 8, 2);

	set_up_budget(10, rig_key(E2M_EEA2, E2M_EIA2, 8, 1));
	rig_set_keyset(&rig, &up, 1, DATAPATH_KEY_READY, 4, gcm, 0);
	receive_junk(200);
	for (uint32_t count = 0; count < 32; count++)
		receive(make_with(gcm, 4, count, NULL));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 32);
	tear_down();
	npdu_key_free(gcm);
}

/* The budget is for check 5. */
static void what_fails_check_4_is_no_forgery(void)
{
	set_up_budget(10, rig_key(E2M_EEA2, E2M_EIA2, 8, 1));
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 5000);
	for (uint32_t i = 0; i < 200; i++)
		receive(make_junk(4500));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_REPLAY), 200);
	for (uint32_t count = 5000; count < 5032; count++)
		receive(make(count));
	CU_ASSERT_EQUAL(counted(DATAPATH_OPENED), 32);
	tear_down();
}

static void a_budget_of_0_is_no_limit(void)
{
	set_up_budget(0, rig_key(E2M_EEA2, E2M_EIA2, 8, 1));
	receive_junk(200);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC), 200);
	tear_down();
}

static void what_recovers_is_no_forgery(void)
{
	set_up_budget(3, rig_key(E2M_EEA2, E2M_EIA2, 8, 1));
	for (uint32_t i = 1; i <= 10; i++) {
		rig_wait_ms(&rig, 1);
		receive(make(i * 3 * W));
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_RECOVERED), 10);
	receive(make(30 * W + 1));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_BAD_MAC_FLOOD), 0);
	tear_down();
}

RIG_MAIN("datapath-recovery",
	 {"after an outage at most one more is lost", after_an_outage_at_most_one_more_is_lost},
	 {"farther than recovery_windows nothing is recovered",
	  farther_than_recovery_windows_nothing_is_recovered},
	 {"recovery_windows 0 disables recovery", recovery_windows_0_disables_recovery},
	 {"every suite recovers", every_suite_recovers},
	 {"what is around a recovered N-PDU is right", what_is_around_a_recovered_npdu_is_right},
	 {"packets behind it in the burst leave in order",
	  packets_behind_it_in_the_burst_leave_in_order},
	 {"P itself may come again", p_itself_may_come_again},
	 {"a replay is not recovered", a_replay_is_not_recovered},
	 {"after a restart all below the ceiling is seen",
	  after_a_restart_all_below_the_ceiling_is_seen},
	 {"what recovers is told", what_recovers_is_told},
	 {"what recovers authenticates its keyset", what_recovers_authenticates_its_keyset},
	 {"packets that waited for their key recover", packets_that_waited_for_their_key_recover},
	 {"packets that another worker got recover", packets_that_another_worker_got_recover},
	 {"nothing is recovered with eia0", nothing_is_recovered_with_eia0},
	 {"limits can be changed", limits_can_be_changed},
	 {"a recovered COUNT waits for the ceiling", a_recovered_count_waits_for_the_ceiling},
	 {"those behind it wait without a search", those_behind_it_wait_without_a_search},
	 {"the window does not pass those that wait", the_window_does_not_pass_those_that_wait},
	 {"of duplicates that wait one leaves", of_duplicates_that_wait_one_leaves},
	 {"late packets pass it while it waits", late_packets_pass_it_while_it_waits},
	 {"what waits goes with its keyset", what_waits_goes_with_its_keyset},
	 {"each keyset has its own P", each_keyset_has_its_own_p},
	 {"P goes with its keyset", p_goes_with_its_keyset},
	 {"a flow that takes a number over takes no P", a_flow_that_takes_a_number_over_takes_no_p},
	 {"junk does not keep a flow from recovering", junk_does_not_keep_a_flow_from_recovering},
	 {"junk behind and before it in the burst changes nothing",
	  junk_behind_and_before_it_in_the_burst_changes_nothing},
	 {"bursts recover as one packet at a time does",
	  bursts_recover_as_one_packet_at_a_time_does},
	 {"past the budget one of each 16 is checked", past_the_budget_one_of_each_16_is_checked},
	 {"the next second has a budget of its own", the_next_second_has_a_budget_of_its_own},
	 {"other flows have budgets of their own", other_flows_have_budgets_of_their_own},
	 {"tags of 8 octets have no budget", tags_of_8_octets_have_no_budget},
	 {"a flood drops nothing of a keyset with longer tags",
	  a_flood_drops_nothing_of_a_keyset_with_longer_tags},
	 {"what fails check 4 is no forgery", what_fails_check_4_is_no_forgery},
	 {"a budget of 0 is no limit", a_budget_of_0_is_no_limit},
	 {"what recovers is no forgery", what_recovers_is_no_forgery})
