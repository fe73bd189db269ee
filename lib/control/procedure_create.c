/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "control/address.h"
#include "control/alternatives.h"
#include "control/discard.h"
#include "control/effect.h"
#include "control/ended.h"
#include "control/precedence.h"
#include "control/procedure.h"
#include "control/table.h"
#include "control/work.h"

/* --- what becomes of sessions --- */

/* A protected session is made anew by a Create without a keyset. Either the UE has lost the keyset,
 * or an attacker on the path removes it. */
static void note_downgrade(struct session_store *store, const struct session *s,
			   enum policy_action policy)
{
	if (!session_has_keyset(s))
		return;
	control_count(store, SESSION_UNPROTECTED_AGAIN);
	control_log_of(
		store, s, SESSION_LOG_WARNING,
		"the UE made the context anew without naming a keyset; the protected session "
		"ends%s",
		policy == POLICY_PROTECT ? ", and nothing of the new one crosses" : "");
}

/* A response that accepts has made the session. Makes or replaces it, and changes it to target,
 * unless a notification or the configuration has the last word. primary: the NSAPI of the context
 * that has the PDP address. response: the name of the response, for the log. */
static void make(const struct exchange *x, const struct e2m_imsi *imsi, uint8_t id, uint8_t primary,
		 const struct change *target, const char *response)
{
	const bool is_protected = target->has_keyset || policy_bars(target->policy);
	struct session *s = table_find_subscriber(x->store, imsi, id);

	if (s)
		s->primary = primary;
	if (s && precedence_prevails(x->store, s, target, x->held))
		return;
	s = session_place(x->store, imsi, id, is_protected);
	if (!s) {
		control_log(x->store, SESSION_LOG_WARNING,
			    "IMSI %s NSAPI %u: no room for another session, its %s does not cross; "
			    "raise sessions.max",
			    imsi->digits, id, response);
		if (is_protected)
			ended_leave_unserved(x->store, imsi, id, primary, target);
		x->held->outcome = SESSION_NO_ROOM;
		return;
	}
	s->primary = primary;
	if (target->is_bare && target->policy == POLICY_PROTECT)
		control_count(x->store, SESSION_POLICY_BARRED);
	if (target->is_bare)
		note_downgrade(x->store, s, target->policy);
	effect_say(x->store, s, target);
	session_apply(x->store, s, target, x->held);
}

/* --- tunnels that begin --- */

/* Sets the tunnels between two user ends. If both ends have both IP versions, uses the version of
 * GTP-C. Returns false if the ends do not make one tunnel for each direction. */
static bool set_tunnels(const struct exchange *x, struct change *target,
			const struct message_end *down, const struct message_end *up)
{
	const bool ipv6 = down->ipv6.len > 0 && up->ipv6.len > 0;
	const bool ipv4 = down->ipv4.len > 0 && up->ipv4.len > 0 &&
			  (!ipv6 || tunnel_is_ipv4(&x->gtpc->source));

	message_end_update(&target->tunnel[UP], up, ipv4);
	message_end_update(&target->tunnel[DOWN], down, ipv4);
	return message_end_is_whole(down) && message_end_is_whole(up) &&
	       !tunnel_is_equal(&target->tunnel[UP], &target->tunnel[DOWN]);
}

/* --- Create PDP Context, TS 29.060 7.3.1, 7.3.2; Create Session, TS 29.274 7.2.1, 7.2.2 --- */

/* Returns false if the messages lack something that a session needs. */
static bool set_target(const struct exchange *x, struct change *target,
		       const struct session *primary, const struct message_end *down,
		       const struct message_end *up)
{
	const struct request *r = x->request;
	const bool ipv4 = tunnel_is_ipv4(&x->gtpc->source);

	*target = (struct change){.alive = true,
				  .fresh = true,
				  .keyset = r->said.e2m.id,
				  .key_id = r->said.e2m.key_id,
				  .apn = r->apn,
				  .recovery = r->recovery,
				  .address = address_of_create(&r->said.pdp, &x->response->pdp),
				  .has_address = true};
	if (primary) {
		struct change of_primary;

		session_current(x->store, primary, &of_primary);
		target->address = of_primary.address;
		target->control_sgsn =
			directory_tunnel(x->store->directory, &primary->control_sgsn);
		target->control_ggsn =
			directory_tunnel(x->store->directory, &primary->control_ggsn);
	}
	message_end_update(&target->control_sgsn, &r->said.control, ipv4);
	message_end_update(&target->control_ggsn, &x->response->control, ipv4);
	return set_tunnels(x, target, down, up) &&
	       (primary || (message_end_is_whole(&r->said.control) &&
			    message_end_is_whole(&x->response->control)));
}

