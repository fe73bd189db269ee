/* SPDX-License-Identifier: BSD-3-Clause */
#include "e2m/e2m.h"

#include "unit.h"

static void imsi_takes_6_to_15_decimal_digits(void)
{
	struct e2m_imsi imsi;

	CU_ASSERT_EQUAL(e2m_imsi_parse(&imsi, "262010", 6), 0);
	CU_ASSERT_STRING_EQUAL(imsi.digits, "262010");
	CU_ASSERT_EQUAL(e2m_imsi_parse(&imsi, "262019876543210", 15), 0);
	CU_ASSERT_STRING_EQUAL(imsi.digits, "262019876543210");
	CU_ASSERT_NOT_EQUAL(e2m_imsi_parse(&imsi, "26201", 5), 0);
	CU_ASSERT_NOT_EQUAL(e2m_imsi_parse(&imsi, "2620198765432101", 16), 0);
	CU_ASSERT_NOT_EQUAL(e2m_imsi_parse(&imsi, "26201a", 6), 0);
	CU_ASSERT_STRING_EQUAL(imsi.digits, "");
}

static void imsis_are_counted_on(void)
{
	struct e2m_imsi first, imsi;

	e2m_imsi_parse(&first, "262010000000998", 15);
	CU_ASSERT_EQUAL(e2m_imsi_add(&imsi, &first, 0), 0);
	CU_ASSERT_STRING_EQUAL(imsi.digits, "262010000000998");
	CU_ASSERT_EQUAL(e2m_imsi_add(&imsi, &first, 1000003), 0);
	CU_ASSERT_STRING_EQUAL(imsi.digits, "262010001001001");
	e2m_imsi_parse(&first, "999900", 6);
	CU_ASSERT_EQUAL(e2m_imsi_add(&imsi, &first, 99), 0);
	CU_ASSERT_STRING_EQUAL(imsi.digits, "999999");
	CU_ASSERT_NOT_EQUAL(e2m_imsi_add(&imsi, &first, 100), 0);
}

static void algorithms_combine_as_clause_3_allows(void)
{
	for (unsigned eea = 0; eea <= 3; eea++)
		for (unsigned eia = 0; eia <= 3; eia++) {
			CU_ASSERT_EQUAL(e2m_algorithms_allowed(eea, eia, false), eia != 0);
			CU_ASSERT_EQUAL(e2m_algorithms_allowed(eea, eia, true),
					eia != 0 || eea != 0);
		}
	CU_ASSERT_TRUE(e2m_algorithms_allowed(E2M_EEA_GCM, E2M_EIA_GCM, false));
	CU_ASSERT_FALSE(e2m_algorithms_allowed(E2M_EEA_GCM, E2M_EIA2, true));
	CU_ASSERT_FALSE(e2m_algorithms_allowed(E2M_EEA2, E2M_EIA_GCM, true));
	CU_ASSERT_FALSE(e2m_algorithms_allowed(4, 2, true));
	CU_ASSERT_FALSE(e2m_algorithms_allowed(2, 4, true));
}

static void keyset_ids_print_by_kind(void)
{
	uint8_t value[E2M_RAND_LEN] = {0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	struct e2m_keyset_id sqn = e2m_keyset_id_make(E2M_ID_SQN, value);
	struct e2m_keyset_id rand = e2m_keyset_id_make(E2M_ID_RAND, value);
	char text[E2M_KEYSET_ID_STR];

	CU_ASSERT_STRING_EQUAL(e2m_keyset_id_str(&sqn, text), "SQN ff0102030405");
	CU_ASSERT_STRING_EQUAL(e2m_keyset_id_str(&rand, text),
			       "RAND ff0102030405060708090a0b0c0d0e0f");
	CU_ASSERT_EQUAL(sqn.value[E2M_SQN_LEN], 0);
}

UNIT_MAIN("e2m", {"imsi takes 6 to 15 decimal digits", imsi_takes_6_to_15_decimal_digits},
	  {"imsis are counted on", imsis_are_counted_on},
	  {"algorithms combine as clause 3 allows", algorithms_combine_as_clause_3_allows},
	  {"keyset ids print by kind", keyset_ids_print_by_kind})
