/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recover: handles uplink PDUs that fail check 4 or 5, one by one and in order, after the crypto of
 * their batch. A burst without failures never gets here. lib/npdu has the recovery algorithm, its
 * bounds and the forgery budget. This file applies their results to packets.
 */
#include "datapath/open.h"

/* A packet that has failed a check. */
struct failed {
	struct rte_mbuf *mbuf;
	struct flow *flow;
	struct flow_keyset *keyset;
	struct npdu_op *op;
	enum datapath_counter check; /* the check that failed first */
};

static void post(struct datapath_worker *w, const struct flow *flow, unsigned slot,
		 enum datapath_event_kind kind, uint64_t counts)
{
	const struct datapath_event event = {.kind = (uint8_t)kind,
					     .slot = (uint8_t)slot,
					     .flow = worker_flow_number(w, flow),
					     .session = flow->session,
					     .cookie = counts};

	worker_post(w, &event);
}

static bool is_replay(const struct datapath_worker *w, const struct failed *f, uint32_t count)
{
	return npdu_window_is_replay(&f->keyset->window, f->flow->window, w->window_words, count);
}

static void count_opened(struct datapath_worker *w, struct flow *flow)
{
	flow->packets++;
	worker_count(w, DATAPATH_ACCESS, DATAPATH_OPENED);
}

/* --- forgery budget --- */

bool recover_drops_in_flood(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow,
			    const struct flow_keyset *keyset)
{
	struct flow_failures *failures = failures_find(&w->failures, worker_flow_number(w, flow));
	enum npdu_forgery_verdict verdict = NPDU_FORGERY_OVER;

	if (failures)
		verdict = npdu_forgeries_check(&failures->forgeries, worker_now_ms(w),
					       &w->searches.random);
	if (verdict == NPDU_FORGERY_OVER)
		flow->is_flooded = false;
	/* The keyset in the other place may have longer MACs, which have no budget. */
	if (verdict != NPDU_FORGERY_DROP || keyset->mac_len >= NPDU_FORGERY_TAG)
		return false;
	worker_drop(w, m, DATAPATH_DROP_BAD_MAC_FLOOD);
	return true;
}

static void note_forgery(struct datapath_worker *w, const struct failed *f,
			 struct flow_failures *failures)
{
	const uint32_t per_s = w->config.bad_mac_per_s;

	if (f->check != DATAPATH_DROP_BAD_MAC || per_s == 0 ||
	    f->keyset->mac_len >= NPDU_FORGERY_TAG)
		return;
	if (npdu_forgeries_note(&failures->forgeries, per_s, worker_now_ms(w)))
		f->flow->is_flooded = true;
}

/* --- recovery --- */

static void accept_count(struct datapath_worker *w, struct flow *flow, struct flow_keyset *keyset,
			 unsigned slot, uint32_t count)
{
	const uint32_t h = keyset->window.h;

	npdu_window_accept(&keyset->window, w->window_words, count);
	if (!keyset->authenticated)
		open_post_authenticated(w, flow, keyset, slot);
	worker_count(w, DATAPATH_ACCESS, DATAPATH_RECOVERED);
	post(w, flow, slot, DATAPATH_COUNT_RECOVERED, count - h);
}

bool recover_accept(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow,
		    uint32_t count)
{
	const unsigned slot = packet_of(m)->slot;
	struct flow_keyset *keyset = worker_keyset(w, flow, slot);

	if (npdu_window_is_replay(&keyset->window, flow->window, w->window_words, count)) {
		worker_drop(w, m, DATAPATH_DROP_REPLAY);
		return false;
	}
	accept_count(w, flow, keyset, slot, count);
	return true;
}

/* The N-PDU is open and its COUNT is known. H advances when the N-PDU is accepted, which must wait
 * until the ceiling covers the COUNT. Until then the COUNT is kept as P. */
static void take_recovered(struct datapath_worker *w, const struct failed *f,
			   struct npdu_recovery *recovery)
{
	const struct npdu_op *op = f->op;
	const struct packet *p = packet_of(f->mbuf);

