/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * retention: how long the COUNTs of a keyset are kept (e2m.md 2). They are kept
 *
 *   1. while a session holds the keyset;
 *   2. for the time that an HSS keeps a keyset plus 60 s, counted from the last answer with the
 *      keyset or from its last use;
 *   3. until 60 s after the longest lifetime that a source gave it;
 *   4. for each source that remembers longer than an HSS and gave no lifetime: until that source
 *      has replaced it.
 *
 * For rule 4, each keyset has a list for each source: the other keysets of its IMSI that the source
 * gave to later requests. Three of them prove that the source has replaced the keyset and will
 * never give it again:
 *
 *   A source gives again only the last two keysets of an IMSI that it released for the first
 *   time. Of the other keysets that it gives after it has released this one, at most one was
 *   released earlier (for instance in a lost answer, or under its other name). So of three, two
 *   are new, and this keyset is replaced.
 *
 * The first answer with the keyset shows when the source may have released it. Before that answer,
 * the source may have released it whenever it was asked for any keyset of the IMSI. So each missing
 * answer restarts the count, and so does a start of the process.
 *
 * Most subscribers have one keyset. Their sessions hold it, and it waits for no source. Nothing is
 * recorded here for such a keyset.
 *
 * A keyset is identified by IMSI and fingerprint; the bearer of its counts_key is ignored. lib/control calls all
 * functions, in the control thread.
 */
#ifndef COUNTS_RETENTION_H
#define COUNTS_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wheel.h"
#include "counts/counts.h"
#include "state/state.h"

/* An answer in flight arrives within this time, or is ignored. */
#define RETENTION_LATE_MS UINT64_C(60000)
/* How long an HSS keeps a keyset (e2m.md 2). */
#define RETENTION_HSS_S 300

struct retention;

/* How long a source can give a keyset again (e2m.md 2). In doubt use RETENTION_LONG. */
enum retention_memory {
	RETENTION_LONG,	 /* until the keyset is replaced or its lifetime ends: a KMS */
	RETENTION_SHORT, /* for short_s after the AKA run: an HSS */
	RETENTION_ALWAYS /* a file: retention_keep_always */
};

/* A keyset that a session holds. */
struct retention_held {
	struct counts_fingerprint fingerprint;
	uint8_t given_by; /* one bit for each source that has given the keyset */
	uint32_t lifetime_s;
};
/* next: finds the keyset that sessions of the IMSI hold at place *at or later, and advances *at,
 * which starts at 0. The same keyset may be returned several times. Returns false if there are no
 * more. */
struct retention_sessions {
	bool (*next)(void *arg, const struct e2m_imsi *imsi, unsigned *at,
		     struct retention_held *held);
	void *arg;
};

/* When a keyset is forgotten, its COUNTs in counts are forgotten too. subscribers: their
 * approximate number. */
struct retention *retention_new(struct wheel *wheel, struct counts *counts,
				const struct retention_sessions *sessions, uint32_t subscribers,
				bool is_durable);
void retention_free(struct retention *retention);

/* Adds a source; sources are numbered from 0. name identifies the source in the state. short_s: for
 * RETENTION_SHORT. -ENOSPC. */
int retention_add_source(struct retention *retention, const char *name,
			 enum retention_memory memory, uint32_t short_s);

/* A file source has the keyset, under either name, so its COUNTs are never forgotten. Returns false
 * if there is no memory. */
bool retention_keep_always(struct retention *retention, const struct counts_key *key);

/* The file source has reported all its keysets. Until then, no keyset that may be in the file is
 * forgotten. */
void retention_is_read(struct retention *retention, unsigned source);

/* --- what sources say --- */

enum retention_verdict {
	RETENTION_KNOWN,
	RETENTION_NEW,	    /* no source has given this keyset while COUNTs were kept */
	RETENTION_DOUBTFUL, /* do not use the keyset: its COUNTs may have been given up */
};

/* source has given the keyset, in answer to a request sent at sent_ms (of wheel_now). */
enum retention_verdict retention_given(struct retention *retention, const struct counts_key *key,
				       unsigned source, uint64_t sent_ms, uint32_t lifetime_s);
/* A request for a keyset of the IMSI got no answer: source may have released the keyset. */
void retention_lost(struct retention *retention, const struct e2m_imsi *imsi, unsigned source);
/* Returns true if another keyset of the IMSI waits until source gives other keysets. */
bool retention_waits(struct retention *retention, const struct counts_key *but, unsigned source);

/* --- what sessions do --- */

/* A session is going to drop the keyset: keep it until its COUNTs are in counts. Returns false if
 * there is no memory. */
bool retention_hold(struct retention *retention, const struct counts_key *key);
/* Ends retention_hold: the COUNTs are in counts. */
void retention_release(struct retention *retention, const struct counts_key *key);
/* A session no longer holds the keyset and has used none of its COUNTs. */
void retention_leave(struct retention *retention, const struct counts_key *key);
/* counts has COUNTs of a keyset with unknown keys (counts_nameless). Returns false if there is no
 * memory. */
bool retention_keep_nameless(struct retention *retention, const struct e2m_imsi *imsi);
/* Returns true if a source may give the keyset again. Then its keys may be wiped while a session
 * holds it. */
bool retention_may_come_again(struct retention *retention, const struct counts_key *key);
/* Forgets the COUNTs of the IMSI's oldest keyset that is kept for rule 4 alone. From then on, a
 * keyset of that IMSI from the same sources is refused, unless another source gave it too. This
 * ends when these sources have replaced the forgotten keyset. Returns false if there is no such
 * keyset. */
bool retention_give_up(struct retention *retention, const struct e2m_imsi *imsi);

/* Same for the oldest such keyset of all IMSIs. Returns the IMSI in *of. */
bool retention_give_up_any(struct retention *retention, struct e2m_imsi *of);

/* --- on disk: see counts.h --- */

void retention_collect(struct retention *retention, struct state_batch *batch, bool is_gone);
void retention_written(struct retention *retention, const struct state_retention *record,
		       bool is_gone, bool is_written);
/* The disk has COUNTs of the keyset. -ENOMEM. */
int retention_adopt(struct retention *retention, const struct counts_key *key);
/* age_s: state_age. -ENOMEM; -ENOSPC: too many different source names. */
int retention_restore(struct retention *retention, const struct state_retention *record,
		      uint64_t age_s);
/* A session holds a keyset of an earlier process. A source that is no longer configured may have
 * given it. Returns false if there is no memory. */
bool retention_keep_restored(struct retention *retention, const struct counts_key *key);
/* Call it when all records are restored and the sessions hold their keysets. Records the sources of
 * this process for the next process. Returns false if there is no memory. */
bool retention_begin(struct retention *retention);

/* Octets of memory: without keysets, and for each keyset. */
size_t retention_octets(const struct retention *retention);
size_t retention_octets_each(const struct retention *retention);

#endif
