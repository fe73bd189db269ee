/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/carry.h"

#include "control/aliases.h"
#include "control/apart.h"
#include "control/commands.h"
#include "control/ended.h"
#include "control/establish.h"
#include "control/flows.h"
#include "control/journal.h"
#include "control/networks.h"
#include "control/obtain.h"
#include "control/table.h"
#include "control/tunnels.h"
#include "control/unprotected.h"
#include "control/work.h"

static const struct tunnel no_tunnel;

/* --- stop --- */

static void stop_flow(struct session_store *store, struct operation *op,
		      enum session_direction direction)
{
	op->pending++;
	flows_stop(store, op->session, direction, op);
}

static void move_flow(struct session_store *store, struct operation *op)
{
	op->pending++;
	flows_stop_to_move(store, op->session, op->target.is_repeated, op);
}

/* Returns true if the change moves the session's downlink: its GGSN may go on to use the tunnel before. */
static bool is_move(const struct session *s, const struct change *t)
{
	return t->alive && !t->fresh && !t->is_bare && !tunnel_is_none(&t->tunnel[DOWN]) &&
	       session_has_keyset(s);
}

/* Returns true if the GGSN may go on in tunnel, the session's for downlink, after the change. */
static bool stays_claimed(const struct session *s, const struct tunnel *tunnel,
			  const struct change *t)
{
	return t->alive && !t->fresh && !t->is_bare && !tunnel_is_none(tunnel) &&
	       !tunnel_is_none(&t->tunnel[DOWN]) && !tunnel_is_equal(tunnel, &t->tunnel[DOWN]) &&
	       apart_needs_protection(s);
}

static void stop(struct session_store *store, struct operation *op)
{
	const struct change *t = &op->target;

	op->step = STEP_STOP;
	if (!t->alive || t->fresh) {
		if (apart_needs_protection(op->session))
			aliases_leave(store, op->session);
		aliases_end(store, op->session);
	}
	for (unsigned d = 0; d < 2; d++) {
		const struct session_flow *flow = &protection_of(op->session)->flow[d];
		const struct tunnel tunnel =
			directory_tunnel(store->directory, &op->session->tunnel[d]);

		if (d == DOWN && stays_claimed(op->session, &tunnel, t) &&
		    !(flow->live && is_move(op->session, t)))
			op->leaves_claim = true;
		if (!flow->live)
			continue;
		if (d == DOWN && op->is_barred[d])
			aliases_end_barred(store, op->session);
		if (!t->alive || t->is_bare || op->is_barred[d]) {
			stop_flow(store, op, d);
		} else if (!tunnel_is_equal(&tunnel, &t->tunnel[d])) {
			if (d == DOWN && is_move(op->session, t))
				move_flow(store, op);
			else
				stop_flow(store, op, d);
		}
	}
}

/* --- a tunnel that two sessions claim --- */

/* Returns true if the session goes on in tunnel, from before a move, when it loses that of its flow. */
static bool goes_on(const struct session_store *store, const struct session *s,
		    enum session_direction direction, struct tunnel *tunnel)
{
	*tunnel = no_tunnel;
	return direction == DOWN && s->kind == DIRECTORY_PROTECTED &&
	       aliases_find_in_use(store, s, tunnel);
}

/* The session's flow of this direction stops, after all that is under way for it. is_barred: it keeps
 * its claim. Otherwise it goes on in its tunnel before a move, or has no tunnel in this direction until an
 * accepted response gives it one. Its keys and COUNTs stay. Returns false if there is no memory. */
static bool lose_flow(struct session_store *store, struct session *s,
		      enum session_direction direction, bool is_barred)
{
	struct operation *current = work_first_operation(s);
	struct change target;

	if (!current) {
		session_current(store, s, &target);
		target.keeps_claims = true;
		if (!is_barred)
			goes_on(store, s, direction, &target.tunnel[direction]);
		current = operations_add(store, s, &target);
		if (!current)
			return false;
		current->is_barred[direction] = is_barred;
		carry_advance(store, current);
		return true;
	}
	if (protection_of(s)->flow[direction].live) {
		if (direction == DOWN && is_barred)
			aliases_end_barred(store, s);
		stop_flow(store, current, direction);
	}
	return true;
}

static bool bar_tunnel(struct session_store *store, struct session *s,
		       enum session_direction direction)
{
	const struct tunnel tunnel = directory_tunnel(store->directory, &s->tunnel[direction]);

	if (s->kind != DIRECTORY_PROTECTED || !protection_of(s)->flow[direction].live)
		return true;
	if (!lose_flow(store, s, direction, true))
		return false;
	flows_claim(store, s, direction, &tunnel);
	return true;
}

