/* SPDX-License-Identifier: BSD-3-Clause */
/* The tunnels in which a GGSN may still send what it has for a session: e2m.md 6. */
#include "session_binding_lab.h"

static const uint8_t address[4] = {10, 9, 0, 1};

/* The victim, a session that takes the victim's tunnel, and one that gets it later. */
static struct lab_context v, thief, third;
/* The victim's context before it was made anew. */
static struct lab_context before;

static void open_lab(bool is_durable)
{
	lab_defaults();
	lab.config.is_durable = is_durable;
	lab.config.count_block = 64;
	v = lab_context(1);
	thief = lab_context(2);
	third = lab_context(3);
	memcpy(v.ipv4, address, 4);
	lab_open();
	lab_begin_and_settle(&v);
}

static void start(void)
{
	open_lab(false);
}

/* The third session has the victim's address too, in another APN. */
static void take_address(void)
{
	memcpy(third.ipv4, address, 4);
	lab.apn = "corporate";
}

/* --- the tunnel that a live session has lost --- */

static void lose_tunnel_to_thief(void)
{
	thief.down = v.down;
	lab_begin_and_settle(&thief);
	CU_ASSERT_TRUE(lab_has_downlink(&thief));
	CU_ASSERT_FALSE(lab_has_downlink(&v));
	third.down = v.down;
}

static void start_with_a_lost_tunnel(void)
{
	start();
	lose_tunnel_to_thief();
}

/* Nothing of the thief's is left in the tunnel either: it has ended by a Delete. */
static void end_thief(void)
{
	lab_delete(&thief);
	lab_pass_lingering();
}

