/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "control/address.h"
#include "control/alternatives.h"
#include "control/apart.h"
#include "control/discard.h"
#include "control/effect.h"
#include "control/ended.h"
#include "control/precedence.h"
#include "control/procedure.h"
#include "control/table.h"

void procedure_end(const struct exchange *x, struct session *s)
{
	const uint8_t kind = x->request->said.kind;
	const struct change end = {.is_over =
					   kind == MESSAGE_DELETE || kind == MESSAGE_DELETE_BEARER};

	session_apply(x->store, s, &end, x->held);
}

void procedure_become(const struct exchange *x, struct session *s, const struct change *before,
		      const struct change *wanted)
{
	struct change target = *wanted;

	target.has_keyset &= policy_protects(before->policy);
	if (!precedence_prevails(x->store, s, &target, x->held))
		effect_change(x->store, s, before, &target, x->held);
}

/* --- Update PDP Context, TS 29.060 7.3.3, 7.3.4; Modify Bearer, Update Bearer, TS 29.274 7.2.7,
 * 7.2.8, 7.2.15, 7.2.16 --- */

/* Each message has the control end of its sender. */
static void note_alternatives(const struct exchange *x, const struct session *s, unsigned rights,
			      const struct change *target)
{
	const bool of_access = request_is_of_access(x->request);
	const struct message *asked = &x->request->said, *answered = x->response;
	const struct e2m_imsi imsi = directory_imsi(s);

	if (rights & MAY_MOVE_CONTROL_SGSN)
		alternatives_note(x->store, &imsi, &target->control_sgsn,
				  of_access ? &asked->control : &answered->control);
	if (rights & MAY_MOVE_CONTROL_GGSN)
		alternatives_note(x->store, &imsi, &target->control_ggsn,
				  of_access ? &answered->control : &asked->control);
}

/* Sets the tunnels and control ends that rights allow. Each message has the ends of its sender. */
static void set_ends(const struct exchange *x, const struct session *s, const struct change *before,
		     unsigned rights, struct change *target)
{
	const bool of_access = request_is_of_access(x->request);
	const struct message *m = x->response, *sgsn = of_access ? &x->request->said : m,
			     *ggsn = of_access ? m : &x->request->said;
	const struct asked_bearer *asked = request_find_asked(x->request, s->nsapi, false);
	const struct message_bearer *of_request = asked ? &asked->said : NULL;
	const struct message_bearer *of_response = message_find_bearer(m, s->nsapi, false);
	const struct message_bearer *down = of_access ? of_request : of_response;
	const struct message_bearer *up = of_access ? of_response : of_request;
	const bool accepts = message_cause_of(m, s->nsapi) == MESSAGE_ACCEPTED;

	if (down && accepts && rights & MAY_MOVE_DOWNLINK)
		message_end_update(&target->tunnel[DOWN], &down->user[DOWN],
				   tunnel_is_ipv4(&before->tunnel[UP]));
	if (up && accepts && rights & MAY_MOVE_UPLINK)
		message_end_update(&target->tunnel[UP], &up->user[UP],
				   tunnel_is_ipv4(&before->tunnel[DOWN]));
	if (rights & MAY_MOVE_CONTROL_SGSN)
		message_end_update(&target->control_sgsn, &sgsn->control,
				   tunnel_is_ipv4(&before->control_ggsn));
	if (rights & MAY_MOVE_CONTROL_GGSN)
		message_end_update(&target->control_ggsn, &ggsn->control,
				   tunnel_is_ipv4(&before->control_sgsn));
	/* An SGSN sends its TEID once, and not for each context that it takes over. */
	if (of_access && rights & MAY_MOVE_CONTROL_SGSN && m->dialect->says_teid_once &&
	    m->teid != 0)
		target->control_sgsn.teid = m->teid;
	note_alternatives(x, s, rights, target);
}

/* A GGSN may give the address later, when the UE has got it by DHCP (TS 29.060 7.3.3). */
static void set_address(const struct exchange *x, const struct change *before, unsigned rights,
			struct change *target)
{
	const struct message *asked = &x->request->said;

	if (asked->kind != MESSAGE_UPDATE_BY_CORE || !(rights & MAY_MOVE_UPLINK))
		return;
	target->address = address_of_update(&before->address, &asked->pdp);
	target->has_address =
		memcmp(&target->address, &before->address, sizeof(before->address)) != 0;
}

/* The message from the access side carries the UE's PCO. */
static bool name_keyset(const struct exchange *x, unsigned rights, struct change *target)
{
	const struct message *ue =
		request_is_of_access(x->request) ? &x->request->said : x->response;

	if (!(rights & MAY_NAME_KEYSET) || !ue->has_e2m)
		return false;
	target->has_keyset = true;
	target->keyset = ue->e2m.id;
	target->key_id = ue->e2m.key_id;
	return true;
}

void procedure_change_bearer(const struct exchange *x, struct session *s,
			     const struct change *before, unsigned rights)
{
	struct request *r = x->request;
	struct asked_bearer *asked = request_find_asked(r, s->nsapi, false);
	struct change target = *before;

	/* If the sender may only name a keyset and names none, nothing changes. */
	if (!name_keyset(x, rights, &target) &&
	    !(rights & (MAY_MOVE_DOWNLINK | MAY_MOVE_UPLINK | MAY_MOVE_CONTROL_SGSN |
			MAY_MOVE_CONTROL_GGSN)))
		return;
	target.recovery = r->recovery;
	target.is_repeated = r->is_repeated;
	set_ends(x, s, before, rights, &target);
	set_address(x, before, rights, &target);
	if (asked && r->said.kind == MESSAGE_UPDATE)
		request_settle(r, asked, &target.tunnel[DOWN]);
	if (tunnel_is_equal(&target.tunnel[UP], &target.tunnel[DOWN]))
		discard_gtpc(x->store, x->gtpc, DISCARD_MALFORMED, x->held);
	else
		procedure_become(x, s, before, &target);
}

