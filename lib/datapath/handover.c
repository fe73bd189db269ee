/* SPDX-License-Identifier: BSD-3-Clause */
/* handover: packets on their way to another worker: in bursts, through its ring. */
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

void handover_flush(struct datapath_worker *w)
{
	for (unsigned i = 0; i < w->away_count; i++)
		flush_one(w, w->away_to[i]);
	w->away_count = 0;
}

void handover_packet(struct datapath_worker *w, struct rte_mbuf *m, unsigned owner)
{
	struct worker_away *away = &w->away[owner];

	if (away->count == 0)
		w->away_to[w->away_count++] = (uint16_t)owner;
	away->mbufs[away->count++] = m;
	if (away->count == DATAPATH_BURST)
		handover_flush(w);
}

bool handover_away(struct datapath_worker *w, struct rte_mbuf *m, unsigned owner)
{
	if (owner == w->config.worker)
		return false;
	handover_packet(w, m, owner);
	return true;
}
