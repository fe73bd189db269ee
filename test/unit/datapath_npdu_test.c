/* SPDX-License-Identifier: BSD-3-Clause */
/* N-PDUs of protected tunnels: what a worker makes of them, octet by octet. */
#include "datapath_rig.h"

#include "gtp/gtpu.h"

static const struct {
	enum e2m_eea eea;
	enum e2m_eia eia;
	unsigned tag;
} suites[] = {
	{E2M_EEA0, E2M_EIA1, 8},       {E2M_EEA0, E2M_EIA2, 8},	       {E2M_EEA0, E2M_EIA3, 8},
	{E2M_EEA1, E2M_EIA0, 8},       {E2M_EEA1, E2M_EIA1, 8},	       {E2M_EEA1, E2M_EIA2, 8},
	{E2M_EEA1, E2M_EIA3, 8},       {E2M_EEA2, E2M_EIA0, 8},	       {E2M_EEA2, E2M_EIA1, 8},
	{E2M_EEA2, E2M_EIA2, 8},       {E2M_EEA2, E2M_EIA3, 8},	       {E2M_EEA3, E2M_EIA0, 8},
	{E2M_EEA3, E2M_EIA1, 8},       {E2M_EEA3, E2M_EIA2, 8},	       {E2M_EEA3, E2M_EIA3, 8},
	{E2M_EEA_GCM, E2M_EIA_GCM, 8}, {E2M_EEA_GCM, E2M_EIA_GCM, 16},
};
#define SUITES (sizeof(suites) / sizeof(suites[0]))

static const size_t lens[] = {0, 1, 15, 16, 17, 20, 64, 255, 1400};
#define LENS (sizeof(lens) / sizeof(lens[0]))

static struct rig rig;
static struct rig_flow up, down;
static struct npdu_key *key;

/* One session, Key ID 3, with n counter octets. */
static void set_up(unsigned n, enum e2m_eea eea, enum e2m_eia eia, unsigned tag, bool ipv6)
{
	rig_init(&rig);
	rig.config.mtu[DATAPATH_ACCESS] = rig.config.mtu[DATAPATH_CORE] = UINT16_MAX;
	rig_start(&rig, 1);
	key = rig_key(eea, eia, tag, 1);
	up = (struct rig_flow){.number = 0,
			       .direction = E2M_UPLINK,
			       .teid = 0xa1,
			       .ipv6 = ipv6,
			       .bearer = 5,
			       .counter_octets = (uint8_t)n};
	down = (struct rig_flow){.number = 1,
				 .direction = E2M_DOWNLINK,
				 .teid = 0xb2,
				 .ipv6 = ipv6,
				 .bearer = 5,
				 .counter_octets = (uint8_t)n};
	rig_add_flow(&rig, &up);
	rig_add_flow(&rig, &down);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, 0);
	rig_set_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key, 0);
}

static void tear_down(void)
{
	rig_stop(&rig);
	npdu_key_free(key);
}

static void set_up_default(bool ipv6)
{
	set_up(1, E2M_EEA2, E2M_EIA2, 8, ipv6);
}

/* What went in by the outer form was given and must come out as the same with nothing behind the G-PDU. */
static struct rig_outer what_leaves(const struct rig_outer *outer)
{
	struct rig_outer leaves = *outer;

	leaves.behind_gpdu = leaves.padding = 0;
	return leaves;
}

static bool is_protected(const struct rig_outer *outer, uint32_t count, const uint8_t *npdu,
			 size_t len)
{
	static struct rig_frame clear, expected;
	const struct rig_outer leaves = what_leaves(outer);

	rig_write_gpdu(&clear, outer, E2M_DOWNLINK, down.teid, npdu, len);
	rig_write_protected(&expected, &leaves, &down, key, 3, count, npdu, len);
	rig_receive(&rig, DATAPATH_CORE, &clear);
	bool ret = rig.out_count[DATAPATH_ACCESS] == 1 && rig.out_count[DATAPATH_CORE] == 0 &&
		   rig_sent(&rig, DATAPATH_ACCESS, 0, &expected);
	rig_forget(&rig);
	return ret;
}

