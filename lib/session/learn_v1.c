/* SPDX-License-Identifier: BSD-3-Clause */
/* learn_v1: what GTPv1-C (TS 29.060) says of sessions. */
#include "session/learn.h"

#include <string.h>

#define VERSION 1

/* What of a request its response needs. */
struct request {
	struct transaction transaction;
	bool teardown;
	bool has_e2m;
	uint8_t policy; /* Create: enum policy_action */
	struct pco_e2m e2m;
	struct e2m_imsi imsi;
	uint8_t nsapi;
	uint8_t linked_nsapi;	 /* Create: of the context whose PDP address this one shares */
	uint32_t session;	 /* Update: id, */
	uint32_t serial;	 /* and which of the sessions that had it */
	struct endpoint user;	 /* of the requester */
	struct endpoint control; /* likewise */
	struct recovery recovery[DATAPATH_SIDES]; /* of both, once the response is there */
};

/* --- what messages say --- */

/* TEID Data I and GSN Address for user traffic. */
static struct endpoint user_endpoint(const struct gtpc_v1 *m)
{
	return endpoint_of(&m->gsn_user, m->present & GTPC_V1_HAS_TEID_DATA, m->teid_data);
}

/* TEID Control Plane and GSN Address for signalling. */
static struct endpoint control_endpoint(const struct gtpc_v1 *m)
{
	return endpoint_of(&m->gsn_control, m->present & GTPC_V1_HAS_TEID_CONTROL, m->teid_control);
}

static struct recovery recovery_of(const struct session_gtpc *gtpc, const struct gtpc_v1 *m)
{
	return (struct recovery){.is_said = m->present & GTPC_V1_HAS_RECOVERY,
				 .counter = m->recovery,
				 .sender = gtpc->source};
}

/* The control TEID of whoever asks, as he says, or as the session that he asks about has it. */
static uint32_t answer_teid(struct session_store *store, const struct request *r)
{
	const uint8_t side = r->transaction.side;
	struct session_target before;
	const struct session *s;

	if (r->control.has_teid)
		return r->control.tunnel.teid;
	s = store_find_control(store, learn_control_index(side), &r->transaction.addressed,
			       r->nsapi);
	if (!s)
		return 0;
	apply_current(store, s, &before);
	return side == DATAPATH_ACCESS ? before.control_sgsn.teid : before.control_ggsn.teid;
}

static void note_request(struct session_store *store, struct request *r,
			 const struct session_gtpc *gtpc, const struct gtpc_v1 *m)
{
	r->imsi = m->imsi;
	r->nsapi = m->nsapi;
	r->linked_nsapi = m->present & GTPC_V1_HAS_LINKED_NSAPI ? m->linked_nsapi : m->nsapi;
	r->teardown = m->teardown;
	r->user = user_endpoint(m);
	r->control = control_endpoint(m);
	r->transaction.answer_teid = answer_teid(store, r);
	r->recovery[gtpc->side] = recovery_of(gtpc, m);
	r->has_e2m = m->pco.data && pco_find_e2m(&r->e2m, &store->config.numbers, NULL, m->pco.data,
						 m->pco.len) == 1;
}

/* --- Create PDP Context, TS 29.060 7.3.1, 7.3.2 --- */

/* A secondary context has no IMSI and no more control TEIDs of its own than it needs: the context that it
 * is linked to has them. False: nobody knows whose it is. */
static bool find_linked(struct session_store *store, struct request *r, const struct gtpc_v1 *m)
{
	const struct session *primary;

	if (m->present & GTPC_V1_HAS_IMSI)
		return true;
	primary = store_find_control(store, INDEX_CONTROL_GGSN, &r->transaction.addressed,
				     r->linked_nsapi);
	if (!primary)
		return false;
	r->imsi = store_imsi(primary);
	return true;
}

/* Of the context whose PDP address it shares; NULL: it has its own. */
static const struct session *find_primary(struct session_store *store, const struct request *r)
{
	return r->linked_nsapi == r->nsapi
		       ? NULL
		       : store_find_subscriber(store, &r->imsi, r->linked_nsapi);
}

/* False: the message does not say all that a session needs. */
static bool target_of_create(const struct session_store *store, struct session_target *target,
			     const struct request *r, const struct session *primary,
			     const struct gtpc_v1 *m)
{
	const struct endpoint user = user_endpoint(m), control = control_endpoint(m);

	*target = (struct session_target){
		.alive = true, .fresh = true, .keyset = r->e2m.id, .key_id = r->e2m.key_id};
	memcpy(target->recovery, r->recovery, sizeof(target->recovery));
	if (primary) {
		target->control_sgsn = store_tunnel(store, &primary->control_sgsn);
		target->control_ggsn = store_tunnel(store, &primary->control_ggsn);
	}
	endpoint_update(&target->control_sgsn, &r->control);
	endpoint_update(&target->control_ggsn, &control);
	endpoint_update(&target->tunnel[UP], &user);
	endpoint_update(&target->tunnel[DOWN], &r->user);
	return endpoint_is_whole(&user) && endpoint_is_whole(&r->user) &&
	       (primary || (endpoint_is_whole(&control) && endpoint_is_whole(&r->control))) &&
	       !tunnel_is_equal(&target->tunnel[UP], &target->tunnel[DOWN]);
}

