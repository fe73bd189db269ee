/* SPDX-License-Identifier: BSD-3-Clause */
/* What each end of a protected session leaves, and for how long: e2m.md 6. */
#include "session_binding_lab.h"

static const uint8_t address[4] = {10, 9, 0, 1};

/* The victim, and another subscriber. */
static struct lab_context v, other;

static void make_contexts(void)
{
	v = lab_context(1);
	other = lab_context(2);
	memcpy(v.ipv4, address, 4);
}

static void start(void)
{
	make_contexts();
	lab_start();
	lab_begin_and_settle(&v);
}

/* Both subscribers have address from now on. */
static void share_address(void)
{
	memcpy(other.ipv4, address, 4);
}

/* --- each end leaves tunnels barred and the address guarded --- */

static void expect_what_it_leaves(void)
{
	const struct tunnel up = lab_up(&v), down = lab_down(&v);

	lab_settle();
	lab_pass_lingering();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_kind_of(&up, UP), DIRECTORY_ENDED);
	CU_ASSERT_EQUAL(lab_kind_of(&down, DOWN), DIRECTORY_ENDED);
	CU_ASSERT_TRUE(lab_guards_at(&v, v.ggsn));
	lab_stop();
}

static void start_v2(void)
{
	make_contexts();
	lab_start();
	lab_begin(&v, lab_sqn(1), 1);
	lab_settle();
}

static void send_both(struct gtpc_v2 request, enum gtpc_v2_type response)
{
	struct gtpc_v2 m;

	lab_send(&v, &request);
	m = lab_accept(&v, response);
	lab_send(&v, &m);
}

static void delete_session_leaves_them(void)
{
	start_v2();
	send_both(lab_delete_session(&v), GTPC_V2_DELETE_SESSION_RESPONSE);
	expect_what_it_leaves();
}

static void delete_bearer_leaves_them(void)
{
	start_v2();
	send_both(lab_delete_bearer(&v), GTPC_V2_DELETE_BEARER_RESPONSE);
	expect_what_it_leaves();
}

static void teardown_of_all_contexts_leaves_them(void)
{
	start();
	lab_delete_request(&v, true);
	lab_response(&v, GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_CAUSE_ACCEPTED);
	expect_what_it_leaves();
}

static void pgw_that_does_not_have_the_bearer_leaves_them(void)
{
	struct gtpc_v2 m;

	start_v2();
	m = lab_modify_bearer(&v);
	lab_send(&v, &m);
	m = lab_refuse(&v, GTPC_V2_MODIFY_BEARER_RESPONSE, GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
	lab_send(&v, &m);
	expect_what_it_leaves();
}

/* A dedicated bearer of the PDN connection of before. */
static void create_session_anew_leaves_those_of_a_dedicated_bearer(void)
{
	struct lab_context dedicated;
	struct tunnel up, down;

	start_v2();
	dedicated = lab_dedicated(&v, 7);
	lab_begin_dedicated(&dedicated, &v);
	lab_settle();
	v.down = 0x7777;
	v.up = 0x7778;
	lab_begin(&v, lab_sqn(2), 2);
	lab_settle();
	lab_pass_lingering();
	up = lab_up(&dedicated);
	down = lab_down(&dedicated);
	CU_ASSERT_EQUAL(lab_kind_of(&up, UP), DIRECTORY_ENDED);
	CU_ASSERT_EQUAL(lab_kind_of(&down, DOWN), DIRECTORY_ENDED);
	lab_stop();
}

static void create_without_keyset_leaves_them(void)
{
	struct lab_context before;
	struct tunnel up, down;

	start();
	before = v;
	v.down = 0x7777;
	v.up = 0x7778;
	v.ipv4[3] = 7;
	lab_create_plain(&v);
	lab_pass_lingering();
	CU_ASSERT_STRING_EQUAL(lab_state_name(&v), "clear");
	up = lab_up(&before);
	down = lab_down(&before);
	CU_ASSERT_EQUAL(lab_kind_of(&up, UP), DIRECTORY_ENDED);
	CU_ASSERT_EQUAL(lab_kind_of(&down, DOWN), DIRECTORY_ENDED);
	CU_ASSERT_TRUE(lab_guards_at(&before, before.ggsn));
	lab_stop();
}

static void static_session_that_the_configuration_has_no_more_leaves_them(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n;

	make_contexts();
	lab_defaults();
	lab.config.is_durable = true;
	lab.config.count_block = 64;
	lab_open();
	n = lab_notification(SESSION_ACTIVATE, &v, &name, 1);
	CU_ASSERT_EQUAL(session_make_static(lab.store, &n, 1), 0);
	lab_settle();
	lab_save();
	lab_restart();
	CU_ASSERT_EQUAL(session_make_static(lab.store, &n, 0), 0);
	lab_settle();
	expect_what_it_leaves();
}

/* --- an ended session --- */

static void address_given_at_another_ggsn_leaves_that_of_an_ended_session_guarded(void)
{
	start();
	lab_delete(&v);
	lab_pass_lingering();
	share_address();
	other.ggsn = 4;
	lab_create_plain(&other);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "clear");
	CU_ASSERT_TRUE(lab_guards_at(&v, v.ggsn));
	CU_ASSERT_FALSE(lab_guards_at(&v, other.ggsn));
	lab_stop();
}