static bool lose_tunnel(struct session_store *store, struct session *s,
			enum session_direction direction, const struct tunnel *tunnel)
{
	if (s->kind == DIRECTORY_UNPROTECTED) {
		establish_forget_tunnel(store, s, direction);
		return true;
	}
	for (struct operation *op = work_first_operation(s); op; op = TAILQ_NEXT(op, entry))
		if (tunnel_is_equal(&op->target.tunnel[direction], tunnel))
			op->target.tunnel[direction] = no_tunnel;
	if (!lose_flow(store, s, direction, false))
		return false;
	establish_forget_tunnel(store, s, direction);
	return true;
}

static void say_claim(struct session_store *store, const struct session *s,
		      enum session_direction direction, const struct tunnel *tunnel, bool is_barred)
{
	char text[TUNNEL_STR];

	control_count(store, is_barred ? SESSION_TUNNELS_BARRED : SESSION_TUNNELS_LOST);
	control_log_of(store, s, SESSION_LOG_WARNING,
		       "its %s tunnel %s is %s; its packets are dropped until the GGSN gives it a "
		       "tunnel again",
		       direction == UP ? "uplink" : "downlink", tunnel_str(tunnel, text),
		       is_barred
			       ? "claimed by another session too, and their addresses do not tell "
				 "their packets apart"
			       : "another session's now");
}

/* An ended session has the tunnel. Returns true if it keeps its claim: its GGSN may still send its
 * packets there. Then the tunnel is barred for s, unless their addresses tell their packets apart. */
static bool take_from_ended(struct session_store *store, const struct session *s,
			    struct session *ended, enum session_direction direction,
			    const struct tunnel *tunnel, enum session_outcome *outcome)
{
	if (direction == UP || !ended->is_doubtful ||
	    (ended->is_before_move && !(s && apart_shares_address(&s->address, &ended->address)))) {
		ended_lose_tunnel(store, ended, direction);
		return false;
	}
	if (s && s->origin == ORIGIN_CONFIGURATION)
		return true; /* nothing that GTP-C says changes it */
	ended->is_barred = !apart_is_told(s, ended);
	journal_note(store, ended);
	if (!ended->is_barred)
		return true;
	if (s)
		say_claim(store, s, direction, tunnel, true);
	if (*outcome == SESSION_DONE)
		*outcome = SESSION_TAKEN;
	return true;
}

/* Another session has the tunnel that s claims as its tunnel of claimed. Returns true if it keeps its
 * claim: it is configured, or the tunnel is barred for both. The GGSN names its own uplink tunnels, in
 * the accepted response: there no claim is doubtful. s NULL: the subscriber is not known. */
static bool take_from(struct session_store *store, const struct session *s,
		      enum session_direction claimed, struct session *other,
		      enum session_direction direction, const struct tunnel *tunnel,
		      enum session_outcome *outcome)
{
	const bool is_doubtful = claimed == DOWN || direction == DOWN;
	struct tunnel next;
	bool is_left; /* without a tunnel */

	if (other->origin == ORIGIN_CONFIGURATION) {
		*outcome = SESSION_STATIC;
		return true;
	}
	if (other->kind == DIRECTORY_ENDED)
		return take_from_ended(store, s, other, direction, tunnel, outcome);
	if (!s && other->kind == DIRECTORY_PROTECTED && !pdp_address_is_unbound(&other->address))
		return true; /* its packets tell that they are its own */
	if (is_doubtful && !apart_is_told(s, other)) {
		say_claim(store, other, direction, tunnel, true);
		*outcome = bar_tunnel(store, other, direction) ? SESSION_TAKEN : SESSION_NO_ROOM;
		return true;
	}
	is_left = !goes_on(store, other, direction, &next);
	if (!lose_tunnel(store, other, direction, tunnel)) {
		*outcome = SESSION_NO_ROOM;
		return true;
	}
	if (direction == DOWN && apart_needs_protection(other))
		ended_leave_claim(store, other, tunnel);
	if (is_left)
		say_claim(store, other, direction, tunnel, false);
	return false;
}

enum session_outcome carry_evict(struct session_store *store, const struct session *s,
				 enum session_direction claimed, const struct tunnel *tunnel)
{
	enum session_outcome outcome = SESSION_DONE;

	for (unsigned d = 0; d < 2; d++) {
		struct session *kept = NULL, *other;

		while ((other = directory_next_of_tunnel(store->directory, tunnel, d, kept)) !=
		       NULL)
			if (other == s || take_from(store, s, claimed, other, d, tunnel, &outcome))
				kept = other;
	}
	return outcome;
}

void carry_bar(struct session_store *store, struct session *s, const struct tunnel *tunnel)
{
	say_claim(store, s, DOWN, tunnel, true);
	bar_tunnel(store, s, DOWN);
}

/* --- start --- */

/* The session has the tunnel already, and may have another address now. */
static bool is_claimed_by_ended(struct session_store *store, const struct session *s,
				const struct tunnel *tunnel)
{
	enum session_outcome outcome = SESSION_DONE;
	struct session *other = NULL;

	while ((other = directory_next_of_tunnel(store->directory, tunnel, DOWN, other)) != NULL)
		if (other->kind == DIRECTORY_ENDED && other->is_doubtful)
			take_from_ended(store, s, other, DOWN, tunnel, &outcome);
	return outcome != SESSION_DONE;
}

