/* SPDX-License-Identifier: BSD-3-Clause */
/* effects_v1: what GTPv1-C (TS 29.060) makes of sessions. */
#include "control/context.h"
#include "control/learn_v1.h"
#include "control/session.h"
#include "control/table.h"

#include <string.h>

static const struct change end_of_session = {.alive = false};

/* --- whose a message is --- */

/* before is what the session will be when all that is under way for it is done. */
static bool is_alive(const struct session_store *store, const struct session *s,
		     struct change *before)
{
	if (!s)
		return false;
	session_current(store, s, before);
	return before->alive;
}

/* Of the GSN on that side. */
static const struct tunnel *control_of(const struct change *t, uint8_t side)
{
	return side == DATAPATH_ACCESS ? &t->control_sgsn : &t->control_ggsn;
}

static bool is_from_present_peer(const struct request *r, const struct change *before)
{
	const struct transaction *t = &r->transaction;

	return tunnel_has_same_receiver(&t->key.requester, control_of(before, t->side));
}

/* Of a request about the session: from its SGSN or GGSN, or the SGSN that an Update makes it. An SGSN that takes
 * over contexts updates each of them before it asks for anything else (TS 23.060 6.9.1.2.2). */
static bool is_from_peer(const struct request *r, const struct change *before)
{
	const struct transaction *t = &r->transaction;

	return is_from_present_peer(r, before) ||
	       (t->side == DATAPATH_ACCESS && t->key.type == GTPC_V1_UPDATE_PDP_REQUEST &&
		r->control.has_address &&
		tunnel_has_same_receiver(&t->key.requester, &r->control.tunnel));
}

struct session *effects_v1_find_primary(struct session_store *store, const struct request *r)
{
	return r->is_linked ? table_find_subscriber(store, &r->imsi, r->linked_nsapi) : NULL;
}

/* By the control TEID of whom the request went to. */
static struct session *find_addressed(struct session_store *store, const struct request *r,
				      unsigned nsapi)
{
	return table_find_control(store, learn_control_index(r->transaction.side),
				  &r->transaction.addressed, (uint8_t)nsapi);
}

/* One that does not know the TEID has 0, and the IMSI; it must have asked the session's GSN all the same. */
static struct session *find_by_imsi(struct session_store *store, const struct request *r)
{
	struct session *s = table_find_subscriber(store, &r->imsi, r->nsapi);
	const uint8_t asked =
		r->transaction.side == DATAPATH_ACCESS ? DATAPATH_CORE : DATAPATH_ACCESS;
	struct change before;

	return is_alive(store, s, &before) && tunnel_has_same_receiver(control_of(&before, asked),
								       &r->transaction.addressed)
		       ? s
		       : NULL;
}

/* A context that is not known, between the GSNs of one that is, and asked for by neither of them. */
static bool is_of_another_context(struct session_store *store, const struct request *r)
{
	for (unsigned nsapi = 0; nsapi <= 15; nsapi++) {
		struct change before;

		if (is_alive(store, find_addressed(store, r, nsapi), &before))
			return !is_from_present_peer(r, &before);
	}
	return false;
}

/* A GGSN may go by the IMSI where there is one, and not look at the TEID; or go by the TEID, and not look at the
 * NSAPI. */
bool effects_v1_find_updated(struct session_store *store, struct request *r,
			     const struct gtpc_v1 *m)
{
	struct session *by_teid = NULL, *by_imsi = NULL, *s;

	if (m->present & GTPC_V1_HAS_NSAPI)
		by_teid = find_addressed(store, r, r->nsapi);
	if (m->present & GTPC_V1_HAS_IMSI)
		by_imsi = find_by_imsi(store, r);
	if (by_teid && by_imsi && by_teid != by_imsi)
		return false;
	s = by_teid ? by_teid : by_imsi;
	if (!s && is_of_another_context(store, r))
		return false;
	r->session = s ? table_id(store, s) : 0;
	r->serial = s ? s->serial : 0;
	return true;
}

/* The session whose GSNs a request is between, if it is known: of a Create the primary context, as the one that it
 * makes is not there yet. */
static struct session *find_subject(struct session_store *store, const struct request *r,
				    struct change *before)
{
	struct session *s;

	if (r->transaction.key.type == GTPC_V1_CREATE_PDP_REQUEST) {
		s = effects_v1_find_primary(store, r);
	} else if (r->transaction.key.type == GTPC_V1_UPDATE_PDP_REQUEST) {
		s = table_session(store, r->session);
		if (s && s->serial != r->serial)
			s = NULL;
	} else {
		s = find_addressed(store, r, r->nsapi);
	}
	return is_alive(store, s, before) ? s : NULL;
}

/* It bears the control TEID of whoever asked; 0 where its sender does not know that, which only one that does not
 * accept can say. */
