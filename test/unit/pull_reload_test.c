/* SPDX-License-Identifier: BSD-3-Clause */
/* Another configuration of the pull manager while pulls are under way. */
#include "unit_pull.h"

static const char *const turned[] = {"kms", "hss"};

static struct pull_config config_with(uint32_t in_flight)
{
	return (struct pull_config){.timeout_ms = TIMEOUT_MS + 1,
				    .retry_min_ms = RETRY_MIN_MS,
				    .retry_max_ms = RETRY_MAX_MS,
				    .in_flight_max = in_flight};
}

static void the_new_order_is_asked(void)
{
	struct waiter w = {0};

	start(2);
	CU_ASSERT_EQUAL(pull_manager_set_order(lab.manager, turned, 2), 0);
	ask(&w, &lab.request);
	CU_ASSERT_PTR_EQUAL(lab.questions[0].source, &lab.sources[1]);
	answer(0, KEYSOURCE_NOT_AVAILABLE);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2);
	CU_ASSERT_PTR_EQUAL(lab.questions[1].source, &lab.sources[0]);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.outcome, KEYSOURCE_FOUND);
	/* Each keeps its own number, and counters. */
	CU_ASSERT_STRING_EQUAL(pull_source_name(lab.manager, 0), "hss");
	CU_ASSERT_EQUAL(pull_source_counters(lab.manager, 1)->sent, 1);
	stop();
}

static void an_order_of_others_is_refused(void)
{
	static const char *const others[] = {"hss", "another"}, *const twice[] = {"hss", "hss"};

	start(2);
	CU_ASSERT_EQUAL(pull_manager_set_order(lab.manager, others, 2), -EINVAL);
	CU_ASSERT_EQUAL(pull_manager_set_order(lab.manager, twice, 2), -EINVAL);
	CU_ASSERT_EQUAL(pull_manager_set_order(lab.manager, turned, 1), -EINVAL);
	stop();
}

/* It was last when it was asked, and is first when it answers: the other has not been asked. */
static void a_pull_in_flight_asks_all_before_it_is_refused(void)
{
	struct waiter w = {0};

	start(2);
	ask(&w, &lab.request);
	CU_ASSERT_EQUAL(pull_manager_set_order(lab.manager, turned, 2), 0);
	answer(0, KEYSOURCE_NOT_AVAILABLE); /* of hss, which is last now */
	CU_ASSERT_EQUAL(w.answers, 0);
	pass(RETRY_MAX_MS + LATE_MS);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2);
	CU_ASSERT_PTR_EQUAL(lab.questions[1].source, &lab.sources[1]);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.outcome, KEYSOURCE_FOUND);
	stop();
}

static void pulls_that_wait_go_to_the_new_first(void)
{
	static struct waiter w[IN_FLIGHT + 1];
	struct keysource_request request;

	memset(w, 0, sizeof(w));
	start(2);
	for (unsigned i = 0; i <= IN_FLIGHT; i++) {
		request = request_of(i + 1);
		ask(&w[i], &request);
	}
	CU_ASSERT_EQUAL(lab.asked, IN_FLIGHT);
	CU_ASSERT_EQUAL(pull_manager_set_order(lab.manager, turned, 2), 0);
	pull_send_waiting(lab.manager);
	CU_ASSERT_EQUAL_FATAL(lab.asked, IN_FLIGHT + 1);
	CU_ASSERT_PTR_EQUAL(lab.questions[IN_FLIGHT].source, &lab.sources[1]);
	stop();
}

static void more_may_be_in_flight_and_fewer(void)
{
	static struct waiter w[IN_FLIGHT + 4];
	struct pull_config config = config_with(IN_FLIGHT + 2);
	struct keysource_request request;

	memset(w, 0, sizeof(w));
	start(1);
	for (unsigned i = 0; i < IN_FLIGHT + 4; i++) {
		request = request_of(i + 1);
		ask(&w[i], &request);
	}
	CU_ASSERT_EQUAL(lab.asked, IN_FLIGHT);
	pull_manager_configure(lab.manager, &config);
	pull_send_waiting(lab.manager);
	CU_ASSERT_EQUAL(lab.asked, IN_FLIGHT + 2);
	CU_ASSERT_EQUAL(lab.questions[IN_FLIGHT].timeout_ms, TIMEOUT_MS + 1);
	config = config_with(IN_FLIGHT);
	pull_manager_configure(lab.manager, &config);
	answer(0, KEYSOURCE_FOUND);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(lab.asked, IN_FLIGHT + 2);
	answer(IN_FLIGHT + 1, KEYSOURCE_FOUND); /* of a place that came later */
	CU_ASSERT_EQUAL(w[IN_FLIGHT + 1].outcome, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(lab.asked, IN_FLIGHT + 3);
	stop();
}

UNIT_MAIN("pull_reload", TEST(the_new_order_is_asked), TEST(an_order_of_others_is_refused),
	  TEST(a_pull_in_flight_asks_all_before_it_is_refused),
	  TEST(pulls_that_wait_go_to_the_new_first), TEST(more_may_be_in_flight_and_fewer))
