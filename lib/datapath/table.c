/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/table.h"

#include <errno.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BUCKET_ENTRIES 7

/* One cache line. An entry that finds its bucket full goes to one of the next; each bucket that it
 * passed on the way counts it, so that a search ends at the first bucket that nobody passed. */
struct bucket {
	uint32_t hash[BUCKET_ENTRIES];
	uint32_t passed;
	uint32_t flow[BUCKET_ENTRIES]; /* number + 1; 0: empty */
	uint32_t unused;
} __rte_cache_aligned;

struct tunnel_table {
	uint32_t mask;
	uint32_t entries;
	uint32_t capacity;
	char *flows;
	size_t flow_size;
	struct bucket *buckets;
};

struct tunnel_table *tunnel_table_new(uint32_t capacity, int socket, char *flows, size_t flow_size)
{
	struct tunnel_table *table = rte_zmalloc_socket("tunnel_table", sizeof(*table), 0, socket);
	uint32_t buckets = rte_align32pow2(capacity / (BUCKET_ENTRIES / 2) + 1);

	if (!table)
		return NULL;
	table->buckets = rte_zmalloc_socket("tunnel_buckets", buckets * sizeof(struct bucket),
					    RTE_CACHE_LINE_SIZE, socket);
	if (!table->buckets) {
		rte_free(table);
		return NULL;
	}
	table->mask = buckets - 1;
	table->capacity = capacity;
	table->flows = flows;
	table->flow_size = flow_size;
	return table;
}

void tunnel_table_free(struct tunnel_table *table)
{
	if (!table)
		return;
	rte_free(table->buckets);
	rte_free(table);
}

static struct flow *flow_at(const struct tunnel_table *table, uint32_t number)
{
	return (struct flow *)(table->flows + number * table->flow_size);
}

/* Bit i: entry i has that hash; it may be empty. */
static inline unsigned matches(const struct bucket *b, uint32_t hash)
{
#ifdef __SSE2__
	const __m128i wanted = _mm_set1_epi32((int)hash);
	const __m128i *h = (const __m128i *)b->hash;
	unsigned low = (unsigned)_mm_movemask_ps(
		_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_load_si128(h), wanted)));
	unsigned high = (unsigned)_mm_movemask_ps(
		_mm_castsi128_ps(_mm_cmpeq_epi32(_mm_load_si128(h + 1), wanted)));

	return (low | high << 4) & ((1U << BUCKET_ENTRIES) - 1);
#else
	unsigned bits = 0;

	for (unsigned i = 0; i < BUCKET_ENTRIES; i++)
		bits |= (b->hash[i] == hash) << i;
	return bits;
#endif
}

struct flow *tunnel_table_find(const struct tunnel_table *table, const struct tunnel *tunnel,
			       uint32_t hash)
{
	for (uint32_t at = hash;; at++) {
		const struct bucket *b = &table->buckets[at & table->mask];

		for (unsigned bits = matches(b, hash); bits; bits &= bits - 1) {
			uint32_t number = b->flow[__builtin_ctz(bits)];
			if (number == 0)
				continue;
			struct flow *flow = flow_at(table, number - 1);
			if (tunnel_is_equal(&flow->tunnel, tunnel))
				return flow;
		}
		if (b->passed == 0)
			return NULL;
	}
}

int tunnel_table_add(struct tunnel_table *table, uint32_t number)
{
	const struct tunnel *tunnel = &flow_at(table, number)->tunnel;
	uint32_t hash = tunnel_hash(tunnel);

	if (tunnel_table_find(table, tunnel, hash))
		return -EEXIST;
	if (table->entries == table->capacity)
		return -ENOSPC;
	for (uint32_t at = hash;; at++) {
		struct bucket *b = &table->buckets[at & table->mask];

		for (unsigned i = 0; i < BUCKET_ENTRIES; i++) {
			if (b->flow[i] != 0)
				continue;
			b->hash[i] = hash;
			b->flow[i] = number + 1;
			table->entries++;
			return 0;
		}
		b->passed++;
	}
}

int tunnel_table_remove(struct tunnel_table *table, uint32_t number)
{
	uint32_t hash = tunnel_hash(&flow_at(table, number)->tunnel);

	for (uint32_t at = hash;; at++) {
		struct bucket *b = &table->buckets[at & table->mask];

		for (unsigned i = 0; i < BUCKET_ENTRIES; i++) {
			if (b->flow[i] != number + 1)
				continue;
			b->flow[i] = 0;
			table->entries--;
			for (uint32_t back = hash; back != at; back++)
				table->buckets[back & table->mask].passed--;
			return 0;
		}
		if (b->passed == 0)
			return -ENOENT;
	}
}

void tunnel_table_prefetch(const struct tunnel_table *table, uint32_t hash)
{
	rte_prefetch0(&table->buckets[hash & table->mask]);
}

struct flow *tunnel_table_guess(const struct tunnel_table *table, uint32_t hash)
{
	const struct bucket *b = &table->buckets[hash & table->mask];
	const unsigned bits = matches(b, hash);
	const uint32_t number = bits ? b->flow[__builtin_ctz(bits)] : 0;

	return number ? flow_at(table, number - 1) : NULL;
}

size_t tunnel_table_octets(const struct tunnel_table *table)
{
	return sizeof(*table) + ((size_t)table->mask + 1) * sizeof(struct bucket);
}
