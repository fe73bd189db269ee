/* SPDX-License-Identifier: BSD-3-Clause */
/* learn_v2: requests and responses of GTPv2-C (TS 29.274) on S5/S8. The S-GW is on the access side and asks for
 * sessions; the P-GW is on the core side and asks for bearers. */
#include "control/learn_v2.h"
#include "control/context.h"
#include "control/session.h"
#include "control/sweep.h"

#define VERSION	      2
#define DATAGRAM_MOST 2 /* messages: one, and one piggybacked on it */

static bool takes_effect(uint8_t request, const struct gtpc_v2 *m)
{
	if (!(m->present & GTPC_V2_HAS_CAUSE))
		return false;
	/* The other end says that the context was gone: so it is. */
	if (m->cause == GTPC_V2_CAUSE_CONTEXT_NOT_FOUND)
		return request != GTPC_V2_CREATE_SESSION_REQUEST &&
		       request != GTPC_V2_CREATE_BEARER_REQUEST;
	return gtpc_v2_cause_accepts(m->cause);
}

static struct recovery recovery_of(const struct session_gtpc *gtpc, const struct gtpc_v2 *m)
{
	return (struct recovery){.is_said = m->present & GTPC_V2_HAS_RECOVERY,
				 .counter = m->recovery,
				 .sender = gtpc->source};
}

static void take_response(struct session_store *store, const struct session_gtpc *gtpc,
			  const struct gtpc_v2 *m, struct held *held)
{
	const uint8_t type = (uint8_t)(m->type - 1); /* of its request */
	struct transaction *t =
		transactions_find_answered(store, gtpc, VERSION, type, m->sequence, m->teid);

	struct request *r = (struct request *)t;

	/* Of one that is not for who asked the request waits on: the true one may come yet. */
	if (!t || !messages_v2_is_for_requester(store, r, m)) {
		control_count(store, SESSION_GTPC_UNMATCHED);
		return;
	}
	r->recovery[gtpc->side] = recovery_of(gtpc, m);
	if (takes_effect(type, m)) {
		sweep_take(store, r->recovery);
		effects_v2(store, gtpc, r, m, held);
	} else {
		control_count(store, SESSION_GTPC_REFUSED);
		bearers_v2_refused(store, r);
	}
	transactions_forget(store, t);
}

static const struct gtpc_v2_bearer *first_bearer(const struct gtpc_v2 *m)
{
	for (unsigned i = 0; i < m->bearers_count; i++)
		if (m->bearers[i].instance == 0)
			return &m->bearers[i];
	return NULL;
}

/* A PDN connection without IMSI is one for emergency calls, and none that a keyset could be for; one whose sender
 * is not an S-GW on S5/S8 is not ours to learn. */
static bool is_of_use(const struct session_gtpc *gtpc, const struct gtpc_v2 *m)
{
	const struct gtpc_v2_bearer *bearer = first_bearer(m);

	switch (m->type) {
	case GTPC_V2_CREATE_SESSION_REQUEST:
		return gtpc->side == DATAPATH_ACCESS && (m->present & GTPC_V2_HAS_IMSI) &&
		       m->sgw_c.is_present && bearer && bearer->ebi != 0 &&
		       bearer->sgw_u.is_present;
	case GTPC_V2_MODIFY_BEARER_REQUEST:
	case GTPC_V2_DELETE_SESSION_REQUEST:
		return gtpc->side == DATAPATH_ACCESS;
	case GTPC_V2_CREATE_BEARER_REQUEST:
		return gtpc->side == DATAPATH_CORE && m->linked_ebi != 0;
	default:
		return gtpc->side == DATAPATH_CORE;
	}
}

static void note_request(struct session_store *store, struct request *r,
			 const struct session_gtpc *gtpc, const struct gtpc_v2 *m)
{
	r->recovery[gtpc->side] = recovery_of(gtpc, m);
	r->control = m->sgw_c;
	r->transaction.answer_teid = messages_v2_answer_teid(store, r);
	r->has_e2m = messages_v2_find_e2m(store, &r->e2m, m);
	r->imsi = m->imsi;
	if (m->type == GTPC_V2_CREATE_SESSION_REQUEST) {
		r->policy = (uint8_t)learn_policy(store, &m->imsi, &m->apn, NULL);
		r->apn = learn_apn(store, &m->apn, NULL);
	}
	r->linked_ebi = m->linked_ebi;
	if (m->type == GTPC_V2_CREATE_SESSION_REQUEST && r->linked_ebi == 0)
		r->linked_ebi = first_bearer(m)->ebi;
	r->ebis = m->ebis;
	r->bearers_count = m->bearers_count;
	for (unsigned i = 0; i < m->bearers_count; i++)
		r->bearers[i] = (struct asked_bearer){.instance = m->bearers[i].instance,
						      .ebi = m->bearers[i].ebi,
						      .user = r->transaction.side == DATAPATH_ACCESS
								      ? m->bearers[i].sgw_u
								      : m->bearers[i].pgw_u};
}

