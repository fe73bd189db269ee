/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages from networks, octet for octet, with elements as the specifications and real nodes have them (e2m.md 6). The
 * SGSN or S-GW is 10.1.0.1, the GGSN or P-GW 10.1.0.2.
 */
#include <arpa/inet.h>

#include "session_lab.h"
#include "session_lab_policy.h"

#define SGSN "10.1.0.1"
#define GGSN "10.1.0.2"

static struct tunnel end(const char *address, uint32_t teid)
{
	struct tunnel tunnel = {.teid = teid};
	uint8_t octets[16];

	if (inet_pton(AF_INET, address, octets) == 1)
		tunnel_set_ipv4(&tunnel, octets);
	else if (inet_pton(AF_INET6, address, octets) == 1)
		tunnel_set_ipv6(&tunnel, octets);
	else
		CU_FAIL_FATAL("an address");
	return tunnel;
}

static uint64_t give(enum datapath_side side, const char *from, const char *to, const char *hex)
{
	uint8_t data[512];
	const size_t len = unit_hex(data, sizeof(data), hex);
	const struct tunnel source = end(from, 0), destination = end(to, 0);
	const uint64_t message = lab_give_between(side, &source, &destination, data, len);

	lab_settle();
	return message;
}

/* From the SGSN or S-GW to the other, and back. */
static uint64_t up(const char *hex)
{
	return give(DATAPATH_ACCESS, SGSN, GGSN, hex);
}

static uint64_t down(const char *hex)
{
	return give(DATAPATH_CORE, GGSN, SGSN, hex);
}

/* The live flow protects what goes there. */
static bool is_protected(const char *address, uint32_t teid)
{
	const struct tunnel tunnel = end(address, teid);

	return lab_flow(&tunnel) != NULL;
}

/* TEID Data I 0x1001, TEID Control Plane 0x3001, NSAPI 5, a keyset; GSN Addresses 10.1.0.1. The GGSN has 0x2001 and
 * 0x4001. */
#define CREATE_REQUEST                                                                             \
	"3210004b00000000000100000262020100000000f1100000100111000030011405800002f12183000908696e" \
	"74"                                                                                       \
	"65726e657484001080ff000c62f210e201010000000000218500040a0100018500040a010001"
#define CREATE_RESPONSE                                                                            \
	"321100250000300100010000018008fe100000200111000040017f000000078500040a0100028500040a0100" \
	"02"

static void start_v1(void)
{
	lab_start();
	up(CREATE_REQUEST);
	down(CREATE_RESPONSE);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_TRUE(is_protected(SGSN, 0x1001));
}

static void delete_ends_the_session(void)
{
	up("32140008000040010385000013ff1405");
	down("3215000600003001038500000180");
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 0);
}

/* --- GTPv1-C --- */

/* The GGSN asks with Direct Tunnel Flags EI. The answer has TEID Data I 0x7777 and the address of the RNC, 10.1.0.9. */
static void
the_address_in_an_sgsns_update_response_is_for_user_traffic(void) /* TS 29.060 table 10 */
{
	start_v1();
	down("3212000a00003001038400001405b6000102");
	up("321300160000400103840000018010000077778500040a010009b6000101");
	CU_ASSERT_TRUE(is_protected("10.1.0.9", 0x7777));
	CU_ASSERT_FALSE(is_protected(SGSN, 0x7777));
	delete_ends_the_session();
	lab_stop();
}

/* The SGSN has 10.1.0.8 for user traffic, and repeats it when the GGSN changes the QoS. */
static void an_sgsns_update_response_that_repeats_its_address_moves_nothing(void)
{
	lab_start();
	up("3210004b00000000000100000262020100000000f1100000100111000030011405800002f12183000908696"
	   "e74"
	   "65726e657484001080ff000c62f210e201010000000000218500040a0100018500040a010008");
	down(CREATE_RESPONSE);
	CU_ASSERT_TRUE(is_protected("10.1.0.8", 0x1001));
	down("3212000c000030010384000014058700030b921f");
	up("321300180000400103840000018010000010018500040a0100088700030b921f");
	CU_ASSERT_TRUE(is_protected("10.1.0.8", 0x1001));
	delete_ends_the_session();
	lab_stop();
}

