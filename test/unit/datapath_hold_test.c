/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets that wait for a keyset, and keysets and tunnels that come, change and go meanwhile. */
#include "datapath_rig.h"

static struct rig rig;
static struct rig_flow up, down, other;
static struct npdu_key *key, *next_key;

/* Key ID 3 in place 0, not pulled yet. */
static void set_up(void)
{
	rig_init(&rig);
	rig_start(&rig, 1);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	next_key = rig_key(E2M_EEA3, E2M_EIA3, 8, 2);
	up = (struct rig_flow){.number = 0,
			       .direction = E2M_UPLINK,
			       .teid = 0xa1,
			       .bearer = 5,
			       .counter_octets = 1};
	down = (struct rig_flow){.number = 1,
				 .direction = E2M_DOWNLINK,
				 .teid = 0xb2,
				 .bearer = 5,
				 .counter_octets = 1};
	other = (struct rig_flow){.number = 2,
				  .direction = E2M_DOWNLINK,
				  .teid = 0xc3,
				  .bearer = 6,
				  .counter_octets = 1};
	rig_add_flow(&rig, &up);
	rig_add_flow(&rig, &down);
	rig_add_flow(&rig, &other);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_MISSING, 3, NULL, 0);
	rig_set_keyset(&rig, &down, 0, DATAPATH_KEY_MISSING, 3, NULL, 0);
	rig_set_keyset(&rig, &other, 0, DATAPATH_KEY_MISSING, 3, NULL, 0);
	rig_forget(&rig);
}

static void tear_down(void)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		CU_ASSERT_EQUAL(rig_ended(&rig, side) +
					(side == DATAPATH_CORE ? datapath_held(rig.workers[0]) : 0),
				rig_counter(&rig, side, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	npdu_key_free(key);
	npdu_key_free(next_key);
}

static uint64_t counted(enum datapath_side side, enum datapath_counter counter)
{
	return rig_counter(&rig, side, counter);
}

/* The ith N-PDU of a tunnel is made of i. */
static void send_down(const struct rig_flow *flow, unsigned i)
{
	static struct rig_frame frame;

	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, flow->teid, rig_npdu(30, i), 30);
	rig_receive(&rig, DATAPATH_CORE, &frame);
}

static void send_up(const struct npdu_key *k, uint8_t key_id, uint32_t count)
{
	static struct rig_frame frame;

	rig_write_protected(&frame, NULL, &up, k, key_id, count, rig_npdu(30, count), 30);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
}

static bool left_protected(unsigned nth, const struct rig_flow *flow, const struct npdu_key *k,
			   uint8_t key_id, uint32_t count, unsigned i)
{
	static struct rig_frame frame;

	rig_write_protected(&frame, NULL, flow, k, key_id, count, rig_npdu(30, i), 30);
	return rig_sent(&rig, DATAPATH_ACCESS, nth, &frame);
}

static bool left_opened(unsigned nth, uint32_t count)
{
	static struct rig_frame frame;

	rig_write_gpdu(&frame, NULL, E2M_UPLINK, up.teid, rig_npdu(30, count), 30);
	return rig_sent(&rig, DATAPATH_CORE, nth, &frame);
}

/* --- waiting --- */

static void downlink_waits_and_leaves_in_order(void)
{
	set_up();
	for (unsigned i = 0; i < 8; i++)
		send_down(&down, i);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 8);
	rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 8);
	for (unsigned i = 0; i < 8; i++)
		CU_ASSERT_TRUE(left_protected(i, &down, key, 3, i, i));
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_HELD), 8);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_RELEASED), 8);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	tear_down();
}

static void uplink_waits_and_leaves_in_order(void)
{
	set_up();
	for (unsigned i = 0; i < 8; i++)
		send_up(key, 3, i);
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 8);
	for (unsigned i = 0; i < 8; i++)
		CU_ASSERT_TRUE(left_opened(i, i));
	tear_down();
}

