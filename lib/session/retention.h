/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * retention: how long the COUNTs of a keyset are kept, e2m.md 2. They are kept
 *
 *   1. while a session holds the keyset;
 *   2. until 60 s after the time for which an HSS keeps a keyset, from the last answer that gave it or its last use;
 *   3. until the longest lifetime that a source gave it has ended, and 60 s;
 *   4. for each source that remembers longer than an HSS and gave no lifetime: until that source has replaced it.
 *
 * For rule 4 each keyset has, for each source, the other keysets of its IMSI that the source has given to requests
 * that were sent later. Three of them prove that the source has replaced it, and will never give it again:
 *
 *   A source gives no more than two keysets of an IMSI again: the last two that it has released for the first time. So
 *   of the keysets that it gives after it has released this one, at most one was released before it (in an answer that
 *   was lost, for instance, or under its other name). Of three, two are new, and the keyset is replaced.
 *
 * When the source may have released the keyset is known by the first answer that had it. Until there is one, the
 * source may have released it at any time at which it was asked for any keyset of the IMSI: each answer that does not
 * come begins the count again, and so does a start of the process.
 *
 * Most subscribers have one keyset, which their sessions hold, and nothing waits for. Of that one nothing is kept here.
 *
 * One thread calls all of it.
 */
#ifndef SESSION_RETENTION_H
#define SESSION_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "session/counts.h"
#include "session/wheel.h"
#include "state/state.h"

/* An answer that is on its way comes within so long, or does not count. */
#define RETENTION_LATE_MS UINT64_C(60000)
/* As e2m.md 2: what an HSS keeps a keyset for. */
#define RETENTION_HSS_S 300

struct retention;

/* How long a source can give a keyset again. */
enum retention_memory {
	RETENTION_LONG,	 /* until it is replaced, or its lifetime ends: a KMS */
	RETENTION_SHORT, /* for a time after it was made: an HSS */
	RETENTION_ALWAYS /* a file: retention_keep_always */
};

/* A keyset that a session holds. */
struct retention_held {
	struct counts_fingerprint fingerprint;
	uint8_t given_by; /* bit of each source that has given it, as far as the session knows */
	uint32_t lifetime_s;
};
/* next: the keyset that sessions of the IMSI hold in the place *at or after, which begins at 0 and is moved on; the same
 * may come several times. false: there are no more. */
struct retention_sessions {
	bool (*next)(void *arg, const struct e2m_imsi *imsi, unsigned *at,
		     struct retention_held *held);
	void *arg;
};

/* COUNTs of a keyset that are forgotten are forgotten in counts. subscribers: how many there may be, roughly. */
struct retention *retention_new(struct wheel *wheel, struct counts *counts,
				const struct retention_sessions *sessions, uint32_t subscribers,
				bool is_durable);
void retention_free(struct retention *retention);

/* The next source, from 0 on. name tells it from others in the state. short_s: of RETENTION_SHORT. -ENOSPC. */
int retention_add_source(struct retention *retention, const char *name,
			 enum retention_memory memory, uint32_t short_s);

/* A source that is a file has the keyset, by whatever name: its COUNTs are never forgotten. false: no memory. */
bool retention_keep_always(struct retention *retention, const struct e2m_imsi *imsi,
			   const struct counts_fingerprint *keyset);

/* That is all that this file has. Until then nothing that it may have is forgotten. */
void retention_is_read(struct retention *retention, unsigned source);

/* --- what sources say --- */

enum retention_verdict {
	RETENTION_KNOWN,
	RETENTION_NEW, /* no source has given this keyset before, as far as COUNTs are kept */
	RETENTION_DOUBTFUL, /* its COUNTs may have been given up (retention_give_up): it must not be used */
};

/* source has given the keyset, to a request that was sent at sent_ms (of wheel_now). */
enum retention_verdict retention_given(struct retention *retention, const struct e2m_imsi *imsi,
				       const struct counts_fingerprint *keyset, unsigned source,
				       uint64_t sent_ms, uint32_t lifetime_s);
/* No answer came of a request for some keyset of the IMSI: source may have released it. */
void retention_lost(struct retention *retention, const struct e2m_imsi *imsi, unsigned source);
/* Some keyset but this waits until source gives others. */
bool retention_waits(struct retention *retention, const struct e2m_imsi *imsi,
		     const struct counts_fingerprint *but, unsigned source);

/* --- what sessions do --- */

/* A keyset that a session holds leaves it: it is held until its COUNTs are in counts. false: no memory. */
bool retention_hold(struct retention *retention, const struct e2m_imsi *imsi,
		    const struct counts_fingerprint *keyset);
/* They are. */
void retention_release(struct retention *retention, const struct e2m_imsi *imsi,
		       const struct counts_fingerprint *keyset);
/* A session that held the keyset does so no more, and has used no COUNT of it. */
void retention_leave(struct retention *retention, const struct e2m_imsi *imsi,
		     const struct counts_fingerprint *keyset);
/* COUNTs of a keyset whose keys nobody knows (counts_nameless) are in counts. false: no memory. */
bool retention_keep_nameless(struct retention *retention, const struct e2m_imsi *imsi);
/* A source may give the keyset again: its keys may be wiped while a session holds it. */
bool retention_may_come_again(struct retention *retention, const struct e2m_imsi *imsi,
			      const struct counts_fingerprint *keyset);
/* Forgets the COUNTs of the IMSI's oldest keyset that is kept for rule 4 alone. From then on its sources are believed no
 * keyset of that IMSI that no other source has given, until they have replaced it. false: there is none. */
bool retention_give_up(struct retention *retention, const struct e2m_imsi *imsi);

/* The same with the oldest of all, whichever IMSI's; its IMSI is in *of. */
bool retention_give_up_any(struct retention *retention, struct e2m_imsi *of);

/* --- on disk: as in counts.h --- */

void retention_collect(struct retention *retention, struct state_batch *batch);
void retention_collect_gone(struct retention *retention, struct state_batch *batch);
void retention_written(struct retention *retention, const struct state_retention *record,
		       bool is_gone, bool is_written);
/* The disk has COUNTs of the keyset. -ENOMEM. */
int retention_adopt(struct retention *retention, const struct e2m_imsi *imsi,
		    const struct counts_fingerprint *keyset);
/* age_s: state_age. -ENOMEM; -ENOSPC: sources have had more names than there is room for. */
int retention_restore(struct retention *retention, const struct state_retention *record,
		      uint64_t age_s);
/* A keyset of an earlier process, which a session holds: a source that is configured no more may have given it. false: no
 * memory. */
bool retention_keep_restored(struct retention *retention, const struct e2m_imsi *imsi,
			     const struct counts_fingerprint *keyset);
/* All is restored, and sessions hold what they hold. */
void retention_begin(struct retention *retention);
/* After retention_begin: the next process is to know which sources this one has. false: no memory. */
bool retention_note_sources(struct retention *retention);

/* Octets of memory without any keyset, and for each. */
size_t retention_octets(const struct retention *retention);
size_t retention_octets_each(const struct retention *retention);

#endif
