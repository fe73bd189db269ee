/* SPDX-License-Identifier: BSD-3-Clause */
/* hold: packets whose keyset is on its way. Bounded per flow, in all, and in time; what overflows is
 * dropped oldest first; what the key comes in time for goes on in order. */
#include "datapath/worker.h"

/* Flows looked at in one round of hold_expire. */
#define EXPIRE_FLOWS 8

static void post_miss(struct datapath_worker *w, struct flow *flow, unsigned slot)
{
	struct datapath_event event = {.kind = DATAPATH_MISS,
				       .slot = (uint8_t)slot,
				       .flow = worker_flow_number(w, flow),
				       .session = flow->session};

	if (!(flow->missed & 1 << slot) && worker_post(w, &event))
		flow->missed |= (uint8_t)(1 << slot);
}

static struct rte_mbuf *take_oldest(struct datapath_worker *w, struct flow *flow)
{
	struct rte_mbuf *m = flow->hold_first;

	flow->hold_first = packet_of(m)->next;
	flow->held--;
	w->held--;
	if (!flow->hold_first) {
		flow->hold_last = NULL;
		TAILQ_REMOVE(&w->holding, flow, holding);
	}
	return m;
}

static void make_place(struct datapath_worker *w, struct flow *flow)
{
	if (flow->held >= w->config.hold_packets_per_flow)
		worker_drop(w, take_oldest(w, flow), DATAPATH_DROP_HOLD_OVERFLOW);
	else if (w->held >= w->config.hold_packets_total)
		worker_drop(w, take_oldest(w, TAILQ_FIRST(&w->holding)),
			    DATAPATH_DROP_HOLD_OVERFLOW);
}

void hold_packet(struct datapath_worker *w, struct flow *flow, unsigned slot, struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);

	make_place(w, flow);
	if (p->held_since == 0) {
		p->held_since = w->now;
		worker_count(w, p->side, DATAPATH_HELD);
	}
	p->slot = (uint8_t)slot;
	p->next = NULL;
	if (flow->hold_last)
		packet_of(flow->hold_last)->next = m;
	else
		flow->hold_first = m;
	if (flow->held == 0)
		TAILQ_INSERT_TAIL(&w->holding, flow, holding);
	flow->hold_last = m;
	flow->held++;
	w->held++;
	post_miss(w, flow, slot);
}

static void count_release(struct datapath_worker *w, struct flow *flow, const struct packet *p)
{
	const unsigned slot = flow->direction == E2M_UPLINK ? p->slot : flow->in_use;

	if (worker_keyset(w, flow, slot)->state == DATAPATH_KEY_READY)
		worker_count(w, p->side, DATAPATH_RELEASED);
}

void hold_release(struct datapath_worker *w, struct flow *flow)
{
	struct rte_mbuf *burst[DATAPATH_BURST];

	/* As many as there are now: what still lacks its key is held anew, behind. */
	for (unsigned left = flow->held; left > 0;) {
		uint16_t count = 0;
		while (count < DATAPATH_BURST && left > 0) {
			struct rte_mbuf *m = take_oldest(w, flow);
			count_release(w, flow, packet_of(m));
			burst[count++] = m;
			left--;
		}
		if (flow->direction == E2M_UPLINK)
			open_packets(w, burst, count);
		else
			protect_packets(w, burst, count);
	}
}

void hold_drop(struct datapath_worker *w, struct flow *flow, enum datapath_counter counter)
{
	while (flow->held > 0)
		worker_drop(w, take_oldest(w, flow), counter);
}

void hold_expire(struct datapath_worker *w)
{
	for (int i = 0; i < EXPIRE_FLOWS && !TAILQ_EMPTY(&w->holding); i++) {
		struct flow *flow = TAILQ_FIRST(&w->holding);

		while (flow->held > 0 &&
		       w->now - packet_of(flow->hold_first)->held_since > w->hold_tsc)
			worker_drop(w, take_oldest(w, flow), DATAPATH_DROP_HOLD_EXPIRED);
		if (flow->held == 0)
			continue;
		post_miss(w, flow, packet_of(flow->hold_first)->slot);
		TAILQ_REMOVE(&w->holding, flow, holding);
		TAILQ_INSERT_TAIL(&w->holding, flow, holding);
	}
}
