/* SPDX-License-Identifier: BSD-3-Clause */
/* Address binding (e2m.md 6): N-PDUs in the tunnels of protected sessions. datapath_clear_test.c has all other tunnels. */
#include "datapath/owner.h"
#include "datapath_rig_directory.h"

#define KEY_ID	 3
#define LEN	 80
#define SERVER	 "198.51.100.1"
#define SERVER_6 "2001:db8:ffff::1"
/* V's and A's addresses. */
#define V   "10.0.0.1"
#define V_6 "2001:db8:1:1::/64"
#define A   "10.0.0.2"

static struct rig rig;
static struct directory *directory;
static struct session *v, *a;	 /* two protected sessions at one GGSN */
static struct rig_flow up, down; /* V's */
static struct npdu_key *key;
static struct rig_frame frame;
static uint32_t next_up, next_down; /* COUNTs */

static void start(unsigned workers, enum datapath_key_state state)
{
	rig_init(&rig);
	directory = rig_open_directory(&rig);
	v = rig_add_session(directory, DIRECTORY_PROTECTED, 0xa1, 0xb1);
	a = rig_add_session(directory, DIRECTORY_PROTECTED, 0xa2, 0xb2);
	rig_bind(directory, v, V, V_6);
	rig_bind(directory, a, A, NULL);
	rig_start(&rig, workers);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	up = (struct rig_flow){.number = 0, .teid = 0xa1, .bearer = 5, .counter_octets = 1};
	down = (struct rig_flow){.number = 1, .teid = 0xb1, .bearer = 5, .counter_octets = 1};
	down.direction = E2M_DOWNLINK;
	up.session = down.session = directory_id(directory, v);
	rig_add_flow(&rig, &up);
	rig_add_flow(&rig, &down);
	rig_set_keyset(&rig, &up, 0, state, KEY_ID, state == DATAPATH_KEY_READY ? key : NULL, 0);
	rig_set_keyset(&rig, &down, 0, state, KEY_ID, state == DATAPATH_KEY_READY ? key : NULL, 0);
	next_up = next_down = 0;
}

static void set_up(void)
{
	start(1, DATAPATH_KEY_READY);
}

