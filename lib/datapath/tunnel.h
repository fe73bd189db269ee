/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tunnel: how a tunnel is known, e2m.md 6: (address of the receiver, TEID). Shared by the workers, who
 * look it up, and by the control thread, who installs it.
 */
#ifndef DATAPATH_TUNNEL_H
#define DATAPATH_TUNNEL_H

#include <netinet/in.h>
#include <rte_byteorder.h>
#include <rte_hash_crc.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* IPv4 addresses are written as ::ffff:a.b.c.d, so that one key serves both. No padding. */
struct tunnel {
	uint8_t receiver[16];
	uint32_t teid; /* host order */
};

static inline void tunnel_set_ipv4(struct tunnel *t, const void *address)
{
	rte_be32_t word;
	uint64_t halves[2] = {0};

	/* In the halves that tunnel_hash reads: a load that needs two stores waits for both. */
	memcpy(&word, address, sizeof(word));
	halves[1] = rte_cpu_to_be_64(UINT64_C(0xffff) << 32 | rte_be_to_cpu_32(word));
	memcpy(t->receiver, halves, sizeof(halves));
}

static inline void tunnel_set_ipv6(struct tunnel *t, const void *address)
{
	memcpy(t->receiver, address, 16);
}

static inline bool tunnel_is_equal(const struct tunnel *a, const struct tunnel *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool tunnel_has_same_receiver(const struct tunnel *a, const struct tunnel *b)
{
	return memcmp(a->receiver, b->receiver, sizeof(a->receiver)) == 0;
}

static inline uint32_t tunnel_hash(const struct tunnel *t)
{
	uint64_t halves[2];

	memcpy(halves, t->receiver, sizeof(halves));
	return rte_hash_crc_4byte(
		t->teid, rte_hash_crc_8byte(halves[1], rte_hash_crc_8byte(halves[0], 0xE2E2E2E2)));
}

/* "10.1.0.2/0x0000002a" or "2001:db8::1/0x...": for logs and telemetry. */
#define TUNNEL_STR (INET6_ADDRSTRLEN + 12)
const char *tunnel_str(const struct tunnel *t, char buf[TUNNEL_STR]);

#endif
