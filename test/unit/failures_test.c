/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker remembers of flows that fail, when more of them fail than there are places. */
#include "datapath/failures.h"

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_memory.h>

#include "unit.h"

#define NOW 500000

static struct failures failures;

static void set_up(uint32_t flows)
{
	failures = (struct failures){0};
	CU_ASSERT_EQUAL_FATAL(failures_open(&failures, flows, 42, SOCKET_ID_ANY), 0);
}

static void tear_down(void)
{
	failures_close(&failures);
}

static void a_flow_is_remembered_until_it_is_forgotten(void)
{
	set_up(256);
	CU_ASSERT_PTR_NULL(failures_find(&failures, 7));
	failures_take(&failures, 7, NOW)->forgeries.failed = 5;
	CU_ASSERT_PTR_NOT_NULL_FATAL(failures_find(&failures, 7));
	CU_ASSERT_EQUAL(failures_take(&failures, 7, NOW + 1)->forgeries.failed, 5);
	failures_forget(&failures, 7);
	CU_ASSERT_PTR_NULL(failures_find(&failures, 7));
	CU_ASSERT_EQUAL(failures_take(&failures, 7, NOW + 2)->forgeries.failed, 0);
	tear_down();
}

static void the_number_of_places_is_bounded(void)
{
	unsigned remembered = 0;

	set_up(10000000);
	for (uint32_t flow = 0; flow < 4 * FAILURES_MAX; flow++)
		failures_take(&failures, flow, NOW);
	for (uint32_t flow = 0; flow < 4 * FAILURES_MAX; flow++)
		remembered += failures_find(&failures, flow) != NULL;
	CU_ASSERT_TRUE(remembered <= FAILURES_MAX);
	CU_ASSERT_TRUE(remembered > FAILURES_MAX / 10 * 9);
	tear_down();
}

/* Junk for as many flows as there are does not make a flow lose its P. */
static void a_flow_with_p_keeps_its_place(void)
{
	set_up(100000);
	npdu_recovery_wait(&failures_take(&failures, 7, NOW)->recovery[1], 99999, 1000, NOW);
	for (uint32_t flow = 1000; flow < 1000 + 8 * FAILURES_MAX; flow++)
		failures_take(&failures, flow, NOW + 9999);
	CU_ASSERT_PTR_NOT_NULL_FATAL(failures_find(&failures, 7));
	CU_ASSERT_EQUAL(failures_find(&failures, 7)->recovery[1].pending, 99999);
	for (uint32_t flow = 1000; flow < 1000 + 8 * FAILURES_MAX; flow++)
		failures_take(&failures, flow, NOW + 10000);
	CU_ASSERT_PTR_NULL(failures_find(&failures, 7));
	tear_down();
}

/* Nobody can tell which: each of those that fail now is as likely to lose its place. */
static void whose_place_is_taken_is_random(void)
{
	unsigned left = 0;

	set_up(FAILURES_MAX);
	for (uint32_t flow = 0; flow < FAILURES_MAX; flow++)
		failures_take(&failures, flow, NOW);
	for (uint32_t flow = FAILURES_MAX; flow < FAILURES_MAX * 3 / 2; flow++)
		failures_take(&failures, flow, NOW);
	for (uint32_t flow = 0; flow < FAILURES_MAX / 2; flow++)
		left += failures_find(&failures, flow) != NULL;
	CU_ASSERT_TRUE(left > FAILURES_MAX / 2 / 4);
	CU_ASSERT_TRUE(left < FAILURES_MAX / 2 * 7 / 10);
	tear_down();
}

static void those_that_have_been_quiet_go_first(void)
{
	set_up(FAILURES_MAX);
	for (uint32_t flow = 0; flow < FAILURES_MAX / 2; flow++)
		failures_take(&failures, flow, NOW);
	for (uint32_t flow = 0; flow < 1000; flow++)
		failures_take(&failures, flow, NOW + 9000);
	for (uint32_t flow = FAILURES_MAX; flow < FAILURES_MAX + 10000; flow++)
		failures_take(&failures, flow, NOW + 10000);
	for (uint32_t flow = 0; flow < 1000; flow++)
		CU_ASSERT_PTR_NOT_NULL(failures_find(&failures, flow));
	tear_down();
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a flow is remembered until it is forgotten",
		 a_flow_is_remembered_until_it_is_forgotten},
		{"the number of places is bounded", the_number_of_places_is_bounded},
		{"a flow with P keeps its place", a_flow_with_p_keeps_its_place},
		{"whose place is taken is random", whose_place_is_taken_is_random},
		{"those that have been quiet go first", those_that_have_been_quiet_go_first},
	};
	char program[] = "failures", no_huge[] = "--no-huge", no_pci[] = "--no-pci",
	     no_shconf[] = "--no-shconf", m[] = "-m", mib[] = "64",
	     no_telemetry[] = "--no-telemetry", l[] = "-l", lcore[] = "0",
	     log[] = "--log-level=error";
	char *args[] = {program, no_huge, no_pci, no_shconf, m, mib, no_telemetry, l, lcore, log};

	if (rte_eal_init((int)RTE_DIM(args), args) < 0)
		return 1;
	int ret = unit_run("failures", tests, sizeof(tests) / sizeof(tests[0]));
	rte_eal_cleanup();
	return ret;
}
