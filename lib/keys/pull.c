/* SPDX-License-Identifier: BSD-3-Clause */
/* pull: decides which requests share a pull, which source is asked next, and which refusals are remembered. */
#include "keys/pull.h"

#include <errno.h>
#include <rte_random.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "base/crc32c.h"
#include "keys/prefetch.h"

/* The limit of remembered refusals. At the limit, a new refusal replaces the oldest. */
#define REFUSED_MAX 16384
#define HASH_SLOTS  65536
/* A source that cannot be asked fails each prefetch at once. The limit bounds the time that this takes. */
#define PREFETCHES_A_ROUND 64

struct pull_manager {
	struct pull_config config;
	struct wheel *wheel;
	struct pull_observer observer;
	struct pull_source sources[PULL_SOURCES_MAX];
	struct pull_source *order[PULL_SOURCES_MAX]; /* the order in which sources are asked */
	unsigned sources_count;
	struct pull_counters counters;
	struct pull_queue refused, asked_again;
	uint32_t refused_count;
	struct prefetches prefetches;
	struct pull_list by_request[HASH_SLOTS];
};

struct pull_manager *pull_manager_new(const struct pull_config *config, struct wheel *wheel,
				      const struct pull_observer *observer)
{
	struct pull_manager *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->config = *config;
	m->wheel = wheel;
	m->observer = *observer;
	TAILQ_INIT(&m->refused);
	TAILQ_INIT(&m->asked_again);
	return m;
}

void pull_manager_free(struct pull_manager *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < HASH_SLOTS; i++)
		while (!LIST_EMPTY(&m->by_request[i]))
			pull_source_free_pull(LIST_FIRST(&m->by_request[i]));
	prefetch_free_all(&m->prefetches);
	for (unsigned i = 0; i < m->sources_count; i++)
		free(m->sources[i].places);
	free(m);
}

/* --- sources --- */

int pull_manager_add_source(struct pull_manager *m, struct keysource *keysource, const char *name,
			    bool prefetch)
{
	struct pull_source *source = &m->sources[m->sources_count];

	if (m->sources_count == PULL_SOURCES_MAX)
		return -ENOSPC;
	*source = (struct pull_source){.manager = m,
				       .keysource = keysource,
				       .name = name,
				       .number = m->sources_count,
				       .is_told_early = prefetch};
	TAILQ_INIT(&source->waiting);
	TAILQ_INIT(&source->prefetches);
	if (pull_source_add_places(source, m->config.in_flight_max) != 0)
		return -ENOMEM;
	m->order[m->sources_count++] = source;
	return 0;
}

void pull_manager_configure(struct pull_manager *m, const struct pull_config *config)
{
	m->config = *config;
	for (unsigned i = 0; i < m->sources_count; i++)
		pull_source_add_places(&m->sources[i], config->in_flight_max);
}

/* Waiting pulls ask all sources in the new order. Pulls in flight do the same if no remaining source gives
 * the keyset. */
static void start_anew(struct pull_manager *m)
{
	struct pull_source *first = m->order[0];
	struct pull *pull;

	for (unsigned i = 0; i < m->sources_count; i++) {
		struct pull_source *source = &m->sources[i];

		if (source != first)
			TAILQ_CONCAT(&first->waiting, &source->waiting, queue);
		for (uint32_t p = 0; p < source->places_count; p++)
			if (source->places[p].pull)
				source->places[p].pull->may_come_later = true;
	}
	TAILQ_FOREACH (pull, &first->waiting, queue)
		pull->source = first;
}

int pull_manager_set_order(struct pull_manager *m, const char *const *names, unsigned count)
{
	struct pull_source *order[PULL_SOURCES_MAX];
	unsigned named = 0; /* one bit for each source */

	if (count != m->sources_count)
		return -EINVAL;
	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < count; j++)
			if (strcmp(names[i], m->sources[j].name) == 0) {
				order[i] = &m->sources[j];
				named |= 1U << j;
			}
	if (named != (1U << count) - 1)
		return -EINVAL;
	if (memcmp(order, m->order, count * sizeof(*order)) == 0)
		return 0;
	memcpy(m->order, order, count * sizeof(*order));
	start_anew(m);
	return 0;
}

