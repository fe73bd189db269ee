/* SPDX-License-Identifier: BSD-3-Clause */
/* COUNTs that may not be used yet: nothing with one of them leaves, and what waits for them leaves in order
 * when it may. */
#include "datapath_rig.h"

static struct rig rig;
static struct rig_flow up, down;
static struct npdu_key *key, *next_key;

/* Key ID 3 in place 0, ready in both directions; no COUNT may be used. */
static void start(void)
{
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
	rig_add_flow(&rig, &up);
	rig_add_flow(&rig, &down);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 0);
	rig_set_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key, 0);
	rig_set_ceiling(&rig, &up, 0, 0, DATAPATH_NO_MARK);
	rig_set_ceiling(&rig, &down, 0, 0, DATAPATH_NO_MARK);
	rig_forget(&rig);
}

static void set_up(void)
{
	rig_init(&rig);
	start();
}

static void tear_down(void)
{
	CU_ASSERT_EQUAL(rig_ended(&rig, DATAPATH_ACCESS) + rig_ended(&rig, DATAPATH_CORE) +
				datapath_held(rig.workers[0]),
			rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_RX_PACKETS) +
				rig_counter(&rig, DATAPATH_CORE, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	npdu_key_free(key);
	npdu_key_free(next_key);
}

static uint64_t counted(enum datapath_side side, enum datapath_counter counter)
{
	return rig_counter(&rig, side, counter);
}

/* The ith N-PDU of a tunnel is made of i. */
static void send_down(unsigned i)
{
	static struct rig_frame frame;

	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid, rig_npdu(30, i), 30);
	rig_receive(&rig, DATAPATH_CORE, &frame);
	rig_work(&rig);
}

static void send_up(const struct npdu_key *k, uint8_t key_id, uint32_t count)
{
	static struct rig_frame frame;

	rig_write_protected(&frame, NULL, &up, k, key_id, count, rig_npdu(30, count), 30);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	rig_work(&rig);
}

static bool left_protected(unsigned nth, uint32_t count, unsigned i)
{
	static struct rig_frame frame;

	rig_write_protected(&frame, NULL, &down, key, 3, count, rig_npdu(30, i), 30);
	return rig_sent(&rig, DATAPATH_ACCESS, nth, &frame);
}

static bool left_opened(unsigned nth, uint32_t count)
{
	static struct rig_frame frame;

	rig_write_gpdu(&frame, NULL, E2M_UPLINK, up.teid, rig_npdu(30, count), 30);
	return rig_sent(&rig, DATAPATH_CORE, nth, &frame);
}

/* --- downlink --- */

static void downlink_sends_nothing_at_the_ceiling_and_goes_on_in_order(void)
{
	set_up();
	send_down(0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	rig_set_ceiling(&rig, &down, 0, 4, 2);
	for (unsigned i = 1; i < 7; i++)
		send_down(i);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 4);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 3);
	rig_set_ceiling(&rig, &down, 0, 6, 6);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 6);
	send_down(7);
	rig_set_ceiling(&rig, &down, 0, 100, 50);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 8);
	for (unsigned i = 0; i < 8; i++)
		CU_ASSERT_TRUE(left_protected(i, i, i));
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_HELD_CEILING), 5);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_HELD), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_RELEASED), 0);
	tear_down();
}

static void more_is_asked_for_once_at_the_mark(void)
{
	const struct datapath_event *event;

	set_up();
	rig_set_ceiling(&rig, &down, 0, 8, 4);
	for (unsigned i = 0; i < 4; i++)
		send_down(i);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_LOW), 0);
	send_down(4);
	send_down(5);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_LOW), 1);
	event = rig_event(&rig, DATAPATH_LOW, 0);
	CU_ASSERT_EQUAL(event->slot, 0);
	CU_ASSERT_EQUAL(event->flow, down.number);
	CU_ASSERT_EQUAL(event->cookie, 8);
	CU_ASSERT_EQUAL(event->count[0], 5);
	rig_set_ceiling(&rig, &down, 0, 16, 12);
	for (unsigned i = 6; i < 13; i++)
		send_down(i);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_LOW), 2);
	tear_down();
}

/* COUNTs for what waits already are asked for with that for the next. */
static void what_waits_is_asked_for_too(void)
{
	const struct datapath_event *event;

	set_up();
	for (unsigned i = 0; i < 5; i++)
		send_down(i);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_LOW), 0); /* more is on its way */
	rig_set_ceiling(&rig, &down, 0, 2, 1);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_LOW), 1);
	event = rig_event(&rig, DATAPATH_LOW, 0);
	CU_ASSERT_EQUAL(event->cookie, 2);
	CU_ASSERT_EQUAL(event->count[0], 5);
	tear_down();
}

