/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sources of a session's addresses, one against another, and the PDN types: e2m.md 6, "Address binding".
 * session_binding_address_test.c has each source by itself.
 */
#include "session_binding_lab.h"

static const uint8_t ipv4_a[4] = {10, 9, 0, 1}, ipv4_b[4] = {10, 9, 0, 2};
static const uint8_t ipv6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9};

/* End User Addresses, TS 29.060 7.7.27. */
static const uint8_t eua_a[] = {0xF1, 0x21, 10, 9, 0, 1}, eua_b[] = {0xF1, 0x21, 10, 9, 0, 2},
		     eua_zeros[] = {0xF1, 0x21, 0, 0, 0, 0}, eua_both[] = {0xF1, 0x8D},
		     eua_ipv4_of_both[] = {0xF1, 0x8D, 10, 9, 0, 1},
		     eua_ipv6[] = {0xF1, 0x57, 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0,
				   2,	 0,    0,    0,	   0,	 0,    0, 0, 9},
		     eua_ipv6_of_both[] = {0xF1, 0x8D, 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0,
					   2,	 0,    0,    0,	   0,	 0,    0, 0, 9};
/* PAAs, TS 29.274 8.14. */
static const uint8_t paa_a[] = {1, 10, 9, 0, 1}, paa_zeros[] = {1, 0, 0, 0, 0};

static const struct gtp_octets none;

static struct lab_context c;

static void start(void)
{
	lab_start();
	c = lab_context(1);
}

static struct gtp_octets octets(const uint8_t *data, size_t len)
{
	return (struct gtp_octets){.data = data, .len = (uint16_t)len};
}

static uint8_t state(bool is_ipv6)
{
	const struct pdp_address a = lab_address_of(&c);

	return is_ipv6 ? a.ipv6_state : a.ipv4_state;
}

static bool is_bound_to_ipv6(unsigned length)
{
	const struct pdp_address a = lab_address_of(&c);

	return a.ipv6_state == PDP_BOUND && a.ipv6_length == length &&
	       memcmp(a.ipv6, ipv6, length / 8) == 0;
}

static void update(const uint8_t *address, size_t len)
{
	const struct gtp_octets eua = octets(address, len);

	lab_update_by_ggsn(&c, c.ggsn, &eua, true);
}

/* --- an IPv6 address --- */

static void ipv6_address_of_an_end_user_address_stands_for_its_64(void)
{
	start();
	lab_create_with(&c, NULL, 0, eua_ipv6, sizeof(eua_ipv6));
	CU_ASSERT_TRUE(is_bound_to_ipv6(64));
	CU_ASSERT_EQUAL(lab_address_of(&c).ipv6[15], 0);
	CU_ASSERT_EQUAL(state(false), PDP_EXCLUDED);
	lab_stop();
}

static void paa_of_both_versions_binds_both(void)
{
	uint8_t paa[22] = {3, 48};
	const struct gtp_octets given = octets(paa, sizeof(paa));

	memcpy(paa + 2, ipv6, sizeof(ipv6));
	memcpy(paa + 18, ipv4_a, sizeof(ipv4_a));
	start();
	lab_begin_with(&c, &none, &given);
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	CU_ASSERT_TRUE(is_bound_to_ipv6(48));
	CU_ASSERT_EQUAL(lab_count(SESSION_UNBOUND), 0);
	lab_stop();
}

/* --- the order --- */

static void static_address_of_a_create_session_counts_where_the_response_has_none(void)
{
	const struct gtp_octets asked = octets(paa_a, sizeof(paa_a));

	start();
	lab_begin_with(&c, &asked, &none);
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	lab_stop();
}

static void zeros_in_a_create_session_response_leave_ipv4_unbound(void)
{
	const struct gtp_octets asked = octets(paa_a, sizeof(paa_a)),
				given = octets(paa_zeros, sizeof(paa_zeros));

	start();
	lab_begin_with(&c, &asked, &given);
	CU_ASSERT_EQUAL(state(false), PDP_UNBOUND);
	CU_ASSERT_EQUAL(state(true), PDP_EXCLUDED);
	lab_stop();
}