static void take_create_response(struct session_store *store, const struct request *r,
				 const struct gtpc_v1 *m, struct held *held)
{
	const struct endpoint user[2] = {r->user, user_endpoint(m)};
	const struct session *primary = find_primary(store, r);
	struct session_target target;

	/* The request was overdue, and has left. */
	if (learn_is_refused(store, r->policy, &r->imsi, r->nsapi, held))
		return;
	if (r->has_e2m && r->policy == POLICY_PASS)
		store_count(store, SESSION_POLICY_PASSED);
	if (!learn_is_to_know(store, r->policy, r->has_e2m)) {
		learn_unprotected(store, &r->imsi, r->nsapi, user, held);
		return;
	}
	if (!target_of_create(store, &target, r, primary, m)) {
		learn_leave_unparsed(store, r->policy, held);
		return;
	}
	learn_apply_policy(&target, r->policy, r->has_e2m);
	learn_session(store, &r->imsi, r->nsapi, primary ? primary->primary : r->linked_nsapi,
		      &target, "Create PDP Context Response", held);
}

/* --- Update PDP Context, 7.3.3, 7.3.4 --- */

static void find_updated(struct session_store *store, struct request *r, const struct gtpc_v1 *m)
{
	const struct transaction *t = &r->transaction;
	struct session *s = NULL;

	if (m->present & GTPC_V1_HAS_NSAPI)
		s = store_find_control(store, learn_control_index(t->side), &t->addressed,
				       r->nsapi);
	if (!s && t->addressed.teid == 0 && (m->present & GTPC_V1_HAS_IMSI))
		s = store_find_subscriber(store, &r->imsi, r->nsapi);
	r->session = s ? store_id(store, s) : 0;
	r->serial = s ? s->serial : 0;
}

/* The requester's tunnel as it will be when the request is accepted. */
static void expect_update(struct session_store *store, const struct request *r, struct held *held)
{
	const uint8_t side = r->transaction.side;
	const enum session_direction direction = side == DATAPATH_ACCESS ? DOWN : UP;
	const struct session *s = store_session(store, r->session);
	struct session_target target;

	if (!s)
		return;
	apply_current(store, s, &target);
	endpoint_update(&target.tunnel[direction], &r->user);
	learn_expect(store, side, &target.tunnel[direction], held);
}

static void update_target(struct session_target *target, const struct request *r,
			  const struct gtpc_v1 *m)
{
	const struct endpoint user = user_endpoint(m), control = control_endpoint(m);
	const bool from_sgsn = r->transaction.side == DATAPATH_ACCESS;

	endpoint_update(&target->tunnel[DOWN], from_sgsn ? &r->user : &user);
	endpoint_update(&target->tunnel[UP], from_sgsn ? &user : &r->user);
	endpoint_update(&target->control_sgsn, from_sgsn ? &r->control : &control);
	endpoint_update(&target->control_ggsn, from_sgsn ? &control : &r->control);
	if (r->has_e2m && from_sgsn) {
		target->has_keyset = true;
		target->keyset = r->e2m.id;
		target->key_id = r->e2m.key_id;
	}
}

static void take_update_response(struct session_store *store, const struct request *r,
				 const struct gtpc_v1 *m, struct held *held)
{
	struct session *s = store_session(store, r->session);
	struct session_target target, before;

	if (s)
		apply_current(store, s, &before);
	if (!s || s->serial != r->serial || !before.alive) {
		store_count(store, SESSION_GTPC_UNKNOWN_SESSION);
		return;
	}
	target = before;
	memcpy(target.recovery, r->recovery, sizeof(target.recovery));
	if (m->cause == GTPC_V1_CAUSE_NON_EXISTENT)
		target.alive = false;
	else
		update_target(&target, r, m);
	if (tunnel_is_equal(&target.tunnel[UP], &target.tunnel[DOWN])) {
		store_count(store, SESSION_GTPC_UNPARSED);
		return;
	}
	learn_change_of_gtpc(store, s, &before, &target, held);
}

/* --- Delete PDP Context, 7.3.5, 7.3.6 --- */

static void take_delete_response(struct session_store *store, const struct request *r,
				 struct held *held)
{
	const struct session_target end = {.alive = false};
	const struct tunnel *control = &r->transaction.addressed;
	const enum session_index which = learn_control_index(r->transaction.side);
	struct session *named = store_find_control(store, which, control, r->nsapi);
	uint8_t primary;

	if (!named)
		return;
	primary = named->primary;
	apply_target(store, named, &end, held);
	/* Teardown Ind: with all that share the PDP address. */
	for (unsigned nsapi = 0; r->teardown && nsapi <= 15; nsapi++) {
		struct session *s = store_find_control(store, which, control, (uint8_t)nsapi);
		if (s && s != named && s->primary == primary)
			apply_target(store, s, &end, held);
	}
}

