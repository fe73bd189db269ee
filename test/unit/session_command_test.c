/* SPDX-License-Identifier: BSD-3-Clause */
/* Keysets that a UE names beside Create and Modify (e2m.md 5): Bearer Resource Command (TS 29.274 7.2.5), Create and
 * Update Bearer Response. And datagrams with two messages (5.5.1), which cross together or not at all. */
#include "session_lab_v2.h"

static struct lab_context first, second;
static struct session_view view;

static unsigned key_id_of(const struct lab_context *c)
{
	return lab_view(c, &view) ? view.key_id : 0;
}

/* The default bearer and a dedicated one. */
static void start(void)
{
	first = lab_context(1);
	second = lab_dedicated(&first, 6);
	lab_start();
	lab_begin(&first, lab_sqn(3), 2);
	lab_begin_dedicated(&second, &first);
	lab_settle();
	CU_ASSERT_EQUAL(key_id_of(&second), 2);
}

/* From the S-GW, with a keyset. */
static struct gtpc_v2 command(void)
{
	static uint32_t sequence = 0x800000;

	first.sequence = second.sequence = ++sequence;
	return (struct gtpc_v2){.type = GTPC_V2_BEARER_RESOURCE_COMMAND,
				.has_teid = true,
				.teid = first.control_ggsn,
				.sequence = sequence,
				.linked_ebi = first.nsapi,
				.pco = lab_pco(lab_sqn(4), 5)};
}

static void send_command(void)
{
	const struct gtpc_v2 m = command();

	lab_send(&first, &m);
	lab_settle();
}

/* A request of the P-GW with the command's sequence number. */
static uint64_t answer(uint8_t type, const struct lab_context *from)
{
	struct gtpc_v2 m = lab_update_bearer(&second);
	uint64_t message;

	m.type = type;
	m.sequence = first.sequence;
	if (type == GTPC_V2_CREATE_BEARER_REQUEST) {
		m.linked_ebi = first.nsapi;
		m.bearers[0] = (struct gtpc_v2_bearer){.pgw_u = lab_fteid(first.ggsn, 0x9999)};
	}
	message = lab_send_from(from->ggsn, &second, &m);
	lab_settle();
	return message;
}

static void a_command_names_a_keyset_once_the_pgw_has_answered(void)
{
	static const uint8_t types[] = {GTPC_V2_CREATE_BEARER_REQUEST,
					GTPC_V2_UPDATE_BEARER_REQUEST,
					GTPC_V2_DELETE_BEARER_REQUEST};

	for (size_t i = 0; i < sizeof(types); i++) {
		start();
		send_command();
		CU_ASSERT_EQUAL(key_id_of(&first), 2);
		CU_ASSERT_EQUAL(lab_fate(answer(types[i], &first)), LAB_LEFT);
		CU_ASSERT_EQUAL(key_id_of(&first), 5);
		CU_ASSERT_EQUAL(key_id_of(&second), 5);
		lab_stop();
	}
}

static void a_command_that_fails_names_nothing(void)
{
	struct gtpc_v2 failure;

	start();
	send_command();
	failure = (struct gtpc_v2){.type = GTPC_V2_BEARER_RESOURCE_FAILURE,
				   .has_teid = true,
				   .teid = first.control_sgsn,
				   .sequence = first.sequence,
				   .present = GTPC_V2_HAS_CAUSE,
				   .cause = GTPC_V2_CAUSE_NO_RESOURCES,
				   .linked_ebi = first.nsapi};
	lab_send(&first, &failure);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_REFUSED), 1);
	answer(GTPC_V2_UPDATE_BEARER_REQUEST, &first);
	CU_ASSERT_EQUAL(key_id_of(&first), 2);
	lab_stop();
}

static void another_requests_sequence_number_answers_no_command(void)
{
	start();
	send_command();
	first.sequence++;
	answer(GTPC_V2_UPDATE_BEARER_REQUEST, &first);
	CU_ASSERT_EQUAL(key_id_of(&first), 2);
	lab_stop();
}

static void a_request_from_another_pgw_answers_no_command(void)
{
	struct lab_context other;

	start();
	other = first;
	other.ggsn = 9;
	send_command();
	answer(GTPC_V2_UPDATE_BEARER_REQUEST, &other);
	CU_ASSERT_EQUAL(key_id_of(&first), 2);
	lab_stop();
}

/* To the S-GW's TEID of another PDN connection. */
static void a_request_to_another_teid_answers_no_command(void)
{
	struct gtpc_v2 m;

	start();
	send_command();
	m = lab_update_bearer(&second);
	m.sequence = first.sequence;
	m.teid++;
	lab_send(&second, &m);
	lab_settle();
	CU_ASSERT_EQUAL(key_id_of(&first), 2);
	lab_stop();
}

/* Sent from an address that is not the S-GW's. */
static void a_command_of_somebody_else_names_nothing(void)
{
	struct gtpc_v2 m;

	start();
	m = command();
	lab_send_from(9, &first, &m);
	second.sgsn = 9; /* where the answer goes */
	answer(GTPC_V2_UPDATE_BEARER_REQUEST, &first);
	second.sgsn = first.sgsn;
	CU_ASSERT_EQUAL(key_id_of(&first), 2);
	lab_stop();
}

static void a_command_is_for_its_own_pdn_connection(void)
{
	struct gtpc_v2 m;

	start();
	m = command();
	m.linked_ebi = 7;
	lab_send(&first, &m);
	answer(GTPC_V2_UPDATE_BEARER_REQUEST, &first);
	CU_ASSERT_EQUAL(key_id_of(&first), 2);
	lab_stop();
}

