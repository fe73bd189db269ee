/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * due: the due times of a session: the end of a changeover, of a keyset's refusal or of its
 * lifetime. A session has one timer, set to the earliest due time. A timer for a due time that was
 * taken back finds nothing to do. What is due is carried out by the upward calls that control.c
 * sets (context.h). Called by changeover, keyset, obtain and record.
 */
#ifndef CONTROL_DUE_H
#define CONTROL_DUE_H

#include "control/context.h"

/* The unit of due times in ms. Due times count from the store's start; 0: never. */
#define DUE_MS 100

/* Sets a due time of the session to delay_ms from now, or up to DUE_MS later. The session's state
 * at that time decides what is done. To take a due time back, set it to 0. */
void due_set(struct session_store *store, struct session *session, uint32_t *due,
	     uint64_t delay_ms);
/* Same, unless an earlier due time is set. */
void due_set_no_later(struct session_store *store, struct session *session, uint32_t *due,
		      uint64_t delay_ms);

/* Returns a due time on the clock of state_age, in seconds. 0: never. */
uint32_t due_age_s(const struct session_store *store, uint32_t due);

#endif