bool effects_v1_is_for_requester(struct session_store *store, const struct request *r,
				 const struct gtpc_v1 *m)
{
	const struct tunnel *control;
	struct change before;

	if (m->teid == 0 && !gtpc_v1_cause_accepts(m->cause))
		return true;
	if (r->control.has_teid && m->teid == r->control.tunnel.teid)
		return true;
	if (!find_subject(store, r, &before))
		return !r->control.has_teid;
	control = control_of(&before, r->transaction.side);
	/* An SGSN that has said its TEID already, of another context (7.3.3), maybe when it had this one before. */
	if (!r->control.has_teid && r->control.has_address)
		return m->teid != 0;
	return m->teid == control->teid;
}

/* Where the GGSN sends downlink N-PDUs from now on is followed whoever asked it to, for else they would cross in
 * clear. */
static void follow_downlink(struct session_store *store, struct session *s,
			    const struct change *before, const struct request *r, struct held *held)
{
	struct change target = *before;

	endpoint_update(&target.tunnel[DOWN], &r->user);
	if (tunnel_is_equal(&target.tunnel[UP], &target.tunnel[DOWN]))
		control_count(store, SESSION_GTPC_UNPARSED);
	else
		learn_change_of_gtpc(store, s, before, &target, held);
}

/* --- Create PDP Context, TS 29.060 7.3.1, 7.3.2 --- */

/* False: the message does not say all that a session needs. */
static bool target_of_create(const struct session_store *store, struct change *target,
			     const struct request *r, const struct session *primary,
			     const struct gtpc_v1 *m)
{
	const struct endpoint user = learn_v1_user(m), control = learn_v1_control(m);

	*target = (struct change){
		.alive = true, .fresh = true, .keyset = r->e2m.id, .key_id = r->e2m.key_id};
	memcpy(target->recovery, r->recovery, sizeof(target->recovery));
	if (primary) {
		target->control_sgsn = table_tunnel(store, &primary->control_sgsn);
		target->control_ggsn = table_tunnel(store, &primary->control_ggsn);
	}
	endpoint_update(&target->control_sgsn, &r->control);
	endpoint_update(&target->control_ggsn, &control);
	endpoint_update(&target->tunnel[UP], &user);
	endpoint_update(&target->tunnel[DOWN], &r->user);
	return endpoint_is_whole(&user) && endpoint_is_whole(&r->user) &&
	       (primary || (endpoint_is_whole(&control) && endpoint_is_whole(&r->control))) &&
	       !tunnel_is_equal(&target->tunnel[UP], &target->tunnel[DOWN]);
}

static void make(struct session_store *store, const struct request *r,
		 const struct session *primary, struct change *target, enum policy_action policy,
		 bool names_keyset, struct held *held)
{
	learn_apply_policy(target, policy, names_keyset);
	target->apn = r->apn;
	learn_session(store, &r->imsi, r->nsapi, primary ? primary->primary : r->linked_nsapi,
		      target, "Create PDP Context Response", held);
}

bool effects_v1_is_intruder(struct session_store *store, const struct request *r)
{
	const struct session *primary = effects_v1_find_primary(store, r);
	struct change before;

	return is_alive(store, primary, &before) && !is_from_peer(r, &before) &&
	       (before.policy == POLICY_PROTECT || session_has_keyset(primary));
}

/* What the GGSN sends there must not cross in clear: where the UE names no keyset nothing does. */
static void take_intruder(struct session_store *store, const struct request *r,
			  const struct session *primary, struct change *target, struct held *held)
{
	struct session *s = table_find_subscriber(store, &r->imsi, r->nsapi);
	struct change before;

	control_count(store, SESSION_GTPC_NOT_FROM_PEER);
	if (is_alive(store, s, &before)) {
		if (tunnel_has_same_receiver(&before.control_ggsn, &r->transaction.addressed))
			follow_downlink(store, s, &before, r, held);
	} else {
		make(store, r, primary, target, POLICY_PROTECT, r->has_e2m, held);
	}
}

static void take_create_response(struct session_store *store, const struct request *r,
				 const struct gtpc_v1 *m, struct held *held)
{
	const struct endpoint user[2] = {[UP] = learn_v1_user(m), [DOWN] = r->user};
	const struct session *primary = effects_v1_find_primary(store, r);
	const bool intrudes = effects_v1_is_intruder(store, r);
	struct change target;

	/* The request was overdue, and has left. */
	if (learn_is_refused(store, r->policy, &r->imsi, r->nsapi, held))
		return;
	if (r->has_e2m && r->policy == POLICY_PASS)
		control_count(store, SESSION_POLICY_PASSED);
	if (!intrudes && !learn_is_to_know(store, r->policy, r->has_e2m)) {
		learn_unprotected(store, &r->imsi, r->nsapi, user, held);
		return;
	}
	if (!target_of_create(store, &target, r, primary, m)) {
		learn_leave_unparsed(store, intrudes ? POLICY_PROTECT : r->policy, held);
	} else if (intrudes) {
		take_intruder(store, r, primary, &target, held);
	} else {
		make(store, r, primary, &target, r->policy, r->has_e2m, held);
	}
}

