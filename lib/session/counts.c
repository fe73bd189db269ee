/* SPDX-License-Identifier: BSD-3-Clause */
#include "session/counts.h"

#include <errno.h>
#include <openssl/evp.h>
#include <rte_common.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct record {
	struct wheel_timer timer;
	LIST_ENTRY(record) same_hash;
	struct counts *counts;
	struct counts_key key;
	bool is_gone;	 /* for all but the disk */
	bool is_on_disk; /* some record of that key */
	bool is_on_way;	 /* to it, or from it */
	bool is_changed; /* since: it is in one of the lists of what is to be told */
	struct counts_value value;
	struct counts_value bound;
	TAILQ_ENTRY(record) changed;
};

LIST_HEAD(record_list, record);
TAILQ_HEAD(record_queue, record);

struct counts {
	struct wheel *wheel;
	uint32_t capacity;
	uint32_t used; /* that are not gone */
	bool is_durable;
	struct record_queue changed, gone; /* by what they are to be on disk */
	uint32_t lists_count;
	struct record_list lists[];
};

const struct counts_fingerprint counts_nameless;

int counts_fingerprint(struct counts_fingerprint *fingerprint, const struct e2m_keyset *keyset)
{
	static const char label[] = "e2m COUNT";
	uint8_t text[sizeof(label) + sizeof(*keyset)], digest[EVP_MAX_MD_SIZE];
	int good;

	memcpy(text, label, sizeof(label));
	memcpy(text + sizeof(label), keyset, sizeof(*keyset));
	good = EVP_Digest(text, sizeof(text), digest, NULL, EVP_sha256(), NULL);
	e2m_wipe(text, sizeof(text));
	memcpy(fingerprint->octets, digest, sizeof(fingerprint->octets));
	return good ? 0 : -EIO;
}

/* Records in one list on average, when all are in use. */
#define RECORDS_A_LIST 32

struct counts *counts_new(uint32_t capacity, struct wheel *wheel, bool is_durable)
{
	const uint32_t lists = capacity / RECORDS_A_LIST + 1;
	struct counts *c = calloc(1, sizeof(*c) + lists * sizeof(c->lists[0]));

	if (!c)
		return NULL;
	c->wheel = wheel;
	c->capacity = capacity;
	c->is_durable = is_durable;
	TAILQ_INIT(&c->changed);
	TAILQ_INIT(&c->gone);
	c->lists_count = lists;
	return c;
}

static void tell_no_more(struct record *r)
{
	if (r->is_changed)
		TAILQ_REMOVE(r->is_gone ? &r->counts->gone : &r->counts->changed, r, changed);
	r->is_changed = false;
}

/* After is_gone was set to what the disk is to know. */
static void tell(struct record *r)
{
	if (!r->counts->is_durable || r->is_changed)
		return;
	TAILQ_INSERT_TAIL(r->is_gone ? &r->counts->gone : &r->counts->changed, r, changed);
	r->is_changed = true;
}

static void free_record(struct record *r)
{
	tell_no_more(r);
	wheel_cancel(&r->timer);
	LIST_REMOVE(r, same_hash);
	free(r);
}

/* Stays until the disk has forgotten it too. */
static void forget(struct record *r)
{
	wheel_cancel(&r->timer);
	tell_no_more(r);
	r->counts->used--;
	r->is_gone = true;
	if (r->is_on_disk || r->is_on_way)
		tell(r);
	else
		free_record(r);
}

void counts_free(struct counts *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->lists_count; i++)
		while (!LIST_EMPTY(&c->lists[i]))
			free_record(LIST_FIRST(&c->lists[i]));
	free(c);
}

/* FNV-1a. */
static struct record_list *list_of(struct counts *c, const struct counts_key *key)
{
	const uint8_t *octets = (const uint8_t *)key;
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < sizeof(*key); i++)
		hash = (hash ^ octets[i]) * 16777619U;
	return &c->lists[hash % c->lists_count];
}

/* Those that are gone, too. */
static struct record *find_any(struct counts *c, const struct counts_key *key)
{
	struct record *r;

	LIST_FOREACH (r, list_of(c, key), same_hash)
		if (memcmp(&r->key, key, sizeof(*key)) == 0)
			break;
	return r;
}

static struct record *find(struct counts *c, const struct counts_key *key)
{
	struct record *r = find_any(c, key);

	return r && !r->is_gone ? r : NULL;
}

static void time_is_over(struct wheel_timer *timer, void *arg)
{
	(void)arg;
	forget((struct record *)((char *)timer - offsetof(struct record, timer)));
}

static void keep(struct record *r, uint32_t keep_s, bool is_new)
{
	struct wheel *wheel = r->counts->wheel;
	const uint64_t ms = keep_s * UINT64_C(1000);

	if (keep_s == 0)
		wheel_cancel(&r->timer);
	else if (is_new || (wheel_is_set(&r->timer) && r->timer.deadline < wheel_now(wheel) + ms))
		wheel_set(wheel, &r->timer, ms, time_is_over);
}

/* The record of key, which is new if there was none. NULL: no place. */
static struct record *find_or_make(struct counts *c, const struct counts_key *key, uint32_t keep_s)
{
	struct record *r = find_any(c, key);
	const bool is_new = !r || r->is_gone;

