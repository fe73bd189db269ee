/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys/pace.h"

#include <sys/param.h>

/* The time between two changes of the limit. */
#define LOOK_MS 100
/* The shortest time to measure the served rate, because the first answers arrive together. */
#define MEASURE_MS 10
#define RATE_MIN   2
#define CAREFUL_MS 1000
#define LIFT_MS	   10000
/* The longest burst, in ms of the rate. The caller may be late by this time without a loss of rate. */
#define BURST_MS 20

static uint32_t at_least(uint32_t least, uint64_t rate)
{
	return (uint32_t)MIN(MAX(rate, least), UINT32_MAX);
}

bool pace_take(struct pace *pace, uint64_t now_ms)
{
	const uint64_t filled = pace->millitokens + (now_ms - pace->filled_ms) * pace->rate;

	if (pace->rate == 0)
		return true;
	pace->filled_ms = now_ms;
	pace->millitokens = MIN(filled, MAX((uint64_t)pace->rate * BURST_MS, 1000));
	if (pace->millitokens < 1000)
		return false;
	pace->millitokens -= 1000;
	return true;
}

/* Sets the limit to a little less than the served rate. One step takes at most half of the limit away, because
 * one bad tenth of a second proves little. */
static void go_down(struct pace *pace, uint64_t served, uint64_t now_ms)
{
	uint64_t rate = served - served / 8;

	if (pace->rate == 0) {
		pace->filled_ms = now_ms;
		pace->millitokens = 0;
	} else if (rate < pace->rate / 2) {
		rate = pace->rate / 2;
	}
	pace->known = at_least(RATE_MIN, served);
	pace->rate = at_least(RATE_MIN, rate);
}

/* Raises the limit: fast up to the last known rate, then slowly, then faster after a second without a busy
 * answer. */
static void go_up(struct pace *pace, uint64_t now_ms)
{
	const uint64_t quiet_ms = now_ms - pace->busy_at_ms;
	const uint32_t part = pace->rate < pace->known ? 4 : quiet_ms < CAREFUL_MS ? 32 : 8;

	pace->rate = at_least(1, (uint64_t)pace->rate + pace->rate / part + 1);
	if (quiet_ms >= LIFT_MS)
		pace->rate = 0;
}

static void look_anew(struct pace *pace, uint64_t now_ms)
{
	pace->since_ms = now_ms;
	pace->served = pace->busy = 0;
}

bool pace_note(struct pace *pace, uint64_t now_ms, bool is_busy)
{
	uint64_t took_ms;
	bool goes_down;

	/* A time with few requests does not show what the source can serve. */
	if (pace->rate == 0 && now_ms - pace->since_ms > 2 * LOOK_MS)
		look_anew(pace, now_ms);
	pace->busy += is_busy;
	pace->served += !is_busy;
	if (is_busy)
		pace->busy_at_ms = now_ms;
	took_ms = now_ms - pace->since_ms;
	if (took_ms < (is_busy && pace->rate == 0 ? MEASURE_MS : LOOK_MS))
		return false;
	goes_down = pace->busy > 0;
	if (goes_down)
		go_down(pace, pace->served * UINT64_C(1000) / took_ms, now_ms);
	else if (pace->rate > 0)
		go_up(pace, now_ms);
	look_anew(pace, now_ms);
	return goes_down;
}