static void static_address_comes_before_a_ggsn_initiated_update(void)
{
	start();
	lab_create_with(&c, eua_a, sizeof(eua_a), NULL, 0);
	update(eua_b, sizeof(eua_b));
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	lab_stop();
}

static void notification_comes_before_a_ggsn_initiated_update(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n;

	start();
	lab_create_with(&c, NULL, 0, eua_zeros, sizeof(eua_zeros));
	n = lab_notification(SESSION_ACTIVATE, &c, &name, 1);
	n.address = (struct pdp_address){0};
	pdp_address_set_ipv4(&n.address, ipv4_a);
	lab_notify(&n);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	update(eua_b, sizeof(eua_b));
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	lab_stop();
}

static void ggsn_initiated_update_gives_the_version_that_is_not_known_alone(void)
{
	uint8_t both[22] = {0xF1, 0x8D};

	memcpy(both + 2, ipv4_b, sizeof(ipv4_b));
	memcpy(both + 6, ipv6, sizeof(ipv6));
	start();
	lab_create_with(&c, NULL, 0, eua_ipv4_of_both, sizeof(eua_ipv4_of_both));
	CU_ASSERT_EQUAL(state(true), PDP_UNBOUND);
	update(both, sizeof(both));
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	CU_ASSERT_TRUE(is_bound_to_ipv6(64));
	lab_stop();
}

/* --- the PDN type --- */

static void pdn_type_of_the_request_excludes_nothing(void)
{
	start();
	lab_create_with(&c, eua_a, sizeof(eua_a), eua_ipv6_of_both, sizeof(eua_ipv6_of_both));
	CU_ASSERT_EQUAL(state(false), PDP_UNBOUND);
	CU_ASSERT_TRUE(is_bound_to_ipv6(64));
	lab_stop();
}

static void pdn_type_of_the_response_excludes_what_was_asked_for(void)
{
	start();
	lab_create_with(&c, eua_both, sizeof(eua_both), eua_b, sizeof(eua_b));
	CU_ASSERT_EQUAL(state(true), PDP_EXCLUDED);
	lab_stop();
}

static void ggsn_initiated_update_gives_no_address_of_an_excluded_version(void)
{
	start();
	lab_create_with(&c, NULL, 0, eua_a, sizeof(eua_a));
	update(eua_ipv6, sizeof(eua_ipv6));
	CU_ASSERT_EQUAL(state(true), PDP_EXCLUDED);
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_a));
	lab_stop();
}

static void notification_gives_no_address_of_an_excluded_version(void)
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n;

	start();
	lab_create_with(&c, NULL, 0, eua_a, sizeof(eua_a));
	n = lab_notification(SESSION_ACTIVATE, &c, &name, 1);
	n.address = (struct pdp_address){0};
	pdp_address_set_ipv4(&n.address, ipv4_b);
	pdp_address_set_ipv6(&n.address, ipv6, 64);
	lab_notify(&n);
	lab_settle();
	CU_ASSERT_TRUE(lab_is_bound_to(&c, ipv4_b));
	CU_ASSERT_EQUAL(state(true), PDP_EXCLUDED);
	lab_stop();
}

/* PDN types Non-IP and Ethernet, TS 29.274 8.34. */
static void pdn_connection_without_addresses_is_unbound(void)
{
	for (uint8_t type = 5; type <= 6; type++) {
		const struct gtp_octets paa = octets(&type, 1);

		start();
		lab_begin_with(&c, &paa, &paa);
		CU_ASSERT_EQUAL(state(false), PDP_UNBOUND);
		CU_ASSERT_EQUAL(state(true), PDP_UNBOUND);
		CU_ASSERT_EQUAL(lab_count(SESSION_UNBOUND), 1);
		lab_stop();
	}
}