static bool is_opened(const struct rig_outer *outer, uint32_t count, const uint8_t *npdu,
		      size_t len)
{
	static struct rig_frame frame, expected;
	const struct rig_outer leaves = what_leaves(outer);

	rig_write_protected(&frame, outer, &up, key, 3, count, npdu, len);
	rig_write_gpdu(&expected, &leaves, E2M_UPLINK, up.teid, npdu, len);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	bool ret = rig.out_count[DATAPATH_CORE] == 1 && rig.out_count[DATAPATH_ACCESS] == 0 &&
		   rig_sent(&rig, DATAPATH_CORE, 0, &expected);
	rig_forget(&rig);
	return ret;
}

static void every_algorithm_both_ways(unsigned n)
{
	const struct rig_outer outer = {.udp_checksum = true};

	for (size_t s = 0; s < SUITES; s++) {
		set_up(n, suites[s].eea, suites[s].eia, suites[s].tag, false);
		for (uint32_t i = 0; i < LENS; i++) {
			CU_ASSERT_TRUE(is_protected(&outer, i, rig_npdu(lens[i], i), lens[i]));
			CU_ASSERT_TRUE(is_opened(&outer, i, rig_npdu(lens[i], i), lens[i]));
		}
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PROTECTED), LENS);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_OPENED), LENS);
		tear_down();
	}
}

static void every_algorithm_without_counter_octets(void)
{
	every_algorithm_both_ways(0);
}

static void every_algorithm_with_one_counter_octet(void)
{
	every_algorithm_both_ways(1);
}

static void every_algorithm_with_two_counter_octets(void)
{
	every_algorithm_both_ways(2);
}

static void every_algorithm_with_three_counter_octets(void)
{
	every_algorithm_both_ways(3);
}

/* Both directions, even and odd sizes. */
static void keeps_outer_form(struct rig_outer outer)
{
	for (int checksum = 0; checksum < 2; checksum++) {
		set_up_default(outer.ipv6);
		outer.udp_checksum = checksum;
		for (uint32_t i = 0; i < 40; i++) {
			CU_ASSERT_TRUE(is_protected(&outer, i, rig_npdu(20 + i, i), 20 + i));
			CU_ASSERT_TRUE(is_opened(&outer, i, rig_npdu(20 + i, i), 20 + i));
		}
		tear_down();
	}
}

static void plain_ipv4(void)
{
	keeps_outer_form((struct rig_outer){.ip_id = 77, .dont_fragment = true});
}

static void plain_ipv6(void)
{
	keeps_outer_form((struct rig_outer){.ipv6 = true});
}

static void one_vlan_tag(void)
{
	keeps_outer_form((struct rig_outer){.vlan_tags = 1});
	keeps_outer_form((struct rig_outer){.vlan_tags = 1, .ipv6 = true});
}

static void two_vlan_tags(void)
{
	keeps_outer_form((struct rig_outer){.vlan_tags = 2, .tpid = 0x88a8});
	keeps_outer_form((struct rig_outer){.vlan_tags = 2});
}

static void ipv4_options(void)
{
	keeps_outer_form((struct rig_outer){.ip_options = 4});
	keeps_outer_form((struct rig_outer){.ip_options = 40});
}

static void ipv6_extension_headers(void)
{
	keeps_outer_form((struct rig_outer){.ipv6 = true, .ipv6_headers = 1});
	keeps_outer_form((struct rig_outer){.ipv6 = true, .ipv6_headers = 3});
}

static void gtpu_options(void)
{
	for (uint8_t flags = 1; flags <= GTPU_FLAG_OPTIONS; flags++)
		keeps_outer_form((struct rig_outer){.gtpu_flags = flags});
}

static void gtpu_extension_headers(void)
{
	for (uint8_t n = 1; n <= 5; n++)
		keeps_outer_form((struct rig_outer){.gtpu_flags = GTPU_FLAG_E | GTPU_FLAG_S,
						    .gtpu_extensions = n});
}

