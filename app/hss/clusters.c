/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/clusters.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct config_field node_item = {.kind = CONFIG_STRING, .size = sizeof(char *)};

static const struct config_field cluster_fields[] = {
	{.name = "nodes",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct cluster_config, nodes),
	 .required = true,
	 .min = 1,
	 .max = 64,
	 .item = &node_item,
	 .count_offset = offsetof(struct cluster_config, nodes_count)},
	{0},
};

const struct config_field cluster_item = {
	.kind = CONFIG_STRUCT, .size = sizeof(struct cluster_config), .fields = cluster_fields};

struct clusters {
	struct cluster_config *list;
	size_t count;
};

/* The index of the cluster with identity among the first count of list; count: none. */
static size_t find(const struct cluster_config *list, size_t count, const char *identity)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < list[i].nodes_count; j++)
			if (!strcasecmp(list[i].nodes[j], identity))
				return i;
	return count;
}

bool clusters_check(const struct cluster_config *list, size_t count, const struct config_file *file,
		    const char *path, FILE *errors)
{
	bool ok = true;
	char place[96];

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < list[i].nodes_count; j++) {
			const size_t other = find(list, i, list[i].nodes[j]);

			if (other == i)
				continue;
			snprintf(place, sizeof(place), "%s[%zu].nodes[%zu]", path, i, j);
			config_error(file, errors, place, "'%s' is of %s[%zu] already",
				     list[i].nodes[j], path, other);
			ok = false;
		}
	return ok;
}

static bool copy(struct cluster_config *to, const struct cluster_config *from)
{
	to->nodes = calloc(from->nodes_count, sizeof(*to->nodes));
	if (!to->nodes)
		return false;
	to->nodes_count = from->nodes_count;
	for (size_t i = 0; i < from->nodes_count; i++)
		if (!(to->nodes[i] = strdup(from->nodes[i])))
			return false;
	return true;
}

struct clusters *clusters_new(const struct cluster_config *list, size_t count)
{
	struct clusters *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->list = calloc(count + 1, sizeof(*c->list));
	c->count = c->list ? count : 0;
	for (size_t i = 0; i < c->count; i++)
		if (!copy(&c->list[i], &list[i])) {
			clusters_free(c);
			return NULL;
		}
	return c;
}

void clusters_free(struct clusters *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		for (size_t j = 0; j < c->list[i].nodes_count; j++)
			free(c->list[i].nodes[j]);
		free(c->list[i].nodes);
	}
	free(c->list);
	free(c);
}

bool clusters_is_one_hse(const struct clusters *c, const char *a, const char *b)
{
	const size_t cluster = c ? find(c->list, c->count, a) : 0;

	return !strcasecmp(a, b) || (c && cluster < c->count && find(&c->list[cluster], 1, b) == 0);
}

/* FNV-1a. */
uint64_t clusters_hash(const char *identity)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *identity; identity++)
		hash = (hash ^ (uint8_t)tolower((uint8_t)*identity)) * UINT64_C(1099511628211);
	return hash;
}

bool clusters_is_hash_of(const struct clusters *c, uint64_t hash, const char *identity)
{
	const size_t cluster = c ? find(c->list, c->count, identity) : 0;

	if (hash == clusters_hash(identity))
		return true;
	for (size_t i = 0; c && cluster < c->count && i < c->list[cluster].nodes_count; i++)
		if (hash == clusters_hash(c->list[cluster].nodes[i]))
			return true;
	return false;
}
