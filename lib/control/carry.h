/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * carry: carries out the operations of a session (operations.h), step by step. It stops the flows that
 * end; their acknowledgements have the COUNTs. It adds the flows that begin, after other sessions have
 * lost those tunnels. It releases the message. Called by session.c.
 */
#ifndef CONTROL_CARRY_H
#define CONTROL_CARRY_H

#include "control/operations.h"

/* Goes on with the operation as far as the workers' acknowledgements allow. It may be freed, and its
 * session may end or get another place. */
void carry_advance(struct session_store *store, struct operation *operation);
/* Carries out a change of a session that has no protection and is to have none. No operation is under
 * way for it. held may be NULL. The session may end. */
void carry_unprotected(struct session_store *store, struct session *session,
		       const struct change *target, struct held *held);

/* A tunnel is one session's (e2m.md 6). Others that still have it lose it: their flow stops before
 * that of the session begins, in the same worker. claimed: the direction in which the session claims it.
 * SESSION_TAKEN: the tunnel is barred for all that claim it, this session included. session NULL: the
 * subscriber is not known. */
enum session_outcome carry_evict(struct session_store *store, const struct session *session,
				 enum session_direction claimed, const struct tunnel *tunnel);
/* The session's downlink tunnel is claimed by another too, and their addresses do not tell their packets
 * apart: it is barred, and the claim stays. */
void carry_bar(struct session_store *store, struct session *session, const struct tunnel *tunnel);

#endif
