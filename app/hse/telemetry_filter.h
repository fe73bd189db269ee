/* SPDX-License-Identifier: BSD-3-Clause */
/* telemetry_filter: which sessions a question to /hse/sessions is about. For telemetry_sessions.c. */
#ifndef HSE_TELEMETRY_FILTER_H
#define HSE_TELEMETRY_FILTER_H

#include "control/control.h"

/* params: "FIRST[,imsi=DIGITS][,address=ADDRESS][,teid=TEID][,ended=1]"; NULL: "0". FIRST is the id to begin with. A TEID
 * is decimal, or hexadecimal with 0x. Returns 0, or -EINVAL: params are not so. */
int telemetry_read_filter(const char *params, uint32_t *first, struct session_filter *filter);

#endif
