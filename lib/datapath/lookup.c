/* SPDX-License-Identifier: BSD-3-Clause */
/* lookup: from (receiver, TEID) to flow. What has no flow is not ours and crosses unchanged; what has
 * one never crosses but by protect or open. */
#include "datapath/worker.h"

/* Uplink tunnels are known by who receives on the core side, downlink by who does on the access side:
 * a G-PDU that comes from where its receiver stands is not of that tunnel's direction. */
static bool comes_the_right_way(const struct packet *p, const struct flow *flow)
{
	return (flow->direction == E2M_UPLINK) == (p->side == DATAPATH_ACCESS);
}

/* Fragments too short to show a TEID cannot be told from those of a protected tunnel. */
static bool hides_its_tunnel(const struct packet *p)
{
	return p->kind == PACKET_FRAGMENT && p->tunnel.teid == 0;
}

uint16_t lookup_packets(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < count; i++)
		tunnel_table_prefetch_flow(w->table, packet_of(mbufs[i])->hash);
	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *m = mbufs[i];
		struct packet *p = packet_of(m);
		struct flow *flow = tunnel_table_find(w->table, &p->tunnel, p->hash);

		if (!flow && hides_its_tunnel(p)) {
			worker_drop(w, m, DATAPATH_DROP_FRAGMENT);
			continue;
		}
		if (!flow || !comes_the_right_way(p, flow)) {
			worker_count(w, p->side, DATAPATH_PASSED);
			worker_send(w, m);
			continue;
		}
		p->flow = flow;
		if (flow->state != FLOW_LIVE)
			worker_drop(w, m, DATAPATH_DROP_TUNNEL_REMOVED);
		else if (p->kind == PACKET_BAD_GPDU)
			worker_drop(w, m, DATAPATH_DROP_MALFORMED);
		else if (p->kind == PACKET_FRAGMENT)
			worker_drop(w, m, DATAPATH_DROP_FRAGMENT);
		else
			mbufs[kept++] = m;
	}
	return kept;
}
