/* SPDX-License-Identifier: BSD-3-Clause */
/* GTPv1-C that a GGSN may read otherwise than hse: by the IMSI or by the TEID, without a look at the NSAPI, or as an
 * earlier request sent again. In whatever way it is read, downlink of a protected session does not cross in clear. */
#include "session_messages.h"

/* As the context would be if the GGSN took what comes from there for its SGSN's. */
static struct lab_context stolen(void)
{
	struct lab_context c = context;

	c.sgsn = ELSEWHERE;
	c.control_sgsn = 0x9999;
	c.down = 0x7777;
	return c;
}

static void accept_create(const struct lab_context *c, uint32_t header_teid, uint16_t sequence)
{
	struct message m = message(GTPC_V1_CREATE_PDP_RESPONSE, header_teid, sequence);

	add_octet(&m, 1, GTPC_V1_CAUSE_ACCEPTED);
	add_teid(&m, 16, c->up);
	add_teid(&m, 17, c->control_ggsn);
	add_sgsn(&m, c->ggsn);
	give(DATAPATH_CORE, c->ggsn, c->sgsn, &m);
	lab_settle();
}

/* Linked to the session's context; imsi 0: none. */
static uint64_t create_linked(const struct lab_context *c, unsigned imsi, uint16_t sequence)
{
	struct message m = message(GTPC_V1_CREATE_PDP_REQUEST, context.control_ggsn, sequence);

	if (imsi)
		add_imsi(&m, imsi);
	add_teid(&m, 16, c->down);
	add_teid(&m, 17, c->control_sgsn);
	add_octet(&m, 20, c->nsapi);
	add_octet(&m, 20, context.nsapi);
	add_sgsn(&m, c->sgsn);
	return give(DATAPATH_ACCESS, c->sgsn, c->ggsn, &m);
}

/* The GGSN repeats its response, and has given the TEID to another context since. */
static void a_repeated_create_takes_no_tunnel_that_is_anothers_by_now(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct lab_context before = lab_context(1), other = lab_context(2), copy;
	uint64_t response;

	lab_start();
	other.ggsn = before.ggsn;
	other.up = before.up;
	lab_create(&before, name, 1);
	copy = before;
	lab_delete(&before);
	lab_create(&other, name, 1);
	lab_settle();
	lab.send_again = true;
	lab_create_request(&copy, &name, 1);
	response = lab_create_response(&copy);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_TRUE(has_flow(lab_up(&other)));
	CU_ASSERT_TRUE(has_flow(lab_down(&other)));
	lab_stop();
}

static void a_repeated_create_changes_nothing(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct lab_context c = lab_context(1);
	uint64_t response;

	lab_start();
	lab_create(&c, name, 1);
	lab_settle();
	lab.send_again = true;
	lab_create_request(&c, &name, 1);
	response = lab_create_response(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_TRUE(has_flow(lab_up(&c)));
	lab_stop();
}

/* --- whom it is about --- */

static void an_update_is_of_its_imsi_whatever_its_teid(void)
{
	const uint16_t sequence = next_sequence();
	struct lab_context c;
	struct message m;

	start();
	c = stolen();
	m = message(GTPC_V1_UPDATE_PDP_REQUEST, 1, sequence);
	add_imsi(&m, c.subscriber);
	add_teid(&m, 16, c.down);
	add_teid(&m, 17, c.control_sgsn);
	add_octet(&m, 20, c.nsapi);
	add_sgsn(&m, c.sgsn);
	give(DATAPATH_ACCESS, c.sgsn, c.ggsn, &m);
	accept_update(&c, c.sgsn, sequence);
	CU_ASSERT_TRUE(has_flow(lab_down(&c)));
	lab_stop();
}

static void an_update_with_the_teid_of_one_and_the_imsi_of_another_does_not_cross(void)
{
	struct lab_context other = lab_context(2), c;
	struct message m;
	uint64_t request;

	start();
	other.ggsn = context.ggsn;
	lab_create(&other, lab_sqn(1), 1);
	lab_settle();
	c = stolen();
	m = message(GTPC_V1_UPDATE_PDP_REQUEST, other.control_ggsn, next_sequence());
	add_imsi(&m, c.subscriber);
	add_teid(&m, 16, c.down);
	add_teid(&m, 17, c.control_sgsn);
	add_octet(&m, 20, c.nsapi);
	add_sgsn(&m, c.sgsn);
	request = give(DATAPATH_ACCESS, c.sgsn, c.ggsn, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), 1);
	lab_stop();
}

