/* SPDX-License-Identifier: BSD-3-Clause */
/* events: what happens by itself, to where it belongs. session_take_event (control.h) has the workers' events; control.c
 * sets what is due here as the callback of due.c. */
#ifndef CONTROL_EVENTS_H
#define CONTROL_EVENTS_H

#include "control/context.h"

/* A session's changeover_due has come. */
void events_take_changeover(struct session_store *store, struct session *session);

#endif
