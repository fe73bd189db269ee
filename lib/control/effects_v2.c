/* SPDX-License-Identifier: BSD-3-Clause */
/* effects_v2: what GTPv2-C (TS 29.274) on S5/S8 makes of sessions that are there: of the bearers of one PDN
 * connection. */
#include <string.h>

#include "control/context.h"
#include "control/learn_v2.h"
#include "control/session.h"

/* What a response that takes effect makes of one of those bearers. */
typedef void change_bearer(struct session_store *store, struct session *s,
			   const struct change *before, const struct request *r,
			   const struct gtpc_v2 *m, struct held *held);

/* The bearers of the PDN connection, one after the other. Nobody but its peers ends them or changes their keyset,
 * whatever was answered; from_all: the change looks to that itself. */
static void change_bearers(struct session_store *store, const struct request *r,
			   const struct gtpc_v2 *m, struct held *held, change_bearer *change,
			   bool from_all)
{
	unsigned known = 0;

	for (uint8_t ebi = EBI_MIN; ebi <= GTPC_V2_EBI_MAX; ebi++) {
		struct change before;
		struct session *s = messages_v2_find_addressed(store, r, ebi, &before);

		if (!s)
			continue;
		if (known++ == 0 && !messages_v2_is_from_peer(r, &before)) {
			control_count(store, SESSION_GTPC_NOT_FROM_PEER);
			if (!from_all)
				return;
		}
		change(store, s, &before, r, m, held);
	}
	if (known == 0)
		control_count(store, SESSION_GTPC_UNKNOWN_SESSION);
}

void effects_v2_end(struct session_store *store, struct session *s, struct held *held)
{
	const struct change end_of_session = {.alive = false};

	session_apply(store, s, &end_of_session, held);
}

/* --- Modify Bearer, 7.2.7, 7.2.8 --- */

static bool is_over(const struct session *s, const struct request *r, const struct gtpc_v2 *m)
{
	const uint8_t ebi = s->nsapi;
	/* Where it names bearers, it is of those that one was not found; without the default bearer there is none. */
	const bool is_named = r->bearers_count == 0 || messages_v2_find_asked(r, 0, ebi) ||
			      messages_v2_find_asked(r, 0, s->primary);

	return (is_named && messages_v2_cause(m, messages_v2_find_bearer(m, 0, ebi)) ==
				    GTPC_V2_CAUSE_CONTEXT_NOT_FOUND) ||
	       messages_v2_find_asked(r, 1, ebi) || messages_v2_find_bearer(m, 1, ebi);
}

/* Where the P-GW sends downlink N-PDUs from now on is followed whoever asked it to, for else they would cross in
 * the clear. */
static void modify_bearer(struct session_store *store, struct session *s,
			  const struct change *before, const struct request *r,
			  const struct gtpc_v2 *m, struct held *held)
{
	const struct asked_bearer *asked = messages_v2_find_asked(r, 0, s->nsapi);
	const uint8_t cause = messages_v2_cause(m, messages_v2_find_bearer(m, 0, s->nsapi));
	const bool is_peers = messages_v2_is_from_peer(r, before);
	struct change target = *before;

	/* Whoever asks, and is answered that nothing is there, has chosen what to ask for. */
	if (is_over(s, r, m) &&
	    (gtpc_v2_cause_accepts(m->cause) ? is_peers
					     : messages_v2_is_from_present_peer(r, before))) {
		effects_v2_end(store, s, held);
		return;
	}
	memcpy(target.recovery, r->recovery, sizeof(target.recovery));
	if (asked && asked->user.is_present && gtpc_v2_cause_accepts(cause))
		target.tunnel[DOWN] =
			messages_v2_tunnel(&asked->user, messages_v2_is_ipv4(&before->tunnel[UP]));
	if (asked)
		bearers_v2_expect_no_more(store, asked, &target.tunnel[DOWN]);
	if (is_peers && r->control.is_present)
		target.control_sgsn =
			messages_v2_tunnel(&r->control, messages_v2_is_ipv4(&before->control_ggsn));
	if (is_peers && r->has_e2m)
		messages_v2_name_keyset(&target, &r->e2m);
	if (tunnel_is_equal(&target.tunnel[UP], &target.tunnel[DOWN])) {
		control_count(store, SESSION_GTPC_UNPARSED);
		return;
	}
	learn_change_of_gtpc(store, s, before, &target, held);
}

/* --- Update Bearer, 7.2.15, 7.2.16 --- */

/* The UE's PCO is in the response. */
static void update_bearer(struct session_store *store, struct session *s,
			  const struct change *before, const struct request *r,
			  const struct gtpc_v2 *m, struct held *held)
{
	const struct gtpc_v2_bearer *bearer = messages_v2_find_bearer(m, 0, s->nsapi);
	struct change target = *before;
	struct pco_e2m e2m;

	if (messages_v2_find_asked(r, 0, s->nsapi) &&
	    messages_v2_cause(m, bearer) == GTPC_V2_CAUSE_CONTEXT_NOT_FOUND) {
		effects_v2_end(store, s, held);
		return;
	}
	if (!gtpc_v2_cause_accepts(m->cause) || !messages_v2_find_e2m(store, &e2m, m))
		return;
	memcpy(target.recovery, r->recovery, sizeof(target.recovery));
	messages_v2_name_keyset(&target, &e2m);
	learn_change_of_gtpc(store, s, before, &target, held);
}

/* --- Delete Session, 7.2.9.1, 7.2.10.1; Delete Bearer, 7.2.9.2, 7.2.10.2 --- */

static void delete_session(struct session_store *store, struct session *s,
			   const struct change *before, const struct request *r,
			   const struct gtpc_v2 *m, struct held *held)
{
	(void)before, (void)m;
	if (r->linked_ebi == 0 || s->primary == r->linked_ebi)
		effects_v2_end(store, s, held);
}

static void delete_bearer(struct session_store *store, struct session *s,
			  const struct change *before, const struct request *r,
			  const struct gtpc_v2 *m, struct held *held)
{
	const uint8_t cause = messages_v2_cause(m, messages_v2_find_bearer(m, 0, s->nsapi));
	const bool is_named = r->linked_ebi ? s->primary == r->linked_ebi : r->ebis >> s->nsapi & 1;

	(void)before;
	if (is_named && (gtpc_v2_cause_accepts(cause) || cause == GTPC_V2_CAUSE_CONTEXT_NOT_FOUND))
		effects_v2_end(store, s, held);
}

void effects_v2(struct session_store *store, const struct session_gtpc *gtpc,
		const struct request *r, const struct gtpc_v2 *m, struct held *held)
{
	switch (r->transaction.key.type) {
	case GTPC_V2_CREATE_SESSION_REQUEST:
		bearers_v2_create_session(store, gtpc, r, m, held);
		break;
	case GTPC_V2_CREATE_BEARER_REQUEST:
		bearers_v2_create_dedicated(store, gtpc, r, m, held);
		break;
	case GTPC_V2_MODIFY_BEARER_REQUEST:
		change_bearers(store, r, m, held, modify_bearer, true);
		break;
	case GTPC_V2_UPDATE_BEARER_REQUEST:
		change_bearers(store, r, m, held, update_bearer, false);
		break;
	case GTPC_V2_DELETE_SESSION_REQUEST:
		change_bearers(store, r, m, held, delete_session, false);
		break;
	case GTPC_V2_DELETE_BEARER_REQUEST:
		change_bearers(store, r, m, held, delete_bearer, false);
		break;
	}
}
