/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "gtpc_v2.h"

static const uint8_t pco[] = {0x80, 0x00, 0x0d, 0x00};
static const uint8_t apn[] = {3, 'i', 'm', 's'};
static const uint8_t tft[] = {0x21, 0x30, 0xff, 0x02, 0x30, 0x01};

#define OCTETS(array) ((struct gtp_octets){.data = array, .len = sizeof(array)})

static struct gtpc_v2_fteid fteid(uint32_t teid)
{
	return (struct gtpc_v2_fteid){
		.is_present = true, .teid = teid, .ipv4 = {.len = 4, .octets = {10, 1, 0, 1}}};
}

static struct gtpc_v2 a_message(uint8_t type)
{
	return (struct gtpc_v2){
		.type = type, .has_teid = true, .teid = 0xA1A2A3A4, .sequence = 0xFEDCBA};
}

static struct gtpc_v2 a_create(void)
{
	struct gtpc_v2 m = a_message(GTPC_V2_CREATE_SESSION_REQUEST);

	m.present = GTPC_V2_HAS_IMSI | GTPC_V2_HAS_RAT_TYPE | GTPC_V2_HAS_SERVING_NETWORK;
	e2m_imsi_parse(&m.imsi, "26201000000001", 14);
	m.rat_type = 6;
	memcpy(m.serving_network, "\x62\xf2\x10", 3);
	m.sgw_c = fteid(1);
	m.apn = OCTETS(apn);
	m.pco = OCTETS(pco);
	m.bearers_count = 1;
	m.bearers[0].ebi = 5;
	m.bearers[0].sgw_u = fteid(2);
	return m;
}

/* Writes, reads back; the whole of it must be read. */
static struct parsed read_back(const struct gtpc_v2 *message)
{
	uint8_t out[1024];
	int len = gtpc_v2_write(out, sizeof(out), message);
	struct parsed p;

	CU_ASSERT_FATAL(len > 0);
	p = parse(out, (size_t)len);
	CU_ASSERT_EQUAL(p.result, len);
	CU_ASSERT_EQUAL(p.m.type, message->type);
	CU_ASSERT_EQUAL(p.m.has_teid, message->has_teid);
	CU_ASSERT_EQUAL(p.m.teid, message->teid);
	CU_ASSERT_EQUAL(p.m.sequence, message->sequence);
	CU_ASSERT_EQUAL(p.m.present, message->present);
	CU_ASSERT_EQUAL(p.m.bearers_count, message->bearers_count);
	return p;
}

static void written_create_session_request_is_read_back(void)
{
	const struct gtpc_v2 m = a_create();
	struct parsed p = read_back(&m);

	CU_ASSERT_STRING_EQUAL(p.m.imsi.digits, "26201000000001");
	CU_ASSERT_EQUAL(p.m.rat_type, 6);
	CU_ASSERT_EQUAL(memcmp(p.m.serving_network, "\x62\xf2\x10", 3), 0);
	CU_ASSERT_TRUE(fteid_is(&p.m.sgw_c, 1, "0a010001", ""));
	CU_ASSERT_TRUE(octets_are(p.m.apn, "03696d73"));
	CU_ASSERT_TRUE(octets_are(p.m.pco, "80000d00"));
	CU_ASSERT_TRUE(octets_are(p.m.paa, "0100000000"));
	CU_ASSERT_EQUAL(p.m.bearers[0].ebi, 5);
	CU_ASSERT_TRUE(fteid_is(&p.m.bearers[0].sgw_u, 2, "0a010001", ""));
	free(p.data);
}

