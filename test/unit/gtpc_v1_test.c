/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "gtpc_v1.h"

/* Header, TV elements, TLV elements. */
#define CREATE_REQUEST                                       \
	"3210005f000000001234"                               \
	"0000"                                               \
	"0262020100000000f10e070ffd1011223344115566778814f5" \
	"800002f121"                                         \
	"830009"                                             \
	"08696e7465726e6574"                                 \
	"840010"                                             \
	"80ff000c09f107e201018898e1529e17"                   \
	"8500040a010001"                                     \
	"8500040a010101"                                     \
	"860007919471325476f8"                               \
	"87000302239f"

static struct parsed parse_hex(const char *hex)
{
	uint8_t data[512];

	return parse(data, unit_hex(data, sizeof(data), hex));
}

/* A message of one type, S set, with these IEs. */
static struct parsed parse_ies(uint8_t type, const char *ies)
{
	uint8_t data[512] = {0x32, type, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0};
	size_t len = 12 + unit_hex(data + 12, sizeof(data) - 12, ies);

	data[2] = (uint8_t)((len - 8) >> 8);
	data[3] = (uint8_t)(len - 8);
	return parse(data, len);
}

static int result_of(struct parsed p)
{
	free(p.data);
	return p.result;
}

static void create_request_is_read(void) /* TS 29.060 7.3.1 */
{
	struct parsed p = parse_hex(CREATE_REQUEST);

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.type, GTPC_V1_CREATE_PDP_REQUEST);
	CU_ASSERT_EQUAL(p.m.teid, 0);
	CU_ASSERT_TRUE(p.m.has_sequence);
	CU_ASSERT_EQUAL(p.m.sequence, 0x1234);
	CU_ASSERT_EQUAL(p.m.present, GTPC_V1_HAS_IMSI | GTPC_V1_HAS_RECOVERY |
					     GTPC_V1_HAS_TEID_DATA | GTPC_V1_HAS_TEID_CONTROL |
					     GTPC_V1_HAS_NSAPI);
	CU_ASSERT_STRING_EQUAL(p.m.imsi.digits, "262010000000001");
	CU_ASSERT_EQUAL(p.m.recovery, 7);
	CU_ASSERT_EQUAL(p.m.teid_data, 0x11223344);
	CU_ASSERT_EQUAL(p.m.teid_control, 0x55667788);
	CU_ASSERT_EQUAL(p.m.nsapi, 5);
	CU_ASSERT_TRUE(octets_are(p.m.end_user_address, "f121"));
	CU_ASSERT_TRUE(octets_are(p.m.apn, "08696e7465726e6574"));
	CU_ASSERT_TRUE(octets_are(p.m.pco, "80ff000c09f107e201018898e1529e17"));
	CU_ASSERT_TRUE(address_is(&p.m.gsn_control, "0a010001"));
	CU_ASSERT_TRUE(address_is(&p.m.gsn_user, "0a010101"));
	free(p.data);
}

static void header_without_options_is_read(void) /* TS 29.060 6 */
{
	struct parsed p = parse_hex("301a00020a0b0c0d01c0");

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_FALSE(p.m.has_sequence);
	CU_ASSERT_EQUAL(p.m.teid, 0x0a0b0c0d);
	CU_ASSERT_EQUAL(p.m.cause, GTPC_V1_CAUSE_NON_EXISTENT);
	free(p.data);
}

static void extension_headers_are_walked(void) /* TS 29.060 6.1 */
{
	/* Suspend Request (0xC1) of 4 octets, PDCP PDU number (0xC0) of 4, then the cause */
	struct parsed p = parse_hex("3613000e00000001000900c1"
				    "010000c001000100"
				    "0180");

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.sequence, 9);
	CU_ASSERT_EQUAL(p.m.cause, GTPC_V1_CAUSE_ACCEPTED);
	free(p.data);
	CU_ASSERT_EQUAL(result_of(parse_hex("3613000800000001000900c100000000")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("3613000800000001000900c102000000")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("3613000400000001000900c1")), -EBADMSG);
}

