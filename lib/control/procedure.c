/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/procedure.h"

#include "control/alternatives.h"
#include "control/binding.h"
#include "control/discard.h"
#include "control/effect.h"
#include "control/restarts.h"
#include "control/sweep.h"
#include "control/table.h"

/* A response that only repeats the counter of its request says nothing: some GSNs do that, and
 * anybody may have sent the request. */
static struct recovery recovery_of(const struct transaction *t, const struct message *m,
				   enum datapath_side side)
{
	const bool is_repeated = t->has_recovery && t->recovery == m->recovery;
	struct recovery said = {.is_said = m->has_recovery && !is_repeated,
				.counter = m->recovery,
				.side = (uint8_t)side};

	said.gsn[side] = t->addressed;
	said.gsn[t->side] = t->key.requester;
	return said;
}

/* The counter of a request. */
static struct recovery recovery_of_request(const struct transaction *t,
					   const struct recovery *of_response)
{
	struct recovery said = *of_response;

	said.is_said = t->has_recovery;
	said.counter = t->recovery;
	said.side = t->side;
	return said;
}

/* --- requests --- */

/* No honest GSN sends this: it is unknown which of the two tunnels the other end takes. */
static bool has_bearer_twice(const struct message *m)
{
	unsigned seen = 0;

	for (unsigned i = 0; i < m->bearers_count; i++) {
		const struct message_bearer *bearer = &m->bearers[i];

		if (bearer->is_marked || bearer->id == 0)
			continue;
		if (seen >> bearer->id & 1)
			return true;
		seen |= 1u << bearer->id;
	}
	return false;
}

/* A secondary context has the IMSI and the policy of the context that it is linked to. Returns
 * false if the subscriber is not known. */
static bool note_create(struct request *r, const struct message *m)
{
	struct session_store *store = r->store;
	const struct session *primary = NULL;

	if (r->said.is_linked)
		primary = request_find_addressed(r, r->said.linked);
	if (primary)
		r->said.imsi = directory_imsi(primary);
	else if (!r->said.has_imsi)
		return false;
	primary = request_find_primary(r);
	r->policy = primary ? primary->policy
			    : (uint8_t)policy_decide(&store->config.policy, &r->said.imsi,
						     m->apn.data, m->apn.len);
	r->apn = primary ? apns_ref(store->apns, primary->apn)
			 : apns_note(store->apns, m->apn.data, m->apn.len);
	return true;
}

/* NULL: the request has nothing that a session needs, or there is no memory. */
static struct request *remember(struct session_store *store, const struct session_gtpc *gtpc,
				const struct message *m)
{
	const size_t size = sizeof(struct request) + m->bearers_count * sizeof(struct asked_bearer);
	struct request *r = m->is_complete
				    ? (struct request *)transactions_remember(store, gtpc, m, size)
				    : NULL;

	if (!r)
		return NULL;
	r->store = store;
	r->said = *m;
	r->said.bearers = NULL;
	r->said.apn = (struct gtp_octets){0};
	r->bearers_count = m->bearers_count;
	for (unsigned i = 0; i < m->bearers_count; i++)
		r->bearers[i].said = m->bearers[i];
	alternatives_resolve(
		store, gtpc->side == DATAPATH_ACCESS ? INDEX_CONTROL_GGSN : INDEX_CONTROL_SGSN,
		&r->transaction.addressed);
	r->transaction.answer_teid = request_answer_teid(r);
	if (m->kind != MESSAGE_CREATE || note_create(r, m))
		return r;
	transactions_forget(store, &r->transaction);
	return NULL;
}

/* The request makes nothing here. Its response is to cross. */
static void remember_unserved(struct session_store *store, const struct session_gtpc *gtpc,
			      const struct message *m)
{
	struct transaction *t = transactions_remember(store, gtpc, m, sizeof(*t));

	if (t)
		t->is_unserved = true;
}

/* A subscriber that must be protected gets no session that hse cannot protect, however the request
 * is written. r: the remembered request; may be NULL. */
