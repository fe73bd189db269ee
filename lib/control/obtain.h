/* SPDX-License-Identifier: BSD-3-Clause */
/* obtain: gets the keys of a keyset that a session knows by name. They are pulled from a key
 * source, arrive or are refused, and expire. Called by events, session, reconfigure.c and
 * control.c; calls changeover and keyset. */
#ifndef CONTROL_OBTAIN_H
#define CONTROL_OBTAIN_H

#include "control/context.h"

/* Pulls the keyset in slot, or takes its keys from another context of the UE. Does nothing if the
 * keyset is not MISSING, or is being pulled. */
void obtain_pull(struct session_store *store, struct session *session, unsigned slot);
/* Call it when the session's operations are done. Installs keys that came meanwhile. */
void obtain_settle(struct session_store *store, struct session *session);
/* The keyset's due time has come: its refusal or its lifetime ends. */
void obtain_on_time(struct session_store *store, struct session *session, unsigned slot);

/* Applies a new configuration. No operation may be under way. Refuses READY keysets with algorithms
 * that are not allowed, and returns the number of these keysets. */
unsigned obtain_forbid(struct session_store *store, struct session *session);
/* Drops the packets of all keysets of the session for good. */
void obtain_end(struct session_store *store, struct session *session);

/* Callbacks of lib/keys (keys/pull.h). arg is the store. */
void obtain_take_answer(void *arg, struct pull_waiter *waiter,
			const struct keysource_answer *answer);
void obtain_take_trouble(void *arg, const struct keysource_request *request, const char *source,
			 const struct keysource_answer *answer, uint32_t retry_ms);

#endif
