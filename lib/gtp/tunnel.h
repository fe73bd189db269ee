/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tunnel: identifies a GTP tunnel by the address of the receiver and the TEID (e2m.md 6). Workers look tunnels up;
 * the control thread installs them; the state stores them.
 */
#ifndef GTP_TUNNEL_H
#define GTP_TUNNEL_H

#include <endian.h>
#include <netinet/in.h>
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
	uint32_t word;
	uint64_t halves[2] = {0};

	/* In the halves that the workers' hash reads: a load that needs two stores waits for both. */
	memcpy(&word, address, sizeof(word));
	halves[1] = htobe64(UINT64_C(0xffff) << 32 | be32toh(word));
	memcpy(t->receiver, halves, sizeof(halves));
}

static inline void tunnel_set_ipv6(struct tunnel *t, const void *address)
{
	memcpy(t->receiver, address, 16);
}

static inline bool tunnel_is_ipv4(const struct tunnel *t)
{
	return IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)t->receiver);
}

static inline bool tunnel_is_equal(const struct tunnel *a, const struct tunnel *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool tunnel_has_same_receiver(const struct tunnel *a, const struct tunnel *b)
{
	return memcmp(a->receiver, b->receiver, sizeof(a->receiver)) == 0;
}

/* "10.1.0.2/0x0000002a" or "2001:db8::1/0x...": for logs and telemetry. */
#define TUNNEL_STR (INET6_ADDRSTRLEN + 12)
const char *tunnel_str(const struct tunnel *t, char buf[TUNNEL_STR]);

#endif
