/* SPDX-License-Identifier: BSD-3-Clause */
/* bearers_v2: EPS bearers that begin, with a PDN connection or in one that is there. A session is an EPS bearer,
 * its NSAPI the EPS bearer identity; the bearers of a PDN connection share the control tunnel (TS 29.274 4.1), the
 * keyset, and in primary the identity of the default bearer. */
#include <string.h>

#include "control/context.h"
#include "control/learn_v2.h"
#include "control/session.h"
#include "control/table.h"
#include "control/tunnels.h"
#include "control/work.h"

/* --- tunnels that a request names --- */

/* Over each IP version that it may be used with. */
static void expect(struct session_store *store, const struct request *r,
		   const struct gtpc_v2_fteid *user, bool is_again, struct held *held)
{
	const struct tunnel tunnels[] = {messages_v2_tunnel(user, true),
					 messages_v2_tunnel(user, false)};

	learn_expect(store, r->transaction.side, &tunnels[0], is_again, held);
	if (!tunnel_is_equal(&tunnels[0], &tunnels[1]))
		learn_expect(store, r->transaction.side, &tunnels[1], is_again, held);
}

void bearers_v2_expect_no_more(struct session_store *store, const struct asked_bearer *asked,
			       const struct tunnel *used)
{
	const struct tunnel tunnels[] = {messages_v2_tunnel(&asked->user, true),
					 messages_v2_tunnel(&asked->user, false)};
	const size_t count = tunnel_is_equal(&tunnels[0], &tunnels[1]) ? 1 : 2;

	for (size_t i = 0; asked->expects && i < count; i++)
		if (!used || !tunnel_is_equal(&tunnels[i], used))
			tunnels_withdraw(store, &tunnels[i]);
}

/* Whether the bearer is known, or to be known if the request is accepted. */
static bool is_to_know(struct session_store *store, const struct request *r, uint8_t ebi)
{
	struct change before;

	if (r->transaction.key.type == GTPC_V2_CREATE_SESSION_REQUEST)
		return learn_is_to_know(store, r->policy, r->has_e2m);
	if (r->transaction.key.type == GTPC_V2_CREATE_BEARER_REQUEST)
		ebi = r->linked_ebi;
	return messages_v2_find_addressed(store, r, ebi, &before) != NULL;
}

void bearers_v2_expect(struct session_store *store, struct request *r, bool is_again,
		       struct held *held)
{
	for (unsigned i = 0; i < r->bearers_count; i++) {
		struct asked_bearer *asked = &r->bearers[i];

		if (!is_again)
			asked->expects = asked->instance == 0 && asked->user.is_present &&
					 is_to_know(store, r, asked->ebi);
		if (asked->expects)
			expect(store, r, &asked->user, is_again, held);
	}
}

void bearers_v2_refused(struct session_store *store, const struct request *r)
{
	for (unsigned i = 0; i < r->bearers_count; i++)
		bearers_v2_expect_no_more(store, &r->bearers[i], NULL);
}

/* --- tunnels that begin --- */

/* The IP version that a tunnel with these ends has. Where both could use both, it is that of GTP-C. */
static bool is_ipv4_common(const struct gtpc_v2_fteid *a, const struct gtpc_v2_fteid *b,
			   const struct session_gtpc *gtpc)
{
	const bool ipv4 = a->ipv4.len > 0 && b->ipv4.len > 0;
	const bool ipv6 = a->ipv6.len > 0 && b->ipv6.len > 0;

	return ipv4 && (!ipv6 || messages_v2_is_ipv4(&gtpc->source));
}

/* False: the two do not make a tunnel in each direction. */
static bool set_tunnels(const struct session_gtpc *gtpc, struct change *target,
			const struct gtpc_v2_fteid *sgw, const struct gtpc_v2_fteid *pgw)
{
	const bool ipv4 = is_ipv4_common(sgw, pgw, gtpc);

	target->tunnel[UP] = messages_v2_tunnel(pgw, ipv4);
	target->tunnel[DOWN] = messages_v2_tunnel(sgw, ipv4);
	return sgw->is_present && pgw->is_present &&
	       !tunnel_is_equal(&target->tunnel[UP], &target->tunnel[DOWN]);
}

