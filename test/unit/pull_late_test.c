/* SPDX-License-Identifier: BSD-3-Clause */
/* Pulls that are answered late, twice, or when nobody waits any more. */
#include "unit_pull.h"

static void answer_that_comes_twice_counts_once(void)
{
	struct waiter w = {0};

	start(1);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_FOUND);
	answer(0, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.answers, 1);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 0);
	stop();
}

static void late_answer_is_not_taken_for_that_of_the_next_question(void)
{
	struct waiter w[2] = {0};
	struct keysource_request other = request_of(2);

	start(1);
	ask(&w[0], &lab.request);
	answer(0, KEYSOURCE_USER_UNKNOWN);
	ask(&w[1], &other); /* in the same place */
	answer(0, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w[1].answers, 0);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w[1].answers, 1);
	CU_ASSERT_EQUAL(w[1].e2mck, 2);
	stop();
}

static void answer_to_nothing_is_wiped_and_ignored(void)
{
	struct keysource_answer a = {.cookie = UINT64_MAX, .outcome = KEYSOURCE_FOUND};

	start(1);
	memset(&a.keyset, 0x5a, sizeof(a.keyset));
	pull_take_answer(lab.manager, &a);
	CU_ASSERT_EQUAL(a.keyset.e2mck[0], 0);
	CU_ASSERT_EQUAL(a.keyset.e2mik[15], 0);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 0);
	stop();
}

static void cancelled_in_the_queue_is_never_asked(void)
{
	struct waiter w = {0};

	start(1);
	CU_ASSERT_EQUAL(pull_start(lab.manager, &lab.request, &w.waiter), 0);
	pull_cancel(lab.manager, &w.waiter);
	pull_send_waiting(lab.manager);
	CU_ASSERT_EQUAL(lab.asked, 0);
	stop();
}

static void cancelled_in_flight_is_not_answered(void)
{
	struct waiter w = {0};

	start(1);
	ask(&w, &lab.request);
	pull_cancel(lab.manager, &w.waiter);
	CU_ASSERT_PTR_NULL(w.waiter.pull);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 1);
	answer(0, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.answers, 0);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 0);
	stop();
}

static void cancelled_in_flight_serves_who_comes_before_the_answer(void)
{
	struct waiter w[2] = {0};

	start(1);
	ask(&w[0], &lab.request);
	pull_cancel(lab.manager, &w[0].waiter);
	ask(&w[1], &lab.request);
	CU_ASSERT_EQUAL(lab.asked, 1);
	answer(0, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w[0].answers, 0);
	CU_ASSERT_EQUAL(w[1].answers, 1);
	stop();
}

static void cancelled_in_flight_is_not_asked_of_the_next_source(void)
{
	struct waiter w = {0};

	start(2);
	ask(&w, &lab.request);
	pull_cancel(lab.manager, &w.waiter);
	answer(0, KEYSOURCE_NOT_AVAILABLE);
	CU_ASSERT_EQUAL(lab.asked, 1);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 0);
	stop();
}

static void cancelled_in_flight_is_not_tried_again(void)
{
	struct waiter w = {0};

	start(1);
	ask(&w, &lab.request);
	pull_cancel(lab.manager, &w.waiter);
	answer(0, KEYSOURCE_TIMEOUT);
	pass(3 * RETRY_MAX_MS);
	CU_ASSERT_EQUAL(lab.asked, 1);
	CU_ASSERT_EQUAL(lab.troubles, 0);
	stop();
}

static void cancelled_in_backoff_is_not_tried_again(void)
{
	struct waiter w = {0};

	start(1);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_TIMEOUT);
	pull_cancel(lab.manager, &w.waiter);
	pass(3 * RETRY_MAX_MS);
	CU_ASSERT_EQUAL(lab.asked, 1);
	stop();
}

static void others_still_wait_when_one_cancels(void)
{
	struct waiter w[2] = {0};

	start(1);
	ask(&w[0], &lab.request);
	ask(&w[1], &lab.request);
	pull_cancel(lab.manager, &w[0].waiter);
	answer(0, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w[0].answers, 0);
	CU_ASSERT_EQUAL(w[1].answers, 1);
	stop();
}

static void one_who_is_answered_may_cancel_the_others(void)
{
	struct waiter w[3] = {0};

	start(1);
	for (int i = 0; i < 3; i++)
		ask(&w[i], &lab.request);
	w[0].cancel = &w[1];
	answer(0, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w[0].answers, 1);
	CU_ASSERT_EQUAL(w[1].answers, 0);
	CU_ASSERT_EQUAL(w[2].answers, 1);
	stop();
}

static void one_who_is_answered_may_ask_again(void)
{
	struct waiter w = {.again = true};

	start(1);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_USER_UNKNOWN);
	CU_ASSERT_EQUAL(lab.asked, 2);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.answers, 2);
	CU_ASSERT_EQUAL(w.outcome, KEYSOURCE_FOUND);
	stop();
}

static void manager_goes_with_pulls_in_every_state(void)
{
	struct waiter w[IN_FLIGHT + 2] = {0};

	start(1);
	ask(&w[0], &lab.request);
	answer(0, KEYSOURCE_TIMEOUT); /* in backoff */
	for (unsigned i = 1; i < IN_FLIGHT + 2; i++) {
		struct keysource_request request = request_of(i + 1);
		ask(&w[i], &request);
	}
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), IN_FLIGHT); /* and one in the queue */
	stop();
}

static void there_is_an_end_to_sources(void)
{
	start(2);
	for (int i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(
			pull_manager_add_source(lab.manager, &lab.sources[0], "more", false), 0);
	CU_ASSERT_EQUAL(pull_manager_add_source(lab.manager, &lab.sources[0], "more", false),
			-ENOSPC);
	stop();
}

UNIT_MAIN("pull_late", TEST(answer_that_comes_twice_counts_once),
	  TEST(late_answer_is_not_taken_for_that_of_the_next_question),
	  TEST(answer_to_nothing_is_wiped_and_ignored), TEST(cancelled_in_the_queue_is_never_asked),
	  TEST(cancelled_in_flight_is_not_answered),
	  TEST(cancelled_in_flight_serves_who_comes_before_the_answer),
	  TEST(cancelled_in_flight_is_not_asked_of_the_next_source),
	  TEST(cancelled_in_flight_is_not_tried_again),
	  TEST(cancelled_in_backoff_is_not_tried_again), TEST(others_still_wait_when_one_cancels),
	  TEST(one_who_is_answered_may_cancel_the_others), TEST(one_who_is_answered_may_ask_again),
	  TEST(manager_goes_with_pulls_in_every_state), TEST(there_is_an_end_to_sources))
