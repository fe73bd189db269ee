/* SPDX-License-Identifier: BSD-3-Clause */
/* What the store learns of the GTPv1-C that crosses, and when messages leave. */
#include "session_lab.h"

static struct session_view view;

/* --- Create --- */

static void accepted_create_makes_a_session(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(3);
	const struct tunnel up = lab_up(&c), down = lab_down(&c);

	lab_start();
	lab_create(&c, name, 2);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "learned");
	CU_ASSERT_EQUAL(view.key_id, 2);
	CU_ASSERT_EQUAL(memcmp(&view.keyset, &name, sizeof(name)), 0);
	CU_ASSERT_TRUE(view.uplink.live && tunnel_is_equal(&view.uplink.tunnel, &up));
	CU_ASSERT_TRUE(view.downlink.live && tunnel_is_equal(&view.downlink.tunnel, &down));
	CU_ASSERT_EQUAL(lab_flow(&up)->direction, E2M_UPLINK);
	CU_ASSERT_EQUAL(lab_flow(&down)->direction, E2M_DOWNLINK);
	CU_ASSERT_EQUAL(lab_flow(&down)->bearer, 5);
	lab_stop();
}

static void gsns_may_speak_ipv6(void)
{
	struct lab_context c = lab_context(1);
	struct tunnel up, down, before;

	lab_start();
	lab.ipv6 = true;
	up = lab_up(&c);
	before = lab_down(&c);
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_PTR_NOT_NULL(lab_flow(&up));
	CU_ASSERT_PTR_NOT_NULL(lab_flow(&before));
	c.sgsn = 7;
	lab_move(&c);
	lab_settle();
	down = lab_down(&c);
	CU_ASSERT_PTR_NULL(lab_flow(&before));
	CU_ASSERT_PTR_NOT_NULL(lab_flow(&down));
	lab_delete(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void request_leaves_without_a_response(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);
	uint64_t request;

	lab_start();
	request = lab_create_request(&c, &name, 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void response_leaves_when_both_flows_are_there(void)
{
	struct lab_context c = lab_context(1);
	const struct tunnel up = lab_up(&c), down = lab_down(&c);
	uint64_t response;

	lab_start();
	response = lab_create(&c, lab_sqn(1), 1);
	while (lab_fate(response) == LAB_HELD) {
		CU_ASSERT_TRUE_FATAL(lab_execute(0) || lab_execute(1) || lab_deliver(0) ||
				     lab_deliver(1));
	}
	CU_ASSERT_PTR_NOT_NULL(lab_flow(&up));
	CU_ASSERT_PTR_NOT_NULL(lab_flow(&down));
	lab_stop();
}

static void response_waits_for_the_last_acknowledgement(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);
	uint64_t response;
	unsigned delivered = 0;

	lab_start();
	lab_create_request(&c, &name, 1);
	lab_settle();
	response = lab_create_response(&c);
	while (lab_execute(0) || lab_execute(1))
		;
	while (lab.workers[0].events_count + lab.workers[1].events_count > 0) {
		CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
		CU_ASSERT_TRUE_FATAL(lab_deliver(0) || lab_deliver(1));
		while (lab_execute(0) || lab_execute(1))
			;
		delivered++;
	}
	CU_ASSERT_EQUAL(delivered, 2);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_stop();
}

static void refused_create_makes_nothing(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);

	lab_start();
	lab_create_request(&c, &name, 1);
	lab_response(&c, GTPC_V1_CREATE_PDP_RESPONSE, 199);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_REFUSED), 1);
	lab_stop();
}

static void create_that_names_no_keyset_makes_nothing(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	lab_create_request(&c, NULL, 0);
	lab_create_response(&c);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void create_that_names_no_keyset_bars_the_protected_session(void)
{
	struct lab_context c = lab_context(1);
	const struct tunnel down = lab_down(&c);
	uint64_t response;

	lab_start();
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	lab_create_request(&c, NULL, 0);
	response = lab_create_response(&c);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	/* It has the address of the protected one (e2m.md 6). */
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_flow(&down)->treatment, DATAPATH_BAR);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	lab_stop();
}

