/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments that arrive: those of a protected tunnel's G-PDU never cross as they are, in whatever order they come; all
 * others do, unchanged. */
#include "datapath_rig.h"

#define PARTS_MAX 8
#define N_PDU	  1200

static struct rig rig;
static struct rig_flow flows[4]; /* uplink, downlink over IPv4; the same over IPv6 */
static struct npdu_key *key;
static struct rig_frame whole, parts[PARTS_MAX];

static void set_up(unsigned workers)
{
	rig_init(&rig);
	rig_start(&rig, workers);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	for (uint32_t i = 0; i < 4; i++) {
		flows[i] = (struct rig_flow){.number = i,
					     .direction = i % 2 ? E2M_DOWNLINK : E2M_UPLINK,
					     .teid = i % 2 ? 0xb2 : 0xa1,
					     .ipv6 = i >= 2,
					     .bearer = 5,
					     .counter_octets = 1};
		rig_add_flow(&rig, &flows[i]);
		rig_set_keyset(&rig, &flows[i], 0, DATAPATH_KEY_READY, 3, key, 0);
	}
}

static void tear_down(void)
{
	rig_wait_ms(&rig, 1100);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		CU_ASSERT_EQUAL(rig_ended(&rig, side),
				rig_counter(&rig, side, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	npdu_key_free(key);
}

static enum datapath_side side_of(const struct rig_flow *flow)
{
	return flow->direction == E2M_UPLINK ? DATAPATH_ACCESS : DATAPATH_CORE;
}

/* Of a G-PDU in the flow's direction, with another TEID where teid is not 0. */
static unsigned make_parts(const struct rig_flow *flow, uint32_t teid, size_t piece, uint32_t id)
{
	const struct rig_outer outer = {.ipv6 = flow->ipv6};

	rig_write_gpdu(&whole, &outer, flow->direction, teid ? teid : flow->teid,
		       rig_npdu(N_PDU, id), N_PDU);
	return rig_split(&whole, piece, id, parts, PARTS_MAX);
}

static void receive(unsigned worker, enum datapath_side side, const struct rig_frame *frame)
{
	struct rte_mbuf *m = rig_mbuf(frame->octets, frame->len);

	rig_process(&rig, worker, side, &m, 1);
}

static bool has_crossed(enum datapath_side side, const struct rig_frame *frame)
{
	for (unsigned i = 0; i < rig.out_count[!side]; i++)
		if (rig_sent(&rig, !side, i, frame))
			return true;
	return false;
}

/* All orders of three fragments. */
static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
				      {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

static void fragments_of_an_unknown_tunnel_cross_in_any_order(void)
{
	set_up(1);
	for (unsigned f = 0; f < 4; f++)
		for (unsigned o = 0; o < 6; o++) {
			CU_ASSERT_EQUAL(make_parts(&flows[f], 0x77, 512, 6 * f + o), 3);
			for (unsigned i = 0; i < 3; i++)
				receive(0, side_of(&flows[f]), &parts[orders[o][i]]);
			CU_ASSERT_EQUAL(rig.out_count[!side_of(&flows[f])], 3);
			for (unsigned i = 0; i < 3; i++)
				CU_ASSERT_TRUE(has_crossed(side_of(&flows[f]), &parts[i]));
			rig_forget(&rig);
		}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_FRAGMENT), 0);
	tear_down();
}

static void fragments_of_a_protected_tunnel_never_cross(void)
{
	set_up(1);
	for (unsigned f = 0; f < 4; f++)
		for (unsigned o = 0; o < 6; o++) {
			CU_ASSERT_EQUAL(make_parts(&flows[f], 0, 512, 6 * f + o), 3);
			for (unsigned i = 0; i < 3; i++)
				receive(0, side_of(&flows[f]), &parts[orders[o][i]]);
			for (unsigned i = 0; i < 3; i++)
				CU_ASSERT_FALSE(has_crossed(side_of(&flows[f]), &parts[i]));
		}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PROTECTED), 12);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 12);
	tear_down();
}

