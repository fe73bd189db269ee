/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bypass: maintenance. Nothing is protected, opened, held or reassembled, and no COUNT is used. Packets cross unless they
 * are in a tunnel of a protected session, or have the address of one. Those are dropped: downlink they are in clear, and
 * the access side must not see them so; uplink nobody beyond could read them. Fragments still wait for the first of
 * their datagram, and GTP-C still goes by way of control: otherwise the tunnels would not be known.
 */
#include "datapath/clear.h"
#include "datapath/lookup.h"

void bypass_packet(struct datapath_worker *w, struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);
	struct flow *flow = tunnel_table_find(w->table, &p->tunnel, p->hash);

	if (!flow || !lookup_is_right_way(p, flow) || flow->state == FLOW_CLEAR) {
		clear_end_in_bypass(w, m);
		return;
	}
	p->flow = flow;
	worker_drop(w, m, DATAPATH_DROP_BYPASS);
}

void bypass_received(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		bypass_packet(w, mbufs[i]);
}

void bypass_set(struct datapath_worker *w, bool is_on)
{
	w->bypass = is_on;
	while (is_on && !TAILQ_EMPTY(&w->holding))
		hold_drop(w, TAILQ_FIRST(&w->holding)->flow, DATAPATH_DROP_BYPASS);
}
