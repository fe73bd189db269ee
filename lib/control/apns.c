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
	uint16_t generation;
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

struct apn_ref apns_note(struct apns *a, const uint8_t *octets, size_t len)
{
	struct apn_list *list;
	struct apn *apn;
	uint16_t number;

	if (len > APNS_OCTETS_MAX)
		return (struct apn_ref){0};
	list = &a->lists[crc32c(0, octets, len) % LISTS];
	LIST_FOREACH (apn, list, same_hash)
		if (apn->len == len && (len == 0 || memcmp(apn->octets, octets, len) == 0))
			return apns_ref(a, (uint16_t)(apn - a->apn));
	number = find_place(a);
	if (number == 0)
		return (struct apn_ref){0};
	apn = &a->apn[number];
	if (len > 0)
		memcpy(apn->octets, octets, len);
	apn->len = (uint8_t)len;
	LIST_INSERT_HEAD(list, apn, same_hash);
	return apns_ref(a, number);
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
	return a->apn[number].octets;
}
