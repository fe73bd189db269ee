/* SPDX-License-Identifier: BSD-3-Clause */
/* pull_source: the places in flight of each source, and the order in which pulls get them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/pull_inside.h"

#define PREFETCHES_A_ROUND 64

/* A cookie is generation, source and place. */
#define SOURCE_SHIFT 24
#define PLACE_MASK   ((UINT32_C(1) << SOURCE_SHIFT) - 1)

int pull_manager_add_source(struct pull_manager *m, struct keysource *keysource, const char *name,
			    bool prefetch)
{
	const uint32_t places = m->config.in_flight_max;
	struct pull_source *source = &m->sources[m->sources_count];

	if (m->sources_count == PULL_SOURCES_MAX)
		return -ENOSPC;
	source->places = calloc(places, sizeof(*source->places));
	source->free_places = calloc(places, sizeof(*source->free_places));
	if (!source->places || !source->free_places) {
		free(source->places);
		free(source->free_places);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < places; i++)
		source->free_places[source->free_count++] = places - 1 - i;
	source->keysource = keysource;
	source->name = name;
	source->is_told_early = prefetch;
	TAILQ_INIT(&source->waiting);
	TAILQ_INIT(&source->prefetches);
	m->sources_count++;
	return 0;
}

/* --- sending --- */

static uint64_t take_place(struct pull_manager *m, struct pull *pull)
{
	struct pull_source *source = &m->sources[pull->source];
	uint32_t place = source->free_places[--source->free_count];

	source->places[place].pull = pull;
	pull->place = place;
	return (uint64_t)source->places[place].generation << 32 |
	       (uint32_t)pull->source << SOURCE_SHIFT | place;
}

static void give_place_back(struct pull_source *source, uint32_t place)
{
	source->places[place].pull = NULL;
	source->places[place].generation++;
	source->free_places[source->free_count++] = place;
}

static void conclude(struct pull_manager *m, struct pull *pull,
		     const struct keysource_answer *answer)
{
	if (pull->is_prefetch)
		prefetch_conclude(m, pull, answer);
	else
		pull_conclude(m, pull, answer);
}

static void send(struct pull_manager *m, struct pull *pull)
{
	struct pull_source *source = &m->sources[pull->source];
	struct keysource_answer none = {.outcome = KEYSOURCE_UNREACHABLE};
	uint64_t cookie = take_place(m, pull);
	int rc;

	pull->state = PULL_IN_FLIGHT;
	rc = keysource_ask(source->keysource, &pull->request, m->config.timeout_ms, cookie);
	if (rc == 0) {
		m->counters.sent += !pull->is_prefetch;
		source->counters.sent += !pull->is_prefetch;
		source->counters.prefetch_sent += pull->is_prefetch;
		return;
	}
	snprintf(none.detail, sizeof(none.detail), "not asked: %s", strerror(-rc));
	give_place_back(source, pull->place);
	conclude(m, pull, &none);
}

/* Prefetches have a quarter of the places, and go when nobody else waits. */
static struct pull *next(const struct pull_manager *m, const struct pull_source *source)
{
	struct pull *pull = TAILQ_FIRST(&source->waiting);

	if (source->free_count == 0 || pull)
		return source->free_count > 0 ? pull : NULL;
	if (source->free_count <= m->config.in_flight_max - (m->config.in_flight_max + 3) / 4)
		return NULL;
	return TAILQ_FIRST(&source->prefetches);
}

void pull_source_send(struct pull_manager *m, unsigned number)
{
	struct pull_source *source = &m->sources[number];
	int prefetches = 0;
	struct pull *pull;

	while (prefetches < PREFETCHES_A_ROUND && (pull = next(m, source)) != NULL &&
	       pace_take(&source->pace, wheel_now(m->wheel))) {
		TAILQ_REMOVE(pull->is_prefetch ? &source->prefetches : &source->waiting, pull,
			     queue);
		prefetches += pull->is_prefetch;
		send(m, pull);
	}
}

/* --- answers --- */

/* Whether the source bears what it is sent; a time-out does not say. */
static void note_pace(struct pull_manager *m, struct pull_source *source,
		      enum keysource_outcome outcome)
{
	if (outcome == KEYSOURCE_TIMEOUT || outcome == KEYSOURCE_UNREACHABLE)
		return;
	source->counters.slowed +=
		pace_note(&source->pace, wheel_now(m->wheel), outcome == KEYSOURCE_BUSY);
}

void pull_take_answer(struct pull_manager *m, struct keysource_answer *answer)
{
	const uint32_t number = (uint32_t)answer->cookie >> SOURCE_SHIFT;
	const uint32_t place = (uint32_t)answer->cookie & PLACE_MASK;
	struct pull_source *source = &m->sources[number < PULL_SOURCES_MAX ? number : 0];
	struct pull *pull = NULL;

	if (number < m->sources_count && place < m->config.in_flight_max &&
	    source->places[place].generation == (uint32_t)(answer->cookie >> 32))
		pull = source->places[place].pull;
	if (pull) {
		give_place_back(source, place);
		note_pace(m, source, answer->outcome);
		conclude(m, pull, answer);
	}
	e2m_keyset_wipe(&answer->keyset);
}

/* --- for people --- */

uint32_t pull_in_flight(const struct pull_manager *m)
{
	uint32_t in_flight = 0;

	for (unsigned i = 0; i < m->sources_count; i++)
		in_flight += m->config.in_flight_max - m->sources[i].free_count;
	return in_flight;
}

unsigned pull_sources(const struct pull_manager *m)
{
	return m->sources_count;
}

const char *pull_source_name(const struct pull_manager *m, unsigned source)
{
	return m->sources[source].name;
}

const struct pull_source_counters *pull_source_counters(const struct pull_manager *m,
							unsigned source)
{
	return &m->sources[source].counters;
}

uint32_t pull_source_pace(const struct pull_manager *m, unsigned source)
{
	return m->sources[source].pace.rate;
}
