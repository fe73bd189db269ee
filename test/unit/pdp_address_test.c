/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/pdp_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include "unit.h"

/* An N-PDU that is a header alone, at an odd address, ending where its memory ends. */
struct npdu {
	uint8_t *memory;
	uint8_t *octets;
	size_t len;
};

static struct npdu make_npdu(const char *source, const char *destination)
{
	const bool is_ipv6 = strchr(source, ':');
	const size_t len = is_ipv6 ? PDP_IPV6_HEADER : PDP_IPV4_HEADER_MIN;
	uint8_t *memory = calloc(1, len + 1);
	uint8_t *octets = memory + 1;

	octets[0] = is_ipv6 ? 0x60 : 0x45;
	CU_ASSERT_EQUAL(
		inet_pton(is_ipv6 ? AF_INET6 : AF_INET, source, octets + (is_ipv6 ? 8 : 12)), 1);
	CU_ASSERT_EQUAL(
		inet_pton(is_ipv6 ? AF_INET6 : AF_INET, destination, octets + (is_ipv6 ? 24 : 16)),
		1);
	return (struct npdu){memory, octets, len};
}

static enum pdp_verdict check(const struct pdp_address *a, enum pdp_end which, const char *source,
			      const char *destination)
{
	struct npdu n = make_npdu(source, destination);
	const enum pdp_verdict verdict = pdp_address_check(a, n.octets, n.len, which);

	free(n.memory);
	return verdict;
}

/* NULL: the version is excluded. "": it is unbound. */
static struct pdp_address make_address(const char *ipv4, const char *ipv6, unsigned length)
{
	struct pdp_address a = {0};
	uint8_t octets[16];

	if (!ipv4) {
		pdp_address_unset(&a, false, PDP_EXCLUDED);
	} else if (*ipv4) {
		CU_ASSERT_EQUAL(inet_pton(AF_INET, ipv4, octets), 1);
		pdp_address_set_ipv4(&a, octets);
	}
	if (!ipv6) {
		pdp_address_unset(&a, true, PDP_EXCLUDED);
	} else if (*ipv6) {
		CU_ASSERT_EQUAL(inet_pton(AF_INET6, ipv6, octets), 1);
		pdp_address_set_ipv6(&a, octets, length);
	}
	return a;
}

static void downlink_matches_by_its_destination(void)
{
	const struct pdp_address a = make_address("10.0.0.1", "2001:db8:1:2::", 64);

	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "192.0.2.1", "10.0.0.1"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "10.0.0.1", "192.0.2.1"), PDP_MISMATCH);
	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "2001:db8::9", "2001:db8:1:2:3::4"),
			PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "2001:db8:1:2:3::4", "2001:db8::9"),
			PDP_MISMATCH);
}

static void uplink_matches_by_its_source(void)
{
	const struct pdp_address a = make_address("10.0.0.1", "2001:db8:1:2::", 64);

	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "10.0.0.1", "192.0.2.1"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "192.0.2.1", "10.0.0.1"), PDP_MISMATCH);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "2001:db8:1:2:3::4", "2001:db8::9"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "2001:db8::9", "2001:db8:1:2:3::4"), PDP_MISMATCH);
}

static void ipv6_prefix_of_every_length_is_compared_to_its_last_bit(void)
{
	uint8_t prefix[16];

	memset(prefix, 0x55, sizeof(prefix));
	for (unsigned length = 2; length <= PDP_IPV6_BITS; length++) {
		struct pdp_address a = {0};

		pdp_address_set_ipv6(&a, prefix, length);
		CU_ASSERT_EQUAL(a.ipv6_length, length);
		for (unsigned bit = 0; bit < PDP_IPV6_BITS; bit++) {
			uint8_t npdu[PDP_IPV6_HEADER] = {0x60};

			npdu[24] = 0x20; /* any unicast destination */
			memcpy(npdu + 8, prefix, 16);
			npdu[8 + bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			CU_ASSERT_EQUAL(pdp_address_check(&a, npdu, sizeof(npdu), PDP_SOURCE) ==
						PDP_MATCHES,
					bit >= length);
		}
	}
}

static void bits_behind_the_length_are_cleared(void)
{
	const struct pdp_address a = make_address("", "2001:db8:1:2:3:4:5:6", 56);
	const struct pdp_address b = make_address("", "2001:db8:1:ff::", 56);

	CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof(a)), 0);
	CU_ASSERT_EQUAL(a.ipv6[7], 0);
	CU_ASSERT_EQUAL(a.ipv6[15], 0);
}

static void excluded_version_matches_nothing(void)
{
	const struct pdp_address a = make_address(NULL, "2001:db8:1:2::", 64);
	const struct pdp_address b = make_address("10.0.0.1", NULL, 0);

	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "192.0.2.1", "10.0.0.1"), PDP_MISMATCH);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "0.0.0.0", "255.255.255.255"), PDP_MISMATCH);
	CU_ASSERT_EQUAL(check(&b, PDP_SOURCE, "fe80::1", "ff02::2"), PDP_MISMATCH);
}

