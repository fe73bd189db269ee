/* SPDX-License-Identifier: BSD-3-Clause */
/* ggsn: the tunnels of sessions, and which GGSN a session is at. */
#include <errno.h>
#include <string.h>

#include "directory/internal.h"

struct tunnel directory_tunnel(const struct directory *d, const struct session_tunnel *t)
{
	struct tunnel tunnel = {.teid = t->teid};

	if (t->gsn != 0)
		memcpy(tunnel.receiver, gsns_address(d->gsns, t->gsn), sizeof(tunnel.receiver));
	return tunnel;
}

int directory_set_tunnel(struct directory *d, struct session_tunnel *t, const struct tunnel *value)
{
	static const struct tunnel none;
	const bool is_none = tunnel_has_same_receiver(value, &none);
	const struct session_tunnel tunnel = {
		.gsn = is_none ? 0 : gsns_take(d->gsns, value->receiver), .teid = value->teid};

	if (tunnel.gsn == 0 && !is_none)
		return -ENOMEM;
	gsns_give_back(d->gsns, t->gsn);
	CHAIN_WRITE(t->both, tunnel.both);
	return 0;
}

void directory_join_ggsn(struct directory *d, const uint8_t a[16], const uint8_t b[16])
{
	const uint32_t of_a = gsns_find(d->gsns, a), of_b = gsns_find(d->gsns, b);

	if (of_a != 0 && of_b != 0)
		gsns_join(d->gsns, of_a, of_b);
}

void directory_join_restored(struct directory *d, const struct session *s)
{
	const uint32_t control = s->control_ggsn.gsn, user = s->tunnel[E2M_UPLINK].gsn;

	if (control != 0 || user != 0)
		gsns_join(d->gsns, control ? control : user, user ? user : control);
}

uint32_t ggsn_group(const struct directory *d, const struct session *s)
{
	const uint64_t control = CHAIN_READ(s->control_ggsn.both);
	const uint64_t user = CHAIN_READ(s->tunnel[E2M_UPLINK].both);
	const struct session_tunnel c = {.both = control}, u = {.both = user};
	const uint32_t group = c.gsn ? gsns_group(d->gsns, c.gsn) : 0;

	return group || !u.gsn ? group : gsns_group(d->gsns, u.gsn);
}

bool directory_is_same_ggsn(const struct directory *d, const struct session *a,
			    const struct session *b)
{
	const uint32_t of_a = ggsn_group(d, a), of_b = ggsn_group(d, b);

	return of_a == 0 || of_b == 0 || of_a == of_b;
}

struct question {
	const struct directory *directory;
	uint32_t group; /* 0: counts as every one */
};

static bool is_barred_at(const struct session *s, void *arg)
{
	const struct question *q = arg;
	const uint32_t group = ggsn_group(q->directory, s);

	if (CHAIN_READ(s->kind) == DIRECTORY_UNPROTECTED && !s->is_barred)
		return false;
	return !q->group || !group || group == q->group;
}

bool directory_bars_teid(const struct directory *d, const struct tunnel *tunnel)
{
	const uint32_t gsn = gsns_find(d->gsns, tunnel->receiver);
	struct question q = {.directory = d, .group = gsn ? gsns_group(d->gsns, gsn) : 0};

	return index_find_teid(d, tunnel->teid, is_barred_at, &q) != NULL;
}
