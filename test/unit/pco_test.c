/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/pco.h"

#include <errno.h>

#include "unit.h"

#define SQN_PCO	 "80ff000c09f107e201018898e1529e17"
#define RAND_PCO "80ff0016132004e202078aff9745fca584a69125e6fa2a291f0d"

static int find(struct pco_e2m *e2m, const struct e2m_numbers *numbers, const uint8_t *plmn,
		const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	memcpy(exact, data, len);
	int r = pco_find_e2m(e2m, numbers, plmn, exact, len);
	free(exact);
	return r;
}

static int find_hex(struct pco_e2m *e2m, const char *hex)
{
	uint8_t data[512];

	return find(e2m, &e2m_default_numbers, NULL, data, unit_hex(data, sizeof(data), hex));
}

static void sqn_is_found(void) /* e2m.md 5, type 1 */
{
	struct pco_e2m e2m;

	CU_ASSERT_EQUAL(find_hex(&e2m, SQN_PCO), 1);
	CU_ASSERT_EQUAL(memcmp(e2m.plmn, "\x09\xf1\x07", 3), 0);
	CU_ASSERT_EQUAL(e2m.key_id, 1);
	CU_ASSERT_EQUAL(e2m.id.type, E2M_ID_SQN);
	CU_ASSERT_EQUAL(memcmp(e2m.id.value, "\x88\x98\xe1\x52\x9e\x17", 6), 0);
	CU_ASSERT_EQUAL(e2m.id.value[6], 0);
}

static void rand_is_found(void) /* e2m.md 5, type 2 */
{
	struct pco_e2m e2m;

	CU_ASSERT_EQUAL(find_hex(&e2m, RAND_PCO), 1);
	CU_ASSERT_EQUAL(e2m.key_id, 7);
	CU_ASSERT_EQUAL(e2m.id.type, E2M_ID_RAND);
	CU_ASSERT_EQUAL(e2m.id.value[15], 0x0d);
}

static void others_containers_are_passed_over(void) /* TS 24.008 10.5.6.3 */
{
	struct pco_e2m e2m;

	/* IPCP, DNS request (empty), the operator's own 0xFF00 with another tag, then ours */
	CU_ASSERT_EQUAL(find_hex(&e2m, "80"
				       "80210a0100000a810600000000"
				       "000d00"
				       "ff000509f107e1"
				       "aa"
				       "ff000c09f107e201028898e1529e17"),
			1);
	CU_ASSERT_EQUAL(e2m.key_id, 2);
}

static void containers_with_a_length_of_two_octets_are_passed_over(void) /* TS 24.008 10.5.6.3A */
{
	static const char *const identities[] = {"0041", "0051", "0056"};
	struct pco_e2m e2m;
	uint8_t data[512];

	for (size_t i = 0; i < 3; i++) {
		size_t len = 3 + unit_hex(data + 3, sizeof(data) - 3, "0101");

		data[0] = 0x80;
		unit_hex(data + 1, 2, identities[i]);
		memset(data + len, 0xff, 257);
		len += 257;
		len += unit_hex(data + len, sizeof(data) - len, &SQN_PCO[2]);
		CU_ASSERT_EQUAL(find(&e2m, &e2m_default_numbers, NULL, data, len), 1);
		/* Past the end, and cut off within the length. */
		CU_ASSERT_EQUAL(find(&e2m, &e2m_default_numbers, NULL, data, 200), 0);
		CU_ASSERT_EQUAL(find(&e2m, &e2m_default_numbers, NULL, data, 4), 0);
	}
}

/* QoS rules and flow descriptions have such a length from the network only; a UE says that it can read it. */
static void support_indicators_have_an_ordinary_length(void) /* TS 24.008 table 10.5.154 */
{
	struct pco_e2m e2m;

	CU_ASSERT_EQUAL(find_hex(&e2m, "80000a00000d00002300002400ff000c09f107e201018898e1529e17"),
			1);
}

static void first_of_two_counts(void)
{
	struct pco_e2m e2m;

	CU_ASSERT_EQUAL(find_hex(&e2m, SQN_PCO "ff000c09f107e201030000000000ff"), 1);
	CU_ASSERT_EQUAL(e2m.key_id, 1);
}

static void octet_3_may_have_any_value(void) /* TS 24.008 10.5.6.3 */
{
	static const uint8_t values[] = {0x80, 0x81, 0x87, 0x90, 0xf8, 0x00, 0xff};
	struct pco_e2m e2m;
	uint8_t data[64];
	const size_t len = unit_hex(data, sizeof(data), SQN_PCO);

	for (size_t i = 0; i < sizeof(values); i++) {
		data[0] = values[i];
		CU_ASSERT_EQUAL(find(&e2m, &e2m_default_numbers, NULL, data, len), 1);
		CU_ASSERT_EQUAL(e2m.key_id, 1);
	}
}

static void container_that_is_not_exactly_so_is_not_ours(void) /* e2m.md 5 */
{
	static const char *const not_ours[] = {
		"",
		"80",
		"80ff",
		"80ff010c09f107e201018898e1529e17",			/* identity */
		"80ff000c09f107e101018898e1529e17",			/* tag */
		"80ff000c09f107e200018898e1529e17",			/* type 0 */
		"80ff000c09f107e203018898e1529e17",			/* type 3 */
		"80ff000c09f107e201008898e1529e17",			/* key id 0 */
		"80ff000c09f107e201088898e1529e17",			/* key id 8 */
		"80ff000b09f107e201018898e1529e",			/* an octet short */
		"80ff000d09f107e201018898e1529e1700",			/* an octet long */
		"80ff000c09f107e202018898e1529e17",			/* RAND of 6 octets */
		"80ff0016132004e201078aff9745fca584a69125e6fa2a291f0d", /* SQN of 16 */
		"80ff000d09f107e201018898e1529e17",			/* past the end */
		"8080211009f1ff000c09f107e201018898e1529e17",		/* IPCP past ours */
		"80ff000609f107e20101",					/* no value */
		"80ff0000",
	};

	for (size_t i = 0; i < sizeof(not_ours) / sizeof(not_ours[0]); i++) {
		struct pco_e2m e2m;

		CU_ASSERT_EQUAL(find_hex(&e2m, not_ours[i]), 0);
	}
}

