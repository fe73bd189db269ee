/* SPDX-License-Identifier: BSD-3-Clause */
/* steer: GTP-C to control, what is no G-PDU to the other port, and G-PDUs to the worker that owns
 * their tunnel. */
#include "datapath/owner.h"
#include "datapath/worker.h"

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
		if (!handover_away(w, m, owner_by_hash(p->hash, w->config.workers)))
			return gather_fragment(w, m);
		break;
	case PACKET_GTPV0:
		worker_drop(w, m, DATAPATH_DROP_GTPV0);
		break;
	case PACKET_BAD_GTPC:
		worker_drop(w, m, DATAPATH_DROP_MALFORMED);
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
			handover_packet(w, m, owner);
	}
	handover_flush(w);
	return kept;
}
