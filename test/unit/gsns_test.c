/* SPDX-License-Identifier: BSD-3-Clause */
#include "directory/gsns.h"

#include "unit.h"

#define MANY 5000

static struct gsns *gsns;

static const uint8_t *address(unsigned number)
{
	static uint8_t octets[GSN_ADDRESS_LEN];

	memset(octets, 0, sizeof(octets));
	memcpy(octets + 12, &number, sizeof(number));
	return octets;
}

static void one_address_has_one_number(void)
{
	uint32_t a, b;

	gsns = gsns_new(3);
	a = gsns_take(gsns, address(1));
	b = gsns_take(gsns, address(2));
	CU_ASSERT_NOT_EQUAL(a, 0);
	CU_ASSERT_NOT_EQUAL(b, 0);
	CU_ASSERT_NOT_EQUAL(a, b);
	CU_ASSERT_EQUAL(gsns_take(gsns, address(1)), a);
	CU_ASSERT_EQUAL(gsns_find(gsns, address(2)), b);
	CU_ASSERT_EQUAL(memcmp(gsns_address(gsns, a), address(1), GSN_ADDRESS_LEN), 0);
	gsns_free(gsns);
}

static void gsn_goes_with_its_last_user(void)
{
	uint32_t a;

	gsns = gsns_new(3);
	a = gsns_take(gsns, address(1));
	gsns_take(gsns, address(1));
	gsns_give_back(gsns, a);
	CU_ASSERT_EQUAL(gsns_find(gsns, address(1)), a);
	gsns_give_back(gsns, a);
	CU_ASSERT_EQUAL(gsns_find(gsns, address(1)), 0);
	gsns_free(gsns);
}

static void nobody_has_number_0(void)
{
	gsns = gsns_new(3);
	gsns_give_back(gsns, 0);
	CU_ASSERT_EQUAL(gsns_find(gsns, address(0)), 0);
	CU_ASSERT_NOT_EQUAL(gsns_take(gsns, address(0)), 0);
	gsns_free(gsns);
}

static void numbers_outlive_growth(void)
{
	static uint32_t numbers[MANY];

	gsns = gsns_new(3);
	for (unsigned i = 0; i < MANY; i++)
		numbers[i] = gsns_take(gsns, address(i));
	for (unsigned i = 0; i < MANY; i++) {
		CU_ASSERT_EQUAL(gsns_find(gsns, address(i)), numbers[i]);
		CU_ASSERT_EQUAL(memcmp(gsns_address(gsns, numbers[i]), address(i), GSN_ADDRESS_LEN),
				0);
	}
	gsns_free(gsns);
}

static void places_are_used_again(void)
{
	uint32_t highest = 0;

	gsns = gsns_new(3);
	for (unsigned i = 0; i < MANY; i++) {
		uint32_t n = gsns_take(gsns, address(i));
		highest = n > highest ? n : highest;
		gsns_give_back(gsns, n);
	}
	CU_ASSERT_TRUE(highest < MANY / 10); /* not at once: a worker may still have the number */
	gsns_free(gsns);
}

UNIT_MAIN("gsns", {"one address has one number", one_address_has_one_number},
	  {"GSN goes with its last user", gsn_goes_with_its_last_user},
	  {"nobody has number 0", nobody_has_number_0},
	  {"numbers outlive growth", numbers_outlive_growth},
	  {"places are used again", places_are_used_again})
