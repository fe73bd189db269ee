/* SPDX-License-Identifier: BSD-3-Clause */
/* effects_v2: what GTPv2-C (TS 29.274) on S5/S8 makes of sessions. A session is an EPS bearer, its NSAPI the EPS
 * bearer identity; the bearers of a PDN connection share the control tunnel (4.1), the keyset, and in primary
 * the identity of the default bearer. */
#include <netinet/in.h>
#include <string.h>

#include "session/learn_v2.h"

#define EBI_MIN 1

/* --- what messages say --- */

static void name_keyset(struct session_target *target, const struct pco_e2m *e2m)
{
	target->has_keyset = true;
	target->keyset = e2m->id;
	target->key_id = e2m->key_id;
}

static bool is_ipv4(const struct tunnel *tunnel)
{
	return IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)tunnel->receiver);
}

/* Of an F-TEID with two addresses, the one of that IP version is used. */
static struct tunnel tunnel_of(const struct gtpc_v2_fteid *fteid, bool ipv4)
{
	const bool use_ipv4 = fteid->ipv4.len > 0 && (ipv4 || fteid->ipv6.len == 0);

	return endpoint_of(use_ipv4 ? &fteid->ipv4 : &fteid->ipv6, true, fteid->teid).tunnel;
}

/* The IP version that a tunnel with these ends has. Where both could use both, it is that of GTP-C. */
static bool is_ipv4_common(const struct gtpc_v2_fteid *a, const struct gtpc_v2_fteid *b,
			   const struct session_gtpc *gtpc)
{
	const bool ipv4 = a->ipv4.len > 0 && b->ipv4.len > 0;
	const bool ipv6 = a->ipv6.len > 0 && b->ipv6.len > 0;

	return ipv4 && (!ipv6 || is_ipv4(&gtpc->source));
}

static const struct gtpc_v2_bearer *find_bearer(const struct gtpc_v2 *m, unsigned instance,
						uint8_t ebi)
{
	for (unsigned i = 0; i < m->bearers_count; i++)
		if (m->bearers[i].instance == instance && m->bearers[i].ebi == ebi)
			return &m->bearers[i];
	return NULL;
}

static const struct asked_bearer *find_asked(const struct request *r, unsigned instance,
					     uint8_t ebi)
{
	for (unsigned i = 0; i < r->bearers_count; i++)
		if (r->bearers[i].instance == instance && r->bearers[i].ebi == ebi)
			return &r->bearers[i];
	return NULL;
}

/* What a response says of a bearer: its own Cause, or the message's where it has none. */
static uint8_t cause_of(const struct gtpc_v2 *m, const struct gtpc_v2_bearer *bearer)
{
	return bearer && bearer->has_cause ? bearer->cause : m->cause;
}

/* --- whose a message is --- */

static bool is_same_address(const struct tunnel *a, const struct tunnel *b)
{
	return memcmp(a->receiver, b->receiver, sizeof(a->receiver)) == 0;
}

/* Of a request about the session: from its S-GW or P-GW, or the S-GW that a Modify Bearer Request makes it. */
static bool is_from_peer(const struct request *r, const struct session_target *before)
{
	const struct transaction *t = &r->transaction;
	const struct tunnel *requester = &t->key.requester;
	struct tunnel control = before->control_sgsn;

	if (t->side == DATAPATH_CORE)
		control = before->control_ggsn;
	else if (r->control.is_present)
		control = tunnel_of(&r->control, is_ipv4(requester));
	return is_same_address(requester, &control);
}

/* A response bears the control TEID of whoever asked; 0 where its sender does not know it (5.5.2), which only one
 * that has no such context can say. */
static bool is_for_requester(const struct gtpc_v2 *m, const struct request *r,
			     const struct session_target *before)
{
	uint32_t teid = before->control_sgsn.teid;

	if (r->transaction.side == DATAPATH_CORE)
		teid = before->control_ggsn.teid;
	else if (r->control.is_present)
		teid = r->control.teid;
	return m->teid == teid || (m->teid == 0 && m->cause == GTPC_V2_CAUSE_CONTEXT_NOT_FOUND);
}

