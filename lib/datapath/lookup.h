/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lookup: from (receiver, TEID) to flow. What has no flow is not ours and crosses unchanged; what has
 * one never crosses but by protect or open. In two steps: a guess from the table alone, for the whole
 * burst, so that the flows are on their way; then flow by flow whether it is the one.
 */
#ifndef DATAPATH_LOOKUP_H
#define DATAPATH_LOOKUP_H

#include "datapath/worker.h"

/* Uplink tunnels are known by who receives on the core side, downlink by who does on the access side:
 * a G-PDU that comes from where its receiver stands is not of that tunnel's direction. */
static inline bool lookup_is_right_way(const struct packet *p, const struct flow *flow)
{
	return (flow->direction == E2M_UPLINK) == (p->side == DATAPATH_ACCESS);
}

/* What cannot go on to protect or open ends here, and what can does so whole and in one segment. NULL: it
 * ended, or waits. */
struct rte_mbuf *lookup_admit(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow);

/* The packets before this burst had to ask the directory, as all with IPv6 do. So this burst may have to. */
void lookup_fetch_sessions(struct datapath_worker *w, struct flow **guess, uint16_t count);

static inline void lookup_guess(struct datapath_worker *w, struct rte_mbuf *const *mbufs,
				struct flow **guess, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		guess[i] = tunnel_table_guess(w->table, packet_of(mbufs[i])->hash);
		if (likely(guess[i] != NULL)) {
			rte_prefetch0(guess[i]);
			rte_prefetch0(guess[i] + 1); /* its keysets' places */
		}
	}
	if (unlikely(w->asks_directory))
		lookup_fetch_sessions(w, guess, count);
}

/* Returns the packet, whole and with its flow, or NULL when it has ended or waits. */
static inline struct rte_mbuf *lookup_verify(struct datapath_worker *w, struct rte_mbuf *m,
					     struct flow *flow)
{
	struct packet *p = packet_of(m);

	if (unlikely(!flow || !tunnel_is_equal(&flow->tunnel, &p->tunnel)))
		flow = tunnel_table_find(w->table, &p->tunnel, p->hash);
	if (likely(flow && lookup_is_right_way(p, flow))) {
		p->flow = flow;
		if (likely(flow->state == FLOW_LIVE && p->kind == PACKET_GPDU))
			return m;
	}
	return lookup_admit(w, m, flow);
}

#endif
