/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/request.h"

#include "control/alternatives.h"
#include "control/apart.h"
#include "control/session.h"
#include "control/table.h"
#include "control/tunnels.h"

struct asked_bearer *request_find_asked(struct request *r, uint8_t id, bool is_marked)
{
	for (unsigned i = 0; i < r->bearers_count; i++)
		if (r->bearers[i].said.id == id && r->bearers[i].said.is_marked == is_marked)
			return &r->bearers[i];
	return NULL;
}

/* --- sessions --- */

bool request_is_alive(const struct session_store *store, const struct session *s,
		      struct change *before)
{
	if (!s)
		return false;
	session_current(store, s, before);
	return before->alive;
}

struct session *request_find_addressed(const struct request *r, uint8_t id)
{
	return table_find_by(r->store,
			     request_is_of_access(r) ? INDEX_CONTROL_GGSN : INDEX_CONTROL_SGSN,
			     &r->transaction.addressed, id);
}

struct session *request_find(const struct request *r, uint8_t id, struct change *before)
{
	struct session *s;

	if (!message_is_update(&r->said) || !r->said.dialect->may_go_by_imsi) {
		s = request_find_addressed(r, id);
	} else {
		/* Meanwhile it may have got another place. */
		s = r->serial ? table_find_subscriber(r->store, &r->subscriber, r->nsapi) : NULL;
		if (s && s->serial != r->serial)
			s = NULL;
	}
	return request_is_alive(r->store, s, before) ? s : NULL;
}

struct session *request_find_primary(const struct request *r)
{
	return r->said.is_linked ? table_find_subscriber(r->store, &r->said.imsi, r->said.linked)
				 : NULL;
}

static const struct tunnel *control_of(const struct change *t, bool of_access)
{
	return of_access ? &t->control_sgsn : &t->control_ggsn;
}

/* By either address that the peer has given. */
static bool is_from_present_peer(const struct request *r, const struct session *s,
				 const struct change *before)
{
	const struct tunnel *requester = &r->transaction.key.requester;
	const struct tunnel *control = control_of(before, request_is_of_access(r));

	return tunnel_has_same_receiver(requester, control) ||
	       alternatives_has(r->store, s, control, requester);
}

/* A sender that does not know the TEID sends TEID 0 and the IMSI. It must still have asked the
 * session's GSN. */
static struct session *find_by_imsi(const struct request *r)
{
	struct session *s = table_find_subscriber(r->store, &r->said.imsi, r->bearers[0].said.id);
	struct change before;

	return request_is_alive(r->store, s, &before) &&
			       tunnel_has_same_receiver(
				       control_of(&before, !request_is_of_access(r)),
				       &r->transaction.addressed)
		       ? s
		       : NULL;
}

/* Returns true if the unknown context shares its control TEID with a session, and the sender is not
 * that session's peer. */
static bool is_of_another_context(const struct request *r)
{
	for (uint8_t id = 0; id < MESSAGE_IDS; id++) {
		const struct session *s = request_find_addressed(r, id);
		struct change before;

		if (request_is_alive(r->store, s, &before))
			return !is_from_present_peer(r, s, &before);
	}
	return false;
}

/* A GGSN may go by the IMSI and ignore the TEID. Or it may go by the TEID and ignore the NSAPI. */
bool request_note_updated(struct request *r)
{
	struct session *by_teid = NULL, *by_imsi = NULL, *s;

	if (r->said.names_bearers)
		by_teid = request_find_addressed(r, r->bearers[0].said.id);
	if (r->said.has_imsi)
		by_imsi = find_by_imsi(r);
	if (by_teid && by_imsi && by_teid != by_imsi)
		return false;
	s = by_teid ? by_teid : by_imsi;
	if (!s && is_of_another_context(r))
		return false;
	r->serial = s ? s->serial : 0;
	if (s) {
		r->subscriber = directory_imsi(s);
		r->nsapi = s->nsapi;
	}
	return true;
}

/* --- its sender --- */

/* An SGSN that takes over contexts updates each of them before any other request (TS 23.060
 * 6.9.1.2.2). */
