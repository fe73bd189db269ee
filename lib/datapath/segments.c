/* SPDX-License-Identifier: BSD-3-Clause */
/* segments: a packet that comes in several mbufs, from a port or out of reassembly. The stages from prepare
 * on work in place and on one segment. */
#include "datapath/worker.h"

static bool has_room_for_all(const struct rte_mbuf *m)
{
	const uint32_t rest = rte_pktmbuf_pkt_len(m) - rte_pktmbuf_data_len(m);

	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1 &&
	       rte_pktmbuf_headroom(m) >= NPDU_HEADER_MAX + NPDU_HEADROOM &&
	       (uint32_t)(m->buf_len - m->data_off - m->data_len) >= rest + NPDU_MAC_MAX;
}

static bool fits_large(const struct datapath_worker *w, const struct rte_mbuf *m)
{
	return w->config.large && rte_pktmbuf_pkt_len(m) + RTE_PKTMBUF_HEADROOM + NPDU_MAC_MAX <=
					  rte_pktmbuf_data_room_size(w->config.large);
}

struct rte_mbuf *segments_copy(const struct datapath_worker *w, const struct rte_mbuf *m)
{
	return fits_large(w, m) ? rte_pktmbuf_copy(m, w->config.large, 0, UINT32_MAX) : NULL;
}

struct rte_mbuf *segments_join(struct datapath_worker *w, struct rte_mbuf *m)
{
	struct rte_mbuf *joined = m;

	if (!has_room_for_all(m) || rte_pktmbuf_linearize(m) != 0) {
		joined = segments_copy(w, m);
		if (!joined) {
			worker_drop(w, m,
				    fits_large(w, m) ? DATAPATH_DROP_NO_MBUF
						     : DATAPATH_DROP_TOO_LONG);
			return NULL;
		}
		*packet_of(joined) = *packet_of(m);
		rte_pktmbuf_free(m);
	}
	packet_of(joined)->kind = PACKET_GPDU;
	return joined;
}
