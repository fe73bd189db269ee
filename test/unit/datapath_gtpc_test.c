/* SPDX-License-Identifier: BSD-3-Clause */
/* GTP-C goes by way of control: it leaves when control has worked it through, or when its time is over. */
#include "datapath_rig.h"

#include <rte_mbuf.h>

static struct rig rig;
static struct rig_frame frame;

static void set_up(void)
{
	rig_init(&rig);
	rig_start(&rig, 1);
}

static void tear_down(void)
{
	rig_stop(&rig);
}

static uint64_t counted(enum datapath_counter counter)
{
	return rig_counter(&rig, DATAPATH_ACCESS, counter);
}

/* Octets behind a first octet of GTPv1-C. They depend on i. */
static const uint8_t *message(size_t len, unsigned i)
{
	static uint8_t octets[64];

	memcpy(octets, rig_npdu(len, i), len);
	octets[0] = 0x32;
	return octets;
}

/* The ith message has i in it. */
static void write_message(unsigned i)
{
	rig_write_udp(&frame, NULL, E2M_UPLINK, 2123, 2123, message(40, i), 40);
}

static void receive(unsigned i)
{
	write_message(i);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
}

static bool has_left(unsigned nth, unsigned i)
{
	write_message(i);
	return rig_sent(&rig, DATAPATH_CORE, nth, &frame);
}

static void answer(enum datapath_command_kind kind, uint64_t number)
{
	const struct datapath_command c = {.kind = (uint8_t)kind, .gtpc = number};

	rig_command(&rig, 0, &c);
}

static void a_message_leaves_when_control_has_done_with_it(void)
{
	set_up();
	receive(1);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_GTPC), 1);
	answer(DATAPATH_RELEASE_GTPC, rig_event(&rig, DATAPATH_GTPC, 0)->cookie);
	CU_ASSERT_TRUE(has_left(0, 1));
	CU_ASSERT_EQUAL(counted(DATAPATH_GTPC_SEEN), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_GTPC_OVERDUE), 0);
	tear_down();
}

static void either_port_makes_it_gtpc(void)
{
	static const uint16_t ports[][2] = {{2123, 50000}, {50000, 2123}, {2123, 2123}};

	set_up();
	for (unsigned i = 0; i < 3; i++) {
		rig_write_udp(&frame, NULL, E2M_UPLINK, ports[i][0], ports[i][1], message(40, i),
			      40);
		rig_receive(&rig, DATAPATH_ACCESS, &frame);
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_GTPC_SEEN), 3);
	tear_down();
}

/* Where in the frame control finds the addresses and the message. */
static void control_is_told_where_the_message_stands(void)
{
	const struct rig_outer outers[] = {{0},
					   {.vlan_tags = 1},
					   {.ip_options = 8, .padding = 3},
					   {.ipv6 = true, .ipv6_headers = 1}};
	struct datapath_event event;

	set_up();
	for (unsigned i = 0; i < 4; i++) {
		rig_write_udp(&frame, &outers[i], E2M_DOWNLINK, 2123, 2123, message(33, i), 33);
		rig_receive(&rig, DATAPATH_CORE, &frame);
		CU_ASSERT_EQUAL_FATAL(datapath_events(rig.workers[0], &event, 1), 1);
		CU_ASSERT_EQUAL(event.kind, DATAPATH_GTPC);
		CU_ASSERT_EQUAL(event.side, DATAPATH_CORE);
		CU_ASSERT_EQUAL(event.l3, frame.l3);
		CU_ASSERT_EQUAL(event.payload, frame.udp + 8);
		CU_ASSERT_EQUAL(event.payload_len, 33);
		CU_ASSERT_EQUAL(
			memcmp(rte_pktmbuf_mtod(event.mbuf, uint8_t *), frame.octets, frame.len),
			0);
		rte_pktmbuf_free(event.mbuf);
	}
	tear_down();
}

