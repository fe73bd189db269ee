/* SPDX-License-Identifier: BSD-3-Clause */
/* G-PDUs of unknown tunnels between pairs of networks: which cross when unknown tunnels are dropped. */
#include "datapath_rig_directory.h"

#include <arpa/inet.h>

#define PARTS_MAX 8

static struct rig rig;
static struct rig_frame frame, parts[PARTS_MAX];

static void set_up(void)
{
	rig_init(&rig);
	rig.config.drop_unknown = true;
	rig_start(&rig, 1);
}

static void tear_down(void)
{
	rig_wait_ms(&rig, 1100);
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		CU_ASSERT_EQUAL(rig_ended(&rig, side),
				rig_counter(&rig, side, DATAPATH_RX_PACKETS));
	rig_stop(&rig);
}

static void take_pair(unsigned index, unsigned count, const char *access, const char *core)
{
	struct datapath_command c = {.kind = DATAPATH_SET_TRANSPARENT};

	c.transparent.index = (uint8_t)index;
	c.transparent.count = (uint8_t)count;
	if (count > 0) {
		CU_ASSERT_EQUAL_FATAL(
			pdp_prefix_parse(&c.transparent.prefix[DATAPATH_ACCESS], access), 0);
		CU_ASSERT_EQUAL_FATAL(pdp_prefix_parse(&c.transparent.prefix[DATAPATH_CORE], core),
				      0);
	}
	rig_command(&rig, 0, &c);
}

static void take_one_pair(const char *access, const char *core)
{
	take_pair(0, 1, access, core);
}

static enum datapath_side side_of(enum e2m_direction direction)
{
	return direction == E2M_UPLINK ? DATAPATH_ACCESS : DATAPATH_CORE;
}

/* A G-PDU of an unknown tunnel, from the end that sends in direction. */
static bool crosses(enum e2m_direction direction, const struct rig_outer *outer)
{
	const enum datapath_side side = side_of(direction);
	bool ret;

	rig_write_gpdu(&frame, outer, direction, 0x999, rig_npdu(90, 1), 90);
	rig_receive(&rig, side, &frame);
	ret = rig.out_count[!side] == 1 && rig_sent(&rig, !side, 0, &frame);
	CU_ASSERT_TRUE(ret || rig.out_count[!side] == 0);
	rig_forget(&rig);
	return ret;
}

static bool both_cross(bool is_ipv6)
{
	const struct rig_outer outer = {.ipv6 = is_ipv6};
	const bool up = crosses(E2M_UPLINK, &outer);

	CU_ASSERT_EQUAL(crosses(E2M_DOWNLINK, &outer), up);
	return up;
}

/* The rig's SGSN and GGSN. */
static const char *sgsn(bool is_ipv6)
{
	static char text[INET6_ADDRSTRLEN];
	const struct tunnel t = rig_tunnel(E2M_DOWNLINK, 0, is_ipv6);

	inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, t.receiver + (is_ipv6 ? 0 : 12), text,
		  sizeof(text));
	return text;
}

static const char *ggsn(bool is_ipv6)
{
	static char text[INET6_ADDRSTRLEN];
	const struct tunnel t = rig_tunnel(E2M_UPLINK, 0, is_ipv6);

	inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, t.receiver + (is_ipv6 ? 0 : 12), text,
		  sizeof(text));
	return text;
}

static void unknown_tunnels_between_a_pair_cross_both_ways(void)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		set_up();
		CU_ASSERT_FALSE(both_cross(v6));
		take_one_pair(sgsn(v6), ggsn(v6));
		CU_ASSERT_TRUE(both_cross(v6));
		CU_ASSERT_FALSE(both_cross(!v6));
		for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
			CU_ASSERT_EQUAL(rig_counter(&rig, side, DATAPATH_TRANSPARENT), 1);
			CU_ASSERT_EQUAL(rig_counter(&rig, side, DATAPATH_PASSED), 1);
			CU_ASSERT_EQUAL(rig_counter(&rig, side, DATAPATH_UNKNOWN_TEID), 0);
			CU_ASSERT_EQUAL(rig_counter(&rig, side, DATAPATH_DROP_UNKNOWN_TEID), 2);
		}
		tear_down();
	}
}

static void a_pair_has_its_sides(void)
{
	set_up();
	take_one_pair(ggsn(false), sgsn(false));
	CU_ASSERT_FALSE(both_cross(false));
	tear_down();
}

