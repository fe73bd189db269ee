/* SPDX-License-Identifier: BSD-3-Clause */
/* When hse warns that unknown tunnels cross, and with what numbers. */
#include "unknown_teid.h"

#include "unit.h"

#define INTERVAL 1000
#define START	 50

static const uint64_t none[DATAPATH_SIDES];
static char text[UNKNOWN_TEID_TEXT];

static struct unknown_teid passing(void)
{
	struct unknown_teid u = {.interval_ms = INTERVAL};

	CU_ASSERT_TRUE(unknown_teid_set(&u, true, START));
	return u;
}

static void drop_is_not_warned_of(void)
{
	struct unknown_teid u = {.interval_ms = INTERVAL};

	CU_ASSERT_FALSE(unknown_teid_set(&u, false, START));
	CU_ASSERT_FALSE(unknown_teid_is_due(&u, START + 100 * INTERVAL));
}

static void pass_is_warned_of_after_each_interval(void)
{
	struct unknown_teid u = passing();

	for (unsigned i = 1; i < 5; i++) {
		CU_ASSERT_FALSE(unknown_teid_is_due(&u, START + i * INTERVAL - 1));
		CU_ASSERT_TRUE(unknown_teid_is_due(&u, START + i * INTERVAL));
		unknown_teid_text(&u, none, START + i * INTERVAL, text);
		CU_ASSERT_FALSE(unknown_teid_is_due(&u, START + i * INTERVAL));
	}
}

static void a_reload_that_changes_nothing_does_not_delay_the_warning(void)
{
	struct unknown_teid u = passing();

	CU_ASSERT_FALSE(unknown_teid_set(&u, true, START + INTERVAL / 2));
	CU_ASSERT_TRUE(unknown_teid_is_due(&u, START + INTERVAL));
}

static void no_warning_comes_after_a_reload_with_drop(void)
{
	struct unknown_teid u = passing();

	CU_ASSERT_TRUE(unknown_teid_set(&u, false, START + INTERVAL / 2));
	CU_ASSERT_FALSE(unknown_teid_is_due(&u, START + 10 * INTERVAL));
	CU_ASSERT_TRUE(unknown_teid_set(&u, true, START + 20 * INTERVAL));
	CU_ASSERT_FALSE(unknown_teid_is_due(&u, START + 21 * INTERVAL - 1));
	CU_ASSERT_TRUE(unknown_teid_is_due(&u, START + 21 * INTERVAL));
}

static void a_warning_has_the_packets_since_the_one_before(void)
{
	struct unknown_teid u = passing();

	unknown_teid_text(&u, (uint64_t[]){7, 9}, START + INTERVAL, text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "pass since 1 s"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, " 7 from the access side"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, " 9 from the core side"));
	unknown_teid_text(&u, (uint64_t[]){7, 12}, START + 2 * INTERVAL, text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, " 0 from the access side"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, " 3 from the core side"));
}

static void a_warning_says_what_to_do(void)
{
	struct unknown_teid u = passing();
	const uint64_t most[DATAPATH_SIDES] = {UINT64_MAX, UINT64_MAX};

	unknown_teid_text(&u, most, UINT64_MAX / 2, text);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(text, "set unknown_teid: drop and send SIGHUP (doc/deployment.md)"));
}

UNIT_MAIN("unknown_teid", {"drop is not warned of", drop_is_not_warned_of},
	  {"pass is warned of after each interval", pass_is_warned_of_after_each_interval},
	  {"a reload that changes nothing does not delay the warning",
	   a_reload_that_changes_nothing_does_not_delay_the_warning},
	  {"no warning comes after a reload with drop", no_warning_comes_after_a_reload_with_drop},
	  {"a warning has the packets since the one before",
	   a_warning_has_the_packets_since_the_one_before},
	  {"a warning says what to do", a_warning_says_what_to_do})