static void messages_leave_as_control_lets_them(void)
{
	uint64_t numbers[3];

	set_up();
	for (unsigned i = 0; i < 3; i++)
		receive(i);
	rig_work(&rig);
	for (unsigned i = 0; i < 3; i++)
		numbers[i] = rig_event(&rig, DATAPATH_GTPC, i)->cookie;
	answer(DATAPATH_RELEASE_GTPC, numbers[1]);
	answer(DATAPATH_RELEASE_GTPC, numbers[2]);
	answer(DATAPATH_RELEASE_GTPC, numbers[0]);
	CU_ASSERT_TRUE(has_left(0, 1));
	CU_ASSERT_TRUE(has_left(1, 2));
	CU_ASSERT_TRUE(has_left(2, 0));
	tear_down();
}

static void a_refused_message_never_leaves(void)
{
	set_up();
	receive(1);
	receive(2);
	rig_work(&rig);
	answer(DATAPATH_DISCARD_GTPC, rig_event(&rig, DATAPATH_GTPC, 0)->cookie);
	answer(DATAPATH_RELEASE_GTPC, rig_event(&rig, DATAPATH_GTPC, 1)->cookie);
	rig_wait_ms(&rig, 50);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	CU_ASSERT_TRUE(has_left(0, 2));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_GTPC_REFUSED), 1);
	tear_down();
}

static void an_overdue_message_leaves_if_only_the_store_is_not_done(void)
{
	set_up();
	receive(1);
	rig_wait_ms(&rig, 6);
	receive(2);
	for (unsigned i = 0; i < 2; i++)
		answer(DATAPATH_ALLOW_GTPC, rig_event(&rig, DATAPATH_GTPC, i)->cookie);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	rig_wait_ms(&rig, 6); /* 10 is the limit */
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	CU_ASSERT_TRUE(has_left(0, 1));
	CU_ASSERT_EQUAL(counted(DATAPATH_GTPC_OVERDUE), 1);
	rig_wait_ms(&rig, 6);
	CU_ASSERT_TRUE(has_left(1, 2));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_GTPC_LATE), 0);
	tear_down();
}

/* The workers may not have its flows: an N-PDU could overtake it. */
static void an_overdue_message_that_control_is_at_is_dropped(void)
{
	set_up();
	receive(1);
	rig_wait_ms(&rig, 20);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_GTPC_LATE), 1);
	CU_ASSERT_EQUAL(counted(DATAPATH_GTPC_OVERDUE), 0);
	receive(1); /* the sender repeats it */
	rig_work(&rig);
	answer(DATAPATH_RELEASE_GTPC, rig_event(&rig, DATAPATH_GTPC, 1)->cookie);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	tear_down();
}

static void an_answer_that_comes_late_does_nothing(void)
{
	set_up();
	receive(1);
	rig_work(&rig);
	const uint64_t number = rig_event(&rig, DATAPATH_GTPC, 0)->cookie;
	rig_wait_ms(&rig, 20);
	answer(DATAPATH_RELEASE_GTPC, number);
	answer(DATAPATH_DISCARD_GTPC, number);
	answer(DATAPATH_ALLOW_GTPC, number);
	answer(DATAPATH_RELEASE_GTPC, number + 1000);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_GTPC_REFUSED), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_GTPC_LATE), 1);
	tear_down();
}

/* The worker's reference and control's are two: whoever is last frees it. */
static void control_may_keep_a_message_that_has_left(void)
{
	struct datapath_event event;

	set_up();
	receive(1);
	CU_ASSERT_EQUAL_FATAL(datapath_events(rig.workers[0], &event, 1), 1);
	answer(DATAPATH_RELEASE_GTPC, event.cookie);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	rig_forget(&rig); /* sent, and freed by the port */
	write_message(1);
	CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(event.mbuf), 1);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(event.mbuf, uint8_t *), frame.octets, frame.len),
			0);
	rte_pktmbuf_free(event.mbuf);
	tear_down();
}

