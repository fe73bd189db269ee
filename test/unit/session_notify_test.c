/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions that a GGSN reports, and what becomes of GTP-C that says otherwise. */
#include "session_lab.h"

static struct session_view view;
static struct lab_context context;

static bool has_flows(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c), down = lab_down(c);

	return lab_flow(&up) && lab_flow(&down);
}

static bool has_no_flows(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c), down = lab_down(c);

	return !lab_flow(&up) && !lab_flow(&down);
}

/* Until it is answered, and no further. */
static void work_until_answered(uint64_t notification)
{
	while (!lab.answered[notification])
		CU_ASSERT_TRUE_FATAL(lab_execute(0) || lab_execute(1) || lab_deliver(0) ||
				     lab_deliver(1));
}

static enum session_outcome outcome_of(const struct session_notification *n)
{
	const uint64_t number = lab_notify(n);

	lab_settle();
	CU_ASSERT_TRUE_FATAL(lab.answered[number]);
	return lab.outcomes[number];
}

static void start_with_a_report(void)
{
	context = lab_context(1);
	lab_start();
	lab_activate(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
}

static const char *origin(void)
{
	return lab_view(&context, &view) ? view.origin : "none";
}

/* --- what a notification does --- */

static void an_activation_is_answered_when_the_workers_have_the_flows(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n;
	uint64_t number;

	lab_start();
	context = lab_context(1);
	n = lab_notification(SESSION_ACTIVATE, &context, &name, 3);
	number = lab_notify(&n);
	CU_ASSERT_FALSE(lab.answered[number]);
	work_until_answered(number);
	CU_ASSERT_EQUAL(lab.outcomes[number], SESSION_DONE);
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_EQUAL(view.key_id, 3);
	CU_ASSERT_STRING_EQUAL(view.origin, "notification");
	CU_ASSERT_EQUAL(lab_count(SESSION_LEARNED), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_NOTIFICATIONS), 1);
	lab_stop();
}

static void a_reported_session_protects(void)
{
	struct tunnel down;

	start_with_a_report();
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	down = lab_down(&context);
	lab_use(lab_flow(&down), view.slot, 3);
	lab_stop();
}

static void an_activation_replaces_the_session(void)
{
	struct lab_context before;

	start_with_a_report();
	before = context;
	context.down = 0x7777;
	context.up = 0x8888;
	lab_activate(&context, lab_sqn(2), 2);
	CU_ASSERT_TRUE(has_no_flows(&before));
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_REPLACED), 1);
	lab_stop();
}

static void an_activation_that_comes_again_changes_nothing(void)
{
	uint64_t number;

	start_with_a_report();
	number = lab_activate(&context, lab_sqn(1), 1);
	CU_ASSERT_EQUAL(lab.outcomes[number], SESSION_DONE);
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	CU_ASSERT_EQUAL(lab_count(SESSION_REPLACED), 0);
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

static void an_update_moves_the_tunnels_that_it_names(void)
{
	struct session_notification n;
	struct tunnel before;

	start_with_a_report();
	before = lab_down(&context);
	context.sgsn = 7;
	context.down = 0x7777;
	n = lab_notification(SESSION_UPDATE, &context, NULL, 0);
	n.has_tunnel[DOWN] = true;
	n.tunnel[UP] = before; /* not given: nobody looks */
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_DONE);
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_PTR_NULL(lab_flow(&before));
	CU_ASSERT_EQUAL(lab_count(SESSION_MOVED), 1);
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

static void an_update_is_answered_when_the_tunnel_has_moved(void)
{
	struct session_notification n;
	struct tunnel moved;
	uint64_t number;

	start_with_a_report();
	context.down = 0x7777;
	moved = lab_down(&context);
	n = lab_notification(SESSION_UPDATE, &context, NULL, 0);
	n.has_tunnel[DOWN] = true;
	number = lab_notify(&n);
	work_until_answered(number);
	CU_ASSERT_PTR_NOT_NULL(lab_flow(&moved));
	lab_stop();
}

static void an_update_names_another_keyset(void)
{
	const struct e2m_keyset_id next = lab_rand(2);
	struct session_notification n;

	start_with_a_report();
	n = lab_notification(SESSION_UPDATE, &context, &next, 2);
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_DONE);
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_EQUAL(view.key_id, 2);
	CU_ASSERT_EQUAL(memcmp(&view.keyset, &next, sizeof(next)), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_REKEYED), 1);
	CU_ASSERT_TRUE(has_flows(&context));
	lab_stop();
}

