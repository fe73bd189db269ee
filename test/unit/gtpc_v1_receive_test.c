/* SPDX-License-Identifier: BSD-3-Clause */
/* What a GSN makes of the elements of a GTPv1-C message: TS 29.060 7.3.1 to 7.3.6, 11.1. */
#include "gtpc_v1.h"

/* TEID Data I, TEID Control Plane, NSAPI; then GSN Addresses. */
#define TEIDS_AND_NSAPI        \
	"10000000011100000002" \
	"1405"
#define CONTROL_1 "8500040a010001"
#define USER_8	  "8500040a010008"
#define IPV6_1	  "85001020010db8000000000000000000000001"
#define IPV6_8	  "85001020010db8000000000000000000000008"
#define ACCEPTED  "0180"
#define REFUSED	  "01c7"

static struct gtpc_v1 receive(uint8_t type, enum gtpc_v1_sender sender, const char *ies)
{
	uint8_t data[512] = {0x32, type, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0};
	const size_t len = 12 + unit_hex(data + 12, sizeof(data) - 12, ies);
	struct parsed p;

	data[2] = (uint8_t)((len - 8) >> 8);
	data[3] = (uint8_t)(len - 8);
	p = parse(data, len);
	CU_ASSERT_EQUAL(p.result, 0);
	gtpc_v1_receive(&p.m, sender);
	free(p.data);
	return p.m;
}

static enum gtpc_fault fault_of(uint8_t type, enum gtpc_v1_sender sender, const char *ies)
{
	return receive(type, sender, ies).fault;
}