static void both_addresses_must_be_of_one_pair(void)
{
	set_up();
	take_pair(0, 2, sgsn(false), "203.0.113.1");
	take_pair(1, 2, "203.0.113.1", ggsn(false));
	CU_ASSERT_FALSE(both_cross(false));
	tear_down();
}

static void vlan_tags_and_options_do_not_matter(void)
{
	const struct rig_outer outers[] = {
		{.vlan_tags = 1}, {.vlan_tags = 2, .tpid = 0x88a8}, {.ip_options = 12}};

	set_up();
	take_one_pair(sgsn(false), ggsn(false));
	for (unsigned i = 0; i < 3; i++)
		for (unsigned direction = 0; direction < 2; direction++)
			CU_ASSERT_TRUE(crosses(direction, &outers[i]));
	tear_down();
}

static void fragments_between_a_pair_cross(void)
{
	unsigned count;

	set_up();
	take_one_pair(sgsn(false), ggsn(false));
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, 0x999, rig_npdu(1200, 1), 1200);
	count = rig_split(&frame, 512, 7, parts, PARTS_MAX);
	for (unsigned i = 0; i < count; i++) {
		rig_receive(&rig, DATAPATH_CORE, &parts[i]);
		CU_ASSERT_TRUE(rig_sent(&rig, DATAPATH_ACCESS, i, &parts[i]));
	}
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_TRANSPARENT), count);
	tear_down();
}

/* The prefix of length bits that has the address, and the one beside it. */
static void write_prefix(char *text, size_t size, const uint8_t *address, bool is_ipv6,
			 unsigned length, bool is_beside)
{
	uint8_t octets[16] = {0};
	char printed[INET6_ADDRSTRLEN];

	for (unsigned bit = 0; bit < length; bit++) {
		const uint8_t mask = (uint8_t)(0x80 >> bit % 8);
		const bool is_last = bit + 1 == length;

		octets[bit / 8] |= (address[bit / 8] & mask) ^ (is_last && is_beside ? mask : 0);
	}
	inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, octets, printed, sizeof(printed));
	snprintf(text, size, "%s/%u", printed, length);
}

static void a_network_ends_at_its_length(void)
{
	char access[64], core[64];

	for (unsigned v6 = 0; v6 < 2; v6++) {
		const unsigned bits = v6 ? 128 : 32;
		const struct tunnel s = rig_tunnel(E2M_DOWNLINK, 0, v6);
		const struct tunnel g = rig_tunnel(E2M_UPLINK, 0, v6);
		const uint8_t *from = s.receiver + (v6 ? 0 : 12), *to = g.receiver + (v6 ? 0 : 12);

		set_up();
		take_one_pair(v6 ? "::/0" : "0.0.0.0/0", v6 ? "::/0" : "0.0.0.0/0");
		CU_ASSERT_TRUE(both_cross(v6));
		CU_ASSERT_FALSE(both_cross(!v6));
		for (unsigned length = 1; length <= bits; length++) {
			write_prefix(access, sizeof(access), from, v6, length, false);
			write_prefix(core, sizeof(core), to, v6, length, false);
			take_one_pair(access, core);
			CU_ASSERT_TRUE(both_cross(v6));
			write_prefix(core, sizeof(core), to, v6, length, true);
			take_one_pair(access, core);
			CU_ASSERT_FALSE(both_cross(v6));
			write_prefix(access, sizeof(access), from, v6, length, true);
			write_prefix(core, sizeof(core), to, v6, length, false);
			take_one_pair(access, core);
			CU_ASSERT_FALSE(both_cross(v6));
		}
		tear_down();
	}
}

static void a_list_takes_effect_with_its_last_pair(void)
{
	set_up();
	take_one_pair(sgsn(false), ggsn(false));
	take_pair(0, 2, "203.0.113.1", "203.0.113.2");
	CU_ASSERT_TRUE(both_cross(false));
	take_pair(1, 2, "203.0.113.3", "203.0.113.4");
	CU_ASSERT_FALSE(both_cross(false));
	take_one_pair(sgsn(false), ggsn(false));
	CU_ASSERT_TRUE(both_cross(false));
	take_pair(0, 0, NULL, NULL);
	CU_ASSERT_FALSE(both_cross(false));
	tear_down();
}

