/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/crc32c.h"
#include "unit.h"

/* RFC 3720 B.4 has values with inversion before and after. */
static void gives_the_known_value(void)
{
	CU_ASSERT_EQUAL(~crc32c(~0U, "123456789", 9), 0xe3069283);
}

static void continues(void)
{
	CU_ASSERT_EQUAL(crc32c(crc32c(~0U, "1234", 4), "56789", 5), crc32c(~0U, "123456789", 9));
}

UNIT_MAIN("crc32c", {"gives_the_known_value", gives_the_known_value}, {"continues", continues})
