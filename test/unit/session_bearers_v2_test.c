/* SPDX-License-Identifier: BSD-3-Clause */
/* What GTPv2-C makes of bearers that are there: they move, get other keysets, gain others beside them, and end. */
#include "session_lab_v2.h"

static struct session_view view;
static struct lab_context first, second; /* default bearer, and a dedicated one */

static void start(void)
{
	first = lab_context(1);
	second = lab_dedicated(&first, 6);
	lab_start();
	lab_begin(&first, lab_sqn(3), 2);
	lab_settle();
}

static void start_with_both(void)
{
	start();
	lab_begin_dedicated(&second, &first);
	lab_settle();
	CU_ASSERT_EQUAL_FATAL(lab_sessions(), 2);
}

/* Request and response, both as they are; the response's number. */
static uint64_t ask(const struct lab_context *c, const struct gtpc_v2 *request,
		    const struct gtpc_v2 *response)
{
	lab_send(c, request);
	return lab_send(c, response);
}

static bool has_downlink(const struct lab_context *c)
{
	const struct tunnel down = lab_down(c);

	return lab_view(c, &view) && view.downlink.live &&
	       tunnel_is_equal(&view.downlink.tunnel, &down);
}

static unsigned key_id_of(const struct lab_context *c)
{
	return lab_view(c, &view) ? view.key_id : 0;
}

/* --- Modify Bearer, TS 29.274 7.2.7, 7.2.8 --- */

/* To another S-GW, both bearers. */
static struct gtpc_v2 move_both(void)
{
	struct gtpc_v2 m;

	first.sgsn = second.sgsn = 7;
	first.control_sgsn = second.control_sgsn = 0x7777;
	first.down++, second.down++;
	m = lab_modify_bearer(&first);
	m.bearers_count = 2;
	m.bearers[1] = (struct gtpc_v2_bearer){.ebi = 6, .sgw_u = lab_fteid(7, second.down)};
	return m;
}

static void modify_moves_downlink_to_another_sgw(void)
{
	struct gtpc_v2 m, accept;
	uint64_t response;

	start_with_both();
	m = move_both();
	accept = lab_accept(&first, GTPC_V2_MODIFY_BEARER_RESPONSE);
	response = ask(&first, &m, &accept);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_TRUE(has_downlink(&first));
	CU_ASSERT_TRUE(has_downlink(&second));
	CU_ASSERT_EQUAL(lab_count(SESSION_MOVED), 2);
	/* What the new S-GW asks for is believed, and the old one's is not. */
	m = lab_delete_session(&first);
	accept = lab_accept(&first, GTPC_V2_DELETE_SESSION_RESPONSE);
	ask(&first, &m, &accept);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void counts_go_on_when_downlink_moves(void)
{
	struct gtpc_v2 m, accept;
	struct tunnel down;

	start_with_both();
	lab_make_ready(&first);
	down = lab_down(&first);
	lab_use(lab_flow(&down), 0, 17);
	m = move_both();
	accept = lab_accept(&first, GTPC_V2_MODIFY_BEARER_RESPONSE);
	ask(&first, &m, &accept);
	lab_settle();
	down = lab_down(&first);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab_flow(&down));
	CU_ASSERT_EQUAL(lab_flow(&down)->places[0].count, 17);
	lab_stop();
}

static void refused_modify_moves_nothing(void)
{
	struct lab_context before;
	struct gtpc_v2 m, refuse;

	start_with_both();
	before = first;
	m = move_both();
	refuse = lab_refuse(&first, GTPC_V2_MODIFY_BEARER_RESPONSE, GTPC_V2_CAUSE_NO_RESOURCES);
	ask(&first, &m, &refuse);
	CU_ASSERT_TRUE(has_downlink(&before));
	lab_stop();
}

static void modify_accepted_in_part_moves_that_part(void)
{
	struct lab_context before;
	struct gtpc_v2 m, accept;

	start_with_both();
	before = second;
	m = move_both();
	accept = lab_accept(&first, GTPC_V2_MODIFY_BEARER_RESPONSE);
	accept.cause = GTPC_V2_CAUSE_ACCEPTED_PARTIALLY;
	accept.bearers_count = 2;
	accept.bearers[1] = (struct gtpc_v2_bearer){.ebi = 6, .has_cause = true, .cause = 73};
	ask(&first, &m, &accept);
	lab_settle();
	CU_ASSERT_TRUE(has_downlink(&first));
	CU_ASSERT_TRUE(has_downlink(&before));
	lab_stop();
}

