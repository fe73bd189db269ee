/* SPDX-License-Identifier: BSD-3-Clause */
/* Tunnels that are to be protected and have no keyset, those that are not to be, and those that nobody knows. */
#include "datapath_rig.h"

#define PARTS_MAX 8
#define N_PDU	  1200
#define KEY_ID	  3

static struct rig rig;
static struct rig_flow flows[2]; /* uplink, downlink */
static struct npdu_key *key;
static struct rig_frame frame, parts[PARTS_MAX];

static void start(bool drop_unknown)
{
	rig_init(&rig);
	rig.config.drop_unknown = drop_unknown;
	rig_start(&rig, 1);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	for (unsigned i = 0; i < 2; i++)
		flows[i] = (struct rig_flow){.number = i,
					     .direction = i ? E2M_DOWNLINK : E2M_UPLINK,
					     .teid = i ? 0xb2 : 0xa1,
					     .bearer = 5,
					     .counter_octets = 1};
}

static void command(enum datapath_command_kind kind, const struct rig_flow *flow,
		    enum datapath_treatment access)
{
	struct datapath_command c = {.kind = (uint8_t)kind, .flow = flow->number};

	c.add.tunnel = rig_tunnel(flow->direction, flow->teid, flow->ipv6);
	c.add.direction = (uint8_t)flow->direction;
	c.add.bearer = flow->bearer;
	c.add.counter_octets = flow->counter_octets;
	c.add.window = NPDU_WINDOW_DEFAULT;
	c.add.treatment = (uint8_t)access;
	rig_command(&rig, 0, &c);
}

static void set_up(enum datapath_treatment access)
{
	start(false);
	for (unsigned i = 0; i < 2; i++)
		command(DATAPATH_ADD_FLOW, &flows[i], access);
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

static uint64_t of_both(enum datapath_counter counter)
{
	return rig_counter(&rig, DATAPATH_ACCESS, counter) +
	       rig_counter(&rig, DATAPATH_CORE, counter);
}

static unsigned left(void)
{
	return rig.out_count[DATAPATH_ACCESS] + rig.out_count[DATAPATH_CORE];
}

static void receive_clear(const struct rig_outer *outer, const struct rig_flow *flow, unsigned seed)
{
	rig_write_gpdu(&frame, outer, flow->direction, flow->teid, rig_npdu(N_PDU, seed), N_PDU);
	rig_receive(&rig, side_of(flow), &frame);
}

static const struct rig_outer outers[] = {{0},
					  {.vlan_tags = 1},
					  {.ip_options = 8, .udp_checksum = true},
					  {.behind_gpdu = 4, .padding = 3},
					  {.gtpu_flags = 2}};
#define OUTERS 5

static void nothing_of_a_barred_tunnel_crosses(void)
{
	set_up(DATAPATH_BAR);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned o = 0; o < OUTERS; o++)
			receive_clear(&outers[o], &flows[i], o);
		frame.octets[frame.gtpu + 3] += 9; /* a length that lies */
		rig_receive(&rig, side_of(&flows[i]), &frame);
		rig_write_gpdu(&frame, NULL, flows[i].direction, flows[i].teid, rig_npdu(N_PDU, 1),
			       N_PDU);
		rig_split(&frame, 512, 7, parts, PARTS_MAX);
		for (unsigned part = 0; part < 3; part++)
			rig_receive(&rig, side_of(&flows[i]), &parts[part]);
	}
	/* As if it were protected. */
	rig_write_protected(&frame, NULL, &flows[0], key, KEY_ID, 0, rig_npdu(N_PDU, 1), N_PDU);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_EQUAL(left(), 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_POLICY), 2 * (OUTERS + 1 + 3) + 1);
	tear_down();
}

/* Whatever it was before. */
static void expect_protection(void)
{
	rig_forget(&rig);
	for (unsigned i = 0; i < 2; i++)
		rig_set_keyset(&rig, &flows[i], 0, DATAPATH_KEY_MISSING, KEY_ID, NULL, 0);
	receive_clear(NULL, &flows[1], 1);
	CU_ASSERT_EQUAL(left(), 0);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_MISS), 0);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_MISS), 1);
	for (unsigned i = 0; i < 2; i++)
		rig_set_keyset(&rig, &flows[i], 0, DATAPATH_KEY_READY, KEY_ID, key, 0);
	rig_write_protected(&frame, NULL, &flows[1], key, KEY_ID, 0, rig_npdu(N_PDU, 1), N_PDU);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_ACCESS, 0, &frame));
	rig_write_protected(&frame, NULL, &flows[0], key, KEY_ID, 0, rig_npdu(N_PDU, 2), N_PDU);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	rig_write_gpdu(&frame, NULL, E2M_UPLINK, flows[0].teid, rig_npdu(N_PDU, 2), N_PDU);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_CORE, 0, &frame));
	receive_clear(NULL, &flows[0], 3);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_MALFORMED), 1);
}

