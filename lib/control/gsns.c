/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/gsns.h"

#include <rte_hash_crc.h>
#include <stdlib.h>
#include <string.h>

#define PLACES_AT_FIRST 64

struct gsn {
	uint8_t address[GSN_ADDRESS_LEN];
	uint32_t users; /* 0: free */
	uint32_t next;	/* of the same hash, or that is free */
	struct gsn_restarts restarts[2];
};

struct gsns {
	uint32_t places; /* power of two; the one of number 0 stays empty */
	uint32_t free_first;
	struct gsn *gsn;
	uint32_t *heads; /* by hash, as many as places */
};

static uint32_t *head_of(const struct gsns *g, const uint8_t *address)
{
	uint64_t halves[2];

	memcpy(halves, address, sizeof(halves));
	return &g->heads[rte_hash_crc_8byte(halves[1], rte_hash_crc_8byte(halves[0], 0)) &
			 (g->places - 1)];
}

/* Makes the places from first on free. */
static void add_free(struct gsns *g, uint32_t first)
{
	for (uint32_t n = g->places - 1; n >= first && n > 0; n--) {
		g->gsn[n] = (struct gsn){.next = g->free_first};
		g->free_first = n;
	}
}

struct gsns *gsns_new(void)
{
	struct gsns *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->places = PLACES_AT_FIRST;
	g->gsn = calloc(g->places, sizeof(*g->gsn));
	g->heads = calloc(g->places, sizeof(*g->heads));
	if (!g->gsn || !g->heads) {
		gsns_free(g);
		return NULL;
	}
	add_free(g, 1);
	return g;
}

void gsns_free(struct gsns *g)
{
	if (!g)
		return;
	free(g->gsn);
	free(g->heads);
	free(g);
}

/* Twice the places, once all are in use. */
static int grow(struct gsns *g)
{
	const uint32_t before = g->places;
	uint32_t *heads = calloc(2 * (size_t)before, sizeof(*heads));
	struct gsn *gsn = heads ? realloc(g->gsn, 2 * (size_t)before * sizeof(*gsn)) : NULL;

	if (!gsn) {
		free(heads);
		return -1;
	}
	free(g->heads);
	g->heads = heads;
	g->gsn = gsn;
	g->places = 2 * before;
	for (uint32_t n = 1; n < before; n++) {
		uint32_t *head = head_of(g, gsn[n].address);
		gsn[n].next = *head;
		*head = n;
	}
	add_free(g, before);
	return 0;
}

uint32_t gsns_find(const struct gsns *g, const uint8_t address[GSN_ADDRESS_LEN])
{
	uint32_t n = *head_of(g, address);

	while (n != 0 && memcmp(g->gsn[n].address, address, GSN_ADDRESS_LEN) != 0)
		n = g->gsn[n].next;
	return n;
}

uint32_t gsns_take(struct gsns *g, const uint8_t address[GSN_ADDRESS_LEN])
{
	uint32_t n = gsns_find(g, address);
	uint32_t *head;

	if (n == 0) {
		if (g->free_first == 0 && grow(g) != 0)
			return 0;
		n = g->free_first;
		g->free_first = g->gsn[n].next;
		memcpy(g->gsn[n].address, address, GSN_ADDRESS_LEN);
		head = head_of(g, address);
		g->gsn[n].next = *head;
		*head = n;
	}
	g->gsn[n].users++;
	return n;
}

void gsns_give_back(struct gsns *g, uint32_t number)
{
	uint32_t *at;

	if (number == 0 || --g->gsn[number].users > 0)
		return;
	at = head_of(g, g->gsn[number].address);
	while (*at != number)
		at = &g->gsn[*at].next;
	*at = g->gsn[number].next;
	g->gsn[number] = (struct gsn){.next = g->free_first};
	g->free_first = number;
}

const uint8_t *gsns_address(const struct gsns *g, uint32_t number)
{
	return g->gsn[number].address;
}

struct gsn_restarts *gsns_restarts(struct gsns *g, uint32_t number, unsigned side)
{
	return &g->gsn[number].restarts[side];
}

uint32_t gsns_highest(const struct gsns *g)
{
	return g->places - 1;
}
