/* SPDX-License-Identifier: BSD-3-Clause */
#include "unit_pull.h"

/* --- asking --- */

static void answer_reaches_who_waits(void)
{
	struct waiter w = {0};

	start(1);
	ask(&w, &lab.request);
	CU_ASSERT_EQUAL(lab.asked, 1);
	CU_ASSERT_EQUAL(memcmp(&lab.questions[0].request, &lab.request, sizeof(lab.request)), 0);
	CU_ASSERT_EQUAL(lab.questions[0].timeout_ms, TIMEOUT_MS);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 1);
	answer(0, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.answers, 1);
	CU_ASSERT_EQUAL(w.outcome, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.e2mck, 1);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 0);
	stop();
}

static void nothing_is_asked_before_the_queue_is_worked_off(void)
{
	struct waiter w = {0};

	start(1);
	CU_ASSERT_EQUAL(pull_start(lab.manager, &lab.request, &w.waiter), 0);
	CU_ASSERT_EQUAL(lab.asked, 0);
	CU_ASSERT_EQUAL(w.answers, 0);
	stop();
}

static void those_who_want_the_same_keyset_share_one_question(void)
{
	struct waiter w[3] = {0};

	start(1);
	for (int i = 0; i < 3; i++)
		ask(&w[i], &lab.request);
	CU_ASSERT_EQUAL(lab.asked, 1);
	CU_ASSERT_EQUAL(counters()->coalesced, 2);
	answer(0, KEYSOURCE_FOUND);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(w[i].answers, 1);
	stop();
}

static void other_subscribers_and_other_keysets_are_other_questions(void)
{
	const uint8_t rand[E2M_RAND_LEN] = {[5] = 0x21};
	struct keysource_request by_rand = request_of(1), other = request_of(2);
	struct waiter w[3] = {0};

	start(1);
	by_rand.id = e2m_keyset_id_make(E2M_ID_RAND, rand);
	ask(&w[0], &lab.request);
	ask(&w[1], &other);
	ask(&w[2], &by_rand);
	CU_ASSERT_EQUAL(lab.asked, 3);
	CU_ASSERT_EQUAL(counters()->coalesced, 0);
	stop();
}

static void no_more_are_in_flight_than_allowed(void)
{
	struct waiter w[IN_FLIGHT + 2] = {0};

	start(1);
	for (unsigned i = 0; i < IN_FLIGHT + 2; i++) {
		struct keysource_request request = request_of(i);
		ask(&w[i], &request);
	}
	CU_ASSERT_EQUAL(lab.asked, IN_FLIGHT);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), IN_FLIGHT);
	answer(2, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(lab.asked, IN_FLIGHT + 1);
	stop();
}

static void those_who_wait_for_a_place_are_asked_for_in_their_order(void)
{
	struct waiter w[IN_FLIGHT + 3] = {0};

	start(1);
	for (unsigned i = 0; i < IN_FLIGHT + 3; i++) {
		struct keysource_request request = request_of(i);
		ask(&w[i], &request);
	}
	for (unsigned i = 0; i < 3; i++) {
		struct keysource_request request = request_of(IN_FLIGHT + i);
		answer(i, KEYSOURCE_FOUND);
		CU_ASSERT_EQUAL(
			memcmp(&lab.questions[IN_FLIGHT + i].request, &request, sizeof(request)),
			0);
	}
	stop();
}

/* --- refusals --- */

static void refuses_at_once(enum keysource_outcome outcome)
{
	struct waiter w = {0};

	start(2);
	ask(&w, &lab.request);
	answer(0, outcome);
	CU_ASSERT_EQUAL(w.answers, 1);
	CU_ASSERT_EQUAL(w.outcome, outcome);
	pass(3 * RETRY_MAX_MS);
	CU_ASSERT_EQUAL(lab.asked, 1);
	CU_ASSERT_EQUAL(lab.troubles, 0);
	stop();
}

static void unknown_subscriber_is_final(void)
{
	refuses_at_once(KEYSOURCE_USER_UNKNOWN);
}

static void pull_that_is_not_allowed_is_final(void)
{
	refuses_at_once(KEYSOURCE_NOT_AUTHORIZED);
}

static void keyset_that_one_source_has_not_is_asked_of_the_next(void)
{
	struct waiter w = {0};

	start(2);
	ask(&w, &lab.request);
	CU_ASSERT_PTR_EQUAL(lab.questions[0].source, &lab.sources[0]);
	answer(0, KEYSOURCE_NOT_AVAILABLE);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2);
	CU_ASSERT_PTR_EQUAL(lab.questions[1].source, &lab.sources[1]);
	CU_ASSERT_EQUAL(w.answers, 0);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.answers, 1);
	CU_ASSERT_EQUAL(w.outcome, KEYSOURCE_FOUND);
	stop();
}

static void keyset_that_no_source_has_is_refused_without_another_try(void)
{
	struct waiter w = {0};

	start(2);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_NOT_AVAILABLE);
	answer(1, KEYSOURCE_NOT_AVAILABLE);
	CU_ASSERT_EQUAL(w.answers, 1);
	CU_ASSERT_EQUAL(w.outcome, KEYSOURCE_NOT_AVAILABLE);
	pass(3 * RETRY_MAX_MS);
	CU_ASSERT_EQUAL(lab.asked, 2);
	stop();
}

static void keyset_is_not_refused_while_one_source_could_not_say(void)
{
	struct waiter w = {0};

	start(2);
	ask(&w, &lab.request);
	answer(0, KEYSOURCE_TIMEOUT);
	answer(1, KEYSOURCE_NOT_AVAILABLE);
	CU_ASSERT_EQUAL(w.answers, 0);
	pass(RETRY_MIN_MS + LATE_MS);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 3);
	CU_ASSERT_PTR_EQUAL(lab.questions[2].source, &lab.sources[0]);
	answer(2, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.answers, 1);
	stop();
}