static void octets_behind_the_gpdu_do_not_leave(void)
{
	keeps_outer_form((struct rig_outer){.behind_gpdu = 9});
	keeps_outer_form((struct rig_outer){.padding = 26});
	keeps_outer_form((struct rig_outer){.behind_gpdu = 4, .padding = 1, .ipv6 = true});
}

static void all_forms_at_once(void)
{
	keeps_outer_form((struct rig_outer){.vlan_tags = 2,
					    .ip_options = 12,
					    .gtpu_flags = GTPU_FLAG_OPTIONS,
					    .gtpu_extensions = 2,
					    .behind_gpdu = 3,
					    .padding = 5});
}

static void a_wrong_udp_checksum_stays_wrong(void)
{
	static struct rig_frame frame;
	const struct rig_outer outer = {.udp_checksum = true};
	uint32_t len;

	set_up_default(false);
	for (unsigned i = 0; i < 2; i++) {
		if (i == 0)
			rig_write_protected(&frame, &outer, &up, key, 3, 0, rig_npdu(40, 1), 40);
		else
			rig_write_gpdu(&frame, &outer, E2M_DOWNLINK, down.teid, rig_npdu(40, 1),
				       40);
		frame.octets[frame.udp + 6] ^= 0x40;
		rig_receive(&rig, i == 0 ? DATAPATH_ACCESS : DATAPATH_CORE, &frame);
		const uint8_t *sent =
			rig_sent_octets(&rig, i == 0 ? DATAPATH_CORE : DATAPATH_ACCESS, 0, &len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(sent);
		CU_ASSERT_FALSE(rig_checksums_are_right(sent, len));
	}
	tear_down();
}

static void a_wrong_ip_checksum_stays_wrong(void)
{
	static struct rig_frame frame;
	uint32_t len;

	set_up_default(false);
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid, rig_npdu(40, 1), 40);
	frame.octets[frame.l3 + 10] ^= 0x40;
	rig_receive(&rig, DATAPATH_CORE, &frame);
	const uint8_t *sent = rig_sent_octets(&rig, DATAPATH_ACCESS, 0, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(sent);
	CU_ASSERT_FALSE(rig_checksums_are_right(sent, len));
	tear_down();
}

/* RFC 768: a sum that is zero is sent as all ones, since zero says that there is none. */
static void a_udp_checksum_that_comes_to_zero_is_sent_as_all_ones(void)
{
	static struct rig_frame expected;
	const struct rig_outer outer = {.udp_checksum = true};
	uint8_t npdu[4] = {0};

	set_up(3, E2M_EEA2, E2M_EIA2, 8, false);
	for (unsigned v = 0;; v++) {
		npdu[0] = (uint8_t)(v >> 8);
		npdu[1] = (uint8_t)v;
		rig_write_gpdu(&expected, &outer, E2M_UPLINK, up.teid, npdu, sizeof(npdu));
		if (expected.octets[expected.udp + 6] == 0xff &&
		    expected.octets[expected.udp + 7] == 0xff)
			break;
	}
	CU_ASSERT_TRUE(is_opened(&outer, 0, npdu, sizeof(npdu)));
	tear_down();
}

static void every_udp_checksum_comes_out_right(void)
{
	const struct rig_outer outer = {.udp_checksum = true};
	uint8_t npdu[2];

	set_up(3, E2M_EEA2, E2M_EIA2, 8, false);
	for (uint32_t v = 0; v < 65536; v += 7) {
		npdu[0] = (uint8_t)(v >> 8);
		npdu[1] = (uint8_t)v;
		CU_ASSERT_TRUE(is_opened(&outer, v, npdu, sizeof(npdu)));
		CU_ASSERT_TRUE(is_protected(&outer, v / 7, npdu, sizeof(npdu)));
	}
	tear_down();
}

static void the_largest_npdu_crosses_both_ways(void)
{
	const struct rig_outer outer = {.udp_checksum = true};

	for (size_t s = 0; s < SUITES; s++) {
		set_up(3, suites[s].eea, suites[s].eia, suites[s].tag, false);
		const size_t len = npdu_key_len_max(key);
		CU_ASSERT_TRUE(is_protected(&outer, 0, rig_npdu(len, 1), len));
		CU_ASSERT_TRUE(is_opened(&outer, 0, rig_npdu(len, 1), len));
		tear_down();
	}
}

static void an_npdu_larger_than_the_algorithms_take_is_dropped(void)
{
	static struct rig_frame frame;

	for (size_t s = 0; s < SUITES; s++) {
		set_up(3, suites[s].eea, suites[s].eia, suites[s].tag, false);
		const size_t len = npdu_key_len_max(key) + 1;
		rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid, rig_npdu(len, 1), len);
		rig_receive(&rig, DATAPATH_CORE, &frame);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_TOO_LONG), 1);
		/* Uplink: the same with a header and a MAC that nobody looks at. */
		uint8_t *pdu = (uint8_t *)(uintptr_t)rig_npdu(len + 4 + NPDU_MAC_MAX, 1);
		npdu_write_header(pdu, 3, 3, 0);
		rig_write_gpdu(&frame, NULL, E2M_UPLINK, up.teid, pdu,
			       len + 4 + npdu_key_mac_len(key));
		rig_receive(&rig, DATAPATH_ACCESS, &frame);
		CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_TOO_LONG), 1);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE] + rig.out_count[DATAPATH_ACCESS], 0);
		tear_down();
	}
}

