/* SPDX-License-Identifier: BSD-3-Clause */
/* watch: flushes keysets that are not used, and warns of COUNTs near their end. */
#ifndef CONTROL_WATCH_H
#define CONTROL_WATCH_H

#include "control/context.h"

/* Begins rounds over all sessions. */
void watch_start(struct session_store *store);
/* COUNT of the keyset has reached its end in a worker: says so. */
void watch_take_spent(struct session_store *store, const struct session *session, unsigned slot);

#endif
