/* SPDX-License-Identifier: BSD-3-Clause */
/* What a receiver makes of the elements of a GTPv2-C message: TS 29.274 7.2, 7.7, 7.9. */
#include "gtpc_v2.h"

#define ACCEPTED	 "020002001000"
#define REFUSED		 "020002004900"
#define LINKED_EBI	 "4900010005"
#define EBI_5		 "4900010005"
#define BEARER(len, ies) "5d00" len "00" ies
#define BEARER_5	 BEARER("05", EBI_5)
#define BEARER_5_OK	 BEARER("0b", EBI_5 ACCEPTED)
/* Of 10.1.0.n: TEID and address. */
#define FTEID(instance, interface, n) "5700090" instance interface "000000" n "0a0100" n

static struct gtpc_v2 receive(uint8_t type, const char *ies)
{
	uint8_t data[1024] = {0x48, type, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0};
	const size_t len = 12 + unit_hex(data + 12, sizeof(data) - 12, ies);
	struct parsed p;

	data[2] = (uint8_t)((len - 4) >> 8);
	data[3] = (uint8_t)(len - 4);
	p = parse(data, len);
	CU_ASSERT_EQUAL(p.result, (int)len);
	free(p.data);
	return p.m;
}

static enum gtpc_fault fault_of(uint8_t type, const char *ies)
{
	return receive(type, ies).fault;
}

