/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions of the configuration: they are there from the start, and nobody on the wire changes or ends them. */
#include "session_lab.h"

#define STATIC 2

static struct session_notification list[STATIC];
static struct lab_context contexts[STATIC];
static struct session_view view;

static bool has_flows(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c), down = lab_down(c);

	return lab_flow(&up) && lab_flow(&down);
}

static size_t make_static(size_t count)
{
	const size_t refused = session_make_static(lab.store, list, count);

	lab_settle();
	return refused;
}

static void prepare(void)
{
	lab_defaults();
	for (unsigned i = 0; i < STATIC; i++) {
		const struct e2m_keyset_id name = lab_sqn(1);

		contexts[i] = lab_context(i + 1);
		list[i] = lab_notification(SESSION_ACTIVATE, &contexts[i], &name, 1);
	}
}

static void start_with_static_sessions(void)
{
	prepare();
	lab_open();
	CU_ASSERT_EQUAL(make_static(STATIC), 0);
	for (unsigned i = 0; i < STATIC; i++)
		lab_make_ready(&contexts[i]);
}

static void they_protect_from_the_start(void)
{
	struct tunnel down;

	start_with_static_sessions();
	CU_ASSERT_EQUAL(lab_sessions(), STATIC);
	CU_ASSERT_EQUAL(lab.asked, STATIC);
	for (unsigned i = 0; i < STATIC; i++) {
		CU_ASSERT_TRUE(has_flows(&contexts[i]));
		CU_ASSERT_TRUE(lab_view(&contexts[i], &view));
		CU_ASSERT_STRING_EQUAL(view.state, "ready");
		CU_ASSERT_STRING_EQUAL(view.origin, "configuration");
		down = lab_down(&contexts[i]);
		lab_use(lab_flow(&down), view.slot, 2);
	}
	lab_stop();
}

static void gtpc_changes_nothing_of_them(void)
{
	struct lab_context said;

	start_with_static_sessions();
	said = contexts[0];
	said.down = 0x7777;
	lab_create(&said, lab_sqn(2), 2);
	lab_move(&said);
	lab_create_request(&said, NULL, 0);
	lab_create_response(&said);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&contexts[0]));
	CU_ASSERT_TRUE(lab_view(&contexts[0], &view));
	CU_ASSERT_EQUAL(view.key_id, 1);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "the configuration, which counts"));
	lab_stop();
}

static void no_delete_ends_them(void)
{
	start_with_static_sessions();
	lab_create(&contexts[0], lab_sqn(1), 1);
	lab_delete(&contexts[0]);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&contexts[0]));
	lab_stop();
}

static void notifications_of_them_are_refused(void)
{
	static const enum session_event events[] = {SESSION_ACTIVATE, SESSION_UPDATE,
						    SESSION_DELETE};
	const struct e2m_keyset_id name = lab_sqn(2);

	start_with_static_sessions();
	for (unsigned i = 0; i < 3; i++) {
		const struct session_notification n =
			lab_notification(events[i], &contexts[0], &name, 2);

		CU_ASSERT_EQUAL(lab.outcomes[lab_notify(&n)], SESSION_STATIC);
	}
	lab_settle();
	CU_ASSERT_TRUE(lab_view(&contexts[0], &view));
	CU_ASSERT_EQUAL(view.key_id, 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_STATIC), 3);
	lab_stop();
}

static void who_claims_their_tunnel_is_refused(void)
{
	struct lab_context other = lab_context(5);
	uint64_t response;

	start_with_static_sessions();
	other.up = contexts[0].up;
	response = lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_TRUE(has_flows(&contexts[0]));
	CU_ASSERT_FALSE(lab_view(&other, &view));
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_STATIC), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 0);
	lab_stop();
}

static void an_unprotected_context_does_not_take_their_tunnel(void)
{
	struct lab_context other = lab_context(5);

	start_with_static_sessions();
	other.up = contexts[0].up;
	lab_create_request(&other, NULL, 0);
	lab_create_response(&other);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&contexts[0]));
	lab_stop();
}

static void those_without_room_are_counted(void)
{
	prepare();
	lab.config.max = 1;
	lab_open();
	CU_ASSERT_EQUAL(make_static(STATIC), 1);
	CU_ASSERT_TRUE(has_flows(&contexts[0]));
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "no room for this static session"));
	lab_stop();
}

/* --- restarts --- */

static void start_durable(void)
{
	prepare();
	lab.config.is_durable = true;
	lab.config.count_block = 64;
	lab_open();
	make_static(STATIC);
	lab_save();
	for (unsigned i = 0; i < STATIC; i++)
		lab_make_ready(&contexts[i]);
	lab_save();
}

/* The lab's workers see to it that no COUNT comes twice. */
static void after_a_crash_their_counts_go_on(void)
{
	struct tunnel down;

	start_durable();
	down = lab_down(&contexts[0]);
	lab_use(lab_flow(&down), 0, 3);
	lab_crash();
	CU_ASSERT_EQUAL(make_static(STATIC), 0);
	lab_make_ready(&contexts[0]);
	CU_ASSERT_TRUE(lab_view(&contexts[0], &view));
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	CU_ASSERT_TRUE(lab_flow(&down)->places[view.slot].count >= 3);
	lab_low(lab_flow(&down), view.slot, lab_flow(&down)->places[view.slot].count + 1);
	lab_settle();
	lab_save();
	lab_use(lab_flow(&down), view.slot, 1);
	CU_ASSERT_EQUAL(lab_sessions(), STATIC);
	CU_ASSERT_EQUAL(lab_count(SESSION_REPLACED), 0);
	lab_stop();
}

/* By the control TEIDs that it had then. */
static void gtpc_that_made_one_before_does_not_end_it(void)
{
	prepare();
	lab.config.is_durable = true;
	lab.config.count_block = 64;
	lab_open();
	lab_create(&contexts[0], lab_sqn(1), 1);
	lab_make_ready(&contexts[0]);
	lab_save();
	lab_crash();
	CU_ASSERT_EQUAL(make_static(1), 0);
	lab_delete(&contexts[0]);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&contexts[0]));
	lab_stop();
}

static void those_that_the_configuration_has_no_more_end(void)
{
	start_durable();
	lab_restart();
	CU_ASSERT_EQUAL(lab_sessions(), STATIC);
	CU_ASSERT_EQUAL(make_static(1), 0);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_TRUE(has_flows(&contexts[0]));
	lab_stop();
}

static void a_tunnel_may_go_from_one_to_another(void)
{
	start_durable();
	lab_restart();
	contexts[1].up = contexts[0].up;
	list[0] = list[1];
	list[0].tunnel[UP] = lab_up(&contexts[1]);
	CU_ASSERT_EQUAL(make_static(1), 0);
	CU_ASSERT_TRUE(has_flows(&contexts[1]));
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_STATIC), 0);
	lab_stop();
}

UNIT_MAIN("session_static", TEST(they_protect_from_the_start), TEST(gtpc_changes_nothing_of_them),
	  TEST(no_delete_ends_them), TEST(notifications_of_them_are_refused),
	  TEST(who_claims_their_tunnel_is_refused),
	  TEST(an_unprotected_context_does_not_take_their_tunnel),
	  TEST(those_without_room_are_counted), TEST(after_a_crash_their_counts_go_on),
	  TEST(gtpc_that_made_one_before_does_not_end_it),
	  TEST(those_that_the_configuration_has_no_more_end),
	  TEST(a_tunnel_may_go_from_one_to_another))