static void tunnel_that_a_session_has_lost_is_barred_for_one_with_its_address(void)
{
	start_with_a_lost_tunnel();
	take_address();
	lab_begin_and_settle(&third);
	CU_ASSERT_FALSE(lab_has_downlink(&third));
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_pass_lingering();
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

static bool is_guarded_at(uint8_t ggsn)
{
	struct pdp_prefix prefix = {.length = 32};
	struct tunnel at = {0};

	memcpy(prefix.octets, address, 4);
	lab_address(&at, ggsn);
	return directory_guards(lab.store->directory, at.receiver, &prefix, NULL);
}

/* The victim has moved, and loses the new tunnel: it goes on in the one before, and its GGSN may use either. */
static void so_it_is_when_the_session_goes_on_in_its_tunnel_before_a_move(void)
{
	start();
	v.down = 0x7777;
	lab_move_and_settle(&v);
	thief.down = v.down;
	lab_begin_and_settle(&thief);
	third.down = v.down;
	take_address();
	lab_begin_and_settle(&third);
	CU_ASSERT_FALSE(lab_has_downlink(&third));
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

/* Before and after a restart: the disk has it too. */
static void address_of_the_session_stays_free_at_other_ggsns(void)
{
	open_lab(true);
	lab_save();
	third.ggsn = 4;
	lab_begin_and_settle(&third);
	lose_tunnel_to_thief();
	lab_save();
	CU_ASSERT_TRUE(is_guarded_at(v.ggsn));
	CU_ASSERT_FALSE(is_guarded_at(4));
	lab_crash();
	CU_ASSERT_TRUE(is_guarded_at(v.ggsn));
	CU_ASSERT_FALSE(is_guarded_at(4));
	lab_stop();
}

static void so_it_is_for_one_without_addresses(void)
{
	start_with_a_lost_tunnel();
	end_thief();
	third.is_unbound = true;
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

static void so_it_is_for_one_without_protection(void)
{
	start_with_a_lost_tunnel();
	end_thief();
	third.is_unbound = true;
	lab_create_plain(&third);
	lab_pass_lingering();
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

static void so_it_is_when_the_session_that_has_it_gets_the_address(void)
{
	start_with_a_lost_tunnel();
	memcpy(thief.ipv4, address, 4);
	lab.apn = "corporate";
	lab_begin_and_settle(&thief);
	CU_ASSERT_FALSE(lab_has_downlink(&thief));
	CU_ASSERT_TRUE(lab_is_barred_down(&thief));
	lab_stop();
}

static void so_it_is_after_a_crash(void)
{
	open_lab(true);
	lose_tunnel_to_thief();
	lab_save();
	lab_crash();
	lab_settle();
	CU_ASSERT_TRUE(lab_has_downlink(&thief));
	end_thief();
	take_address();
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

/* The GGSN may have both contexts. */
static void so_it_is_after_the_loser_was_made_anew(void)
{
	start_with_a_lost_tunnel();
	v.down = 0x7777;
	lab_begin_and_settle(&v);
	end_thief();
	take_address();
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

static void so_it_is_when_the_new_one_gets_another_tunnel(void)
{
	start_with_a_lost_tunnel();
	v.down = 0x7777;
	lab_begin_and_settle(&v);
	v.down = 0x8888;
	lab_move_and_settle(&v);
	end_thief();
	take_address();
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

/* Where the loser was, and nowhere else. */
static void its_address_is_guarded_at_its_ggsn_alone(void)
{
	struct lab_context elsewhere = lab_context(4);

	start_with_a_lost_tunnel();
	elsewhere.ggsn = 4;
	lab_begin_and_settle(&elsewhere);
	before = v;
	v.down = 0x7777;
	v.ipv4[3] = 7;
	lab_begin_and_settle(&v);
	lab_delete(&v);
	lab_pass_lingering();
	CU_ASSERT_TRUE(lab_guards_at(&before, before.ggsn));
	CU_ASSERT_FALSE(lab_guards_at(&before, elsewhere.ggsn));
	lab_stop();
}

static void one_with_another_address_has_the_tunnel(void)
{
	start_with_a_lost_tunnel();
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_has_downlink(&third));
	lab_stop();
}

static void expect_third_to_get_it(void)
{
	end_thief();
	third.is_unbound = true;
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_has_downlink(&third));
	lab_stop();
}

static void until_the_loser_gets_another_tunnel(void)
{
	start_with_a_lost_tunnel();
	v.down = 0x7777;
	lab_move_and_settle(&v);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	expect_third_to_get_it();
}

/* The GGSN has given the address to another PDN, so the loser's is over there. */
static void until_its_address_is_given_to_another_session(void)
{
	start_with_a_lost_tunnel();
	end_thief();
	third.down = 0x7777;
	memcpy(third.ipv4, address, 4);
	lab_begin_and_settle(&third);
	third.down = v.down;
	lab_move_and_settle(&third);
	CU_ASSERT_TRUE(lab_has_downlink(&third));
	lab_stop();
}

static void until_the_loser_is_deleted(void)
{
	start_with_a_lost_tunnel();
	lab_delete(&v);
	lab_settle();
	expect_third_to_get_it();
}

/* The GGSN repeats its response to the number, and has perhaps not read what is new. */
static void not_by_a_response_that_is_repeated_to_another_request(void)
{
	start();
	lab_move_and_settle(&v);
	thief.down = v.down;
	lab_begin_and_settle(&thief);
	third.down = v.down;
	v.down = 0x7777;
	lab.send_again = true;
	lab_move_and_settle(&v);
	lab.send_again = false;
	end_thief();
	third.is_unbound = true;
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

/* --- a session that has ended here, and perhaps not at its GGSN --- */

/* The victim's context is made anew at another GGSN. */
static void start_with_a_doubtful_end(void)
{
	start();
	before = v;
	v.ggsn = 4;
	v.down = 0x7777;
	v.control_ggsn = 0x7778;
	lab_begin_and_settle(&v);
	lab_pass_lingering();
	CU_ASSERT_EQUAL(lab_kind_of_down(&before), DIRECTORY_ENDED);
	third.down = before.down;
}

static void tunnel_of_a_doubtful_end_is_barred_for_one_with_its_address(void)
{
	start_with_a_doubtful_end();
	take_address();
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

static void it_is_barred_for_one_without_protection(void)
{
	start_with_a_doubtful_end();
	third.is_unbound = true;
	lab_create_plain(&third);
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

static void tunnel_of_a_deleted_session_is_not(void)
{
	start();
	lab_delete(&v);
	lab_pass_lingering();
	third.down = v.down;
	third.is_unbound = true;
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_has_downlink(&third));
	lab_stop();
}

static void its_own_subscriber_has_the_tunnel_with_a_keyset(void)
{
	start_with_a_doubtful_end();
	v.down = before.down;
	lab_move_and_settle(&v);
	CU_ASSERT_TRUE(lab_has_downlink(&v));
	lab_stop();
}

static void its_own_subscriber_does_not_have_it_without_a_keyset(void)
{
	start();
	v.is_unbound = true;
	lab_begin_and_settle(&v);
	before = v;
	v.ggsn = 4;
	v.is_unbound = false;
	v.ipv4[3] = 7;
	lab_create_plain(&v);
	lab_pass_lingering();
	CU_ASSERT_TRUE(lab_is_barred_down(&before));
	lab_stop();
}

/* Its context is not known here, and its packets would cross as those of an unknown tunnel. */
static void accepted_update_of_it_bars_the_new_tunnel(void)
{
	start_with_a_doubtful_end();
	before.down = 0x8888;
	lab_move_and_settle(&before);
	CU_ASSERT_EQUAL(lab_kind_of_down(&before), DIRECTORY_ENDED);
	lab_stop();
}

static void accepted_update_of_it_bars_the_tunnel_of_one_with_its_address(void)
{
	start_with_a_doubtful_end();
	third.down = 0x8888;
	take_address();
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_has_downlink(&third));
	before.down = third.down;
	lab_move_and_settle(&before);
	CU_ASSERT_TRUE(lab_is_barred_down(&third));
	lab_stop();
}

static void accepted_update_of_it_leaves_the_tunnel_of_one_with_another_address(void)
{
	start_with_a_doubtful_end();
	third.down = 0x8888;
	lab_begin_and_settle(&third);
	before.down = third.down;
	lab_move_and_settle(&before);
	CU_ASSERT_TRUE(lab_has_downlink(&third));
	lab_stop();
}

/* Whichever it is, the UE has the keys. */
static void accepted_update_of_it_leaves_the_tunnel_of_its_subscriber_with_a_keyset(void)
{
	start_with_a_doubtful_end();
	third = v;
	third.nsapi = 6;
	third.down = 0x8888;
	third.up = 0x8889;
	third.control_sgsn = 0x888A;
	third.control_ggsn = 0x888B;
	memcpy(third.ipv4, address, 4);
	lab.apn = "corporate";
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_has_downlink(&third));
	before.down = third.down;
	lab_move_and_settle(&before);
	CU_ASSERT_TRUE(lab_has_downlink(&third));
	lab_stop();
}

static void accepted_delete_of_it_frees_its_tunnel(void)
{
	start_with_a_doubtful_end();
	lab_delete(&before);
	lab_pass_lingering();
	third.is_unbound = true;
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_has_downlink(&third));
	lab_stop();
}

static void ggsn_that_gives_its_control_teid_to_another_frees_its_tunnel(void)
{
	start_with_a_doubtful_end();
	third.control_ggsn = before.control_ggsn;
	third.is_unbound = true;
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_has_downlink(&third));
	lab_stop();
}

/* Both were barred. One of them ends, and the GGSN may have it still. */
static void end_of_one_that_claims_a_tunnel_leaves_it_barred_for_the_other(void)
{
	start();
	v.is_unbound = true;
	lab_begin_and_settle(&v);
	third.down = v.down;
	lab_create_plain(&third);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_update_request(&v, NULL, 0);
	lab_response(&v, GTPC_V1_UPDATE_PDP_RESPONSE, GTPC_V1_CAUSE_NON_EXISTENT);
	lab_pass_lingering();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_stop();
}

/* Its packets would cross in clear. */
static void so_it_does_for_another_pdn_connection_of_its_subscriber(void)
{
	start();
	v.is_unbound = true;
	lab_begin_and_settle(&v);
	third = lab_context(1);
	third.nsapi = 6;
	third.down = v.down;
	third.up = 0x7777;
	third.control_sgsn = 0x7778;
	third.control_ggsn = 0x7779;
	lab_create_plain(&third);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_update_request(&v, NULL, 0);
	lab_response(&v, GTPC_V1_UPDATE_PDP_RESPONSE, GTPC_V1_CAUSE_NON_EXISTENT);
	lab_pass_lingering();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_TRUE(lab_is_barred_down(&v));
	lab_stop();
}

static void doubt_outlives_the_process(void)
{
	open_lab(true);
	before = v;
	v.ggsn = 4;
	v.down = 0x7777;
	v.control_ggsn = 0x7778;
	lab_begin_and_settle(&v);
	lab_save();
	lab_crash();
	lab_settle();
	third.down = before.down;
	third.is_unbound = true;
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_is_barred_down(&before));
	before.down = 0x8888;
	lab_move_and_settle(&before);
	CU_ASSERT_EQUAL(lab_kind_of_down(&before), DIRECTORY_ENDED);
	lab_stop();
}

/* --- its address --- */

/* First the context is made anew elsewhere, then at the GGSN of before, which keeps the address. */
static void address_of_a_doubtful_end_bars_the_same_subscriber_without_a_keyset(void)
{
	start();
	before = v;
	v.ggsn = 4;
	v.ipv4[3] = 7;
	lab_create_plain(&v);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&v), "clear");
	lab_create_plain(&before);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&before), "barred");
	lab_stop();
}

