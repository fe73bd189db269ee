/* SPDX-License-Identifier: BSD-3-Clause */
/* record: makes a record of the state from a session, and a session from a record. Called by
 * durable.c and restore.c. */
#ifndef CONTROL_RECORD_H
#define CONTROL_RECORD_H

#include "control/context.h"

/* Fills record from the session, except for its id. */
void record_put(const struct session_store *store, const struct session *session,
		struct state_session *record);
/* Sets a session that was just made from record. Its flows are not live yet. Returns 0 or
 * -ENOMEM. */
int record_get(struct session_store *store, struct session *session,
	       const struct state_session *record);
/* Returns true if record is about the keyset that the session has in slot now. Both have the same
 * keys, or, if record has no fingerprint, the same name. */
bool record_is_about(const struct state_session *record, const struct session *session,
		     unsigned slot);

#endif
