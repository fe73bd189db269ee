/* SPDX-License-Identifier: BSD-3-Clause */
/* Address binding (e2m.md 6): G-PDUs in tunnels without protection, of ended sessions, and in unknown tunnels. */
#include "datapath_rig_directory.h"

#define LEN	 80
#define SERVER	 "198.51.100.1"
#define SERVER_6 "2001:db8:ffff::1"
/* Addresses of a protected session, of one that has ended, and of one without protection. */
#define V	"10.0.0.1"
#define V_6	"2001:db8:1:1::/64"
#define V_HOST	"2001:db8:1:1::1"
#define ENDED	"10.0.0.2"
#define U	"10.0.0.3"
#define UNKNOWN 0x77
#define PARTS	32

static struct rig rig;
static struct directory *directory;
static struct session *v, *u, *ended;
static struct rig_frame frame, parts[PARTS];
/* TEIDs of the three: uplink, downlink. */
static const uint32_t teids_v[2] = {0xa1, 0xb1}, teids_u[2] = {0xa2, 0xb2},
		      teids_ended[2] = {0xa3, 0xb3}, teids_unknown[2] = {UNKNOWN, UNKNOWN};

static void start(bool drop_unknown, unsigned workers)
{
	rig_init(&rig);
	rig.config.drop_unknown = drop_unknown;
	directory = rig_open_directory(&rig);
	v = rig_add_session(directory, DIRECTORY_PROTECTED, teids_v[0], teids_v[1]);
	u = rig_add_session(directory, DIRECTORY_UNPROTECTED, teids_u[0], teids_u[1]);
	ended = rig_add_session(directory, DIRECTORY_PROTECTED, teids_ended[0], teids_ended[1]);
	rig_bind(directory, v, V, V_6);
	rig_bind(directory, ended, ENDED, NULL);
	rig_bind(directory, u, U, NULL);
	CU_ASSERT_PTR_NOT_NULL(directory_leave_ended(directory, ended));
	directory_remove(directory, ended);
	rig_start(&rig, workers);
}

static void set_up(void)
{
	start(false, 1);
}