static void unprotected_context_frees_its_tunnels_of_a_session_whose_end_nobody_saw(void)
{
	struct lab_context old = lab_context(1), new = lab_context(2);
	uint64_t response;

	lab_start();
	lab_create(&old, lab_sqn(1), 1);
	lab_settle();
	new.up = old.up;
	lab_create_request(&new, NULL, 0);
	response = lab_create_response(&new);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_unprotected(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_TUNNELS_LOST), 1);
	lab_stop();
}

static void create_whose_directions_share_a_tunnel_is_left_alone(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	c.ggsn = c.sgsn;
	c.up = c.down;
	lab_create(&c, lab_sqn(1), 1);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_MALFORMED), 1);
	lab_stop();
}

static void create_finds_no_place_in_a_full_store(void)
{
	struct lab_context c;
	uint64_t response;

	lab_start();
	for (unsigned i = 0; i < lab.config.max; i++) {
		c = lab_context(i);
		lab_create(&c, lab_sqn(1), 1);
	}
	c = lab_context(lab.config.max);
	response = lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_sessions(), lab.config.max);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_FULL), 1);
	lab_stop();
}

/* --- requests and their responses --- */

static void response_without_a_request_passes(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	lab_create_response(&c);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 1);
	lab_stop();
}

static void response_with_another_sequence_number_is_none(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);

	lab_start();
	lab_create_request(&c, &name, 1);
	c.sequence++;
	lab_create_response(&c);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void response_from_the_side_of_its_request_is_none(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);
	uint8_t data[512];
	const struct gtpc_v1_accept accept = {.type = GTPC_V1_CREATE_PDP_RESPONSE,
					      .teid_data = c.up,
					      .teid_control = c.control_ggsn,
					      .gsn = lab_gsn(c.ggsn)};
	int len;

	lab_start();
	lab_create_request(&c, &name, 1);
	len = gtpc_v1_write_accept_response(data, sizeof(data), &accept);
	data[8] = (uint8_t)(c.sequence >> 8);
	data[9] = (uint8_t)c.sequence;
	lab_give(DATAPATH_ACCESS, c.ggsn, c.sgsn, data, (size_t)len);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 1);
	lab_stop();
}

static void response_that_comes_twice_takes_effect_once(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	lab_create_response(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_LEARNED), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_REPLACED), 0);
	lab_stop();
}

static void request_sent_again_stands_for_the_first(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);
	uint64_t again;

	lab_start();
	lab_create_request(&c, &name, 1);
	lab.send_again = true;
	lab_create_request(&c, &name, 1);
	lab_create_response(&c);
	again = lab_create_response(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	/* The GGSN answers both. */
	CU_ASSERT_EQUAL(lab_fate(again), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_REPEATED), 1);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 0);
	CU_ASSERT_TRUE_FATAL(lab_view(&c, &view));
	CU_ASSERT_EQUAL(memcmp(&view.keyset, &name, sizeof(name)), 0);
	lab_stop();
}

static void request_without_a_response_is_forgotten(void)
{
	struct lab_context c = lab_context(1), other = lab_context(2);
	const struct e2m_keyset_id name = lab_sqn(1);

	lab_start();
	lab_create_request(&c, &name, 1);
	lab_pass(61000);
	lab_create_request(&other, &name, 1);
	lab_create_response(&c);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_REQUEST), 1);
	lab_stop();
}

/* --- secondary contexts, TS 29.060 7.3.1 --- */

/* A Create Request as of a secondary context: no IMSI, NSAPI 6 linked to 5, the GGSN's control TEID. name NULL: its
 * PCO names no keyset. */