static void header_length_must_be_what_was_received(void) /* TS 29.060 11.1.2 */
{
	CU_ASSERT_EQUAL(result_of(parse_hex("3215000600000001000900000180")), 0);
	CU_ASSERT_EQUAL(result_of(parse_hex("321500060000000100090000018000")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("3215000700000001000900000180")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("3215000500000001000900000180")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("3215000300000001000900")), -EBADMSG);
}

static void other_versions_are_refused(void) /* TS 29.060 11.1.1 */
{
	CU_ASSERT_EQUAL(result_of(parse_hex("1215000600000001000900000180")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("2215000600000001000900000180")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("5215000600000001000900000180")), -EBADMSG);
}

static void every_tv_element_of_table_37_is_passed_over(void) /* TS 29.060 table 37 */
{
	static const struct {
		uint8_t type, len;
	} tv[] = {
		{1, 1},	 {2, 8},  {3, 6},  {4, 4},  {5, 4},  {8, 1},  {9, 28}, {11, 1}, {12, 3},
		{13, 1}, {14, 1}, {15, 1}, {16, 4}, {17, 4}, {18, 5}, {19, 1}, {20, 1}, {21, 1},
		{22, 9}, {23, 1}, {24, 1}, {25, 2}, {26, 2}, {27, 2}, {28, 2}, {29, 1}, {127, 4},
	};
	unsigned known = 0;

	for (unsigned type = 0; type < 128; type++) {
		uint8_t data[12 + 1 + 28 + 7] = {0x32, 16, 0, 0, 0, 0, 0, 1};
		size_t len = 0;

		for (size_t i = 0; i < sizeof(tv) / sizeof(tv[0]); i++)
			if (tv[i].type == type)
				len = tv[i].len;
		known += len != 0;
		data[12] = (uint8_t)type;
		memcpy(data + 13, "\x21\x43\x65\x87\x09\x21\x43\xf5", 8);
		/* After it stands an IE that is found only if the length is right. */
		memcpy(data + 13 + len, "\x85\x00\x04\x0a\x01\x00\x01", 7);
		data[3] = (uint8_t)(5 + len + 7);
		struct parsed p = parse(data, 13 + len + 7);
		CU_ASSERT_EQUAL(p.result, len ? 0 : -EBADMSG);
		if (len)
			CU_ASSERT_TRUE(address_is(&p.m.gsn_control, "0a010001"));
		free(p.data);
	}
	CU_ASSERT_EQUAL(known, sizeof(tv) / sizeof(tv[0]));
}

static void unknown_tlv_elements_are_passed_over(void) /* TS 29.060 7.7 */
{
	struct parsed p = parse_ies(17, "9700021234"
					"ff0000"
					"0180");

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.cause, 128);
	free(p.data);
	CU_ASSERT_EQUAL(result_of(parse_ies(17, "97000312")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_ies(17, "9700")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_ies(17, "97")), -EBADMSG);
}

static void extension_header_type_list_has_a_short_length(void) /* TS 29.060 7.7.40 */
{
	struct parsed p = parse_ies(31, "8d02c0c10180");

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.cause, 128);
	free(p.data);
	CU_ASSERT_EQUAL(result_of(parse_ies(31, "8d03c0c1")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_ies(31, "8d")), -EBADMSG);
}

static void repeated_elements_count_the_first_time(void)
{
	struct parsed p = parse_ies(17, "01800e01"
					"1000000001"
					"1100000002"
					"01c00e02"
					"1000000003"
					"1100000004"
					"840001aa"
					"840001bb");

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.cause, 0x80);
	CU_ASSERT_EQUAL(p.m.recovery, 1);
	CU_ASSERT_EQUAL(p.m.teid_data, 1);
	CU_ASSERT_EQUAL(p.m.teid_control, 2);
	CU_ASSERT_TRUE(octets_are(p.m.pco, "aa"));
	CU_ASSERT_TRUE(p.m.has_contradiction);
	free(p.data);
}

/* A message with each element once, and then one of them again. */
static bool contradicts(const char *again)
{
	char ies[256] = "0262020100000000f1" /* IMSI */
			"1100000002"	     /* TEIDs */
			"1000000001"
			"1406" /* NSAPI, linked NSAPI */
			"1405"
			"800002f121" /* End User Address, APN, PCO */
			"830001aa"
			"840001aa";
	struct parsed p;

	p = parse_ies(16, strcat(ies, again));
	CU_ASSERT_EQUAL(p.result, 0);
	free(p.data);
	return p.m.has_contradiction;
}