static void written_create_session_response_is_read_back(void)
{
	struct gtpc_v2 m = a_message(GTPC_V2_CREATE_SESSION_RESPONSE);
	struct parsed p;

	m.present = GTPC_V2_HAS_CAUSE | GTPC_V2_HAS_RECOVERY;
	m.cause = GTPC_V2_CAUSE_ACCEPTED_PARTIALLY;
	m.recovery = 200;
	m.pgw_c = fteid(3);
	m.bearers_count = 2;
	m.bearers[0] = (struct gtpc_v2_bearer){
		.ebi = 5, .has_cause = true, .cause = 16, .pgw_u = fteid(4)};
	m.bearers[1] =
		(struct gtpc_v2_bearer){.instance = 1, .ebi = 6, .has_cause = true, .cause = 64};
	p = read_back(&m);
	CU_ASSERT_EQUAL(p.m.cause, 17);
	CU_ASSERT_EQUAL(p.m.recovery, 200);
	CU_ASSERT_EQUAL(p.m.pgw_c.teid, 3);
	CU_ASSERT_EQUAL(p.m.bearers[0].pgw_u.teid, 4);
	CU_ASSERT_EQUAL(p.m.bearers[0].cause, 16);
	CU_ASSERT_EQUAL(p.m.bearers[1].instance, 1);
	CU_ASSERT_EQUAL(p.m.bearers[1].cause, 64);
	free(p.data);
}

static void written_messages_about_bearers_are_read_back(void)
{
	struct gtpc_v2 create = a_message(GTPC_V2_CREATE_BEARER_REQUEST);
	struct gtpc_v2 delete = a_message(GTPC_V2_DELETE_BEARER_REQUEST);
	struct parsed p;

	create.linked_ebi = 5;
	create.bearers_count = 1;
	create.bearers[0] = (struct gtpc_v2_bearer){.pgw_u = fteid(7), .tft = OCTETS(tft)};
	p = read_back(&create);
	CU_ASSERT_EQUAL(p.m.linked_ebi, 5);
	CU_ASSERT_EQUAL(p.m.bearers[0].ebi, 0);
	CU_ASSERT_EQUAL(p.m.bearers[0].pgw_u.teid, 7);
	CU_ASSERT_TRUE(octets_are(p.m.bearers[0].tft, "2130ff023001"));
	free(p.data);

	delete.ebis = 1 << 6 | 1 << 15;
	p = read_back(&delete);
	CU_ASSERT_EQUAL(p.m.ebis, 1 << 6 | 1 << 15);
	CU_ASSERT_EQUAL(p.m.linked_ebi, 0);
	free(p.data);
}

static void written_fteid_has_the_addresses_that_it_is_given(void) /* TS 29.274 8.22 */
{
	struct gtpc_v2 m = a_message(GTPC_V2_MODIFY_BEARER_REQUEST);
	struct parsed p;

	m.sgw_c = fteid(1);
	m.sgw_c.ipv6 = (struct gtp_address){.len = 16, .octets = {0x20, 1, [15] = 9}};
	p = read_back(&m);
	CU_ASSERT_TRUE(fteid_is(&p.m.sgw_c, 1, "0a010001", "20010000000000000000000000000009"));
	free(p.data);
	m.sgw_c.ipv4 = (struct gtp_address){0};
	p = read_back(&m);
	CU_ASSERT_TRUE(fteid_is(&p.m.sgw_c, 1, "", "20010000000000000000000000000009"));
	free(p.data);
}

/* Where the octet with the instance of a bearer's first F-TEID stands; the contexts are last. */
static unsigned instance_of_fteid(uint8_t type, enum gtpc_v2_access access, bool of_pgw)
{
	struct gtpc_v2 m = a_message(type);
	uint8_t out[256];
	int len;

	m.access = access;
	m.bearers_count = 1;
	if (of_pgw)
		m.bearers[0].pgw_u = fteid(1);
	else
		m.bearers[0].sgw_u = fteid(1);
	len = gtpc_v2_write(out, sizeof(out), &m);
	for (int at = len - 13; at > 0; at--)
		if (memcmp(out + at, "\x57\x00\x09", 3) == 0)
			return out[at + 3];
	return 99;
}

