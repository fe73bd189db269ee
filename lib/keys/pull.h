/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pull: gets keysets from the key sources, steps 7 and 8. Requests for the same (IMSI, SQN|RAND)
 * share one pull. The number of pulls on their way to each source is bounded, and so is their rate
 * (pace.h). Sources are asked in order: the next one is asked when a source does not have the
 * keyset or does not serve. When all have been asked and one of them may have the keyset later, the
 * pull is retried with exponential backoff and jitter. It ends with a final answer, or when no
 * request waits any more. Refusals are remembered for a while and answered from memory.
 *
 * A source may be told early (a KMS): when another source has given a keyset, this source is asked
 * for that keyset too. The same goes for a source that COUNTs wait for (retention.h). So the source
 * gets the keyset from the HSS while the HSS still has it. No request waits for such a pull. It has
 * the lowest priority, and the keys in its answer are wiped unread.
 *
 * lib/control makes the manager and calls all functions, in the control thread. Below: prefetch.h, then
 * pull_source.h (one source), then pace.h and keysource.h.
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

/* A request that waits for an answer: a member of the waiting struct, zeroed at first. pull is NULL while it does
 * not wait. */
struct pull_waiter {
	TAILQ_ENTRY(pull_waiter) entry;
	struct pull *pull;
};

struct pull_counters {
	uint64_t sent;	    /* requests to a source */
	uint64_t coalesced; /* waiters that joined a pull already under way */
	uint64_t retries;
	uint64_t refused_again; /* answered from memory */
	uint64_t answers[KEYSOURCE_OUTCOMES];
};

/* The same for one source, prefetches apart. */
struct pull_source_counters {
	uint64_t sent;
	uint64_t answers[KEYSOURCE_OUTCOMES];
	uint64_t faults[KEYSOURCE_FAULTS]; /* of bad answers */
	uint64_t slowed;		   /* times that it was too busy, and its pace went down */
	uint64_t prefetch_sent;
	uint64_t prefetch_found;
	uint64_t prefetch_refused;
	uint64_t prefetch_dropped; /* no room, no memory, or tried in vain for too long */
};

/* The observer's answer when a source has released a keyset, for any request. */
enum pull_given {
	PULL_GIVEN,
	PULL_GIVEN_FIRST, /* also ask the sources that COUNTs wait for */
	PULL_GIVEN_WRONG, /* do not use it: treat the source as if it did not have it */
};
/* All calls are needed, and get arg. */
struct pull_observer {
	/* A final answer: FOUND, or a refusal that no source contradicts. Called once for each waiter, which may
	 * wait again at once; the answer is wiped after the last. */
	void (*answered)(void *arg, struct pull_waiter *waiter,
			 const struct keysource_answer *answer);
	/* Called once for a pull, the first time that no source served: for the log. The pull is tried again
	 * after retry_ms. */
	void (*troubled)(void *arg, const struct keysource_request *request, const char *source,
			 const struct keysource_answer *answer, uint32_t retry_ms);
	/* sent_ms: when the request was sent, by wheel_now. */
	enum pull_given (*given)(void *arg, const struct keysource_request *request,
				 unsigned source, uint64_t sent_ms,
				 const struct keysource_answer *answer);
	/* source was asked, and it is unknown whether source has released the keyset. */
	void (*lost)(void *arg, const struct keysource_request *request, unsigned source);
	/* Returns true if source must also be asked for a keyset that another source gave first. */
	bool (*is_waited_for)(void *arg, const struct keysource_request *request,
			      const struct keysource_answer *answer, unsigned source);
	void *arg;
};

struct pull_manager;

/* config and observer are copied. NULL: no memory. */
struct pull_manager *pull_manager_new(const struct pull_config *config, struct wheel *wheel,
				      const struct pull_observer *observer);
void pull_manager_free(struct pull_manager *manager);

/* Sources are asked in the order in which they were added. The caller owns them and their names. prefetch: told
 * early. -ENOSPC: there are PULL_SOURCES_MAX already. -ENOMEM. */
#define PULL_SOURCES_MAX 8
int pull_manager_add_source(struct pull_manager *manager, struct keysource *source,
			    const char *name, bool prefetch);

/* Replaces the configuration. Pulls under way continue; pulls sent later follow the new one. */
void pull_manager_configure(struct pull_manager *manager, const struct pull_config *config);
/* Sets the order in which sources are asked from here on, by their names. -EINVAL: the names are
 * not those of the sources. */
int pull_manager_set_order(struct pull_manager *manager, const char *const *names, unsigned count);

/* Waits for the keyset of request. -ENOMEM. The answer never comes from within this call. */
int pull_start(struct pull_manager *manager, const struct keysource_request *request,
	       struct pull_waiter *waiter);
/* Ends the waiting. A waiter that does not wait is allowed. */
void pull_cancel(struct pull_manager *manager, struct pull_waiter *waiter);

/* The source that has given answer. */
unsigned pull_answering_source(const struct keysource_answer *answer);

/* Takes an answer of keysource_collect, and wipes it. */
void pull_take_answer(struct pull_manager *manager, struct keysource_answer *answer);

/* Sends pulls that wait for a place in flight, or for the pace of their source. Call it after answers were taken
 * and when time has passed. */
void pull_send_waiting(struct pull_manager *manager);

uint32_t pull_in_flight(const struct pull_manager *manager);
const struct pull_counters *pull_manager_counters(const struct pull_manager *manager);

unsigned pull_sources(const struct pull_manager *manager);
const char *pull_source_name(const struct pull_manager *manager, unsigned source);
const struct pull_source_counters *pull_source_counters(const struct pull_manager *manager,
							unsigned source);
/* Pulls a second that the source is given at most; 0: no limit. */
uint32_t pull_source_pace(const struct pull_manager *manager, unsigned source);

#endif
