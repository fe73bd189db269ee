/* SPDX-License-Identifier: BSD-3-Clause */
/* One address in two sessions: e2m.md 6, "Address binding". */
#include "session_binding_lab.h"
#include "session_lab_policy.h"

static const uint8_t address[4] = {10, 9, 0, 1};

/* The victim, and another subscriber that gets its address later. */
static struct lab_context v, other;
static struct session_view view;

static void begin_victim(void)
{
	v = lab_context(1);
	other = lab_context(2);
	memcpy(v.ipv4, address, 4);
	memcpy(other.ipv4, address, 4);
	lab_begin_and_settle(&v);
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
}

static void start(void)
{
	lab_start();
	begin_victim();
}

static uint8_t state_of(const struct lab_context *c)
{
	return lab_address_of(c).ipv4_state;
}

static void with_the_same_apn_the_later_session_has_it(void)
{
	start();
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	CU_ASSERT_EQUAL(state_of(&v), PDP_LOST);
	CU_ASSERT_TRUE(lab_has_flows(&v)); /* which match nothing now */
	CU_ASSERT_EQUAL(lab_count(SESSION_ADDRESSES_LOST), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(lab.last_warning, "its IPv4 address is another session's"));
	lab_stop();
}

/* Its own tunnel would carry the address of the later one in clear. */
static void earlier_session_without_protection_loses_it_silently(void)
{
	lab_start();
	v = lab_context(1);
	other = lab_context(2);
	memcpy(v.ipv4, address, 4);
	memcpy(other.ipv4, address, 4);
	lab_create_plain(&other);
	lab_begin_and_settle(&v);
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	CU_ASSERT_EQUAL(state_of(&other), PDP_LOST);
	CU_ASSERT_EQUAL(lab_count(SESSION_ADDRESSES_LOST), 0);
	CU_ASSERT_EQUAL(lab.warnings, 0);
	lab_stop();
}

static void earlier_session_gets_an_address_again_by_an_accepted_response(void)
{
	start();
	lab_begin_and_settle(&other);
	v.ipv4[3] = 7;
	lab_begin_and_settle(&v);
	CU_ASSERT_TRUE(lab_has_own_address(&v));
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	lab_stop();
}

static void another_pdn_connection_of_the_subscriber_has_it_too(void)
{
	start();
	other = v;
	other.nsapi = 6;
	other.down = 0x7777;
	other.up = 0x7778;
	other.control_sgsn = 0x7779;
	other.control_ggsn = 0x777A;
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	CU_ASSERT_EQUAL(state_of(&v), PDP_LOST);
	lab_stop();
}

static void with_different_apns_both_keep_it(void)
{
	start();
	lab.apn = "corporate";
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	CU_ASSERT_EQUAL(lab_count(SESSION_ADDRESSES_LOST), 0);
	lab_stop();
}

static void with_an_apn_that_is_not_known_the_later_session_has_it(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n;

	start();
	n = lab_notification(SESSION_ACTIVATE, &other, &name, 1);
	pdp_address_set_ipv4(&n.address, address);
	lab_notify(&n);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	CU_ASSERT_EQUAL(state_of(&v), PDP_LOST);
	lab_stop();
}

static void earlier_session_of_an_apn_that_is_not_known_loses_it(void)
{
	lab_start();
	v = lab_context(1);
	other = lab_context(2);
	memcpy(v.ipv4, address, 4);
	memcpy(other.ipv4, address, 4);
	lab_activate(&v, lab_sqn(1), 1);
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	CU_ASSERT_EQUAL(state_of(&v), PDP_LOST);
	lab_stop();
}

static void at_another_ggsn_both_keep_it(void)
{
	start();
	other.ggsn = 4;
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	lab_stop();
}

