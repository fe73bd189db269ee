/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/session.h"

#include <string.h>

#include "control/aliases.h"
#include "control/apart.h"
#include "control/binding.h"
#include "control/changeover.h"
#include "control/commands.h"
#include "control/ended.h"
#include "control/flows.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/keyset.h"
#include "control/networks.h"
#include "control/obtain.h"
#include "control/operations.h"
#include "control/restarts.h"
#include "control/table.h"
#include "control/tunnels.h"
#include "control/unprotected.h"
#include "control/work.h"

static const struct change end_of_session = {.alive = false};
static const struct tunnel no_tunnel;

static void advance(struct session_store *store, struct operation *op);

/* Returns true if the session's packets must not cross in clear. */
static bool needs_protection(const struct session *s)
{
	return session_has_keyset(s) || policy_bars(s->policy);
}

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

static void forget_tunnel(struct session_store *store, struct session *s,
			  enum session_direction direction)
{
	directory_unindex(store->directory, s, INDEX_TUNNEL_UP + direction);
	directory_set_tunnel(store->directory, &s->tunnel[direction], &no_tunnel);
	journal_note(store, s);
}

/* Returns true if the change moves the session's downlink: its GGSN may go on to use the tunnel before. */
static bool is_move(const struct session *s, const struct change *t)
{
	return t->alive && !t->fresh && !t->is_bare && !tunnel_is_none(&t->tunnel[DOWN]) &&
	       session_has_keyset(s);
}

