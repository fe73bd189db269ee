/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/binding.h"

#include "control/apart.h"
#include "control/ended.h"
#include "control/journal.h"
#include "control/table.h"

/* --- GGSNs --- */

/* Returns false if there is no room for another address. The address of a GGSN is never forgotten: its
 * other sessions may use it although no session names it. */
static bool know_ggsn(struct session_store *store, const uint8_t *address)
{
	const uint32_t gsn = gsns_find(store->gsns, address);

	if (gsn != 0 && gsns_group(store->gsns, gsn) != 0)
		return true;
	if (store->ggsns == BINDING_GGSNS_MAX || gsns_take(store->gsns, address) == 0)
		return false;
	store->ggsns++;
	return true;
}

void binding_note_ggsn(struct session_store *store, const struct tunnel *addresses, unsigned count)
{
	const struct tunnel *first = NULL;

	for (unsigned i = 0; i < count; i++) {
		if (tunnel_is_none(&addresses[i]) || !know_ggsn(store, addresses[i].receiver))
			continue;
		first = first ? first : &addresses[i];
		directory_join_ggsn(store->directory, first->receiver, addresses[i].receiver);
	}
}

/* The group of the GGSN that target names. 0: none is known. */
static uint32_t group_of(const struct session_store *store, const struct change *t)
{
	const struct tunnel *at =
		tunnel_is_none(&t->control_ggsn) ? &t->tunnel[UP] : &t->control_ggsn;

	return gsns_group(store->gsns, gsns_find(store->gsns, at->receiver));
}

bool binding_is_other_ggsn(const struct session_store *store, const struct tunnel *a,
			   const struct tunnel *b)
{
	const uint32_t of_a = gsns_group(store->gsns, gsns_find(store->gsns, a->receiver));
	const uint32_t of_b = gsns_group(store->gsns, gsns_find(store->gsns, b->receiver));

	return of_a != 0 && of_b != 0 && of_a != of_b;
}

static uint32_t group_of_session(const struct session_store *store, const struct session *s)
{
	const uint32_t gsn = s->control_ggsn.gsn ? s->control_ggsn.gsn : s->tunnel[UP].gsn;

	return gsns_group(store->gsns, gsn);
}

static bool is_same_ggsn(const struct session_store *store, uint32_t group, const struct session *s)
{
	const uint32_t its = group_of_session(store, s);

	return group == 0 || its == 0 || its == group;
}

/* --- sessions with one address --- */

static bool is_live(const struct session *s)
{
	return s->kind == DIRECTORY_PROTECTED || s->kind == DIRECTORY_UNPROTECTED;
}

static bool has_other_apn(const struct session *a, const struct session *b)
{
	return a->apn != 0 && b->apn != 0 && a->apn != b->apn;
}

/* An ended session of the same PDN gives way as any other. */
static bool gives_way(const struct session_store *store, const struct session *other,
		      const struct session *s, uint32_t group)
{
	if (!is_same_ggsn(store, group, other))
		return false;
	if (other->kind == DIRECTORY_ENDED)
		return !has_other_apn(other, s) &&
		       !(other->is_doubtful && apart_is_same_pdn(other, s));
	return is_live(other) && !apart_is_same_pdn(other, s) && !has_other_apn(other, s);
}

static void lose(struct session_store *store, struct session *s, bool is_ipv6)
{
	struct pdp_address address = s->address;

	if (s->kind == DIRECTORY_ENDED) {
		ended_lose_address(store, s, is_ipv6);
		return;
	}
	if (apart_is_protected(s)) {
		control_count(store, SESSION_ADDRESSES_LOST);
		control_log_of(store, s, SESSION_LOG_WARNING,
			       "its IPv%c address is another session's now; its packets of that "
			       "version are dropped",
			       is_ipv6 ? '6' : '4');
	}
	pdp_address_unset(&address, is_ipv6, PDP_LOST);
	directory_set_address(store->directory, s, &address);
	journal_note(store, s);
}

static void take_from_others(struct session_store *store, const struct session *s, uint32_t group,
			     const struct pdp_prefix *prefix)
{
	const struct directory *d = store->directory;
	struct session *kept = NULL, *other;

	while ((other = directory_next_with_address(d, prefix, kept)) != NULL) {
		if (gives_way(store, other, s, group))
			lose(store, other, prefix->is_ipv6);
		else
			kept = other;
	}
}

static void set_of_pdn(struct session_store *store, const struct session *s,
		       const struct pdp_address *address)
{
	const struct e2m_imsi imsi = directory_imsi(s);

	for (struct session *other = NULL;
	     (other = table_next_of_subscriber(store, &imsi, other)) != NULL;) {
		if (other->primary != s->primary ||
		    memcmp(&other->address, address, sizeof(*address)) == 0)
			continue;
		directory_set_address(store->directory, other, address);
		journal_note(store, other);
	}
}

void binding_give(struct session_store *store, struct session *s, const struct change *t)
{
	const struct pdp_address *address = &t->address;
	const uint32_t group = group_of(store, t);
	struct pdp_prefix prefix;

	for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++)
		if (pdp_address_prefix(address, is_ipv6, &prefix))
			take_from_others(store, s, group, &prefix);
	set_of_pdn(store, s, address);
}

void binding_restore(struct session_store *store, struct session *s)
{
	const struct directory *d = store->directory;
	const uint32_t group = group_of_session(store, s);
	struct session *kept, *other;
	struct pdp_prefix prefix;

	for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
		kept = NULL;
		while (pdp_address_prefix(&s->address, is_ipv6, &prefix) &&
		       (other = directory_next_with_address(d, &prefix, kept)) != NULL) {
			if (!gives_way(store, other, s, group) || other->is_doubtful)
				kept = other;
			else if (is_live(other) && table_is_later(other->serial, s->serial))
				lose(store, s, is_ipv6);
			else
				lose(store, other, is_ipv6);
		}
	}
}

/* --- questions --- */

/* Its subscriber had protection there. */
static bool is_ended_of(const struct session *ended, const struct session *s)
{
	return ended->kind == DIRECTORY_ENDED && ended->imsi == s->imsi;
}

/* Networks are those of protected sessions. */
static bool is_network_of_other(const struct session *network, const struct session *s)
{
	return network->kind == DIRECTORY_NETWORK && !apart_is_same_pdn(network, s);
}

static bool has_protected(const struct session_store *store, const struct session *s,
			  uint32_t group, const struct pdp_prefix *prefix)
{
	const struct session *other = NULL;

	while ((other = directory_next_with_address(store->directory, prefix, other)) != NULL) {
		if ((apart_is_protected(other) || is_ended_of(other, s) ||
		     is_network_of_other(other, s)) &&
		    is_same_ggsn(store, group, other))
			return true;
	}
	return false;
}

uint8_t binding_primary(const struct session_store *store, const struct session *s,
			const struct change *t)
{
	const uint32_t group = group_of(store, t);
	const struct e2m_imsi imsi = directory_imsi(s);
	const struct session *other = NULL;

	while ((other = table_next_of_subscriber(store, &imsi, other)) != NULL)
		if (other != s && other->apn != 0 && other->apn == t->apn.number &&
		    is_same_ggsn(store, group, other) &&
		    apart_shares_address(&other->address, &t->address))
			return other->primary;
	return s->nsapi;
}

bool binding_bars(const struct session_store *store, const struct session *s,
		  const struct change *t)
{
	const uint32_t group = group_of(store, t);
	struct pdp_prefix prefix;

	for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++)
		if (pdp_address_prefix(&t->address, is_ipv6, &prefix) &&
		    has_protected(store, s, group, &prefix))
			return true;
	return false;
}
