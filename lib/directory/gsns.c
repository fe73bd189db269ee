/* SPDX-License-Identifier: BSD-3-Clause */
#include "directory/gsns.h"

#include <rte_jhash.h>
#include <stdlib.h>
#include <string.h>

#include "directory/chain.h"

#define LISTS (GSNS_MAX / 2)
/* So many places become free before one is used again, unless all are in use. A reader that still
 * has the number of a freed one finds it unchanged. */
#define SPARE 256

struct gsn {
	uint64_t address[2];
	uint32_t users; /* 0: free */
	uint32_t next;	/* in its list; of a free place: next free one */
	uint32_t group;
};

struct gsns {
	uint32_t secret;
	uint32_t highest;
	uint32_t free_first, free_last, free_count; /* in the order in which they became free */
	uint32_t last_group;
	uint32_t lists[LISTS];
	struct gsn gsn[GSNS_MAX + 1]; /* [1..highest] */
};

struct gsns *gsns_new(uint32_t hash_secret)
{
	struct gsns *g = calloc(1, sizeof(*g));

	if (g)
		g->secret = hash_secret;
	return g;
}

void gsns_free(struct gsns *g)
{
	free(g);
}

static uint32_t list_of(const struct gsns *g, const void *address)
{
	return rte_jhash(address, GSN_ADDRESS_LEN, g->secret) % LISTS;
}

static bool has_address(const struct gsn *gsn, const uint64_t address[2])
{
	return CHAIN_READ(gsn->address[1]) == address[1] &&
	       CHAIN_READ(gsn->address[0]) == address[0];
}

uint32_t gsns_find(const struct gsns *g, const uint8_t octets[GSN_ADDRESS_LEN])
{
	const uint32_t list = list_of(g, octets);
	uint64_t address[2];
	uint32_t n;

	memcpy(address, octets, sizeof(address));
	do {
		n = chain_first(&g->lists[list], list);
		while (chain_is_entry(n) && !has_address(&g->gsn[n], address))
			n = CHAIN_ACQUIRE(g->gsn[n].next);
	} while (!chain_is_entry(n) && !chain_is_end(n, list));
	return chain_is_entry(n) ? n : 0;
}

/* 0: none is left. */
static uint32_t take_place(struct gsns *g)
{
	const uint32_t n = g->free_first;

	if (g->free_count < SPARE && g->highest < GSNS_MAX)
		return ++g->highest;
	if (n == 0)
		return 0;
	g->free_first = g->gsn[n].next;
	g->free_count--;
	return n;
}

static void free_place(struct gsns *g, uint32_t n)
{
	/* A reader may stand on it: then it ends nowhere, and begins again. */
	CHAIN_WRITE(g->gsn[n].next, 0);
	if (g->free_count++ > 0)
		CHAIN_WRITE(g->gsn[g->free_last].next, n);
	else
		g->free_first = n;
	g->free_last = n;
}

static uint32_t enter(struct gsns *g, const uint8_t *octets)
{
	const uint32_t list = list_of(g, octets), n = take_place(g);
	struct gsn *gsn = &g->gsn[n];
	uint64_t address[2];

	if (n == 0)
		return 0;
	memcpy(address, octets, sizeof(address));
	CHAIN_WRITE(gsn->group, 0);
	CHAIN_WRITE(gsn->address[0], address[0]);
	CHAIN_WRITE(gsn->address[1], address[1]);
	chain_put(&g->lists[list], &gsn->next, n, list);
	return n;
}

uint32_t gsns_take(struct gsns *g, const uint8_t address[GSN_ADDRESS_LEN])
{
	uint32_t n = gsns_find(g, address);

	if (n == 0)
		n = enter(g, address);
	if (n != 0)
		g->gsn[n].users++;
	return n;
}

void gsns_take_again(struct gsns *g, uint32_t number)
{
	if (number != 0)
		g->gsn[number].users++;
}

void gsns_give_back(struct gsns *g, uint32_t number)
{
	uint32_t list, *at;

	if (number == 0 || --g->gsn[number].users > 0)
		return;
	list = list_of(g, g->gsn[number].address);
	at = &g->lists[list];
	while (*at != number)
		at = &g->gsn[*at].next;
	CHAIN_WRITE(*at, g->gsn[number].next);
	free_place(g, number);
}

const uint8_t *gsns_address(const struct gsns *g, uint32_t number)
{
	return (const uint8_t *)g->gsn[number].address;
}

/* --- groups --- */

uint32_t gsns_group(const struct gsns *g, uint32_t number)
{
	return CHAIN_READ(g->gsn[number].group);
}

static void regroup(struct gsns *g, uint32_t from, uint32_t to)
{
	for (uint32_t n = 1; n <= g->highest; n++)
		if (g->gsn[n].group == from)
			CHAIN_WRITE(g->gsn[n].group, to);
}

void gsns_join(struct gsns *g, uint32_t a, uint32_t b)
{
	const uint32_t of_a = g->gsn[a].group, of_b = g->gsn[b].group;

	if (of_a != 0 && of_a == of_b)
		return;
	if (of_a != 0 && of_b != 0) {
		regroup(g, of_b, of_a);
	} else {
		const uint32_t group = of_a | of_b ? of_a | of_b : ++g->last_group;

		CHAIN_WRITE(g->gsn[a].group, group);
		CHAIN_WRITE(g->gsn[b].group, group);
	}
}