static void bearers_marked_for_removal_end(void)
{
	struct gtpc_v2 m, accept;

	start_with_both();
	m = move_both();
	m.bearers_count = 1;
	accept = lab_accept(&first, GTPC_V2_MODIFY_BEARER_RESPONSE);
	accept.bearers_count = 2;
	accept.bearers[1] =
		(struct gtpc_v2_bearer){.instance = 1, .ebi = 6, .has_cause = true, .cause = 64};
	ask(&first, &m, &accept);
	lab_settle();
	CU_ASSERT_TRUE(has_downlink(&first));
	CU_ASSERT_FALSE(lab_view(&second, &view));
	lab_stop();
}

static void modify_of_what_the_pgw_has_no_more_ends_it(void)
{
	struct gtpc_v2 m, gone;

	start_with_both();
	m = lab_modify_bearer(&first);
	gone = lab_refuse(&first, GTPC_V2_MODIFY_BEARER_RESPONSE, GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
	gone.teid = 0;
	gone.bearers_count = 0;
	ask(&first, &m, &gone);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

/* A sender becomes the peer by an accepted request alone. */
static void move_that_the_pgw_does_not_know_changes_nothing(void)
{
	struct lab_context moved;
	struct gtpc_v2 m, answer;

	start_with_both();
	lab_make_ready(&first);
	moved = first;
	moved.sgsn = 9;
	moved.control_sgsn = 0x9999;
	m = lab_modify_bearer(&moved);
	m.pco = lab_pco(lab_sqn(4), 5);
	answer =
		lab_refuse(&moved, GTPC_V2_MODIFY_BEARER_RESPONSE, GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
	ask(&moved, &m, &answer);
	lab_settle();
	CU_ASSERT_EQUAL(key_id_of(&first), 2);
	CU_ASSERT_EQUAL(lab_count(SESSION_REKEYED), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	m = lab_delete_session(&first);
	answer = lab_accept(&first, GTPC_V2_DELETE_SESSION_RESPONSE);
	ask(&first, &m, &answer);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void pco_of_a_modify_gives_all_bearers_another_keyset(void)
{
	struct gtpc_v2 m, accept;

	start_with_both();
	lab_make_ready(&first);
	m = lab_modify_bearer(&first);
	m.sgw_c.is_present = false;
	m.bearers_count = 0;
	m.pco = lab_pco(lab_sqn(4), 5);
	accept = lab_accept(&first, GTPC_V2_MODIFY_BEARER_RESPONSE);
	ask(&first, &m, &accept);
	lab_settle();
	CU_ASSERT_EQUAL(key_id_of(&first), 5);
	CU_ASSERT_EQUAL(key_id_of(&second), 5);
	CU_ASSERT_EQUAL(lab_count(SESSION_REKEYED), 2);
	CU_ASSERT_EQUAL(lab_count(SESSION_MOVED), 0);
	lab_stop();
}

/* From an address that is not its F-TEID's: the P-GW has said yes all the same, and sends there now. */
static void forged_modify_moves_nothing_into_the_clear(void)
{
	struct lab_context forger;
	struct gtpc_v2 m, accept;

	start_with_both();
	forger = first;
	forger.sgsn = 9;
	forger.down = 0x9999;
	m = lab_modify_bearer(&forger);
	m.sgw_c = lab_fteid(first.sgsn, first.control_sgsn);
	m.pco = lab_pco(lab_sqn(4), 5);
	accept = lab_accept(&forger, GTPC_V2_MODIFY_BEARER_RESPONSE);
	ask(&forger, &m, &accept);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	CU_ASSERT_EQUAL(key_id_of(&first), 2);
	CU_ASSERT_TRUE(has_downlink(&forger));
	/* And the true S-GW takes it back. */
	m = lab_modify_bearer(&first);
	accept = lab_accept(&first, GTPC_V2_MODIFY_BEARER_RESPONSE);
	ask(&first, &m, &accept);
	lab_settle();
	CU_ASSERT_TRUE(has_downlink(&first));
	lab_stop();
}

/* Else the S-GW that it names could end the session. */
static void forged_modify_makes_no_peer_of_the_sgw_that_it_names(void)
{
	struct lab_context forger, named;
	struct gtpc_v2 m, accept;

	start_with_both();
	forger = named = first;
	forger.sgsn = 9;
	named.sgsn = 8;
	m = lab_modify_bearer(&forger);
	m.sgw_c = lab_fteid(named.sgsn, first.control_sgsn);
	accept = lab_accept(&forger, GTPC_V2_MODIFY_BEARER_RESPONSE);
	ask(&forger, &m, &accept);
	m = lab_delete_session(&named);
	accept = lab_accept(&named, GTPC_V2_DELETE_SESSION_RESPONSE);
	ask(&named, &m, &accept);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 2);
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	m = lab_delete_session(&first);
	accept = lab_accept(&first, GTPC_V2_DELETE_SESSION_RESPONSE);
	ask(&first, &m, &accept);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

/* Neither what the P-GW marks for removal, nor what it does not find. */
static void forged_modify_ends_nothing(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lab_context forger;
		struct gtpc_v2 m, answer;

		start_with_both();
		forger = first;
		forger.sgsn = 9;
		m = lab_modify_bearer(&forger);
		m.sgw_c = lab_fteid(first.sgsn, first.control_sgsn);
		answer = i == 0 ? lab_accept(&forger, GTPC_V2_MODIFY_BEARER_RESPONSE)
				: lab_refuse(&forger, GTPC_V2_MODIFY_BEARER_RESPONSE,
					     GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
		if (i == 0) {
			answer.bearers_count = 2;
			answer.bearers[1] = (struct gtpc_v2_bearer){
				.instance = 1, .ebi = 6, .has_cause = true, .cause = 64};
		}
		ask(&forger, &m, &answer);
		lab_settle();
		CU_ASSERT_EQUAL(lab_sessions(), 2);
		CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
		lab_stop();
	}
}

static void modify_with_another_teid_moves_nothing(void)
{
	struct lab_context before;
	struct gtpc_v2 m, accept;

	start_with_both();
	before = first;
	m = move_both();
	m.teid++;
	accept = lab_accept(&first, GTPC_V2_MODIFY_BEARER_RESPONSE);
	ask(&first, &m, &accept);
	lab_settle();
	CU_ASSERT_TRUE(has_downlink(&before));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_UNKNOWN_SESSION), 1);
	lab_stop();
}

/* --- Create Bearer, 7.2.3, 7.2.4 --- */

static void dedicated_bearer_has_the_keyset_and_a_bearer_of_its_own(void)
{
	struct tunnel up, down;

	start_with_both();
	up = lab_up(&second);
	down = lab_down(&second);
	CU_ASSERT_EQUAL(key_id_of(&second), 2);
	CU_ASSERT_EQUAL(
		memcmp(&view.keyset, &(struct e2m_keyset_id[]){lab_sqn(3)}[0], sizeof(view.keyset)),
		0);
	CU_ASSERT_EQUAL(lab_flow(&up)->bearer, 6);
	CU_ASSERT_EQUAL(lab_flow(&down)->bearer, 6);
	CU_ASSERT_EQUAL(lab_flow(&down)->direction, E2M_DOWNLINK);
	lab_stop();
}

static void create_bearer_response_leaves_when_the_flows_are_there(void)
{
	uint64_t response;

	start();
	response = lab_begin_dedicated(&second, &first);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_stop();
}

/* The P-GW's F-TEIDs tell which is which, not the order. */
static void bearers_are_matched_by_fteid(void)
{
	struct lab_context third;
	struct gtpc_v2 m, accept;
	struct tunnel up;

	start();
	third = lab_dedicated(&first, 7);
	m = lab_create_bearer(&second, &first);
	m.bearers_count = 2;
	m.bearers[1] = (struct gtpc_v2_bearer){.pgw_u = lab_fteid(2, third.up)};
	accept = lab_accept(&second, GTPC_V2_CREATE_BEARER_RESPONSE);
	accept.bearers_count = 2;
	accept.bearers[1] = accept.bearers[0];
	accept.bearers[0] = (struct gtpc_v2_bearer){.ebi = 7,
						    .has_cause = true,
						    .cause = 16,
						    .sgw_u = lab_fteid(1, third.down),
						    .pgw_u = lab_fteid(2, third.up)};
	ask(&first, &m, &accept);
	lab_settle();
	up = lab_up(&second);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab_flow(&up));
	CU_ASSERT_EQUAL(lab_flow(&up)->bearer, 6);
	up = lab_up(&third);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab_flow(&up));
	CU_ASSERT_EQUAL(lab_flow(&up)->bearer, 7);
	lab_stop();
}

static void refused_dedicated_bearer_is_none(void)
{
	struct gtpc_v2 m, accept;

	start();
	m = lab_create_bearer(&second, &first);
	accept = lab_accept(&second, GTPC_V2_CREATE_BEARER_RESPONSE);
	accept.cause = GTPC_V2_CAUSE_ACCEPTED_PARTIALLY;
	accept.bearers[0].cause = 88;
	ask(&first, &m, &accept);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

static void dedicated_bearer_of_nobody_known_passes(void)
{
	start();
	second.control_sgsn++;
	second.control_ggsn++;
	lab_begin_dedicated(&second, &first);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

static void dedicated_bearer_in_a_changeover_has_both_keysets(void)
{
	struct gtpc_v2 m, accept;
	struct tunnel up;

	start();
	lab_make_ready(&first);
	m = lab_modify_bearer(&first);
	m.pco = lab_pco(lab_sqn(4), 5);
	accept = lab_accept(&first, GTPC_V2_MODIFY_BEARER_RESPONSE);
	ask(&first, &m, &accept);
	lab_settle();
	lab_begin_dedicated(&second, &first);
	lab_settle();
	up = lab_up(&second);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab_flow(&up));
	CU_ASSERT_EQUAL(lab_flow(&up)->places[0].key_id, 2);
	CU_ASSERT_EQUAL(lab_flow(&up)->places[1].key_id, 5);
	CU_ASSERT_EQUAL(key_id_of(&second), 5);
	lab_stop();
}

/* No source may know the keyset any more. */
static void dedicated_bearer_shares_the_keyset_that_is_there(void)
{
	struct tunnel up, down;

	start();
	lab.next.lifetime_s = 100;
	lab_make_ready(&first);
	CU_ASSERT_EQUAL(lab.asked, 1);
	lab_pass(60000);
	lab_begin_dedicated(&second, &first);
	lab_make_ready(&second);
	CU_ASSERT_EQUAL(lab.asked, 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_SHARED), 1);
	CU_ASSERT_TRUE_FATAL(lab_view(&second, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "ready");
	up = lab_up(&second);
	down = lab_down(&first);
	lab_use(lab_flow(&up), 0, 1);
	lab_use(lab_flow(&down), 0, 5);
	CU_ASSERT_EQUAL(lab_flow(&up)->places[0].count, 1);
	CU_ASSERT_PTR_NOT_EQUAL(lab_flow(&up)->places[0].key, lab_flow(&down)->places[0].key);
	/* Its lifetime is the other's. */
	lab_pass(40000 + LAB_LATE_MS);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_KEYSETS_EXPIRED), 2);
	lab_stop();
}

