/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unprotected: the tunnels of sessions without protection. Workers find them in the directory and let
 * their packets cross. Such a session has no keyset, no flow and no operation: a change takes effect
 * at once. Called by carry.c.
 */
#ifndef CONTROL_UNPROTECTED_H
#define CONTROL_UNPROTECTED_H

#include "control/context.h"
#include "control/held.h"

/*
 * The session, which is UNPROTECTED, has this tunnel from now on, or none. A worker that still knows
 * it forgets it, and lets cross what it has held; held gains a user until that is done. Late packets in
 * the tunnel from before a move cross for some seconds. is_barred: a protected session claims the
 * tunnel too, so its packets are dropped. held may be NULL. Returns 0, or -ENOMEM: the address of the
 * GSN has no place, and the session has no tunnel in this direction.
 */
int unprotected_take(struct session_store *store, struct session *session,
		     enum session_direction direction, const struct tunnel *tunnel, bool is_barred,
		     struct held *held);

#endif