/* --- the PDN connection of a reported context --- */

static void report(const struct lab_context *context, const char *apn, const uint8_t ipv4[4])
{
	const struct e2m_keyset_id name = lab_sqn(1);
	struct session_notification n = lab_notification(SESSION_ACTIVATE, context, &name, 1);

	n.address = (struct pdp_address){0};
	pdp_address_set_ipv4(&n.address, ipv4);
	if (apn)
		n.apn_len = (uint8_t)gtp_apn_write(n.apn, apn);
	lab_notify(&n);
	lab_settle();
}

/* e2m.md 6: a secondary context has the addresses of its primary. A report does not say which context that is. */
static void reported_context_with_apn_and_address_of_another_is_its_secondary(void)
{
	static const struct {
		const char *apn;
		const uint8_t *ipv4;
		uint8_t ggsn, primary;
	} cases[] = {{"internet", ipv4_a, 2, 5},
		     {"corporate", ipv4_a, 2, 6},
		     {NULL, ipv4_a, 2, 6},
		     {"internet", ipv4_b, 2, 6},
		     {"internet", ipv4_a, 4, 6}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct e2m_imsi imsi = lab_imsi(1);
		struct lab_context second;

		start();
		report(&c, cases[i].apn ? "internet" : NULL, ipv4_a);
		second = c;
		second.nsapi = 6;
		second.ggsn = cases[i].ggsn;
		second.down += 0x100;
		second.up += 0x100;
		report(&second, cases[i].apn, cases[i].ipv4);
		CU_ASSERT_EQUAL(table_find_subscriber(lab.store, &imsi, 6)->primary,
				cases[i].primary);
		CU_ASSERT_EQUAL(table_find_subscriber(lab.store, &imsi, 5)->primary, 5);
		lab_stop();
	}
}

/* --- the counter --- */

static void session_is_counted_as_unbound_once_for_each_create(void)
{
	start();
	lab_create_with(&c, NULL, 0, eua_ipv4_of_both, sizeof(eua_ipv4_of_both));
	CU_ASSERT_EQUAL(lab_count(SESSION_UNBOUND), 1);
	lab_update(&c, lab_sqn(2), 2);
	lab_settle();
	CU_ASSERT_EQUAL(lab_count(SESSION_UNBOUND), 1);
	lab_create_with(&c, NULL, 0, eua_zeros, sizeof(eua_zeros));
	CU_ASSERT_EQUAL(lab_count(SESSION_UNBOUND), 2);
	lab_create_with(&c, NULL, 0, eua_a, sizeof(eua_a));
	CU_ASSERT_EQUAL(lab_count(SESSION_UNBOUND), 2);
	lab_stop();
}

UNIT_MAIN("session_binding_source", TEST(ipv6_address_of_an_end_user_address_stands_for_its_64),
	  TEST(paa_of_both_versions_binds_both),
	  TEST(static_address_of_a_create_session_counts_where_the_response_has_none),
	  TEST(zeros_in_a_create_session_response_leave_ipv4_unbound),
	  TEST(static_address_comes_before_a_ggsn_initiated_update),
	  TEST(notification_comes_before_a_ggsn_initiated_update),
	  TEST(ggsn_initiated_update_gives_the_version_that_is_not_known_alone),
	  TEST(pdn_type_of_the_request_excludes_nothing),
	  TEST(pdn_type_of_the_response_excludes_what_was_asked_for),
	  TEST(ggsn_initiated_update_gives_no_address_of_an_excluded_version),
	  TEST(notification_gives_no_address_of_an_excluded_version),
	  TEST(pdn_connection_without_addresses_is_unbound),
	  TEST(reported_context_with_apn_and_address_of_another_is_its_secondary),
	  TEST(session_is_counted_as_unbound_once_for_each_create))