/* --- piggybacked messages, 5.5.1 --- */

static void both_messages_of_a_datagram_are_taken(void)
{
	struct gtpc_v2 created, create_bearer, bearer_created, modify, modified;
	uint64_t number;

	first = lab_context(1);
	second = lab_dedicated(&first, 6);
	lab_start();
	created = lab_create_session(&first);
	created.pco = lab_pco(lab_sqn(3), 2);
	lab_send(&first, &created);
	created = lab_accept(&first, GTPC_V2_CREATE_SESSION_RESPONSE);
	create_bearer = lab_create_bearer(&second, &first);
	number = lab_send_both(&first, &created, &create_bearer);
	CU_ASSERT_EQUAL(lab_fate(number), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(number), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_sessions(), 1);

	bearer_created = lab_accept(&second, GTPC_V2_CREATE_BEARER_RESPONSE);
	modify = lab_modify_bearer(&first);
	modify.pco = lab_pco(lab_sqn(4), 5);
	number = lab_send_both(&first, &bearer_created, &modify);
	CU_ASSERT_EQUAL(lab_fate(number), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(number), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_sessions(), 2);

	modified = lab_accept(&first, GTPC_V2_MODIFY_BEARER_RESPONSE);
	lab_send(&first, &modified);
	lab_settle();
	CU_ASSERT_EQUAL(key_id_of(&second), 5);
	lab_stop();
}