static void elements_that_come_again_with_other_contents_contradict(void)
{
	static const char *const same[] = {"",	   "0262020100000000f1", "1100000002", "1000000001",
					   "1405", "800002f121",	 "830001aa",   "840001aa"};
	static const char *const others[] = {
		"0262020100000000f2", "1100000003", "1000000003", "1404",
		"800002f157",	      "830001bb",   "84000100",	  "02ffffffffffffffff"};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		CU_ASSERT_FALSE(contradicts(same[i]));
		CU_ASSERT_TRUE(contradicts(others[i]));
	}
}

static void second_nsapi_is_the_linked_one(void) /* TS 29.060 7.3.1 */
{
	struct parsed p = parse_ies(16, "14061405140f");

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.present, GTPC_V1_HAS_NSAPI | GTPC_V1_HAS_LINKED_NSAPI);
	CU_ASSERT_EQUAL(p.m.nsapi, 6);
	CU_ASSERT_EQUAL(p.m.linked_nsapi, 5);
	free(p.data);
}

/* But for those of one type. An SGSN sends them in ascending order; a GGSN may accept others all the same. */
static void elements_may_stand_in_any_order(void)
{
	static const char *const elements[] = {"0262020100000000f1",
					       "1011223344",
					       "1155667788",
					       "1405",
					       "830009"
					       "08696e7465726e6574",
					       "84000180",
					       "8500040a0100018500040a010101",
					       "0e07"};
	const size_t count = sizeof(elements) / sizeof(elements[0]);

	for (size_t first = 0; first < count; first++)
		for (size_t backwards = 0; backwards < 2; backwards++) {
			char ies[256] = "";
			struct parsed p;

			for (size_t i = 0; i < count; i++)
				strcat(ies,
				       elements[(first + (backwards ? count - i : i)) % count]);
			p = parse_ies(16, ies);
			CU_ASSERT_EQUAL(p.result, 0);
			CU_ASSERT_STRING_EQUAL(p.m.imsi.digits, "262010000000001");
			CU_ASSERT_EQUAL(p.m.teid_data, 0x11223344);
			CU_ASSERT_EQUAL(p.m.teid_control, 0x55667788);
			CU_ASSERT_EQUAL(p.m.nsapi, 5);
			CU_ASSERT_EQUAL(p.m.recovery, 7);
			CU_ASSERT_EQUAL(p.m.apn.len, 9);
			CU_ASSERT_TRUE(octets_are(p.m.pco, "80"));
			CU_ASSERT_TRUE(address_is(&p.m.gsn_control, "0a010001"));
			CU_ASSERT_TRUE(address_is(&p.m.gsn_user, "0a010101"));
			free(p.data);
		}
}

static void gsn_addresses_are_told_apart_by_order(void) /* TS 29.060 7.3.1, 7.7.32 */
{
	struct parsed p = parse_ies(17, "8500040a000001"
					"85001020010db8000000000000000000000001"
					"8500040a000003");

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_TRUE(address_is(&p.m.gsn_control, "0a000001"));
	CU_ASSERT_TRUE(address_is(&p.m.gsn_user, "20010db8000000000000000000000001"));
	free(p.data);
	p = parse_ies(17, "8500050a00000100"
			  "850000"
			  "8500040a000003");
	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.gsn_addresses, 3);
	CU_ASSERT_EQUAL(p.m.gsn_control.len, 0);
	CU_ASSERT_EQUAL(p.m.gsn_user.len, 0);
	free(p.data);
}

static void teardown_ind_is_its_lowest_bit(void) /* TS 29.060 7.7.16 */
{
	struct parsed set = parse_ies(20, "13ff"), clear = parse_ies(20, "13fe");

	CU_ASSERT_TRUE(set.m.present & GTPC_V1_HAS_TEARDOWN && set.m.teardown);
	CU_ASSERT_TRUE(clear.m.present & GTPC_V1_HAS_TEARDOWN && !clear.m.teardown);
	free(set.data);
	free(clear.data);
}

