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

UNIT_MAIN("session_binding_end", TEST(delete_session_leaves_them), TEST(delete_bearer_leaves_them),
	  TEST(teardown_of_all_contexts_leaves_them),
	  TEST(pgw_that_does_not_have_the_bearer_leaves_them),
	  TEST(create_session_anew_leaves_those_of_a_dedicated_bearer),
	  TEST(create_without_keyset_leaves_them),
	  TEST(static_session_that_the_configuration_has_no_more_leaves_them),
	  TEST(address_given_at_another_ggsn_leaves_that_of_an_ended_session_guarded),
	  TEST(refused_create_leaves_the_address_of_an_ended_session_guarded),
	  TEST(ended_session_loses_the_version_that_is_given_alone))
