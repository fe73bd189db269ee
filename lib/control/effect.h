/* SPDX-License-Identifier: BSD-3-Clause */
/* effect: what GTP-C (procedure*.c) and reports (report.c) share, where they make or change a session. */
#ifndef CONTROL_EFFECT_H
#define CONTROL_EFFECT_H

#include "control/session.h"

/* The policy says drop: true when held will be discarded, counted, and said. */
bool effect_is_refused(struct session_store *store, enum policy_action policy,
		       const struct e2m_imsi *imsi, uint8_t nsapi, struct held *held);
/* Puts into target what follows from the policy for a session that is to be known. */
void effect_apply_policy(struct change *target, enum policy_action policy, bool names_keyset);
/* Logs step 6. */
void effect_say(struct session_store *store, const struct session *session,
		const struct change *target);
/* The session becomes target from before, which is what session_current said of it. */
void effect_change(struct session_store *store, struct session *session,
		   const struct change *before, const struct change *target, struct held *held);

#endif
