/* SPDX-License-Identifier: BSD-3-Clause */
/* Two keysets of one session, and the changeover between them: e2m.md 7. */
#include "session_lab.h"

static struct session_view view;
static struct lab_context context;

static struct lab_flow *flow_of(enum e2m_direction direction)
{
	const struct tunnel tunnel =
		direction == E2M_UPLINK ? lab_up(&context) : lab_down(&context);
	struct lab_flow *flow = lab_flow(&tunnel);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	return flow;
}

static const struct lab_place *place_in_use(void)
{
	const struct lab_flow *flow = flow_of(E2M_DOWNLINK);

	return &flow->places[flow->in_use];
}

/* The place that answers to a Key ID; DATAPATH_KEYSETS: none. */
static unsigned place_of(uint8_t key_id)
{
	const struct lab_flow *flow = flow_of(E2M_UPLINK);
	unsigned slot;

	for (slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (flow->places[slot].state != DATAPATH_KEY_NONE &&
		    flow->places[slot].key_id == key_id)
			break;
	return slot;
}

/* A session with keyset 1 under Key ID 1. */
static void start(void)
{
	context = lab_context(1);
	lab_start();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
}

/* And keyset 2 under Key ID 2, which uplink has not used yet. */
static void start_with_two(void)
{
	start();
	lab_update(&context, lab_sqn(2), 2);
	lab_make_ready(&context);
}

static void uplink_uses(uint8_t key_id)
{
	lab_authenticated(flow_of(E2M_UPLINK), place_of(key_id));
	lab_settle();
}

static void first_keyset_is_used_at_once(void)
{
	start();
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_CHANGEOVERS), 0);
	lab_stop();
}

static void next_keyset_stands_beside_the_one_in_use(void)
{
	start_with_two();
	CU_ASSERT_NOT_EQUAL(place_of(1), DATAPATH_KEYSETS);
	CU_ASSERT_NOT_EQUAL(place_of(2), DATAPATH_KEYSETS);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_REKEYED), 1);
	lab_stop();
}

static void uplink_under_the_new_keyset_changes_downlink_over(void)
{
	start_with_two();
	uplink_uses(2);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 2);
	CU_ASSERT_EQUAL(lab_count(SESSION_CHANGEOVERS), 1);
	lab_stop();
}

static void uplink_under_the_old_keyset_does_not(void)
{
	start_with_two();
	uplink_uses(1);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	lab_stop();
}

static void downlink_changes_over_in_time_where_no_uplink_comes(void)
{
	start_with_two();
	lab_pass(lab.config.changeover_s * 1000 - 200);
	lab_settle();
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	lab_pass(200 + LAB_LATE_MS);
	lab_settle();
	CU_ASSERT_EQUAL(place_in_use()->key_id, 2);
	lab_stop();
}

static void changeover_waits_for_the_keyset(void)
{
	start();
	lab_update(&context, lab_sqn(2), 2);
	lab_settle();
	lab_pass(lab.config.changeover_s * 1000 + LAB_LATE_MS);
	lab_settle();
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	CU_ASSERT_EQUAL(lab.asked, 2); /* pulled though no packet asked for it */
	lab_answer_all();
	lab_settle();
	CU_ASSERT_EQUAL(place_in_use()->key_id, 2);
	CU_ASSERT_EQUAL(place_in_use()->state, DATAPATH_KEY_READY);
	lab_stop();
}

static void downlink_stays_with_the_old_keyset_when_the_new_is_refused(void)
{
	start();
	lab_update(&context, lab_sqn(2), 2);
	lab_settle();
	lab_miss(flow_of(E2M_UPLINK), place_of(2));
	lab_settle();
	lab_answer(lab.asked - 1, KEYSOURCE_NOT_AVAILABLE);
	lab_pass(lab.config.changeover_s * 1000 + LAB_LATE_MS);
	lab_settle();
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	CU_ASSERT_EQUAL(place_in_use()->state, DATAPATH_KEY_READY);
	lab_stop();
}

/* The event was on its way as another keyset took the place. */
static void uplink_under_the_keyset_before_does_not_change_over(void)
{
	unsigned slot;

	start_with_two();
	slot = place_of(2);
	lab_authenticated(flow_of(E2M_UPLINK), slot);
	lab_update(&context, lab_sqn(3), 3);
	while (lab_deliver(0) || lab_deliver(1))
		;
	lab_settle();
	CU_ASSERT_EQUAL(place_of(3), slot);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	lab_stop();
}

static void update_that_names_the_newest_again_changes_nothing(void)
{
	unsigned commands;

	start_with_two();
	commands = lab.commands;
	lab_update(&context, lab_sqn(2), 2);
	lab_settle();
	/* Two messages, and a word to each flow that this message waits for. */
	CU_ASSERT_EQUAL(lab.commands - commands, 4);
	CU_ASSERT_EQUAL(lab_count(SESSION_REKEYED), 1);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	lab_stop();
}

static void update_back_to_the_one_in_use_ends_the_changeover(void)
{
	start_with_two();
	lab_update(&context, lab_sqn(1), 1);
	lab_settle();
	lab_pass(lab.config.changeover_s * 1000 + LAB_LATE_MS);
	lab_settle();
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	CU_ASSERT_EQUAL(lab.asked, 2);
	lab_stop();
}

