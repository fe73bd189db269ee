/* SPDX-License-Identifier: BSD-3-Clause */
/* What the disk has of address binding (e2m.md 6): who has an address, and what is left of ended sessions. */
#include "session_binding_lab.h"

static const uint8_t address[4] = {10, 9, 0, 1};

/* The victim, and another subscriber that has its address later. */
static struct lab_context v, other;

static void start(void)
{
	v = lab_context(1);
	other = lab_context(2);
	memcpy(v.ipv4, address, 4);
	lab_defaults();
	lab.config.is_durable = true;
	lab.config.count_block = 64;
	lab_open();
	lab_begin_and_settle(&v);
	lab_save();
}

static void begin_other(void)
{
	memcpy(other.ipv4, address, 4);
	lab_begin_and_settle(&other);
	CU_ASSERT_EQUAL(lab_address_of(&v).ipv4_state, PDP_LOST);
}

static void crash(void)
{
	lab_crash();
	lab_settle();
}

static void save_and_crash(void)
{
	lab_save();
	crash();
}

/* --- one address in two sessions --- */

/* The session that it has lost the address to is over. */
static void lost_address_stays_lost(void)
{
	start();
	begin_other();
	lab_delete(&other);
	lab_settle();
	save_and_crash();
	CU_ASSERT_EQUAL(lab_address_of(&v).ipv4_state, PDP_LOST);
	lab_stop();
}

/* The process ends after it has written that the one session has the address, and before it has written that the other
 * one has lost it. */
static void crash_before_the_loss_of(const struct lab_context *loser,
				     const struct state_session *before)
{
	const struct state_session *record;

	lab_save();
	record = lab_record(loser->subscriber);
	CU_ASSERT_PTR_NOT_NULL_FATAL(record);
	lab.disk.sessions[record->id] = *before;
	crash();
}

static void of_two_sessions_with_an_address_the_later_one_has_it(void)
{
	struct state_session before;

	start();
	before = *lab_record(v.subscriber);
	begin_other();
	crash_before_the_loss_of(&v, &before);
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	CU_ASSERT_EQUAL(lab_address_of(&v).ipv4_state, PDP_LOST);
	lab_stop();
}

/* It is read first, because its place is the first one. */
static void so_it_is_if_the_later_one_is_read_first(void)
{
	struct state_session before;

	start();
	lab_begin_and_settle(&other);
	lab_save();
	before = *lab_record(other.subscriber);
	lab_ipv4(&other, v.ipv4);
	lab_begin_and_settle(&v);
	CU_ASSERT_EQUAL(lab_address_of(&other).ipv4_state, PDP_LOST);
	crash_before_the_loss_of(&other, &before);
	CU_ASSERT_TRUE(lab_has_own_address(&v));
	CU_ASSERT_EQUAL(lab_address_of(&other).ipv4_state, PDP_LOST);
	lab_stop();
}

/* --- a PDN --- */

static void address_that_the_default_bearer_gets_later_is_its_dedicated_bearers(void)
{
	static const uint8_t octets[] = {0xF1, 0x21, 10, 9, 0, 1};
	const struct gtp_octets eua = {.data = octets, .len = sizeof(octets)};
	struct lab_context dedicated;

	start();
	lab_delete(&v);
	lab_settle();
	v.is_unbound = true;
	lab_begin(&v, lab_sqn(1), 1);
	lab_settle();
	dedicated = lab_dedicated(&v, 7);
	lab_begin_dedicated(&dedicated, &v);
	lab_settle();
	lab_save();
	lab_update_by_ggsn(&v, v.ggsn, &eua, true);
	save_and_crash();
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	CU_ASSERT_TRUE(lab_is_bound_to(&dedicated, address));
	lab_stop();
}

/* --- ended sessions --- */

static uint32_t ended(void)
{
	return directory_count(lab.store->directory, DIRECTORY_ENDED);
}

static void what_a_session_without_a_place_leaves_is_there(void)
{
	struct tunnel up, down;

	v = lab_context(1);
	other = lab_context(2);
	lab_defaults();
	lab.config.is_durable = true;
	lab.config.count_block = 64;
	lab.config.max = 1;
	lab_open();
	lab_begin_and_settle(&v);
	lab_begin_and_settle(&other);
	lab_pass_lingering();
	save_and_crash();
	up = lab_up(&other);
	down = lab_down(&other);
	CU_ASSERT_EQUAL(lab_kind_of(&up, UP), DIRECTORY_ENDED);
	CU_ASSERT_EQUAL(lab_kind_of(&down, DOWN), DIRECTORY_ENDED);
	CU_ASSERT_TRUE(lab_guards_at(&other, other.ggsn));
	lab_stop();
}

static void what_an_ended_session_has_lost_stays_lost(void)
{
	start();
	lab_delete(&v);
	lab_pass_lingering();
	lab_save();
	memcpy(other.ipv4, address, 4);
	lab_create_plain(&other);
	CU_ASSERT_FALSE(lab_guards_at(&v, v.ggsn));
	save_and_crash();
	CU_ASSERT_EQUAL(ended(), 1);
	CU_ASSERT_FALSE(lab_guards_at(&v, v.ggsn));
	lab_stop();
}

static void what_is_forgotten_is_not_there(void)
{
	start();
	lab_delete(&v);
	lab_pass_lingering();
	lab_save();
	CU_ASSERT_EQUAL(ended(), 1);
	lab_begin_and_settle(&v);
	CU_ASSERT_EQUAL(ended(), 0);
	save_and_crash();
	CU_ASSERT_EQUAL(ended(), 0);
	lab_stop();
}

/* The GGSN has accepted a Delete of what had ended here. */
static void doubt_that_is_over_is_over(void)
{
	struct lab_context before, third = lab_context(3);

	start();
	before = v;
	v.ggsn = 4;
	v.down = 0x7777;
	v.control_ggsn = 0x7778;
	lab_begin_and_settle(&v);
	lab_save();
	lab_delete(&before);
	lab_settle();
	save_and_crash();
	third.down = before.down;
	third.is_unbound = true;
	lab_begin_and_settle(&third);
	CU_ASSERT_TRUE(lab_has_flows(&third));
	lab_stop();
}

UNIT_MAIN("session_binding_state", TEST(lost_address_stays_lost),
	  TEST(of_two_sessions_with_an_address_the_later_one_has_it),
	  TEST(so_it_is_if_the_later_one_is_read_first),
	  TEST(address_that_the_default_bearer_gets_later_is_its_dedicated_bearers),
	  TEST(what_a_session_without_a_place_leaves_is_there),
	  TEST(what_an_ended_session_has_lost_stays_lost), TEST(what_is_forgotten_is_not_there),
	  TEST(doubt_that_is_over_is_over))
