/* SPDX-License-Identifier: BSD-3-Clause */
/* Which response answers which request, where GSNs have several addresses, or count their requests for each other GSN
 * alone. */
#include "session_lab_v2.h"

static struct session_view view;

/* A Create PDP Context Response as the context's GGSN makes it, but from there. */
static uint64_t answer_from(uint8_t last_octet, const struct lab_context *c, uint32_t header_teid)
{
	const struct gtpc_v1_accept accept = {.type = GTPC_V1_CREATE_PDP_RESPONSE,
					      .sequence = (uint16_t)c->sequence,
					      .peer_teid_control = header_teid,
					      .teid_data = c->up,
					      .teid_control = c->control_ggsn,
					      .gsn = lab_gsn(c->ggsn)};
	uint8_t data[512];
	const int len = gtpc_v1_write_accept_response(data, sizeof(data), &accept);

	CU_ASSERT_TRUE_FATAL(len > 0);
	return lab_give(DATAPATH_CORE, last_octet, c->sgsn, data, (size_t)len);
}

static bool is_learned(const struct lab_context *c)
{
	const struct tunnel up = lab_up(c), down = lab_down(c);

	return lab_view(c, &view) && lab_flow(&up) && lab_flow(&down);
}

static void a_ggsn_may_answer_by_another_of_its_addresses(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);
	uint64_t response;

	lab_start();
	lab_create_request(&c, &name, 1);
	response = answer_from(9, &c, c.control_sgsn);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_TRUE(is_learned(&c));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 0);
	lab_stop();
}

static void so_may_a_pgw(void)
{
	struct lab_context c = lab_context(1);
	struct gtpc_v2 m;

	lab_start();
	m = lab_create_session(&c);
	m.pco = lab_pco(lab_sqn(1), 1);
	lab_send(&c, &m);
	m = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
	lab_send_from(9, &c, &m);
	lab_settle();
	CU_ASSERT_TRUE(is_learned(&c));
	lab_stop();
}

static void it_shows_by_the_teid_whom_it_answers(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);
	const uint32_t teids[] = {0, c.control_sgsn + 1};

	for (unsigned i = 0; i < 2; i++) {
		lab_start();
		lab_create_request(&c, &name, 1);
		answer_from(9, &c, teids[i]);
		lab_settle();
		CU_ASSERT_EQUAL(lab_sessions(), 0);
		CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 1);
		lab_stop();
	}
}

static void so_it_does_when_it_deletes(void)
{
	struct lab_context c = lab_context(1);
	uint8_t data[128];
	int len;

	lab_start();
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	lab_delete_request(&c, false);
	len = gtpc_v1_write_cause_response(data, sizeof(data), GTPC_V1_DELETE_PDP_RESPONSE,
					   (uint16_t)c.sequence, c.control_sgsn,
					   GTPC_V1_CAUSE_ACCEPTED);
	lab_give(DATAPATH_CORE, 9, c.sgsn, data, (size_t)len);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void and_a_pgw_when_it_deletes(void)
{
	struct lab_context c = lab_context(1);
	struct gtpc_v2 m;

	lab_start();
	lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	m = lab_delete_session(&c);
	lab_send(&c, &m);
	m = lab_accept(&c, GTPC_V2_DELETE_SESSION_RESPONSE);
	lab_send_from(9, &c, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

/* Somebody's guess, or another's answer: the tunnel that the request names stays held. */
static void after_an_answer_for_another_the_true_one_counts(void)
{
	struct lab_context c = lab_context(1);
	const struct tunnel down = lab_down(&c);
	struct gtpc_v2 m, other;

	lab_start();
	m = lab_create_session(&c);
	m.pco = lab_pco(lab_sqn(1), 1);
	lab_send(&c, &m);
	m = other = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
	other.teid++;
	lab_send(&c, &other);
	other = lab_refuse(&c, GTPC_V2_CREATE_SESSION_RESPONSE, GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
	other.teid++;
	lab_send(&c, &other);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 2);
	CU_ASSERT_PTR_NOT_NULL(lab_expected(&down));
	lab_send(&c, &m);
	lab_settle();
	CU_ASSERT_TRUE(is_learned(&c));
	lab_stop();
}

/* The visited network's side: whoever knows the TEID need not be whom the P-GW asked. */
static void what_the_access_side_answers_comes_from_whom_was_asked(void)
{
	struct lab_context c = lab_context(1);
	struct gtpc_v2 m;

	lab_start();
	lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	m = lab_delete_bearer(&c);
	m.ebis = 0;
	m.linked_ebi = c.nsapi;
	lab_send(&c, &m);
	m = lab_accept(&c, GTPC_V2_DELETE_BEARER_RESPONSE);
	lab_send_from(9, &c, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 1);
	lab_send(&c, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

/* TS 29.060 7.6: sequence numbers are unique on a path, which is between two addresses. */
static void two_ggsns_are_asked_with_one_sequence_number(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);

	for (unsigned first = 0; first < 2; first++) {
		struct lab_context c[2] = {lab_context(1), lab_context(2)};

		lab_start();
		c[0].ggsn = 21;
		c[1].ggsn = 22;
		c[1].sgsn = c[0].sgsn;
		lab_create_request(&c[0], &name, 1);
		c[1].sequence = c[0].sequence;
		lab.send_again = true;
		lab_create_request(&c[1], &name, 1);
		lab_create_response(&c[first]);
		lab_create_response(&c[!first]);
		lab_settle();
		CU_ASSERT_TRUE(is_learned(&c[0]));
		CU_ASSERT_TRUE(is_learned(&c[1]));
		CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 0);
		lab_stop();
	}
}

/* The one of before was never answered. */
static void a_sequence_number_comes_again_after_the_wrap(void)
{
	struct lab_context before = lab_context(1), c = lab_context(2);
	const struct e2m_keyset_id name = lab_sqn(1);

	lab_start();
	c.sgsn = before.sgsn;
	c.ggsn = before.ggsn;
	lab.send_again = true;
	before.sequence = c.sequence = UINT16_MAX;
	lab_create_request(&before, &name, 1);
	for (uint32_t sequence = 0; sequence < UINT16_MAX; sequence += 4096) {
		c.sequence = sequence;
		lab_create_request(&c, &name, 1);
	}
	c.sequence = UINT16_MAX;
	lab_settle();
	lab_pass(11000);
	lab_create_request(&c, &name, 1);
	lab_create_response(&c);
	lab_settle();
	CU_ASSERT_TRUE(is_learned(&c));
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

UNIT_MAIN("session_answers", TEST(a_ggsn_may_answer_by_another_of_its_addresses),
	  TEST(so_may_a_pgw), TEST(it_shows_by_the_teid_whom_it_answers),
	  TEST(so_it_does_when_it_deletes), TEST(and_a_pgw_when_it_deletes),
	  TEST(after_an_answer_for_another_the_true_one_counts),
	  TEST(what_the_access_side_answers_comes_from_whom_was_asked),
	  TEST(two_ggsns_are_asked_with_one_sequence_number),
	  TEST(a_sequence_number_comes_again_after_the_wrap), )
