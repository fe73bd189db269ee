/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Address binding (e2m.md 6) with two GGSNs, which give the same private addresses. G-PDUs come from user-plane addresses
 * of either GGSN, or from one that no GGSN has given, and uplink they go there.
 */
#include "datapath_rig_directory.h"

#define KEY_ID	  3
#define LEN	  80
#define SERVER	  "198.51.100.1"
#define ADDRESS	  "10.0.0.1"
#define ADDRESS_6 "2001:db8:1:1::"
#define FREE	  "10.0.0.9" /* no session's */
#define UNKNOWN	  0x77

/* The GGSN that has given an outer address. The value: the bits of the last octet that differ from the rig's. */
enum ggsn { RIGS = 0, OTHER = 0x40, NONE = 0x20 };

static struct rig rig;
static struct directory *directory;
static struct session *v; /* protected, at the rig's GGSN, with ADDRESS */
static struct session *a; /* protected, at the other GGSN, with the flows */
static struct session *u; /* not protected, at the other GGSN */
static struct rig_flow up,
	down; /* A's, which has its tunnels at the rig's GGSN's address if the test sends there */
static struct npdu_key *key;
static struct rig_frame frame;
static uint32_t next_up; /* COUNT */

static struct tunnel at_ggsn(enum ggsn ggsn, uint32_t teid)
{
	struct tunnel tunnel = rig_tunnel(E2M_UPLINK, teid, false);

	tunnel.receiver[15] ^= (uint8_t)ggsn;
	return tunnel;
}

static void be_at(struct session *session, enum ggsn ggsn)
{
	const struct tunnel control = at_ggsn(ggsn, 0x7000);

	CU_ASSERT_EQUAL(directory_set_tunnel(directory, &session->control_ggsn, &control), 0);
	directory_join_ggsn(directory, control.receiver, control.receiver);
}

static void set_up(void)
{
	rig_init(&rig);
	directory = rig_open_directory(&rig);
	v = rig_add_session(directory, DIRECTORY_PROTECTED, 0xa1, 0xb1);
	a = rig_add_session(directory, DIRECTORY_PROTECTED, 0xa2, 0xb2);
	u = rig_add_session(directory, DIRECTORY_UNPROTECTED, 0, 0xb3);
	be_at(v, RIGS);
	be_at(a, OTHER);
	be_at(u, OTHER);
	rig_bind(directory, v, ADDRESS, NULL);
	rig_start(&rig, 1);
	key = rig_key(E2M_EEA2, E2M_EIA2, 8, 1);
	up = (struct rig_flow){.number = 0, .teid = 0xa2, .bearer = 5, .counter_octets = 1};
	down = (struct rig_flow){.number = 1, .teid = 0xb2, .bearer = 5, .counter_octets = 1};
	down.direction = E2M_DOWNLINK;
	up.session = down.session = directory_id(directory, a);
	rig_add_flow(&rig, &up);
	rig_add_flow(&rig, &down);
	rig_set_keyset(&rig, &up, 0, DATAPATH_KEY_READY, KEY_ID, key, 0);
	rig_set_keyset(&rig, &down, 0, DATAPATH_KEY_READY, KEY_ID, key, 0);
	next_up = 0;
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

/* Returns true if a G-PDU leaves, and false if it is dropped for its address. */
static bool leaves(enum datapath_side side)
{
	const uint64_t before = rig_counter(&rig, side, DATAPATH_DROP_WRONG_ADDRESS);
	bool ret;

	rig_receive(&rig, side, &frame);
	rig_work(&rig);
	ret = rig.out_count[!side] == 1;
	CU_ASSERT_EQUAL(rig_counter(&rig, side, DATAPATH_DROP_WRONG_ADDRESS) - before, !ret);
	rig_forget(&rig);
	return ret;
}

static bool down_leaves(enum ggsn from, uint32_t teid, const char *address)
{
	rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, teid, rig_ip(SERVER, address, LEN), LEN);
	frame.octets[frame.l3 + 15] ^= (uint8_t)from;
	return leaves(DATAPATH_CORE);
}

/* In a tunnel that is not known. */
static bool clear_up_leaves(enum ggsn to, const char *address)
{
	rig_write_gpdu(&frame, NULL, E2M_UPLINK, UNKNOWN, rig_ip(address, SERVER, LEN), LEN);
	frame.octets[frame.l3 + 19] ^= (uint8_t)to;
	return leaves(DATAPATH_ACCESS);
}

