/* SPDX-License-Identifier: BSD-3-Clause */
/* The keyset before the newest goes when nobody uses it any more, and not before: UEs change over in their own
 * time. */
#include "session_lab.h"

#define PACKETS 10
/* A keyset is looked at when downlink has changed over, and again and again until it was not used. */
#define UNUSED_MS (2 * (lab.config.changeover_s * UINT64_C(1000) + LAB_LATE_MS))

static struct lab_context context;

static struct lab_flow *flow_of(enum e2m_direction direction)
{
	const struct tunnel tunnel =
		direction == E2M_UPLINK ? lab_up(&context) : lab_down(&context);
	struct lab_flow *flow = lab_flow(&tunnel);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	return flow;
}

static void pass(uint64_t ms)
{
	lab_pass(ms);
	lab_settle();
}

static void uplink_uses(unsigned slot)
{
	lab_use(flow_of(E2M_UPLINK), slot, PACKETS);
	lab_authenticated(flow_of(E2M_UPLINK), slot);
	lab_settle();
}

static enum datapath_key_state state_of(unsigned slot)
{
	const struct lab_place *up = &flow_of(E2M_UPLINK)->places[slot];

	CU_ASSERT_EQUAL(up->state, flow_of(E2M_DOWNLINK)->places[slot].state);
	return up->state;
}

/* Keyset 1 in place 0, which was used, and keyset 2 in place 1. */
static void start(void)
{
	context = lab_context(1);
	lab_start();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	uplink_uses(0);
	lab_use(flow_of(E2M_DOWNLINK), 0, PACKETS);
	lab_update(&context, lab_sqn(2), 2);
	lab_make_ready(&context);
}

static void keyset_goes_when_the_ue_has_changed_over(void)
{
	start();
	uplink_uses(1);
	pass(lab.config.changeover_s * 1000);
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_READY);
	pass(UNUSED_MS);
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_NONE);
	CU_ASSERT_EQUAL(state_of(1), DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_LEFT), 1);
	pass(10 * UNUSED_MS);
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_LEFT), 1);
	lab_stop();
}

static void late_packets_keep_it(void)
{
	start();
	uplink_uses(1);
	for (unsigned i = 0; i < 10; i++) {
		pass(lab.config.changeover_s * 1000 / 2);
		lab_use(flow_of(E2M_UPLINK), 0, 1);
	}
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_READY);
	pass(UNUSED_MS);
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_NONE);
	lab_stop();
}

static void it_stays_until_the_ue_has_changed_over(void)
{
	start();
	pass(100 * UNUSED_MS); /* downlink has, in time */
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->in_use, 1);
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_READY);
	uplink_uses(1);
	pass(UNUSED_MS);
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_NONE);
	lab_stop();
}

static void it_goes_too_where_it_was_refused(void)
{
	context = lab_context(1);
	lab_start();
	lab.next.lifetime_s = 60;
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	pass(61000);
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_FAILED);
	lab_update(&context, lab_sqn(2), 2);
	lab_make_ready(&context);
	uplink_uses(1);
	pass(UNUSED_MS);
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_NONE);
	lab_stop();
}

static void its_counts_are_remembered(void)
{
	start();
	uplink_uses(1);
	pass(UNUSED_MS);
	lab_update(&context, lab_sqn(1), 3);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].count, PACKETS);
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[0].count, PACKETS);
	uplink_uses(0);
	lab_stop();
}

static void next_keyset_may_come_before_it_has_gone(void)
{
	start();
	uplink_uses(1);
	lab_update(&context, lab_sqn(3), 3);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(flow_of(E2M_UPLINK)->places[0].key_id, 3);
	uplink_uses(0);
	pass(UNUSED_MS);
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(state_of(1), DATAPATH_KEY_NONE);
	lab_stop();
}

static void it_waits_for_a_move_that_is_under_way(void)
{
	start();
	uplink_uses(1);
	pass(lab.config.changeover_s * 1000 + LAB_LATE_MS);
	context.down = 0x7777;
	lab_move(&context);
	lab_pass(UNUSED_MS); /* the workers have not heard of it */
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_LEFT), 0);
	lab_settle();
	pass(UNUSED_MS);
	CU_ASSERT_EQUAL(state_of(0), DATAPATH_KEY_NONE);
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_LEFT), 1);
	lab_stop();
}

UNIT_MAIN("session_leave", TEST(keyset_goes_when_the_ue_has_changed_over),
	  TEST(late_packets_keep_it), TEST(it_stays_until_the_ue_has_changed_over),
	  TEST(it_goes_too_where_it_was_refused), TEST(its_counts_are_remembered),
	  TEST(next_keyset_may_come_before_it_has_gone),
	  TEST(it_waits_for_a_move_that_is_under_way))
