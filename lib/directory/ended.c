/* SPDX-License-Identifier: BSD-3-Clause */
/* ended: what guards addresses and tunnels without being a session: ended sessions, and networks behind a UE. */
#include "directory/internal.h"

/* A copy of session's GGSN, for an entry without tunnels of its own. */
static void set_ggsn(struct directory *d, struct session *entry, const struct session *s)
{
	const uint32_t gsn = s->control_ggsn.gsn ? s->control_ggsn.gsn : s->tunnel[E2M_UPLINK].gsn;

	gsns_take_again(d->gsns, gsn);
	CHAIN_WRITE(entry->control_ggsn.both, (struct session_tunnel){.gsn = gsn}.both);
}

/* --- networks --- */

struct session *directory_add_network(struct directory *d, const struct session *s,
				      const struct pdp_prefix *network)
{
	const struct e2m_imsi imsi = directory_imsi(s);
	/* No context has NSAPI 0, so that none is taken for a network. */
	struct session *entry = directory_add(d, DIRECTORY_NETWORK, &imsi, 0);

	if (!entry)
		return NULL;
	entry->primary = s->primary;
	entry->network = *network;
	set_ggsn(d, entry, s);
	directory_index(d, entry, network->is_ipv6 ? INDEX_IPV6 : INDEX_IPV4);
	address_begin_generation(
		d); /* a reader may have found a session alone with an address in it */
	return entry;
}

struct session *directory_next_network(const struct directory *d, const struct session *s,
				       const struct session *after)
{
	const struct e2m_imsi imsi = directory_imsi(s);
	const struct key key = index_key_of_subscriber(&imsi, 0);
	struct session *network = (struct session *)after;

	do
		network = index_next(d, INDEX_SUBSCRIBER, &key, network);
	while (network && (network->kind != DIRECTORY_NETWORK || network->primary != s->primary));
	return network;
}

/* --- ended sessions --- */

static bool has_address(const struct session *s)
{
	return pdp_address_is_bound(&s->address);
}

struct session *directory_leave_ended(struct directory *d, const struct session *s)
{
	const struct e2m_imsi imsi = directory_imsi(s);
	struct session *ended;

	if (!s->tunnel[0].gsn && !s->tunnel[1].gsn && !has_address(s))
		return NULL;
	ended = directory_add(d, DIRECTORY_ENDED, &imsi, s->nsapi);
	if (!ended) {
		directory_set_overfull(d);
		return NULL;
	}
	ended->serial = s->serial;
	ended->primary = s->primary;
	set_ggsn(d, ended, s);
	for (unsigned direction = 0; direction < 2; direction++) {
		gsns_take_again(d->gsns, s->tunnel[direction].gsn);
		CHAIN_WRITE(ended->tunnel[direction].both, s->tunnel[direction].both);
		directory_index(d, ended, INDEX_TUNNEL_UP + direction);
	}
	directory_set_address(d, ended, &s->address);
	return ended;
}

static bool has_nothing(const struct session *s)
{
	return !s->tunnel[0].gsn && !s->tunnel[1].gsn && !has_address(s);
}

bool directory_ended_lost_tunnel(struct directory *d, struct session *ended, unsigned direction)
{
	struct session_tunnel *t = &ended->tunnel[direction];

	directory_unindex(d, ended, INDEX_TUNNEL_UP + direction);
	gsns_give_back(d->gsns, t->gsn);
	CHAIN_WRITE(t->both, 0);
	return has_nothing(ended);
}

bool directory_ended_lost_address(struct directory *d, struct session *ended, bool is_ipv6)
{
	struct pdp_address address = ended->address;

	pdp_address_unset(&address, is_ipv6, PDP_EXCLUDED);
	directory_set_address(d, ended, &address);
	return has_nothing(ended);
}
