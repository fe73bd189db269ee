/* SPDX-License-Identifier: BSD-3-Clause */
/* steer: GTP-C to control, what is no G-PDU to the other port, and G-PDUs to the worker that owns
 * their tunnel. */
#include "datapath/owner.h"
#include "datapath/worker.h"

/* What the ring has no room for is dropped; what it took is the other's, and no longer looked at. */
static void flush_one(struct datapath_worker *w, unsigned owner)
{
	struct worker_away *away = &w->away[owner];
	uint16_t from_core = 0;
	unsigned taken = RTE_MIN(rte_ring_free_count(w->to[owner]), away->count);

	for (unsigned i = 0; i < taken; i++)
		from_core += packet_of(away->mbufs[i])->side == DATAPATH_CORE;
	for (unsigned i = taken; i < away->count; i++)
		worker_drop(w, away->mbufs[i], DATAPATH_DROP_HANDOVER_FULL);
	/* Nobody else puts anything in, so there is room for at least so many. */
	rte_ring_sp_enqueue_bulk(w->to[owner], (void *const *)away->mbufs, taken, NULL);
	w->counters[DATAPATH_CORE].value[DATAPATH_HANDED_OVER] += from_core;
	w->counters[DATAPATH_ACCESS].value[DATAPATH_HANDED_OVER] += taken - from_core;
	away->count = 0;
}

void steer_flush(struct datapath_worker *w)
{
	for (unsigned i = 0; i < w->away_count; i++)
		flush_one(w, w->away_to[i]);
	w->away_count = 0;
}

static inline void hand_over(struct datapath_worker *w, struct rte_mbuf *m, unsigned owner)
{
	struct worker_away *away = &w->away[owner];

	if (away->count == 0)
		w->away_to[w->away_count++] = (uint16_t)owner;
	away->mbufs[away->count++] = m;
	if (away->count == DATAPATH_BURST)
		steer_flush(w);
}

bool steer_away(struct datapath_worker *w, struct rte_mbuf *m, unsigned owner)
{
	if (owner == w->config.worker)
		return false;
	hand_over(w, m, owner);
	return true;
}

/* What has no tunnel, or none yet. Returns the G-PDU that became whole by it. */
static struct rte_mbuf *steer_other(struct datapath_worker *w, struct rte_mbuf *m, struct packet *p)
{
	switch ((enum packet_kind)p->kind) {
	case PACKET_GTPC:
		gtpc_divert(w, m);
		break;
	case PACKET_FIRST:
	case PACKET_PART:
		p->hash = gather_hash(m);
		if (!steer_away(w, m, owner_by_hash(p->hash, w->config.workers)))
			return gather_fragment(w, m);
		break;
	case PACKET_GTPV0:
		worker_drop(w, m, DATAPATH_DROP_GTPV0);
		break;
	case PACKET_TOO_LONG:
		worker_drop(w, m, DATAPATH_DROP_TOO_LONG);
		break;
	default:
		worker_pass(w, m);
		break;
	}
	return NULL;
}

uint16_t steer_packets(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *m = mbufs[i];
		struct packet *p = packet_of(m);

		if (unlikely(p->kind != PACKET_GPDU && p->kind != PACKET_GPDU_SEGMENTS &&
			     p->kind != PACKET_BAD_GPDU)) {
			m = steer_other(w, m, p);
			if (m)
				mbufs[kept++] = m;
			continue;
		}
		const unsigned owner = tunnel_owner(p->tunnel.teid, w->config.workers);
		if (likely(owner == w->config.worker))
			mbufs[kept++] = m;
		else
			hand_over(w, m, owner);
	}
	steer_flush(w);
	return kept;
}