static void tear_down(void)
{
	rig_work(&rig);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		CU_ASSERT_EQUAL(rig_ended(&rig, side),
				rig_counter(&rig, side, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
	directory_free(directory);
	npdu_key_free(key);
}

static uint64_t wrong(enum datapath_side side)
{
	return rig_counter(&rig, side, DATAPATH_DROP_WRONG_ADDRESS);
}

static void send_down(const struct rig_outer *outer, const uint8_t *npdu, size_t len)
{
	rig_write_gpdu(&frame, outer, E2M_DOWNLINK, down.teid, npdu, len);
	rig_receive(&rig, DATAPATH_CORE, &frame);
	rig_work(&rig);
}

static void send_up(const struct rig_outer *outer, const uint8_t *npdu, size_t len)
{
	rig_write_protected(&frame, outer, &up, key, KEY_ID, next_up++, npdu, len);
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	rig_work(&rig);
}

/* The N-PDU leaves under V's key and next COUNT. */
static bool down_leaves(const uint8_t *npdu, size_t len)
{
	bool is_right;

	rig_forget(&rig);
	send_down(NULL, npdu, len);
	rig_write_protected(&frame, NULL, &down, key, KEY_ID, next_down, npdu, len);
	is_right = rig_sent(&rig, DATAPATH_ACCESS, 0, &frame);
	next_down += is_right;
	return is_right;
}

static bool up_leaves(const uint8_t *npdu, size_t len)
{
	rig_forget(&rig);
	send_up(NULL, npdu, len);
	rig_write_gpdu(&frame, NULL, E2M_UPLINK, up.teid, npdu, len);
	return rig_sent(&rig, DATAPATH_CORE, 0, &frame);
}

/* It is dropped under the name, and uses no COUNT. */
static bool down_is_wrong(const uint8_t *npdu, size_t len)
{
	const uint64_t before = wrong(DATAPATH_CORE);

	rig_forget(&rig);
	send_down(NULL, npdu, len);
	return wrong(DATAPATH_CORE) == before + 1 && rig.out_count[DATAPATH_ACCESS] == 0;
}

static bool up_is_wrong(const uint8_t *npdu, size_t len)
{
	const uint64_t before = wrong(DATAPATH_ACCESS);

	rig_forget(&rig);
	send_up(NULL, npdu, len);
	return wrong(DATAPATH_ACCESS) == before + 1 && rig.out_count[DATAPATH_CORE] == 0;
}

static bool both_leave(const char *address, const char *server)
{
	return down_leaves(rig_ip(server, address, LEN), LEN) &&
	       up_leaves(rig_ip(address, server, LEN), LEN);
}

static bool both_are_wrong(const char *address, const char *server)
{
	return down_is_wrong(rig_ip(server, address, LEN), LEN) &&
	       up_is_wrong(rig_ip(address, server, LEN), LEN);
}

/* --- what matches --- */

static void the_sessions_own_addresses_match(void)
{
	set_up();
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	CU_ASSERT_TRUE(both_leave("2001:db8:1:1::5", SERVER_6));
	CU_ASSERT_TRUE(both_leave("2001:db8:1:1:ffff::", SERVER_6));
	tear_down();
}

static void any_other_address_is_dropped(void)
{
	set_up();
	CU_ASSERT_TRUE(both_are_wrong(A, SERVER));
	CU_ASSERT_TRUE(both_are_wrong("10.0.0.3", SERVER));
	CU_ASSERT_TRUE(both_are_wrong("2001:db8:1:2::5", SERVER_6));
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	tear_down();
}

static void an_ipv6_prefix_has_its_own_length(void)
{
	set_up();
	rig_bind(directory, v, NULL, "2001:db8:aa00::/40");
	CU_ASSERT_TRUE(both_leave("2001:db8:aaff:1::5", SERVER_6));
	CU_ASSERT_TRUE(both_are_wrong("2001:db8:ab00:1::5", SERVER_6));
	rig_bind(directory, v, NULL, "2001:db8:1:1::8/125");
	CU_ASSERT_TRUE(both_leave("2001:db8:1:1::f", SERVER_6));
	CU_ASSERT_TRUE(both_are_wrong("2001:db8:1:1::10", SERVER_6));
	tear_down();
}

static void networks_behind_the_ue_match(void)
{
	const struct pdp_prefix network = rig_prefix("192.0.2.0/28"),
				delegated = rig_prefix("2001:db8:77::/48");

	set_up();
	CU_ASSERT_TRUE(both_are_wrong("192.0.2.5", SERVER));
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(directory, v, &network));
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(directory, v, &delegated));
	CU_ASSERT_TRUE(both_leave("192.0.2.5", SERVER));
	CU_ASSERT_TRUE(both_leave("2001:db8:77:5::1", SERVER_6));
	CU_ASSERT_TRUE(both_are_wrong("192.0.2.16", SERVER));
	rig_bind(directory, a, "192.0.2.5", NULL);
	CU_ASSERT_TRUE(both_are_wrong("192.0.2.5", SERVER));
	CU_ASSERT_TRUE(both_leave("192.0.2.6", SERVER));
	tear_down();
}

static void a_longer_prefix_of_another_session_is_not_the_sessions_own(void)
{
	set_up();
	rig_bind(directory, v, NULL, "2001:db8::/32");
	CU_ASSERT_TRUE(both_leave("2001:db8:7:1::5", SERVER_6));
	rig_bind(directory, a, NULL, "2001:db8:7:1::/64");
	CU_ASSERT_TRUE(both_are_wrong("2001:db8:7:1::5", SERVER_6));
	CU_ASSERT_TRUE(both_leave("2001:db8:7:2::5", SERVER_6));
	tear_down();
}

static void a_version_that_the_pdn_type_excludes_matches_nothing(void)
{
	const struct pdp_prefix network = rig_prefix("2001:db8:77::/48");

	set_up();
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(directory, v, &network));
	rig_bind(directory, v, V, NULL);
	rig_exclude(directory, v, true);
	CU_ASSERT_TRUE(both_are_wrong("2001:db8:1:1::5", SERVER_6));
	CU_ASSERT_TRUE(both_are_wrong("fe80::1", "fe80::2"));
	CU_ASSERT_TRUE(both_are_wrong("2001:db8:77:5::1", SERVER_6));
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	tear_down();
}