static void a_keyset_ends_the_bar(void)
{
	set_up(DATAPATH_BAR);
	receive_clear(NULL, &flows[1], 0);
	expect_protection();
	tear_down();
}

static void a_clear_tunnel_crosses_as_it_is(void)
{
	set_up(DATAPATH_LET_PASS);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned o = 0; o < OUTERS; o++) {
			receive_clear(&outers[o], &flows[i], o);
			CU_ASSERT_TRUE(rig_sent(&rig, !side_of(&flows[i]), o, &frame));
		}
	}
	CU_ASSERT_EQUAL(of_both(DATAPATH_PASSED), 2 * OUTERS);
	CU_ASSERT_EQUAL(of_both(DATAPATH_UNKNOWN_TEID), 0);
	tear_down();
}

/* Different receivers may read different N-PDUs in it, with different addresses. */
static void a_gpdu_whose_lengths_lie_crosses_in_no_tunnel(void)
{
	set_up(DATAPATH_LET_PASS);
	for (unsigned i = 0; i < 2; i++)
		for (unsigned is_unknown = 0; is_unknown < 2; is_unknown++) {
			rig_write_gpdu(&frame, NULL, flows[i].direction,
				       is_unknown ? 0x77 : flows[i].teid, rig_npdu(N_PDU, 1),
				       N_PDU);
			frame.octets[frame.gtpu + 3] += 9;
			rig_receive(&rig, side_of(&flows[i]), &frame);
		}
	CU_ASSERT_EQUAL(left(), 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_MALFORMED), 4);
	tear_down();
}

static void its_fragments_cross_as_they_are(void)
{
	set_up(DATAPATH_LET_PASS);
	for (unsigned i = 0; i < 2; i++) {
		rig_write_gpdu(&frame, NULL, flows[i].direction, flows[i].teid, rig_npdu(N_PDU, 1),
			       N_PDU);
		rig_split(&frame, 512, 7, parts, PARTS_MAX);
		for (unsigned part = 0; part < 3; part++) {
			rig_receive(&rig, side_of(&flows[i]), &parts[part]);
			CU_ASSERT_TRUE(rig_sent(&rig, !side_of(&flows[i]), part, &parts[part]));
		}
	}
	tear_down();
}

/* A stricter policy for a session that is there. */
static void a_clear_tunnel_can_be_barred(void)
{
	set_up(DATAPATH_LET_PASS);
	for (unsigned i = 0; i < 2; i++) {
		receive_clear(NULL, &flows[i], 1);
		rig_flow_command(&rig, &flows[i], DATAPATH_BAR_FLOW, 0);
	}
	CU_ASSERT_EQUAL(left(), 2);
	for (unsigned i = 0; i < 2; i++)
		receive_clear(NULL, &flows[i], 2);
	CU_ASSERT_EQUAL(left(), 2);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_POLICY), 2);
	expect_protection();
	tear_down();
}

static void a_keyset_ends_the_clear(void)
{
	set_up(DATAPATH_LET_PASS);
	expect_protection();
	tear_down();
}

/* --- tunnels that were expected --- */

static void what_was_held_for_a_barred_tunnel_is_dropped(void)
{
	start(false);
	for (unsigned i = 0; i < 2; i++) {
		command(DATAPATH_EXPECT_FLOW, &flows[i], 0);
		receive_clear(NULL, &flows[i], 1);
		CU_ASSERT_EQUAL(left(), 0);
		command(DATAPATH_ADD_FLOW, &flows[i], DATAPATH_BAR);
	}
	rig_work(&rig);
	receive_clear(NULL, &flows[0], 2);
	CU_ASSERT_EQUAL(left(), 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_POLICY), 3);
	tear_down();
}

static void what_was_held_for_a_clear_tunnel_crosses_in_order(void)
{
	start(false);
	for (unsigned i = 0; i < 2; i++) {
		command(DATAPATH_EXPECT_FLOW, &flows[i], 0);
		for (unsigned seed = 0; seed < 3; seed++)
			receive_clear(NULL, &flows[i], seed);
		CU_ASSERT_EQUAL(rig.out_count[!side_of(&flows[i])], 0);
		command(DATAPATH_ADD_FLOW, &flows[i], DATAPATH_LET_PASS);
		rig_work(&rig);
		receive_clear(NULL, &flows[i], 3);
		for (unsigned seed = 0; seed < 4; seed++) {
			rig_write_gpdu(&frame, NULL, flows[i].direction, flows[i].teid,
				       rig_npdu(N_PDU, seed), N_PDU);
			CU_ASSERT_TRUE(rig_sent(&rig, !side_of(&flows[i]), seed, &frame));
		}
	}
	CU_ASSERT_EQUAL(of_both(DATAPATH_RELEASED), 6);
	tear_down();
}