static bool makes_itself_peer(const struct request *r)
{
	const struct tunnel *requester = &r->transaction.key.requester;
	struct tunnel own = {0};

	message_end_update(&own, &r->said.control, tunnel_is_ipv4(requester));
	return r->said.kind == MESSAGE_UPDATE && message_end_has_address(&r->said.control) &&
	       tunnel_has_same_receiver(requester, &own);
}

unsigned request_rights(const struct request *r, const struct session *s,
			const struct change *before, enum message_cause cause)
{
	const enum rights_sender sender = is_from_present_peer(r, s, before) ? SENDER_PEER
					  : makes_itself_peer(r)	     ? SENDER_NEW_PEER
									     : SENDER_ANYBODY;

	return rights_of(r->said.dialect->version, r->said.kind, sender, cause);
}

bool request_is_intruder(const struct request *r)
{
	const struct session *primary = request_find_primary(r);
	struct change before;

	return request_is_alive(r->store, primary, &before) &&
	       (before.policy == POLICY_PROTECT || session_has_keyset(primary)) &&
	       !(request_rights(r, primary, &before, MESSAGE_ACCEPTED) & MAY_BEGIN);
}

uint32_t request_answer_teid(const struct request *r)
{
	struct change before;

	if (r->said.control.has_teid)
		return r->said.control.teid;
	for (uint8_t id = 0; id < MESSAGE_IDS; id++)
		if (r->said.reachable >> id & 1 &&
		    request_is_alive(r->store, request_find_addressed(r, id), &before))
			return control_of(&before, request_is_of_access(r))->teid;
	return 0;
}

bool request_is_answered(const struct request *r, const struct message *m)
{
	const struct message_end *said = &r->said.control;
	struct change before;
	bool is_known;

	if (m->teid == 0 && m->cause != MESSAGE_ACCEPTED)
		return true;
	if (!r->said.dialect->says_teid_once) {
		const uint32_t teid = request_answer_teid(r);
		return teid == 0 || m->teid == teid;
	}
	if (said->has_teid && m->teid == said->teid)
		return true;
	/* For a Create look at the primary context, since its own does not exist yet. */
	is_known = r->said.kind == MESSAGE_CREATE
			   ? request_is_alive(r->store, request_find_primary(r), &before)
			   : request_find(r, r->bearers[0].said.id, &before) != NULL;
	if (!is_known)
		return !said->has_teid;
	/* The SGSN may have sent its TEID already, for another context (TS 29.060 7.3.3) or for
	 * this one earlier. */
	if (!said->has_teid && message_end_has_address(said))
		return m->teid != 0;
	return m->teid == control_of(&before, request_is_of_access(r))->teid;
}

/* --- the tunnels that it names --- */

/* Returns true if the bearer is known, or is to be known if the request is accepted. before: what
 * the session will be without this request. */
static bool is_to_expect(const struct request *r, uint8_t id, struct change *before)
{
	if (r->said.kind == MESSAGE_CREATE)
		return true;
	if (r->said.kind == MESSAGE_CREATE_BEARER)
		id = r->said.linked;
	if (r->serial != 0) { /* the session may be about to end */
		session_current(r->store, table_find_subscriber(r->store, &r->subscriber, r->nsapi),
				before);
		return true;
	}
	return request_find(r, id, before) != NULL;
}

/* Notes the sender's tunnel as an accepted request would make it, once for each IP version that may
 * be used. */
static void note_expected(const struct request *r, struct asked_bearer *asked)
{
	const enum session_direction direction = request_is_of_access(r) ? DOWN : UP;
	const struct message_end *user = &asked->said.user[direction];
	struct change before = {.alive = false};

	/* Only an Update may leave out what does not change. */
	if (asked->said.is_marked || (r->serial == 0 && !message_end_is_whole(user)) ||
	    !is_to_expect(r, asked->said.id, &before))
		return;
	asked->expected[0] = asked->expected[1] = before.tunnel[direction];
	message_end_update(&asked->expected[0], user, true);
	message_end_update(&asked->expected[1], user, false);
	asked->expected_count = tunnel_is_equal(&asked->expected[0], &asked->expected[1]) ? 1 : 2;
}