/* The mbuf has neither room before nor behind. */
static void an_npdu_with_no_room_to_grow_is_dropped_and_uses_no_count(void)
{
	static struct rig_frame frame;
	struct rte_mbuf *m;

	set_up_default(false);
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid, rig_npdu(100, 1), 100);
	m = rig_mbuf(frame.octets, frame.len);
	m->data_off = 0;
	memcpy(rte_pktmbuf_mtod(m, void *), frame.octets, frame.len);
	rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid, rig_npdu(2000, 1), 2048 - 50);
	rig_receive(&rig, DATAPATH_CORE, &frame);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_TOO_LONG), 2);
	const struct rig_outer outer = {0};
	CU_ASSERT_TRUE(is_protected(&outer, 0, rig_npdu(10, 1), 10));
	tear_down();
}

static void algorithms_may_be_mixed_in_one_burst(void)
{
	static struct rig_frame frame;
	struct rte_mbuf *burst[SUITES];
	struct rig_flow flows[SUITES];
	struct npdu_key *keys[SUITES];

	rig_init(&rig);
	rig_start(&rig, 1);
	for (unsigned s = 0; s < SUITES; s++) {
		keys[s] = rig_key(suites[s].eea, suites[s].eia, suites[s].tag, s);
		flows[s] = (struct rig_flow){.number = s,
					     .direction = E2M_DOWNLINK,
					     .teid = 100 + s,
					     .bearer = 5,
					     .counter_octets = s % 4};
		rig_add_flow(&rig, &flows[s]);
		rig_set_keyset(&rig, &flows[s], 0, DATAPATH_KEY_READY, 1, keys[s], 1000);
		rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, 100 + s, rig_npdu(40 + s, s), 40 + s);
		burst[s] = rig_mbuf(frame.octets, frame.len);
	}
	rig_process(&rig, 0, DATAPATH_CORE, burst, SUITES);
	for (unsigned s = 0; s < SUITES; s++) {
		rig_write_protected(&frame, NULL, &flows[s], keys[s], 1, 1000, rig_npdu(40 + s, s),
				    40 + s);
		CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_ACCESS, s, &frame));
	}
	rig_stop(&rig);
	for (unsigned s = 0; s < SUITES; s++)
		npdu_key_free(keys[s]);
}

static void the_bearer_keeps_key_streams_apart(void)
{
	static struct rig_frame frame;

	set_up_default(false);
	struct rig_flow other = up;
	other.bearer = 6;
	rig_write_protected(&frame, NULL, &other, key, 3, 0, rig_npdu(40, 1), 40);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_BAD_MAC), 1);
	tear_down();
}

