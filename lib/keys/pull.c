/* SPDX-License-Identifier: BSD-3-Clause */
/* pull: who waits for which keyset, and what becomes of a pull. */
#include "keys/pull.h"

#include <errno.h>
#include <rte_random.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "keys/pull_inside.h"

/* Remembered refusals; beyond, the oldest is forgotten. */
#define REFUSED_MAX 16384

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
	TAILQ_INIT(&m->refused);
	TAILQ_INIT(&m->asked_again);
	return m;
}

void pull_manager_observe(struct pull_manager *m, const struct pull_observer *observer)
{
	m->observer = *observer;
}

void pull_free(struct pull *pull)
{
	wheel_cancel(&pull->timer);
	LIST_REMOVE(pull, same_hash);
	free(pull->refusal);
	free(pull);
}

void pull_manager_free(struct pull_manager *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < PULL_HASH_SLOTS; i++)
		while (!LIST_EMPTY(&m->by_request[i]))
			pull_free(LIST_FIRST(&m->by_request[i]));
	prefetch_free_all(m);
	for (unsigned i = 0; i < m->sources_count; i++) {
		free(m->sources[i].places);
		free(m->sources[i].free_places);
	}
	free(m);
}

const struct pull_counters *pull_manager_counters(const struct pull_manager *m)
{
	return &m->counters;
}

/* --- who waits --- */

/* FNV-1a. */
static struct pull_list *slot_of(struct pull_manager *m, const struct keysource_request *request)
{
	const uint8_t *octets = (const uint8_t *)request;
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < sizeof(*request); i++)
		hash = (hash ^ octets[i]) * 16777619U;
	return &m->by_request[hash % PULL_HASH_SLOTS];
}

struct pull *pull_new(struct pull_manager *m, const struct keysource_request *request)
{
	struct pull *pull = calloc(1, sizeof(*pull));

	if (!pull)
		return NULL;
	pull->request = *request;
	pull->manager = m;
	pull->state = PULL_QUEUED;
	pull->source = pull_source_first(m);
	TAILQ_INIT(&pull->waiters);
	return pull;
}

static void join(struct pull_manager *m, struct pull *pull)
{
	if (pull->state != PULL_REFUSED) {
		m->counters.coalesced++;
		return;
	}
	m->counters.refused_again++;
	if (TAILQ_EMPTY(&pull->waiters))
		TAILQ_INSERT_TAIL(&m->asked_again, pull, asked_again);
}

int pull_start(struct pull_manager *m, const struct keysource_request *request,
	       struct pull_waiter *waiter)
{
	struct pull_list *slot = slot_of(m, request);
	struct pull *pull;

	pull_cancel(m, waiter);
	LIST_FOREACH (pull, slot, same_hash)
		if (memcmp(&pull->request, request, sizeof(*request)) == 0)
			break;
	if (pull) {
		join(m, pull);
	} else {
		pull = pull_new(m, request);
		if (!pull)
			return -ENOMEM;
		LIST_INSERT_HEAD(slot, pull, same_hash);
		TAILQ_INSERT_TAIL(&m->sources[pull->source].waiting, pull, queue);
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
	switch (pull->state) {
	case PULL_QUEUED:
		TAILQ_REMOVE(&m->sources[pull->source].waiting, pull, queue);
		pull_free(pull);
		break;
	case PULL_BACKOFF:
		pull_free(pull);
		break;
	case PULL_REFUSED:
		TAILQ_REMOVE(&m->asked_again, pull, asked_again);
		break;
	default: /* until its answer has come: somebody may want it again meanwhile */
		break;
	}
}

/* --- refusals --- */

static void forget_refusal(struct pull_manager *m, struct pull *pull)
{
	TAILQ_REMOVE(&m->refused, pull, queue);
	m->refused_count--;
	pull_free(pull);
}

static void refusal_is_over(struct wheel_timer *timer, void *arg)
{
	struct pull *pull = container_of(timer, struct pull, timer);
	struct pull_manager *m = pull->manager;

	(void)arg;
	if (TAILQ_EMPTY(&pull->waiters)) {
		forget_refusal(m, pull);
		return;
	}
	/* Whoever has just come is not told what was, but what is. */
	TAILQ_REMOVE(&m->refused, pull, queue);
	m->refused_count--;
	TAILQ_REMOVE(&m->asked_again, pull, asked_again);
	free(pull->refusal);
	pull->refusal = NULL;
	pull->state = PULL_QUEUED;
	pull->source = pull_source_first(m);
	TAILQ_INSERT_TAIL(&m->sources[pull->source].waiting, pull, queue);
}

/* False: there is no need, or no memory. */
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
	/* Those with waiters are answered the next time round. */
	if (m->refused_count == REFUSED_MAX && TAILQ_EMPTY(&oldest->waiters))
		forget_refusal(m, oldest);
	pull->state = PULL_REFUSED;
	TAILQ_INSERT_TAIL(&m->refused, pull, queue);
	m->refused_count++;
	wheel_set(m->wheel, &pull->timer, m->config.negative_cache_s * UINT64_C(1000),
		  refusal_is_over);
	return true;
}