/* e2m.md 4 has the Key ID in each; without a name it says nothing. */
static void an_update_without_a_keyset_leaves_the_key_id(void)
{
	struct session_notification n;

	start_with_a_report();
	n = lab_notification(SESSION_UPDATE, &context, NULL, 5);
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_DONE);
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_EQUAL(view.key_id, 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_REKEYED), 0);
	lab_stop();
}

static void an_update_that_makes_both_tunnels_one_is_invalid(void)
{
	struct session_notification n;

	start_with_a_report();
	n = lab_notification(SESSION_UPDATE, &context, NULL, 0);
	n.has_tunnel[DOWN] = true;
	n.tunnel[DOWN] = lab_up(&context);
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_INVALID);
	CU_ASSERT_TRUE(has_flows(&context));
	lab_stop();
}

static void a_deletion_is_answered_when_the_flows_are_gone(void)
{
	struct session_notification n;
	uint64_t number;

	start_with_a_report();
	n = lab_notification(SESSION_DELETE, &context, NULL, 0);
	number = lab_notify(&n);
	CU_ASSERT_FALSE(lab.answered[number]);
	work_until_answered(number);
	CU_ASSERT_EQUAL(lab.outcomes[number], SESSION_DONE);
	CU_ASSERT_TRUE(has_no_flows(&context));
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void a_deletion_of_other_tunnels_is_about_another_context(void)
{
	struct session_notification n;

	start_with_a_report();
	n = lab_notification(SESSION_DELETE, &context, NULL, 0);
	n.has_tunnel[UP] = n.has_tunnel[DOWN] = true;
	n.tunnel[DOWN].teid++;
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_UNKNOWN);
	CU_ASSERT_TRUE(has_flows(&context));
	n.tunnel[DOWN].teid--;
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_DONE);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void what_is_not_there_is_unknown(void)
{
	struct session_notification n;

	start_with_a_report();
	context.nsapi = 6;
	n = lab_notification(SESSION_UPDATE, &context, NULL, 0);
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_UNKNOWN);
	n.event = SESSION_DELETE;
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_UNKNOWN);
	CU_ASSERT_EQUAL(lab_count(SESSION_NOTIFICATIONS_UNKNOWN), 2);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

/* Each waits for the one before it. */
static void notifications_of_one_session_take_effect_in_their_order(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n;

	start_with_a_report();
	n = lab_notification(SESSION_DELETE, &context, NULL, 0);
	lab_notify(&n);
	context.down = 0x7777;
	n = lab_notification(SESSION_UPDATE, &context, NULL, 0);
	CU_ASSERT_EQUAL(lab.outcomes[lab_notify(&n)], SESSION_UNKNOWN);
	n = lab_notification(SESSION_ACTIVATE, &context, &name, 1);
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_DONE);
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

/* The lab's workers see to it that no COUNT comes twice. */
static void counts_go_on_when_a_session_is_reported_anew(void)
{
	struct session_notification n;
	struct tunnel down;

	start_with_a_report();
	down = lab_down(&context);
	lab_use(lab_flow(&down), 0, 7);
	n = lab_notification(SESSION_DELETE, &context, NULL, 0);
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_DONE);
	lab_activate(&context, lab_rand(1), 1);
	lab_make_ready(&context);
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_EQUAL(lab_flow(&down)->places[view.slot].count, 7);
	lab_use(lab_flow(&down), view.slot, 1);
	lab_stop();
}

static void without_room_a_session_is_refused(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n;

	lab_defaults();
	lab.config.max = 1;
	lab_open();
	context = lab_context(1);
	lab_activate(&context, lab_sqn(1), 1);
	context = lab_context(2);
	n = lab_notification(SESSION_ACTIVATE, &context, &name, 1);
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_NO_ROOM);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 1);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

/* Else a fleet of them would hang on one place of the index. */
static void a_session_without_control_teids_is_in_no_index_of_them(void)
{
	const struct e2m_imsi imsi = lab_imsi(1);
	const struct session *s;

	start_with_a_report();
	s = table_find_subscriber(lab.store, &imsi, 5);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_EQUAL(s->indexed & (1 << INDEX_CONTROL_SGSN | 1 << INDEX_CONTROL_GGSN), 0);
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_NOT_EQUAL(s->indexed & 1 << INDEX_CONTROL_SGSN, 0);
	CU_ASSERT_NOT_EQUAL(s->indexed & 1 << INDEX_CONTROL_GGSN, 0);
	lab_stop();
}

/* --- GTP-C of the same session --- */

static void gtpc_that_agrees_changes_nothing(void)
{
	uint64_t response;

	start_with_a_report();
	response = lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_STRING_EQUAL(origin(), "notification");
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_REPLACED), 0);
	CU_ASSERT_EQUAL(lab.warnings, 0);
	lab_stop();
}

