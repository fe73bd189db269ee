/* SPDX-License-Identifier: BSD-3-Clause */
/* index: the hash tables by which entries are found. */
#include <assert.h>
#include <rte_jhash.h>
#include <string.h>

#include "directory/internal.h"

/* --- keys --- */

struct key index_key_of_tunnel(const struct session_tunnel *t, uint8_t nsapi)
{
	return (struct key){.what = {t->both}, .more = nsapi};
}

/* 15 digits of four bits each, from the top down. 0xf stands for no digit. */
static uint64_t pack_imsi(const struct e2m_imsi *imsi)
{
	uint64_t packed = 0;

	for (size_t i = 0; i < sizeof(imsi->digits); i++)
		packed = packed << 4 | (imsi->digits[i] ? imsi->digits[i] & 0xf : 0xf);
	return packed;
}

struct e2m_imsi directory_imsi(const struct session *s)
{
	struct e2m_imsi imsi = {0};

	for (unsigned i = 0; i < E2M_IMSI_MAX_DIGITS; i++) {
		const unsigned digit = s->imsi >> (60 - 4 * i) & 0xf;
		if (digit > 9)
			break;
		imsi.digits[i] = (char)('0' + digit);
	}
	return imsi;
}

struct key index_key_of_subscriber(const struct e2m_imsi *imsi, uint8_t nsapi)
{
	return (struct key){.what = {pack_imsi(imsi)}, .more = nsapi};
}

struct key index_key_of_prefix(const struct pdp_prefix *prefix, unsigned length)
{
	struct key key = {.more = (uint8_t)length};
	uint32_t ipv4;

	if (prefix->is_ipv6) {
		memcpy(key.what, prefix->octets, sizeof(key.what));
		key.what[0] &= pdp_ipv6_mask(length, 0);
		key.what[1] &= pdp_ipv6_mask(length, 1);
	} else {
		memcpy(&ipv4, prefix->octets, sizeof(ipv4));
		key.what[0] = ipv4 & pdp_ipv4_mask(length);
	}
	return key;
}

/* The states are in the first word. address.c writes it last, so that a state that says BOUND comes with its
 * address. */
void directory_address(const struct session *s, struct pdp_address *address)
{
	const uint64_t words[3] = {CHAIN_ACQUIRE(s->address_words[0]),
				   CHAIN_READ(s->address_words[1]),
				   CHAIN_READ(s->address_words[2])};

	memcpy(address, words, sizeof(*address));
}

bool index_prefix(const struct session *s, enum directory_index which, struct pdp_prefix *prefix)
{
	const bool is_ipv6 = which == INDEX_IPV6;
	struct pdp_address address;

	if (CHAIN_READ(s->kind) == DIRECTORY_NETWORK) {
		*prefix = s->network;
		return prefix->is_ipv6 == is_ipv6;
	}
	*prefix = (struct pdp_prefix){.is_ipv6 = is_ipv6};
	directory_address(s, &address);
	if ((is_ipv6 ? address.ipv6_state : address.ipv4_state) != PDP_BOUND)
		return false;
	prefix->length = is_ipv6 ? address.ipv6_length : PDP_IPV4_BITS;
	memcpy(prefix->octets, is_ipv6 ? address.ipv6 : address.ipv4, is_ipv6 ? 16 : 4);
	return true;
}

/* Fills key with the session's key. Returns false if it has none: many such sessions would make one long list. */
static bool key_of(const struct session *s, enum directory_index which, struct key *key)
{
	struct pdp_prefix prefix;

	switch (which) {
	case INDEX_CONTROL_SGSN:
		*key = index_key_of_tunnel(&s->control_sgsn, s->nsapi);
		return s->control_sgsn.gsn != 0;
	case INDEX_CONTROL_GGSN:
		*key = index_key_of_tunnel(&s->control_ggsn, s->nsapi);
		return s->control_ggsn.gsn != 0 && s->control_ggsn.teid != 0;
	case INDEX_TUNNEL_UP:
	case INDEX_TUNNEL_DOWN:
		*key = index_key_of_tunnel(&s->tunnel[which - INDEX_TUNNEL_UP], 0);
		return s->tunnel[which - INDEX_TUNNEL_UP].gsn != 0;
	case INDEX_IPV4:
	case INDEX_IPV6:
		if (!index_prefix(s, which, &prefix))
			return false;
		*key = index_key_of_prefix(&prefix, prefix.length);
		return true;
	default:
		*key = (struct key){.what = {s->imsi}, .more = s->nsapi};
		return true;
	}
}