static uint64_t secondary_request(struct lab_context *c, const struct e2m_keyset_id *name)
{
	uint8_t data[512];
	const struct gtpc_v1_update update = {.sequence = 7777,
					      .peer_teid_control = c->control_ggsn,
					      .nsapi = 6,
					      .teid_data = c->down,
					      .teid_control = c->control_sgsn,
					      .gsn = lab_gsn(c->sgsn)};
	const uint8_t linked[] = {20, 0xF5};
	uint8_t pco[3 + PCO_MAX_LEN] = {132, 0};
	struct pco_e2m e2m = {.key_id = 1};
	int len = gtpc_v1_write_update_request(data, sizeof(data), &update);
	size_t at, pco_len;

	c->sequence = 7777;
	c->nsapi = 6;
	data[1] = GTPC_V1_CREATE_PDP_REQUEST;
	/* Recovery, TEID Data I, TEID Control Plane and NSAPI stand first. */
	at = 12 + 2 + 5 + 5 + 2;
	memmove(data + at + sizeof(linked), data + at, (size_t)len - at);
	memcpy(data + at, linked, sizeof(linked));
	if (name)
		e2m.id = *name;
	pco_len = name ? pco_write_e2m(pco + 3, &e2m_default_numbers, &e2m) : 0;
	pco[2] = (uint8_t)pco_len;
	at = (size_t)len + sizeof(linked);
	memcpy(data + at, pco, 3 + pco_len);
	at += 3 + pco_len;
	data[2] = (uint8_t)((at - 8) >> 8);
	data[3] = (uint8_t)(at - 8);
	return lab_give(DATAPATH_ACCESS, c->sgsn, c->ggsn, data, at);
}

static void secondary_context_is_its_primarys_subscribers(void)
{
	struct lab_context primary = lab_context(1), secondary = primary;
	const struct e2m_keyset_id name = lab_sqn(1);
	struct tunnel down;

	lab_start();
	lab_create(&primary, name, 1);
	lab_settle();
	secondary.down = 0x1111;
	secondary.up = 0x2222;
	secondary_request(&secondary, &name);
	lab_create_response(&secondary);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_TRUE_FATAL(lab_view(&secondary, &view));
	down = lab_down(&secondary);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lab_flow(&down));
	CU_ASSERT_EQUAL(lab_flow(&down)->bearer, 6);
	lab_stop();
}

/* It names neither IMSI nor APN. */
static void secondary_context_is_as_its_primary_by_policy(void)
{
	const struct policy_rule rule = {.apn = (char *)(uintptr_t) "internet",
					 .action = POLICY_PROTECT};
	struct lab_context primary = lab_context(1), secondary = primary;
	struct tunnel down;

	lab_defaults();
	lab.config.policy = (struct policy){.rules = &rule, .count = 1};
	lab_open();
	lab_create_request(&primary, NULL, 0);
	lab_create_response(&primary);
	lab_settle();
	secondary.nsapi = 6;
	secondary.down = 0x1111;
	secondary.up = 0x2222;
	secondary_request(&secondary, NULL);
	lab_create_response(&secondary);
	lab_settle();
	CU_ASSERT_TRUE_FATAL(lab_view(&secondary, &view));
	CU_ASSERT_STRING_EQUAL(view.state, "barred");
	down = lab_down(&secondary);
	CU_ASSERT_EQUAL(lab_flow(&down)->treatment, DATAPATH_BAR);
	lab_stop();
}

static void secondary_context_of_nobody_known_passes(void)
{
	struct lab_context c = lab_context(1);
	const struct e2m_keyset_id name = lab_sqn(1);
	uint64_t response;

	lab_start();
	secondary_request(&c, &name);
	response = lab_create_response(&c);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_OTHER), 2);
	lab_stop();
}

/* --- Delete --- */

static void accepted_delete_removes_the_session(void)
{
	struct lab_context c = lab_context(1);
	const struct tunnel up = lab_up(&c), down = lab_down(&c);
	uint64_t response;

	lab_start();
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	response = lab_delete(&c);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_PTR_NULL(lab_flow(&up));
	CU_ASSERT_PTR_NULL(lab_flow(&down));
	lab_stop();
}

static void refused_delete_removes_nothing(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	lab_delete_request(&c, false);
	lab_response(&c, GTPC_V1_DELETE_PDP_RESPONSE, 204);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	lab_stop();
}

