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

/* Echo Request and Response of either version of GTP. */
void sweep_take_echo_request(struct session_store *store, const struct session_gtpc *gtpc,
			     uint8_t version, uint32_t sequence);
void sweep_take_echo_response(struct session_store *store, const struct session_gtpc *gtpc,
			      uint8_t version, uint32_t sequence, const struct recovery *said);

#endif