static void an_update_of_a_context_that_nobody_knows_crosses_for_its_gsn_alone(void)
{
	for (unsigned own = 0; own < 2; own++) {
		struct lab_context c;
		struct message m;
		uint64_t request;

		start();
		c = stolen();
		c.nsapi = 9;
		if (own)
			c.sgsn = context.sgsn;
		m = update(&c, next_sequence());
		add_sgsn(&m, c.sgsn);
		request = give(DATAPATH_ACCESS, c.sgsn, c.ggsn, &m);
		lab_settle();
		CU_ASSERT_EQUAL(lab_fate(request), own ? LAB_LEFT : LAB_DISCARDED);
		CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), !own);
		lab_stop();
	}
}

static void a_create_linked_to_a_context_is_of_its_subscriber(void)
{
	for (unsigned imsi = 0; imsi < 10; imsi += 9) {
		const uint16_t sequence = next_sequence();
		struct lab_context c;

		start();
		c = stolen();
		c.nsapi = 6;
		c.up++;
		create_linked(&c, imsi, sequence);
		accept_create(&c, c.control_sgsn, sequence);
		CU_ASSERT_TRUE(has_flow(lab_down(&c)));
		CU_ASSERT_TRUE(is_unchanged(&context));
		lab_stop();
	}
}

/* The GGSN may refuse it, replace the context, or make a second one with the same NSAPI. */
static void a_create_linked_to_the_context_itself_does_not_cross(void)
{
	for (unsigned imsi = 0; imsi < 2; imsi++) {
		const uint16_t sequence = next_sequence();
		struct lab_context c;
		uint64_t request;

		start();
		c = stolen();
		request = create_linked(&c, imsi, sequence);
		lab_settle();
		CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
		CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), 1);
		accept_create(&c, c.control_sgsn, sequence);
		CU_ASSERT_TRUE(is_unchanged(&context));
		lab_stop();
	}
}

static void a_create_is_answered_with_the_teid_of_the_context_that_it_is_linked_to(void)
{
	const uint16_t sequence = next_sequence();
	struct lab_context c;

	start();
	c = stolen();
	c.nsapi = 6;
	c.up++;
	create_linked(&c, 0, sequence);
	accept_create(&c, context.control_sgsn, sequence);
	lab_pass(11000);
	lab_settle();
	CU_ASSERT_TRUE(has_flow(lab_down(&c)));
	lab_stop();
}

/* By the IMSI he names another context of the UE, whose GGSN does not hear of it. */
static void what_another_ggsn_accepts_moves_no_downlink(void)
{
	const uint16_t sequence = next_sequence();
	struct lab_context second, c;
	struct message m;

	start();
	second = context;
	second.nsapi = 6;
	second.up++;
	second.down++;
	lab_create(&second, lab_sqn(1), 1);
	lab_settle();
	c = stolen();
	c.nsapi = 6;
	c.ggsn = ELSEWHERE + 1;
	m = message(GTPC_V1_CREATE_PDP_REQUEST, 0, sequence);
	add_imsi(&m, context.subscriber);
	add_teid(&m, 16, c.down);
	add_teid(&m, 17, c.control_sgsn);
	add_octet(&m, 20, 6);
	add_octet(&m, 20, 5);
	add_sgsn(&m, c.sgsn);
	give(DATAPATH_ACCESS, c.sgsn, c.ggsn, &m);
	c.up = 0x8888;
	accept_create(&c, c.control_sgsn, sequence);
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_TRUE(is_unchanged(&second));
	lab_stop();
}

/* He names himself, and an IMSI that the GGSN does not have. */
static void non_existent_ends_what_the_sgsn_of_the_session_asked_about_alone(void)
{
	for (unsigned own = 0; own < 2; own++) {
		const uint16_t sequence = next_sequence();
		struct lab_context c;
		struct message m;

		start();
		c = stolen();
		if (own)
			c.sgsn = context.sgsn;
		m = message(GTPC_V1_UPDATE_PDP_REQUEST, c.control_ggsn, sequence);
		add_imsi(&m, 9);
		add_teid(&m, 16, c.down);
		add_teid(&m, 17, c.control_sgsn);
		add_octet(&m, 20, c.nsapi);
		add_sgsn(&m, c.sgsn);
		give(DATAPATH_ACCESS, c.sgsn, c.ggsn, &m);
		m = message(GTPC_V1_UPDATE_PDP_RESPONSE, 0, sequence);
		add_octet(&m, 1, GTPC_V1_CAUSE_NON_EXISTENT);
		give(DATAPATH_CORE, c.ggsn, c.sgsn, &m);
		lab_settle();
		CU_ASSERT_EQUAL(lab_sessions(), !own);
		CU_ASSERT_TRUE(own || is_unchanged(&context));
		lab_stop();
	}
}

/* --- SGSNs as they are --- */

