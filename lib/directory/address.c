/* SPDX-License-Identifier: BSD-3-Clause */
/* address: the sessions that an address belongs to (e2m.md 6, "Address binding"). */
#include <string.h>

#include "directory/internal.h"

/* --- addresses of a session --- */

static void write_address(struct session *s, const struct pdp_address *address)
{
	uint64_t words[3];

	memcpy(words, address, sizeof(words));
	CHAIN_WRITE(s->address_words[2], words[2]);
	CHAIN_WRITE(s->address_words[1], words[1]);
	__atomic_store_n(&s->address_words[0], words[0], __ATOMIC_RELEASE);
}

/* Most sessions have one address all their life, so this is rare. At the end of all numbers readers confirm nothing any
 * more. */
void address_begin_generation(struct directory *d)
{
	if (d->generation != DIRECTORY_NEVER)
		__atomic_store_n(&d->generation, d->generation + 1, __ATOMIC_RELEASE);
}

uint32_t directory_generation(const struct directory *d)
{
	return CHAIN_ACQUIRE(d->generation);
}

static bool shares_one(const struct directory *d, const struct session *s);

static bool loses_one(const struct session *s, const struct pdp_address *address)
{
	const struct pdp_address *a = &s->address;
	const bool loses_ipv4 = a->ipv4_state == PDP_BOUND &&
				(address->ipv4_state != PDP_BOUND ||
				 memcmp(a->ipv4, address->ipv4, sizeof(a->ipv4)) != 0);
	const bool loses_ipv6 =
		a->ipv6_state == PDP_BOUND &&
		(address->ipv6_state != PDP_BOUND || a->ipv6_length != address->ipv6_length ||
		 memcmp(a->ipv6, address->ipv6, sizeof(a->ipv6)) != 0);

	return s->kind == DIRECTORY_PROTECTED && (loses_ipv4 || loses_ipv6);
}

void directory_set_address(struct directory *d, struct session *s,
			   const struct pdp_address *address)
{
	if (memcmp(&s->address, address, sizeof(*address)) == 0)
		return;
	const bool loses = loses_one(s, address);

	directory_unindex(d, s, INDEX_IPV4);
	directory_unindex(d, s, INDEX_IPV6);
	write_address(s, address);
	if (loses)
		address_begin_generation(d);
	directory_index(d, s, INDEX_IPV4);
	directory_index(d, s, INDEX_IPV6);
	if (shares_one(d, s))
		address_begin_generation(d);
}

/* --- searches by address --- */

static enum directory_index index_of(const struct pdp_prefix *prefix)
{
	return prefix->is_ipv6 ? INDEX_IPV6 : INDEX_IPV4;
}

/* Returns the shortest length in use that is length or longer, up to most. most + 1: none. */
static unsigned next_length(const struct directory *d, bool is_ipv6, unsigned length, unsigned most)
{
	for (; length <= most; length = length / 64 * 64 + 64) {
		const uint64_t bits =
			CHAIN_ACQUIRE(d->lengths[is_ipv6][length / 64]) >> length % 64;

		if (bits == 0)
			continue;
		length += (unsigned)__builtin_ctzll(bits);
		return length <= most ? length : most + 1;
	}
	return most + 1;
}

/* For readers. Returns the first entry that has address in its own, of length bits or more, and for which wanted is true. */
static const struct session *find_from(const struct directory *d, const struct pdp_prefix *address,
				       unsigned length,
				       bool (*wanted)(const struct session *session, void *arg),
				       void *arg)
{
	const enum directory_index which = index_of(address);
	const struct session *s = NULL;

	while (!s && (length = next_length(d, address->is_ipv6, length, address->length)) <=
			     address->length) {
		const struct key key = index_key_of_prefix(address, length++);

		s = index_find(d, which, &key, wanted, arg);
	}
	return s;
}

static const struct session *find(const struct directory *d, const struct pdp_prefix *address,
				  bool (*wanted)(const struct session *session, void *arg),
				  void *arg)
{
	return find_from(d, address, 0, wanted, arg);
}

struct session *directory_next_with_address(const struct directory *d,
					    const struct pdp_prefix *address,
					    const struct session *after)
{
	const enum directory_index which = index_of(address);
	struct pdp_prefix prefix = {0};
	unsigned length = after && index_prefix(after, which, &prefix) ? prefix.length : 0;
	struct session *s = NULL;

	for (; !s && (length = next_length(d, address->is_ipv6, length, address->length)) <=
			     address->length;
	     length++, after = NULL) {
		const struct key key = index_key_of_prefix(address, length);

		s = index_next(d, which, &key, after);
	}
	return s;
}

/* --- for workers --- */

struct question {
	const struct directory *directory;
	const struct session *own;
	uint32_t group; /* of the GGSN; 0: counts as every one */
};

