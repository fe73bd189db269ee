/* SPDX-License-Identifier: BSD-3-Clause */
/* What retention.c, retention_given.c and retention_disk.c share. */
#ifndef COUNTS_RETENTION_INSIDE_H
#define COUNTS_RETENTION_INSIDE_H

#include "counts/ledger.h"
#include "counts/retention.h"

/* Other keysets that prove a keyset replaced. If its keys are unknown, one of the others may be the
 * keyset itself. */
#define OTHERS		3
#define OTHERS_NAMELESS 4
/* If this many other keysets may have been released, they may have replaced it. */
#define OTHERS_DOUBT 2

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
	uint64_t short_ms;	 /* rule 2 */
	uint32_t longest_life_s; /* the longest lifetime that was given */
	bool is_restoring;	 /* until retention_note_sources */
	unsigned sources_count;
	struct source sources[STATE_RETENTION_SOURCES];
};

/* Stands for keysets with COUNTs that were given up. A real keyset has this fingerprint with
 * probability 2^-128. */
extern const struct counts_fingerprint retention_given_up;

/* --- retention.c --- */

struct keyset *retention_find(struct retention *r, const struct counts_key *key);
/* Finds or makes it. is_new may be NULL. NULL: no memory. */
struct keyset *retention_get(struct retention *r, const struct counts_key *key, bool *is_new);
/* Iterates over the keysets of an IMSI, or over all if imsi is NULL. */
struct keyset *retention_next(struct retention *r, const struct e2m_imsi *imsi,
			      const struct keyset *after);
/* The keyset has changed. */
void retention_note(struct keyset *k);

bool retention_has_fingerprint(const struct keyset *k,
			       const struct counts_fingerprint *fingerprint);
/* Returns true for a record that stands for keysets with unknown keys. */
bool retention_has_no_keys(const struct keyset *k);
/* Returns true if a session of the IMSI holds the keyset. */
bool retention_is_held(struct retention *r, const struct counts_key *key);
/* Makes records for keysets that sessions hold and that have no record. */
void retention_keep_held(struct retention *r, const struct e2m_imsi *imsi);
/* A keyset of an earlier process: absent sources may have been asked for it. */
void retention_wait_for_absent(struct keyset *k);

/* Keeps the keyset for at least ms from now. */
void retention_prolong(struct keyset *k, uint64_t ms);
/* A source that has not given the keyset may have released it all the same: for a request that is
 * under way, or for a request of an earlier process. Other keysets count again from zero, for
 * requests sent more than 60 s from now. */
void retention_begin_again(const struct retention *r, struct item *item);
void retention_note_given(struct keyset *k, unsigned source, uint32_t lifetime_s);
/* Rule 4, and how many other keysets it needs. */
bool retention_waits_for(const struct keyset *k, unsigned source);
uint8_t retention_others_needed(const struct keyset *k);

/* Forgets the keyset if no rule keeps it: at once, or after the current caller, who may still use
 * it, has returned. */
void retention_judge(struct keyset *k);
void retention_judge_later(struct keyset *k);
void retention_forget(struct keyset *k);
/* Removes the keyset from the queue waiting. */
void retention_wait_no_more(struct keyset *k);

#endif
