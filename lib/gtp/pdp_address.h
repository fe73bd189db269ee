/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pdp_address: the addresses that a session is bound to, and whether an N-PDU has one of them (e2m.md 6, "Address
 * binding"). lib/control fills a struct pdp_address, lib/directory stores it, and the workers check each N-PDU of a
 * protected session with it. The inline functions have no state, take any alignment and read only the octets given.
 */
#ifndef GTP_PDP_ADDRESS_H
#define GTP_PDP_ADDRESS_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Of one IP version of a session. */
enum pdp_state {
	PDP_UNBOUND, /* the address is not known: the tunnel alone decides */
	PDP_BOUND,
	PDP_EXCLUDED, /* not of the PDN type: matches nothing */
	PDP_LOST,     /* lost to another session: matches nothing */
};

/* All zero: nothing is known, and any N-PDU is the session's (non-IP, PPP, no PDN type given). Compared with memcmp:
 * there is no padding, and octets of a version that is not PDP_BOUND are 0. */
struct pdp_address {
	uint8_t ipv4_state;  /* enum pdp_state */
	uint8_t ipv6_state;  /* enum pdp_state */
	uint8_t ipv6_length; /* bits of the prefix, 0 to 128; 0 when IPv6 is not bound */
	uint8_t unused;	     /* 0 */
	uint8_t ipv4[4];
	uint8_t ipv6[16]; /* bits behind ipv6_length are 0 */
};

_Static_assert(sizeof(struct pdp_address) == 24, "compared as octets");

/* One network, or one host with length 32 or 128. IPv4 is in the first 4 octets. Octets and bits behind length are 0.
 * Compared with memcmp. */
struct pdp_prefix {
	uint8_t is_ipv6; /* 0 or 1 */
	uint8_t length;	 /* bits: 0 to 32, or 0 to 128 */
	uint8_t octets[16];
};

_Static_assert(sizeof(struct pdp_prefix) == 18, "compared as octets");

/* What an End User Address or PAA says. All zero: there is none, or it is invalid. */
struct pdp_element {
	bool has_type;		    /* a PDN type, or PDP type, that is known */
	bool has_address;	    /* an address field of any version, 0.0.0.0 included */
	struct pdp_address address; /* versions that the PDN type excludes are PDP_EXCLUDED */
};

/* A network behind a UE (framed route, delegated prefix), and the list that it is in: a list is replaced as a whole. */
enum pdp_network_list {
	PDP_NETWORKS_FRAMED_ROUTE,
	PDP_NETWORKS_FRAMED_IPV6_ROUTE,
	PDP_NETWORKS_DELEGATED_PREFIX,
	PDP_NETWORKS_POLICY, /* of the operator's rule */
	PDP_NETWORK_LISTS
};

struct pdp_network {
	struct pdp_prefix prefix; /* its length is not 0 */
	uint8_t list;		  /* enum pdp_network_list */
};

/* Networks that a notification may have, over all lists. */
#define PDP_NETWORKS_MAX 32

#define PDP_IPV4_BITS	    32
#define PDP_IPV6_BITS	    128
#define PDP_IPV6_PREFIX	    64 /* bits of an IPv6 prefix without a length of its own (e2m.md 6) */
#define PDP_IPV4_HEADER_MIN 20
#define PDP_IPV6_HEADER	    40

/* Which address of an N-PDU: uplink has the session's address as source, downlink as destination. */
enum pdp_end { PDP_SOURCE, PDP_DESTINATION };

enum pdp_verdict {
	PDP_MATCHES,
	PDP_MISMATCH,
	PDP_UNDECIDED, /* goes on, if the address belongs to no other protected session */
};

static inline bool pdp_address_is_bound(const struct pdp_address *a)
{
	return a->ipv4_state == PDP_BOUND || a->ipv6_state == PDP_BOUND;
}

static inline bool pdp_address_is_unbound(const struct pdp_address *a)
{
	return a->ipv4_state == PDP_UNBOUND || a->ipv6_state == PDP_UNBOUND;
}

/* The upper (half 0) or lower (half 1) 64 bits of the mask of an IPv6 prefix, in network order. length: 0 to 128. */
static inline uint64_t pdp_ipv6_mask(unsigned length, unsigned half)
{
	const unsigned bits = length < 64 * half ? 0 : length - 64 * half;

	return bits >= 64 ? UINT64_MAX : htobe64(~(UINT64_MAX >> bits));
}

/* The mask of an IPv4 prefix, in network order. length: 0 to 32. */
static inline uint32_t pdp_ipv4_mask(unsigned length)
{
	return htobe32((uint32_t) ~(UINT64_C(0xffffffff) >> length));
}

/* True: the first length bits of two IPv6 addresses are the same. */
static inline bool pdp_ipv6_has_prefix(const uint8_t *address, const uint8_t *prefix,
				       unsigned length)
{
	uint64_t a[2], b[2];

	memcpy(a, address, sizeof(a));
	memcpy(b, prefix, sizeof(b));
	return (((a[0] ^ b[0]) & pdp_ipv6_mask(length, 0)) |
		((a[1] ^ b[1]) & pdp_ipv6_mask(length, 1))) == 0;
}

static inline bool pdp_ipv4_has_prefix(const uint8_t *address, const uint8_t *prefix,
				       unsigned length)
{
	uint32_t a, b;

	memcpy(&a, address, sizeof(a));
	memcpy(&b, prefix, sizeof(b));
	return ((a ^ b) & pdp_ipv4_mask(length)) == 0;
}

/* fe80::/10, RFC 4291 2.4. */
static inline bool pdp_ipv6_is_link_local(const uint8_t *address)
{
	return address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

static inline bool pdp_ipv6_is_unspecified(const uint8_t *address)
{
	uint64_t a[2];

	memcpy(a, address, sizeof(a));
	return (a[0] | a[1]) == 0;
}

/* Multicast, 224.0.0.0/4, and 255.255.255.255. */
static inline bool pdp_ipv4_is_to_many(const uint8_t *address)
{
	uint32_t a;

	memcpy(&a, address, sizeof(a));
	return (address[0] & 0xf0) == 0xe0 || a == UINT32_MAX;
}

static inline bool pdp_ipv4_is_unspecified(const uint8_t *address)
{
	uint32_t a;

	memcpy(&a, address, sizeof(a));
	return a == 0;
}

/* The IP version of an N-PDU that has its whole fixed header; 0: garbage. */
static inline unsigned pdp_npdu_version(const uint8_t *npdu, size_t len)
{
	if (len >= PDP_IPV4_HEADER_MIN && npdu[0] >> 4 == 4)
		return 4;
	return len >= PDP_IPV6_HEADER && npdu[0] >> 4 == 6 ? 6 : 0;
}

/* RFC 791 3.1, RFC 8200 3: where the address is in the header. */
static inline const uint8_t *pdp_npdu_ipv4(const uint8_t *npdu, enum pdp_end which)
{
	return npdu + (which == PDP_SOURCE ? 12 : 16);
}

static inline const uint8_t *pdp_npdu_ipv6(const uint8_t *npdu, enum pdp_end which)
{
	return npdu + (which == PDP_SOURCE ? 8 : 24);
}

/* What matches in a session's own tunnel whatever its address is. Where the address to check is itself one of no
 * session, the N-PDU matches. Where only the other address is, the address to check may be another session's:
 * undecided. */
static inline enum pdp_verdict pdp_ipv4_always(const uint8_t *npdu, enum pdp_end which)
{
	const bool source = pdp_ipv4_is_unspecified(pdp_npdu_ipv4(npdu, PDP_SOURCE));
	const bool destination = pdp_ipv4_is_to_many(pdp_npdu_ipv4(npdu, PDP_DESTINATION));

	if (which == PDP_SOURCE ? source : destination)
		return PDP_MATCHES;
	return source || destination ? PDP_UNDECIDED : PDP_MISMATCH;
}

static inline enum pdp_verdict pdp_ipv6_always(const uint8_t *npdu, enum pdp_end which)
{
	const uint8_t *const from = pdp_npdu_ipv6(npdu, PDP_SOURCE);
	const uint8_t *const to = pdp_npdu_ipv6(npdu, PDP_DESTINATION);
	const bool source = pdp_ipv6_is_link_local(from) || pdp_ipv6_is_unspecified(from);
	const bool destination = pdp_ipv6_is_link_local(to) || to[0] == 0xff;

	if (which == PDP_SOURCE ? source : destination)
		return PDP_MATCHES;
	return source || destination ? PDP_UNDECIDED : PDP_MISMATCH;
}

/*
 * Whether an N-PDU in a tunnel of the session with these addresses has one of them (e2m.md 6). npdu may have any
 * alignment, and any length: an N-PDU without a whole IPv4 or IPv6 header is garbage, which only a session without
 * any bound version may carry. PDP_UNDECIDED: ask whether the address is another protected session's.
 */
static inline enum pdp_verdict pdp_address_check(const struct pdp_address *a, const uint8_t *npdu,
						 size_t len, enum pdp_end which)
{
	const unsigned version = pdp_npdu_version(npdu, len);
	bool is_same;

	if (!version)
		return pdp_address_is_bound(a) || !pdp_address_is_unbound(a) ? PDP_MISMATCH
									     : PDP_UNDECIDED;

	const uint8_t state = version == 4 ? a->ipv4_state : a->ipv6_state;

	if (state != PDP_BOUND)
		return state == PDP_UNBOUND ? PDP_UNDECIDED : PDP_MISMATCH;
	if (version == 4)
		is_same = pdp_ipv4_has_prefix(pdp_npdu_ipv4(npdu, which), a->ipv4, PDP_IPV4_BITS);
	else
		is_same = pdp_ipv6_has_prefix(pdp_npdu_ipv6(npdu, which), a->ipv6, a->ipv6_length);
	if (is_same)
		return PDP_MATCHES;
	return version == 4 ? pdp_ipv4_always(npdu, which) : pdp_ipv6_always(npdu, which);
}

/* The address of an N-PDU, as a host prefix (/32 or /128). False: garbage, and out is all zero. */
static inline bool pdp_npdu_address(const uint8_t *npdu, size_t len, enum pdp_end which,
				    struct pdp_prefix *out)
{
	const unsigned version = pdp_npdu_version(npdu, len);

	*out = (struct pdp_prefix){0};
	if (version == 4) {
		out->length = PDP_IPV4_BITS;
		memcpy(out->octets, pdp_npdu_ipv4(npdu, which), 4);
	} else if (version == 6) {
		out->is_ipv6 = 1;
		out->length = PDP_IPV6_BITS;
		memcpy(out->octets, pdp_npdu_ipv6(npdu, which), 16);
	}
	return version != 0;
}

/* True: all addresses of part are in whole. */
static inline bool pdp_prefix_contains(const struct pdp_prefix *whole,
				       const struct pdp_prefix *part)
{
	if (whole->is_ipv6 != part->is_ipv6 || whole->length > part->length)
		return false;
	return whole->is_ipv6 ? pdp_ipv6_has_prefix(part->octets, whole->octets, whole->length)
			      : pdp_ipv4_has_prefix(part->octets, whole->octets, whole->length);
}

/* True: the session has this host or network as address. Its networks behind the UE are not in struct pdp_address. */
bool pdp_address_has(const struct pdp_address *a, const struct pdp_prefix *prefix);

/* The bound address as a prefix: /32, or of ipv6_length. False: this version is not bound, and out is all zero. */
bool pdp_address_prefix(const struct pdp_address *a, bool is_ipv6, struct pdp_prefix *out);

/* Binds a version to an address. An address that can be no session's (0.0.0.0, ::, fe80::/10, multicast, broadcast) is
 * an unknown one: the version is PDP_UNBOUND. length: 1 to 128 bits; the bits behind are cleared. */
void pdp_address_set_ipv4(struct pdp_address *a, const uint8_t ipv4[4]);
void pdp_address_set_ipv6(struct pdp_address *a, const uint8_t ipv6[16], unsigned length);

/* Gives a version a state other than PDP_BOUND, and forgets its address. */
void pdp_address_unset(struct pdp_address *a, bool is_ipv6, enum pdp_state state);

/* The other length of the same IPv6 prefix, for a policy's delegated_prefix_length. No effect when IPv6 is not bound. */
void pdp_address_set_length(struct pdp_address *a, unsigned length);

/* "10.1.0.0/16" or "2001:db8::/32"; without a length, a host. Spaces are not allowed. 0, or -EINVAL: neither, a
 * length that is too long, or bits set behind the length. out is changed only on success. */
int pdp_prefix_parse(struct pdp_prefix *out, const char *text);

/* Clears the bits behind the length. */
void pdp_prefix_mask(struct pdp_prefix *prefix);

/* "10.1.0.0/16"; a host without its length: "10.1.0.5". */
#define PDP_PREFIX_STR 52
const char *pdp_prefix_str(const struct pdp_prefix *prefix, char buf[PDP_PREFIX_STR]);

#endif
