/* SPDX-License-Identifier: BSD-3-Clause */
/* session_lab_policy: what an operator of session_lab wants, and whether workers do it. */
#ifndef UNIT_SESSION_LAB_POLICY_H
#define UNIT_SESSION_LAB_POLICY_H

#include "session_lab.h"

/* Between lab_defaults and lab_open: one rule more. NULL apn, or imsi: any. The texts must last. */
void lab_rule(const char *apn, const char *imsi, enum policy_action action);
/* With one rule, for the APN "internet", of which all contexts are. */
void lab_start_with(enum policy_action action);

/* Both its flows are there, and have that treatment. DATAPATH_LET_PASS: it needs none. */
bool lab_is_treated(const struct lab_context *c, enum datapath_treatment treatment);
/* Both have the keys that they use. */
bool lab_is_protected(const struct lab_context *c);

#endif