/* Another session has it now. */
static void a_version_that_is_lost_matches_nothing(void)
{
	const struct pdp_prefix network = rig_prefix("192.0.2.0/28");
	struct pdp_address address;

	set_up();
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(directory, v, &network));
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	directory_address(v, &address);
	pdp_address_unset(&address, false, PDP_LOST);
	directory_set_address(directory, v, &address);
	CU_ASSERT_TRUE(both_are_wrong(V, SERVER));
	CU_ASSERT_TRUE(both_are_wrong("192.0.2.5", SERVER));
	CU_ASSERT_TRUE(both_are_wrong("0.0.0.0", "255.255.255.255"));
	CU_ASSERT_TRUE(both_leave("2001:db8:1:1::5", SERVER_6));
	tear_down();
}

static void link_local_and_unspecified_and_multicast_match(void)
{
	set_up();
	CU_ASSERT_TRUE(down_leaves(rig_ip("fe80::2", "fe80::1", LEN), LEN));
	CU_ASSERT_TRUE(down_leaves(rig_ip("fe80::2", "ff02::1", LEN), LEN));
	CU_ASSERT_TRUE(down_leaves(rig_ip(SERVER, "224.0.0.1", LEN), LEN));
	CU_ASSERT_TRUE(down_leaves(rig_ip(SERVER, "255.255.255.255", LEN), LEN));
	CU_ASSERT_TRUE(up_leaves(rig_ip("fe80::1", "ff02::2", LEN), LEN));
	CU_ASSERT_TRUE(up_leaves(rig_ip("::", "ff02::2", LEN), LEN));
	CU_ASSERT_TRUE(up_leaves(rig_ip("0.0.0.0", "255.255.255.255", LEN), LEN));
	tear_down();
}

/* --- dropped before anything is spent --- */

static void a_wrong_downlink_n_pdu_uses_no_count(void)
{
	set_up();
	for (unsigned i = 0; i < 5; i++)
		CU_ASSERT_TRUE(down_is_wrong(rig_ip(SERVER, A, LEN), LEN));
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid, rig_ip(SERVER, V, LEN), LEN);
	rig_receive(&rig, DATAPATH_CORE, &frame);
	rig_write_protected(&frame, NULL, &down, key, KEY_ID, 0, rig_ip(SERVER, V, LEN), LEN);
	CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_ACCESS, 0, &frame));
	tear_down();
}

static void a_wrong_downlink_n_pdu_takes_no_place_in_a_hold_queue(void)
{
	start(1, DATAPATH_KEY_MISSING);
	CU_ASSERT_TRUE(down_is_wrong(rig_ip(SERVER, A, LEN), LEN));
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_MISS), 0);
	send_down(NULL, rig_ip(SERVER, V, LEN), LEN);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 1);
	rig_wait_ms(&rig, 1000);
	tear_down();
}

static void what_was_held_is_checked_when_it_is_released(void)
{
	start(1, DATAPATH_KEY_MISSING);
	send_down(NULL, rig_ip(SERVER, V, LEN), LEN);
	send_up(NULL, rig_ip(V, SERVER, LEN), LEN);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 2);
	rig_bind(directory, v, "10.0.0.9", NULL);
	rig_set_keyset(&rig, &down, 0, DATAPATH_KEY_READY, KEY_ID, key, 0);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, KEY_ID, key, 0);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS] + rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(wrong(DATAPATH_CORE), 1);
	CU_ASSERT_EQUAL(wrong(DATAPATH_ACCESS), 1);
	tear_down();
}

/* --- uplink: MAC, window and COUNT come first --- */

static void the_mac_is_checked_before_the_address(void)
{
	set_up();
	rig_write_protected(&frame, NULL, &up, key, KEY_ID, 0, rig_ip(A, SERVER, LEN), LEN);
	frame.octets[frame.len - 1] ^= 1;
	rig_receive(&rig, DATAPATH_ACCESS, &frame);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_BAD_MAC), 1);
	CU_ASSERT_EQUAL(wrong(DATAPATH_ACCESS), 0);
	tear_down();
}

