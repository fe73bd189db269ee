/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * events: gives what happens by itself to the part that it is for. Workers report it (session_take_event, control.h), or
 * due.c finds that its time has come, by the calls that control.c registers.
 */
#ifndef CONTROL_EVENTS_H
#define CONTROL_EVENTS_H

#include "control/context.h"

/* A session's changeover_due has come. */
void events_take_changeover(struct session_store *store, struct session *session);

#endif
