/* SPDX-License-Identifier: BSD-3-Clause */
/* entry: makes a record of the state from what the directory has beside protected sessions, and the
 * other way round. Called by durable.c and restore.c. */
#ifndef CONTROL_ENTRY_H
#define CONTROL_ENTRY_H

#include "control/context.h"

/* Fills record from the session, which is of any kind but DIRECTORY_PROTECTED, except for its
 * number. */
void entry_put(const struct session_store *store, const struct session *session,
	       struct state_entry *record);
/* Makes the session of a record. An unprotected one is found by no tunnel yet. Returns it, or NULL if
 * there is no place for it. */
struct session *entry_get(struct session_store *store, const struct state_entry *record);

#endif
