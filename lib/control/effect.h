/* SPDX-License-Identifier: BSD-3-Clause */
/* effect: what GTP-C (procedure*.c) and reports (report.c) share when they make or change a
 * session. precedence.c uses it too. */
#ifndef CONTROL_EFFECT_H
#define CONTROL_EFFECT_H

#include "control/session.h"

/* Returns true if the policy says drop. Then held will be discarded, and the refusal is counted and
 * logged. */
bool effect_is_refused(struct session_store *store, enum policy_action policy,
		       const struct e2m_imsi *imsi, uint8_t nsapi, struct held *held);
/* Sets in target what follows from the policy for a session that is to be known. names_keyset: the
 * UE or the report names one. */
void effect_apply_policy(struct change *target, enum policy_action policy, bool names_keyset);
/* Logs step 6. */
void effect_say(struct session_store *store, const struct session *session,
		const struct change *target);
/* Changes the session from before to target. before: filled by session_current. */
void effect_change(struct session_store *store, struct session *session,
		   const struct change *before, const struct change *target, struct held *held);

#endif
