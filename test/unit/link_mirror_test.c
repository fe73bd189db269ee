/* SPDX-License-Identifier: BSD-3-Clause */
/* A link that is lost on one side is lost on the other; and what mirrors do to each other on one cable. */
#include "link_mirror.h"

#include <errno.h>

#include "program/program.h"
#include "unit.h"

#define A_WHILE_MS 3000
#define LONG_MS	   120000
#define HSES	   3
#define CABLES	   (HSES + 1)

/* HSEs in a row, their ports joined by cables: cable i ends at the core port of i - 1 and the access port of i. */
static struct {
	unsigned hses;
	uint64_t now_ms;
	struct link_mirror mirror[HSES];
	bool is_cut[CABLES];
	bool is_down[HSES][DATAPATH_SIDES];
	unsigned changes; /* of any port by any mirror */
	int error;	  /* what set_port returns */
} row;

static int set_port(void *arg, enum datapath_side side, bool up)
{
	const unsigned hse = (unsigned)(uintptr_t)arg;

	if (row.error)
		return row.error;
	row.is_down[hse][side] = !up;
	row.changes++;
	return 0;
}

static bool has_link(unsigned hse, unsigned side)
{
	const unsigned cable = hse + side;

	if (row.is_cut[cable] || row.is_down[hse][side])
		return false;
	if (side == DATAPATH_ACCESS)
		return hse == 0 || !row.is_down[hse - 1][DATAPATH_CORE];
	return hse + 1 == row.hses || !row.is_down[hse + 1][DATAPATH_ACCESS];
}

static void pass_time(uint64_t ms)
{
	for (uint64_t until = row.now_ms + ms; row.now_ms < until; row.now_ms += LINK_LOOK_MS)
		for (unsigned i = 0; i < row.hses; i++) {
			const bool has[] = {has_link(i, DATAPATH_ACCESS),
					    has_link(i, DATAPATH_CORE)};
			link_mirror_look(&row.mirror[i], has, row.now_ms);
		}
}

static void start(unsigned hses, bool is_on)
{
	memset(&row, 0, sizeof(row));
	row.hses = hses;
	for (unsigned i = 0; i < hses; i++)
		link_mirror_start(&row.mirror[i], is_on, set_port, (void *)(uintptr_t)i, 0);
	pass_time(A_WHILE_MS);
}

static enum link_state state(unsigned hse, unsigned side)
{
	return row.mirror[hse].port[side].state;
}

static bool all_up(void)
{
	bool up = true;

	for (unsigned i = 0; i < row.hses; i++)
		up &= state(i, DATAPATH_ACCESS) == LINK_UP && state(i, DATAPATH_CORE) == LINK_UP;
	return up;
}

/* What the neighbours beyond the row see. */
static bool ends_have_link(void)
{
	return !row.is_cut[0] && !row.is_down[0][DATAPATH_ACCESS] && !row.is_cut[row.hses] &&
	       !row.is_down[row.hses - 1][DATAPATH_CORE];
}

static void expect_rest(void)
{
	const unsigned before = row.changes;

	pass_time(LONG_MS);
	CU_ASSERT_EQUAL(row.changes, before);
}

static void what_has_link_is_left_alone(void)
{
	start(1, true);
	CU_ASSERT_TRUE(all_up());
	pass_time(LONG_MS);
	CU_ASSERT_TRUE(all_up());
	CU_ASSERT_EQUAL(row.changes, 0);
}

static void loss_on_either_side_is_mirrored(void)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		start(1, true);
		row.is_cut[side] = true;
		pass_time(LINK_LOOKS_LOST * LINK_LOOK_MS);
		CU_ASSERT_EQUAL(state(0, side), LINK_LOST);
		CU_ASSERT_EQUAL(state(0, !side), LINK_TAKEN_DOWN);
		CU_ASSERT_TRUE(row.is_down[0][!side]);
		CU_ASSERT_EQUAL(row.mirror[0].port[side].lost, 1);
		CU_ASSERT_EQUAL(row.mirror[0].port[!side].lost, 0);
		CU_ASSERT_EQUAL(row.mirror[0].port[!side].taken_down, 1);
		expect_rest();
	}
}

