/* SPDX-License-Identifier: BSD-3-Clause */
/* Workers beside one another, and their rings to control when these are full. */
#include "datapath_rig.h"

#define FLOWS 16

static struct rig rig;
static struct rig_flow down[FLOWS], up[FLOWS];
static struct npdu_key *key;
static struct rig_frame frame;

static void set_up(unsigned workers)
{
	rig_init(&rig);
	rig_start(&rig, workers);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	for (uint32_t i = 0; i < FLOWS; i++) {
		down[i] = (struct rig_flow){.number = 2 * i,
					    .direction = E2M_DOWNLINK,
					    .teid = 100 + i,
					    .bearer = 5,
					    .counter_octets = 1};
		up[i] = (struct rig_flow){.number = 2 * i + 1,
					  .direction = E2M_UPLINK,
					  .teid = 200 + i,
					  .bearer = 5,
					  .counter_octets = 1};
		rig_add_flow(&rig, &down[i]);
		rig_add_flow(&rig, &up[i]);
		rig_set_keyset(&rig, &down[i], 0, DATAPATH_KEY_READY, 3, key, 0);
		rig_set_keyset(&rig, &up[i], 0, DATAPATH_KEY_READY, 3, key, 0);
	}
	rig_forget(&rig);
}

static void tear_down(void)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		CU_ASSERT_EQUAL(rig_ended(&rig, side),
				rig_counter(&rig, side, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	npdu_key_free(key);
}

static struct rte_mbuf *make_down(const struct rig_flow *flow, unsigned i)
{
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, flow->teid, rig_npdu(30, i), 30);
	return rig_mbuf(frame.octets, frame.len);
}

static struct rte_mbuf *make_up(const struct rig_flow *flow, uint32_t count)
{
	rig_write_protected(&frame, NULL, flow, key, 3, count, rig_npdu(30, count), 30);
	return rig_mbuf(frame.octets, frame.len);
}

/* --- hand-over --- */

static void both_workers_own_tunnels(void)
{
	unsigned owned[2] = {0};

	set_up(2);
	for (unsigned i = 0; i < FLOWS; i++)
		owned[down[i].worker]++;
	CU_ASSERT_TRUE(owned[0] > 0 && owned[1] > 0);
	tear_down();
}

/* Whichever worker receives it, the owner has the COUNT. */
static void a_tunnel_has_one_count_whoever_receives(void)
{
	set_up(2);
	for (unsigned f = 0; f < FLOWS; f++) {
		for (unsigned i = 0; i < 10; i++) {
			struct rte_mbuf *m = make_down(&down[f], i);
			rig_process(&rig, i % 2, DATAPATH_CORE, &m, 1);
			rig_work(&rig);
		}
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 10);
		for (unsigned i = 0; i < 10; i++) {
			rig_write_protected(&frame, NULL, &down[f], key, 3, i, rig_npdu(30, i), 30);
			CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_ACCESS, i, &frame));
		}
		rig_forget(&rig);
	}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_HANDED_OVER), FLOWS * 5);
	tear_down();
}

static void a_replay_is_seen_whoever_receives(void)
{
	set_up(2);
	for (unsigned f = 0; f < FLOWS; f++)
		for (unsigned worker = 0; worker < 2; worker++) {
			struct rte_mbuf *m = make_up(&up[f], 0);
			rig_process(&rig, worker, DATAPATH_ACCESS, &m, 1);
			rig_work(&rig);
		}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_OPENED), FLOWS);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_REPLAY), FLOWS);
	tear_down();
}

