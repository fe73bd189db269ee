/* SPDX-License-Identifier: BSD-3-Clause */
/* What a pull manager remembers, and how it treats its sources. */
#include "unit_pull.h"

static const struct pull_source_counters *source(unsigned number)
{
	return pull_source_counters(lab.manager, number);
}

/* --- refusals are remembered --- */

#define CACHE_S 10

static void start_with_memory(unsigned sources)
{
	lab_setup.negative_cache_s = CACHE_S;
	start(sources);
	lab_setup.negative_cache_s = 0;
}

static void expect_memory_of(enum keysource_outcome outcome)
{
	struct waiter w[2] = {0};
	struct keysource_request other = request_of(2);

	start_with_memory(1);
	ask(&w[0], &lab.request);
	answer(0, outcome);
	CU_ASSERT_EQUAL(pull_start(lab.manager, &lab.request, &w[1].waiter), 0);
	CU_ASSERT_EQUAL(w[1].answers, 0); /* not from within the call */
	pull_send_waiting(lab.manager);
	CU_ASSERT_EQUAL(w[1].answers, 1);
	CU_ASSERT_EQUAL(w[1].outcome, outcome);
	CU_ASSERT_EQUAL(lab.asked, 1);
	CU_ASSERT_EQUAL(counters()->refused_again, 1);
	ask(&w[1], &other);
	CU_ASSERT_EQUAL(lab.asked, 2);
	stop();
}

static void refusals_are_answered_from_memory(void)
{
	expect_memory_of(KEYSOURCE_USER_UNKNOWN);
	expect_memory_of(KEYSOURCE_NOT_AVAILABLE);
	expect_memory_of(KEYSOURCE_NOT_AUTHORIZED);
}

static void refusals_are_forgotten_in_time(void)
{
	struct waiter w = {0};

	start_with_memory(1);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_USER_UNKNOWN);
	pass(CACHE_S * 1000 - 1);
	ask(&w, &lab.request);
	CU_ASSERT_EQUAL(lab.asked, 1);
	pass(1 + LATE_MS);
	ask(&w, &lab.request);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.outcome, KEYSOURCE_FOUND);
	stop();
}

static void a_keyset_that_came_is_not_kept_for_others(void)
{
	struct waiter w = {0};

	start_with_memory(1);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_FOUND);
	ask(&w, &lab.request);
	CU_ASSERT_EQUAL(lab.asked, 2);
	stop();
}

static void one_who_is_refused_may_ask_again_and_is_refused_from_memory(void)
{
	struct waiter w = {.again = true};

	start_with_memory(1);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_USER_UNKNOWN);
	pull_send_waiting(lab.manager);
	CU_ASSERT_EQUAL(w.answers, 2);
	CU_ASSERT_EQUAL(lab.asked, 1);
	w.again = true;
	ask(&w, &lab.request);
	CU_ASSERT_EQUAL(w.answers, 3);
	pull_send_waiting(lab.manager);
	CU_ASSERT_EQUAL(w.answers, 4);
	stop();
}

static void one_who_cancels_is_not_told_of_a_refusal(void)
{
	struct waiter w[3] = {0};

	start_with_memory(1);
	ask(&w[0], &lab.request);
	answer(0, KEYSOURCE_USER_UNKNOWN);
	for (int i = 1; i < 3; i++)
		CU_ASSERT_EQUAL(pull_start(lab.manager, &lab.request, &w[i].waiter), 0);
	pull_cancel(lab.manager, &w[1].waiter);
	w[2].cancel = &w[1];
	pull_send_waiting(lab.manager);
	CU_ASSERT_EQUAL(w[1].answers, 0);
	CU_ASSERT_EQUAL(w[2].answers, 1);
	CU_ASSERT_EQUAL(pull_start(lab.manager, &lab.request, &w[1].waiter), 0);
	pull_cancel(lab.manager, &w[1].waiter);
	pull_send_waiting(lab.manager);
	CU_ASSERT_EQUAL(w[1].answers, 0);
	pass(CACHE_S * 1000 + LATE_MS);
	stop();
}

static void one_who_asks_as_a_refusal_is_forgotten_is_told_what_is(void)
{
	struct waiter w = {0};

	start_with_memory(1);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_USER_UNKNOWN);
	CU_ASSERT_EQUAL(pull_start(lab.manager, &lab.request, &w.waiter), 0);
	wheel_advance(lab.wheel, lab.now += CACHE_S * 1000 + LATE_MS);
	pull_send_waiting(lab.manager);
	CU_ASSERT_EQUAL(w.answers, 1);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.outcome, KEYSOURCE_FOUND);
	stop();
}