/* As a reader sees the session. */
static bool has_key(const struct session *s, enum directory_index which, const struct key *key)
{
	struct pdp_prefix prefix;
	struct key its;

	switch (which) {
	case INDEX_CONTROL_SGSN:
		return s->control_sgsn.both == key->what[0] && s->nsapi == key->more;
	case INDEX_CONTROL_GGSN:
		return s->control_ggsn.both == key->what[0] && s->nsapi == key->more;
	case INDEX_TUNNEL_UP:
	case INDEX_TUNNEL_DOWN:
		return CHAIN_READ(s->tunnel[which - INDEX_TUNNEL_UP].both) == key->what[0];
	case INDEX_IPV4:
	case INDEX_IPV6:
		if (!index_prefix(s, which, &prefix) || prefix.length != key->more)
			return false;
		its = index_key_of_prefix(&prefix, prefix.length);
		return its.what[0] == key->what[0] && its.what[1] == key->what[1];
	default:
		return s->imsi == key->what[0] && s->nsapi == key->more;
	}
}

/* --- lists --- */

/* The first of the lists with this TEID for uplink. */
static uint32_t lists_of_teid(const struct directory *d, uint32_t hash)
{
	const uint64_t groups = d->heads_count[INDEX_TUNNEL_UP] / INDEX_TEID_LISTS;

	return d->first_head[INDEX_TUNNEL_UP] + (uint32_t)(hash * groups >> 32) * INDEX_TEID_LISTS;
}

static uint32_t hash_teid(const struct directory *d, uint32_t teid)
{
	return rte_jhash_1word(teid, d->secret);
}

/* Many GGSNs give the same TEIDs. One list for each TEID would be long, so the GGSN chooses one of a few. */
static uint32_t list_of_uplink(const struct directory *d, const struct key *key)
{
	const struct session_tunnel t = {.both = key->what[0]};
	const uint32_t hash = hash_teid(d, t.teid);

	return lists_of_teid(d, hash) + (hash + t.gsn) % INDEX_TEID_LISTS;
}

static uint32_t list_of(const struct directory *d, enum directory_index which,
			const struct key *key)
{
	if (which == INDEX_TUNNEL_UP)
		return list_of_uplink(d, key);
	/* All contexts of a subscriber, or with one control tunnel, are in one list, for
	 * directory_next_of_subscriber and directory_next_of_control. */
	const uint32_t more = which >= INDEX_SUBSCRIBER ? 0 : key->more;
	const uint32_t words[] = {(uint32_t)key->what[0], (uint32_t)(key->what[0] >> 32),
				  (uint32_t)key->what[1], (uint32_t)(key->what[1] >> 32), more};
	const uint32_t hash = rte_jhash_32b(words, which == INDEX_IPV6 ? 5 : 2, d->secret + more);

	return d->first_head[which] + (uint32_t)((uint64_t)hash * d->heads_count[which] >> 32);
}

static void use_length(struct directory *d, const struct session *s, enum directory_index which,
		       int users)
{
	struct pdp_prefix prefix;
	uint64_t bit, *word;

	if ((which != INDEX_IPV4 && which != INDEX_IPV6) || !index_prefix(s, which, &prefix))
		return;
	word = &d->lengths[which - INDEX_IPV4][prefix.length / 64];
	bit = UINT64_C(1) << prefix.length % 64;
	d->length_users[which - INDEX_IPV4][prefix.length] += (uint32_t)users;
	if (d->length_users[which - INDEX_IPV4][prefix.length] > 0)
		__atomic_store_n(word, *word | bit, __ATOMIC_RELEASE);
	else
		CHAIN_WRITE(*word, *word & ~bit);
}

