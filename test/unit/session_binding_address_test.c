/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the addresses of a session come from: e2m.md 6, "Address binding". */
#include "session_binding_lab.h"

static const uint8_t ipv4_a[4] = {10, 9, 0, 1}, ipv4_b[4] = {10, 9, 0, 2};
/* End User Addresses, TS 29.060 7.7.27. */
static const uint8_t static_a[] = {0xF1, 0x21, 10, 9, 0, 1}, given_b[] = {0xF1, 0x21, 10, 9, 0, 2},
		     dynamic[] = {0xF1, 0x21}, zeros[] = {0xF1, 0x21, 0, 0, 0, 0},
		     ipv4_of_both[] = {0xF1, 0x8D, 10, 9, 0, 1}, ppp[] = {0xF0, 0x01};

static struct lab_context c;

static void start(void)
{
	lab_start();
	c = lab_context(1);
}

static uint8_t state(bool is_ipv6)
{
	const struct pdp_address a = lab_address_of(&c);

	return is_ipv6 ? a.ipv6_state : a.ipv4_state;
}

/* --- from a Create --- */

static void address_is_that_of_the_accepted_create_response(void)
{
	start();
	lab_create_with(&c, static_a, sizeof(static_a), given_b, sizeof(given_b));
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_b));
	CU_ASSERT_EQUAL(lab_count(SESSION_UNBOUND), 0);
	lab_stop();
}

static void static_address_of_the_request_counts_where_the_response_has_no_address(void)
{
	start();
	lab_create_with(&c, static_a, sizeof(static_a), NULL, 0);
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	lab_create_with(&c, static_a, sizeof(static_a), dynamic, sizeof(dynamic));
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	CU_ASSERT_EQUAL(state(true), PDP_EXCLUDED);
	lab_stop();
}

static void zeros_in_the_response_leave_ipv4_unbound(void)
{
	start();
	lab_create_with(&c, static_a, sizeof(static_a), zeros, sizeof(zeros));
	CU_ASSERT_EQUAL(state(false), PDP_UNBOUND);
	CU_ASSERT_EQUAL(lab_count(SESSION_UNBOUND), 1);
	lab_stop();
}

static void pdn_type_of_the_accepted_response_excludes_the_other_version(void)
{
	start();
	lab_create_with(&c, NULL, 0, given_b, sizeof(given_b));
	CU_ASSERT_EQUAL(state(false), PDP_BOUND);
	CU_ASSERT_EQUAL(state(true), PDP_EXCLUDED);
	lab_stop();
}

static void of_both_versions_one_may_be_unknown(void)
{
	start();
	lab_create_with(&c, NULL, 0, ipv4_of_both, sizeof(ipv4_of_both));
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	CU_ASSERT_EQUAL(state(true), PDP_UNBOUND);
	CU_ASSERT_EQUAL(lab_count(SESSION_UNBOUND), 1);
	lab_stop();
}

static void pdn_without_addresses_is_unbound(void)
{
	start();
	lab_create_with(&c, ppp, sizeof(ppp), ppp, sizeof(ppp));
	CU_ASSERT_EQUAL(state(false), PDP_UNBOUND);
	CU_ASSERT_EQUAL(state(true), PDP_UNBOUND);
	CU_ASSERT_EQUAL(lab_count(SESSION_UNBOUND), 1);
	lab_stop();
}

static void refused_create_gives_no_address(void)
{
	struct lab_context again;
	const struct e2m_keyset_id name = lab_sqn(1);

	start();
	lab_begin_and_settle(&c);
	again = c;
	memcpy(again.ipv4, ipv4_a, 4);
	lab_create_request(&again, &name, 1);
	lab_response(&again, GTPC_V1_CREATE_PDP_RESPONSE, 199);
	lab_settle();
	CU_ASSERT_TRUE(lab_has_own_address(&c));
	lab_stop();
}

static void create_anew_gives_the_address_anew(void)
{
	start();
	lab_begin_and_settle(&c);
	memcpy(c.ipv4, ipv4_a, 4);
	lab_begin_and_settle(&c);
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	lab_stop();
}

static void paa_of_the_create_session_response_binds(void)
{
	start();
	lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(lab_has_own_address(&c));
	CU_ASSERT_EQUAL(state(true), PDP_EXCLUDED);
	lab_stop();
}