static void refused_create_leaves_the_address_of_an_ended_session_guarded(void)
{
	start();
	lab_delete(&v);
	lab_pass_lingering();
	share_address();
	lab_create_request(&other, NULL, 0);
	lab_response(&other, GTPC_V1_CREATE_PDP_RESPONSE, 199);
	lab_settle();
	CU_ASSERT_TRUE(lab_guards_at(&v, v.ggsn));
	lab_stop();
}

/* One version is given, the other one stays guarded. */
static void ended_session_loses_the_version_that_is_given_alone(void)
{
	static const uint8_t eua[] = {0xF1, 0x8D, 10, 9, 0, 1, 0x20, 0x01, 0x0d, 0xb8, 0,
				      1,    0,	  2,  0, 0, 0, 0,    0,	   0,	 0,    9};
	const struct pdp_prefix host = {.is_ipv6 = 1,
					.length = 128,
					.octets = {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, [15] = 7}};
	struct tunnel at = {0};

	make_contexts();
	lab_start();
	lab_create_with(&v, NULL, 0, eua, sizeof(eua));
	lab_delete(&v);
	lab_pass_lingering();
	share_address();
	lab_create_plain(&other);
	lab_address(&at, v.ggsn);
	CU_ASSERT_FALSE(lab_guards_at(&v, v.ggsn));
	CU_ASSERT_TRUE(directory_guards(lab.store->directory, at.receiver, &host, NULL));
	lab_stop();
}

/* --- without a place for what is left --- */

static struct lab_context sessions[4];

/* So many protected sessions that end by a Delete, and one place less. */
static void end_with_a_place_for_one(unsigned count, bool is_durable)
{
	lab_defaults();
	lab.config.unprotected_max = 1;
	lab.config.is_durable = is_durable;
	lab.config.count_block = 64;
	lab_open();
	for (unsigned i = 0; i < count; i++) {
		sessions[i] = lab_context(i + 1);
		lab_begin_and_settle(&sessions[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		lab_delete(&sessions[i]);
		lab_settle();
	}
}

static void each_end_without_a_place_is_counted_and_the_first_is_logged(void)
{
	end_with_a_place_for_one(2, false);
	CU_ASSERT_EQUAL(lab_count(SESSION_ENDED_LOST), 1);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "raise sessions.unprotected_max"));
	lab_begin_and_settle(&sessions[0]); /* has the place of what it left */
	lab_begin_and_settle(&sessions[1]);
	for (unsigned i = 0; i < 2; i++) {
		lab_delete(&sessions[i]);
		lab_settle();
	}
	CU_ASSERT_EQUAL(lab_count(SESSION_ENDED_LOST), 2);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	lab_stop();
}

static void that_there_was_no_place_outlives_the_process(void)
{
	end_with_a_place_for_one(2, true);
	lab_save();
	lab_crash();
	lab_settle();
	CU_ASSERT_TRUE(directory_is_overfull(lab.store->directory));
	lab_stop();
}

/* Its tunnels and its address are another session's. */
static void session_that_has_nothing_left_is_not_counted(void)
{
	start();
	share_address();
	other.down = v.down;
	other.up = v.up;
	lab_begin_and_settle(&other);
	lab_delete(&v);
	lab_pass_lingering();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_ENDED_LOST), 0);
	CU_ASSERT_FALSE(directory_is_overfull(lab.store->directory));
	lab_stop();
}

/* --- a session for which there is no place --- */

/* There is one place of a protected session, which the victim has. */
static uint64_t begin_without_a_place(uint32_t unprotected_max)
{
	uint64_t response;

	make_contexts();
	lab_defaults();
	lab.config.max = 1;
	lab.config.unprotected_max = unprotected_max;
	lab_open();
	lab_begin_and_settle(&v);
	response = lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	return response;
}

