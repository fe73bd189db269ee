/* SPDX-License-Identifier: BSD-3-Clause */
/* hold: packets whose keyset is on its way, or whose COUNT may not be used yet. Bounded per flow, in all, and
 * in time; what overflows is dropped oldest first; what comes in time for them lets them go on in order. */
#include <errno.h>
#include <rte_malloc.h>

#include "datapath/binding.h"
#include "datapath/clear.h"
#include "datapath/finish.h"

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

/* --- queues: as many as there may be packets in all, so that there is one for each flow that holds any --- */

int hold_open(struct datapath_worker *w)
{
	const uint32_t count = w->config.hold_packets_total + 1;

	if (count > FLOW_HOLDS_MAX)
		return -EINVAL;
	TAILQ_INIT(&w->holding);
	TAILQ_INIT(&w->holds_free);
	w->holds = rte_zmalloc_socket("holds", count * sizeof(*w->holds), RTE_CACHE_LINE_SIZE,
				      w->config.socket);
	if (!w->holds)
		return -ENOMEM;
	for (uint32_t i = 1; i < count; i++)
		TAILQ_INSERT_TAIL(&w->holds_free, &w->holds[i], entry);
	return 0;
}

void hold_close(struct datapath_worker *w)
{
	while (w->holds && !TAILQ_EMPTY(&w->holding))
		hold_drop(w, TAILQ_FIRST(&w->holding)->flow, DATAPATH_DROP_TUNNEL_REMOVED);
	rte_free(w->holds);
}

static inline struct hold *hold_of(const struct datapath_worker *w, const struct flow *flow)
{
	return &w->holds[flow->hold];
}

static struct hold *begin(struct datapath_worker *w, struct flow *flow)
{
	struct hold *hold = TAILQ_FIRST(&w->holds_free);

	TAILQ_REMOVE(&w->holds_free, hold, entry);
	TAILQ_INSERT_TAIL(&w->holding, hold, entry);
	hold->flow = flow;
	flow->hold = (uint32_t)(hold - w->holds);
	return hold;
}

static void end(struct datapath_worker *w, struct hold *hold)
{
	TAILQ_REMOVE(&w->holding, hold, entry);
	TAILQ_INSERT_HEAD(&w->holds_free, hold, entry);
	hold->flow->hold = 0;
}

static struct rte_mbuf *take_oldest(struct datapath_worker *w, struct flow *flow)
{
	struct hold *hold = hold_of(w, flow);
	struct rte_mbuf *m = hold->first;

	hold->first = packet_of(m)->next;
	w->held--;
	if (--hold->count == 0)
		end(w, hold);
	return m;
}

static void append(struct datapath_worker *w, struct flow *flow, struct rte_mbuf *m)
{
	struct hold *hold = flow->hold ? hold_of(w, flow) : begin(w, flow);

	packet_of(m)->next = NULL;
	if (hold->count++ > 0)
		packet_of(hold->last)->next = m;
	else
		hold->first = m;
	hold->last = m;
	w->held++;
}

/* --- holding --- */

/* counter: of one that waits for its key. */
static void give_up(struct datapath_worker *w, struct flow *flow, enum datapath_counter counter)
{
	struct rte_mbuf *m = take_oldest(w, flow);

	worker_drop(w, m, packet_of(m)->waits == WAITS_CEILING ? DATAPATH_DROP_CEILING : counter);
}

static void make_place(struct datapath_worker *w, struct flow *flow)
{
	if (hold_count(w, flow) >= w->config.hold_packets_per_flow)
		give_up(w, flow, DATAPATH_DROP_HOLD_OVERFLOW);
	else if (w->held >= w->config.hold_packets_total)
		give_up(w, TAILQ_FIRST(&w->holding)->flow, DATAPATH_DROP_HOLD_OVERFLOW);
}

static void note_wait(struct datapath_worker *w, struct packet *p, enum packet_waits waits)
{
	if (p->waits == waits)
		return;
	p->waits = (uint8_t)waits;
	worker_count(w, p->side, waits == WAITS_KEY ? DATAPATH_HELD : DATAPATH_HELD_CEILING);
}

