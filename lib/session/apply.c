/* SPDX-License-Identifier: BSD-3-Clause */
/* apply: brings a session from what it is to what a GTP-C message makes it, in three steps: stop the
 * flows that end, whose acknowledgements have the COUNTs; add those that begin; let the message leave.
 * Operations of one session run one after the other. */
#include <stdlib.h>
#include <string.h>

#include "session/store.h"

enum step {
	STEP_WAIT, /* for the operations before it */
	STEP_STOP,
	STEP_START,
};

struct operation {
	TAILQ_ENTRY(operation) entry;
	struct session *session;
	struct session_target target;
	enum step step;
	unsigned pending; /* acknowledgements, and operations of other sessions */
	bool failed;
	struct held_gtpc *held;
	struct operation *then; /* of another session, which waits for this one */
};

static void advance(struct session_store *store, struct operation *op);

static bool must_stop(const struct session *s, const struct session_target *t, unsigned direction)
{
	return s->flow[direction].live &&
	       (!t->alive || t->fresh ||
		!tunnel_is_equal(&s->flow[direction].tunnel, &t->tunnel[direction]));
}

static struct operation *enqueue(struct session *s, const struct session_target *target)
{
	struct operation *op = calloc(1, sizeof(*op));

	if (!op)
		return NULL;
	op->session = s;
	op->target = *target;
	TAILQ_INSERT_TAIL(&s->operations, op, entry);
	return op;
}

/* Another session still has a tunnel that this one is to get: its end was never seen. */
static void remove_other(struct session_store *store, struct operation *op,
			 enum session_direction direction)
{
	const struct session_target end = {.alive = false};
	struct session *other = store_find_tunnel(store, direction, &op->target.tunnel[direction]);
	struct operation *first;

	if (!other || other == op->session)
		return;
	first = enqueue(other, &end);
	if (!first) {
		op->failed = true;
		return;
	}
	first->then = op;
	op->pending++;
	if (TAILQ_FIRST(&other->operations) == first)
		advance(store, first);
}

static void stop(struct session_store *store, struct operation *op)
{
	struct session *s = op->session;

	op->step = STEP_STOP;
	op->pending = 1; /* held by this function */
	for (unsigned d = 0; d < 2; d++)
		if (must_stop(s, &op->target, d)) {
			op->pending++;
			flows_stop(store, s, d, op);
		}
	for (unsigned d = 0; d < 2 && op->target.alive; d++)
		remove_other(store, op, d);
	op->pending--;
}

static void set_control(struct session_store *store, struct session *s,
			const struct session_target *t)
{
	store_unindex(store, s, INDEX_CONTROL_SGSN);
	store_unindex(store, s, INDEX_CONTROL_GGSN);
	s->control_sgsn = t->control_sgsn;
	s->control_ggsn = t->control_ggsn;
	store_index(store, s, INDEX_CONTROL_SGSN);
	store_index(store, s, INDEX_CONTROL_GGSN);
}

/* A Create: whatever the session held before is over, and the first keyset is used at once. */
static void set_first_keyset(struct session_store *store, struct session *s,
			     const struct session_target *t)
{
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		keys_forget(store, s, slot);
	wheel_cancel(&s->changeover);
	s->newest = s->downlink_slot = 0;
	keys_learn(store, s, 0, &t->keyset, t->key_id);
}

static bool names_same_keyset(const struct session_keyset *keyset, const struct session_target *t)
{
	return keyset->state != DATAPATH_KEY_NONE && keyset->key_id == t->key_id &&
	       memcmp(&keyset->id, &t->keyset, sizeof(t->keyset)) == 0;
}

/* An Update with a keyset: beside the one that downlink uses, unless it goes by the same Key ID, for
 * then nobody could tell the two apart. */
static void set_next_keyset(struct session_store *store, struct session *s,
			    const struct session_target *t)
{
	const unsigned used = s->downlink_slot;

	if (names_same_keyset(&s->keysets[s->newest], t))
		return;
	store_count(store, SESSION_REKEYED);
	if (names_same_keyset(&s->keysets[used], t)) {
		s->newest = (uint8_t)used; /* back to the one still in use */
	} else {
		s->newest = (uint8_t)(s->keysets[used].key_id == t->key_id ? used : 1 - used);
		keys_learn(store, s, s->newest, &t->keyset, t->key_id);
	}
	keys_start_changeover(store, s);
}

static void start_flow(struct session_store *store, struct operation *op,
		       enum session_direction direction)
{
	struct session *s = op->session;

