/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * journal: which sessions have changed and are not on disk, and which messages wait for the disk.
 * It knows no records: durable.c makes them. A store that is not durable has no journal (NULL):
 * notes are dropped, and nothing waits. Each file that changes what a record has notes the session.
 * held.c adds waiters, durable.c takes them out.
 */
#ifndef CONTROL_JOURNAL_H
#define CONTROL_JOURNAL_H

#include <sys/queue.h>

#include "control/context.h"

/* The first member of what waits. It must come from malloc: journal_free frees the waiters that are
 * left. */
struct journal_waiter {
	TAILQ_ENTRY(journal_waiter) entry;
	uint64_t noted; /* waits for all notes up to this one */
};

/* Ids are 1 to max, and the one after it, which stands for the record that the directory is overfull.
 * NULL: no memory. */
struct journal *journal_new(uint32_t max);
void journal_free(struct journal *journal);
/* Octets for one id. */
size_t journal_octets_each(const struct journal *journal);

/* Notes that the session has come, has gone, or has changed in a way that its record shows. A
 * session that is noted several times waits once. */
void journal_note(struct session_store *store, const struct session *session);
uint32_t journal_overfull(const struct journal *journal);
void journal_note_id(struct journal *journal, uint32_t id);
/* Takes the id of the session that has waited longest, for a batch. 0: none waits. */
uint32_t journal_take(struct journal *journal);
/* The id that was just taken waits until no other does: its session is gone. */
void journal_put_off(struct journal *journal, uint32_t id);
/* Takes an id that was put off. Call it when journal_take returns 0. 0: none is left. */
uint32_t journal_take_put_off(struct journal *journal);
/* All that was taken is on disk (error 0), or could not be written. Then the caller notes it
 * again. */
void journal_written(struct journal *journal, int error);
/* Error of the last batch. 0: it was written, or there was none. */
int journal_error(const struct journal *journal);
/* Number of notes that are not on disk. 0 while the disk fails. */
uint64_t journal_behind(const struct journal *journal);

/* Keeps the waiter until all notes so far are on disk. Returns false if they are on disk already,
 * or if the disk fails. */
bool journal_wait(struct journal *journal, struct journal_waiter *waiter);
/* Takes out the next waiter that has all its notes on disk. While the disk fails, the journal gives
 * out every waiter, so that the network goes on. NULL: no waiter is ready. */
struct journal_waiter *journal_take_waiter(struct journal *journal);

#endif
