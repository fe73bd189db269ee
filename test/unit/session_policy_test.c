/* SPDX-License-Identifier: BSD-3-Clause */
/* What becomes of sessions by the operator's policy, and by what algorithms he allows. */
#include "session_lab_policy.h"

static struct session_view view;

/* A context whose UE names no keyset. */
static uint64_t create_plain(struct lab_context *c)
{
	lab_create_request(c, NULL, 0);
	return lab_create_response(c);
}

static const struct lab_flow *flow_of(const struct tunnel tunnel)
{
	return lab_flow(&tunnel);
}

static struct lab_flow *flow_to_use(const struct lab_context *c)
{
	const struct tunnel down = lab_down(c);

	return lab_flow(&down);
}

/* --- protect --- */

static void to_be_protected_and_without_a_keyset_it_is_barred(void)
{
	struct lab_context c = lab_context(1);
	uint64_t response;

	lab_start_with(POLICY_PROTECT);
	response = create_plain(&c);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "barred");
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_BARRED), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_LEARNED), 1);
	lab_stop();
}

/* Else its first packets could cross before the response was seen. */
static void its_tunnel_is_expected_from_the_request_on(void)
{
	struct lab_context c = lab_context(1);
	const struct tunnel down = lab_down(&c);
	bool is_expected = false;

	lab_start_with(POLICY_PROTECT);
	lab_create_request(&c, NULL, 0);
	lab_settle();
	for (unsigned w = 0; w < lab.config.workers; w++)
		for (uint32_t i = 0; i < lab.flows_per_worker; i++)
			is_expected |= lab.workers[w].flows[i].state == LAB_EXPECTED &&
				       tunnel_is_equal(&lab.workers[w].flows[i].tunnel, &down);
	CU_ASSERT_TRUE(is_expected);
	lab_create_response(&c);
	lab_stop();
}

static void a_keyset_that_comes_by_an_update_ends_the_bar(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PROTECT);
	create_plain(&c);
	lab_settle();
	lab_update(&c, lab_sqn(1), 2);
	lab_settle();
	lab_make_ready(&c);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	CU_ASSERT_EQUAL(lab_count(SESSION_REKEYED), 0);
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	CU_ASSERT_EQUAL(view.key_id, 2);
	lab_stop();
}

static void an_update_without_one_does_not(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PROTECT);
	create_plain(&c);
	lab_settle();
	c.sgsn = 7;
	c.down = 0x1234;
	lab_move(&c);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	lab_stop();
}

static void with_a_keyset_it_is_protected_as_any(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PROTECT);
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	lab_make_ready(&c);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_BARRED), 0);
	lab_stop();
}

/* An SGSN takes the keyset out of the PCO: nothing crosses, at the same tunnels or at others. */
static void made_anew_without_a_keyset_it_is_barred(void)
{
	for (unsigned others = 0; others < 2; others++) {
		struct lab_context c = lab_context(1), again = c;

		lab_start_with(POLICY_PROTECT);
		lab_create(&c, lab_sqn(1), 1);
		lab_settle();
		lab_make_ready(&c);
		again.down += others * 0x100;
		again.up += others * 0x100;
		create_plain(&again);
		CU_ASSERT_EQUAL(lab.warnings, 1);
		lab_settle();
		CU_ASSERT_TRUE(lab_is_treated(&again, DATAPATH_BAR));
		CU_ASSERT_EQUAL(flow_of(lab_up(&again))->places[0].state, DATAPATH_KEY_NONE);
		CU_ASSERT_EQUAL(lab_sessions(), 1);
		CU_ASSERT_EQUAL(lab_count(SESSION_UNPROTECTED_AGAIN), 1);
		lab_pass(60000);
		lab_settle();
		CU_ASSERT_TRUE(lab_is_treated(&again, DATAPATH_BAR));
		lab_stop();
	}
}

