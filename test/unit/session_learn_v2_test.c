/* SPDX-License-Identifier: BSD-3-Clause */
/* What the store learns of the GTPv2-C that crosses: PDN connections, and whose word counts. */
#include "session_lab_v2.h"

static struct session_view view;

static void start_with(struct lab_context *c)
{
	*c = lab_context(1);
	lab_start();
	lab_begin(c, lab_sqn(3), 2);
	lab_settle();
	CU_ASSERT_EQUAL_FATAL(lab_sessions(), 1);
}

/* What makes the session, for a test to spoil. */
static void start_to_create(struct lab_context *c, struct gtpc_v2 *request, struct gtpc_v2 *accept)
{
	*c = lab_context(1);
	lab_start();
	*request = lab_create_session(c);
	request->pco = lab_pco(lab_sqn(1), 1);
	*accept = lab_accept(c, GTPC_V2_CREATE_SESSION_RESPONSE);
}

/* Request and response, both as they are. */
static uint64_t ask(const struct lab_context *c, const struct gtpc_v2 *request,
		    const struct gtpc_v2 *response)
{
	uint64_t number;

	lab_send(c, request);
	number = lab_send(c, response);
	lab_settle();
	return number;
}

/* --- Create Session, TS 29.274 7.2.1, 7.2.2 --- */

static void accepted_create_makes_a_session(void)
{
	const struct e2m_keyset_id name = lab_sqn(3);
	struct tunnel up, down;
	struct lab_context c;

	start_with(&c);
	up = lab_up(&c);
	down = lab_down(&c);
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "learned");
	CU_ASSERT_EQUAL(view.key_id, 2);
	CU_ASSERT_EQUAL(memcmp(&view.keyset, &name, sizeof(name)), 0);
	CU_ASSERT_TRUE(view.uplink.live && tunnel_is_equal(&view.uplink.tunnel, &up));
	CU_ASSERT_TRUE(view.downlink.live && tunnel_is_equal(&view.downlink.tunnel, &down));
	CU_ASSERT_EQUAL(lab_flow(&up)->bearer, 5);
	CU_ASSERT_EQUAL(lab_flow(&down)->bearer, 5);
	lab_stop();
}

static void response_leaves_when_the_flows_are_there(void)
{
	struct lab_context c = lab_context(1);
	uint64_t response;

	lab_start();
	response = lab_begin(&c, lab_sqn(1), 1);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_stop();
}

static void keyset_is_named_in_any_of_the_three_pcos(void)
{
	const uint8_t other[] = {0x80, 0x00, 0x0d, 0x00};

	for (unsigned kind = 0; kind < 3; kind++) {
		struct lab_context c = lab_context(1);
		struct gtpc_v2 m, accept;

		lab_start();
		m = lab_create_session(&c);
		m.pco = (struct gtp_octets){.data = other, .len = sizeof(other)};
		*(kind == 0 ? &m.pco : kind == 1 ? &m.apco : &m.epco) = lab_pco(lab_rand(2), 7);
		accept = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
		ask(&c, &m, &accept);
		CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
		CU_ASSERT_EQUAL(view.key_id, 7);
		CU_ASSERT_EQUAL(view.keyset.type, E2M_ID_RAND);
		lab_stop();
	}
}

static void refused_create_makes_nothing(void)
{
	struct lab_context c = lab_context(1);
	struct gtpc_v2 m, refuse;

	lab_start();
	m = lab_create_session(&c);
	m.pco = lab_pco(lab_sqn(1), 1);
	refuse = lab_refuse(&c, GTPC_V2_CREATE_SESSION_RESPONSE, GTPC_V2_CAUSE_NO_RESOURCES);
	refuse.teid = 0; /* 5.5.2 */
	ask(&c, &m, &refuse);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_REFUSED), 1);
	lab_stop();
}