static void fragments_in_one_burst_fare_the_same(void)
{
	struct rte_mbuf *burst[6];

	set_up(1);
	CU_ASSERT_EQUAL(make_parts(&flows[1], 0, 512, 1), 3);
	for (unsigned i = 0; i < 3; i++)
		burst[i] = rig_mbuf(parts[2 - i].octets, parts[2 - i].len);
	CU_ASSERT_EQUAL(make_parts(&flows[1], 0x77, 512, 2), 3);
	for (unsigned i = 0; i < 3; i++)
		burst[3 + i] = rig_mbuf(parts[2 - i].octets, parts[2 - i].len);
	rig_process(&rig, 0, DATAPATH_CORE, burst, 6);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 3 + 1);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PASSED), 3);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PROTECTED), 1);
	tear_down();
}

static void fragments_whose_first_never_comes_are_dropped(void)
{
	set_up(1);
	make_parts(&flows[0], 0x77, 512, 1);
	receive(0, DATAPATH_ACCESS, &parts[1]);
	receive(0, DATAPATH_ACCESS, &parts[2]);
	rig_wait_ms(&rig, 900);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 0);
	rig_wait_ms(&rig, 200);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 2);
	receive(0, DATAPATH_ACCESS, &parts[0]);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	tear_down();
}

static void fragments_wait_no_longer_than_the_worker_lives(void)
{
	set_up(1);
	make_parts(&flows[0], 0, 512, 1);
	receive(0, DATAPATH_ACCESS, &parts[1]);
	rig_stop(&rig);
	npdu_key_free(key);
}

/* The identification of a datagram that has crossed names another one next. */
static void what_one_datagram_may_the_next_of_its_name_may_not(void)
{
	set_up(1);
	make_parts(&flows[1], 0x77, 512, 1);
	for (unsigned i = 0; i < 3; i++)
		receive(0, DATAPATH_CORE, &parts[i]);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 3);
	make_parts(&flows[1], 0, 512, 1);
	for (unsigned i = 3; i-- > 0;)
		receive(0, DATAPATH_CORE, &parts[i]);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PASSED), 3);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PROTECTED), 1);
	tear_down();
}

static void a_first_fragment_that_does_not_show_its_tunnel_is_dropped_with_its_parts(void)
{
	set_up(1);
	for (unsigned f = 0; f < 4; f++) {
		const enum datapath_side side = side_of(&flows[f]);
		const uint64_t before = rig_counter(&rig, side, DATAPATH_DROP_FRAGMENT);
		const struct rig_outer outer = {.ipv6 = flows[f].ipv6};
		rig_write_gpdu(&whole, &outer, flows[f].direction, 0x77, rig_npdu(8, 1), 8);
		unsigned n = rig_split(&whole, 8, f, parts, PARTS_MAX);
		for (unsigned i = 0; i < n; i++)
			receive(0, side, &parts[i]);
		CU_ASSERT_EQUAL(rig_counter(&rig, side, DATAPATH_DROP_FRAGMENT), before + n);
	}
	tear_down();
}

/* RFC 1858: a second fragment that overwrites the TEID that the first has shown. */
static void a_fragment_that_reaches_into_the_headers_is_dropped(void)
{
	set_up(1);
	for (unsigned f = 0; f < 2; f++) {
		make_parts(&flows[f], 0x77, 512, 9);
		receive(0, side_of(&flows[f]), &parts[0]);
		const struct rig_frame first = parts[0];
		rig_write_gpdu(&whole, NULL, flows[f].direction, flows[f].teid, rig_npdu(40, 1),
			       40);
		rig_split(&whole, 8, 9, parts, PARTS_MAX);
		receive(0, side_of(&flows[f]), &parts[1]); /* has the TEID */
		CU_ASSERT_EQUAL(rig.out_count[!side_of(&flows[f])], 1);
		CU_ASSERT_TRUE(has_crossed(side_of(&flows[f]), &first));
		rig_forget(&rig);
	}
	tear_down();
}

static void of_two_first_fragments_each_goes_its_own_way(void)
{
	set_up(1);
	make_parts(&flows[0], 0x77, 512, 9);
	receive(0, DATAPATH_ACCESS, &parts[0]);
	make_parts(&flows[0], 0, 512, 9);
	receive(0, DATAPATH_ACCESS, &parts[0]);
	receive(0, DATAPATH_ACCESS, &parts[1]);
	rig_wait_ms(&rig, 1100);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_REASSEMBLY_TIMEOUT), 2);
	tear_down();
}

