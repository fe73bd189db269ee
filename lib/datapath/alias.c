/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * alias: a session that moves has two tunnels for a while (e2m.md 6, "the tunnel before the move"). One flow has the
 * keys and the COUNT. The other tunnel is an alias of this flow, in the worker that has it; the worker that owns the
 * other tunnel sends its packets there. This file releases what a tunnel held before it became an alias; lookup.c does
 * the rest.
 */
#include "datapath/worker.h"

static void go_on(struct datapath_worker *w, struct flow *flow, struct rte_mbuf *m)
{
	if (flow->state == FLOW_EXPECTED)
		hold_expected(w, flow, m);
	else if (!flow_is_live(flow))
		worker_drop(w, m, DATAPATH_DROP_TUNNEL_REMOVED);
	else if (flow->direction == E2M_UPLINK)
		open_packets(w, &m, 1);
	else
		protect_packets(w, &m, 1);
}

void alias_release(struct datapath_worker *w, struct flow *alias)
{
	struct flow *flow = alias->state == FLOW_ALIAS ? worker_flow(w, alias->target) : NULL;

	while (alias->hold != 0) {
		struct rte_mbuf *m = hold_take(w, alias);

		packet_of(m)->flow = flow;
		if (flow) {
			watch_packet(w, alias, flow, m);
			go_on(w, flow, m);
		} else {
			handover_packet(w, m, alias->target);
		}
	}
}
