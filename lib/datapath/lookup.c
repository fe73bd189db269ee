/* SPDX-License-Identifier: BSD-3-Clause */
/* lookup: what is not a whole G-PDU of a live flow, in one segment. */
#include "datapath/lookup.h"

static struct rte_mbuf *join(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow)
{
	if (packet_of(m)->kind == PACKET_FRAGMENT)
		m = reassemble_fragment(w, m, flow);
	if (m && packet_of(m)->kind == PACKET_GPDU_SEGMENTS)
		m = segments_join(w, m);
	return m;
}

static void end_unknown(struct datapath_worker *w, struct rte_mbuf *m)
{
	if (w->config.drop_unknown) {
		worker_drop(w, m, DATAPATH_DROP_UNKNOWN_TEID);
		return;
	}
	worker_count(w, packet_of(m)->side, DATAPATH_UNKNOWN_TEID);
	worker_pass(w, m);
}

struct rte_mbuf *lookup_admit(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow)
{
	const struct packet *p = packet_of(m);

	if (!flow || !lookup_is_right_way(p, flow)) {
		end_unknown(w, m);
	} else if (flow->state == FLOW_CLEAR) {
		worker_pass(w, m);
	} else if (flow->state == FLOW_BARRED) {
		worker_drop(w, m, DATAPATH_DROP_POLICY);
	} else if (flow->state != FLOW_LIVE && flow->state != FLOW_EXPECTED) {
		worker_drop(w, m, DATAPATH_DROP_TUNNEL_REMOVED);
	} else if (p->kind == PACKET_BAD_GPDU) {
		worker_drop(w, m, DATAPATH_DROP_MALFORMED);
	} else {
		m = join(w, m, flow);
		if (!m || flow->state == FLOW_LIVE)
			return m;
		packet_of(m)->flow = flow;
		hold_expected(w, flow, m);
	}
	return NULL;
}

struct rte_mbuf *lookup_packet(struct datapath_worker *w, struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);

	if (unlikely(w->bypass)) {
		bypass_packet(w, m);
		return NULL;
	}
	return lookup_verify(w, m, tunnel_table_guess(w->table, p->hash));
}