static void a_burst_for_all_tunnels_keeps_each_in_order(void)
{
	struct rte_mbuf *burst[DATAPATH_BURST];
	unsigned next[FLOWS] = {0};

	set_up(2);
	for (unsigned round = 0; round < 4; round++) {
		for (unsigned i = 0; i < DATAPATH_BURST; i++)
			burst[i] = make_down(&down[i % FLOWS], 2 * round + i / FLOWS);
		rig_process(&rig, 0, DATAPATH_CORE, burst, DATAPATH_BURST);
	}
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 4 * DATAPATH_BURST);
	for (unsigned i = 0; i < rig.out_count[DATAPATH_ACCESS]; i++) {
		uint32_t len;
		const uint8_t *sent = rig_sent_octets(&rig, DATAPATH_ACCESS, i, &len);
		const unsigned f = sent[14 + 20 + 8 + 7] - 100U;
		CU_ASSERT_TRUE_FATAL(f < FLOWS);
		rig_write_protected(&frame, NULL, &down[f], key, 3, next[f], rig_npdu(30, next[f]),
				    30);
		CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_ACCESS, i, &frame));
		next[f]++;
	}
	tear_down();
}

static unsigned flow_of_worker(unsigned worker)
{
	unsigned f = 0;

	while (down[f].worker != worker)
		f++;
	return f;
}

static void a_full_hand_over_ring_drops_and_counts(void)
{
	set_up(2);
	const struct rig_flow *flow = &down[flow_of_worker(1)];
	for (unsigned i = 0; i < 1100; i++) {
		struct rte_mbuf *m = make_down(flow, i);
		rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_HANDOVER_FULL), 1100 - 1024);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 1024);
	tear_down();
}

static void what_was_handed_over_goes_with_the_worker(void)
{
	set_up(2);
	const struct rig_flow *flow = &down[flow_of_worker(1)];
	for (unsigned i = 0; i < 10; i++) {
		struct rte_mbuf *m = make_down(flow, i);
		rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	}
	rig_stop(&rig);
	npdu_key_free(key);
}

static void what_was_handed_over_finds_its_tunnel_stopped(void)
{
	set_up(2);
	const struct rig_flow *flow = &down[flow_of_worker(1)];
	struct rte_mbuf *m = make_down(flow, 0);
	rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	/* The command is executed before the ring is looked at. */
	rig_flow_command(&rig, flow, DATAPATH_STOP_FLOW, 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_TUNNEL_REMOVED), 1);
	tear_down();
}

static void both_sides_may_be_handed_over_together(void)
{
	set_up(2);
	for (unsigned f = 0; f < FLOWS; f++) {
		struct rte_mbuf *m = make_down(&down[f], 0);
		rig_process(&rig, !down[f].worker, DATAPATH_CORE, &m, 1);
		m = make_up(&up[f], 0);
		rig_process(&rig, !up[f].worker, DATAPATH_ACCESS, &m, 1);
	}
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PROTECTED), FLOWS);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_OPENED), FLOWS);
	tear_down();
}

/* --- rings to control --- */

static void a_full_command_ring_says_so(void)
{
	const struct datapath_command c = {.kind = DATAPATH_RELEASE_GTPC, .gtpc = UINT64_MAX};
	unsigned n = 0;

	set_up(1);
	while (datapath_command(rig.workers[0], &c) == 0)
		n++;
	CU_ASSERT_EQUAL(n, 4096);
	rig_work(&rig);
	CU_ASSERT_EQUAL(datapath_command(rig.workers[0], &c), 0);
	tear_down();
}

static void fill_events(unsigned count)
{
	const struct datapath_command c = {
		.kind = DATAPATH_RELEASE_GTPC, .acknowledge = 1, .gtpc = UINT64_MAX};

	for (unsigned i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(datapath_command(rig.workers[0], &c), 0);
		datapath_housekeep(rig.workers[0], rig.now);
	}
}

static unsigned drain(unsigned max, unsigned kind)
{
	struct datapath_event event;
	unsigned n = 0;

	while (max-- > 0 && datapath_events(rig.workers[0], &event, 1) > 0)
		n += event.kind == kind;
	return n;
}

