/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unprotected: the tunnels of sessions without protection. Workers find them in the directory and let
 * their packets cross. Such a session has no keyset, no flow and no operation: a change takes effect
 * at once. Called by session.c.
 */
#ifndef CONTROL_UNPROTECTED_H
#define CONTROL_UNPROTECTED_H

#include "control/context.h"
#include "control/held.h"

/*
 * The session, which is UNPROTECTED, has these tunnels from now on, by direction. They must be no
 * other session's. A worker that still knows one of them forgets it, and lets cross what it has held;
 * held gains a user until that is done. Late packets in a tunnel from before a move cross for some
 * seconds. held may be NULL. Returns 0, or -ENOMEM: the address of a GSN has no place, and the session
 * has no tunnel in that direction.
 */
int unprotected_take(struct session_store *store, struct session *session,
		     const struct tunnel tunnel[2], struct held *held);

#endif
