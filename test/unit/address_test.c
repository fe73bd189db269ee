/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/address.h"

#include "gtp/gtpc_v1.h"
#include "gtp/gtpc_v2.h"
#include "unit.h"

#define STATIC_IPV4   "f1210a000005"
#define STATIC_IPV6   "f15720010db8000000050000000000000001"
#define STATIC_IPV4V6 "f18d0a00000520010db8000000050000000000000001"
#define GIVEN_IPV4    "f1210a000009"
#define GIVEN_IPV4V6  "f18d0a00000920010db8000000090000000000000001"

static struct pdp_element end_user(const char *hex)
{
	uint8_t data[64];
	const size_t len = unit_hex(data, sizeof(data), hex);

	return gtpc_v1_end_user(&(struct gtp_octets){data, (uint16_t)len});
}

static struct pdp_address create(const char *request, const char *response)
{
	const struct pdp_element asked = end_user(request), answered = end_user(response);

	return address_of_create(&asked, &answered);
}

/* The last octet of the address tells the sources apart. 0: not bound. */
static unsigned ipv4_of(struct pdp_address a)
{
	return a.ipv4_state == PDP_BOUND ? a.ipv4[3] : 0;
}

static unsigned ipv6_of(struct pdp_address a)
{
	return a.ipv6_state == PDP_BOUND ? a.ipv6[7] : 0;
}

static void address_of_the_response_counts_before_the_static_one(void)
{
	CU_ASSERT_EQUAL(ipv4_of(create(STATIC_IPV4, GIVEN_IPV4)), 9);
	CU_ASSERT_EQUAL(ipv4_of(create(STATIC_IPV4V6, GIVEN_IPV4V6)), 9);
	CU_ASSERT_EQUAL(ipv6_of(create(STATIC_IPV4V6, GIVEN_IPV4V6)), 9);
}

static void static_address_counts_where_the_response_has_no_address_field(void)
{
	CU_ASSERT_EQUAL(ipv4_of(create(STATIC_IPV4, "f121")), 5);
	CU_ASSERT_EQUAL(ipv4_of(create(STATIC_IPV4, "")), 5);
	CU_ASSERT_EQUAL(ipv6_of(create(STATIC_IPV6, "f157")), 5);
	CU_ASSERT_EQUAL(ipv6_of(create(STATIC_IPV4V6, "f18d")), 5);
}

static void static_address_does_not_fill_the_half_that_the_response_leaves_out(void)
{
	const struct pdp_address a = create(STATIC_IPV4V6, "f18d0a000009");

	CU_ASSERT_EQUAL(ipv4_of(a), 9);
	CU_ASSERT_EQUAL(a.ipv6_state, PDP_UNBOUND);
}

static void unspecified_address_in_the_response_leaves_ipv4_unbound(void)
{
	CU_ASSERT_EQUAL(create(STATIC_IPV4, "f12100000000").ipv4_state, PDP_UNBOUND);
	CU_ASSERT_EQUAL(create("f121", "f12100000000").ipv4_state, PDP_UNBOUND);
}

static void dynamic_address_that_no_response_gives_is_unbound(void)
{
	CU_ASSERT_EQUAL(create("f121", "f121").ipv4_state, PDP_UNBOUND);
	CU_ASSERT_EQUAL(create("f121", "").ipv4_state, PDP_UNBOUND);
}

static void pdn_type_of_the_response_excludes_what_was_asked_for(void)
{
	const struct pdp_address four = create(STATIC_IPV4V6, "f121");
	const struct pdp_address six = create("f18d", "f157");

	CU_ASSERT_EQUAL(ipv4_of(four), 5);
	CU_ASSERT_EQUAL(four.ipv6_state, PDP_EXCLUDED);
	CU_ASSERT_EQUAL(six.ipv4_state, PDP_EXCLUDED);
	CU_ASSERT_EQUAL(six.ipv6_state, PDP_UNBOUND);
}

/* The type of a request does not bind the GGSN. */
static void pdn_type_of_the_request_excludes_nothing(void)
{
	CU_ASSERT_EQUAL(create(STATIC_IPV4, "").ipv6_state, PDP_UNBOUND);
}

static void ppp_has_no_address_whatever_was_asked_for(void)
{
	const struct pdp_address a = create("f001", "f001"), none = {0};

	CU_ASSERT_EQUAL(memcmp(&a, &none, sizeof(a)), 0);
}

static void paa_has_the_same_order(void)
{
	static const uint8_t asked[] = {1, 10, 0, 0, 5}, given[] = {1, 10, 0, 0, 9},
			     deferred[] = {1, 0, 0, 0, 0};
	const struct pdp_element in_request = gtpc_v2_paa(&(struct gtp_octets){asked, 5});
	const struct pdp_element none = {0};
	struct pdp_element in_response = gtpc_v2_paa(&(struct gtp_octets){given, 5});

	CU_ASSERT_EQUAL(ipv4_of(address_of_create(&in_request, &in_response)), 9);
	CU_ASSERT_EQUAL(ipv4_of(address_of_create(&in_request, &none)), 5);
	in_response = gtpc_v2_paa(&(struct gtp_octets){deferred, 5});
	CU_ASSERT_EQUAL(address_of_create(&in_request, &in_response).ipv4_state, PDP_UNBOUND);
}

