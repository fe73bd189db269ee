/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys/prefetch.h"

/* The limit for all sources together. At the limit, a new prefetch replaces the oldest that waits for the same
 * source. */
#define PREFETCHES_MAX 65536
/* After this time the HSS has forgotten the keyset (e2m.md 2), so the source cannot get the keyset. */
#define GIVE_UP_MS 300000

static void end(struct prefetches *p, struct pull *prefetch)
{
	p->count--;
	pull_source_free_pull(prefetch);
}

void prefetch_free_all(struct prefetches *p)
{
	while (!LIST_EMPTY(&p->all))
		end(p, LIST_FIRST(&p->all));
}

void prefetch_add(struct prefetches *p, struct pull_source *source,
		  const struct keysource_request *request, uint64_t now_ms)
{
	struct pull *oldest = TAILQ_FIRST(&source->prefetches), *prefetch = NULL;

	if (p->count == PREFETCHES_MAX && oldest) {
		TAILQ_REMOVE(&source->prefetches, oldest, queue);
		source->counters.prefetch_dropped++;
		end(p, oldest);
	}
	if (p->count < PREFETCHES_MAX)
		prefetch = pull_source_new_pull(source, request, true);
	if (!prefetch) {
		source->counters.prefetch_dropped++;
		return;
	}
	prefetch->started_ms = now_ms;
	LIST_INSERT_HEAD(&p->all, prefetch, list);
	p->count++;
}

bool prefetch_conclude(struct prefetches *p, struct pull *prefetch, enum keysource_outcome outcome,
		       uint64_t now_ms)
{
	struct pull_source_counters *counters = &prefetch->source->counters;

	switch (outcome) {
	case KEYSOURCE_FOUND:
		counters->prefetch_found++;
		break;
	case KEYSOURCE_USER_UNKNOWN:
	case KEYSOURCE_NOT_AVAILABLE:
	case KEYSOURCE_NOT_AUTHORIZED:
		counters->prefetch_refused++;
		break;
	default:
		if (now_ms - prefetch->started_ms < GIVE_UP_MS)
			return true;
		counters->prefetch_dropped++;
	}
	end(p, prefetch);
	return false;
}
