/* SPDX-License-Identifier: BSD-3-Clause */
/* Operations of sessions that overlap, tunnels that two sessions want, flows that run out. */
#include "control/tunnels.h"
#include "session_lab.h"

static struct session_view view;

static bool has_flows(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c), down = lab_down(c);

	return lab_flow(&up) && lab_flow(&down);
}

static void create_and_settle(struct lab_context *c)
{
	lab_create(c, lab_sqn(1), 1);
	lab_settle();
}

static void execute_all(void)
{
	while (lab_execute(0) || lab_execute(1))
		;
}

/* --- operations of one session --- */

static void operations_of_a_session_run_one_after_the_other(void)
{
	struct lab_context c = lab_context(1);
	uint64_t created, moved, deleted;

	lab_start();
	created = lab_create(&c, lab_sqn(1), 1);
	execute_all();
	/* GTP-C that left overdue: the SGSN goes on though control is not done. */
	lab_deliver(0);
	lab_deliver(1);
	c.down = 0x7777;
	moved = lab_move(&c);
	deleted = lab_delete(&c);
	CU_ASSERT_EQUAL(lab_fate(moved), LAB_HELD);
	CU_ASSERT_EQUAL(lab_fate(deleted), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(created), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_fate(moved), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_fate(deleted), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void create_behind_a_delete_makes_the_session_again(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	create_and_settle(&c);
	lab_delete(&c);
	c.up = 0x6666;
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_TRUE(has_flows(&c));
	lab_stop();
}

static void create_anew_moves_both_tunnels(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	create_and_settle(&c);
	const struct lab_context before = c;

	c.up = 0x6666;
	c.down = 0x7777;
	create_and_settle(&c);
	CU_ASSERT_TRUE(has_flows(&c));
	CU_ASSERT_FALSE(has_flows(&before));
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_REPLACED), 1);
	lab_stop();
}

static void delete_twice_removes_once(void)
{
	struct lab_context c = lab_context(1);
	uint64_t first, second;

	lab_start();
	create_and_settle(&c);
	lab_delete_request(&c, false);
	const struct lab_context again = c;

	first = lab_delete(&c);
	second = lab_response(&again, GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_CAUSE_ACCEPTED);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(first), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_fate(second), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_count(SESSION_REMOVED), 1);
	lab_stop();
}

static void store_goes_with_operations_under_way(void)
{
	struct lab_context c = lab_context(1), other = lab_context(2);

	lab_start();
	create_and_settle(&other);
	lab_make_ready(&other);
	lab_create(&c, lab_sqn(1), 1);
	lab_delete(&other);
	lab_delete(&c);
	/* As hse does at its end: no worker runs any more. */
	for (unsigned w = 0; w < lab.config.workers; w++)
		lab.workers[w].commands_count = lab.workers[w].events_count = 0;
	for (uint64_t i = 0; i < lab.messages; i++)
		lab.left[i] = 1;
	lab_stop();
}

/* --- a tunnel that two sessions want --- */

/* The session is still there, without a tunnel in this direction alone. */
static bool has_lost(const struct lab_context *c, enum session_direction direction)
{
	static const uint8_t none[16];
	const struct session_flow_ref *lost, *kept;

	if (!lab_view(c, &view))
		return false;
	lost = direction == UP ? &view.uplink : &view.downlink;
	kept = direction == UP ? &view.downlink : &view.uplink;
	return !lost->live && memcmp(lost->tunnel.receiver, none, sizeof(none)) == 0 && kept->live;
}

static void create_takes_a_tunnel_from_a_session_whose_end_nobody_saw(void)
{
	struct lab_context old = lab_context(1), new = lab_context(2);

	lab_start();
	create_and_settle(&old);
	new.up = old.up;
	create_and_settle(&new);
	CU_ASSERT_TRUE(has_lost(&old, UP));
	CU_ASSERT_TRUE(has_flows(&new));
	CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_LOST), 1);
	lab_stop();
}

static void update_takes_a_tunnel_from_a_session_whose_end_nobody_saw(void)
{
	struct lab_context old = lab_context(1), new = lab_context(2);

	lab_start();
	create_and_settle(&old);
	create_and_settle(&new);
	new.down = old.down;
	lab_move(&new);
	lab_settle();
	CU_ASSERT_TRUE(has_lost(&old, DOWN));
	CU_ASSERT_TRUE(has_flows(&new));
	lab_stop();
}

static void create_takes_both_tunnels_from_two_sessions(void)
{
	struct lab_context first = lab_context(1), second = lab_context(2), new = lab_context(3);

	lab_start();
	create_and_settle(&first);
	create_and_settle(&second);
	new.up = first.up;
	new.down = second.down;
	create_and_settle(&new);
	CU_ASSERT_TRUE(has_lost(&first, UP));
	CU_ASSERT_TRUE(has_lost(&second, DOWN));
	CU_ASSERT_TRUE(has_flows(&new));
	lab_stop();
}

