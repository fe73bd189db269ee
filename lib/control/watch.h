/* SPDX-License-Identifier: BSD-3-Clause */
/* watch: what people should know of COUNTs: it warns of COUNTs near their end, says which were found again, and flushes
 * keysets that are not used. */
#ifndef CONTROL_WATCH_H
#define CONTROL_WATCH_H

#include "control/context.h"

/* Makes store->watch, and begins rounds over all sessions. NULL: no memory. */
struct watch *watch_start(struct session_store *store);
/* COUNT of the keyset has reached its end in a worker: says so. */
void watch_take_spent(struct session_store *store, const struct session *session, unsigned slot);
/* COUNT_RECOVERED or COUNT_PENDING of the session's uplink: counts it, and says the first. */
void watch_take_recovered(struct session_store *store, struct session *session,
			  const struct datapath_event *event);

#endif
