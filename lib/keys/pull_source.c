/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys/pull_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A cookie consists of the generation, the number of the source, and the place. */
#define SOURCE_SHIFT 24
#define PLACE_MASK   ((UINT32_C(1) << SOURCE_SHIFT) - 1)

struct pull *pull_source_new_pull(struct pull_source *source,
				  const struct keysource_request *request, bool is_prefetch)
{
	struct pull *pull = calloc(1, sizeof(*pull));

	if (!pull)
		return NULL;
	pull->request = *request;
	pull->is_prefetch = is_prefetch;
	TAILQ_INIT(&pull->waiters);
	pull_source_queue(source, pull);
	return pull;
}

void pull_source_free_pull(struct pull *pull)
{
	wheel_cancel(&pull->timer);
	LIST_REMOVE(pull, list);
	free(pull->refusal);
	free(pull);
}

void pull_source_queue(struct pull_source *source, struct pull *pull)
{
	pull->source = source;
	pull->state = PULL_QUEUED;
	TAILQ_INSERT_TAIL(pull->is_prefetch ? &source->prefetches : &source->waiting, pull, queue);
}

static void free_place(struct pull_source *source, uint32_t place)
{
	source->places[place].pull = NULL;
	source->places[place].next_free = source->first_free;
	source->first_free = place;
}

int pull_source_add_places(struct pull_source *source, uint32_t count)
{
	struct pull_place *places;

	if (count <= source->places_count)
		return 0;
	places = realloc(source->places, count * sizeof(*places));
	if (!places)
		return -ENOMEM;
	source->places = places;
	for (; source->places_count < count; source->places_count++) {
		places[source->places_count].generation = 0;
		free_place(source, source->places_count);
	}
	return 0;
}

/* Prefetches get at most a quarter of the places, and only when no other pull waits. */
struct pull *pull_source_next(struct pull_source *source, uint32_t in_flight_max, uint64_t now_ms)
{
	struct pull_queue *queue = &source->waiting;
	struct pull *pull;

	if (source->in_flight >= in_flight_max || source->in_flight == source->places_count)
		return NULL;
	if (TAILQ_EMPTY(queue) && source->in_flight < (in_flight_max + 3) / 4)
		queue = &source->prefetches;
	pull = TAILQ_FIRST(queue);
	if (!pull || !pace_take(&source->pace, now_ms))
		return NULL;
	TAILQ_REMOVE(queue, pull, queue);
	pull->state = PULL_IN_FLIGHT;
	return pull;
}

bool pull_source_ask(struct pull_source *source, struct pull *pull, uint32_t timeout_ms,
		     uint64_t now_ms, struct keysource_answer *why)
{
	const uint32_t number = source->first_free;
	struct pull_place *place = &source->places[number];
	const uint64_t cookie =
		(uint64_t)place->generation << 32 | source->number << SOURCE_SHIFT | number;
	const int rc = keysource_ask(source->keysource, &pull->request, timeout_ms, cookie);

	if (rc != 0) {
		*why = (struct keysource_answer){.outcome = KEYSOURCE_UNREACHABLE};
		if (rc == -EHOSTUNREACH)
			keysource_why(source->keysource, why->detail, sizeof(why->detail));
		else
			snprintf(why->detail, sizeof(why->detail), "not asked: %s", strerror(-rc));
		return false;
	}
	place->pull = pull;
	place->sent_ms = now_ms;
	source->first_free = place->next_free;
	source->in_flight++;
	if (pull->is_prefetch)
		source->counters.prefetch_sent++;
	else
		source->counters.sent++;
	return true;
}

struct pull *pull_source_take(struct pull_source *source, const struct keysource_answer *answer,
			      uint64_t now_ms, uint64_t *sent_ms)
{
	const uint32_t number = (uint32_t)answer->cookie & PLACE_MASK;
	struct pull_place *place = number < source->places_count ? &source->places[number] : NULL;
	struct pull *pull;

	if (!place || !place->pull || place->generation != answer->cookie >> 32)
		return NULL;
	pull = place->pull;
	*sent_ms = place->sent_ms;
	place->generation++;
	free_place(source, number);
	source->in_flight--;
	/* A time-out or a lost connection does not show whether the source is too busy. */
	if (answer->outcome != KEYSOURCE_TIMEOUT && answer->outcome != KEYSOURCE_UNREACHABLE)
		source->counters.slowed +=
			pace_note(&source->pace, now_ms, answer->outcome == KEYSOURCE_BUSY);
	return pull;
}

unsigned pull_answering_source(const struct keysource_answer *answer)
{
	return (uint32_t)answer->cookie >> SOURCE_SHIFT;
}
