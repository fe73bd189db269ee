/* SPDX-License-Identifier: BSD-3-Clause */
/* COUNT is never used twice with one key, e2m.md 7. The lab's workers check each COUNT that a test uses
 * against all that were used before. */
#include "session_lab.h"

#define PACKETS 10

static struct session_view view;
static struct lab_context context;

static struct lab_flow *flow_of(enum e2m_direction direction)
{
	const struct tunnel tunnel =
		direction == E2M_UPLINK ? lab_up(&context) : lab_down(&context);
	struct lab_flow *flow = lab_flow(&tunnel);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	return flow;
}

/* Pulls the newest keyset, and uses it in both directions. */
static void use_newest(void)
{
	lab_make_ready(&context);
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	lab_use(flow_of(E2M_UPLINK), view.slot, PACKETS);
	lab_use(flow_of(E2M_DOWNLINK), view.slot, PACKETS);
}

static void start_with(unsigned keyset, uint8_t key_id)
{
	context = lab_context(1);
	lab_start();
	lab_create(&context, lab_sqn(keyset), key_id);
	use_newest();
}

static uint32_t count_of(enum e2m_direction direction)
{
	CU_ASSERT_TRUE_FATAL(lab_view(&context, &view));
	return flow_of(direction)->places[view.slot].count;
}

static void count_begins_at_zero(void)
{
	context = lab_context(1);
	lab_start();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 0);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 0);
	lab_stop();
}

static void count_goes_on_when_a_tunnel_moves(void)
{
	start_with(1, 1);
	context.down = 0x7777;
	lab_move(&context);
	lab_settle();
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), PACKETS);
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), PACKETS);
	lab_stop();
}

static void count_goes_on_when_the_session_is_made_again(void)
{
	start_with(1, 1);
	lab_delete(&context);
	lab_settle();
	lab_create(&context, lab_sqn(1), 1);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 2 * PACKETS);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

static void count_goes_on_when_delete_and_create_overlap(void)
{
	start_with(1, 1);
	lab_delete(&context);
	lab_create(&context, lab_sqn(1), 1);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

static void count_goes_on_when_a_create_names_the_keyset_again(void)
{
	start_with(1, 1);
	context.up = 0x6666;
	context.down = 0x7777;
	lab_create(&context, lab_sqn(1), 1);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 2 * PACKETS);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

/* The SGSN forwards the PCO, and could name the keyset by RAND where the UE said SQN. */
static void count_goes_on_when_a_create_trades_sqn_for_rand(void)
{
	start_with(1, 1);
	lab_create(&context, lab_rand(1), 1);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 2 * PACKETS);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

static void count_goes_on_when_a_new_session_trades_sqn_for_rand(void)
{
	start_with(1, 1);
	lab_delete(&context);
	lab_settle();
	lab_create(&context, lab_rand(1), 1);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

static void count_goes_on_when_an_update_trades_sqn_for_rand(void)
{
	start_with(1, 1);
	lab_update(&context, lab_rand(1), 2);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 2 * PACKETS);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	CU_ASSERT_EQUAL(flow_of(E2M_DOWNLINK)->places[flow_of(E2M_DOWNLINK)->in_use].key_id, 2);
	lab_stop();
}

static void count_goes_on_when_an_update_trades_sqn_for_rand_under_the_same_key_id(void)
{
	start_with(1, 1);
	lab_update(&context, lab_rand(1), 1);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

static void count_goes_on_under_another_key_id(void)
{
	start_with(1, 1);
	lab_update(&context, lab_sqn(1), 2);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 2 * PACKETS);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

static void count_goes_on_when_updates_go_back_and_forth(void)
{
	start_with(1, 1);
	for (uint32_t round = 2; round < 6; round++) {
		lab_update(&context, lab_sqn(2), 2);
		use_newest();
		CU_ASSERT_EQUAL(count_of(E2M_UPLINK), (round - 1) * PACKETS);
		lab_update(&context, lab_sqn(1), 1);
		use_newest();
		CU_ASSERT_EQUAL(count_of(E2M_UPLINK), round * PACKETS);
		CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), round * PACKETS);
	}
	lab_stop();
}

static void count_goes_on_when_a_third_keyset_came_between(void)
{
	start_with(1, 1);
	for (unsigned keyset = 2; keyset <= 3; keyset++) {
		lab_update(&context, lab_sqn(keyset), (uint8_t)keyset);
		use_newest();
		lab_authenticated(flow_of(E2M_UPLINK), view.slot);
		lab_settle();
	}
	lab_update(&context, lab_sqn(1), 1);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 2 * PACKETS);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

static void count_goes_on_when_another_keyset_had_its_key_id(void)
{
	start_with(1, 1);
	lab_update(&context, lab_sqn(2), 1);
	use_newest();
	lab_update(&context, lab_sqn(1), 1);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 2 * PACKETS);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

/* Both flows move, so none is live to tell the COUNTs of the keyset that leaves. */
static void count_is_kept_when_keyset_and_both_tunnels_change_at_once(void)
{
	start_with(1, 1);
	const struct e2m_keyset_id other = lab_sqn(2);

	context.down = 0x7777;
	lab_update_request(&context, &other, 1);
	context.up = 0x6666;
	lab_update_response(&context);
	use_newest();
	lab_update(&context, lab_sqn(1), 1);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 2 * PACKETS);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