/* Packets that wait for COUNTs are not COUNTs used: a ceiling must not grow with them. */
static void downlink_tells_the_counts_used_apart_from_what_waits(void)
{
	set_up();
	for (unsigned i = 0; i < 5; i++)
		send_down(i);
	rig_set_ceiling(&rig, &down, 0, 2, 1);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_LOW), 1);
	/* At the mark one COUNT was used, and four packets need one. */
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_LOW, 0)->used, 1);
	CU_ASSERT_PTR_EQUAL(rig_event(&rig, DATAPATH_LOW, 0)->key, key);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_LOW, 0)->count[0], 5);
	tear_down();
}

/* One write of the disk is to serve all of them, and no more than that is asked for. */
static void uplink_asks_for_all_that_wait_at_once(void)
{
	set_up();
	for (uint32_t count = 0; count < 6; count++)
		send_up(key, 3, count);
	rig_set_ceiling(&rig, &up, 0, 1, 1);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_LOW), 1);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_LOW, 0)->count[0], 6);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_LOW, 0)->used, 6);
	tear_down();
}

/* Nothing may be used yet, and nobody has asked: as after a restart. */
static void the_first_packet_asks_where_nobody_has(void)
{
	set_up();
	rig_set_ceiling(&rig, &down, 0, 0, 0);
	rig_set_ceiling(&rig, &up, 0, 0, 0);
	send_down(0);
	send_down(1);
	send_up(key, 3, 0);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_LOW), 2);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_LOW, 0)->flow, down.number);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_LOW, 0)->count[0], 1);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_LOW, 1)->flow, up.number);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 3);
	tear_down();
}

static void what_waits_too_long_or_is_too_much_has_a_name_of_its_own(void)
{
	set_up();
	for (unsigned i = 0; i < 10; i++)
		send_down(i);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_CEILING), 2);
	rig_wait_ms(&rig, 101);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_CEILING), 10);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_HOLD_EXPIRED), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_HOLD_OVERFLOW), 0);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	tear_down();
}

static void a_packet_may_wait_for_its_key_and_then_for_its_count(void)
{
	set_up();
	rig_change_keyset(&rig, &down, 0, DATAPATH_KEY_MISSING, 3, NULL);
	send_down(0);
	/* The key comes, and the ceiling is as low as the COUNT is. */
	struct datapath_command c = {.kind = DATAPATH_SET_KEYSET,
				     .key_state = DATAPATH_KEY_READY,
				     .flow = down.number,
				     .keyset = {.key = key, .count = 40, .ceiling = {40, 40}}};
	c.keyset.key_id = 3;
	rig_command(&rig, 0, &c);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	rig_set_ceiling(&rig, &down, 0, 44, 42);
	CU_ASSERT_TRUE(left_protected(0, 40, 0));
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_HELD), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_RELEASED), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_HELD_CEILING), 1);
	tear_down();
}

static void the_end_of_count_needs_no_ceiling(void)
{
	set_up();
	rig_set_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key, UINT32_MAX - 2);
	rig_set_ceiling(&rig, &down, 0, UINT32_MAX, UINT32_MAX - 2);
	for (unsigned i = 0; i < 3; i++)
		send_down(i);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 2);
	CU_ASSERT_TRUE(left_protected(1, UINT32_MAX - 1, 1));
	CU_ASSERT_EQUAL(counted(DATAPATH_CORE, DATAPATH_DROP_KEYSET_SPENT), 1);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_SPENT), 1);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_LOW), 1);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_LOW, 0)->count[0], UINT32_MAX - 1);
	tear_down();
}

/* --- uplink --- */

static void uplink_delivers_nothing_at_the_ceiling_and_goes_on_in_order(void)
{
	set_up();
	rig_set_ceiling(&rig, &up, 0, 3, 1);
	for (uint32_t count = 0; count < 6; count++)
		send_up(key, 3, count);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 3);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 3);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_OPENED), 3);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_HELD_CEILING), 3);
	rig_set_ceiling(&rig, &up, 0, 5, 5);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 5);
	rig_set_ceiling(&rig, &up, 0, 100, 50);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 6);
	for (uint32_t count = 0; count < 6; count++)
		CU_ASSERT_TRUE(left_opened(count, count));
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_OPENED), 6);
	tear_down();
}

