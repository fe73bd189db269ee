/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/table.h"

#include <errno.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#define BUCKET_ENTRIES 7

/* One cache line. An entry that finds its bucket full goes to one of the next; each bucket that it
 * passed on the way counts it, so that a search ends at the first bucket that nobody passed. */
struct bucket {
	uint32_t hash[BUCKET_ENTRIES];
	uint32_t flow[BUCKET_ENTRIES]; /* number + 1; 0: empty */
	uint32_t passed;
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

struct flow *tunnel_table_find(const struct tunnel_table *table, const struct tunnel *tunnel,
			       uint32_t hash)
{
	for (uint32_t at = hash;; at++) {
		const struct bucket *b = &table->buckets[at & table->mask];

		for (unsigned i = 0; i < BUCKET_ENTRIES; i++) {
			if (b->hash[i] != hash || b->flow[i] == 0)
				continue;
			struct flow *flow = flow_at(table, b->flow[i] - 1);
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

void tunnel_table_prefetch_flow(const struct tunnel_table *table, uint32_t hash)
{
	const struct bucket *b = &table->buckets[hash & table->mask];

	for (unsigned i = 0; i < BUCKET_ENTRIES; i++)
		if (b->hash[i] == hash && b->flow[i] != 0)
			rte_prefetch0(flow_at(table, b->flow[i] - 1));
}

size_t tunnel_table_octets(const struct tunnel_table *table)
{
	return sizeof(*table) + ((size_t)table->mask + 1) * sizeof(struct bucket);
}
