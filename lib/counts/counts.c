/* SPDX-License-Identifier: BSD-3-Clause */
#include "counts/counts.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/block.h"
#include "base/container.h"
#include "counts/outbox.h"

struct record {
	struct outbox_item item;
	LIST_ENTRY(record) same_hash;
	struct counts_key key;
	struct counts_value value;
	struct counts_value bound;
};

LIST_HEAD(record_list, record);

struct counts {
	uint32_t capacity;
	uint32_t used; /* that are not gone */
	struct outbox outbox;
	uint32_t lists_count;
	struct record_list lists[]; /* all records of an IMSI are in the same list */
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

/* FNV-1a. */
uint32_t counts_hash(const struct e2m_imsi *imsi)
{
	const uint8_t *octets = (const uint8_t *)imsi;
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < sizeof(*imsi); i++)
		hash = (hash ^ octets[i]) * 16777619U;
	return hash;
}

/* Records in one list on average, when all are in use. */
#define RECORDS_A_LIST 32

struct counts *counts_new(uint32_t capacity, bool is_durable)
{
	const uint32_t lists = capacity / RECORDS_A_LIST + 1;
	struct counts *c = calloc(1, sizeof(*c) + lists * sizeof(c->lists[0]));

	if (!c)
		return NULL;
	c->capacity = capacity;
	c->lists_count = lists;
	outbox_init(&c->outbox, is_durable);
	return c;
}

static struct record *record_of(struct outbox_item *item)
{
	return container_of(item, struct record, item);
}

static void free_record(struct counts *c, struct record *r)
{
	outbox_remove(&c->outbox, &r->item);
	LIST_REMOVE(r, same_hash);
	free(r);
}

static void forget(struct counts *c, struct record *r)
{
	c->used--;
	if (outbox_forget(&c->outbox, &r->item))
		free_record(c, r);
}

void counts_free(struct counts *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->lists_count; i++)
		while (!LIST_EMPTY(&c->lists[i]))
			free_record(c, LIST_FIRST(&c->lists[i]));
	free(c);
}

static struct record_list *list_of(struct counts *c, const struct e2m_imsi *imsi)
{
	return &c->lists[counts_hash(imsi) % c->lists_count];
}

/* Those that are gone, too. */
static struct record *find_any(struct counts *c, const struct counts_key *key)
{
	struct record *r;

	LIST_FOREACH (r, list_of(c, &key->imsi), same_hash)
		if (memcmp(&r->key, key, sizeof(*key)) == 0)
			break;
	return r;
}

static struct record *find(struct counts *c, const struct counts_key *key)
{
	struct record *r = find_any(c, key);

	return r && !r->item.is_gone ? r : NULL;
}

/* The record of key, which is new if there was none. NULL: no place. */
static struct record *find_or_make(struct counts *c, const struct counts_key *key)
{
	struct record *r = find_any(c, key);
	const bool is_new = !r || r->item.is_gone;

	if (is_new && c->used == c->capacity)
		return NULL;
	if (!r) {
		r = calloc(1, sizeof(*r));
		if (!r)
			return NULL;
		r->key = *key;
		LIST_INSERT_HEAD(list_of(c, &key->imsi), r, same_hash);
	}
	if (is_new) {
		outbox_revive(&c->outbox, &r->item);
		r->value = r->bound = (struct counts_value){0};
		c->used++;
	}
	return r;
}

void counts_raise(struct counts_value *value, struct counts_value to)
{
	for (unsigned d = 0; d < 2; d++)
		if (to.next[d] > value->next[d])
			value->next[d] = to.next[d];
}

bool counts_is_unused(struct counts_value value)
{
	return value.next[E2M_UPLINK] == 0 && value.next[E2M_DOWNLINK] == 0;
}