static void a_downlink_npdu_sent_back_up_is_not_taken(void)
{
	static struct rig_frame frame;

	set_up_default(false);
	struct rig_flow other = up;
	other.direction = E2M_DOWNLINK;
	uint8_t pdu[64];
	size_t len = rig_protect(&other, key, 3, 0, rig_npdu(40, 1), 40, pdu);
	rig_write_gpdu(&frame, NULL, E2M_UPLINK, up.teid, pdu, len);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_BAD_MAC), 1);
	tear_down();
}

/* e2m.md 7: "At 2^32-1 the keyset is spent: nothing more is sent with it." */
static void the_last_count_is_used_and_nothing_after_it(void)
{
	static struct rig_frame frame;
	const struct rig_outer outer = {0};

	set_up_default(false);
	rig_set_keyset(&rig, &down, 0, DATAPATH_KEY_READY, 3, key, NPDU_COUNT_MAX - 1);
	CU_ASSERT_TRUE(is_protected(&outer, NPDU_COUNT_MAX - 1, rig_npdu(20, 1), 20));
	CU_ASSERT_TRUE(is_protected(&outer, NPDU_COUNT_MAX, rig_npdu(20, 1), 20));
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid, rig_npdu(20, 1), 20);
	for (int i = 0; i < 3; i++)
		rig_receive(&rig, DATAPATH_CORE, &frame);
	rig_work(&rig);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_KEYSET_SPENT), 3);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_SPENT), 1);
	tear_down();
}

static void the_last_count_is_opened(void)
{
	const struct rig_outer outer = {0};

	set_up_default(false);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, 3, key, NPDU_COUNT_MAX);
	CU_ASSERT_TRUE(is_opened(&outer, NPDU_COUNT_MAX, rig_npdu(20, 1), 20));
	CU_ASSERT_FALSE(is_opened(&outer, NPDU_COUNT_MAX, rig_npdu(20, 1), 20));
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_REPLAY), 1);
	tear_down();
}

RIG_MAIN("datapath-npdu",
	 {"every algorithm, no counter octets", every_algorithm_without_counter_octets},
	 {"every algorithm, one counter octet", every_algorithm_with_one_counter_octet},
	 {"every algorithm, two counter octets", every_algorithm_with_two_counter_octets},
	 {"every algorithm, three counter octets", every_algorithm_with_three_counter_octets},
	 {"plain IPv4", plain_ipv4}, {"plain IPv6", plain_ipv6}, {"one VLAN tag", one_vlan_tag},
	 {"two VLAN tags", two_vlan_tags}, {"IPv4 options", ipv4_options},
	 {"IPv6 extension headers", ipv6_extension_headers}, {"GTP-U options", gtpu_options},
	 {"GTP-U extension headers", gtpu_extension_headers},
	 {"octets behind the G-PDU do not leave", octets_behind_the_gpdu_do_not_leave},
	 {"all outer forms at once", all_forms_at_once},
	 {"a wrong UDP checksum stays wrong", a_wrong_udp_checksum_stays_wrong},
	 {"a wrong IP checksum stays wrong", a_wrong_ip_checksum_stays_wrong},
	 {"a UDP checksum that comes to zero is sent as all ones",
	  a_udp_checksum_that_comes_to_zero_is_sent_as_all_ones},
	 {"every UDP checksum comes out right", every_udp_checksum_comes_out_right},
	 {"the largest N-PDU crosses both ways", the_largest_npdu_crosses_both_ways},
	 {"an N-PDU larger than the algorithms take is dropped",
	  an_npdu_larger_than_the_algorithms_take_is_dropped},
	 {"an N-PDU with no room to grow is dropped and uses no COUNT",
	  an_npdu_with_no_room_to_grow_is_dropped_and_uses_no_count},
	 {"algorithms may be mixed in one burst", algorithms_may_be_mixed_in_one_burst},
	 {"the BEARER keeps key streams apart", the_bearer_keeps_key_streams_apart},
	 {"a downlink N-PDU sent back up is not taken", a_downlink_npdu_sent_back_up_is_not_taken},
	 {"the last COUNT is used and nothing after it",
	  the_last_count_is_used_and_nothing_after_it},
	 {"the last COUNT is opened", the_last_count_is_opened})