/* A GGSN goes by the TEID and does not look at an IMSI of 16 digits. */
static void an_update_with_an_invalid_imsi_moves_the_tunnel(void) /* TS 29.060 11.1.8 */
{
	uint64_t request, response;

	start_v1();
	request = up(
		"3212002700004001000700000262020100000000011000007777110000300114058500040a010001"
		"8500040a010001");
	response = down(
		"3213001e00003001000700000180100000200111000040018500040a0100028500040a010002");
	CU_ASSERT_EQUAL(lab_fate(request), LAB_LEFT);
	CU_ASSERT_EQUAL(lab_fate(response), LAB_LEFT);
	CU_ASSERT_TRUE(is_protected(SGSN, 0x7777));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_MANDATORY), 0);
	lab_stop();
}

/* A GGSN refuses it, or takes another address for the one that is missing. */
static void an_update_without_the_address_for_user_traffic_does_not_cross(void) /* 7.3.3 table 7 */
{
	uint64_t request;

	start_v1();
	request = up("32120017000040010007000010000077771100003001140585"
		     "00040a010001");
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	CU_ASSERT_TRUE(is_protected(SGSN, 0x1001));
	CU_ASSERT_FALSE(is_protected(SGSN, 0x7777));
	lab_stop();
}

/* PCO begins with 0x80, 0x81 and 0x90. */
static void a_keyset_is_read_whatever_octet_3_of_pco_is(void) /* TS 24.008 10.5.6.3 */
{
	static const char *const requests[] = {
		CREATE_REQUEST,
		"3210004b00000000000100000262020100000000f1100000100111000030011405800002f121830009"
		"08696e"
		"7465726e657484001081ff000c62f210e201010000000000218500040a0100018500040a010001",
		"3210004b00000000000100000262020100000000f1100000100111000030011405800002f121830009"
		"08696e"
		"7465726e657484001090ff000c62f210e201010000000000218500040a0100018500040a010001"};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		lab_start();
		up(requests[i]);
		down(CREATE_RESPONSE);
		CU_ASSERT_TRUE(is_protected(SGSN, 0x1001));
		lab_stop();
	}
}

/* --- GTPv2-C --- */

#define CREATE_SESSION_REQUEST                                                                     \
	"482000a200000000000001000100080062020100000000f152000100065300030062f2105700090086000030" \
	"010a0100014700090008696e7465726e6574800001000063000100014f00050001000000007f000100004800" \
	"080000000000000000004e00100080ff000c62f210e201010000000000215d002c0049000100055700090284" \
	"000010010a0100015000160000000000000000000000000000000000000000000000"
#define CREATE_SESSION_RESPONSE                                                                    \
	"4821006200003001000001000200020010005700090187000040010a0100024f000500010a0200025d003a00" \
	"49000100050200020010005700090285000020010a0100025000160000000000000000000000000000000000" \
	"0000000000005e00040000000000"

static void start_v2(void)
{
	lab_start();
	up(CREATE_SESSION_REQUEST);
	down(CREATE_SESSION_RESPONSE);
	CU_ASSERT_EQUAL(lab_sessions(), 1);
	CU_ASSERT_TRUE(is_protected(SGSN, 0x1001));
}

#define MODIFY_BEARER_RESPONSE "4823001d00003001000007000200020010005d000b004900010005020002001000"

/* F-TEIDs S5/S8-U SGW: 0x6666 in instance 0, which is for S1-U, and 0x7777 in instance 1. */
static void a_modify_with_a_decoy_fteid_does_not_cross(void) /* TS 29.274 table 7.2.7-2, 8.22 */
{
	uint64_t request;

	start_v2();
	request = up("4822002b00004001000007005d001f0049000100055700090084000066660a010001570009018"
		     "400007777"
		     "0a010001");
	CU_ASSERT_EQUAL(lab_fate(request), LAB_DISCARDED);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_DROP_AMBIGUOUS), 1);
	CU_ASSERT_TRUE(is_protected(SGSN, 0x1001));
	CU_ASSERT_FALSE(is_protected(SGSN, 0x6666));
	lab_stop();
}

/* S1-U eNodeB in instance 0: another interface's. */
static void a_modify_moves_the_tunnel_to_the_fteid_of_instance_1(void)
{
	uint64_t request;

	start_v2();
	request = up("4822002b00004001000007005d001f0049000100055700090080000066660a010001570009018"
		     "400007777"
		     "0a010001");
	down(MODIFY_BEARER_RESPONSE);
	CU_ASSERT_EQUAL(lab_fate(request), LAB_LEFT);
	CU_ASSERT_TRUE(is_protected(SGSN, 0x7777));
	CU_ASSERT_FALSE(is_protected(SGSN, 0x6666));
	lab_stop();
}

