/* SPDX-License-Identifier: BSD-3-Clause */
/* obtain: keysets from key sources, and their end. */
#ifndef CONTROL_OBTAIN_H
#define CONTROL_OBTAIN_H

#include "control/context.h"

void keys_pull(struct session_store *store, struct session *session, unsigned slot);
void keys_cancel_pull(struct session_store *store, struct session *session, unsigned slot);
/* The keyset's due time has come. */
void keys_end_time(struct session_store *store, struct session *session, unsigned slot);
/* Returns true if the current configuration allows a keyset these algorithms. */
bool keys_may_have(const struct session_store *store, unsigned eea, unsigned eia);
/* The algorithms of a READY keyset are no longer allowed: refuse it. No operation is under way. */
void keys_forbid(struct session_store *store, struct session *session, unsigned slot);
/* Drops the keyset's packets for good. No operation is under way. */
void keys_end(struct session_store *store, struct session *session, unsigned slot);
/* The session's operations are done: installs what came meanwhile. */
void keys_settle(struct session_store *store, struct session *session);
void keys_take_answer(void *arg, struct pull_waiter *waiter, const struct keysource_answer *answer);
void keys_take_trouble(void *arg, const struct keysource_request *request, const char *source,
		       const struct keysource_answer *answer, uint32_t retry_ms);

#endif