/* To the rig's GGSN. */
static bool opened_up_leaves(const char *address)
{
	rig_write_protected(&frame, NULL, &up, key, KEY_ID, next_up++, rig_ip(address, SERVER, LEN),
			    LEN);
	return leaves(DATAPATH_ACCESS);
}

/* --- tunnels without protection --- */

static void address_is_guarded_at_its_ggsn_alone(void)
{
	set_up();
	CU_ASSERT_FALSE(down_leaves(RIGS, UNKNOWN, ADDRESS));
	CU_ASSERT_FALSE(down_leaves(RIGS, 0xb3, ADDRESS));
	CU_ASSERT_TRUE(down_leaves(OTHER, UNKNOWN, ADDRESS));
	CU_ASSERT_TRUE(down_leaves(OTHER, 0xb3, ADDRESS));
	CU_ASSERT_FALSE(clear_up_leaves(RIGS, ADDRESS));
	CU_ASSERT_TRUE(clear_up_leaves(OTHER, ADDRESS));
	tear_down();
}

static void outer_source_that_no_ggsn_has_given_counts_as_the_ggsn(void)
{
	set_up();
	CU_ASSERT_FALSE(down_leaves(NONE, UNKNOWN, ADDRESS));
	CU_ASSERT_FALSE(down_leaves(NONE, 0xb3, ADDRESS));
	CU_ASSERT_TRUE(down_leaves(NONE, 0xb3, FREE));
	tear_down();
}

static void outer_destination_that_no_ggsn_has_given_counts_as_the_ggsn(void)
{
	set_up();
	CU_ASSERT_FALSE(clear_up_leaves(NONE, ADDRESS));
	CU_ASSERT_TRUE(clear_up_leaves(NONE, FREE));
	tear_down();
}

/* The GGSN has given this address too. */
static void any_user_plane_address_of_the_ggsn_counts(void)
{
	struct session *second;

	set_up();
	second = rig_add_session(directory, DIRECTORY_UNPROTECTED, 0, 0);
	be_at(second, NONE);
	CU_ASSERT_TRUE(down_leaves(NONE, UNKNOWN, ADDRESS));
	directory_join_ggsn(directory, at_ggsn(NONE, 0).receiver, at_ggsn(RIGS, 0).receiver);
	CU_ASSERT_FALSE(down_leaves(NONE, UNKNOWN, ADDRESS));
	tear_down();
}

static void user_plane_over_ipv6_counts(void)
{
	const struct rig_outer ipv6 = {.ipv6 = true};
	const struct tunnel user = rig_tunnel(E2M_UPLINK, 1, true);
	struct session *second;

	set_up();
	second = rig_add_session(directory, DIRECTORY_UNPROTECTED, 0, 0);
	CU_ASSERT_EQUAL(directory_set_tunnel(directory, &second->tunnel[E2M_UPLINK], &user), 0);
	directory_join_ggsn(directory, user.receiver, at_ggsn(OTHER, 0).receiver);
	for (unsigned i = 0; i < 2; i++) {
		rig_write_gpdu(&frame, &ipv6, E2M_DOWNLINK, UNKNOWN, rig_ip(SERVER, ADDRESS, LEN),
			       LEN);
		CU_ASSERT_EQUAL(leaves(DATAPATH_CORE), i == 0);
		rig_write_gpdu(&frame, &ipv6, E2M_UPLINK, UNKNOWN, rig_ip(ADDRESS, SERVER, LEN),
			       LEN);
		CU_ASSERT_EQUAL(leaves(DATAPATH_ACCESS), i == 0);
		directory_join_ggsn(directory, user.receiver, at_ggsn(RIGS, 0).receiver);
	}
	tear_down();
}

/* It is the tunnel's own, and perhaps the other one's: the GGSN decides. */
static void same_address_of_the_tunnels_own_session_is_its_own_at_its_ggsn_alone(void)
{
	set_up();
	rig_bind(directory, u, ADDRESS, NULL);
	CU_ASSERT_TRUE(down_leaves(OTHER, 0xb3, ADDRESS));
	CU_ASSERT_FALSE(down_leaves(RIGS, 0xb3, ADDRESS));
	tear_down();
}

