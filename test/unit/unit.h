/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unit: what every unit test shares. A file lists its tests and ends with UNIT_MAIN; the program
 * prints a line for each test that fails, then "N passed, N failed", and exits 1 on any failure.
 */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct unit_test {
	const char *name;
	void (*run)(void);
};

static inline int unit_run(const char *suite, const struct unit_test *tests, size_t count)
{
	unsigned passed = 0, failed = 0;

	umask(077); /* other users must not read files with keys */
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	CU_pSuite s = CU_add_suite(suite, NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		CU_pTest t = CU_add_test(s, tests[i].name, tests[i].run);
		CU_run_test(s, t);
		bool bad = CU_get_number_of_failures() > 0;
		for (CU_pFailureRecord f = CU_get_failure_list(); f; f = f->pNext)
			printf("FAIL %s: %s: %s:%u: %s\n", suite, tests[i].name, f->strFileName,
			       f->uiLineNumber, f->strCondition);
		if (bad)
			failed++;
		else
			passed++;
	}
	printf("%s: %u passed, %u failed\n", suite, passed, failed);
	CU_cleanup_registry();
	return failed != 0;
}

/* One entry of the tests of UNIT_MAIN. */
#define TEST(function)              \
	{                           \
#function, function \
	}

#define UNIT_MAIN(suite, ...)                                                    \
	int main(void)                                                           \
	{                                                                        \
		static const struct unit_test tests[] = {__VA_ARGS__};           \
		return unit_run(suite, tests, sizeof(tests) / sizeof(tests[0])); \
	}

/* "0a1b..." to octets; returns how many. Aborts the test program when out is too small. */
static inline size_t unit_hex(uint8_t *out, size_t size, const char *hex)
{
	size_t n = strlen(hex) / 2;

	if (n > size)
		abort();
	for (size_t i = 0; i < n; i++) {
		unsigned v = 0;
		sscanf(hex + 2 * i, "%2x", &v);
		out[i] = (uint8_t)v;
	}
	return n;
}

#endif
