/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that a worker's ring did not take. */
#include "backlog.h"

#include "unit.h"

static void push(struct backlog *b, uint32_t number)
{
	const struct datapath_command command = {.kind = DATAPATH_STOP_FLOW, .flow = number};

	CU_ASSERT_EQUAL_FATAL(backlog_push(b, &command), 0);
}

static void commands_leave_in_their_order_however_many_wait(void)
{
	struct backlog b = {0};
	uint32_t pushed = 0, popped = 0, wrong = 0;

	CU_ASSERT_TRUE(backlog_is_empty(&b));
	for (unsigned round = 0; round < 2000; round++) {
		for (unsigned i = 0; i < 3; i++)
			push(&b, pushed++);
		wrong += backlog_first(&b)->flow != popped++;
		backlog_pop(&b);
	}
	CU_ASSERT_EQUAL(b.count, 4000);
	while (!backlog_is_empty(&b)) {
		wrong += backlog_first(&b)->flow != popped++;
		backlog_pop(&b);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(popped, pushed);
	backlog_free(&b);
}

UNIT_MAIN("backlog", {"commands leave in their order, however many wait",
		      commands_leave_in_their_order_however_many_wait})