static void tunnel_is_taken_whatever_its_direction_was(void)
{
	struct lab_context old = lab_context(1), new = lab_context(2);

	lab_start();
	create_and_settle(&old);
	new.ggsn = old.sgsn;
	new.sgsn = 9;
	new.up = old.down;
	create_and_settle(&new);
	CU_ASSERT_TRUE(has_lost(&old, DOWN));
	CU_ASSERT_TRUE(has_flows(&new));
	lab_stop();
}

static void two_that_ask_for_a_tunnel_at_once_end_with_one_that_has_it(void)
{
	struct lab_context first = lab_context(1), second = lab_context(2);

	lab_start();
	create_and_settle(&first);
	create_and_settle(&second);
	/* Both operations wait for the STOP of their old tunnels. */
	first.down = second.down = 0x7777;
	lab_move(&first);
	lab_move(&second);
	lab_settle();
	CU_ASSERT_NOT_EQUAL(has_lost(&first, DOWN), has_lost(&second, DOWN));
	lab_stop();
}

static void tunnel_of_a_session_that_is_just_made_can_be_taken(void)
{
	struct lab_context old = lab_context(1), new = lab_context(2);
	uint64_t created, taken;

	lab_start();
	created = lab_create(&old, lab_sqn(1), 1);
	new.up = old.up;
	taken = lab_create(&new, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(created), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_fate(taken), LAB_LEFT);
	CU_ASSERT_TRUE(has_lost(&old, UP));
	CU_ASSERT_TRUE(has_flows(&new));
	lab_stop();
}

static void tunnel_of_a_session_that_is_just_moving_can_be_taken(void)
{
	struct lab_context old = lab_context(1), new = lab_context(2);

	lab_start();
	create_and_settle(&old);
	new.up = old.up;
	old.down = 0x7777;
	lab_move(&old); /* keeps its uplink, and waits for the STOP of its downlink */
	lab_create(&new, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(has_lost(&old, UP));
	CU_ASSERT_TRUE(has_flows(&new));
	lab_stop();
}

/* The lab refuses a COUNT that was used before. */
static void session_that_lost_its_tunnel_goes_on_in_the_next(void)
{
	struct lab_context old = lab_context(1), new = lab_context(2);
	const struct lab_place *place;
	struct tunnel down;

	lab_start();
	create_and_settle(&old);
	lab_make_ready(&old);
	CU_ASSERT_TRUE(lab_view(&old, &view));
	down = lab_down(&old);
	lab_use(lab_flow(&down), view.slot, 100);
	create_and_settle(&new);
	new.down = old.down;
	lab_move(&new);
	lab_settle();
	CU_ASSERT_TRUE(has_lost(&old, DOWN));
	old.down = 0x7777;
	lab_move(&old);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&old));
	CU_ASSERT_TRUE(has_flows(&new));
	CU_ASSERT_TRUE(lab_view(&old, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	down = lab_down(&old);
	place = &lab_flow(&down)->places[view.slot];
	CU_ASSERT_EQUAL(place->state, DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(place->count, 100);
	lab_stop();
}

static void accepted_update_gives_a_lost_tunnel_back(void)
{
	struct lab_context old = lab_context(1), new = lab_context(2);

	lab_start();
	create_and_settle(&old);
	new.down = old.down;
	create_and_settle(&new);
	CU_ASSERT_TRUE(has_lost(&old, DOWN));
	lab_move(&old);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&old));
	CU_ASSERT_TRUE(has_lost(&new, DOWN));
	lab_stop();
}

