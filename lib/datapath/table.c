/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/table.h"
#include "datapath/tunnel_hash.h"

#include <errno.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

struct tunnel_table *tunnel_table_new(uint32_t capacity, int socket, char *flows, size_t flow_size)
{
	struct tunnel_table *table = rte_zmalloc_socket("tunnel_table", sizeof(*table), 0, socket);
	uint32_t buckets = rte_align32pow2(capacity / (TUNNEL_BUCKET / 2) + 1);

	if (!table)
		return NULL;
	table->buckets =
		rte_zmalloc_socket("tunnel_buckets", buckets * sizeof(struct tunnel_bucket),
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

struct flow *tunnel_table_find(const struct tunnel_table *table, const struct tunnel *tunnel,
			       uint32_t hash)
{
	for (uint32_t passed = 0; passed <= table->mask; passed++) {
		const struct tunnel_bucket *b = &table->buckets[(hash + passed) & table->mask];

		for (unsigned bits = tunnel_table_matches(b, hash); bits; bits &= bits - 1) {
			uint32_t number = b->flow[__builtin_ctz(bits)];
			if (number == 0)
				continue;
			struct flow *flow = tunnel_table_flow(table, number - 1);
			if (tunnel_is_equal(&flow->tunnel, tunnel))
				return flow;
		}
		if (b->passed == 0)
			return NULL;
	}
	/* Entries that have gone since can have left every bucket passed. */
	return NULL;
}

int tunnel_table_add(struct tunnel_table *table, uint32_t number)
{
	const struct tunnel *tunnel = &tunnel_table_flow(table, number)->tunnel;
	uint32_t hash = tunnel_hash(tunnel);

	if (tunnel_table_find(table, tunnel, hash))
		return -EEXIST;
	if (table->entries == table->capacity)
		return -ENOSPC;
	for (uint32_t at = hash;; at++) {
		struct tunnel_bucket *b = &table->buckets[at & table->mask];

		for (unsigned i = 0; i < TUNNEL_BUCKET; i++) {
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
	uint32_t hash = tunnel_hash(&tunnel_table_flow(table, number)->tunnel);

	for (uint32_t at = hash; at - hash <= table->mask; at++) {
		struct tunnel_bucket *b = &table->buckets[at & table->mask];

		for (unsigned i = 0; i < TUNNEL_BUCKET; i++) {
			if (b->flow[i] != number + 1)
				continue;
			b->flow[i] = 0;
			table->entries--;
			for (uint32_t back = hash; back != at; back++)
				table->buckets[back & table->mask].passed--;
			return 0;
		}
		if (b->passed == 0)
			break;
	}
	return -ENOENT;
}

size_t tunnel_table_octets(const struct tunnel_table *table)
{
	return sizeof(*table) + ((size_t)table->mask + 1) * sizeof(struct tunnel_bucket);
}
