/* SPDX-License-Identifier: BSD-3-Clause */
/* messages_v2: what messages of GTPv2-C (TS 29.274) say, and of whom. */
#include "control/learn_v2.h"
#include "control/session.h"
#include "control/table.h"

#include <netinet/in.h>

/* --- what they say --- */

bool messages_v2_find_e2m(const struct session_store *store, struct pco_e2m *e2m,
			  const struct gtpc_v2 *m)
{
	const struct gtp_octets *const pcos[] = {&m->pco, &m->epco, &m->apco};

	for (size_t i = 0; i < sizeof(pcos) / sizeof(pcos[0]); i++)
		if (pcos[i]->data && pco_find_e2m(e2m, &store->config.numbers, NULL, pcos[i]->data,
						  pcos[i]->len) == 1)
			return true;
	return false;
}

void messages_v2_name_keyset(struct change *target, const struct pco_e2m *e2m)
{
	target->has_keyset = true;
	target->keyset = e2m->id;
	target->key_id = e2m->key_id;
}

bool messages_v2_is_ipv4(const struct tunnel *tunnel)
{
	return IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)tunnel->receiver);
}

struct tunnel messages_v2_tunnel(const struct gtpc_v2_fteid *fteid, bool ipv4)
{
	const bool use_ipv4 = fteid->ipv4.len > 0 && (ipv4 || fteid->ipv6.len == 0);

	return endpoint_of(use_ipv4 ? &fteid->ipv4 : &fteid->ipv6, true, fteid->teid).tunnel;
}

const struct gtpc_v2_bearer *messages_v2_find_bearer(const struct gtpc_v2 *m, unsigned instance,
						     uint8_t ebi)
{
	for (unsigned i = 0; i < m->bearers_count; i++)
		if (m->bearers[i].instance == instance && m->bearers[i].ebi == ebi)
			return &m->bearers[i];
	return NULL;
}

const struct asked_bearer *messages_v2_find_asked(const struct request *r, unsigned instance,
						  uint8_t ebi)
{
	for (unsigned i = 0; i < r->bearers_count; i++)
		if (r->bearers[i].instance == instance && r->bearers[i].ebi == ebi)
			return &r->bearers[i];
	return NULL;
}

uint8_t messages_v2_cause(const struct gtpc_v2 *m, const struct gtpc_v2_bearer *bearer)
{
	return bearer && bearer->has_cause ? bearer->cause : m->cause;
}

/* --- whose a message is --- */

bool messages_v2_is_from_present_peer(const struct request *r, const struct change *before)
{
	const struct transaction *t = &r->transaction;

	return tunnel_has_same_receiver(&t->key.requester, t->side == DATAPATH_ACCESS
								   ? &before->control_sgsn
								   : &before->control_ggsn);
}

bool messages_v2_is_from_peer(const struct request *r, const struct change *before)
{
	const struct tunnel *requester = &r->transaction.key.requester;
	struct tunnel moved;

	if (messages_v2_is_from_present_peer(r, before))
		return true;
	if (r->transaction.key.type != GTPC_V2_MODIFY_BEARER_REQUEST || !r->control.is_present)
		return false;
	moved = messages_v2_tunnel(&r->control, messages_v2_is_ipv4(requester));
	return tunnel_has_same_receiver(requester, &moved);
}

struct session *messages_v2_find_addressed(struct session_store *store, const struct request *r,
					   uint8_t ebi, struct change *before)
{
	struct session *s = table_find_control(store, learn_control_index(r->transaction.side),
					       &r->transaction.addressed, ebi);

	if (!s)
		return NULL;
	session_current(store, s, before);
	return before->alive ? s : NULL;
}

/* Of the PDN connection's bearers, which share it. 0: none is known. */
static uint32_t control_teid(struct session_store *store, const struct request *r)
{
	for (uint8_t ebi = EBI_MIN; ebi <= GTPC_V2_EBI_MAX; ebi++) {
		struct change before;

		if (!messages_v2_find_addressed(store, r, ebi, &before))
			continue;
		return r->transaction.side == DATAPATH_ACCESS ? before.control_sgsn.teid
							      : before.control_ggsn.teid;
	}
	return 0;
}

uint32_t messages_v2_answer_teid(struct session_store *store, const struct request *r)
{
	return r->control.is_present ? r->control.teid : control_teid(store, r);
}

bool messages_v2_is_for_requester(struct session_store *store, const struct request *r,
				  const struct gtpc_v2 *m)
{
	uint32_t teid;

	if (m->teid == 0 && !gtpc_v2_cause_accepts(m->cause))
		return true;
	teid = messages_v2_answer_teid(store, r);
	return teid == 0 || m->teid == teid;
}
