/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/table.h"

#include <assert.h>
#include <errno.h>
#include <rte_hash_crc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of an index, when all are in use: a few octets less a session for one look more. */
#define SESSIONS_A_HEAD 2

int table_init(struct session_store *store)
{
	const uint32_t max = store->config.max;

	store->heads_count = max / SESSIONS_A_HEAD + 1;
	for (unsigned i = 0; i < SESSION_INDEXES; i++)
		if (!(store->heads[i] = calloc(store->heads_count, sizeof(uint32_t))))
			return -ENOMEM;
	store->sessions = calloc((size_t)max + 1, sizeof(*store->sessions));
	return store->sessions ? 0 : -ENOMEM;
}

void table_free(struct session_store *store)
{
	for (unsigned i = 0; i < SESSION_INDEXES; i++)
		free(store->heads[i]);
	free(store->sessions);
}

size_t table_octets(const struct session_store *store)
{
	return SESSION_INDEXES * store->heads_count * sizeof(uint32_t);
}

/* --- indexes --- */

static uint32_t hash_of_tunnel(const struct session_tunnel *t, uint32_t seed)
{
	return rte_hash_crc_8byte((uint64_t)t->gsn << 32 | t->teid, seed);
}

static uint32_t hash_of(const struct session *s, enum session_index which)
{
	switch (which) {
	case INDEX_SUBSCRIBER:
		return rte_hash_crc_8byte(s->imsi, 0); /* for table_next_of_subscriber */
	case INDEX_CONTROL_SGSN:
		return hash_of_tunnel(&s->control_sgsn, s->nsapi);
	case INDEX_CONTROL_GGSN:
		return hash_of_tunnel(&s->control_ggsn, s->nsapi);
	case INDEX_TUNNEL_UP:
		return hash_of_tunnel(&s->flow[UP].tunnel, 0);
	case INDEX_TUNNEL_DOWN:
		return hash_of_tunnel(&s->flow[DOWN].tunnel, 0);
	case SESSION_INDEXES:
		break;
	}
	return 0;
}

static uint32_t *head_of(struct session_store *store, const struct session *s,
			 enum session_index which)
{
	return &store->heads[which][(uint64_t)hash_of(s, which) * store->heads_count >> 32];
}

static bool is_indexed(const struct session *s, enum session_index which)
{
	return s->indexed >> which & 1;
}

/* A control tunnel that nobody has said is no key: many sessions may have none. */
static bool has_key(const struct session *s, enum session_index which)
{
	return !(which == INDEX_CONTROL_SGSN && s->control_sgsn.gsn == 0) &&
	       !(which == INDEX_CONTROL_GGSN && s->control_ggsn.gsn == 0);
}

void table_index(struct session_store *store, struct session *s, enum session_index which)
{
	uint32_t *head = head_of(store, s, which);

	assert(!is_indexed(s, which));
	if (!has_key(s, which))
		return;
	s->link[which] = *head;
	*head = table_id(store, s);
	s->indexed |= (uint8_t)(1 << which);
}

void table_unindex(struct session_store *store, struct session *s, enum session_index which)
{
	const uint32_t id = table_id(store, s);
	uint32_t *at;

	if (!is_indexed(s, which))
		return;
	at = head_of(store, s, which);
	while (*at != id)
		at = &store->sessions[*at].link[which];
	*at = s->link[which];
	s->indexed &= (uint8_t) ~(1 << which);
}

static bool is_same_tunnel(const struct session_tunnel *a, const struct session_tunnel *b)
{
	return a->gsn == b->gsn && a->teid == b->teid;
}

static bool is_same(const struct session *a, const struct session *b, enum session_index which)
{
	switch (which) {
	case INDEX_SUBSCRIBER:
		return a->nsapi == b->nsapi && a->imsi == b->imsi;
	case INDEX_CONTROL_SGSN:
		return a->nsapi == b->nsapi && is_same_tunnel(&a->control_sgsn, &b->control_sgsn);
	case INDEX_CONTROL_GGSN:
		return a->nsapi == b->nsapi && is_same_tunnel(&a->control_ggsn, &b->control_ggsn);
	case INDEX_TUNNEL_UP:
		return is_same_tunnel(&a->flow[UP].tunnel, &b->flow[UP].tunnel);
	case INDEX_TUNNEL_DOWN:
		return is_same_tunnel(&a->flow[DOWN].tunnel, &b->flow[DOWN].tunnel);
	case SESSION_INDEXES:
		break;
	}
	return false;
}

