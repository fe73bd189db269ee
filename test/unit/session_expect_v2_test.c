/* SPDX-License-Identifier: BSD-3-Clause */
/* The tunnels that GTPv2-C names are known from the request on, as those of GTPv1-C are. */
#include "session_lab_v2.h"

static struct lab_context first, second; /* default bearer, and a dedicated one */

static void start(void)
{
	first = lab_context(1);
	second = lab_dedicated(&first, 6);
	lab_start();
}

static void start_with_both(void)
{
	start();
	lab_begin(&first, lab_sqn(3), 2);
	lab_begin_dedicated(&second, &first);
	lab_settle();
	CU_ASSERT_EQUAL_FATAL(lab_sessions(), 2);
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
}

static bool is_expected(struct tunnel tunnel, enum e2m_direction direction)
{
	const struct lab_flow *flow = lab_expected(&tunnel);

	return flow && flow->direction == direction;
}

static void give(const struct lab_context *c, struct gtpc_v2 m)
{
	lab_send(c, &m);
	lab_settle();
}

static struct gtpc_v2 create_with_keyset(struct lab_context *c)
{
	struct gtpc_v2 m = lab_create_session(c);

	m.pco = lab_pco(lab_sqn(3), 2);
	return m;
}

static void the_tunnel_of_a_create_session_request_is_expected(void)
{
	uint64_t request;
	struct gtpc_v2 m;

	start();
	m = create_with_keyset(&first);
	request = lab_send(&first, &m);
	CU_ASSERT_EQUAL(lab_fate(request), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_LEFT);
	CU_ASSERT_TRUE(is_expected(lab_down(&first), E2M_DOWNLINK));
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	give(&first, lab_accept(&first, GTPC_V2_CREATE_SESSION_RESPONSE));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

static void an_unprotected_create_session_request_expects_too(void)
{
	start();
	give(&first, lab_create_session(&first));
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	give(&first, lab_accept(&first, GTPC_V2_CREATE_SESSION_RESPONSE));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	CU_ASSERT_EQUAL(lab_unprotected(), 1);
	lab_stop();
}

/* The P-GW may choose either. */
static void both_addresses_of_an_fteid_are_expected(void)
{
	struct gtpc_v2 m;

	start();
	m = create_with_keyset(&first);
	m.bearers[0].sgw_u.ipv6 = (struct gtp_address){.len = 16, .octets = {0x20, 1, [15] = 1}};
	give(&first, m);
	CU_ASSERT_EQUAL(lab_expected_count(), 2);
	give(&first, lab_accept(&first, GTPC_V2_CREATE_SESSION_RESPONSE));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

static void a_refused_create_session_ends_it(void)
{
	start();
	give(&first, create_with_keyset(&first));
	give(&first, lab_refuse(&first, GTPC_V2_CREATE_SESSION_RESPONSE, 73));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

static void a_bearer_that_is_not_created_ends_it(void)
{
	struct gtpc_v2 accept;

	start();
	give(&first, create_with_keyset(&first));
	accept = lab_accept(&first, GTPC_V2_CREATE_SESSION_RESPONSE);
	accept.cause = GTPC_V2_CAUSE_ACCEPTED_PARTIALLY;
	accept.bearers[0].cause = 73;
	give(&first, accept);
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void tunnels_of_a_move_are_expected(void)
{
	struct lab_context before;
	struct gtpc_v2 m;

	start_with_both();
	before = first;
	first.down++, second.down++;
	m = lab_modify_bearer(&first);
	m.bearers_count = 2;
	m.bearers[1] =
		(struct gtpc_v2_bearer){.ebi = 6, .sgw_u = lab_fteid(second.sgsn, second.down)};
	give(&first, m);
	CU_ASSERT_TRUE(is_expected(lab_down(&first), E2M_DOWNLINK));
	CU_ASSERT_TRUE(is_expected(lab_down(&second), E2M_DOWNLINK));
	give(&first, lab_refuse(&first, GTPC_V2_MODIFY_BEARER_RESPONSE, 73));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	CU_ASSERT_PTR_NOT_NULL(lab_flow(&(struct tunnel[]){lab_down(&before)}[0]));
	lab_stop();
}

static void the_tunnel_of_a_create_bearer_request_is_expected(void)
{
	start();
	lab_begin(&first, lab_sqn(3), 2);
	lab_settle();
	give(&second, lab_create_bearer(&second, &first));
	CU_ASSERT_TRUE(is_expected(lab_up(&second), E2M_UPLINK));
	give(&second, lab_accept(&second, GTPC_V2_CREATE_BEARER_RESPONSE));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	lab_stop();
}

static void a_create_bearer_request_of_nobody_known_is_not_looked_at(void)
{
	start();
	give(&second, lab_create_bearer(&second, &first));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

static void a_refused_request_ends_nothing_that_another_names(void)
{
	for (unsigned names = 0; names < 2; names++) {
		struct lab_context c = lab_context(1), other = lab_context(2);
		const struct tunnel down = lab_down(&c);
		struct gtpc_v2 m;

		lab_start();
		other.sgsn = c.sgsn;
		other.down = c.down;
		m = lab_create_session(&c);
		m.pco = lab_pco(lab_sqn(1), 1);
		lab_send(&c, &m);
		m = lab_create_session(&other);
		if (names)
			m.pco = lab_pco(lab_sqn(1), 1);
		lab_send(&other, &m);
		m = lab_refuse(&other, GTPC_V2_CREATE_SESSION_RESPONSE,
			       GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
		lab_send(&other, &m);
		lab_settle();
		CU_ASSERT_PTR_NOT_NULL(lab_expected(&down));
		m = lab_refuse(&c, GTPC_V2_CREATE_SESSION_RESPONSE,
			       GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
		lab_send(&c, &m);
		lab_settle();
		CU_ASSERT_EQUAL(lab_expected_count(), 0);
		lab_stop();
	}
}

UNIT_MAIN("session_expect_v2", TEST(a_refused_request_ends_nothing_that_another_names),
	  TEST(the_tunnel_of_a_create_session_request_is_expected),
	  TEST(an_unprotected_create_session_request_expects_too),
	  TEST(both_addresses_of_an_fteid_are_expected), TEST(a_refused_create_session_ends_it),
	  TEST(a_bearer_that_is_not_created_ends_it), TEST(tunnels_of_a_move_are_expected),
	  TEST(the_tunnel_of_a_create_bearer_request_is_expected),
	  TEST(a_create_bearer_request_of_nobody_known_is_not_looked_at))
