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
	struct counts_value value;
};

LIST_HEAD(record_list, record);

struct counts {
	struct wheel *wheel;
	uint32_t capacity;
	uint32_t used;
	uint32_t lists_count;
	struct record_list lists[];
};

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
#define RECORDS_A_LIST 16

struct counts *counts_new(uint32_t capacity, struct wheel *wheel)
{
	const uint32_t lists = capacity / RECORDS_A_LIST + 1;
	struct counts *c = calloc(1, sizeof(*c) + lists * sizeof(c->lists[0]));

	if (!c)
		return NULL;
	c->wheel = wheel;
	c->capacity = capacity;
	c->lists_count = lists;
	return c;
}

static void forget(struct record *r)
{
	wheel_cancel(&r->timer);
	LIST_REMOVE(r, same_hash);
	r->counts->used--;
	free(r);
}

void counts_free(struct counts *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->lists_count; i++)
		while (!LIST_EMPTY(&c->lists[i]))
			forget(LIST_FIRST(&c->lists[i]));
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

static struct record *find(struct counts *c, const struct counts_key *key)
{
	struct record *r;

	LIST_FOREACH (r, list_of(c, key), same_hash)
		if (memcmp(&r->key, key, sizeof(*key)) == 0)
			break;
	return r;
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

int counts_put(struct counts *c, const struct counts_key *key, struct counts_value value,
	       uint32_t keep_s)
{
	struct record *r = find(c, key);
	const bool is_new = r == NULL;

	if (!r) {
		if (c->used == c->capacity || !(r = calloc(1, sizeof(*r))))
			return -ENOSPC;
		r->counts = c;
		r->key = *key;
		LIST_INSERT_HEAD(list_of(c, key), r, same_hash);
		c->used++;
	}
	if (value.uplink > r->value.uplink)
		r->value.uplink = value.uplink;
	if (value.downlink > r->value.downlink)
		r->value.downlink = value.downlink;
	keep(r, keep_s, is_new);
	return 0;
}

bool counts_take(struct counts *c, const struct counts_key *key, struct counts_value *value)
{
	struct record *r = find(c, key);

	*value = (struct counts_value){0};
	if (!r)
		return false;
	*value = r->value;
	forget(r);
	return true;
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
