/* SPDX-License-Identifier: BSD-3-Clause */
/* Another configuration while sessions are there: what becomes stricter is so at once, what becomes laxer later. */
#include "session_lab_policy.h"

static struct session_view view;

static uint64_t create_plain(struct lab_context *c)
{
	lab_create_request(c, NULL, 0);
	return lab_create_response(c);
}

static struct lab_context ready_one(unsigned number)
{
	struct lab_context c = lab_context(number);

	lab_create(&c, lab_sqn(number), 1);
	lab_settle();
	lab_make_ready(&c);
	return c;
}

static struct policy_rule rule;

/* The rules of the start are forgotten: this is the only one. */
static void reload_with(const char *apn, enum policy_action action)
{
	char member[POLICY_MEMBER];

	rule = (struct policy_rule){.apn = (char *)(uintptr_t)apn, .action = (int)action};
	CU_ASSERT_PTR_NULL(policy_read_rule(&rule, member));
	lab.config.policy = (struct policy){.rules = &rule, .count = 1};
	session_reconfigure(lab.store, &lab.config);
	lab_settle();
}

static const char *state_of(const struct lab_context *c)
{
	return lab_view(c, &view) ? view.state : "none";
}

/* --- a stricter policy --- */

static void one_in_clear_that_is_to_be_protected_now_is_barred(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_OPTIONAL);
	create_plain(&c);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	reload_with("internet", POLICY_PROTECT);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	CU_ASSERT_STRING_EQUAL(state_of(&c), "barred");
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_BARRED), 1);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	lab_stop();
}

static void one_that_was_let_pass_with_its_keyset_is_barred_until_it_activates_one(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_PASS);
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	reload_with("internet", POLICY_PROTECT);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	lab_update(&c, lab_sqn(2), 2);
	lab_settle();
	lab_make_ready(&c);
	CU_ASSERT_TRUE(lab_is_protected(&c));
	lab_stop();
}

static void one_that_is_protected_goes_on_and_cannot_lose_its_keyset_any_more(void)
{
	struct lab_context c;
	unsigned commands;

	lab_start_with(POLICY_OPTIONAL);
	c = ready_one(1);
	commands = lab.commands;
	reload_with("internet", POLICY_PROTECT);
	CU_ASSERT_EQUAL(lab.commands, commands);
	CU_ASSERT_STRING_EQUAL(state_of(&c), "ready");
	create_plain(&c);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	lab_stop();
}

/* Its tunnels stay known: what is not known crosses. */
static void nothing_crosses_any_more_of_one_that_is_to_be_dropped(void)
{
	struct lab_context c;

	lab_start_with(POLICY_OPTIONAL);
	c = ready_one(1);
	reload_with("internet", POLICY_DROP);
	for (unsigned d = 0; d < 2; d++) {
		const struct tunnel tunnel = d ? lab_down(&c) : lab_up(&c);
		const struct lab_flow *flow = lab_flow(&tunnel);

		CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
		CU_ASSERT_EQUAL(flow->places[flow->in_use].state, DATAPATH_KEY_FAILED);
		CU_ASSERT_PTR_NULL(flow->places[flow->in_use].key);
	}
	lab_pass(60000);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state_of(&c), "barred");
	/* Another keyset does not help; a Delete ends it. */
	lab_update(&c, lab_sqn(2), 2);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state_of(&c), "barred");
	CU_ASSERT_EQUAL(lab_create_request(&c, NULL, 0) > 0, true);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_REFUSED), 1);
	lab_delete(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void a_rule_for_another_apn_changes_nothing(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_OPTIONAL);
	create_plain(&c);
	lab_settle();
	reload_with("ims", POLICY_PROTECT);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	lab_stop();
}

/* The request was read under the policy before, and its response comes under the new one. */
static void one_that_is_made_meanwhile_is_found_too(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_OPTIONAL);
	lab_create_request(&c, NULL, 0);
	reload_with("internet", POLICY_PROTECT);
	lab_create_response(&c);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	lab_pass(1100);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	lab_stop();
}

static void one_of_a_request_that_was_open_for_long_is_found_too(void)
{
	struct lab_context c = lab_context(1);

	lab_start_with(POLICY_OPTIONAL);
	lab_create_request(&c, NULL, 0);
	reload_with("internet", POLICY_PROTECT);
	lab_pass(9000); /* the next look is 15 s after the first */
	lab_create_response(&c);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_LET_PASS));
	lab_pass(6100);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	lab_stop();
}