/* Its COUNTs were used with that keyset. */
static void and_the_same_keyset_goes_on_where_it_was(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PROTECT);
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	lab_make_ready(&c);
	lab_use(flow_to_use(&c), flow_to_use(&c)->in_use, 50);
	create_plain(&c);
	lab_settle();
	lab_update(&c, lab_sqn(1), 1);
	lab_settle();
	lab_make_ready(&c);
	lab_use(flow_to_use(&c), flow_to_use(&c)->in_use, 5); /* looks that they are new */
	lab_stop();
}

/* Whoever accepted it did so without the tunnel's TEID. */
static void an_acceptance_that_does_not_name_its_tunnels_does_not_cross(void)
{
	for (unsigned protect = 0; protect < 2; protect++) {
		struct lab_context c = lab_context(1);
		uint64_t response;

		lab_start_with(protect ? POLICY_PROTECT : POLICY_OPTIONAL);
		lab_create_request(&c, NULL, 0);
		response = lab_response(&c, GTPC_V1_CREATE_PDP_RESPONSE, GTPC_V1_CAUSE_ACCEPTED);
		lab_settle();
		CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
		lab_stop();
	}
}

static void a_barred_one_ends_by_its_delete(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PROTECT);
	create_plain(&c);
	lab_settle();
	lab_delete(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

/* --- optional, as without a policy --- */

static void where_protection_is_optional_nothing_is_learned_without_a_keyset(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_OPTIONAL);
	create_plain(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_PTR_NULL(flow_of(lab_down(&c)));
	lab_stop();
}

static void there_a_protected_session_made_anew_is_barred_and_that_is_counted(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_OPTIONAL);
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	create_plain(&c);
	CU_ASSERT_EQUAL(lab.warnings,
			2); /* that it is made anew, and that it is barred (e2m.md 6) */
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	CU_ASSERT_EQUAL(lab_count(SESSION_UNPROTECTED_AGAIN), 1);
	lab_stop();
}

/* --- pass --- */

static void what_is_to_pass_is_left_alone_though_it_names_a_keyset(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PASS);
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_unprotected(), 1); /* so that a stricter policy can find it */
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_PASSED), 1);
	CU_ASSERT_EQUAL(lab.asked, 0);
	lab_stop();
}

/* --- drop --- */

static void what_is_to_be_dropped_has_no_session_anywhere(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);

	lab_start_with(POLICY_DROP);
	CU_ASSERT_EQUAL(lab_create_request(&c, &name, 1), 0);
	CU_ASSERT_EQUAL(lab_create_request(&c, NULL, 0), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(0), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_fate(1), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_REFUSED), 2);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

/* The request was overdue, and a worker let it go. */
static void nor_does_a_response_that_comes_all_the_same(void)
{
	struct lab_context c = lab_context(1);
	uint64_t response;

	lab_start_with(POLICY_DROP);
	lab_create_request(&c, NULL, 0);
	response = lab_create_response(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	lab_stop();
}

static void another_apn_is_another_rules(void)
{
	struct lab_context a = lab_context(1), b = lab_context(2);

	lab_start_with(POLICY_DROP);
	lab.apn = "Internet.mnc001.mcc262.gprs";
	lab_create(&a, lab_sqn(1), 1);
	lab.apn = "meters";
	lab_create(&b, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_FALSE(lab_view(&a, &view));
	CU_ASSERT_TRUE(lab_view(&b, &view));
	lab_stop();
}

/* --- unknown TEIDs are dropped --- */

static void where_the_unknown_is_dropped_the_unprotected_is_known(void)
{
	static const enum policy_action actions[] = {POLICY_OPTIONAL, POLICY_PASS};

	for (unsigned i = 0; i < 2; i++) {
		struct lab_context c = lab_context(1);

		lab_start_with(actions[i]);
		create_plain(&c);
		lab_settle();
		CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
		CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
		CU_ASSERT_STRING_EQUAL(view.state, "clear");
		c.sgsn = 7;
		lab_move(&c);
		lab_settle();
		CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
		lab_delete(&c);
		lab_settle();
		CU_ASSERT_EQUAL(lab_sessions(), 0);
		lab_stop();
	}
}

static void there_a_keyset_is_taken_up_by_an_update(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_OPTIONAL);
	create_plain(&c);
	lab_settle();
	lab_update(&c, lab_sqn(1), 1);
	lab_settle();
	lab_make_ready(&c);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	lab_stop();
}

static void unless_it_is_to_pass(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PASS);
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	lab_update(&c, lab_sqn(2), 2);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	CU_ASSERT_EQUAL(lab.asked, 0);
	lab_stop();
}