	if (!s->flow[direction].live) {
		if (flows_add(store, s, direction, &op->target.tunnel[direction], op) != 0) {
			op->failed = true;
			return;
		}
	} else {
		flows_use_keyset(store, s, direction, op);
	}
	op->pending++;
}

static void start(struct session_store *store, struct operation *op)
{
	struct session *s = op->session;
	const struct session_target *t = &op->target;

	op->step = STEP_START;
	if (!t->alive)
		return;
	set_control(store, s, t);
	if (t->fresh)
		set_first_keyset(store, s, t);
	else if (t->has_keyset)
		set_next_keyset(store, s, t);
	start_flow(store, op, UP);
	start_flow(store, op, DOWN);
}

static void end_session(struct session_store *store, struct session *s)
{
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		keys_forget(store, s, slot);
	store_count(store, SESSION_REMOVED);
	store_log(store, SESSION_LOG_INFO, "IMSI %s NSAPI %u: session removed", s->imsi.digits,
		  s->nsapi);
	store_free_session(store, s);
}

static void finish(struct session_store *store, struct operation *op)
{
	struct session *s = op->session;
	struct operation *then = op->then;
	struct operation *next;

	if (op->failed && op->held) {
		store_count(store, SESSION_REFUSED_FULL);
		store_log(
			store, SESSION_LOG_WARNING,
			"IMSI %s NSAPI %u: no room for its flows, the GTP-C message that makes it "
			"does not cross; raise sessions.max",
			s->imsi.digits, s->nsapi);
		op->held->discard = true;
	}
	apply_let_go(store, op->held);
	TAILQ_REMOVE(&s->operations, op, entry);
	next = TAILQ_FIRST(&s->operations);
	if (!op->target.alive && !next)
		end_session(store, s);
	else if (op->target.alive && store->config.pull_on_activation)
		keys_pull(store, s, s->newest);
	free(op);
	if (next)
		advance(store, next);
	if (then && --then->pending == 0)
		advance(store, then);
}

static void advance(struct session_store *store, struct operation *op)
{
	if (op->step == STEP_WAIT)
		stop(store, op);
	if (op->step == STEP_STOP && op->pending == 0)
		start(store, op);
	if (op->step == STEP_START && op->pending == 0)
		finish(store, op);
}

struct held_gtpc *apply_hold(const struct session_gtpc *gtpc)
{
	struct held_gtpc *held = calloc(1, sizeof(*held));

	if (held) {
		held->users = 1;
		held->gtpc = *gtpc;
		held->gtpc.data = NULL; /* the caller's, and gone by then */
	}
	return held;
}

void apply_let_go(struct session_store *store, struct held_gtpc *held)
{
	if (!held || --held->users > 0)
		return;
	if (held->discard)
		flows_discard_gtpc(store, &held->gtpc);
	else
		flows_release_gtpc(store, &held->gtpc);
	free(held);
}

void apply_target(struct session_store *store, struct session *s,
		  const struct session_target *target, struct held_gtpc *held)
{
	struct operation *op = enqueue(s, target);

	if (!op) {
		store_log(store, SESSION_LOG_WARNING, "IMSI %s NSAPI %u: out of memory",
			  s->imsi.digits, s->nsapi);
		if (held)
			held->discard = true;
		return;
	}
	if (held) {
		op->held = held;
		held->users++;
	}
	if (TAILQ_FIRST(&s->operations) == op)
		advance(store, op);
}

void apply_current(const struct session *s, struct session_target *target)
{
	const struct operation *last = TAILQ_LAST(&s->operations, operation_list);

	if (last) {
		*target = last->target;
	} else {
		*target = (struct session_target){
			.alive = true,
			.control_sgsn = s->control_sgsn,
			.control_ggsn = s->control_ggsn,
			.tunnel = {s->flow[UP].tunnel, s->flow[DOWN].tunnel}};
	}
	target->fresh = false;
	target->has_keyset = false;
}

void apply_acknowledged(struct session_store *store, const struct datapath_event *event)
{
	struct operation *op = (struct operation *)(uintptr_t)event->cookie;
	struct session *s = op->session;

	if (event->command_kind == DATAPATH_STOP_FLOW)
		for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
			struct counts_value *count = &s->keysets[slot].count;
			if (event->side == E2M_UPLINK)
				count->uplink = event->count[slot];
			else
				count->downlink = event->count[slot];
		}
	if (--op->pending == 0)
		advance(store, op);
}

void apply_free(struct session *s)
{
	struct operation *op;

	while ((op = TAILQ_FIRST(&s->operations)) != NULL) {
		TAILQ_REMOVE(&s->operations, op, entry);
		if (op->held && --op->held->users == 0)
			free(op->held);
		free(op);
	}
}