/* NULL: source is the last one. */
static struct pull_source *source_after(const struct pull_manager *m,
					const struct pull_source *source)
{
	for (unsigned i = 0; i + 1 < m->sources_count; i++)
		if (m->order[i] == source)
			return m->order[i + 1];
	return NULL;
}

/* --- waiters --- */

int pull_start(struct pull_manager *m, const struct keysource_request *request,
	       struct pull_waiter *waiter)
{
	const uint32_t hash = crc32c(0, request, sizeof(*request));
	struct pull_list *slot = &m->by_request[hash % HASH_SLOTS];
	struct pull *pull;

	pull_cancel(m, waiter);
	LIST_FOREACH (pull, slot, list)
		if (memcmp(&pull->request, request, sizeof(*request)) == 0)
			break;
	if (!pull) {
		pull = pull_source_new_pull(m->order[0], request, false);
		if (!pull)
			return -ENOMEM;
		LIST_INSERT_HEAD(slot, pull, list);
	} else if (pull->state != PULL_REFUSED) {
		m->counters.coalesced++;
	} else {
		m->counters.refused_again++;
		if (TAILQ_EMPTY(&pull->waiters))
			TAILQ_INSERT_TAIL(&m->asked_again, pull, asked_again);
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
	if (!TAILQ_EMPTY(&pull->waiters))
		return;
	if (pull->state == PULL_QUEUED)
		TAILQ_REMOVE(&pull->source->waiting, pull, queue);
	if (pull->state == PULL_QUEUED || pull->state == PULL_BACKOFF)
		pull_source_free_pull(pull);
	else if (pull->state == PULL_REFUSED)
		TAILQ_REMOVE(&m->asked_again, pull, asked_again);
	/* A pull in flight stays until its answer arrives, because a new request may join it. */
}

/* --- refusals --- */

/* Removes pull from the list of refusals. */
static void take_back(struct pull_manager *m, struct pull *pull)
{
	TAILQ_REMOVE(&m->refused, pull, queue);
	m->refused_count--;
}

static void refusal_is_over(struct wheel_timer *timer, void *arg)
{
	struct pull *pull = container_of(timer, struct pull, timer);
	struct pull_manager *m = pull->source->manager;

	(void)arg;
	take_back(m, pull);
	if (TAILQ_EMPTY(&pull->waiters)) {
		pull_source_free_pull(pull);
		return;
	}
	/* New waiters must get a new answer, not the expired refusal. */
	TAILQ_REMOVE(&m->asked_again, pull, asked_again);
	free(pull->refusal);
	pull->refusal = NULL;
	pull_source_queue(m->order[0], pull);
}

/* Returns false if the answer is no refusal to remember, or there is no memory. */
static bool remember(struct pull_manager *m, struct pull *pull,
		     const struct keysource_answer *answer)
{
	struct pull *oldest = TAILQ_FIRST(&m->refused);

	if (pull->state == PULL_REFUSED)
		return true;
	if (m->config.negative_cache_s == 0 || answer->outcome == KEYSOURCE_FOUND)
		return false;
	pull->refusal = malloc(sizeof(*pull->refusal));
	if (!pull->refusal)
		return false;
	*pull->refusal = *answer;
	/* An oldest refusal with waiters stays: its waiters get the answer in the next round. */
	if (m->refused_count == REFUSED_MAX && TAILQ_EMPTY(&oldest->waiters)) {
		take_back(m, oldest);
		pull_source_free_pull(oldest);
	}
	pull->state = PULL_REFUSED;
	TAILQ_INSERT_TAIL(&m->refused, pull, queue);
	m->refused_count++;
	wheel_set(m->wheel, &pull->timer, m->config.negative_cache_s * UINT64_C(1000),
		  refusal_is_over);
	return true;
}

/* The observer may cancel other waiters, or start a new pull for the same keyset. So the waiters leave pull before
 * the first call. */
static void answer_waiters(struct pull_manager *m, struct pull *pull,
			   const struct keysource_answer *answer)
{
	struct pull over = {.state = PULL_ANSWERED};
	struct pull_waiter *waiter;

	TAILQ_INIT(&over.waiters);
	TAILQ_CONCAT(&over.waiters, &pull->waiters, entry);
	TAILQ_FOREACH (waiter, &over.waiters, entry)
		waiter->pull = &over;
	if (!remember(m, pull, answer))
		pull_source_free_pull(pull);
	while ((waiter = TAILQ_FIRST(&over.waiters)) != NULL) {
		TAILQ_REMOVE(&over.waiters, waiter, entry);
		waiter->pull = NULL;
		m->observer.answered(m->observer.arg, waiter, answer);
	}
}

static void answer_those_refused_again(struct pull_manager *m)
{
	struct pull *pull;
	uint32_t count = 0;

	/* A waiter may ask again during its answer. It gets the next answer in the next round, so this loop ends. */
	TAILQ_FOREACH (pull, &m->asked_again, asked_again)
		count++;
	while (count-- > 0 && (pull = TAILQ_FIRST(&m->asked_again)) != NULL) {
		struct keysource_answer answer = *pull->refusal;

		TAILQ_REMOVE(&m->asked_again, pull, asked_again);
		answer_waiters(m, pull, &answer);
	}
}

/* --- the way of a pull --- */

static void backoff_is_over(struct wheel_timer *timer, void *arg)
{
	struct pull *pull = container_of(timer, struct pull, timer);
	struct pull_manager *m = pull->source->manager;

	(void)arg;
	m->counters.retries += !pull->is_prefetch;
	pull_source_queue(pull->is_prefetch ? pull->source : m->order[0], pull);
}

/* Returns the time to wait, in ms. The jitter covers the upper half of the time: devices of a whole region that
 * lost the HSS together must not return together. */
static uint32_t back_off(struct pull_manager *m, struct pull *pull)
{
	const uint32_t most = pull->backoff_ms ? pull->backoff_ms : m->config.retry_min_ms;
	const uint32_t ms = most / 2 + (uint32_t)rte_rand_max(most / 2 + 1);

	pull->backoff_ms = most > m->config.retry_max_ms / 2 ? m->config.retry_max_ms : most * 2;
	pull->state = PULL_BACKOFF;
	wheel_set(m->wheel, &pull->timer, ms, backoff_is_over);
	return ms;
}

/* The source of pull has given the keyset: adds prefetches for other sources. If this source itself gets
 * prefetches, the others with `prefetch` have had theirs, or can no longer get the keyset. is_first:
 * PULL_GIVEN_FIRST. */
static void tell_early(struct pull_manager *m, const struct pull *pull,
		       const struct keysource_answer *answer, bool is_first)
{
	const struct keysource_request *request = &pull->request;
	const struct pull_source *source = pull->source;

	for (unsigned i = 0; i < m->sources_count; i++)
		if (i != source->number &&
		    ((!source->is_told_early && m->sources[i].is_told_early) ||
		     (is_first && m->observer.is_waited_for(m->observer.arg, request, answer, i))))
			prefetch_add(&m->prefetches, &m->sources[i], request, wheel_now(m->wheel));
}

static void count(struct pull_manager *m, struct pull_source *source,
		  const struct keysource_answer *answer)
{
	m->counters.answers[answer->outcome]++;
	source->counters.answers[answer->outcome]++;
	if (answer->outcome == KEYSOURCE_BAD_ANSWER && answer->fault < KEYSOURCE_FAULTS)
		source->counters.faults[answer->fault]++;
}

/*
 * Takes the answer of a source, or the reason why the source could not be asked. If the answer is not final, the
 * pull asks the next source. After the last source, the pull backs off if a source may have the keyset later.
 */
static void conclude(struct pull_manager *m, struct pull *pull,
		     const struct keysource_answer *answer)
{
	struct pull_source *source = pull->source, *next = source_after(m, source);
	const bool is_final = answer->outcome == KEYSOURCE_FOUND ||
			      answer->outcome == KEYSOURCE_USER_UNKNOWN ||
			      answer->outcome == KEYSOURCE_NOT_AUTHORIZED;
	uint32_t retry_ms;

	if (pull->is_prefetch) {
		if (prefetch_conclude(&m->prefetches, pull, answer->outcome, wheel_now(m->wheel)))
			back_off(m, pull);
		return;
	}
	count(m, source, answer);
	pull->may_come_later |= !is_final && answer->outcome != KEYSOURCE_NOT_AVAILABLE;
	if (is_final) {
		answer_waiters(m, pull, answer);
	} else if (TAILQ_EMPTY(&pull->waiters)) {
		pull_source_free_pull(pull);
	} else if (next) {
		pull->source = next;
		pull->state = PULL_QUEUED;
		TAILQ_INSERT_HEAD(&next->waiting, pull, queue);
	} else if (!pull->may_come_later) {
		answer_waiters(m, pull, answer);
	} else {
		pull->may_come_later = false;
		retry_ms = back_off(m, pull);
		if (!pull->trouble_said)
			m->observer.troubled(m->observer.arg, &pull->request, source->name, answer,
					     retry_ms);
		pull->trouble_said = true;
	}
}

static void send(struct pull_manager *m, struct pull_source *source)
{
	const uint64_t now = wheel_now(m->wheel);
	struct keysource_answer why;
	unsigned prefetches = 0;
	struct pull *pull;

	while (prefetches < PREFETCHES_A_ROUND &&
	       (pull = pull_source_next(source, m->config.in_flight_max, now)) != NULL) {
		prefetches += pull->is_prefetch;
		if (pull_source_ask(source, pull, m->config.timeout_ms, now, &why))
			m->counters.sent += !pull->is_prefetch;
		else
			conclude(m, pull, &why);
	}
}

void pull_send_waiting(struct pull_manager *m)
{
	answer_those_refused_again(m);
	/* In this order, a pull that one source cannot take reaches the next source in the same round. */
	for (unsigned i = 0; i < m->sources_count; i++)
		send(m, m->order[i]);
}

/* Tells the observer what the source has released, and then adds prefetches for other sources. */
static void observe(struct pull_manager *m, const struct pull *pull, uint64_t sent_ms,
		    struct keysource_answer *answer)
{
	const struct pull_observer *o = &m->observer;
	enum pull_given given;

