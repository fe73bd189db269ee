/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pull_source: one key source: the pulls that wait for it, in order, its places in flight, and its pace.
 * pull.c and prefetch.c call it. It calls keysource_ask, and knows nothing of waiters, of refusals and of
 * other sources. Control thread only.
 */
#ifndef KEYS_PULL_SOURCE_H
#define KEYS_PULL_SOURCE_H

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
	PULL_ANSWERED,	/* over; the remaining waiters are about to be told */
};

struct pull {
	struct wheel_timer timer;      /* of BACKOFF and REFUSED */
	LIST_ENTRY(pull) list;	       /* pulls with the same hash; of a prefetch: all prefetches */
	TAILQ_ENTRY(pull) queue;       /* QUEUED: its source's; REFUSED: in the order of refusals */
	TAILQ_ENTRY(pull) asked_again; /* REFUSED with waiters */
	struct pull_waiters waiters;   /* a prefetch has none */
	struct keysource_request request;
	struct pull_source *source;	  /* asked, or to be asked next */
	struct keysource_answer *refusal; /* REFUSED only */
	uint64_t started_ms;		  /* of a prefetch */
	uint32_t backoff_ms;		  /* the next one, at most; 0: retry_min_ms */
	uint8_t state;			  /* enum pull_state */
	bool is_prefetch;
	bool may_come_later; /* a source of this round could not say */
	bool trouble_said;
};

/* A place in flight. The generation distinguishes a late answer from the answer to the next pull there. */
struct pull_place {
	struct pull *pull; /* NULL: free */
	uint64_t sent_ms;
	uint32_t generation;
	uint32_t next_free; /* of a free place; the last one's does not count */
};

struct pull_source {
	struct pull_manager *manager;
	struct keysource *keysource;
	const char *name;
	unsigned number;
	bool is_told_early;
	struct pull_queue waiting, prefetches;
	struct pace pace;
	struct pull_place *places; /* places_count */
	uint32_t places_count, in_flight, first_free;
	struct pull_source_counters counters;
};

/* Makes a pull that waits at the end of the queue. The caller puts it on a list. NULL: no memory. */
struct pull *pull_source_new_pull(struct pull_source *source,
				  const struct keysource_request *request, bool is_prefetch);
/* Takes it off its list, but not out of a queue. */
void pull_source_free_pull(struct pull *pull);
/* Waits for this source from here on, behind all others. The pull is in no queue. */
void pull_source_queue(struct pull_source *source, struct pull *pull);

/* Makes the number of places count, unless it is higher. Pulls in flight keep their places. -ENOMEM: the
 * number is unchanged. */
int pull_source_add_places(struct pull_source *source, uint32_t count);

/* Takes the pull that may be sent now out of its queue. NULL: none. */
struct pull *pull_source_next(struct pull_source *source, uint32_t in_flight_max, uint64_t now_ms);
/* Asks for the keyset of pull, which pull_source_next gave. Returns false if the source could not be asked,
 * and sets *why like an answer. */
bool pull_source_ask(struct pull_source *source, struct pull *pull, uint32_t timeout_ms,
		     uint64_t now_ms, struct keysource_answer *why);
/* The pull that answer is for, which has left its place, and when it was sent. NULL: none, a late answer. */
struct pull *pull_source_take(struct pull_source *source, const struct keysource_answer *answer,
			      uint64_t now_ms, uint64_t *sent_ms);

#endif
