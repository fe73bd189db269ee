/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pull: gets keysets from the key sources, steps 7 and 8 of e2m.md 1. Requests for the same
 * (IMSI, SQN|RAND) share one pull. Each source has a limit of pulls in flight and of pulls a second
 * (pace.h). Sources are asked in order: the next one is asked when a source does not have the
 * keyset or does not serve. When all have been asked and one of them may have the keyset later, the
 * pull is retried with exponential backoff and jitter. A pull ends with a final answer, or when no
 * request waits for it. Refusals are remembered for negative_cache_s and answered from memory.
 *
 * A prefetch asks a second source for a keyset that another source has just given. Two kinds of source
 * get prefetches: a source with `prefetch` (a KMS), and a source that COUNTs wait for (retention.h).
 * So the second source can get the keyset from the HSS while the HSS still has the keyset. No request
 * waits for a prefetch. Prefetches have the lowest priority, and the keys in their answers are wiped
 * unread.
 *
 * lib/control makes the manager and calls all functions, in the control thread. pull.c calls prefetch.h,
 * then pull_source.h (one source), then pace.h and keysource.h.
 */
#ifndef KEYS_PULL_H
#define KEYS_PULL_H

#include <stdint.h>
#include <sys/queue.h>

#include "base/wheel.h"
#include "keys/keysource.h"

struct pull_config {
	uint32_t timeout_ms;
	uint32_t retry_min_ms;
	uint32_t retry_max_ms;
	uint32_t in_flight_max;	   /* to each source */
	uint32_t negative_cache_s; /* 0: refusals are not remembered */
};

struct pull;

/* A request for a keyset. The caller makes it a member of a struct of its own, and sets it to zeros. pull is NULL
 * while the request does not wait. */
struct pull_waiter {
	TAILQ_ENTRY(pull_waiter) entry;
	struct pull *pull;
};

struct pull_counters {
	uint64_t sent;	    /* requests to a source */
	uint64_t coalesced; /* waiters that joined an existing pull */
	uint64_t retries;
	uint64_t refused_again; /* answered from memory */
	uint64_t answers[KEYSOURCE_OUTCOMES];
};

/* Counters of one source. sent and answers do not contain prefetches. */
struct pull_source_counters {
	uint64_t sent;
	uint64_t answers[KEYSOURCE_OUTCOMES];
	uint64_t faults[KEYSOURCE_FAULTS]; /* bad answers by fault */
	uint64_t slowed; /* times that the source was too busy and its limit went down */
	uint64_t prefetch_sent;
	uint64_t prefetch_found;
	uint64_t prefetch_refused;
	uint64_t prefetch_dropped; /* no room, no memory, or no final answer in time */
};

/* What the observer says about a keyset that a source has given. */
enum pull_given {
	PULL_GIVEN,
	PULL_GIVEN_FIRST, /* new: also ask the sources that COUNTs wait for */
	PULL_GIVEN_WRONG, /* do not use the keyset: continue as if the source did not have it */
};
/* The caller sets all functions. Each function gets arg. */
struct pull_observer {
	/* A final answer: FOUND, or a refusal that no other source contradicts. Called once for each waiter. The
	 * waiter may call pull_start again at once. The answer is wiped after the last call. */
	void (*answered)(void *arg, struct pull_waiter *waiter,
			 const struct keysource_answer *answer);
	/* For the log: no source served the pull. Called only the first time that this happens to a pull. The
	 * pull is tried again after retry_ms. */
	void (*troubled)(void *arg, const struct keysource_request *request, const char *source,
			 const struct keysource_answer *answer, uint32_t retry_ms);
	/* source has given a keyset. sent_ms: the time of the request, by wheel_now. */
	enum pull_given (*given)(void *arg, const struct keysource_request *request,
				 unsigned source, uint64_t sent_ms,
				 const struct keysource_answer *answer);
	/* A request got no valid answer, so source may or may not have released the keyset. */
	void (*lost)(void *arg, const struct keysource_request *request, unsigned source);
	/* Returns true if source must also be asked for a keyset that another source gave first. */
	bool (*is_waited_for)(void *arg, const struct keysource_request *request,
			      const struct keysource_answer *answer, unsigned source);
	void *arg;
};

struct pull_manager;

/* Copies config and observer. Returns NULL if there is no memory. */
struct pull_manager *pull_manager_new(const struct pull_config *config, struct wheel *wheel,
				      const struct pull_observer *observer);
void pull_manager_free(struct pull_manager *manager);

/* Adds a source behind all others in the order of asking. The caller owns source and name. prefetch: the source
 * gets prefetches. -ENOSPC: there are PULL_SOURCES_MAX already. -ENOMEM. */
#define PULL_SOURCES_MAX 8
int pull_manager_add_source(struct pull_manager *manager, struct keysource *source,
			    const char *name, bool prefetch);

/* Replaces the configuration. Pulls in flight continue; later requests use the new configuration. */
void pull_manager_configure(struct pull_manager *manager, const struct pull_config *config);
/* Sets the order in which sources are asked from here on, by their names. -EINVAL: the names are
 * not those of the sources. */
int pull_manager_set_order(struct pull_manager *manager, const char *const *names, unsigned count);

/* Makes waiter wait for the keyset of request. Never calls the observer. -ENOMEM. */
int pull_start(struct pull_manager *manager, const struct keysource_request *request,
	       struct pull_waiter *waiter);
/* Ends the wait. A waiter that does not wait is allowed. */
void pull_cancel(struct pull_manager *manager, struct pull_waiter *waiter);

/* The source that has given answer. */
unsigned pull_answering_source(const struct keysource_answer *answer);

/* Takes an answer of keysource_collect, and wipes it. */
void pull_take_answer(struct pull_manager *manager, struct keysource_answer *answer);

/* Sends pulls that wait for a place in flight or for the pace of their source. Call it after pull_take_answer, and
 * again when time has passed. */
void pull_send_waiting(struct pull_manager *manager);

uint32_t pull_in_flight(const struct pull_manager *manager);
const struct pull_counters *pull_manager_counters(const struct pull_manager *manager);

unsigned pull_sources(const struct pull_manager *manager);
const char *pull_source_name(const struct pull_manager *manager, unsigned source);
const struct pull_source_counters *pull_source_counters(const struct pull_manager *manager,
							unsigned source);
/* The limit of pulls a second to the source. 0: no limit. */
uint32_t pull_source_pace(const struct pull_manager *manager, unsigned source);

#endif
