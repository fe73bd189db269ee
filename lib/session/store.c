/* SPDX-License-Identifier: BSD-3-Clause */
#include "session/store.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *session_counter_name(enum session_counter counter)
{
	static const char *const names[] = {
#define X(symbol, name) [SESSION_##symbol] = name,
		SESSION_COUNTERS(X)
#undef X
	};

	return names[counter];
}

/* COUNTs that can be remembered for each session that can exist. */
#define COUNTS_PER_SESSION 16

static int allocate_flow_numbers(struct session_store *store)
{
	const uint32_t flows = session_flows_per_worker(&store->config);

	store->free_flows = calloc(store->config.workers, sizeof(*store->free_flows));
	store->free_flow_counts = calloc(store->config.workers, sizeof(*store->free_flow_counts));
	store->lingers_by_age = calloc(store->config.workers, sizeof(*store->lingers_by_age));
	if (!store->free_flows || !store->free_flow_counts || !store->lingers_by_age)
		return -ENOMEM;
	for (unsigned w = 0; w < store->config.workers; w++) {
		store->free_flows[w] = calloc(flows, sizeof(uint32_t));
		if (!store->free_flows[w])
			return -ENOMEM;
		for (uint32_t i = 0; i < flows; i++)
			store->free_flows[w][i] = flows - 1 - i;
		store->free_flow_counts[w] = flows;
		TAILQ_INIT(&store->lingers_by_age[w]);
	}
	return 0;
}

static int allocate(struct session_store *store, uint64_t now_ms)
{
	const struct session_config *c = &store->config;
	uint32_t heads = 64;

	while (heads < c->max)
		heads *= 2;
	store->mask = heads - 1;
	for (unsigned i = 0; i < SESSION_INDEXES; i++)
		if (!(store->heads[i] = calloc(heads, sizeof(uint32_t))))
			return -ENOMEM;
	store->sessions = calloc((size_t)c->max + 1, sizeof(*store->sessions));
	store->free_ids = calloc(c->max, sizeof(*store->free_ids));
	store->wheel = wheel_new(now_ms, store);
	if (!store->sessions || !store->free_ids || !store->wheel)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->max; i++)
		store->free_ids[store->free_count++] = c->max - i;
	store->counts = counts_new(c->max * COUNTS_PER_SESSION, store->wheel);
	store->pulls = pull_manager_new(&c->pull, store->wheel, keys_take_answer, keys_take_trouble,
					store);
	if (!store->counts || !store->pulls || learn_init(store) != 0)
		return -ENOMEM;
	return allocate_flow_numbers(store);
}

struct session_store *session_store_new(const struct session_config *config,
					const struct session_ops *ops, uint64_t now_ms)
{
	struct session_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->config = *config;
	store->ops = *ops;
	store->started_ms = now_ms;
	if (allocate(store, now_ms) != 0) {
		session_store_free(store);
		errno = ENOMEM;
		return NULL;
	}
	return store;
}

void session_store_free(struct session_store *store)
{
	if (!store)
		return;
	for (uint32_t id = 1; store->sessions && id <= store->config.max; id++) {
		struct session *s = &store->sessions[id];
		if (!s->in_use)
			continue;
		for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
			npdu_key_free(s->keysets[slot].key);
		apply_free(s);
		free(s->work); /* its pulls end with their manager */
	}
	retire_free(store);
	learn_free(store);
	flows_free_lingers(store);
	pull_manager_free(store->pulls);
	counts_free(store->counts);
	wheel_free(store->wheel);
	for (unsigned w = 0; store->free_flows && w < store->config.workers; w++)
		free(store->free_flows[w]);
	free(store->free_flows);
	free(store->free_flow_counts);
	free(store->lingers_by_age);
	for (unsigned i = 0; i < SESSION_INDEXES; i++)
		free(store->heads[i]);
	free(store->free_ids);
	free(store->sessions);
	free(store);
}

struct pull_manager *session_pulls(struct session_store *store)
{
	return store->pulls;
}

void session_advance(struct session_store *store, uint64_t now_ms)
{
	wheel_advance(store->wheel, now_ms);
	pull_send_waiting(store->pulls);
}

uint32_t session_flows_per_worker(const struct session_config *config)
{
	/* Both flows of a session may fall to the same worker, and a flow that was moved lingers. */
	uint64_t even = (uint64_t)config->max * 2 / config->workers;
	uint64_t flows = config->workers == 1 ? even + 1024 : even + even / 4 + 1024;

	return flows < UINT32_MAX ? (uint32_t)flows : UINT32_MAX;
}

/* --- indexes --- */

static uint32_t hash_of_imsi(const struct e2m_imsi *imsi, uint32_t seed)
{
	uint64_t halves[2];

	_Static_assert(sizeof(halves) == sizeof(*imsi), "an IMSI is hashed in two halves");
	memcpy(halves, imsi, sizeof(halves));
	return rte_hash_crc_8byte(halves[1], rte_hash_crc_8byte(halves[0], seed));
}

static uint32_t hash_of(const struct session *s, enum session_index which)
{
	switch (which) {
	case INDEX_SUBSCRIBER:
		return hash_of_imsi(&s->imsi, s->nsapi);
	case INDEX_CONTROL_SGSN:
		return rte_hash_crc_4byte(tunnel_hash(&s->control_sgsn), s->nsapi);
	case INDEX_CONTROL_GGSN:
		return rte_hash_crc_4byte(tunnel_hash(&s->control_ggsn), s->nsapi);
	case INDEX_TUNNEL_UP:
		return tunnel_hash(&s->flow[UP].tunnel);
	case INDEX_TUNNEL_DOWN:
		return tunnel_hash(&s->flow[DOWN].tunnel);
	case SESSION_INDEXES:
		break;
	}
	return 0;
}

