/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gather: fragments of UDP datagrams, and over IPv6 of all datagrams: there, too, the first alone tells the protocol.
 * Only the first tells the tunnel, so the others wait until it has come, and then go the way that it goes: across if
 * the datagram is no G-PDU of a protected tunnel, else not. Those of GTP-C wait until all have come, and go by way of
 * control. In no case does a fragment cross that might be a part of a protected tunnel's G-PDU in clear.
 */
#include <rte_hash_crc.h>
#include <string.h>

#include "datapath/clear.h"
#include "datapath/owner.h"
#include "datapath/tunnel_hash.h"
#include "datapath/worker.h"

static void make_key(struct rte_mbuf *m, struct gather_key *key)
{
	const struct packet *p = packet_of(m);
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->l3);
	struct tunnel source;

	if (p->is_ipv6)
		tunnel_set_ipv6(&source, ip + 8);
	else
		tunnel_set_ipv4(&source, ip + 12);
	memcpy(key->source, source.receiver, sizeof(key->source));
	memcpy(key->receiver, p->tunnel.receiver, sizeof(key->receiver));
	key->datagram = p->datagram;
	key->side = p->side;
}

uint32_t gather_hash(struct rte_mbuf *m)
{
	struct gather_key key;
	uint32_t hash;

	make_key(m, &key);
	hash = rte_hash_crc(key.source, sizeof(key.source) + sizeof(key.receiver), key.side);
	return rte_hash_crc_4byte(key.datagram, hash);
}

/* --- where a fragment goes once the first has told --- */

/* The home network sends no fragments that could make GTP-C out of what control has not read. */
static bool is_from_attacker(const struct gather *g)
{
	return g->key.side == DATAPATH_ACCESS;
}

/* Returns what has become whole by it. */
static struct rte_mbuf *go(struct datapath_worker *w, const struct gather *g, struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);

	/* RFC 1858, RFC 5722: one that reaches into what the first has told could tell otherwise. */
	if (g->says == SAYS_NOTHING ||
	    (p->kind == PACKET_PART && p->fragment.offset < g->told_by)) {
		worker_drop(w, m, DATAPATH_DROP_FRAGMENT);
		return NULL;
	}
	if (g->says == SAYS_GTPV0) {
		worker_drop(w, m, DATAPATH_DROP_GTPV0);
		return NULL;
	}
	if (is_from_attacker(g) && !names_admit(w, &g->key, g->crosses)) {
		worker_drop(w, m, DATAPATH_DROP_FRAGMENT);
		return NULL;
	}
	if (g->says != SAYS_GPDU) {
		worker_pass(w, m);
		return NULL;
	}
	p->kind = PACKET_FRAGMENT;
	p->fragment.inner = g->inner;
	p->tunnel.teid = g->teid;
	p->hash = tunnel_hash(&p->tunnel);
	if (handover_away(w, m, tunnel_owner(g->teid, w->config.workers)))
		return NULL;
	return lookup_packet(w, m);
}

/* --- waiting --- */

static struct rte_mbuf *take_first(struct datapath_worker *w, struct gather *g)
{
	struct rte_mbuf *m = g->first;

	g->first = packet_of(m)->next;
	w->gather_held[g->key.side]--;
	return m;
}

static bool has_room(const struct datapath_worker *w, unsigned side)
{
	const uint32_t *held = w->gather_held;

	return held[DATAPATH_ACCESS] + held[DATAPATH_CORE] < GATHER_HELD_MAX &&
	       (side != DATAPATH_ACCESS || held[side] < GATHER_HELD_ACCESS);
}

static void wait(struct datapath_worker *w, struct gather *g, struct rte_mbuf *m)
{
	if (!has_room(w, g->key.side)) {
		worker_drop(w, m, DATAPATH_DROP_FRAGMENT);
		return;
	}
	packet_of(m)->next = NULL;
	if (g->first)
		packet_of(g->last)->next = m;
	else
		g->first = m;
	g->last = m;
	w->gather_held[g->key.side]++;
}