/* The bearer of the PDN connection that the request's header names; before is what it will be when all that is
 * under way for it is done. NULL: there is none. */
static struct session *find_addressed(struct session_store *store, const struct request *r,
				      uint8_t ebi, struct session_target *before)
{
	struct session *s = store_find_control(store, learn_control_index(r->transaction.side),
					       &r->transaction.addressed, ebi);

	if (!s)
		return NULL;
	apply_current(store, s, before);
	return before->alive ? s : NULL;
}

/* What a response that takes effect makes of one of those bearers. */
typedef void change_bearer(struct session_store *store, struct session *s,
			   const struct session_target *before, const struct request *r,
			   const struct gtpc_v2 *m, struct held *held);

/* The bearers of the PDN connection, one after the other. Nobody but its peers ends them or changes their keyset,
 * whatever was answered; from_all: the change looks to that itself. */
static void change_bearers(struct session_store *store, const struct request *r,
			   const struct gtpc_v2 *m, struct held *held, change_bearer *change,
			   bool from_all)
{
	unsigned known = 0;

	for (uint8_t ebi = EBI_MIN; ebi <= GTPC_V2_EBI_MAX; ebi++) {
		struct session_target before;
		struct session *s = find_addressed(store, r, ebi, &before);

		if (!s)
			continue;
		if (!is_for_requester(m, r, &before)) {
			store_count(store, SESSION_GTPC_UNMATCHED);
			return;
		}
		if (known++ == 0 && !is_from_peer(r, &before)) {
			store_count(store, SESSION_GTPC_NOT_FROM_PEER);
			if (!from_all)
				return;
		}
		change(store, s, &before, r, m, held);
	}
	if (known == 0)
		store_count(store, SESSION_GTPC_UNKNOWN_SESSION);
}

static void end(struct session_store *store, struct session *s, struct held *held)
{
	const struct session_target end_of_session = {.alive = false};

	apply_target(store, s, &end_of_session, held);
}

/* --- tunnels that a request names --- */

/* Over each IP version that it may be used with. */
static void expect(struct session_store *store, const struct request *r,
		   const struct gtpc_v2_fteid *user, struct held *held)
{
	const struct tunnel tunnels[] = {tunnel_of(user, true), tunnel_of(user, false)};

	learn_expect(store, r->transaction.side, &tunnels[0], held);
	if (!tunnel_is_equal(&tunnels[0], &tunnels[1]))
		learn_expect(store, r->transaction.side, &tunnels[1], held);
}

/* used: but for the one that a session has got; NULL: there is none. */
static void expect_no_more(struct session_store *store, const struct gtpc_v2_fteid *user,
			   const struct tunnel *used)
{
	const struct tunnel tunnels[] = {tunnel_of(user, true), tunnel_of(user, false)};

	for (size_t i = 0; i < 2; i++)
		if (!used || !tunnel_is_equal(&tunnels[i], used))
			expect_end(store, &tunnels[i]);
}

/* A bearer of its own that is protected, or is to be. */
static bool is_protected(struct session_store *store, const struct request *r, uint8_t ebi)
{
	struct session_target before;

	if (r->transaction.key.type == GTPC_V2_CREATE_SESSION_REQUEST)
		return r->has_e2m;
	if (r->transaction.key.type == GTPC_V2_CREATE_BEARER_REQUEST)
		ebi = r->linked_ebi;
	return find_addressed(store, r, ebi, &before) != NULL;
}

void effects_v2_expect(struct session_store *store, const struct request *r, struct held *held)
{
	for (unsigned i = 0; i < r->bearers_count; i++) {
		const struct asked_bearer *asked = &r->bearers[i];

		if (asked->instance == 0 && asked->user.is_present &&
		    is_protected(store, r, asked->ebi))
			expect(store, r, &asked->user, held);
	}
}

void effects_v2_refused(struct session_store *store, const struct request *r)
{
	for (unsigned i = 0; i < r->bearers_count; i++)
		if (r->bearers[i].user.is_present)
			expect_no_more(store, &r->bearers[i].user, NULL);
}