static void each_bearer_of_a_create_gets_a_session_of_the_same_keyset(void)
{
	struct lab_context c = lab_context(1), second, third;
	struct gtpc_v2 m, accept;

	lab_start();
	second = lab_dedicated(&c, 6);
	third = lab_dedicated(&c, 7);
	m = lab_create_session(&c);
	m.pco = lab_pco(lab_sqn(4), 3);
	m.linked_ebi = 5;
	m.bearers_count = 3;
	m.bearers[1] = (struct gtpc_v2_bearer){.ebi = 6, .sgw_u = lab_fteid(1, second.down)};
	m.bearers[2] = (struct gtpc_v2_bearer){.ebi = 7, .sgw_u = lab_fteid(1, third.down)};
	accept = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
	accept.cause = GTPC_V2_CAUSE_ACCEPTED_PARTIALLY;
	accept.bearers_count = 3;
	accept.bearers[1] = (struct gtpc_v2_bearer){
		.ebi = 6, .has_cause = true, .cause = 16, .pgw_u = lab_fteid(2, second.up)};
	accept.bearers[2] = (struct gtpc_v2_bearer){
		.ebi = 7, .has_cause = true, .cause = 73, .pgw_u = lab_fteid(2, third.up)};
	ask(&c, &m, &accept);
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_TRUE(lab_view(&c, &view) && view.key_id == 3);
	CU_ASSERT_TRUE(lab_view(&second, &view) && view.key_id == 3);
	CU_ASSERT_FALSE(lab_view(&third, &view));
	lab_stop();
}

static void create_that_names_no_keyset_bars_the_protected_session(void)
{
	struct gtpc_v2 m, accept;
	struct lab_context c;

	start_with(&c);
	m = lab_create_session(&c);
	accept = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
	ask(&c, &m, &accept);
	/* It has the address of the protected one (e2m.md 6). */
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_TRUE(lab_view(&c, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "barred");
	lab_stop();
}

static void create_anew_ends_the_dedicated_bearers_of_before(void) /* 7.2.1 */
{
	struct lab_context c, dedicated;

	start_with(&c);
	dedicated = lab_dedicated(&c, 6);
	lab_begin_dedicated(&dedicated, &c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	c.up++, c.down++, c.control_sgsn++, c.control_ggsn++;
	lab_begin(&c, lab_sqn(4), 3);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_REPLACED), 1);
	CU_ASSERT_TRUE(lab_view(&c, &view) && view.key_id == 3);
	lab_stop();
}

static void another_pdn_connection_of_the_subscriber_is_another_session(void)
{
	struct lab_context c, other;

	start_with(&c);
	other = lab_dedicated(&c, 6);
	other.control_ggsn++, other.control_sgsn++;
	lab_begin(&other, lab_sqn(3), 2);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_EQUAL(lab_count(SESSION_LEARNED), 2);
	lab_stop();
}

static void emergency_call_without_imsi_passes(void)
{
	struct lab_context c;
	struct gtpc_v2 m, accept;

	start_to_create(&c, &m, &accept);
	m.present = 0;
	ask(&c, &m, &accept);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_OTHER), 2); /* the response, too */
	lab_stop();
}

static void other_interfaces_pass(void)
{
	struct lab_context c = lab_context(1);
	struct gtpc_v2 m;

	lab_start();
	m = lab_create_session(&c); /* S11 has F-TEIDs of other types */
	m.sgw_c.is_present = false;
	lab_send(&c, &m);
	m = lab_create_session(&c);
	lab_give(DATAPATH_CORE, 2, 1, (const uint8_t[]){0x40, 3, 0, 4, 0, 0, 1, 0}, 8);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_OTHER), 2);
	lab_stop();
}

/* e2m.md 6: a TWAN and an ePDG are read like an S-GW. */
static void sessions_on_s2a_and_s2b_are_learned_like_those_on_s5(void)
{
	for (unsigned access = GTPC_V2_S2A; access <= GTPC_V2_S2B; access++) {
		struct gtpc_v2 m, accept;
		struct lab_context c;
		struct tunnel up, down;

		start_to_create(&c, &m, &accept);
		m.access = accept.access = (enum gtpc_v2_access)access;
		ask(&c, &m, &accept);
		up = lab_up(&c);
		down = lab_down(&c);
		CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
		CU_ASSERT_STRING_EQUAL(view.state, "learned");
		CU_ASSERT_TRUE(view.uplink.live && tunnel_is_equal(&view.uplink.tunnel, &up));
		CU_ASSERT_TRUE(view.downlink.live && tunnel_is_equal(&view.downlink.tunnel, &down));
		lab_stop();
	}
}

