/* SPDX-License-Identifier: BSD-3-Clause */
/* learn: sessions and tunnels from the GTPv1-C that crosses, e2m.md 6. A request is remembered until
 * its response comes, and only a response that accepts takes effect. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gtp/gtpc_v1.h"
#include "session/store.h"

#define TRANSACTION_LISTS  8192
#define TRANSACTIONS_MAX   65536
#define TRANSACTION_MS	   60000
#define GTP_VERSION(octet) ((octet) >> 5)

/* What of a request its response needs. */
struct transaction {
	TAILQ_ENTRY(transaction) same_hash;
	TAILQ_ENTRY(transaction) age;
	uint64_t since_ms;
	struct tunnel requester; /* address, and port for a TEID */
	uint16_t sequence;
	uint8_t type; /* of the request */
	uint8_t side; /* that the request came in on */
	bool teardown;
	bool has_e2m;
	struct pco_e2m e2m;
	uint32_t present; /* of the request: GTPC_V1_HAS_... */
	struct e2m_imsi imsi;
	uint8_t nsapi;
	uint32_t session;   /* Update */
	struct tunnel user; /* TEID Data I at GSN Address for user traffic */
	bool has_user;
	struct tunnel control; /* TEID Control Plane at GSN Address for signalling */
	bool has_control;
	struct tunnel addressed; /* receiver of the request, and the TEID in its header */
};

int learn_init(struct session_store *store)
{
	store->transactions = calloc(TRANSACTION_LISTS, sizeof(*store->transactions));
	if (!store->transactions)
		return -ENOMEM;
	for (unsigned i = 0; i < TRANSACTION_LISTS; i++)
		TAILQ_INIT(&store->transactions[i]);
	TAILQ_INIT(&store->transactions_by_age);
	return 0;
}

/* --- transactions --- */

static struct transaction_list *list_of(struct session_store *store, const struct tunnel *requester,
					uint16_t sequence)
{
	return &store->transactions[rte_hash_crc(requester, sizeof(*requester), sequence) %
				    TRANSACTION_LISTS];
}

static void forget(struct session_store *store, struct transaction *t)
{
	TAILQ_REMOVE(list_of(store, &t->requester, t->sequence), t, same_hash);
	TAILQ_REMOVE(&store->transactions_by_age, t, age);
	store->transactions_count--;
	free(t);
}

void learn_free(struct session_store *store)
{
	if (!store->transactions)
		return;
	while (!TAILQ_EMPTY(&store->transactions_by_age))
		forget(store, TAILQ_FIRST(&store->transactions_by_age));
	free(store->transactions);
}

static struct transaction *find(struct session_store *store, const struct tunnel *requester,
				uint16_t sequence, uint8_t type)
{
	struct transaction *t;

	TAILQ_FOREACH (t, list_of(store, requester, sequence), same_hash)
		if (t->sequence == sequence && t->type == type &&
		    tunnel_is_equal(&t->requester, requester))
			break;
	return t;
}

/* Bounded in number and in time: the oldest half-open one goes first. */
static void make_place(struct session_store *store)
{
	struct transaction *oldest;

	while ((oldest = TAILQ_FIRST(&store->transactions_by_age)) != NULL) {
		if (store->transactions_count >= TRANSACTIONS_MAX)
			store_count(store, SESSION_GTPC_TRANSACTIONS_LOST);
		else if (wheel_now(store->wheel) - oldest->since_ms < TRANSACTION_MS)
			break;
		forget(store, oldest);
	}
}

/* A request sent again stands for the one before it. */
static struct transaction *remember(struct session_store *store, const struct session_gtpc *gtpc,
				    const struct gtpc_v1 *message)
{
	struct transaction *t = find(store, &gtpc->source, message->sequence, message->type);

	if (t)
		forget(store, t);
	make_place(store);
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->since_ms = wheel_now(store->wheel);
	t->requester = gtpc->source;
	t->sequence = message->sequence;
	t->type = message->type;
	t->side = (uint8_t)gtpc->side;
	TAILQ_INSERT_TAIL(list_of(store, &t->requester, t->sequence), t, same_hash);
	TAILQ_INSERT_TAIL(&store->transactions_by_age, t, age);
	store->transactions_count++;
	return t;
}

/* --- what messages say --- */

static bool set_tunnel(struct tunnel *tunnel, const struct gtp_address *address, uint32_t teid)
{
	if (address->len == 4)
		tunnel_set_ipv4(tunnel, address->octets);
	else if (address->len == 16)
		tunnel_set_ipv6(tunnel, address->octets);
	else
		return false;
	tunnel->teid = teid;
	return true;
}

static bool user_tunnel(struct tunnel *tunnel, const struct gtpc_v1 *m)
{
	return (m->present & GTPC_V1_HAS_TEID_DATA) &&
	       set_tunnel(tunnel, &m->gsn_user, m->teid_data);
}