/* Whoever is to be protected gets no PDN connection that nobody here can protect, however his request is written. */
static bool is_refused(struct session_store *store, const struct session_gtpc *gtpc,
		       const struct gtpc_v2 *m, struct held *held)
{
	const struct gtpc_v2_bearer *bearer = first_bearer(m);
	enum policy_action policy;

	if (m->type != GTPC_V2_CREATE_SESSION_REQUEST || gtpc->side != DATAPATH_ACCESS ||
	    !(m->present & GTPC_V2_HAS_IMSI))
		return false;
	policy = learn_policy(store, &m->imsi, &m->apn, NULL);
	if (policy == POLICY_PROTECT && !is_of_use(gtpc, m)) {
		control_count(store, SESSION_POLICY_REFUSED);
		control_log(
			store, SESSION_LOG_INFO,
			"IMSI %s: the policy says protect: a Create Session Request that is none "
			"of S5/S8 does not cross",
			m->imsi.digits);
		held->outcome = SESSION_POLICY;
		return true;
	}
	return learn_is_refused(store, policy, &m->imsi, bearer ? bearer->ebi : 0, held);
}

/* As no honest GSN asks: which of the two tunnels the other end takes, nobody knows. */
static bool has_bearer_twice(const struct gtpc_v2 *m)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < m->bearers_count; i++) {
		const struct gtpc_v2_bearer *bearer = &m->bearers[i];

		if (bearer->instance != 0 || bearer->ebi == 0)
			continue;
		if (seen >> bearer->ebi & 1)
			return true;
		seen |= 1u << bearer->ebi;
	}
	return false;
}

static struct request *remember(struct session_store *store, const struct session_gtpc *gtpc,
				const struct gtpc_v2 *m)
{
	const size_t size = sizeof(struct request) + m->bearers_count * sizeof(struct asked_bearer);
	struct transaction *t = is_of_use(gtpc, m)
					? transactions_remember(store, gtpc, VERSION, m->type,
								m->sequence, m->teid, size)
					: NULL;
	struct request *r = (struct request *)t;

	if (t)
		note_request(store, r, gtpc, m);
	return r;
}

static void take_request(struct session_store *store, const struct session_gtpc *gtpc,
			 const struct gtpc_v2 *m, struct held *held)
{
	struct transaction *same = NULL;
	const enum transaction_kind kind =
		transactions_look(store, gtpc, VERSION, m->type, m->sequence, &same);
	struct request *r;

	if (kind == TRANSACTION_AMBIGUOUS || has_bearer_twice(m)) {
		learn_refuse_ambiguous(store, held);
		return;
	}
	r = kind == TRANSACTION_AGAIN ? (struct request *)same : remember(store, gtpc, m);
	if (is_refused(store, gtpc, m, held))
		return;
	if (r)
		bearers_v2_expect(store, r, kind == TRANSACTION_AGAIN, held);
	else
		control_count(store, SESSION_GTPC_OTHER);
}

static void take_echo(struct session_store *store, const struct session_gtpc *gtpc,
		      const struct gtpc_v2 *m)
{
	const struct recovery said = recovery_of(gtpc, m);

	control_count(store, SESSION_GTPC_OTHER);
	if (m->type == GTPC_V2_ECHO_REQUEST)
		sweep_take_echo_request(store, gtpc, VERSION, m->sequence);
	else
		sweep_take_echo_response(store, gtpc, VERSION, m->sequence, &said);
}

static void take(struct session_store *store, const struct session_gtpc *gtpc,
		 const struct gtpc_v2 *m, struct held *held)
{
	switch (m->type) {
	case GTPC_V2_ECHO_REQUEST:
	case GTPC_V2_ECHO_RESPONSE:
		take_echo(store, gtpc, m);
		break;
	case GTPC_V2_CREATE_SESSION_REQUEST:
	case GTPC_V2_MODIFY_BEARER_REQUEST:
	case GTPC_V2_DELETE_SESSION_REQUEST:
	case GTPC_V2_CREATE_BEARER_REQUEST:
	case GTPC_V2_UPDATE_BEARER_REQUEST:
	case GTPC_V2_DELETE_BEARER_REQUEST:
		take_request(store, gtpc, m, held);
		break;
	case GTPC_V2_CREATE_SESSION_RESPONSE:
	case GTPC_V2_MODIFY_BEARER_RESPONSE:
	case GTPC_V2_DELETE_SESSION_RESPONSE:
	case GTPC_V2_CREATE_BEARER_RESPONSE:
	case GTPC_V2_UPDATE_BEARER_RESPONSE:
	case GTPC_V2_DELETE_BEARER_RESPONSE:
		take_response(store, gtpc, m, held);
		break;
	default:
		control_count(store, SESSION_GTPC_OTHER);
	}
}

/* Those without a TEID say nothing of any session (5.5.2). */
static bool has_teid_as_it_should(const struct gtpc_v2 *m)
{
	return m->has_teid || m->type < GTPC_V2_CREATE_SESSION_REQUEST;
}

static void leave_unread(struct session_store *store, const struct session_gtpc *gtpc, size_t at,
			 struct held *held)
{
	const bool creates =
		gtpc->len > at + 1 && gtpc->data[at + 1] == GTPC_V2_CREATE_SESSION_REQUEST;

	learn_leave_unread(store, gtpc, creates, held);
}

void learn_v2_take(struct session_store *store, const struct session_gtpc *gtpc, struct held *held)
{
	struct gtpc_v2 message = {.has_next = true};
	size_t at = 0;

	for (unsigned i = 0; i < DATAGRAM_MOST && message.has_next; i++) {
		struct session_gtpc one = *gtpc;
		const int len = gtpc_v2_parse(&message, gtpc->data + at, gtpc->len - at);

		if (len < 0 || !has_teid_as_it_should(&message)) {
			leave_unread(store, gtpc, at, held);
			return;
		}
		one.data += at;
		one.len = (size_t)len;
		take(store, &one, &message, held);
		at += (size_t)len;
	}
	if (message.has_next)
		leave_unread(store, gtpc, at, held);
}
