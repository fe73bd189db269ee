/* SPDX-License-Identifier: BSD-3-Clause */
/* Update PDP Context: tunnels that move. What an Update does to keysets is in session_keys_test. */
#include "session_lab.h"

static struct session_view view;
static struct lab_context context;

static void start_with_a_session(void)
{
	context = lab_context(1);
	lab_start();
	lab_create(&context, lab_sqn(1), 1);
	lab_make_ready(&context);
}

static bool has_flows(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c), down = lab_down(c);

	return lab_flow(&up) && lab_flow(&down);
}

static void update_moves_the_downlink(void)
{
	struct tunnel before;

	start_with_a_session();
	before = lab_down(&context);
	context.sgsn = 7;
	context.down = 0x7777;
	context.control_sgsn = 0x7778;
	lab_move(&context);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_PTR_NULL(lab_flow(&before));
	CU_ASSERT_EQUAL(lab_count(SESSION_MOVED), 1);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

static void update_response_leaves_when_the_tunnel_has_moved(void)
{
	const struct tunnel *down;
	struct tunnel moved;
	uint64_t response;

	start_with_a_session();
	context.down = 0x7777;
	moved = lab_down(&context);
	down = &moved;
	response = lab_move(&context);
	while (lab_fate(response) == LAB_HELD)
		CU_ASSERT_TRUE_FATAL(lab_execute(0) || lab_execute(1) || lab_deliver(0) ||
				     lab_deliver(1));
	CU_ASSERT_PTR_NOT_NULL(lab_flow(down));
	lab_stop();
}

static void update_that_moves_nothing_stops_no_flow(void)
{
	const struct lab_flow *before;
	struct tunnel down;

	start_with_a_session();
	down = lab_down(&context);
	before = lab_flow(&down);
	lab_move(&context);
	lab_settle();
	CU_ASSERT_PTR_EQUAL(lab_flow(&down), before);
	CU_ASSERT_EQUAL(lab_count(SESSION_MOVED), 0);
	lab_stop();
}

static void key_goes_with_the_tunnel(void)
{
	struct lab_flow *flow;
	struct tunnel down;

	start_with_a_session();
	context.down = 0x7777;
	lab_move(&context);
	lab_settle();
	down = lab_down(&context);
	flow = lab_flow(&down);
	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	CU_ASSERT_EQUAL(flow->places[flow->in_use].state, DATAPATH_KEY_READY);
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_stop();
}

static void ggsn_may_move_the_uplink_in_its_response(void)
{
	start_with_a_session();
	lab_update_request(&context, NULL, 0);
	context.up = 0x8888;
	context.control_ggsn = 0x8889;
	lab_update_response(&context);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	/* The next request goes to the new control TEID. */
	context.down = 0x7777;
	lab_move(&context);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	lab_stop();
}

/* An Update Response with Cause and TEID Data I alone: the GGSN's address stays. */
static void teid_without_an_address_moves_within_the_gsn(void)
{
	uint8_t data[64];
	int len;

	start_with_a_session();
	lab_update_request(&context, NULL, 0);
	context.up = 0x00abcdef;
	len = gtpc_v1_write_cause_response(data, sizeof(data), GTPC_V1_UPDATE_PDP_RESPONSE,
					   context.sequence, context.control_sgsn,
					   GTPC_V1_CAUSE_ACCEPTED);
	memcpy(data + len, (const uint8_t[]){16, 0x00, 0xab, 0xcd, 0xef}, 5);
	data[3] = (uint8_t)(len + 5 - 8);
	lab_give(DATAPATH_CORE, context.ggsn, context.sgsn, data, (size_t)len + 5);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_EQUAL(lab_count(SESSION_MOVED), 1);
	lab_stop();
}

static void ggsn_may_ask_for_an_update(void)
{
	uint8_t data[128];
	const struct gtpc_v1_accept accept = {.type = GTPC_V1_UPDATE_PDP_RESPONSE,
					      .sequence = 900,
					      .peer_teid_control = context.control_ggsn,
					      .teid_data = 0x7777,
					      .teid_control = 0x7778,
					      .gsn = lab_gsn(7)};
	/* NSAPI alone, to the SGSN's control TEID. */
	uint8_t request[] = {
		0x32, GTPC_V1_UPDATE_PDP_REQUEST, 0, 6, 0, 0, 0, 0, 900 >> 8, 900 & 0xff, 0, 0, 20,
		0xF5};
	struct tunnel up, moved = {.teid = 0x7777};
	int len;

	start_with_a_session();
	up = lab_up(&context);
	lab_address(&moved, 7);
	request[6] = (uint8_t)(context.control_sgsn >> 8);
	request[7] = (uint8_t)context.control_sgsn;
	lab_give(DATAPATH_CORE, context.ggsn, context.sgsn, request, sizeof(request));
	len = gtpc_v1_write_accept_response(data, sizeof(data), &accept);
	lab_give(DATAPATH_ACCESS, context.sgsn, context.ggsn, data, (size_t)len);
	lab_settle();
	CU_ASSERT_PTR_NOT_NULL(lab_flow(&up));
	CU_ASSERT_PTR_NOT_NULL(lab_flow(&moved));
	/* The response has no control TEID of the SGSN's (table 10): what comes next finds it by the earlier one. */
	request[9]++;
	lab_give(DATAPATH_CORE, context.ggsn, context.sgsn, request, sizeof(request));
	data[9]++;
	lab_give(DATAPATH_ACCESS, context.sgsn, context.ggsn, data, (size_t)len);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_UNKNOWN_SESSION), 0);
	lab_stop();
}

