/* SPDX-License-Identifier: BSD-3-Clause */
/* notify: who has the last word. */
#ifndef CONTROL_NOTIFY_H
#define CONTROL_NOTIFY_H

#include "control/change.h"
#include "control/context.h"

/* GTP-C would have the session become target. True: somebody else has the last word on it, and has been heard. */
bool notify_prevails(struct session_store *store, struct session *session,
		     const struct change *target, struct held *held);
/* The same, where GTP-C would have it end, as the UE has named no keyset. */
bool notify_prevails_protected(struct session_store *store, struct session *session);

#endif