void store_index(struct session_store *store, struct session *s, enum session_index which)
{
	uint32_t *head;

	assert(!s->indexed[which]);
	head = &store->heads[which][hash_of(s, which) & store->mask];
	s->link[which] = *head;
	*head = s->id;
	s->indexed[which] = true;
}

void store_unindex(struct session_store *store, struct session *s, enum session_index which)
{
	uint32_t *at;

	if (!s->indexed[which])
		return;
	at = &store->heads[which][hash_of(s, which) & store->mask];
	while (*at != s->id)
		at = &store->sessions[*at].link[which];
	*at = s->link[which];
	s->indexed[which] = false;
}

static bool is_same(const struct session *a, const struct session *b, enum session_index which)
{
	switch (which) {
	case INDEX_SUBSCRIBER:
		return a->nsapi == b->nsapi && memcmp(&a->imsi, &b->imsi, sizeof(a->imsi)) == 0;
	case INDEX_CONTROL_SGSN:
		return a->nsapi == b->nsapi && tunnel_is_equal(&a->control_sgsn, &b->control_sgsn);
	case INDEX_CONTROL_GGSN:
		return a->nsapi == b->nsapi && tunnel_is_equal(&a->control_ggsn, &b->control_ggsn);
	case INDEX_TUNNEL_UP:
		return tunnel_is_equal(&a->flow[UP].tunnel, &b->flow[UP].tunnel);
	case INDEX_TUNNEL_DOWN:
		return tunnel_is_equal(&a->flow[DOWN].tunnel, &b->flow[DOWN].tunnel);
	case SESSION_INDEXES:
		break;
	}
	return false;
}

/* like carries the key in the members that the index is about. */
static struct session *find(struct session_store *store, const struct session *like,
			    enum session_index which)
{
	uint32_t id = store->heads[which][hash_of(like, which) & store->mask];

	while (id != 0 && !is_same(&store->sessions[id], like, which))
		id = store->sessions[id].link[which];
	return id ? &store->sessions[id] : NULL;
}

struct session *store_find_subscriber(struct session_store *store, const struct e2m_imsi *imsi,
				      uint8_t nsapi)
{
	const struct session like = {.imsi = *imsi, .nsapi = nsapi};

	return find(store, &like, INDEX_SUBSCRIBER);
}

struct session *store_find_control(struct session_store *store, enum session_index which,
				   const struct tunnel *control, uint8_t nsapi)
{
	const struct session like = {
		.control_sgsn = *control, .control_ggsn = *control, .nsapi = nsapi};

	return find(store, &like, which);
}

struct session *store_find_tunnel(struct session_store *store, const struct tunnel *tunnel,
				  enum session_direction *direction)
{
	struct session like = {0};
	struct session *s;

	like.flow[UP].tunnel = like.flow[DOWN].tunnel = *tunnel;
	*direction = UP;
	s = find(store, &like, INDEX_TUNNEL_UP);
	if (s)
		return s;
	*direction = DOWN;
	return find(store, &like, INDEX_TUNNEL_DOWN);
}

/* --- sessions --- */

bool store_has_room(const struct session_store *store, uint32_t counts)
{
	const uint32_t sessions = store->config.max - store->free_count;
	const uint64_t taken = (uint64_t)sessions * DATAPATH_KEYSETS + store->promised;

	return counts_room(store->counts) >= taken + counts;
}

struct session *store_new_session(struct session_store *store, const struct e2m_imsi *imsi,
				  uint8_t nsapi)
{
	struct session *s;

	if (store->free_count == 0 || !store_has_room(store, DATAPATH_KEYSETS))
		return NULL;
	s = &store->sessions[store->free_ids[--store->free_count]];
	memset(s, 0, sizeof(*s));
	s->id = (uint32_t)(s - store->sessions);
	s->in_use = true;
	s->imsi = *imsi;
	s->nsapi = s->primary = nsapi;
	s->serial = ++store->last_serial;
	store_index(store, s, INDEX_SUBSCRIBER);
	return s;
}

void store_free_session(struct session_store *store, struct session *s)
{
	for (unsigned i = 0; i < SESSION_INDEXES; i++)
		store_unindex(store, s, i);
	wheel_cancel(&s->timer);
	s->in_use = false;
	store->free_ids[store->free_count++] = s->id;
}

struct session *store_session(struct session_store *store, uint32_t id)
{
	if (id == 0 || id > store->config.max || !store->sessions[id].in_use)
		return NULL;
	return &store->sessions[id];
}

struct session *store_session_of_event(struct session_store *store, unsigned worker,
				       const struct datapath_event *event)
{
	struct session *s = store_session(store, event->session);

	for (unsigned d = 0; s && d < 2; d++)
		if (s->flow[d].live && s->flow[d].worker == worker &&
		    s->flow[d].number == event->flow)
			return s;
	return NULL;
}

void store_count(struct session_store *store, enum session_counter counter)
{
	store->counters[counter]++;
}

uint64_t session_count(const struct session_store *store, enum session_counter counter)
{
	return store->counters[counter];
}

void store_log(struct session_store *store, enum session_log_level level, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	store->ops.log(store->ops.arg, level, line);
}
