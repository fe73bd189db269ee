/* SPDX-License-Identifier: BSD-3-Clause */
/* work: what is under way. */
#ifndef CONTROL_WORK_H
#define CONTROL_WORK_H

#include "control/context.h"

/* Makes it where it is not there. NULL: no memory. */
struct session_work *work_begin(struct session_store *store, struct session *session);
/* Frees it if nothing is under way any more. */
void work_end(struct session *session);
/* The operation under way. NULL: none. */
struct operation *work_first_operation(const struct session *session);
bool work_is_pulling(const struct session *session, unsigned slot);

#endif