/* --- bearers that begin --- */

/* False: the two do not make a tunnel in each direction. */
static bool set_tunnels(struct session_store *store, const struct session_gtpc *gtpc,
			struct session_target *target, const struct gtpc_v2_fteid *sgw,
			const struct gtpc_v2_fteid *pgw)
{
	const bool ipv4 = is_ipv4_common(sgw, pgw, gtpc);

	target->tunnel[UP] = tunnel_of(pgw, ipv4);
	target->tunnel[DOWN] = tunnel_of(sgw, ipv4);
	if (sgw->is_present && pgw->is_present &&
	    !tunnel_is_equal(&target->tunnel[UP], &target->tunnel[DOWN]))
		return true;
	store_count(store, SESSION_GTPC_UNPARSED);
	return false;
}

static struct endpoint whole(const struct tunnel *tunnel)
{
	return (struct endpoint){.has_address = true, .has_teid = true, .tunnel = *tunnel};
}

/* --- Create Session, 7.2.1, 7.2.2 --- */

static bool is_created(const struct request *r, const struct gtpc_v2 *m, uint8_t ebi)
{
	const struct gtpc_v2_bearer *bearer = find_bearer(m, 0, ebi);

	return find_asked(r, 0, ebi) && bearer && gtpc_v2_cause_accepts(cause_of(m, bearer));
}

/* What a PDN connection of the same default bearer had before went when it was made anew (7.2.1). */
static void end_superseded(struct session_store *store, const struct request *r,
			   const struct gtpc_v2 *m, struct held *held)
{
	for (uint8_t ebi = EBI_MIN; ebi <= GTPC_V2_EBI_MAX; ebi++) {
		struct session *s = store_find_subscriber(store, &r->imsi, ebi);
		if (s && s->origin != ORIGIN_CONFIGURATION && s->primary == r->linked_ebi &&
		    !is_created(r, m, ebi))
			end(store, s, held);
	}
}

static void create_bearer(struct session_store *store, const struct session_gtpc *gtpc,
			  const struct request *r, const struct gtpc_v2 *m,
			  const struct asked_bearer *asked, struct held *held)
{
	const struct gtpc_v2_bearer *bearer = find_bearer(m, 0, asked->ebi);
	struct session_target target = {.alive = true, .fresh = true};

	if (!set_tunnels(store, gtpc, &target, &asked->user, &bearer->pgw_u)) {
		expect_no_more(store, &asked->user, NULL);
		return;
	}
	if (!r->has_e2m) {
		const struct endpoint user[2] = {whole(&target.tunnel[UP]),
						 whole(&target.tunnel[DOWN])};

		learn_unprotected(store, &r->imsi, asked->ebi, user, held);
		return;
	}
	target.control_sgsn = tunnel_of(&r->control, is_ipv4(&gtpc->source));
	target.control_ggsn = tunnel_of(&m->pgw_c, is_ipv4(&gtpc->source));
	memcpy(target.recovery, r->recovery, sizeof(target.recovery));
	name_keyset(&target, &r->e2m);
	learn_session(store, &r->imsi, asked->ebi, r->linked_ebi, &target,
		      "Create Session Response", held);
	expect_no_more(store, &asked->user, &target.tunnel[DOWN]);
}

