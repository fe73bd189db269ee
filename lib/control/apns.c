/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/apns.h"

#include <stdlib.h>
#include <string.h>

#define LISTS		256
#define PLACES_AT_FIRST 64

struct apn {
	uint32_t users;
	uint16_t generation;
	uint16_t next; /* next APN with the same hash; 0: none */
	bool is_there;
	uint8_t len;
	uint8_t octets[APNS_OCTETS_MAX];
};

struct apns {
	uint16_t lists[LISTS];
	uint16_t highest; /* the highest number ever given */
	uint16_t hand;	  /* the place found last */
	uint16_t places;
	struct apn *apn; /* [1..places] */
};

struct apns *apns_new(void)
{
	struct apns *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->places = PLACES_AT_FIRST;
	a->apn = calloc(PLACES_AT_FIRST + 1, sizeof(*a->apn));
	if (a->apn)
		return a;
	free(a);
	return NULL;
}

void apns_free(struct apns *a)
{
	if (a)
		free(a->apn);
	free(a);
}

static uint16_t *list_of(struct apns *a, const uint8_t *apn, size_t len)
{
	uint32_t hash = UINT32_C(2166136261); /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ apn[i]) * UINT32_C(16777619);
	return &a->lists[hash % LISTS];
}

static void forget(struct apns *a, uint16_t number)
{
	struct apn *apn = &a->apn[number];
	uint16_t *at = list_of(a, apn->octets, apn->len);

	while (*at != number)
		at = &a->apn[*at].next;
	*at = apn->next;
	apn->is_there = false;
	apn->generation++;
}

/* Doubles the places, up to APNS_MAX. */
static void grow(struct apns *a)
{
	const uint16_t places = (uint16_t)(2 * a->places);
	struct apn *apn =
		places <= APNS_MAX ? realloc(a->apn, (places + (size_t)1) * sizeof(*apn)) : NULL;

	if (!apn)
		return;
	memset(&apn[a->places + 1], 0, (size_t)(places - a->places) * sizeof(*apn));
	a->apn = apn;
	a->places = places;
}

/* Returns a place that was never used, or the place of an APN without a session. 0: none. */
static uint16_t find_place(struct apns *a)
{
	if (a->highest == a->places)
		grow(a);
	if (a->highest < a->places)
		return ++a->highest;
	for (unsigned i = 0; i < a->places; i++) {
		a->hand = (uint16_t)(a->hand % a->places + 1);
		if (a->apn[a->hand].users > 0)
			continue;
		forget(a, a->hand);
		return a->hand;
	}
	return 0;
}

struct apn_ref apns_ref(const struct apns *a, uint16_t number)
{
	return (struct apn_ref){number, a->apn[number].generation};
}

struct apn_ref apns_note(struct apns *a, const uint8_t *octets, size_t len)
{
	uint16_t number, *list;

	if (len > APNS_OCTETS_MAX)
		return (struct apn_ref){0};
	list = list_of(a, octets, len);
	for (number = *list; number != 0; number = a->apn[number].next)
		if (a->apn[number].len == len &&
		    (len == 0 || memcmp(a->apn[number].octets, octets, len) == 0))
			return apns_ref(a, number);
	number = find_place(a);
	if (number == 0)
		return (struct apn_ref){0};
	if (len > 0)
		memcpy(a->apn[number].octets, octets, len);
	a->apn[number].len = (uint8_t)len;
	a->apn[number].is_there = true;
	a->apn[number].next = *list;
	*list = number;
	return apns_ref(a, number);
}

uint16_t apns_take(struct apns *a, struct apn_ref ref)
{
	struct apn *apn = &a->apn[ref.number <= a->places ? ref.number : 0];

	if (ref.number == 0 || !apn->is_there || apn->generation != ref.generation)
		return 0;
	apn->users++;
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
	return a->apn[number].octets;
}
