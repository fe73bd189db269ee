/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tunnel: identifies a GTP tunnel by the address of the receiver and the TEID (e2m.md 6). lib/control, lib/datapath,
 * lib/state and programs use this type, from any thread.
 */
#ifndef GTP_TUNNEL_H
#define GTP_TUNNEL_H

#include <endian.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* IPv4 addresses have the form ::ffff:a.b.c.d, so one type of key serves IPv4 and IPv6. Compared and hashed as octets,
 * so there is no padding. */
struct tunnel {
	uint8_t receiver[16];
	uint32_t teid; /* host order */
};

static inline void tunnel_set_ipv4(struct tunnel *t, const void *address)
{
	uint32_t word;
	uint64_t halves[2] = {0};

	/* The workers' hash loads these two halves. A load that spans two smaller stores would stall, so each half is
	 * stored whole. */
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

/* Returns true if there is no receiver: a value that stands for no tunnel. */
static inline bool tunnel_is_none(const struct tunnel *t)
{
	static const struct tunnel none;

	return tunnel_has_same_receiver(t, &none);
}

/* "10.1.0.2" or "2001:db8::1". */
const char *tunnel_address_str(const struct tunnel *t, char buf[INET6_ADDRSTRLEN]);
/* "10.1.0.2/0x0000002a" or "2001:db8::1/0x...": for logs and telemetry. */
#define TUNNEL_STR (INET6_ADDRSTRLEN + 12)
const char *tunnel_str(const struct tunnel *t, char buf[TUNNEL_STR]);

#endif
