/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>

#include "gtpc_v1.h"

static const uint8_t pco[] = {0x80, 0x00, 0x0d, 0x00};

static struct gtpc_v1_create a_create(void)
{
	struct gtpc_v1_create create = {
		.sequence = 77,
		.msisdn = "49170123456",
		.apn = "internet.example",
		.nsapi = 6,
		.recovery = 3,
		.teid_data = 0x01020304,
		.teid_control = 0x05060708,
		.gsn = {.len = 4, .octets = {10, 1, 0, 1}},
		.pco = {.data = pco, .len = sizeof(pco)},
	};

	e2m_imsi_parse(&create.imsi, "262010000000001", 15);
	return create;
}

static void written_create_request_is_read_back(void)
{
	struct gtpc_v1_create create = a_create();
	uint8_t out[256];
	int len = gtpc_v1_write_create_request(out, sizeof(out), &create);

	CU_ASSERT_FATAL(len > 0);
	struct parsed p = parse(out, (size_t)len);
	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.type, GTPC_V1_CREATE_PDP_REQUEST);
	CU_ASSERT_EQUAL(p.m.sequence, 77);
	CU_ASSERT_EQUAL(p.m.teid, 0);
	CU_ASSERT_STRING_EQUAL(p.m.imsi.digits, "262010000000001");
	CU_ASSERT_EQUAL(p.m.nsapi, 6);
	CU_ASSERT_EQUAL(p.m.recovery, 3);
	CU_ASSERT_EQUAL(p.m.teid_data, 0x01020304);
	CU_ASSERT_EQUAL(p.m.teid_control, 0x05060708);
	CU_ASSERT_TRUE(octets_are(p.m.end_user_address, "f121"));
	CU_ASSERT_TRUE(octets_are(p.m.apn, "08696e7465726e6574076578616d706c65"));
	CU_ASSERT_TRUE(octets_are(p.m.pco, "80000d00"));
	CU_ASSERT_TRUE(address_is(&p.m.gsn_control, "0a010001"));
	CU_ASSERT_TRUE(address_is(&p.m.gsn_user, "0a010001"));
	free(p.data);
}

static void written_elements_ascend(void) /* TS 29.060 7.7: types in ascending order */
{
	struct gtpc_v1_create create = a_create();
	uint8_t out[256];
	int len = gtpc_v1_write_create_request(out, sizeof(out), &create);
	static const uint8_t order[] = {2, 14, 15, 16, 17, 20, 128, 131, 132, 133, 133, 134, 135};
	static const uint8_t tv[] = {[2] = 8, [14] = 1, [15] = 1, [16] = 4, [17] = 4, [20] = 1};
	int at = 12;

	for (size_t i = 0; i < sizeof(order); i++) {
		CU_ASSERT_FATAL(at < len);
		CU_ASSERT_EQUAL_FATAL(out[at], order[i]);
		at += out[at] < 128 ? 1 + tv[out[at]] : 3 + (out[at + 1] << 8 | out[at + 2]);
	}
	CU_ASSERT_EQUAL(at, len);
}

static void written_update_request_is_read_back(void)
{
	struct gtpc_v1_update update = {
		.sequence = 78,
		.peer_teid_control = 0xA1A2A3A4,
		.nsapi = 5,
		.recovery = 3,
		.teid_data = 1,
		.teid_control = 2,
		.gsn = {.len = 16, .octets = {0x20, 1, 0xd, 0xb8, [15] = 9}},
	};
	uint8_t out[256];
	int len = gtpc_v1_write_update_request(out, sizeof(out), &update);

	CU_ASSERT_FATAL(len > 0);
	struct parsed p = parse(out, (size_t)len);
	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.type, GTPC_V1_UPDATE_PDP_REQUEST);
	CU_ASSERT_EQUAL(p.m.sequence, 78);
	CU_ASSERT_EQUAL(p.m.teid, 0xA1A2A3A4);
	CU_ASSERT_EQUAL(p.m.nsapi, 5);
	CU_ASSERT_EQUAL(p.m.teid_data, 1);
	CU_ASSERT_EQUAL(p.m.teid_control, 2);
	CU_ASSERT_PTR_NULL(p.m.pco.data);
	CU_ASSERT_TRUE(address_is(&p.m.gsn_user, "20010db8000000000000000000000009"));
	free(p.data);
}

static void written_delete_request_is_read_back(void)
{
	uint8_t out[64];
	int len = gtpc_v1_write_delete_request(out, sizeof(out), 79, 0xA1A2A3A4, 5, true);

	CU_ASSERT_EQUAL_FATAL(len, 16);
	struct parsed p = parse(out, (size_t)len);
	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.type, GTPC_V1_DELETE_PDP_REQUEST);
	CU_ASSERT_EQUAL(p.m.teid, 0xA1A2A3A4);
	CU_ASSERT_EQUAL(p.m.sequence, 79);
	CU_ASSERT_EQUAL(p.m.nsapi, 5);
	CU_ASSERT_TRUE(p.m.teardown);
	free(p.data);
}

