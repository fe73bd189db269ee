/* SPDX-License-Identifier: BSD-3-Clause */
/* gtpc: GTP-C messages leave when control has done what they say, so that no N-PDU overtakes them (e2m.md 6).
 * After gtpc_hold_ms a message leaves all the same if only the store of sessions is not done. Otherwise it
 * is dropped, and the sender repeats it. Control reads a message while the worker keeps it; neither changes
 * it. */
#include "datapath/worker.h"

/* Whatever floods the visited network's side with requests, responses of the home network find a place. */
#define ACCESS_MOST (WORKER_GTPC_WAITING / 4 * 3)

static struct gtpc_pending *pending_at(struct datapath_worker *w, uint64_t number)
{
	return &w->gtpc[number & (WORKER_GTPC_PLACES - 1)];
}

static void leave(struct datapath_worker *w, struct gtpc_pending *pending)
{
	struct rte_mbuf *m = pending->mbuf;

	pending->mbuf = NULL;
	w->gtpc_waiting--;
	worker_send(w, m);
}

static void drop(struct datapath_worker *w, struct gtpc_pending *pending,
		 enum datapath_counter reason)
{
	struct rte_mbuf *m = pending->mbuf;

	pending->mbuf = NULL;
	w->gtpc_waiting--;
	worker_drop(w, m, reason);
}

static void forget_what_has_left(struct datapath_worker *w)
{
	while (w->gtpc_first != w->gtpc_next && !pending_at(w, w->gtpc_first)->mbuf)
		w->gtpc_first++;
}

/* What control reads: the packet itself, or a copy where it is in several segments. */
static struct rte_mbuf *share(const struct datapath_worker *w, struct rte_mbuf *m)
{
	if (m->nb_segs > 1)
		return segments_copy(w, m);
	rte_mbuf_refcnt_update(m, 1);
	return m;
}

/* false: control's queue is full. */
static bool tell(struct datapath_worker *w, uint64_t number)
{
	struct gtpc_pending *pending = pending_at(w, number);
	const struct packet *p = packet_of(pending->mbuf);
	const struct datapath_event event = {.kind = DATAPATH_GTPC,
					     .side = p->side,
					     .cookie = number,
					     .mbuf = share(w, pending->mbuf),
					     .l3 = p->l3,
					     .payload = p->payload,
					     .payload_len = p->payload_len};

	if (!event.mbuf) {
		drop(w, pending, DATAPATH_DROP_NO_MBUF);
		return true;
	}
	if (worker_post(w, &event))
		return true;
	rte_pktmbuf_free(event.mbuf);
	return false;
}

/* Control hears of messages in their order; what finds its queue full waits, to be told of later. */
static void tell_all(struct datapath_worker *w)
{
	while (w->gtpc_told != w->gtpc_next && tell(w, w->gtpc_told))
		w->gtpc_told++;
}

static bool has_room(const struct datapath_worker *w, enum datapath_side side)
{
	return w->gtpc_next - w->gtpc_first < WORKER_GTPC_PLACES &&
	       w->gtpc_waiting < (side == DATAPATH_ACCESS ? ACCESS_MOST : WORKER_GTPC_WAITING);
}

void gtpc_divert(struct datapath_worker *w, struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);

	worker_count(w, p->side, DATAPATH_GTPC_SEEN);
	/* What control has not seen may move a protected tunnel, whose packets would cross in clear then. Whoever sent
	 * it sends it again (TS 29.060 7.6, TS 29.274 7.6). */
	if (!has_room(w, p->side)) {
		worker_drop(w, m, DATAPATH_DROP_GTPC_FULL);
		return;
	}
	*pending_at(w, w->gtpc_next) =
		(struct gtpc_pending){.mbuf = m, .since = w->now, .side = p->side};
	w->gtpc_next++;
	w->gtpc_waiting++;
	tell_all(w);
}

/* NULL: its time was over. */
static struct gtpc_pending *find(struct datapath_worker *w, uint64_t number)
{
	if (number < w->gtpc_first || number >= w->gtpc_next || !pending_at(w, number)->mbuf)
		return NULL;
	return pending_at(w, number);
}

void gtpc_release(struct datapath_worker *w, uint64_t number)
{
	struct gtpc_pending *pending = find(w, number);

	if (pending)
		leave(w, pending);
	forget_what_has_left(w);
}

void gtpc_allow(struct datapath_worker *w, uint64_t number)
{
	struct gtpc_pending *pending = find(w, number);

	if (pending)
		pending->is_allowed = true;
}

void gtpc_discard(struct datapath_worker *w, uint64_t number)
{
	struct gtpc_pending *pending = find(w, number);

	if (!pending)
		return;
	drop(w, pending, DATAPATH_DROP_GTPC_REFUSED);
	forget_what_has_left(w);
}

/* Control may still be at work on the message, or not have heard of it. */
static void time_is_over(struct datapath_worker *w)
{
	struct gtpc_pending *oldest = pending_at(w, w->gtpc_first);

	if (w->gtpc_first == w->gtpc_told)
		w->gtpc_told++;
	if (!oldest->is_allowed) {
		drop(w, oldest, DATAPATH_DROP_GTPC_LATE);
		return;
	}
	worker_count(w, oldest->side, DATAPATH_GTPC_OVERDUE);
	leave(w, oldest);
}

void gtpc_expire(struct datapath_worker *w)
{
	tell_all(w);
	forget_what_has_left(w);
	while (w->gtpc_first != w->gtpc_next &&
	       w->now - pending_at(w, w->gtpc_first)->since > w->gtpc_hold_tsc) {
		time_is_over(w);
		forget_what_has_left(w);
	}
}

void gtpc_drop_all(struct datapath_worker *w)
{
	for (; w->gtpc_first != w->gtpc_next; w->gtpc_first++)
		rte_pktmbuf_free(pending_at(w, w->gtpc_first)->mbuf);
}
