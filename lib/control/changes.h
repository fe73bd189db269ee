/* SPDX-License-Identifier: BSD-3-Clause */
/* changes: what is to be on disk. */
#ifndef CONTROL_CHANGES_H
#define CONTROL_CHANGES_H

#include "control/context.h"

int changes_init(struct session_store *store);
void changes_free(struct session_store *store);
/* Something of the session has changed that its record has, or it has come, or gone. */
void changes_note(struct session_store *store, const struct session *session);
/* Until all that was noted so far is on disk; false: it is, or nobody can say when it will be. */
bool changes_hold(struct session_store *store, struct held *held);
size_t changes_octets(const struct session_store *store);
/* Sessions whose changes are not on disk, and that messages wait for, which ask for another; when the disk fails,
 * nobody does. */
uint64_t changes_behind(const struct session_store *store);
uint64_t changes_age_s(const struct session_store *store);

#endif