/* Returns true if the session with this id is protected, or will be if the request is accepted. */
static bool is_protected(const struct request *r, uint8_t id)
{
	struct change before;
	const struct session *s;

	if (r->said.kind == MESSAGE_CREATE)
		return policy_bars(r->policy) || (r->said.has_e2m && policy_protects(r->policy));
	if (r->said.kind == MESSAGE_CREATE_BEARER)
		id = r->said.linked;
	s = request_find(r, id, &before);
	return s && s->kind == DIRECTORY_PROTECTED;
}

void request_expect(struct request *r, bool is_again, struct held *held)
{
	for (unsigned i = 0; i < r->bearers_count; i++) {
		struct asked_bearer *asked = &r->bearers[i];

		if (!is_again)
			note_expected(r, asked);
		for (unsigned k = 0; k < asked->expected_count; k++)
			tunnels_expect(r->store, request_is_of_access(r) ? DOWN : UP,
				       &asked->expected[k], is_protected(r, asked->said.id),
				       is_again, held);
	}
}

static bool is_mixed_with(const struct request *r, const struct session *s,
			  const struct session *other)
{
	return (other->kind != DIRECTORY_ENDED || other->is_doubtful) &&
	       apart_shares_address(&s->address, &other->address) &&
	       directory_is_same_ggsn(r->store->directory, s, other) && !apart_is_told(s, other);
}

/* A session that has the tunnel from before a move, or that may not have ended at the GGSN, counts too. */
static bool mixes_addresses(const struct request *r, const struct session *s,
			    const struct tunnel *tunnel)
{
	const struct session *before =
		table_session(r->store, tunnels_session_before(r->store, tunnel));

	if (before && is_mixed_with(r, s, before))
		return true;
	for (unsigned d = 0; d < 2; d++)
		for (const struct session *other = NULL;
		     (other = directory_next_of_tunnel(r->store->directory, tunnel, d, other)) !=
		     NULL;)
			if (is_mixed_with(r, s, other))
				return true;
	return false;
}

/* Returns the session that has the tunnel, be it from before a move. */
static const struct session *find_tunnel(const struct request *r, const struct tunnel *tunnel)
{
	enum session_direction direction;
	const struct session *s = table_find_tunnel(r->store, tunnel, &direction);

	return s ? s : table_session(r->store, tunnels_session_before(r->store, tunnel));
}

static bool is_anothers(const struct request *r, const struct session *s,
			const struct tunnel *tunnel)
{
	const struct session *other = find_tunnel(r, tunnel);

	return other && other != s;
}

bool request_is_of_addresses(struct request *r)
{
	const struct asked_bearer *asked;
	struct change before;

	for (uint8_t id = 0; id < MESSAGE_IDS; id++) {
		const struct session *s =
			r->said.reachable >> id & 1 ? request_find(r, id, &before) : NULL;

		if (s && s->kind == DIRECTORY_PROTECTED && pdp_address_is_unbound(&s->address))
			return false;
		asked = s ? request_find_asked(r, id, false) : NULL;
		for (unsigned k = 0; asked && k < asked->expected_count; k++)
			if (is_anothers(r, s, &asked->expected[k]))
				return false;
	}
	return message_is_update(&r->said);
}

static bool is_of_another(const struct request *r, uint8_t id, const struct session *s)
{
	const struct e2m_imsi imsi = directory_imsi(s);

	return (s->kind == DIRECTORY_PROTECTED || s->kind == DIRECTORY_UNPROTECTED) &&
	       (s->nsapi != id || memcmp(&imsi, &r->said.imsi, sizeof(imsi)) != 0);
}

static bool gives_tunnel(const struct request *r, uint8_t id, const struct message_end *up)
{
	struct tunnel tunnel = {0};

	for (int is_ipv4 = 0; is_ipv4 < 2; is_ipv4++) {
		const struct session *other = NULL;

		message_end_update(&tunnel, up, is_ipv4);
		while ((other = directory_next_of_tunnel(r->store->directory, &tunnel, UP,
							 other)) != NULL)
			if (is_of_another(r, id, other))
				return true;
	}
	return false;
}