static void imsi_is_6_to_15_decimal_digits_with_filler(void) /* TS 29.060 7.7.2 */
{
	/* 5 digits; 16 digits; A; a gap; none. */
	static const char *const invalid[] = {"022602f1ffffffffff", "022602010000000010",
					      "0226020a00000000f1", "02260201f0000000f1",
					      "02ffffffffffffffff"};
	struct parsed p = parse_ies(16, "02260201ffffffffff");

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_STRING_EQUAL(p.m.imsi.digits, "622010");
	free(p.data);
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		p = parse_ies(18, invalid[i]);
		CU_ASSERT_EQUAL(p.result, 0);
		CU_ASSERT_EQUAL(p.m.present, 0);
		CU_ASSERT_EQUAL(p.m.invalid, GTPC_V1_HAS_IMSI);
		free(p.data);
	}
}

/* What an End User Address with these contents says. */
static struct pdp_element end_user(const char *hex)
{
	uint8_t data[64];
	const size_t len = unit_hex(data, sizeof(data), hex);
	uint8_t *exact = malloc(len ? len : 1);
	struct pdp_element element;

	memcpy(exact, data, len);
	element = gtpc_v1_end_user(&(struct gtp_octets){exact, (uint16_t)len});
	free(exact);
	return element;
}

static bool is_bound_to(const struct pdp_address *a, const char *ipv4, const char *ipv6)
{
	uint8_t octets[16];
	bool is_same = true;

	if (ipv4) {
		unit_hex(octets, sizeof(octets), ipv4);
		is_same = a->ipv4_state == PDP_BOUND && memcmp(a->ipv4, octets, 4) == 0;
	}
	if (ipv6) {
		memset(octets, 0, sizeof(octets));
		unit_hex(octets, sizeof(octets), ipv6);
		is_same = is_same && a->ipv6_state == PDP_BOUND && a->ipv6_length == 64 &&
			  memcmp(a->ipv6, octets, 16) == 0;
	}
	return is_same;
}

static void end_user_address_of_ipv4_excludes_ipv6(void) /* TS 29.060 7.7.27 */
{
	const struct pdp_element e = end_user("f1210a0b0c0d");

	CU_ASSERT_TRUE(e.has_type && e.has_address);
	CU_ASSERT_TRUE(is_bound_to(&e.address, "0a0b0c0d", NULL));
	CU_ASSERT_EQUAL(e.address.ipv6_state, PDP_EXCLUDED);
}

static void end_user_address_of_ipv6_is_its_64_and_excludes_ipv4(void) /* TS 29.060 7.7.27 */
{
	const struct pdp_element e = end_user("f15720010db80001000200000000000000aa");

	CU_ASSERT_TRUE(e.has_type && e.has_address);
	CU_ASSERT_TRUE(is_bound_to(&e.address, NULL, "20010db800010002"));
	CU_ASSERT_EQUAL(e.address.ipv4_state, PDP_EXCLUDED);
}

static void end_user_address_of_ipv4v6_has_ipv4_first(void) /* TS 29.060 7.7.27 */
{
	const struct pdp_element e = end_user("f18d0a0b0c0d20010db80001000200000000000000aa");

	CU_ASSERT_TRUE(e.has_type && e.has_address);
	CU_ASSERT_TRUE(is_bound_to(&e.address, "0a0b0c0d", "20010db800010002"));
}

static void end_user_address_of_ipv4v6_may_have_one_half(void) /* TS 29.060 7.7.27 */
{
	const struct pdp_element four = end_user("f18d0a0b0c0d");
	const struct pdp_element six = end_user("f18d20010db80001000200000000000000aa");

	CU_ASSERT_TRUE(four.has_address && is_bound_to(&four.address, "0a0b0c0d", NULL));
	CU_ASSERT_EQUAL(four.address.ipv6_state, PDP_UNBOUND);
	CU_ASSERT_TRUE(six.has_address && is_bound_to(&six.address, NULL, "20010db800010002"));
	CU_ASSERT_EQUAL(six.address.ipv4_state, PDP_UNBOUND);
}