/* The S-GW refuses it, and the P-GW has made the bearer. */
static void an_acceptance_without_its_bearer_context_does_not_cross(void) /* TS 29.274 7.7.6 */
{
	static const char *const responses[] = {
		/* Cause, F-TEID, PAA; the same with a Bearer Context without Cause */
		"4821002400003001000001000200020010005700090187000040010a0100024f000500010a020002",
		"4821003a00003001000001000200020010005700090187000040010a0100024f000500010a0200025d"
		"001200"
		"49000100055700090285000020010a010002"};

	for (size_t i = 0; i < sizeof(responses) / sizeof(responses[0]); i++) {
		uint64_t response;

		lab_start();
		up(CREATE_SESSION_REQUEST);
		response = down(responses[i]);
		CU_ASSERT_EQUAL(lab_fate(response), LAB_DISCARDED);
		CU_ASSERT_EQUAL(lab_sessions(), 0);
		/* It counts as not given: the right one still has its effect. */
		down(CREATE_SESSION_RESPONSE);
		CU_ASSERT_TRUE(is_protected(SGSN, 0x1001));
		lab_stop();
	}
}

/* Cause alone, at the level of the message: it is about all that the request names. */
static void a_modify_is_accepted_by_the_cause_of_the_message(void)
{
	start_v2();
	up("4822001e00004001000007005d0012004900010005570009018400007777"
	   "0a010001");
	down("4823000e0000300100000700020002001000");
	CU_ASSERT_TRUE(is_protected(SGSN, 0x7777));
	lab_stop();
}

/* --- both IP versions --- */

#define SGSN6 "fd00::1"
#define GGSN6 "fd00::2"

/* The S-GW's and the P-GW's F-TEIDs for control have both addresses. */
#define DUAL_CREATE_SESSION_REQUEST                                                                \
	"482000a600000000000001000100080062020100000000f15300030062f210520001000657001900c6000000" \
	"110a010001fd0000000000000000000000000000014700090008696e7465726e657463000100014f00050001" \
	"000000004e001a0080ff001662f210e2020123553cbe9637a89d218ae64dae47bf355d002c00490001000557" \
	"00090284000000120a010001500016007c090000000000000000000000000000000000000000"
#define DUAL_CREATE_SESSION_RESPONSE                                                               \
	"48210058000000110000010002000200100057001901c7000000210a010002fd000000000000000000000000" \
	"0000024f000500010a0200645d00200049000100050200020010005700090285000000220a0100025e000400" \
	"00000000"
#define DUAL_MODIFY_BEARER_REQUEST                                                                 \
	"4822003b000000210000020057001900c6000000130a010001fd0000000000000000000000000000015d0012" \
	"0049000100055700090184000000140a010001"
#define DUAL_MODIFY_BEARER_RESPONSE \
	"4823001d00000013000002000200020010005d000b004900010005020002001000"

static uint64_t up6(const char *hex)
{
	return give(DATAPATH_ACCESS, SGSN6, GGSN6, hex);
}

static uint64_t down6(const char *hex)
{
	return give(DATAPATH_CORE, GGSN6, SGSN6, hex);
}

static void a_pdn_connection_is_known_by_either_address(void) /* TS 29.274 8.22 */
{
	lab_start();
	up(DUAL_CREATE_SESSION_REQUEST);
	down(DUAL_CREATE_SESSION_RESPONSE);
	CU_ASSERT_TRUE(is_protected(SGSN, 0x12));
	up6(DUAL_MODIFY_BEARER_REQUEST);
	down6(DUAL_MODIFY_BEARER_RESPONSE);
	CU_ASSERT_TRUE(is_protected(SGSN, 0x14));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_UNKNOWN_SESSION), 0);
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_NOT_FROM_PEER), 0);
	/* Delete Session, by the address of the other version again, from the S-GW's new TEID */
	up6("4824000d00000021000003004900010005");
	down6("4825000e0000001300000300020002001000");
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