static void take_create_session(struct session_store *store, const struct session_gtpc *gtpc,
				const struct request *r, const struct gtpc_v2 *m, struct held *held)
{
	if (!m->pgw_c.is_present || m->teid != r->control.teid) {
		store_count(store,
			    m->pgw_c.is_present ? SESSION_GTPC_UNMATCHED : SESSION_GTPC_UNPARSED);
		effects_v2_refused(store, r);
		return;
	}
	end_superseded(store, r, m, held);
	for (unsigned i = 0; i < r->bearers_count; i++) {
		const struct asked_bearer *asked = &r->bearers[i];

		if (asked->instance == 0 && is_created(r, m, asked->ebi))
			create_bearer(store, gtpc, r, m, asked, held);
		else
			expect_no_more(store, &asked->user, NULL);
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
			    const struct session_target *target, struct held *held)
{
	const struct session_keyset *used = &linked->keysets[linked->downlink_slot];
	struct session_target first = *target, next = *target, before;
	const struct e2m_imsi imsi = store_imsi(linked);
	struct session *s;

	first.keyset = used->id;
	first.key_id = used->key_id;
	learn_session(store, &imsi, ebi, linked->primary, &first, "Create Bearer Response", held);
	s = store_find_subscriber(store, &imsi, ebi);
	if (!s)
		return;
	next.fresh = false;
	apply_current(store, s, &before);
	learn_change_of_gtpc(store, s, &before, &next, held);
}

static void create_dedicated(struct session_store *store, const struct session_gtpc *gtpc,
			     const struct session *linked, const struct session_target *of_linked,
			     const struct request *r, const struct gtpc_v2 *m, unsigned number,
			     struct held *held)
{
	const struct gtpc_v2_bearer *bearer = &m->bearers[number];
	const struct asked_bearer *asked = find_answered(r, bearer, number);
	struct session_target target = {.alive = true, .fresh = true, .has_keyset = true};
	const struct e2m_imsi imsi = store_imsi(linked);

	if (bearer->instance != 0 || !asked)
		return;
	if (bearer->ebi == 0 || !gtpc_v2_cause_accepts(cause_of(m, bearer)) ||
	    !set_tunnels(store, gtpc, &target, &bearer->sgw_u, &asked->user)) {
		expect_no_more(store, &asked->user, NULL);
		return;
	}
	memcpy(target.recovery, r->recovery, sizeof(target.recovery));
	target.control_sgsn = of_linked->control_sgsn;
	target.control_ggsn = of_linked->control_ggsn;
	target.keyset = of_linked->keyset;
	target.key_id = of_linked->key_id;
	if (!work_first_operation(linked) && linked->downlink_slot != linked->newest)
		begin_with_both(store, linked, bearer->ebi, &target, held);
	else
		learn_session(store, &imsi, bearer->ebi, linked->primary, &target,
			      "Create Bearer Response", held);
	expect_no_more(store, &asked->user, &target.tunnel[UP]);
}

/* A bearer of nobody that we protect: sessions that have its tunnels still are over. */
static void create_unprotected(struct session_store *store, const struct session_gtpc *gtpc,
			       const struct request *r, const struct gtpc_v2 *m, unsigned number,
			       struct held *held)
{
	const struct gtpc_v2_bearer *bearer = &m->bearers[number];
	const struct asked_bearer *asked = find_answered(r, bearer, number);
	struct session_target target;

	if (bearer->instance != 0 || !asked || !gtpc_v2_cause_accepts(cause_of(m, bearer)) ||
	    !set_tunnels(store, gtpc, &target, &bearer->sgw_u, &asked->user))
		return;
	for (unsigned d = 0; d < 2; d++) {
		expect_end(store, &target.tunnel[d]);
		apply_end_of_tunnel(store, &target.tunnel[d], held);
	}
}

static void take_create_bearer(struct session_store *store, const struct session_gtpc *gtpc,
			       const struct request *r, const struct gtpc_v2 *m, struct held *held)
{
	struct session_target before;
	const struct session *linked = find_addressed(store, r, r->linked_ebi, &before);

	if (linked && !is_for_requester(m, r, &before)) {
		store_count(store, SESSION_GTPC_UNMATCHED);
		effects_v2_refused(store, r);
		return;
	}
	for (unsigned i = 0; i < m->bearers_count; i++)
		if (linked)
			create_dedicated(store, gtpc, linked, &before, r, m, i, held);
		else
			create_unprotected(store, gtpc, r, m, i, held);
}

/* --- Modify Bearer, 7.2.7, 7.2.8 --- */

static bool is_over(const struct request *r, const struct gtpc_v2 *m, uint8_t ebi)
{
	return cause_of(m, find_bearer(m, 0, ebi)) == GTPC_V2_CAUSE_CONTEXT_NOT_FOUND ||
	       find_asked(r, 1, ebi) || find_bearer(m, 1, ebi);
}

/* Where the P-GW sends downlink N-PDUs from now on is followed whoever asked it to, for else they would cross in
 * the clear. */
static void modify_bearer(struct session_store *store, struct session *s,
			  const struct session_target *before, const struct request *r,
			  const struct gtpc_v2 *m, struct held *held)
{
	const struct asked_bearer *asked = find_asked(r, 0, s->nsapi);
	const uint8_t cause = cause_of(m, find_bearer(m, 0, s->nsapi));
	const bool is_peers = is_from_peer(r, before);
	struct session_target target = *before;

	if (is_peers && is_over(r, m, s->nsapi)) {
		end(store, s, held);
		return;
	}
	memcpy(target.recovery, r->recovery, sizeof(target.recovery));
	if (asked && asked->user.is_present && gtpc_v2_cause_accepts(cause))
		target.tunnel[DOWN] = tunnel_of(&asked->user, is_ipv4(&before->tunnel[UP]));
	if (asked)
		expect_no_more(store, &asked->user, &target.tunnel[DOWN]);
	if (is_peers && r->control.is_present)
		target.control_sgsn = tunnel_of(&r->control, is_ipv4(&before->control_ggsn));
	if (is_peers && r->has_e2m)
		name_keyset(&target, &r->e2m);
	if (tunnel_is_equal(&target.tunnel[UP], &target.tunnel[DOWN])) {
		store_count(store, SESSION_GTPC_UNPARSED);
		return;
	}
	learn_change_of_gtpc(store, s, before, &target, held);
}

/* --- Update Bearer, 7.2.15, 7.2.16 --- */

/* The UE's PCO is in the response. */
static void update_bearer(struct session_store *store, struct session *s,
			  const struct session_target *before, const struct request *r,
			  const struct gtpc_v2 *m, struct held *held)
{
	const struct gtpc_v2_bearer *bearer = find_bearer(m, 0, s->nsapi);
	struct session_target target = *before;
	struct pco_e2m e2m;

	if (find_asked(r, 0, s->nsapi) && cause_of(m, bearer) == GTPC_V2_CAUSE_CONTEXT_NOT_FOUND) {
		end(store, s, held);
		return;
	}
	if (!gtpc_v2_cause_accepts(m->cause) || !learn_v2_find_e2m(store, &e2m, m))
		return;
	memcpy(target.recovery, r->recovery, sizeof(target.recovery));
	name_keyset(&target, &e2m);
	learn_change_of_gtpc(store, s, before, &target, held);
}

/* --- Delete Session, 7.2.9.1, 7.2.10.1; Delete Bearer, 7.2.9.2, 7.2.10.2 --- */

static void delete_session(struct session_store *store, struct session *s,
			   const struct session_target *before, const struct request *r,
			   const struct gtpc_v2 *m, struct held *held)
{
	(void)before, (void)m;
	if (r->linked_ebi == 0 || s->primary == r->linked_ebi)
		end(store, s, held);
}

static void delete_bearer(struct session_store *store, struct session *s,
			  const struct session_target *before, const struct request *r,
			  const struct gtpc_v2 *m, struct held *held)
{
	const uint8_t cause = cause_of(m, find_bearer(m, 0, s->nsapi));
	const bool is_named = r->linked_ebi ? s->primary == r->linked_ebi : r->ebis >> s->nsapi & 1;

	(void)before;
	if (is_named && (gtpc_v2_cause_accepts(cause) || cause == GTPC_V2_CAUSE_CONTEXT_NOT_FOUND))
		end(store, s, held);
}

void effects_v2(struct session_store *store, const struct session_gtpc *gtpc,
		const struct request *r, const struct gtpc_v2 *m, struct held *held)
{
	switch (r->transaction.key.type) {
	case GTPC_V2_CREATE_SESSION_REQUEST:
		take_create_session(store, gtpc, r, m, held);
		break;
	case GTPC_V2_CREATE_BEARER_REQUEST:
		take_create_bearer(store, gtpc, r, m, held);
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