/* An acknowledgement is never lost: a command waits for the place that its own needs. */
static void commands_wait_while_events_are_full(void)
{
	set_up(1);
	fill_events(8192);
	const struct datapath_command stop = {
		.kind = DATAPATH_STOP_FLOW, .acknowledge = 1, .flow = down[0].number, .cookie = 77};
	CU_ASSERT_EQUAL(datapath_command(rig.workers[0], &stop), 0);
	CU_ASSERT_EQUAL(datapath_housekeep(rig.workers[0], rig.now), 0);
	drain(1, 0);
	CU_ASSERT_EQUAL(datapath_housekeep(rig.workers[0], rig.now), 1);
	CU_ASSERT_EQUAL(drain(8191, UINT32_MAX), 0);
	struct datapath_event event;
	CU_ASSERT_EQUAL_FATAL(datapath_events(rig.workers[0], &event, 1), 1);
	CU_ASSERT_EQUAL(event.kind, DATAPATH_DONE);
	CU_ASSERT_EQUAL(event.cookie, 77);
	tear_down();
}

static void an_authentication_that_could_not_be_told_is_told_later(void)
{
	set_up(1);
	fill_events(8192 - 256);
	struct rte_mbuf *m = make_up(&up[0], 0);
	rig_process(&rig, 0, DATAPATH_ACCESS, &m, 1);
	CU_ASSERT_EQUAL(drain(UINT32_MAX, DATAPATH_AUTHENTICATED), 0);
	m = make_up(&up[0], 1);
	rig_process(&rig, 0, DATAPATH_ACCESS, &m, 1);
	CU_ASSERT_EQUAL(drain(UINT32_MAX, DATAPATH_AUTHENTICATED), 1);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_OPENED), 2);
	tear_down();
}

/* No other packet has to come for it: the worker asks again while one waits. */
static void a_miss_that_could_not_be_told_is_told_later(void)
{
	set_up(1);
	rig_change_keyset(&rig, &down[0], 0, DATAPATH_KEY_MISSING, 3, NULL);
	rig_forget(&rig);
	fill_events(8192 - 256);
	struct rte_mbuf *m = make_down(&down[0], 0);
	rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	CU_ASSERT_EQUAL(drain(UINT32_MAX, DATAPATH_MISS), 0);
	datapath_housekeep(rig.workers[0], rig.now);
	CU_ASSERT_EQUAL(drain(UINT32_MAX, DATAPATH_MISS), 1);
	datapath_housekeep(rig.workers[0], rig.now);
	CU_ASSERT_EQUAL(drain(UINT32_MAX, DATAPATH_MISS), 0);
	rig_change_keyset(&rig, &down[0], 0, DATAPATH_KEY_READY, 3, key);
	tear_down();
}

static void low_counts_that_could_not_be_told_are_told_later(void)
{
	set_up(1);
	rig_set_ceiling(&rig, &down[0], 0, 1, 0);
	rig_forget(&rig);
	fill_events(8192 - 256);
	for (unsigned i = 0; i < 2; i++) {
		struct rte_mbuf *m = make_down(&down[0], i);
		rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	}
	CU_ASSERT_EQUAL(drain(UINT32_MAX, DATAPATH_LOW), 0);
	datapath_housekeep(rig.workers[0], rig.now);
	CU_ASSERT_EQUAL(drain(UINT32_MAX, DATAPATH_LOW), 1);
	datapath_housekeep(rig.workers[0], rig.now);
	CU_ASSERT_EQUAL(drain(UINT32_MAX, DATAPATH_LOW), 0);
	rig_set_ceiling(&rig, &down[0], 0, 8, 4);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PROTECTED), 2);
	tear_down();
}

static void a_spent_keyset_that_could_not_be_told_is_told_later(void)
{
	set_up(1);
	rig_set_keyset(&rig, &down[0], 0, DATAPATH_KEY_READY, 3, key, UINT32_MAX);
	rig_forget(&rig);
	fill_events(8192 - 256);
	for (unsigned i = 0; i < 3; i++) {
		struct rte_mbuf *m = make_down(&down[0], i);
		rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
		CU_ASSERT_EQUAL(drain(UINT32_MAX, DATAPATH_SPENT), i == 1);
	}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_KEYSET_SPENT), 3);
	tear_down();
}