static void tear_down(void)
{
	rig_wait_ms(&rig, 1100);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		CU_ASSERT_EQUAL(rig_ended(&rig, side),
				rig_counter(&rig, side, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	directory_free(directory);
}

static enum datapath_side side_of(enum e2m_direction direction)
{
	return direction == E2M_UPLINK ? DATAPATH_ACCESS : DATAPATH_CORE;
}

static uint64_t of_both(enum datapath_counter counter)
{
	return rig_counter(&rig, DATAPATH_ACCESS, counter) +
	       rig_counter(&rig, DATAPATH_CORE, counter);
}

static void write(const struct rig_outer *outer, enum e2m_direction d, const uint32_t *teids,
		  const char *address)
{
	const char *server = strchr(address, ':') ? SERVER_6 : SERVER;
	const uint8_t *npdu =
		d == E2M_UPLINK ? rig_ip(address, server, LEN) : rig_ip(server, address, LEN);

	rig_write_gpdu(&frame, outer, d, teids[d], npdu, LEN);
}

/* What becomes of a G-PDU in this tunnel, with the subscriber's address at the end of the direction. */
static bool one_crosses(const struct rig_outer *outer, enum e2m_direction d, const uint32_t *teids,
			const char *address)
{
	rig_forget(&rig);
	write(outer, d, teids, address);
	rig_receive(&rig, side_of(d), &frame);
	rig_work(&rig);
	return rig_sent(&rig, !side_of(d), 0, &frame);
}

static bool cross(const uint32_t *teids, const char *address)
{
	return one_crosses(NULL, E2M_UPLINK, teids, address) &&
	       one_crosses(NULL, E2M_DOWNLINK, teids, address);
}

/* Both directions are dropped under this name. */
static bool end(const uint32_t *teids, const char *address, enum datapath_counter counter)
{
	uint64_t before[DATAPATH_SIDES];

	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		before[side] = rig_counter(&rig, side, counter);
	for (unsigned d = 0; d < 2; d++)
		if (one_crosses(NULL, d, teids, address) || rig.out_count[!side_of(d)] != 0 ||
		    rig_counter(&rig, side_of(d), counter) != before[side_of(d)] + 1)
			return false;
	return true;
}

static bool are_wrong(const uint32_t *teids, const char *address)
{
	return end(teids, address, DATAPATH_DROP_WRONG_ADDRESS);
}

/* --- a session without protection --- */

static void its_own_packets_cross(void)
{
	set_up();
	CU_ASSERT_TRUE(cross(teids_u, U));
	CU_ASSERT_TRUE(cross(teids_u, "10.0.0.99"));
	CU_ASSERT_TRUE(cross(teids_u, "2001:db8:99::1"));
	CU_ASSERT_EQUAL(of_both(DATAPATH_UNKNOWN_TEID), 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_PASSED), 6);
	tear_down();
}

static void its_tunnel_carries_no_address_of_a_protected_session(void)
{
	set_up();
	CU_ASSERT_TRUE(are_wrong(teids_u, V));
	CU_ASSERT_TRUE(are_wrong(teids_u, V_HOST));
	CU_ASSERT_TRUE(are_wrong(teids_u, ENDED));
	tear_down();
}

static void its_tunnel_carries_the_same_address_if_it_has_it_too(void)
{
	set_up();
	rig_bind(directory, u, V, NULL);
	CU_ASSERT_TRUE(cross(teids_u, V));
	CU_ASSERT_TRUE(are_wrong(teids_u, V_HOST));
	tear_down();
}

static void a_network_behind_a_ue_is_guarded_too(void)
{
	const struct pdp_prefix network = rig_prefix("192.0.2.0/28");

	set_up();
	CU_ASSERT_TRUE(cross(teids_u, "192.0.2.5"));
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(directory, v, &network));
	CU_ASSERT_TRUE(are_wrong(teids_u, "192.0.2.5"));
	CU_ASSERT_TRUE(cross(teids_u, "192.0.2.16"));
	tear_down();
}

static void at_another_ggsn_the_same_address_is_another(void)
{
	struct session *other;
	struct tunnel tunnel = rig_tunnel(E2M_UPLINK, 0xc1, false);

	set_up();
	/* U is at a second GGSN, which its user-plane address tells. */
	other = rig_add_session(directory, DIRECTORY_UNPROTECTED, 0, 0xc2);
	tunnel.receiver[15] ^= 0x40;
	CU_ASSERT_EQUAL(directory_set_tunnel(directory, &other->tunnel[E2M_UPLINK], &tunnel), 0);
	directory_index(directory, other, INDEX_TUNNEL_UP);
	directory_join_ggsn(directory, tunnel.receiver, tunnel.receiver);
	tunnel = rig_tunnel(E2M_UPLINK, 0, false);
	directory_join_ggsn(directory, tunnel.receiver, tunnel.receiver);
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, 0xc2, rig_ip(SERVER, V, LEN), LEN);
	rig_receive(&rig, DATAPATH_CORE, &frame);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_WRONG_ADDRESS), 1);
	frame.octets[frame.l3 + 15] ^= 0x40; /* from the second GGSN */
	rig_receive(&rig, DATAPATH_CORE, &frame);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 1);
	rig_write_gpdu(&frame, NULL, E2M_UPLINK, 0xc1, rig_ip(V, SERVER, LEN), LEN);
	frame.octets[frame.l3 + 19] ^= 0x40; /* to the second GGSN */
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	/* An outer source that no GGSN has given counts as every GGSN. */
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, 0xc2, rig_ip(SERVER, V, LEN), LEN);
	frame.octets[frame.l3 + 15] ^= 0x20;
	rig_receive(&rig, DATAPATH_CORE, &frame);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_WRONG_ADDRESS), 2);
	tear_down();
}