static void only_the_home_plmn_is_accepted_when_given(void)
{
	uint8_t data[64], home[PCO_PLMN_LEN], other[PCO_PLMN_LEN];
	size_t len = unit_hex(data, sizeof(data), SQN_PCO);
	struct pco_e2m e2m;

	CU_ASSERT_EQUAL(pco_plmn_parse(home, "90170"), 0);
	CU_ASSERT_EQUAL(pco_plmn_parse(other, "90171"), 0);
	CU_ASSERT_EQUAL(find(&e2m, &e2m_default_numbers, home, data, len), 1);
	CU_ASSERT_EQUAL(find(&e2m, &e2m_default_numbers, other, data, len), 0);
}

static void operators_numbers_are_used(void)
{
	struct e2m_numbers numbers = e2m_default_numbers;
	uint8_t data[PCO_MAX_LEN];
	struct pco_e2m e2m, back;

	numbers.pco_container = 0xFF17;
	numbers.pco_tag = 0x55;
	CU_ASSERT_EQUAL(find_hex(&e2m, SQN_PCO), 1);
	size_t len = pco_write_e2m(data, &numbers, &e2m);
	CU_ASSERT_EQUAL(data[1], 0xFF);
	CU_ASSERT_EQUAL(data[2], 0x17);
	CU_ASSERT_EQUAL(find(&back, &numbers, NULL, data, len), 1);
	CU_ASSERT_EQUAL(find(&back, &e2m_default_numbers, NULL, data, len), 0);
}

static void what_is_written_is_the_vector(void)
{
	static const char *const vectors[] = {SQN_PCO, RAND_PCO};

	for (size_t i = 0; i < 2; i++) {
		uint8_t data[64], out[PCO_MAX_LEN];
		size_t len = unit_hex(data, sizeof(data), vectors[i]);
		struct pco_e2m e2m;

		CU_ASSERT_EQUAL_FATAL(find(&e2m, &e2m_default_numbers, NULL, data, len), 1);
		CU_ASSERT_EQUAL(pco_write_e2m(out, &e2m_default_numbers, &e2m), len);
		CU_ASSERT_EQUAL(memcmp(out, data, len), 0);
	}
}

static void every_truncation_finds_nothing(void)
{
	uint8_t data[64];
	size_t len = unit_hex(data, sizeof(data), RAND_PCO);
	struct pco_e2m e2m;

	for (size_t cut = 0; cut < len; cut++)
		CU_ASSERT_EQUAL(find(&e2m, &e2m_default_numbers, NULL, data, cut), 0);
}

static void every_corruption_is_survived(void)
{
	uint8_t data[64];
	size_t len = unit_hex(data, sizeof(data), RAND_PCO);
	struct pco_e2m e2m;

	for (size_t i = 0; i < len; i++)
		for (unsigned v = 0; v < 256; v++) {
			uint8_t kept = data[i];

			data[i] = (uint8_t)v;
			if (find(&e2m, &e2m_default_numbers, NULL, data, len) == 1)
				CU_ASSERT(e2m.key_id >= 1 && e2m.key_id <= 7);
			data[i] = kept;
		}
}

static void plmn_is_read(void) /* TS 24.008 10.5.1.3 */
{
	static const char *const wrong[] = {"",	      "2620",	 "2620101", "26201a", "-26201",
					    "26-201", "262-01-", "262--01", "262-1",  " 26201"};
	uint8_t plmn[PCO_PLMN_LEN];

	CU_ASSERT_EQUAL(pco_plmn_parse(plmn, "262-01"), 0);
	CU_ASSERT_EQUAL(memcmp(plmn, "\x62\xf2\x10", 3), 0);
	CU_ASSERT_EQUAL(pco_plmn_parse(plmn, "26201"), 0);
	CU_ASSERT_EQUAL(memcmp(plmn, "\x62\xf2\x10", 3), 0);
	CU_ASSERT_EQUAL(pco_plmn_parse(plmn, "310-402"), 0);
	CU_ASSERT_EQUAL(memcmp(plmn, "\x13\x20\x04", 3), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_EQUAL(pco_plmn_parse(plmn, wrong[i]), -EINVAL);
}

UNIT_MAIN("pco", {"SQN is found", sqn_is_found}, {"RAND is found", rand_is_found},
	  {"others' containers are passed over", others_containers_are_passed_over},
	  {"containers with a length of two octets are passed over",
	   containers_with_a_length_of_two_octets_are_passed_over},
	  {"support indicators have an ordinary length",
	   support_indicators_have_an_ordinary_length},
	  {"first of two counts", first_of_two_counts},
	  {"octet 3 may have any value", octet_3_may_have_any_value},
	  {"container that is not exactly so is not ours",
	   container_that_is_not_exactly_so_is_not_ours},
	  {"only the home PLMN is accepted when given", only_the_home_plmn_is_accepted_when_given},
	  {"operator's numbers are used", operators_numbers_are_used},
	  {"what is written is the vector", what_is_written_is_the_vector},
	  {"every truncation finds nothing", every_truncation_finds_nothing},
	  {"every corruption is survived", every_corruption_is_survived},
	  {"PLMN is read", plmn_is_read})
