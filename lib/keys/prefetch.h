/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prefetch: pulls from sources that are told early of keysets that another source gave (pull.h). pull.c
 * decides which source is told, and sends. Control thread only.
 */
#ifndef KEYS_PREFETCH_H
#define KEYS_PREFETCH_H

#include "keys/pull_source.h"

/* Zeroed memory: none. */
struct prefetches {
	struct pull_list all; /* of all sources */
	uint32_t count;
};

/* Counted as dropped if there is no room or no memory. */
void prefetch_add(struct prefetches *prefetches, struct pull_source *source,
		  const struct keysource_request *request, uint64_t now_ms);
/* Takes the answer to a prefetch that was in flight. Returns true if it is to be tried again later;
 * otherwise it is freed. */
bool prefetch_conclude(struct prefetches *prefetches, struct pull *prefetch,
		       enum keysource_outcome outcome, uint64_t now_ms);
void prefetch_free_all(struct prefetches *prefetches);

#endif