static void what_has_no_address_crosses(void)
{
	set_up();
	for (unsigned d = 0; d < 2; d++)
		for (size_t len = 0; len < 20; len += 19) {
			rig_forget(&rig);
			rig_write_gpdu(&frame, NULL, d, teids_u[d], rig_npdu(len, 1), len);
			rig_receive(&rig, side_of(d), &frame);
			CU_ASSERT_TRUE(rig_sent(&rig, !side_of(d), 0, &frame));
		}
	tear_down();
}

static void every_form_of_outer_header_is_checked(void)
{
	static const struct rig_outer outers[] = {{.udp_checksum = true},
						  {.vlan_tags = 2},
						  {.ip_options = 8},
						  {.gtpu_flags = 4, .gtpu_extensions = 2},
						  {.behind_gpdu = 4, .padding = 3},
						  {.ipv6 = true},
						  {.ipv6 = true, .ipv6_headers = 2}};
	const unsigned count = sizeof(outers) / sizeof(outers[0]);

	set_up();
	for (unsigned d = 0; d < 2; d++)
		for (unsigned i = 0; i < count; i++) {
			CU_ASSERT_FALSE(one_crosses(&outers[i], d, teids_unknown, V));
			CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_WRONG_ADDRESS), d * count + i + 1);
			CU_ASSERT_TRUE(one_crosses(&outers[i], d, teids_unknown, U));
		}
	tear_down();
}

static void an_n_pdu_in_segments_is_checked(void)
{
	unsigned sent = 0;

	set_up();
	for (uint32_t cut = 15; cut < 100; cut += 3, sent++) {
		struct rte_mbuf *m;

		write(NULL, E2M_DOWNLINK, teids_u, V);
		m = rig_mbuf(frame.octets, cut);
		rte_pktmbuf_chain(m, rig_mbuf(frame.octets + cut, frame.len - cut));
		rig_process(&rig, 0, DATAPATH_CORE, &m, 1);
	}
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_WRONG_ADDRESS), sent);
	tear_down();
}

/* --- fragments: the first one says --- */

static void receive_parts(enum e2m_direction d, size_t piece, bool first_comes_first)
{
	const unsigned count = rig_split(&frame, piece, 7, parts, PARTS);

	for (unsigned i = 0; i < count; i++)
		rig_receive(&rig, side_of(d), &parts[first_comes_first ? i : count - 1 - i]);
	rig_work(&rig);
}

static void no_fragment_of_a_wrong_n_pdu_crosses(void)
{
	set_up();
	for (unsigned d = 0; d < 2; d++)
		for (unsigned i = 0; i < 2; i++) {
			write(NULL, d, i ? teids_u : teids_unknown, V);
			receive_parts(d, 40, i);
			CU_ASSERT_EQUAL(rig.out_count[!side_of(d)], 0);
		}
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_WRONG_ADDRESS), 12);
	tear_down();
}

static void all_fragments_of_a_right_n_pdu_cross(void)
{
	set_up();
	for (unsigned d = 0; d < 2; d++)
		for (unsigned i = 0; i < 2; i++) {
			rig_forget(&rig);
			write(NULL, d, teids_u, U);
			receive_parts(d, 40, i);
			CU_ASSERT_EQUAL(rig.out_count[!side_of(d)], 3);
		}
	tear_down();
}

/* Of 16 octets of UDP and GTP-U, and 20 of IPv4 or 40 of IPv6, the first fragment has not all. */
static void a_first_fragment_that_hides_the_address_does_not_cross(void)
{
	set_up();
	for (unsigned d = 0; d < 2; d++) {
		write(NULL, d, teids_u, U);
		receive_parts(d, 32, true);
		write(NULL, d, teids_u, "2001:db8:99::1");
		receive_parts(d, 48, false);
	}
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS] + rig.out_count[DATAPATH_CORE], 0);
	/* In each direction: 3 of 96 octets, and 2. */
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_FRAGMENT), 10);
	tear_down();
}