/* The sender has no right to make the context. The GGSN sends to it all the same, and that must not
 * cross in clear. Without a keyset, all packets are dropped. */
static void make_of_intruder(const struct exchange *x, const struct session *primary, uint8_t id,
			     struct change *target)
{
	const struct request *r = x->request;
	struct session *s = table_find_subscriber(x->store, &r->said.imsi, id);
	struct change before;

	control_count(x->store, SESSION_GTPC_NOT_FROM_PEER);
	if (!request_is_alive(x->store, s, &before)) {
		effect_apply_policy(target, POLICY_PROTECT, r->said.has_e2m);
		make(x, &r->said.imsi, id, primary->primary, target,
		     r->said.dialect->create_response);
	} else if (tunnel_has_same_receiver(&before.control_ggsn, &r->transaction.addressed)) {
		procedure_change_bearer(x, s, &before,
					rights_of(r->said.dialect->version, r->said.kind,
						  SENDER_ANYBODY, MESSAGE_ACCEPTED));
	}
}

/* Fills target for a bearer that the response accepts. Returns false if no session is to be made;
 * then everything else is done. */
static bool is_to_make(const struct exchange *x, struct asked_bearer *asked,
		       const struct session *primary, struct change *target)
{
	const struct request *r = x->request;
	const uint8_t id = asked->said.id;
	const struct message_end *down = &asked->said.user[DOWN];
	const struct message_end *up = &message_find_bearer(x->response, id, false)->user[UP];
	const bool intrudes = request_is_intruder(r);

	if (!set_target(x, target, primary, down, up)) {
		request_settle(r, asked, NULL);
		discard_gtpc(x->store, x->gtpc, DISCARD_MALFORMED, x->held);
	} else if (intrudes) {
		make_of_intruder(x, primary, id, target);
	} else {
		effect_apply_policy(target, r->policy, r->said.has_e2m);
		return true;
	}
	return false;
}

static bool is_created(const struct exchange *x, uint8_t id)
{
	const struct message_bearer *answered = message_find_bearer(x->response, id, false);

	return request_find_asked(x->request, id, false) && answered &&
	       answered->cause == MESSAGE_ACCEPTED;
}

/* A PDN connection with the same default bearer was made anew. The bearers that it had before are
 * gone (TS 29.274 7.2.1). */
static void end_superseded(const struct exchange *x)
{
	const struct message *asked = &x->request->said;

	for (uint8_t id = 1; id < MESSAGE_IDS; id++) {
		struct session *s = table_find_subscriber(x->store, &asked->imsi, id);

		if (s && s->origin != ORIGIN_CONFIGURATION && s->primary == asked->linked &&
		    !is_created(x, id))
			procedure_end(x, s);
	}
}

void procedure_create(const struct exchange *x)
{
	struct request *r = x->request;
	const struct message *asks = &r->said;
	const struct session *primary = request_find_primary(r);
	struct change target;

	/* The request must not have crossed: it was released because it was overdue. */
	if (effect_is_refused(x->store, r->policy, &asks->imsi,
			      asks->is_linked ? r->bearers[0].said.id : asks->linked, x->held))
		return;
	if (!x->response->is_complete) {
		discard_gtpc(x->store, x->gtpc, DISCARD_MALFORMED, x->held);
		request_expect_no_more(r);
		return;
	}
	if (asks->has_e2m && r->policy == POLICY_PASS)
		control_count(x->store, SESSION_POLICY_PASSED);
	if (rights_of(asks->dialect->version, asks->kind, SENDER_PEER, MESSAGE_ACCEPTED) & MAY_END)
		end_superseded(x);
	for (unsigned i = 0; i < r->bearers_count; i++) {
		struct asked_bearer *asked = &r->bearers[i];

		if (asked->said.is_marked || !is_created(x, asked->said.id)) {
			request_settle(r, asked, NULL);
		} else if (is_to_make(x, asked, primary, &target)) {
			make(x, &asks->imsi, asked->said.id,
			     primary ? primary->primary : asks->linked, &target,
			     asks->dialect->create_response);
			alternatives_note(x->store, &asks->imsi, &target.control_sgsn,
					  &asks->control);
			alternatives_note(x->store, &asks->imsi, &target.control_ggsn,
					  &x->response->control);
			request_settle(r, asked, &target.tunnel[DOWN]);
		}
	}
}

