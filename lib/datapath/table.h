/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table: from tunnel to flow, for one worker. Written and read by that worker alone. Made for a
 * million tunnels visited in random order: a bulk lookup touches one cache line of the table a packet,
 * fetched ahead, and the flow itself holds the key to compare with.
 */
#ifndef DATAPATH_TABLE_H
#define DATAPATH_TABLE_H

#include <rte_prefetch.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "datapath/flow.h"

#define TUNNEL_BUCKET 7

/* One cache line. An entry that finds its bucket full goes to one of the next; each bucket that it
 * passed on the way counts it, so that a search ends at the first bucket that nobody passed. */
struct tunnel_bucket {
	uint32_t hash[TUNNEL_BUCKET];
	uint32_t passed;
	uint32_t flow[TUNNEL_BUCKET]; /* number + 1; 0: empty */
	uint32_t unused;
} __rte_cache_aligned;

struct tunnel_table {
	uint32_t mask;
	uint32_t entries;
	uint32_t capacity;
	char *flows;
	size_t flow_size;
	struct tunnel_bucket *buckets;
};

/* For up to capacity tunnels; flows is the array that numbers point into. */
struct tunnel_table *tunnel_table_new(uint32_t capacity, int socket, char *flows, size_t flow_size);
void tunnel_table_free(struct tunnel_table *table);

/* The flow's tunnel must be set. 0, -EEXIST, or -ENOSPC. */
int tunnel_table_add(struct tunnel_table *table, uint32_t flow);
/* 0 or -ENOENT. */
int tunnel_table_remove(struct tunnel_table *table, uint32_t flow);

struct flow *tunnel_table_find(const struct tunnel_table *table, const struct tunnel *tunnel,
			       uint32_t hash);

static inline struct flow *tunnel_table_flow(const struct tunnel_table *table, uint32_t number)
{
	return (struct flow *)(table->flows + number * table->flow_size);
}

/* Bit i: entry i has that hash; it may be empty. */
static inline unsigned tunnel_table_matches(const struct tunnel_bucket *b, uint32_t hash)
{
#ifdef __SSE2__
	const __m128i wanted = _mm_set1_epi32((int)hash);
	const __m128i *h = (const __m128i *)b->hash;
	unsigned low = (unsigned)_mm_movemask_ps(
		_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_load_si128(h), wanted)));
	unsigned high = (unsigned)_mm_movemask_ps(
		_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_load_si128(h + 1), wanted)));

	return (low | high << 4) & ((1U << TUNNEL_BUCKET) - 1);
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < TUNNEL_BUCKET; i++)
		bits |= (b->hash[i] == hash) << i;
	return bits;
#endif
}

/* Fetches the line that tunnel_table_guess and tunnel_table_find read first. */
static inline void tunnel_table_prefetch(const struct tunnel_table *table, uint32_t hash)
{
	rte_prefetch0(&table->buckets[hash & table->mask]);
}

/* The flow that a tunnel of that hash most likely has, from the table alone: to fetch its lines. NULL:
 * none, or not in the first bucket. Only the flow's own tunnel says whether it is the one. */
static inline struct flow *tunnel_table_guess(const struct tunnel_table *table, uint32_t hash)
{
	const struct tunnel_bucket *b = &table->buckets[hash & table->mask];
	const unsigned bits = tunnel_table_matches(b, hash);
	const uint32_t number = bits ? b->flow[__builtin_ctz(bits)] : 0;

	return number ? tunnel_table_flow(table, number - 1) : NULL;
}

size_t tunnel_table_octets(const struct tunnel_table *table);

#endif
