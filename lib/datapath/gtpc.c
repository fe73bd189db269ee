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

/* Takes the list of mbufs from the place. */
static struct rte_mbuf *take(struct datapath_worker *w, struct gtpc_pending *pending)
{
	struct rte_mbuf *first = pending->mbuf;

	rte_pktmbuf_free(pending->whole);
	pending->mbuf = pending->whole = NULL;
	w->gtpc_waiting--;
	w->gather_held[pending->side] -= pending->fragments;
	return first;
}

static void leave(struct datapath_worker *w, struct gtpc_pending *pending)
{
	struct rte_mbuf *next = take(w, pending), *m;

	while ((m = next) != NULL) {
		next = packet_of(m)->next;
		worker_send(w, m);
	}
}

static void free_list(struct rte_mbuf *next)
{
	struct rte_mbuf *m;

	while ((m = next) != NULL) {
		next = packet_of(m)->next;
		rte_pktmbuf_free(m);
	}
}

/* A datagram counts once. */
static void drop(struct datapath_worker *w, struct gtpc_pending *pending,
		 enum datapath_counter reason)
{
	struct rte_mbuf *first = take(w, pending);

	free_list(packet_of(first)->next);
	worker_drop(w, first, reason);
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
	struct rte_mbuf *m = pending->whole ? pending->whole : pending->mbuf;
	const struct packet *p = packet_of(m);
	const struct datapath_event event = {.kind = DATAPATH_GTPC,
					     .side = p->side,
					     .cookie = number,
					     .mbuf = share(w, m),
					     .l3 = p->l3,
					     .payload = p->payload,
					     .payload_len = p->payload_len};

	if (!event.mbuf) {
		drop(w, pending, DATAPATH_DROP_NO_MBUF);
		return true;
	}
	if (worker_post(w, &event)) {
		rte_pktmbuf_free(pending->whole);
		pending->whole = NULL;
		return true;
	}
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

/* What control has not seen may move a protected tunnel. So a message without a place is dropped, and the sender
 * repeats it (TS 29.060 7.6, TS 29.274 7.6). */
static void divert(struct datapath_worker *w, struct gtpc_pending *message)
{
	const bool fits = has_room(w, message->side);

	worker_count(w, message->side, DATAPATH_GTPC_SEEN);
	w->gtpc_waiting++;
	if (!fits) {
		drop(w, message, DATAPATH_DROP_GTPC_FULL);
		return;
	}
	*pending_at(w, w->gtpc_next) = *message;
	w->gtpc_next++;
	tell_all(w);
}

void gtpc_divert(struct datapath_worker *w, struct rte_mbuf *m)
{
	struct gtpc_pending message = {.mbuf = m, .since = w->now, .side = packet_of(m)->side};

	packet_of(m)->next = NULL;
	divert(w, &message);
}

void gtpc_divert_fragments(struct datapath_worker *w, struct rte_mbuf *first,
			   struct rte_mbuf *whole)
{
	struct gtpc_pending message = {
		.mbuf = first, .whole = whole, .since = w->now, .side = packet_of(whole)->side};

	for (struct rte_mbuf *m = first; m; m = packet_of(m)->next)
		message.fragments++;
	w->counters[message.side].value[DATAPATH_JOINED] += message.fragments;
	worker_count(w, message.side, DATAPATH_REASSEMBLED);
	divert(w, &message);
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
		if (pending_at(w, w->gtpc_first)->mbuf)
			free_list(take(w, pending_at(w, w->gtpc_first)));
}
