/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/gsns.h"

#include <rte_jhash.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_AT_FIRST 64

struct gsn {
	uint8_t address[GSN_ADDRESS_LEN];
	uint32_t users; /* 0: free */
	uint32_t next;	/* next place with the same hash, or next free place */
	uint32_t first; /* first GSN in the list of this hash; 0: none */
};

struct gsns {
	uint32_t places; /* a power of two; place 0 is no GSN's */
	uint32_t free_first;
	struct gsn *gsn;
};

static uint32_t *first_of(const struct gsns *g, const uint8_t *address)
{
	return &g->gsn[rte_jhash(address, GSN_ADDRESS_LEN, 0) & (g->places - 1)].first;
}

/* Puts number at the head of a list. */
static void put(struct gsns *g, uint32_t number, uint32_t *first)
{
	g->gsn[number].next = *first;
	*first = number;
}

/* Doubles the places when all are in use. A GSN's list depends on the number of places, so
 * all lists are made anew. */
static int grow(struct gsns *g)
{
	const uint32_t before = g->places;
	const uint32_t places = before > 0 ? 2 * before : PLACES_AT_FIRST;
	struct gsn *gsn = realloc(g->gsn, places * sizeof(*gsn));

	if (!gsn)
		return -1;
	g->gsn = gsn;
	g->places = places;
	memset(gsn + before, 0, (places - before) * sizeof(*gsn));
	for (uint32_t n = 0; n < before; n++)
		gsn[n].first = 0;
	for (uint32_t n = 1; n < before; n++)
		put(g, n, first_of(g, gsn[n].address));
	for (uint32_t n = places - 1; n >= before && n > 0; n--)
		put(g, n, &g->free_first);
	return 0;
}

struct gsns *gsns_new(void)
{
	struct gsns *g = calloc(1, sizeof(*g));

	if (g && grow(g) == 0)
		return g;
	free(g);
	return NULL;
}

void gsns_free(struct gsns *g)
{
	if (g)
		free(g->gsn);
	free(g);
}

uint32_t gsns_find(const struct gsns *g, const uint8_t address[GSN_ADDRESS_LEN])
{
	uint32_t n = *first_of(g, address);

	while (n != 0 && memcmp(g->gsn[n].address, address, GSN_ADDRESS_LEN) != 0)
		n = g->gsn[n].next;
	return n;
}

uint32_t gsns_take(struct gsns *g, const uint8_t address[GSN_ADDRESS_LEN])
{
	uint32_t n = gsns_find(g, address);

	if (n == 0) {
		if (g->free_first == 0 && grow(g) != 0)
			return 0;
		n = g->free_first;
		g->free_first = g->gsn[n].next;
		memcpy(g->gsn[n].address, address, GSN_ADDRESS_LEN);
		put(g, n, first_of(g, address));
	}
	g->gsn[n].users++;
	return n;
}

void gsns_give_back(struct gsns *g, uint32_t number)
{
	uint32_t *at;

	if (number == 0 || --g->gsn[number].users > 0)
		return;
	at = first_of(g, g->gsn[number].address);
	while (*at != number)
		at = &g->gsn[*at].next;
	*at = g->gsn[number].next;
	put(g, number, &g->free_first);
}

const uint8_t *gsns_address(const struct gsns *g, uint32_t number)
{
	return g->gsn[number].address;
}
