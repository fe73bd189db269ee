/* SPDX-License-Identifier: BSD-3-Clause */
/* learn_v1: what GTPv1-C (TS 29.060) says of sessions. */
#include "control/learn_v1.h"
#include "control/context.h"
#include "control/session.h"
#include "control/sweep.h"
#include "control/table.h"
#include "control/tunnels.h"

#define VERSION 1

/* --- what messages say --- */

struct endpoint learn_v1_user(const struct gtpc_v1 *m)
{
	return endpoint_of(&m->gsn_user, m->present & GTPC_V1_HAS_TEID_DATA, m->teid_data);
}

struct endpoint learn_v1_control(const struct gtpc_v1 *m)
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
	struct change before;
	const struct session *s;

	if (r->control.has_teid)
		return r->control.tunnel.teid;
	s = table_find_control(store, learn_control_index(side), &r->transaction.addressed,
			       r->nsapi);
	if (!s)
		return 0;
	session_current(store, s, &before);
	return side == DATAPATH_ACCESS ? before.control_sgsn.teid : before.control_ggsn.teid;
}

static void note_request(struct session_store *store, struct request *r,
			 const struct session_gtpc *gtpc, const struct gtpc_v1 *m)
{
	r->imsi = m->imsi;
	r->nsapi = m->nsapi;
	r->linked_nsapi = m->present & GTPC_V1_HAS_LINKED_NSAPI ? m->linked_nsapi : m->nsapi;
	r->teardown = m->teardown;
	r->user = learn_v1_user(m);
	r->control = learn_v1_control(m);
	r->transaction.answer_teid = answer_teid(store, r);
	r->recovery[gtpc->side] = recovery_of(gtpc, m);
	r->has_e2m = m->pco.data && pco_find_e2m(&r->e2m, &store->config.numbers, NULL, m->pco.data,
						 m->pco.len) == 1;
}

/* --- tunnels that a request names --- */

static void expect(struct session_store *store, struct request *r, const struct tunnel *tunnel,
		   struct held *held)
{
	r->expects = true;
	r->expected = *tunnel;
	learn_expect(store, r->transaction.side, tunnel, false, held);
}

static void end_expectation(struct session_store *store, const struct request *r)
{
	if (r->expects)
		tunnels_withdraw(store, &r->expected);
}

/* The requester's tunnel as it will be when the request is accepted. */
static void expect_update(struct session_store *store, struct request *r, struct held *held)
{
	const enum session_direction direction = r->transaction.side == DATAPATH_ACCESS ? DOWN : UP;
	const struct session *s = table_session(store, r->session);
	struct change target;

	if (!s)
		return;
	session_current(store, s, &target);
	endpoint_update(&target.tunnel[direction], &r->user);
	expect(store, r, &target.tunnel[direction], held);
}

/* --- responses --- */

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
	control_count(store, SESSION_GTPC_REFUSED);
	end_expectation(store, r);
}

static void take_accepted(struct session_store *store, const struct request *r,
			  const struct gtpc_v1 *m, struct held *held)
{
	sweep_take(store, r->recovery);
	effects_v1(store, r, m, held);
	/* A response that does not cross has made the tunnel at the other end all the same. */
	if (held->outcome == SESSION_DONE && !effects_v1_has_expected(store, r))
		end_expectation(store, r);
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

	/* Of one that is not for who asked the request waits on: the true one may come yet. */
	if (!t || !effects_v1_is_for_requester(store, r, m)) {
		control_count(store, SESSION_GTPC_UNMATCHED);
		return;
	}
	r->recovery[gtpc->side] = recovery_of(gtpc, m);
	if (takes_effect(type, m))
		take_accepted(store, r, m, held);
	else
		take_refusal(store, r);
	transactions_forget(store, t);
}

/* --- requests --- */

/* Whose a secondary context is, the context that it is linked to says; a GGSN that sees a Linked NSAPI need not look
 * for an IMSI. False: nobody knows whose it is. */