static void mandatory_elements_are_those_of_the_tables(void) /* 7.3.1 to 7.3.6, 11.1.5 */
{
	static const struct {
		uint8_t type, sender;
		const char *ies;
		enum gtpc_fault fault;
	} cases[] = {
		{16, GTPC_V1_FROM_SGSN, TEIDS_AND_NSAPI CONTROL_1 USER_8, GTPC_FAULTLESS},
		{16, GTPC_V1_FROM_SGSN, TEIDS_AND_NSAPI CONTROL_1, GTPC_MANDATORY_MISSING},
		{16, GTPC_V1_FROM_SGSN, "1405" CONTROL_1 USER_8, GTPC_MANDATORY_MISSING},
		{16, GTPC_V1_FROM_SGSN, "1000000001" CONTROL_1 USER_8, GTPC_MANDATORY_MISSING},
		{17, GTPC_V1_FROM_GGSN, ACCEPTED TEIDS_AND_NSAPI CONTROL_1 USER_8, GTPC_FAULTLESS},
		{17, GTPC_V1_FROM_GGSN, TEIDS_AND_NSAPI CONTROL_1 USER_8, GTPC_MANDATORY_MISSING},
		{17, GTPC_V1_FROM_GGSN, ACCEPTED CONTROL_1 USER_8, GTPC_MANDATORY_MISSING},
		{17, GTPC_V1_FROM_GGSN, ACCEPTED TEIDS_AND_NSAPI CONTROL_1, GTPC_MANDATORY_MISSING},
		{17, GTPC_V1_FROM_GGSN, REFUSED, GTPC_FAULTLESS},
		{18, GTPC_V1_FROM_SGSN, TEIDS_AND_NSAPI CONTROL_1 USER_8, GTPC_FAULTLESS},
		{18, GTPC_V1_FROM_SGSN, TEIDS_AND_NSAPI CONTROL_1, GTPC_MANDATORY_MISSING},
		{18, GTPC_V1_FROM_SGSN,
		 "1100000002"
		 "1405" CONTROL_1 USER_8,
		 GTPC_MANDATORY_MISSING},
		{18, GTPC_V1_FROM_GGSN, "1405", GTPC_FAULTLESS},
		{18, GTPC_V1_FROM_GGSN, "84000180", GTPC_MANDATORY_MISSING},
		{19, GTPC_V1_FROM_GGSN, ACCEPTED, GTPC_FAULTLESS},
		{19, GTPC_V1_FROM_GGSN, TEIDS_AND_NSAPI, GTPC_MANDATORY_MISSING},
		{19, GTPC_V1_FROM_SGSN, ACCEPTED, GTPC_FAULTLESS},
		{19, GTPC_V1_FROM_SGSN, "1000000001", GTPC_MANDATORY_MISSING},
		{20, GTPC_V1_FROM_SGSN, "13ff1405", GTPC_FAULTLESS},
		{20, GTPC_V1_FROM_GGSN, "13ff", GTPC_MANDATORY_MISSING},
		{21, GTPC_V1_FROM_SGSN, ACCEPTED, GTPC_FAULTLESS},
		{21, GTPC_V1_FROM_GGSN, "840000", GTPC_MANDATORY_MISSING},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(fault_of(cases[i].type, cases[i].sender, cases[i].ies),
				cases[i].fault);
}

/* Where IMSI is optional, a GGSN goes by the TEID and need not look at it. */
static void an_invalid_imsi_counts_as_absent_where_it_is_optional(void) /* 11.1.8 */
{
	static const char ies[] =
		"0262020100000000011000007777110000300114058500040a0100018500040a010001";
	const struct gtpc_v1 update = receive(18, GTPC_V1_FROM_SGSN, ies);

	CU_ASSERT_EQUAL(update.fault, GTPC_FAULTLESS);
	CU_ASSERT_FALSE(update.present & GTPC_V1_HAS_IMSI);
	CU_ASSERT_EQUAL(update.teid_data, 0x7777);
	CU_ASSERT_EQUAL(fault_of(16, GTPC_V1_FROM_SGSN, ies), GTPC_MANDATORY_INVALID);
}

static void a_valid_imsi_after_an_invalid_one_does_not_count(void) /* 11.1.11 */
{
	const struct gtpc_v1 m = receive(18, GTPC_V1_FROM_SGSN,
					 "026202010000000001"
					 "0262020100000000f1" TEIDS_AND_NSAPI CONTROL_1 USER_8);

	CU_ASSERT_FALSE(m.present & GTPC_V1_HAS_IMSI);
}

static void the_one_gsn_address_of_an_sgsn_is_for_user_traffic(void) /* 7.3.4, table 10 */
{
	const struct gtpc_v1 m =
		receive(19, GTPC_V1_FROM_SGSN, ACCEPTED "1000007777" USER_8 "b6000101");

	CU_ASSERT_EQUAL(m.fault, GTPC_FAULTLESS);
	CU_ASSERT_EQUAL(m.gsn_control.len, 0);
	CU_ASSERT_TRUE(address_is(&m.gsn_user, "0a010008"));
}

static void the_one_gsn_address_of_a_ggsn_is_for_signalling(void) /* 7.3.4, table 9 */
{
	const struct gtpc_v1 m = receive(19, GTPC_V1_FROM_GGSN, ACCEPTED CONTROL_1);

	CU_ASSERT_TRUE(address_is(&m.gsn_control, "0a010001"));
	CU_ASSERT_EQUAL(m.gsn_user.len, 0);
}

/* A GGSN may take the second one for user traffic, as in other messages. */
static void two_gsn_addresses_in_an_sgsns_update_response_must_be_the_same(void)
{
	const struct gtpc_v1 m = receive(19, GTPC_V1_FROM_SGSN, ACCEPTED USER_8 USER_8);

	CU_ASSERT_EQUAL(m.fault, GTPC_FAULTLESS);
	CU_ASSERT_TRUE(address_is(&m.gsn_user, "0a010008"));
	CU_ASSERT_EQUAL(fault_of(19, GTPC_V1_FROM_SGSN, ACCEPTED CONTROL_1 USER_8), GTPC_AMBIGUOUS);
}

static void an_sgsns_update_response_has_no_control_teid(void) /* 7.3.4, table 10 */
{
	const struct gtpc_v1 m = receive(19, GTPC_V1_FROM_SGSN, ACCEPTED "10000000011100000002");

	CU_ASSERT_TRUE(m.present & GTPC_V1_HAS_TEID_DATA);
	CU_ASSERT_FALSE(m.present & GTPC_V1_HAS_TEID_CONTROL);
}

static void a_ggsns_update_request_has_no_tunnels(void) /* 7.3.3, table 8; 11.1.12 */
{
	const struct gtpc_v1 m =
		receive(18, GTPC_V1_FROM_GGSN, TEIDS_AND_NSAPI CONTROL_1 USER_8 IPV6_1 IPV6_8);

	CU_ASSERT_EQUAL(m.fault, GTPC_FAULTLESS);
	CU_ASSERT_EQUAL(m.present, GTPC_V1_HAS_NSAPI);
	CU_ASSERT_EQUAL(m.gsn_control.len + m.gsn_user.len, 0);
	CU_ASSERT_EQUAL(m.alternative_control.len + m.alternative_user.len, 0);
}

static void an_invalid_gsn_address_makes_the_message_invalid(void) /* 11.1.7 */
{
	CU_ASSERT_EQUAL(fault_of(18, GTPC_V1_FROM_SGSN, TEIDS_AND_NSAPI "8500050a01000100" USER_8),
			GTPC_MANDATORY_INVALID);
	CU_ASSERT_EQUAL(fault_of(18, GTPC_V1_FROM_SGSN, TEIDS_AND_NSAPI CONTROL_1 "850000"),
			GTPC_MANDATORY_INVALID);
	CU_ASSERT_EQUAL(fault_of(19, GTPC_V1_FROM_SGSN, ACCEPTED "850003000000"),
			GTPC_MANDATORY_INVALID);
}

/* Receivers that leave it out take what follows for it, or for the other alternative. */
static void an_alternative_address_that_cannot_be_one_is_ambiguous(void)
{
	CU_ASSERT_EQUAL(fault_of(18, GTPC_V1_FROM_SGSN,
				 TEIDS_AND_NSAPI CONTROL_1 USER_8 "8500050a01000100" IPV6_8),
			GTPC_AMBIGUOUS);
	CU_ASSERT_EQUAL(fault_of(18, GTPC_V1_FROM_SGSN, TEIDS_AND_NSAPI CONTROL_1 USER_8 CONTROL_1),
			GTPC_AMBIGUOUS);
}

static void a_fifth_gsn_address_is_passed_over(void) /* 11.1.11: only the first ones are handled */
{
	const struct gtpc_v1 m = receive(18, GTPC_V1_FROM_SGSN,
					 TEIDS_AND_NSAPI CONTROL_1 USER_8 IPV6_1 IPV6_8 CONTROL_1);

	CU_ASSERT_EQUAL(m.fault, GTPC_FAULTLESS);
	CU_ASSERT_TRUE(address_is(&m.gsn_user, "0a010008"));
	CU_ASSERT_TRUE(address_is(&m.alternative_user, "20010db8000000000000000000000008"));
}

static void an_ipv6_gsn_has_ipv4_alternatives(void) /* 7.3.3 */
{
	const struct gtpc_v1 m =
		receive(18, GTPC_V1_FROM_SGSN, TEIDS_AND_NSAPI IPV6_1 IPV6_8 CONTROL_1 USER_8);

	CU_ASSERT_EQUAL(m.fault, GTPC_FAULTLESS);
	CU_ASSERT_TRUE(address_is(&m.gsn_control, "20010db8000000000000000000000001"));
	CU_ASSERT_TRUE(address_is(&m.alternative_control, "0a010001"));
	CU_ASSERT_TRUE(address_is(&m.alternative_user, "0a010008"));
}

static void other_messages_have_no_fault(void)
{
	CU_ASSERT_EQUAL(fault_of(1, GTPC_V1_FROM_SGSN, ""), GTPC_FAULTLESS);
	CU_ASSERT_EQUAL(fault_of(26, GTPC_V1_FROM_GGSN, "1000000001" CONTROL_1), GTPC_FAULTLESS);
	CU_ASSERT_EQUAL(fault_of(50, GTPC_V1_FROM_SGSN, CONTROL_1), GTPC_FAULTLESS);
}

/* What cannot be read says why. */
static void each_way_to_be_unreadable_has_a_name(void) /* 11.1.1, 11.1.2, 11.1.6, 11.1.9 */
{
	static const struct {
		const char *hex;
		enum gtpc_fault fault;
	} cases[] = {
		{"", GTPC_CUT_SHORT},
		{"321500060000", GTPC_CUT_SHORT},
		{"5215000600000001000900000180", GTPC_WRONG_VERSION},
		{"3215000700000001000900000180", GTPC_CUT_SHORT},
		{"321500060000000100090000018000", GTPC_WRONG_LENGTH},
		{"3215000300000001000900", GTPC_WRONG_LENGTH},
		{"3215000700000001000900008400ff", GTPC_CUT_SHORT},
		{"32150006000000010009000007ff", GTPC_UNKNOWN_ELEMENT},
		{"3215000500000001000900000f", GTPC_CUT_SHORT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[64];
		struct parsed p = parse(data, unit_hex(data, sizeof(data), cases[i].hex));

		CU_ASSERT_TRUE(p.result < 0);
		CU_ASSERT_EQUAL(p.m.fault, cases[i].fault);
		CU_ASSERT_STRING_NOT_EQUAL(gtpc_fault_name(p.m.fault), "");
		free(p.data);
	}
}

UNIT_MAIN("gtpc_v1_receive", TEST(mandatory_elements_are_those_of_the_tables),
	  TEST(an_invalid_imsi_counts_as_absent_where_it_is_optional),
	  TEST(a_valid_imsi_after_an_invalid_one_does_not_count),
	  TEST(the_one_gsn_address_of_an_sgsn_is_for_user_traffic),
	  TEST(the_one_gsn_address_of_a_ggsn_is_for_signalling),
	  TEST(two_gsn_addresses_in_an_sgsns_update_response_must_be_the_same),
	  TEST(an_sgsns_update_response_has_no_control_teid),
	  TEST(a_ggsns_update_request_has_no_tunnels),
	  TEST(an_invalid_gsn_address_makes_the_message_invalid),
	  TEST(an_alternative_address_that_cannot_be_one_is_ambiguous),
	  TEST(a_fifth_gsn_address_is_passed_over), TEST(an_ipv6_gsn_has_ipv4_alternatives),
	  TEST(other_messages_have_no_fault), TEST(each_way_to_be_unreadable_has_a_name))