/* --- Update Bearer, 7.2.15, 7.2.16 --- */

static void pco_of_an_update_bearer_response_gives_another_keyset(void)
{
	struct gtpc_v2 m, accept;

	start_with_both();
	m = lab_update_bearer(&second);
	m.pco = lab_pco(lab_sqn(5), 6); /* the network's, and nothing to us */
	lab_send(&second, &m);
	CU_ASSERT_EQUAL(key_id_of(&first), 2);
	accept = lab_accept(&second, GTPC_V2_UPDATE_BEARER_RESPONSE);
	accept.pco = lab_pco(lab_sqn(4), 5);
	lab_send(&second, &accept);
	lab_settle();
	CU_ASSERT_EQUAL(key_id_of(&first), 5);
	CU_ASSERT_EQUAL(key_id_of(&second), 5);
	lab_stop();
}

static void update_without_a_keyset_changes_nothing(void)
{
	struct gtpc_v2 m, accept;

	start_with_both();
	m = lab_update_bearer(&second);
	accept = lab_accept(&second, GTPC_V2_UPDATE_BEARER_RESPONSE);
	ask(&second, &m, &accept);
	lab_settle();
	CU_ASSERT_EQUAL(key_id_of(&first), 2);
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	lab_stop();
}

static void update_of_a_bearer_that_the_sgw_has_no_more_ends_it(void)
{
	struct gtpc_v2 m, gone;

	start_with_both();
	m = lab_update_bearer(&second);
	gone = lab_refuse(&second, GTPC_V2_UPDATE_BEARER_RESPONSE, GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
	ask(&second, &m, &gone);
	lab_settle();
	CU_ASSERT_TRUE(lab_view(&first, &view));
	CU_ASSERT_FALSE(lab_view(&second, &view));
	lab_stop();
}

/* From another address than the P-GW's, whatever the S-GW answers. */
static void forged_update_bearer_changes_nothing(void)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lab_context forger;
		struct gtpc_v2 m, answer;

		start_with_both();
		forger = second;
		forger.ggsn = 9;
		m = lab_update_bearer(&forger);
		answer = i == 0 ? lab_accept(&forger, GTPC_V2_UPDATE_BEARER_RESPONSE)
				: lab_refuse(&forger, GTPC_V2_UPDATE_BEARER_RESPONSE,
					     GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
		if (i == 0)
			answer.pco = lab_pco(lab_sqn(4), 5);
		ask(&forger, &m, &answer);
		lab_settle();
		CU_ASSERT_EQUAL(lab_sessions(), 2);
		CU_ASSERT_EQUAL(key_id_of(&first), 2);
		CU_ASSERT_EQUAL(key_id_of(&second), 2);
		CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
		lab_stop();
	}
}

