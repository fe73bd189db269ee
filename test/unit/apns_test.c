/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/apns.h"

#include "unit.h"

static struct apn_ref note(struct apns *a, const char *text)
{
	return apns_note(a, (const uint8_t *)text, strlen(text));
}

static void one_apn_has_one_number(void)
{
	struct apns *a = apns_new();
	const struct apn_ref first = note(a, "\010internet"), none = apns_note(a, NULL, 0);
	size_t len;

	CU_ASSERT_NOT_EQUAL(first.number, 0);
	CU_ASSERT_NOT_EQUAL(none.number, 0);
	CU_ASSERT_NOT_EQUAL(first.number, none.number);
	CU_ASSERT_EQUAL(note(a, "\010internet").number, first.number);
	CU_ASSERT_EQUAL(apns_note(a, NULL, 0).number, none.number);
	CU_ASSERT_EQUAL(memcmp(apns_octets(a, first.number, &len), "\010internet", 9), 0);
	CU_ASSERT_EQUAL(len, 9);
	apns_octets(a, none.number, &len);
	CU_ASSERT_EQUAL(len, 0);
	apns_free(a);
}

static void a_flood_of_apns_takes_no_place_from_those_that_sessions_have(void)
{
	struct apns *a = apns_new();
	const struct apn_ref kept = note(a, "\004kept"), young = note(a, "\005young");
	const uint16_t number = apns_take(a, kept);
	char text[32];
	size_t len;

	for (unsigned i = 0; i < 3 * APNS_MAX; i++) {
		snprintf(text, sizeof(text), "flood%u", i);
		CU_ASSERT_NOT_EQUAL(note(a, text).number, 0);
	}
	CU_ASSERT_EQUAL(number, kept.number);
	CU_ASSERT_EQUAL(memcmp(apns_octets(a, number, &len), "\004kept", 5), 0);
	CU_ASSERT_EQUAL(apns_take(a, young), 0);
	apns_give_back(a, number);
	apns_free(a);
}

static void where_all_are_taken_another_is_not_known(void)
{
	struct apns *a = apns_new();
	char text[32];

	for (unsigned i = 0; i < APNS_MAX; i++) {
		snprintf(text, sizeof(text), "apn%u", i);
		CU_ASSERT_NOT_EQUAL_FATAL(apns_take(a, note(a, text)), 0);
	}
	CU_ASSERT_EQUAL(note(a, "another").number, 0);
	CU_ASSERT_EQUAL(apns_take(a, note(a, "another")), 0);
	apns_give_back(a, 7);
	CU_ASSERT_NOT_EQUAL(note(a, "another").number, 0);
	apns_free(a);
}

static void one_that_is_too_long_is_not_known(void)
{
	struct apns *a = apns_new();
	static const uint8_t octets[101];

	CU_ASSERT_NOT_EQUAL(apns_note(a, octets, 100).number, 0); /* TS 23.003 9.1 */
	CU_ASSERT_EQUAL(apns_note(a, octets, 101).number, 0);
	apns_free(a);
}

/* Some of these share a list of the table. */
static void one_that_begins_as_another_is_another(void)
{
	struct apns *a = apns_new();
	static const uint8_t octets[APNS_OCTETS_MAX];
	bool is_taken[APNS_OCTETS_MAX + 2] = {false};
	size_t stored;

	for (size_t i = 0; i <= APNS_OCTETS_MAX; i++) {
		const size_t len = i % 2 ? i / 2 : APNS_OCTETS_MAX - i / 2;
		const uint16_t number = apns_note(a, octets, len).number;

		CU_ASSERT_TRUE_FATAL(number > 0 && number <= APNS_OCTETS_MAX + 1);
		CU_ASSERT_FALSE(is_taken[number]);
		is_taken[number] = true;
		apns_octets(a, number, &stored);
		CU_ASSERT_EQUAL(stored, len);
	}
	apns_free(a);
}

UNIT_MAIN("apns", {"one APN has one number", one_apn_has_one_number},
	  {"a flood of APNs takes no place from those that sessions have",
	   a_flood_of_apns_takes_no_place_from_those_that_sessions_have},
	  {"where all are taken another is not known", where_all_are_taken_another_is_not_known},
	  {"one that is too long is not known", one_that_is_too_long_is_not_known},
	  {"one that begins as another is another", one_that_begins_as_another_is_another})
