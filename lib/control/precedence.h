/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * precedence: which source has the last word on a session: GTP-C, a notification or the
 * configuration. GTP-C may come from any sender; TLS has authenticated the sender of a
 * notification. Called by procedure*.c and report.c.
 *
 * For a reported session, GTP-C decides only what a notification cannot say: the control TEIDs, and
 * that the session is over. Its end is valid because the GGSN's own acceptance crosses, and because
 * the GGSN gives free TEIDs to other sessions.
 */
#ifndef CONTROL_PRECEDENCE_H
#define CONTROL_PRECEDENCE_H

#include "control/session.h"

/* GTP-C would change the session to target. Returns true if a notification or the configuration
 * has the last word: that stays, and a contradiction is counted and logged. held: as in
 * session_apply. */
bool precedence_prevails(struct session_store *store, struct session *session,
			 const struct change *target, struct held *held);
/* A report would change an existing session to target. If GTP-C was faster, or the report comes
 * again, target is changed so that the session stays as it is. */
void precedence_compare(struct session_store *store, struct session *session,
			struct change *target);

#endif