static void delete_of_what_the_ggsn_has_no_more_removes_it(void)
{
	struct lab_context c = lab_context(1);

	lab_start();
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	lab_delete_request(&c, false);
	lab_response(&c, GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_CAUSE_NON_EXISTENT);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void ggsn_may_delete(void)
{
	struct lab_context c = lab_context(1);
	uint8_t data[128];
	int len;

	lab_start();
	lab_create(&c, lab_sqn(1), 1);
	lab_settle();
	len = gtpc_v1_write_delete_request(data, sizeof(data), 9000, c.control_sgsn, 5, false);
	lab_give(DATAPATH_CORE, c.ggsn, c.sgsn, data, (size_t)len);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	len = gtpc_v1_write_cause_response(data, sizeof(data), GTPC_V1_DELETE_PDP_RESPONSE, 9000,
					   c.control_ggsn, GTPC_V1_CAUSE_ACCEPTED);
	lab_give(DATAPATH_ACCESS, c.sgsn, c.ggsn, data, (size_t)len);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

/* Three contexts of one subscriber at one control TEID: 5, 6 linked to 5, and 7 with an address of its
 * own. */
static void three_contexts(struct lab_context c[3])
{
	const struct e2m_keyset_id name = lab_sqn(1);

	for (unsigned i = 0; i < 3; i++) {
		c[i] = lab_context(1);
		c[i].up += 0x100 * i;
		c[i].down += 0x100 * i;
	}
	c[2].nsapi = 7;
	lab_create(&c[0], name, 1);
	lab_settle();
	secondary_request(&c[1], &name);
	lab_create_response(&c[1]);
	lab_create(&c[2], name, 1);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 3);
}

static void teardown_removes_all_that_share_the_address(void)
{
	struct lab_context c[3];
	uint64_t response;

	lab_start();
	three_contexts(c);
	lab_delete_request(&c[0], true);
	response = lab_response(&c[0], GTPC_V1_DELETE_PDP_RESPONSE, GTPC_V1_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_HELD);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_TRUE(lab_view(&c[2], &view));
	lab_stop();
}

static void delete_without_teardown_removes_one(void)
{
	struct lab_context c[3];

	lab_start();
	three_contexts(c);
	lab_delete(&c[1]);
	lab_settle();
	CU_ASSERT_EQUAL(lab_sessions(), 2);
	CU_ASSERT_FALSE(lab_view(&c[1], &view));
	lab_stop();
}

/* --- what is no session's business --- */

/* Gives it to the store. */
static enum lab_fate fate_of(const uint8_t *message, size_t len)
{
	const uint64_t number = lab_give(DATAPATH_ACCESS, 1, 2, message, len);

	lab_settle();
	return lab_fate(number);
}

/* From the second octet on, the type is known. */
static void message_that_cannot_be_read_does_not_cross(void)
{
	const uint8_t cut_short[] = {0x32, GTPC_V1_CREATE_PDP_REQUEST, 0x00, 0x40, 0, 0, 0, 0, 0,
				     1};

	lab_start();
	for (size_t len = 2; len <= sizeof(cut_short); len++)
		CU_ASSERT_EQUAL(fate_of(cut_short, len), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_MALFORMED), sizeof(cut_short) - 1);
	lab_stop();
}

/* e2m.md 6, table of message types. */
static bool is_read(unsigned version, unsigned type)
{
	if (version == 1)
		return type >= 16 && type <= 21;
	return (type >= 32 && type <= 37) || type == 68 || type == 69 ||
	       (type >= 95 && type <= 102) || type == 200 || type == 201;
}

static void each_type_that_is_not_read_crosses_and_is_counted(void)
{
	lab_start();
	for (unsigned version = 1; version <= 2; version++)
		for (unsigned type = 0; type <= UINT8_MAX; type++) {
			const uint8_t message[] = {(uint8_t)(version << 5 | 0x12), (uint8_t)type, 0,
						   99};

			CU_ASSERT_EQUAL(fate_of(message, sizeof(message)),
					is_read(version, type) ? LAB_DISCARDED : LAB_LEFT);
			CU_ASSERT_EQUAL(session_crossed(lab.store, version, (uint8_t)type),
					!is_read(version, type));
		}
	lab_stop();
}