static void fragments_of_other_udp_cross(void)
{
	set_up(1);
	rig_write_udp(&whole, NULL, E2M_UPLINK, 53, 5353, rig_npdu(N_PDU, 1), N_PDU);
	unsigned n = rig_split(&whole, 256, 7, parts, PARTS_MAX);
	for (unsigned i = n; i-- > 0;)
		receive(0, DATAPATH_ACCESS, &parts[i]);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], n);
	tear_down();
}

/* --- GTP-C --- */

/* A message of N_PDU octets in three fragments. */
static void make_gtpc(bool ipv6, uint16_t port, uint32_t id)
{
	const struct rig_outer outer = {.ipv6 = ipv6};

	rig_write_udp(&whole, &outer, E2M_UPLINK, port, port, rig_npdu(N_PDU, 1), N_PDU);
	CU_ASSERT_EQUAL(rig_split(&whole, 512, id, parts, PARTS_MAX), 3);
}

/* number: of the messages that control was told of. */
static void answer_gtpc(enum datapath_command_kind kind, unsigned number)
{
	const struct datapath_command c = {.kind = kind,
					   .gtpc = rig_event(&rig, DATAPATH_GTPC, number)->cookie};

	rig_command(&rig, 0, &c);
}

static void control_reads_fragments_of_gtpc_as_one_message(void)
{
	set_up(1);
	for (unsigned i = 0; i < 12; i++) {
		make_gtpc(i >= 6, 2123, i);
		for (unsigned part = 0; part < 3; part++)
			receive(0, DATAPATH_ACCESS, &parts[orders[i % 6][part]]);
		rig_work(&rig);
		CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_GTPC), i + 1);
		const struct datapath_event *event = rig_event(&rig, DATAPATH_GTPC, i);
		CU_ASSERT_EQUAL(event->payload_len, N_PDU);
		CU_ASSERT_EQUAL(
			memcmp(rte_pktmbuf_mtod_offset(event->mbuf, uint8_t *, event->payload),
			       rig_npdu(N_PDU, 1), N_PDU),
			0);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 3 * i);
		answer_gtpc(DATAPATH_RELEASE_GTPC, i);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 3 * (i + 1));
	}
	tear_down();
}

static void fragments_of_gtpc_leave_as_they_came(void)
{
	set_up(1);
	make_gtpc(false, 2123, 7);
	for (unsigned part = 0; part < 3; part++)
		receive(0, DATAPATH_ACCESS, &parts[2 - part]);
	rig_work(&rig);
	answer_gtpc(DATAPATH_RELEASE_GTPC, 0);
	for (unsigned part = 0; part < 3; part++)
		CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_CORE, part, &parts[2 - part]));
	tear_down();
}

static void a_refused_message_leaves_no_fragment(void)
{
	set_up(1);
	make_gtpc(false, 2123, 7);
	for (unsigned part = 0; part < 3; part++)
		receive(0, DATAPATH_ACCESS, &parts[part]);
	rig_work(&rig);
	answer_gtpc(DATAPATH_DISCARD_GTPC, 0);
	rig_wait_ms(&rig, 50);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_GTPC_REFUSED), 1);
	tear_down();
}

/* RFC 5722. A receiver may put together another message than control has read. */
static void fragments_of_gtpc_that_come_twice_are_dropped(void)
{
	set_up(1);
	for (unsigned twice = 0; twice < 2; twice++) {
		make_gtpc(false, 2123, twice);
		receive(0, DATAPATH_ACCESS, &parts[twice]);
		for (unsigned part = 0; part < 3; part++)
			receive(0, DATAPATH_ACCESS, &parts[part]);
		rig_wait_ms(&rig, 1100);
	}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_GTPC), 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 8);
	tear_down();
}

static void a_fragment_of_gtpc_that_comes_again_later_does_not_cross(void)
{
	set_up(1);
	make_gtpc(false, 2123, 7);
	for (unsigned part = 0; part < 3; part++)
		receive(0, DATAPATH_ACCESS, &parts[part]);
	rig_work(&rig);
	answer_gtpc(DATAPATH_RELEASE_GTPC, 0);
	for (unsigned part = 0; part < 3; part += 2)
		receive(0, DATAPATH_ACCESS, &parts[part]);
	rig_wait_ms(&rig, 1100);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 3);
	tear_down();
}

