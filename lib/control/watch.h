/* SPDX-License-Identifier: BSD-3-Clause */
/* watch: reports what operators should know of COUNTs. It warns of COUNTs near their end, logs
 * recovered COUNTs, and flushes keysets that are not used. control.c starts it; events.c passes it
 * the events of workers. */
#ifndef CONTROL_WATCH_H
#define CONTROL_WATCH_H

#include "control/context.h"

/* Makes the watch, and begins rounds over all sessions. The caller frees it by free(). NULL: no
 * memory. */
struct watch *watch_start(struct session_store *store);
/* A worker has used the last COUNT of the keyset: counts and logs that. */
void watch_take_spent(struct session_store *store, const struct session *session, unsigned slot);
/* COUNT_RECOVERED or COUNT_PENDING for the session's uplink: counts it, and logs the first
 * recovery. */
void watch_take_recovered(struct session_store *store, struct session *session,
			  const struct datapath_event *event);

#endif