/* An IPv6 address stands for the prefix length of PAA. */
static void prefix_length_is_that_of_the_paa(void)
{
	static const uint8_t octets[18] = {2, 56, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x42, [17] = 1};
	struct gtpc_v2 m;
	struct pdp_address a;

	start();
	m = lab_create_session(&c);
	m.pco = lab_pco(lab_sqn(1), 1);
	lab_send(&c, &m);
	m = lab_accept(&c, GTPC_V2_CREATE_SESSION_RESPONSE);
	m.paa = (struct gtp_octets){.data = octets, .len = sizeof(octets)};
	lab_send(&c, &m);
	lab_settle();
	a = lab_address_of(&c);
	CU_ASSERT_EQUAL(a.ipv6_state, PDP_BOUND);
	CU_ASSERT_EQUAL(a.ipv6_length, 56);
	CU_ASSERT_EQUAL(memcmp(a.ipv6, octets + 2, 7), 0);
	CU_ASSERT_EQUAL(a.ipv4_state, PDP_EXCLUDED);
	lab_stop();
}

/* --- from a GGSN-initiated Update --- */

/* from: the address that the request comes from. */
static void update_by_ggsn(uint8_t from, const uint8_t *address, size_t len, bool accepts)
{
	lab_update_by_ggsn(&c, from, &(struct gtp_octets){address, (uint16_t)len}, accepts);
}

static void accepted_ggsn_initiated_update_gives_an_address_that_was_not_known(void)
{
	start();
	lab_create_with(&c, NULL, 0, zeros, sizeof(zeros));
	update_by_ggsn(c.ggsn, given_b, sizeof(given_b), true);
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_b));
	lab_stop();
}

static void refused_ggsn_initiated_update_gives_none(void)
{
	start();
	lab_create_with(&c, NULL, 0, zeros, sizeof(zeros));
	update_by_ggsn(c.ggsn, given_b, sizeof(given_b), false);
	CU_ASSERT_EQUAL(state(false), PDP_UNBOUND);
	lab_stop();
}

static void ggsn_initiated_update_comes_after_the_create(void)
{
	start();
	lab_begin_and_settle(&c);
	update_by_ggsn(c.ggsn, given_b, sizeof(given_b), true);
	CU_ASSERT_TRUE(lab_has_own_address(&c));
	lab_stop();
}

static void update_of_another_ggsn_gives_no_address(void)
{
	start();
	lab_create_with(&c, NULL, 0, zeros, sizeof(zeros));
	update_by_ggsn(66, given_b, sizeof(given_b), true);
	CU_ASSERT_EQUAL(state(false), PDP_UNBOUND);
	lab_stop();
}

/* An Update of the SGSN may have an End User Address too, but no SGSN may give one. */
static void update_of_the_sgsn_gives_no_address(void)
{
	uint8_t data[128];
	int len;

	start();
	lab_create_with(&c, NULL, 0, zeros, sizeof(zeros));
	c.sequence = 31000;
	const struct gtpc_v1_update update = {
		.sequence = (uint16_t)c.sequence,
		.peer_teid_control = c.control_ggsn,
		.nsapi = c.nsapi,
		.teid_data = c.down,
		.teid_control = c.control_sgsn,
		.gsn = lab_gsn(c.sgsn),
		.end_user_address = {.data = given_b, .len = sizeof(given_b)}};

	len = gtpc_v1_write_update_request(data, sizeof(data), &update);
	CU_ASSERT_TRUE_FATAL(len > 0);
	lab_give(DATAPATH_ACCESS, c.sgsn, c.ggsn, data, (size_t)len);
	lab_update_response(&c);
	lab_settle();
	CU_ASSERT_TRUE(lab_has_flows(&c));
	CU_ASSERT_EQUAL(state(false), PDP_UNBOUND);
	lab_stop();
}

/* --- from a notification --- */

static struct session_notification notification(enum session_event event, const uint8_t ipv4[4])
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n = lab_notification(event, &c, &name, 1);

	n.address = (struct pdp_address){0};
	if (ipv4)
		pdp_address_set_ipv4(&n.address, ipv4);
	return n;
}

static void notify(const struct session_notification *n)
{
	lab_notify(n);
	lab_settle();
}