/* --- dispatch --- */

static bool takes_effect(uint8_t request, const struct gtpc_v1 *m)
{
	if (!(m->present & GTPC_V1_HAS_CAUSE))
		return false;
	/* The other end says that the context was gone: so it is. */
	if (request != GTPC_V1_CREATE_PDP_REQUEST && m->cause == GTPC_V1_CAUSE_NON_EXISTENT)
		return true;
	return gtpc_v1_cause_accepts(m->cause);
}

static void take_refusal(struct session_store *store, const struct request *r)
{
	store_count(store, SESSION_GTPC_REFUSED);
	if (endpoint_is_whole(&r->user))
		expect_end(store, &r->user.tunnel);
}

static void take_accepted(struct session_store *store, const struct request *r,
			  const struct gtpc_v1 *m, struct held *held)
{
	recovery_take(store, r->recovery);
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

static void take_response(struct session_store *store, const struct session_gtpc *gtpc,
			  const struct gtpc_v1 *m, struct held *held)
{
	const uint8_t type = (uint8_t)(m->type - 1); /* of its request */
	struct transaction *t = m->has_sequence
					? transactions_find_answered(store, gtpc, VERSION, type,
								     m->sequence, m->teid)
					: NULL;
	struct request *r = (struct request *)t;

	if (!t) {
		store_count(store, SESSION_GTPC_UNMATCHED);
		return;
	}
	r->recovery[gtpc->side] = recovery_of(gtpc, m);
	if (takes_effect(type, m))
		take_accepted(store, r, m, held);
	else
		take_refusal(store, r);
	transactions_forget(store, t);
}

static bool is_of_use(const struct session_gtpc *gtpc, const struct gtpc_v1 *m)
{
	return m->has_sequence &&
	       (m->type != GTPC_V1_CREATE_PDP_REQUEST ||
		(gtpc->side == DATAPATH_ACCESS && (m->present & GTPC_V1_HAS_NSAPI)));
}

static void take_create_request(struct session_store *store, struct request *r,
				const struct gtpc_v1 *m, struct held *held)
{
	if (!find_linked(store, r, m)) {
		store_count(store, SESSION_GTPC_OTHER);
		transactions_forget(store, &r->transaction);
		return;
	}
	r->policy = (uint8_t)learn_policy(store, &r->imsi, &m->apn, find_primary(store, r));
	if (learn_is_refused(store, r->policy, &r->imsi, r->nsapi, held))
		return;
	if (learn_is_to_know(store, r->policy, r->has_e2m) && endpoint_is_whole(&r->user))
		learn_expect(store, r->transaction.side, &r->user.tunnel, held);
}

static void take_request(struct session_store *store, const struct session_gtpc *gtpc,
			 const struct gtpc_v1 *m, struct held *held)
{
	struct transaction *t =
		is_of_use(gtpc, m)
			? transactions_remember(store, gtpc, VERSION, m->type, m->sequence, m->teid,
						sizeof(struct request))
			: NULL;
	struct request *r = (struct request *)t;

	if (!t) {
		store_count(store, SESSION_GTPC_OTHER);
		return;
	}
	note_request(store, r, gtpc, m);
	if (m->type == GTPC_V1_UPDATE_PDP_REQUEST) {
		find_updated(store, r, m);
		expect_update(store, r, held);
	} else if (m->type == GTPC_V1_CREATE_PDP_REQUEST) {
		take_create_request(store, r, m, held);
	}
}

static void take_echo(struct session_store *store, const struct session_gtpc *gtpc,
		      const struct gtpc_v1 *m)
{
	const struct recovery said = recovery_of(gtpc, m);

	store_count(store, SESSION_GTPC_OTHER);
	if (!m->has_sequence)
		return;
	if (m->type == GTPC_V1_ECHO_REQUEST)
		recovery_take_echo_request(store, gtpc, VERSION, m->sequence);
	else
		recovery_take_echo_response(store, gtpc, VERSION, m->sequence, &said);
}

void learn_v1_take(struct session_store *store, const struct session_gtpc *gtpc, struct held *held)
{
	struct gtpc_v1 message;

	if (gtpc_v1_parse(&message, gtpc->data, gtpc->len) != 0) {
		store_count(store, SESSION_GTPC_UNPARSED);
		return;
	}
	switch (message.type) {
	case GTPC_V1_ECHO_REQUEST:
	case GTPC_V1_ECHO_RESPONSE:
		take_echo(store, gtpc, &message);
		break;
	case GTPC_V1_CREATE_PDP_REQUEST:
	case GTPC_V1_UPDATE_PDP_REQUEST:
	case GTPC_V1_DELETE_PDP_REQUEST:
		take_request(store, gtpc, &message, held);
		break;
	case GTPC_V1_CREATE_PDP_RESPONSE:
	case GTPC_V1_UPDATE_PDP_RESPONSE:
	case GTPC_V1_DELETE_PDP_RESPONSE:
		take_response(store, gtpc, &message, held);
		break;
	default:
		store_count(store, SESSION_GTPC_OTHER);
	}
}
