/* SPDX-License-Identifier: BSD-3-Clause */
/* journal: what is to be on disk. */
#ifndef CONTROL_JOURNAL_H
#define CONTROL_JOURNAL_H

#include "control/context.h"

int journal_init(struct session_store *store);
void journal_free(struct session_store *store);
/* Something of the session has changed that its record has, or it has come, or gone. */
void journal_note(struct session_store *store, const struct session *session);
/* Until all that was noted so far is on disk; false: it is, or nobody can say when it will be. */
bool journal_hold(struct session_store *store, struct held *held);
size_t journal_octets(const struct session_store *store);
/* Sessions whose changes are not on disk, and that messages wait for, which ask for another; when the disk fails,
 * nobody does. */
uint64_t journal_behind(const struct session_store *store);
uint64_t journal_age_s(const struct session_store *store);

#endif
