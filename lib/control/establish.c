/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/establish.h"

#include <string.h>

#include "control/apart.h"
#include "control/binding.h"
#include "control/changeover.h"
#include "control/ended.h"
#include "control/journal.h"
#include "control/keyset.h"
#include "control/networks.h"
#include "control/restarts.h"
#include "control/table.h"

const struct change establish_end_of_session = {.alive = false};

void establish_forget_tunnel(struct session_store *store, struct session *s,
			     enum session_direction direction)
{
	static const struct tunnel none;

	directory_unindex(store->directory, s, INDEX_TUNNEL_UP + direction);
	directory_set_tunnel(store->directory, &s->tunnel[direction], &none);
	journal_note(store, s);
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
		ended_settle_lost(store, s);
}

bool establish_session(struct session_store *store, struct session *s, const struct change *t)
{
	if (t->fresh && apart_needs_protection(s) && leaves_something(store, s, t))
		ended_leave(store, s, true);
	if (!t->fresh && !t->is_repeated && !t->keeps_claims && !tunnel_is_none(&t->tunnel[DOWN]))
		settle_claims(store, s, &t->tunnel[DOWN]);
	s->origin = t->origin & 3;
	journal_note(store, s);
	if (set_control(store, s, t) != 0)
		return false;
	for (unsigned d = 0; d < 2; d++)
		if (tunnel_is_none(&t->tunnel[d]))
			establish_forget_tunnel(store, s, d);
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
	/* A new PDN connection. Another bearer of one that is there shares its networks. */
	if (t->fresh && t->origin == ORIGIN_GTPC && s->nsapi == s->primary)
		networks_replace(store, s, NETWORKS_REPORTED, NULL, 0);
	networks_take_policy(store, s);
	if (t->is_bare && s->kind == DIRECTORY_PROTECTED)
		keyset_drop_all(store, s);
	if (t->has_keyset)
		changeover_activate(store, s, &t->keyset, t->key_id, t->fresh);
	if (t->fresh && apart_needs_protection(s) && pdp_address_is_unbound(&s->address))
		control_count(store, SESSION_UNBOUND);
	return true;
}

struct session *establish_convert(struct session_store *store, struct session *s,
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

/* --- end --- */

void establish_end(struct session_store *store, struct session *s, const struct change *end)
{
	const bool is_left = s->kind == DIRECTORY_PROTECTED && apart_needs_protection(s) &&
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

void establish_leave_unserved(struct session_store *store, const struct session *s,
			      const struct change *t)
{
	const struct e2m_imsi imsi = directory_imsi(s);

	if (t->alive && (t->has_keyset || apart_needs_protection(s) || policy_bars(t->policy)))
		ended_leave_unserved(store, &imsi, s->nsapi, s->primary, t);
}

void establish_refuse(struct session_store *store, const struct session *s, const struct change *t,
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
		establish_leave_unserved(store, s, t);
	if (held)
		held->outcome = outcome;
}
