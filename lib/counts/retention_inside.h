/* SPDX-License-Identifier: BSD-3-Clause */
/* retention_inside: types and functions that retention.c and retention_disk.c share. No other file includes it. */
#ifndef COUNTS_RETENTION_INSIDE_H
#define COUNTS_RETENTION_INSIDE_H

#include "counts/ledger.h"
#include "counts/retention.h"

/* Other keysets that prove that a keyset is replaced. */
#define OTHERS 3

/* What one source has done with a keyset. */
struct item {
	uint64_t since_ms;     /* only answers to later requests count */
	uint32_t tags[OTHERS]; /* begin of the other keysets' fingerprints; equal tags count once */
	uint8_t flags;	       /* enum state_retention_flag, as bits */
	uint8_t others;	       /* number of other keysets that count */
	uint8_t later; /* others that may have been released since this keyset was last given */
};

struct keyset {
	struct ledger_item entry; /* the bearer of its key is 0 */
	TAILQ_ENTRY(keyset) wait; /* in retention.waiting, if is_waiting */
	struct wheel_timer timer;
	struct retention *retention;
	uint64_t until_ms; /* end of rules 2 and 3 */
	uint32_t holders;  /* sessions that still have to move COUNTs to counts */
	bool is_always;	   /* a file has the keyset */
	bool is_waiting;
	uint32_t items_count; /* sources known when the keyset was made */
	struct item items[];
};

TAILQ_HEAD(keyset_queue, keyset);

struct source {
	uint32_t name;	/* CRC-32C of the name */
	uint8_t memory; /* enum retention_memory */
	bool is_read;	/* for RETENTION_ALWAYS: the keysets of the file are known */
	bool is_absent; /* only in an earlier configuration: gives and replaces nothing */
	bool was_there; /* configured in the process before this one */
};

struct retention {
	struct wheel *wheel;
	struct counts *counts;
	struct retention_sessions sessions;
	struct ledger *ledger; /* its records are struct keyset */
	/* Keysets that rule 4 alone keeps, oldest first. A keyset that was given or held since then
	 * stays in the queue until it is checked. */
	struct keyset_queue waiting;
	uint32_t short_s;	 /* time of rule 2 */
	uint32_t longest_life_s; /* the longest lifetime that a source gave */
	bool is_restoring;	 /* until retention_begin */
	bool any_absent;
	bool any_remembers; /* a source that is not absent remembers longer than an HSS */
	unsigned sources_count;
	struct source sources[STATE_RETENTION_SOURCES];
};

struct keyset *retention_find(struct retention *r, const struct counts_key *key);
/* Finds or makes the keyset. NULL: no memory. */
struct keyset *retention_get(struct retention *r, const struct counts_key *key);
/* Notes that the keyset has changed and must be written to disk. */
void retention_note(struct keyset *k);
/* Makes records for all keysets that sessions of the IMSI hold and that have no record. */
void retention_keep_held(struct retention *r, const struct e2m_imsi *imsi);

/* Keeps the keyset for at least this time from now, plus RETENTION_LATE_MS. */
void retention_keep_for(struct keyset *k, uint32_t seconds);
/* Restarts the count of other keysets for a source that has not given the keyset. The source may still
 * have released the keyset, for a request in flight or a request of an earlier process. Only
 * requests sent more than RETENTION_LATE_MS from now count. */
void retention_begin_again(const struct retention *r, struct item *item);

/* Forgets the keyset if no rule keeps it. Otherwise sets its timer or its place in the queue. */
void retention_judge(struct keyset *k);
void retention_forget(struct keyset *k);
/* Removes the keyset from retention.waiting. */
void retention_wait_no_more(struct keyset *k);

#endif
