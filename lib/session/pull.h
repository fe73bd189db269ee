/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pull: gets keysets from the key sources, steps 7 and 8. One pull for all who wait for the same
 * (IMSI, SQN|RAND); a bounded number on their way to each source at once, and no more a second than
 * it bears (pace.h). Sources are asked in their order: the next when one does not have the keyset, or
 * does not serve. When all have been asked and one of them may know more later, it is tried again
 * with exponential backoff and jitter, until there is a final answer or nobody waits any more. Refusals
 * are remembered for a while and answered from memory.
 *
 * A source may be one that is told early (a KMS): when another has given a keyset, it is asked for that
 * keyset too; and so is one that COUNTs wait for (retention.h), in the background, so that it gets it from the HSS while the HSS still has it. Nobody waits
 * for that, it goes behind all other pulls, and the keys that it answers are wiped unread.
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
	uint32_t in_flight_max;	   /* to each source */
	uint32_t negative_cache_s; /* 0: refusals are not remembered */
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
	uint64_t prefetch_dropped; /* for want of room, or tried in vain for too long */
};

/* A final answer: FOUND, or a refusal that no source contradicts. Called once per waiter; the answer
 * is wiped after the last. */
typedef void (*pull_answered)(void *arg, struct pull_waiter *waiter,
			      const struct keysource_answer *answer);
/* Said once a pull, the first time that no source served: for the log. It is tried again. */
typedef void (*pull_troubled)(void *arg, const struct keysource_request *request,
			      const char *source, const struct keysource_answer *answer,
			      uint32_t retry_ms);

/* Who hears what sources release, whoever asked for it. */
enum pull_given {
	PULL_GIVEN,
	PULL_GIVEN_FIRST, /* sources that are waited for are to be asked for it too */
	PULL_GIVEN_WRONG, /* it must not be used: as if source did not have it */
};
struct pull_observer {
	/* sent_ms: when the request left, of wheel_now. */
	enum pull_given (*given)(void *arg, const struct keysource_request *request,
				 unsigned source, uint64_t sent_ms,
				 const struct keysource_answer *answer);
	/* source was asked, and whether it has released the keyset nobody knows. */
	void (*lost)(void *arg, const struct keysource_request *request, unsigned source);
	/* The source is to be asked for what another has given first. */
	bool (*is_waited_for)(void *arg, const struct keysource_request *request,
			      const struct keysource_answer *answer, unsigned source);
	void *arg;
};

struct pull_manager;

/* Before anything is asked; observer is copied. */
void pull_manager_observe(struct pull_manager *manager, const struct pull_observer *observer);

struct pull_manager *pull_manager_new(const struct pull_config *config, struct wheel *wheel,
				      pull_answered answered, pull_troubled troubled, void *arg);
void pull_manager_free(struct pull_manager *manager);

/* Sources are asked in the order in which they were added; they and their names are the caller's.
 * prefetch: told early. -ENOSPC, -ENOMEM. */
#define PULL_SOURCES_MAX 8
int pull_manager_add_source(struct pull_manager *manager, struct keysource *source,
			    const char *name, bool prefetch);

/* Another configuration: pulls under way go on, those that are sent later follow it. */
void pull_manager_configure(struct pull_manager *manager, const struct pull_config *config);
/* The sources, by their names, in the order in which they are asked from here on. -EINVAL: they are not these. */
int pull_manager_set_order(struct pull_manager *manager, const char *const *names, unsigned count);

/* Waits for the keyset of request. -ENOMEM. The answer never comes from within this call. */
int pull_start(struct pull_manager *manager, const struct keysource_request *request,
	       struct pull_waiter *waiter);
/* Waits no more; allowed for one that does not wait. */
void pull_cancel(struct pull_manager *manager, struct pull_waiter *waiter);

/* Which source has given answer. */
unsigned pull_answering_source(const struct keysource_answer *answer);

/* What keysource_collect gave; wiped here. */
void pull_take_answer(struct pull_manager *manager, struct keysource_answer *answer);

/* Sends what waits for a place in flight, or for the pace of its source. Call after answers were taken and
 * when time has passed. */
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