/* --- trouble --- */

static void tries_again_after(enum keysource_outcome outcome)
{
	struct waiter w = {0};

	start(1);
	ask(&w, &lab.request);
	answer(0, outcome);
	CU_ASSERT_EQUAL(w.answers, 0);
	CU_ASSERT_EQUAL(lab.asked, 1);
	pass(RETRY_MIN_MS / 2 - 1);
	CU_ASSERT_EQUAL(lab.asked, 1);
	pass(RETRY_MIN_MS / 2 + 1 + LATE_MS);
	CU_ASSERT_EQUAL(lab.asked, 2);
	CU_ASSERT_EQUAL(counters()->retries, 1);
	stop();
}

static void time_out_is_tried_again(void)
{
	tries_again_after(KEYSOURCE_TIMEOUT);
}

static void busy_source_is_tried_again(void)
{
	tries_again_after(KEYSOURCE_BUSY);
}

static void bad_answer_is_tried_again(void)
{
	tries_again_after(KEYSOURCE_BAD_ANSWER);
}

static void source_that_takes_no_question_is_tried_again(void)
{
	struct waiter w = {0};

	start(1);
	lab.sources[0].refuses = -EHOSTUNREACH;
	ask(&w, &lab.request);
	CU_ASSERT_EQUAL(w.answers, 0);
	CU_ASSERT_EQUAL(pull_in_flight(lab.manager), 0);
	CU_ASSERT_EQUAL(counters()->answers[KEYSOURCE_UNREACHABLE], 1);
	lab.sources[0].refuses = 0;
	pass(RETRY_MIN_MS + LATE_MS);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 1);
	answer(0, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w.answers, 1);
	stop();
}

static void source_that_takes_no_question_lets_the_next_have_it(void)
{
	struct waiter w = {0};

	start(2);
	lab.sources[0].refuses = -ENOBUFS;
	ask(&w, &lab.request);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 1);
	CU_ASSERT_PTR_EQUAL(lab.questions[0].source, &lab.sources[1]);
	stop();
}

static void tries_grow_rarer_up_to_a_bound(void)
{
	struct waiter w = {0};
	uint64_t last;

	start(1);
	ask(&w, &lab.request);
	last = lab.now;
	for (uint32_t longest = RETRY_MIN_MS, i = 0; i < 6; i++) {
		size_t before = lab.asked;

		answer(before - 1, KEYSOURCE_TIMEOUT);
		while (lab.asked == before)
			pass(1);
		CU_ASSERT_TRUE(lab.now - last >= longest / 2);
		CU_ASSERT_TRUE(lab.now - last <= longest + LATE_MS);
		last = lab.now;
		longest = longest * 2 < RETRY_MAX_MS ? longest * 2 : RETRY_MAX_MS;
	}
	stop();
}

static void tries_of_many_are_spread(void)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (unsigned i = 0; i < 64; i++) {
		struct waiter w = {0};

		start(1);
		ask(&w, &lab.request);
		answer(0, KEYSOURCE_TIMEOUT);
		least = lab.retry_ms < least ? lab.retry_ms : least;
		most = lab.retry_ms > most ? lab.retry_ms : most;
		stop();
	}
	CU_ASSERT_TRUE(most - least > RETRY_MIN_MS / 8);
}

static void trouble_is_said_once_a_pull(void)
{
	struct waiter w = {0};

	start(1);
	ask(&w, &lab.request);
	for (size_t i = 0; i < 5; i++) {
		answer(i, KEYSOURCE_TIMEOUT);
		pass(RETRY_MAX_MS + LATE_MS);
	}
	CU_ASSERT_EQUAL(lab.asked, 6);
	CU_ASSERT_EQUAL(lab.troubles, 1);
	stop();
}

static void one_who_comes_during_backoff_shares_the_next_try(void)
{
	struct waiter w[2] = {0};

	start(1);
	ask(&w[0], &lab.request);
	answer(0, KEYSOURCE_BUSY);
	ask(&w[1], &lab.request);
	CU_ASSERT_EQUAL(lab.asked, 1);
	pass(RETRY_MIN_MS + LATE_MS);
	CU_ASSERT_EQUAL_FATAL(lab.asked, 2);
	answer(1, KEYSOURCE_FOUND);
	CU_ASSERT_EQUAL(w[0].answers, 1);
	CU_ASSERT_EQUAL(w[1].answers, 1);
	stop();
}

UNIT_MAIN("pull", TEST(answer_reaches_who_waits),
	  TEST(nothing_is_asked_before_the_queue_is_worked_off),
	  TEST(those_who_want_the_same_keyset_share_one_question),
	  TEST(other_subscribers_and_other_keysets_are_other_questions),
	  TEST(no_more_are_in_flight_than_allowed),
	  TEST(those_who_wait_for_a_place_are_asked_for_in_their_order),
	  TEST(unknown_subscriber_is_final), TEST(pull_that_is_not_allowed_is_final),
	  TEST(keyset_that_one_source_has_not_is_asked_of_the_next),
	  TEST(keyset_that_no_source_has_is_refused_without_another_try),
	  TEST(keyset_is_not_refused_while_one_source_could_not_say), TEST(time_out_is_tried_again),
	  TEST(busy_source_is_tried_again), TEST(bad_answer_is_tried_again),
	  TEST(source_that_takes_no_question_is_tried_again),
	  TEST(source_that_takes_no_question_lets_the_next_have_it),
	  TEST(tries_grow_rarer_up_to_a_bound), TEST(tries_of_many_are_spread),
	  TEST(trouble_is_said_once_a_pull), TEST(one_who_comes_during_backoff_shares_the_next_try))
