/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * work: what a session has only while something of it is under way, so that a million sessions at rest do without.
 * session.c has the operations, obtain.c the pulls, reserve.c the COUNTs that are wanted; others only ask.
 */
#ifndef CONTROL_WORK_H
#define CONTROL_WORK_H

#include "control/context.h"

/* Makes it if it is not there. NULL: no memory. */
struct session_work *work_begin(struct session_store *store, struct session *session);
/* Frees it if nothing is under way any more. */
void work_end(struct session *session);
/* The operation under way. NULL: none. */
struct operation *work_first_operation(const struct session *session);
bool work_is_pulling(const struct session *session, unsigned slot);

#endif