static void what_waited_is_still_checked(void)
{
	set_up();
	send_up(next_key, 3, 0);
	send_up(key, 3, 0);
	send_up(key, 3, 0);
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_OPENED), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_DROP_REPLAY), 1);
	tear_down();
}

/* Malformed and of an unknown Key ID: no reason to wait. */
static void what_no_key_would_save_does_not_wait(void)
{
	static struct rig_frame frame;

	set_up();
	rig_write_gpdu(&frame, NULL, E2M_UPLINK, up.teid, rig_npdu(30, 0), 0);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	send_up(key, 5, 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_DROP_MALFORMED), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_DROP_UNKNOWN_KEY_ID), 1);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	tear_down();
}

static void a_miss_is_told_once(void)
{
	set_up();
	send_down(&down, 0);
	send_down(&down, 1);
	send_down(&other, 0);
	rig_work(&rig);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_MISS), 2);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_MISS, 0)->flow, down.number);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_MISS, 0)->session, down.number + 1000);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_MISS, 0)->slot, 0);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_MISS, 1)->flow, other.number);
	tear_down();
}

static void a_miss_is_told_again_once_the_state_is_set(void)
{
	set_up();
	send_down(&down, 0);
	rig_work(&rig);
	rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_MISSING, 3, NULL);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_MISS), 2);
	tear_down();
}

static void of_a_full_queue_the_oldest_is_dropped(void)
{
	set_up();
	for (unsigned i = 0; i < 11; i++)
		send_down(&down, i);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_HOLD_OVERFLOW), 3);
	rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 8);
	for (unsigned i = 0; i < 8; i++)
		CU_ASSERT_TRUE(left_protected(i, &down, key, 3, i, i + 3));
	tear_down();
}

static void the_worker_holds_no_more_than_its_total(void)
{
	rig_init(&rig);
	rig.config.hold_packets_total = 5;
	rig_start(&rig, 1);
	struct rig_flow flows[4];
	for (uint32_t f = 0; f < 4; f++) {
		flows[f] = (struct rig_flow){
			.number = f, .direction = E2M_DOWNLINK, .teid = 10 + f, .bearer = 5};
		rig_add_flow(&rig, &flows[f]);
		rig_set_keyset(&rig, &flows[f], 0, DATAPATH_KEY_MISSING, 3, NULL, 0);
	}
	for (unsigned i = 0; i < 20; i++) {
		send_down(&flows[i % 4], i);
		CU_ASSERT_TRUE(datapath_held(rig.workers[0]) <= 5);
	}
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 5);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_HOLD_OVERFLOW), 15);
	rig_stop(&rig);
}

static void what_waits_too_long_is_dropped(void)
{
	set_up();
	send_down(&down, 0);
	rig_wait_ms(&rig, 60);
	send_down(&down, 1);
	send_down(&other, 0);
	rig_wait_ms(&rig, 60); /* 100 is the limit */
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_HOLD_EXPIRED), 1);
	rig_wait_ms(&rig, 60);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_HOLD_EXPIRED), 3);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	tear_down();
}

static void limits_may_change(void)
{
	const struct datapath_command limits = {
		.kind = DATAPATH_SET_LIMITS,
		.limits = {.hold_ms = 30, .hold_packets_per_flow = 2, .gtpc_hold_ms = 10}};

	set_up();
	rig_command(&rig, 0, &limits);
	for (unsigned i = 0; i < 4; i++)
		send_down(&down, i);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 2);
	rig_wait_ms(&rig, 60); /* 100 was the limit */
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	tear_down();
}