static void create_finds_no_place_in_a_full_store(void)
{
	struct lab_context c;
	uint64_t response;

	lab_start();
	for (unsigned i = 0; i < lab.config.max; i++) {
		c = lab_context(i);
		lab_begin(&c, lab_sqn(1), 1);
	}
	c = lab_context(lab.config.max);
	response = lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_sessions(), lab.config.max);
	lab_stop();
}

/* --- IP versions, 8.22 --- */

static struct gtpc_v2_fteid both(uint8_t last_octet, uint32_t teid)
{
	struct gtpc_v2_fteid fteid = lab_fteid(last_octet, teid);

	fteid.ipv6 = (struct gtp_address){.len = 16, .octets = {0x20, 1, [15] = last_octet}};
	return fteid;
}

static struct tunnel over_ipv6(uint8_t last_octet, uint32_t teid)
{
	const struct gtpc_v2_fteid fteid = both(last_octet, teid);
	struct tunnel t = {.teid = teid};

	tunnel_set_ipv6(&t, fteid.ipv6.octets);
	return t;
}

/* Begins one with these F-TEIDs for user data. */
static void begin_over(struct lab_context *c, struct gtpc_v2_fteid sgw, struct gtpc_v2_fteid pgw)
{
	struct gtpc_v2 m, accept;

	*c = lab_context(1);
	m = lab_create_session(c);
	m.pco = lab_pco(lab_sqn(1), 1);
	m.bearers[0].sgw_u = sgw;
	accept = lab_accept(c, GTPC_V2_CREATE_SESSION_RESPONSE);
	accept.bearers[0].pgw_u = pgw;
	ask(c, &m, &accept);
}

static void tunnel_is_over_the_version_that_both_ends_have(void)
{
	struct gtpc_v2_fteid only_ipv6 = both(2, 0x22);
	const struct tunnel up = over_ipv6(2, 0x22), down = over_ipv6(1, 0x11);
	struct lab_context c;

	lab_start();
	only_ipv6.ipv4.len = 0;
	begin_over(&c, both(1, 0x11), only_ipv6);
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_TRUE(tunnel_is_equal(&view.uplink.tunnel, &up));
	CU_ASSERT_TRUE(tunnel_is_equal(&view.downlink.tunnel, &down));
	lab_stop();
}

static void tunnel_of_two_versions_is_over_that_of_gtpc(void)
{
	struct tunnel up = {.teid = 0x22}, down = {.teid = 0x11};
	struct lab_context c;

	lab_start();
	lab_address(&up, 2);
	lab_address(&down, 1);
	begin_over(&c, both(1, 0x11), both(2, 0x22));
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_TRUE(tunnel_is_equal(&view.uplink.tunnel, &up));
	CU_ASSERT_TRUE(tunnel_is_equal(&view.downlink.tunnel, &down));
	lab_stop();
}

/* --- whose word counts --- */

static void response_to_another_teid_is_none(void)
{
	struct lab_context c;
	struct gtpc_v2 m, accept;

	start_to_create(&c, &m, &accept);
	accept.teid++;
	ask(&c, &m, &accept);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 1);
	lab_stop();
}

static void response_with_another_sequence_number_is_none(void)
{
	struct lab_context c;
	struct gtpc_v2 m, accept;

	start_to_create(&c, &m, &accept);
	accept.sequence ^= 0x800000; /* of 24 bits */
	ask(&c, &m, &accept);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void request_from_the_wrong_side_passes(void)
{
	struct lab_context c;
	struct gtpc_v2 m;
	uint8_t data[512];
	int len;

	start_with(&c);
	m = lab_delete_bearer(&c);
	len = gtpc_v2_write(data, sizeof(data), &m);
	lab_give(DATAPATH_ACCESS, c.sgsn, c.ggsn, data, (size_t)len);
	m = lab_delete_session(&c);
	len = gtpc_v2_write(data, sizeof(data), &m);
	lab_give(DATAPATH_CORE, c.ggsn, c.sgsn, data, (size_t)len);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_OTHER), 2);
	lab_stop();
}

/* --- Delete Session, 7.2.9.1, 7.2.10.1 --- */