	if (is_new && c->used == c->capacity)
		return NULL;
	if (!r) {
		r = calloc(1, sizeof(*r));
		if (!r)
			return NULL;
		r->counts = c;
		r->key = *key;
		LIST_INSERT_HEAD(list_of(c, key), r, same_hash);
	}
	if (is_new) {
		tell_no_more(r);
		r->is_gone = false;
		r->value = r->bound = (struct counts_value){0};
		c->used++;
	}
	keep(r, keep_s, is_new);
	return r;
}

void counts_raise(struct counts_value *value, struct counts_value to)
{
	if (to.uplink > value->uplink)
		value->uplink = to.uplink;
	if (to.downlink > value->downlink)
		value->downlink = to.downlink;
}

int counts_put(struct counts *c, const struct counts_key *key, struct counts_value value,
	       uint32_t keep_s)
{
	struct record *r = find_or_make(c, key, keep_s);

	if (!r)
		return -ENOSPC;
	counts_raise(&r->value, value);
	r->bound = (struct counts_value){0};
	tell(r);
	return 0;
}

bool counts_take(struct counts *c, const struct counts_key *key, struct counts_value *value)
{
	struct record *r = find(c, key);

	if (!counts_look(c, key, value))
		return false;
	forget(r);
	return true;
}

bool counts_look(struct counts *c, const struct counts_key *key, struct counts_value *value)
{
	const struct record *r = find(c, key);

	*value = (struct counts_value){0};
	if (!r)
		return false;
	*value = r->value;
	counts_raise(value, r->bound);
	return true;
}

/* --- on disk --- */

int counts_bind(struct counts *c, const struct counts_key *key, struct counts_value bound,
		uint32_t keep_s)
{
	struct record *r = find_or_make(c, key, keep_s);

	if (!r)
		return -ENOSPC;
	counts_raise(&r->bound, bound);
	tell(r);
	return 0;
}

void counts_unbind(struct counts *c, const struct counts_key *key)
{
	struct record *r = find(c, key);

	if (!r)
		return;
	r->bound = (struct counts_value){0};
	if (r->value.uplink == 0 && r->value.downlink == 0)
		forget(r);
	else
		tell(r);
}

/* A moment longer, never shorter. */
static uint64_t forget_at(const struct record *r, uint64_t age_s)
{
	const uint64_t now = wheel_now(r->counts->wheel);

	if (!wheel_is_set(&r->timer))
		return 0;
	return age_s + (r->timer.deadline > now ? r->timer.deadline - now : 0) / 1000 + 1;
}

static void add_change(struct state_batch *batch, struct record *r)
{
	struct state_change *change = &batch->changes[batch->count++];
	struct counts_value most = r->value;

	counts_raise(&most, r->bound);
	*change = (struct state_change){.kind = STATE_COUNTS, .is_gone = r->is_gone};
	change->counts.imsi = r->key.imsi;
	memcpy(change->counts.fingerprint, r->key.keyset.octets, STATE_FINGERPRINT_LEN);
	change->counts.bearer = r->key.bearer;
	change->counts.ceiling[E2M_UPLINK] = most.uplink;
	change->counts.ceiling[E2M_DOWNLINK] = most.downlink;
	change->counts.forget_at = forget_at(r, batch->age_s);
	tell_no_more(r);
	r->is_on_way = true;
}

static void collect(struct record_queue *queue, struct state_batch *batch)
{
	struct record *r;

	while (batch->count < batch->room && (r = TAILQ_FIRST(queue)) != NULL)
		add_change(batch, r);
}

void counts_collect(struct counts *c, struct state_batch *batch)
{
	collect(&c->changed, batch);
}

void counts_collect_gone(struct counts *c, struct state_batch *batch)
{
	collect(&c->gone, batch);
}

static struct counts_key key_of(const struct state_counts *record)
{
	struct counts_key key = {.imsi = record->imsi, .bearer = record->bearer};

	memcpy(key.keyset.octets, record->fingerprint, sizeof(key.keyset.octets));
	return key;
}

void counts_written(struct counts *c, const struct state_counts *record, bool is_gone,
		    bool is_written)
{
	const struct counts_key key = key_of(record);
	struct record *r = find_any(c, &key); /* is there, for it is on its way */

	r->is_on_way = false;
	if (is_written)
		r->is_on_disk = !is_gone;
	if (r->is_gone && !r->is_on_disk)
		free_record(r);
	else if (!is_written || r->is_gone)
		tell(r);
}

int counts_restore(struct counts *c, const struct state_counts *record, uint64_t age_s)
{
	const struct counts_key key = key_of(record);
	const struct counts_value value = {.uplink = record->ceiling[E2M_UPLINK],
					   .downlink = record->ceiling[E2M_DOWNLINK]};
	uint64_t keep_s = 0;
	struct record *r;

	if (record->forget_at != 0)
		keep_s = record->forget_at > age_s ? record->forget_at - age_s : 1;
	r = find_or_make(c, &key, keep_s < UINT32_MAX ? (uint32_t)keep_s : UINT32_MAX);
	if (!r)
		return -ENOSPC;
	counts_raise(&r->value, value);
	r->is_on_disk = true;
	return 0;
}

uint32_t counts_room(const struct counts *c)
{
	return c->capacity - c->used;
}

size_t counts_octets(const struct counts *c)
{
	return sizeof(*c) + c->lists_count * sizeof(c->lists[0]);
}

size_t counts_octets_each(void)
{
	return RTE_ALIGN_CEIL(sizeof(struct record) + sizeof(size_t), 16); /* as glibc does */
}
