/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * work: what a session has only while something is under way, so that a million sessions at rest
 * need no memory for it. operations.c keeps operations in it, obtain.c pulls, reserve.c the
 * COUNTs that it wants. Other files only ask.
 */
#ifndef CONTROL_WORK_H
#define CONTROL_WORK_H

#include "control/context.h"

/* Makes the session's work if there is none. NULL: no memory. */
struct session_work *work_begin(struct session_store *store, struct session *session);
/* Frees the session's work if nothing is under way any more. */
void work_end(struct session *session);
/* The operation that is running. NULL: there is none. */
struct operation *work_first_operation(const struct session *session);
bool work_is_pulling(const struct session *session, unsigned slot);

#endif
