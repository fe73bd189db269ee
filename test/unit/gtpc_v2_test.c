/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "gtpc_v2.h"

/* An S-GW's on S5/S8: header; IMSI, F-TEID for control; RAT Type, Serving Network; APN, PCO; the bearer. */
#define CREATE_REQUEST                                         \
	"482000830000000012345600"                             \
	"010008006202010000"                                   \
	"0000f1"                                               \
	"570009008655667788"                                   \
	"0a010001"                                             \
	"5200010006"                                           \
	"5300030062f210"                                       \
	"4700090008696e7465726e6574"                           \
	"4e00100080ff000c09f107e201018898e1529e17"             \
	"5d002c00"                                             \
	"4900010005"                                           \
	"570009028411223344"                                   \
	"0a010101"                                             \
	"500016007c090000000000000000000000000000000000000000" \
	"0300010007"

static struct parsed parse_hex(const char *hex)
{
	uint8_t data[512];

	return parse(data, unit_hex(data, sizeof(data), hex));
}

/* A message of one type, T set, with these IEs. */
static struct parsed parse_ies(uint8_t type, const char *ies)
{
	uint8_t data[4096] = {0x48, type, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0};
	size_t len = 12 + unit_hex(data + 12, sizeof(data) - 12, ies);

	data[2] = (uint8_t)((len - 4) >> 8);
	data[3] = (uint8_t)(len - 4);
	return parse(data, len);
}

static int result_of(struct parsed p)
{
	free(p.data);
	return p.result;
}

static void create_session_request_is_read(void) /* TS 29.274 7.2.1 */
{
	struct parsed p = parse_hex(CREATE_REQUEST);

	CU_ASSERT_EQUAL(p.result, 135);
	CU_ASSERT_EQUAL(p.m.type, GTPC_V2_CREATE_SESSION_REQUEST);
	CU_ASSERT_TRUE(p.m.has_teid);
	CU_ASSERT_FALSE(p.m.has_next);
	CU_ASSERT_EQUAL(p.m.teid, 0);
	CU_ASSERT_EQUAL(p.m.sequence, 0x123456);
	CU_ASSERT_EQUAL(p.m.present, GTPC_V2_HAS_IMSI | GTPC_V2_HAS_RECOVERY |
					     GTPC_V2_HAS_RAT_TYPE | GTPC_V2_HAS_SERVING_NETWORK);
	CU_ASSERT_STRING_EQUAL(p.m.imsi.digits, "262010000000001");
	CU_ASSERT_EQUAL(p.m.recovery, 7);
	CU_ASSERT_EQUAL(p.m.rat_type, 6);
	CU_ASSERT_EQUAL(memcmp(p.m.serving_network, "\x62\xf2\x10", 3), 0);
	CU_ASSERT_TRUE(fteid_is(&p.m.sgw_c, 0x55667788, "0a010001", ""));
	CU_ASSERT_FALSE(p.m.pgw_c.is_present);
	CU_ASSERT_TRUE(octets_are(p.m.apn, "08696e7465726e6574"));
	CU_ASSERT_TRUE(octets_are(p.m.pco, "80ff000c09f107e201018898e1529e17"));
	CU_ASSERT_PTR_NULL(p.m.epco.data);
	CU_ASSERT_EQUAL_FATAL(p.m.bearers_count, 1);
	CU_ASSERT_EQUAL(p.m.bearers[0].instance, 0);
	CU_ASSERT_EQUAL(p.m.bearers[0].ebi, 5);
	CU_ASSERT_FALSE(p.m.bearers[0].has_cause);
	CU_ASSERT_TRUE(fteid_is(&p.m.bearers[0].sgw_u, 0x11223344, "0a010101", ""));
	CU_ASSERT_FALSE(p.m.bearers[0].pgw_u.is_present);
	free(p.data);
}

