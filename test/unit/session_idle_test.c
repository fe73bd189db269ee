/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys that nobody uses are wiped, and pulled again by the next packet. */
#include "session_lab.h"

#define IDLE_S 100
/* A look comes a quarter of that late at most. */
#define LATE_S (IDLE_S / 4 + 1)

static struct lab_context context;

static struct lab_flow *flow_of(enum e2m_direction direction)
{
	const struct tunnel tunnel =
		direction == E2M_UPLINK ? lab_up(&context) : lab_down(&context);
	struct lab_flow *flow = lab_flow(&tunnel);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	return flow;
}

static const char *state(void)
{
	static struct session_view view;

	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	return view.state;
}

static void use_both(unsigned slot, uint32_t packets)
{
	lab_use(flow_of(E2M_UPLINK), slot, packets);
	lab_use(flow_of(E2M_DOWNLINK), slot, packets);
}

static void pass_s(uint32_t seconds)
{
	lab_pass(seconds * UINT64_C(1000));
	lab_settle();
}

static void start(void)
{
	lab_defaults();
	lab.config.idle_flush_s = IDLE_S;
	lab_open();
	context = lab_context(1);
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
}

static void start_flushed(void)
{
	start();
	use_both(0, 10);
	pass_s(IDLE_S + LATE_S);
	CU_ASSERT_STRING_EQUAL(state(), "flushed");
}

static void keys_go_when_unused_for_so_long(void)
{
	start();
	pass_s(IDLE_S / 2);
	use_both(0, 10);
	pass_s(IDLE_S - 1);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	CU_ASSERT_EQUAL(lab_count(SESSION_FLUSHED), 0);
	pass_s(1 + LATE_S);
	CU_ASSERT_STRING_EQUAL(state(), "flushed");
	CU_ASSERT_EQUAL(lab_count(SESSION_FLUSHED), 1);
	for (enum e2m_direction d = E2M_UPLINK; d <= E2M_DOWNLINK; d++) {
		CU_ASSERT_EQUAL(flow_of(d)->places[0].state, DATAPATH_KEY_MISSING);
		CU_ASSERT_PTR_NULL(flow_of(d)->places[0].key);
		CU_ASSERT_EQUAL(flow_of(d)->places[0].count, 10);
	}
	pass_s(3 * IDLE_S);
	CU_ASSERT_EQUAL(lab_count(SESSION_FLUSHED), 1);
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

static void keys_that_were_never_used_are_kept_as_long(void)
{
	start();
	pass_s(IDLE_S - 1);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	pass_s(1 + LATE_S);
	CU_ASSERT_STRING_EQUAL(state(), "flushed");
	lab_stop();
}

static void use_in_one_direction_keeps_the_keys(void)
{
	for (enum e2m_direction d = E2M_UPLINK; d <= E2M_DOWNLINK; d++) {
		start();
		for (unsigned i = 0; i < 10; i++) {
			lab_use(flow_of(d), 0, 1);
			pass_s(IDLE_S / 2);
		}
		CU_ASSERT_STRING_EQUAL(state(), "ready");
		CU_ASSERT_EQUAL(lab_count(SESSION_FLUSHED), 0);
		lab_stop();
	}
}

static void keys_stay_where_flushing_is_off(void)
{
	lab_start();
	context = lab_context(1);
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	pass_s(1000000);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	lab_stop();
}

static void all_sessions_are_looked_at(void)
{
	struct lab_context contexts[10];

	start();
	for (unsigned i = 0; i < 10; i++) {
		contexts[i] = lab_context(i + 2);
		lab_create(&contexts[i], lab_sqn(1), 1);
		lab_make_ready(&contexts[i]);
	}
	pass_s(IDLE_S + LATE_S);
	CU_ASSERT_EQUAL(lab_count(SESSION_FLUSHED), 11);
	lab_stop();
}

static void next_packet_pulls_again_and_counts_go_on(void)
{
	for (enum e2m_direction d = E2M_UPLINK; d <= E2M_DOWNLINK; d++) {
		start_flushed();
		lab_miss(flow_of(d), 0);
		lab_settle();
		CU_ASSERT_STRING_EQUAL(state(), "pulling");
		lab_answer_all();
		lab_settle();
		CU_ASSERT_STRING_EQUAL(state(), "ready");
		CU_ASSERT_EQUAL(lab_count(SESSION_FLUSHED_PULLED), 1);
		CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].count, 10);
		CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[0].count, 10);
		use_both(0, 10);
		lab_stop();
	}
}

static void keys_pulled_again_go_again(void)
{
	start_flushed();
	lab_make_ready(&context);
	use_both(0, 1);
	pass_s(IDLE_S - 1);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	pass_s(1 + LATE_S);
	CU_ASSERT_STRING_EQUAL(state(), "flushed");
	CU_ASSERT_EQUAL(lab_count(SESSION_FLUSHED), 2);
	lab_stop();
}

