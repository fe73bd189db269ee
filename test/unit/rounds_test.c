/* SPDX-License-Identifier: BSD-3-Clause */
/* Rounds over all sessions, some at a time. */
#include "control/rounds.h"
#include "control/table.h"
#include "unit.h"

#define SESSIONS 5000
#define LATE_MS	 16 /* a timer fires up to so much later */

static struct {
	struct session_store store;
	struct round round;
	uint64_t now;
	unsigned looks[SESSIONS + 1]; /* by id */
	unsigned all, ends;
	unsigned cost;
	uint64_t pause; /* that the end of the first round says; then 0 */
	uint32_t target;
} t;

static unsigned look_at(struct session_store *store, struct session *session)
{
	t.looks[table_id(store, session)]++;
	t.all++;
	return t.cost;
}

static uint64_t end_round(struct session_store *store)
{
	(void)store;
	return t.ends++ == 0 ? t.pause : 0;
}

static uint32_t target(const struct session_store *store)
{
	(void)store;
	return t.target;
}

static void start(void)
{
	const struct session_config config = {.max = SESSIONS};
	struct e2m_imsi imsi = {"001010000000001"};

	memset(&t, 0, sizeof(t));
	t.store.wheel = wheel_new(0, &t.store);
	t.store.directory = table_new(&config, 0);
	t.store.apns = apns_new();
	for (unsigned i = 0; i < SESSIONS; i++) {
		snprintf(imsi.digits, sizeof(imsi.digits), "00101%010u", i);
		table_new_session(&t.store, DIRECTORY_PROTECTED, &imsi, 5);
	}
	t.round = (struct round){.look_at = look_at, .end = end_round};
}

static void stop(void)
{
	wheel_free(t.store.wheel);
	directory_free(t.store.directory);
	apns_free(t.store.apns);
}

static void pass(uint64_t ms)
{
	for (; ms > 0; ms--)
		wheel_advance(t.store.wheel, ++t.now);
}

static void a_run_looks_at_4096_sessions(void)
{
	start();
	rounds_begin_now(&t.store, &t.round);
	CU_ASSERT_EQUAL(t.all, 4096);
	pass(ROUNDS_RUN_MS - 1);
	CU_ASSERT_EQUAL(t.all, 4096);
	stop();
}

static void a_round_looks_at_each_session_once(void)
{
	bool once = true;

	start();
	rounds_begin_now(&t.store, &t.round);
	pass(ROUNDS_RUN_MS + LATE_MS);
	for (uint32_t id = 1; id <= SESSIONS; id++)
		once &= t.looks[id] == 1;
	CU_ASSERT_TRUE(once);
	CU_ASSERT_EQUAL(t.ends, 1);
	stop();
}

static void much_work_makes_a_run_short(void)
{
	start();
	t.cost = 7;
	rounds_begin_now(&t.store, &t.round);
	CU_ASSERT_EQUAL(t.all, 4096 / 8);
	stop();
}

static void a_place_without_a_session_is_passed_over(void)
{
	start();
	table_free_session(&t.store, table_session(&t.store, 3));
	rounds_begin_now(&t.store, &t.round);
	CU_ASSERT_EQUAL(t.looks[3], 0);
	CU_ASSERT_EQUAL(t.looks[4], 1);
	stop();
}

static void the_end_says_when_the_next_round_begins(void)
{
	start();
	t.pause = 1000;
	rounds_begin_now(&t.store, &t.round);
	pass(ROUNDS_RUN_MS + LATE_MS);
	pass(900);
	CU_ASSERT_EQUAL(t.all, SESSIONS);
	pass(2000);
	CU_ASSERT_EQUAL(t.all, 2 * SESSIONS);
	CU_ASSERT_EQUAL(t.ends, 2);
	stop();
}

static void a_run_stops_at_the_target_and_the_round_goes_on_when_it_moves(void)
{
	start();
	t.target = 10;
	t.round.target = target;
	rounds_begin_now(&t.store, &t.round);
	pass(100);
	CU_ASSERT_EQUAL(t.all, 10);
	CU_ASSERT_EQUAL(t.ends, 0);
	t.target = 20;
	pass(ROUNDS_RUN_MS + LATE_MS);
	CU_ASSERT_EQUAL(t.all, 20);
	stop();
}

static void a_round_that_begins_replaces_the_one_under_way(void)
{
	start();
	rounds_begin_now(&t.store, &t.round);
	rounds_begin(&t.store, &t.round, 1000);
	pass(900);
	CU_ASSERT_EQUAL(t.all, 4096);
	pass(300);
	CU_ASSERT_EQUAL(t.looks[1], 2);
	CU_ASSERT_EQUAL(t.looks[SESSIONS], 1);
	stop();
}

UNIT_MAIN("rounds", {"a run looks at 4096 sessions", a_run_looks_at_4096_sessions},
	  {"a round looks at each session once", a_round_looks_at_each_session_once},
	  {"much work makes a run short", much_work_makes_a_run_short},
	  {"a place without a session is passed over", a_place_without_a_session_is_passed_over},
	  {"the end says when the next round begins", the_end_says_when_the_next_round_begins},
	  {"a run stops at the target, and the round goes on when it moves",
	   a_run_stops_at_the_target_and_the_round_goes_on_when_it_moves},
	  {"a round that begins replaces the one under way",
	   a_round_that_begins_replaces_the_one_under_way})
