/* SPDX-License-Identifier: BSD-3-Clause */
/* telemetry_sessions: the answer to /hse/sessions, for telemetry.c. */
#ifndef HSE_TELEMETRY_SESSIONS_H
#define HSE_TELEMETRY_SESSIONS_H

#include <rte_telemetry.h>

#include "control.h"

/* Fills d with a page of sessions, a column an array; next is where the next page begins, 0: nowhere. Call it from a
 * telemetry thread, while the workers exist. params: see telemetry_filter.h. Returns 0 or -errno. */
int telemetry_tell_sessions(struct hse_control *control, struct datapath_worker *const *workers,
			    const char *params, struct rte_tel_data *d);

#endif