static void end_user_address_without_address_has_a_type_alone(void) /* TS 29.060 7.7.27 */
{
	const struct pdp_element four = end_user("f121"), six = end_user("f157"),
				 both = end_user("f18d");

	CU_ASSERT_TRUE(four.has_type && !four.has_address);
	CU_ASSERT_EQUAL(four.address.ipv4_state, PDP_UNBOUND);
	CU_ASSERT_EQUAL(four.address.ipv6_state, PDP_EXCLUDED);
	CU_ASSERT_TRUE(six.has_type && !six.has_address);
	CU_ASSERT_EQUAL(six.address.ipv4_state, PDP_EXCLUDED);
	CU_ASSERT_EQUAL(six.address.ipv6_state, PDP_UNBOUND);
	CU_ASSERT_TRUE(both.has_type && !both.has_address);
	CU_ASSERT_EQUAL(both.address.ipv4_state, PDP_UNBOUND);
	CU_ASSERT_EQUAL(both.address.ipv6_state, PDP_UNBOUND);
}

static void end_user_address_that_says_unspecified_is_unknown(void)
{
	const struct pdp_element four = end_user("f12100000000"),
				 link_local = end_user("f157fe800000000000000000000000000001");

	CU_ASSERT_TRUE(four.has_address);
	CU_ASSERT_EQUAL(four.address.ipv4_state, PDP_UNBOUND);
	CU_ASSERT_TRUE(link_local.has_address);
	CU_ASSERT_EQUAL(link_local.address.ipv6_state, PDP_UNBOUND);
}

static void end_user_of_ppp_or_non_ip_has_no_address(void) /* TS 29.060 7.7.27 */
{
	static const struct pdp_address nothing;
	static const char *const types[] = {"f001", "f002", "f0010a0b0c0d"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct pdp_element e = end_user(types[i]);

		CU_ASSERT_TRUE(e.has_type && !e.has_address);
		CU_ASSERT_EQUAL(memcmp(&e.address, &nothing, sizeof(nothing)), 0);
	}
}