static void fteids_have_the_instance_of_their_message(void) /* TS 29.274 7.2 */
{
	static const struct {
		uint8_t type;
		enum gtpc_v2_access access;
		bool of_pgw;
		unsigned instance;
	} cases[] = {
		{GTPC_V2_CREATE_SESSION_REQUEST, GTPC_V2_S5_S8, false, 2},
		{GTPC_V2_CREATE_SESSION_RESPONSE, GTPC_V2_S5_S8, true, 2},
		{GTPC_V2_MODIFY_BEARER_REQUEST, GTPC_V2_S5_S8, false, 1},
		{GTPC_V2_CREATE_BEARER_REQUEST, GTPC_V2_S5_S8, true, 1},
		{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_S5_S8, false, 2},
		{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_S5_S8, true, 3},
		{GTPC_V2_CREATE_SESSION_REQUEST, GTPC_V2_S2B, false, 5},
		{GTPC_V2_CREATE_SESSION_RESPONSE, GTPC_V2_S2B, true, 4},
		{GTPC_V2_CREATE_BEARER_REQUEST, GTPC_V2_S2B, true, 4},
		{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_S2B, false, 8},
		{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_S2B, true, 9},
		{GTPC_V2_CREATE_SESSION_REQUEST, GTPC_V2_S2A, false, 6},
		{GTPC_V2_CREATE_SESSION_RESPONSE, GTPC_V2_S2A, true, 5},
		{GTPC_V2_CREATE_BEARER_REQUEST, GTPC_V2_S2A, true, 5},
		{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_S2A, false, 10},
		{GTPC_V2_CREATE_BEARER_RESPONSE, GTPC_V2_S2A, true, 11},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(instance_of_fteid(cases[i].type, cases[i].access, cases[i].of_pgw),
				cases[i].instance);
}

static void written_fteids_have_the_interfaces_of_their_access(void) /* TS 29.274 8.22 */
{
	for (unsigned access = 0; access < GTPC_V2_ACCESSES; access++) {
		struct gtpc_v2 m = a_message(GTPC_V2_CREATE_SESSION_REQUEST);
		struct parsed p;

		m.access = (enum gtpc_v2_access)access;
		m.sgw_c = fteid(1);
		m.pgw_c = fteid(2);
		m.bearers_count = 1;
		m.bearers[0] = (struct gtpc_v2_bearer){.ebi = 5, .sgw_u = fteid(3)};
		p = read_back(&m);
		CU_ASSERT_EQUAL(p.m.access, access);
		CU_ASSERT_EQUAL(p.m.sgw_c.teid, 1);
		CU_ASSERT_EQUAL(p.m.pgw_c.teid, 2);
		CU_ASSERT_EQUAL(p.m.bearers[0].sgw_u.teid, 3);
		free(p.data);
	}
}

static void echo_has_no_teid(void) /* TS 29.274 5.5.2, 7.1.1 */
{
	const struct gtpc_v2 m = {.type = GTPC_V2_ECHO_REQUEST,
				  .sequence = 1,
				  .present = GTPC_V2_HAS_RECOVERY,
				  .recovery = 9};
	static const uint8_t expected[] = {0x40, 1, 0, 9, 0, 0, 1, 0, 3, 0, 1, 0, 9};
	uint8_t out[64];

	CU_ASSERT_EQUAL_FATAL(gtpc_v2_write(out, sizeof(out), &m), (int)sizeof(expected));
	CU_ASSERT_EQUAL(memcmp(out, expected, sizeof(expected)), 0);
}

static void two_messages_in_a_datagram_are_read_back(void) /* TS 29.274 5.5.1 */
{
	struct gtpc_v2 first = a_message(GTPC_V2_CREATE_BEARER_RESPONSE);
	const struct gtpc_v2 second = a_message(GTPC_V2_MODIFY_BEARER_REQUEST);
	uint8_t out[128];
	struct parsed p;
	int len, both;

	first.has_next = true;
	len = gtpc_v2_write(out, sizeof(out), &first);
	CU_ASSERT_FATAL(len > 0);
	both = len + gtpc_v2_write(out + len, sizeof(out) - (size_t)len, &second);
	p = parse(out, (size_t)both);
	CU_ASSERT_EQUAL(p.result, len);
	CU_ASSERT_TRUE(p.m.has_next);
	free(p.data);
}

static void writer_keeps_to_its_room(void)
{
	const struct gtpc_v2 m = a_create();
	uint8_t out[256];
	int len = gtpc_v2_write(out, sizeof(out), &m);

	for (int size = 0; size < len; size++) {
		uint8_t *exact = malloc((size_t)size + 1);

		CU_ASSERT_EQUAL(gtpc_v2_write(exact, (size_t)size, &m), -ENOSPC);
		free(exact);
	}
	CU_ASSERT_EQUAL(gtpc_v2_write(out, (size_t)len, &m), len);
}

static int result_of(const struct gtpc_v2 *m)
{
	static uint8_t out[70000];

	return gtpc_v2_write(out, sizeof(out), m);
}

static void what_cannot_be_written_is_refused(void)
{
	static uint8_t long_pco[UINT16_MAX];
	struct gtpc_v2 m = a_create();

	m.sequence = GTPC_V2_SEQUENCE_MAX + 1;
	CU_ASSERT_EQUAL(result_of(&m), -EINVAL);
	m = a_create();
	m.imsi.digits[3] = 'a';
	CU_ASSERT_EQUAL(result_of(&m), -EINVAL);
	m = a_create();
	m.bearers[0].ebi = 16;
	CU_ASSERT_EQUAL(result_of(&m), -EINVAL);
	m = a_create();
	m.linked_ebi = 16;
	CU_ASSERT_EQUAL(result_of(&m), -EINVAL);
	m = a_create();
	m.bearers[0].instance = 2;
	CU_ASSERT_EQUAL(result_of(&m), -EINVAL);
	m = a_create();
	m.sgw_c.ipv4.len = 16;
	CU_ASSERT_EQUAL(result_of(&m), -EINVAL);
	m = a_create();
	m.sgw_c.ipv4.len = 0;
	CU_ASSERT_EQUAL(result_of(&m), -EINVAL);
	m = a_create();
	m.bearers_count = GTPC_V2_BEARERS_MAX + 1;
	CU_ASSERT_EQUAL(result_of(&m), -EINVAL);
	m = a_create();
	m.pco = OCTETS(long_pco);
	CU_ASSERT_EQUAL(result_of(&m), -EINVAL);
}

static void apn_is_written_as_labels(void) /* TS 23.003 9.1 */
{
	static const char *const wrong[] = {"", ".", "a..b", ".a", "a."};
	uint8_t out[GTP_APN_MAX];
	char label[66] = "";

	CU_ASSERT_EQUAL(gtp_apn_write(out, "ims.mnc001"), 11);
	CU_ASSERT_EQUAL(memcmp(out, "\3ims\6mnc001", 11), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_EQUAL(gtp_apn_write(out, wrong[i]), -EINVAL);
	memset(label, 'a', 63);
	CU_ASSERT_EQUAL(gtp_apn_write(out, label), 64);
	label[63] = 'a';
	CU_ASSERT_EQUAL(gtp_apn_write(out, label), -EINVAL);
}

UNIT_MAIN("gtpc_v2_write", TEST(written_create_session_request_is_read_back),
	  TEST(written_create_session_response_is_read_back),
	  TEST(written_messages_about_bearers_are_read_back),
	  TEST(written_fteid_has_the_addresses_that_it_is_given),
	  TEST(fteids_have_the_instance_of_their_message),
	  TEST(written_fteids_have_the_interfaces_of_their_access), TEST(echo_has_no_teid),
	  TEST(two_messages_in_a_datagram_are_read_back), TEST(writer_keeps_to_its_room),
	  TEST(what_cannot_be_written_is_refused), TEST(apn_is_written_as_labels))