static void a_context_is_known_by_its_alternative_addresses(void) /* TS 29.060 7.3.1 to 7.3.4 */
{
	lab_start();
	up("3210008300000000000100000262020100000000f10ffc100000001211000000111405800002f1218300090"
	   "8696e"
	   "7465726e657484001a80ff001662f210e2020123553cbe9637a89d218ae64dae47bf358500040a010001850"
	   "0040a"
	   "0100018600079194710000001087000c0223921f9396fefe7403ffff850010fd00000000000000000000000"
	   "00000"
	   "01");
	down("321100500000001100010000018008fe100000002211000000217f00000000800006f1210a02006485000"
	     "40a01"
	     "00028500040a01000287000c0223921f9396fefe7403ffff850010fd00000000000000000000000000000"
	     "2");
	CU_ASSERT_TRUE(is_protected(SGSN, 0x12));
	up6("321200390000002100020000100000001411000000131405850010fd000000000000000000000000000001"
	    "8500"
	    "040a01000187000c0223921f9396fefe7403ffff");
	down6("321300150000001300020000018087000c0223921f9396fefe7403ffff");
	CU_ASSERT_TRUE(is_protected(SGSN, 0x14));
	CU_ASSERT_EQUAL(lab_count(SESSION_GTPC_UNKNOWN_SESSION), 0);
	lab_stop();
}

/* The P-GW has given TEID 0x21 with both addresses, and 0x4001 with one of them. */
static void an_alternative_is_of_its_own_teid_alone(void)
{
	lab_start();
	up(DUAL_CREATE_SESSION_REQUEST);
	down(DUAL_CREATE_SESSION_RESPONSE);
	up(CREATE_SESSION_REQUEST);
	down(CREATE_SESSION_RESPONSE);
	up6("4822002700004001000002005700090086000000130a0100015d001200"
	    "49000100055700090184000000140a010001");
	down6(DUAL_MODIFY_BEARER_RESPONSE);
	CU_ASSERT_FALSE(is_protected(SGSN, 0x14));
	lab_stop();
}

/* The P-GW gives TEID 0x21 to another subscriber, with the IPv4 address alone. */
static void an_alternative_ends_with_its_session(void)
{
	lab_start();
	up(DUAL_CREATE_SESSION_REQUEST);
	down(DUAL_CREATE_SESSION_RESPONSE);
	up("4824000d00000021000003004900010005");
	down("4825000e0000001100000300020002001000");
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	/* IMSI 262010000000002; TEIDs 0x1001 and 0x3001 of the S-GW, 0x2001 and 0x21 of the P-GW */
	up("4820006100000000000004000100080062020100000000f25700090086000030010a0100014700090008696"
	   "e"
	   "7465726e65744f00050001000000004e00100080ff000c62f210e201010000000000215d001200490001000"
	   "5"
	   "5700090284000010010a010001");
	down("4821004000003001000004000200020010005700090187000000210a0100024f000500010a0200035d001"
	     "800"
	     "49000100050200020010005700090285000020010a010002");
	CU_ASSERT_TRUE(is_protected(SGSN, 0x1001));
	up6(DUAL_MODIFY_BEARER_REQUEST);
	down6(DUAL_MODIFY_BEARER_RESPONSE);
	CU_ASSERT_TRUE(is_protected(SGSN, 0x1001));
	CU_ASSERT_FALSE(is_protected(SGSN, 0x14));
	lab_stop();
}

/* A refused Create gives none. */
static void a_refused_request_gives_no_alternative(void)
{
	lab_start();
	up(DUAL_CREATE_SESSION_REQUEST);
	down("4821000e0000001100000100020002004900");
	up6(DUAL_MODIFY_BEARER_REQUEST);
	CU_ASSERT_EQUAL(lab_sessions(), 0);
	lab_stop();
}

UNIT_MAIN("session_elements", TEST(the_address_in_an_sgsns_update_response_is_for_user_traffic),
	  TEST(an_sgsns_update_response_that_repeats_its_address_moves_nothing),
	  TEST(an_update_with_an_invalid_imsi_moves_the_tunnel),
	  TEST(an_update_without_the_address_for_user_traffic_does_not_cross),
	  TEST(a_keyset_is_read_whatever_octet_3_of_pco_is),
	  TEST(a_modify_with_a_decoy_fteid_does_not_cross),
	  TEST(a_modify_moves_the_tunnel_to_the_fteid_of_instance_1),
	  TEST(an_acceptance_without_its_bearer_context_does_not_cross),
	  TEST(a_modify_is_accepted_by_the_cause_of_the_message),
	  TEST(a_pdn_connection_is_known_by_either_address),
	  TEST(a_context_is_known_by_its_alternative_addresses),
	  TEST(an_alternative_is_of_its_own_teid_alone), TEST(an_alternative_ends_with_its_session),
	  TEST(a_refused_request_gives_no_alternative))