static void acknowledgements_come_in_the_order_of_commands(void)
{
	set_up(1);
	for (uint64_t i = 0; i < 100; i++) {
		const struct datapath_command c = {.kind = i % 2 ? DATAPATH_USE_KEYSET
								 : DATAPATH_SET_KEYSET,
						   .acknowledge = 1,
						   .flow = down[i % FLOWS].number,
						   .key_state = DATAPATH_KEY_READY,
						   .cookie = i,
						   .keyset = {.key = key, .key_id = 3}};
		CU_ASSERT_EQUAL(datapath_command(rig.workers[0], &c), 0);
	}
	rig_work(&rig);
	CU_ASSERT_EQUAL_FATAL(rig.event_count, 100);
	for (uint64_t i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(rig.events[i].cookie, i);
		CU_ASSERT_EQUAL(rig.events[i].flow, down[i % FLOWS].number);
	}
	tear_down();
}

/* --- what can be seen --- */

static void a_flow_shows_its_packets_and_counts(void)
{
	struct datapath_flow_view view;

	set_up(1);
	for (uint32_t i = 0; i < 3; i++) {
		struct rte_mbuf *m = make_up(&up[0], 2 * i);
		rig_process(&rig, 0, DATAPATH_ACCESS, &m, 1);
		m = make_down(&down[0], i);
		rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	}
	struct rte_mbuf *m = make_up(&up[0], 2);
	rig_process(&rig, 0, DATAPATH_ACCESS, &m, 1);
	datapath_view_flow(rig.workers[0], up[0].number, &view);
	CU_ASSERT_EQUAL(view.packets, 3);
	CU_ASSERT_EQUAL(view.dropped, 1);
	CU_ASSERT_EQUAL(view.count[0], 5);
	datapath_view_flow(rig.workers[0], down[0].number, &view);
	CU_ASSERT_EQUAL(view.packets, 3);
	CU_ASSERT_EQUAL(view.dropped, 0);
	CU_ASSERT_EQUAL(view.count[0], 3);
	tear_down();
}

static void octets_that_arrive_are_counted(void)
{
	set_up(1);
	struct rte_mbuf *m = make_down(&down[0], 0);
	const uint32_t len = m->pkt_len;
	rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_RX_OCTETS), len);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_RX_PACKETS), 1);
	tear_down();
}

static void every_counter_has_a_name_of_its_own(void)
{
	for (unsigned a = 0; a < DATAPATH_COUNTER_COUNT; a++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(datapath_counter_name(a));
		for (unsigned b = 0; b < a; b++)
			CU_ASSERT_STRING_NOT_EQUAL(datapath_counter_name(a),
						   datapath_counter_name(b));
	}
}

RIG_MAIN("datapath-worker", {"both workers own tunnels", both_workers_own_tunnels},
	 {"a tunnel has one COUNT whoever receives", a_tunnel_has_one_count_whoever_receives},
	 {"a replay is seen whoever receives", a_replay_is_seen_whoever_receives},
	 {"a burst for all tunnels keeps each in order",
	  a_burst_for_all_tunnels_keeps_each_in_order},
	 {"a full hand-over ring drops and counts", a_full_hand_over_ring_drops_and_counts},
	 {"what was handed over goes with the worker", what_was_handed_over_goes_with_the_worker},
	 {"what was handed over finds its tunnel stopped",
	  what_was_handed_over_finds_its_tunnel_stopped},
	 {"both sides may be handed over together", both_sides_may_be_handed_over_together},
	 {"a full command ring says so", a_full_command_ring_says_so},
	 {"commands wait while events are full", commands_wait_while_events_are_full},
	 {"an authentication that could not be told is told later",
	  an_authentication_that_could_not_be_told_is_told_later},
	 {"a miss that could not be told is told later",
	  a_miss_that_could_not_be_told_is_told_later},
	 {"low COUNTs that could not be told are told later",
	  low_counts_that_could_not_be_told_are_told_later},
	 {"a spent keyset that could not be told is told later",
	  a_spent_keyset_that_could_not_be_told_is_told_later},
	 {"acknowledgements come in the order of commands",
	  acknowledgements_come_in_the_order_of_commands},
	 {"a flow shows its packets and COUNTs", a_flow_shows_its_packets_and_counts},
	 {"octets that arrive are counted", octets_that_arrive_are_counted},
	 {"every counter has a name of its own", every_counter_has_a_name_of_its_own})
