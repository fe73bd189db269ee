/* SPDX-License-Identifier: BSD-3-Clause */
/* outages: COUNTs that were lost and recovered. */
#ifndef CONTROL_OUTAGES_H
#define CONTROL_OUTAGES_H

#include "control/context.h"

/* COUNT_RECOVERED or COUNT_PENDING of a session's uplink. */
void outages_take_event(struct session_store *store, struct session *s,
			const struct datapath_event *event);

#endif
