/* SPDX-License-Identifier: BSD-3-Clause */
#include "session/pull.h"

#include <errno.h>
#include <rte_random.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SOURCES 8
#define HASH_SLOTS  65536

TAILQ_HEAD(waiters, pull_waiter);

enum pull_state {
	PULL_QUEUED,	/* for a place in flight */
	PULL_IN_FLIGHT, /* at a source */
	PULL_BACKOFF,	/* until its timer fires */
};

struct pull {
	struct wheel_timer timer; /* backoff */
	LIST_ENTRY(pull) same_hash;
	TAILQ_ENTRY(pull) queue;
	struct waiters waiters;
	struct keysource_request request;
	enum pull_state state;
	unsigned source;     /* asked, or to be asked next */
	bool may_come_later; /* a source of this round could not say */
	bool trouble_said;
	uint32_t backoff_ms;
	uint32_t place; /* in flight */
	struct pull_manager *manager;
};

LIST_HEAD(hash_slot, pull);
TAILQ_HEAD(pull_queue, pull);

/* A place in flight. The generation tells a late answer from that of the place's next user. */
struct place {
	struct pull *pull;
	uint32_t generation;
};

struct pull_manager {
	struct pull_config config;
	struct wheel *wheel;
	pull_answered answered;
	pull_troubled troubled;
	void *arg;
	struct keysource *sources[MAX_SOURCES];
	const char *names[MAX_SOURCES];
	unsigned sources_count;
	struct pull_queue queue;
	struct place *places;
	uint32_t *free_places;
	uint32_t free_count;
	struct pull_counters counters;
	struct hash_slot by_request[HASH_SLOTS];
};

struct pull_manager *pull_manager_new(const struct pull_config *config, struct wheel *wheel,
				      pull_answered answered, pull_troubled troubled, void *arg)
{
	struct pull_manager *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->config = *config;
	m->wheel = wheel;
	m->answered = answered;
	m->troubled = troubled;
	m->arg = arg;
	TAILQ_INIT(&m->queue);
	m->places = calloc(config->in_flight_max, sizeof(*m->places));
	m->free_places = calloc(config->in_flight_max, sizeof(*m->free_places));
	if (!m->places || !m->free_places) {
		pull_manager_free(m);
		return NULL;
	}
	for (uint32_t i = 0; i < config->in_flight_max; i++)
		m->free_places[m->free_count++] = config->in_flight_max - 1 - i;
	return m;
}

static void pull_free(struct pull *pull)
{
	wheel_cancel(&pull->timer);
	LIST_REMOVE(pull, same_hash);
	free(pull);
}

void pull_manager_free(struct pull_manager *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < HASH_SLOTS; i++)
		while (!LIST_EMPTY(&m->by_request[i]))
			pull_free(LIST_FIRST(&m->by_request[i]));
	free(m->places);
	free(m->free_places);
	free(m);
}

int pull_manager_add_source(struct pull_manager *m, struct keysource *source, const char *name)
{
	if (m->sources_count == MAX_SOURCES)
		return -ENOSPC;
	m->sources[m->sources_count] = source;
	m->names[m->sources_count++] = name;
	return 0;
}

/* FNV-1a. */
static struct hash_slot *slot_of(struct pull_manager *m, const struct keysource_request *request)
{
	const uint8_t *octets = (const uint8_t *)request;
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < sizeof(*request); i++)
		hash = (hash ^ octets[i]) * 16777619U;
	return &m->by_request[hash % HASH_SLOTS];
}

int pull_start(struct pull_manager *m, const struct keysource_request *request,
	       struct pull_waiter *waiter)
{
	struct hash_slot *slot = slot_of(m, request);
	struct pull *pull;

	pull_cancel(m, waiter);
	LIST_FOREACH (pull, slot, same_hash)
		if (memcmp(&pull->request, request, sizeof(*request)) == 0)
			break;
	if (pull) {
		m->counters.coalesced++;
	} else {
		pull = calloc(1, sizeof(*pull));
		if (!pull)
			return -ENOMEM;
		pull->request = *request;
		pull->manager = m;
		pull->state = PULL_QUEUED;
		TAILQ_INIT(&pull->waiters);
		LIST_INSERT_HEAD(slot, pull, same_hash);
		TAILQ_INSERT_TAIL(&m->queue, pull, queue);
	}
	waiter->pull = pull;
	TAILQ_INSERT_TAIL(&pull->waiters, waiter, entry);
	return 0;
}

void pull_cancel(struct pull_manager *m, struct pull_waiter *waiter)
{
	struct pull *pull = waiter->pull;

	if (!pull)
		return;
	TAILQ_REMOVE(&pull->waiters, waiter, entry);
	waiter->pull = NULL;
	/* One in flight stays until its answer has come: somebody may want it again meanwhile. */
	if (!TAILQ_EMPTY(&pull->waiters) || pull->state == PULL_IN_FLIGHT)
		return;
	if (pull->state == PULL_QUEUED)
		TAILQ_REMOVE(&m->queue, pull, queue);
	pull_free(pull);
}