static void a_keyset_that_is_not_to_be_used_is_a_refusal_without_keys(void)
{
	struct waiter w = {.e2mck = 1};

	start_with_memory(1);
	lab_setup.given = PULL_GIVEN_WRONG;
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_FOUND);
	lab_setup.given = PULL_GIVEN;
	CU_ASSERT_EQUAL(w.outcome, KEYSOURCE_NOT_AVAILABLE);
	CU_ASSERT_EQUAL(w.e2mck, 0);
	w.e2mck = 1;
	ask(&w, &lab.request);
	CU_ASSERT_EQUAL(w.answers, 2);
	CU_ASSERT_EQUAL(lab.asked, 1); /* from memory */
	CU_ASSERT_EQUAL(w.e2mck, 0);
	stop();
}

static void one_who_asks_as_a_refusal_is_forgotten_is_refused_at_once_again(void)
{
	struct waiter w = {0};

	start_with_memory(1);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_USER_UNKNOWN);
	CU_ASSERT_EQUAL(pull_start(lab.manager, &lab.request, &w.waiter), 0);
	wheel_advance(lab.wheel, lab.now += CACHE_S * 1000 + LATE_MS);
	pull_send_waiting(lab.manager);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2);
	answer(1, KEYSOURCE_NOT_AVAILABLE);
	CU_ASSERT_EQUAL(w.answers, 2);
	CU_ASSERT_EQUAL(lab.troubles, 0);
	stop();
}

static void memory_of_refusals_is_bounded(void)
{
	struct waiter w = {0};
	struct keysource_request request;

	start_with_memory(1);
	for (unsigned i = 0; i < 20000; i++) {
		request = request_of(i);
		ask(&w, &request);
		answer(0, KEYSOURCE_USER_UNKNOWN);
		lab.asked = 0;
	}
	request = request_of(19999);
	ask(&w, &request);
	CU_ASSERT_EQUAL(lab.asked, 0);
	request = request_of(0); /* long forgotten */
	ask(&w, &request);
	CU_ASSERT_EQUAL(lab.asked, 1);
	stop();
}

/* --- sources --- */

static void outcomes_are_counted_by_source(void)
{
	struct waiter w = {0};

	start(2);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_NOT_AVAILABLE);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(pull_sources(lab.manager), 2);
	CU_ASSERT_STRING_EQUAL(pull_source_name(lab.manager, 1), "kms");
	CU_ASSERT_EQUAL(source(0)->sent, 1);
	CU_ASSERT_EQUAL(source(0)->answers[KEYSOURCE_NOT_AVAILABLE], 1);
	CU_ASSERT_EQUAL(source(0)->answers[KEYSOURCE_FOUND], 0);
	CU_ASSERT_EQUAL(source(1)->sent, 1);
	CU_ASSERT_EQUAL(source(1)->answers[KEYSOURCE_FOUND], 1);
	stop();
}

static void bad_answers_are_counted_by_their_fault(void)
{
	struct keysource_answer bad = {.outcome = KEYSOURCE_BAD_ANSWER, .fault = 3};
	struct waiter w = {0};

	start(1);
	ask(&w, &lab.request);
	bad.cookie = lab.questions[0].cookie;
	pull_take_answer(lab.manager, &bad);
	CU_ASSERT_EQUAL(source(0)->faults[3], 1);
	CU_ASSERT_EQUAL(source(0)->faults[0], 0);
	stop();
}

static void a_source_that_hangs_does_not_hold_up_another(void)
{
	struct waiter w[IN_FLIGHT + 2] = {0};

	start(2);
	for (unsigned i = 0; i < IN_FLIGHT + 2; i++) {
		struct keysource_request request = request_of(i);
		ask(&w[i], &request);
	}
	for (unsigned i = 0; i < IN_FLIGHT; i++)
		answer(i, KEYSOURCE_TIMEOUT); /* these go on; two more hang at the first */
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2 * IN_FLIGHT + 2);
	for (unsigned i = 0, found = 0; i < 2 * IN_FLIGHT + 2; i++)
		if (lab.questions[i].source == &lab.sources[1]) {
			answer(i, KEYSOURCE_FOUND);
			CU_ASSERT_EQUAL(source(1)->answers[KEYSOURCE_FOUND], ++found);
		}
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 2);
	stop();
}