/* e2m.md 6: the address of a protected session never crosses so, nor what hides it. */
static void the_address_of_a_protected_session_does_not_cross(void)
{
	static const char address[] = "10.0.0.1", free_one[] = "10.0.0.9",
			  server[] = "198.51.100.1";
	struct directory *directory;
	struct session *v;

	rig_init(&rig);
	rig.config.drop_unknown = true;
	directory = rig_open_directory(&rig);
	v = rig_add_session(directory, DIRECTORY_PROTECTED, 0xa1, 0xb1);
	rig_bind(directory, v, address, NULL);
	rig_start(&rig, 1);
	take_one_pair(sgsn(false), ggsn(false));
	for (unsigned i = 0; i < 4; i++) {
		const enum e2m_direction d = i & 1 ? E2M_DOWNLINK : E2M_UPLINK;
		const char *const own = i & 2 ? free_one : address;

		rig_write_gpdu(&frame, NULL, d, 0x999,
			       d == E2M_UPLINK ? rig_ip(own, server, 80) : rig_ip(server, own, 80),
			       80);
		rig_receive(&rig, side_of(d), &frame);
		CU_ASSERT_EQUAL(rig.out_count[!side_of(d)], i >> 1);
		CU_ASSERT_EQUAL(rig_counter(&rig, side_of(d), DATAPATH_DROP_WRONG_ADDRESS), 1);
		frame.octets[frame.gtpu + 3] += 9; /* a length that lies */
		rig_receive(&rig, side_of(d), &frame);
		CU_ASSERT_EQUAL(rig.out_count[!side_of(d)], i >> 1);
	}
	/* What crosses in no tunnel but its own crosses between a pair no more than elsewhere. */
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, 0xb1, rig_ip(server, address, 80), 80);
	rig_receive(&rig, DATAPATH_CORE, &frame);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_DROP_TUNNEL_REMOVED), 1);
	tear_down();
	directory_free(directory);
}

static void there_may_be_64_pairs(void)
{
	set_up();
	for (unsigned i = 0; i + 1 < DATAPATH_TRANSPARENT_MAX; i++)
		take_pair(i, DATAPATH_TRANSPARENT_MAX, "203.0.113.1", "203.0.113.2");
	CU_ASSERT_FALSE(both_cross(false));
	take_pair(DATAPATH_TRANSPARENT_MAX - 1, DATAPATH_TRANSPARENT_MAX, sgsn(false), ggsn(false));
	CU_ASSERT_TRUE(both_cross(false));
	tear_down();
}

static void a_protected_tunnel_between_a_pair_is_protected(void)
{
	struct npdu_key *key;
	struct rig_flow flow = {
		.direction = E2M_DOWNLINK, .teid = 0x999, .bearer = 5, .counter_octets = 1};

	set_up();
	take_one_pair(sgsn(false), ggsn(false));
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	rig_add_flow(&rig, &flow);
	rig_set_keyset(&rig, &flow, 0, DATAPATH_KEY_READY, 3, key, 0);
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, flow.teid, rig_npdu(90, 1), 90);
	rig_receive(&rig, DATAPATH_CORE, &frame);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_PROTECTED), 1);
	CU_ASSERT_EQUAL(rig_counter(&rig, DATAPATH_CORE, DATAPATH_TRANSPARENT), 0);
	CU_ASSERT_FALSE(rig_sent(&rig, DATAPATH_ACCESS, 0, &frame));
	tear_down();
	npdu_key_free(key);
}

/* A limit may change while the worker runs. */
static void unknown_tunnels_pass_when_that_is_configured_again(void)
{
	struct datapath_command c = {.kind = DATAPATH_SET_LIMITS,
				     .limits = {.hold_ms = 100,
						.hold_packets_per_flow = 8,
						.gtpc_hold_ms = 10,
						.recovery_per_s = 1}};

	set_up();
	CU_ASSERT_FALSE(both_cross(false));
	rig_command(&rig, 0, &c);
	CU_ASSERT_TRUE(both_cross(false));
	c.limits.drop_unknown = true;
	rig_command(&rig, 0, &c);
	CU_ASSERT_FALSE(both_cross(false));
	tear_down();
}

RIG_MAIN("datapath-transparent", TEST(unknown_tunnels_between_a_pair_cross_both_ways),
	 TEST(a_pair_has_its_sides), TEST(both_addresses_must_be_of_one_pair),
	 TEST(vlan_tags_and_options_do_not_matter), TEST(fragments_between_a_pair_cross),
	 TEST(a_network_ends_at_its_length), TEST(a_list_takes_effect_with_its_last_pair),
	 TEST(the_address_of_a_protected_session_does_not_cross), TEST(there_may_be_64_pairs),
	 TEST(a_protected_tunnel_between_a_pair_is_protected),
	 TEST(unknown_tunnels_pass_when_that_is_configured_again))