int counts_put(struct counts *c, const struct counts_key *key, struct counts_value value)
{
	struct record *r = find_or_make(c, key);

	if (!r)
		return -ENOSPC;
	counts_raise(&r->value, value);
	r->bound = (struct counts_value){0};
	outbox_note(&c->outbox, &r->item);
	return 0;
}

bool counts_take(struct counts *c, const struct counts_key *key, struct counts_value *value)
{
	struct record *r = find(c, key);

	if (!counts_look(c, key, value))
		return false;
	forget(c, r);
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

static bool is_of(const struct record *r, const struct e2m_imsi *imsi,
		  const struct counts_fingerprint *keyset)
{
	return !r->item.is_gone && memcmp(&r->key.imsi, imsi, sizeof(*imsi)) == 0 &&
	       (!keyset || memcmp(&r->key.keyset, keyset, sizeof(*keyset)) == 0);
}

uint32_t counts_of(struct counts *c, const struct e2m_imsi *imsi,
		   const struct counts_fingerprint *keyset)
{
	const struct record *r;
	uint32_t count = 0;

	LIST_FOREACH (r, list_of(c, imsi), same_hash)
		count += is_of(r, imsi, keyset);
	return count;
}

void counts_forget(struct counts *c, const struct e2m_imsi *imsi,
		   const struct counts_fingerprint *keyset)
{
	struct record *r, *next;

	for (r = LIST_FIRST(list_of(c, imsi)); r; r = next) {
		next = LIST_NEXT(r, same_hash);
		if (is_of(r, imsi, keyset))
			forget(c, r);
	}
}

/* --- on disk --- */

int counts_bind(struct counts *c, const struct counts_key *key, struct counts_value bound)
{
	struct record *r = find_or_make(c, key);

	if (!r)
		return -ENOSPC;
	counts_raise(&r->bound, bound);
	outbox_note(&c->outbox, &r->item);
	return 0;
}

void counts_unbind(struct counts *c, const struct counts_key *key)
{
	struct record *r = find(c, key);

	if (!r)
		return;
	r->bound = (struct counts_value){0};
	if (counts_is_unused(r->value))
		forget(c, r);
	else
		outbox_note(&c->outbox, &r->item);
}

static void add_change(struct state_batch *batch, const struct record *r)
{
	struct state_change *change = &batch->changes[batch->count++];
	struct counts_value most = r->value;

	counts_raise(&most, r->bound);
	*change = (struct state_change){.kind = STATE_COUNTS, .is_gone = r->item.is_gone};
	change->counts.imsi = r->key.imsi;
	memcpy(change->counts.fingerprint, r->key.keyset.octets, STATE_FINGERPRINT_LEN);
	change->counts.bearer = r->key.bearer;
	memcpy(change->counts.ceiling, most.next, sizeof(most.next));
}

static void collect(struct counts *c, struct state_batch *batch, bool is_gone)
{
	struct outbox_item *item;

	while (batch->count < batch->room && (item = outbox_take(&c->outbox, is_gone)) != NULL)
		add_change(batch, record_of(item));
}

void counts_collect(struct counts *c, struct state_batch *batch)
{
	collect(c, batch, false);
}

void counts_collect_gone(struct counts *c, struct state_batch *batch)
{
	collect(c, batch, true);
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

	if (outbox_written(&c->outbox, &r->item, is_gone, is_written))
		free_record(c, r);
}

int counts_restore(struct counts *c, const struct state_counts *record)
{
	const struct counts_key key = key_of(record);
	struct counts_value value;
	struct record *r;

	counts_reserve(c, 1);
	r = find_or_make(c, &key);
	if (!r)
		return -ENOMEM;
	memcpy(value.next, record->ceiling, sizeof(value.next));
	counts_raise(&r->value, value);
	r->item.is_on_disk = true;
	return 0;
}

void counts_reserve(struct counts *c, uint32_t places)
{
	if (c->capacity < c->used + places)
		c->capacity = c->used + places;
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
	return base_octets_of_block(sizeof(struct record));
}