static void what_was_taken_down_comes_up_with_the_other(void)
{
	start(1, true);
	row.is_cut[0] = true;
	pass_time(A_WHILE_MS);
	row.is_cut[0] = false;
	pass_time(A_WHILE_MS);
	CU_ASSERT_TRUE(all_up());
	CU_ASSERT_EQUAL(row.changes, 2);
	expect_rest();
}

/* One look is no loss, and one of link no return. */
static void a_link_that_flaps_keeps_the_other_down(void)
{
	start(1, true);
	row.is_cut[0] = true;
	pass_time(LINK_LOOK_MS);
	row.is_cut[0] = false;
	pass_time(A_WHILE_MS);
	CU_ASSERT_EQUAL(row.changes, 0);
	for (unsigned i = 0; i < 20; i++) {
		row.is_cut[0] = !row.is_cut[0];
		pass_time((LINK_LOOKS_BACK - 1) * LINK_LOOK_MS);
	}
	CU_ASSERT_EQUAL(row.changes, 1);
	CU_ASSERT_TRUE(row.is_down[0][DATAPATH_CORE]);
	row.is_cut[0] = false;
	pass_time(A_WHILE_MS);
	CU_ASSERT_TRUE(all_up());
}

/* As autonegotiation does. */
static void what_comes_up_has_time_to(void)
{
	start(1, true);
	row.is_cut[0] = true;
	pass_time(A_WHILE_MS);
	row.is_cut[0] = false;
	row.is_cut[1] = true;
	pass_time(LINK_WAIT_MS - 1000);
	CU_ASSERT_EQUAL(state(0, DATAPATH_CORE), LINK_WAITING);
	CU_ASSERT_EQUAL(row.changes, 2);
	row.is_cut[1] = false;
	pass_time(A_WHILE_MS);
	CU_ASSERT_TRUE(all_up());
	CU_ASSERT_EQUAL(row.changes, 2);
}

static void what_has_no_link_after_that_is_lost_itself(void)
{
	start(1, true);
	row.is_cut[0] = true;
	pass_time(A_WHILE_MS);
	row.is_cut[0] = false;
	row.is_cut[1] = true;
	pass_time(LINK_WAIT_MS + A_WHILE_MS);
	CU_ASSERT_EQUAL(state(0, DATAPATH_CORE), LINK_LOST);
	CU_ASSERT_EQUAL(state(0, DATAPATH_ACCESS), LINK_TAKEN_DOWN);
	expect_rest();
	row.is_cut[1] = false;
	pass_time(A_WHILE_MS);
	CU_ASSERT_TRUE(all_up());
}

static void without_links_at_the_start_both_come_when_they_can(void)
{
	memset(&row, 0, sizeof(row));
	row.hses = 1;
	row.is_cut[0] = row.is_cut[1] = true;
	link_mirror_start(&row.mirror[0], true, set_port, NULL, 0);
	pass_time(LINK_WAIT_MS + A_WHILE_MS);
	row.is_cut[0] = false;
	pass_time(LINK_WAIT_MS + A_WHILE_MS);
	CU_ASSERT_FALSE(all_up());
	expect_rest();
	row.is_cut[1] = false;
	pass_time(LINK_WAIT_MS + A_WHILE_MS);
	CU_ASSERT_TRUE(all_up());
}

static void switched_off_it_only_looks(void)
{
	start(1, false);
	row.is_cut[0] = true;
	pass_time(LONG_MS);
	CU_ASSERT_EQUAL(state(0, DATAPATH_ACCESS), LINK_LOST);
	CU_ASSERT_EQUAL(state(0, DATAPATH_CORE), LINK_UP);
	CU_ASSERT_EQUAL(row.mirror[0].port[DATAPATH_ACCESS].lost, 1);
	CU_ASSERT_EQUAL(row.changes, 0);
}

static void a_device_that_cannot_stays_as_it_is(void)
{
	start(1, true);
	row.error = -ENOTSUP;
	row.is_cut[0] = true;
	pass_time(A_WHILE_MS);
	CU_ASSERT_EQUAL(state(0, DATAPATH_CORE), LINK_UP);
	CU_ASSERT_TRUE(row.mirror[0].port[DATAPATH_CORE].is_unable);
	CU_ASSERT_EQUAL(row.mirror[0].port[DATAPATH_CORE].taken_down, 0);
	row.is_cut[0] = false;
	pass_time(A_WHILE_MS);
	CU_ASSERT_TRUE(all_up());
}