static bool is_refused(struct session_store *store, const struct session_gtpc *gtpc,
		       const struct message *m, const struct request *r, struct held *held)
{
	const struct message_bearer *bearer = message_first_bearer(m);
	enum policy_action policy;

	if (m->kind != MESSAGE_CREATE)
		return false;
	if (!m->dialect->checks_every_create)
		return r && effect_is_refused(store, r->policy, &r->said.imsi, bearer->id, held);
	if (gtpc->side != DATAPATH_ACCESS || !m->has_imsi)
		return false;
	policy = policy_decide(&store->config.policy, &m->imsi, m->apn.data, m->apn.len);
	if (policy != POLICY_PROTECT || m->is_complete)
		return effect_is_refused(store, policy, &m->imsi, bearer ? bearer->id : 0, held);
	control_count(store, SESSION_POLICY_REFUSED);
	control_log(store, SESSION_LOG_INFO,
		    "IMSI %s: the policy says protect: a Create Session Request that is not for "
		    "S5/S8, S2a or S2b does not cross",
		    m->imsi.digits);
	held->outcome = SESSION_POLICY;
	return true;
}

static void refuse_mixed(struct request *r, struct held *held)
{
	control_count(r->store, SESSION_REFUSED_TUNNEL);
	control_log(r->store, SESSION_LOG_WARNING,
		    "a request names a downlink tunnel of another session with the same address in "
		    "another APN; it does not cross");
	request_expect_no_more(r);
	transactions_forget(r->store, &r->transaction);
	held->outcome = SESSION_POLICY;
}

static void take_request(struct session_store *store, const struct session_gtpc *gtpc,
			 const struct message *m, struct held *held)
{
	struct transaction *same = NULL;
	enum transaction_kind kind;
	struct request *r;

	if (!m->has_sequence) {
		discard_gtpc(store, gtpc, DISCARD_NO_SEQUENCE, held);
		return;
	}
	kind = transactions_look(store, gtpc, m, &same);
	r = same && !same->is_unserved ? (struct request *)same : NULL;
	if (kind == TRANSACTION_AMBIGUOUS || has_bearer_twice(m) ||
	    (m->is_ambiguous && m->kind == MESSAGE_CREATE)) {
		discard_gtpc(store, gtpc, DISCARD_AMBIGUOUS, held);
		return;
	}
	if (kind == TRANSACTION_NEW)
		r = remember(store, gtpc, m);
	if (r && kind == TRANSACTION_NEW && message_is_update(m) && m->dialect->may_go_by_imsi &&
	    !request_note_updated(r)) {
		transactions_forget(store, &r->transaction);
		discard_gtpc(store, gtpc, DISCARD_AMBIGUOUS, held);
		return;
	}
	if (is_refused(store, gtpc, m, r, held))
		return;
	if (!r) {
		if (kind == TRANSACTION_NEW)
			remember_unserved(store, gtpc, m);
		discard_note_crossing(store, m->dialect->version, m->type);
		return;
	}
	if ((m->is_ambiguous && message_is_update(m) && !request_is_of_addresses(r)) ||
	    request_claims_for_unknown(r)) {
		transactions_forget(store, &r->transaction);
		discard_gtpc(store, gtpc, DISCARD_AMBIGUOUS, held);
		return;
	}
	request_expect(r, kind == TRANSACTION_AGAIN, held);
	if (request_mixes_addresses(r))
		refuse_mixed(r, held);
}

void procedure_take_request(struct session_store *store, const struct session_gtpc *gtpc,
			    const struct message *m, struct held *held)
{
	take_request(store, gtpc, m, held);
	if (held->outcome == SESSION_DONE)
		procedure_take_triggered(store, gtpc, m, held);
}

void procedure_take_faulty(struct session_store *store, const struct session_gtpc *gtpc,
			   const struct message *m, struct held *held)
{
	discard_gtpc(store, gtpc,
		     m->fault == GTPC_AMBIGUOUS ? DISCARD_AMBIGUOUS : DISCARD_MANDATORY, held);
}

/* --- responses --- */

static bool takes_effect(const struct message *m)
{
	/* The answer is a failure indication. */
	if (m->kind == MESSAGE_COMMAND)
		return false;
	/* The other end has no such context: the session ends as if deleted. */
	if (m->cause == MESSAGE_GONE)
		return m->kind != MESSAGE_CREATE && m->kind != MESSAGE_CREATE_BEARER;
	return m->cause == MESSAGE_ACCEPTED;
}

static void add_end(struct tunnel *addresses, unsigned *count, const struct message_end *end)
{
	if (end->ipv4.len > 0)
		tunnel_set_ipv4(&addresses[(*count)++], end->ipv4.octets);
	if (end->ipv6.len > 0)
		tunnel_set_ipv6(&addresses[(*count)++], end->ipv6.octets);
}

