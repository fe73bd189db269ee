/* SPDX-License-Identifier: BSD-3-Clause */
/* A source that bears so many pulls a second and refuses the rest at once, and somebody with more. */
#include "keys/pace.h"

#include "unit.h"

#define ROUND_TRIP_MS 2
#define WINDOW	      1024

static struct {
	struct pace pace;
	uint64_t now;
	/* Answers on their way, by when they come. */
	unsigned served[ROUND_TRIP_MS + 1], refused[ROUND_TRIP_MS + 1];
	unsigned in_flight;
	uint64_t all_served, all_refused;
	double tokens;
} lab;

static void begin(void)
{
	memset(&lab, 0, sizeof(lab));
	lab.now = 1000000;
}

/* A millisecond, in which demand more pulls wait, and of a source that bears so many a second. */
static void pass_1_ms(unsigned demand, unsigned capacity)
{
	unsigned at = lab.now % (ROUND_TRIP_MS + 1),
		 due = (lab.now + ROUND_TRIP_MS) % (ROUND_TRIP_MS + 1);

	for (; lab.served[at] > 0; lab.served[at]--, lab.in_flight--, lab.all_served++)
		pace_note(&lab.pace, lab.now, false);
	for (; lab.refused[at] > 0; lab.refused[at]--, lab.in_flight--, lab.all_refused++)
		pace_note(&lab.pace, lab.now, true);
	lab.tokens += capacity / 1000.0;
	if (lab.tokens > capacity / 10.0)
		lab.tokens = capacity / 10.0;
	while (demand-- > 0 && lab.in_flight < WINDOW && pace_take(&lab.pace, lab.now)) {
		lab.in_flight++;
		if (lab.tokens >= 1) {
			lab.tokens -= 1;
			lab.served[due]++;
		} else {
			lab.refused[due]++;
		}
	}
	lab.now++;
}

static void pass(unsigned ms, unsigned demand, unsigned capacity)
{
	lab.all_served = lab.all_refused = 0;
	for (unsigned i = 0; i < ms; i++)
		pass_1_ms(demand, capacity);
}

/* A tenth of a second, the time of one look: the source serves so many and is too busy for others.
 * Returns the limit that follows. */
static uint32_t look(unsigned served, unsigned busy)
{
	for (unsigned i = 0; i < busy; i++)
		pace_note(&lab.pace, lab.now, true);
	for (unsigned i = 1; i < served; i++)
		pace_note(&lab.pace, lab.now, false);
	lab.now += 100;
	pace_note(&lab.pace, lab.now, false);
	return lab.pace.rate;
}

static void there_is_no_limit_as_long_as_nobody_complains(void)
{
	begin();
	for (int i = 0; i < 100000; i++)
		CU_ASSERT_TRUE_FATAL(pace_take(&lab.pace, lab.now));
	for (int i = 0; i < 1000; i++)
		CU_ASSERT_FALSE_FATAL(pace_note(&lab.pace, lab.now++, false));
	CU_ASSERT_EQUAL(lab.pace.rate, 0);
}

/* It serves nearly all that it can, and few are sent in vain. */
static void settles_at(unsigned capacity)
{
	begin();
	pass(5000, 10000, capacity);
	pass(10000, 10000, capacity);
	CU_ASSERT_TRUE(lab.all_served > 10.0 * capacity * 0.85);
	CU_ASSERT_TRUE(lab.all_refused < lab.all_served / 10);
}

static void a_busy_source_gets_what_it_bears(void)
{
	settles_at(300);
	settles_at(5000);
	settles_at(50000);
}

static void a_flood_at_the_start_is_soon_over(void)
{
	begin();
	pass(2000, 10000, 5000);
	CU_ASSERT_TRUE(lab.all_refused < 10000); /* without a pace: 500,000 a second */
	CU_ASSERT_TRUE(lab.all_served > 5000);
}

static void a_source_that_recovers_is_used_to_the_full(void)
{
	begin();
	pass(5000, 10000, 100);
	pass(10000, 20, 100000);
	CU_ASSERT_TRUE(lab.all_served > 100000);
	pass(20000, 20, 100000);
	CU_ASSERT_EQUAL(lab.pace.rate, 0);
	CU_ASSERT_EQUAL(lab.all_served, 400000);
}

static void the_limit_returns_at_once_to_the_known_rate(void)
{
	begin();
	CU_ASSERT_EQUAL(look(100, 1), 875); /* served 1000 a second */
	CU_ASSERT_TRUE(look(50, 0) >= 1000);
}

static void from_half_the_known_rate_the_limit_returns_in_steps_of_a_quarter(void)
{
	begin();
	look(100, 1);
	lab.pace.rate = 500; /* as one that was lowered and has grown little since */
	CU_ASSERT_EQUAL(look(50, 0), 626);
	CU_ASSERT_EQUAL(look(50, 0), 783);
	CU_ASSERT_EQUAL(look(50, 0), 979);
	CU_ASSERT_EQUAL(look(50, 0), 1224);
}

/* The rate at which the source was too busy is near: the limit grows slowly until a second has
 * passed without a complaint. */
static void beyond_the_known_rate_the_limit_grows_slowly_for_a_second(void)
{
	uint32_t before, after;

	begin();
	look(100, 1);
	before = look(100, 0);
	for (unsigned i = 3; i < 10; i++) {
		after = look(100, 0);
		CU_ASSERT_TRUE(after > before);
		CU_ASSERT_TRUE(after - before <= before / 20);
		before = after;
	}
	after = look(100, 0);
	CU_ASSERT_TRUE(after - before >= before / 10);
	CU_ASSERT_TRUE(after - before <= before / 7);
}

static void a_source_that_serves_nobody_is_asked_now_and_then(void)
{
	begin();
	pass(5000, 10000, 1000);
	pass(5000, 10000, 0);
	pass(10000, 10000, 0);
	CU_ASSERT_TRUE(lab.all_refused >= 10);
	CU_ASSERT_TRUE(lab.all_refused <= 40);
	pass(20000, 10000, 1000);
	CU_ASSERT_TRUE(lab.all_served > 8000);
}

static void a_late_caller_may_not_send_what_it_missed(void)
{
	unsigned sent = 0;

	begin();
	pass(5000, 10000, 1000);
	lab.now += 60000;
	while (pace_take(&lab.pace, lab.now))
		sent++;
	CU_ASSERT_TRUE(sent >= 10);
	CU_ASSERT_TRUE(sent <= 30);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(there_is_no_limit_as_long_as_nobody_complains),
		TEST(a_busy_source_gets_what_it_bears),
		TEST(a_flood_at_the_start_is_soon_over),
		TEST(a_source_that_recovers_is_used_to_the_full),
		TEST(the_limit_returns_at_once_to_the_known_rate),
		TEST(from_half_the_known_rate_the_limit_returns_in_steps_of_a_quarter),
		TEST(beyond_the_known_rate_the_limit_grows_slowly_for_a_second),
		TEST(a_source_that_serves_nobody_is_asked_now_and_then),
		TEST(a_late_caller_may_not_send_what_it_missed),
	};

	return unit_run("pace", tests, sizeof(tests) / sizeof(tests[0]));
}