void directory_index(struct directory *d, struct session *s, enum directory_index which)
{
	struct key key;
	uint32_t list;

	assert(!(s->indexed >> which & 1));
	if (!key_of(s, which, &key))
		return;
	use_length(d, s, which, 1);
	list = list_of(d, which, &key);
	chain_put(&d->heads[list], &s->link[which], directory_id(d, s), list);
	s->indexed |= (uint8_t)(1 << which);
}

void directory_unindex(struct directory *d, struct session *s, enum directory_index which)
{
	const uint32_t id = directory_id(d, s);
	struct key key;
	uint32_t *at;

	if (!(s->indexed >> which & 1) || !key_of(s, which, &key))
		return;
	at = &d->heads[list_of(d, which, &key)];
	while (*at != id)
		at = &place_of(d, *at)->link[which];
	CHAIN_WRITE(*at, s->link[which]);
	s->indexed &= (uint8_t) ~(1 << which);
	use_length(d, s, which, -1);
}

typedef bool key_test(const struct session *session, enum directory_index which,
		      const struct key *key);

static inline struct session *find_in(const struct directory *d, enum directory_index which,
				      uint32_t list, const struct key *key, key_test *has,
				      bool (*wanted)(const struct session *session, void *arg),
				      void *arg)
{
	uint32_t id = chain_first(&d->heads[list], list);

	while (!chain_is_end(id, list)) {
		if (chain_is_entry(id)) {
			struct session *s = place_of(d, id);

			if (has(s, which, key) && (!wanted || wanted(s, arg)))
				return s;
			id = CHAIN_ACQUIRE(s->link[which]);
		} else {
			id = chain_first(&d->heads[list], list);
		}
	}
	return NULL;
}

struct session *index_find(const struct directory *d, enum directory_index which,
			   const struct key *key,
			   bool (*wanted)(const struct session *session, void *arg), void *arg)
{
	return find_in(d, which, list_of(d, which, key), key, has_key, wanted, arg);
}

static bool has_teid(const struct session *s, enum directory_index which, const struct key *key)
{
	const struct session_tunnel its = {
		.both = CHAIN_READ(s->tunnel[which - INDEX_TUNNEL_UP].both)};

	return its.gsn != 0 && its.teid == key->what[0];
}

struct session *index_find_teid(const struct directory *d, uint32_t teid,
				bool (*wanted)(const struct session *session, void *arg), void *arg)
{
	const struct key key = {.what = {teid}};
	const uint32_t first = lists_of_teid(d, hash_teid(d, teid));
	struct session *s = NULL;

	for (uint32_t i = 0; !s && i < INDEX_TEID_LISTS; i++)
		s = find_in(d, INDEX_TUNNEL_UP, first + i, &key, has_teid, wanted, arg);
	return s;
}

struct session *index_next(const struct directory *d, enum directory_index which,
			   const struct key *key, const struct session *after)
{
	const uint32_t list = list_of(d, which, key);
	uint32_t id = after ? after->link[which] : chain_first(&d->heads[list], list);

	while (chain_is_entry(id) && !has_key(place_of(d, id), which, key))
		id = place_of(d, id)->link[which];
	return chain_is_entry(id) ? place_of(d, id) : NULL;
}

/* --- searches by subscriber and tunnel --- */

static bool is_session(const struct session *s, void *arg)
{
	(void)arg;
	return s->kind == DIRECTORY_PROTECTED || s->kind == DIRECTORY_UNPROTECTED;
}

struct session *directory_find_subscriber(const struct directory *d, const struct e2m_imsi *imsi,
					  uint8_t nsapi)
{
	const struct key key = index_key_of_subscriber(imsi, nsapi);

	return index_find(d, INDEX_SUBSCRIBER, &key, is_session, NULL);
}