/* Of an accepted request and its response, one comes from the core side. It may have all addresses of
 * its GGSN. */
static void note_ggsn(struct request *r, const struct message *m)
{
	struct tunnel addresses[2 + 2 * MESSAGE_BEARERS_MAX] = {0};
	const bool is_of_request = !request_is_of_access(r);
	unsigned count = 0;

	if (m->cause != MESSAGE_ACCEPTED)
		return;
	add_end(addresses, &count, is_of_request ? &r->said.control : &m->control);
	for (unsigned i = 0; is_of_request && i < r->bearers_count; i++)
		add_end(addresses, &count, &r->bearers[i].said.user[UP]);
	for (unsigned i = 0; !is_of_request && i < m->bearers_count; i++)
		add_end(addresses, &count, &m->bearers[i].user[UP]);
	binding_note_ggsn(r->store, addresses, count);
}

static void create(const struct exchange *x)
{
	const struct recovery asked =
		recovery_of_request(&x->request->transaction, &x->request->recovery);

	restarts_hear(x->store, &asked);
	procedure_create(x);
}

void procedure_take_response(struct session_store *store, const struct session_gtpc *gtpc,
			     const struct message *m, struct held *held)
{
	struct transaction *t = m->has_sequence ? transactions_find_answered(store, gtpc, m) : NULL;
	struct request *r = (struct request *)t;
	const struct exchange exchange = {store, gtpc, r, m, held};

	if (t && t->is_unserved) {
		transactions_forget(store, t);
		discard_note_crossing(store, m->dialect->version, m->type + 1);
		return;
	}
	/* Not addressed to the requester: keep waiting for the real response. */
	if (!t || !request_is_answered(r, m)) {
		if (!t && m->has_sequence && transactions_is_answer_again(store, gtpc, m))
			control_count(store, SESSION_GTPC_REPEATED);
		else
			discard_gtpc(store, gtpc, DISCARD_NO_REQUEST, held);
		return;
	}
	if (!m->names_bearers)
		m->bearers[0].id = r->bearers[0].said.id;
	r->is_repeated = transactions_is_repeated(store, t, gtpc);
	if ((r->is_repeated && !request_is_of_addresses(r)) ||
	    (transactions_is_copy(store, t, gtpc) && request_gives_anothers(r, m))) {
		/* The tunnels stay expected: the GSN may use them all the same. */
		procedure_doubt(r);
		discard_gtpc(store, gtpc, DISCARD_AMBIGUOUS, held);
		transactions_forget(store, t);
		return;
	}
	r->recovery = recovery_of(t, m, gtpc->side);
	if (!takes_effect(m)) {
		control_count(store, SESSION_GTPC_REFUSED);
		request_expect_no_more(r);
		transactions_forget(store, t);
		return;
	}
	transactions_note_answer(store, t, gtpc);
	sweep_take(store, &r->recovery);
	note_ggsn(r, m);
	if (m->kind == MESSAGE_CREATE)
		create(&exchange);
	else if (m->kind == MESSAGE_CREATE_BEARER)
		procedure_create_bearers(&exchange);
	else
		procedure_change(&exchange);
	/* If the response is discarded, the other end has made the tunnel anyway: it stays
	 * expected. */
	if (held->outcome == SESSION_DONE)
		request_settle_by_sessions(r);
	transactions_forget(store, t);
}

/* --- Echo --- */

void procedure_take_echo(struct session_store *store, const struct session_gtpc *gtpc,
			 const struct message *m)
{
	struct transaction *request;
	struct recovery said;

	discard_note_crossing(store, m->dialect->version, m->type + m->is_response);
	if (!m->has_sequence)
		return;
	/* Only GSNs with sessions matter here. Half of the room is left for requests that make
	 * sessions. */
	if (!m->is_response && gsns_find(store->gsns, gtpc->source.receiver) != 0 &&
	    gsns_find(store->gsns, gtpc->destination.receiver) != 0 &&
	    transactions_count(store) < TRANSACTIONS_MAX / 2)
		transactions_remember(store, gtpc, m, sizeof(*request));
	request = m->is_response ? transactions_find_answered(store, gtpc, m) : NULL;
	if (!request)
		return;
	said = recovery_of(request, m, gtpc->side);
	sweep_take(store, &said);
	transactions_forget(store, request);
}