static void stop(struct session_store *store, struct operation *op)
{
	const struct change *t = &op->target;

	op->step = STEP_STOP;
	if (!t->alive || t->fresh) {
		if (needs_protection(op->session))
			aliases_leave(store, op->session);
		aliases_end(store, op->session);
	}
	for (unsigned d = 0; d < 2; d++) {
		const struct session_flow *flow = &protection_of(op->session)->flow[d];
		const struct tunnel tunnel =
			directory_tunnel(store->directory, &op->session->tunnel[d]);

		if (!flow->live)
			continue;
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

/* --- start --- */

/* A GGSN gives a control TEID to one PDN. Where another still has it, that one has ended at the
 * GGSN: a later request that names the TEID is not about it. */
static void take_control_ggsn(struct session_store *store, const struct session *s,
			      const struct tunnel *control)
{
	struct tunnel its_ggsn = *control; /* stays, for the GGSN's restarts */
	struct session *other = NULL, *next;

	its_ggsn.teid = 0;
	next = directory_next_of_control(store->directory, INDEX_CONTROL_GGSN, control, NULL);
	while ((other = next) != NULL) {
		next = directory_next_of_control(store->directory, INDEX_CONTROL_GGSN, control,
						 other);
		if (other->imsi == s->imsi)
			continue;
		directory_unindex(store->directory, other, INDEX_CONTROL_GGSN);
		directory_set_tunnel(store->directory, &other->control_ggsn, &its_ggsn);
		if (other->kind == DIRECTORY_ENDED)
			ended_settle(store, other);
		journal_note(store, other);
	}
}

/* Returns 0 or -ENOMEM. */
static int set_control(struct session_store *store, struct session *s, const struct change *t)
{
	int ret;

	take_control_ggsn(store, s, &t->control_ggsn);
	directory_unindex(store->directory, s, INDEX_CONTROL_SGSN);
	directory_unindex(store->directory, s, INDEX_CONTROL_GGSN);
	ret = directory_set_tunnel(store->directory, &s->control_sgsn, &t->control_sgsn);
	if (ret == 0)
		ret = directory_set_tunnel(store->directory, &s->control_ggsn, &t->control_ggsn);
	directory_index(store->directory, s, INDEX_CONTROL_SGSN);
	directory_index(store->directory, s, INDEX_CONTROL_GGSN);
	return ret;
}

bool session_is_lost(const struct session_store *store, const struct session *s)
{
	struct change target;

	session_current(store, s, &target); /* the session as it will be after its operations */
	return restarts_are_after(store, s, &target);
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
		if (!is_barred)
			goes_on(store, s, direction, &target.tunnel[direction]);
		current = operations_add(store, s, &target);
		if (!current)
			return false;
		current->is_barred[direction] = is_barred;
		advance(store, current);
		return true;
	}
	if (protection_of(s)->flow[direction].live)
		stop_flow(store, current, direction);
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
		forget_tunnel(store, s, direction);
		return true;
	}
	for (struct operation *op = work_first_operation(s); op; op = TAILQ_NEXT(op, entry))
		if (tunnel_is_equal(&op->target.tunnel[direction], tunnel))
			op->target.tunnel[direction] = no_tunnel;
	if (!lose_flow(store, s, direction, false))
		return false;
	forget_tunnel(store, s, direction);
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
	if (direction == UP || !ended->is_doubtful) {
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
	if (direction == DOWN && needs_protection(other))
		ended_leave_claim(store, other, tunnel);
	if (is_left)
		say_claim(store, other, direction, tunnel, false);
	return false;
}

/* A tunnel is one session's (e2m.md 6). Others that still have it lose it: their flow stops before
 * ours begins, in the same worker. SESSION_TAKEN: the tunnel is barred for all that claim it, this
 * session included. s NULL: the subscriber is not known. */
static enum session_outcome evict(struct session_store *store, const struct session *s,
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
		enum session_outcome outcome = evict(store, s, direction, tunnel);

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

/* Returns true if the session, which is made anew, has a tunnel or an address that it will not have
 * then. */
static bool leaves_something(const struct session_store *store, const struct session *s,
			     const struct change *t)
{
	const struct tunnel ggsn = directory_tunnel(store->directory, &s->control_ggsn);

	for (unsigned d = 0; d < 2; d++) {
		const struct tunnel its = directory_tunnel(store->directory, &s->tunnel[d]);

		if (!tunnel_is_none(&its) && !tunnel_is_equal(&its, &t->tunnel[d]))
			return true;
	}
	return pdp_address_is_bound(&s->address) &&
	       ((t->has_address && memcmp(&s->address, &t->address, sizeof(t->address)) != 0) ||
		!tunnel_has_same_receiver(&ggsn, &t->control_ggsn));
}

/* A message that gives the session a downlink tunnel, where it had lost the one before, or another. */
static void settle_claims(struct session_store *store, const struct session *s,
			  const struct tunnel *given)
{
	const struct tunnel its = directory_tunnel(store->directory, &s->tunnel[DOWN]);

	if (!tunnel_is_equal(&its, given))
		ended_settle_claims(store, s);
}

/* Makes the session what target says, except for its flows. Returns false if there is no room. */
static bool start_session(struct session_store *store, struct session *s, const struct change *t)
{
	if (t->fresh && needs_protection(s) && leaves_something(store, s, t))
		ended_leave(store, s, true);
	if (!t->fresh && !t->is_repeated && !tunnel_is_none(&t->tunnel[DOWN]))
		settle_claims(store, s, &t->tunnel[DOWN]);
	s->origin = t->origin & 3;
	journal_note(store, s);
	if (set_control(store, s, t) != 0)
		return false;
	for (unsigned d = 0; d < 2; d++)
		if (tunnel_is_none(&t->tunnel[d]))
			forget_tunnel(store, s, d);
	restarts_note(store, &t->recovery);
	if (t->fresh) {
		s->is_barred = false;
		s->policy = t->policy & 3;
		table_set_apn(store, s, t->apn);
	}
	if (t->has_address) {
		struct change given = *t;

		given.address = networks_widen(store, s, &t->address);
		binding_give(store, s, &given);
	}
	if (t->fresh && t->origin == ORIGIN_GTPC)
		networks_replace(store, s, NETWORKS_REPORTED, NULL, 0);
	networks_take_policy(store, s);
	if (t->is_bare && s->kind == DIRECTORY_PROTECTED)
		keyset_drop_all(store, s);
	if (t->has_keyset)
		changeover_activate(store, s, &t->keyset, t->key_id, t->fresh);
	if (t->fresh && needs_protection(s) && pdp_address_is_unbound(&s->address))
		control_count(store, SESSION_UNBOUND);
	return true;
}

/* As table_convert, and notes both places. */
static struct session *convert(struct session_store *store, struct session *s,
			       enum directory_kind kind)
{
	const uint32_t id = table_id(store, s);
	struct session *converted = table_convert(store, s, kind);

	if (!converted)
		return NULL;
	journal_note_id(store->journal, id);
	journal_note(store, converted);
	return converted;
}

/* --- finish --- */

static void end_session(struct session_store *store, struct session *s, const struct change *end)
{
	const bool is_left = s->kind == DIRECTORY_PROTECTED && needs_protection(s) &&
			     ended_leave(store, s, !end->is_over);

	if (end->is_over)
		ended_settle_claims(store, s);
	/* What is left of it guards its networks too. */
	if (!is_left)
		networks_leave(store, s);
	if (s->kind == DIRECTORY_PROTECTED)
		keyset_drop_all(store, s);
	control_count(store, SESSION_REMOVED);
	control_log_of(store, s, end->is_swept ? SESSION_LOG_DEBUG : SESSION_LOG_INFO,
		       "session removed");
	journal_note(store, s);
	table_free_session(store, s);
}

/* The GGSN has accepted what target says, and the response does not cross: the tunnels and addresses
 * are barred all the same, if the session was or must be protected. */
static void leave_unserved(struct session_store *store, const struct session *s,
			   const struct change *t)
{
	const struct e2m_imsi imsi = directory_imsi(s);

	if (t->alive && (t->has_keyset || needs_protection(s) || policy_bars(t->policy)))
		ended_leave_unserved(store, &imsi, s->nsapi, s->primary, t);
}

/* what: the thing for which there is no room. */
static void refuse(struct session_store *store, const struct session *s, const struct change *t,
		   struct held *held, enum session_outcome outcome, const char *what)
{
	static const struct {
		enum session_counter counter;
		const char *why, *then;
	} says[] = {
		[SESSION_NO_ROOM] = {SESSION_REFUSED_FULL, "no room for its ",
				     "; raise sessions.max"},
		[SESSION_STATIC] = {SESSION_REFUSED_STATIC,
				    "its tunnel is that of a static session", ""},
	};

	control_count(store, says[outcome].counter);
	control_log_of(store, s, SESSION_LOG_WARNING, "%s%s; what asks for it is refused%s",
		       says[outcome].why, outcome == SESSION_NO_ROOM ? what : "",
		       says[outcome].then);
	if (outcome == SESSION_NO_ROOM)
		leave_unserved(store, s, t);
	if (held)
		held->outcome = outcome;
}

/* The last operation is done: ends the session, or goes on with its keysets. */
static void settle(struct session_store *store, struct session *s, const struct change *target)
{
	if (!target->alive) {
		end_session(store, s, target);
		return;
	}
	obtain_settle(store, s);
	if (store->config.pull_on_activation)
		obtain_pull(store, s, protection_of(s)->newest);
}

/* Its tunnels must be no other session's. held may be NULL. */
static void become_unprotected(struct session_store *store, struct session *s,
			       const struct change *t, struct held *held)
{
	enum session_outcome outcome = start_session(store, s, t) ? SESSION_DONE : SESSION_NO_ROOM;

	for (unsigned d = 0; d < 2 && outcome == SESSION_DONE; d++) {
		const enum session_outcome taken = evict(store, s, d, &t->tunnel[d]);
		const bool is_barred = taken == SESSION_TAKEN;

		if (taken != SESSION_DONE && !is_barred)
			outcome = taken;
		else if (unprotected_take(store, s, d, &t->tunnel[d], is_barred, held) != 0)
			outcome = SESSION_NO_ROOM;
	}
	if (outcome != SESSION_DONE) {
		refuse(store, s, t, held, outcome, "tunnels");
		if (t->fresh)
			end_session(store, s, &end_of_session); /* it was never made */
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
	other = convert(store, s, DIRECTORY_UNPROTECTED);
	if (other) {
		become_unprotected(store, other, t, held);
	} else {
		refuse(store, s, t, held, SESSION_NO_ROOM, "place among those without protection");
		end_session(store, s, &end_of_session);
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
		refuse(store, s, &target, op->held, op->outcome, "flows");
	else if (held)
		held->is_lasting |= target.alive;
	store->promised -= op->promised;
	operations_remove(s, op);
	next = work_first_operation(s);
	if (failed && target.fresh && !next)
		next = operations_add(store, s, &end_of_session); /* it was never made */
	if (next)
		advance(store, next);
	else if (target.alive && !needs_protection(s))
		unprotect(store, s, &target, held);
	else
		settle(store, s, &target);
	held_release(store, held);
}

static void advance(struct session_store *store, struct operation *op)
{
	if (op->step == STEP_WAIT)
		stop(store, op);
	if (op->step == STEP_STOP && op->pending == 0) {
		op->step = STEP_START;
		if (op->target.alive && !start_session(store, op->session, &op->target)) {
			op->outcome = SESSION_NO_ROOM;
		} else if (op->target.alive && needs_protection(op->session)) {
			start_flow(store, op, UP);
			start_flow(store, op, DOWN);
		}
		aliases_follow(store, op->session);
	}
	if (op->step == STEP_START && op->pending == 0)
		finish(store, op);
}

/* --- places --- */

/* Returns false if there is no room for another protected session, or for the COUNTs of its keysets;
 * that is counted or logged. */
static bool has_room(struct session_store *store, const struct e2m_imsi *imsi)
{
	if (directory_room(store->directory, DIRECTORY_PROTECTED) > 0 &&
	    kept_make_room(store, DATAPATH_KEYSETS))
		return kept_make_room_of(store, imsi, DATAPATH_KEYSETS);
	control_count(store, SESSION_REFUSED_FULL);
	return false;
}

struct session *session_place(struct session_store *store, const struct e2m_imsi *imsi,
			      uint8_t nsapi, bool is_protected)
{
	struct session *s = table_find_subscriber(store, imsi, nsapi);

	if (s) {
		control_count(store, SESSION_REPLACED);
		s->serial = directory_next_serial(store->directory);
		return s;
	}
	if (is_protected && !has_room(store, imsi))
		return NULL;
	s = table_new_session(store, is_protected ? DIRECTORY_PROTECTED : DIRECTORY_UNPROTECTED,
			      imsi, nsapi);
	control_count(store, s ? SESSION_LEARNED : SESSION_REFUSED_FULL);
	if (s)
		journal_note(store, s);
	return s;
}

/* --- targets --- */

/* Returns how many keysets may leave the session when target is carried out. */
static unsigned keysets_at_stake(const struct session *s, const struct change *t)
{
	const unsigned most = t->fresh ? DATAPATH_KEYSETS : 1;
	unsigned held = 0;

	if (!t->alive || (!t->has_keyset && !t->is_bare))
		return 0;
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		held += protection_of(s)->keysets[slot].state != DATAPATH_KEY_NONE;
	return !work_first_operation(s) && held < most ? held : most;
}

/* A session without keyset gets an address that a protected session has (e2m.md 6): it is to be
 * protected from now on, unless the policy excepts it. */
static struct change bar_if_protected(struct session_store *store, struct session *s,
				      const struct change *t)
{
	const uint8_t policy = t->fresh ? t->policy : s->policy;
	const bool has_keyset = t->has_keyset || (!t->is_bare && session_names_keyset(s));
	struct change target = *t;

	if (!t->alive || !t->has_address || has_keyset || policy != POLICY_OPTIONAL ||
	    !binding_bars(store, s, t))
		return target;
	target.policy = POLICY_PROTECT;
	if (!t->fresh)
		s->policy = POLICY_PROTECT;
	control_count(store, SESSION_POLICY_BARRED);
	control_log_of(store, s, SESSION_LOG_WARNING,
		       "it names no keyset and gets the address of a protected session: its "
		       "packets are dropped until it names one");
	return target;
}

static void apply_protected(struct session_store *store, struct session *s,
			    const struct change *target, struct held *held)
{
	const unsigned promised = keysets_at_stake(s, target);
	const struct e2m_imsi imsi = directory_imsi(s);
	struct operation *op;

	if (promised > 0 && !kept_make_room(store, promised)) {
		refuse(store, s, target, held, SESSION_NO_ROOM, "COUNTs");
		return;
	}
	if (promised > 0 && !kept_make_room_of(store, &imsi, promised)) {
		leave_unserved(store, s, target);
		if (held)
			held->outcome = SESSION_NO_ROOM;
		return;
	}
	op = operations_add(store, s, target);
	if (!op) {
		refuse(store, s, target, held, SESSION_NO_ROOM, "operation in memory");
		if (!work_first_operation(s) && !protection_of(s)->flow[UP].live &&
		    !protection_of(s)->flow[DOWN].live)
			end_session(store, s, &end_of_session); /* it has just been made */
		return;
	}
	op->promised = promised;
	store->promised += promised;
	op->held = held;
	if (held)
		held->users++;
	if (work_first_operation(s) == op)
		advance(store, op);
}

/* An unprotected session is to be protected. Returns it in its new place. NULL: no room. */
static struct session *protect(struct session_store *store, struct session *s,
			       const struct change *target, struct held *held)
{
	const struct e2m_imsi imsi = directory_imsi(s);

	if (has_room(store, &imsi))
		return convert(store, s, DIRECTORY_PROTECTED);
	control_log_of(store, s, SESSION_LOG_WARNING,
		       "no room for another protected session; what asks for its protection is "
		       "refused; raise sessions.max");
	if (held)
		held->outcome = SESSION_NO_ROOM;
	leave_unserved(store, s, target);
	if (s->tunnel[UP].gsn == 0 && s->tunnel[DOWN].gsn == 0)
		end_session(store, s, &end_of_session); /* it was never made */
	return NULL;
}

static void apply_unprotected(struct session_store *store, struct session *s,
			      const struct change *target, struct held *held)
{
	if (!target->alive)
		end_session(store, s, target);
	else
		become_unprotected(store, s, target, held);
}

void session_apply(struct session_store *store, struct session *s, const struct change *wanted,
		   struct held *held)
{
	const struct change barred = bar_if_protected(store, s, wanted), *target = &barred;
	const bool is_protected =
		target->alive &&
		(target->has_keyset || policy_bars(target->fresh ? target->policy : s->policy));

	if (s->kind == DIRECTORY_UNPROTECTED && !is_protected) {
		apply_unprotected(store, s, target, held);
		return;
	}
	if (s->kind == DIRECTORY_UNPROTECTED)
		s = protect(store, s, target, held);
	if (s)
		apply_protected(store, s, target, held);
}

void session_follow_ended(struct session_store *store, struct session *ended,
			  const struct tunnel *tunnel)
{
	struct session *other = NULL;

	forget_tunnel(store, ended, DOWN);
	ended->is_barred = false;
	while ((other = directory_next_of_tunnel(store->directory, tunnel, DOWN, other)) != NULL) {
		if (other->kind == DIRECTORY_ENDED || other->origin == ORIGIN_CONFIGURATION ||
		    apart_is_told(ended, other))
			continue;
		ended->is_barred = true;
		say_claim(store, other, DOWN, tunnel, true);
		bar_tunnel(store, other, DOWN);
	}
	directory_set_tunnel(store->directory, &ended->tunnel[DOWN], tunnel);
	directory_index(store->directory, ended, INDEX_TUNNEL_DOWN);
	tunnels_end(store, tunnel);
}

void session_lose_tunnel(struct session_store *store, const struct tunnel *tunnel)
{
	evict(store, NULL, DOWN, tunnel);
	tunnels_end(store, tunnel);
}

void session_take_first_npdu(struct session_store *store, unsigned worker,
			     const struct datapath_event *event)
{
	struct session *s = table_session(store, event->session);
	enum session_direction direction;
	struct change target;
	struct tunnel tunnel;

	if (table_session_of_event(store, worker, event, &direction)) {
		aliases_take_first_npdu(store, s);
	} else if (s && !work_first_operation(s) &&
		   aliases_find_watched(store, s, worker, event->flow, &tunnel)) {
		session_current(store, s, &target);
		target.tunnel[DOWN] = tunnel;
		control_log_of(
			store, s, SESSION_LOG_INFO,
			"its GGSN goes on in the tunnel before a move that it may have taken "
			"for a copy of an earlier one");
		session_apply(store, s, &target, NULL);
	}
}

void session_acknowledged(struct session_store *store, const struct datapath_event *event)
{
	struct operation *op = (struct operation *)(uintptr_t)event->cookie;
	struct session *s = op->session;

	if (event->command_kind == DATAPATH_STOP_FLOW)
		for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
			protection_of(s)->keysets[slot].count.next[event->side] =
				event->count[slot];
	if (--op->pending == 0)
		advance(store, op);
}

void session_free_operations(struct session *s)
{
	struct operation *op;

	while ((op = work_first_operation(s)) != NULL) {
		held_drop(op->held);
		operations_remove(s, op);
	}
}