static void counts_go_with_a_tunnel_that_moves_meanwhile(void)
{
	start_flushed();
	context.down = 0x7777;
	context.sgsn = 7;
	lab_move(&context);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state(), "flushed");
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[0].count, 10);
	use_both(0, 10);
	lab_stop();
}

static void counts_of_a_session_removed_meanwhile_are_remembered(void)
{
	start_flushed();
	lab_delete(&context);
	lab_settle();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[0].count, 10);
	use_both(0, 10);
	lab_stop();
}

static void other_keys_under_the_same_name_are_refused(void)
{
	start_flushed();
	lab.answers_with = 2;
	lab_make_ready(&context);
	CU_ASSERT_STRING_EQUAL(state(), "other_keys");
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_CHANGED), 1);
	CU_ASSERT_EQUAL(lab.warnings, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "other keys than came before"));
	/* And what is right later is taken, with its COUNTs. */
	lab.answers_with = 0;
	pass_s(lab.config.negative_cache_s + 1);
	lab_make_ready(&context);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	use_both(0, 10);
	lab_stop();
}

static void keys_that_nobody_has_any_more_are_refused(void)
{
	start_flushed();
	lab_miss(flow_of(E2M_DOWNLINK), 0);
	lab_settle();
	lab_answer(1, KEYSOURCE_NOT_AVAILABLE);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state(), "not_available");
	CU_ASSERT_EQUAL(lab.warnings, 1);
	/* A new AKA run puts it right at once. */
	lab_update(&context, lab_sqn(2), 2);
	lab_make_ready(&context);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[flow_of(E2M_DOWNLINK)->in_use].key_id, 2);
	lab_stop();
}

static void each_keyset_is_looked_at_by_itself(void)
{
	start();
	use_both(0, 10);
	lab_update(&context, lab_sqn(2), 2);
	lab_make_ready(&context);
	for (unsigned i = 0; i < 4; i++) {
		use_both(1, 1);
		pass_s(IDLE_S / 2);
	}
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].state, DATAPATH_KEY_MISSING);
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[1].state, DATAPATH_KEY_READY);
	lab_stop();
}

static void keyset_that_comes_by_its_other_name_joins_the_flushed(void)
{
	start_flushed();
	lab_update(&context, lab_rand(1), 2);
	lab_make_ready(&context);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].key_id, 2);
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].count, 10);
	use_both(0, 10);
	lab_stop();
}

/* --- lifetime --- */

static void start_with_lifetime(uint32_t lifetime_s)
{
	lab_defaults();
	lab.config.idle_flush_s = IDLE_S;
	lab.next.lifetime_s = lifetime_s;
	lab_open();
	context = lab_context(1);
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	pass_s(IDLE_S + LATE_S);
	CU_ASSERT_STRING_EQUAL(state(), "flushed");
}

static void lifetime_ends_while_the_keys_are_away(void)
{
	start_with_lifetime(2 * IDLE_S);
	pass_s(IDLE_S);
	CU_ASSERT_STRING_EQUAL(state(), "expired");
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_EXPIRED), 1);
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

static void lifetime_ends_while_the_keys_are_pulled(void)
{
	start_with_lifetime(2 * IDLE_S);
	lab_miss(flow_of(E2M_UPLINK), 0);
	lab_settle();
	pass_s(IDLE_S);
	CU_ASSERT_STRING_EQUAL(state(), "expired");
	lab_answer_all();
	lab_settle();
	CU_ASSERT_STRING_EQUAL(state(), "expired");
	lab_stop();
}

static void keyset_lives_no_longer_for_being_pulled_again(void)
{
	start_with_lifetime(2 * IDLE_S);
	lab_make_ready(&context);
	CU_ASSERT_STRING_EQUAL(state(), "ready");
	pass_s(IDLE_S);
	CU_ASSERT_STRING_EQUAL(state(), "expired");
	lab_stop();
}

UNIT_MAIN("session_idle", TEST(keys_go_when_unused_for_so_long),
	  TEST(keys_that_were_never_used_are_kept_as_long),
	  TEST(use_in_one_direction_keeps_the_keys), TEST(keys_stay_where_flushing_is_off),
	  TEST(all_sessions_are_looked_at), TEST(next_packet_pulls_again_and_counts_go_on),
	  TEST(keys_pulled_again_go_again), TEST(counts_go_with_a_tunnel_that_moves_meanwhile),
	  TEST(counts_of_a_session_removed_meanwhile_are_remembered),
	  TEST(other_keys_under_the_same_name_are_refused),
	  TEST(keys_that_nobody_has_any_more_are_refused), TEST(each_keyset_is_looked_at_by_itself),
	  TEST(keyset_that_comes_by_its_other_name_joins_the_flushed),
	  TEST(lifetime_ends_while_the_keys_are_away),
	  TEST(lifetime_ends_while_the_keys_are_pulled),
	  TEST(keyset_lives_no_longer_for_being_pulled_again))
