/* SPDX-License-Identifier: BSD-3-Clause */
/* The contents of the AVPs of RFC 7155 4.4.10.5 and RFC 4818 that a notification may have (e2m.md 4). */
#include "diameter/internal.h"

#include "unit.h"

/* Reads a copy that ends where its memory ends. */
static uint8_t *exact(const char *hex, size_t *len)
{
	uint8_t data[300];
	uint8_t *copy;

	*len = unit_hex(data, sizeof(data), hex);
	copy = malloc(*len ? *len : 1);
	memcpy(copy, data, *len);
	return copy;
}

/* "": invalid. */
static const char *route(const char *text, enum pdp_network_list list)
{
	static char buf[PDP_PREFIX_STR];
	struct pdp_network network = {.list = list};
	const size_t len = strlen(text);
	uint8_t *copy = malloc(len ? len : 1);
	bool is_good;

	memcpy(copy, text, len);
	is_good = framed_read_network(copy, len, &network);
	free(copy);
	return is_good ? pdp_prefix_str(&network.prefix, buf) : "";
}

static const char *ipv4_route(const char *text)
{
	return route(text, PDP_NETWORKS_FRAMED_ROUTE);
}

static const char *ipv6_route(const char *text)
{
	return route(text, PDP_NETWORKS_FRAMED_IPV6_ROUTE);
}

static struct pdp_address ip_address(const char *hex, bool *is_good)
{
	struct pdp_address a = {0};
	size_t len;
	uint8_t *copy = exact(hex, &len);

	*is_good = framed_read_ip_address(copy, len, &a);
	free(copy);
	return a;
}

static void framed_ip_address_is_four_octets(void) /* RFC 7155 4.4.10.5.1 */
{
	static const char *const bad[] = {"",	      "0a0000",	  "0a00000001", "00000000",
					  "ffffffff", "fffffffe", "e0000001"};
	bool is_good;
	const struct pdp_address a = ip_address("0a000001", &is_good);

	CU_ASSERT_TRUE(is_good);
	CU_ASSERT_EQUAL(a.ipv4_state, PDP_BOUND);
	CU_ASSERT_EQUAL(memcmp(a.ipv4, "\x0a\0\0\1", 4), 0);
	CU_ASSERT_EQUAL(a.ipv6_state, PDP_UNBOUND);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ip_address(bad[i], &is_good);
		CU_ASSERT_FALSE(is_good);
	}
}

static struct pdp_address ipv6_prefix(const char *hex, bool *is_good)
{
	struct pdp_address a = {0};
	size_t len;
	uint8_t *copy = exact(hex, &len);

	*is_good = framed_read_ipv6_prefix(copy, len, &a);
	free(copy);
	return a;
}

static void framed_ipv6_prefix_has_its_own_length(void) /* RFC 3162 2.3 */
{
	static const struct {
		const char *hex;
		unsigned length;
	} good[] = {{"004020010db800010002", 64},
		    {"004020010db8000100020000000000000000", 64},
		    {"003820010db8000100", 56},
		    {"008020010db8000100020000000000000001", 128}};
	bool is_good;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct pdp_address a = ipv6_prefix(good[i].hex, &is_good);

		CU_ASSERT_TRUE(is_good);
		CU_ASSERT_EQUAL(a.ipv6_state, PDP_BOUND);
		CU_ASSERT_EQUAL(a.ipv6_length, good[i].length);
		CU_ASSERT_EQUAL(memcmp(a.ipv6, "\x20\x01\x0d\xb8\0\1", 6), 0);
	}
}

static void framed_ipv6_prefix_that_is_none_is_refused(void)
{
	static const char *const bad[] = {
		"",
		"00",
		"0000",
		"004020010db8000100",			     /* cut */
		"008120010db8000100020000000000000001",	     /* 129 bits */
		"003020010db800010002",			     /* bits behind */
		"0040fe80000000000000",			     /* link-local */
		"008000000000000000000000000000000000",	     /* :: */
		"004020010db80001000200000000000000000000"}; /* too long */
	bool is_good;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ipv6_prefix(bad[i], &is_good);
		CU_ASSERT_FALSE(is_good);
	}
}

static void framed_route_begins_with_a_prefix(void) /* RFC 7155 4.4.10.5.3 */
{
	CU_ASSERT_STRING_EQUAL(ipv4_route("192.0.2.0/24 192.0.2.1 1"), "192.0.2.0/24");
	CU_ASSERT_STRING_EQUAL(ipv4_route("192.0.2.0/24 0.0.0.0 1 2 -1"), "");
	CU_ASSERT_STRING_EQUAL(ipv4_route("192.0.2.0/24 0.0.0.0 1 2 400"), "192.0.2.0/24");
	CU_ASSERT_STRING_EQUAL(ipv4_route("192.0.2.0/24"), "192.0.2.0/24");
	CU_ASSERT_STRING_EQUAL(ipv4_route("10.0.0.5/32 0.0.0.0 1"), "10.0.0.5");
	CU_ASSERT_STRING_EQUAL(ipv4_route("192.0.2.77/24 0.0.0.0 1"), "192.0.2.0/24");
}