static bool is_network_of(const struct session *network, const struct session *own)
{
	return CHAIN_READ(network->kind) == DIRECTORY_NETWORK && network->imsi == own->imsi &&
	       network->primary == own->primary;
}

static bool is_own_network(const struct session *s, void *arg)
{
	return is_network_of(s, arg);
}

bool directory_owns(const struct directory *d, const struct session *own,
		    const struct pdp_prefix *address)
{
	return CHAIN_READ(d->count[DIRECTORY_NETWORK]) != 0 &&
	       find(d, address, is_own_network, (void *)own) != NULL;
}

/* What own was before it was made anew: N-PDUs with that address are the same UE's. Without keys they would cross in
 * clear. */
static bool is_before(const struct session *ended, const struct session *own)
{
	return own && CHAIN_READ(own->kind) == DIRECTORY_PROTECTED &&
	       CHAIN_READ(ended->kind) == DIRECTORY_ENDED && ended->imsi == own->imsi &&
	       ended->primary == own->primary;
}

static bool is_guarded(const struct session *s, void *arg)
{
	const struct question *q = arg;
	uint32_t group;

	switch (CHAIN_READ(s->kind)) {
	case DIRECTORY_PROTECTED:
	case DIRECTORY_ENDED:
	case DIRECTORY_NETWORK:
		group = ggsn_group(q->directory, s);
		return s != q->own && !is_before(s, q->own) &&
		       (!q->group || !group || group == q->group);
	default:
		return false;
	}
}

/* Returns one more than the length of own's longest prefix that has address, be it a network. 0: none has. */
static unsigned own_length(const struct directory *d, const struct session *own,
			   const struct pdp_prefix *address)
{
	const struct session *network = NULL;
	struct pdp_prefix its;
	unsigned length = 0;

	if (CHAIN_READ(own->kind) != DIRECTORY_NETWORK &&
	    index_prefix(own, index_of(address), &its) && pdp_prefix_contains(&its, address))
		length = its.length + 1u;
	if (CHAIN_READ(d->count[DIRECTORY_NETWORK]) == 0)
		return length;
	while ((network = find_from(d, address, length, is_own_network, (void *)own)) != NULL &&
	       index_prefix(network, index_of(address), &its) && its.length >= length)
		length = its.length + 1u;
	return length;
}

static bool is_guarded_from_pdn(const struct session *s, void *arg)
{
	const struct question *q = arg;

	return is_guarded(s, arg) && (s->imsi != q->own->imsi || s->primary != q->own->primary);
}

/* A GGSN's N-PDU in a tunnel of another GGSN's session is not that session's, whatever its address. If another session has
 * a longer prefix with address in it, the GGSN routes address to that one. */
static bool is_own(struct question *q, const struct pdp_prefix *address)
{
	const struct directory *d = q->directory;
	const uint32_t group = q->own ? ggsn_group(d, q->own) : 0;
	unsigned length;

	if (!q->own || (q->group && group && group != q->group))
		return false;
	length = own_length(d, q->own, address);
	return length != 0 && !find_from(d, address, length, is_guarded_from_pdn, q);
}

/* arg: the session that has the address too. Contexts of one PDN have the same address. */
static bool is_anothers(const struct session *s, void *arg)
{
	const struct session *own = arg;
	const uint8_t kind = CHAIN_READ(s->kind);

	return kind != DIRECTORY_UNPROTECTED && kind != DIRECTORY_FREE &&
	       (s->imsi != own->imsi || s->primary != own->primary);
}

bool directory_is_alone(const struct directory *d, const struct session *own,
			const struct pdp_prefix *address)
{
	return !find(d, address, is_anothers, (void *)own);
}

/* Readers may have found that a session is alone with an address that s has now too. A prefix that is shorter than most
 * may have many sessions' in it. */
static bool shares_one(const struct directory *d, const struct session *s)
{
	struct pdp_prefix prefix;

	if (s->kind == DIRECTORY_UNPROTECTED)
		return false;
	if (index_prefix(s, INDEX_IPV4, &prefix) &&
	    (prefix.length < PDP_IPV4_BITS || !directory_is_alone(d, s, &prefix)))
		return true;
	return index_prefix(s, INDEX_IPV6, &prefix) &&
	       (prefix.length < PDP_IPV6_PREFIX || !directory_is_alone(d, s, &prefix));
}

bool directory_guards(const struct directory *d, const uint8_t ggsn[16],
		      const struct pdp_prefix *address, const struct session *own)
{
	const uint32_t gsn = gsns_find(d->gsns, ggsn);
	struct question q = {
		.directory = d, .own = own, .group = gsn ? gsns_group(d->gsns, gsn) : 0};

	if (is_own(&q, address))
		return false;
	return directory_is_overfull(d) || find(d, address, is_guarded, &q) != NULL;
}
