/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * prefetch: background pulls of a keyset that another source has just given (pull.h). Only pull.c calls these
 * functions, in the control thread. pull.c decides which source gets a prefetch, and sends the prefetch.
 */
#ifndef KEYS_PREFETCH_H
#define KEYS_PREFETCH_H

#include "keys/pull_source.h"

/* Zeroed memory has no prefetches. */
struct prefetches {
	struct pull_list all; /* prefetches of all sources */
	uint32_t count;
};

/* Adds a prefetch for source, or counts one as dropped if there is no room or no memory. */
void prefetch_add(struct prefetches *prefetches, struct pull_source *source,
		  const struct keysource_request *request, uint64_t now_ms);
/* Takes the outcome of a prefetch. Returns true if the caller must try the prefetch again later.
 * Otherwise the prefetch is freed. */
bool prefetch_conclude(struct prefetches *prefetches, struct pull *prefetch,
		       enum keysource_outcome outcome, uint64_t now_ms);
void prefetch_free_all(struct prefetches *prefetches);

#endif