static void a_wrong_uplink_n_pdu_has_its_count_in_the_window(void)
{
	set_up();
	CU_ASSERT_TRUE(up_is_wrong(rig_ip(A, SERVER, LEN), LEN));
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_AUTHENTICATED), 1);
	next_up = 0;
	send_up(NULL, rig_ip(A, SERVER, LEN), LEN);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_DROP_REPLAY), 1);
	CU_ASSERT_EQUAL(wrong(DATAPATH_ACCESS), 1);
	tear_down();
}

static void a_wrong_uplink_n_pdu_does_not_wait_for_a_ceiling(void)
{
	set_up();
	rig_set_ceiling(&rig, &up, 0, 0, 0);
	CU_ASSERT_TRUE(up_is_wrong(rig_ip(A, SERVER, LEN), LEN));
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_LOW), 1);
	send_up(NULL, rig_ip(V, SERVER, LEN), LEN);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 1);
	rig_set_ceiling(&rig, &up, 0, 10, DATAPATH_NO_MARK);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 1);
	tear_down();
}

static void what_waited_for_a_ceiling_is_checked_again(void)
{
	set_up();
	rig_set_ceiling(&rig, &up, 0, 0, 0);
	send_up(NULL, rig_ip(V, SERVER, LEN), LEN);
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 1);
	rig_bind(directory, v, "10.0.0.9", NULL);
	rig_set_ceiling(&rig, &up, 0, 10, DATAPATH_NO_MARK);
	CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], 0);
	CU_ASSERT_EQUAL(wrong(DATAPATH_ACCESS), 1);
	tear_down();
}

static void a_recovered_n_pdu_is_checked(void)
{
	set_up();
	next_up = 3000; /* more than W/2 ahead */
	CU_ASSERT_TRUE(up_is_wrong(rig_ip(A, SERVER, LEN), LEN));
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_RECOVERED), 1);
	CU_ASSERT_TRUE(up_leaves(rig_ip(V, SERVER, LEN), LEN));
	tear_down();
}

static void a_recovered_n_pdu_does_not_wait_for_a_ceiling_either(void)
{
	set_up();
	rig_set_ceiling(&rig, &up, 0, 0, 0);
	next_up = 3000;
	CU_ASSERT_TRUE(up_is_wrong(rig_ip(A, SERVER, LEN), LEN));
	CU_ASSERT_EQUAL(datapath_held(rig.workers[0]), 0);
	CU_ASSERT_EQUAL(rig_count_events(&rig, DATAPATH_LOW), 1);
	rig_set_ceiling(&rig, &up, 0, 10000, DATAPATH_NO_MARK);
	CU_ASSERT_TRUE(up_leaves(rig_ip(V, SERVER, LEN), LEN));
	tear_down();
}

/* --- N-PDUs without an address --- */

static void an_uplink_n_pdu_of_zero_octets_ends_in_a_bound_session(void)
{
	set_up();
	CU_ASSERT_TRUE(up_is_wrong(rig_npdu(0, 0), 0));
	rig_bind(directory, v, NULL, NULL);
	CU_ASSERT_TRUE(up_leaves(rig_npdu(0, 0), 0));
	tear_down();
}

static void garbage_crosses_only_without_any_bound_address(void)
{
	static const uint8_t ethernet[LEN] = {0xfe}, short_ipv4[19] = {0x45},
			     short_ipv6[39] = {0x60};

	set_up();
	for (unsigned i = 0; i < 2; i++) {
		bool (*const down_does)(const uint8_t *, size_t) = i ? down_leaves : down_is_wrong;
		bool (*const up_does)(const uint8_t *, size_t) = i ? up_leaves : up_is_wrong;

		CU_ASSERT_TRUE(down_does(ethernet, LEN));
		CU_ASSERT_TRUE(down_does(short_ipv4, sizeof(short_ipv4)));
		CU_ASSERT_TRUE(down_does(short_ipv6, sizeof(short_ipv6)));
		CU_ASSERT_TRUE(up_does(ethernet, LEN));
		CU_ASSERT_TRUE(up_does(short_ipv4, sizeof(short_ipv4)));
		CU_ASSERT_TRUE(up_does(short_ipv6, sizeof(short_ipv6)));
		rig_bind(directory, v, NULL, NULL);
	}
	tear_down();
}