/* --- responses to the P-GW --- */

static void pco_of_a_create_bearer_response_names_a_keyset(void) /* 7.2.4 */
{
	for (unsigned in_bearer = 0; in_bearer < 2; in_bearer++) {
		struct lab_context third;
		struct gtpc_v2 m;

		start();
		third = lab_dedicated(&first, 7);
		m = lab_create_bearer(&third, &first);
		lab_send(&third, &m);
		m = lab_accept(&third, GTPC_V2_CREATE_BEARER_RESPONSE);
		*(in_bearer ? &m.bearers[0].pco : &m.pco) = lab_pco(lab_sqn(4), 5);
		lab_send(&third, &m);
		lab_settle();
		CU_ASSERT_EQUAL(key_id_of(&first), 5);
		CU_ASSERT_EQUAL(key_id_of(&second), 5);
		CU_ASSERT_EQUAL(key_id_of(&third), 5);
		lab_stop();
	}
}

static void pco_of_a_bearer_comes_before_that_of_the_message(void) /* 7.2.16 */
{
	uint8_t other[PCO_MAX_LEN];
	struct gtp_octets pco;
	struct gtpc_v2 m;

	start();
	m = lab_update_bearer(&second);
	lab_send(&second, &m);
	m = lab_accept(&second, GTPC_V2_UPDATE_BEARER_RESPONSE);
	pco = lab_pco(lab_sqn(5), 6);
	memcpy(other, pco.data, pco.len);
	m.pco = (struct gtp_octets){.data = other, .len = pco.len};
	m.bearers[0].epco = lab_pco(lab_sqn(4), 5);
	lab_send(&second, &m);
	lab_settle();
	CU_ASSERT_EQUAL(key_id_of(&first), 5);
	lab_stop();
}

/* --- two messages in a datagram --- */

/* A Modify whose F-TEID contradicts its instance. */
static uint64_t send_with_ambiguous(const struct lab_context *c, const struct gtpc_v2 *good,
				    bool is_behind)
{
	struct gtpc_v2 bad = lab_modify_bearer(&first);
	uint8_t data[1024];
	struct gtpc_v2 leading = is_behind ? *good : bad;
	const struct gtpc_v2 *trailing = is_behind ? &bad : good;
	int len, behind;

	leading.has_next = true;
	len = gtpc_v2_write(data, sizeof(data), &leading);
	CU_ASSERT_TRUE_FATAL(len > 0);
	behind = gtpc_v2_write(data + len, sizeof(data) - (size_t)len, trailing);
	CU_ASSERT_TRUE_FATAL(behind > 0);
	/* The F-TEID of the bearer stands last in the Modify: instance and interface type, S5/S8-U PGW. */
	data[(is_behind ? len + behind : len) - 9] = 0x85;
	return lab_give(DATAPATH_ACCESS, c->sgsn, c->ggsn, data, (size_t)(len + behind));
}

static void a_datagram_with_one_message_that_does_not_cross_has_no_effect(void)
{
	for (unsigned is_behind = 0; is_behind < 2; is_behind++) {
		struct lab_context third;
		struct gtpc_v2 m;
		uint64_t datagram;

		start();
		third = lab_dedicated(&first, 7);
		m = lab_create_bearer(&third, &first);
		lab_send(&third, &m);
		m = lab_accept(&third, GTPC_V2_CREATE_BEARER_RESPONSE);
		datagram = send_with_ambiguous(&third, &m, is_behind);
		lab_settle();
		CU_ASSERT_EQUAL(lab_fate(datagram), LAB_DISCARDED);
		CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), 1);
		CU_ASSERT_EQUAL(lab_sessions(), 2);
		/* The response counts as not given. */
		lab_send(&third, &m);
		lab_settle();
		CU_ASSERT_EQUAL(lab_sessions(), 3);
		lab_stop();
	}
}

/* The first one names a bearer twice. */
static void what_is_behind_a_refused_message_has_no_effect(void)
{
	struct lab_context other = lab_context(2), third;
	struct gtpc_v2 create, m;
	uint64_t datagram;

	start();
	third = lab_dedicated(&first, 7);
	m = lab_create_bearer(&third, &first);
	lab_send(&third, &m);
	m = lab_accept(&third, GTPC_V2_CREATE_BEARER_RESPONSE);
	create = lab_create_session(&other);
	create.bearers_count = 2;
	create.bearers[1] = create.bearers[0];
	datagram = lab_send_both(&third, &create, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(datagram), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	lab_stop();
}

UNIT_MAIN("session_command", TEST(a_command_names_a_keyset_once_the_pgw_has_answered),
	  TEST(a_command_that_fails_names_nothing),
	  TEST(another_requests_sequence_number_answers_no_command),
	  TEST(a_request_from_another_pgw_answers_no_command),
	  TEST(a_request_to_another_teid_answers_no_command),
	  TEST(a_command_of_somebody_else_names_nothing),
	  TEST(a_command_is_for_its_own_pdn_connection),
	  TEST(pco_of_a_create_bearer_response_names_a_keyset),
	  TEST(pco_of_a_bearer_comes_before_that_of_the_message),
	  TEST(a_datagram_with_one_message_that_does_not_cross_has_no_effect),
	  TEST(what_is_behind_a_refused_message_has_no_effect))