static void start_flow(struct session_store *store, struct operation *op,
		       enum session_direction direction)
{
	struct session *s = op->session;
	const struct tunnel *tunnel = &op->target.tunnel[direction];

	if (tunnel_is_none(tunnel))
		return;
	if (direction == DOWN && protection_of(s)->flow[DOWN].live &&
	    is_claimed_by_ended(store, s, tunnel)) {
		bar_tunnel(store, s, DOWN);
		return;
	}
	if (protection_of(s)->flow[direction].live) {
		commands_use_keyset(store, s, direction, op);
	} else {
		enum session_outcome outcome = carry_evict(store, s, direction, tunnel);

		if (outcome == SESSION_TAKEN) {
			flows_claim(store, s, direction, tunnel);
			return;
		}
		if (outcome == SESSION_DONE && flows_add(store, s, direction, tunnel, op) != 0)
			outcome = SESSION_NO_ROOM;
		if (outcome != SESSION_DONE) {
			op->outcome = outcome;
			return;
		}
	}
	op->pending++;
}

/* --- finish --- */

/* The last operation is done: ends the session, or goes on with its keysets. */
static void settle(struct session_store *store, struct session *s, const struct change *target)
{
	if (!target->alive) {
		establish_end(store, s, target);
		return;
	}
	obtain_settle(store, s);
	if (store->config.pull_on_activation)
		obtain_pull(store, s, protection_of(s)->newest);
}

void carry_unprotected(struct session_store *store, struct session *s, const struct change *t,
		       struct held *held)
{
	enum session_outcome outcome =
		establish_session(store, s, t) ? SESSION_DONE : SESSION_NO_ROOM;

	for (unsigned d = 0; d < 2 && outcome == SESSION_DONE; d++) {
		const enum session_outcome taken = carry_evict(store, s, d, &t->tunnel[d]);
		const bool is_barred = taken == SESSION_TAKEN;

		if (taken != SESSION_DONE && !is_barred)
			outcome = taken;
		else if (unprotected_take(store, s, d, &t->tunnel[d], is_barred, held) != 0)
			outcome = SESSION_NO_ROOM;
	}
	if (outcome != SESSION_DONE) {
		establish_refuse(store, s, t, held, outcome, "tunnels");
		if (t->fresh)
			establish_end(store, s, &establish_end_of_session); /* it was never made */
	} else if (held) {
		held->is_lasting = true;
	}
}

/* A session that was protected, or is restored, is not protected any more. Its flows have stopped. */
static void unprotect(struct session_store *store, struct session *s, const struct change *t,
		      struct held *held)
{
	struct session *other;

	networks_leave(store, s);
	other = establish_convert(store, s, DIRECTORY_UNPROTECTED);
	if (other) {
		carry_unprotected(store, other, t, held);
	} else {
		establish_refuse(store, s, t, held, SESSION_NO_ROOM,
				 "place among those without protection");
		establish_end(store, s, &establish_end_of_session);
	}
}

static void finish(struct session_store *store, struct operation *op)
{
	struct session *s = op->session;
	struct held *held = op->held;
	const struct change target = op->target;
	const bool failed = op->outcome != SESSION_DONE;
	struct operation *next;

	if (failed)
		establish_refuse(store, s, &target, op->held, op->outcome, "flows");
	else if (held)
		held->is_lasting |= target.alive;
	store->promised -= op->promised;
	operations_remove(s, op);
	next = work_first_operation(s);
	if (failed && target.fresh && !next)
		next = operations_add(store, s, &establish_end_of_session); /* it was never made */
	if (next)
		carry_advance(store, next);
	else if (target.alive && !apart_needs_protection(s))
		unprotect(store, s, &target, held);
	else
		settle(store, s, &target);
	held_release(store, held);
}

static void leave_claim(struct session_store *store, const struct session *s)
{
	const struct tunnel before = directory_tunnel(store->directory, &s->tunnel[DOWN]);

	ended_leave_before_move(store, s, &before);
}

void carry_advance(struct session_store *store, struct operation *op)
{
	if (op->step == STEP_WAIT)
		stop(store, op);
	if (op->step == STEP_STOP && op->pending == 0) {
		op->step = STEP_START;
		if (op->leaves_claim)
			leave_claim(store, op->session);
		if (op->target.alive && !establish_session(store, op->session, &op->target)) {
			op->outcome = SESSION_NO_ROOM;
		} else if (op->target.alive && apart_needs_protection(op->session)) {
			start_flow(store, op, UP);
			start_flow(store, op, DOWN);
		}
		aliases_follow(store, op->session);
	}
	if (op->step == STEP_START && op->pending == 0)
		finish(store, op);
}
