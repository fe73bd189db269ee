/* SPDX-License-Identifier: BSD-3-Clause */
/* obtain: a keyset that a session knows by name is pulled from a key source, comes or is refused, and ends. Called by
 * events, session, and the rounds over all sessions; calls changeover and keyset. */
#ifndef CONTROL_OBTAIN_H
#define CONTROL_OBTAIN_H

#include "control/context.h"

/* Does nothing if the keyset is not MISSING, or is being pulled. */
void obtain_pull(struct session_store *store, struct session *session, unsigned slot);
/* The session's operations are done: installs what came meanwhile. */
void obtain_settle(struct session_store *store, struct session *session);
/* The keyset's due time has come: the end of its refusal, or of its lifetime. */
void obtain_on_time(struct session_store *store, struct session *session, unsigned slot);

/* Another configuration; no operation is under way. Refuses READY keysets with algorithms that it does not allow, and
 * returns their number. */
unsigned obtain_forbid(struct session_store *store, struct session *session);
/* Drops the packets of all the session's keysets for good. */
void obtain_end(struct session_store *store, struct session *session);

/* Callbacks of lib/keys; arg is the store. */
void obtain_take_answer(void *arg, struct pull_waiter *waiter,
			const struct keysource_answer *answer);
void obtain_take_trouble(void *arg, const struct keysource_request *request, const char *source,
			 const struct keysource_answer *answer, uint32_t retry_ms);

#endif
