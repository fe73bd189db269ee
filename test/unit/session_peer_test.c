/* SPDX-License-Identifier: BSD-3-Clause */
/* GTPv1-C about a session from an address that is not its SGSN's or GGSN's: it ends nothing and changes no keyset,
 * whatever was answered. Where the GGSN sends downlink N-PDUs is followed all the same, so that none crosses in clear. */
#include "session_messages.h"

/* It is sent from elsewhere, and names the SGSN's address. Returns its sequence number. */
static uint16_t update_from_elsewhere(const struct lab_context *told,
				      const struct e2m_keyset_id *name)
{
	const uint16_t sequence = next_sequence();
	struct message m = update(told, sequence);

	if (name)
		add_keyset(&m, *name);
	add_sgsn(&m, context.sgsn);
	give(DATAPATH_ACCESS, ELSEWHERE, context.ggsn, &m);
	return sequence;
}

/* The GGSN answers to wherever it came from. */
static void answer(const struct lab_context *c, uint8_t to, uint8_t type, uint16_t sequence,
		   uint8_t cause)
{
	struct message m = message(type, c->control_sgsn, sequence);

	add_octet(&m, 1, cause);
	give(DATAPATH_CORE, c->ggsn, to, &m);
	lab_settle();
}

/* --- Update --- */