static void session_that_moves_on_keeps_what_is_its_own(void)
{
	struct lab_context old = lab_context(1), new = lab_context(2);

	lab_start();
	lab_create(&old, lab_sqn(1), 1);
	new.up = old.up;
	/* The old session is made anew elsewhere before the new one takes its tunnel. */
	old.up = 0x6666;
	lab_create(&old, lab_sqn(1), 1);
	lab_create(&new, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_TRUE(has_flows(&new));
	CU_ASSERT_TRUE(has_flows(&old));
	lab_stop();
}

static void sessions_that_trade_tunnels_do_not_wait_for_each_other(void)
{
	struct lab_context a = lab_context(1), b = lab_context(2);
	uint64_t messages[4];

	lab_start();
	create_and_settle(&a);
	create_and_settle(&b);
	const uint32_t down = a.down, up = a.up;

	messages[0] = lab_move(&a);
	messages[1] = lab_move(&b);
	a.down = b.down;
	messages[2] = lab_move(&a);
	lab_update_request(&b, NULL, 0);
	b.up = up;
	messages[3] = lab_update_response(&b);
	b.down = down;
	lab_move(&b);
	lab_settle();
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(lab_fate(messages[i]), LAB_LEFT);
	CU_ASSERT_TRUE(lab_sessions() <= 2);
	lab_stop();
}

/* --- tunnels that linger, numbers of flows --- */

static unsigned stopped_flows(void)
{
	unsigned count = 0;

	for (unsigned w = 0; w < lab.config.workers; w++)
		for (uint32_t i = 0; i < lab.flows_per_worker; i++)
			count += lab.workers[w].flows[i].state == LAB_STOPPED;
	return count;
}

static void removed_tunnel_drops_late_packets_for_a_while(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	create_and_settle(&c);
	lab_delete(&c);
	lab_settle();
	CU_ASSERT_EQUAL(stopped_flows(), 2);
	lab_pass(4900);
	lab_settle();
	CU_ASSERT_EQUAL(stopped_flows(), 2);
	lab_pass(200);
	lab_settle();
	CU_ASSERT_EQUAL(stopped_flows(), 0);
	lab_stop();
}

static void tunnel_that_comes_back_lingers_no_more(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	for (int i = 0; i < 3; i++) {
		create_and_settle(&c);
		CU_ASSERT_EQUAL(stopped_flows(), 0);
		lab_delete(&c);
		lab_settle();
	}
	CU_ASSERT_EQUAL(stopped_flows(), 2);
	lab_stop();
}

/* Its own packets would be dropped as late ones of the session before. */
static void tunnel_of_an_unprotected_context_lingers_no_more(void)
{
	struct lab_context c = lab_context(1), plain = lab_context(2);

	lab_start();
	create_and_settle(&c);
	lab_delete(&c);
	lab_settle();
	plain.up = c.up;
	lab_create_request(&plain, NULL, 0);
	lab_create_response(&plain);
	lab_settle();
	CU_ASSERT_EQUAL(stopped_flows(), 1);
	lab_stop();
}

static void unprotected_context_may_have_a_live_tunnel_at_once(void)
{
	struct lab_context c = lab_context(1), plain = lab_context(2);

	lab_start();
	create_and_settle(&c);
	plain.up = c.up;
	plain.down = c.down;
	lab_create_request(&plain, NULL, 0);
	lab_create_response(&plain);
	lab_settle();
	/* e2m.md 6: the session before loses its tunnels, and stays. */
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_unprotected(), 1);
	CU_ASSERT_EQUAL(stopped_flows(), 0);
	lab_stop();
}

static void event_of_a_flow_that_was_stopped_is_ignored(void)
{
	struct lab_context c = lab_context(1);
	struct tunnel down = lab_down(&c);

	lab_start();
	create_and_settle(&c);
	lab_miss(lab_flow(&down), 0);
	c.down = 0x7777;
	lab_move(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab.asked, 0);
	lab_stop();
}

static void numbers_of_flows_come_back(void)
{
	uint32_t before;

	lab_defaults();
	lab.config.workers = 1;
	lab_open();
	before = tunnels_free_numbers(lab.store, 0);
	for (unsigned i = 0; i < 16; i++) {
		struct lab_context c = lab_context(i);

		create_and_settle(&c);
		lab_delete(&c);
	}
	lab_settle();
	lab_pass(6000);
	lab_settle();
	CU_ASSERT_EQUAL(tunnels_free_numbers(lab.store, 0), before);
	lab_stop();
}

/* Far more tunnels in the time that they linger for than there are numbers. */
static void lingering_tunnels_give_way_when_numbers_run_short(void)
{
	lab_defaults();
	lab.config.workers = 1;
	lab_open();
	for (unsigned i = 0; i < 2 * lab.flows_per_worker; i++) {
		struct lab_context c = lab_context(i % 16);

		c.up += 0x10000 * i;
		c.down += 0x10000 * i;
		create_and_settle(&c);
		lab_delete(&c);
		lab_settle();
	}
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_LEARNED), 2 * lab.flows_per_worker);
	lab_stop();
}

/* Takes all numbers of worker 0 but left of them away. */
static void spare(uint32_t left)
{
	const struct tunnel tunnel = {.teid = 1};
	struct session_flow flow;

	while (tunnels_free_numbers(lab.store, 0) > left)
		CU_ASSERT_TRUE_FATAL(tunnels_take(lab.store, &tunnel, 0, &flow));
}

static bool lingers(struct tunnel tunnel)
{
	for (uint32_t i = 0; i < lab.flows_per_worker; i++)
		if (lab.workers[0].flows[i].state == LAB_STOPPED &&
		    tunnel_is_equal(&lab.workers[0].flows[i].tunnel, &tunnel))
			return true;
	return false;
}