/* A forged Delete ends it at the GGSN, too. */
static void address_of_a_deleted_session_bars_the_same_subscriber_without_a_keyset(void)
{
	start();
	lab_delete(&v);
	lab_pass_lingering();
	lab_create_plain(&v);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&v), "barred");
	lab_stop();
}

static void address_of_a_deleted_session_is_free_for_other_subscribers(void)
{
	struct lab_context other = lab_context(2);

	start();
	memcpy(other.ipv4, v.ipv4, sizeof(other.ipv4));
	other.ggsn = v.ggsn;
	lab_delete(&v);
	lab_pass_lingering();
	lab_create_plain(&other);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "clear");
	lab_stop();
}

static void another_address_than_that_of_a_deleted_session_is_free(void)
{
	start();
	lab_delete(&v);
	lab_pass_lingering();
	v.ipv4[3] ^= 0x40;
	lab_create_plain(&v);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&v), "clear");
	lab_stop();
}

/* The GGSN repeats its response, and may not have moved the context that has ended here. */
static void a_doubtful_end_keeps_its_tunnel_before_a_repeated_response(void)
{
	struct lab_context again;

	start();
	before = v;
	v.ggsn = 4;
	v.down = 0x7777;
	lab_begin_and_settle(&v);
	lab_update_request(&before, NULL, 0);
	lab_update_response(&before);
	lab_settle();
	again = before;
	again.down = 0x8888;
	lab.send_again = true;
	lab_update_request(&again, NULL, 0);
	lab.send_again = false;
	lab_update_response(&before);
	lab_settle();
	CU_ASSERT_EQUAL(lab_kind_of_down(&again), DIRECTORY_ENDED);
	CU_ASSERT_EQUAL(lab_kind_of_down(&before), DIRECTORY_ENDED);
	lab_stop();
}