/* like carries the key in the members that the index is about. */
static struct session *find(struct session_store *store, const struct session *like,
			    enum session_index which)
{
	uint32_t id = *head_of(store, like, which);

	while (id != 0 && !is_same(&store->sessions[id], like, which))
		id = store->sessions[id].link[which];
	return id ? &store->sessions[id] : NULL;
}

/* 15 digits of four bits from the top down, and 0xf where there is none. */
static uint64_t pack_imsi(const struct e2m_imsi *imsi)
{
	uint64_t packed = 0;

	for (size_t i = 0; i < sizeof(imsi->digits); i++)
		packed = packed << 4 | (imsi->digits[i] ? imsi->digits[i] & 0xf : 0xf);
	return packed;
}

struct e2m_imsi table_imsi(const struct session *s)
{
	struct e2m_imsi imsi = {0};

	for (unsigned i = 0; i < E2M_IMSI_MAX_DIGITS; i++) {
		const unsigned digit = s->imsi >> (60 - 4 * i) & 0xf;
		if (digit > 9)
			break;
		imsi.digits[i] = (char)('0' + digit);
	}
	return imsi;
}

struct tunnel table_tunnel(const struct session_store *store, const struct session_tunnel *t)
{
	struct tunnel tunnel = {.teid = t->teid};

	if (t->gsn != 0)
		memcpy(tunnel.receiver, gsns_address(store->gsns, t->gsn), sizeof(tunnel.receiver));
	return tunnel;
}

int table_set_tunnel(struct session_store *store, struct session_tunnel *t,
		     const struct tunnel *value)
{
	static const struct tunnel none;
	const bool is_none = memcmp(value->receiver, none.receiver, sizeof(none.receiver)) == 0;
	const uint32_t gsn = is_none ? 0 : gsns_take(store->gsns, value->receiver);

	if (gsn == 0 && !is_none)
		return -ENOMEM;
	gsns_give_back(store->gsns, t->gsn);
	*t = (struct session_tunnel){.gsn = gsn, .teid = value->teid};
	return 0;
}

/* gsn 0: no session has any tunnel there. */
static struct session_tunnel known_tunnel(const struct session_store *store,
					  const struct tunnel *tunnel)
{
	return (struct session_tunnel){.gsn = gsns_find(store->gsns, tunnel->receiver),
				       .teid = tunnel->teid};
}

struct session *table_find_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
				      uint8_t nsapi)
{
	const struct session like = {.imsi = pack_imsi(imsi), .nsapi = nsapi};

	return find(store, &like, INDEX_SUBSCRIBER);
}

struct session *table_next_of_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
					 const struct session *after)
{
	const struct session like = {.imsi = pack_imsi(imsi)};
	uint32_t id =
		after ? after->link[INDEX_SUBSCRIBER] : *head_of(store, &like, INDEX_SUBSCRIBER);

	while (id != 0 && store->sessions[id].imsi != like.imsi)
		id = store->sessions[id].link[INDEX_SUBSCRIBER];
	return id ? &store->sessions[id] : NULL;
}

struct session *table_find_control(struct session_store *store, enum session_index which,
				   const struct tunnel *control, uint8_t nsapi)
{
	const struct session_tunnel known = known_tunnel(store, control);
	const struct session like = {.control_sgsn = known, .control_ggsn = known, .nsapi = nsapi};

	return known.gsn ? find(store, &like, which) : NULL;
}

struct session *table_find_tunnel(struct session_store *store, const struct tunnel *tunnel,
				  enum session_direction *direction)
{
	const struct session_tunnel known = known_tunnel(store, tunnel);
	const struct session like = {.flow = {{.tunnel = known}, {.tunnel = known}}};
	struct session *s;

	if (known.gsn == 0)
		return NULL;
	*direction = UP;
	s = find(store, &like, INDEX_TUNNEL_UP);
	if (s)
		return s;
	*direction = DOWN;
	return find(store, &like, INDEX_TUNNEL_DOWN);
}

