/* SPDX-License-Identifier: BSD-3-Clause */
/* record: a session as a record of the state, in both directions. */
#ifndef CONTROL_RECORD_H
#define CONTROL_RECORD_H

#include "control/context.h"

/* Fills the record of a session, all but its id. */
void record_put(const struct session_store *store, const struct session *session,
		struct state_session *record);
/* Gives a session that was just made what the record has. Its flows are not live yet. -ENOMEM. */
int record_get(struct session_store *store, struct session *session,
	       const struct state_session *record);
/* Returns true if what the record says of the keyset in slot is true of the one that the session has there
 * now: it has the same keys, or, where the record has no fingerprint, the same name. */
bool record_is_about(const struct state_session *record, const struct session *session,
		     unsigned slot);

#endif