/* --- a GGSN that reports --- */

/* It has the last word: its session stays protected, whatever GTP-C leaves out. */
static void what_the_ggsn_reports_is_not_barred_by_a_create_without_a_keyset(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PROTECT);
	lab_activate(&c, lab_sqn(1), 1);
	lab_make_ready(&c);
	create_plain(&c);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_protected(&c));
	CU_ASSERT_EQUAL(lab_count(SESSION_CONTRADICTED), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_BARRED), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_UNPROTECTED_AGAIN), 0);
	lab_stop();
}

static void what_it_reports_is_barred_no_longer(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PROTECT);
	create_plain(&c);
	lab_settle();
	lab_activate(&c, lab_sqn(1), 1);
	lab_make_ready(&c);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	lab_stop();
}

/* --- restarts --- */

static void after_a_restart_each_is_as_it_was(void)
{
	struct lab_context barred = lab_context(1), clear = lab_context(2), shut = lab_context(3);

	lab_defaults();
	lab.config.is_durable = true;
	lab.config.max = 3;
	lab_rule("internet", NULL, POLICY_PROTECT);
	lab_open();
	create_plain(&barred);
	lab_create(&shut, lab_sqn(1), 1);
	lab.apn = "meters";
	create_plain(&clear);
	lab_settle();
	lab_save();
	lab_crash();
	CU_ASSERT_TRUE(lab_is_treated(&barred, DATAPATH_BAR));
	CU_ASSERT_TRUE(lab_is_treated(&clear, DATAPATH_LET_PASS));
	CU_ASSERT_TRUE(lab_is_treated(&shut, DATAPATH_PROTECT));
	lab_update(&barred, lab_sqn(1), 1);
	lab_settle();
	lab_save();
	lab_make_ready(&barred);
	CU_ASSERT_TRUE(lab_is_protected(&barred));
	lab_stop();
}

/* --- algorithms --- */

static void a_keyset_with_an_algorithm_that_is_not_allowed_is_refused(void)
{
	static const struct {
		enum e2m_eea eea;
		enum e2m_eia eia;
		bool is_allowed;
	} answers[] = {{E2M_EEA2, E2M_EIA2, true},
		       {E2M_EEA0, E2M_EIA2, false},
		       {E2M_EEA2, E2M_EIA1, false},
		       {E2M_EEA3, E2M_EIA3, false}};

	for (unsigned i = 0; i < 4; i++) {
		struct lab_context c = lab_context(1);

		lab_defaults();
		lab.config.ciphering_allowed = 1u << E2M_EEA2 | 1u << E2M_EEA_GCM;
		lab.config.integrity_allowed = 1u << E2M_EIA2 | 1u << E2M_EIA_GCM;
		lab_open();
		lab.next.ciphering = answers[i].eea;
		lab.next.integrity = answers[i].eia;
		lab_create(&c, lab_sqn(1), 1);
		lab_settle();
		lab_miss(flow_of(lab_up(&c)), 0);
		lab_settle();
		pull_send_waiting(session_pulls(lab.store));
		CU_ASSERT_EQUAL(lab.asked, 1);
		lab_answer_all();
		CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
		CU_ASSERT_STRING_EQUAL(view.state, answers[i].is_allowed ? "ready" : "not_allowed");
		CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_WEAK), !answers[i].is_allowed);
		if (!answers[i].is_allowed)
			CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "not allowed"));
		lab_settle();
		lab_stop();
	}
}