/* A message of the GGSN has both addresses, of which the session uses one. */
static void ggsn_is_known_by_all_its_addresses(void)
{
	struct gtpc_v2 m;

	lab_start();
	v = lab_context(1);
	other = lab_context(2);
	memcpy(v.ipv4, address, 4);
	memcpy(other.ipv4, address, 4);
	m = lab_create_session(&v);
	m.pco = lab_pco(lab_sqn(1), 1);
	lab_send(&v, &m);
	m = lab_accept(&v, GTPC_V2_CREATE_SESSION_RESPONSE);
	m.bearers[0].pgw_u = lab_fteid(4, v.up);
	lab_send(&v, &m);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	other.ggsn = 4;
	lab_begin(&other, lab_sqn(1), 1);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	CU_ASSERT_EQUAL(state_of(&v), PDP_LOST);
	lab_stop();
}

/* A Create Response from the access side is a lie, and its addresses are those of no GGSN. */
static void request_of_the_access_side_tells_of_no_ggsn(void)
{
	start();
	other.sgsn = 4; /* the address of another GGSN, by which an SGSN calls itself */
	lab_begin_and_settle(&other);
	CU_ASSERT_EQUAL(
		gsns_group(lab.store->gsns, gsns_find(lab.store->gsns, lab_down(&other).receiver)),
		0);
	lab_stop();
}

static void addresses_of_two_subscribers_of_one_apn_are_no_conflict(void)
{
	start();
	other.ipv4[3] = 2;
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_has_own_address(&v));
	CU_ASSERT_TRUE(lab_has_own_address(&other));
	lab_stop();
}

/* --- tunnels of two sessions with one address --- */

static void start_with_two_apns(void)
{
	start();
	lab.apn = "corporate";
	lab_begin_and_settle(&other);
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
}

static void request_that_names_a_downlink_tunnel_of_the_other_does_not_cross(void)
{
	struct lab_context forged;
	uint64_t request;

	start_with_two_apns();
	forged = v;
	forged.down = other.down;
	request = lab_update_request(&forged, NULL, 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_REFUSED_TUNNEL), 1);
	CU_ASSERT_TRUE(lab_has_flows(&v));
	CU_ASSERT_TRUE(lab_has_flows(&other));
	/* A response that comes all the same has no request. */
	lab_update_response(&forged);
	lab_settle();
	CU_ASSERT_TRUE(lab_has_flows(&v));
	lab_stop();
}

/* The other context was made anew elsewhere, and its GGSN may have it still. */
static void request_that_names_a_tunnel_of_a_doubtful_end_does_not_cross(void)
{
	struct lab_context forged, ended;
	uint64_t request;

	start_with_two_apns();
	ended = other;
	other.ggsn = 4;
	other.down = 0x7777;
	lab_create(&other, lab_sqn(2), 2);
	lab_settle();
	forged = v;
	forged.down = ended.down;
	request = lab_update_request(&forged, NULL, 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	lab_stop();
}

/* The same at one GGSN, which gives the new context the same address. It may have both. */
static void nor_does_it_where_the_new_context_has_the_address(void)
{
	struct lab_context forged, ended;
	uint64_t request;

	start_with_two_apns();
	ended = other;
	other.down = 0x7777;
	other.up = 0x7778;
	lab_create(&other, lab_sqn(2), 2);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	forged = v;
	forged.down = ended.down;
	request = lab_update_request(&forged, NULL, 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	lab_stop();
}

/* The GGSN may go on in the tunnel of the other from before a move. */
static void request_that_names_a_tunnel_before_a_move_does_not_cross(void)
{
	struct lab_context forged;
	uint64_t request;

	start_with_two_apns();
	forged = v;
	forged.down = other.down;
	other.down = 0x7777;
	lab_move(&other);
	lab_settle();
	request = lab_update_request(&forged, NULL, 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	lab_stop();
}

static void request_of_a_modify_bearer_does_not_either(void)
{
	struct lab_context forged;
	struct gtpc_v2 m;
	uint64_t request;

	lab_start();
	v = lab_context(1);
	other = lab_context(2);
	memcpy(v.ipv4, address, 4);
	memcpy(other.ipv4, address, 4);
	lab_begin(&v, lab_sqn(1), 1);
	lab.apn = "corporate";
	lab_begin(&other, lab_sqn(1), 1);
	lab_settle();
	forged = v;
	forged.down = other.down;
	m = lab_modify_bearer(&forged);
	request = lab_send(&forged, &m);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	lab_stop();
}

static void request_that_names_a_tunnel_of_its_own_crosses(void)
{
	uint64_t request;

	start_with_two_apns();
	v.down = 0x7777;
	request = lab_update_request(&v, NULL, 0);
	lab_settle();
	CU_ASSERT_EQUAL(lab_fate(request), LAB_LEFT);
	lab_update_response(&v);
	lab_settle();
	CU_ASSERT_TRUE(lab_has_flows(&v));
	lab_stop();
}

/* --- sessions without keyset --- */

static void session_without_keyset_that_gets_the_address_of_a_protected_one_is_barred(void)
{
	start();
	lab_create_plain(&other);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "barred");
	CU_ASSERT_EQUAL(state_of(&v), PDP_LOST);
	lab_stop();
}

static void so_it_is_in_another_apn(void)
{
	start();
	lab.apn = "corporate";
	lab_create_plain(&other);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "barred");
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	lab_stop();
}

static void so_is_the_session_itself_made_anew_without_a_keyset(void)
{
	start();
	lab_create_plain(&v);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&v), "barred");
	lab_create_plain(&v);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&v), "barred");
	lab_stop();
}