/* The receiver might take the first of the two. */
static void a_second_first_does_not_set_fragments_of_gtpc_free(void)
{
	set_up(1);
	make_gtpc(false, 2123, 7);
	receive(0, DATAPATH_ACCESS, &parts[0]);
	receive(0, DATAPATH_ACCESS, &parts[1]);
	make_gtpc(false, 5353, 7);
	receive(0, DATAPATH_ACCESS, &parts[0]);
	make_gtpc(false, 2123, 7);
	receive(0, DATAPATH_ACCESS, &parts[2]);
	rig_wait_ms(&rig, 1100);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

static void fragments_of_gtpc_wait_for_a_bounded_time(void)
{
	set_up(1);
	for (unsigned missing = 0; missing < 3; missing++) {
		make_gtpc(false, 2123, missing);
		for (unsigned part = 0; part < 3; part++)
			if (part != missing)
				receive(0, DATAPATH_ACCESS, &parts[part]);
	}
	rig_wait_ms(&rig, 1100);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 6);
	tear_down();
}

/* The bound of all that wait is given back whatever becomes of the messages. */
static void many_fragmented_messages_one_after_the_other_find_a_place(void)
{
	set_up(1);
	for (unsigned i = 0; i < 600; i++) {
		make_gtpc(false, 2123, i);
		for (unsigned part = 0; part < 3; part++)
			receive(0, DATAPATH_ACCESS, &parts[part]);
		rig_work(&rig);
		CU_ASSERT_EQUAL_FATAL(rig_count_events(&rig, DATAPATH_GTPC), 1);
		answer_gtpc(i % 2 ? DATAPATH_RELEASE_GTPC : DATAPATH_DISCARD_GTPC, 0);
		rig_forget(&rig);
	}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 0);
	tear_down();
}

/* Not all octets are there, or more than IP says. */
static void a_fragment_of_gtpc_with_wrong_lengths_is_dropped(void)
{
	set_up(1);
	make_gtpc(false, 2123, 7);
	parts[1].len -= 3;
	for (unsigned part = 0; part < 3; part++)
		receive(0, DATAPATH_ACCESS, &parts[part]);
	rig_wait_ms(&rig, 1100);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_GTPC), 0);
	tear_down();
}

static void fragments_of_gtpv0_are_dropped_in_any_order(void)
{
	static const uint16_t ports[] = {2123, 2152, 3386};
	static uint8_t message[N_PDU] = {0x1e, 16};

	set_up(1);
	for (unsigned i = 0; i < 18; i++) {
		rig_write_udp(&whole, NULL, E2M_UPLINK, 3386, ports[i / 6], message,
			      sizeof(message));
		CU_ASSERT_EQUAL(rig_split(&whole, 512, i, parts, PARTS_MAX), 3);
		for (unsigned part = 0; part < 3; part++)
			receive(0, DATAPATH_ACCESS, &parts[orders[i % 6][part]]);
	}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_GTPV0), 54);
	tear_down();
}

/* The version then stands in the second fragment. */
static void a_first_fragment_to_a_port_of_gtp_without_the_version_is_dropped(void)
{
	static const uint16_t ports[] = {2123, 2152, 3386};
	static uint8_t message[40] = {0x1e, 16};

	set_up(1);
	for (unsigned i = 0; i < 3; i++) {
		rig_write_udp(&whole, NULL, E2M_UPLINK, 40000, ports[i], message, sizeof(message));
		CU_ASSERT_EQUAL(rig_split(&whole, 8, i, parts, PARTS_MAX), 6);
		for (unsigned part = 0; part < 6; part++)
			receive(0, DATAPATH_ACCESS, &parts[part]);
	}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 18);
	tear_down();
}

/* Of parts, over IPv4 or IPv6, what stands in place of UDP. */
static void set_protocol(struct rig_frame *part, uint8_t protocol)
{
	uint8_t *ip = part->octets + part->l3;

	ip[ip[0] >> 4 == 6 ? 40 : 9] = protocol;
}

static void ipv4_fragments_of_other_protocols_do_not_wait(void)
{
	set_up(1);
	make_parts(&flows[0], 0, 512, 7);
	for (unsigned i = 3; i-- > 0;) {
		set_protocol(&parts[i], IPPROTO_TCP);
		receive(0, DATAPATH_ACCESS, &parts[i]);
		CU_ASSERT_TRUE(has_crossed(DATAPATH_ACCESS, &parts[i]));
	}
	tear_down();
}