static void a_later_fragment_does_not_replace_the_address(void)
{
	unsigned count;

	set_up();
	write(NULL, E2M_DOWNLINK, teids_u, U);
	count = rig_split(&frame, 40, 7, parts, PARTS);
	CU_ASSERT_EQUAL(count, 3);
	/* Ends of the inner header: it would be read from here by a receiver that lets the later one win. */
	parts[1].octets[parts[1].l3 + 7] = 32 / 8;
	memset(parts[1].octets + parts[1].l3 + 10, 0, 2);
	for (unsigned i = 0; i < 2; i++)
		rig_receive(&rig, DATAPATH_CORE, &parts[i]);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 1);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_FRAGMENT), 1);
	tear_down();
}

/* --- tunnels that no flow has --- */

static void a_protected_session_without_a_flow_lets_nothing_pass(void)
{
	set_up();
	CU_ASSERT_TRUE(end(teids_v, V, DATAPATH_DROP_TUNNEL_REMOVED));
	CU_ASSERT_TRUE(end(teids_v, U, DATAPATH_DROP_TUNNEL_REMOVED));
	tear_down();
}

static void the_tunnel_of_an_ended_session_stays_barred(void)
{
	set_up();
	CU_ASSERT_TRUE(end(teids_ended, ENDED, DATAPATH_DROP_TUNNEL_REMOVED));
	CU_ASSERT_TRUE(end(teids_ended, U, DATAPATH_DROP_TUNNEL_REMOVED));
	tear_down();
}

static void a_barred_session_lets_nothing_pass(void)
{
	set_up();
	u->is_barred = true;
	CU_ASSERT_TRUE(end(teids_u, U, DATAPATH_DROP_POLICY));
	tear_down();
}

static void a_tunnel_is_known_in_its_own_direction_only(void)
{
	const uint32_t reversed[2] = {teids_u[1], teids_u[0]};

	start(true, 1);
	CU_ASSERT_TRUE(cross(teids_u, U));
	CU_ASSERT_TRUE(end(reversed, U, DATAPATH_DROP_UNKNOWN_TEID));
	tear_down();
}

static void an_unknown_tunnel_carries_no_address_of_a_protected_session(void)
{
	set_up();
	CU_ASSERT_TRUE(cross(teids_unknown, U));
	CU_ASSERT_TRUE(are_wrong(teids_unknown, V));
	CU_ASSERT_TRUE(are_wrong(teids_unknown, V_HOST));
	CU_ASSERT_TRUE(are_wrong(teids_unknown, ENDED));
	CU_ASSERT_EQUAL(of_both(DATAPATH_UNKNOWN_TEID), 2);
	tear_down();
}

/* The GGSN may take a TEID at each of its addresses: here at one that no message has given. */
static bool crosses_at_another_address(enum e2m_direction d, const uint32_t *teids)
{
	rig_forget(&rig);
	write(NULL, d, teids, U);
	frame.octets[frame.l3 + 19] ^= 0x40; /* destination */
	memset(frame.octets + frame.l3 + 10, 0, 2);
	rig_receive(&rig, side_of(d), &frame);
	rig_work(&rig);
	return rig.out_count[!side_of(d)] == 1;
}

static void an_unknown_tunnel_with_the_teid_of_a_protected_session_is_dropped(void)
{
	set_up();
	CU_ASSERT_FALSE(crosses_at_another_address(E2M_UPLINK, teids_v));
	CU_ASSERT_FALSE(crosses_at_another_address(E2M_UPLINK, teids_ended));
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_TUNNEL_REMOVED), 2);
	CU_ASSERT_TRUE(crosses_at_another_address(E2M_UPLINK, teids_u));
	CU_ASSERT_TRUE(crosses_at_another_address(E2M_UPLINK, teids_unknown));
	CU_ASSERT_TRUE(crosses_at_another_address(E2M_DOWNLINK, teids_v));
	tear_down();
}

static void an_unknown_tunnel_is_dropped_unless_configured_to_pass(void)
{
	start(true, 1);
	CU_ASSERT_TRUE(end(teids_unknown, U, DATAPATH_DROP_UNKNOWN_TEID));
	CU_ASSERT_TRUE(cross(teids_u, U));
	tear_down();
}

