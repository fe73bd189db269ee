/* SPDX-License-Identifier: BSD-3-Clause */
/* protect: downlink. Gives each N-PDU its COUNT and its header, and makes room for the MAC; the mirror
 * image is open.c. */
#include "datapath/binding.h"
#include "datapath/finish.h"
#include "datapath/lookup.h"

static void process(struct datapath_worker *w)
{
	struct worker_batch *b = &w->batch;
	unsigned sent = 0;

	worker_clock(w, DATAPATH_STAGE_PREPARE);
	npdu_protect(w->engine, b->ops, b->count);
	worker_clock(w, DATAPATH_STAGE_CRYPTO);
	for (uint16_t i = 0; i < b->count; i++) {
		struct rte_mbuf *m = b->mbufs[i];
		const struct npdu_op *op = &b->ops[i];
		const size_t len =
			npdu_header_len(op->counter_octets) + op->npdu_len + b->keysets[i]->mac_len;

		if (unlikely(!op->ok)) {
			worker_drop(w, m, DATAPATH_DROP_CRYPTO);
		} else if (likely(finish_packet(w, m, (uint16_t)len))) {
			b->flows[i]->packets++;
			sent++;
		}
	}
	b->count = 0;
	w->counters[DATAPATH_CORE].value[DATAPATH_PROTECTED] += sent;
	worker_clock(w, DATAPATH_STAGE_FINISH);
}

/* Trims what stands behind the N-PDU, moves the outer headers forward, and makes room for the MAC. */
static inline bool make_room(struct rte_mbuf *m, const struct packet *p, uint16_t header,
			     uint16_t mac)
{
	uint16_t end = (uint16_t)(p->payload + p->payload_len);
	uint8_t *start;

	if ((uint32_t)end - p->l3 + header + mac > UINT16_MAX)
		return false;
	if (rte_pktmbuf_headroom(m) < header ||
	    rte_pktmbuf_tailroom(m) + rte_pktmbuf_data_len(m) < (uint32_t)end + mac)
		return false;
	start = rte_pktmbuf_mtod(m, uint8_t *);
	if (likely(headers_are_plain(p)))
		headers_move(start - header, start, PLAIN_PAYLOAD);
	else
		headers_move(start - header, start, p->payload);
	m->data_off = (uint16_t)(m->data_off - header);
	m->data_len = (uint16_t)(end + header + mac);
	m->pkt_len = m->data_len;
	return true;
}

/* The packet ends. */
static void spend(struct datapath_worker *w, struct flow *flow, unsigned slot, struct rte_mbuf *m)
{
	const uint8_t bit = (uint8_t)(1 << slot);

	if (!(flow->missed & bit)) {
		struct datapath_event event = {.kind = DATAPATH_SPENT,
					       .slot = (uint8_t)slot,
					       .flow = worker_flow_number(w, flow),
					       .session = flow->session};
		if (worker_post(w, &event))
			flow->missed |= bit;
	}
	worker_drop(w, m, DATAPATH_DROP_KEYSET_SPENT);
}

/* COUNT has reached the mark. False: it may not be used, or not yet, and the packet has been seen to. */
static bool may_send(struct datapath_worker *w, struct flow *flow, unsigned slot,
		     struct rte_mbuf *m)
{
	const uint32_t count = worker_keyset(w, flow, slot)->window.h;

	if (count > NPDU_COUNT_MAX) {
		spend(w, flow, slot, m);
		return false;
	}
	if (ceiling_covers(w, flow, slot, count + 1))
		return true;
	hold_packet(w, flow, slot, m);
	return false;
}

static __rte_always_inline void prepare(struct datapath_worker *w, struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);
	struct flow *flow = p->flow;
	const unsigned slot = p->slot = flow->in_use;
	struct flow_keyset *keyset = worker_keyset(w, flow, slot);
	const uint8_t counter_octets = flow->counter_octets;
	const uint16_t header = (uint16_t)npdu_header_len(counter_octets);
	struct worker_batch *b = &w->batch;

	npdu_engine_prefetch(w->engine, keyset->key, keyset->hint);
	if (unlikely(!binding_admits(w, flow, m,
				     rte_pktmbuf_mtod_offset(m, const uint8_t *, p->payload),
				     p->payload_len, PDP_DESTINATION))) {
		worker_drop(w, m, DATAPATH_DROP_WRONG_ADDRESS);
		return;
	}
	if (unlikely(keyset->state == DATAPATH_KEY_MISSING)) {
		hold_packet(w, flow, slot, m);
		return;
	}
	if (unlikely(keyset->state != DATAPATH_KEY_READY)) {
		worker_drop(w, m, DATAPATH_DROP_NO_KEYSET);
		return;
	}
	if (unlikely(keyset->window.h >= keyset->window.mark) && !may_send(w, flow, slot, m))
		return;
	if (p->has_udp_checksum)
		checksum_note_rest(m, p);
	if (!npdu_key_takes(keyset->key, p->payload_len) ||
	    !make_room(m, p, header, keyset->mac_len)) {
		worker_drop(w, m, DATAPATH_DROP_TOO_LONG);
		return;
	}

	struct npdu_op *op = &b->ops[b->count];
	op->key = keyset->key;
	op->hint = &keyset->hint;
	op->pdu = rte_pktmbuf_mtod_offset(m, uint8_t *, p->payload);
	op->npdu_len = p->payload_len;
	op->count = keyset->window.h++;
	op->bearer = flow->bearer;
	op->direction = E2M_DOWNLINK;
	op->counter_octets = counter_octets;
	npdu_write_header(op->pdu, counter_octets, keyset->key_id, op->count);
	b->keysets[b->count] = keyset;
	b->flows[b->count] = flow;
	b->mbufs[b->count++] = m;
	if (b->count == NPDU_BURST_MAX)
		process(w);
}

void protect_packets(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		prepare(w, mbufs[i]);
	if (w->batch.count > 0)
		process(w);
}

void protect_received(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count)
{
	struct flow *guess[DATAPATH_BURST];

	lookup_guess(w, mbufs, guess, count);
	worker_clock(w, DATAPATH_STAGE_LOOKUP);
	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *m = lookup_verify(w, mbufs[i], guess[i]);
		if (likely(m != NULL))
			prepare(w, m);
	}
	if (w->batch.count > 0)
		process(w);
}