/* --- sessions --- */

uint32_t table_highest(const struct session_store *store)
{
	return store->highest;
}

uint32_t table_last_serial(const struct session_store *store)
{
	return store->last_serial;
}

/* 0 is no serial. */
uint32_t table_next_serial(struct session_store *store)
{
	if (++store->last_serial == 0)
		store->last_serial = 1;
	return store->last_serial;
}

/* A place that was in use before, or the next that never was. */
static struct session *take_place(struct session_store *store)
{
	struct session *s;

	if (store->free_first == 0)
		return &store->sessions[++store->highest];
	s = &store->sessions[store->free_first];
	store->free_first = s->link[INDEX_SUBSCRIBER];
	return s;
}

static struct session *make_session(struct session_store *store, struct session *s,
				    const struct e2m_imsi *imsi, uint8_t nsapi)
{
	store->in_use++;
	*s = (struct session){.serial = table_next_serial(store),
			      .imsi = pack_imsi(imsi),
			      .nsapi = nsapi,
			      .primary = nsapi,
			      .counter_octets = store->config.counter_octets & 3};
	table_index(store, s, INDEX_SUBSCRIBER);
	return s;
}

bool table_is_full(const struct session_store *store)
{
	return store->in_use == store->config.max;
}

struct session *table_new_session(struct session_store *store, const struct e2m_imsi *imsi,
				  uint8_t nsapi)
{
	return make_session(store, take_place(store), imsi, nsapi);
}

void table_set_apn(struct session_store *store, struct session *s, struct apn_ref apn)
{
	const uint16_t before = s->apn;

	s->apn = apns_take(store->apns, apn);
	apns_give_back(store->apns, before);
}

static void free_place(struct session_store *store, struct session *s)
{
	s->serial = 0;
	s->link[INDEX_SUBSCRIBER] = store->free_first;
	store->free_first = table_id(store, s);
}

struct session *table_restore_session(struct session_store *store, uint32_t id,
				      const struct e2m_imsi *imsi, uint8_t nsapi)
{
	while (store->highest + 1 < id)
		free_place(store, &store->sessions[++store->highest]);
	store->highest = id;
	return make_session(store, &store->sessions[id], imsi, nsapi);
}

void table_free_session(struct session_store *store, struct session *s)
{
	for (unsigned i = 0; i < SESSION_INDEXES; i++)
		table_unindex(store, s, i);
	wheel_cancel(&s->timer);
	gsns_give_back(store->gsns, s->control_sgsn.gsn);
	gsns_give_back(store->gsns, s->control_ggsn.gsn);
	for (unsigned d = 0; d < 2; d++)
		gsns_give_back(store->gsns, s->flow[d].tunnel.gsn);
	apns_give_back(store->apns, s->apn);
	free_place(store, s);
	store->in_use--;
}

struct session *table_session(struct session_store *store, uint32_t id)
{
	if (id == 0 || id > store->highest || store->sessions[id].serial == 0)
		return NULL;
	return &store->sessions[id];
}

uint32_t table_id(const struct session_store *store, const struct session *s)
{
	return (uint32_t)(s - store->sessions);
}

struct session *table_session_of_event(struct session_store *store, unsigned worker,
				       const struct datapath_event *event,
				       enum session_direction *direction)
{
	struct session *s = table_session(store, event->session);

	for (unsigned d = 0; s && d < 2; d++)
		if (s->flow[d].live && s->flow[d].worker == worker &&
		    s->flow[d].number == event->flow) {
			*direction = d;
			return s;
		}
	return NULL;
}

void control_log_of(struct session_store *store, const struct session *s,
		    enum session_log_level level, const char *format, ...)
{
	char line[CONTROL_LINE_MAX];
	const int len =
		snprintf(line, sizeof(line), "IMSI %s NSAPI %u: ", table_imsi(s).digits, s->nsapi);
	va_list args;

	va_start(args, format);
	vsnprintf(line + len, sizeof(line) - (size_t)len, format, args);
	va_end(args);
	store->ops.log(store->ops.arg, level, line);
}
