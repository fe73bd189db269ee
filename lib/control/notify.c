/* SPDX-License-Identifier: BSD-3-Clause */
/* notify: sessions that a GGSN or P-GW reports, e2m.md 4, and those of the configuration; and who has the last
 * word on a session. A notification comes from a peer that TLS knows, GTP-C from wherever it crosses: so of a
 * session that is reported GTP-C says only what a notification cannot, the control TEIDs, and that it is over.
 * For its end it is the GGSN's own acceptance that crosses, and TEIDs that are free again go to others. */
#include <string.h>

#include "control/context.h"
#include "control/learn.h"
#include "control/notify.h"
#include "control/restarts.h"
#include "control/session.h"
#include "control/table.h"

/* --- who has the last word --- */

static bool is_same_keyset(const struct change *a, const struct change *b)
{
	return memcmp(&a->keyset, &b->keyset, sizeof(a->keyset)) == 0;
}

static bool has_same_tunnels(const struct change *a, const struct change *b)
{
	return tunnel_is_equal(&a->tunnel[UP], &b->tunnel[UP]) &&
	       tunnel_is_equal(&a->tunnel[DOWN], &b->tunnel[DOWN]);
}

/* Two names of one AKA run, SQN and RAND, contradict each other not. */
static bool is_other_keyset(const struct change *a, const struct change *b)
{
	return a->key_id != b->key_id ||
	       (a->keyset.type == b->keyset.type && !is_same_keyset(a, b));
}

static void say_contradiction(struct session_store *store, struct session *s,
			      const struct change *right, const char *what)
{
	const bool is_static = right->origin == ORIGIN_CONFIGURATION;

	control_count(store, SESSION_CONTRADICTED);
	if (!s->contradiction_said)
		control_log(
			store, SESSION_LOG_WARNING,
			"IMSI %s NSAPI %u: GTP-C says otherwise of its %s than %s, which counts",
			table_imsi(s).digits, s->nsapi, what,
			is_static ? "the configuration" : "the GGSN's notification");
	s->contradiction_said = true;
}

/* What the session is to be, where it is not GTP-C that says so. False: GTP-C does. */
static bool prevailing(const struct session_store *store, const struct session *s,
		       struct change *current)
{
	session_current(store, s, current);
	return current->alive && current->origin != ORIGIN_GTPC;
}

bool notify_prevails(struct session_store *store, struct session *s, const struct change *target,
		     struct held *held)
{
	struct change current;

	if (!prevailing(store, s, &current))
		return false;
	if (session_names_keyset(s) ? target->is_bare : target->has_keyset)
		say_contradiction(store, s, &current, "being protected");
	else if (target->has_keyset && is_other_keyset(target, &current))
		say_contradiction(store, s, &current, "keyset");
	else if (!has_same_tunnels(target, &current))
		say_contradiction(store, s, &current, "tunnels");
	if (current.origin == ORIGIN_CONFIGURATION)
		return true;
	current.control_sgsn = target->control_sgsn;
	current.control_ggsn = target->control_ggsn;
	memcpy(current.recovery, target->recovery, sizeof(current.recovery));
	restarts_spare(store, s, &current);
	session_apply(store, s, &current, held);
	return true;
}

bool notify_prevails_protected(struct session_store *store, struct session *s)
{
	struct change current;

	if (!prevailing(store, s, &current))
		return false;
	if (session_names_keyset(s))
		say_contradiction(store, s, &current, "being protected");
	return true;
}

/* --- activations --- */

static struct change target_of(const struct session_notification *n, enum session_origin origin,
			       enum policy_action policy)
{
	struct change target = {.alive = true,
				.fresh = true,
				.origin = origin,
				.keyset = n->keyset,
				.key_id = n->key_id,
				.tunnel = {n->tunnel[UP], n->tunnel[DOWN]}};

	learn_apply_policy(&target, policy, true);
	return target;
}

/* GTP-C was faster, or the notification is sent again: the session stays, and what it has. */
static void compare(struct session_store *store, struct session *s, struct change *target)
{
	struct change current;
	bool names_same;

	session_current(store, s, &current);
	names_same = session_names_keyset(s) && is_same_keyset(target, &current);
	/* By its tunnels it is the same context, too, whatever GTP-C says of the keyset. */
	if (!current.alive || (!names_same && !has_same_tunnels(target, &current)))
		return;
	/* By its control TEIDs GTP-C could end one of the configuration. The APN it knew, for a policy. */
	if (target->origin != ORIGIN_CONFIGURATION) {
		learn_apply_policy(target, (enum policy_action)current.policy, true);
		target->control_sgsn = current.control_sgsn;
		target->control_ggsn = current.control_ggsn;
	}
	if (has_same_tunnels(target, &current) &&
	    (target->is_bare ? !session_names_keyset(s)
			     : names_same && target->key_id == current.key_id))
		target->fresh = target->is_bare = false;
	else if (current.origin == ORIGIN_GTPC &&
		 (!has_same_tunnels(target, &current) ||
		  (session_names_keyset(s) && is_other_keyset(target, &current))))
		say_contradiction(store, s, target, "tunnels, keyset or Key ID");
}