/* The GGSN reported the RAND of the AKA run of which the PCO has the SQN. */
static void another_name_of_the_run_is_no_contradiction(void)
{
	context = lab_context(1);
	lab_start();
	lab_activate(&context, lab_rand(1), 1);
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 0);
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_EQUAL(view.keyset.type, E2M_ID_RAND);
	lab_stop();
}

static void the_notification_wins_over_another_keyset(void)
{
	uint64_t response;

	start_with_a_report();
	response = lab_create(&context, lab_sqn(2), 2);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_EQUAL(view.key_id, 1);
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 1);
	lab_stop();
}

static void the_notification_wins_over_other_tunnels(void)
{
	struct lab_context said;

	start_with_a_report();
	said = context;
	said.down = 0x7777;
	lab_create(&said, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 1);
	lab_stop();
}

static void a_contradiction_is_said_once(void)
{
	struct lab_context said;

	start_with_a_report();
	said = context;
	said.down = 0x7777;
	lab_create(&said, lab_sqn(1), 1);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "262010000000001 NSAPI 5: GTP-C says"));
	lab_move(&said);
	lab_create(&said, lab_sqn(3), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab.warnings, 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 3);
	lab_stop();
}

static void the_notification_wins_over_an_update(void)
{
	struct lab_context said;

	start_with_a_report();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	said = context;
	said.down = 0x7777;
	said.control_sgsn = 0x7778;
	lab_update(&said, lab_sqn(2), 2);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_EQUAL(view.key_id, 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_MOVED), 0);
	lab_stop();
}

static void the_notification_wins_over_a_context_without_keyset(void)
{
	start_with_a_report();
	lab_create_request(&context, NULL, 0);
	lab_create_response(&context);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 1);
	lab_stop();
}

static void a_session_of_gtpc_becomes_the_notifications(void)
{
	struct lab_context said;

	context = lab_context(1);
	lab_start();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	CU_ASSERT_STRING_EQUAL(origin(), "gtpc");
	lab_activate(&context, lab_sqn(1), 1);
	CU_ASSERT_STRING_EQUAL(origin(), "notification");
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	CU_ASSERT_EQUAL(lab_count(SESSION_REPLACED), 0);
	said = context;
	said.down = 0x7777;
	lab_move(&said);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	lab_stop();
}

static void a_later_notification_wins_as_well(void)
{
	struct lab_context said;

	context = lab_context(1);
	lab_start();
	said = context;
	said.down = 0x7777;
	lab_create(&said, lab_sqn(1), 1);
	lab_settle();
	lab_activate(&context, lab_sqn(1), 1);
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 1);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	lab_stop();
}

static void an_update_makes_a_session_of_gtpc_the_notifications(void)
{
	struct session_notification n;
	struct lab_context said;

	context = lab_context(1);
	lab_start();
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	said = context;
	context.down = 0x7777;
	n = lab_notification(SESSION_UPDATE, &context, NULL, 0);
	n.has_tunnel[DOWN] = true;
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_DONE);
	lab_move(&said);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	lab_stop();
}

static void a_delete_that_the_ggsn_accepted_ends_a_reported_session(void)
{
	start_with_a_report();
	lab_create(&context, lab_sqn(1), 1);
	lab_delete(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_TRUE(has_no_flows(&context));
	lab_stop();
}

static void then_gtpc_makes_it_anew(void)
{
	start_with_a_report();
	lab_create(&context, lab_sqn(1), 1);
	lab_delete(&context);
	context.down = 0x7777;
	lab_create(&context, lab_sqn(2), 2);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_STRING_EQUAL(origin(), "gtpc");
	lab_stop();
}

/* TEIDs are used again, and GTP-C shows whose they are now. */
static void a_reported_session_loses_a_tunnel_that_gtpc_gives_to_another(void)
{
	struct lab_context other = lab_context(2);

	start_with_a_report();
	other.up = context.up;
	lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&other));
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_FALSE(view.uplink.live);
	CU_ASSERT_TRUE(view.downlink.live);
	lab_stop();
}

static void a_notification_takes_a_tunnel_from_another_session(void)
{
	struct lab_context other = lab_context(2);

	start_with_a_report();
	other.up = context.up;
	lab_activate(&other, lab_sqn(1), 1);
	CU_ASSERT_TRUE(has_flows(&other));
	CU_ASSERT_TRUE(lab_view(&context, &view));
	CU_ASSERT_FALSE(view.uplink.live);
	lab_stop();
}