static void notification_comes_before_the_create(void)
{
	struct session_notification n;

	start();
	lab_begin_and_settle(&c);
	n = notification(SESSION_ACTIVATE, ipv4_a);
	notify(&n);
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	lab_begin_and_settle(&c);
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	lab_stop();
}

static void notification_without_an_address_leaves_that_of_the_create(void)
{
	struct session_notification n;

	start();
	lab_begin_and_settle(&c);
	n = notification(SESSION_ACTIVATE, NULL);
	notify(&n);
	CU_ASSERT_TRUE(lab_has_own_address(&c));
	n = notification(SESSION_UPDATE, NULL);
	notify(&n);
	CU_ASSERT_TRUE(lab_has_own_address(&c));
	lab_stop();
}

static void create_gives_the_address_that_the_notification_did_not(void)
{
	struct session_notification n;

	start();
	n = notification(SESSION_ACTIVATE, NULL);
	notify(&n);
	CU_ASSERT_EQUAL(state(false), PDP_UNBOUND);
	lab_begin_and_settle(&c);
	CU_ASSERT_TRUE(lab_has_own_address(&c));
	lab_stop();
}

/* A UE may name a keyset again: that does not make it the same context. */
static void context_reported_anew_with_its_keyset_does_not_keep_the_address(void)
{
	struct session_notification n;

	start();
	n = notification(SESSION_ACTIVATE, ipv4_a);
	notify(&n);
	c.up++;
	c.down++;
	n = notification(SESSION_ACTIVATE, NULL);
	notify(&n);
	CU_ASSERT_TRUE(lab_has_flows(&c));
	CU_ASSERT_EQUAL(state(false), PDP_UNBOUND);
	lab_stop();
}

static void notified_update_gives_another_address(void)
{
	struct session_notification n;

	start();
	n = notification(SESSION_ACTIVATE, ipv4_a);
	notify(&n);
	n = notification(SESSION_UPDATE, ipv4_b);
	notify(&n);
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_b));
	lab_stop();
}

static void configuration_gives_a_static_session_its_address(void)
{
	struct session_notification n;

	start();
	n = notification(SESSION_ACTIVATE, ipv4_a);
	CU_ASSERT_EQUAL(session_make_static(lab.store, &n, 1), 0);
	lab_settle();
	lab_begin_and_settle(&c); /* contradicted */
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	lab_stop();
}

/* --- the bearers of a PDN connection --- */

static size_t put_pco(uint8_t *ie)
{
	const struct gtp_octets pco = lab_pco(lab_sqn(1), 1);

	ie[0] = 132;
	ie[1] = 0;
	ie[2] = (uint8_t)pco.len;
	memcpy(ie + 3, pco.data, pco.len);
	return 3 + pco.len;
}

static uint64_t create_secondary(struct lab_context *s, uint8_t linked)
{
	static uint16_t sequence = 32000;
	uint8_t data[512] = {0x32, GTPC_V1_CREATE_PDP_REQUEST};
	size_t len = 12;
	const struct gtp_address gsn = lab_gsn(s->sgsn);
	uint8_t ies[64 + PCO_MAX_LEN];
	size_t at = 0;
	uint64_t response;
	const struct gtpc_v1_accept accept = {.type = GTPC_V1_CREATE_PDP_RESPONSE,
					      .sequence = ++sequence,
					      .peer_teid_control = s->control_sgsn,
					      .teid_data = s->up,
					      .teid_control = s->control_ggsn,
					      .gsn = lab_gsn(s->ggsn),
					      .without_end_user_address = true};

	ies[at++] = 16; /* TEID Data I */
	for (int shift = 24; shift >= 0; shift -= 8)
		ies[at++] = (uint8_t)(s->down >> shift);
	ies[at++] = 20; /* NSAPI, and the linked one */
	ies[at++] = s->nsapi;
	ies[at++] = 20;
	ies[at++] = linked;
	for (unsigned i = 0; i < 2; i++) {
		ies[at++] = 133;
		ies[at++] = 0;
		ies[at++] = gsn.len;
		memcpy(ies + at, gsn.octets, gsn.len);
		at += gsn.len;
	}
	for (unsigned i = 0; i < 4; i++)
		data[4 + i] = (uint8_t)(s->control_ggsn >> (24 - 8 * i));
	at += put_pco(ies + at);
	data[8] = (uint8_t)(sequence >> 8);
	data[9] = (uint8_t)sequence;
	memcpy(data + len, ies, at);
	len += at;
	data[3] = (uint8_t)(len - 8);
	lab_give(DATAPATH_ACCESS, s->sgsn, s->ggsn, data, len);
	len = (size_t)gtpc_v1_write_accept_response(data, sizeof(data), &accept);
	response = lab_give(DATAPATH_CORE, s->ggsn, s->sgsn, data, len);
	lab_settle();
	return response;
}

