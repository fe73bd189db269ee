/* SPDX-License-Identifier: BSD-3-Clause */
/* watch: control hears of the first N-PDU in a tunnel (command.h, WATCH_FLOW). It shows that the GGSN uses the tunnel. */
#include "datapath/binding.h"

void watch_flow(struct flow *flow)
{
	if (flow->state == FLOW_LIVE)
		flow->state = FLOW_WATCHED;
	else if (flow->state != FLOW_WATCHED)
		flow->is_watched = true;
}

static void stop(struct flow *flow)
{
	flow->is_watched = false;
	if (flow->state == FLOW_WATCHED)
		flow->state = FLOW_LIVE;
}

void watch_note(struct datapath_worker *w, struct flow *flow, struct flow *protects,
		struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);
	const struct datapath_event event = {.kind = DATAPATH_FIRST_NPDU,
					     .flow = worker_flow_number(w, flow),
					     .session = protects->session};

	if (flow->direction != E2M_DOWNLINK || !tunnel_is_equal(&p->tunnel, &flow->tunnel) ||
	    !binding_admits_packet(w, protects, m))
		return;
	/* Without room for the event, the next N-PDU posts it. */
	if (worker_post(w, &event))
		stop(flow);
}