static bool control_tunnel(struct tunnel *tunnel, const struct gtpc_v1 *m)
{
	return (m->present & GTPC_V1_HAS_TEID_CONTROL) &&
	       set_tunnel(tunnel, &m->gsn_control, m->teid_control);
}

static void note_request(struct session_store *store, struct transaction *t,
			 const struct session_gtpc *gtpc, const struct gtpc_v1 *m)
{
	t->present = m->present;
	t->imsi = m->imsi;
	t->nsapi = m->nsapi;
	t->teardown = m->teardown;
	t->has_user = user_tunnel(&t->user, m);
	t->has_control = control_tunnel(&t->control, m);
	t->addressed = gtpc->destination;
	t->addressed.teid = m->teid;
	t->has_e2m = m->pco.data && pco_find_e2m(&t->e2m, &store->config.numbers, NULL, m->pco.data,
						 m->pco.len) == 1;
}

/* Which control TEID a request's header names: that of whoever receives it. */
static enum session_index control_index(const struct transaction *t)
{
	return t->side == DATAPATH_ACCESS ? INDEX_CONTROL_GGSN : INDEX_CONTROL_SGSN;
}

/* --- Create PDP Context, TS 29.060 7.3.1, 7.3.2 --- */

static void say_learned(struct session_store *store, const struct session *s,
			const struct session_target *t)
{
	char id[E2M_KEYSET_ID_STR], up[TUNNEL_STR], down[TUNNEL_STR];

	store_log(store, SESSION_LOG_INFO,
		  "step 6: IMSI %s NSAPI %u: %s, Key ID %u, uplink %s, downlink %s", s->imsi.digits,
		  s->nsapi, e2m_keyset_id_str(&t->keyset, id), t->key_id,
		  tunnel_str(&t->tunnel[UP], up), tunnel_str(&t->tunnel[DOWN], down));
}

static void create_unprotected(struct session_store *store, const struct transaction *t,
			       struct held_gtpc *held)
{
	const struct session_target end = {.alive = false};
	struct session *s = store_find_subscriber(store, &t->imsi, t->nsapi);

	if (!s)
		return;
	store_log(store, SESSION_LOG_WARNING,
		  "IMSI %s NSAPI %u: the UE made the context anew without naming a keyset; the "
		  "protected "
		  "session ends",
		  t->imsi.digits, t->nsapi);
	apply_target(store, s, &end, held);
}

static void take_create_response(struct session_store *store, const struct transaction *t,
				 const struct gtpc_v1 *m, struct held_gtpc *held)
{
	struct session_target target = {.alive = true, .fresh = true, .has_keyset = true};
	struct session *s;

	if (!t->has_e2m) {
		create_unprotected(store, t, held);
		return;
	}
	if (!t->has_user || !t->has_control || !user_tunnel(&target.tunnel[UP], m) ||
	    !control_tunnel(&target.control_ggsn, m)) {
		store_count(store, SESSION_GTPC_UNPARSED);
		return;
	}
	target.tunnel[DOWN] = t->user;
	target.control_sgsn = t->control;
	target.keyset = t->e2m.id;
	target.key_id = t->e2m.key_id;
	s = store_find_subscriber(store, &t->imsi, t->nsapi);
	if (s) {
		store_count(store, SESSION_REPLACED);
	} else {
		s = store_new_session(store, &t->imsi, t->nsapi);
		if (!s) {
			store_count(store, SESSION_REFUSED_FULL);
			store_log(store, SESSION_LOG_WARNING,
				  "IMSI %s NSAPI %u: no room for another session, its Create PDP "
				  "Context Response does not cross; raise sessions.max",
				  t->imsi.digits, t->nsapi);
			held->discard = true;
			return;
		}
		store_count(store, SESSION_LEARNED);
	}
	say_learned(store, s, &target);
	apply_target(store, s, &target, held);
}

/* --- Update PDP Context, 7.3.3, 7.3.4 --- */

static void find_updated(struct session_store *store, struct transaction *t)
{
	struct session *s = NULL;

	if (t->present & GTPC_V1_HAS_NSAPI)
		s = store_find_control(store, control_index(t), &t->addressed, t->nsapi);
	if (!s && t->addressed.teid == 0 && (t->present & GTPC_V1_HAS_IMSI))
		s = store_find_subscriber(store, &t->imsi, t->nsapi);
	t->session = s ? s->id : 0;
}

