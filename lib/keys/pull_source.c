/* SPDX-License-Identifier: BSD-3-Clause */
/* pull_source: the places in flight of each source, and the order in which pulls get them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys/pull_inside.h"

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
	source->places_count = places;
	m->order[m->sources_count] = (uint8_t)m->sources_count;
	source->keysource = keysource;
	source->name = name;
	source->is_told_early = prefetch;
	TAILQ_INIT(&source->waiting);
	TAILQ_INIT(&source->prefetches);
	m->sources_count++;
	return 0;
}

/* --- another configuration --- */

uint8_t pull_source_after(const struct pull_manager *m, uint8_t source)
{
	for (unsigned i = 0; i + 1 < m->sources_count; i++)
		if (m->order[i] == source)
			return m->order[i + 1];
	return PULL_SOURCES_MAX;
}

/* Pulls in flight keep their places. Without memory the number of places is unchanged. */
static void add_places(struct pull_source *source, uint32_t count)
{
	struct pull_place *places = realloc(source->places, count * sizeof(*places));
	uint32_t *numbers;

	if (!places)
		return;
	source->places = places;
	numbers = realloc(source->free_places, count * sizeof(*numbers));
	if (!numbers)
		return;
	source->free_places = numbers;
	for (; source->places_count < count; source->places_count++) {
		places[source->places_count] = (struct pull_place){0};
		numbers[source->free_count++] = source->places_count;
	}
}

void pull_manager_configure(struct pull_manager *m, const struct pull_config *config)
{
	m->config = *config;
	for (unsigned i = 0; i < m->sources_count; i++)
		if (m->sources[i].places_count < config->in_flight_max)
			add_places(&m->sources[i], config->in_flight_max);
}

/* Waiting pulls ask all sources, in the new order. Pulls in flight do so if no source gives the
 * keyset. */
static void start_anew(struct pull_manager *m)
{
	struct pull_queue *first = &m->sources[pull_source_first(m)].waiting;
	struct pull *pull;

	for (unsigned i = 0; i < m->sources_count; i++) {
		struct pull_source *source = &m->sources[i];

		if (&source->waiting != first)
			TAILQ_CONCAT(first, &source->waiting, queue);
		for (uint32_t p = 0; p < source->places_count; p++)
			if (source->places[p].pull)
				source->places[p].pull->may_come_later = true;
	}
	TAILQ_FOREACH (pull, first, queue)
		pull->source = pull_source_first(m);
}

int pull_manager_set_order(struct pull_manager *m, const char *const *names, unsigned count)
{
	uint8_t order[PULL_SOURCES_MAX];
	unsigned named = 0; /* one bit for each source */

	if (count != m->sources_count)
		return -EINVAL;
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < count; j++)
			if (strcmp(names[i], m->sources[j].name) == 0) {
				order[i] = (uint8_t)j;
				named |= 1U << j;
			}
	if (named != (1U << count) - 1)
		return -EINVAL;
	if (memcmp(order, m->order, count) == 0)
		return 0;
	memcpy(m->order, order, count);
	start_anew(m);
	return 0;
}

/* --- sending --- */

static uint64_t take_place(struct pull_manager *m, struct pull *pull)
{
	struct pull_source *source = &m->sources[pull->source];
	uint32_t place = source->free_places[--source->free_count];

	source->places[place].pull = pull;
	source->places[place].sent_ms = wheel_now(m->wheel);
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
		     const struct keysource_answer *answer, bool is_first)
{
	if (pull->is_prefetch)
		prefetch_conclude(m, pull, answer);
	else
		pull_conclude(m, pull, answer, is_first);
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
	if (rc == -EHOSTUNREACH)
		keysource_why(source->keysource, none.detail, sizeof(none.detail));
	else
		snprintf(none.detail, sizeof(none.detail), "not asked: %s", strerror(-rc));
	give_place_back(source, pull->place);
	conclude(m, pull, &none, false);
}

static uint32_t in_flight(const struct pull_source *source)
{
	return source->places_count - source->free_count;
}

/* Prefetches have a quarter of the places, and go when nobody else waits. */
static struct pull *next(const struct pull_manager *m, const struct pull_source *source)
{
	struct pull *pull = TAILQ_FIRST(&source->waiting);

	if (in_flight(source) >= m->config.in_flight_max || source->free_count == 0)
		return NULL;
	if (pull)
		return pull;
	if (in_flight(source) >= (m->config.in_flight_max + 3) / 4)
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

unsigned pull_answering_source(const struct keysource_answer *answer)
{
	return (uint32_t)answer->cookie >> SOURCE_SHIFT;
}

/* Whether the source bears what it is sent; a time-out does not say. */
static void note_pace(struct pull_manager *m, struct pull_source *source,
		      enum keysource_outcome outcome)
{
	if (outcome == KEYSOURCE_TIMEOUT || outcome == KEYSOURCE_UNREACHABLE)
		return;
	source->counters.slowed +=
		pace_note(&source->pace, wheel_now(m->wheel), outcome == KEYSOURCE_BUSY);
}

/* Tells the observer which keyset the source has released. Returns true if the keyset was given for
 * the first time. */
static bool observe(struct pull_manager *m, const struct pull *pull, uint64_t sent_ms,
		    struct keysource_answer *answer)
{
	const struct pull_observer *o = &m->observer;
	enum pull_given given;

	if (!o->given)
		return false;
	if (answer->outcome == KEYSOURCE_TIMEOUT || answer->outcome == KEYSOURCE_UNREACHABLE ||
	    answer->outcome == KEYSOURCE_BAD_ANSWER)
		o->lost(o->arg, &pull->request, pull->source);
	if (answer->outcome != KEYSOURCE_FOUND)
		return false;
	given = o->given(o->arg, &pull->request, pull->source, sent_ms, answer);
	if (given == PULL_GIVEN_WRONG) {
		answer->outcome = KEYSOURCE_NOT_AVAILABLE;
		snprintf(answer->detail, sizeof(answer->detail),
			 "its COUNTs may have been given up");
	}
	return given == PULL_GIVEN_FIRST;
}

void pull_take_answer(struct pull_manager *m, struct keysource_answer *answer)
{
	const unsigned number = pull_answering_source(answer);
	const uint32_t place = (uint32_t)answer->cookie & PLACE_MASK;
	struct pull_source *source = &m->sources[number < PULL_SOURCES_MAX ? number : 0];
	struct pull *pull = NULL;

	if (number < m->sources_count && place < source->places_count &&
	    source->places[place].generation == (uint32_t)(answer->cookie >> 32))
		pull = source->places[place].pull;
	if (pull) {
		const uint64_t sent_ms = source->places[place].sent_ms;
		bool is_first;

		give_place_back(source, place);
		note_pace(m, source, answer->outcome);
		is_first = observe(m, pull, sent_ms, answer);
		conclude(m, pull, answer, is_first);
	}
	e2m_keyset_wipe(&answer->keyset);
}

/* --- for people --- */

uint32_t pull_in_flight(const struct pull_manager *m)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < m->sources_count; i++)
		count += in_flight(&m->sources[i]);
	return count;
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
