/* SPDX-License-Identifier: BSD-3-Clause */
/* One address in two sessions: e2m.md 6, "Address binding". */
#include "session_binding_lab.h"

static const uint8_t address[4] = {10, 9, 0, 1};

/* The victim, and another subscriber that gets its address later. */
static struct lab_context v, other;

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

UNIT_MAIN("session_binding_conflict", TEST(with_the_same_apn_the_later_session_has_it),
	  TEST(earlier_session_gets_an_address_again_by_an_accepted_response),
	  TEST(with_different_apns_both_keep_it),
	  TEST(with_an_apn_that_is_not_known_the_later_session_has_it),
	  TEST(at_another_ggsn_both_keep_it), TEST(ggsn_is_known_by_all_its_addresses),
	  TEST(request_of_the_access_side_tells_of_no_ggsn),
	  TEST(addresses_of_two_subscribers_of_one_apn_are_no_conflict))
