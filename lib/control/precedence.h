/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * precedence: who has the last word on a session: GTP-C, which comes from wherever it crosses; a notification, whose
 * sender TLS knows; or the configuration. Of a session that is reported, GTP-C says only what a notification cannot:
 * the control TEIDs, and that it is over. For its end it is the GGSN's own acceptance that crosses, and TEIDs that
 * are free again go to others.
 */
#ifndef CONTROL_PRECEDENCE_H
#define CONTROL_PRECEDENCE_H

#include "control/session.h"

/* GTP-C would have the session become target. True: a report or the configuration has the last word on it, and
 * has been heard. */
bool precedence_prevails(struct session_store *store, struct session *session,
			 const struct change *target, struct held *held);
/* The same, where GTP-C would have it end, as the UE has named no keyset. */
bool precedence_prevails_protected(struct session_store *store, struct session *session);
/* A report would make the session, which is there, what target says: where GTP-C was faster, or the report comes
 * again, target becomes one that leaves the session as it is. */
void precedence_compare(struct session_store *store, struct session *session,
			struct change *target);

#endif