static void messages_that_control_never_took_go_with_the_worker(void)
{
	set_up();
	for (unsigned i = 0; i < 100; i++)
		receive(i);
	tear_down();
}

/* More than the worker keeps: what is too much would cross without control having seen it. */
static void what_a_flood_has_too_much_is_dropped_and_counted(void)
{
	set_up();
	for (unsigned i = 0; i < 1100; i++)
		receive(i);
	CU_ASSERT_EQUAL(counted(DATAPATH_GTPC_SEEN), 1100);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_GTPC_FULL), 1100 - 768);
	rig_wait_ms(&rig, 20);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_GTPC_LATE), 768);
	tear_down();
}

/* It is the visited network's, and the home network's answers are waited for. */
static void a_flood_of_one_side_leaves_the_other_its_places(void)
{
	set_up();
	for (unsigned i = 0; i < 1100; i++)
		receive(i);
	for (unsigned i = 0; i < 300; i++) {
		rig_write_udp(&frame, NULL, E2M_DOWNLINK, 2123, 2123, message(40, i), 40);
		rig_receive(&rig, DATAPATH_CORE, &frame);
	}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_GTPC_FULL), 300 - 256);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_GTPC_SEEN), 300);
	tear_down();
}

/* Fills control's queue up to what is kept for acknowledgements. */
/* It may wait for a disk, or for another worker. */
static void one_that_waits_takes_one_place(void)
{
	struct datapath_event event;

	set_up();
	receive(0);
	CU_ASSERT_EQUAL(datapath_events(rig.workers[0], &event, 1), 1);
	rte_pktmbuf_free(event.mbuf);
	for (unsigned i = 1; i < 3000; i++) {
		receive(i);
		CU_ASSERT_EQUAL_FATAL(datapath_events(rig.workers[0], &event, 1), 1);
		answer(DATAPATH_RELEASE_GTPC, event.cookie);
		rte_pktmbuf_free(event.mbuf);
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_GTPC_OVERDUE), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_GTPC_FULL), 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 2999);
	tear_down();
}

static void fill_events(void)
{
	const struct datapath_command c = {
		.kind = DATAPATH_RELEASE_GTPC, .acknowledge = 1, .gtpc = UINT64_MAX};

	for (unsigned i = 0; i < 8192 - 256; i++) {
		CU_ASSERT_EQUAL(datapath_command(rig.workers[0], &c), 0);
		datapath_housekeep(rig.workers[0], rig.now);
	}
}

static unsigned drain_events(unsigned kind)
{
	struct datapath_event event;
	unsigned n = 0;

	while (datapath_events(rig.workers[0], &event, 1) > 0) {
		n += event.kind == kind;
		if (event.kind == DATAPATH_GTPC)
			rte_pktmbuf_free(event.mbuf);
	}
	return n;
}

static void what_finds_the_queue_full_is_told_later(void)
{
	set_up();
	fill_events();
	receive(1);
	CU_ASSERT_EQUAL(drain_events(DATAPATH_GTPC), 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	datapath_housekeep(rig.workers[0], rig.now);
	CU_ASSERT_EQUAL(drain_events(DATAPATH_GTPC), 1);
	answer(DATAPATH_RELEASE_GTPC, 0);
	CU_ASSERT_TRUE(has_left(0, 1));
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_GTPC_LATE), 0);
	tear_down();
}

static void what_finds_the_queue_full_too_long_is_dropped(void)
{
	set_up();
	fill_events();
	receive(1);
	receive(2);
	rig.now += 1ULL << 40;
	datapath_housekeep(rig.workers[0], rig.now);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_GTPC_LATE), 2);
	CU_ASSERT_EQUAL(drain_events(DATAPATH_GTPC), 0);
	receive(3);
	CU_ASSERT_EQUAL(drain_events(DATAPATH_GTPC), 1);
	tear_down();
}