static void lost_version_matches_nothing(void)
{
	struct pdp_address a = make_address("10.0.0.1", NULL, 0);

	pdp_address_unset(&a, false, PDP_LOST);
	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "192.0.2.1", "10.0.0.1"), PDP_MISMATCH);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "0.0.0.0", "255.255.255.255"), PDP_MISMATCH);
	CU_ASSERT_FALSE(pdp_address_is_bound(&a) || pdp_address_is_unbound(&a));
}

static void unbound_version_is_undecided(void)
{
	const struct pdp_address a = make_address("", "2001:db8:1:2::", 64);

	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "192.0.2.1", "10.0.0.1"), PDP_UNDECIDED);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "10.0.0.1", "224.0.0.1"), PDP_UNDECIDED);
}

static void link_local_and_multicast_match_in_ipv6(void)
{
	const struct pdp_address a = make_address("10.0.0.1", "2001:db8:1:2::", 64);

	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "fe80::1", "ff02::2"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "febf::1", "2001:db8::1"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "::", "ff02::1:ff00:1"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "fe80::1", "ff02::1"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "2001:db8::1", "fe80::1"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "fec0::1", "2001:db8::1"), PDP_MISMATCH);
}

static void broadcast_multicast_and_unspecified_match_in_ipv4(void)
{
	const struct pdp_address a = make_address("10.0.0.1", "", 0);

	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "0.0.0.0", "255.255.255.255"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "0.0.0.0", "192.0.2.1"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "192.0.2.1", "255.255.255.255"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "192.0.2.1", "239.255.255.255"), PDP_MATCHES);
	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "192.0.2.1", "240.0.0.1"), PDP_MISMATCH);
}

/* The address to check may be another protected session's, although the other one matches any session. */
static void address_of_the_other_end_does_not_hide_a_protected_address(void)
{
	const struct pdp_address a = make_address("10.0.0.1", "2001:db8:1:2::", 64);

	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "fe80::1", "2001:db8:9::1"), PDP_UNDECIDED);
	CU_ASSERT_EQUAL(check(&a, PDP_DESTINATION, "0.0.0.0", "10.0.0.2"), PDP_UNDECIDED);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "2001:db8:9::1", "ff02::1"), PDP_UNDECIDED);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "10.0.0.2", "224.0.0.1"), PDP_UNDECIDED);
	CU_ASSERT_EQUAL(check(&a, PDP_SOURCE, "10.0.0.2", "255.255.255.255"), PDP_UNDECIDED);
}

/* Reads a copy that ends where its memory ends. */
static enum pdp_verdict check_cut(const struct pdp_address *a, const struct npdu *n, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	memcpy(exact, n->octets, len);
	const enum pdp_verdict verdict = pdp_address_check(a, exact, len, PDP_SOURCE);
	free(exact);
	return verdict;
}

static void npdu_without_a_whole_header_needs_a_session_without_address(void)
{
	const struct pdp_address bound = make_address("10.0.0.1", "", 0);
	const struct pdp_address unbound = make_address("", NULL, 0);
	const struct pdp_address lost = make_address(NULL, NULL, 0);
	struct npdu n = make_npdu("10.0.0.1", "192.0.2.1");

	for (size_t len = 0; len < PDP_IPV4_HEADER_MIN; len++) {
		CU_ASSERT_EQUAL(check_cut(&bound, &n, len), PDP_MISMATCH);
		CU_ASSERT_EQUAL(check_cut(&unbound, &n, len), PDP_UNDECIDED);
		CU_ASSERT_EQUAL(check_cut(&lost, &n, len), PDP_MISMATCH);
	}
	CU_ASSERT_EQUAL(check_cut(&bound, &n, n.len), PDP_MATCHES);
	n.octets[0] = 0x65; /* version 6 in 20 octets */
	CU_ASSERT_EQUAL(check_cut(&bound, &n, n.len), PDP_MISMATCH);
	n.octets[0] = 0x15;
	CU_ASSERT_EQUAL(check_cut(&bound, &n, n.len), PDP_MISMATCH);
	free(n.memory);
}

static void address_of_an_npdu_is_a_host_prefix(void)
{
	struct npdu n = make_npdu("10.0.0.1", "192.0.2.1");
	struct npdu m = make_npdu("2001:db8::1", "2001:db8::2");
	struct pdp_prefix p;
	char buf[PDP_PREFIX_STR];

	CU_ASSERT(pdp_npdu_address(n.octets, n.len, PDP_SOURCE, &p));
	CU_ASSERT_EQUAL(p.length, 32);
	CU_ASSERT_STRING_EQUAL(pdp_prefix_str(&p, buf), "10.0.0.1");
	CU_ASSERT(pdp_npdu_address(n.octets, n.len, PDP_DESTINATION, &p));
	CU_ASSERT_STRING_EQUAL(pdp_prefix_str(&p, buf), "192.0.2.1");
	CU_ASSERT(pdp_npdu_address(m.octets, m.len, PDP_SOURCE, &p));
	CU_ASSERT_EQUAL(p.length, 128);
	CU_ASSERT_STRING_EQUAL(pdp_prefix_str(&p, buf), "2001:db8::1");
	CU_ASSERT(pdp_npdu_address(m.octets, m.len, PDP_DESTINATION, &p));
	CU_ASSERT_STRING_EQUAL(pdp_prefix_str(&p, buf), "2001:db8::2");
	CU_ASSERT_FALSE(pdp_npdu_address(m.octets, m.len - 1, PDP_SOURCE, &p));
	free(n.memory);
	free(m.memory);
}

