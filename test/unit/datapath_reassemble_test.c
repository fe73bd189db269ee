/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragmented G-PDUs of protected tunnels, and frames in several segments. */
#include "datapath_rig.h"

#define PARTS_MAX 12
#define N_PDU	  1200

static struct rig rig;
static struct rig_flow flows[4]; /* uplink, downlink over IPv4; the same over IPv6 */
static struct npdu_key *key;
static struct rig_frame clear, shut, expected, parts[PARTS_MAX];

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

/* What comes in, in parts, and what must leave, for an N-PDU with that COUNT. */
static unsigned make_parts(const struct rig_flow *flow, uint32_t count, size_t npdu, size_t piece)
{
	const struct rig_outer outer = {.ipv6 = flow->ipv6, .udp_checksum = true};
	/* The identification of a datagram stays; rig_split takes it for the parts. */
	const struct rig_outer whole = {
		.ipv6 = flow->ipv6, .udp_checksum = true, .ip_id = (uint16_t)(count + 7)};
	const bool up = flow->direction == E2M_UPLINK;

	rig_write_gpdu(up ? &expected : &clear, up ? &whole : &outer, flow->direction, flow->teid,
		       rig_npdu(npdu, count), npdu);
	rig_write_protected(up ? &shut : &expected, up ? &outer : &whole, flow, key, 3, count,
			    rig_npdu(npdu, count), npdu);
	return rig_split(up ? &shut : &clear, piece, count + 7, parts, PARTS_MAX);
}

static void receive(unsigned worker, enum datapath_side side, const struct rig_frame *frame)
{
	struct rte_mbuf *m = rig_mbuf(frame->octets, frame->len);

	rig_process(&rig, worker, side, &m, 1);
}

static const unsigned orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
				      {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

static void fragments_are_reassembled_in_any_order(void)
{
	set_up(1);
	for (unsigned f = 0; f < 4; f++)
		for (unsigned o = 0; o < 6; o++) {
			CU_ASSERT_EQUAL(make_parts(&flows[f], o, N_PDU, 512), 3);
			for (unsigned i = 0; i < 3; i++)
				receive(0, side_of(&flows[f]), &parts[orders[o][i]]);
			CU_ASSERT_EQUAL(rig.out_count[!side_of(&flows[f])], 1);
			CU_ASSERT_TRUE(rig_sent(&rig, !side_of(&flows[f]), 0, &expected));
			rig_forget(&rig);
		}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_REASSEMBLED), 12);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_REASSEMBLED), 12);
	tear_down();
}

static void fragments_of_one_datagram_meet_across_workers(void)
{
	set_up(2);
	for (unsigned f = 0; f < 4; f++)
		for (unsigned o = 0; o < 6; o++) {
			make_parts(&flows[f], o, N_PDU, 512);
			for (unsigned i = 0; i < 3; i++)
				receive(i % 2, side_of(&flows[f]), &parts[orders[o][i]]);
			rig_work(&rig);
			CU_ASSERT_EQUAL(rig.out_count[!side_of(&flows[f])], 1);
			CU_ASSERT_TRUE(rig_sent(&rig, !side_of(&flows[f]), 0, &expected));
			rig_forget(&rig);
		}
	tear_down();
}

static void a_packet_that_no_single_mbuf_holds_is_reassembled(void)
{
	set_up(1);
	for (unsigned f = 0; f < 4; f += 2) {
		const unsigned n = make_parts(&flows[f], 0, 9000, 1400);
		for (unsigned i = 0; i < n; i++)
			receive(0, DATAPATH_ACCESS, &parts[i]);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_OPENED), 1 + f / 2);
	}
	CU_ASSERT_TRUE(rig.out_count[DATAPATH_CORE] > 2); /* larger than the MTU */
	tear_down();
}

static void clear_fragments_of_a_protected_uplink_tunnel_never_cross(void)
{
	set_up(1);
	for (unsigned o = 0; o < 6; o++) {
		rig_write_gpdu(&clear, NULL, E2M_UPLINK, flows[0].teid, rig_npdu(N_PDU, 0), N_PDU);
		CU_ASSERT_EQUAL(rig_split(&clear, 512, o, parts, PARTS_MAX), 3);
		for (unsigned i = 0; i < 3; i++)
			receive(0, DATAPATH_ACCESS, &parts[orders[o][i]]);
	}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE] + rig.out_count[DATAPATH_ACCESS], 0);
	tear_down();
}

static void overlapping_fragments_end_the_datagram(void)
{
	set_up(1);
	CU_ASSERT_EQUAL(make_parts(&flows[0], 0, N_PDU, 512), 3);
	struct rig_frame overlapping[3] = {parts[0], parts[1], parts[2]};
	/* The same datagram cut elsewhere: 256 to 512 comes twice, 1024 on not at all. */
	make_parts(&flows[0], 0, N_PDU, 256);
	receive(0, DATAPATH_ACCESS, &overlapping[0]);
	receive(0, DATAPATH_ACCESS, &parts[1]);
	receive(0, DATAPATH_ACCESS, &parts[2]);
	receive(0, DATAPATH_ACCESS, &overlapping[2]);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 4);
	tear_down();
}