/* Handover to an ePDG: a Create Session Request with the victim's IMSI, and another EBI. */
static void so_is_another_pdn_connection_of_the_victim(void)
{
	struct lab_context second;

	start();
	second = v;
	second.nsapi = 6;
	second.down = 0x7777;
	second.up = 0x7778;
	second.control_sgsn = 0x7779;
	second.control_ggsn = 0x777A;
	lab_create_plain(&second);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&second), "barred");
	lab_stop();
}

static void until_a_pco_names_a_keyset(void)
{
	start();
	lab_create_plain(&other);
	lab_update(&other, lab_sqn(2), 1);
	lab_settle();
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "learned");
	CU_ASSERT_TRUE(lab_has_flows(&other));
	lab_stop();
}

static void unless_the_policy_excepts_it(void)
{
	const struct e2m_imsi imsi = lab_imsi(2);

	lab_defaults();
	lab_rule(NULL, imsi.digits, POLICY_PASS);
	lab_open();
	begin_victim();
	lab_create_plain(&other);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "clear");
	lab_stop();
}

static void address_of_an_ended_session_bars_no_other(void)
{
	start();
	lab_delete(&v);
	lab_settle();
	lab_create_plain(&other);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "clear");
	lab_stop();
}

static void reported_sessions_at_two_ggsns_both_keep_it(void)
{
	lab_start();
	v = lab_context(1);
	other = lab_context(2);
	other.ggsn = 4;
	memcpy(v.ipv4, address, 4);
	memcpy(other.ipv4, address, 4);
	lab_activate(&v, lab_sqn(1), 1);
	lab_activate(&other, lab_sqn(1), 1);
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	lab_stop();
}

static void session_reported_anew_at_another_ggsn_takes_no_address_at_the_first(void)
{
	lab_start();
	v = lab_context(1);
	other = lab_context(2);
	memcpy(v.ipv4, address, 4);
	lab_activate(&v, lab_sqn(1), 1);
	lab_begin_and_settle(&other); /* by GTP-C, which tells the control TEIDs */
	other.ggsn = 4;
	other.up++;
	other.down++;
	memcpy(other.ipv4, address, 4);
	lab_activate(&other, lab_sqn(1), 1);
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	lab_stop();
}

/* One subscriber's contexts with one address in one APN: a PDN connection. */
static void notify_context(const struct lab_context *c, const char *apn)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n = lab_notification(SESSION_ACTIVATE, c, &name, 1);

	pdp_address_set_ipv4(&n.address, address);
	n.apn_len = (uint8_t)(1 + strlen(apn));
	n.apn[0] = (uint8_t)strlen(apn);
	memcpy(n.apn + 1, apn, strlen(apn));
	lab_notify(&n);
	lab_settle();
}