/* False: no room for another session. */
static bool activate(struct session_store *store, const struct session_notification *n,
		     enum session_origin origin, enum policy_action policy, struct held *held)
{
	struct session *s = table_find_subscriber(store, &n->imsi, n->nsapi);
	struct change target = target_of(n, origin, policy);

	if (s)
		compare(store, s, &target);
	if (target.fresh)
		s = session_place(store, &n->imsi, n->nsapi);
	if (!s)
		return false;
	if (target.is_bare)
		control_count(store, SESSION_POLICY_PASSED);
	learn_say(store, s, &target);
	session_apply(store, s, &target, held);
	return true;
}

/* --- notifications --- */

static void take_activation(struct session_store *store, const struct session_notification *n,
			    struct held *held)
{
	const enum policy_action policy = policy_decide_reported(&store->config.policy, &n->imsi);

	if (learn_is_refused(store, policy, &n->imsi, n->nsapi, held) ||
	    activate(store, n, ORIGIN_NOTIFICATION, policy, held))
		return;
	held->outcome = SESSION_NO_ROOM;
	control_log(store, SESSION_LOG_WARNING,
		    "IMSI %s NSAPI %u: no room for another session, its notification is refused; "
		    "raise sessions.max",
		    n->imsi.digits, n->nsapi);
}

static void take_update(struct session_store *store, const struct session_notification *n,
			struct session *s, const struct change *before, struct held *held)
{
	struct change target = *before;

	for (unsigned d = 0; d < 2; d++)
		if (n->has_tunnel[d])
			target.tunnel[d] = n->tunnel[d];
	if (tunnel_is_equal(&target.tunnel[UP], &target.tunnel[DOWN])) {
		held->outcome = SESSION_INVALID;
		return;
	}
	if (n->keyset.type != 0) {
		target.has_keyset = policy_protects(before->policy);
		target.keyset = n->keyset;
		target.key_id = n->key_id;
	}
	target.origin = ORIGIN_NOTIFICATION;
	learn_change(store, s, before, &target, held);
}

/* A DELETE that comes late may be about a context that was there before. */
static bool is_about(const struct session_notification *n, const struct change *current)
{
	for (unsigned d = 0; d < 2; d++)
		if (n->has_tunnel[d] && !tunnel_is_equal(&n->tunnel[d], &current->tunnel[d]))
			return false;
	return true;
}

static void take_change(struct session_store *store, const struct session_notification *n,
			struct session *s, const struct change *current, struct held *held)
{
	static const struct change end = {.alive = false};

	if (!current->alive || (n->event == SESSION_DELETE && !is_about(n, current))) {
		control_count(store, SESSION_NOTIFICATIONS_UNKNOWN);
		held->outcome = SESSION_UNKNOWN;
	} else if (n->event == SESSION_UPDATE) {
		take_update(store, n, s, current, held);
	} else {
		session_apply(store, s, &end, held);
	}
}

void session_take_notification(struct session_store *store, const struct session_notification *n,
			       uint64_t number)
{
	struct session *s = table_find_subscriber(store, &n->imsi, n->nsapi);
	struct held *held = held_new_notification(number);
	struct change current = {.alive = false};

	control_count(store, SESSION_NOTIFICATIONS);
	if (!held) {
		store->ops.notified(store->ops.arg, number, SESSION_NO_ROOM);
		return;
	}
	if (s)
		session_current(store, s, &current);
	if (current.alive && current.origin == ORIGIN_CONFIGURATION) {
		control_count(store, SESSION_REFUSED_STATIC);
		held->outcome = SESSION_STATIC;
	} else if (n->event == SESSION_ACTIVATE) {
		take_activation(store, n, held);
	} else {
		take_change(store, n, s, &current, held);
	}
	held_release(store, held);
}

/* --- the configuration --- */

static bool is_among(const struct session *s, const struct session_notification *list, size_t count)
{
	const struct e2m_imsi imsi = table_imsi(s);

	for (size_t i = 0; i < count; i++)
		if (s->nsapi == list[i].nsapi && memcmp(&imsi, &list[i].imsi, sizeof(imsi)) == 0)
			return true;
	return false;
}

static void end_others(struct session_store *store, const struct session_notification *list,
		       size_t count)
{
	static const struct change end = {.alive = false};

	for (struct session *s = NULL; (s = table_next(store, s)) != NULL;)
		if (s->origin == ORIGIN_CONFIGURATION && !is_among(s, list, count))
			session_apply(store, s, &end, NULL);
}

size_t session_make_static(struct session_store *store, const struct session_notification *list,
			   size_t count)
{
	size_t refused = 0;

	end_others(store, list, count);
	for (size_t i = 0; i < count; i++) {
		if (activate(store, &list[i], ORIGIN_CONFIGURATION, POLICY_OPTIONAL, NULL))
			continue;
		control_log(store, SESSION_LOG_WARNING,
			    "IMSI %s NSAPI %u: no room for this static session; raise sessions.max",
			    list[i].imsi.digits, list[i].nsapi);
		refused++;
	}
	return refused;
}
