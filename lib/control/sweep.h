/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sweep: ends the sessions that restarted GSNs have lost (restarts.h), some at a time. procedure.c calls
 * sweep_take; control.c makes and frees the sweep.
 */
#ifndef CONTROL_SWEEP_H
#define CONTROL_SWEEP_H

#include "control/change.h"
#include "control/context.h"

struct sweep *sweep_new(void); /* NULL: no memory. Freed by free(). */

/* Takes what an accepting response says, before it takes effect. Begins a sweep if a GSN has
 * restarted. */
void sweep_take(struct session_store *store, const struct recovery *said);

#endif