static void fragments_whose_others_do_not_come_time_out(void)
{
	set_up(1);
	make_parts(&flows[1], 0, N_PDU, 512);
	receive(0, DATAPATH_CORE, &parts[0]);
	receive(0, DATAPATH_CORE, &parts[2]);
	rig_wait_ms(&rig, 1100);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_REASSEMBLY_TIMEOUT), 2);
	tear_down();
}

static void the_table_is_bounded(void)
{
	set_up(1);
	for (uint32_t i = 0; i < 1000; i++) {
		make_parts(&flows[1], i, N_PDU, 512);
		receive(0, DATAPATH_CORE, &parts[0]);
	}
	CU_ASSERT_TRUE(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_REASSEMBLY_FULL) >= 700);
	tear_down();
}

static void a_fragment_with_a_damaged_header_is_dropped(void)
{
	set_up(1);
	make_parts(&flows[0], 0, N_PDU, 512);
	parts[1].octets[parts[1].l3 + 8] ^= 1;
	for (unsigned i = 0; i < 3; i++)
		receive(0, DATAPATH_ACCESS, &parts[i]);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_FRAGMENT), 1);
	tear_down();
}

static void fragments_do_not_outlive_the_worker(void)
{
	set_up(1);
	make_parts(&flows[0], 0, N_PDU, 512);
	receive(0, DATAPATH_ACCESS, &parts[0]);
	rig_stop(&rig);
	npdu_key_free(key);
}

/* --- segments --- */

static struct rte_mbuf *in_segments(const struct rig_frame *frame, uint32_t first)
{
	struct rte_mbuf *m = rig_mbuf(frame->octets, first);

	if (rte_pktmbuf_chain(m, rig_mbuf(frame->octets + first, frame->len - first)) != 0)
		abort();
	return m;
}

static void gpdus_in_segments_are_worked_on_wherever_they_are_cut(void)
{
	const struct rig_outer outer = {.udp_checksum = true};

	set_up(1);
	for (uint32_t cut = 1; cut < 100; cut++) {
		const uint32_t count = cut - 1;
		rig_write_gpdu(&clear, &outer, E2M_DOWNLINK, flows[1].teid, rig_npdu(400, 1), 400);
		rig_write_protected(&shut, &outer, &flows[1], key, 3, count, rig_npdu(400, 1), 400);
		struct rte_mbuf *m = in_segments(&clear, cut);
		rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
		CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_ACCESS, 0, &shut));
		rig_forget(&rig);
	}
	tear_down();
}

static void a_jumbo_frame_in_segments_is_worked_on(void)
{
	set_up(1);
	rig_write_gpdu(&clear, NULL, E2M_DOWNLINK, flows[1].teid, rig_npdu(3900, 1), 3900);
	struct rte_mbuf *m = in_segments(&clear, 2000);
	rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PROTECTED), 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 3);
	tear_down();
}

static void a_frame_in_segments_that_is_not_ours_crosses_as_it_came(void)
{
	set_up(1);
	rig_write_gpdu(&clear, NULL, E2M_DOWNLINK, 0x77, rig_npdu(3000, 1), 3000);
	struct rte_mbuf *m = in_segments(&clear, 2000);
	rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 1);
	CU_ASSERT_EQUAL(rig.out[DATAPATH_ACCESS][0]->nb_segs, 2);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_ACCESS, 0, &clear));
	tear_down();
}

static void control_reads_gtpc_in_segments(void)
{
	struct datapath_command command = {.kind = DATAPATH_RELEASE_GTPC};

	set_up(1);
	rig_write_udp(&clear, NULL, E2M_UPLINK, 2123, 2123, rig_npdu(900, 1), 900);
	struct rte_mbuf *m = in_segments(&clear, 50);
	rig_process(&rig, 0, DATAPATH_ACCESS, &m, 1);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_GTPC), 1);
	command.gtpc = rig_event(&rig, DATAPATH_GTPC, 0)->cookie;
	rig_command(&rig, 0, &command);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_CORE, 0, &clear));
	tear_down();
}

RIG_MAIN("datapath-reassemble",
	 {"fragments are reassembled in any order", fragments_are_reassembled_in_any_order},
	 {"fragments of one datagram meet across workers",
	  fragments_of_one_datagram_meet_across_workers},
	 {"a packet that no single mbuf holds is reassembled",
	  a_packet_that_no_single_mbuf_holds_is_reassembled},
	 {"clear fragments of a protected uplink tunnel never cross",
	  clear_fragments_of_a_protected_uplink_tunnel_never_cross},
	 {"overlapping fragments end the datagram", overlapping_fragments_end_the_datagram},
	 {"fragments whose others do not come time out",
	  fragments_whose_others_do_not_come_time_out},
	 {"the table is bounded", the_table_is_bounded},
	 {"a fragment with a damaged header is dropped",
	  a_fragment_with_a_damaged_header_is_dropped},
	 {"fragments do not outlive the worker", fragments_do_not_outlive_the_worker},
	 {"G-PDUs in segments are worked on wherever they are cut",
	  gpdus_in_segments_are_worked_on_wherever_they_are_cut},
	 {"a jumbo frame in segments is worked on", a_jumbo_frame_in_segments_is_worked_on},
	 {"a frame in segments that is not ours crosses as it came",
	  a_frame_in_segments_that_is_not_ours_crosses_as_it_came},
	 {"control reads GTP-C in segments", control_reads_gtpc_in_segments})
