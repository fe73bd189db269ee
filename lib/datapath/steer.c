/* SPDX-License-Identifier: BSD-3-Clause */
/* steer: GTP-C to control, what is no G-PDU to the other port, and G-PDUs to the worker that owns
 * their tunnel. */
#include "datapath/worker.h"

/* A G-PDU of another worker's tunnel. Nothing of it is touched here. */
static void hand_over(struct datapath_worker *w, struct rte_mbuf *m, unsigned owner)
{
	const struct packet *p = packet_of(m);

	if (rte_ring_sp_enqueue(w->to[owner], m) != 0) {
		worker_drop(w, m, DATAPATH_DROP_HANDOVER_FULL);
		return;
	}
	worker_count(w, p->side, DATAPATH_HANDED_OVER);
}

uint16_t steer_packets(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *m = mbufs[i];
		struct packet *p = packet_of(m);
		unsigned owner;

		if (p->kind == PACKET_OTHER) {
			worker_count(w, p->side, DATAPATH_PASSED);
			worker_send(w, m);
			continue;
		}
		if (p->kind == PACKET_GTPC) {
			gtpc_divert(w, m);
			continue;
		}
		if (p->kind == PACKET_TOO_LONG) {
			worker_drop(w, m, DATAPATH_DROP_TOO_LONG);
			continue;
		}
		p->hash = tunnel_hash(&p->tunnel);
		owner = tunnel_owner(p->hash, w->config.workers);
		if (owner == w->config.worker) {
			tunnel_table_prefetch(w->table, p->hash);
			mbufs[kept++] = m;
		} else {
			hand_over(w, m, owner);
		}
	}
	return kept;
}