/* --- Delete Bearer, 7.2.9.2, 7.2.10.2 --- */

static void delete_bearer_ends_those_it_names(void)
{
	struct gtpc_v2 m, accept;

	start_with_both();
	m = lab_delete_bearer(&second);
	accept = lab_accept(&second, GTPC_V2_DELETE_BEARER_RESPONSE);
	ask(&second, &m, &accept);
	lab_settle();
	CU_ASSERT_TRUE(lab_view(&first, &view));
	CU_ASSERT_FALSE(lab_view(&second, &view));
	lab_stop();
}

static void delete_bearer_of_the_default_bearer_ends_all(void)
{
	struct gtpc_v2 m, accept;

	start_with_both();
	m = lab_delete_bearer(&first);
	m.ebis = 0;
	m.linked_ebi = 5;
	accept = lab_accept(&first, GTPC_V2_DELETE_BEARER_RESPONSE);
	accept.bearers_count = 0;
	accept.linked_ebi = 5;
	ask(&first, &m, &accept);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

/* The request before it in the datagram names another. */
static void second_delete_bearer_of_a_datagram_ends_those_it_names(void)
{
	struct gtpc_v2 before, m;
	struct lab_context other;

	start();
	other = lab_dedicated(&first, 7);
	lab_begin(&other, lab_sqn(3), 2);
	lab_settle();
	before = lab_delete_bearer(&first);
	m = lab_delete_bearer(&other);
	m.ebis = 0;
	m.linked_ebi = other.nsapi;
	lab_send_both(&first, &before, &m);
	m = lab_accept(&other, GTPC_V2_DELETE_BEARER_RESPONSE);
	lab_send(&other, &m);
	lab_settle();
	CU_ASSERT_TRUE(lab_view(&first, &view));
	CU_ASSERT_FALSE(lab_view(&other, &view));
	lab_stop();
}

static void delete_bearer_accepted_in_part_ends_that_part(void)
{
	struct lab_context third;
	struct gtpc_v2 m, accept;

	start_with_both();
	third = lab_dedicated(&first, 7);
	lab_begin_dedicated(&third, &first);
	lab_settle();
	m = lab_delete_bearer(&second);
	m.ebis = 1 << 6 | 1 << 7;
	accept = lab_accept(&second, GTPC_V2_DELETE_BEARER_RESPONSE);
	accept.cause = GTPC_V2_CAUSE_ACCEPTED_PARTIALLY;
	accept.bearers_count = 2;
	accept.bearers[0].cause = 88;
	accept.bearers[1] = (struct gtpc_v2_bearer){.ebi = 7, .has_cause = true, .cause = 16};
	ask(&second, &m, &accept);
	lab_settle();
	CU_ASSERT_TRUE(lab_view(&second, &view));
	CU_ASSERT_FALSE(lab_view(&third, &view));
	lab_stop();
}

static void forged_delete_bearer_ends_nothing(void)
{
	struct lab_context forger;
	struct gtpc_v2 m, accept;

	start_with_both();
	forger = second;
	forger.ggsn = 9;
	m = lab_delete_bearer(&forger);
	accept = lab_accept(&forger, GTPC_V2_DELETE_BEARER_RESPONSE);
	ask(&forger, &m, &accept);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	lab_stop();
}

UNIT_MAIN("session_bearers_v2", TEST(modify_moves_downlink_to_another_sgw),
	  TEST(counts_go_on_when_downlink_moves), TEST(refused_modify_moves_nothing),
	  TEST(modify_accepted_in_part_moves_that_part), TEST(bearers_marked_for_removal_end),
	  TEST(modify_of_what_the_pgw_has_no_more_ends_it),
	  TEST(move_that_the_pgw_does_not_know_changes_nothing),
	  TEST(pco_of_a_modify_gives_all_bearers_another_keyset),
	  TEST(forged_modify_moves_nothing_into_the_clear),
	  TEST(forged_modify_makes_no_peer_of_the_sgw_that_it_names),
	  TEST(forged_modify_ends_nothing), TEST(modify_with_another_teid_moves_nothing),
	  TEST(dedicated_bearer_has_the_keyset_and_a_bearer_of_its_own),
	  TEST(create_bearer_response_leaves_when_the_flows_are_there),
	  TEST(bearers_are_matched_by_fteid), TEST(refused_dedicated_bearer_is_none),
	  TEST(dedicated_bearer_of_nobody_known_passes),
	  TEST(dedicated_bearer_in_a_changeover_has_both_keysets),
	  TEST(dedicated_bearer_shares_the_keyset_that_is_there),
	  TEST(both_messages_of_a_datagram_are_taken),
	  TEST(pco_of_an_update_bearer_response_gives_another_keyset),
	  TEST(update_without_a_keyset_changes_nothing),
	  TEST(update_of_a_bearer_that_the_sgw_has_no_more_ends_it),
	  TEST(forged_update_bearer_changes_nothing), TEST(delete_bearer_ends_those_it_names),
	  TEST(delete_bearer_of_the_default_bearer_ends_all),
	  TEST(second_delete_bearer_of_a_datagram_ends_those_it_names),
	  TEST(delete_bearer_accepted_in_part_ends_that_part),
	  TEST(forged_delete_bearer_ends_nothing))