static void without_a_place_for_its_end_either_all_unknown_tunnels_are_barred(void)
{
	const struct lab_context sole = lab_context(3);
	uint64_t response;

	make_contexts();
	lab_defaults();
	lab.config.max = lab.config.unprotected_max = 1;
	lab_open();
	lab_begin_and_settle(&v);
	sessions[0] = sole;
	lab_create_plain(&sessions[0]);
	response = lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_TRUE(directory_is_overfull(lab.store->directory));
	CU_ASSERT_EQUAL(lab_count(SESSION_ENDED_LOST), 1);
	lab_stop();
}

static void its_address_stays_guarded_against_another_apn(void)
{
	struct lab_context third = lab_context(3);

	CU_ASSERT_EQUAL(lab_fate(begin_without_a_place(8)), LAB_DISCARDED);
	CU_ASSERT_TRUE(lab_guards_at(&other, other.ggsn));
	lab_ipv4(&other, third.ipv4);
	lab.apn = "corporate";
	lab_create_plain(&third);
	CU_ASSERT_TRUE(lab_guards_at(&other, other.ggsn));
	lab.apn = NULL;
	lab_create_plain(&third);
	CU_ASSERT_FALSE(lab_guards_at(&other, other.ggsn));
	lab_stop();
}

/* Its GGSN has the context all the same, and may move it. */
static void accepted_update_of_it_bars_the_new_tunnel(void)
{
	struct tunnel moved;

	begin_without_a_place(8);
	other.down = 0x8888;
	lab_move(&other);
	lab_settle();
	moved = lab_down(&other);
	CU_ASSERT_EQUAL(lab_kind_of(&moved, DOWN), DIRECTORY_ENDED);
	lab_stop();
}

/* --- what is forgotten --- */

static void apn_of_what_is_forgotten_has_its_place_again(void)
{
	const struct e2m_imsi imsi = lab_imsi(1);
	char apn[16];

	make_contexts();
	v.is_unbound = true;
	lab_start();
	lab.apn = apn;
	for (unsigned i = 0; i < APNS_MAX + 2; i++) {
		snprintf(apn, sizeof(apn), "apn%u", i);
		lab_begin_and_settle(&v);
		CU_ASSERT_NOT_EQUAL(table_find_subscriber(lab.store, &imsi, v.nsapi)->apn, 0);
		lab_delete(&v);
		lab_pass_lingering();
		CU_ASSERT_EQUAL(directory_count(lab.store->directory, DIRECTORY_ENDED), 1);
	}
	lab_stop();
}

static void session_without_tunnels_is_forgotten_with_its_address(void)
{
	struct lab_context third = lab_context(3);

	start();
	lab_delete(&v);
	lab_pass_lingering();
	other.down = v.down;
	other.up = v.up;
	lab_create_plain(&other);
	CU_ASSERT_EQUAL(directory_count(lab.store->directory, DIRECTORY_ENDED), 1);
	memcpy(third.ipv4, address, 4);
	lab_create_plain(&third);
	CU_ASSERT_EQUAL(directory_count(lab.store->directory, DIRECTORY_ENDED), 0);
	lab_stop();
}

UNIT_MAIN("session_binding_end", TEST(delete_session_leaves_them), TEST(delete_bearer_leaves_them),
	  TEST(teardown_of_all_contexts_leaves_them),
	  TEST(pgw_that_does_not_have_the_bearer_leaves_them),
	  TEST(create_session_anew_leaves_those_of_a_dedicated_bearer),
	  TEST(create_without_keyset_leaves_them),
	  TEST(static_session_that_the_configuration_has_no_more_leaves_them),
	  TEST(address_given_at_another_ggsn_leaves_that_of_an_ended_session_guarded),
	  TEST(refused_create_leaves_the_address_of_an_ended_session_guarded),
	  TEST(ended_session_loses_the_version_that_is_given_alone),
	  TEST(each_end_without_a_place_is_counted_and_the_first_is_logged),
	  TEST(that_there_was_no_place_outlives_the_process),
	  TEST(session_that_has_nothing_left_is_not_counted),
	  TEST(without_a_place_for_its_end_either_all_unknown_tunnels_are_barred),
	  TEST(its_address_stays_guarded_against_another_apn),
	  TEST(accepted_update_of_it_bars_the_new_tunnel),
	  TEST(apn_of_what_is_forgotten_has_its_place_again),
	  TEST(session_without_tunnels_is_forgotten_with_its_address))