static void what_waits_is_not_taken_twice(void)
{
	set_up();
	rig_set_ceiling(&rig, &up, 0, 1, 0);
	send_up(key, 3, 2);
	send_up(key, 3, 2);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_DROP_REPLAY), 1);
	/* One that is late, and below the ceiling, does not wait behind it. */
	send_up(key, 3, 0);
	CU_ASSERT_TRUE(left_opened(0, 0));
	rig_set_ceiling(&rig, &up, 0, 8, 4);
	CU_ASSERT_TRUE(left_opened(1, 2));
	tear_down();
}

static void a_jump_is_asked_for(void)
{
	set_up();
	rig_set_ceiling(&rig, &up, 0, 4, 2);
	send_up(key, 3, 500);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_LOW), 1);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_LOW, 0)->count[0], 501);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 1);
	tear_down();
}

/* Else whoever can send to the GGSN could make a crash as costly as it likes. */
static void what_is_not_authentic_asks_for_nothing_and_does_not_wait(void)
{
	set_up();
	rig_set_ceiling(&rig, &up, 0, 4, 2);
	send_up(next_key, 3, 500);
	send_up(next_key, 3, 3);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_DROP_BAD_MAC), 2);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_LOW), 0);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	tear_down();
}

/* More than one burst, with packets before and behind that the new ceiling does not cover. */
static void many_are_released_in_order(void)
{
	rig_init(&rig);
	rig.config.hold_packets_per_flow = 200;
	rig.config.hold_packets_total = 400;
	start();
	for (uint32_t count = 0; count < 150; count++)
		send_up(key, 3, count);
	rig_set_ceiling(&rig, &up, 0, 70, 70);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 70);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 80);
	rig_set_ceiling(&rig, &up, 0, 150, 150);
	for (uint32_t count = 0; count < 150; count++)
		CU_ASSERT_TRUE(left_opened(count, count));
	tear_down();
}

/* Its keyset left its place: no ceiling of another keyset speaks for it. */
static void what_waits_ends_with_its_keyset(void)
{
	set_up();
	send_up(key, 3, 0);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, next_key, 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_DROP_CEILING), 1);
	tear_down();
}

/* ... and stays while only its key goes. */
static void what_waits_stays_when_the_key_is_flushed(void)
{
	struct datapath_command flush = {.kind = DATAPATH_SET_KEYSET,
					 .key_state = DATAPATH_KEY_MISSING};

	set_up();
	flush.flow = up.number;
	flush.keyset.key_id = 3;
	flush.keyset.keep_count = true;
	send_up(key, 3, 0);
	rig_command(&rig, 0, &flush);
	send_up(key, 3, 1);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 2);
	rig_set_ceiling(&rig, &up, 0, 8, 4);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	CU_ASSERT_TRUE(left_opened(0, 0));
	rig_change_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key);
	CU_ASSERT_TRUE(left_opened(1, 1));
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_HELD), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_ACCESS, DATAPATH_RELEASED), 1);
	tear_down();
}

RIG_MAIN("datapath-ceiling",
	 {"downlink sends nothing at the ceiling, and goes on in order",
	  downlink_sends_nothing_at_the_ceiling_and_goes_on_in_order},
	 {"more is asked for once, at the mark", more_is_asked_for_once_at_the_mark},
	 {"what waits is asked for too", what_waits_is_asked_for_too},
	 {"downlink tells the COUNTs used apart from what waits",
	  downlink_tells_the_counts_used_apart_from_what_waits},
	 {"uplink asks for all that wait at once", uplink_asks_for_all_that_wait_at_once},
	 {"the first packet asks where nobody has", the_first_packet_asks_where_nobody_has},
	 {"what waits too long, or is too much, has a name of its own",
	  what_waits_too_long_or_is_too_much_has_a_name_of_its_own},
	 {"a packet may wait for its key and then for its COUNT",
	  a_packet_may_wait_for_its_key_and_then_for_its_count},
	 {"the end of COUNT needs no ceiling", the_end_of_count_needs_no_ceiling},
	 {"uplink delivers nothing at the ceiling, and goes on in order",
	  uplink_delivers_nothing_at_the_ceiling_and_goes_on_in_order},
	 {"what waits is not taken twice", what_waits_is_not_taken_twice},
	 {"a jump is asked for", a_jump_is_asked_for},
	 {"what is not authentic asks for nothing, and does not wait",
	  what_is_not_authentic_asks_for_nothing_and_does_not_wait},
	 {"many are released in order", many_are_released_in_order},
	 {"what waits ends with its keyset", what_waits_ends_with_its_keyset},
	 {"what waits stays when the key is flushed", what_waits_stays_when_the_key_is_flushed})