static void refused_update_moves_nothing(void)
{
	struct lab_context moved;

	start_with_a_session();
	moved = context;
	moved.down = 0x7777;
	lab_update_request(&moved, NULL, 0);
	lab_response(&moved, GTPC_V1_UPDATE_PDP_RESPONSE, 204);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	lab_stop();
}

static void update_of_what_the_ggsn_has_no_more_ends_the_session(void)
{
	uint64_t response;

	start_with_a_session();
	lab_update_request(&context, NULL, 0);
	response = lab_response(&context, GTPC_V1_UPDATE_PDP_RESPONSE, GTPC_V1_CAUSE_NON_EXISTENT);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void update_of_an_unknown_session_passes(void)
{
	context = lab_context(1);
	lab_start();
	lab_update(&context, lab_sqn(1), 1);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_UNKNOWN_SESSION), 1);
	lab_stop();
}

static void update_that_makes_both_directions_one_tunnel_is_left_alone(void)
{
	struct lab_context bad;

	start_with_a_session();
	bad = context;
	lab_update_request(&bad, NULL, 0);
	bad.ggsn = bad.sgsn;
	bad.up = bad.down;
	const struct gtpc_v1_accept accept = {.type = GTPC_V1_UPDATE_PDP_RESPONSE,
					      .sequence = bad.sequence,
					      .peer_teid_control = bad.control_sgsn,
					      .teid_data = bad.up,
					      .teid_control = bad.control_ggsn,
					      .gsn = lab_gsn(bad.ggsn)};
	uint8_t data[128];
	int len = gtpc_v1_write_accept_response(data, sizeof(data), &accept);

	lab_give(DATAPATH_CORE, context.ggsn, context.sgsn, data, (size_t)len);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_MALFORMED), 1);
	lab_stop();
}

/* The place of a session that ends goes to the next one made: an answer about the first must not move the
 * second's tunnels. */
static void answer_about_a_session_that_ended_moves_no_other(void)
{
	struct lab_context first, second = lab_context(2);

	start_with_a_session();
	first = context;
	first.down = 0x7777;
	lab_update_request(&first, NULL, 0);
	lab_delete(&context);
	lab_settle();
	lab_create(&second, lab_sqn(1), 1);
	lab_settle();
	lab_update_response(&first);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&second));
	CU_ASSERT_FALSE(has_flows(&first));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_UNKNOWN_SESSION), 1);
	lab_stop();
}

static void answer_about_a_session_made_anew_meanwhile_changes_nothing(void)
{
	struct lab_context stale;

	start_with_a_session();
	stale = context;
	stale.down = 0x7777;
	lab_update_request(&stale, NULL, 0);
	context.up = 0x6666;
	lab_create(&context, lab_sqn(1), 1);
	lab_settle();
	lab_update_response(&stale);
	lab_settle();
	CU_ASSERT_TRUE(has_flows(&context));
	lab_stop();
}

static void update_of_a_session_that_ends_passes(void)
{
	uint64_t response;

	start_with_a_session();
	lab_update_request(&context, NULL, 0);
	const struct lab_context before = context;

	lab_delete(&context);
	response = lab_update_response(&before);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_FALSE(lab_view(&context, &view));
	lab_stop();
}

/* The other one ended at the GGSN alone. */
static void control_teid_given_to_another_names_the_other_no_more(void)
{
	struct lab_context other = lab_context(2);
	struct tunnel up, down;

	start_with_a_session();
	other.control_ggsn = context.control_ggsn;
	other.up = context.up;
	lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	other.down = 0x7777;
	lab_move(&other);
	lab_settle();
	CU_ASSERT_TRUE_FATAL(has_flows(&other));
	up = lab_up(&other);
	down = lab_down(&other);
	CU_ASSERT_EQUAL(lab_subscriber(lab_flow(&up)), other.subscriber);
	CU_ASSERT_EQUAL(lab_subscriber(lab_flow(&down)), other.subscriber);
	lab_stop();
}

UNIT_MAIN("session_update", TEST(update_moves_the_downlink),
	  TEST(update_response_leaves_when_the_tunnel_has_moved),
	  TEST(update_that_moves_nothing_stops_no_flow), TEST(key_goes_with_the_tunnel),
	  TEST(ggsn_may_move_the_uplink_in_its_response),
	  TEST(teid_without_an_address_moves_within_the_gsn), TEST(ggsn_may_ask_for_an_update),
	  TEST(refused_update_moves_nothing),
	  TEST(update_of_what_the_ggsn_has_no_more_ends_the_session),
	  TEST(update_of_an_unknown_session_passes),
	  TEST(update_that_makes_both_directions_one_tunnel_is_left_alone),
	  TEST(answer_about_a_session_that_ended_moves_no_other),
	  TEST(answer_about_a_session_made_anew_meanwhile_changes_nothing),
	  TEST(update_of_a_session_that_ends_passes),
	  TEST(control_teid_given_to_another_names_the_other_no_more))