static void an_overfull_directory_lets_nothing_unknown_pass(void)
{
	set_up();
	directory_set_overfull(directory);
	CU_ASSERT_TRUE(end(teids_unknown, U, DATAPATH_DROP_UNKNOWN_TEID));
	CU_ASSERT_TRUE(cross(teids_u, U));
	CU_ASSERT_TRUE(are_wrong(teids_u, "10.0.0.99"));
	tear_down();
}

/* Clause 6: they match in the session's own tunnel. */
static void an_overfull_directory_lets_the_addresses_of_no_session_pass(void)
{
	static const char *const source[] = {"fe80::1", "::", "0.0.0.0"};

	set_up();
	directory_set_overfull(directory);
	for (size_t i = 0; i < sizeof(source) / sizeof(source[0]); i++)
		CU_ASSERT_TRUE(one_crosses(NULL, E2M_UPLINK, teids_u, source[i]));
	CU_ASSERT_TRUE(one_crosses(NULL, E2M_DOWNLINK, teids_u, "ff02::1"));
	CU_ASSERT_TRUE(one_crosses(NULL, E2M_DOWNLINK, teids_u, "255.255.255.255"));
	CU_ASSERT_TRUE(end(teids_unknown, "fe80::1", DATAPATH_DROP_UNKNOWN_TEID));
	tear_down();
}

/* --- bypass, and what an expected tunnel has held --- */

static void set_bypass(void)
{
	const struct datapath_command c = {.kind = DATAPATH_SET_BYPASS, .bypass = true};

	rig_command(&rig, 0, &c);
}

static void in_bypass_the_address_of_a_protected_session_does_not_cross(void)
{
	start(true, 1);
	set_bypass();
	CU_ASSERT_TRUE(cross(teids_unknown, U));
	CU_ASSERT_TRUE(cross(teids_u, U));
	CU_ASSERT_TRUE(are_wrong(teids_unknown, V));
	CU_ASSERT_TRUE(are_wrong(teids_u, V));
	tear_down();
}

static void in_bypass_no_tunnel_of_a_protected_session_crosses(void)
{
	set_up();
	set_bypass();
	CU_ASSERT_TRUE(end(teids_v, U, DATAPATH_DROP_BYPASS));
	CU_ASSERT_TRUE(end(teids_ended, U, DATAPATH_DROP_BYPASS));
	u->is_barred = true;
	CU_ASSERT_TRUE(end(teids_u, U, DATAPATH_DROP_BYPASS));
	tear_down();
}

static void in_bypass_no_teid_of_a_protected_session_crosses_at_another_address(void)
{
	start(true, 1);
	set_bypass();
	CU_ASSERT_FALSE(crosses_at_another_address(E2M_UPLINK, teids_v));
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_BYPASS), 1);
	CU_ASSERT_TRUE(crosses_at_another_address(E2M_UPLINK, teids_u));
	CU_ASSERT_TRUE(crosses_at_another_address(E2M_UPLINK, teids_unknown));
	tear_down();
}

static void in_bypass_lengths_that_lie_do_not_hide_an_address(void)
{
	set_up();
	set_bypass();
	write(NULL, E2M_DOWNLINK, teids_u, V);
	frame.octets[frame.gtpu + 3] += 9;
	rig_receive(&rig, DATAPATH_CORE, &frame);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_MALFORMED), 1);
	tear_down();
}

static void command(enum datapath_command_kind kind, enum e2m_direction d)
{
	struct datapath_command c = {.kind = (uint8_t)kind, .flow = d};

	c.add.tunnel = rig_tunnel(d, teids_u[d], false);
	c.add.direction = (uint8_t)d;
	c.add.treatment = DATAPATH_LET_PASS;
	rig_command(&rig, 0, &c);
}