static void take_update_response(struct session_store *store, const struct transaction *t,
				 const struct gtpc_v1 *m, struct held_gtpc *held)
{
	struct session *s = store_session(store, t->session);
	struct session_target target;
	struct tunnel tunnel;
	const bool from_sgsn = t->side == DATAPATH_ACCESS;

	if (!s) {
		store_count(store, SESSION_GTPC_UNKNOWN_SESSION);
		return;
	}
	apply_current(s, &target);
	if (t->has_user && from_sgsn)
		target.tunnel[DOWN] = t->user;
	if (t->has_control && from_sgsn)
		target.control_sgsn = t->control;
	if (user_tunnel(&tunnel, m))
		target.tunnel[from_sgsn ? UP : DOWN] = tunnel;
	if (from_sgsn && control_tunnel(&tunnel, m))
		target.control_ggsn = tunnel;
	for (unsigned d = 0; d < 2; d++)
		if (!tunnel_is_equal(&target.tunnel[d], &s->flow[d].tunnel))
			store_count(store, SESSION_MOVED);
	if (t->has_e2m && from_sgsn) {
		target.has_keyset = true;
		target.keyset = t->e2m.id;
		target.key_id = t->e2m.key_id;
		say_learned(store, s, &target);
	}
	apply_target(store, s, &target, held);
}

/* --- Delete PDP Context, 7.3.5, 7.3.6 --- */

static void take_delete_response(struct session_store *store, const struct transaction *t,
				 struct held_gtpc *held)
{
	const uint8_t first = t->teardown ? 0 : t->nsapi, last = t->teardown ? 15 : t->nsapi;
	const struct session_target end = {.alive = false};

	for (unsigned nsapi = first; nsapi <= last; nsapi++) {
		struct session *s =
			store_find_control(store, control_index(t), &t->addressed, (uint8_t)nsapi);
		if (s)
			apply_target(store, s, &end, held);
	}
}

/* --- dispatch --- */

static bool takes_effect(const struct transaction *t, const struct gtpc_v1 *m)
{
	if (!(m->present & GTPC_V1_HAS_CAUSE))
		return false;
	/* The other end says that the context was gone: so it is. */
	if (t->type == GTPC_V1_DELETE_PDP_REQUEST && m->cause == GTPC_V1_CAUSE_NON_EXISTENT)
		return true;
	return gtpc_v1_cause_accepts(m->cause);
}

static void take_response(struct session_store *store, const struct session_gtpc *gtpc,
			  const struct gtpc_v1 *m, struct held_gtpc *held)
{
	struct transaction *t = m->has_sequence ? find(store, &gtpc->destination, m->sequence,
						       (uint8_t)(m->type - 1))
						: NULL;

	if (!t || t->side == gtpc->side) {
		store_count(store, SESSION_GTPC_UNMATCHED);
		return;
	}
	if (!takes_effect(t, m))
		store_count(store, SESSION_GTPC_REFUSED);
	else if (t->type == GTPC_V1_CREATE_PDP_REQUEST)
		take_create_response(store, t, m, held);
	else if (t->type == GTPC_V1_UPDATE_PDP_REQUEST)
		take_update_response(store, t, m, held);
	else
		take_delete_response(store, t, held);
	forget(store, t);
}

static void take_request(struct session_store *store, const struct session_gtpc *gtpc,
			 const struct gtpc_v1 *m)
{
	struct transaction *t;

	if (!m->has_sequence ||
	    (m->type == GTPC_V1_CREATE_PDP_REQUEST &&
	     (gtpc->side != DATAPATH_ACCESS || !(m->present & GTPC_V1_HAS_IMSI) ||
	      !(m->present & GTPC_V1_HAS_NSAPI)))) {
		store_count(store, SESSION_GTPC_OTHER);
		return;
	}
	t = remember(store, gtpc, m);
	if (!t)
		return;
	note_request(store, t, gtpc, m);
	if (m->type == GTPC_V1_UPDATE_PDP_REQUEST)
		find_updated(store, t);
}

static void take_message(struct session_store *store, const struct session_gtpc *gtpc,
			 struct held_gtpc *held)
{
	struct gtpc_v1 message;

	if (gtpc->len > 0 && GTP_VERSION(gtpc->data[0]) != 1) {
		store_count(store, SESSION_GTPC_OTHER);
		return;
	}
	if (gtpc_v1_parse(&message, gtpc->data, gtpc->len) != 0) {
		store_count(store, SESSION_GTPC_UNPARSED);
		return;
	}
	switch (message.type) {
	case GTPC_V1_CREATE_PDP_REQUEST:
	case GTPC_V1_UPDATE_PDP_REQUEST:
	case GTPC_V1_DELETE_PDP_REQUEST:
		take_request(store, gtpc, &message);
		break;
	case GTPC_V1_CREATE_PDP_RESPONSE:
	case GTPC_V1_UPDATE_PDP_RESPONSE:
	case GTPC_V1_DELETE_PDP_RESPONSE:
		take_response(store, gtpc, &message, held);
		break;
	default:
		store_count(store, SESSION_GTPC_OTHER);
	}
}

void session_take_gtpc(struct session_store *store, const struct session_gtpc *gtpc)
{
	struct held_gtpc *held = apply_hold(gtpc);

	store_count(store, SESSION_GTPC_SEEN);
	if (!held) {
		flows_discard_gtpc(store, gtpc);
		return;
	}
	take_message(store, gtpc, held);
	apply_let_go(store, held);
}