static void many_flows_expire_too(void)
{
	struct rig_flow flow;

	rig_init(&rig);
	rig.config.hold_packets_total = 200;
	rig_start(&rig, 1);
	for (uint32_t f = 0; f < 100; f++) {
		flow = (struct rig_flow){
			.number = f, .direction = E2M_DOWNLINK, .teid = 10 + f, .bearer = 5};
		rig_add_flow(&rig, &flow);
		rig_set_keyset(&rig, &flow, 0, DATAPATH_KEY_MISSING, 3, NULL, 0);
		send_down(&flow, 0);
	}
	for (int round = 0; round < 20; round++)
		rig_wait_ms(&rig, round == 0 ? 120 : 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_HOLD_EXPIRED), 100);
	rig_stop(&rig);
}

static void a_refusal_drops_what_waits(void)
{
	set_up();
	send_down(&down, 0);
	send_up(key, 3, 0);
	rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_FAILED, 3, NULL);
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_FAILED, 3, NULL);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_NO_KEYSET), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_DROP_NO_KEYSET), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_RELEASED), 0);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	tear_down();
}

static void a_keyset_without_a_key_in_use_drops_downlink(void)
{
	set_up();
	rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_NONE, 0, NULL);
	send_down(&down, 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_NO_KEYSET), 1);
	tear_down();
}

/* --- two keysets --- */

static void downlink_uses_the_keyset_that_it_is_told_to(void)
{
	set_up();
	rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key);
	rig_set_keyset(&rig, &down, 1, DATAPATH_KEY_READY, 4, next_key, 0);
	send_down(&down, 0);
	rig_flow_command(&rig, &down, DATAPATH_USE_KEYSET, 1);
	send_down(&down, 1);
	rig_flow_command(&rig, &down, DATAPATH_USE_KEYSET, 0);
	send_down(&down, 2);
	CU_ASSERT_TRUE(left_protected(0, &down, key, 3, 0, 0));
	CU_ASSERT_TRUE(left_protected(1, &down, next_key, 4, 0, 1));
	CU_ASSERT_TRUE(left_protected(2, &down, key, 3, 1, 2));
	tear_down();
}

/* Downlink changes over while packets wait for the keyset before: they leave first, under the new. */
static void a_changeover_lets_what_waits_go_in_order(void)
{
	set_up();
	send_down(&down, 0);
	send_down(&down, 1);
	rig_set_keyset(&rig, &down, 1, DATAPATH_KEY_READY, 4, next_key, 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	rig_flow_command(&rig, &down, DATAPATH_USE_KEYSET, 1);
	send_down(&down, 2);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 3);
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_TRUE(left_protected(i, &down, next_key, 4, i, i));
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_RELEASED), 2);
	tear_down();
}

static void a_changeover_to_a_missing_keyset_asks_for_it(void)
{
	set_up();
	send_down(&down, 0);
	rig_work(&rig);
	rig_set_keyset(&rig, &down, 1, DATAPATH_KEY_MISSING, 4, NULL, 0);
	rig_flow_command(&rig, &down, DATAPATH_USE_KEYSET, 1);
	rig_work(&rig);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_MISS), 2);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_MISS, 1)->slot, 1);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 1);
	rig_set_keyset(&rig, &down, 1, DATAPATH_KEY_READY, 4, next_key, 0);
	CU_ASSERT_TRUE(left_protected(0, &down, next_key, 4, 0, 0));
	tear_down();
}

/* Of what waits, one keyset's goes and the other's stays, in order. */
static void uplink_of_two_keysets_waits_for_each(void)
{
	set_up();
	rig_set_keyset(&rig, &up, 1, DATAPATH_KEY_MISSING, 4, NULL, 0);
	for (uint32_t i = 0; i < 3; i++) {
		send_up(key, 3, i);
		send_up(next_key, 4, 10 + i);
	}
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_MISS), 2);
	rig_change_keyset(&rig, &up, 1, DATAPATH_KEY_READY, 4, next_key);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 3);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 3);
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key);
	for (uint32_t i = 0; i < 3; i++) {
		CU_ASSERT_TRUE(left_opened(i, 10 + i));
		CU_ASSERT_TRUE(left_opened(3 + i, i));
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_HELD), 6);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_RELEASED), 6);
	tear_down();
}