static void leave_unprotected(struct session_store *store, const struct e2m_imsi *imsi, uint8_t ebi,
			      const struct change *target, struct held *held)
{
	const struct endpoint user[2] = {
		{.has_address = true, .has_teid = true, .tunnel = target->tunnel[UP]},
		{.has_address = true, .has_teid = true, .tunnel = target->tunnel[DOWN]}};

	learn_unprotected(store, imsi, ebi, user, held);
}

/* --- Create Session, 7.2.1, 7.2.2 --- */

static bool is_created(const struct request *r, const struct gtpc_v2 *m, uint8_t ebi)
{
	const struct gtpc_v2_bearer *bearer = messages_v2_find_bearer(m, 0, ebi);

	return messages_v2_find_asked(r, 0, ebi) && bearer &&
	       gtpc_v2_cause_accepts(messages_v2_cause(m, bearer));
}

/* What a PDN connection of the same default bearer had before went when it was made anew (7.2.1). */
static void end_superseded(struct session_store *store, const struct request *r,
			   const struct gtpc_v2 *m, struct held *held)
{
	for (uint8_t ebi = EBI_MIN; ebi <= GTPC_V2_EBI_MAX; ebi++) {
		struct session *s = table_find_subscriber(store, &r->imsi, ebi);
		if (s && s->origin != ORIGIN_CONFIGURATION && s->primary == r->linked_ebi &&
		    !is_created(r, m, ebi))
			effects_v2_end(store, s, held);
	}
}

static void create_bearer(struct session_store *store, const struct session_gtpc *gtpc,
			  const struct request *r, const struct gtpc_v2 *m,
			  const struct asked_bearer *asked, struct held *held)
{
	const struct gtpc_v2_bearer *bearer = messages_v2_find_bearer(m, 0, asked->ebi);
	struct change target = {.alive = true, .fresh = true};

	if (!set_tunnels(gtpc, &target, &asked->user, &bearer->pgw_u)) {
		bearers_v2_expect_no_more(store, asked, NULL);
		learn_leave_unparsed(store, r->policy, held);
		return;
	}
	if (!learn_is_to_know(store, r->policy, r->has_e2m)) {
		leave_unprotected(store, &r->imsi, asked->ebi, &target, held);
		return;
	}
	target.control_sgsn = messages_v2_tunnel(&r->control, messages_v2_is_ipv4(&gtpc->source));
	target.control_ggsn = messages_v2_tunnel(&m->pgw_c, messages_v2_is_ipv4(&gtpc->source));
	memcpy(target.recovery, r->recovery, sizeof(target.recovery));
	target.keyset = r->e2m.id;
	target.key_id = r->e2m.key_id;
	learn_apply_policy(&target, r->policy, r->has_e2m);
	target.apn = r->apn;
	learn_session(store, &r->imsi, asked->ebi, r->linked_ebi, &target,
		      "Create Session Response", held);
	bearers_v2_expect_no_more(store, asked, &target.tunnel[DOWN]);
}

void bearers_v2_create_session(struct session_store *store, const struct session_gtpc *gtpc,
			       const struct request *r, const struct gtpc_v2 *m, struct held *held)
{
	/* The request was overdue, and has left. */
	if (learn_is_refused(store, r->policy, &r->imsi, r->linked_ebi, held))
		return;
	if (!m->pgw_c.is_present) {
		learn_leave_unparsed(store, r->policy, held);
		bearers_v2_refused(store, r);
		return;
	}
	if (r->has_e2m && r->policy == POLICY_PASS)
		control_count(store, SESSION_POLICY_PASSED);
	end_superseded(store, r, m, held);
	for (unsigned i = 0; i < r->bearers_count; i++) {
		const struct asked_bearer *asked = &r->bearers[i];

		if (asked->instance == 0 && is_created(r, m, asked->ebi))
			create_bearer(store, gtpc, r, m, asked, held);
		else
			bearers_v2_expect_no_more(store, asked, NULL);
	}
}

/* --- Create Bearer, 7.2.3, 7.2.4 --- */

