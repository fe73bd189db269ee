/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pull: gets keysets from the key sources, steps 7 and 8. One pull for all who wait for the same
 * (IMSI, SQN|RAND); a bounded number on their way at once; sources in their order; time-outs and
 * busy sources are tried again with exponential backoff and jitter until there is a final answer or
 * nobody waits any more.
 */
#ifndef SESSION_PULL_H
#define SESSION_PULL_H

#include <stdint.h>
#include <sys/queue.h>

#include "keysource/keysource.h"
#include "session/wheel.h"

struct pull_config {
	uint32_t timeout_ms;
	uint32_t retry_min_ms;
	uint32_t retry_max_ms;
	uint32_t in_flight_max;
};

struct pull;

/* Who waits for an answer; lives in the waiting struct. pull is NULL while it does not wait. */
struct pull_waiter {
	TAILQ_ENTRY(pull_waiter) entry;
	struct pull *pull;
};

struct pull_counters {
	uint64_t sent;	    /* requests to a source */
	uint64_t coalesced; /* waiters that joined a pull already under way */
	uint64_t retries;
	uint64_t answers[KEYSOURCE_OUTCOMES];
};

/* A final answer: FOUND, or a refusal that no source contradicts. Called once per waiter; the answer
 * is wiped after the last. */
typedef void (*pull_answered)(void *arg, struct pull_waiter *waiter,
			      const struct keysource_answer *answer);
/* Said once a pull, the first time that no source served: for the log. It is tried again. */
typedef void (*pull_troubled)(void *arg, const struct keysource_request *request,
			      const char *source, const struct keysource_answer *answer,
			      uint32_t retry_ms);

struct pull_manager;

struct pull_manager *pull_manager_new(const struct pull_config *config, struct wheel *wheel,
				      pull_answered answered, pull_troubled troubled, void *arg);
void pull_manager_free(struct pull_manager *manager);

/* Sources are asked in the order in which they were added; they are the caller's. */
int pull_manager_add_source(struct pull_manager *manager, struct keysource *source,
			    const char *name);

/* Waits for the keyset of request. -ENOMEM. The answer never comes from within this call. */
int pull_start(struct pull_manager *manager, const struct keysource_request *request,
	       struct pull_waiter *waiter);
/* Waits no more; allowed for one that does not wait. */
void pull_cancel(struct pull_manager *manager, struct pull_waiter *waiter);

/* What keysource_collect gave; wiped here. */
void pull_take_answer(struct pull_manager *manager, struct keysource_answer *answer);

/* Sends what waits for a place in flight. Call after answers were taken and when time has passed. */
void pull_send_waiting(struct pull_manager *manager);

uint32_t pull_in_flight(const struct pull_manager *manager);
const struct pull_counters *pull_manager_counters(const struct pull_manager *manager);

#endif
