/* SPDX-License-Identifier: BSD-3-Clause */
/* prefetch: sources that are told early of keysets that another gave (pull.h). */
#include "base/container.h"
#include "keys/pull_inside.h"

/* Of all sources; beyond, the one that has waited longest is dropped. */
#define PREFETCHES_MAX 65536
/* The HSS has forgotten the keyset by then (e2m.md 2): there is nothing left to get. */
#define GIVE_UP_MS 300000

static void end(struct pull_manager *m, struct pull *prefetch)
{
	m->prefetches_count--;
	pull_free(prefetch);
}

void prefetch_free_all(struct pull_manager *m)
{
	while (!LIST_EMPTY(&m->prefetches))
		end(m, LIST_FIRST(&m->prefetches));
}

static void drop(struct pull_manager *m, struct pull *prefetch)
{
	m->sources[prefetch->source].counters.prefetch_dropped++;
	end(m, prefetch);
}

/* False: those that are there are all on their way. */
static bool make_room(struct pull_manager *m, struct pull_source *source)
{
	struct pull *oldest = TAILQ_FIRST(&source->prefetches);

	if (m->prefetches_count < PREFETCHES_MAX)
		return true;
	if (!oldest)
		return false;
	TAILQ_REMOVE(&source->prefetches, oldest, queue);
	drop(m, oldest);
	return true;
}

static void add(struct pull_manager *m, const struct keysource_request *request, unsigned number)
{
	struct pull_source *source = &m->sources[number];
	struct pull *prefetch = make_room(m, source) ? pull_new(m, request) : NULL;

	if (!prefetch) {
		source->counters.prefetch_dropped++;
		return;
	}
	prefetch->is_prefetch = true;
	prefetch->source = (uint8_t)number;
	prefetch->started_ms = wheel_now(m->wheel);
	LIST_INSERT_HEAD(&m->prefetches, prefetch, same_hash);
	m->prefetches_count++;
	TAILQ_INSERT_TAIL(&source->prefetches, prefetch, queue);
}

void prefetch_tell(struct pull_manager *m, const struct keysource_request *request, unsigned source,
		   const struct keysource_answer *answer, bool is_first)
{
	/* If the source is told early, the other such sources were told already, or cannot get the
	 * keyset any more. */
	const bool is_for_all = !m->sources[source].is_told_early;

	for (unsigned i = 0; i < m->sources_count; i++)
		if (i != source &&
		    ((is_for_all && m->sources[i].is_told_early) ||
		     (is_first && m->observer.is_waited_for(m->observer.arg, request, answer, i))))
			add(m, request, i);
}

static void try_again(struct wheel_timer *timer, void *arg)
{
	struct pull *prefetch = container_of(timer, struct pull, timer);
	struct pull_manager *m = prefetch->manager;

	(void)arg;
	prefetch->state = PULL_QUEUED;
	TAILQ_INSERT_TAIL(&m->sources[prefetch->source].prefetches, prefetch, queue);
}

void prefetch_conclude(struct pull_manager *m, struct pull *prefetch,
		       const struct keysource_answer *answer)
{
	struct pull_source *source = &m->sources[prefetch->source];

	switch (answer->outcome) {
	case KEYSOURCE_FOUND:
		source->counters.prefetch_found++;
		end(m, prefetch);
		return;
	case KEYSOURCE_USER_UNKNOWN:
	case KEYSOURCE_NOT_AVAILABLE:
	case KEYSOURCE_NOT_AUTHORIZED:
		source->counters.prefetch_refused++;
		end(m, prefetch);
		return;
	default:
		break;
	}
	if (wheel_now(m->wheel) - prefetch->started_ms >= GIVE_UP_MS) {
		drop(m, prefetch);
		return;
	}
	prefetch->state = PULL_BACKOFF;
	wheel_set(m->wheel, &prefetch->timer, pull_next_backoff(m, prefetch), try_again);
}