/* --- Create Bearer, TS 29.274 7.2.3, 7.2.4 --- */

/* Finds the bearer of the request. The response repeats the P-GW's F-TEID, or has the bearers in
 * the order of the request. */
static struct asked_bearer *find_answered(struct request *r, const struct message_bearer *bearer,
					  unsigned number)
{
	for (unsigned i = 0; i < r->bearers_count && bearer->user[UP].has_teid; i++)
		if (r->bearers[i].said.user[UP].has_teid &&
		    r->bearers[i].said.user[UP].teid == bearer->user[UP].teid)
			return &r->bearers[i];
	return number < r->bearers_count ? &r->bearers[number] : NULL;
}

/* During a changeover the UE may use either keyset on its new bearer too. */
static void make_with_both(const struct exchange *x, const struct session *linked, uint8_t id,
			   const struct change *target)
{
	const struct session_keyset *used =
		&protection_of(linked)->keysets[protection_of(linked)->downlink_slot];
	struct change first = *target, next = *target, before;
	const struct e2m_imsi imsi = directory_imsi(linked);
	struct session *s;

	first.keyset = used->id;
	first.key_id = used->key_id;
	make(x, &imsi, id, linked->primary, &first, "Create Bearer Response");
	s = table_find_subscriber(x->store, &imsi, id);
	if (!s)
		return;
	next.fresh = false;
	session_current(x->store, s, &before);
	procedure_become(x, s, &before, &next);
}

/* A dedicated bearer shares the control tunnel (TS 29.274 4.1) and the keyset of its default
 * bearer. */
static void create_dedicated(const struct exchange *x, const struct session *linked,
			     const struct change *of_linked, struct asked_bearer *asked,
			     const struct message_bearer *bearer)
{
	const bool names_keyset = session_names_keyset(linked);
	const struct e2m_imsi imsi = directory_imsi(linked);
	struct change target = *of_linked;

	target.fresh = target.has_address = true;
	target.origin = ORIGIN_GTPC;
	if (bearer->id == 0 || bearer->cause != MESSAGE_ACCEPTED) {
		request_settle(x->request, asked, NULL);
		return;
	}
	if (!set_tunnels(x, &target, &bearer->user[DOWN], &asked->said.user[UP])) {
		request_settle(x->request, asked, NULL);
		discard_gtpc(x->store, x->gtpc, DISCARD_MALFORMED, x->held);
		return;
	}
	target.recovery = x->request->recovery;
	effect_apply_policy(&target, of_linked->policy, names_keyset);
	if (names_keyset && !work_first_operation(linked) &&
	    protection_of(linked)->downlink_slot != protection_of(linked)->newest)
		make_with_both(x, linked, bearer->id, &target);
	else
		make(x, &imsi, bearer->id, linked->primary, &target, "Create Bearer Response");
	request_settle(x->request, asked, &target.tunnel[UP]);
}

/* A bearer of an unknown PDN connection. Its subscriber is not known, so it is no session. Sessions
 * that had its tunnels lose them. */
static void create_unknown(const struct exchange *x, const struct asked_bearer *asked,
			   const struct message_bearer *bearer)
{
	struct change target = {.alive = true};

	if (bearer->cause != MESSAGE_ACCEPTED)
		return;
	if (set_tunnels(x, &target, &bearer->user[DOWN], &asked->said.user[UP]))
		for (unsigned d = 0; d < 2; d++)
			session_lose_tunnel(x->store, &target.tunnel[d]);
	else
		discard_gtpc(x->store, x->gtpc, DISCARD_MALFORMED, x->held);
}

void procedure_create_bearers(const struct exchange *x)
{
	struct request *r = x->request;
	struct change before;
	const struct session *linked;

	if (x->response->has_e2m)
		procedure_name_keyset(x, r->said.linked);
	linked = request_find(r, r->said.linked, &before);

	for (unsigned i = 0; i < x->response->bearers_count; i++) {
		const struct message_bearer *bearer = &x->response->bearers[i];
		struct asked_bearer *asked = find_answered(r, bearer, i);

		if (bearer->is_marked || !asked)
			continue;
		if (!linked)
			create_unknown(x, asked, bearer);
		else if (request_rights(r, linked, &before, MESSAGE_ACCEPTED) & MAY_BEGIN)
			create_dedicated(x, linked, &before, asked, bearer);
	}
}