static void ipv6_fragments_of_other_protocols_cross_in_any_order(void)
{
	set_up(1);
	for (unsigned o = 0; o < 6; o++) {
		make_parts(&flows[2], 0, 512, o);
		for (unsigned i = 0; i < 3; i++) {
			set_protocol(&parts[orders[o][i]], IPPROTO_ESP);
			receive(0, DATAPATH_ACCESS, &parts[orders[o][i]]);
		}
		for (unsigned i = 0; i < 3; i++)
			CU_ASSERT_TRUE(has_crossed(DATAPATH_ACCESS, &parts[i]));
		rig_forget(&rig);
	}
	tear_down();
}

/* RFC 8200 4.5: a receiver takes the protocol from the first fragment alone. */
static void ipv6_fragments_that_name_another_protocol_are_of_the_first(void)
{
	set_up(1);
	for (unsigned o = 0; o < 6; o++) {
		make_parts(&flows[2], 0, 512, o);
		for (unsigned i = 0; i < 3; i++) {
			if (orders[o][i] > 0)
				set_protocol(&parts[orders[o][i]], IPPROTO_TCP);
			receive(0, DATAPATH_ACCESS, &parts[orders[o][i]]);
		}
	}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

/* It would make UDP of another protocol, for a receiver that lets it overwrite what is there. */
static void an_ipv6_fragment_that_reaches_into_the_headers_is_dropped(void)
{
	const struct rig_outer outer = {.ipv6 = true, .ipv6_headers = 2};

	set_up(1);
	rig_write_udp(&whole, &outer, E2M_UPLINK, 53, 5353, rig_npdu(40, 1), 40);
	whole.octets[whole.udp - 8] = IPPROTO_TCP;
	CU_ASSERT_EQUAL(rig_split(&whole, 32, 7, parts, PARTS_MAX), 2);
	receive(0, DATAPATH_ACCESS, &parts[0]);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	CU_ASSERT_EQUAL(rig_split(&whole, 8, 7, parts, PARTS_MAX), 8);
	receive(0, DATAPATH_ACCESS, &parts[1]);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	receive(0, DATAPATH_ACCESS, &parts[2]);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 2);
	tear_down();
}

/* An IPv6 fragment whose extension headers hide what it is of. */
static void ipv6_headers_between_fragment_and_udp_do_not_hide_a_tunnel(void)
{
	const struct rig_outer outer = {.ipv6 = true, .ipv6_headers = 1};

	set_up(1);
	for (unsigned o = 0; o < 6; o++) {
		rig_write_gpdu(&whole, &outer, E2M_UPLINK, flows[2].teid, rig_npdu(N_PDU, 1),
			       N_PDU);
		CU_ASSERT_EQUAL(rig_split(&whole, 512, o, parts, PARTS_MAX), 3);
		for (unsigned i = 0; i < 3; i++)
			receive(0, DATAPATH_ACCESS, &parts[orders[o][i]]);
	}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

/* RFC 7112: the first fragment must have all headers. */
static void an_ipv6_first_fragment_without_udp_is_dropped_with_its_parts(void)
{
	const struct rig_outer outer = {.ipv6 = true, .ipv6_headers = 1};

	set_up(1);
	rig_write_gpdu(&whole, &outer, E2M_UPLINK, 0x77, rig_npdu(8, 1), 8);
	unsigned n = rig_split(&whole, 8, 100, parts, PARTS_MAX);
	for (unsigned i = 0; i < n; i++)
		receive(0, DATAPATH_ACCESS, &parts[i]);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), n);
	tear_down();
}

static void more_fragments_than_may_wait_are_dropped(void)
{
	set_up(1);
	for (uint32_t id = 0; id < 1000; id++) {
		make_parts(&flows[2], 0x77, 1024, id * 2654435761U);
		receive(0, DATAPATH_ACCESS, &parts[1]);
	}
	CU_ASSERT_TRUE(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT) >= 488);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

/* One worker has the first, the other the rest, and either may own the tunnel. */
static void fragments_meet_though_two_workers_receive_them(void)
{
	set_up(2);
	for (uint32_t id = 0; id < 64; id++) {
		const bool known = id % 2;
		const unsigned f = id / 2 % 4;
		make_parts(&flows[f], known ? 0 : 0x77 + id, 512, id);
		for (unsigned i = 0; i < 3; i++) {
			const unsigned part = orders[id % 6][i];
			receive(part == 0 ? id / 8 % 2 : part % 2, side_of(&flows[f]),
				&parts[part]);
		}
		rig_work(&rig);
		CU_ASSERT_EQUAL(rig.out_count[!side_of(&flows[f])], known ? f % 2 : 3);
		rig_forget(&rig);
	}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_REASSEMBLED), 16);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_REASSEMBLED), 16);
	tear_down();
}