static void written_responses_are_read_back(void)
{
	struct gtpc_v1_accept accept = {
		.type = GTPC_V1_CREATE_PDP_RESPONSE,
		.sequence = 77,
		.peer_teid_control = 0x05060708,
		.recovery = 4,
		.teid_data = 0xB1,
		.teid_control = 0xB2,
		.gsn = {.len = 4, .octets = {10, 1, 0, 2}},
		.end_user_ipv4 = {10, 23, 0, 5},
	};
	struct pdp_address address;
	uint8_t out[256];
	int len = gtpc_v1_write_accept_response(out, sizeof(out), &accept);

	CU_ASSERT_FATAL(len > 0);
	struct parsed p = parse(out, (size_t)len);
	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_TRUE(gtpc_v1_cause_accepts(p.m.cause));
	CU_ASSERT_EQUAL(p.m.teid, 0x05060708);
	CU_ASSERT_EQUAL(p.m.teid_data, 0xB1);
	CU_ASSERT_EQUAL(p.m.teid_control, 0xB2);
	address = gtpc_v1_end_user(&p.m.end_user_address).address;
	CU_ASSERT_EQUAL(address.ipv4_state, PDP_BOUND);
	CU_ASSERT_EQUAL(memcmp(address.ipv4, accept.end_user_ipv4, 4), 0);
	CU_ASSERT_TRUE(address_is(&p.m.gsn_user, "0a010002"));
	free(p.data);

	accept.type = GTPC_V1_UPDATE_PDP_RESPONSE;
	len = gtpc_v1_write_accept_response(out, sizeof(out), &accept);
	CU_ASSERT_FATAL(len > 0);
	p = parse(out, (size_t)len);
	CU_ASSERT_EQUAL(p.m.type, GTPC_V1_UPDATE_PDP_RESPONSE);
	CU_ASSERT_PTR_NULL(p.m.end_user_address.data);
	free(p.data);

	len = gtpc_v1_write_cause_response(out, sizeof(out), GTPC_V1_DELETE_PDP_RESPONSE, 79, 7,
					   GTPC_V1_CAUSE_NON_EXISTENT);
	CU_ASSERT_EQUAL_FATAL(len, 14);
	p = parse(out, (size_t)len);
	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_FALSE(gtpc_v1_cause_accepts(p.m.cause));
	free(p.data);
}

static void echo_carries_recovery_in_the_response_only(void) /* TS 29.060 7.2.1, 7.2.2 */
{
	uint8_t out[64];

	CU_ASSERT_EQUAL(gtpc_v1_write_echo(out, sizeof(out), GTPC_V1_ECHO_REQUEST, 1, 9), 12);
	CU_ASSERT_EQUAL_FATAL(gtpc_v1_write_echo(out, sizeof(out), GTPC_V1_ECHO_RESPONSE, 1, 9),
			      14);
	struct parsed p = parse(out, 14);
	CU_ASSERT_EQUAL(p.result, 0);
	CU_ASSERT_EQUAL(p.m.recovery, 9);
	free(p.data);
}

static void writers_keep_to_their_room(void)
{
	struct gtpc_v1_create create = a_create();
	uint8_t out[256];
	int len = gtpc_v1_write_create_request(out, sizeof(out), &create);

	for (int size = 0; size < len; size++) {
		uint8_t *exact = malloc((size_t)size + 1);

		CU_ASSERT_EQUAL(gtpc_v1_write_create_request(exact, (size_t)size, &create),
				-ENOSPC);
		free(exact);
	}
	CU_ASSERT_EQUAL(gtpc_v1_write_create_request(out, (size_t)len, &create), len);
}

static int write_with_apn(const char *apn)
{
	struct gtpc_v1_create create = a_create();
	uint8_t out[512];

	create.apn = apn;
	return gtpc_v1_write_create_request(out, sizeof(out), &create);
}

static void what_cannot_be_written_is_refused(void)
{
	struct gtpc_v1_create create = a_create();
	uint8_t out[512];
	char label[64 + 1] = {0};

	memset(label, 'a', 64);
	CU_ASSERT_EQUAL(write_with_apn(label), -EINVAL);
	label[63] = 0;
	CU_ASSERT(write_with_apn(label) > 0);
	CU_ASSERT_EQUAL(write_with_apn(""), -EINVAL);
	CU_ASSERT_EQUAL(write_with_apn("a."), -EINVAL);
	CU_ASSERT_EQUAL(write_with_apn("a..b"), -EINVAL);
	CU_ASSERT_EQUAL(write_with_apn(".a"), -EINVAL);

	create.msisdn = "+49170";
	CU_ASSERT_EQUAL(gtpc_v1_write_create_request(out, sizeof(out), &create), -EINVAL);
	create = a_create();
	memset(&create.imsi, 0, sizeof(create.imsi));
	CU_ASSERT_EQUAL(gtpc_v1_write_create_request(out, sizeof(out), &create), -EINVAL);
	create = a_create();
	create.gsn.len = 5;
	CU_ASSERT_EQUAL(gtpc_v1_write_create_request(out, sizeof(out), &create), -EINVAL);
	create = a_create();
	create.nsapi = 16;
	CU_ASSERT_EQUAL(gtpc_v1_write_create_request(out, sizeof(out), &create), -EINVAL);
}

UNIT_MAIN("gtpc_v1_write",
	  {"written Create Request is read back", written_create_request_is_read_back},
	  {"written elements ascend", written_elements_ascend},
	  {"written Update Request is read back", written_update_request_is_read_back},
	  {"written Delete Request is read back", written_delete_request_is_read_back},
	  {"written responses are read back", written_responses_are_read_back},
	  {"Echo carries Recovery in the response only",
	   echo_carries_recovery_in_the_response_only},
	  {"writers keep to their room", writers_keep_to_their_room},
	  {"what cannot be written is refused", what_cannot_be_written_is_refused})
