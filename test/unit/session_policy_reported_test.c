/* SPDX-License-Identifier: BSD-3-Clause */
/* What the operator's policy makes of sessions that a GGSN or P-GW reports, which does not say their APN. */
#include "session_lab_policy.h"

static struct session_view view;
static struct e2m_imsi imsi; /* of subscriber 1 */

/* With a rule for subscriber 1, of whatever APN. */
static void start_with_subscriber(enum policy_action action)
{
	lab_defaults();
	imsi = lab_imsi(1);
	lab_rule(NULL, imsi.digits, action);
	lab_open();
}

static enum session_outcome activate(const struct lab_context *c)
{
	return lab.outcomes[lab_activate(c, lab_sqn(1), 1)];
}

static enum session_outcome notify(enum session_event event, const struct lab_context *c,
				   const struct e2m_keyset_id *name)
{
	const struct session_notification n = lab_notification(event, c, name, name ? 2 : 0);
	const uint64_t number = lab_notify(&n);

	lab_settle();
	return lab.outcomes[number];
}

static void whom_the_policy_drops_is_refused(void)
{
	const struct lab_context c = lab_context(1), other = lab_context(2);

	start_with_subscriber(POLICY_DROP);
	CU_ASSERT_EQUAL(activate(&c), SESSION_POLICY);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_REFUSED), 1);
	CU_ASSERT_EQUAL(activate(&other), SESSION_DONE);
	lab_stop();
}

/* It may be of another. */
static void a_rule_that_drops_an_apn_is_not_about_it(void)
{
	const struct lab_context c = lab_context(1);

	lab_start_with(POLICY_DROP);
	CU_ASSERT_EQUAL(activate(&c), SESSION_DONE);
	lab_make_ready(&c);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	lab_stop();
}

static void a_rule_that_protects_an_apn_is(void)
{
	const struct lab_context c = lab_context(1);
	const struct e2m_imsi reported = lab_imsi(1);

	lab_start_with(POLICY_PROTECT);
	activate(&c);
	lab_make_ready(&c);
	CU_ASSERT_EQUAL(table_find_subscriber(lab.store, &reported, c.nsapi)->policy,
			POLICY_PROTECT);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	lab_stop();
}

static void whom_the_policy_lets_pass_is_known_and_left_alone(void)
{
	const struct e2m_keyset_id next = lab_sqn(2);
	struct lab_context c = lab_context(1);

	start_with_subscriber(POLICY_PASS);
	CU_ASSERT_EQUAL(activate(&c), SESSION_DONE);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "clear");
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_PASSED), 1);
	CU_ASSERT_EQUAL(notify(SESSION_UPDATE, &c, &next), SESSION_DONE);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	CU_ASSERT_EQUAL(lab.asked, 0);
	CU_ASSERT_EQUAL(notify(SESSION_DELETE, &c, NULL), SESSION_DONE);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void gtpc_that_says_the_same_of_it_is_no_contradiction(void)
{
	struct lab_context c = lab_context(1);

	start_with_subscriber(POLICY_PASS);
	activate(&c);
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 0);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	lab_stop();
}

/* By the APN, which the notification does not say. */
static void what_gtpc_has_protected_stays_protected(void)
{
	struct lab_context c = lab_context(1);

	lab_defaults();
	imsi = lab_imsi(1);
	lab_rule("internet", NULL, POLICY_OPTIONAL);
	lab_rule(NULL, imsi.digits, POLICY_PASS);
	lab_open();
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(activate(&c), SESSION_DONE);
	lab_make_ready(&c);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_STRING_EQUAL(view.origin, "notification");
	lab_stop();
}

UNIT_MAIN("session_policy_reported", TEST(whom_the_policy_drops_is_refused),
	  TEST(a_rule_that_drops_an_apn_is_not_about_it), TEST(a_rule_that_protects_an_apn_is),
	  TEST(whom_the_policy_lets_pass_is_known_and_left_alone),
	  TEST(gtpc_that_says_the_same_of_it_is_no_contradiction),
	  TEST(what_gtpc_has_protected_stays_protected), )