/* Control has not read it, and a receiver might. */
static void a_message_cut_short_is_dropped(void)
{
	set_up();
	write_message(1);
	frame.len -= 5;
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_EQUAL(counted(DATAPATH_GTPC_SEEN), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_MALFORMED), 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

/* Linux takes 0, over IPv6, for as many octets as there are. */
static void a_message_with_a_wrong_length_of_udp_is_dropped(void)
{
	static const uint8_t lengths[] = {0, 7, 49};

	set_up();
	for (unsigned i = 0; i < 6; i++) {
		const struct rig_outer outer = {.ipv6 = i >= 3};
		rig_write_udp(&frame, &outer, E2M_UPLINK, 2123, 2123, message(40, 1), 40);
		frame.octets[frame.udp + 5] = lengths[i % 3];
		rig_receive(&rig, DATAPATH_ACCESS, &frame);
	}
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_MALFORMED), 6);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

/* Control reads a copy of it, and there is none. */
static void a_message_in_segments_without_a_buffer_for_a_copy_is_dropped(void)
{
	rig_init(&rig);
	rig.config.large = NULL;
	rig_start(&rig, 1);
	write_message(1);
	struct rte_mbuf *m = rig_mbuf(frame.octets, frame.len - 5);
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(m, rig_mbuf(frame.octets + frame.len - 5, 5)), 0);
	rig_process(&rig, 0, DATAPATH_ACCESS, &m, 1);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_GTPC), 0);
	CU_ASSERT_EQUAL(counted(DATAPATH_DROP_NO_MBUF), 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

static void an_empty_message_is_told(void)
{
	set_up();
	rig_write_udp(&frame, NULL, E2M_UPLINK, 2123, 2123, rig_npdu(0, 1), 0);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	rig_work(&rig);
	CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_GTPC), 1);
	CU_ASSERT_EQUAL(rig_event(&rig, DATAPATH_GTPC, 0)->payload_len, 0);
	tear_down();
}

RIG_MAIN("datapath-gtpc",
	 {"a message leaves when control has done with it",
	  a_message_leaves_when_control_has_done_with_it},
	 {"either port makes it GTP-C", either_port_makes_it_gtpc},
	 {"control is told where the message stands", control_is_told_where_the_message_stands},
	 {"messages leave as control lets them", messages_leave_as_control_lets_them},
	 {"a refused message never leaves", a_refused_message_never_leaves},
	 {"an overdue message leaves if only the store is not done",
	  an_overdue_message_leaves_if_only_the_store_is_not_done},
	 {"an overdue message that control is at is dropped",
	  an_overdue_message_that_control_is_at_is_dropped},
	 {"an answer that comes late does nothing", an_answer_that_comes_late_does_nothing},
	 {"control may keep a message that has left", control_may_keep_a_message_that_has_left},
	 {"messages that control never took go with the worker",
	  messages_that_control_never_took_go_with_the_worker},
	 {"what a flood has too much is dropped and counted",
	  what_a_flood_has_too_much_is_dropped_and_counted},
	 {"a flood of one side leaves the other its places",
	  a_flood_of_one_side_leaves_the_other_its_places},
	 {"one that waits takes one place", one_that_waits_takes_one_place},
	 {"what finds the queue full is told later", what_finds_the_queue_full_is_told_later},
	 {"what finds the queue full too long is dropped",
	  what_finds_the_queue_full_too_long_is_dropped},
	 {"a message cut short is dropped", a_message_cut_short_is_dropped},
	 {"a message with a wrong length of UDP is dropped",
	  a_message_with_a_wrong_length_of_udp_is_dropped},
	 {"a message in segments without a buffer for a copy is dropped",
	  a_message_in_segments_without_a_buffer_for_a_copy_is_dropped},
	 {"an empty message is told", an_empty_message_is_told})