/* Its tunnel moves while the new policy comes. */
static void one_with_something_under_way_is_barred_when_that_is_done(void)
{
	struct lab_context c = lab_context(1), other = lab_context(2);

	lab_start_with(POLICY_OPTIONAL);
	create_plain(&c);
	create_plain(&other);
	lab_settle();
	c.down++;
	lab_move(&c);
	reload_with("internet", POLICY_PROTECT);
	lab_pass(100);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	CU_ASSERT_TRUE(lab_is_treated(&other, DATAPATH_BAR));
	CU_ASSERT_EQUAL(lab_count(SESSION_POLICY_BARRED), 2);
	lab_stop();
}

/* --- a laxer one --- */

static void a_laxer_policy_is_for_sessions_that_are_made_later(void)
{
	struct lab_context c = lab_context(1), later = lab_context(2);

	lab_start_with(POLICY_PROTECT);
	create_plain(&c);
	lab_settle();
	reload_with("internet", POLICY_OPTIONAL);
	lab_pass(20000);
	CU_ASSERT_TRUE(lab_is_treated(&c, DATAPATH_BAR));
	create_plain(&later);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state_of(&later), "clear");
	/* It has the address of one that must be protected: its own, of before (e2m.md 6). */
	create_plain(&c);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state_of(&c), "barred");
	memcpy(c.ipv4, (uint8_t[]){10, 77, 0, 1}, sizeof(c.ipv4));
	create_plain(&c);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state_of(&c), "clear");
	lab_stop();
}

/* --- algorithms --- */

static void a_keyset_whose_algorithms_are_not_allowed_any_more_is_refused(void)
{
	struct lab_context c;

	lab_start();
	c = ready_one(1);
	lab.config.ciphering_allowed = UINT32_C(1) << E2M_EEA1;
	session_reconfigure(lab.store, &lab.config);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state_of(&c), "not_allowed");
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_WEAK), 1);
	/* Allowed again, it is pulled again. */
	lab.config.ciphering_allowed = 0;
	session_reconfigure(lab.store, &lab.config);
	lab_pass(lab.config.negative_cache_s * 1000 + 1000);
	lab_settle();
	lab_make_ready(&c);
	CU_ASSERT_STRING_EQUAL(state_of(&c), "ready");
	lab_stop();
}

static void what_is_allowed_still_goes_on(void)
{
	struct lab_context c;
	unsigned commands;

	lab_start();
	c = ready_one(1);
	commands = lab.commands;
	lab.config.ciphering_allowed = UINT32_C(1) << E2M_EEA2;
	session_reconfigure(lab.store, &lab.config);
	lab_settle();
	CU_ASSERT_EQUAL(lab.commands, commands);
	CU_ASSERT_STRING_EQUAL(state_of(&c), "ready");
	lab_stop();
}

/* --- limits --- */

static void keys_are_flushed_by_the_new_time(void)
{
	struct lab_context c;

	lab_start();
	c = ready_one(1);
	lab_pass(100000);
	CU_ASSERT_STRING_EQUAL(state_of(&c), "ready");
	lab.config.idle_flush_s = 4;
	session_reconfigure(lab.store, &lab.config);
	lab_pass(180000); /* the round before ends first */
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state_of(&c), "flushed");
	lab_stop();
}

static void the_first_pull_comes_at_activation_when_that_is_wanted(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	lab.config.pull_on_activation = true;
	session_reconfigure(lab.store, &lab.config);
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

UNIT_MAIN("session_reload", TEST(one_in_clear_that_is_to_be_protected_now_is_barred),
	  TEST(one_that_was_let_pass_with_its_keyset_is_barred_until_it_activates_one),
	  TEST(one_that_is_protected_goes_on_and_cannot_lose_its_keyset_any_more),
	  TEST(nothing_crosses_any_more_of_one_that_is_to_be_dropped),
	  TEST(a_rule_for_another_apn_changes_nothing),
	  TEST(one_that_is_made_meanwhile_is_found_too),
	  TEST(one_of_a_request_that_was_open_for_long_is_found_too),
	  TEST(one_with_something_under_way_is_barred_when_that_is_done),
	  TEST(a_laxer_policy_is_for_sessions_that_are_made_later),
	  TEST(a_keyset_whose_algorithms_are_not_allowed_any_more_is_refused),
	  TEST(what_is_allowed_still_goes_on), TEST(keys_are_flushed_by_the_new_time),
	  TEST(the_first_pull_comes_at_activation_when_that_is_wanted))
