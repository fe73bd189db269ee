/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clusters: which Diameter identities form one HSE (e2m.md 2). The nodes of an HSE share their
 * COUNTs, so a keyset released to one node was released to all. An identity in no cluster is an HSE
 * by itself. Identities are compared without regard to case.
 */
#ifndef HSS_CLUSTERS_H
#define HSS_CLUSTERS_H

#include "config/config.h"

struct cluster_config {
	char **nodes;
	size_t nodes_count;
};

/* One item of the list, for a CONFIG_LIST field. */
extern const struct config_field cluster_item;

/* Checks that no identity is in two clusters. Reports at path of file. */
bool clusters_check(const struct cluster_config *list, size_t count, const struct config_file *file,
		    const char *path, FILE *errors);

struct clusters;

/* Copies list. NULL: no memory. */
struct clusters *clusters_new(const struct cluster_config *list, size_t count);
void clusters_free(struct clusters *clusters);

bool clusters_is_one_hse(const struct clusters *clusters, const char *a, const char *b);
/* Converts an identity to a number, and tells whether such a number and an identity belong to the
 * same HSE. */
uint64_t clusters_hash(const char *identity);
bool clusters_is_hash_of(const struct clusters *clusters, uint64_t hash, const char *identity);

#endif