static void fragments_of_a_removed_tunnel_are_late(void)
{
	set_up(1);
	rig_flow_command(&rig, &flows[0], DATAPATH_STOP_FLOW, 0);
	make_parts(&flows[0], 0, 512, 1);
	for (unsigned i = 3; i-- > 0;)
		receive(0, DATAPATH_ACCESS, &parts[i]);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_TUNNEL_REMOVED), 3);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

RIG_MAIN("datapath-gather",
	 {"fragments of an unknown tunnel cross in any order",
	  fragments_of_an_unknown_tunnel_cross_in_any_order},
	 {"fragments of a protected tunnel never cross",
	  fragments_of_a_protected_tunnel_never_cross},
	 {"fragments in one burst fare the same", fragments_in_one_burst_fare_the_same},
	 {"fragments whose first never comes are dropped",
	  fragments_whose_first_never_comes_are_dropped},
	 {"fragments wait no longer than the worker lives",
	  fragments_wait_no_longer_than_the_worker_lives},
	 {"what one datagram may the next of its name may not",
	  what_one_datagram_may_the_next_of_its_name_may_not},
	 {"a first fragment that does not show its tunnel is dropped with its parts",
	  a_first_fragment_that_does_not_show_its_tunnel_is_dropped_with_its_parts},
	 {"a fragment that reaches into the headers is dropped",
	  a_fragment_that_reaches_into_the_headers_is_dropped},
	 {"of two first fragments each goes its own way",
	  of_two_first_fragments_each_goes_its_own_way},
	 {"fragments of other UDP cross", fragments_of_other_udp_cross},
	 {"control reads fragments of GTP-C as one message",
	  control_reads_fragments_of_gtpc_as_one_message},
	 {"fragments of GTP-C leave as they came", fragments_of_gtpc_leave_as_they_came},
	 {"a refused message leaves no fragment", a_refused_message_leaves_no_fragment},
	 {"fragments of GTP-C that come twice are dropped",
	  fragments_of_gtpc_that_come_twice_are_dropped},
	 {"a fragment of GTP-C that comes again later does not cross",
	  a_fragment_of_gtpc_that_comes_again_later_does_not_cross},
	 {"a second first does not set fragments of GTP-C free",
	  a_second_first_does_not_set_fragments_of_gtpc_free},
	 {"fragments of GTP-C wait for a bounded time", fragments_of_gtpc_wait_for_a_bounded_time},
	 {"many fragmented messages one after the other find a place",
	  many_fragmented_messages_one_after_the_other_find_a_place},
	 {"a fragment of GTP-C with wrong lengths is dropped",
	  a_fragment_of_gtpc_with_wrong_lengths_is_dropped},
	 {"fragments of GTPv0 are dropped in any order",
	  fragments_of_gtpv0_are_dropped_in_any_order},
	 {"a first fragment to a port of GTP without the version is dropped",
	  a_first_fragment_to_a_port_of_gtp_without_the_version_is_dropped},
	 {"IPv4 fragments of other protocols do not wait",
	  ipv4_fragments_of_other_protocols_do_not_wait},
	 {"IPv6 fragments of other protocols cross in any order",
	  ipv6_fragments_of_other_protocols_cross_in_any_order},
	 {"IPv6 fragments that name another protocol are of the first",
	  ipv6_fragments_that_name_another_protocol_are_of_the_first},
	 {"an IPv6 fragment that reaches into the headers is dropped",
	  an_ipv6_fragment_that_reaches_into_the_headers_is_dropped},
	 {"IPv6 headers between fragment and UDP do not hide a tunnel",
	  ipv6_headers_between_fragment_and_udp_do_not_hide_a_tunnel},
	 {"an IPv6 first fragment without UDP is dropped with its parts",
	  an_ipv6_first_fragment_without_udp_is_dropped_with_its_parts},
	 {"more fragments than may wait are dropped", more_fragments_than_may_wait_are_dropped},
	 {"fragments meet though two workers receive them",
	  fragments_meet_though_two_workers_receive_them},
	 {"fragments of a removed tunnel are late", fragments_of_a_removed_tunnel_are_late})
