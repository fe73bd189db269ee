/* SPDX-License-Identifier: BSD-3-Clause */
/* What people see of sessions that lost COUNT and found it again. */
#include "session_lab.h"

static struct lab_context contexts[LAB_SUBSCRIBERS];

static void start(unsigned count)
{
	lab_start();
	for (unsigned i = 0; i < count; i++) {
		contexts[i] = lab_context(i);
		lab_create(&contexts[i], lab_sqn(1), 1);
		lab_make_ready(&contexts[i]);
	}
	lab.last_info[0] = 0;
}

static void recover(unsigned context, enum datapath_event_kind kind, uint32_t counts)
{
	const struct tunnel up = lab_up(&contexts[context]);

	lab.last_info[0] = 0;
	lab_recovered(lab_flow(&up), 0, kind, counts);
	lab_settle();
}

static void recoveries_are_counted_by_session(void)
{
	struct session_view view;

	start(2);
	recover(1, DATAPATH_COUNT_RECOVERED, 1300);
	recover(1, DATAPATH_COUNT_PENDING, 130000);
	recover(1, DATAPATH_COUNT_RECOVERED, 1300);
	CU_ASSERT_TRUE_FATAL(lab_view(&contexts[1], &view));
	CU_ASSERT_EQUAL(view.recovered, 2);
	CU_ASSERT_EQUAL(view.recovery_pending, 1);
	CU_ASSERT_TRUE_FATAL(lab_view(&contexts[0], &view));
	CU_ASSERT_EQUAL(view.recovered, 0);
	CU_ASSERT_EQUAL(view.recovery_pending, 0);
	lab_stop();
}

static void the_first_of_a_session_is_told(void)
{
	start(1);
	recover(0, DATAPATH_COUNT_PENDING, 99);
	CU_ASSERT_STRING_EQUAL(lab.last_info, "");
	recover(0, DATAPATH_COUNT_RECOVERED, 1300);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_info, lab_imsi(contexts[0].subscriber).digits));
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_info, "COUNT found again 1300 ahead"));
	recover(0, DATAPATH_COUNT_RECOVERED, 1300);
	CU_ASSERT_STRING_EQUAL(lab.last_info, "");
	lab_stop();
}

static void lines_of_a_second_are_bounded_and_the_rest_is_counted(void)
{
	start(LAB_SUBSCRIBERS);
	for (unsigned i = 0; i < LAB_SUBSCRIBERS - 1; i++) {
		recover(i, DATAPATH_COUNT_RECOVERED, 1300);
		CU_ASSERT_EQUAL(lab.last_info[0] != 0, i < 10);
	}
	lab_pass(1000);
	lab_settle();
	/* Of those two lines the second stays. */
	recover(LAB_SUBSCRIBERS - 1, DATAPATH_COUNT_RECOVERED, 1300);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_info, "COUNT found again"));
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.info_before, "5 more sessions"));
	lab_stop();
}

UNIT_MAIN("session_outages", TEST(recoveries_are_counted_by_session),
	  TEST(the_first_of_a_session_is_told),
	  TEST(lines_of_a_second_are_bounded_and_the_rest_is_counted))
