/* SPDX-License-Identifier: BSD-3-Clause */
/* In bypass all crosses but what is a protected tunnel's, of which nothing does, in no form. */
#include "datapath_rig.h"

#define PARTS_MAX 8
#define N_PDU	  900
#define KEY_ID	  3

static struct rig rig;
static struct rig_flow flows[2]; /* uplink, downlink */
static struct npdu_key *key;
static struct rig_frame frame, parts[PARTS_MAX];

static void bypass(bool is_on)
{
	const struct datapath_command c = {.kind = DATAPATH_SET_BYPASS, .bypass = is_on};

	for (unsigned w = 0; w < rig.count; w++)
		rig_command(&rig, w, &c);
	rig_work(&rig);
}

static void set_up(unsigned workers, enum datapath_key_state state)
{
	rig_init(&rig);
	rig_start(&rig, workers);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	for (unsigned i = 0; i < 2; i++) {
		flows[i] = (struct rig_flow){.number = i,
					     .direction = i ? E2M_DOWNLINK : E2M_UPLINK,
					     .teid = i ? 0xb2 : 0xa1,
					     .bearer = 5,
					     .counter_octets = 1};
		rig_add_flow(&rig, &flows[i]);
		rig_set_keyset(&rig, &flows[i], 0, state, KEY_ID,
			       state == DATAPATH_KEY_READY ? key : NULL, 0);
	}
	rig_forget(&rig);
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

static uint64_t of_both(enum datapath_counter counter)
{
	return rig_counter(&rig, DATAPATH_ACCESS, counter) +
	       rig_counter(&rig, DATAPATH_CORE, counter);
}

/* As the UE, or the GGSN, sends it. */
static void write_honest(const struct rig_outer *outer, const struct rig_flow *flow, uint32_t count)
{
	if (flow->direction == E2M_UPLINK)
		rig_write_protected(&frame, outer, flow, key, KEY_ID, count, rig_npdu(N_PDU, count),
				    N_PDU);
	else
		rig_write_gpdu(&frame, outer, E2M_DOWNLINK, flow->teid, rig_npdu(N_PDU, count),
			       N_PDU);
}

static enum datapath_side side_of(const struct rig_flow *flow)
{
	return flow->direction == E2M_UPLINK ? DATAPATH_ACCESS : DATAPATH_CORE;
}

static void receive_honest(const struct rig_flow *flow, uint32_t count)
{
	write_honest(NULL, flow, count);
	rig_receive(&rig, side_of(flow), &frame);
}

static void tunnels_that_are_not_known_cross(void)
{
	set_up(1, DATAPATH_KEY_READY);
	bypass(true);
	for (unsigned direction = 0; direction < 2; direction++) {
		rig_write_gpdu(&frame, NULL, direction, 0x999, rig_npdu(N_PDU, 1), N_PDU);
		rig_receive(&rig, side_of(&flows[direction]), &frame);
		CU_ASSERT_TRUE(rig_sent(&rig, !side_of(&flows[direction]), 0, &frame));
		rig_write_udp(&frame, NULL, direction, 53, 53, rig_npdu(40, 2), 40);
		rig_receive(&rig, side_of(&flows[direction]), &frame);
		CU_ASSERT_TRUE(rig_sent(&rig, !side_of(&flows[direction]), 1, &frame));
	}
	CU_ASSERT_EQUAL(of_both(DATAPATH_BYPASSED), 4);
	CU_ASSERT_EQUAL(of_both(DATAPATH_PASSED), 0);
	tear_down();
}

static void nothing_of_a_protected_tunnel_crosses(void)
{
	set_up(1, DATAPATH_KEY_READY);
	bypass(true);
	for (unsigned i = 0; i < 2; i++)
		receive_honest(&flows[i], 0);
	/* Uplink in clear as well. */
	rig_write_gpdu(&frame, NULL, E2M_UPLINK, flows[0].teid, rig_npdu(N_PDU, 1), N_PDU);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS] + rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_BYPASS), 3);
	tear_down();
}

static void nor_does_it_in_disguise(void)
{
	static const struct rig_outer outers[] = {{.vlan_tags = 2},
						  {.ip_options = 8},
						  {.behind_gpdu = 4},
						  {.gtpu_flags = 2},
						  {.udp_checksum = true, .padding = 9}};

	set_up(1, DATAPATH_KEY_READY);
	bypass(true);
	for (unsigned i = 0; i < 5; i++) {
		write_honest(&outers[i], &flows[1], 0);
		rig_receive(&rig, DATAPATH_CORE, &frame);
	}
	write_honest(NULL, &flows[1], 0);
	frame.octets[frame.gtpu + 3] += 9; /* a length that lies */
	rig_receive(&rig, DATAPATH_CORE, &frame);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_BYPASS), 6);
	tear_down();
}

