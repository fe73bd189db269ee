/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pull_source: one key source, with its queue of pulls, its places in flight and its pace. pull.c and prefetch.c
 * call these functions, in the control thread. pull_source.c calls keysource_ask, and has no part in waiters,
 * refusals and other sources.
 */
#ifndef KEYS_PULL_SOURCE_H
#define KEYS_PULL_SOURCE_H

#include "keys/pace.h"
#include "keys/pull.h"

TAILQ_HEAD(pull_waiters, pull_waiter);
TAILQ_HEAD(pull_queue, pull);
LIST_HEAD(pull_list, pull);

enum pull_state {
	PULL_QUEUED,	/* waits for a place in flight */
	PULL_IN_FLIGHT, /* waits for the answer of a source */
	PULL_BACKOFF,	/* waits for its timer, then asks again */
	PULL_REFUSED,	/* a refusal, remembered until its timer fires */
	PULL_ANSWERED,	/* has ended; the remaining waiters get the answer now */
};

struct pull {
	struct wheel_timer timer;      /* set in BACKOFF and REFUSED */
	LIST_ENTRY(pull) list;	       /* pulls with the same hash, or all prefetches */
	TAILQ_ENTRY(pull) queue;       /* QUEUED: queue of its source; REFUSED: oldest first */
	TAILQ_ENTRY(pull) asked_again; /* REFUSED with waiters */
	struct pull_waiters waiters;   /* a prefetch has none */
	struct keysource_request request;
	struct pull_source *source;	  /* in flight to this source, or the next source to ask */
	struct keysource_answer *refusal; /* REFUSED only */
	uint64_t started_ms;		  /* prefetches only */
	uint32_t backoff_ms;		  /* longest time of the next backoff; 0: retry_min_ms */
	uint8_t state;			  /* enum pull_state */
	bool is_prefetch;
	bool may_come_later; /* a source of this round may have the keyset later */
	bool trouble_said;   /* observer.troubled was called */
};

/* A place in flight. The generation distinguishes a late answer from the answer to the next pull in the place. */
struct pull_place {
	struct pull *pull; /* NULL: free */
	uint64_t sent_ms;
	uint32_t generation;
	uint32_t next_free; /* of a free place; undefined in the last free place */
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
/* Removes the pull from its list. The pull must be in no queue. */
void pull_source_free_pull(struct pull *pull);
/* Puts the pull at the end of the source's queue. The pull must be in no queue. */
void pull_source_queue(struct pull_source *source, struct pull *pull);

/* Raises the number of places to count, or leaves a higher number. Pulls in flight keep their places. -ENOMEM:
 * the number is unchanged. */
int pull_source_add_places(struct pull_source *source, uint32_t count);

/* Takes the next pull out of its queue. NULL: no pull waits, or none may be sent now. */
struct pull *pull_source_next(struct pull_source *source, uint32_t in_flight_max, uint64_t now_ms);
/* Sends the request of pull, which pull_source_next returned. Returns false if the source could not be asked. Then
 * *why has the reason in the form of an answer. */
bool pull_source_ask(struct pull_source *source, struct pull *pull, uint32_t timeout_ms,
		     uint64_t now_ms, struct keysource_answer *why);
/* Frees the place of the pull that answer belongs to. Returns this pull, and in *sent_ms the time of its request.
 * NULL: the answer is late and belongs to no pull. */
struct pull *pull_source_take(struct pull_source *source, const struct keysource_answer *answer,
			      uint64_t now_ms, uint64_t *sent_ms);

#endif