	if (answer->outcome == KEYSOURCE_TIMEOUT || answer->outcome == KEYSOURCE_UNREACHABLE ||
	    answer->outcome == KEYSOURCE_BAD_ANSWER)
		o->lost(o->arg, &pull->request, pull->source->number);
	if (answer->outcome != KEYSOURCE_FOUND)
		return;
	given = o->given(o->arg, &pull->request, pull->source->number, sent_ms, answer);
	if (given == PULL_GIVEN_WRONG) {
		e2m_keyset_wipe(&answer->keyset); /* the refusal may be remembered */
		answer->outcome = KEYSOURCE_NOT_AVAILABLE;
		snprintf(answer->detail, sizeof(answer->detail),
			 "its COUNTs may have been given up");
	} else if (!pull->is_prefetch) {
		tell_early(m, pull, answer, given == PULL_GIVEN_FIRST);
	}
}

void pull_take_answer(struct pull_manager *m, struct keysource_answer *answer)
{
	const unsigned number = pull_answering_source(answer);
	struct pull *pull = NULL;
	uint64_t sent_ms;

	if (number < m->sources_count)
		pull = pull_source_take(&m->sources[number], answer, wheel_now(m->wheel), &sent_ms);
	if (pull) {
		observe(m, pull, sent_ms, answer);
		conclude(m, pull, answer);
	}
	e2m_keyset_wipe(&answer->keyset);
}

/* --- for people --- */

const struct pull_counters *pull_manager_counters(const struct pull_manager *m)
{
	return &m->counters;
}

uint32_t pull_in_flight(const struct pull_manager *m)
{
	uint32_t count = 0;

	for (unsigned i = 0; i < m->sources_count; i++)
		count += m->sources[i].in_flight;
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
