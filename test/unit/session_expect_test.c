/* SPDX-License-Identifier: BSD-3-Clause */
/* Tunnels are known from the request on that names them, before anybody has accepted it: what is sent to them meanwhile
 * is held, and neither crosses nor is lost. */
#include "control/tunnels.h"
#include "session_lab.h"

/* Tunnels that are expected at most. */
#define EXPECTED_MAX 4096

static struct lab_context context;
static struct e2m_keyset_id name;

static void start(void)
{
	context = lab_context(1);
	name = lab_sqn(1);
	lab_start();
}

static bool is_expected(struct tunnel tunnel, enum e2m_direction direction)
{
	const struct lab_flow *flow = lab_expected(&tunnel);

	return flow && flow->direction == direction;
}

static bool is_live(struct tunnel tunnel)
{
	return lab_flow(&tunnel) != NULL;
}

static void the_tunnel_of_a_create_request_is_expected(void)
{
	start();
	lab_create_request(&context, &name, 1);
	lab_settle();
	CU_ASSERT_TRUE(is_expected(lab_down(&context), E2M_DOWNLINK));
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void the_request_leaves_when_the_worker_knows(void)
{
	uint64_t request;

	start();
	request = lab_create_request(&context, &name, 1);
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	while (lab_execute(0) || lab_execute(1))
		CU_ASSERT_EQUAL(lab_fate(request), LAB_HELD);
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_LEFT);
	lab_stop();
}

static void the_session_takes_over_what_is_held(void)
{
	const struct tunnel down = lab_down(&context);
	const struct lab_flow *flow;

	start();
	lab_create_request(&context, &name, 1);
	lab_settle();
	flow = lab_expected(&down);
	lab_create_response(&context);
	lab_settle();
	CU_ASSERT_PTR_EQUAL(lab_flow(&down), flow);
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_make_ready(&context);
	lab_delete(&context);
	lab_pass(6000);
	lab_settle();
	CU_ASSERT_EQUAL(flow->state, LAB_FREE);
	lab_stop();
}