static void hold(struct datapath_worker *w, struct flow *flow, unsigned slot, struct rte_mbuf *m,
		 enum packet_waits waits)
{
	struct packet *p = packet_of(m);

	make_place(w, flow);
	if (p->held_since == 0) {
		p->held_since = w->now;
		p->waits = WAITS_NOT;
		p->is_open = false;
		p->is_recovered = false;
	}
	p->slot = (uint8_t)slot;
	note_wait(w, p, waits);
	append(w, flow, m);
}

void hold_expected(struct datapath_worker *w, struct flow *flow, struct rte_mbuf *m)
{
	hold(w, flow, 0, m, WAITS_KEY);
}

void hold_packet(struct datapath_worker *w, struct flow *flow, unsigned slot, struct rte_mbuf *m)
{
	const bool has_key = worker_keyset(w, flow, slot)->state == DATAPATH_KEY_READY;

	hold(w, flow, slot, m, has_key ? WAITS_CEILING : WAITS_KEY);
	if (!has_key)
		post_miss(w, flow, slot);
}

void hold_open_packet(struct datapath_worker *w, struct flow *flow, unsigned slot,
		      struct rte_mbuf *m, uint32_t count, uint16_t npdu_len, bool is_recovered)
{
	struct packet *p = packet_of(m);

	make_place(w, flow);
	if (p->held_since == 0) {
		p->held_since = w->now;
		p->waits = WAITS_NOT;
	}
	p->slot = (uint8_t)slot;
	p->is_open = true;
	p->is_recovered = is_recovered;
	p->count = count;
	p->payload_len = npdu_len;
	note_wait(w, p, WAITS_CEILING);
	append(w, flow, m);
}

static void count_release(struct datapath_worker *w, struct flow *flow, struct packet *p)
{
	const unsigned slot = flow->direction == E2M_UPLINK ? p->slot : flow->in_use;

	if (p->waits != WAITS_KEY || worker_keyset(w, flow, slot)->state != DATAPATH_KEY_READY)
		return;
	worker_count(w, p->side, DATAPATH_RELEASED);
	p->waits = WAITS_NOT;
}

struct rte_mbuf *hold_take(struct datapath_worker *w, struct flow *flow)
{
	struct rte_mbuf *m = take_oldest(w, flow);
	struct packet *p = packet_of(m);

	if (p->waits == WAITS_KEY)
		worker_count(w, p->side, DATAPATH_RELEASED);
	p->waits = WAITS_NOT;
	return m;
}

/* H has advanced since the packet's COUNT was recovered, and the COUNT is now within the window's
 * reach. From here on the packet waits as an ordinary one. Otherwise new packets would move the
 * window past it. */
static bool is_in_reach(const struct datapath_worker *w, struct flow *flow, const struct packet *p)
{
	const uint32_t h = worker_keyset(w, flow, p->slot)->window.h;

	return npdu_reconstruct_count(flow->counter_octets, h, p->count) == p->count;
}

static void release_open(struct datapath_worker *w, struct flow *flow, struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);
	const bool is_covered = ceiling_covers(w, flow, p->slot, p->count + 1);

	if (p->is_recovered && (is_covered || is_in_reach(w, flow, p))) {
		if (!recover_accept(w, m, flow, p->count))
			return;
		p->is_recovered = false;
	}
	if (!is_covered) {
		hold_open_packet(w, flow, p->slot, m, p->count, p->payload_len, p->is_recovered);
		return;
	}
	if (!binding_admits_packet(w, flow, m))
		worker_drop(w, m, DATAPATH_DROP_WRONG_ADDRESS);
	else if (finish_packet(w, m, p->payload_len)) {
		flow->packets++;
		worker_count(w, DATAPATH_ACCESS, DATAPATH_OPENED);
	}
}

