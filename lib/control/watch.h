/* SPDX-License-Identifier: BSD-3-Clause */
/* watch: keysets that nobody uses, COUNTs near their end. */
#ifndef CONTROL_WATCH_H
#define CONTROL_WATCH_H

#include "control/context.h"

/* Begins to look for them. */
void watch_start(struct session_store *store);
/* As the workers have them, or the session, where a direction has no flow. */
struct counts_value watch_counts_of(const struct session_store *store,
				    const struct session *session, unsigned slot);
/* The same of both directions in one number: another when it was used. */
uint32_t watch_use_of(const struct session_store *store, const struct session *session,
		      unsigned slot);

#endif
