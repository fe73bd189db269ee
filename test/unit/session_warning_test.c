/* SPDX-License-Identifier: BSD-3-Clause */
/* COUNTs that near their end. */
#include "session_lab.h"

#define MARK	 4000000000U
#define ROUND_MS 61000

static struct lab_context context;
static struct session_view view;

static struct lab_flow *flow_of(enum e2m_direction direction)
{
	const struct tunnel tunnel =
		direction == E2M_UPLINK ? lab_up(&context) : lab_down(&context);
	struct lab_flow *flow = lab_flow(&tunnel);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	return flow;
}

static bool is_marked(void)
{
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	return view.count_warning;
}

static void pass_rounds(unsigned rounds)
{
	lab_pass(rounds * ROUND_MS);
	lab_settle();
}

static void start_with(uint32_t mark)
{
	lab_defaults();
	lab.config.count_warning = mark;
	lab_open();
	context = lab_context(1);
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
}

static void either_direction_is_warned_of_once(void)
{
	for (enum e2m_direction d = E2M_UPLINK; d <= E2M_DOWNLINK; d++) {
		start_with(MARK);
		lab_use(flow_of(d), 0, MARK - 1);
		pass_rounds(2);
		CU_ASSERT_EQUAL(lab.warnings, 0);
		CU_ASSERT_FALSE(is_marked());
		lab_use(flow_of(d), 0, 1);
		pass_rounds(1);
		CU_ASSERT_EQUAL(lab.warnings, 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "COUNT"));
		CU_ASSERT_TRUE(is_marked());
		lab_use(flow_of(d), 0, 1000);
		lab_use(flow_of(!d), 0, MARK);
		pass_rounds(5);
		CU_ASSERT_EQUAL(lab.warnings, 1);
		CU_ASSERT_EQUAL(lab_count(SESSION_COUNT_WARNINGS), 1);
		lab_stop();
	}
}

static void next_keyset_is_free_of_it(void)
{
	start_with(MARK);
	lab_use(flow_of(E2M_DOWNLINK), 0, MARK);
	pass_rounds(1);
	lab_update(&context, lab_sqn(2), 2);
	lab_make_ready(&context);
	CU_ASSERT_FALSE(is_marked());
	lab_use(flow_of(E2M_UPLINK), view.slot, MARK);
	pass_rounds(1);
	CU_ASSERT_TRUE(is_marked());
	CU_ASSERT_EQUAL(lab_count(SESSION_COUNT_WARNINGS), 2);
	lab_stop();
}

static void keyset_that_comes_back_is_warned_of_anew(void)
{
	start_with(MARK);
	lab_use(flow_of(E2M_DOWNLINK), 0, MARK);
	pass_rounds(1);
	lab_delete(&context);
	lab_settle();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	CU_ASSERT_FALSE(is_marked());
	pass_rounds(1);
	CU_ASSERT_TRUE(is_marked());
	lab_stop();
}

static void nothing_is_said_where_it_is_off(void)
{
	start_with(0);
	lab_use(flow_of(E2M_DOWNLINK), 0, UINT32_MAX);
	pass_rounds(2);
	CU_ASSERT_EQUAL(lab.warnings, 0);
	CU_ASSERT_FALSE(is_marked());
	lab_stop();
}

UNIT_MAIN("session_warning", TEST(either_direction_is_warned_of_once),
	  TEST(next_keyset_is_free_of_it), TEST(keyset_that_comes_back_is_warned_of_anew),
	  TEST(nothing_is_said_where_it_is_off))