static void framed_route_without_a_length_has_that_of_its_class(void) /* RFC 7155 4.4.10.5.3 */
{
	CU_ASSERT_STRING_EQUAL(ipv4_route("10.0.0.0 0.0.0.0 1"), "10.0.0.0/8");
	CU_ASSERT_STRING_EQUAL(ipv4_route("172.16.0.0 0.0.0.0 1"), "172.16.0.0/16");
	CU_ASSERT_STRING_EQUAL(ipv4_route("192.0.2.0 192.0.2.1 1"), "192.0.2.0/24");
}

static void framed_route_that_is_none_is_refused(void)
{
	static const char *const bad[] = {"",
					  " ",
					  "x",
					  "192.0.2.0/33 0.0.0.0 1",
					  "192.0.2.0/ 0.0.0.0 1",
					  "192.0.2.0/+8 0.0.0.0 1",
					  "0.0.0.0/0 0.0.0.0 1",
					  "192.0.2.0/24 gateway 1",
					  "192.0.2.0/24 0.0.0.0 one",
					  "2001:db8::/32 :: 1"};
	char long_one[300];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_STRING_EQUAL(ipv4_route(bad[i]), "");
	memset(long_one, ' ', sizeof(long_one));
	memcpy(long_one, "10.0.0.0/8", 10);
	long_one[299] = 0;
	CU_ASSERT_STRING_EQUAL(ipv4_route(long_one), "");
}

static void framed_ipv6_route_needs_a_length(void) /* RFC 7155 4.4.10.5.8 */
{
	CU_ASSERT_STRING_EQUAL(ipv6_route("2000:0:0:106::/64 2000::106:a00:20ff:fe99:a998 1"),
			       "2000:0:0:106::/64");
	CU_ASSERT_STRING_EQUAL(ipv6_route("2001:db8::1/128 :: 1"), "2001:db8::1");
	CU_ASSERT_STRING_EQUAL(ipv6_route("2001:db8:: :: 1"), "");
	CU_ASSERT_STRING_EQUAL(ipv6_route("::/0 :: 1"), "");
	CU_ASSERT_STRING_EQUAL(ipv6_route("192.0.2.0/24 0.0.0.0 1"), "");
	CU_ASSERT_STRING_EQUAL(ipv6_route("2001:db8::/32 0.0.0.0 1"), "");
}

static void octet_zero_ends_no_route(void)
{
	struct pdp_network network = {.list = PDP_NETWORKS_FRAMED_ROUTE};

	CU_ASSERT_FALSE(framed_read_network((const uint8_t *)"10.0.0.0/8\0 x", 13, &network));
}

static void called_station_id_is_an_apn(void) /* RFC 7155 4.2.5, TS 29.061 16.4 */
{
	static const char *const bad[] = {"", ".", "a..b", "a b", "a\nb", "a%sb"};
	uint8_t apn[GTP_APN_MAX], len;
	char long_one[GTP_APN_MAX + 1];

	CU_ASSERT_TRUE(framed_read_apn((const uint8_t *)"internet.example", 16, apn, &len));
	CU_ASSERT_EQUAL(len, 17);
	CU_ASSERT_EQUAL(memcmp(apn,
			       "\x08internet\x07"
			       "example",
			       17),
			0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(
			framed_read_apn((const uint8_t *)bad[i], strlen(bad[i]), apn, &len));
	memset(long_one, 'a', sizeof(long_one));
	CU_ASSERT_FALSE(framed_read_apn((const uint8_t *)long_one, sizeof(long_one), apn, &len));
}

UNIT_MAIN("diameter_framed", {"Framed-IP-Address is four octets", framed_ip_address_is_four_octets},
	  {"Framed-IPv6-Prefix has its own length", framed_ipv6_prefix_has_its_own_length},
	  {"Framed-IPv6-Prefix that is none is refused",
	   framed_ipv6_prefix_that_is_none_is_refused},
	  {"Framed-Route begins with a prefix", framed_route_begins_with_a_prefix},
	  {"Framed-Route without a length has that of its class",
	   framed_route_without_a_length_has_that_of_its_class},
	  {"Framed-Route that is none is refused", framed_route_that_is_none_is_refused},
	  {"Framed-IPv6-Route needs a length", framed_ipv6_route_needs_a_length},
	  {"octet zero ends no route", octet_zero_ends_no_route},
	  {"Called-Station-Id is an APN", called_station_id_is_an_apn})