static void ggsn_initiated_update_gives_an_address_that_is_not_known(void)
{
	const struct pdp_address before = create("f121", "f12100000000");
	const struct pdp_element said = end_user(GIVEN_IPV4);
	const struct pdp_address after = address_of_update(&before, &said);

	CU_ASSERT_EQUAL(ipv4_of(after), 9);
	CU_ASSERT_EQUAL(after.ipv6_state, PDP_EXCLUDED);
}

static void ggsn_initiated_update_comes_after_the_other_sources(void)
{
	const struct pdp_address before = create("f121", GIVEN_IPV4);
	const struct pdp_element other = end_user(STATIC_IPV4), both = end_user(GIVEN_IPV4V6),
				 none = {0};
	const struct pdp_address after = address_of_update(&before, &other);
	const struct pdp_address excluded = address_of_update(&before, &both);
	const struct pdp_address same = address_of_update(&before, &none);

	CU_ASSERT_EQUAL(ipv4_of(after), 9);
	CU_ASSERT_EQUAL(excluded.ipv6_state, PDP_EXCLUDED);
	CU_ASSERT_EQUAL(memcmp(&same, &before, sizeof(same)), 0);
}

static void reported_address_counts_before_every_other(void)
{
	const struct pdp_address told = {.ipv4_state = PDP_BOUND, .ipv4 = {10, 0, 0, 7}};
	const struct pdp_address learned = create("f18d", GIVEN_IPV4V6);
	const struct pdp_address a = address_prefer(&told, &learned);

	CU_ASSERT_EQUAL(ipv4_of(a), 7);
	CU_ASSERT_EQUAL(ipv6_of(a), 9);
}

static void reported_address_of_an_excluded_version_is_excluded(void)
{
	const struct pdp_address told = {.ipv4_state = PDP_BOUND, .ipv4 = {10, 0, 0, 7}};
	const struct pdp_address learned = create("f157", "f157");
	const struct pdp_address a = address_prefer(&told, &learned), none = {0};

	CU_ASSERT_EQUAL(a.ipv4_state, PDP_EXCLUDED);
	CU_ASSERT_EQUAL(ipv4_of(address_prefer(&told, &none)), 7);
}

/* It stays lost until a message gives it to the session again. */
static void lost_address_is_not_forgotten(void)
{
	const struct pdp_address lost = {.ipv4_state = PDP_LOST, .ipv6_state = PDP_EXCLUDED};
	const struct pdp_address told = {.ipv4_state = PDP_BOUND, .ipv4 = {10, 0, 0, 7}},
				 none = {0};
	const struct pdp_element said = end_user(GIVEN_IPV4);

	CU_ASSERT_EQUAL(address_prefer(&none, &lost).ipv4_state, PDP_LOST);
	CU_ASSERT_EQUAL(address_of_update(&lost, &said).ipv4_state, PDP_LOST);
	CU_ASSERT_EQUAL(ipv4_of(address_prefer(&told, &lost)), 7);
}

UNIT_MAIN("address", {"lost address is not forgotten", lost_address_is_not_forgotten},
	  {"address of the response counts before the static one",
	   address_of_the_response_counts_before_the_static_one},
	  {"static address counts where the response has no address field",
	   static_address_counts_where_the_response_has_no_address_field},
	  {"static address does not fill the half that the response leaves out",
	   static_address_does_not_fill_the_half_that_the_response_leaves_out},
	  {"0.0.0.0 in the response leaves IPv4 unbound",
	   unspecified_address_in_the_response_leaves_ipv4_unbound},
	  {"dynamic address that no response gives is unbound",
	   dynamic_address_that_no_response_gives_is_unbound},
	  {"PDN type of the response excludes what was asked for",
	   pdn_type_of_the_response_excludes_what_was_asked_for},
	  {"PDN type of the request excludes nothing", pdn_type_of_the_request_excludes_nothing},
	  {"PPP has no address whatever was asked for", ppp_has_no_address_whatever_was_asked_for},
	  {"PAA has the same order", paa_has_the_same_order},
	  {"GGSN-initiated Update gives an address that is not known",
	   ggsn_initiated_update_gives_an_address_that_is_not_known},
	  {"GGSN-initiated Update comes after the other sources",
	   ggsn_initiated_update_comes_after_the_other_sources},
	  {"reported address counts before every other",
	   reported_address_counts_before_every_other},
	  {"reported address of an excluded version is excluded",
	   reported_address_of_an_excluded_version_is_excluded})