static void an_sgsn_may_name_another_address_for_signalling(void)
{
	const uint16_t sequence = next_sequence();
	struct lab_context moved;
	struct message m;

	start();
	moved = context;
	moved.sgsn = 8;
	moved.down = 0x7777;
	m = update(&moved, sequence);
	add_sgsn(&m, moved.sgsn);
	give(DATAPATH_ACCESS, context.sgsn, context.ggsn, &m);
	accept_update(&context, context.sgsn, sequence);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 0);
	/* The GGSN asks where it was told to. */
	m = message(GTPC_V1_DELETE_PDP_REQUEST, moved.control_sgsn, 77);
	add_octet(&m, 20, moved.nsapi);
	give(DATAPATH_CORE, moved.ggsn, moved.sgsn, &m);
	m = message(GTPC_V1_DELETE_PDP_RESPONSE, moved.control_ggsn, 77);
	add_octet(&m, 1, GTPC_V1_CAUSE_ACCEPTED);
	give(DATAPATH_ACCESS, moved.sgsn, moved.ggsn, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void move(struct lab_context *c, uint8_t sgsn, uint32_t first_teid)
{
	c->sgsn = sgsn;
	c->down = first_teid;
	c->control_sgsn = first_teid + 1;
	lab_move(c);
	lab_settle();
}

/* From A to B and back, where A has another TEID for signalling now and says it of the first context alone (TS 29.060
 * 7.3.3); B never asked about the second. */
static void an_sgsn_says_its_new_teid_of_one_context(void)
{
	const uint16_t sequence = next_sequence();
	struct lab_context second;
	struct message m;

	start();
	second = context;
	second.nsapi = 6;
	second.up++;
	second.down++;
	lab_create(&second, lab_sqn(1), 1);
	lab_settle();
	move(&context, 7, 0x7777);
	move(&context, second.sgsn, 0x8777);
	second.down = 0x8779;
	m = message(GTPC_V1_UPDATE_PDP_REQUEST, second.control_ggsn, sequence);
	add_teid(&m, 16, second.down);
	add_octet(&m, 20, second.nsapi);
	add_sgsn(&m, second.sgsn);
	give(DATAPATH_ACCESS, second.sgsn, second.ggsn, &m);
	second.control_sgsn = context.control_sgsn;
	accept_update(&second, second.sgsn, sequence);
	CU_ASSERT_TRUE(is_unchanged(&second));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 0);
	lab_stop();
}

/* Where the SGSN sends from another address than it has for signalling. */
static void a_secondary_context_that_names_a_keyset_is_protected_whoever_asks(void)
{
	const uint16_t sequence = next_sequence();
	struct lab_context c;
	struct message m;

	start();
	c = context;
	c.nsapi = 6;
	c.up++;
	c.down++;
	m = message(GTPC_V1_CREATE_PDP_REQUEST, c.control_ggsn, sequence);
	add_teid(&m, 16, c.down);
	add_octet(&m, 20, c.nsapi);
	add_octet(&m, 20, context.nsapi);
	add_keyset(&m, lab_sqn(1));
	add_sgsn(&m, c.sgsn);
	give(DATAPATH_ACCESS, ELSEWHERE, c.ggsn, &m);
	c.sgsn = ELSEWHERE;
	accept_create(&c, context.control_sgsn, sequence);
	c.sgsn = context.sgsn;
	lab_make_ready(&c);
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	lab_stop();
}

/* --- sequence numbers --- */

static uint64_t ask_to_move(const struct lab_context *c, uint16_t sequence)
{
	struct message m = update(c, sequence);

	add_sgsn(&m, c->sgsn);
	return give(DATAPATH_ACCESS, c->sgsn, c->ggsn, &m);
}

/* The GGSN would take the second for the first sent again, and its answer be about the first. */
static void another_request_of_the_number_of_one_that_waits_does_not_cross(void)
{
	const uint16_t sequence = next_sequence();
	struct lab_context first, second;
	uint64_t request;

	start();
	first = second = stolen();
	second.down++;
	ask_to_move(&first, sequence);
	request = ask_to_move(&second, sequence);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), 1);
	accept_update(&first, first.sgsn, sequence);
	CU_ASSERT_TRUE(has_flow(lab_down(&first)));
	lab_stop();
}

static void after_a_while_it_does(void)
{
	const uint16_t sequence = next_sequence();
	struct lab_context first, second;
	uint64_t request;

	start();
	first = second = stolen();
	second.down++;
	ask_to_move(&first, sequence);
	lab_settle();
	lab_pass(11000);
	request = ask_to_move(&second, sequence);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_LEFT);
	accept_update(&second, second.sgsn, sequence);
	CU_ASSERT_TRUE(has_flow(lab_down(&second)));
	lab_stop();
}

/* Whether another request of the same number, ms after the first was sent last, crosses. */
static bool another_crosses_after(const struct lab_context *first, uint16_t sequence, uint64_t ms)
{
	struct lab_context second = *first;
	uint64_t request;

	second.down++;
	lab_pass(ms);
	request = ask_to_move(&second, sequence);
	lab_settle();
	return lab_fate(request) == LAB_LEFT;
}