/* --- a session that its GGSN has reported --- */

static void create_at_another_ggsn_leaves_the_address_of_a_reported_session_guarded(void)
{
	struct pdp_prefix prefix = {.length = PDP_IPV4_BITS};
	struct tunnel at = {0};
	uint8_t other;

	start();
	lab_activate(&v, lab_sqn(1), 1);
	before = v;
	other = 4;
	v.ggsn = other;
	v.down = 0x7777;
	lab_create_plain(&v);
	lab_address(&at, before.ggsn);
	memcpy(prefix.octets, address, 4);
	CU_ASSERT_TRUE(directory_guards(lab.store->directory, at.receiver, &prefix, NULL));
	CU_ASSERT_TRUE(lab_has_downlink(&before));
	lab_stop();
}

/* The GGSN has accepted the Create, and may send in that tunnel what it has for the subscriber. */
static void tunnel_of_a_create_that_contradicts_a_report_is_barred(void)
{
	start();
	lab_activate(&v, lab_sqn(1), 1);
	before = v;
	v.down = 0x7777;
	v.up = 0x7778;
	lab_create_plain(&v);
	CU_ASSERT_TRUE(lab_has_downlink(&before));
	CU_ASSERT_EQUAL(lab_kind_of_down(&v), DIRECTORY_ENDED);
	lab_stop();
}