/* From a request on workers hold the packets of its tunnel, until it is a session's: a GGSN that notifies after
 * it has answered lets none of them cross unprotected. */
static void an_expected_tunnel_may_become_a_reported_session(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n;

	lab_start();
	context = lab_context(1);
	lab_create_request(&context, &name, 1);
	lab_settle();
	n = lab_notification(SESSION_ACTIVATE, &context, &name, 1);
	CU_ASSERT_EQUAL(outcome_of(&n), SESSION_DONE);
	CU_ASSERT_TRUE(has_flows(&context));
	lab_create_response(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 0);
	lab_stop();
}

/* It was reported after that, and its Create Response is what says so. */
static void a_restart_of_the_ggsn_does_not_end_what_it_reported_since(void)
{
	struct lab_context before = lab_context(2);

	lab_start();
	before.recovery_ggsn = 10;
	lab_create(&before, lab_sqn(1), 1);
	lab_settle();
	context = lab_context(1);
	context.recovery_ggsn = 11;
	lab_activate(&context, lab_sqn(1), 1);
	lab_create(&context, lab_sqn(1), 1);
	lab_pass(1000);
	lab_settle();
	CU_ASSERT_FALSE(lab_view(&before, &view));
	CU_ASSERT_TRUE(has_flows(&context));
	lab_stop();
}

/* --- restarts --- */

static void start_durable(void)
{
	lab_defaults();
	lab.config.is_durable = true;
	lab.config.count_block = 64;
	lab_open();
	context = lab_context(1);
}

static void a_notification_is_answered_when_its_session_is_on_disk(void)
{
	uint64_t number;

	start_durable();
	number = lab_activate(&context, lab_sqn(1), 1);
	CU_ASSERT_FALSE(lab.answered[number]);
	CU_ASSERT_TRUE(lab_write());
	lab_written(0);
	CU_ASSERT_TRUE(lab.answered[number]);
	lab_stop();
}

static void who_has_the_last_word_is_on_disk(void)
{
	struct lab_context said;

	start_durable();
	lab_activate(&context, lab_sqn(1), 1);
	lab_save();
	lab_crash();
	CU_ASSERT_STRING_EQUAL(origin(), "notification");
	said = context;
	said.down = 0x7777;
	lab_create(&said, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	lab_stop();
}

UNIT_MAIN("session_notify", TEST(an_activation_is_answered_when_the_workers_have_the_flows),
	  TEST(a_reported_session_protects), TEST(an_activation_replaces_the_session),
	  TEST(an_activation_that_comes_again_changes_nothing),
	  TEST(an_update_moves_the_tunnels_that_it_names),
	  TEST(an_update_is_answered_when_the_tunnel_has_moved),
	  TEST(an_update_names_another_keyset), TEST(an_update_without_a_keyset_leaves_the_key_id),
	  TEST(an_update_that_makes_both_tunnels_one_is_invalid),
	  TEST(a_deletion_is_answered_when_the_flows_are_gone),
	  TEST(a_deletion_of_other_tunnels_is_about_another_context),
	  TEST(what_is_not_there_is_unknown),
	  TEST(notifications_of_one_session_take_effect_in_their_order),
	  TEST(counts_go_on_when_a_session_is_reported_anew),
	  TEST(without_room_a_session_is_refused),
	  TEST(a_session_without_control_teids_is_in_no_index_of_them),
	  TEST(gtpc_that_agrees_changes_nothing), TEST(another_name_of_the_run_is_no_contradiction),
	  TEST(the_notification_wins_over_another_keyset),
	  TEST(the_notification_wins_over_other_tunnels), TEST(a_contradiction_is_said_once),
	  TEST(the_notification_wins_over_an_update),
	  TEST(the_notification_wins_over_a_context_without_keyset),
	  TEST(a_session_of_gtpc_becomes_the_notifications),
	  TEST(a_later_notification_wins_as_well),
	  TEST(an_update_makes_a_session_of_gtpc_the_notifications),
	  TEST(a_delete_that_the_ggsn_accepted_ends_a_reported_session),
	  TEST(then_gtpc_makes_it_anew),
	  TEST(a_reported_session_loses_a_tunnel_that_gtpc_gives_to_another),
	  TEST(a_notification_takes_a_tunnel_from_another_session),
	  TEST(an_expected_tunnel_may_become_a_reported_session),
	  TEST(a_restart_of_the_ggsn_does_not_end_what_it_reported_since),
	  TEST(a_notification_is_answered_when_its_session_is_on_disk),
	  TEST(who_has_the_last_word_is_on_disk))