static void for_10_s_another_request_of_its_number_does_not_cross(void)
{
	const uint16_t sequence = next_sequence();
	struct lab_context first;

	start();
	first = stolen();
	ask_to_move(&first, sequence);
	CU_ASSERT_FALSE(another_crosses_after(&first, sequence, 9999));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), 1);
	/* The one that did not cross does not begin the 10 s anew. */
	CU_ASSERT_TRUE(another_crosses_after(&first, sequence, 1));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), 1);
	lab_stop();
}

static void the_10_s_begin_anew_when_it_is_sent_again(void)
{
	const uint16_t sequence = next_sequence();
	struct lab_context first;

	start();
	first = stolen();
	ask_to_move(&first, sequence);
	lab_pass(6000);
	ask_to_move(&first, sequence);
	CU_ASSERT_FALSE(another_crosses_after(&first, sequence, 9999));
	CU_ASSERT_TRUE(another_crosses_after(&first, sequence, 1));
	lab_stop();
}

static void a_request_sent_again_is_refused_once(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);

	context = lab_context(1);
	lab_start();
	lab_create_request(&context, &name, 1);
	lab.send_again = true;
	lab_create_request(&context, &name, 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	lab_response(&context, GTPC_V1_CREATE_PDP_RESPONSE, GTPC_V1_CAUSE_NON_EXISTENT);
	lab_response(&context, GTPC_V1_CREATE_PDP_RESPONSE, GTPC_V1_CAUSE_NON_EXISTENT);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

/* However often: T3-RESPONSE times N3-REQUESTS may be longer than one expectation. */
static void while_it_is_sent_again_its_tunnel_is_expected(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);

	context = lab_context(1);
	lab_start();
	lab_create_request(&context, &name, 1);
	lab.send_again = true;
	for (unsigned i = 0; i < 4; i++) {
		lab_settle();
		lab_pass(6000);
		lab_create_request(&context, &name, 1);
	}
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	lab_create_response(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

/* The GGSN may take the first of two repeated elements, or the last. */
static void a_create_with_an_element_twice_crosses_if_both_are_the_same(void)
{
	for (unsigned second = 0; second < 3; second++) {
		struct lab_context c;
		struct message m;
		uint64_t request;

		start();
		c = lab_context(2);
		m = message(GTPC_V1_CREATE_PDP_REQUEST, 0, next_sequence());
		add_imsi(&m, 2);
		add_teid(&m, 16, c.down);
		add_teid(&m, 17, c.control_sgsn);
		add_octet(&m, 20, c.nsapi);
		if (second > 0)
			add_imsi(&m, 1 + second);
		add_gsn(&m, c.sgsn);
		add_gsn(&m, c.sgsn);
		request = give(DATAPATH_ACCESS, c.sgsn, c.ggsn, &m);
		lab_settle();
		CU_ASSERT_EQUAL(lab_fate(request), second < 2 ? LAB_LEFT : LAB_DISCARDED);
		CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), second == 2);
		lab_stop();
	}
}

UNIT_MAIN("session_ambiguous", TEST(an_update_is_of_its_imsi_whatever_its_teid),
	  TEST(an_update_with_the_teid_of_one_and_the_imsi_of_another_does_not_cross),
	  TEST(an_update_of_a_context_that_nobody_knows_crosses_for_its_gsn_alone),
	  TEST(a_create_linked_to_a_context_is_of_its_subscriber),
	  TEST(a_create_linked_to_the_context_itself_does_not_cross),
	  TEST(a_create_is_answered_with_the_teid_of_the_context_that_it_is_linked_to),
	  TEST(what_another_ggsn_accepts_moves_no_downlink),
	  TEST(non_existent_ends_what_the_sgsn_of_the_session_asked_about_alone),
	  TEST(an_sgsn_may_name_another_address_for_signalling),
	  TEST(an_sgsn_says_its_new_teid_of_one_context),
	  TEST(a_secondary_context_that_names_a_keyset_is_protected_whoever_asks),
	  TEST(another_request_of_the_number_of_one_that_waits_does_not_cross),
	  TEST(after_a_while_it_does), TEST(for_10_s_another_request_of_its_number_does_not_cross),
	  TEST(the_10_s_begin_anew_when_it_is_sent_again),
	  TEST(a_repeated_create_takes_no_tunnel_that_is_anothers_by_now),
	  TEST(a_repeated_create_changes_nothing), TEST(a_request_sent_again_is_refused_once),
	  TEST(a_create_with_an_element_twice_crosses_if_both_are_the_same),
	  TEST(while_it_is_sent_again_its_tunnel_is_expected), )