static void oldest_lingering_tunnels_go_when_fewer_than_512_numbers_are_left(void)
{
	struct lab_context c[4];

	lab_defaults();
	lab.config.workers = 1;
	lab_open();
	for (unsigned i = 0; i < 4; i++)
		c[i] = lab_context(i);
	for (unsigned i = 0; i < 2; i++) {
		create_and_settle(&c[i]);
		lab_delete(&c[i]);
		lab_settle();
	}
	spare(513);
	create_and_settle(&c[2]); /* takes those of 513 and of 512 */
	CU_ASSERT_EQUAL(stopped_flows(), 4);
	create_and_settle(&c[3]);
	CU_ASSERT_EQUAL(stopped_flows(), 2);
	CU_ASSERT_FALSE(lingers(lab_up(&c[0])) || lingers(lab_down(&c[0])));
	CU_ASSERT_TRUE(lingers(lab_up(&c[1])) && lingers(lab_down(&c[1])));
	lab_stop();
}

static void create_whose_flows_find_no_place_makes_no_session(void)
{
	struct lab_context c = lab_context(1);
	uint64_t response;

	lab_defaults();
	lab.config.workers = 1;
	lab_open();
	spare(1);
	response = lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 1);
	lab_stop();
}

static void update_whose_flow_finds_no_place_succeeds_when_sent_again(void)
{
	struct lab_context c = lab_context(1);
	uint64_t response;

	lab_defaults();
	lab.config.workers = 1;
	lab_open();
	create_and_settle(&c);
	lab_make_ready(&c);
	spare(0);
	/* Nor is one to be had from tunnels that linger. */
	c.down = 0x7777;
	response = lab_move(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	response = lab_move(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_TRUE(has_flows(&c));
	lab_stop();
}

/* --- what people see --- */

static void views_go_through_all_sessions(void)
{
	struct session_view views[4];
	uint32_t next = 0, seen = 0;

	lab_start();
	for (unsigned i = 0; i < 10; i++) {
		struct lab_context c = lab_context(i);

		create_and_settle(&c);
		if (i % 3 == 0)
			lab_delete(&c);
	}
	lab_settle();
	do {
		seen += (uint32_t)session_view_from(lab.store, NULL, next, views, 4, &next);
	} while (next);
	CU_ASSERT_EQUAL(seen, lab_sessions());
	lab_stop();
}

static void totals_count_ready_sessions(void)
{
	struct lab_context c = lab_context(1), other = lab_context(2);
	struct session_totals totals;

	lab_start();
	create_and_settle(&c);
	create_and_settle(&other);
	lab_make_ready(&c);
	session_totals(lab.store, &totals);
	CU_ASSERT_EQUAL(totals.sessions, 2);
	CU_ASSERT_EQUAL(totals.ready, 1);
	CU_ASSERT_EQUAL(totals.max, lab.config.max);
	lab_delete(&c);
	lab_settle();
	session_totals(lab.store, &totals);
	CU_ASSERT_EQUAL(totals.ready, 0);
	lab_stop();
}

UNIT_MAIN("session", TEST(operations_of_a_session_run_one_after_the_other),
	  TEST(create_behind_a_delete_makes_the_session_again),
	  TEST(create_anew_moves_both_tunnels), TEST(delete_twice_removes_once),
	  TEST(store_goes_with_operations_under_way),
	  TEST(create_takes_a_tunnel_from_a_session_whose_end_nobody_saw),
	  TEST(update_takes_a_tunnel_from_a_session_whose_end_nobody_saw),
	  TEST(create_takes_both_tunnels_from_two_sessions),
	  TEST(tunnel_is_taken_whatever_its_direction_was),
	  TEST(two_that_ask_for_a_tunnel_at_once_end_with_one_that_has_it),
	  TEST(tunnel_of_a_session_that_is_just_made_can_be_taken),
	  TEST(tunnel_of_a_session_that_is_just_moving_can_be_taken),
	  TEST(session_that_lost_its_tunnel_goes_on_in_the_next),
	  TEST(accepted_update_gives_a_lost_tunnel_back),
	  TEST(session_that_moves_on_keeps_what_is_its_own),
	  TEST(sessions_that_trade_tunnels_do_not_wait_for_each_other),
	  TEST(removed_tunnel_drops_late_packets_for_a_while),
	  TEST(tunnel_that_comes_back_lingers_no_more),
	  TEST(tunnel_of_an_unprotected_context_lingers_no_more),
	  TEST(unprotected_context_may_have_a_live_tunnel_at_once),
	  TEST(event_of_a_flow_that_was_stopped_is_ignored), TEST(numbers_of_flows_come_back),
	  TEST(lingering_tunnels_give_way_when_numbers_run_short),
	  TEST(oldest_lingering_tunnels_go_when_fewer_than_512_numbers_are_left),
	  TEST(create_whose_flows_find_no_place_makes_no_session),
	  TEST(update_whose_flow_finds_no_place_succeeds_when_sent_again),
	  TEST(views_go_through_all_sessions), TEST(totals_count_ready_sessions))
