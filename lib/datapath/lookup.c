/* SPDX-License-Identifier: BSD-3-Clause */
/* lookup: what is not a whole G-PDU of a live flow, in one segment. */
#include "datapath/lookup.h"

#include "datapath/binding.h"
#include "datapath/clear.h"

static struct rte_mbuf *join(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow)
{
	if (packet_of(m)->kind == PACKET_FRAGMENT)
		m = reassemble_fragment(w, m, flow);
	if (m && packet_of(m)->kind == PACKET_GPDU_SEGMENTS)
		m = segments_join(w, m);
	return m;
}

/* One that has a session, which moves, holds no N-PDU of another. */
static void hold(struct datapath_worker *w, struct flow *flow, struct rte_mbuf *m)
{
	if (flow->session == 0 || flow->direction == E2M_UPLINK ||
	    binding_admits_packet(w, flow, m))
		hold_expected(w, flow, m);
	else
		worker_drop(w, m, DATAPATH_DROP_WRONG_ADDRESS);
}

/* A G-PDU of a flow that protects, or holds, or is an alias of such a flow. Returns it when it can go on. */
static struct rte_mbuf *admit_to(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow)
{
	struct flow *protects = flow->state == FLOW_ALIAS ? worker_flow(w, flow->target) : flow;

	m = join(w, m, flow);
	if (!m)
		return NULL;
	packet_of(m)->flow = protects;
	watch_packet(w, flow, protects, m);
	if (flow_is_live(protects))
		return m;
	if (protects->state == FLOW_EXPECTED)
		hold(w, protects, m);
	else
		worker_drop(w, m, DATAPATH_DROP_TUNNEL_REMOVED);
	return NULL;
}

struct rte_mbuf *lookup_admit(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow)
{
	const struct packet *p = packet_of(m);

	if (!flow || !lookup_is_right_way(p, flow)) {
		clear_end(w, m);
	} else if (flow->state == FLOW_CLEAR) {
		if (clear_admits(w, m))
			worker_pass(w, m);
	} else if (flow->state == FLOW_BARRED) {
		if (p->kind == PACKET_GPDU)
			watch_packet(w, flow, flow, m);
		worker_drop(w, m, DATAPATH_DROP_POLICY);
	} else if (flow->state == FLOW_STOPPED) {
		worker_drop(w, m, DATAPATH_DROP_TUNNEL_REMOVED);
	} else if (p->kind == PACKET_BAD_GPDU) {
		worker_drop(w, m, DATAPATH_DROP_MALFORMED);
	} else if (flow->state == FLOW_FORWARD) {
		handover_packet(w, m, flow->target);
	} else {
		return admit_to(w, m, flow);
	}
	return NULL;
}

void lookup_fetch_sessions(struct datapath_worker *w, struct flow **guess, uint16_t count)
{
	w->asks_directory = false;
	for (uint16_t i = 0; i < count; i++)
		if (guess[i])
			directory_prefetch(w->directory, guess[i]->session);
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
