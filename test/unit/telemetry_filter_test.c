/* SPDX-License-Identifier: BSD-3-Clause */
/* The parameters of /hse/sessions. */
#include "telemetry_filter.h"

#include <errno.h>

#include "unit.h"

static struct session_filter filter;
static uint32_t first;

static int read_params(const char *params)
{
	return telemetry_read_filter(params, &first, &filter);
}

static void without_parameters_all_are_asked_for(void)
{
	static const struct session_filter none;

	CU_ASSERT_EQUAL(read_params(NULL), 0);
	CU_ASSERT_EQUAL(first, 0);
	CU_ASSERT_EQUAL(memcmp(&filter, &none, sizeof(none)), 0);
	CU_ASSERT_EQUAL(read_params("4000000000"), 0);
	CU_ASSERT_EQUAL(first, 4000000000);
}

static void conditions_may_be_combined(void)
{
	char buf[PDP_PREFIX_STR];

	CU_ASSERT_EQUAL(
		read_params("7,imsi=262010000000001,address=2001:db8::/32,teid=0x1001,ended=1"), 0);
	CU_ASSERT_EQUAL(first, 7);
	CU_ASSERT_STRING_EQUAL(filter.imsi.digits, "262010000000001");
	CU_ASSERT_STRING_EQUAL(pdp_prefix_str(&filter.address, buf), "2001:db8::/32");
	CU_ASSERT_TRUE(filter.has_teid && filter.teid == 0x1001 && filter.with_ended);
	CU_ASSERT_EQUAL(read_params("0,teid=4097"), 0);
	CU_ASSERT_EQUAL(filter.teid, 4097);
	CU_ASSERT_FALSE(filter.with_ended);
}

static void others_are_refused(void)
{
	static const char *const bad[] = {"x",
					  "-1",
					  "4294967296",
					  "0,imsi",
					  "0,imsi=26201",
					  "0,address=10.0.0.256",
					  "0,teid=",
					  "0,teid=-1",
					  "0,teid=0x100000000",
					  "0,name=value",
					  "imsi=262010000000001"};
	char long_one[600];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(read_params(bad[i]), -EINVAL);
	memset(long_one, '1', sizeof(long_one));
	long_one[sizeof(long_one) - 1] = '\0';
	CU_ASSERT_EQUAL(read_params(long_one), -EINVAL);
}

UNIT_MAIN("telemetry_filter",
	  {"without parameters all are asked for", without_parameters_all_are_asked_for},
	  {"conditions may be combined", conditions_may_be_combined},
	  {"others are refused", others_are_refused})