static void mandatory_elements_are_those_of_the_tables(void) /* 7.2, 7.7.6, 7.9 */
{
	static const struct {
		uint8_t type;
		const char *ies;
		enum gtpc_fault fault;
	} cases[] = {
		{32, BEARER_5, GTPC_FAULTLESS},
		{32, "", GTPC_MANDATORY_MISSING},
		{32, BEARER("05", "4900010000"), GTPC_MANDATORY_MISSING},
		{33, ACCEPTED BEARER_5_OK, GTPC_FAULTLESS},
		{33, BEARER_5_OK, GTPC_MANDATORY_MISSING},
		{33, ACCEPTED, GTPC_MANDATORY_MISSING},
		{33, ACCEPTED BEARER_5, GTPC_MANDATORY_MISSING},
		{33, ACCEPTED BEARER("06", ACCEPTED), GTPC_MANDATORY_MISSING},
		{33, REFUSED, GTPC_FAULTLESS},
		{34, "", GTPC_FAULTLESS},
		{34, BEARER("00", ""), GTPC_MANDATORY_MISSING},
		{35, ACCEPTED, GTPC_FAULTLESS},
		{35, ACCEPTED BEARER_5, GTPC_MANDATORY_MISSING},
		{36, "", GTPC_FAULTLESS},
		{37, "", GTPC_MANDATORY_MISSING},
		{37, "0200010010", GTPC_MANDATORY_INVALID},
		{68, LINKED_EBI, GTPC_FAULTLESS},
		{68, "", GTPC_MANDATORY_MISSING},
		{69, REFUSED LINKED_EBI, GTPC_FAULTLESS},
		{69, REFUSED, GTPC_MANDATORY_MISSING},
		{95, LINKED_EBI BEARER("05", "4900010000"), GTPC_FAULTLESS},
		{95, LINKED_EBI, GTPC_MANDATORY_MISSING},
		{95, BEARER_5, GTPC_MANDATORY_MISSING},
		{96, ACCEPTED BEARER_5_OK, GTPC_FAULTLESS},
		{96, ACCEPTED BEARER_5, GTPC_MANDATORY_MISSING},
		{96, ACCEPTED, GTPC_MANDATORY_MISSING},
		{96, "020002001100" BEARER_5_OK BEARER("0b", "4900010000" REFUSED), GTPC_FAULTLESS},
		{97, BEARER_5, GTPC_FAULTLESS},
		{97, "", GTPC_MANDATORY_MISSING},
		{98, ACCEPTED BEARER_5_OK, GTPC_FAULTLESS},
		{98, ACCEPTED, GTPC_MANDATORY_MISSING},
		{98, REFUSED, GTPC_FAULTLESS},
		{99, "4900010105", GTPC_FAULTLESS},
		{100, ACCEPTED, GTPC_FAULTLESS},
		{100, BEARER_5_OK, GTPC_MANDATORY_MISSING},
		{101, "", GTPC_FAULTLESS},
		{102, "", GTPC_MANDATORY_MISSING},
		{200, "", GTPC_FAULTLESS},
		{201, "", GTPC_MANDATORY_MISSING},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(fault_of(cases[i].type, cases[i].ies), cases[i].fault);
}

static void an_fteid_is_what_its_instance_says(void) /* 8.22, tables 7.2.1-2 to 7.2.7-2 */
{
	static const struct {
		uint8_t type;
		const char *fteid;
		bool of_pgw;
		enum gtpc_v2_access access;
	} cases[] = {
		{32, FTEID("2", "84", "09"), false, GTPC_V2_S5_S8},
		{32, FTEID("3", "85", "09"), true, GTPC_V2_S5_S8},
		{32, FTEID("5", "9f", "09"), false, GTPC_V2_S2B},
		{32, FTEID("6", "a2", "09"), false, GTPC_V2_S2A},
		{33, FTEID("2", "85", "09"), true, GTPC_V2_S5_S8},
		{33, FTEID("4", "a1", "09"), true, GTPC_V2_S2B},
		{33, FTEID("5", "a5", "09"), true, GTPC_V2_S2A},
		{34, FTEID("1", "84", "09"), false, GTPC_V2_S5_S8},
		{95, FTEID("1", "85", "09"), true, GTPC_V2_S5_S8},
		{95, FTEID("4", "a1", "09"), true, GTPC_V2_S2B},
		{95, FTEID("5", "a5", "09"), true, GTPC_V2_S2A},
		{96, FTEID("2", "84", "09"), false, GTPC_V2_S5_S8},
		{96, FTEID("3", "85", "09"), true, GTPC_V2_S5_S8},
		{96, FTEID("8", "9f", "09"), false, GTPC_V2_S2B},
		{96, FTEID("9", "a1", "09"), true, GTPC_V2_S2B},
		{96, FTEID("a", "a2", "09"), false, GTPC_V2_S2A},
		{96, FTEID("b", "a5", "09"), true, GTPC_V2_S2A},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char ies[128];
		struct gtpc_v2 m;
		const struct gtpc_v2_bearer *bearer = &m.bearers[0];

		snprintf(ies, sizeof(ies), ACCEPTED LINKED_EBI "5d001800" EBI_5 ACCEPTED "%s",
			 cases[i].fteid);
		m = receive(cases[i].type, ies);
		CU_ASSERT_EQUAL(m.fault, GTPC_FAULTLESS);
		CU_ASSERT_EQUAL(m.access, cases[i].access);
		CU_ASSERT_EQUAL_FATAL(m.bearers_count, 1);
		CU_ASSERT_TRUE(fteid_is(cases[i].of_pgw ? &bearer->pgw_u : &bearer->sgw_u, 9,
					"0a010009", ""));
		CU_ASSERT_FALSE((cases[i].of_pgw ? &bearer->sgw_u : &bearer->pgw_u)->is_present);
	}
}

/* A P-GW that goes by the interface type would take the other one. */
static void an_interface_type_that_contradicts_its_instance_is_ambiguous(void)
{
	static const struct {
		uint8_t type;
		const char *fteid;
	} in_bearer[] = {
		{34, FTEID("0", "84", "66") FTEID("1", "84", "77")}, /* S5/S8-U SGW for S1-U */
		{34, FTEID("1", "84", "77") FTEID("0", "84", "66")},
		{34, FTEID("1", "80", "77")}, /* S1-U eNodeB for S5/S8-U SGW */
		{32, FTEID("2", "85", "77")}, /* P-GW for S-GW */
		{32, FTEID("5", "84", "77")}, /* S5/S8 for S2b */
		{32, FTEID("2", "84", "77") FTEID("5", "9f", "66")}, /* both accesses */
		{33, FTEID("0", "85", "77")},
		{35, FTEID("0", "84", "77")},
		{98, FTEID("0", "84", "77")},
	};

	for (size_t i = 0; i < sizeof(in_bearer) / sizeof(in_bearer[0]); i++) {
		char ies[128];

		snprintf(ies, sizeof(ies), ACCEPTED "5d00%02x00" EBI_5 ACCEPTED "%s",
			 (unsigned)(11 + strlen(in_bearer[i].fteid) / 2), in_bearer[i].fteid);
		CU_ASSERT_EQUAL(fault_of(in_bearer[i].type, ies), GTPC_AMBIGUOUS);
	}
	CU_ASSERT_EQUAL(fault_of(32, FTEID("0", "87", "77") BEARER_5), GTPC_AMBIGUOUS);
	CU_ASSERT_EQUAL(fault_of(33, ACCEPTED FTEID("0", "87", "77") BEARER_5_OK), GTPC_AMBIGUOUS);
	CU_ASSERT_EQUAL(fault_of(34, FTEID("0", "84", "77")), GTPC_AMBIGUOUS);
}

/* Of two with one instance the first counts. */
static void a_repeated_fteid_is_passed_over(void) /* 7.7.10 */
{
	const struct gtpc_v2 m =
		receive(34, "5d001f00" EBI_5 FTEID("1", "84", "77") FTEID("1", "84", "66"));

	CU_ASSERT_EQUAL(m.fault, GTPC_FAULTLESS);
	CU_ASSERT_EQUAL(m.bearers[0].sgw_u.teid, 0x77);
}

static void a_bearer_has_the_fteids_of_its_own_context(void)
{
	const struct gtpc_v2 m = receive(
		34, "5d001200" EBI_5 FTEID("1", "84", "11") "5d001200"
							    "4900010006" FTEID("1", "84", "22"));

	CU_ASSERT_EQUAL_FATAL(m.bearers_count, 2);
	CU_ASSERT_EQUAL(m.bearers[0].sgw_u.teid, 0x11);
	CU_ASSERT_EQUAL(m.bearers[1].sgw_u.teid, 0x22);
	CU_ASSERT_EQUAL(m.bearers[1].ebi, 6);
}

static void the_first_ebi_counts(void) /* 7.7.10 */
{
	const struct gtpc_v2 m = receive(34, "4900010000" LINKED_EBI BEARER("0a", "4900010007"
										  "4900010008"));

	CU_ASSERT_EQUAL(m.linked_ebi, 0);
	CU_ASSERT_EQUAL(m.bearers[0].ebi, 7);
}

static void an_invalid_element_of_no_use_to_the_message_is_absent(void) /* 7.7.8 */
{
	/* IMSI of 16 digits; Recovery and RAT Type of no octets */
	const struct gtpc_v2 m = receive(34, "010008006202010000000010"
					     "03000000"
					     "52000000" BEARER("12", EBI_5 FTEID("1", "84", "77")));

	CU_ASSERT_EQUAL(m.fault, GTPC_FAULTLESS);
	CU_ASSERT_EQUAL(m.present, 0);
	CU_ASSERT_EQUAL(m.bearers[0].sgw_u.teid, 0x77);
}

static void messages_on_s11_have_no_fault(void)
{
	/* Sender F-TEID S11 MME; S1-U eNodeB; Sender F-TEID S11/S4 SGW and S1-U SGW. */
	CU_ASSERT_EQUAL(
		fault_of(34, FTEID("0", "8a", "01") BEARER("12", EBI_5 FTEID("0", "80", "02"))),
		GTPC_FAULTLESS);
	CU_ASSERT_EQUAL(fault_of(33, ACCEPTED FTEID("0", "8b", "01") FTEID("1", "87", "03")
					     BEARER("25", EBI_5 ACCEPTED FTEID("0", "81", "02")
								  FTEID("2", "85", "04"))),
			GTPC_FAULTLESS);
}

static void other_messages_have_no_fault(void)
{
	/* Modify Bearer Command; Forward Relocation Request, which has F-TEIDs of all nodes. */
	CU_ASSERT_EQUAL(fault_of(64, FTEID("0", "86", "01") BEARER_5), GTPC_FAULTLESS);
	CU_ASSERT_EQUAL(fault_of(133, FTEID("1", "87", "01") FTEID("0", "85", "01")),
			GTPC_FAULTLESS);
}

static void bearers_have_pcos_of_their_own(void) /* tables 7.2.4-2, 7.2.16-2 */
{
	const struct gtpc_v2 m = receive(98, ACCEPTED "4e000100aa"
						      "5d001a00" EBI_5 ACCEPTED "4e000100bb"
						      "c5000100cc"
						      "a3000100dd");

	CU_ASSERT_EQUAL_FATAL(m.bearers_count, 1);
	CU_ASSERT_EQUAL(m.pco.len, 1);
	CU_ASSERT_EQUAL(m.bearers[0].pco.len, 1);
	CU_ASSERT_EQUAL(m.bearers[0].epco.len, 1);
	CU_ASSERT_EQUAL(m.bearers[0].apco.len, 1);
	CU_ASSERT_TRUE(m.bearers[0].pco.data > m.pco.data);
}

static void fq_csids_are_those_of_their_instance(void) /* 8.62, tables 7.2.1-1, 7.2.2-1, 7.9.1-1 */
{
	static const struct {
		uint8_t type;
		char instance;
		enum gtpc_v2_set_node node;
	} cases[] = {
		{32, '0', GTPC_V2_SET_MME},   {32, '1', GTPC_V2_SET_SGW},
		{32, '2', GTPC_V2_SET_EPDG},  {32, '3', GTPC_V2_SET_TWAN},
		{33, '0', GTPC_V2_SET_PGW},   {33, '1', GTPC_V2_SET_SGW},
		{34, '1', GTPC_V2_SET_SGW},   {35, '0', GTPC_V2_SET_PGW},
		{95, '0', GTPC_V2_SET_PGW},   {96, '2', GTPC_V2_SET_EPDG},
		{97, '1', GTPC_V2_SET_SGW},   {98, '0', GTPC_V2_SET_MME},
		{99, '0', GTPC_V2_SET_PGW},   {100, '3', GTPC_V2_SET_TWAN},
		{101, '0', GTPC_V2_SET_MME},  {101, '1', GTPC_V2_SET_SGW},
		{101, '2', GTPC_V2_SET_PGW},  {101, '3', GTPC_V2_SET_EPDG},
		{101, '4', GTPC_V2_SET_TWAN}, {200, '0', GTPC_V2_SET_MME},
		{200, '1', GTPC_V2_SET_SGW},  {201, '0', GTPC_V2_SET_PGW},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char ies[64];
		struct gtpc_v2 m;

		snprintf(ies, sizeof(ies),
			 "8400090%c02"
			 "0a010002"
			 "00110022",
			 cases[i].instance);
		m = receive(cases[i].type, ies);
		for (unsigned node = 0; node < GTPC_V2_SET_NODES; node++)
			CU_ASSERT_EQUAL(m.fq_csids[node].count, node == cases[i].node ? 2 : 0);
		CU_ASSERT_EQUAL(m.fq_csids[cases[i].node].node_id_len, 4);
		CU_ASSERT_EQUAL(memcmp(m.fq_csids[cases[i].node].node_id, "\x0a\1\0\2", 4), 0);
	}
}

static void fq_csids_have_three_kinds_of_node_identity(void) /* 8.62 */
{
	struct gtpc_v2 m = receive(101, "840013011120010db8000000000000000000000001"
					"0033");

	CU_ASSERT_EQUAL(m.fq_csids[GTPC_V2_SET_SGW].node_id_len, 16);
	CU_ASSERT_EQUAL(m.fq_csids[GTPC_V2_SET_SGW].count, 1);
	m = receive(101, "8400070221"
			 "00098001"
			 "0033");
	CU_ASSERT_EQUAL(m.fq_csids[GTPC_V2_SET_PGW].node_id_type, 2);
	/* Too short for its CSIDs; of a type that is not known; of no octets. */
	CU_ASSERT_EQUAL(receive(101, "8400070102"
				     "0a010002"
				     "0011")
				.fq_csids[1]
				.node_id_len,
			0);
	CU_ASSERT_EQUAL(receive(101, "8400070131"
				     "0a010002"
				     "0011")
				.fq_csids[1]
				.node_id_len,
			0);
	CU_ASSERT_EQUAL(receive(101, "84000001").fq_csids[1].node_id_len, 0);
}

/* What cannot be read says why. */
static void each_way_to_be_unreadable_has_a_name(void) /* 7.7.2 to 7.7.5 */
{
	static const struct {
		const char *hex;
		enum gtpc_fault fault;
	} cases[] = {
		{"", GTPC_CUT_SHORT},
		{"482500", GTPC_CUT_SHORT},
		{"3225000e0000000100000900020002001000", GTPC_WRONG_VERSION},
		{"4825000f0000000100000900020002001000", GTPC_CUT_SHORT},
		{"4825000e000000010000090002000200100000", GTPC_WRONG_LENGTH},
		{"5821000e0000000100000900020002001000", GTPC_WRONG_LENGTH},
		{"482500070000000100000900", GTPC_WRONG_LENGTH},
		{"4825000d00000001000009000200020010", GTPC_CUT_SHORT},
		{"4825000b00000001000009000200ff", GTPC_CUT_SHORT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t data[64];
		struct parsed p = parse(data, unit_hex(data, sizeof(data), cases[i].hex));

		CU_ASSERT_TRUE(p.result < 0);
		CU_ASSERT_EQUAL(p.m.fault, cases[i].fault);
		free(p.data);
	}
}

UNIT_MAIN("gtpc_v2_receive", TEST(mandatory_elements_are_those_of_the_tables),
	  TEST(an_fteid_is_what_its_instance_says),
	  TEST(an_interface_type_that_contradicts_its_instance_is_ambiguous),
	  TEST(a_repeated_fteid_is_passed_over), TEST(a_bearer_has_the_fteids_of_its_own_context),
	  TEST(the_first_ebi_counts), TEST(an_invalid_element_of_no_use_to_the_message_is_absent),
	  TEST(messages_on_s11_have_no_fault), TEST(other_messages_have_no_fault),
	  TEST(bearers_have_pcos_of_their_own), TEST(fq_csids_are_those_of_their_instance),
	  TEST(fq_csids_have_three_kinds_of_node_identity),
	  TEST(each_way_to_be_unreadable_has_a_name))