/* --- Update PDP Context, 7.3.3, 7.3.4 --- */

static void update_target(struct change *target, const struct request *r, const struct gtpc_v1 *m)
{
	const struct endpoint user = learn_v1_user(m), control = learn_v1_control(m);
	const bool from_sgsn = r->transaction.side == DATAPATH_ACCESS;

	memcpy(target->recovery, r->recovery, sizeof(target->recovery));
	endpoint_update(&target->tunnel[DOWN], from_sgsn ? &r->user : &user);
	endpoint_update(&target->tunnel[UP], from_sgsn ? &user : &r->user);
	endpoint_update(&target->control_sgsn, from_sgsn ? &r->control : &control);
	endpoint_update(&target->control_ggsn, from_sgsn ? &control : &r->control);
	/* An SGSN says its TEID once, and not of each context that it takes over. */
	if (from_sgsn && m->teid != 0)
		target->control_sgsn.teid = m->teid;
	if (r->has_e2m && from_sgsn) {
		target->has_keyset = true;
		target->keyset = r->e2m.id;
		target->key_id = r->e2m.key_id;
	}
}

static void take_update_of_another(struct session_store *store, struct session *s,
				   const struct change *before, const struct request *r,
				   const struct gtpc_v1 *m, struct held *held)
{
	control_count(store, SESSION_GTPC_NOT_FROM_PEER);
	if (r->transaction.side == DATAPATH_ACCESS && gtpc_v1_cause_accepts(m->cause))
		follow_downlink(store, s, before, r, held);
}

static void take_update_response(struct session_store *store, const struct request *r,
				 const struct gtpc_v1 *m, struct held *held)
{
	struct change target, before;
	struct session *s = find_subject(store, r, &before);

	if (!s) {
		control_count(store, SESSION_GTPC_UNKNOWN_SESSION);
		return;
	}
	/* Whoever asks chooses what the GGSN does not find: only its peer ends a session by that. */
	if (!is_from_peer(r, &before) ||
	    (m->cause == GTPC_V1_CAUSE_NON_EXISTENT && !is_from_present_peer(r, &before))) {
		take_update_of_another(store, s, &before, r, m, held);
		return;
	}
	target = before;
	if (m->cause == GTPC_V1_CAUSE_NON_EXISTENT)
		target.alive = false;
	else
		update_target(&target, r, m);
	if (tunnel_is_equal(&target.tunnel[UP], &target.tunnel[DOWN])) {
		control_count(store, SESSION_GTPC_UNPARSED);
		return;
	}
	learn_change_of_gtpc(store, s, &before, &target, held);
}

/* --- Delete PDP Context, 7.3.5, 7.3.6 --- */

static void take_delete_response(struct session_store *store, const struct request *r,
				 struct held *held)
{
	struct change before;
	struct session *named = find_subject(store, r, &before);
	uint8_t primary;

	if (!named)
		return;
	if (!is_from_peer(r, &before)) {
		control_count(store, SESSION_GTPC_NOT_FROM_PEER);
		return;
	}
	primary = named->primary;
	session_apply(store, named, &end_of_session, held);
	/* Teardown Ind: with all that share the PDP address. */
	for (unsigned nsapi = 0; r->teardown && nsapi <= 15; nsapi++) {
		struct session *s = find_addressed(store, r, nsapi);
		if (s && s != named && s->primary == primary)
			session_apply(store, s, &end_of_session, held);
	}
}

void effects_v1(struct session_store *store, const struct request *r, const struct gtpc_v1 *m,
		struct held *held)
{
	switch (r->transaction.key.type) {
	case GTPC_V1_CREATE_PDP_REQUEST:
		take_create_response(store, r, m, held);
		break;
	case GTPC_V1_UPDATE_PDP_REQUEST:
		take_update_response(store, r, m, held);
		break;
	default:
		take_delete_response(store, r, held);
	}
}

/* Who has the last word may say it after the GGSN has answered. */
bool effects_v1_has_expected(struct session_store *store, const struct request *r)
{
	struct change now;
	const struct session *s = r->transaction.key.type == GTPC_V1_CREATE_PDP_REQUEST
					  ? table_find_subscriber(store, &r->imsi, r->nsapi)
					  : find_subject(store, r, &now);

	return is_alive(store, s, &now) &&
	       (now.origin != ORIGIN_GTPC || tunnel_is_equal(&now.tunnel[UP], &r->expected) ||
		tunnel_is_equal(&now.tunnel[DOWN], &r->expected));
}
