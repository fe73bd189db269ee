/* SPDX-License-Identifier: BSD-3-Clause */
/* report: sessions that a GGSN or P-GW reports (e2m.md 4), and those of the configuration. */
#include <string.h>

#include "control/address.h"
#include "control/binding.h"
#include "control/effect.h"
#include "control/ended.h"
#include "control/networks.h"
#include "control/precedence.h"
#include "control/table.h"

/* --- activations --- */

/* A notification without an APN leaves it unknown. */
static struct apn_ref apn_of(struct session_store *store, const struct session_notification *n)
{
	return n->apn_len > 0 ? apns_note(store->apns, n->apn, n->apn_len) : (struct apn_ref){0};
}

static struct change target_of(struct session_store *store, const struct session_notification *n,
			       enum session_origin origin, enum policy_action policy)
{
	struct change target = {.alive = true,
				.fresh = true,
				.origin = origin,
				.keyset = n->keyset,
				.key_id = n->key_id,
				.apn = apn_of(store, n),
				.address = n->address,
				.has_address = true,
				.tunnel = {n->tunnel[UP], n->tunnel[DOWN]}};

	effect_apply_policy(&target, policy, true);
	return target;
}

/* A list that an activation of another session does not have is empty. */
static void take_networks(struct session_store *store, const struct session_notification *n,
			  bool is_fresh)
{
	const struct session *s = table_find_subscriber(store, &n->imsi, n->nsapi);

	if (s)
		networks_replace(store, s, is_fresh ? NETWORKS_REPORTED : n->lists, n->networks,
				 n->networks_count);
}

/* Returns false if there is no room for another session. */
static bool activate(struct session_store *store, const struct session_notification *n,
		     enum session_origin origin, enum policy_action policy, struct held *held)
{
	struct session *s = table_find_subscriber(store, &n->imsi, n->nsapi);
	struct change target = target_of(store, n, origin, policy);
	bool is_protected;

	binding_note_ggsn(store, &n->tunnel[UP], 1);
	if (s)
		precedence_compare(store, s, &target);
	is_protected = target.has_keyset || policy_bars(target.policy);
	if (target.fresh)
		s = session_place(store, &n->imsi, n->nsapi, is_protected);
	if (!s) {
		if (is_protected)
			ended_leave_unserved(store, &n->imsi, n->nsapi, n->nsapi, &target);
		return false;
	}
	if (target.fresh)
		s->primary = binding_primary(store, s, &target);
	if (target.is_bare)
		control_count(store, SESSION_POLICY_PASSED);
	effect_say(store, s, &target);
	session_apply(store, s, &target, held);
	take_networks(store, n, target.fresh);
	return true;
}

/* --- notifications --- */

static void take_activation(struct session_store *store, const struct session_notification *n,
			    struct held *held)
{
	const struct policy *rules = &store->config.policy;
	const enum policy_action policy =
		n->apn_len > 0 ? policy_decide(rules, &n->imsi, n->apn, n->apn_len)
			       : policy_decide_reported(rules, &n->imsi);

	if (effect_is_refused(store, policy, &n->imsi, n->nsapi, held) ||
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
	if (n->has_tunnel[UP])
		binding_note_ggsn(store, &n->tunnel[UP], 1);
	target.address = address_prefer(&n->address, &before->address);
	target.has_address = memcmp(&target.address, &before->address, sizeof(target.address)) != 0;
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
	effect_change(store, s, before, &target, held);
	take_networks(store, n, false);
}

/* A late DELETE may be about a context that was there before. */
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
	static const struct change end = {.is_over = true};

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
	} else if (!networks_has_room(store, n->networks_count)) {
		control_count(store, SESSION_REFUSED_FULL);
		held->outcome = SESSION_NO_ROOM;
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
	const struct e2m_imsi imsi = directory_imsi(s);

	for (size_t i = 0; i < count; i++)
		if (s->nsapi == list[i].nsapi && memcmp(&imsi, &list[i].imsi, sizeof(imsi)) == 0)
			return true;
	return false;
}

static void end_others(struct session_store *store, const struct session_notification *list,
		       size_t count)
{
	static const struct change end = {.is_over = true};

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
