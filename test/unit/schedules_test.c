/* SPDX-License-Identifier: BSD-3-Clause */
/* The key schedules that an engine keeps: found again, given up, and wiped with their key. */
#include "npdu/schedules.h"

#include "unit.h"

#define KEPT 4

static struct schedules schedules;

static struct npdu_key *new_key(unsigned seed)
{
	const uint8_t kenc[E2M_KEY_LEN] = {(uint8_t)seed, 1},
		      kint[E2M_KEY_LEN] = {(uint8_t)seed, 2};

	return npdu_key_new_raw(kenc, kint, E2M_EEA2, E2M_EIA2, 8);
}

static void set_up(void)
{
	if (schedules_init(&schedules, KEPT) != 0)
		abort();
}

static const struct npdu_schedule *meet(const struct npdu_key *key, uint32_t *hint, unsigned place)
{
	struct npdu_schedule *schedule;

	schedules_begin(&schedules);
	schedule = schedules_kept(&schedules, hint);
	return schedule ? schedule : schedules_make(&schedules, key, hint, place);
}

static unsigned count_of(uint64_t number)
{
	unsigned n = 0;

	for (uint32_t i = 0; i < KEPT + NPDU_BURST_MAX; i++)
		n += schedules_at(&schedules, i)->number == number;
	return n;
}

static void a_key_that_is_met_often_is_kept(void)
{
	struct npdu_key *key = new_key(1);
	uint32_t hint = NPDU_NO_HINT;

	set_up();
	for (int i = 0; i < 20; i++)
		meet(key, &hint, 0);
	CU_ASSERT_NOT_EQUAL(hint, NPDU_NO_HINT);
	CU_ASSERT_PTR_EQUAL(meet(key, &hint, 0), schedules_at(&schedules, hint));
	schedules_free(&schedules);
	npdu_key_free(key);
}

static void a_kept_schedule_is_not_another_owners(void)
{
	struct npdu_key *key = new_key(1), *other = new_key(2);
	uint32_t hint = NPDU_NO_HINT, copy;

	set_up();
	for (int i = 0; i < 20; i++)
		meet(key, &hint, 0);
	/* The same place, but it was not kept for this one. */
	copy = hint;
	CU_ASSERT_NOT_EQUAL(copy, NPDU_NO_HINT);
	CU_ASSERT_PTR_NULL(schedules_kept(&schedules, &copy));
	CU_ASSERT_EQUAL(meet(other, &copy, 0)->number, other->number);
	CU_ASSERT_EQUAL(meet(key, &hint, 0)->number, key->number);
	schedules_free(&schedules);
	npdu_key_free(key);
	npdu_key_free(other);
}

/* The key changes, and says so first. */
static void a_hint_serves_the_next_key_of_its_owner(void)
{
	struct npdu_key *key = new_key(1), *other;
	uint32_t hint = NPDU_NO_HINT;

	set_up();
	for (int i = 0; i < 20; i++)
		meet(key, &hint, 0);
	schedules_forget(&schedules, key, &hint);
	npdu_key_free(key);
	other = new_key(2);
	for (int i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(meet(other, &hint, 0)->number, other->number);
	schedules_free(&schedules);
	npdu_key_free(other);
}

static void nothing_is_left_of_a_key_that_is_forgotten(void)
{
	struct npdu_key *key = new_key(1), *other = new_key(2);
	uint32_t hint = NPDU_NO_HINT, other_hint = NPDU_NO_HINT;

	set_up();
	meet(other, &other_hint, 0);
	for (unsigned place = 0; place < 8; place++)
		meet(key, NULL, place);
	for (int i = 0; i < 20; i++)
		meet(key, &hint, 9);
	CU_ASSERT_TRUE(count_of(key->number) >= 9);
	schedules_forget(&schedules, key, &hint);
	CU_ASSERT_EQUAL(hint, NPDU_NO_HINT);
	CU_ASSERT_EQUAL(count_of(key->number), 0);
	CU_ASSERT_EQUAL(count_of(other->number), 1);
	schedules_free(&schedules);
	npdu_key_free(key);
	npdu_key_free(other);
}

/* ZUC's schedule is the key alone; AES filled the place to its end. */
static void nothing_is_left_of_a_key_of_another_kind(void)
{
	const uint8_t raw[E2M_KEY_LEN] = {7};
	struct npdu_key *aes = new_key(1);
	struct npdu_key *zuc = npdu_key_new_raw(raw, raw, E2M_EEA3, E2M_EIA3, 8);
	const struct npdu_schedule *schedule;
	unsigned left = 0;

	set_up();
	CU_ASSERT_PTR_NOT_NULL_FATAL(zuc);
	meet(aes, NULL, 0);
	schedule = meet(zuc, NULL, 0);
	for (size_t i = E2M_KEY_LEN; i < NPDU_AES_SCHEDULE_LEN; i++)
		left += schedule->parts.enc[i] != 0 || schedule->parts.auth[i] != 0;
	CU_ASSERT_EQUAL(left, 0);
	schedules_free(&schedules);
	npdu_key_free(aes);
	npdu_key_free(zuc);
}

/* More keys than places, each met again and again: all get the schedule that is theirs. */
static void keys_give_up_their_places_to_one_another(void)
{
	struct npdu_key *keys[3 * KEPT];
	uint32_t hints[3 * KEPT];

	set_up();
	for (unsigned i = 0; i < 3 * KEPT; i++) {
		keys[i] = new_key(i);
		hints[i] = NPDU_NO_HINT;
	}
	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = 0; i < 3 * KEPT; i++)
			for (unsigned burst = 0; burst < 2000; burst++)
				CU_ASSERT_EQUAL(
					meet(keys[i], &hints[i], burst % NPDU_BURST_MAX)->number,
					keys[i]->number);
	for (unsigned i = 0; i < 3 * KEPT; i++) {
		schedules_forget(&schedules, keys[i], &hints[i]);
		CU_ASSERT_EQUAL(count_of(keys[i]->number), 0);
		npdu_key_free(keys[i]);
	}
	schedules_free(&schedules);
}

UNIT_MAIN("schedules", {"a key that is met often is kept", a_key_that_is_met_often_is_kept},
	  {"a kept schedule is not another owner's", a_kept_schedule_is_not_another_owners},
	  {"a hint serves the next key of its owner", a_hint_serves_the_next_key_of_its_owner},
	  {"nothing is left of a key that is forgotten",
	   nothing_is_left_of_a_key_that_is_forgotten},
	  {"nothing is left of a key of another kind", nothing_is_left_of_a_key_of_another_kind},
	  {"keys give up their places to one another", keys_give_up_their_places_to_one_another})