static void update_from_elsewhere_changes_no_keyset(void)
{
	const struct e2m_keyset_id name = lab_sqn(2);

	start();
	accept_update(&context, ELSEWHERE, update_from_elsewhere(&context, &name));
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_EQUAL(lab.asked, 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	lab_stop();
}

/* Neither GSN hears of it. */
static void update_from_elsewhere_moves_no_uplink_and_no_control_tunnel(void)
{
	struct lab_context told;
	uint16_t sequence;

	start();
	told = context;
	told.control_sgsn++;
	sequence = update_from_elsewhere(&told, NULL);
	told.up++;
	told.control_ggsn++;
	accept_update(&told, ELSEWHERE, sequence);
	CU_ASSERT_TRUE(is_unchanged(&context));
	lab_delete(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void downlink_is_followed_whoever_asked(void)
{
	struct lab_context moved;

	start();
	moved = context;
	moved.down = 0x7777;
	accept_update(&context, ELSEWHERE, update_from_elsewhere(&moved, NULL));
	CU_ASSERT_TRUE(is_unchanged(&moved));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	lab_stop();
}

/* A GGSN that knows its SGSN may say so, and has the context still. */
static void update_from_elsewhere_answered_non_existent_ends_nothing(void)
{
	struct lab_context moved;

	start();
	moved = context;
	moved.down = 0x7777;
	answer(&context, ELSEWHERE, GTPC_V1_UPDATE_PDP_RESPONSE,
	       update_from_elsewhere(&moved, NULL), GTPC_V1_CAUSE_NON_EXISTENT);
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

static void sgsn_that_takes_over_is_the_peer_from_then_on(void)
{
	struct lab_context old;
	uint16_t sequence = next_sequence();
	struct message m;

	start();
	old = context;
	context.sgsn = 7;
	context.down = 0x7777;
	context.control_sgsn = 0x7778;
	lab_move(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 0);
	m = message(GTPC_V1_DELETE_PDP_REQUEST, old.control_ggsn, sequence);
	add_octet(&m, 20, old.nsapi);
	give(DATAPATH_ACCESS, old.sgsn, old.ggsn, &m);
	answer(&context, old.sgsn, GTPC_V1_DELETE_PDP_RESPONSE, sequence, GTPC_V1_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	lab_delete(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

/* TS 29.060 7.3.3: the GGSN has confirmed it, of another context. */
static void sgsn_that_takes_over_need_not_say_its_control_teid(void)
{
	const uint16_t sequence = next_sequence();
	struct message m;

	start();
	context.sgsn = 7;
	context.down = 0x7777;
	context.control_sgsn = 0x7778;
	m = message(GTPC_V1_UPDATE_PDP_REQUEST, context.control_ggsn, sequence);
	add_teid(&m, 16, context.down);
	add_octet(&m, 20, context.nsapi);
	add_sgsn(&m, context.sgsn);
	give(DATAPATH_ACCESS, context.sgsn, context.ggsn, &m);
	accept_update(&context, context.sgsn, sequence);
	CU_ASSERT_TRUE(is_unchanged(&context));
	/* By which the GGSN, and its responses, know it from now on. */
	lab_delete(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void update_by_imsi_that_asks_another_ggsn_changes_nothing(void)
{
	const uint16_t sequence = next_sequence();
	struct message m;

	start();
	m = message(GTPC_V1_UPDATE_PDP_REQUEST, 0, sequence);
	add_imsi(&m, context.subscriber);
	add_teid(&m, 16, 0x7777);
	add_teid(&m, 17, context.control_sgsn);
	add_octet(&m, 20, context.nsapi);
	add_sgsn(&m, ELSEWHERE);
	give(DATAPATH_ACCESS, ELSEWHERE, ELSEWHERE + 1, &m);
	m = message(GTPC_V1_UPDATE_PDP_RESPONSE, context.control_sgsn, sequence);
	add_octet(&m, 1, GTPC_V1_CAUSE_ACCEPTED);
	give(DATAPATH_CORE, ELSEWHERE + 1, ELSEWHERE, &m);
	lab_settle();
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_UNKNOWN_SESSION), 1);
	lab_stop();
}

static void update_by_imsi_finds_the_session_at_its_ggsn(void)
{
	const uint16_t sequence = next_sequence();
	struct message m;

	start();
	context.down = 0x7777;
	m = message(GTPC_V1_UPDATE_PDP_REQUEST, 0, sequence);
	add_imsi(&m, context.subscriber);
	add_teid(&m, 16, context.down);
	add_teid(&m, 17, context.control_sgsn);
	add_octet(&m, 20, context.nsapi);
	add_sgsn(&m, context.sgsn);
	give(DATAPATH_ACCESS, context.sgsn, context.ggsn, &m);
	accept_update(&context, context.sgsn, sequence);
	CU_ASSERT_TRUE(is_unchanged(&context));
	lab_stop();
}

static void update_of_the_core_side_from_elsewhere_changes_nothing(void)
{
	const uint16_t sequence = next_sequence();
	struct message m;

	start();
	m = message(GTPC_V1_UPDATE_PDP_REQUEST, context.control_sgsn, sequence);
	add_teid(&m, 16, 0x8888);
	add_octet(&m, 20, context.nsapi);
	add_sgsn(&m, ELSEWHERE);
	give(DATAPATH_CORE, ELSEWHERE, context.sgsn, &m);
	m = message(GTPC_V1_UPDATE_PDP_RESPONSE, context.control_ggsn, sequence);
	add_octet(&m, 1, GTPC_V1_CAUSE_ACCEPTED);
	add_teid(&m, 16, 0x7777);
	give(DATAPATH_ACCESS, context.sgsn, ELSEWHERE, &m);
	lab_settle();
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	lab_stop();
}

/* The SGSN does not find what the sender asks about. */
static void update_of_the_core_side_from_elsewhere_answered_non_existent_ends_nothing(void)
{
	const uint16_t sequence = next_sequence();
	struct message m;

	start();
	m = message(GTPC_V1_UPDATE_PDP_REQUEST, context.control_sgsn, sequence);
	add_octet(&m, 20, context.nsapi);
	add_sgsn(&m, ELSEWHERE);
	give(DATAPATH_CORE, ELSEWHERE, context.sgsn, &m);
	m = message(GTPC_V1_UPDATE_PDP_RESPONSE, context.control_ggsn, sequence);
	add_octet(&m, 1, GTPC_V1_CAUSE_NON_EXISTENT);
	give(DATAPATH_ACCESS, context.sgsn, ELSEWHERE, &m);
	lab_settle();
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	lab_stop();
}

/* Only the request of an SGSN has the UE's PCO. */
static void keyset_in_the_response_to_an_update_of_the_ggsn_is_not_taken(void)
{
	const uint16_t sequence = next_sequence();
	struct message m;

	start();
	m = message(GTPC_V1_UPDATE_PDP_REQUEST, context.control_sgsn, sequence);
	add_octet(&m, 20, context.nsapi);
	add_sgsn(&m, context.ggsn);
	give(DATAPATH_CORE, context.ggsn, context.sgsn, &m);
	m = message(GTPC_V1_UPDATE_PDP_RESPONSE, context.control_ggsn, sequence);
	add_octet(&m, 1, GTPC_V1_CAUSE_ACCEPTED);
	add_keyset(&m, lab_sqn(2));
	give(DATAPATH_ACCESS, context.sgsn, context.ggsn, &m);
	lab_settle();
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_EQUAL(lab_count(SESSION_REKEYED), 0);
	lab_stop();
}

/* --- Delete --- */

static void check_delete_from_elsewhere(bool teardown, uint8_t cause)
{
	const uint16_t sequence = next_sequence();
	struct message m;

	start();
	m = message(GTPC_V1_DELETE_PDP_REQUEST, context.control_ggsn, sequence);
	add_octet(&m, 19, teardown);
	add_octet(&m, 20, context.nsapi);
	give(DATAPATH_ACCESS, ELSEWHERE, context.ggsn, &m);
	answer(&context, ELSEWHERE, GTPC_V1_DELETE_PDP_RESPONSE, sequence, cause);
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	lab_stop();
}

static void delete_from_elsewhere_ends_nothing(void)
{
	check_delete_from_elsewhere(false, GTPC_V1_CAUSE_ACCEPTED);
	check_delete_from_elsewhere(true, GTPC_V1_CAUSE_ACCEPTED);
}

static void delete_from_elsewhere_answered_non_existent_ends_nothing(void)
{
	check_delete_from_elsewhere(false, GTPC_V1_CAUSE_NON_EXISTENT);
}

static void check_delete_of_the_core_side(uint8_t from)
{
	const uint16_t sequence = next_sequence();
	struct message m;

	start();
	m = message(GTPC_V1_DELETE_PDP_REQUEST, context.control_sgsn, sequence);
	add_octet(&m, 20, context.nsapi);
	give(DATAPATH_CORE, from, context.sgsn, &m);
	m = message(GTPC_V1_DELETE_PDP_RESPONSE, context.control_ggsn, sequence);
	add_octet(&m, 1, GTPC_V1_CAUSE_ACCEPTED);
	give(DATAPATH_ACCESS, context.sgsn, from, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), from == context.ggsn ? 0 : 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), from == context.ggsn ? 0 : 1);
	lab_stop();
}

static void delete_of_the_core_side_is_the_ggsns(void)
{
	context = lab_context(1);
	check_delete_of_the_core_side(context.ggsn);
	check_delete_of_the_core_side(ELSEWHERE);
}

/* --- responses --- */

static void response_for_another_waits_for_the_true_one(void)
{
	struct lab_context other;

	start();
	other = context;
	lab_delete_request(&context, false);
	other.sequence = context.sequence;
	other.control_sgsn++;
	lab_response(&other, GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_CAUSE_ACCEPTED);
	lab_settle();
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 1);
	lab_response(&context, GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_CAUSE_ACCEPTED);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void response_without_teid_accepts_nothing(void)
{
	struct lab_context nobody;

	start();
	lab_delete_request(&context, false);
	nobody = context;
	nobody.control_sgsn = 0;
	lab_response(&nobody, GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_CAUSE_ACCEPTED);
	lab_settle();
	CU_ASSERT_TRUE(is_unchanged(&context));
	lab_response(&nobody, GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_CAUSE_NON_EXISTENT);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void create_response_for_another_makes_nothing(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct lab_context other;

	context = lab_context(1);
	lab_start();
	lab_create_request(&context, &name, 1);
	other = context;
	other.control_sgsn++;
	lab_create_response(&other);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	lab_create_response(&context);
	lab_settle();
	CU_ASSERT_TRUE(is_unchanged(&context));
	lab_stop();
}

/* --- another context of the same PDP address --- */

/* A Create for NSAPI 6, linked to 5, by an address that is not the SGSN's, which the GGSN accepts. */
static void create_linked_from_elsewhere(const struct lab_context *c,
					 const struct e2m_keyset_id *name)
{
	const uint16_t sequence = next_sequence();
	struct message m = message(GTPC_V1_CREATE_PDP_REQUEST, c->control_ggsn, sequence);

	add_teid(&m, 16, c->down);
	add_teid(&m, 17, c->control_sgsn);
	add_octet(&m, 20, 6);
	add_octet(&m, 20, 5);
	if (name)
		add_keyset(&m, *name);
	add_sgsn(&m, c->sgsn);
	give(DATAPATH_ACCESS, ELSEWHERE, c->ggsn, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	m = message(GTPC_V1_CREATE_PDP_RESPONSE, c->control_sgsn, sequence);
	add_octet(&m, 1, GTPC_V1_CAUSE_ACCEPTED);
	add_teid(&m, 16, c->up);
	add_teid(&m, 17, c->control_ggsn);
	add_sgsn(&m, c->ggsn);
	give(DATAPATH_CORE, c->ggsn, ELSEWHERE, &m);
	lab_settle();
}

static void nothing_crosses_in_a_context_that_another_makes_of_a_protected_address(void)
{
	struct lab_context added;

	start();
	added = context;
	added.nsapi = 6;
	added.up++;
	added.down++;
	added.sgsn = ELSEWHERE;
	added.control_sgsn++;
	create_linked_from_elsewhere(&added, NULL);
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_TRUE_FATAL(lab_view(&added, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "barred");
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	lab_stop();
}

static void context_that_another_makes_anew_is_followed_and_keeps_its_keyset(void)
{
	struct lab_context second, moved;

	start();
	second = context;
	second.nsapi = 6;
	second.up++;
	second.down++;
	lab_create(&second, lab_sqn(1), 1);
	lab_settle();
	moved = second;
	moved.down = 0x7777;
	moved.sgsn = ELSEWHERE;
	create_linked_from_elsewhere(&moved, NULL);
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_TRUE(is_unchanged(&moved));
	lab_stop();
}

static void context_that_another_makes_anew_keeps_keyset_uplink_and_peer(void)
{
	const struct e2m_keyset_id name = lab_sqn(2);
	struct lab_context second, told;

	start();
	second = context;
	second.nsapi = 6;
	second.up++;
	second.down++;
	lab_create(&second, lab_sqn(1), 1);
	lab_settle();
	told = second;
	told.sgsn = ELSEWHERE;
	told.control_sgsn = 0x9999;
	told.down = 0x7777;
	told.up = 0x8888;
	create_linked_from_elsewhere(&told, &name);
	told.up = second.up;
	CU_ASSERT_TRUE(is_unchanged(&told));
	CU_ASSERT_EQUAL(lab_count(SESSION_REKEYED), 0);
	lab_delete(&second);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

/* --- tunnels that were named, and are nobody's --- */

static void tunnel_of_an_update_of_what_is_gone_is_expected_no_more(void)
{
	struct lab_context moved;

	start();
	moved = context;
	moved.down = 0x7777;
	lab_update_request(&moved, NULL, 0);
	lab_delete(&context);
	lab_settle();
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	lab_update_response(&moved);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_UNKNOWN_SESSION), 1);
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

/* The GGSN notifies when it has answered. */
static void tunnel_that_a_notification_may_name_yet_is_still_expected(void)
{
	struct lab_context moved;
	struct session_notification n;

	context = lab_context(1);
	lab_start();
	lab_create(&context, lab_sqn(1), 1);
	lab_activate(&context, lab_sqn(1), 1);
	moved = context;
	moved.down = 0x7777;
	lab_move(&moved);
	lab_settle();
	CU_ASSERT_TRUE(is_unchanged(&context));
	CU_ASSERT_EQUAL(lab_expected_count(), 1);
	n = lab_notification(SESSION_UPDATE, &moved, NULL, 0);
	n.has_tunnel[DOWN] = true;
	lab_notify(&n);
	lab_settle();
	CU_ASSERT_TRUE(is_unchanged(&moved));
	CU_ASSERT_EQUAL(lab_expected_count(), 0);
	lab_stop();
}

UNIT_MAIN("session_peer", TEST(update_from_elsewhere_changes_no_keyset),
	  TEST(update_from_elsewhere_moves_no_uplink_and_no_control_tunnel),
	  TEST(downlink_is_followed_whoever_asked),
	  TEST(update_from_elsewhere_answered_non_existent_ends_nothing),
	  TEST(sgsn_that_takes_over_is_the_peer_from_then_on),
	  TEST(sgsn_that_takes_over_need_not_say_its_control_teid),
	  TEST(update_by_imsi_that_asks_another_ggsn_changes_nothing),
	  TEST(update_by_imsi_finds_the_session_at_its_ggsn),
	  TEST(update_of_the_core_side_from_elsewhere_changes_nothing),
	  TEST(update_of_the_core_side_from_elsewhere_answered_non_existent_ends_nothing),
	  TEST(keyset_in_the_response_to_an_update_of_the_ggsn_is_not_taken),
	  TEST(delete_from_elsewhere_ends_nothing),
	  TEST(delete_from_elsewhere_answered_non_existent_ends_nothing),
	  TEST(delete_of_the_core_side_is_the_ggsns),
	  TEST(response_for_another_waits_for_the_true_one),
	  TEST(response_without_teid_accepts_nothing),
	  TEST(create_response_for_another_makes_nothing),
	  TEST(nothing_crosses_in_a_context_that_another_makes_of_a_protected_address),
	  TEST(context_that_another_makes_anew_is_followed_and_keeps_its_keyset),
	  TEST(context_that_another_makes_anew_keeps_keyset_uplink_and_peer),
	  TEST(tunnel_of_an_update_of_what_is_gone_is_expected_no_more),
	  TEST(tunnel_that_a_notification_may_name_yet_is_still_expected))