/* The place goes to another keyset while packets of the one before wait there. */
static void a_keyset_that_is_replaced_takes_its_waiting_packets_along(void)
{
	set_up();
	send_up(key, 3, 0);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_MISSING, 4, NULL, 0);
	send_up(next_key, 4, 0);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 4, next_key, 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_DROP_UNKNOWN_KEY_ID), 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	tear_down();
}

/* --- tunnels that end --- */

static void late_packets_of_a_stopped_tunnel_are_dropped(void)
{
	set_up();
	rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key);
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key);
	rig_flow_command(&rig, &down, DATAPATH_STOP_FLOW, 0);
	rig_flow_command(&rig, &up, DATAPATH_STOP_FLOW, 0);
	send_down(&down, 0);
	send_up(key, 3, 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_TUNNEL_REMOVED), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_DROP_TUNNEL_REMOVED), 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS] + rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

static void a_stop_drops_what_waits_and_tells_the_counts(void)
{
	set_up();
	rig_change_keyset(&rig, &other, 0, DATAPATH_KEY_READY, 3, key);
	rig_set_keyset(&rig, &other, 1, DATAPATH_KEY_READY, 4, next_key, 77);
	for (unsigned i = 0; i < 5; i++)
		send_down(&other, i);
	rig_change_keyset(&rig, &other, 0, DATAPATH_KEY_MISSING, 3, NULL);
	send_down(&other, 5);
	rig_forget(&rig);
	rig_flow_command(&rig, &other, DATAPATH_STOP_FLOW, 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_TUNNEL_REMOVED), 1);
	const struct datapath_event *done = rig_event(&rig, DATAPATH_DONE, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(done);
	CU_ASSERT_EQUAL(done->command_kind, DATAPATH_STOP_FLOW);
	CU_ASSERT_EQUAL(done->count[0], 5);
	CU_ASSERT_EQUAL(done->count[1], 77);
	CU_ASSERT_EQUAL(done->side, E2M_DOWNLINK);
	tear_down();
}

static void a_removed_tunnel_is_unknown(void)
{
	static struct rig_frame frame;

	set_up();
	rig_flow_command(&rig, &down, DATAPATH_STOP_FLOW, 0);
	rig_flow_command(&rig, &down, DATAPATH_REMOVE_FLOW, 0);
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid, rig_npdu(30, 0), 30);
	rig_receive(&rig, DATAPATH_CORE, &frame);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_PASSED), 1);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_ACCESS, 0, &frame));
	tear_down();
}

static void removal_alone_drops_what_waits(void)
{
	set_up();
	send_down(&down, 0);
	rig_flow_command(&rig, &down, DATAPATH_REMOVE_FLOW, 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_TUNNEL_REMOVED), 1);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	tear_down();
}

/* e2m.md 7: not twice, though the tunnel is removed and made again. */
static void a_tunnel_made_again_goes_on_with_its_counts(void)
{
	set_up();
	rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key);
	for (unsigned i = 0; i < 5; i++)
		send_down(&down, i);
	rig_forget(&rig);
	rig_flow_command(&rig, &down, DATAPATH_STOP_FLOW, 0);
	const uint32_t count = rig_event(&rig, DATAPATH_DONE, 0)->count[0];
	rig_flow_command(&rig, &down, DATAPATH_REMOVE_FLOW, 0);
	rig_add_flow(&rig, &down);
	rig_set_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key, count);
	send_down(&down, 5);
	CU_ASSERT_TRUE(left_protected(0, &down, key, 3, 5, 5));
	tear_down();
}

