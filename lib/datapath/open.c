/* SPDX-License-Identifier: BSD-3-Clause */
/* open: uplink. The five checks of e2m.md 7 in their order, each with its own drop counter; the mirror
 * image is protect.c. Check 5 comes with the crypto batch, and only after it the window moves. */
#include "datapath/open.h"
#include "datapath/lookup.h"

void open_post_authenticated(struct datapath_worker *w, const struct flow *flow,
			     struct flow_keyset *keyset, unsigned slot)
{
	struct datapath_event event = {.kind = DATAPATH_AUTHENTICATED,
				       .slot = (uint8_t)slot,
				       .flow = worker_flow_number(w, flow),
				       .session = flow->session};

	keyset->authenticated = worker_post(w, &event);
}

/* Checks 4 and 5 after the batch, and their results. Returns true if the packet was sent. */
static inline bool process_one(struct datapath_worker *w, struct worker_batch *b, uint16_t i)
{
	const struct npdu_op *op = &b->ops[i];
	struct flow_keyset *keyset = b->keysets[i];
	struct flow *flow = b->flows[i];

	/* Check 4 once more, as it is after the packets before this one in the batch. */
	if (unlikely(npdu_window_is_replay(&keyset->window, flow->window, w->window_words,
					   op->count) ||
		     !op->ok)) {
		recover_job(w, i);
		return false;
	}
	return open_accept(w, b->mbufs[i], op, flow, keyset);
}

static inline unsigned process_jobs(struct datapath_worker *w, uint16_t from, uint16_t to)
{
	struct worker_batch *b = &w->batch;
	unsigned sent = 0;

	for (uint16_t i = from; i < to; i++) {
		if (likely(process_one(w, b, i))) {
			b->flows[i]->packets++;
			sent++;
		}
	}
	return sent;
}

static void process(struct datapath_worker *w)
{
	struct worker_batch *b = &w->batch;
	uint16_t done = 0;
	unsigned sent = 0;

	worker_clock(w, DATAPATH_STAGE_PREPARE);
	npdu_open(w->engine, b->ops, b->count);
	worker_clock(w, DATAPATH_STAGE_CRYPTO);
	for (uint16_t i = 0; i < b->early; i++) {
		sent += process_jobs(w, done, b->earlies[i].before);
		done = b->earlies[i].before;
		recover_early(w, &b->earlies[i]);
	}
	sent += process_jobs(w, done, b->count);
	b->count = 0;
	b->early = 0;
	w->counters[DATAPATH_ACCESS].value[DATAPATH_OPENED] += sent;
	worker_clock(w, DATAPATH_STAGE_FINISH);
	w->batch_number++;
}

/* COUNT from CTR as if every packet before this one had been worked off: while the batch holds others
 * of this flow, H may still advance up to batch_h. Where that would change the result, the batch is
 * worked off first, so that batching loses no packet. */
static uint64_t reconstruct(struct datapath_worker *w, struct flow *flow,
			    const struct flow_keyset *keyset, const uint8_t *pdu)
{
	const unsigned n = flow->counter_octets;
	const uint32_t ctr = npdu_read_ctr(pdu, n);
	const uint32_t half = UINT32_C(1) << (2 + 8 * n);
	uint64_t count = npdu_reconstruct_count(n, keyset->window.h, ctr);

	/* A number that has come round can only make a batch end early. */
	if (flow->batch == (uint8_t)w->batch_number && count + half < flow->batch_h) {
		process(w);
		count = npdu_reconstruct_count(n, keyset->window.h, ctr);
	}
	return count;
}

static void note_batch_h(struct datapath_worker *w, struct flow *flow, uint32_t count)
{
	if (flow->batch != (uint8_t)w->batch_number) {
		flow->batch = (uint8_t)w->batch_number;
		flow->batch_h = count + 1;
	} else if (count >= flow->batch_h) {
		flow->batch_h = count + 1;
	}
}

/* Check 2; NULL when there is none. */
static inline struct flow_keyset *find_keyset(const struct datapath_worker *w, struct flow *flow,
					      uint8_t key_id, uint8_t *slot)
{
	struct flow_keyset *keyset = worker_keyset(w, flow, 0);

	for (*slot = 0; *slot < DATAPATH_KEYSETS; ++*slot) {
		if (likely(keyset->state != DATAPATH_KEY_NONE && keyset->key_id == key_id))
			return keyset;
		keyset = (struct flow_keyset *)((char *)keyset + w->keyset_size);
	}
	return NULL;
}

