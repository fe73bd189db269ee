/* SPDX-License-Identifier: BSD-3-Clause */
/* What pull.c, pull_source.c and prefetch.c share. */
#ifndef KEYS_PULL_INSIDE_H
#define KEYS_PULL_INSIDE_H

#include "keys/pace.h"
#include "keys/pull.h"

TAILQ_HEAD(pull_waiters, pull_waiter);
TAILQ_HEAD(pull_queue, pull);
LIST_HEAD(pull_list, pull);

enum pull_state {
	PULL_QUEUED,	/* for a place in flight */
	PULL_IN_FLIGHT, /* at a source */
	PULL_BACKOFF,	/* until its timer fires */
	PULL_REFUSED,	/* remembered, until its timer fires */
	PULL_ANSWERED,	/* over, but for waiters that do not know yet */
};

struct pull {
	struct wheel_timer timer;      /* of BACKOFF and REFUSED */
	LIST_ENTRY(pull) same_hash;    /* of a prefetch: all prefetches */
	TAILQ_ENTRY(pull) queue;       /* QUEUED: its source's; REFUSED: in the order of refusals */
	TAILQ_ENTRY(pull) asked_again; /* REFUSED, while somebody waits */
	struct pull_waiters waiters;
	struct keysource_request request;
	struct pull_manager *manager;
	struct keysource_answer *refusal; /* REFUSED only */
	uint64_t started_ms;		  /* of a prefetch */
	uint32_t backoff_ms;
	uint32_t place; /* in flight */
	uint8_t state;	/* enum pull_state */
	uint8_t source; /* asked, or to be asked next */
	bool is_prefetch;
	bool may_come_later; /* a source of this round could not say */
	bool trouble_said;
};

/* A place in flight. The generation tells a late answer from that of the place's next user. */
struct pull_place {
	struct pull *pull;
	uint64_t sent_ms;
	uint32_t generation;
};

struct pull_source {
	struct keysource *keysource;
	const char *name;
	bool is_told_early;
	struct pull_queue waiting, prefetches;
	struct pace pace;
	struct pull_place *places; /* places_count */
	uint32_t *free_places;
	uint32_t free_count, places_count;
	struct pull_source_counters counters;
};

#define PULL_HASH_SLOTS 65536

struct pull_manager {
	struct pull_config config;
	struct wheel *wheel;
	pull_answered answered;
	pull_troubled troubled;
	void *arg;
	struct pull_observer observer;
	struct pull_source sources[PULL_SOURCES_MAX];
	unsigned sources_count;
	uint8_t order[PULL_SOURCES_MAX]; /* the order in which sources are asked */
	struct pull_counters counters;
	struct pull_queue refused, asked_again;
	uint32_t refused_count;
	struct pull_list prefetches;
	uint32_t prefetches_count;
	struct pull_list by_request[PULL_HASH_SLOTS];
};

/* --- pull.c --- */

struct pull *pull_new(struct pull_manager *m, const struct keysource_request *request);
/* Takes it out of its list, and no other. */
void pull_free(struct pull *pull);
/* Handles a source's answer, or the reason why it could not be asked. is_first:
 * PULL_GIVEN_FIRST. */
void pull_conclude(struct pull_manager *m, struct pull *pull, const struct keysource_answer *answer,
		   bool is_first);
uint32_t pull_next_backoff(const struct pull_manager *m, struct pull *pull);

/* --- pull_source.c --- */

/* The source that is asked first, and the source after another one; PULL_SOURCES_MAX: none. */
static inline uint8_t pull_source_first(const struct pull_manager *m)
{
	return m->order[0];
}
uint8_t pull_source_after(const struct pull_manager *m, uint8_t source);

/* Sends what waits, if it may go now. */
void pull_source_send(struct pull_manager *m, unsigned source);

/* --- prefetch.c --- */

/* A keyset has come from source: those who are told early are to be asked for it. */
void prefetch_tell(struct pull_manager *m, const struct keysource_request *request, unsigned source,
		   const struct keysource_answer *answer, bool is_first);
void prefetch_conclude(struct pull_manager *m, struct pull *pull,
		       const struct keysource_answer *answer);
void prefetch_free_all(struct pull_manager *m);

#endif