/* The sender's rights are those to one of the bearers: they share the control tunnel. */
void procedure_name_keyset(const struct exchange *x, uint8_t default_bearer)
{
	for (uint8_t id = 0; id < MESSAGE_IDS; id++) {
		struct change before;
		struct session *s = request_find(x->request, id, &before);

		if (s && s->primary == default_bearer &&
		    (request_rights(x->request, s, &before, MESSAGE_ACCEPTED) & MAY_NAME_KEYSET))
			procedure_change_bearer(x, s, &before, MAY_NAME_KEYSET);
	}
}

/* --- what ends --- */

/* Returns true if the messages end the session. If a Modify Bearer Request names bearers, the Cause
 * is about these bearers. If the default bearer is gone, its whole PDN connection is over. */
static bool is_over(const struct exchange *x, const struct session *s)
{
	struct request *r = x->request;
	const uint8_t id = s->nsapi;
	const enum message_cause cause = message_cause_of(x->response, id);
	const bool is_asked = request_find_asked(r, id, false);
	const bool is_named =
		(r->said.linked != 0 && s->primary == r->said.linked) || (r->said.named >> id & 1);

	switch (r->said.kind) {
	case MESSAGE_UPDATE:
		return ((r->bearers_count == 0 || is_asked ||
			 request_find_asked(r, s->primary, false)) &&
			cause == MESSAGE_GONE) ||
		       request_find_asked(r, id, true) ||
		       message_find_bearer(x->response, id, true);
	case MESSAGE_UPDATE_BY_CORE:
		return is_asked && cause == MESSAGE_GONE;
	case MESSAGE_DELETE:
		return is_named;
	default:
		return is_named && cause != MESSAGE_REFUSED;
	}
}

/* With Teardown Ind, all contexts that share the PDP address end. */
static void end_with_teardown(const struct exchange *x, struct session *s)
{
	const uint8_t primary = s->primary;

	procedure_end(x, s);
	for (uint8_t id = 0; x->request->said.is_teardown && id < MESSAGE_IDS; id++) {
		struct session *other = request_find_addressed(x->request, id);

		if (other && other != s && other->primary == primary)
			procedure_end(x, other);
	}
}

void procedure_doubt(struct request *r)
{
	for (unsigned i = 0; r->said.kind == MESSAGE_UPDATE && i < r->bearers_count; i++) {
		struct change before;
		const struct session *s = request_find(r, r->bearers[i].said.id, &before);

		for (unsigned k = 0; s && apart_is_protected(s) && k < r->bearers[i].expected_count;
		     k++)
			session_doubt_tunnel(r->store, s, &r->bearers[i].expected[k]);
	}
}

/* --- a session that has ended here, and perhaps not at its GGSN --- */

static void follow(const struct exchange *x, struct session *ended)
{
	const struct asked_bearer *asked = request_find_asked(x->request, ended->nsapi, false);
	const struct tunnel up = directory_tunnel(x->store->directory, &ended->tunnel[UP]),
			    before = directory_tunnel(x->store->directory, &ended->tunnel[DOWN]);
	struct tunnel down = before;

	if (x->request->said.kind == MESSAGE_DELETE) {
		if (is_over(x, ended))
			ended_settle(x->store, ended);
		return;
	}
	if (x->request->said.kind != MESSAGE_UPDATE || !asked ||
	    message_cause_of(x->response, ended->nsapi) != MESSAGE_ACCEPTED)
		return;
	message_end_update(&down, &asked->said.user[DOWN], tunnel_is_ipv4(&up));
	if (tunnel_is_equal(&down, &before))
		return;
	/* The GGSN may have done nothing. */
	if (x->request->is_repeated && !tunnel_is_none(&before))
		ended_leave_claim(x->store, ended, &before);
	session_follow_ended(x->store, ended, &down);
}

static void follow_ended(const struct exchange *x)
{
	const struct message *asked = &x->request->said;
	struct session *s = NULL;

	while ((s = directory_next_of_control(x->store->directory, INDEX_CONTROL_GGSN,
					      &x->request->transaction.addressed, s)) != NULL)
		if (s->kind == DIRECTORY_ENDED && (asked->reachable >> s->nsapi & 1))
			follow(x, s);
}

/* Looks at each session that the request may be about. */
void procedure_change(const struct exchange *x)
{
	const struct message *asked = &x->request->said;
	unsigned known = 0, rights = 0;

	for (uint8_t id = 0; id < MESSAGE_IDS; id++) {
		struct change before;
		struct session *s =
			asked->reachable >> id & 1 ? request_find(x->request, id, &before) : NULL;

		if (!s)
			continue;
		if (known == 0 || asked->kind == MESSAGE_UPDATE)
			rights = request_rights(x->request, s, &before, x->response->cause);
		if (known++ == 0 && rights & IS_COUNTED)
			control_count(x->store, SESSION_GTPC_NOT_FROM_PEER);
		if (rights & MAY_END && is_over(x, s))
			end_with_teardown(x, s);
		else
			procedure_change_bearer(x, s, &before, rights);
	}
	if (known == 0)
		follow_ended(x);
	if (known == 0 && (asked->kind != MESSAGE_DELETE || asked->dialect->counts_unknown_delete))
		control_count(x->store, SESSION_GTPC_UNKNOWN_SESSION);
}
