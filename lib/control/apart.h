/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * apart: whether the packets of two sessions in one tunnel can be told apart (e2m.md 6, "Address
 * binding"). Questions alone. Called by binding.c, ended.c, establish.c, carry.c, session.c, request.c and restore.c.
 */
#ifndef CONTROL_APART_H
#define CONTROL_APART_H

#include "control/model.h"

/* The contexts of one PDN have the same addresses. */
bool apart_is_same_pdn(const struct session *a, const struct session *b);
/* Returns true if the packets of the session must not cross in clear. */
bool apart_needs_protection(const struct session *session);
/* Returns true if the session is live, and its packets must not cross in clear. */
bool apart_is_protected(const struct session *session);
/* Returns true if workers can tell the packets of two sessions apart by their addresses, or need not:
 * the sessions are of one PDN, or neither is protected. An ended session needs the keys of its
 * subscriber. a NULL: nothing is known of it. */
bool apart_is_told(const struct session *a, const struct session *b);

/* Returns true if both have the same address. They may be at different GGSNs. */
bool apart_shares_address(const struct pdp_address *a, const struct pdp_address *b);

#endif
