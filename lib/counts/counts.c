/* SPDX-License-Identifier: BSD-3-Clause */
#include "counts/counts.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/block.h"
#include "counts/ledger.h"

struct record {
	struct ledger_item item;
	struct counts_value value;
	struct counts_value bound;
};

struct counts {
	uint32_t capacity;
	uint32_t used; /* records that are not forgotten */
	struct ledger *ledger;
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

/* The COUNTs of the record that are used, or may be used. */
static struct counts_value most_of(const struct record *r)
{
	struct counts_value most = r->value;

	counts_raise(&most, r->bound);
	return most;
}

/* The average number of records in one list when all places are taken. */
#define RECORDS_A_LIST 32

struct counts *counts_new(uint32_t capacity, bool is_durable)
{
	struct counts *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->capacity = capacity;
	c->ledger = ledger_new(capacity / RECORDS_A_LIST + 1, is_durable);
	if (c->ledger)
		return c;
	free(c);
	return NULL;
}

void counts_free(struct counts *c)
{
	if (!c)
		return;
	ledger_free(c->ledger);
	free(c);
}

/* Returns the record of key, or makes one. NULL: no place, or no memory. */
static struct record *get(struct counts *c, const struct counts_key *key)
{
	struct record *r = ledger_find(c->ledger, key);

	if (r || c->used == c->capacity)
		return r;
	r = ledger_add(c->ledger, key, sizeof(*r));
	if (r) {
		r->value = r->bound = (struct counts_value){0};
		c->used++;
	}
	return r;
}

static void forget(struct counts *c, struct record *r)
{
	c->used--;
	ledger_forget(c->ledger, &r->item);
}

int counts_put(struct counts *c, const struct counts_key *key, struct counts_value value)
{
	struct record *r = get(c, key);

	if (!r)
		return -ENOSPC;
	counts_raise(&r->value, value);
	r->bound = (struct counts_value){0};
	ledger_note(c->ledger, &r->item);
	return 0;
}

bool counts_take(struct counts *c, const struct counts_key *key, struct counts_value *value)
{
	struct record *r = ledger_find(c->ledger, key);

	counts_look(c, key, value);
	if (r)
		forget(c, r);
	return r != NULL;
}

bool counts_look(struct counts *c, const struct counts_key *key, struct counts_value *value)
{
	const struct record *r = ledger_find(c->ledger, key);

	*value = r ? most_of(r) : (struct counts_value){0};
	return r != NULL;
}

/* Returns the next record of the IMSI behind after. keyset NULL: records of all keysets. */
static struct record *next_of(struct counts *c, const struct e2m_imsi *imsi,
			      const struct counts_fingerprint *keyset, const struct record *after)
{
	struct record *r = ledger_next(c->ledger, imsi, after);

	while (r && keyset && !counts_is_same(&r->item.key.keyset, keyset))
		r = ledger_next(c->ledger, imsi, r);
	return r;
}

uint32_t counts_of(struct counts *c, const struct e2m_imsi *imsi,
		   const struct counts_fingerprint *keyset)
{
	const struct record *r = NULL;
	uint32_t count = 0;

	while ((r = next_of(c, imsi, keyset, r)) != NULL)
		count++;
	return count;
}

void counts_forget(struct counts *c, const struct e2m_imsi *imsi,
		   const struct counts_fingerprint *keyset)
{
	struct record *r;

	while ((r = next_of(c, imsi, keyset, NULL)) != NULL)
		forget(c, r);
}

/* --- on disk --- */

int counts_bind(struct counts *c, const struct counts_key *key, struct counts_value bound)
{
	struct record *r = get(c, key);

	if (!r)
		return -ENOSPC;
	counts_raise(&r->bound, bound);
	ledger_note(c->ledger, &r->item);
	return 0;
}

void counts_unbind(struct counts *c, const struct counts_key *key)
{
	struct record *r = ledger_find(c->ledger, key);

	if (!r)
		return;
	r->bound = (struct counts_value){0};
	if (counts_is_unused(r->value))
		forget(c, r);
	else
		ledger_note(c->ledger, &r->item);
}

static void put_record(const struct ledger_item *item, uint64_t age_s, struct state_change *change)
{
	const struct counts_value most = most_of((const struct record *)item);

	(void)age_s;
	change->counts.imsi = item->key.imsi;
	memcpy(change->counts.fingerprint, item->key.keyset.octets, STATE_FINGERPRINT_LEN);
	change->counts.bearer = item->key.bearer;
	memcpy(change->counts.ceiling, most.next, sizeof(most.next));
}

void counts_collect(struct counts *c, struct state_batch *batch, bool is_gone)
{
	ledger_collect(c->ledger, batch, is_gone, STATE_COUNTS, put_record);
}

void counts_written(struct counts *c, const struct state_counts *record, bool is_gone,
		    bool is_written)
{
	const struct counts_key key =
		counts_key_of(&record->imsi, record->fingerprint, record->bearer);

	ledger_written(c->ledger, &key, is_gone, is_written);
}

int counts_restore(struct counts *c, const struct state_counts *record)
{
	const struct counts_key key =
		counts_key_of(&record->imsi, record->fingerprint, record->bearer);
	struct counts_value value;
	struct record *r;

	counts_reserve(c, 1);
	r = get(c, &key);
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
	return sizeof(*c) + ledger_octets(c->ledger);
}

size_t counts_octets_each(void)
{
	return base_octets_of_block(sizeof(struct record));
}