static bool find_linked(struct session_store *store, struct request *r, const struct gtpc_v1 *m)
{
	const bool has_imsi = m->present & GTPC_V1_HAS_IMSI;
	const struct session *primary = NULL;

	r->is_linked = !has_imsi || (m->present & GTPC_V1_HAS_LINKED_NSAPI);
	if (r->is_linked)
		primary = table_find_control(store, INDEX_CONTROL_GGSN, &r->transaction.addressed,
					     r->linked_nsapi);
	if (primary)
		r->imsi = table_imsi(primary);
	return primary || has_imsi;
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
		control_count(store, SESSION_GTPC_OTHER);
		transactions_forget(store, &r->transaction);
		return;
	}
	r->policy =
		(uint8_t)learn_policy(store, &r->imsi, &m->apn, effects_v1_find_primary(store, r));
	r->apn = learn_apn(store, &m->apn, effects_v1_find_primary(store, r));
	if (learn_is_refused(store, r->policy, &r->imsi, r->nsapi, held))
		return;
	if ((learn_is_to_know(store, r->policy, r->has_e2m) || effects_v1_is_intruder(store, r)) &&
	    endpoint_is_whole(&r->user))
		expect(store, r, &r->user.tunnel, held);
}

static void take_again(struct session_store *store, const struct request *r, struct held *held)
{
	if (r->transaction.key.type == GTPC_V1_CREATE_PDP_REQUEST &&
	    learn_is_refused(store, r->policy, &r->imsi, r->nsapi, held))
		return;
	if (r->expects)
		learn_expect(store, r->transaction.side, &r->expected, true, held);
}

static void take_new_request(struct session_store *store, const struct session_gtpc *gtpc,
			     const struct gtpc_v1 *m, struct held *held)
{
	struct transaction *t =
		is_of_use(gtpc, m)
			? transactions_remember(store, gtpc, VERSION, m->type, m->sequence, m->teid,
						sizeof(struct request))
			: NULL;
	struct request *r = (struct request *)t;

	if (!t) {
		control_count(store, SESSION_GTPC_OTHER);
		return;
	}
	note_request(store, r, gtpc, m);
	if (m->type == GTPC_V1_CREATE_PDP_REQUEST) {
		take_create_request(store, r, m, held);
	} else if (m->type == GTPC_V1_UPDATE_PDP_REQUEST) {
		if (effects_v1_find_updated(store, r, m)) {
			expect_update(store, r, held);
			return;
		}
		transactions_forget(store, t);
		learn_refuse_ambiguous(store, held);
	}
}

static void take_request(struct session_store *store, const struct session_gtpc *gtpc,
			 const struct gtpc_v1 *m, struct held *held)
{
	struct transaction *same = NULL;
	const enum transaction_kind kind =
		m->has_sequence
			? transactions_look(store, gtpc, VERSION, m->type, m->sequence, &same)
			: TRANSACTION_NEW;

	if (kind == TRANSACTION_AMBIGUOUS)
		learn_refuse_ambiguous(store, held);
	else if (kind == TRANSACTION_AGAIN)
		take_again(store, (struct request *)same, held);
	else
		take_new_request(store, gtpc, m, held);
}

/* --- dispatch --- */

static void take_echo(struct session_store *store, const struct session_gtpc *gtpc,
		      const struct gtpc_v1 *m)
{
	const struct recovery said = recovery_of(gtpc, m);

	control_count(store, SESSION_GTPC_OTHER);
	if (!m->has_sequence)
		return;
	if (m->type == GTPC_V1_ECHO_REQUEST)
		sweep_take_echo_request(store, gtpc, VERSION, m->sequence);
	else
		sweep_take_echo_response(store, gtpc, VERSION, m->sequence, &said);
}

void learn_v1_take(struct session_store *store, const struct session_gtpc *gtpc, struct held *held)
{
	struct gtpc_v1 message;

	if (gtpc_v1_parse(&message, gtpc->data, gtpc->len) != 0) {
		learn_leave_unread(store, gtpc,
				   gtpc->len > 1 && gtpc->data[1] == GTPC_V1_CREATE_PDP_REQUEST,
				   held);
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
		control_count(store, SESSION_GTPC_OTHER);
	}
}