static void without_a_place_for_a_claim_all_unknown_tunnels_are_barred(void)
{
	struct lab_context sole = lab_context(4);

	lab_defaults();
	lab.config.unprotected_max = 1;
	v = lab_context(1);
	thief = lab_context(2);
	lab_open();
	lab_create_plain(&sole);
	lab_begin_and_settle(&v);
	lose_tunnel_to_thief();
	CU_ASSERT_TRUE(directory_is_overfull(lab.store->directory));
	CU_ASSERT_EQUAL(lab_count(SESSION_ENDED_LOST), 1);
	lab_stop();
}

UNIT_MAIN("session_binding_claim",
	  TEST(tunnel_that_a_session_has_lost_is_barred_for_one_with_its_address),
	  TEST(so_it_is_when_the_session_goes_on_in_its_tunnel_before_a_move),
	  TEST(address_of_the_session_stays_free_at_other_ggsns),
	  TEST(so_it_is_for_one_without_addresses), TEST(so_it_is_for_one_without_protection),
	  TEST(so_it_is_when_the_session_that_has_it_gets_the_address),
	  TEST(so_it_is_after_the_loser_was_made_anew),
	  TEST(so_it_is_when_the_new_one_gets_another_tunnel), TEST(so_it_is_after_a_crash),
	  TEST(its_address_is_guarded_at_its_ggsn_alone),
	  TEST(one_with_another_address_has_the_tunnel), TEST(until_the_loser_gets_another_tunnel),
	  TEST(until_the_loser_is_deleted), TEST(until_its_address_is_given_to_another_session),
	  TEST(not_by_a_response_that_is_repeated_to_another_request),
	  TEST(tunnel_of_a_doubtful_end_is_barred_for_one_with_its_address),
	  TEST(it_is_barred_for_one_without_protection), TEST(tunnel_of_a_deleted_session_is_not),
	  TEST(its_own_subscriber_has_the_tunnel_with_a_keyset),
	  TEST(its_own_subscriber_does_not_have_it_without_a_keyset),
	  TEST(accepted_update_of_it_bars_the_new_tunnel),
	  TEST(accepted_update_of_it_bars_the_tunnel_of_one_with_its_address),
	  TEST(accepted_update_of_it_leaves_the_tunnel_of_one_with_another_address),
	  TEST(accepted_update_of_it_leaves_the_tunnel_of_its_subscriber_with_a_keyset),
	  TEST(accepted_delete_of_it_frees_its_tunnel),
	  TEST(ggsn_that_gives_its_control_teid_to_another_frees_its_tunnel),
	  TEST(end_of_one_that_claims_a_tunnel_leaves_it_barred_for_the_other),
	  TEST(so_it_does_for_another_pdn_connection_of_its_subscriber),
	  TEST(doubt_outlives_the_process),
	  TEST(address_of_a_doubtful_end_bars_the_same_subscriber_without_a_keyset),
	  TEST(address_of_a_deleted_session_bars_the_same_subscriber_without_a_keyset),
	  TEST(address_of_a_deleted_session_is_free_for_other_subscribers),
	  TEST(another_address_than_that_of_a_deleted_session_is_free),
	  TEST(create_at_another_ggsn_leaves_the_address_of_a_reported_session_guarded),
	  TEST(a_doubtful_end_keeps_its_tunnel_before_a_repeated_response),
	  TEST(tunnel_of_a_create_that_contradicts_a_report_is_barred),
	  TEST(without_a_place_for_a_claim_all_unknown_tunnels_are_barred))