static void create_session_response_is_read(void) /* TS 29.274 7.2.2 */
{
	struct parsed p = parse_ies(33, "020002001000"
					"570009018700000009"
					"0a010002"
					"4f000500010a020005"
					"5d001800"
					"4900010005"
					"020002001000"
					"5700090285000000aa"
					"0a010002"
					"5d000f01"
					"4900010006"
					"0200060040004900"
					"0100");

	CU_ASSERT_EQUAL(p.result, 87);
	CU_ASSERT_EQUAL(p.m.present, GTPC_V2_HAS_CAUSE);
	CU_ASSERT_EQUAL(p.m.cause, GTPC_V2_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(fteid_is(&p.m.pgw_c, 9, "0a010002", ""));
	CU_ASSERT_EQUAL_FATAL(p.m.bearers_count, 2);
	CU_ASSERT_TRUE(p.m.bearers[0].has_cause);
	CU_ASSERT_EQUAL(p.m.bearers[0].cause, GTPC_V2_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(fteid_is(&p.m.bearers[0].pgw_u, 0xaa, "0a010002", ""));
	CU_ASSERT_EQUAL(p.m.bearers[1].instance, 1);
	CU_ASSERT_EQUAL(p.m.bearers[1].ebi, 6);
	CU_ASSERT_EQUAL(p.m.bearers[1].cause, GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
	free(p.data);
}

static void header_without_teid_is_read(void) /* TS 29.274 5.1, 7.1.1 */
{
	struct parsed p = parse_hex("40010009abcdef000300010009");

	CU_ASSERT_EQUAL(p.result, 13);
	CU_ASSERT_EQUAL(p.m.type, GTPC_V2_ECHO_REQUEST);
	CU_ASSERT_FALSE(p.m.has_teid);
	CU_ASSERT_EQUAL(p.m.sequence, 0xabcdef);
	CU_ASSERT_EQUAL(p.m.recovery, 9);
	free(p.data);
}

static void message_priority_is_no_part_of_the_sequence_number(void) /* TS 29.274 5.4 */
{
	struct parsed p = parse_hex("4c2500080000000100000270");

	CU_ASSERT_EQUAL(p.result, 12);
	CU_ASSERT_EQUAL(p.m.sequence, 2);
	free(p.data);
}

static void header_length_must_be_what_was_received(void) /* TS 29.274 7.7.1 */
{
	CU_ASSERT_EQUAL(result_of(parse_hex("4825000e0000000100000900020002001000")), 18);
	CU_ASSERT_EQUAL(result_of(parse_hex("4825000e000000010000090002000200100000")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("4825000f0000000100000900020002001000")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("4825000d0000000100000900020002001000")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("482500070000000100000900")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("4025000300000900")), -EBADMSG);
}

static void other_versions_are_refused(void) /* TS 29.274 7.7.2 */
{
	CU_ASSERT_EQUAL(result_of(parse_hex("3225000e0000000100000900020002001000")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("2825000e0000000100000900020002001000")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_hex("6825000e0000000100000900020002001000")), -EBADMSG);
}

static void piggybacked_message_stands_behind(void) /* TS 29.274 5.5.1 */
{
	static const char both[] = "5821000e0000000100000900020002001000"
				   "485f000d00000002000009004900010005";
	struct parsed p = parse_hex(both), second;

	CU_ASSERT_EQUAL_FATAL(p.result, 18);
	CU_ASSERT_TRUE(p.m.has_next);
	CU_ASSERT_EQUAL(p.m.type, GTPC_V2_CREATE_SESSION_RESPONSE);
	second = parse(p.data + p.result, p.len - (size_t)p.result);
	CU_ASSERT_EQUAL(second.result, 17);
	CU_ASSERT_FALSE(second.m.has_next);
	CU_ASSERT_EQUAL(second.m.type, GTPC_V2_CREATE_BEARER_REQUEST);
	CU_ASSERT_EQUAL(second.m.teid, 2);
	CU_ASSERT_EQUAL(second.m.linked_ebi, 5);
	free(second.data);
	free(p.data);
	/* The flag says that there is one, and there is none. */
	CU_ASSERT_EQUAL(result_of(parse_hex("5821000e0000000100000900020002001000")), -EBADMSG);
}

static void fteids_of_other_interfaces_are_passed_over(void) /* TS 29.274 8.22, 7.7.9 */
{
	/* S5/S8-C of both; S11 of an MME, of no instance that a P-GW knows. */
	struct parsed p = parse_ies(32, "5700090086000000020a000002"
					"5700090187000000030a000003"
					"570009028a000000010a000001"
					"5d005f00"
					/* S1-U, S4-U, S5/S8-U of both, S12, S11-U */
					"5700090080000000110a000011"
					"570009018f000000150a000015"
					"5700090284000000130a000013"
					"5700090385000000140a000014"
					"5700090482000000120a000012"
					"57000907a6000000160a000016"
					"4900010005"
					"9900080000000000"
					"00000000");

	CU_ASSERT_TRUE(p.result > 0);
	CU_ASSERT_EQUAL(p.m.fault, GTPC_FAULTLESS);
	CU_ASSERT_TRUE(fteid_is(&p.m.sgw_c, 2, "0a000002", ""));
	CU_ASSERT_TRUE(fteid_is(&p.m.pgw_c, 3, "0a000003", ""));
	CU_ASSERT_EQUAL_FATAL(p.m.bearers_count, 1);
	CU_ASSERT_TRUE(fteid_is(&p.m.bearers[0].sgw_u, 0x13, "0a000013", ""));
	CU_ASSERT_TRUE(fteid_is(&p.m.bearers[0].pgw_u, 0x14, "0a000014", ""));
	CU_ASSERT_EQUAL(p.m.bearers[0].ebi, 5);
	free(p.data);
}

static void fteid_has_an_ipv4_address_an_ipv6_address_or_both(void) /* TS 29.274 8.22 */
{
	static const char *const invalid[] = {"570005000600000002", "5700080086000000020a0000",
					      "57000900c6000000020a000001", "57000000"};
	struct parsed p = parse_ies(32, "570015004600000002"
					"20010db8000000000000000000000001");

	CU_ASSERT_TRUE(fteid_is(&p.m.sgw_c, 2, "", "20010db8000000000000000000000001"));
	free(p.data);
	p = parse_ies(32, "57001900c600000002"
			  "0a000001"
			  "20010db8000000000000000000000001");
	CU_ASSERT_TRUE(fteid_is(&p.m.sgw_c, 2, "0a000001", "20010db8000000000000000000000001"));
	free(p.data);
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		p = parse_ies(32, invalid[i]);
		CU_ASSERT_TRUE(p.result > 0);
		CU_ASSERT_FALSE(p.m.sgw_c.is_present);
		CU_ASSERT_EQUAL(p.m.fault, GTPC_MANDATORY_INVALID);
		free(p.data);
	}
	/* Another interface's form is not our business. */
	CU_ASSERT_EQUAL(result_of(parse_ies(32, "570005000a00000002")), 21);
}

static void linked_ebi_is_instance_0(void) /* TS 29.274 7.2.9.2 */
{
	struct parsed p = parse_ies(99, "4900010005"
					"4900010106"
					"4900010107"
					"490001000f");

	CU_ASSERT_EQUAL(p.m.linked_ebi, 5);
	CU_ASSERT_EQUAL(p.m.ebis, 1 << 6 | 1 << 7);
	free(p.data);
}

static void three_kinds_of_pco_are_told_apart(void) /* TS 29.274 8.13, 8.94, 8.128 */
{
	struct parsed p = parse_ies(32, "4e000100aa"
					"a3000100bb"
					"c5000100cc"
					"4e000101dd");

	CU_ASSERT_TRUE(octets_are(p.m.pco, "aa"));
	CU_ASSERT_TRUE(octets_are(p.m.apco, "bb"));
	CU_ASSERT_TRUE(octets_are(p.m.epco, "cc"));
	free(p.data);
}

static void other_elements_and_instances_are_passed_over(void) /* TS 29.274 7.7.8, 7.7.9 */
{
	struct parsed p = parse_ies(35, "fe0004000001aabb"
					"ff000000"
					"020002014000"
					"020002001000"
					"5d0005024900010009");

	CU_ASSERT_TRUE(p.result > 0);
	CU_ASSERT_EQUAL(p.m.cause, GTPC_V2_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(p.m.bearers_count, 0);
	free(p.data);
	CU_ASSERT_EQUAL(result_of(parse_ies(35, "ff000300aabb")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_ies(35, "ff0000")), -EBADMSG);
}

static void elements_of_a_later_release_may_be_longer(void) /* TS 29.274 7.7.5 */
{
	struct parsed p = parse_ies(33, "020003001000ee"
					"03000200"
					"07ee"
					"57000a0187000000050a000001ee"
					"4900030005eeee");

	CU_ASSERT_TRUE(p.result > 0);
	CU_ASSERT_EQUAL(p.m.cause, 16);
	CU_ASSERT_EQUAL(p.m.recovery, 7);
	CU_ASSERT_TRUE(fteid_is(&p.m.pgw_c, 5, "0a000001", ""));
	CU_ASSERT_EQUAL(p.m.linked_ebi, 5);
	free(p.data);
}

static void elements_that_are_too_short_are_absent(void) /* TS 29.274 7.7.7, 7.7.8 */
{
	static const char *const too_short[] = {"03000000", "49000000", "52000000", "01000000",
						"5300020062f2"};

	for (size_t i = 0; i < sizeof(too_short) / sizeof(too_short[0]); i++) {
		char ies[64] = "020002001000";
		struct parsed p = parse_ies(35, strcat(ies, too_short[i]));

		CU_ASSERT_TRUE(p.result > 0);
		CU_ASSERT_EQUAL(p.m.fault, GTPC_FAULTLESS);
		CU_ASSERT_EQUAL(p.m.present, GTPC_V2_HAS_CAUSE);
		CU_ASSERT_EQUAL(p.m.linked_ebi, 0);
		free(p.data);
	}
}

static void repeated_elements_count_the_first_time(void)
{
	struct parsed p = parse_ies(33, "020002001000"
					"020002004000"
					"0300010001"
					"0300010002"
					"570009018700000001"
					"0a000001"
					"570009018700000002"
					"0a000002"
					"4e000100aa"
					"4e000100bb");

	CU_ASSERT_EQUAL(p.m.cause, 16);
	CU_ASSERT_EQUAL(p.m.recovery, 1);
	CU_ASSERT_EQUAL(p.m.pgw_c.teid, 1);
	CU_ASSERT_TRUE(octets_are(p.m.pco, "aa"));
	free(p.data);
}

/* A message with each element once, and then one of them again. */
static bool contradicts(const char *again)
{
	char ies[512] = "0100080062020100000000f1" /* IMSI */
			"57001900c655667788"	   /* F-TEID of both IP versions */
			"0a00000120010db8000000000000000000000001"
			"47000200" /* APN */
			"01aa"
			"4e000100aa" /* PCO */
			"4f000500"   /* PAA */
			"010a090001";
	struct parsed p;

	p = parse_ies(32, strcat(ies, again));
	CU_ASSERT_TRUE(p.result > 0);
	free(p.data);
	return p.m.has_contradiction;
}

static void elements_that_come_again_with_other_contents_contradict(void)
{
	static const char *const same[] = {
		"",
		"0100080062020100000000f1",
		"57001900c6556677880a00000120010db8000000000000000000000001",
		"4700020001aa",
		"4e000100aa",
		"4f000500010a090001",
		"4700020101bb" /* another instance */};
	static const char *const others[] = {
		"0100080062020100000000f2",
		"57001900c6556677890a00000120010db8000000000000000000000001",
		"57001900c6556677880a00000220010db8000000000000000000000001",
		"57001900c6556677880a00000120010db8000000000000000000000002",
		"5700090086556677880a000001",
		"4700020001bb",
		"4f000500010a090002"};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		CU_ASSERT_FALSE(contradicts(same[i]));
		CU_ASSERT_TRUE(contradicts(others[i]));
	}
	/* The address of the P-GW has an instance of its own. */
	CU_ASSERT_FALSE(contradicts("5700090186556677990a000009"));
}

static void bearer_context_ends_where_it_says(void) /* TS 29.274 8.28 */
{
	static const char *const wrong[] = {"5d0006004900010005ee", "5d000a0049000100054900020005"};

	/* What is inside runs past the end of the context, though not of the message. */
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char ies[96] = "020002001000";
		struct parsed p = parse_ies(35, strcat(ies, wrong[i]));

		CU_ASSERT_TRUE(p.result > 0);
		CU_ASSERT_EQUAL(p.m.fault, GTPC_MANDATORY_INVALID);
		free(p.data);
	}
	CU_ASSERT_EQUAL(result_of(parse_ies(35, "5d00060049000100")), -EBADMSG);
	CU_ASSERT_EQUAL(result_of(parse_ies(35, "5d000000")), 16);
}

static void no_more_bearers_than_a_ue_can_have(void)
{
	char ies[(GTPC_V2_BEARERS_MAX + 1) * 18 + 1] = "";
	struct parsed p;

	for (unsigned i = 0; i < GTPC_V2_BEARERS_MAX; i++)
		strcat(ies, i % 2 ? "5d0005014900010006" : "5d0005004900010005");
	p = parse_ies(33, ies);
	CU_ASSERT_TRUE(p.result > 0);
	CU_ASSERT_EQUAL(p.m.bearers_count, GTPC_V2_BEARERS_MAX);
	free(p.data);
	strcat(ies, "5d0005004900010005");
	p = parse_ies(33, ies);
	CU_ASSERT_EQUAL(p.m.bearers_count, GTPC_V2_BEARERS_MAX);
	CU_ASSERT_EQUAL(p.m.fault, GTPC_AMBIGUOUS);
	free(p.data);
}

static void imsi_is_6_to_15_decimal_digits_with_filler(void) /* TS 29.274 8.3 */
{
	/* 5 digits; 16 digits; A; a gap; 9 octets. */
	static const char *const invalid[] = {"010003002602f1", "010008002602010000000010",
					      "0100080026020a00000000f1", "0100040026f20100",
					      "0100090026020100000000f1ff"};
	struct parsed p = parse_ies(32, "01000300260201");

	CU_ASSERT_STRING_EQUAL(p.m.imsi.digits, "622010");
	free(p.data);
	p = parse_ies(32, "0100080026020100000000f1");
	CU_ASSERT_STRING_EQUAL(p.m.imsi.digits, "622010000000001");
	free(p.data);
	for (size_t i = 0; i < sizeof(invalid) / sizeof(invalid[0]); i++) {
		p = parse_ies(32, invalid[i]);
		CU_ASSERT_TRUE(p.result > 0);
		CU_ASSERT_EQUAL(p.m.present, 0);
		CU_ASSERT_EQUAL(p.m.fault, GTPC_MANDATORY_INVALID);
		free(p.data);
	}
}

static void accepting_causes_are_16_to_63(void) /* TS 29.274 table 8.4-1 */
{
	unsigned accepting = 0;

	for (unsigned cause = 0; cause < 256; cause++)
		accepting += gtpc_v2_cause_accepts((uint8_t)cause);
	CU_ASSERT_EQUAL(accepting, 48);
	CU_ASSERT_TRUE(gtpc_v2_cause_accepts(16) && gtpc_v2_cause_accepts(17) &&
		       gtpc_v2_cause_accepts(63));
	CU_ASSERT_FALSE(gtpc_v2_cause_accepts(15) || gtpc_v2_cause_accepts(64));
}

/* What a PAA with these contents says. */
static struct pdp_element paa(const char *hex)
{
	uint8_t data[64];
	const size_t len = unit_hex(data, sizeof(data), hex);
	uint8_t *exact = malloc(len ? len : 1);
	struct pdp_element element;

	memcpy(exact, data, len);
	element = gtpc_v2_paa(&(struct gtp_octets){exact, (uint16_t)len});
	free(exact);
	return element;
}

static void paa_of_ipv4_excludes_ipv6(void) /* TS 29.274 8.14 */
{
	const struct pdp_element e = paa("010a0b0c0d");

	CU_ASSERT_TRUE(e.has_type && e.has_address);
	CU_ASSERT_EQUAL(e.address.ipv4_state, PDP_BOUND);
	CU_ASSERT_EQUAL(memcmp(e.address.ipv4, "\x0a\x0b\x0c\x0d", 4), 0);
	CU_ASSERT_EQUAL(e.address.ipv6_state, PDP_EXCLUDED);
}

static void paa_of_ipv6_has_its_own_prefix_length(void) /* TS 29.274 8.14 */
{
	const struct pdp_element e = paa("023820010db80001000200000000000000aa");

	CU_ASSERT_TRUE(e.has_type && e.has_address);
	CU_ASSERT_EQUAL(e.address.ipv4_state, PDP_EXCLUDED);
	CU_ASSERT_EQUAL(e.address.ipv6_state, PDP_BOUND);
	CU_ASSERT_EQUAL(e.address.ipv6_length, 56);
	CU_ASSERT_EQUAL(memcmp(e.address.ipv6, "\x20\x01\x0d\xb8\0\x01\0\0\0\0\0\0\0\0\0\0", 16),
			0);
}

static void paa_of_ipv4v6_has_ipv6_first(void) /* TS 29.274 8.14 */
{
	const struct pdp_element e = paa("034020010db80001000200000000000000aa0a0b0c0d");

	CU_ASSERT_TRUE(e.has_type && e.has_address);
	CU_ASSERT_EQUAL(e.address.ipv4_state, PDP_BOUND);
	CU_ASSERT_EQUAL(memcmp(e.address.ipv4, "\x0a\x0b\x0c\x0d", 4), 0);
	CU_ASSERT_EQUAL(e.address.ipv6_state, PDP_BOUND);
	CU_ASSERT_EQUAL(e.address.ipv6_length, 64);
}

static void paa_of_ipv4v6_may_have_one_half(void) /* TS 29.274 8.14 */
{
	const struct pdp_element six = paa("034020010db8000100020000000000000000"
					   "00000000");
	const struct pdp_element four = paa("0340000000000000000000000000000000000a0b0c0d");

	CU_ASSERT_EQUAL(six.address.ipv4_state, PDP_UNBOUND);
	CU_ASSERT_EQUAL(six.address.ipv6_state, PDP_BOUND);
	CU_ASSERT_EQUAL(four.address.ipv4_state, PDP_BOUND);
	CU_ASSERT_EQUAL(four.address.ipv6_state, PDP_UNBOUND);
}

static void paa_that_says_unspecified_is_unknown(void)
{
	const struct pdp_element four = paa("0100000000");
	const struct pdp_element link_local = paa("0240fe800000000000000000000000000001");
	const struct pdp_element no_length = paa("020020010db80001000200000000000000aa");
	const struct pdp_element too_long = paa("028120010db80001000200000000000000aa");

	CU_ASSERT_TRUE(four.has_address && four.address.ipv4_state == PDP_UNBOUND);
	CU_ASSERT_TRUE(link_local.has_address && link_local.address.ipv6_state == PDP_UNBOUND);
	CU_ASSERT_TRUE(no_length.has_address && no_length.address.ipv6_state == PDP_UNBOUND);
	CU_ASSERT_TRUE(too_long.has_address && too_long.address.ipv6_state == PDP_UNBOUND);
}

static void paa_of_non_ip_or_ethernet_has_no_address(void) /* TS 29.274 8.14, 8.34 */
{
	static const struct pdp_address nothing;
	static const char *const types[] = {"04", "05", "040a0b0c0d"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct pdp_element e = paa(types[i]);

		CU_ASSERT_TRUE(e.has_type && !e.has_address);
		CU_ASSERT_EQUAL(memcmp(&e.address, &nothing, sizeof(nothing)), 0);
	}
}

static void paa_that_is_too_short_is_absent(void) /* TS 29.274 7.7.5 */
{
	static const char *const wrong[] = {"",
					    "00",
					    "060a0b0c0d",
					    "010a0b0c",
					    "024020010db80001000200000000000000",
					    "034020010db80001000200000000000000aa0a0b0c"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct pdp_element e = paa(wrong[i]);

		CU_ASSERT_FALSE(e.has_type || e.has_address);
	}
}

static void
fteids_of_s2a_and_s2b_are_read_like_s5(void) /* TS 29.274 8.22, tables 7.2.1-1, 7.2.2-1 */
{
	/* ePDG, TWAN: GTP-C in instance 0, GTP-U in its own; P-GW: GTP-C in instance 1. */
	static const struct {
		enum gtpc_v2_access access;
		const char *request, *response;
	} cases[] = {
		{GTPC_V2_S2B,
		 "570009009e556677880a010001"
		 "5d001200490001000557000905"
		 "9f112233440a010101",
		 "57000901a0000000090a010002"
		 "5d001200490001000557000904"
		 "a1000000aa0a010002"},
		{GTPC_V2_S2A,
		 "57000900a3556677880a010001"
		 "5d001200490001000557000906"
		 "a2112233440a010101",
		 "57000901a4000000090a010002"
		 "5d001200490001000557000905"
		 "a5000000aa0a010002"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p = parse_ies(32, cases[i].request);

		CU_ASSERT_EQUAL(p.m.access, cases[i].access);
		CU_ASSERT_TRUE(fteid_is(&p.m.sgw_c, 0x55667788, "0a010001", ""));
		CU_ASSERT_TRUE(fteid_is(&p.m.bearers[0].sgw_u, 0x11223344, "0a010101", ""));
		CU_ASSERT_FALSE(p.m.bearers[0].pgw_u.is_present);
		free(p.data);
		p = parse_ies(33, cases[i].response);
		CU_ASSERT_EQUAL(p.m.access, cases[i].access);
		CU_ASSERT_TRUE(fteid_is(&p.m.pgw_c, 9, "0a010002", ""));
		CU_ASSERT_TRUE(fteid_is(&p.m.bearers[0].pgw_u, 0xaa, "0a010002", ""));
		free(p.data);
	}
}

static void every_truncation_is_refused(void)
{
	uint8_t data[256];
	size_t len = unit_hex(data, sizeof(data), CREATE_REQUEST);

	for (size_t cut = 0; cut < len; cut++) {
		CU_ASSERT_EQUAL(result_of(parse(data, cut)), -EBADMSG);
		if (cut < 4)
			continue;
		/* The same with a header length that agrees: whatever the result, no octet beyond. */
		uint8_t kept = data[3];

		data[3] = (uint8_t)(cut - 4);
		(void)result_of(parse(data, cut));
		data[3] = kept;
	}
	CU_ASSERT_EQUAL(result_of(parse(data, len)), (int)len);
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
			if (p.result > 0 &&
			    !(lies_within(&p, p.m.pco) && lies_within(&p, p.m.apn) &&
			      lies_within(&p, p.m.epco) && lies_within(&p, p.m.paa)))
				outside++;
			free(p.data);
			data[i] = kept;
		}
	CU_ASSERT_EQUAL(outside, 0);
}

UNIT_MAIN(
	"gtpc_v2", TEST(create_session_request_is_read), TEST(create_session_response_is_read),
	TEST(header_without_teid_is_read), TEST(message_priority_is_no_part_of_the_sequence_number),
	TEST(header_length_must_be_what_was_received), TEST(other_versions_are_refused),
	TEST(piggybacked_message_stands_behind), TEST(fteids_of_other_interfaces_are_passed_over),
	TEST(fteid_has_an_ipv4_address_an_ipv6_address_or_both), TEST(linked_ebi_is_instance_0),
	TEST(three_kinds_of_pco_are_told_apart), TEST(other_elements_and_instances_are_passed_over),
	TEST(elements_of_a_later_release_may_be_longer),
	TEST(elements_that_are_too_short_are_absent), TEST(repeated_elements_count_the_first_time),
	TEST(elements_that_come_again_with_other_contents_contradict),
	TEST(bearer_context_ends_where_it_says), TEST(no_more_bearers_than_a_ue_can_have),
	TEST(imsi_is_6_to_15_decimal_digits_with_filler), TEST(accepting_causes_are_16_to_63),
	TEST(paa_of_ipv4_excludes_ipv6), TEST(paa_of_ipv6_has_its_own_prefix_length),
	TEST(paa_of_ipv4v6_has_ipv6_first), TEST(paa_of_ipv4v6_may_have_one_half),
	TEST(paa_that_says_unspecified_is_unknown), TEST(paa_of_non_ip_or_ethernet_has_no_address),
	TEST(paa_that_is_too_short_is_absent), TEST(fteids_of_s2a_and_s2b_are_read_like_s5),
	TEST(every_truncation_is_refused), TEST(every_corruption_is_survived))