/* An Update moves the downlink tunnel; the COUNTs go along, the old tunnel drops. */
static void a_moved_tunnel_goes_on_with_its_counts(void)
{
	set_up();
	rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key);
	send_down(&down, 0);
	rig_forget(&rig);
	rig_flow_command(&rig, &down, DATAPATH_STOP_FLOW, 0);
	struct rig_flow moved = down;
	moved.number = 9;
	moved.teid = 0xd4;
	rig_add_flow(&rig, &moved);
	rig_set_keyset(&rig, &moved, 0, DATAPATH_KEY_READY, 3, key,
		       rig_event(&rig, DATAPATH_DONE, 0)->count[0]);
	send_down(&moved, 1);
	send_down(&down, 2);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 1);
	CU_ASSERT_TRUE(left_protected(0, &moved, key, 3, 1, 1));
	tear_down();
}

/* A key that was taken back may be freed: nothing of it is used any more, though another key comes to
 * stand where it stood. */
static void a_key_may_be_freed_once_it_was_replaced(void)
{
	set_up();
	for (unsigned round = 0; round < 50; round++) {
		struct npdu_key *k = rig_key(E2M_EEA2, E2M_EIA2, 8, 10 + round);
		rig_set_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, k, 0);
		for (unsigned i = 0; i < 20; i++)
			send_down(&down, i);
		for (unsigned i = 0; i < 20; i++)
			CU_ASSERT_TRUE(left_protected(i, &down, k, 3, i, i));
		rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_MISSING, 3, NULL);
		npdu_key_free(k);
		rig_forget(&rig);
	}
	tear_down();
}

static void what_waits_goes_with_the_worker(void)
{
	set_up();
	send_down(&down, 0);
	send_down(&other, 0);
	send_up(key, 3, 0);
	rig_stop(&rig);
	npdu_key_free(key);
	npdu_key_free(next_key);
}

RIG_MAIN("datapath-hold",
	 {"downlink waits and leaves in order", downlink_waits_and_leaves_in_order},
	 {"uplink waits and leaves in order", uplink_waits_and_leaves_in_order},
	 {"what waited is still checked", what_waited_is_still_checked},
	 {"what no key would save does not wait", what_no_key_would_save_does_not_wait},
	 {"a miss is told once", a_miss_is_told_once},
	 {"a miss is told again once the state is set", a_miss_is_told_again_once_the_state_is_set},
	 {"of a full queue the oldest is dropped", of_a_full_queue_the_oldest_is_dropped},
	 {"the worker holds no more than its total", the_worker_holds_no_more_than_its_total},
	 {"what waits too long is dropped", what_waits_too_long_is_dropped},
	 {"limits may change", limits_may_change}, {"many flows expire too", many_flows_expire_too},
	 {"a refusal drops what waits", a_refusal_drops_what_waits},
	 {"a keyset without a key in use drops downlink",
	  a_keyset_without_a_key_in_use_drops_downlink},
	 {"downlink uses the keyset that it is told to",
	  downlink_uses_the_keyset_that_it_is_told_to},
	 {"a changeover lets what waits go in order", a_changeover_lets_what_waits_go_in_order},
	 {"a changeover to a missing keyset asks for it",
	  a_changeover_to_a_missing_keyset_asks_for_it},
	 {"uplink of two keysets waits for each", uplink_of_two_keysets_waits_for_each},
	 {"a keyset that is replaced takes its waiting packets along",
	  a_keyset_that_is_replaced_takes_its_waiting_packets_along},
	 {"late packets of a stopped tunnel are dropped",
	  late_packets_of_a_stopped_tunnel_are_dropped},
	 {"a stop drops what waits and tells the COUNTs",
	  a_stop_drops_what_waits_and_tells_the_counts},
	 {"a removed tunnel is unknown", a_removed_tunnel_is_unknown},
	 {"removal alone drops what waits", removal_alone_drops_what_waits},
	 {"a tunnel made again goes on with its COUNTs",
	  a_tunnel_made_again_goes_on_with_its_counts},
	 {"a moved tunnel goes on with its COUNTs", a_moved_tunnel_goes_on_with_its_counts},
	 {"a key may be freed once it was replaced", a_key_may_be_freed_once_it_was_replaced},
	 {"what waits goes with the worker", what_waits_goes_with_the_worker})
