/* SPDX-License-Identifier: BSD-3-Clause */
/* lookup: from (receiver, TEID) to flow. What has no flow is not ours and crosses unchanged; what has
 * one never crosses but by protect or open. */
#include <rte_branch_prediction.h>
#include <rte_prefetch.h>

#include "datapath/worker.h"

/* Uplink tunnels are known by who receives on the core side, downlink by who does on the access side:
 * a G-PDU that comes from where its receiver stands is not of that tunnel's direction. */
static bool comes_the_right_way(const struct packet *p, const struct flow *flow)
{
	return (flow->direction == E2M_UPLINK) == (p->side == DATAPATH_ACCESS);
}

static struct rte_mbuf *join(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow)
{
	if (packet_of(m)->kind == PACKET_FRAGMENT)
		m = reassemble_fragment(w, m, flow);
	if (m && packet_of(m)->kind == PACKET_GPDU_SEGMENTS)
		m = segments_join(w, m);
	return m;
}

/* What cannot go on to protect or open ends here, and what can does so whole and in one segment. NULL: it
 * ended, or waits. */
static struct rte_mbuf *admit(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow)
{
	const struct packet *p = packet_of(m);

	if (!flow || !comes_the_right_way(p, flow)) {
		worker_count(w, p->side, DATAPATH_PASSED);
		worker_send(w, m);
	} else if (flow->state != FLOW_LIVE) {
		worker_drop(w, m, DATAPATH_DROP_TUNNEL_REMOVED);
	} else if (p->kind == PACKET_BAD_GPDU) {
		worker_drop(w, m, DATAPATH_DROP_MALFORMED);
	} else {
		return join(w, m, flow);
	}
	return NULL;
}

static inline void prefetch_flow(const struct datapath_worker *w, struct flow *flow)
{
	rte_prefetch0(flow);
	rte_prefetch0(worker_keyset(w, flow, 0));
}

/* The key that the packet will most likely need: the next stage reads it. */
static inline void prefetch_key(const struct datapath_worker *w, struct flow *flow)
{
	const struct flow_keyset *keyset = worker_keyset(w, flow, flow->in_use);

	npdu_engine_prefetch(w->engine, keyset->key, keyset->hint);
}

uint16_t lookup_packets(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count)
{
	struct flow *guess[DATAPATH_BURST];
	uint16_t kept = 0;

	for (uint16_t i = 0; i < count; i++) {
		guess[i] = tunnel_table_guess(w->table, packet_of(mbufs[i])->hash);
		if (guess[i])
			prefetch_flow(w, guess[i]);
	}
	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *m = mbufs[i];
		struct packet *p = packet_of(m);
		struct flow *flow = guess[i];

		if (unlikely(!flow || !tunnel_is_equal(&flow->tunnel, &p->tunnel)))
			flow = tunnel_table_find(w->table, &p->tunnel, p->hash);
		if (likely(flow && comes_the_right_way(p, flow)))
			p->flow = flow;
		if (unlikely(!flow || flow->state != FLOW_LIVE || p->kind != PACKET_GPDU ||
			     !p->flow)) {
			m = admit(w, m, flow);
			if (!m)
				continue;
		}
		prefetch_key(w, flow);
		mbufs[kept++] = m;
	}
	return kept;
}
