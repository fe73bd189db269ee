/* SPDX-License-Identifier: BSD-3-Clause */
/* What retention.c, retention_given.c and retention_disk.c share. */
#ifndef SESSION_RETENTION_INSIDE_H
#define SESSION_RETENTION_INSIDE_H

#include "session/outbox.h"
#include "session/retention.h"

/* Others that prove a keyset replaced; where its keys are not known, one of them may be itself. */
#define OTHERS		3
#define OTHERS_NAMELESS 4
/* So many that may have been released may have replaced it. */
#define OTHERS_DOUBT 2

/* What a source has done to a keyset. */
struct item {
	uint64_t since_ms;     /* requests that were sent later count */
	uint32_t tags[OTHERS]; /* the first octets of others' fingerprints: equal ones count once */
	uint8_t flags;	       /* enum state_retention_flag */
	uint8_t others;
	uint8_t later; /* others that may have been released since the keyset was given last */
};

struct keyset {
	struct outbox_item outbox;
	LIST_ENTRY(keyset) same_hash;
	TAILQ_ENTRY(keyset) entry; /* of those that wait, if is_waiting */
	struct wheel_timer timer;
	struct retention *retention;
	uint64_t until_ms; /* rules 2 and 3 */
	struct e2m_imsi imsi;
	struct counts_fingerprint fingerprint;
	uint32_t holders; /* of COUNTs that are on their way from a session */
	bool is_always;	  /* a file has it */
	bool is_waiting;
	uint32_t items_count; /* sources that were known when it was made */
	struct item items[];
};

LIST_HEAD(keyset_list, keyset);
TAILQ_HEAD(keyset_queue, keyset);

struct source {
	uint32_t name;	/* a hash */
	uint8_t memory; /* enum retention_memory */
	bool is_read;	/* of RETENTION_ALWAYS: what it has is known */
	bool is_absent; /* of an earlier configuration: it gives nothing, and replaces nothing */
	bool was_there; /* when the process before this one ran */
};

struct retention {
	struct wheel *wheel;
	struct counts *counts;
	struct retention_sessions sessions;
	struct outbox outbox;
	/* Those that rule 4 alone keeps, the oldest first. One that has been given or held since is among them until it is
	 * looked at. */
	struct keyset_queue waiting;
	uint64_t short_ms;	 /* rule 2 */
	uint32_t longest_life_s; /* of all that were given */
	bool is_restoring;	 /* until retention_note_sources */
	unsigned sources_count;
	struct source sources[STATE_RETENTION_SOURCES];
	uint32_t lists_count;
	struct keyset_list lists[]; /* all of an IMSI are in one of them */
};

/* Stands for keysets whose COUNTs were given up. No keyset has it, but by a chance of 2^-128. */
extern const struct counts_fingerprint retention_given_up;

/* No subscriber's: its record has the names of the sources. */
extern const struct e2m_imsi retention_no_imsi;
bool retention_is_no_imsi(const struct e2m_imsi *imsi);

/* --- retention.c --- */

struct keyset_list *retention_list_of(struct retention *r, const struct e2m_imsi *imsi);
bool retention_is_of(const struct keyset *k, const struct e2m_imsi *imsi);
bool retention_has_fingerprint(const struct keyset *k,
			       const struct counts_fingerprint *fingerprint);
/* It stands for keysets whose keys nobody knows. */
bool retention_has_no_keys(const struct keyset *k);
struct keyset *retention_find(struct retention *r, const struct e2m_imsi *imsi,
			      const struct counts_fingerprint *fingerprint);
/* Those that are gone, too. */
struct keyset *retention_find_any(struct retention *r, const struct e2m_imsi *imsi,
				  const struct counts_fingerprint *fingerprint);
/* NULL: no memory. */
struct keyset *retention_make(struct retention *r, const struct e2m_imsi *imsi,
			      const struct counts_fingerprint *fingerprint);
struct keyset *retention_find_or_make(struct retention *r, const struct e2m_imsi *imsi,
				      const struct counts_fingerprint *fingerprint);
void retention_free_keyset(struct keyset *k);
/* Takes it out of those that wait. */
void retention_wait_no_more(struct keyset *k);
/* A keyset of an earlier process: what is absent may have been asked for it. */
void retention_wait_for_absent(struct keyset *k);

/* It is kept for ms from now on at least. */
void retention_prolong(struct keyset *k, uint64_t ms);
/* A source that has not given the keyset may have released it all the same: others count from now on, and 60 s. */
void retention_begin_again(const struct retention *r, struct item *item);
/* Rule 4, and how many others it takes. */
bool retention_waits_for(const struct keyset *k, unsigned source);
uint8_t retention_others_needed(const struct keyset *k);
/* Forgets it if it need not be kept: now, or when a caller who may yet hold it has had its turn. */
void retention_judge(struct keyset *k);
void retention_judge_later(struct keyset *k);
void retention_forget(struct keyset *k);

bool retention_next_held(struct retention *r, const struct e2m_imsi *imsi, unsigned *at,
			 struct retention_held *held);
bool retention_is_held(struct retention *r, const struct e2m_imsi *imsi,
		       const struct counts_fingerprint *fingerprint);
bool retention_any_kept(struct retention *r, const struct e2m_imsi *imsi);
void retention_note_given(struct keyset *k, unsigned source, uint32_t lifetime_s);
/* Keeps what is known of keysets that sessions hold and that nothing was kept of. */
void retention_keep_held(struct retention *r, const struct e2m_imsi *imsi);

#endif