static void finish(struct pull_manager *m, struct pull *pull, const struct keysource_answer *answer)
{
	struct pull_waiter *waiter;

	/* Waiters may start a new pull for the same keyset: this one must be gone by then. */
	LIST_REMOVE(pull, same_hash);
	while ((waiter = TAILQ_FIRST(&pull->waiters)) != NULL) {
		TAILQ_REMOVE(&pull->waiters, waiter, entry);
		waiter->pull = NULL;
		m->answered(m->arg, waiter, answer);
	}
	free(pull);
}

static void backoff_is_over(struct wheel_timer *timer, void *arg);

/* Full jitter over the upper half: a region that lost its HSS at one moment must not come back to it
 * at one moment. */
static uint32_t next_backoff(const struct pull_manager *m, struct pull *pull)
{
	uint32_t backoff = pull->backoff_ms ? pull->backoff_ms : m->config.retry_min_ms;

	pull->backoff_ms =
		backoff > m->config.retry_max_ms / 2 ? m->config.retry_max_ms : backoff * 2;
	return backoff / 2 + (uint32_t)rte_rand_max(backoff / 2 + 1);
}

static bool is_final(enum keysource_outcome outcome)
{
	return outcome == KEYSOURCE_FOUND || outcome == KEYSOURCE_USER_UNKNOWN ||
	       outcome == KEYSOURCE_NOT_AUTHORIZED;
}

/* All sources were asked, and one of them at least may know more later. */
static void back_off(struct pull_manager *m, struct pull *pull,
		     const struct keysource_answer *answer, const char *source)
{
	uint32_t backoff = next_backoff(m, pull);

	pull->state = PULL_BACKOFF;
	wheel_set(m->wheel, &pull->timer, backoff, backoff_is_over);
	if (!pull->trouble_said)
		m->troubled(m->arg, &pull->request, source, answer, backoff);
	pull->trouble_said = true;
}

static void conclude(struct pull_manager *m, struct pull *pull,
		     const struct keysource_answer *answer)
{
	const char *source = m->names[pull->source];

	m->counters.answers[answer->outcome]++;
	if (is_final(answer->outcome)) {
		finish(m, pull, answer);
		return;
	}
	if (TAILQ_EMPTY(&pull->waiters)) {
		pull_free(pull);
		return;
	}
	if (answer->outcome != KEYSOURCE_NOT_AVAILABLE)
		pull->may_come_later = true;
	if (++pull->source < m->sources_count) {
		pull->state = PULL_QUEUED;
		TAILQ_INSERT_HEAD(&m->queue, pull, queue);
		return;
	}
	pull->source = 0;
	if (!pull->may_come_later) {
		finish(m, pull, answer);
		return;
	}
	pull->may_come_later = false;
	back_off(m, pull, answer, source);
}

static void backoff_is_over(struct wheel_timer *timer, void *arg)
{
	struct pull *pull = (struct pull *)((char *)timer - offsetof(struct pull, timer));
	struct pull_manager *m = pull->manager;

	(void)arg;
	m->counters.retries++;
	pull->state = PULL_QUEUED;
	TAILQ_INSERT_TAIL(&m->queue, pull, queue);
}

static uint32_t take_place(struct pull_manager *m, struct pull *pull)
{
	uint32_t place = m->free_places[--m->free_count];

	m->places[place].pull = pull;
	pull->place = place;
	return place;
}

static void give_place_back(struct pull_manager *m, uint32_t place)
{
	m->places[place].pull = NULL;
	m->places[place].generation++;
	m->free_places[m->free_count++] = place;
}

static void send(struct pull_manager *m, struct pull *pull)
{
	uint32_t place = take_place(m, pull);
	uint64_t cookie = (uint64_t)m->places[place].generation << 32 | place;
	struct keysource_answer none = {.outcome = KEYSOURCE_UNREACHABLE};
	int rc;

	pull->state = PULL_IN_FLIGHT;
	rc = keysource_ask(m->sources[pull->source], &pull->request, m->config.timeout_ms, cookie);
	if (rc == 0) {
		m->counters.sent++;
		return;
	}
	snprintf(none.detail, sizeof(none.detail), "not asked: %s", strerror(-rc));
	give_place_back(m, place);
	conclude(m, pull, &none);
}

void pull_send_waiting(struct pull_manager *m)
{
	struct pull *pull;

	while (m->free_count > 0 && (pull = TAILQ_FIRST(&m->queue)) != NULL) {
		TAILQ_REMOVE(&m->queue, pull, queue);
		send(m, pull);
	}
}

void pull_take_answer(struct pull_manager *m, struct keysource_answer *answer)
{
	uint32_t place = (uint32_t)answer->cookie;
	struct pull *pull = NULL;

	if (place < m->config.in_flight_max &&
	    m->places[place].generation == (uint32_t)(answer->cookie >> 32))
		pull = m->places[place].pull;
	if (pull) {
		give_place_back(m, place);
		conclude(m, pull, answer);
	}
	e2m_keyset_wipe(&answer->keyset);
}

uint32_t pull_in_flight(const struct pull_manager *m)
{
	return m->config.in_flight_max - m->free_count;
}

const struct pull_counters *pull_manager_counters(const struct pull_manager *m)
{
	return &m->counters;
}
