/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * due: times at which something is due for a session. A session has one timer, set to the first of them; one that fires
 * for a time that was taken back finds nothing to do. What is due is carried out above, by the calls that control.c
 * has set (context.h).
 */
#ifndef CONTROL_DUE_H
#define CONTROL_DUE_H

#include "control/context.h"

/* Due times are in units of so many ms, from the store's start on; 0: never. */
#define DUE_MS 100

/* Sets a due time of the session: delay_ms from now, or up to DUE_MS later. What is done then depends on what
 * the session is at that time. To take it back, set it to 0. */
void due_set(struct session_store *store, struct session *session, uint32_t *due,
	     uint64_t delay_ms);
/* The same, unless an earlier one is set. */
void due_set_no_later(struct session_store *store, struct session *session, uint32_t *due,
		      uint64_t delay_ms);

/* A due time as one of state_age, in seconds. 0: never. */
uint32_t due_age_s(const struct session_store *store, uint32_t due);

#endif