struct session *directory_next_of_subscriber(const struct directory *d, const struct e2m_imsi *imsi,
					     const struct session *after)
{
	const struct key key = index_key_of_subscriber(imsi, 0);
	const uint32_t list = list_of(d, INDEX_SUBSCRIBER, &key);
	uint32_t id = after ? after->link[INDEX_SUBSCRIBER] : chain_first(&d->heads[list], list);

	for (; chain_is_entry(id); id = place_of(d, id)->link[INDEX_SUBSCRIBER]) {
		struct session *s = place_of(d, id);

		if (s->imsi == key.what[0] && is_session(s, NULL))
			return s;
	}
	return NULL;
}

struct session *directory_next_claim(const struct directory *d, const struct session *of,
				     const struct session *after)
{
	const struct key key = {.what = {of->imsi}, .more = of->nsapi};
	struct session *s = index_next(d, INDEX_SUBSCRIBER, &key, after);

	while (s && s->kind != DIRECTORY_ENDED)
		s = index_next(d, INDEX_SUBSCRIBER, &key, s);
	return s;
}

struct session *directory_next_of_control(const struct directory *d, enum directory_index which,
					  const struct tunnel *tunnel, const struct session *after)
{
	const struct session_tunnel known = {.gsn = gsns_find(d->gsns, tunnel->receiver),
					     .teid = tunnel->teid};
	const struct key key = index_key_of_tunnel(&known, 0);
	const uint32_t list = list_of(d, which, &key);
	uint32_t id = after ? after->link[which] : chain_first(&d->heads[list], list);

	for (; known.gsn != 0 && chain_is_entry(id); id = place_of(d, id)->link[which]) {
		struct session *s = place_of(d, id);
		const struct session_tunnel *its =
			which == INDEX_CONTROL_SGSN ? &s->control_sgsn : &s->control_ggsn;

		if (its->both == known.both)
			return s;
	}
	return NULL;
}

/* If several claim a tunnel, a protected session comes first, and an ended one last. */
static bool is_protected(const struct session *s, void *best)
{
	const struct session **other = best;
	const uint8_t kind = CHAIN_READ(s->kind);

	if (kind == DIRECTORY_UNPROTECTED || (kind == DIRECTORY_ENDED && !*other))
		*other = s;
	return kind == DIRECTORY_PROTECTED;
}

static struct session *find_by(const struct directory *d, enum directory_index which,
			       const struct tunnel *tunnel, uint8_t nsapi,
			       bool (*is_best)(const struct session *session, void *best))
{
	const struct session_tunnel known = {.gsn = gsns_find(d->gsns, tunnel->receiver),
					     .teid = tunnel->teid};
	const struct key key = index_key_of_tunnel(&known, nsapi);
	struct session *other = NULL, *s;

	if (known.gsn == 0)
		return NULL;
	s = index_find(d, which, &key, is_best, &other);
	return s ? s : other;
}

struct session *directory_find_by(const struct directory *d, enum directory_index which,
				  const struct tunnel *tunnel, uint8_t nsapi)
{
	return find_by(d, which, tunnel, nsapi, is_protected);
}

struct session *directory_next_of_tunnel(const struct directory *d, const struct tunnel *tunnel,
					 unsigned direction, const struct session *after)
{
	const struct session_tunnel known = {.gsn = gsns_find(d->gsns, tunnel->receiver),
					     .teid = tunnel->teid};
	const struct key key = index_key_of_tunnel(&known, 0);

	return known.gsn ? index_next(d, INDEX_TUNNEL_UP + direction, &key, after) : NULL;
}

/* As control finds it, but for a tunnel that an ended session bars. */
static bool is_protected_or_bars(const struct session *s, void *best)
{
	return (CHAIN_READ(s->kind) == DIRECTORY_ENDED && s->is_barred) || is_protected(s, best);
}

const struct session *directory_find_tunnel(const struct directory *d, const struct tunnel *tunnel,
					    unsigned direction)
{
	return find_by(d, INDEX_TUNNEL_UP + direction, tunnel, 0, is_protected_or_bars);
}
