/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/table.h"

#include <assert.h>
#include <errno.h>
#include <rte_hash_crc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sessions for each head of an index when the table is full: saves some octets a session, and costs
 * one more look. */
#define SESSIONS_A_HEAD 2

struct table {
	uint32_t max;
	struct session *sessions; /* [1..max]; 0 means none */
	uint32_t in_use;
	uint32_t highest;    /* highest id that was ever in use */
	uint32_t free_first; /* first free place below highest; next in link[INDEX_SUBSCRIBER] */
	uint32_t last_serial;
	uint32_t *heads; /* heads_count for each index, one index after the other */
	uint32_t heads_count;
};

struct table *table_new(uint32_t max)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->max = max;
	table->heads_count = max / SESSIONS_A_HEAD + 1;
	table->sessions = calloc((size_t)max + 1, sizeof(*table->sessions));
	table->heads = calloc(1, table_octets(table));
	if (table->sessions && table->heads)
		return table;
	table_free(table);
	return NULL;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	free(table->heads);
	free(table->sessions);
	free(table);
}

size_t table_octets(const struct table *table)
{
	return SESSION_INDEXES * (size_t)table->heads_count * sizeof(table->heads[0]);
}

/* --- indexes --- */

struct key {
	uint64_t what;
	uint8_t nsapi;
};

static struct key key_of_tunnel(const struct session_tunnel *t, uint8_t nsapi)
{
	return (struct key){.what = (uint64_t)t->gsn << 32 | t->teid, .nsapi = nsapi};
}

static struct key key_of(const struct session *s, enum session_index which)
{
	switch (which) {
	case INDEX_CONTROL_SGSN:
		return key_of_tunnel(&s->control_sgsn, s->nsapi);
	case INDEX_CONTROL_GGSN:
		return key_of_tunnel(&s->control_ggsn, s->nsapi);
	case INDEX_TUNNEL_UP:
		return key_of_tunnel(&s->flow[UP].tunnel, 0);
	case INDEX_TUNNEL_DOWN:
		return key_of_tunnel(&s->flow[DOWN].tunnel, 0);
	default:
		return (struct key){.what = s->imsi, .nsapi = s->nsapi};
	}
}

static uint32_t *head_of(const struct session_store *store, struct key key,
			 enum session_index which)
{
	const struct table *table = store->table;
	/* All contexts of a subscriber are in one list, for table_next_of_subscriber. */
	const uint32_t seed = which == INDEX_SUBSCRIBER ? 0 : key.nsapi;
	const uint32_t hash = rte_hash_crc_8byte(key.what, seed);

	return &table->heads[(size_t)which * table->heads_count +
			     ((uint64_t)hash * table->heads_count >> 32)];
}

void table_index(struct session_store *store, struct session *s, enum session_index which)
{
	const struct key key = key_of(s, which);
	uint32_t *head = head_of(store, key, which);

	assert(!(s->indexed >> which & 1));
	/* Sessions without a control tunnel have no key. Many of them would make one long list. */
	if (which != INDEX_SUBSCRIBER && key.what >> 32 == 0)
		return;
	s->link[which] = *head;
	*head = table_id(store, s);
	s->indexed |= (uint8_t)(1 << which);
}

void table_unindex(struct session_store *store, struct session *s, enum session_index which)
{
	const uint32_t id = table_id(store, s);
	uint32_t *at;

	if (!(s->indexed >> which & 1))
		return;
	at = head_of(store, key_of(s, which), which);
	while (*at != id)
		at = &store->table->sessions[*at].link[which];
	*at = s->link[which];
	s->indexed &= (uint8_t) ~(1 << which);
}

static struct session *find(struct session_store *store, struct key key, enum session_index which)
{
	struct session *sessions = store->table->sessions;

	for (uint32_t id = *head_of(store, key, which); id != 0; id = sessions[id].link[which]) {
		const struct key other = key_of(&sessions[id], which);

		if (other.what == key.what && other.nsapi == key.nsapi)
			return &sessions[id];
	}
	return NULL;
}

/* 15 digits of four bits each, from the top down. 0xf stands for no digit. */
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

struct session *table_find_by(struct session_store *store, enum session_index which,
			      const struct tunnel *tunnel, uint8_t nsapi)
{
	const struct session_tunnel known = {.gsn = gsns_find(store->gsns, tunnel->receiver),
					     .teid = tunnel->teid};

	return known.gsn ? find(store, key_of_tunnel(&known, nsapi), which) : NULL;
}