/* It came in pieces, and was put together to wait. */
static void what_no_longer_fits_leaves_in_pieces(void)
{
	const struct rig_outer outer = {.ip_id = 7};
	struct rig_frame whole;
	unsigned count;

	start(false);
	command(DATAPATH_EXPECT_FLOW, &flows[1], 0);
	rig_write_gpdu(&frame, &outer, E2M_DOWNLINK, flows[1].teid, rig_npdu(3000, 1), 3000);
	count = rig_split(&frame, 1400, 7, parts, PARTS_MAX);
	for (unsigned part = 0; part < count; part++)
		rig_receive(&rig, DATAPATH_CORE, &parts[part]);
	command(DATAPATH_ADD_FLOW, &flows[1], DATAPATH_LET_PASS);
	rig_work(&rig);
	count = rig.out_count[DATAPATH_ACCESS];
	CU_ASSERT_TRUE_FATAL(count > 1 && count <= PARTS_MAX);
	for (unsigned part = 0; part < count; part++) {
		CU_ASSERT_TRUE(rig_take_sent(&rig, DATAPATH_ACCESS, part, &parts[part]));
		CU_ASSERT_TRUE(parts[part].len <= 1514);
	}
	CU_ASSERT_TRUE_FATAL(rig_join(parts, count, &whole));
	CU_ASSERT_EQUAL(memcmp(whole.octets + frame.payload, frame.octets + frame.payload, 3000),
			0);
	tear_down();
}

/* --- tunnels that nobody knows --- */

static void an_unknown_tunnel_passes_and_is_counted(void)
{
	start(false);
	for (unsigned i = 0; i < 2; i++) {
		receive_clear(NULL, &flows[i], 1);
		CU_ASSERT_TRUE(rig_sent(&rig, !side_of(&flows[i]), 0, &frame));
	}
	CU_ASSERT_EQUAL(of_both(DATAPATH_UNKNOWN_TEID), 2);
	CU_ASSERT_EQUAL(of_both(DATAPATH_PASSED), 2);
	tear_down();
}

static void an_unknown_tunnel_may_be_dropped(void)
{
	start(true);
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned o = 0; o < OUTERS; o++)
			receive_clear(&outers[o], &flows[i], o);
		rig_split(&frame, 512, 7, parts, PARTS_MAX);
		for (unsigned part = 0; part < 3; part++)
			rig_receive(&rig, side_of(&flows[i]), &parts[part]);
	}
	CU_ASSERT_EQUAL(left(), 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_UNKNOWN_TEID), 2 * (OUTERS + 3));
	tear_down();
}

/* A known one, but its packets come from where its receiver stands. */
static void the_wrong_way_is_unknown(void)
{
	start(true);
	command(DATAPATH_ADD_FLOW, &flows[1], DATAPATH_LET_PASS);
	receive_clear(NULL, &flows[1], 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 1);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_UNKNOWN_TEID), 1);
	tear_down();
}

static void what_is_no_gpdu_passes_all_the_same(void)
{
	static const uint8_t echo[] = {0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0};

	start(true);
	rig_write_udp(&frame, NULL, E2M_UPLINK, 2152, 2152, echo, sizeof(echo));
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_CORE, 0, &frame));
	rig_write_udp(&frame, NULL, E2M_UPLINK, 53, 53, rig_npdu(60, 1), 60);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_CORE, 1, &frame));
	tear_down();
}

/* --- bypass --- */

static void in_bypass_the_clear_and_the_unknown_cross_and_the_barred_do_not(void)
{
	const struct datapath_command on = {.kind = DATAPATH_SET_BYPASS, .bypass = true};
	struct rig_flow unknown;

	start(true);
	unknown = flows[1];
	unknown.teid = 0x999;
	command(DATAPATH_ADD_FLOW, &flows[0], DATAPATH_BAR);
	command(DATAPATH_ADD_FLOW, &flows[1], DATAPATH_LET_PASS);
	rig_command(&rig, 0, &on);
	rig_work(&rig);
	receive_clear(NULL, &flows[0], 1);
	receive_clear(NULL, &flows[1], 1);
	receive_clear(NULL, &unknown, 1);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 2);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_BYPASS), 1);
	CU_ASSERT_EQUAL(of_both(DATAPATH_BYPASSED), 2);
	tear_down();
}

RIG_MAIN("datapath-policy", TEST(nothing_of_a_barred_tunnel_crosses), TEST(a_keyset_ends_the_bar),
	 TEST(a_clear_tunnel_crosses_as_it_is), TEST(a_gpdu_whose_lengths_lie_crosses_in_no_tunnel),
	 TEST(its_fragments_cross_as_they_are), TEST(a_clear_tunnel_can_be_barred),
	 TEST(a_keyset_ends_the_clear), TEST(what_was_held_for_a_barred_tunnel_is_dropped),
	 TEST(what_was_held_for_a_clear_tunnel_crosses_in_order),
	 TEST(what_no_longer_fits_leaves_in_pieces), TEST(an_unknown_tunnel_passes_and_is_counted),
	 TEST(an_unknown_tunnel_may_be_dropped), TEST(the_wrong_way_is_unknown),
	 TEST(what_is_no_gpdu_passes_all_the_same),
	 TEST(in_bypass_the_clear_and_the_unknown_cross_and_the_barred_do_not))