uint32_t hold_recovered(const struct datapath_worker *w, const struct flow *flow, unsigned slot)
{
	struct rte_mbuf *m = hold_of(w, flow)->first;
	uint32_t highest = 0;

	for (uint32_t left = hold_count(w, flow); left > 0; left--, m = packet_of(m)->next) {
		const struct packet *p = packet_of(m);

		if (p->is_open && p->is_recovered && p->slot == slot && p->count >= highest)
			highest = p->count + 1;
	}
	return highest;
}

void hold_release(struct datapath_worker *w, struct flow *flow)
{
	struct rte_mbuf *burst[DATAPATH_BURST];

	/* As many as there are now: what still lacks its key is held anew, behind. */
	for (unsigned left = hold_count(w, flow); left > 0;) {
		uint16_t count = 0;
		struct rte_mbuf *open = NULL;
		/* One by one, so that whoever meets the ceiling again can say how many wait behind. */
		const unsigned most = packet_of(hold_of(w, flow)->first)->waits == WAITS_CEILING
					      ? 1
					      : DATAPATH_BURST;
		while (count < most && left > 0 && !open) {
			struct rte_mbuf *m = take_oldest(w, flow);
			left--;
			count_release(w, flow, packet_of(m));
			watch_packet(w, flow, flow, m);
			if (packet_of(m)->is_open)
				open = m;
			else
				burst[count++] = m;
		}
		if (flow->direction == E2M_UPLINK)
			open_packets(w, burst, count);
		else
			protect_packets(w, burst, count);
		if (open)
			release_open(w, flow, open);
	}
}

void hold_drop(struct datapath_worker *w, struct flow *flow, enum datapath_counter counter)
{
	while (flow->hold != 0)
		worker_drop(w, take_oldest(w, flow), counter);
}

/* What came in pieces is whole by now. */
static void pass(struct datapath_worker *w, struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);
	const uint8_t side = p->side;
	const uint16_t mtu = w->config.mtu[!side];

	if (!clear_admits(w, m))
		return;
	worker_count(w, side, DATAPATH_RELEASED);
	if (p->payload - p->l3 + p->payload_len <= mtu)
		worker_pass(w, m);
	else if (fragment_packet(w, m, mtu))
		worker_count(w, side, DATAPATH_PASSED);
}

void hold_pass(struct datapath_worker *w, struct flow *flow)
{
	while (flow->hold != 0)
		pass(w, take_oldest(w, flow));
}

void hold_drop_open(struct datapath_worker *w, struct flow *flow, unsigned slot)
{
	for (unsigned left = hold_count(w, flow); left > 0; left--) {
		struct rte_mbuf *m = take_oldest(w, flow);
		const struct packet *p = packet_of(m);

		if (p->is_open && p->slot == slot)
			worker_drop(w, m, DATAPATH_DROP_CEILING);
		else
			append(w, flow, m);
	}
}

/* Whoever should have been told may not have been: there was no room for the event. */
static void ask_again(struct datapath_worker *w, struct flow *flow)
{
	const struct packet *p = packet_of(hold_of(w, flow)->first);
	const uint32_t count = p->is_open ? p->count : worker_keyset(w, flow, p->slot)->window.h;

	if (flow->state == FLOW_EXPECTED)
		return;
	if (p->waits == WAITS_KEY)
		post_miss(w, flow, p->slot);
	else
		ceiling_covers(w, flow, p->slot, count + 1);
}

void hold_expire(struct datapath_worker *w)
{
	for (int i = 0; i < EXPIRE_FLOWS && !TAILQ_EMPTY(&w->holding); i++) {
		struct hold *hold = TAILQ_FIRST(&w->holding);
		struct flow *flow = hold->flow;

		while (flow->hold != 0 && w->now - packet_of(hold->first)->held_since > w->hold_tsc)
			give_up(w, flow, DATAPATH_DROP_HOLD_EXPIRED);
		if (flow->hold == 0)
			continue;
		ask_again(w, flow);
		TAILQ_REMOVE(&w->holding, hold, entry);
		TAILQ_INSERT_TAIL(&w->holding, hold, entry);
	}
}