static void request_without_a_sequence_number_does_not_cross(void)
{
	static const uint8_t message[] = {0x30, GTPC_V1_DELETE_PDP_REQUEST, 0, 2, 0, 0, 0, 1, 20,
					  5};

	lab_start();
	CU_ASSERT_EQUAL(fate_of(message, sizeof(message)), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_NO_SEQUENCE), 1);
	lab_stop();
}

static void what_is_dropped_is_logged_once_a_second(void)
{
	static const uint8_t message[] = {0x30, GTPC_V1_DELETE_PDP_REQUEST, 0, 2, 0, 0, 0, 1, 20,
					  5};

	lab_start();
	for (unsigned i = 0; i < 5; i++)
		lab_give(DATAPATH_ACCESS, 1, 2, message, sizeof(message));
	CU_ASSERT_EQUAL(lab.warnings, 1);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(lab.last_warning, "version 1, type 20: dropped: it has no sequence number"));
	lab_pass(1000);
	lab_give(DATAPATH_ACCESS, 1, 2, message, sizeof(message));
	CU_ASSERT_EQUAL(lab.warnings, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "; 4 more since the last such line"));
	lab_stop();
}

static void echo_passes(void)
{
	uint8_t data[64];
	int len = gtpc_v1_write_echo(data, sizeof(data), GTPC_V1_ECHO_REQUEST, 1, 0);

	lab_start();
	lab_give(DATAPATH_ACCESS, 1, 2, data, (size_t)len);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_OTHER), 1);
	lab_stop();
}

static void other_gtp_version_passes(void)
{
	const uint8_t v3[] = {0x68, 32, 0, 8, 0, 0, 0, 0, 0, 0, 1, 0};

	lab_start();
	lab_give(DATAPATH_ACCESS, 1, 2, v3, sizeof(v3));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_OTHER), 1);
	lab_stop();
}

UNIT_MAIN("session_learn", TEST(accepted_create_makes_a_session), TEST(gsns_may_speak_ipv6),
	  TEST(request_leaves_without_a_response), TEST(response_leaves_when_both_flows_are_there),
	  TEST(response_waits_for_the_last_acknowledgement), TEST(refused_create_makes_nothing),
	  TEST(create_that_names_no_keyset_makes_nothing),
	  TEST(create_that_names_no_keyset_bars_the_protected_session),
	  TEST(unprotected_context_frees_its_tunnels_of_a_session_whose_end_nobody_saw),
	  TEST(create_whose_directions_share_a_tunnel_is_left_alone),
	  TEST(create_finds_no_place_in_a_full_store), TEST(response_without_a_request_passes),
	  TEST(response_with_another_sequence_number_is_none),
	  TEST(response_from_the_side_of_its_request_is_none),
	  TEST(response_that_comes_twice_takes_effect_once),
	  TEST(request_sent_again_stands_for_the_first),
	  TEST(request_without_a_response_is_forgotten),
	  TEST(secondary_context_is_its_primarys_subscribers),
	  TEST(secondary_context_is_as_its_primary_by_policy),
	  TEST(secondary_context_of_nobody_known_passes), TEST(accepted_delete_removes_the_session),
	  TEST(refused_delete_removes_nothing),
	  TEST(delete_of_what_the_ggsn_has_no_more_removes_it), TEST(ggsn_may_delete),
	  TEST(teardown_removes_all_that_share_the_address),
	  TEST(delete_without_teardown_removes_one),
	  TEST(message_that_cannot_be_read_does_not_cross),
	  TEST(each_type_that_is_not_read_crosses_and_is_counted),
	  TEST(request_without_a_sequence_number_does_not_cross),
	  TEST(what_is_dropped_is_logged_once_a_second), TEST(echo_passes),
	  TEST(other_gtp_version_passes))
