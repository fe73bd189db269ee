/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sweep: ends the sessions of GSNs that have restarted (restarts.h), a few at a time. Called by what reads GTP-C, above
 * session.c, which ends them.
 */
#ifndef CONTROL_SWEEP_H
#define CONTROL_SWEEP_H

#include "control/change.h"
#include "control/context.h"

struct sweep *sweep_new(void); /* NULL: no memory. Freed by free(). */

/* What both messages of an accepted request say, before they take effect. */
void sweep_take(struct session_store *store, const struct recovery said[DATAPATH_SIDES]);

#endif