static inline void set_op(struct npdu_op *op, const struct flow *flow, struct flow_keyset *keyset,
			  uint8_t *pdu, uint32_t npdu_len, uint32_t count)
{
	op->key = keyset->key;
	op->hint = &keyset->hint;
	op->pdu = pdu;
	op->npdu_len = npdu_len;
	op->count = count;
	op->bearer = flow->bearer;
	op->direction = E2M_UPLINK;
	op->counter_octets = flow->counter_octets;
}

static void make_op(struct datapath_worker *w, struct rte_mbuf *m, struct flow_keyset *keyset,
		    uint8_t *pdu, uint32_t npdu_len, uint32_t count)
{
	const struct packet *p = packet_of(m);
	struct worker_batch *b = &w->batch;

	set_op(&b->ops[b->count], p->flow, keyset, pdu, npdu_len, count);
	b->keysets[b->count] = keyset;
	b->flows[b->count] = p->flow;
	b->mbufs[b->count++] = m;
	if (b->count == NPDU_BURST_MAX)
		process(w);
}

/* Check 4 has failed. The packet is handled in its turn, because earlier packets may move H, and
 * then its CTR gives another COUNT. */
static void fail_early(struct datapath_worker *w, struct rte_mbuf *m, struct flow_keyset *keyset,
		       uint8_t *pdu, uint32_t npdu_len, uint32_t count)
{
	struct worker_batch *b = &w->batch;
	struct worker_early *early = &b->earlies[b->early];

	early->mbuf = m;
	early->keyset = keyset;
	early->before = b->count;
	early->op.is_spoilt = false;
	set_op(&early->op, packet_of(m)->flow, keyset, pdu, npdu_len, count);
	if (b->count == 0)
		recover_early(w, early);
	else if (++b->early == NPDU_BURST_MAX)
		process(w);
}

static inline void prepare(struct datapath_worker *w, struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);
	struct flow *flow = p->flow;
	const uint16_t header = (uint16_t)npdu_header_len(flow->counter_octets);
	struct flow_keyset *keyset;
	uint32_t npdu_len;
	uint64_t count;
	size_t mac;
	uint8_t *pdu;

	pdu = rte_pktmbuf_mtod_offset(m, uint8_t *, p->payload);
	if (p->payload_len < header || !npdu_header_is_valid(pdu[0])) {
		worker_drop(w, m, DATAPATH_DROP_MALFORMED);
		return;
	}
	keyset = find_keyset(w, flow, npdu_header_key_id(pdu[0]), &p->slot);
	if (!keyset) {
		worker_drop(w, m, DATAPATH_DROP_UNKNOWN_KEY_ID);
		return;
	}
	npdu_engine_prefetch(w->engine, keyset->key, keyset->hint);
	if (unlikely(keyset->state != DATAPATH_KEY_READY)) {
		if (keyset->state == DATAPATH_KEY_MISSING)
			hold_packet(w, flow, p->slot, m);
		else
			worker_drop(w, m, DATAPATH_DROP_NO_KEYSET);
		return;
	}
	mac = keyset->mac_len;
	if (p->payload_len < header + mac) {
		worker_drop(w, m, DATAPATH_DROP_MALFORMED);
		return;
	}
	if (!npdu_key_takes(keyset->key, (uint32_t)(p->payload_len - header - mac))) {
		worker_drop(w, m, DATAPATH_DROP_TOO_LONG);
		return;
	}
	count = reconstruct(w, flow, keyset, pdu);
	if (count > NPDU_COUNT_MAX) {
		worker_drop(w, m, DATAPATH_DROP_COUNT_RANGE);
		return;
	}
	npdu_len = (uint32_t)(p->payload_len - header - mac);
	if (npdu_window_is_replay(&keyset->window, flow->window, w->window_words,
				  (uint32_t)count)) {
		fail_early(w, m, keyset, pdu, npdu_len, (uint32_t)count);
		return;
	}
	if (unlikely(flow->is_flooded) && recover_drops_in_flood(w, m, flow, keyset))
		return;
	if (p->has_udp_checksum)
		checksum_note_rest(m, p);
	note_batch_h(w, flow, (uint32_t)count);
	make_op(w, m, keyset, pdu, npdu_len, (uint32_t)count);
}

void open_packets(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++)
		prepare(w, mbufs[i]);
	if (w->batch.count > 0)
		process(w);
}

void open_received(struct datapath_worker *w, struct rte_mbuf **mbufs, uint16_t count)
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
