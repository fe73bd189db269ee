/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/session.h"

#include "control/aliases.h"
#include "control/apart.h"
#include "control/binding.h"
#include "control/carry.h"
#include "control/ended.h"
#include "control/establish.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/restarts.h"
#include "control/table.h"
#include "control/tunnels.h"
#include "control/work.h"

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
		establish_refuse(store, s, target, held, SESSION_NO_ROOM, "COUNTs");
		return;
	}
	if (promised > 0 && !kept_make_room_of(store, &imsi, promised)) {
		establish_leave_unserved(store, s, target);
		if (held)
			held->outcome = SESSION_NO_ROOM;
		return;
	}
	op = operations_add(store, s, target);
	if (!op) {
		establish_refuse(store, s, target, held, SESSION_NO_ROOM, "operation in memory");
		if (!work_first_operation(s) && !protection_of(s)->flow[UP].live &&
		    !protection_of(s)->flow[DOWN].live)
			establish_end(store, s,
				      &establish_end_of_session); /* it has just been made */
		return;
	}
	op->promised = promised;
	store->promised += promised;
	op->held = held;
	if (held)
		held->users++;
	if (work_first_operation(s) == op)
		carry_advance(store, op);
}

/* An unprotected session is to be protected. Returns it in its new place. NULL: no room. */
static struct session *protect(struct session_store *store, struct session *s,
			       const struct change *target, struct held *held)
{
	const struct e2m_imsi imsi = directory_imsi(s);

	if (has_room(store, &imsi))
		return establish_convert(store, s, DIRECTORY_PROTECTED);
	control_log_of(store, s, SESSION_LOG_WARNING,
		       "no room for another protected session; what asks for its protection is "
		       "refused; raise sessions.max");
	if (held)
		held->outcome = SESSION_NO_ROOM;
	establish_leave_unserved(store, s, target);
	if (s->tunnel[UP].gsn == 0 && s->tunnel[DOWN].gsn == 0)
		establish_end(store, s, &establish_end_of_session); /* it was never made */
	return NULL;
}

static void apply_unprotected(struct session_store *store, struct session *s,
			      const struct change *target, struct held *held)
{
	if (!target->alive)
		establish_end(store, s, target);
	else
		carry_unprotected(store, s, target, held);
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

/* --- what others learn of a session's tunnels --- */

/* An ended session claims the tunnel: it is barred for sessions that cannot be told apart. */
static void bar_for_others(struct session_store *store, struct session *ended,
			   const struct tunnel *tunnel)
{
	struct session *other = NULL;

	ended->is_barred = false;
	while ((other = directory_next_of_tunnel(store->directory, tunnel, DOWN, other)) != NULL) {
		if (other->kind == DIRECTORY_ENDED || other->origin == ORIGIN_CONFIGURATION ||
		    apart_is_told(ended, other))
			continue;
		ended->is_barred = true;
		carry_bar(store, other, tunnel);
	}
}

void session_doubt_tunnel(struct session_store *store, const struct session *s,
			  const struct tunnel *tunnel)
{
	struct session *claim = ended_leave_claim(store, s, tunnel);

	if (claim)
		bar_for_others(store, claim, tunnel);
}

void session_follow_ended(struct session_store *store, struct session *ended,
			  const struct tunnel *tunnel)
{
	establish_forget_tunnel(store, ended, DOWN);
	bar_for_others(store, ended, tunnel);
	directory_set_tunnel(store->directory, &ended->tunnel[DOWN], tunnel);
	directory_index(store->directory, ended, INDEX_TUNNEL_DOWN);
	tunnels_end(store, tunnel);
}

void session_lose_tunnel(struct session_store *store, const struct tunnel *tunnel)
{
	if (carry_evict(store, NULL, DOWN, tunnel) == SESSION_TAKEN)
		ended_leave_unknown(store, tunnel);
	tunnels_end(store, tunnel);
}

bool session_is_lost(const struct session_store *store, const struct session *s)
{
	struct change target;

	session_current(store, s, &target); /* the session as it will be after its operations */
	return restarts_are_after(store, s, &target);
}

/* The GGSN has moved. Late packets are dropped, whichever session without a flow has the tunnel now. */
static void end_claims_before_move(struct session_store *store, const struct session *s)
{
	const struct session *other;
	enum session_direction direction;
	struct tunnel tunnel;

	while (ended_take_before_move(store, s, &tunnel)) {
		other = table_find_tunnel(store, &tunnel, &direction);
		if (!other || other->kind == DIRECTORY_UNPROTECTED)
			tunnels_drop_late(store, DOWN, &tunnel);
	}
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
		end_claims_before_move(store, s);
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
		carry_advance(store, op);
}

void session_free_operations(struct session *s)
{
	struct operation *op;

	while ((op = work_first_operation(s)) != NULL) {
		held_drop(op->held);
		operations_remove(s, op);
	}
}
