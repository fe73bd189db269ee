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

/* A TEID at a GSN Address, either of which a message may leave out where it is as before. */
struct endpoint {
	bool has_address;
	bool has_teid;
	struct tunnel tunnel;
};

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
	struct e2m_imsi imsi;
	uint8_t nsapi;
	uint8_t linked_nsapi;	 /* Create: of the context whose PDP address this one shares */
	uint32_t session;	 /* Update: id, */
	uint32_t serial;	 /* and which of the sessions that had it */
	struct endpoint user;	 /* of the requester */
	struct endpoint control; /* likewise */
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
	return &store->transactions[rte_hash_crc_4byte(tunnel_hash(requester), sequence) %
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

static struct endpoint endpoint_of(const struct gtp_address *address, bool has_teid, uint32_t teid)
{
	struct endpoint e = {.has_address = address->len != 0, .has_teid = has_teid};

	if (address->len == 4)
		tunnel_set_ipv4(&e.tunnel, address->octets);
	else
		tunnel_set_ipv6(&e.tunnel, address->octets);
	e.tunnel.teid = teid;
	return e;
}

/* TEID Data I and GSN Address for user traffic. */
static struct endpoint user_endpoint(const struct gtpc_v1 *m)
{
	return endpoint_of(&m->gsn_user, m->present & GTPC_V1_HAS_TEID_DATA, m->teid_data);
}

/* TEID Control Plane and GSN Address for signalling. */
static struct endpoint control_endpoint(const struct gtpc_v1 *m)
{
	return endpoint_of(&m->gsn_control, m->present & GTPC_V1_HAS_TEID_CONTROL, m->teid_control);
}

/* Changes of tunnel what the message says. */
static void update(struct tunnel *tunnel, const struct endpoint *e)
{
	if (e->has_address)
		memcpy(tunnel->receiver, e->tunnel.receiver, sizeof(tunnel->receiver));
	if (e->has_teid)
		tunnel->teid = e->tunnel.teid;
}

static bool is_whole(const struct endpoint *e)
{
	return e->has_address && e->has_teid;
}

static void note_request(struct session_store *store, struct transaction *t,
			 const struct session_gtpc *gtpc, const struct gtpc_v1 *m)
{
	t->imsi = m->imsi;
	t->nsapi = m->nsapi;
	t->linked_nsapi = m->present & GTPC_V1_HAS_LINKED_NSAPI ? m->linked_nsapi : m->nsapi;
	t->teardown = m->teardown;
	t->user = user_endpoint(m);
	t->control = control_endpoint(m);
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

/* A secondary context has no IMSI and no more control TEIDs of its own than it needs: the context that it
 * is linked to has them. False: nobody knows whose it is. */
static bool find_linked(struct session_store *store, struct transaction *t, const struct gtpc_v1 *m)
{
	const struct session *primary;

	if (m->present & GTPC_V1_HAS_IMSI)
		return true;
	primary = store_find_control(store, INDEX_CONTROL_GGSN, &t->addressed, t->linked_nsapi);
	if (!primary)
		return false;
	t->imsi = store_imsi(primary);
	return true;
}

static void say_learned(struct session_store *store, const struct session *s,
			const struct session_target *t)
{
	char id[E2M_KEYSET_ID_STR], up[TUNNEL_STR], down[TUNNEL_STR];

	store_log(store, SESSION_LOG_INFO,
		  "step 6: IMSI %s NSAPI %u: %s, Key ID %u, uplink %s, downlink %s",
		  store_imsi(s).digits, s->nsapi, e2m_keyset_id_str(&t->keyset, id), t->key_id,
		  tunnel_str(&t->tunnel[UP], up), tunnel_str(&t->tunnel[DOWN], down));
}

/* Sessions that have the tunnels still are over: nobody saw their end. */
static void create_unprotected(struct session_store *store, const struct transaction *t,
			       const struct gtpc_v1 *m, struct held_gtpc *held)
{
	const struct session_target end = {.alive = false};
	const struct endpoint uplink = user_endpoint(m);
	struct session *s = store_find_subscriber(store, &t->imsi, t->nsapi);

	if (s) {
		store_log(store, SESSION_LOG_WARNING,
			  "IMSI %s NSAPI %u: the UE made the context anew without naming a keyset; "
			  "the protected session ends",
			  t->imsi.digits, t->nsapi);
		apply_target(store, s, &end, held);
	}
	if (is_whole(&t->user))
		apply_end_of_tunnel(store, &t->user.tunnel, held);
	if (is_whole(&uplink))
		apply_end_of_tunnel(store, &uplink.tunnel, held);
}

/* False: the message does not say all that a session needs. */
static bool target_of_create(const struct session_store *store, struct session_target *target,
			     const struct transaction *t, const struct session *primary,
			     const struct gtpc_v1 *m)
{
	const struct endpoint user = user_endpoint(m), control = control_endpoint(m);

	*target = (struct session_target){.alive = true,
					  .fresh = true,
					  .has_keyset = true,
					  .keyset = t->e2m.id,
					  .key_id = t->e2m.key_id};
	if (primary) {
		target->control_sgsn = store_tunnel(store, &primary->control_sgsn);
		target->control_ggsn = store_tunnel(store, &primary->control_ggsn);
	}
	update(&target->control_sgsn, &t->control);
	update(&target->control_ggsn, &control);
	update(&target->tunnel[UP], &user);
	update(&target->tunnel[DOWN], &t->user);
	return is_whole(&user) && is_whole(&t->user) &&
	       (primary || (is_whole(&control) && is_whole(&t->control))) &&
	       !tunnel_is_equal(&target->tunnel[UP], &target->tunnel[DOWN]);
}

static struct session *session_of_create(struct session_store *store, const struct transaction *t)
{
	struct session *s = store_find_subscriber(store, &t->imsi, t->nsapi);

	if (s) {
		store_count(store, SESSION_REPLACED);
		s->serial = store_next_serial(store);
		return s;
	}
	s = store_new_session(store, &t->imsi, t->nsapi);
	store_count(store, s ? SESSION_LEARNED : SESSION_REFUSED_FULL);
	return s;
}

static void take_create_response(struct session_store *store, const struct transaction *t,
				 const struct gtpc_v1 *m, struct held_gtpc *held)
{
	const struct session *primary = NULL;
	struct session_target target;
	struct session *s;

	if (!t->has_e2m) {
		create_unprotected(store, t, m, held);
		return;
	}
	if (t->linked_nsapi != t->nsapi)
		primary = store_find_subscriber(store, &t->imsi, t->linked_nsapi);
	if (!target_of_create(store, &target, t, primary, m)) {
		store_count(store, SESSION_GTPC_UNPARSED);
		return;
	}
	s = session_of_create(store, t);
	if (!s) {
		store_log(store, SESSION_LOG_WARNING,
			  "IMSI %s NSAPI %u: no room for another session, its Create PDP Context "
			  "Response does not cross; raise sessions.max",
			  t->imsi.digits, t->nsapi);
		held->discard = true;
		return;
	}
	s->primary = primary ? primary->primary : t->linked_nsapi;
	say_learned(store, s, &target);
	apply_target(store, s, &target, held);
}

/* --- Update PDP Context, 7.3.3, 7.3.4 --- */

static void find_updated(struct session_store *store, struct transaction *t,
			 const struct gtpc_v1 *m)
{
	struct session *s = NULL;

	if (m->present & GTPC_V1_HAS_NSAPI)
		s = store_find_control(store, control_index(t), &t->addressed, t->nsapi);
	if (!s && t->addressed.teid == 0 && (m->present & GTPC_V1_HAS_IMSI))
		s = store_find_subscriber(store, &t->imsi, t->nsapi);
	t->session = s ? store_id(store, s) : 0;
	t->serial = s ? s->serial : 0;
}

static void update_target(struct session_target *target, const struct transaction *t,
			  const struct gtpc_v1 *m)
{
	const struct endpoint user = user_endpoint(m), control = control_endpoint(m);
	const bool from_sgsn = t->side == DATAPATH_ACCESS;

	update(&target->tunnel[DOWN], from_sgsn ? &t->user : &user);
	update(&target->tunnel[UP], from_sgsn ? &user : &t->user);
	update(&target->control_sgsn, from_sgsn ? &t->control : &control);
	update(&target->control_ggsn, from_sgsn ? &control : &t->control);
	if (t->has_e2m && from_sgsn) {
		target->has_keyset = true;
		target->keyset = t->e2m.id;
		target->key_id = t->e2m.key_id;
	}
}

static void take_update_response(struct session_store *store, const struct transaction *t,
				 const struct gtpc_v1 *m, struct held_gtpc *held)
{
	struct session *s = store_session(store, t->session);
	struct session_target target, before;

	if (s)
		apply_current(store, s, &before);
	if (!s || s->serial != t->serial || !before.alive) {
		store_count(store, SESSION_GTPC_UNKNOWN_SESSION);
		return;
	}
	target = before;
	if (m->cause == GTPC_V1_CAUSE_NON_EXISTENT)
		target.alive = false;
	else
		update_target(&target, t, m);
	if (tunnel_is_equal(&target.tunnel[UP], &target.tunnel[DOWN])) {
		store_count(store, SESSION_GTPC_UNPARSED);
		return;
	}
	for (unsigned d = 0; d < 2; d++)
		if (!tunnel_is_equal(&target.tunnel[d], &before.tunnel[d]))
			store_count(store, SESSION_MOVED);
	if (target.has_keyset)
		say_learned(store, s, &target);
	apply_target(store, s, &target, held);
}

/* --- Delete PDP Context, 7.3.5, 7.3.6 --- */

static void take_delete_response(struct session_store *store, const struct transaction *t,
				 struct held_gtpc *held)
{
	const struct session_target end = {.alive = false};
	const enum session_index which = control_index(t);
	struct session *named = store_find_control(store, which, &t->addressed, t->nsapi);
	uint8_t primary;

	if (!named)
		return;
	primary = named->primary;
	apply_target(store, named, &end, held);
	/* Teardown Ind: with all that share the PDP address. */
	for (unsigned nsapi = 0; t->teardown && nsapi <= 15; nsapi++) {
		struct session *s = store_find_control(store, which, &t->addressed, (uint8_t)nsapi);
		if (s && s != named && s->primary == primary)
			apply_target(store, s, &end, held);
	}
}

/* --- dispatch --- */

static bool takes_effect(const struct transaction *t, const struct gtpc_v1 *m)
{
	if (!(m->present & GTPC_V1_HAS_CAUSE))
		return false;
	/* The other end says that the context was gone: so it is. */
	if (t->type != GTPC_V1_CREATE_PDP_REQUEST && m->cause == GTPC_V1_CAUSE_NON_EXISTENT)
		return true;
	return gtpc_v1_cause_accepts(m->cause);
}

/* TS 29.060 10.2.2: a response comes from where its request went. */
static bool is_from(const struct tunnel *source, const struct tunnel *addressed)
{
	return memcmp(source->receiver, addressed->receiver, sizeof(source->receiver)) == 0;
}

static void take_response(struct session_store *store, const struct session_gtpc *gtpc,
			  const struct gtpc_v1 *m, struct held_gtpc *held)
{
	struct transaction *t = m->has_sequence ? find(store, &gtpc->destination, m->sequence,
						       (uint8_t)(m->type - 1))
						: NULL;

	if (!t || t->side == gtpc->side || !is_from(&gtpc->source, &t->addressed)) {
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

static bool is_of_use(const struct session_gtpc *gtpc, const struct gtpc_v1 *m)
{
	return m->has_sequence &&
	       (m->type != GTPC_V1_CREATE_PDP_REQUEST ||
		(gtpc->side == DATAPATH_ACCESS && (m->present & GTPC_V1_HAS_NSAPI)));
}

static void take_request(struct session_store *store, const struct session_gtpc *gtpc,
			 const struct gtpc_v1 *m)
{
	struct transaction *t = is_of_use(gtpc, m) ? remember(store, gtpc, m) : NULL;

	if (!t) {
		store_count(store, SESSION_GTPC_OTHER);
		return;
	}
	note_request(store, t, gtpc, m);
	if (m->type == GTPC_V1_UPDATE_PDP_REQUEST) {
		find_updated(store, t, m);
	} else if (m->type == GTPC_V1_CREATE_PDP_REQUEST && !find_linked(store, t, m)) {
		store_count(store, SESSION_GTPC_OTHER);
		forget(store, t);
	}
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