/* Which of the bearers in the request it is: the response repeats the P-GW's F-TEID; or has them in order. */
static const struct asked_bearer *
find_answered(const struct request *r, const struct gtpc_v2_bearer *bearer, unsigned number)
{
	for (unsigned i = 0; i < r->bearers_count && bearer->pgw_u.is_present; i++)
		if (r->bearers[i].user.is_present && r->bearers[i].user.teid == bearer->pgw_u.teid)
			return &r->bearers[i];
	return number < r->bearers_count ? &r->bearers[number] : NULL;
}

/* In the middle of a changeover the UE may use either keyset on its new bearer too. */
static void begin_with_both(struct session_store *store, const struct session *linked, uint8_t ebi,
			    const struct change *target, struct held *held)
{
	const struct session_keyset *used = &linked->keysets[linked->downlink_slot];
	struct change first = *target, next = *target, before;
	const struct e2m_imsi imsi = table_imsi(linked);
	struct session *s;

	first.keyset = used->id;
	first.key_id = used->key_id;
	learn_session(store, &imsi, ebi, linked->primary, &first, "Create Bearer Response", held);
	s = table_find_subscriber(store, &imsi, ebi);
	if (!s)
		return;
	next.fresh = false;
	session_current(store, s, &before);
	learn_change_of_gtpc(store, s, &before, &next, held);
}

static void create_dedicated(struct session_store *store, const struct session_gtpc *gtpc,
			     const struct session *linked, const struct change *of_linked,
			     const struct request *r, const struct gtpc_v2 *m, unsigned number,
			     struct held *held)
{
	const struct gtpc_v2_bearer *bearer = &m->bearers[number];
	const struct asked_bearer *asked = find_answered(r, bearer, number);
	struct change target = {.alive = true, .fresh = true};
	const bool names_keyset = session_names_keyset(linked);
	const struct e2m_imsi imsi = table_imsi(linked);

	if (bearer->instance != 0 || !asked)
		return;
	if (bearer->ebi == 0 || !gtpc_v2_cause_accepts(messages_v2_cause(m, bearer))) {
		bearers_v2_expect_no_more(store, asked, NULL);
		return;
	}
	if (!set_tunnels(gtpc, &target, &bearer->sgw_u, &asked->user)) {
		bearers_v2_expect_no_more(store, asked, NULL);
		learn_leave_unparsed(store, of_linked->policy, held);
		return;
	}
	memcpy(target.recovery, r->recovery, sizeof(target.recovery));
	target.control_sgsn = of_linked->control_sgsn;
	target.control_ggsn = of_linked->control_ggsn;
	target.keyset = of_linked->keyset;
	target.key_id = of_linked->key_id;
	learn_apply_policy(&target, of_linked->policy, names_keyset);
	target.apn = of_linked->apn;
	if (names_keyset && !work_first_operation(linked) &&
	    linked->downlink_slot != linked->newest)
		begin_with_both(store, linked, bearer->ebi, &target, held);
	else
		learn_session(store, &imsi, bearer->ebi, linked->primary, &target,
			      "Create Bearer Response", held);
	bearers_v2_expect_no_more(store, asked, &target.tunnel[UP]);
}

/* A bearer of nobody that we know: sessions that have its tunnels still are over. */
static void create_unknown(struct session_store *store, const struct session_gtpc *gtpc,
			   const struct request *r, const struct gtpc_v2 *m, unsigned number,
			   struct held *held)
{
	const struct gtpc_v2_bearer *bearer = &m->bearers[number];
	const struct asked_bearer *asked = find_answered(r, bearer, number);
	struct change target;

	if (bearer->instance != 0 || !asked || !gtpc_v2_cause_accepts(messages_v2_cause(m, bearer)))
		return;
	if (set_tunnels(gtpc, &target, &bearer->sgw_u, &asked->user))
		leave_unprotected(store, NULL, bearer->ebi, &target, held);
	else
		control_count(store, SESSION_GTPC_UNPARSED);
}

void bearers_v2_create_dedicated(struct session_store *store, const struct session_gtpc *gtpc,
				 const struct request *r, const struct gtpc_v2 *m,
				 struct held *held)
{
	struct change before;
	const struct session *linked = messages_v2_find_addressed(store, r, r->linked_ebi, &before);

	for (unsigned i = 0; i < m->bearers_count; i++)
		if (linked)
			create_dedicated(store, gtpc, linked, &before, r, m, i, held);
		else
			create_unknown(store, gtpc, r, m, i, held);
}