static void a_response_that_comes_before_the_worker_knows_does_no_harm(void)
{
	start();
	lab_create(&context, name, 1);
	lab_settle();
	CU_ASSERT_TRUE(is_live(lab_down(&context)));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

static void a_refusal_ends_it(void)
{
	start();
	lab_create_request(&context, &name, 1);
	lab_settle();
	lab_response(&context, GTPC_V1_CREATE_PDP_RESPONSE, 199);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

static void a_tunnel_given_up_before_the_worker_knows_is_expected_anew(void)
{
	struct lab_context other = lab_context(2);

	start();
	other.sgsn = context.sgsn;
	other.down = context.down;
	lab_create_request(&context, &name, 1);
	lab_response(&context, GTPC_V1_CREATE_PDP_RESPONSE, 199);
	lab_create_request(&other, &name, 1);
	lab_settle();
	CU_ASSERT_TRUE(is_expected(lab_down(&other), E2M_DOWNLINK));
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	lab_stop();
}

static void without_an_answer_it_ends_by_itself(void)
{
	start();
	lab_create_request(&context, &name, 1);
	lab_settle();
	lab_pass(9900);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	lab_pass(200);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	/* And whoever answers after all is heard. */
	lab_create_response(&context);
	lab_settle();
	CU_ASSERT_TRUE(is_live(lab_down(&context)));
	lab_stop();
}

static void a_request_sent_again_prolongs_it(void)
{
	start();
	lab_create_request(&context, &name, 1);
	lab_pass(6000);
	lab.send_again = true;
	lab_create_request(&context, &name, 1);
	lab_pass(6000);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	lab_stop();
}

/* Its packets cross when the response has made its session, and not before. */
static void a_request_without_a_keyset_expects_too(void)
{
	start();
	lab_create_request(&context, NULL, 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	lab_create_response(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	CU_ASSERT_EQUAL(lab_unprotected(), 1);
	lab_stop();
}

static void a_tunnel_that_turns_out_unprotected_is_expected_no_more(void)
{
	start();
	lab_create_request(&context, &name, 1);
	lab_create_request(&context, NULL, 0); /* it was never answered, and the UE tries without */
	lab_create_response(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void a_tunnel_in_use_stays_as_it_is(void)
{
	const struct tunnel down = lab_down(&context);
	const struct lab_flow *flow;

	start();
	lab_create(&context, name, 1);
	lab_settle();
	flow = lab_flow(&down);
	lab_create_request(&context, &name, 1);
	lab_settle();
	CU_ASSERT_PTR_EQUAL(lab_flow(&down), flow);
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

static void a_tunnel_that_lingers_is_expected_again(void)
{
	start();
	lab_create(&context, name, 1);
	lab_settle();
	lab_delete(&context);
	lab_settle();
	lab_create_request(&context, &name, 1);
	lab_settle();
	CU_ASSERT_TRUE(is_expected(lab_down(&context), E2M_DOWNLINK));
	lab_stop();
}

static void the_tunnel_that_an_update_moves_to_is_expected(void)
{
	const struct lab_context before = lab_context(1);

	start();
	lab_create(&context, name, 1);
	lab_settle();
	context.down += 1000;
	lab_update_request(&context, NULL, 0);
	lab_settle();
	CU_ASSERT_TRUE(is_expected(lab_down(&context), E2M_DOWNLINK));
	CU_ASSERT_TRUE(is_live(lab_down(&before)));
	lab_update_response(&context);
	lab_settle();
	CU_ASSERT_TRUE(is_live(lab_down(&context)));
	CU_ASSERT_FALSE(is_live(lab_down(&before)));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

static void an_update_that_is_refused_moves_nothing(void)
{
	const struct lab_context before = lab_context(1);

	start();
	lab_create(&context, name, 1);
	lab_settle();
	context.down += 1000;
	lab_update_request(&context, NULL, 0);
	lab_response(&context, GTPC_V1_UPDATE_PDP_RESPONSE, 199);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	CU_ASSERT_TRUE(is_live(lab_down(&before)));
	lab_stop();
}

/* Whoever floods makes the oldest be forgotten, and takes nothing from sessions. */
static void a_flood_of_requests_is_bounded(void)
{
	struct lab_context flood = lab_context(2);
	const uint32_t first = flood.down;

	start();
	lab_create(&context, name, 1);
	lab_settle();
	for (uint32_t i = 0; i < EXPECTED_MAX + 100; i++) {
		flood.down = first + i * 16;
		lab_create_request(&flood, &name, 1);
		lab_settle();
	}
	CU_ASSERT_EQUAL(lab_expected_count(), EXPECTED_MAX);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_EXPECTED_LOST), 100);
	CU_ASSERT_TRUE(is_expected(lab_down(&flood), E2M_DOWNLINK));
	flood.down = first;
	CU_ASSERT_FALSE(is_expected(lab_down(&flood), E2M_DOWNLINK));
	CU_ASSERT_TRUE(is_live(lab_down(&context)));
	lab_pass(11000);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	for (unsigned w = 0; w < lab.config.workers; w++)
		CU_ASSERT_TRUE(tunnels_free_numbers(lab.store, w) >= lab.flows_per_worker - 2);
	lab_stop();
}

/* Whoever names another's tunnel, and is refused, with a keyset or without. */
static void a_refused_request_ends_nothing_that_another_names(void)
{
	for (unsigned names = 0; names < 2; names++) {
		struct lab_context other = lab_context(2);

		start();
		other.sgsn = context.sgsn;
		other.down = context.down;
		lab_create_request(&context, &name, 1);
		lab_create_request(&other, names ? &name : NULL, names);
		lab_response(&other, GTPC_V1_CREATE_PDP_RESPONSE, GTPC_V1_CAUSE_NON_EXISTENT);
		lab_settle();
		CU_ASSERT_TRUE(is_expected(lab_down(&context), E2M_DOWNLINK));
		lab_response(&context, GTPC_V1_CREATE_PDP_RESPONSE, GTPC_V1_CAUSE_NON_EXISTENT);
		lab_settle();
		CU_ASSERT_EQUAL(lab_expected_count(), 0);
		lab_stop();
	}
}

UNIT_MAIN("session_expect", TEST(a_refused_request_ends_nothing_that_another_names),
	  TEST(the_tunnel_of_a_create_request_is_expected),
	  TEST(the_request_leaves_when_the_worker_knows), TEST(the_session_takes_over_what_is_held),
	  TEST(a_response_that_comes_before_the_worker_knows_does_no_harm), TEST(a_refusal_ends_it),
	  TEST(a_tunnel_given_up_before_the_worker_knows_is_expected_anew),
	  TEST(without_an_answer_it_ends_by_itself), TEST(a_request_sent_again_prolongs_it),
	  TEST(a_request_without_a_keyset_expects_too),
	  TEST(a_tunnel_that_turns_out_unprotected_is_expected_no_more),
	  TEST(a_tunnel_in_use_stays_as_it_is), TEST(a_tunnel_that_lingers_is_expected_again),
	  TEST(the_tunnel_that_an_update_moves_to_is_expected),
	  TEST(an_update_that_is_refused_moves_nothing), TEST(a_flood_of_requests_is_bounded))