/* The first is answered with TOO_BUSY for half a second. */
static void make_busy(struct waiter *w)
{
	for (unsigned i = 0; i < 50; i++) {
		ask(w, &lab.request);
		while (lab.asked == 0)
			pass(1);
		answer(0, KEYSOURCE_BUSY);
		pull_cancel(lab.manager, &w->waiter);
		lab.asked = 0;
		pass(10);
	}
}

static void a_busy_source_is_given_a_pace(void)
{
	struct waiter w[40] = {0};

	start(1);
	make_busy(&w[0]);
	CU_ASSERT_TRUE(pull_source_pace(lab.manager, 0) > 0);
	CU_ASSERT_TRUE(source(0)->slowed > 0);
	for (unsigned i = 0; i < 40; i++) {
		struct keysource_request request = request_of(100 + i);

		ask(&w[i], &request);
	}
	CU_ASSERT_TRUE(lab.asked < IN_FLIGHT);
	size_t answered = 0;
	for (unsigned i = 0; i < 20000; i++) {
		pass(1);
		while (answered < lab.asked)
			answer(answered++, KEYSOURCE_FOUND);
	}
	for (unsigned i = 0; i < 40; i++)
		CU_ASSERT_EQUAL(w[i].answers, 1);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 0);
	stop();
}

static void the_pace_of_one_source_does_not_slow_another(void)
{
	struct waiter w[IN_FLIGHT] = {0};

	start(1);
	make_busy(&w[0]);
	CU_ASSERT_EQUAL(pull_manager_add_source(lab.manager, &lab.sources[1], "kms", false), 0);
	CU_ASSERT_EQUAL(pull_source_pace(lab.manager, 1), 0);
	lab.sources[0].refuses = -EHOSTUNREACH;
	for (unsigned i = 0; i < IN_FLIGHT; i++) {
		struct keysource_request request = request_of(100 + i);

		ask(&w[i], &request);
	}
	pass(3000); /* the first is tried at its pace, and found gone */
	CU_ASSERT_TRUE(lab.asked >= IN_FLIGHT);
	CU_ASSERT_PTR_EQUAL(lab.questions[0].source, &lab.sources[1]);
	stop();
}

/* --- sources that are told early --- */

static void start_with_prefetch(void)
{
	lab_setup.prefetch = true;
	start(2);
	lab_setup.prefetch = false;
}

static void one_told_early_is_asked_for_what_another_gave(void)
{
	struct waiter w = {0};

	start_with_prefetch();
	ask(&w, &lab.request);
	CU_ASSERT_EQUAL(lab.asked, 1);
	answer(0, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.answers, 1);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2);
	CU_ASSERT_PTR_EQUAL(lab.questions[1].source, &lab.sources[1]);
	CU_ASSERT_EQUAL(memcmp(&lab.questions[1].request, &lab.request, sizeof(lab.request)), 0);
	answer(1, KEYSOURCE_FOUND); /* which sees that the keys are wiped */
	CU_ASSERT_EQUAL(w.answers, 1);
	CU_ASSERT_EQUAL(source(1)->prefetch_sent, 1);
	CU_ASSERT_EQUAL(source(1)->prefetch_found, 1);
	CU_ASSERT_EQUAL(source(1)->sent, 0);
	CU_ASSERT_EQUAL(source(1)->answers[KEYSOURCE_FOUND], 0);
	CU_ASSERT_EQUAL(counters()->sent, 1);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 0);
	stop();
}

static void one_told_early_is_not_asked_for_what_it_gave_itself(void)
{
	struct waiter w = {0};

	start_with_prefetch();
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_NOT_AVAILABLE);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.answers, 1);
	CU_ASSERT_EQUAL(lab.asked, 2);
	stop();
}

static void nobody_is_told_early_of_refusals(void)
{
	struct waiter w = {0};

	start_with_prefetch();
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_USER_UNKNOWN);
	CU_ASSERT_EQUAL(lab.asked, 1);
	stop();
}