static void forget(struct datapath_worker *w, struct gather *g)
{
	while (g->first)
		worker_drop(w, take_first(w, g), DATAPATH_DROP_FRAGMENT);
	TAILQ_REMOVE(&w->gathers_by_age, g, age);
	g->in_use = false;
}

void gather_expire(struct datapath_worker *w)
{
	struct gather *g;

	while ((g = TAILQ_FIRST(&w->gathers_by_age)) != NULL &&
	       unlikely(w->now - g->since > w->gather_tsc))
		forget(w, g);
}

void gather_drop_all(struct datapath_worker *w)
{
	while (!TAILQ_EMPTY(&w->gathers_by_age))
		forget(w, TAILQ_FIRST(&w->gathers_by_age));
}

/* --- datagrams --- */

static struct gather *find(struct datapath_worker *w, const struct gather_key *key, uint32_t hash)
{
	struct gather *ways = &w->gathers[hash & (GATHER_DATAGRAMS - GATHER_WAYS)];
	struct gather *place = ways;

	for (unsigned i = 0; i < GATHER_WAYS; i++) {
		struct gather *g = &ways[i];
		if (g->in_use && memcmp(&g->key, key, sizeof(*key)) == 0)
			return g;
		if (place->in_use && (!g->in_use || g->since < place->since))
			place = g;
	}
	if (place->in_use)
		forget(w, place);
	*place = (struct gather){.key = *key, .since = w->now, .in_use = true};
	TAILQ_INSERT_TAIL(&w->gathers_by_age, place, age);
	return place;
}

/* The first may come again: what it says last is what the others go by. GTP-C stays GTP-C: its fragments wait
 * for each other. */
static void take_word(const struct datapath_worker *w, struct gather *g, struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);

	if (g->says == SAYS_GTPC)
		return;
	g->is_told = true;
	g->says = p->fragment.says;
	g->told_by = p->fragment.told_by;
	g->inner = g->says == SAYS_GPDU ? clear_judge_first(w, m) : INNER_HIDDEN;
	g->crosses = g->says != SAYS_GPDU || clear_may_cross(w, p);
	g->teid = p->tunnel.teid;
}

static void note_octets(struct gather *g, const struct packet_fragment *f, bool is_last)
{
	g->octets += f->octets;
	if (is_last)
		g->total = (uint32_t)f->offset + f->octets;
}

/* Then its identification may come to be used for another. */
static bool is_complete(const struct gather *g)
{
	return g->is_told && g->total > 0 && g->octets >= g->total;
}

/* It is known where each fragment goes by itself. */
static bool has_way(const struct gather *g)
{
	return g->is_told && g->says != SAYS_GTPC;
}

/* The fragments go by way of control, together. If they make no datagram, they wait for forget. */
static void divert_whole(struct datapath_worker *w, struct gather *g)
{
	struct rte_mbuf *whole = g->first ? gtpc_fragments_join(w, g->first, g->total) : NULL;

	if (!whole)
		return;
	if (is_from_attacker(g) && !names_admit_gtpc(w, &g->key)) {
		rte_pktmbuf_free(whole);
		return;
	}
	gtpc_divert_fragments(w, g->first, whole);
	g->first = NULL;
}

struct rte_mbuf *gather_fragment(struct datapath_worker *w, struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);
	struct rte_mbuf *whole = NULL;
	struct gather_key key;
	struct gather *g;

	make_key(m, &key);
	g = find(w, &key, p->hash);
	if (p->kind == PACKET_FIRST)
		take_word(w, g, m);
	note_octets(g, &p->fragment, p->is_last);
	if (has_way(g))
		whole = go(w, g, m);
	else
		wait(w, g, m);
	while (has_way(g) && g->first) {
		struct rte_mbuf *other = go(w, g, take_first(w, g));
		whole = other ? other : whole;
	}
	if (is_complete(g)) {
		if (g->says == SAYS_GTPC)
			divert_whole(w, g);
		forget(w, g);
	}
	return whole;
}