static void nor_in_pieces(void)
{
	static const unsigned orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}};

	set_up(2, DATAPATH_KEY_READY);
	bypass(true);
	for (unsigned o = 0; o < 3; o++) {
		write_honest(NULL, &flows[1], o);
		CU_ASSERT_EQUAL_FATAL(rig_split(&frame, 400, 70 + o, parts, PARTS_MAX), 3);
		for (unsigned i = 0; i < 3; i++) {
			const struct rig_frame *part = &parts[orders[o][i]];
			struct rte_mbuf *m = rig_mbuf(part->octets, part->len);

			rig_process(&rig, i % 2, DATAPATH_CORE, &m, 1);
			rig_work(&rig);
		}
	}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_BYPASS), 9);
	CU_ASSERT_EQUAL(of_both(DATAPATH_REASSEMBLED), 0);
	tear_down();
}

static void pieces_of_what_is_not_known_cross(void)
{
	set_up(1, DATAPATH_KEY_READY);
	bypass(true);
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, 0x999, rig_npdu(N_PDU, 1), N_PDU);
	rig_split(&frame, 400, 70, parts, PARTS_MAX);
	for (unsigned i = 3; i-- > 0;)
		rig_receive(&rig, DATAPATH_CORE, &parts[i]);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 3);
	CU_ASSERT_EQUAL(of_both(DATAPATH_BYPASSED), 3);
	tear_down();
}

/* Whoever received it. */
static void every_worker_is_in_bypass(void)
{
	set_up(2, DATAPATH_KEY_READY);
	bypass(true);
	for (unsigned w = 0; w < 2; w++)
		for (unsigned i = 0; i < 2; i++) {
			struct rte_mbuf *m;

			write_honest(NULL, &flows[i], w);
			m = rig_mbuf(frame.octets, frame.len);
			rig_process(&rig, w, side_of(&flows[i]), &m, 1);
			rig_work(&rig);
		}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS] + rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_BYPASS), 4);
	tear_down();
}

/* No COUNT was used, and none counts as seen. */
static void afterwards_sessions_go_on_where_they_were(void)
{
	set_up(1, DATAPATH_KEY_READY);
	for (unsigned i = 0; i < 2; i++)
		receive_honest(&flows[i], 0);
	bypass(true);
	for (unsigned i = 0; i < 2; i++)
		receive_honest(&flows[i], 1);
	bypass(false);
	rig_forget(&rig);
	receive_honest(&flows[0], 1);
	rig_write_gpdu(&frame, NULL, E2M_UPLINK, flows[0].teid, rig_npdu(N_PDU, 1), N_PDU);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_CORE, 0, &frame));
	receive_honest(&flows[1], 1);
	rig_write_protected(&frame, NULL, &flows[1], key, KEY_ID, 1, rig_npdu(N_PDU, 1), N_PDU);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_ACCESS, 0, &frame));
	tear_down();
}

/* They would wait for a key that lets them cross. */
static void what_waits_for_a_key_ends(void)
{
	set_up(1, DATAPATH_KEY_MISSING);
	for (unsigned i = 0; i < 2; i++)
		receive_honest(&flows[i], 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_HELD), 2);
	bypass(true);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_BYPASS), 2);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	for (unsigned i = 0; i < 2; i++) {
		rig_set_keyset(&rig, &flows[i], 0, DATAPATH_KEY_READY, KEY_ID, key, 0);
		receive_honest(&flows[i], 0);
	}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS] + rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_HELD), 2);
	tear_down();
}

/* Else sessions that are made meanwhile would not be known, and cross in clear. */
static void gtpc_still_goes_by_way_of_control(void)
{
	set_up(1, DATAPATH_KEY_READY);
	bypass(true);
	rig_write_udp(&frame, NULL, E2M_UPLINK, 2123, 2123, rig_npdu(40, 1), 40);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_GTPC), 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	tear_down();
}

static void a_tunnel_that_is_made_in_bypass_does_not_cross(void)
{
	struct rig_flow late = {.number = 7,
				.direction = E2M_DOWNLINK,
				.teid = 0x77,
				.bearer = 5,
				.counter_octets = 1};

	set_up(1, DATAPATH_KEY_READY);
	bypass(true);
	rig_add_flow(&rig, &late);
	rig_set_keyset(&rig, &late, 0, DATAPATH_KEY_MISSING, KEY_ID, NULL, 0);
	receive_honest(&late, 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_BYPASS), 1);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_MISS), 0);
	tear_down();
}

RIG_MAIN("datapath-bypass", {"tunnels_that_are_not_known_cross", tunnels_that_are_not_known_cross},
	 {"nothing_of_a_protected_tunnel_crosses", nothing_of_a_protected_tunnel_crosses},
	 {"nor_does_it_in_disguise", nor_does_it_in_disguise}, {"nor_in_pieces", nor_in_pieces},
	 {"pieces_of_what_is_not_known_cross", pieces_of_what_is_not_known_cross},
	 {"every_worker_is_in_bypass", every_worker_is_in_bypass},
	 {"afterwards_sessions_go_on_where_they_were", afterwards_sessions_go_on_where_they_were},
	 {"what_waits_for_a_key_ends", what_waits_for_a_key_ends},
	 {"gtpc_still_goes_by_way_of_control", gtpc_still_goes_by_way_of_control},
	 {"a_tunnel_that_is_made_in_bypass_does_not_cross",
	  a_tunnel_that_is_made_in_bypass_does_not_cross})