	open_strip(f->mbuf, p, op);
	const bool is_admitted = binding_admits(w, f->flow, f->mbuf, open_npdu(f->mbuf, p),
						op->npdu_len, PDP_SOURCE);
	const bool is_covered = op->count < f->keyset->window.mark ||
				ceiling_covers(w, f->flow, p->slot, op->count + 1);
	if (is_covered)
		accept_count(w, f->flow, f->keyset, p->slot, op->count);
	else
		npdu_recovery_wait(recovery, op->count, f->keyset->window.h, worker_now_ms(w));
	if (!is_admitted)
		worker_drop(w, f->mbuf, DATAPATH_DROP_WRONG_ADDRESS);
	else if (!is_covered)
		hold_open_packet(w, f->flow, p->slot, f->mbuf, op->count, (uint16_t)op->npdu_len,
				 true);
	else if (finish_packet(w, f->mbuf, (uint16_t)op->npdu_len))
		count_opened(w, f->flow);
}

static void recover(struct datapath_worker *w, const struct failed *f)
{
	const uint32_t now_ms = worker_now_ms(w), h = f->keyset->window.h;
	const uint8_t slot = packet_of(f->mbuf)->slot;
	struct flow_failures *failures =
		failures_take(&w->failures, worker_flow_number(w, f->flow), now_ms);
	struct npdu_recovery *recovery = &failures->recovery[slot];

	switch (npdu_recover(&w->searches, &failures->turn, recovery, f->op, h, now_ms)) {
	case NPDU_RECOVERED:
		take_recovered(w, f, recovery);
		break;
	case NPDU_RECOVERY_PENDING:
		post(w, f->flow, slot, DATAPATH_COUNT_PENDING, recovery->pending - h);
		worker_drop(w, f->mbuf, DATAPATH_DROP_RECOVERY_PENDING);
		break;
	case NPDU_NOT_RECOVERED:
		note_forgery(w, f, failures);
		worker_drop(w, f->mbuf, f->check);
	}
}

/* If H has moved since the first check, the reconstructed COUNT differs, and all checks are
 * repeated. Returns true if the packet is dealt with. */
static bool check_again(struct datapath_worker *w, struct failed *f)
{
	struct npdu_op *op = f->op;
	const unsigned n = op->counter_octets;
	const uint64_t count =
		npdu_reconstruct_count(n, f->keyset->window.h, npdu_read_ctr(op->pdu, n));

	if (count == op->count) {
		if (is_replay(w, f, op->count))
			f->check = DATAPATH_DROP_REPLAY;
		return false;
	}
	if (count > NPDU_COUNT_MAX) {
		worker_drop(w, f->mbuf, DATAPATH_DROP_COUNT_RANGE);
		return true;
	}
	npdu_restore(w->engine, op);
	op->count = (uint32_t)count;
	f->check = DATAPATH_DROP_REPLAY;
	if (is_replay(w, f, op->count))
		return false;
	npdu_open(w->engine, op, 1);
	if (op->ok) {
		if (open_accept(w, f->mbuf, op, f->flow, f->keyset))
			count_opened(w, f->flow);
		return true;
	}
	f->check = DATAPATH_DROP_BAD_MAC;
	return false;
}

static void work_off(struct datapath_worker *w, struct failed *f)
{
	if (!check_again(w, f))
		recover(w, f);
}

void recover_job(struct datapath_worker *w, uint16_t i)
{
	struct worker_batch *b = &w->batch;
	struct failed f = {b->mbufs[i], b->flows[i], b->keysets[i], &b->ops[i],
			   DATAPATH_DROP_BAD_MAC};

	/* The PDU is authentic but a replay, because packets before it moved the window. Restore it
	 * as received. */
	if (f.op->ok) {
		npdu_protect(w->engine, f.op, 1);
		f.op->is_spoilt = false;
	}
	work_off(w, &f);
}

void recover_early(struct datapath_worker *w, struct worker_early *early)
{
	struct packet *p = packet_of(early->mbuf);
	struct failed f = {early->mbuf, p->flow, early->keyset, &early->op, DATAPATH_DROP_REPLAY};

	if (p->has_udp_checksum)
		checksum_note_rest(early->mbuf, p);
	work_off(w, &f);
}

/* --- what the worker remembers --- */

void recover_forget_flow(struct datapath_worker *w, uint32_t number)
{
	failures_forget(&w->failures, number);
}

void recover_forget_keyset(struct datapath_worker *w, uint32_t number, unsigned slot)
{
	struct flow_failures *failures = failures_find(&w->failures, number);

	if (failures)
		failures->recovery[slot] = (struct npdu_recovery){0};
}