/* Nothing tells whose it is: the tunnel decides. */
static void same_address_from_an_outer_source_that_no_ggsn_has_given_is_the_tunnels(void)
{
	set_up();
	rig_bind(directory, u, ADDRESS, NULL);
	rig_bind(directory, a, ADDRESS, NULL);
	CU_ASSERT_TRUE(down_leaves(NONE, 0xb3, ADDRESS));
	CU_ASSERT_TRUE(down_leaves(NONE, down.teid, ADDRESS));
	tear_down();
}

/* --- tunnels of protected sessions --- */

static void unbound_tunnel_carries_no_address_of_a_session_at_the_same_ggsn(void)
{
	set_up();
	CU_ASSERT_TRUE(down_leaves(OTHER, down.teid, ADDRESS));
	CU_ASSERT_FALSE(down_leaves(RIGS, down.teid, ADDRESS));
	CU_ASSERT_FALSE(down_leaves(NONE, down.teid, ADDRESS));
	CU_ASSERT_TRUE(down_leaves(NONE, down.teid, FREE));
	/* Its uplink goes to the rig's GGSN. */
	CU_ASSERT_FALSE(opened_up_leaves(ADDRESS));
	CU_ASSERT_TRUE(opened_up_leaves(FREE));
	be_at(v, NONE);
	CU_ASSERT_TRUE(opened_up_leaves(ADDRESS));
	tear_down();
}

/* --- what always matches --- */

/* The other end's address matches always, and does not hide whose the N-PDU is. */
static void always_matching_address_of_the_other_end_does_not_hide_a_protected_one(void)
{
	set_up();
	be_at(a, RIGS);
	rig_bind(directory, a, "10.0.0.2", NULL);
	for (unsigned i = 0; i < 2; i++) {
		rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid,
			       rig_ip("0.0.0.0", i ? FREE : ADDRESS, LEN), LEN);
		CU_ASSERT_EQUAL(leaves(DATAPATH_CORE), i == 1);
		rig_write_protected(&frame, NULL, &up, key, KEY_ID, next_up++,
				    rig_ip(i ? FREE : ADDRESS, "224.0.0.1", LEN), LEN);
		CU_ASSERT_EQUAL(leaves(DATAPATH_ACCESS), i == 1);
	}
	tear_down();
}

/* --- what the worker remembers of a session's address --- */

/* The session is alone with a multicast address, and not with its own. */
static void what_always_matches_confirms_no_address(void)
{
	set_up();
	be_at(a, RIGS);
	be_at(v, OTHER);
	rig_bind(directory, a, ADDRESS, ADDRESS_6 "/64");
	rig_bind(directory, v, ADDRESS, ADDRESS_6 "/64");
	for (unsigned i = 0; i < 2; i++) {
		rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid,
			       i ? rig_ip("fe80::1", "ff02::1", LEN)
				 : rig_ip(SERVER, "224.0.0.1", LEN),
			       LEN);
		CU_ASSERT_TRUE(leaves(DATAPATH_CORE));
		CU_ASSERT_FALSE(down_leaves(OTHER, down.teid, ADDRESS));
		rig_write_gpdu(&frame, NULL, E2M_DOWNLINK, down.teid,
			       rig_ip("2001:db8:ffff::1", ADDRESS_6 "5", LEN), LEN);
		frame.octets[frame.l3 + 15] ^= OTHER;
		CU_ASSERT_FALSE(leaves(DATAPATH_CORE));
	}
	tear_down();
}

RIG_MAIN("datapath-ggsn", TEST(address_is_guarded_at_its_ggsn_alone),
	 TEST(outer_source_that_no_ggsn_has_given_counts_as_the_ggsn),
	 TEST(outer_destination_that_no_ggsn_has_given_counts_as_the_ggsn),
	 TEST(any_user_plane_address_of_the_ggsn_counts), TEST(user_plane_over_ipv6_counts),
	 TEST(same_address_of_the_tunnels_own_session_is_its_own_at_its_ggsn_alone),
	 TEST(same_address_from_an_outer_source_that_no_ggsn_has_given_is_the_tunnels),
	 TEST(unbound_tunnel_carries_no_address_of_a_session_at_the_same_ggsn),
	 TEST(always_matching_address_of_the_other_end_does_not_hide_a_protected_one),
	 TEST(what_always_matches_confirms_no_address))
