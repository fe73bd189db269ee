/* SPDX-License-Identifier: BSD-3-Clause */
/* What retention.c and retention_disk.c share. */
#ifndef COUNTS_RETENTION_INSIDE_H
#define COUNTS_RETENTION_INSIDE_H

#include "counts/ledger.h"
#include "counts/retention.h"

/* Other keysets that prove that a keyset is replaced. */
#define OTHERS 3

/* What one source has done with a keyset. */
struct item {
	uint64_t since_ms;     /* requests sent later count */
	uint32_t tags[OTHERS]; /* first octets of the others' fingerprints; equal tags count once */
	uint8_t flags;	       /* enum state_retention_flag */
	uint8_t others;
	uint8_t later; /* others that may have been released since this keyset was last given */
};

struct keyset {
	struct ledger_item entry; /* its key has no bearer */
	TAILQ_ENTRY(keyset) wait; /* in the queue waiting, if is_waiting */
	struct wheel_timer timer;
	struct retention *retention;
	uint64_t until_ms; /* rules 2 and 3 */
	uint32_t holders;  /* sessions with COUNTs on their way to counts */
	bool is_always;	   /* a file has the keyset */
	bool is_waiting;
	uint32_t items_count; /* sources known when the keyset was made */
	struct item items[];
};

TAILQ_HEAD(keyset_queue, keyset);

struct source {
	uint32_t name;	/* a hash */
	uint8_t memory; /* enum retention_memory */
	bool is_read;	/* for RETENTION_ALWAYS: the keysets of the file are known */
	bool is_absent; /* of an earlier configuration: it gives and replaces nothing */
	bool was_there; /* configured in the process before this one */
};

struct retention {
	struct wheel *wheel;
	struct counts *counts;
	struct retention_sessions sessions;
	struct ledger *ledger; /* of keysets */
	/* Keysets that rule 4 alone keeps, oldest first. A keyset that was given or held since then
	 * stays in the queue until it is checked. */
	struct keyset_queue waiting;
	uint32_t short_s;	 /* rule 2 */
	uint32_t longest_life_s; /* the longest lifetime that was given */
	bool is_restoring;	 /* until retention_begin */
	bool any_absent;
	bool any_remembers; /* a source that is not absent remembers longer than an HSS */
	unsigned sources_count;
	struct source sources[STATE_RETENTION_SOURCES];
};

struct keyset *retention_find(struct retention *r, const struct counts_key *key);
/* Finds or makes it. NULL: no memory. */
struct keyset *retention_get(struct retention *r, const struct counts_key *key);
/* The keyset has changed. */
void retention_note(struct keyset *k);
/* Makes records for keysets that sessions hold and that have no record. */
void retention_keep_held(struct retention *r, const struct e2m_imsi *imsi);

/* Keeps the keyset for at least so many seconds from now, and RETENTION_LATE_MS more. */
void retention_keep_for(struct keyset *k, uint32_t seconds);
/* A source that has not given the keyset may have released it all the same: for a request that is
 * under way, or for a request of an earlier process. Other keysets count again from zero, for
 * requests sent more than 60 s from now. */
void retention_begin_again(const struct retention *r, struct item *item);

/* Forgets the keyset now if no rule keeps it. */
void retention_judge(struct keyset *k);
void retention_forget(struct keyset *k);
/* Removes the keyset from the queue waiting. */
void retention_wait_no_more(struct keyset *k);

#endif
