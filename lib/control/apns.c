/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/apns.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/crc32c.h"

#define LISTS 256

struct apn {
	LIST_ENTRY(apn) same_hash;
	uint32_t users;
	uint32_t hash;
	uint16_t generation;
	bool has_octets; /* false: only the hash is known, from an earlier process */
	uint8_t len;
	uint8_t octets[APNS_OCTETS_MAX];
};

LIST_HEAD(apn_list, apn);

struct apns {
	struct apn_list lists[LISTS];
	uint16_t highest;	      /* the highest number ever given */
	uint16_t hand;		      /* the place that was found last */
	struct apn apn[APNS_MAX + 1]; /* [1..highest] */
};

struct apns *apns_new(void)
{
	return calloc(1, sizeof(struct apns));
}

void apns_free(struct apns *a)
{
	free(a);
}

/* Returns a place that was never used, or the place of an APN without a session. 0: none. */
static uint16_t find_place(struct apns *a)
{
	if (a->highest < APNS_MAX)
		return ++a->highest;
	for (unsigned i = 0; i < APNS_MAX; i++) {
		a->hand = (uint16_t)(a->hand % APNS_MAX + 1);
		if (a->apn[a->hand].users > 0)
			continue;
		LIST_REMOVE(&a->apn[a->hand], same_hash);
		a->apn[a->hand].generation++;
		return a->hand;
	}
	return 0;
}

struct apn_ref apns_ref(const struct apns *a, uint16_t number)
{
	return (struct apn_ref){number, a->apn[number].generation};
}

/* 0 stands for no APN. */
static uint32_t hash_of(const uint8_t *octets, size_t len)
{
	const uint32_t hash = crc32c(0xffffffff, octets, len);

	return hash ? hash : 1;
}

static struct apn_list *list_of(struct apns *a, uint32_t hash)
{
	return &a->lists[hash % LISTS];
}

static bool has_octets(const struct apn *apn, const uint8_t *octets, size_t len)
{
	return apn->len == len && (len == 0 || memcmp(apn->octets, octets, len) == 0);
}

/* NULL: no place is left. */
static struct apn *enter(struct apns *a, uint32_t hash)
{
	const uint16_t number = find_place(a);
	struct apn *apn = &a->apn[number];

	if (number == 0)
		return NULL;
	apn->hash = hash;
	apn->has_octets = false;
	LIST_INSERT_HEAD(list_of(a, hash), apn, same_hash);
	return apn;
}

struct apn_ref apns_note(struct apns *a, const uint8_t *octets, size_t len)
{
	struct apn *apn;
	uint32_t hash;

	if (len > APNS_OCTETS_MAX)
		return (struct apn_ref){0};
	hash = hash_of(octets, len);
	LIST_FOREACH (apn, list_of(a, hash), same_hash)
		if (apn->hash == hash && (!apn->has_octets || has_octets(apn, octets, len)))
			break;
	if (!apn)
		apn = enter(a, hash);
	if (!apn)
		return (struct apn_ref){0};
	if (len > 0)
		memcpy(apn->octets, octets, len);
	apn->len = (uint8_t)len;
	apn->has_octets = true;
	return apns_ref(a, (uint16_t)(apn - a->apn));
}

uint32_t apns_hash(const struct apns *a, uint16_t number)
{
	return number ? a->apn[number].hash : 0;
}

struct apn_ref apns_recall(struct apns *a, uint32_t hash)
{
	struct apn *apn;

	if (hash == 0)
		return (struct apn_ref){0};
	LIST_FOREACH (apn, list_of(a, hash), same_hash)
		if (apn->hash == hash)
			break;
	if (!apn)
		apn = enter(a, hash);
	return apn ? apns_ref(a, (uint16_t)(apn - a->apn)) : (struct apn_ref){0};
}

uint16_t apns_take(struct apns *a, struct apn_ref ref)
{
	if (ref.number == 0 || ref.number > a->highest ||
	    a->apn[ref.number].generation != ref.generation)
		return 0;
	a->apn[ref.number].users++;
	return ref.number;
}

void apns_give_back(struct apns *a, uint16_t number)
{
	if (number != 0)
		a->apn[number].users--;
}

const uint8_t *apns_octets(const struct apns *a, uint16_t number, size_t *len)
{
	*len = a->apn[number].len;
	return a->apn[number].has_octets ? a->apn[number].octets : NULL;
}