static void update_back_to_a_keyset_that_the_ue_has_used_changes_over_at_once(void)
{
	start_with_two();
	uplink_uses(1);
	uplink_uses(2);
	lab_update(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	CU_ASSERT_EQUAL(lab.asked, 2);
	lab_stop();
}

static void third_keyset_takes_the_place_of_the_one_not_in_use(void)
{
	start_with_two();
	uplink_uses(2);
	lab_update(&context, lab_sqn(3), 3);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(place_of(1), DATAPATH_KEYSETS);
	CU_ASSERT_NOT_EQUAL(place_of(2), DATAPATH_KEYSETS);
	CU_ASSERT_NOT_EQUAL(place_of(3), DATAPATH_KEYSETS);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 2);
	lab_stop();
}

static void keyset_under_the_key_id_in_use_takes_its_place(void)
{
	start();
	lab_update(&context, lab_sqn(2), 1);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	CU_ASSERT_EQUAL(place_in_use()->keyset, 2);
	lab_stop();
}

static void same_keyset_under_another_key_id_is_known_by_that_alone(void)
{
	start();
	lab_update(&context, lab_sqn(1), 5);
	lab_settle();
	CU_ASSERT_EQUAL(place_of(1), DATAPATH_KEYSETS);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 5);
	CU_ASSERT_EQUAL(place_in_use()->state, DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

static void keyset_renamed_to_the_key_id_of_the_other_takes_over(void)
{
	start_with_two();
	lab_update(&context, lab_sqn(2), 1);
	lab_settle();
	CU_ASSERT_EQUAL(place_of(2), DATAPATH_KEYSETS);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 1);
	CU_ASSERT_EQUAL(place_in_use()->keyset, 2);
	CU_ASSERT_EQUAL(place_in_use()->state, DATAPATH_KEY_READY);
	lab_stop();
}

static void create_anew_ends_the_other_keyset(void)
{
	start_with_two();
	lab_create(&context, lab_sqn(2), 2);
	lab_settle();
	CU_ASSERT_EQUAL(place_of(1), DATAPATH_KEYSETS);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 2);
	CU_ASSERT_EQUAL(place_in_use()->state, DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(lab.asked, 2);
	lab_stop();
}

static void create_anew_with_a_new_keyset_uses_it_at_once(void)
{
	start_with_two();
	lab_create(&context, lab_sqn(3), 3);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(place_of(1), DATAPATH_KEYSETS);
	CU_ASSERT_EQUAL(place_of(2), DATAPATH_KEYSETS);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 3);
	CU_ASSERT_EQUAL(place_in_use()->state, DATAPATH_KEY_READY);
	lab_stop();
}

/* SQN and RAND of one AV name one keyset: there is one place for it, under the later name. */
static void keyset_by_its_other_name_joins_itself(void)
{
	start();
	lab_update(&context, lab_rand(1), 2);
	lab_make_ready(&context);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	CU_ASSERT_EQUAL(view.keyset.type, E2M_ID_RAND);
	CU_ASSERT_EQUAL(place_of(1), DATAPATH_KEYSETS);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 2);
	CU_ASSERT_EQUAL(place_in_use()->state, DATAPATH_KEY_READY);
	lab_stop();
}

static void keyset_that_ended_comes_back_by_its_other_name(void)
{
	context = lab_context(1);
	lab_start();
	lab.next.lifetime_s = 60;
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	lab_use(flow_of(E2M_DOWNLINK), 0, 3);
	lab_pass(61000);
	lab_settle();
	lab_update(&context, lab_rand(1), 2);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(place_in_use()->key_id, 2);
	CU_ASSERT_EQUAL(place_in_use()->state, DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(place_in_use()->count, 3);
	/* And has a lifetime again. */
	lab_pass(61000);
	lab_settle();
	CU_ASSERT_EQUAL(place_in_use()->state, DATAPATH_KEY_FAILED);
	lab_stop();
}

UNIT_MAIN("session_changeover", TEST(first_keyset_is_used_at_once),
	  TEST(next_keyset_stands_beside_the_one_in_use),
	  TEST(uplink_under_the_new_keyset_changes_downlink_over),
	  TEST(uplink_under_the_old_keyset_does_not),
	  TEST(downlink_changes_over_in_time_where_no_uplink_comes),
	  TEST(changeover_waits_for_the_keyset),
	  TEST(downlink_stays_with_the_old_keyset_when_the_new_is_refused),
	  TEST(uplink_under_the_keyset_before_does_not_change_over),
	  TEST(update_that_names_the_newest_again_changes_nothing),
	  TEST(update_back_to_the_one_in_use_ends_the_changeover),
	  TEST(update_back_to_a_keyset_that_the_ue_has_used_changes_over_at_once),
	  TEST(third_keyset_takes_the_place_of_the_one_not_in_use),
	  TEST(keyset_under_the_key_id_in_use_takes_its_place),
	  TEST(same_keyset_under_another_key_id_is_known_by_that_alone),
	  TEST(keyset_renamed_to_the_key_id_of_the_other_takes_over),
	  TEST(create_anew_ends_the_other_keyset),
	  TEST(create_anew_with_a_new_keyset_uses_it_at_once),
	  TEST(keyset_by_its_other_name_joins_itself),
	  TEST(keyset_that_ended_comes_back_by_its_other_name))