static void accepted_delete_ends_all_bearers_of_the_pdn_connection(void)
{
	struct lab_context c, dedicated, other;
	struct gtpc_v2 m, accept;

	start_with(&c);
	dedicated = lab_dedicated(&c, 6);
	lab_begin_dedicated(&dedicated, &c);
	other = lab_dedicated(&c, 7);
	other.control_ggsn++, other.control_sgsn++;
	lab_begin(&other, lab_sqn(3), 2);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 3);
	m = lab_delete_session(&c);
	lab_send(&c, &m);
	accept = lab_accept(&c, GTPC_V2_DELETE_SESSION_RESPONSE);
	CU_ASSERT_EQUAL(lab_fate(lab_send(&c, &accept)), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_TRUE(lab_view(&other, &view));
	lab_stop();
}

static void delete_of_what_the_pgw_has_no_more_ends_it(void)
{
	struct gtpc_v2 m, gone;
	struct lab_context c;

	start_with(&c);
	m = lab_delete_session(&c);
	gone = lab_refuse(&c, GTPC_V2_DELETE_SESSION_RESPONSE, GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
	gone.teid = 0; /* 5.5.2 */
	ask(&c, &m, &gone);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void refused_delete_ends_nothing(void)
{
	struct gtpc_v2 m, refuse;
	struct lab_context c;

	start_with(&c);
	m = lab_delete_session(&c);
	refuse = lab_refuse(&c, GTPC_V2_DELETE_SESSION_RESPONSE, 94);
	ask(&c, &m, &refuse);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

/* The P-GW has even said yes, to whoever it was. */
static void forged_delete_ends_nothing(void)
{
	struct lab_context c, forger;
	struct gtpc_v2 m, accept;

	start_with(&c);
	forger = c;
	forger.sgsn = 9;
	m = lab_delete_session(&forger);
	accept = lab_accept(&forger, GTPC_V2_DELETE_SESSION_RESPONSE);
	ask(&forger, &m, &accept);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	lab_stop();
}

static void forged_delete_that_names_its_sender_ends_nothing(void)
{
	struct lab_context c, forger;
	struct gtpc_v2 m, accept;

	start_with(&c);
	forger = c;
	forger.sgsn = 9;
	m = lab_delete_session(&forger);
	m.sgw_c = lab_fteid(9, c.control_sgsn);
	accept = lab_accept(&forger, GTPC_V2_DELETE_SESSION_RESPONSE);
	ask(&forger, &m, &accept);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 1);
	lab_stop();
}

static void what_is_not_found_ends_what_the_sgw_of_the_session_asked_about_alone(void)
{
	for (unsigned i = 0; i < 4; i++) {
		const bool own = i & 1, names_it = i & 2;
		struct lab_context c, asks;
		struct gtpc_v2 m, refuse;

		start_with(&c);
		asks = c;
		if (!own) {
			asks.sgsn = 9;
			asks.control_sgsn = 0x9999;
		}
		if (!names_it)
			asks.nsapi = 14; /* a bearer that the P-GW does not have */
		m = lab_modify_bearer(&asks);
		refuse = lab_refuse(&asks, GTPC_V2_MODIFY_BEARER_RESPONSE,
				    GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
		ask(&asks, &m, &refuse);
		CU_ASSERT_EQUAL(lab_sessions(), !(own && names_it));
		lab_stop();
	}
}

static void an_sgw_may_name_another_address_for_signalling(void)
{
	struct lab_context c, moved;
	struct gtpc_v2 m, accept;

	start_with(&c);
	moved = c;
	moved.sgsn = 8;
	m = lab_modify_bearer(&moved);
	accept = lab_accept(&moved, GTPC_V2_MODIFY_BEARER_RESPONSE);
	ask(&c, &m, &accept);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 0);
	m = lab_delete_session(&moved);
	accept = lab_accept(&moved, GTPC_V2_DELETE_SESSION_RESPONSE);
	ask(&moved, &m, &accept);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void delete_with_another_teid_ends_nothing(void)
{
	struct gtpc_v2 m, accept;
	struct lab_context c;

	start_with(&c);
	m = lab_delete_session(&c);
	m.teid++;
	accept = lab_accept(&c, GTPC_V2_DELETE_SESSION_RESPONSE);
	ask(&c, &m, &accept);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_UNKNOWN_SESSION), 1);
	lab_stop();
}

/* --- Recovery, TS 23.007 --- */

static void begin_with_counter(struct lab_context *c, uint8_t counter)
{
	struct gtpc_v2 m = lab_create_session(c), accept;

	m.pco = lab_pco(lab_sqn(1), 1);
	accept = lab_accept(c, GTPC_V2_CREATE_SESSION_RESPONSE);
	accept.present |= GTPC_V2_HAS_RECOVERY;
	accept.recovery = counter;
	ask(c, &m, &accept);
}

static void pgw_that_restarts_has_lost_its_sessions(void)
{
	struct lab_context c = lab_context(1), later = lab_context(2);

	lab_start();
	begin_with_counter(&c, 7);
	begin_with_counter(&later, 8);
	lab_pass(200);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_GSN_RESTARTS), 1);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_TRUE(lab_view(&later, &view));
	lab_stop();
}

