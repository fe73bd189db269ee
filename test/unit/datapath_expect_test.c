/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of a tunnel that a request has named and nobody has accepted yet. */
#include "datapath_rig.h"

static struct rig rig;
static struct rig_flow up, down;
static struct npdu_key *key;

static void expect(const struct rig_flow *flow)
{
	struct datapath_command c = {.kind = DATAPATH_EXPECT_FLOW, .flow = flow->number};

	c.add.tunnel = rig_tunnel(flow->direction, flow->teid, flow->ipv6);
	c.add.direction = (uint8_t)flow->direction;
	rig_command(&rig, 0, &c);
}

static void set_up(void)
{
	rig_init(&rig);
	rig_start(&rig, 1);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
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
	expect(&up);
	expect(&down);
}

static void tear_down(void)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		CU_ASSERT_EQUAL(rig_ended(&rig, side),
				rig_counter(&rig, side, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	npdu_key_free(key);
}

static void send_down(unsigned i)
{
	static struct rig_frame frame;

	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid, rig_npdu(30, i), 30);
	rig_receive(&rig, DATAPATH_CORE, &frame);
}

static void send_up(uint32_t count)
{
	static struct rig_frame frame;

	rig_write_protected(&frame, NULL, &up, key, 3, count, rig_npdu(30, count), 30);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
}

static bool left_protected(unsigned nth)
{
	static struct rig_frame frame;

	rig_write_protected(&frame, NULL, &down, key, 3, nth, rig_npdu(30, nth), 30);
	return rig_sent(&rig, DATAPATH_ACCESS, nth, &frame);
}

static bool left_opened(unsigned nth)
{
	static struct rig_frame frame;

	rig_write_gpdu(&frame, NULL, E2M_UPLINK, up.teid, rig_npdu(30, nth), 30);
	return rig_sent(&rig, DATAPATH_CORE, nth, &frame);
}

/* As control makes a session of it. */
static void begin(struct rig_flow *flow, enum datapath_key_state state)
{
	rig_add_flow(&rig, flow);
	rig_set_keyset(&rig, flow, 1, state, 3, state == DATAPATH_KEY_READY ? key : NULL, 0);
	rig_flow_command(&rig, flow, DATAPATH_USE_KEYSET, 1);
}

static void nothing_crosses_and_nobody_is_asked(void)
{
	set_up();
	send_down(0);
	send_up(0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS] + rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 2);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_MISS), 0);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_MISS), 0);
	rig_flow_command(&rig, &up, DATAPATH_REMOVE_FLOW, 0);
	rig_flow_command(&rig, &down, DATAPATH_REMOVE_FLOW, 0);
	tear_down();
}

static void what_is_held_leaves_protected_and_in_order(void)
{
	set_up();
	for (unsigned i = 0; i < 6; i++)
		send_down(i);
	begin(&down, DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 6);
	for (unsigned i = 0; i < 6; i++)
		CU_ASSERT_TRUE(left_protected(i));
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_HELD), 6);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_RELEASED), 6);
	tear_down();
}

static void what_is_held_uplink_is_opened_in_order(void)
{
	set_up();
	for (unsigned i = 0; i < 6; i++)
		send_up(i);
	begin(&up, DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 6);
	for (unsigned i = 0; i < 6; i++)
		CU_ASSERT_TRUE(left_opened(i));
	tear_down();
}

static void what_is_held_asks_for_its_key_when_it_has_a_session(void)
{
	set_up();
	send_down(0);
	send_up(0);
	begin(&down, DATAPATH_KEY_MISSING);
	begin(&up, DATAPATH_KEY_MISSING);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_MISS), 2);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS] + rig.out_count[DATAPATH_CORE], 0);
	rig_change_keyset(&rig, &down, 1, DATAPATH_KEY_READY, 3, key);
	rig_change_keyset(&rig, &up, 1, DATAPATH_KEY_READY, 3, key);
	CU_ASSERT_TRUE(left_protected(0));
	CU_ASSERT_TRUE(left_opened(0));
	tear_down();
}

static void what_is_held_is_dropped_when_nobody_takes_it(void)
{
	set_up();
	send_down(0);
	rig_flow_command(&rig, &down, DATAPATH_REMOVE_FLOW, 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_TUNNEL_REMOVED), 1);
	/* And then it is a tunnel like any other. */
	send_down(1);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PASSED), 1);
	tear_down();
}

static void a_clear_uplink_packet_does_not_cross(void)
{
	static struct rig_frame frame;

	set_up();
	rig_write_gpdu(&frame, NULL, E2M_UPLINK, up.teid, rig_npdu(30, 1), 30);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	begin(&up, DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

static void what_is_held_is_bounded(void)
{
	set_up();
	for (unsigned i = 0; i < rig.config.hold_packets_per_flow + 5; i++)
		send_down(i);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), rig.config.hold_packets_per_flow);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_HOLD_OVERFLOW), 5);
	rig_flow_command(&rig, &down, DATAPATH_REMOVE_FLOW, 0);
	tear_down();
}

RIG_MAIN("datapath-expect",
	 {"nothing crosses and nobody is asked", nothing_crosses_and_nobody_is_asked},
	 {"what is held leaves protected and in order", what_is_held_leaves_protected_and_in_order},
	 {"what is held uplink is opened in order", what_is_held_uplink_is_opened_in_order},
	 {"what is held asks for its key when it has a session",
	  what_is_held_asks_for_its_key_when_it_has_a_session},
	 {"what is held is dropped when nobody takes it",
	  what_is_held_is_dropped_when_nobody_takes_it},
	 {"a clear uplink packet does not cross", a_clear_uplink_packet_does_not_cross},
	 {"what is held is bounded", what_is_held_is_bounded})