/* --- unbound --- */

static void in_an_unbound_version_the_tunnel_alone_decides(void)
{
	set_up();
	rig_bind(directory, v, V, NULL);
	CU_ASSERT_TRUE(both_leave("2001:db8:5::1", SERVER_6));
	CU_ASSERT_TRUE(both_are_wrong("10.0.0.3", SERVER));
	rig_bind(directory, v, NULL, V_6);
	CU_ASSERT_TRUE(both_leave("10.0.0.3", SERVER));
	CU_ASSERT_TRUE(both_are_wrong("2001:db8:5::1", SERVER_6));
	tear_down();
}

static void an_unbound_tunnel_carries_no_address_of_another_session(void)
{
	set_up();
	rig_bind(directory, v, NULL, NULL);
	CU_ASSERT_TRUE(both_are_wrong(A, SERVER));
	rig_bind(directory, a, NULL, "2001:db8:2:2::/64");
	CU_ASSERT_TRUE(both_leave(A, SERVER));
	CU_ASSERT_TRUE(both_are_wrong("2001:db8:2:2::1", SERVER_6));
	tear_down();
}

/* --- all forms of a packet --- */

static void every_form_of_outer_header_is_checked(void)
{
	static const struct rig_outer outers[] = {{.udp_checksum = true},
						  {.vlan_tags = 2},
						  {.ip_options = 8},
						  {.gtpu_flags = 4, .gtpu_extensions = 2},
						  {.behind_gpdu = 4, .padding = 3}};

	set_up();
	for (unsigned i = 0; i < sizeof(outers) / sizeof(outers[0]); i++) {
		send_down(&outers[i], rig_ip(SERVER, A, LEN), LEN);
		send_up(&outers[i], rig_ip(A, SERVER, LEN), LEN);
		CU_ASSERT_EQUAL(wrong(DATAPATH_CORE), i + 1);
		CU_ASSERT_EQUAL(wrong(DATAPATH_ACCESS), i + 1);
		send_down(&outers[i], rig_ip(SERVER, V, LEN), LEN);
		send_up(&outers[i], rig_ip(V, SERVER, LEN), LEN);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], i + 1);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], i + 1);
	}
	tear_down();
}

static void receive_parts(enum datapath_side side)
{
	static struct rig_frame parts[8];
	const unsigned count = rig_split(&frame, 48, 7, parts, 8);

	for (unsigned i = count; i-- > 0;)
		rig_receive(&rig, side, &parts[i]);
	rig_work(&rig);
}

static void a_reassembled_n_pdu_is_checked(void)
{
	set_up();
	for (unsigned is_right = 0; is_right < 2; is_right++) {
		rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid,
			       rig_ip(SERVER, is_right ? V : A, LEN), LEN);
		receive_parts(DATAPATH_CORE);
		rig_write_protected(&frame, NULL, &up, key, KEY_ID, next_up++,
				    rig_ip(is_right ? V : A, SERVER, LEN), LEN);
		receive_parts(DATAPATH_ACCESS);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_ACCESS], is_right);
		CU_ASSERT_EQUAL(rig.out_count[DATAPATH_CORE], is_right);
	}
	CU_ASSERT_EQUAL(wrong(DATAPATH_CORE), 1);
	CU_ASSERT_EQUAL(wrong(DATAPATH_ACCESS), 1);
	tear_down();
}

static void receive_in_segments(enum datapath_side side, uint32_t cut)
{
	struct rte_mbuf *m = rig_mbuf(frame.octets, cut);

	rte_pktmbuf_chain(m, rig_mbuf(frame.octets + cut, frame.len - cut));
	rig_process(&rig, 0, side, &m, 1);
	rig_work(&rig);
}