static void keyset_that_comes_while_a_tunnel_moves_waits_for_its_count(void)
{
	start_with(1, 1);
	/* Away from the keyset, and back to it: its COUNTs are on their way as the answer comes. */
	lab_update(&context, lab_sqn(2), 1);
	lab_settle();
	lab_update(&context, lab_sqn(1), 1);
	lab_miss(flow_of(E2M_UPLINK), 0);
	while (lab_deliver(0) || lab_deliver(1))
		;
	lab_answer_all();
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

static void count_after_expiry_goes_on_when_the_keyset_comes_back(void)
{
	context = lab_context(1);
	lab_start();
	lab.next.lifetime_s = 60;
	lab_create(&context, lab_sqn(1), 1);
	use_newest();
	lab_pass(61000);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_EXPIRED), 1);
	lab_create(&context, lab_sqn(1), 1);
	use_newest();
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 2 * PACKETS);
	lab_stop();
}

static void each_bearer_has_a_count_of_its_own(void)
{
	start_with(1, 1);
	context.nsapi = 6;
	context.up = 0x6666;
	context.down = 0x7777;
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
	CU_ASSERT_EQUAL(count_of(E2M_UPLINK), 0);
	CU_ASSERT_EQUAL(count_of(E2M_DOWNLINK), 0);
	lab_stop();
}

static void keyset_is_not_taken_on_when_there_is_no_room_for_its_count(void)
{
	uint64_t response = 0;
	unsigned rounds = 0;

	context = lab_context(1);
	lab_defaults();
	lab.config.max = 1;
	lab.memory = RETENTION_SHORT;
	lab_open();
	/* A UE that goes through keysets faster than their COUNTs may be forgotten. Eight numbers, but each
	 * of 15 bearers has COUNTs of its own. */
	while (lab_fate(response) != LAB_DISCARDED && rounds < 15 * LAB_KEYSETS) {
		const unsigned keyset = rounds % LAB_KEYSETS + 1;

		context.nsapi = (uint8_t)(1 + rounds / LAB_KEYSETS);
		response = lab_create(&context, lab_sqn(keyset), 1);
		lab_settle();
		if (lab_fate(response) == LAB_LEFT)
			use_newest();
		lab_delete(&context);
		lab_settle();
		rounds++;
	}
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_TRUE(rounds > 8);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 1);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	/* When they have been forgotten, there is room again. */
	lab_pass(361000);
	response = lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_stop();
}

static void update_is_refused_when_there_is_no_room_for_the_old_keysets_count(void)
{
	uint64_t response = 0;
	unsigned rounds = 0;

	context = lab_context(1);
	lab_defaults();
	lab.config.max = 1;
	lab_open();
	lab_create(&context, lab_sqn(1), 1);
	use_newest();
	while (lab_fate(response) != LAB_DISCARDED && rounds < 15 * LAB_KEYSETS) {
		rounds++;
		if (rounds % LAB_KEYSETS == 0) {
			lab_delete(&context);
			lab_settle();
			context.nsapi++;
			response = lab_create(&context, lab_sqn(1), 1);
		} else {
			response = lab_update(&context, lab_sqn(rounds % LAB_KEYSETS + 1),
					      (uint8_t)(rounds % 7 + 1));
		}
		lab_settle();
		if (lab_fate(response) == LAB_LEFT)
			use_newest();
	}
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 1);
	lab_stop();
}

static void keyset_that_was_never_used_takes_no_room(void)
{
	context = lab_context(1);
	lab_defaults();
	lab.config.max = 1;
	lab_open();
	for (unsigned i = 0; i < 100; i++) {
		lab_create(&context, lab_sqn(i % LAB_KEYSETS + 1), 1);
		lab_make_ready(&context);
		lab_delete(&context);
		lab_settle();
	}
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 0);
	lab_stop();
}

UNIT_MAIN("session_count", TEST(count_begins_at_zero), TEST(count_goes_on_when_a_tunnel_moves),
	  TEST(count_goes_on_when_the_session_is_made_again),
	  TEST(count_goes_on_when_delete_and_create_overlap),
	  TEST(count_goes_on_when_a_create_names_the_keyset_again),
	  TEST(count_goes_on_when_a_create_trades_sqn_for_rand),
	  TEST(count_goes_on_when_a_new_session_trades_sqn_for_rand),
	  TEST(count_goes_on_when_an_update_trades_sqn_for_rand),
	  TEST(count_goes_on_when_an_update_trades_sqn_for_rand_under_the_same_key_id),
	  TEST(count_goes_on_under_another_key_id),
	  TEST(count_goes_on_when_updates_go_back_and_forth),
	  TEST(count_goes_on_when_a_third_keyset_came_between),
	  TEST(count_goes_on_when_another_keyset_had_its_key_id),
	  TEST(count_is_kept_when_keyset_and_both_tunnels_change_at_once),
	  TEST(keyset_that_comes_while_a_tunnel_moves_waits_for_its_count),
	  TEST(count_after_expiry_goes_on_when_the_keyset_comes_back),
	  TEST(each_bearer_has_a_count_of_its_own),
	  TEST(keyset_is_not_taken_on_when_there_is_no_room_for_its_count),
	  TEST(update_is_refused_when_there_is_no_room_for_the_old_keysets_count),
	  TEST(keyset_that_was_never_used_takes_no_room))