static void prefetches_wait_for_pulls_and_leave_them_most_places(void)
{
	struct waiter w[2 * IN_FLIGHT] = {0};

	start_with_prefetch();
	for (unsigned i = 0; i < IN_FLIGHT; i++) {
		struct keysource_request request = request_of(i);
		ask(&w[i], &request);
	}
	for (unsigned i = 0; i < IN_FLIGHT; i++)
		answer(i, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL_FATAL(lab.asked, IN_FLIGHT + IN_FLIGHT / 4);
	for (unsigned i = IN_FLIGHT; i < 2 * IN_FLIGHT; i++) {
		struct keysource_request request = request_of(i);

		lab.sources[0].refuses = -EHOSTUNREACH;
		ask(&w[i], &request); /* at the second, beside the prefetch */
	}
	CU_ASSERT_EQUAL(lab.asked, 2 * IN_FLIGHT);
	answer(IN_FLIGHT, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2 * IN_FLIGHT + 1);
	struct keysource_request last = request_of(2 * IN_FLIGHT - 1);
	CU_ASSERT_EQUAL(memcmp(&lab.questions[2 * IN_FLIGHT].request, &last, sizeof(last)), 0);
	stop();
}

static void a_prefetch_is_tried_again_while_there_is_hope(void)
{
	struct waiter w = {0};

	start_with_prefetch();
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_FOUND);
	answer(1, KEYSOURCE_TIMEOUT);
	pass(RETRY_MIN_MS + LATE_MS);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 3);
	answer(2, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(source(1)->prefetch_found, 1);
	CU_ASSERT_EQUAL(lab.troubles, 0);
	CU_ASSERT_EQUAL(counters()->retries, 0);
	pass(3 * RETRY_MAX_MS);
	CU_ASSERT_EQUAL(lab.asked, 3);
	stop();
}

static void a_prefetch_is_given_up_when_the_hss_has_forgotten(void)
{
	struct waiter w = {0};

	start_with_prefetch();
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_FOUND);
	lab.sources[1].refuses = -EHOSTUNREACH;
	answer(1, KEYSOURCE_UNREACHABLE);
	pass(290000);
	CU_ASSERT_EQUAL(source(1)->prefetch_dropped, 0);
	pass(20000);
	CU_ASSERT_EQUAL(source(1)->prefetch_dropped, 1);
	lab.sources[1].refuses = 0;
	pass(10000);
	CU_ASSERT_EQUAL(lab.asked, 2);
	stop();
}

static void a_prefetch_that_is_refused_is_over(void)
{
	struct waiter w = {0};

	start_with_prefetch();
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_FOUND);
	answer(1, KEYSOURCE_NOT_AVAILABLE);
	pass(3 * RETRY_MAX_MS);
	CU_ASSERT_EQUAL(lab.asked, 2);
	CU_ASSERT_EQUAL(source(1)->prefetch_refused, 1);
	stop();
}

static void prefetches_are_bounded(void)
{
	struct waiter w = {0};

	start_with_prefetch();
	lab.sources[1].refuses = -EHOSTUNREACH;
	for (unsigned i = 0; i < 66000; i++) {
		struct keysource_request request = request_of(i);

		ask(&w, &request);
		answer(0, KEYSOURCE_FOUND);
		lab.asked = 0;
	}
	CU_ASSERT_EQUAL(w.answers, 66000);
	CU_ASSERT_EQUAL(source(1)->prefetch_dropped, 66000 - 65536);
	stop();
}

UNIT_MAIN("pull_source", TEST(refusals_are_answered_from_memory),
	  TEST(refusals_are_forgotten_in_time), TEST(a_keyset_that_came_is_not_kept_for_others),
	  TEST(one_who_is_refused_may_ask_again_and_is_refused_from_memory),
	  TEST(one_who_cancels_is_not_told_of_a_refusal),
	  TEST(one_who_asks_as_a_refusal_is_forgotten_is_told_what_is),
	  TEST(a_keyset_that_is_not_to_be_used_is_a_refusal_without_keys),
	  TEST(one_who_asks_as_a_refusal_is_forgotten_is_refused_at_once_again),
	  TEST(memory_of_refusals_is_bounded), TEST(outcomes_are_counted_by_source),
	  TEST(bad_answers_are_counted_by_their_fault),
	  TEST(a_source_that_hangs_does_not_hold_up_another), TEST(a_busy_source_is_given_a_pace),
	  TEST(the_pace_of_one_source_does_not_slow_another),
	  TEST(one_told_early_is_asked_for_what_another_gave),
	  TEST(one_told_early_is_not_asked_for_what_it_gave_itself),
	  TEST(nobody_is_told_early_of_refusals),
	  TEST(prefetches_wait_for_pulls_and_leave_them_most_places),
	  TEST(a_prefetch_is_tried_again_while_there_is_hope),
	  TEST(a_prefetch_is_given_up_when_the_hss_has_forgotten),
	  TEST(a_prefetch_that_is_refused_is_over), TEST(prefetches_are_bounded))