static void an_n_pdu_in_segments_is_checked(void)
{
	unsigned sent = 0;

	set_up();
	for (uint32_t cut = 15; cut < 100; cut += 7, sent++) {
		rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid, rig_ip(SERVER, A, LEN), LEN);
		receive_in_segments(DATAPATH_CORE, cut);
		rig_write_protected(&frame, NULL, &up, key, KEY_ID, next_up++,
				    rig_ip(A, SERVER, LEN), LEN);
		receive_in_segments(DATAPATH_ACCESS, cut);
	}
	CU_ASSERT_EQUAL(wrong(DATAPATH_CORE), sent);
	CU_ASSERT_EQUAL(wrong(DATAPATH_ACCESS), sent);
	tear_down();
}

static void what_another_worker_handed_over_is_checked(void)
{
	start(2, DATAPATH_KEY_READY);
	/* One of the two is not worker 0's, for each direction. */
	for (uint32_t i = 0; i < 2; i++) {
		struct rig_flow *flow = i ? &down : &up;

		rig_flow_command(&rig, flow, DATAPATH_REMOVE_FLOW, 0);
		while (tunnel_owner(flow->teid, 2) == 0)
			flow->teid++;
		rig_add_flow(&rig, flow);
		rig_set_keyset(&rig, flow, 0, DATAPATH_KEY_READY, KEY_ID, key, 0);
	}
	CU_ASSERT_TRUE(both_are_wrong(A, SERVER));
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_HANDED_OVER), 2);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_ACCESS, DATAPATH_HANDED_OVER), 2);
	tear_down();
}

/* The worker remembers addresses that it has found. */
static void an_address_that_the_session_has_lost_matches_no_longer(void)
{
	set_up();
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	rig_bind(directory, v, "10.0.0.9", V_6);
	CU_ASSERT_TRUE(both_are_wrong(V, SERVER));
	CU_ASSERT_TRUE(both_leave("10.0.0.9", SERVER));
	rig_exclude(directory, v, false);
	CU_ASSERT_TRUE(both_are_wrong("10.0.0.9", SERVER));
	CU_ASSERT_TRUE(both_leave("2001:db8:1:1::5", SERVER_6));
	CU_ASSERT_TRUE(both_leave("2001:db8:1:1::6", SERVER_6));
	rig_bind(directory, v, NULL, "2001:db8:1:1:8000::/65");
	CU_ASSERT_TRUE(both_are_wrong("2001:db8:1:1::5", SERVER_6));
	CU_ASSERT_TRUE(both_leave("2001:db8:1:1:8000::5", SERVER_6));
	CU_ASSERT_TRUE(both_are_wrong("2001:db8:1:1::5", SERVER_6));
	tear_down();
}

/* Each flow has its own session's. */
static void both_versions_in_turns_match(void)
{
	set_up();
	for (unsigned i = 0; i < 4; i++) {
		CU_ASSERT_TRUE(both_leave(V, SERVER));
		CU_ASSERT_TRUE(both_leave("2001:db8:1:1::5", SERVER_6));
		CU_ASSERT_TRUE(both_are_wrong(A, SERVER));
		CU_ASSERT_TRUE(both_are_wrong("2001:db8:1:2::5", SERVER_6));
	}
	tear_down();
}

static void without_its_session_nothing_matches(void)
{
	set_up();
	directory_remove(directory, v);
	CU_ASSERT_TRUE(both_are_wrong(V, SERVER));
	tear_down();
}

/* The rig's GGSN is A's; V's is another, which gives the same private addresses. */
static void an_address_of_another_ggsns_session_is_not_the_sessions_own(void)
{
	const struct tunnel other = rig_tunnel(E2M_DOWNLINK, 7, true),
			    rigs = rig_tunnel(E2M_UPLINK, 7, false);

	set_up();
	directory_set_tunnel(directory, &v->control_ggsn, &other);
	directory_set_tunnel(directory, &a->control_ggsn, &rigs);
	directory_join_ggsn(directory, other.receiver, other.receiver);
	directory_join_ggsn(directory, rigs.receiver, rigs.receiver);
	rig_bind(directory, a, NULL, NULL);
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	rig_bind(directory, a, V, NULL);
	CU_ASSERT_TRUE(both_are_wrong(V, SERVER));
	rig_bind(directory, a, A, NULL);
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	tear_down();
}