static void echo_tells_of_a_restart(void) /* 7.1.1, 7.1.2 */
{
	static const uint8_t request[] = {0x40, 1, 0, 9, 0xab, 0, 1, 0, 3, 0, 1, 0, 9};
	static const uint8_t response[] = {0x40, 2, 0, 9, 0xab, 0, 1, 0, 3, 0, 1, 0, 8};
	struct lab_context c = lab_context(1);

	lab_start();
	begin_with_counter(&c, 7);
	lab_give(DATAPATH_ACCESS, 1, 2, request, sizeof(request));
	lab_give(DATAPATH_CORE, 2, 1, response, sizeof(response));
	lab_pass(200);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

/* --- what is no session's business --- */

static void message_that_cannot_be_read_does_not_cross(void)
{
	static const uint8_t without_teid[] = {0x40, 32, 0, 4, 0, 0, 1, 0};
	static const uint8_t cut_short[] = {0x48, 32, 0, 20, 0, 0, 0, 0, 0, 0, 1, 0};
	uint64_t number;

	lab_start();
	for (size_t len = 2; len <= sizeof(cut_short); len++)
		lab_give(DATAPATH_ACCESS, 1, 2, cut_short, len);
	number = lab_give(DATAPATH_ACCESS, 1, 2, without_teid, sizeof(without_teid));
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(0), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_fate(number), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_MALFORMED), sizeof(cut_short));
	lab_stop();
}

static void echo_passes(void)
{
	static const uint8_t echo[] = {0x40, 1, 0, 9, 0, 0, 1, 0, 3, 0, 1, 0, 9};

	lab_start();
	lab_give(DATAPATH_ACCESS, 1, 2, echo, sizeof(echo));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_OTHER), 1);
	lab_stop();
}

UNIT_MAIN("session_learn_v2", TEST(accepted_create_makes_a_session),
	  TEST(response_leaves_when_the_flows_are_there),
	  TEST(keyset_is_named_in_any_of_the_three_pcos), TEST(refused_create_makes_nothing),
	  TEST(each_bearer_of_a_create_gets_a_session_of_the_same_keyset),
	  TEST(create_that_names_no_keyset_bars_the_protected_session),
	  TEST(create_anew_ends_the_dedicated_bearers_of_before),
	  TEST(another_pdn_connection_of_the_subscriber_is_another_session),
	  TEST(emergency_call_without_imsi_passes), TEST(other_interfaces_pass),
	  TEST(sessions_on_s2a_and_s2b_are_learned_like_those_on_s5),
	  TEST(create_finds_no_place_in_a_full_store),
	  TEST(tunnel_is_over_the_version_that_both_ends_have),
	  TEST(tunnel_of_two_versions_is_over_that_of_gtpc), TEST(response_to_another_teid_is_none),
	  TEST(response_with_another_sequence_number_is_none),
	  TEST(request_from_the_wrong_side_passes),
	  TEST(accepted_delete_ends_all_bearers_of_the_pdn_connection),
	  TEST(delete_of_what_the_pgw_has_no_more_ends_it), TEST(refused_delete_ends_nothing),
	  TEST(forged_delete_ends_nothing), TEST(forged_delete_that_names_its_sender_ends_nothing),
	  TEST(what_is_not_found_ends_what_the_sgw_of_the_session_asked_about_alone),
	  TEST(an_sgw_may_name_another_address_for_signalling),
	  TEST(delete_with_another_teid_ends_nothing),
	  TEST(pgw_that_restarts_has_lost_its_sessions), TEST(echo_tells_of_a_restart),
	  TEST(message_that_cannot_be_read_does_not_cross), TEST(echo_passes))