/* --- whose downlink tunnel is it? --- */

/* By a rule for subscriber 1 alone. */
static void start_with_one_to_protect(struct lab_context *victim)
{
	static struct e2m_imsi imsi;

	lab_defaults();
	*victim = lab_context(1);
	imsi = lab_imsi(1);
	lab_rule(NULL, imsi.digits, POLICY_PROTECT);
	lab_open();
	lab_create(victim, lab_sqn(1), 1);
	lab_make_ready(victim);
	CU_ASSERT_TRUE(lab_is_protected(victim));
}

/* e2m.md 6: a tunnel is one session's. The packets of the victim are dropped there, by their
 * address. */
static bool has_lost_downlink(const struct lab_context *c)
{
	struct session_view its;

	return lab_view(c, &its) && !its.downlink.live && its.uplink.live &&
	       strcmp(its.state, "ready") == 0;
}

static void another_without_a_keyset_takes_its_downlink_tunnel(void)
{
	struct lab_context victim, other = lab_context(2);
	uint64_t response;

	start_with_one_to_protect(&victim);
	other.down = victim.down;
	response = create_plain(&other);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_LOST), 1);
	CU_ASSERT_TRUE(has_lost_downlink(&victim));
	lab_stop();
}

static void another_with_keys_of_its_own_takes_its_downlink_tunnel(void)
{
	struct lab_context victim, other = lab_context(2);
	uint64_t response;

	start_with_one_to_protect(&victim);
	other.down = victim.down;
	response = lab_create(&other, lab_sqn(2), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_LOST), 1);
	CU_ASSERT_TRUE(has_lost_downlink(&victim));
	lab_stop();
}

/* The GGSN's own word: it gives the TEID again. */
static void its_uplink_tunnel_may_be_given_to_another(void)
{
	struct lab_context victim, other = lab_context(2);

	start_with_one_to_protect(&victim);
	other.up = victim.up;
	lab_create(&other, lab_sqn(2), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_LOST), 1);
	lab_stop();
}

UNIT_MAIN("session_policy", TEST(another_without_a_keyset_takes_its_downlink_tunnel),
	  TEST(another_with_keys_of_its_own_takes_its_downlink_tunnel),
	  TEST(its_uplink_tunnel_may_be_given_to_another),
	  TEST(to_be_protected_and_without_a_keyset_it_is_barred),
	  TEST(its_tunnel_is_expected_from_the_request_on),
	  TEST(a_keyset_that_comes_by_an_update_ends_the_bar), TEST(an_update_without_one_does_not),
	  TEST(with_a_keyset_it_is_protected_as_any), TEST(made_anew_without_a_keyset_it_is_barred),
	  TEST(an_acceptance_that_does_not_name_its_tunnels_does_not_cross),
	  TEST(and_the_same_keyset_goes_on_where_it_was), TEST(a_barred_one_ends_by_its_delete),
	  TEST(where_protection_is_optional_nothing_is_learned_without_a_keyset),
	  TEST(there_a_protected_session_made_anew_is_barred_and_that_is_counted),
	  TEST(what_is_to_pass_is_left_alone_though_it_names_a_keyset),
	  TEST(what_is_to_be_dropped_has_no_session_anywhere),
	  TEST(nor_does_a_response_that_comes_all_the_same), TEST(another_apn_is_another_rules),
	  TEST(where_the_unknown_is_dropped_the_unprotected_is_known),
	  TEST(there_a_keyset_is_taken_up_by_an_update), TEST(unless_it_is_to_pass),
	  TEST(what_the_ggsn_reports_is_not_barred_by_a_create_without_a_keyset),
	  TEST(what_it_reports_is_barred_no_longer), TEST(after_a_restart_each_is_as_it_was),
	  TEST(a_keyset_with_an_algorithm_that_is_not_allowed_is_refused))