static void report_two_of_one_subscriber(const char *apn)
{
	lab_start();
	v = lab_context(1);
	other = lab_context(2);
	other.subscriber = v.subscriber;
	other.nsapi = (uint8_t)(v.nsapi + 1);
	notify_context(&v, "internet");
	notify_context(&other, apn);
}

static void reported_secondary_context_shares_the_address_of_its_primary(void)
{
	report_two_of_one_subscriber("internet");
	CU_ASSERT_TRUE(lab_is_bound_to(&v, address));
	CU_ASSERT_TRUE(lab_is_bound_to(&other, address));
	CU_ASSERT_TRUE(lab_view(&other, &view));
	CU_ASSERT_EQUAL(view.primary, v.nsapi);
	lab_stop();
}

static void reported_context_of_another_apn_is_a_primary_context(void)
{
	report_two_of_one_subscriber("corporate");
	CU_ASSERT_TRUE(lab_view(&other, &view));
	CU_ASSERT_EQUAL(view.primary, other.nsapi);
	lab_stop();
}

/* The GGSN may have the session still, whatever ended it here. */
static void ended_session_keeps_its_address_against_another_apn(void)
{
	start();
	lab_delete(&v);
	lab_settle();
	lab.apn = "corporate";
	lab_create_plain(&other);
	CU_ASSERT_EQUAL(directory_count(lab.store->directory, DIRECTORY_ENDED), 1);
	lab_pass(6000);
	lab_settle();
	lab.apn = NULL;
	lab_begin_and_settle(&v);
	CU_ASSERT_EQUAL(directory_count(lab.store->directory, DIRECTORY_ENDED), 0);
	lab_stop();
}

static void address_at_another_ggsn_bars_no_other(void)
{
	start();
	other.ggsn = 4;
	lab_create_plain(&other);
	CU_ASSERT_STRING_EQUAL(lab_state_name(&other), "clear");
	lab_stop();
}

UNIT_MAIN("session_binding_conflict", TEST(with_the_same_apn_the_later_session_has_it),
	  TEST(earlier_session_gets_an_address_again_by_an_accepted_response),
	  TEST(another_pdn_connection_of_the_subscriber_has_it_too),
	  TEST(with_different_apns_both_keep_it),
	  TEST(with_an_apn_that_is_not_known_the_later_session_has_it),
	  TEST(earlier_session_of_an_apn_that_is_not_known_loses_it),
	  TEST(earlier_session_without_protection_loses_it_silently),
	  TEST(at_another_ggsn_both_keep_it), TEST(ggsn_is_known_by_all_its_addresses),
	  TEST(request_of_the_access_side_tells_of_no_ggsn),
	  TEST(addresses_of_two_subscribers_of_one_apn_are_no_conflict),
	  TEST(request_that_names_a_downlink_tunnel_of_the_other_does_not_cross),
	  TEST(request_that_names_a_tunnel_of_a_doubtful_end_does_not_cross),
	  TEST(nor_does_it_where_the_new_context_has_the_address),
	  TEST(request_that_names_a_tunnel_before_a_move_does_not_cross),
	  TEST(request_of_a_modify_bearer_does_not_either),
	  TEST(request_that_names_a_tunnel_of_its_own_crosses),
	  TEST(session_without_keyset_that_gets_the_address_of_a_protected_one_is_barred),
	  TEST(so_it_is_in_another_apn), TEST(so_is_the_session_itself_made_anew_without_a_keyset),
	  TEST(so_is_another_pdn_connection_of_the_victim), TEST(until_a_pco_names_a_keyset),
	  TEST(unless_the_policy_excepts_it), TEST(address_of_an_ended_session_bars_no_other),
	  TEST(ended_session_keeps_its_address_against_another_apn),
	  TEST(address_at_another_ggsn_bars_no_other),
	  TEST(reported_sessions_at_two_ggsns_both_keep_it),
	  TEST(reported_secondary_context_shares_the_address_of_its_primary),
	  TEST(reported_context_of_another_apn_is_a_primary_context),
	  TEST(session_reported_anew_at_another_ggsn_takes_no_address_at_the_first))
