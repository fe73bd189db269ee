/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * journal: which sessions have changed and are not on disk, and which messages wait until they are. It knows
 * no records: durable.c makes those. A store that is not durable has no journal (NULL): notes are dropped, and
 * nothing waits.
 */
#ifndef CONTROL_JOURNAL_H
#define CONTROL_JOURNAL_H

#include <sys/queue.h>

#include "control/context.h"

/* The first member of what waits, which must come from malloc: journal_free frees those that still wait. */
struct journal_waiter {
	TAILQ_ENTRY(journal_waiter) entry;
	uint64_t noted; /* waits for all notes up to this one */
};

/* Ids are 1 to max. NULL: no memory. */
struct journal *journal_new(uint32_t max);
void journal_free(struct journal *journal);
size_t journal_octets(const struct journal *journal);

/* The session has come, has gone, or has changed in a way that its record shows. However often it is noted, it
 * waits once. */
void journal_note(struct session_store *store, const struct session *session);
void journal_note_id(struct journal *journal, uint32_t id);
/* Takes the session that has waited longest, for a batch. 0: none waits. */
uint32_t journal_take(struct journal *journal);
/* All that was taken is on disk (error 0), or could not be written and is noted again by the caller. */
void journal_written(struct journal *journal, int error);
/* Of the last batch; 0: it was written, or there was none. */
int journal_error(const struct journal *journal);
/* Sessions that have changed and are not on disk; 0 while the disk fails. */
uint64_t journal_behind(const struct journal *journal);

/* Keeps the waiter until all notes so far are on disk. Returns false if they are, or if the disk fails. */
bool journal_wait(struct journal *journal, struct journal_waiter *waiter);
/* Takes out the next waiter whose notes are on disk, and any when the disk fails: then the network goes on.
 * NULL: none. */
struct journal_waiter *journal_take_waiter(struct journal *journal);

#endif