static void address_of_no_single_session_is_unknown(void)
{
	static const char *const ipv4[] = {"0.0.0.0", "255.255.255.255", "224.0.0.1"};
	static const char *const ipv6[] = {"::", "::1", "fe80::1", "ff02::1"};

	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(make_address(ipv4[i], "", 0).ipv4_state, PDP_UNBOUND);
	for (size_t i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(make_address("", ipv6[i], 64).ipv6_state, PDP_UNBOUND);
}

static void other_length_keeps_the_prefix(void)
{
	struct pdp_address a = make_address(NULL, "2001:db8:1:2::", 64);
	const struct pdp_address wide = make_address(NULL, "2001:db8:1::", 56);
	struct pdp_address none = make_address("10.0.0.1", NULL, 0), same = none;

	pdp_address_set_length(&a, 56);
	CU_ASSERT_EQUAL(memcmp(&a, &wide, sizeof(a)), 0);
	pdp_address_set_length(&none, 56);
	CU_ASSERT_EQUAL(memcmp(&none, &same, sizeof(none)), 0);
}

static void session_has_hosts_and_networks_in_its_address(void)
{
	const struct pdp_address a = make_address("10.0.0.1", "2001:db8:1:2::", 64);
	static const struct {
		const char *text;
		bool has;
	} cases[] = {{"10.0.0.1", true},	  {"10.0.0.0/31", false},
		     {"10.0.0.2", false},	  {"2001:db8:1:2::5", true},
		     {"2001:db8:1:2::/64", true}, {"2001:db8:1::/48", false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pdp_prefix p;

		CU_ASSERT_EQUAL(pdp_prefix_parse(&p, cases[i].text), 0);
		CU_ASSERT_EQUAL(pdp_address_has(&a, &p), cases[i].has);
	}
}

static void prefix_text_is_read_and_written(void)
{
	static const char *const good[] = {"10.1.0.0/16", "0.0.0.0/0",	   "10.1.2.3",
					   "::/0",	  "2001:db8::/32", "2001:db8::1"};
	static const char *const bad[] = {"",
					  "10.1.0.0/33",
					  "10.1.0.0/",
					  "10.1.0.0/-1",
					  "10.1.0.1/16",
					  "10.1.0/16",
					  "/16",
					  "10.1.0.0/016",
					  "10.1.0.0/1 ",
					  "2001:db8::1/64",
					  "2001:db8::/129",
					  " 10.1.2.3",
					  "x",
					  "10.1.0.0/4294967304",
					  "2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000/64"};
	struct pdp_prefix p;
	char buf[PDP_PREFIX_STR];

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		CU_ASSERT_EQUAL(pdp_prefix_parse(&p, good[i]), 0);
		CU_ASSERT_STRING_EQUAL(pdp_prefix_str(&p, buf), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(pdp_prefix_parse(&p, bad[i]), -EINVAL);
}

UNIT_MAIN("pdp_address",
	  {"downlink matches by its destination", downlink_matches_by_its_destination},
	  {"uplink matches by its source", uplink_matches_by_its_source},
	  {"IPv6 prefix of every length is compared to its last bit",
	   ipv6_prefix_of_every_length_is_compared_to_its_last_bit},
	  {"bits behind the length are cleared", bits_behind_the_length_are_cleared},
	  {"excluded version matches nothing", excluded_version_matches_nothing},
	  {"lost version matches nothing", lost_version_matches_nothing},
	  {"unbound version is undecided", unbound_version_is_undecided},
	  {"link-local and multicast match in IPv6", link_local_and_multicast_match_in_ipv6},
	  {"broadcast, multicast and unspecified match in IPv4",
	   broadcast_multicast_and_unspecified_match_in_ipv4},
	  {"address of the other end does not hide a protected address",
	   address_of_the_other_end_does_not_hide_a_protected_address},
	  {"N-PDU without a whole header needs a session without address",
	   npdu_without_a_whole_header_needs_a_session_without_address},
	  {"address of an N-PDU is a host prefix", address_of_an_npdu_is_a_host_prefix},
	  {"address of no single session is unknown", address_of_no_single_session_is_unknown},
	  {"other length keeps the prefix", other_length_keeps_the_prefix},
	  {"session has hosts and networks in its address",
	   session_has_hosts_and_networks_in_its_address},
	  {"prefix text is read and written", prefix_text_is_read_and_written})
