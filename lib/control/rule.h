/* SPDX-License-Identifier: BSD-3-Clause */
/* rule: which rule of the policy fits a session that exists. For reconfigure.c and networks.c. */
#ifndef CONTROL_RULE_H
#define CONTROL_RULE_H

#include "control/context.h"

/* NULL: no rule fits. A session without a known APN is treated as one that a GGSN reports without its APN. */
const struct policy_rule *rule_of_session(const struct session_store *store,
					  const struct session *session);

#endif
