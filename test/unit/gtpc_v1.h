/* SPDX-License-Identifier: BSD-3-Clause */
/* gtpc_v1: what the tests of the GTPv1-C parser and of its writers share. */
#ifndef UNIT_GTPC_V1_H
#define UNIT_GTPC_V1_H

#include "gtp/gtpc_v1.h"

#include "unit.h"

/* Keeps a copy that ends where its memory ends, so that the sanitizer sees any octet read beyond, and
 * that lives as long as what the parser points to. */
struct parsed {
	struct gtpc_v1 m;
	uint8_t *data;
	size_t len;
	int result;
};

static inline struct parsed parse(const uint8_t *data, size_t len)
{
	struct parsed p = {.data = malloc(len ? len : 1), .len = len};

	memcpy(p.data, data, len);
	p.result = gtpc_v1_parse(&p.m, p.data, len);
	return p;
}

static inline bool octets_are(struct gtp_octets octets, const char *hex)
{
	uint8_t expected[64];
	size_t len = unit_hex(expected, sizeof(expected), hex);

	return octets.data && octets.len == len && memcmp(octets.data, expected, len) == 0;
}

static inline bool address_is(const struct gtp_address *address, const char *hex)
{
	struct gtp_address expected = {0};

	expected.len = (uint8_t)unit_hex(expected.octets, sizeof(expected.octets), hex);
	return memcmp(address, &expected, sizeof(expected)) == 0;
}

#endif
