/* SPDX-License-Identifier: BSD-3-Clause */
/* gtpc_v2: what the tests of the GTPv2-C parser and of its writer share. */
#ifndef UNIT_GTPC_V2_H
#define UNIT_GTPC_V2_H

#include "gtp/gtpc_v2.h"

#include "unit.h"

/* Keeps a copy that ends where its memory ends, so that the sanitizer sees any octet read beyond, and
 * that lives as long as what the parser points to. */
struct parsed {
	struct gtpc_v2 m;
	uint8_t *data;
	size_t len;
	int result;
};

static inline struct parsed parse(const uint8_t *data, size_t len)
{
	struct parsed p = {.data = malloc(len ? len : 1), .len = len};

	memcpy(p.data, data, len);
	p.result = gtpc_v2_parse(&p.m, p.data, len);
	return p;
}

static inline bool octets_are(struct gtp_octets octets, const char *hex)
{
	uint8_t expected[64];
	size_t len = unit_hex(expected, sizeof(expected), hex);

	return octets.data && octets.len == len && memcmp(octets.data, expected, len) == 0;
}

static inline bool fteid_is(const struct gtpc_v2_fteid *fteid, uint32_t teid, const char *ipv4,
			    const char *ipv6)
{
	struct gtpc_v2_fteid expected = {.is_present = true, .teid = teid};

	expected.ipv4.len = (uint8_t)unit_hex(expected.ipv4.octets, 16, ipv4);
	expected.ipv6.len = (uint8_t)unit_hex(expected.ipv6.octets, 16, ipv6);
	return fteid->is_present && fteid->teid == teid &&
	       memcmp(&fteid->ipv4, &expected.ipv4, sizeof(expected.ipv4)) == 0 &&
	       memcmp(&fteid->ipv6, &expected.ipv6, sizeof(expected.ipv6)) == 0;
}

#endif