static void what_was_held_is_checked_when_it_passes(void)
{
	set_up();
	for (unsigned d = 0; d < 2; d++) {
		command(DATAPATH_EXPECT_FLOW, d);
		CU_ASSERT_FALSE(one_crosses(NULL, d, teids_u, V));
		CU_ASSERT_FALSE(one_crosses(NULL, d, teids_u, U));
		CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 2);
		command(DATAPATH_ADD_FLOW, d);
		CU_ASSERT_TRUE(rig_sent(&rig, !side_of(d), 0, &frame));
		CU_ASSERT_EQUAL(rig.out_count[!side_of(d)], 1);
		CU_ASSERT_FALSE(one_crosses(NULL, d, teids_u, V));
		command(DATAPATH_REMOVE_FLOW, d);
		CU_ASSERT_TRUE(one_crosses(NULL, d, teids_u, U));
	}
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_WRONG_ADDRESS), 4);
	tear_down();
}

/* A session without protection has left the tunnel a moment ago. */
static void a_late_packet_with_the_teid_of_a_protected_session_is_dropped(void)
{
	struct datapath_command c = {.kind = DATAPATH_ADD_FLOW};

	start(true, 1);
	c.add.tunnel = rig_tunnel(E2M_UPLINK, teids_v[E2M_UPLINK], false);
	c.add.tunnel.receiver[15] ^= 0x40; /* as crosses_at_another_address */
	c.add.treatment = DATAPATH_LET_PASS;
	rig_command(&rig, 0, &c);
	CU_ASSERT_FALSE(crosses_at_another_address(E2M_UPLINK, teids_v));
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_TUNNEL_REMOVED), 1);
	directory_remove(directory, v);
	CU_ASSERT_TRUE(crosses_at_another_address(E2M_UPLINK, teids_v));
	tear_down();
}

static void what_was_held_for_a_barred_session_does_not_pass(void)
{
	set_up();
	u->is_barred = true;
	command(DATAPATH_EXPECT_FLOW, E2M_DOWNLINK);
	CU_ASSERT_FALSE(one_crosses(NULL, E2M_DOWNLINK, teids_u, U));
	command(DATAPATH_ADD_FLOW, E2M_DOWNLINK);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], 0);
	CU_ASSERT_EQUAL(of_both(DATAPATH_DROP_POLICY), 1);
	tear_down();
}

RIG_MAIN("datapath-clear", TEST(its_own_packets_cross),
	 TEST(its_tunnel_carries_no_address_of_a_protected_session),
	 TEST(its_tunnel_carries_the_same_address_if_it_has_it_too),
	 TEST(a_network_behind_a_ue_is_guarded_too),
	 TEST(at_another_ggsn_the_same_address_is_another), TEST(what_has_no_address_crosses),
	 TEST(every_form_of_outer_header_is_checked), TEST(an_n_pdu_in_segments_is_checked),
	 TEST(no_fragment_of_a_wrong_n_pdu_crosses), TEST(all_fragments_of_a_right_n_pdu_cross),
	 TEST(a_first_fragment_that_hides_the_address_does_not_cross),
	 TEST(a_later_fragment_does_not_replace_the_address),
	 TEST(a_protected_session_without_a_flow_lets_nothing_pass),
	 TEST(the_tunnel_of_an_ended_session_stays_barred),
	 TEST(a_barred_session_lets_nothing_pass),
	 TEST(a_tunnel_is_known_in_its_own_direction_only),
	 TEST(an_unknown_tunnel_carries_no_address_of_a_protected_session),
	 TEST(an_unknown_tunnel_with_the_teid_of_a_protected_session_is_dropped),
	 TEST(an_unknown_tunnel_is_dropped_unless_configured_to_pass),
	 TEST(an_overfull_directory_lets_nothing_unknown_pass),
	 TEST(an_overfull_directory_lets_the_addresses_of_no_session_pass),
	 TEST(in_bypass_the_address_of_a_protected_session_does_not_cross),
	 TEST(in_bypass_no_tunnel_of_a_protected_session_crosses),
	 TEST(in_bypass_no_teid_of_a_protected_session_crosses_at_another_address),
	 TEST(in_bypass_lengths_that_lie_do_not_hide_an_address),
	 TEST(what_was_held_is_checked_when_it_passes),
	 TEST(a_late_packet_with_the_teid_of_a_protected_session_is_dropped),
	 TEST(what_was_held_for_a_barred_session_does_not_pass))