/* Waiters may cancel one another, and may start a new pull for the same keyset: pull is rid of them. */
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
		pull_free(pull);
	while ((waiter = TAILQ_FIRST(&over.waiters)) != NULL) {
		TAILQ_REMOVE(&over.waiters, waiter, entry);
		waiter->pull = NULL;
		m->answered(m->arg, waiter, answer);
	}
}

static void answer_those_refused_again(struct pull_manager *m)
{
	struct pull *pull;
	uint32_t count = 0;

	/* Who is answered may ask again, and is answered the next time. */
	TAILQ_FOREACH (pull, &m->asked_again, asked_again)
		count++;
	while (count-- > 0 && (pull = TAILQ_FIRST(&m->asked_again)) != NULL) {
		struct keysource_answer answer = *pull->refusal;

		TAILQ_REMOVE(&m->asked_again, pull, asked_again);
		answer_waiters(m, pull, &answer);
	}
}

/* --- what becomes of a pull --- */

static void backoff_is_over(struct wheel_timer *timer, void *arg)
{
	struct pull *pull = container_of(timer, struct pull, timer);
	struct pull_manager *m = pull->manager;

	(void)arg;
	m->counters.retries++;
	pull->state = PULL_QUEUED;
	pull->source = pull_source_first(m);
	TAILQ_INSERT_TAIL(&m->sources[pull->source].waiting, pull, queue);
}

/* Full jitter over the upper half: a region that lost its HSS at one moment must not come back to it
 * at one moment. */
uint32_t pull_next_backoff(const struct pull_manager *m, struct pull *pull)
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
	uint32_t backoff = pull_next_backoff(m, pull);

	pull->state = PULL_BACKOFF;
	wheel_set(m->wheel, &pull->timer, backoff, backoff_is_over);
	if (!pull->trouble_said)
		m->troubled(m->arg, &pull->request, source, answer, backoff);
	pull->trouble_said = true;
}

static void count(struct pull_manager *m, struct pull *pull, const struct keysource_answer *answer)
{
	struct pull_source *source = &m->sources[pull->source];

	m->counters.answers[answer->outcome]++;
	source->counters.answers[answer->outcome]++;
	if (answer->fault < KEYSOURCE_FAULTS)
		source->counters.faults[answer->fault] += answer->outcome == KEYSOURCE_BAD_ANSWER;
}

void pull_conclude(struct pull_manager *m, struct pull *pull, const struct keysource_answer *answer,
		   bool is_first)
{
	const char *source = m->sources[pull->source].name;
	uint8_t next;

	count(m, pull, answer);
	if (answer->outcome == KEYSOURCE_FOUND)
		prefetch_tell(m, &pull->request, pull->source, answer, is_first);
	if (is_final(answer->outcome)) {
		answer_waiters(m, pull, answer);
		return;
	}
	if (TAILQ_EMPTY(&pull->waiters)) {
		pull_free(pull);
		return;
	}
	if (answer->outcome != KEYSOURCE_NOT_AVAILABLE)
		pull->may_come_later = true;
	next = pull_source_after(m, pull->source);
	if (next < PULL_SOURCES_MAX) {
		pull->source = next;
		pull->state = PULL_QUEUED;
		TAILQ_INSERT_HEAD(&m->sources[pull->source].waiting, pull, queue);
		return;
	}
	pull->source = pull_source_first(m);
	if (!pull->may_come_later) {
		answer_waiters(m, pull, answer);
		return;
	}
	pull->may_come_later = false;
	back_off(m, pull, answer, source);
}

void pull_send_waiting(struct pull_manager *m)
{
	answer_those_refused_again(m);
	/* What one source cannot be asked goes to a later one. */
	for (unsigned i = 0; i < m->sources_count; i++)
		pull_source_send(m, m->order[i]);
}
