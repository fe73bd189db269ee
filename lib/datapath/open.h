/* SPDX-License-Identifier: BSD-3-Clause */
/* open: what happens to an uplink PDU after its MAC was found right. Used by open.c and
 * recover.c. */
#ifndef DATAPATH_OPEN_H
#define DATAPATH_OPEN_H

#include "datapath/binding.h"
#include "datapath/finish.h"
#include "datapath/worker.h"

void open_post_authenticated(struct datapath_worker *w, const struct flow *flow,
			     struct flow_keyset *keyset, unsigned slot);

/* Removes the header of the protected N-PDU between GTP-U header and N-PDU, and the MAC. */
static inline void open_strip(struct rte_mbuf *m, const struct packet *p, const struct npdu_op *op)
{
	const uint16_t header = (uint16_t)npdu_header_len(op->counter_octets);
	const uint16_t payload = p->payload;
	uint8_t *start = op->pdu - payload;

	if (likely(headers_are_plain(p)))
		headers_move(start + header, start, PLAIN_PAYLOAD);
	else
		headers_move(start + header, start, payload);
	m->data_off = (uint16_t)(m->data_off + header);
	m->data_len = (uint16_t)(payload + op->npdu_len);
	m->pkt_len = m->data_len;
}

/* The N-PDU, after open_strip. */
static inline const uint8_t *open_npdu(struct rte_mbuf *m, const struct packet *p)
{
	return rte_pktmbuf_mtod_offset(m, const uint8_t *, p->payload);
}

/* After check 5: the window moves. Then the N-PDU is dropped if it has no address of its session, else it is sent or
 * waits for the ceiling. Returns true if it was sent. */
static inline bool open_accept(struct datapath_worker *w, struct rte_mbuf *m,
			       const struct npdu_op *op, struct flow *flow,
			       struct flow_keyset *keyset)
{
	const struct packet *p = packet_of(m);

	npdu_window_accept(&keyset->window, w->window_words, op->count);
	if (unlikely(!keyset->authenticated))
		open_post_authenticated(w, flow, keyset, p->slot);
	open_strip(m, p, op);
	/* Only an authentic COUNT may request a higher ceiling. */
	const bool is_covered = likely(op->count < keyset->window.mark) ||
				ceiling_covers(w, flow, p->slot, op->count + 1);
	if (unlikely(!binding_admits(w, flow, m, open_npdu(m, p), op->npdu_len, PDP_SOURCE))) {
		worker_drop(w, m, DATAPATH_DROP_WRONG_ADDRESS);
		return false;
	}
	if (unlikely(!is_covered)) {
		hold_open_packet(w, flow, p->slot, m, op->count, (uint16_t)op->npdu_len, false);
		return false;
	}
	return finish_packet(w, m, (uint16_t)op->npdu_len);
}

#endif