/* The worker remembers that the session was alone with its address. */
static void an_address_in_a_network_of_another_ggsns_session_is_not_the_sessions_own(void)
{
	const struct tunnel other = rig_tunnel(E2M_DOWNLINK, 7, true),
			    rigs = rig_tunnel(E2M_UPLINK, 7, false);
	const struct pdp_prefix network = rig_prefix("10.0.0.0/24");

	set_up();
	directory_set_tunnel(directory, &v->control_ggsn, &other);
	directory_set_tunnel(directory, &a->control_ggsn, &rigs);
	directory_join_ggsn(directory, other.receiver, other.receiver);
	directory_join_ggsn(directory, rigs.receiver, rigs.receiver);
	rig_bind(directory, a, NULL, NULL);
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	CU_ASSERT_PTR_NOT_NULL(directory_add_network(directory, a, &network));
	CU_ASSERT_TRUE(both_are_wrong(V, SERVER));
	tear_down();
}

static void an_address_of_another_ggsns_session_is_the_sessions_own_at_its_ggsn(void)
{
	const struct tunnel other = rig_tunnel(E2M_DOWNLINK, 7, true),
			    rigs = rig_tunnel(E2M_UPLINK, 7, false);

	set_up();
	directory_set_tunnel(directory, &v->control_ggsn, &rigs);
	directory_set_tunnel(directory, &a->control_ggsn, &other);
	directory_join_ggsn(directory, other.receiver, other.receiver);
	directory_join_ggsn(directory, rigs.receiver, rigs.receiver);
	rig_bind(directory, a, V, NULL);
	CU_ASSERT_TRUE(both_leave(V, SERVER));
	tear_down();
}

RIG_MAIN("datapath-binding", TEST(the_sessions_own_addresses_match),
	 TEST(any_other_address_is_dropped), TEST(an_ipv6_prefix_has_its_own_length),
	 TEST(networks_behind_the_ue_match),
	 TEST(a_longer_prefix_of_another_session_is_not_the_sessions_own),
	 TEST(a_version_that_the_pdn_type_excludes_matches_nothing),
	 TEST(a_version_that_is_lost_matches_nothing),
	 TEST(link_local_and_unspecified_and_multicast_match),
	 TEST(a_wrong_downlink_n_pdu_uses_no_count),
	 TEST(a_wrong_downlink_n_pdu_takes_no_place_in_a_hold_queue),
	 TEST(what_was_held_is_checked_when_it_is_released),
	 TEST(the_mac_is_checked_before_the_address),
	 TEST(a_wrong_uplink_n_pdu_has_its_count_in_the_window),
	 TEST(a_wrong_uplink_n_pdu_does_not_wait_for_a_ceiling),
	 TEST(what_waited_for_a_ceiling_is_checked_again), TEST(a_recovered_n_pdu_is_checked),
	 TEST(a_recovered_n_pdu_does_not_wait_for_a_ceiling_either),
	 TEST(an_uplink_n_pdu_of_zero_octets_ends_in_a_bound_session),
	 TEST(garbage_crosses_only_without_any_bound_address),
	 TEST(in_an_unbound_version_the_tunnel_alone_decides),
	 TEST(an_unbound_tunnel_carries_no_address_of_another_session),
	 TEST(every_form_of_outer_header_is_checked), TEST(a_reassembled_n_pdu_is_checked),
	 TEST(an_n_pdu_in_segments_is_checked), TEST(what_another_worker_handed_over_is_checked),
	 TEST(an_address_that_the_session_has_lost_matches_no_longer),
	 TEST(both_versions_in_turns_match),
	 TEST(an_address_of_another_ggsns_session_is_not_the_sessions_own),
	 TEST(an_address_in_a_network_of_another_ggsns_session_is_not_the_sessions_own),
	 TEST(an_address_of_another_ggsns_session_is_the_sessions_own_at_its_ggsn),
	 TEST(without_its_session_nothing_matches))