static void a_device_that_does_not_come_up_is_told_again(void)
{
	start(1, true);
	row.is_cut[0] = true;
	pass_time(A_WHILE_MS);
	row.error = -EIO;
	row.is_cut[0] = false;
	pass_time(A_WHILE_MS);
	CU_ASSERT_EQUAL(state(0, DATAPATH_CORE), LINK_TAKEN_DOWN);
	row.error = 0;
	pass_time(A_WHILE_MS);
	CU_ASSERT_TRUE(all_up());
}

static void the_end_leaves_nothing_down(void)
{
	start(1, true);
	row.is_cut[0] = true;
	pass_time(A_WHILE_MS);
	link_mirror_stop(&row.mirror[0]);
	CU_ASSERT_FALSE(row.is_down[0][DATAPATH_CORE]);
}

static void loss_goes_through_a_row_of_them_and_so_does_its_return(void)
{
	for (unsigned cable = 0; cable < CABLES; cable++) {
		start(HSES, true);
		row.is_cut[cable] = true;
		pass_time(A_WHILE_MS);
		CU_ASSERT_FALSE(ends_have_link());
		expect_rest();
		row.is_cut[cable] = false;
		pass_time(LINK_WAIT_MS * HSES);
		CU_ASSERT_TRUE(all_up());
		expect_rest();
	}
}

/* Both outer cables at once: each takes down its end of the cable between them. */
static void two_that_took_down_the_same_cable_find_together_again(void)
{
	for (unsigned first = 0; first < 3; first++) {
		start(2, true);
		row.is_cut[0] = row.is_cut[2] = true;
		pass_time(A_WHILE_MS);
		CU_ASSERT_TRUE(row.is_down[0][DATAPATH_CORE] && row.is_down[1][DATAPATH_ACCESS]);
		row.is_cut[0] = first == 1;
		row.is_cut[2] = first == 2;
		pass_time(LONG_MS);
		row.is_cut[0] = row.is_cut[2] = false;
		pass_time(LONG_MS);
		CU_ASSERT_TRUE(all_up());
		expect_rest();
	}
}

/* Whatever happened, and in whatever order: when all cables are whole, all have link, and before that nobody
 * goes on changing anything. */
static void any_history_comes_to_rest(void)
{
	uint32_t random = 1;

	for (unsigned history = 0; history < 200; history++) {
		start(1 + history % HSES, true);
		for (unsigned event = 0; event < 30; event++) {
			random = random * 1664525 + 1013904223;
			row.is_cut[(random >> 16) % (row.hses + 1)] ^= 1;
			pass_time((random >> 20) % 200 * LINK_LOOK_MS);
		}
		pass_time(LONG_MS);
		expect_rest();
		memset(row.is_cut, 0, sizeof(row.is_cut));
		pass_time(LONG_MS);
		CU_ASSERT_TRUE(all_up());
		expect_rest();
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(what_has_link_is_left_alone),
		TEST(loss_on_either_side_is_mirrored),
		TEST(what_was_taken_down_comes_up_with_the_other),
		TEST(a_link_that_flaps_keeps_the_other_down),
		TEST(what_comes_up_has_time_to),
		TEST(what_has_no_link_after_that_is_lost_itself),
		TEST(without_links_at_the_start_both_come_when_they_can),
		TEST(switched_off_it_only_looks),
		TEST(a_device_that_cannot_stays_as_it_is),
		TEST(a_device_that_does_not_come_up_is_told_again),
		TEST(the_end_leaves_nothing_down),
		TEST(loss_goes_through_a_row_of_them_and_so_does_its_return),
		TEST(two_that_took_down_the_same_cable_find_together_again),
		TEST(any_history_comes_to_rest),
	};

	program_set_log_level(PROGRAM_ERROR);
	return unit_run("link-mirror", tests, sizeof(tests) / sizeof(tests[0]));
}
