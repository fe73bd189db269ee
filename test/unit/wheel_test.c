/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/wheel.h"

#include <stddef.h>

#include "unit.h"

#define START 1000003		   /* no multiple of anything */
#define TURN  (UINT64_C(4096) * 8) /* ms of the wheel */
#define LATE  16		   /* ms that a timer may fire after its time */

struct probe {
	struct wheel_timer timer;
	unsigned fired;
	uint64_t at;
	struct probe *victim; /* fire cancels it */
	uint64_t again_ms;    /* fire sets it anew */
};

static struct wheel *wheel;

static void on_fire(struct wheel_timer *timer, void *arg)
{
	struct probe *p = (struct probe *)((char *)timer - offsetof(struct probe, timer));

	CU_ASSERT_PTR_EQUAL(arg, &wheel);
	p->fired++;
	p->at = wheel_now(wheel);
	if (p->victim)
		wheel_cancel(&p->victim->timer);
	if (p->again_ms)
		wheel_set(wheel, timer, p->again_ms, on_fire);
}

static void start(void)
{
	wheel = wheel_new(START, &wheel);
	CU_ASSERT_PTR_NOT_NULL_FATAL(wheel);
}

static void set(struct probe *p, uint64_t delay_ms)
{
	wheel_set(wheel, &p->timer, delay_ms, on_fire);
}

/* Advances millisecond by millisecond. */
static void walk(uint64_t ms)
{
	for (uint64_t end = wheel_now(wheel) + ms; wheel_now(wheel) < end;)
		wheel_advance(wheel, wheel_now(wheel) + 1);
}

static void timer_fires_once_and_never_early(void)
{
	for (uint64_t delay = 0; delay < 40; delay++) {
		struct probe p = {0};

		start();
		set(&p, delay);
		walk(200);
		CU_ASSERT_EQUAL(p.fired, 1);
		CU_ASSERT_TRUE(p.at >= START + delay);
		CU_ASSERT_TRUE(p.at <= START + delay + LATE);
		wheel_free(wheel);
	}
}

static void timer_beyond_a_turn_waits_for_its_turn(void)
{
	struct probe p = {0};

	start();
	set(&p, 3 * TURN + 5);
	walk(3 * TURN + 4);
	CU_ASSERT_EQUAL(p.fired, 0);
	walk(LATE + 1);
	CU_ASSERT_EQUAL(p.fired, 1);
	wheel_free(wheel);
}

static void leap_of_time_fires_what_is_due_and_nothing_else(void)
{
	struct probe due = {0}, later = {0};

	start();
	set(&due, TURN + 100);
	set(&later, 10 * TURN);
	wheel_advance(wheel, START + 5 * TURN);
	CU_ASSERT_EQUAL(due.fired, 1);
	CU_ASSERT_EQUAL(later.fired, 0);
	CU_ASSERT_TRUE(wheel_is_set(&later.timer));
	wheel_free(wheel);
}

static void cancelled_timer_does_not_fire(void)
{
	struct probe p = {0};

	start();
	set(&p, 20);
	CU_ASSERT_TRUE(wheel_is_set(&p.timer));
	wheel_cancel(&p.timer);
	CU_ASSERT_FALSE(wheel_is_set(&p.timer));
	walk(100);
	CU_ASSERT_EQUAL(p.fired, 0);
	wheel_free(wheel);
}

static void timer_that_is_not_set_may_be_cancelled(void)
{
	struct probe p = {0};

	start();
	wheel_cancel(&p.timer);
	set(&p, 20);
	walk(100);
	wheel_cancel(&p.timer);
	CU_ASSERT_EQUAL(p.fired, 1);
	wheel_free(wheel);
}

static void timer_set_anew_forgets_its_first_time(void)
{
	struct probe p = {0};

	start();
	set(&p, 20);
	set(&p, 500);
	walk(499);
	CU_ASSERT_EQUAL(p.fired, 0);
	walk(LATE + 1);
	CU_ASSERT_EQUAL(p.fired, 1);
	wheel_free(wheel);
}

static void timer_that_fires_may_cancel_another_due_with_it(void)
{
	struct probe first = {0}, second = {0};

	start();
	first.victim = &second;
	second.victim = &first;
	set(&first, 20);
	set(&second, 20);
	walk(100);
	CU_ASSERT_EQUAL(first.fired + second.fired, 1);
	wheel_free(wheel);
}

static void timer_that_fires_may_set_itself_again(void)
{
	struct probe p = {.again_ms = 100};

	start();
	set(&p, 100);
	walk(1000);
	CU_ASSERT_TRUE(p.fired >= 1000 / (100 + LATE) && p.fired <= 10);
	wheel_free(wheel);
}

static void clock_that_stands_still_fires_nothing(void)
{
	struct probe p = {.again_ms = 1};

	start();
	set(&p, 1);
	wheel_advance(wheel, START + 50);
	CU_ASSERT_EQUAL(p.fired, 1);
	wheel_advance(wheel, START + 50);
	wheel_advance(wheel, START + 50);
	CU_ASSERT_EQUAL(p.fired, 1);
	wheel_free(wheel);
}

UNIT_MAIN("wheel", {"timer fires once and never early", timer_fires_once_and_never_early},
	  {"timer beyond a turn of the wheel waits for its turn",
	   timer_beyond_a_turn_waits_for_its_turn},
	  {"leap of time fires what is due and nothing else",
	   leap_of_time_fires_what_is_due_and_nothing_else},
	  {"cancelled timer does not fire", cancelled_timer_does_not_fire},
	  {"timer that is not set may be cancelled", timer_that_is_not_set_may_be_cancelled},
	  {"timer set anew forgets its first time", timer_set_anew_forgets_its_first_time},
	  {"timer that fires may cancel another due with it",
	   timer_that_fires_may_cancel_another_due_with_it},
	  {"timer that fires may set itself again", timer_that_fires_may_set_itself_again},
	  {"clock that stands still fires nothing", clock_that_stands_still_fires_nothing})