static void end_user_address_of_a_wrong_length_is_absent(void) /* TS 29.060 11.1 */
{
	static const char *const wrong[] = {"",
					    "f1",
					    "f1210a0b0c",
					    "f1210a0b0c0d0e",
					    "f15720010db8000100020000000000000000aa",
					    "f1570a0b0c0d",
					    "f12120010db8000100020000000000000a0b",
					    "f18d0a",
					    "f18d0a0b0c0d20010db80001000200000000000000aabb",
					    "f1700a0b0c0d",
					    "f2210a0b0c0d",
					    "f021"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_FALSE(end_user(wrong[i]).has_type);
}

static void alternative_gsn_addresses_follow_in_the_other_version(void) /* TS 29.060 7.3.2 */
{
	struct parsed p = parse_ies(17, "8500040a000001"
					"8500040a000002"
					"85001020010db8000000000000000000000001"
					"85001020010db8000000000000000000000002"
					"8500040a000005");

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_TRUE(address_is(&p.m.gsn_control, "0a000001"));
	CU_ASSERT_TRUE(address_is(&p.m.gsn_user, "0a000002"));
	CU_ASSERT_TRUE(address_is(&p.m.alternative_control, "20010db8000000000000000000000001"));
	CU_ASSERT_TRUE(address_is(&p.m.alternative_user, "20010db8000000000000000000000002"));
	free(p.data);
}

static void alternative_gsn_address_of_a_wrong_length_is_absent(void) /* TS 29.060 11.1 */
{
	struct parsed p = parse_ies(18, "8500040a000001"
					"8500040a000002"
					"8500050a00000300"
					"85001020010db8000000000000000000000002");

	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_TRUE(address_is(&p.m.gsn_user, "0a000002"));
	CU_ASSERT_EQUAL(p.m.alternative_control.len, 0);
	CU_ASSERT_TRUE(address_is(&p.m.alternative_user, "20010db8000000000000000000000002"));
	free(p.data);
	p = parse_ies(18, "8500040a0000018500040a0000028500040a000003");
	CU_ASSERT_EQUAL(p.m.alternative_control.len, 0);
	free(p.data);
}

static void every_truncation_is_refused(void)
{
	uint8_t data[256];
	size_t len = unit_hex(data, sizeof(data), CREATE_REQUEST);

	for (size_t cut = 0; cut < len; cut++) {
		CU_ASSERT_EQUAL(result_of(parse(data, cut)), -EBADMSG);
		if (cut < 8)
			continue;
		/* The same with a header length that agrees: whatever the result, no octet beyond. */
		uint8_t kept = data[3];

		data[3] = (uint8_t)(cut - 8);
		(void)result_of(parse(data, cut));
		data[3] = kept;
	}
	CU_ASSERT_EQUAL(result_of(parse(data, len)), 0);
}

static bool lies_within(const struct parsed *p, struct gtp_octets octets)
{
	return !octets.data ||
	       (octets.data >= p->data && octets.data + octets.len <= p->data + p->len);
}

static void every_corruption_is_survived(void)
{
	uint8_t data[256];
	size_t len = unit_hex(data, sizeof(data), CREATE_REQUEST);
	unsigned outside = 0;

	for (size_t i = 0; i < len; i++)
		for (unsigned v = 0; v < 256; v++) {
			uint8_t kept = data[i];

			data[i] = (uint8_t)v;
			struct parsed p = parse(data, len);
			if (p.result == 0 &&
			    !(lies_within(&p, p.m.pco) && lies_within(&p, p.m.apn) &&
			      lies_within(&p, p.m.end_user_address)))
				outside++;
			free(p.data);
			data[i] = kept;
		}
	CU_ASSERT_EQUAL(outside, 0);
}

UNIT_MAIN("gtpc_v1", {"Create Request is read", create_request_is_read},
	  {"header without options is read", header_without_options_is_read},
	  {"extension headers are walked", extension_headers_are_walked},
	  {"header length must be what was received", header_length_must_be_what_was_received},
	  {"other versions are refused", other_versions_are_refused},
	  {"every TV element of table 37 is passed over",
	   every_tv_element_of_table_37_is_passed_over},
	  {"unknown TLV elements are passed over", unknown_tlv_elements_are_passed_over},
	  {"Extension Header Type List has a short length",
	   extension_header_type_list_has_a_short_length},
	  {"repeated elements count the first time", repeated_elements_count_the_first_time},
	  {"elements that come again with other contents contradict",
	   elements_that_come_again_with_other_contents_contradict},
	  {"second NSAPI is the linked one", second_nsapi_is_the_linked_one},
	  {"elements may stand in any order", elements_may_stand_in_any_order},
	  {"GSN addresses are told apart by order", gsn_addresses_are_told_apart_by_order},
	  {"Teardown Ind is its lowest bit", teardown_ind_is_its_lowest_bit},
	  {"IMSI is 6 to 15 decimal digits with filler",
	   imsi_is_6_to_15_decimal_digits_with_filler},
	  {"End User Address of IPv4 excludes IPv6", end_user_address_of_ipv4_excludes_ipv6},
	  {"End User Address of IPv6 is its /64 and excludes IPv4",
	   end_user_address_of_ipv6_is_its_64_and_excludes_ipv4},
	  {"End User Address of IPv4v6 has IPv4 first", end_user_address_of_ipv4v6_has_ipv4_first},
	  {"End User Address of IPv4v6 may have one half",
	   end_user_address_of_ipv4v6_may_have_one_half},
	  {"End User Address without address has a type alone",
	   end_user_address_without_address_has_a_type_alone},
	  {"End User Address that says unspecified is unknown",
	   end_user_address_that_says_unspecified_is_unknown},
	  {"end user of PPP or non-IP has no address", end_user_of_ppp_or_non_ip_has_no_address},
	  {"End User Address of a wrong length is absent",
	   end_user_address_of_a_wrong_length_is_absent},
	  {"alternative GSN Addresses follow in the other version",
	   alternative_gsn_addresses_follow_in_the_other_version},
	  {"alternative GSN Address of a wrong length is absent",
	   alternative_gsn_address_of_a_wrong_length_is_absent},
	  {"every truncation is refused", every_truncation_is_refused},
	  {"every corruption is survived", every_corruption_is_survived})