static struct lab_context secondary_of(const struct lab_context *primary)
{
	struct lab_context s = *primary;

	s.nsapi = 6;
	s.down += 0x100;
	s.up += 0x100;
	return s;
}

static void secondary_context_has_the_address_of_its_primary(void)
{
	struct lab_context secondary;

	start();
	memcpy(c.ipv4, ipv4_a, 4);
	lab_begin_and_settle(&c);
	secondary = secondary_of(&c);
	create_secondary(&secondary, c.nsapi);
	CU_ASSERT_TRUE(lab_is_bound_to(&secondary, ipv4_a));
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	CU_ASSERT_EQUAL(lab_count(SESSION_ADDRESSES_LOST), 0);
	lab_stop();
}

static void address_that_the_primary_gets_later_is_that_of_its_secondary(void)
{
	struct lab_context secondary;

	start();
	lab_create_with(&c, NULL, 0, zeros, sizeof(zeros));
	secondary = secondary_of(&c);
	create_secondary(&secondary, c.nsapi);
	update_by_ggsn(c.ggsn, given_b, sizeof(given_b), true);
	CU_ASSERT_TRUE(lab_is_bound_to(&secondary, ipv4_b));
	lab_stop();
}

static void dedicated_bearer_has_the_address_of_its_default_bearer(void)
{
	struct lab_context dedicated;

	start();
	memcpy(c.ipv4, ipv4_a, 4);
	lab_begin(&c, lab_sqn(1), 1);
	lab_settle();
	dedicated = lab_dedicated(&c, 7);
	lab_begin_dedicated(&dedicated, &c);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_bound_to(&dedicated, ipv4_a));
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	lab_stop();
}

static void two_pdn_connections_of_one_imsi_have_addresses_of_their_own(void)
{
	struct lab_context second;

	start();
	lab_begin_and_settle(&c);
	second = c;
	second.nsapi = 6;
	second.down += 0x100;
	second.up += 0x100;
	second.control_sgsn += 0x100;
	second.control_ggsn += 0x100;
	lab_begin_and_settle(&second);
	CU_ASSERT_TRUE(lab_has_own_address(&c));
	CU_ASSERT_TRUE(lab_has_own_address(&second));
	lab_stop();
}

UNIT_MAIN("session_binding_address", TEST(address_is_that_of_the_accepted_create_response),
	  TEST(static_address_of_the_request_counts_where_the_response_has_no_address),
	  TEST(zeros_in_the_response_leave_ipv4_unbound),
	  TEST(pdn_type_of_the_accepted_response_excludes_the_other_version),
	  TEST(of_both_versions_one_may_be_unknown), TEST(pdn_without_addresses_is_unbound),
	  TEST(refused_create_gives_no_address), TEST(create_anew_gives_the_address_anew),
	  TEST(paa_of_the_create_session_response_binds), TEST(prefix_length_is_that_of_the_paa),
	  TEST(accepted_ggsn_initiated_update_gives_an_address_that_was_not_known),
	  TEST(refused_ggsn_initiated_update_gives_none),
	  TEST(ggsn_initiated_update_comes_after_the_create),
	  TEST(update_of_another_ggsn_gives_no_address), TEST(update_of_the_sgsn_gives_no_address),
	  TEST(notification_comes_before_the_create),
	  TEST(notification_without_an_address_leaves_that_of_the_create),
	  TEST(create_gives_the_address_that_the_notification_did_not),
	  TEST(context_reported_anew_with_its_keyset_does_not_keep_the_address),
	  TEST(notified_update_gives_another_address),
	  TEST(configuration_gives_a_static_session_its_address),
	  TEST(secondary_context_has_the_address_of_its_primary),
	  TEST(address_that_the_primary_gets_later_is_that_of_its_secondary),
	  TEST(dedicated_bearer_has_the_address_of_its_default_bearer),
	  TEST(two_pdn_connections_of_one_imsi_have_addresses_of_their_own))