struct session *table_find_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
				      uint8_t nsapi)
{
	const struct key key = {.what = pack_imsi(imsi), .nsapi = nsapi};

	return find(store, key, INDEX_SUBSCRIBER);
}

struct session *table_next_of_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
					 const struct session *after)
{
	const struct key key = {.what = pack_imsi(imsi)};
	struct session *sessions = store->table->sessions;
	uint32_t id =
		after ? after->link[INDEX_SUBSCRIBER] : *head_of(store, key, INDEX_SUBSCRIBER);

	while (id != 0 && sessions[id].imsi != key.what)
		id = sessions[id].link[INDEX_SUBSCRIBER];
	return id ? &sessions[id] : NULL;
}

struct session *table_find_tunnel(struct session_store *store, const struct tunnel *tunnel,
				  enum session_direction *direction)
{
	struct session *s = table_find_by(store, INDEX_TUNNEL_UP, tunnel, 0);

	*direction = s ? UP : DOWN;
	return s ? s : table_find_by(store, INDEX_TUNNEL_DOWN, tunnel, 0);
}

/* --- sessions --- */

uint32_t table_sessions(const struct session_store *store)
{
	return store->table->in_use;
}

bool table_is_full(const struct session_store *store)
{
	return store->table->in_use == store->table->max;
}

uint32_t table_highest(const struct session_store *store)
{
	return store->table->highest;
}

uint32_t table_last_serial(const struct session_store *store)
{
	return store->table->last_serial;
}

/* 0 is never a serial. */
uint32_t table_next_serial(struct session_store *store)
{
	if (++store->table->last_serial == 0)
		store->table->last_serial = 1;
	return store->table->last_serial;
}

static struct session *make_session(struct session_store *store, uint32_t id, uint32_t serial,
				    const struct e2m_imsi *imsi, uint8_t nsapi)
{
	struct session *s = &store->table->sessions[id];

	store->table->in_use++;
	*s = (struct session){.serial = serial,
			      .imsi = pack_imsi(imsi),
			      .nsapi = nsapi,
			      .primary = nsapi,
			      .counter_octets = store->config.counter_octets & 3};
	table_index(store, s, INDEX_SUBSCRIBER);
	return s;
}

struct session *table_new_session(struct session_store *store, const struct e2m_imsi *imsi,
				  uint8_t nsapi)
{
	struct table *table = store->table;
	uint32_t id = table->free_first; /* a place that was in use before, or else the next one */

	if (id != 0)
		table->free_first = table->sessions[id].link[INDEX_SUBSCRIBER];
	else
		id = ++table->highest;
	return make_session(store, id, table_next_serial(store), imsi, nsapi);
}

static void free_place(struct table *table, uint32_t id)
{
	table->sessions[id].serial = 0;
	table->sessions[id].link[INDEX_SUBSCRIBER] = table->free_first;
	table->free_first = id;
}

struct session *table_restore_session(struct session_store *store, uint32_t id, uint32_t serial,
				      const struct e2m_imsi *imsi, uint8_t nsapi)
{
	struct table *table = store->table;

	while (table->highest + 1 < id)
		free_place(table, ++table->highest);
	table->highest = id;
	if (table_is_later(serial, table->last_serial))
		table->last_serial = serial;
	return make_session(store, id, serial, imsi, nsapi);
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
	free_place(store->table, table_id(store, s));
	store->table->in_use--;
}

struct session *table_session(const struct session_store *store, uint32_t id)
{
	struct table *table = store->table;

	return id != 0 && id <= table->highest && table->sessions[id].serial != 0
		       ? &table->sessions[id]
		       : NULL;
}

struct session *table_next(const struct session_store *store, const struct session *after)
{
	uint32_t id = after ? table_id(store, after) : 0;

	while (++id <= store->table->highest)
		if (store->table->sessions[id].serial != 0)
			return &store->table->sessions[id];
	return NULL;
}

uint32_t table_id(const struct session_store *store, const struct session *s)
{
	return (uint32_t)(s - store->table->sessions);
}

void table_set_apn(struct session_store *store, struct session *s, struct apn_ref apn)
{
	apns_give_back(store->apns, s->apn);
	s->apn = apns_take(store->apns, apn);
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
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	control_log(store, level, "IMSI %s NSAPI %u: %s", table_imsi(s).digits, s->nsapi, line);
}