static bool gives_address(const struct request *r, const struct pdp_address *address)
{
	struct pdp_prefix prefix;

	for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
		const struct session *other = NULL;

		while (pdp_address_prefix(address, is_ipv6, &prefix) &&
		       (other = directory_next_with_address(r->store->directory, &prefix, other)) !=
			       NULL) {
			const struct tunnel ggsn =
				directory_tunnel(r->store->directory, &other->control_ggsn);

			if (is_of_another(r, r->bearers[0].said.id, other) &&
			    tunnel_has_same_receiver(&ggsn, &r->transaction.addressed))
				return true;
		}
	}
	return false;
}

bool request_gives_anothers(const struct request *r, const struct message *response)
{
	if (r->said.kind != MESSAGE_CREATE)
		return false;
	for (unsigned i = 0; i < response->bearers_count; i++)
		if (gives_tunnel(r, response->bearers[i].id, &response->bearers[i].user[UP]))
			return true;
	return !r->said.is_linked && gives_address(r, &response->pdp.address);
}

static bool is_of_unbound(const struct request *r, const struct message_end *user)
{
	struct tunnel tunnel = {0};

	for (int is_ipv4 = 0; is_ipv4 < 2; is_ipv4++) {
		const struct session *s;

		message_end_update(&tunnel, user, is_ipv4);
		s = find_tunnel(r, &tunnel);
		if (s && s->kind == DIRECTORY_PROTECTED && pdp_address_is_unbound(&s->address))
			return true;
	}
	return false;
}

bool request_claims_for_unknown(const struct request *r)
{
	struct change before;

	for (uint8_t id = 0; id < MESSAGE_IDS; id++)
		if (r->said.reachable >> id & 1 && request_find(r, id, &before))
			return false;
	for (unsigned i = 0; r->said.kind == MESSAGE_UPDATE && i < r->bearers_count; i++) {
		const struct message_end *user = &r->bearers[i].said.user[DOWN];

		if (user->has_teid && (!message_end_has_address(user) || is_of_unbound(r, user)))
			return true;
	}
	return false;
}

bool request_mixes_addresses(const struct request *r)
{
	struct change before;

	for (unsigned i = 0; r->said.kind == MESSAGE_UPDATE && i < r->bearers_count; i++) {
		const struct asked_bearer *asked = &r->bearers[i];
		const struct session *s = request_find(r, asked->said.id, &before);

		for (unsigned k = 0; s && k < asked->expected_count; k++)
			if (mixes_addresses(r, s, &asked->expected[k]))
				return true;
	}
	return false;
}

static void expect_no_more_but(const struct request *r, struct asked_bearer *asked,
			       const struct tunnel *used)
{
	for (unsigned k = 0; k < asked->expected_count; k++)
		if (!used || !tunnel_is_equal(&asked->expected[k], used))
			tunnels_withdraw(r->store, &asked->expected[k]);
}

void request_settle(const struct request *r, struct asked_bearer *asked, const struct tunnel *used)
{
	if (!r->said.dialect->settles_by_sessions)
		expect_no_more_but(r, asked, used);
}

/* Returns true if a session has the expected tunnel, or may get it: a notification or the
 * configuration may name the tunnel after the GGSN has answered. */
static bool has_expected(const struct request *r, const struct asked_bearer *asked)
{
	const struct tunnel *expected = &asked->expected[0];
	struct change now;

	if (r->said.kind == MESSAGE_CREATE) {
		if (!request_is_alive(
			    r->store,
			    table_find_subscriber(r->store, &r->said.imsi, asked->said.id), &now))
			return false;
	} else if (!request_find(r, asked->said.id, &now)) {
		return false;
	}
	return now.origin != ORIGIN_GTPC || tunnel_is_equal(&now.tunnel[UP], expected) ||
	       tunnel_is_equal(&now.tunnel[DOWN], expected);
}

void request_settle_by_sessions(struct request *r)
{
	for (unsigned i = 0; r->said.dialect->settles_by_sessions && i < r->bearers_count; i++)
		if (!has_expected(r, &r->bearers[i]))
			expect_no_more_but(r, &r->bearers[i], NULL);
}

void request_expect_no_more(struct request *r)
{
	for (unsigned i = 0; i < r->bearers_count; i++)
		expect_no_more_but(r, &r->bearers[i], NULL);
}
