/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session: applies what a GTP-C message, a notification or the configuration makes of a session
 * (change.h); carry.c does the work, step by step.
 *
 * Operations of one session run one after the other. Operations of different sessions never wait
 * for each other. A session without protection has no flows and no operations (unprotected.h). It
 * becomes a protected one, and the other way round, as a change says. session.c knows no protocol. Called
 * by the procedure, reports, restore.c and the rounds over all sessions.
 */
#ifndef CONTROL_SESSION_H
#define CONTROL_SESSION_H

#include "control/change.h"
#include "control/held.h"
#include "control/operations.h"

/* Finds the session, to replace it, or makes one. session_apply must follow. is_protected: a new one
 * will have or must have protection. NULL: no room, which is counted. */
struct session *session_place(struct session_store *store, const struct e2m_imsi *imsi,
			      uint8_t nsapi, bool is_protected);
/* Changes the session to target, after all that is under way for it. held gains a user until that
 * is done; it may be NULL. If the change is refused, held gets another outcome, and the refusal is
 * counted and logged. If target is not alive, the session is freed at
 * the end. The session may get another place, so the pointer is no longer valid after the call. */
void session_apply(struct session_store *store, struct session *session,
		   const struct change *target, struct held *held);
/* A context of an unknown subscriber has the tunnel now. An unprotected session that had it loses it.
 * For a protected one it is barred. A session of the configuration keeps it. */
void session_lose_tunnel(struct session_store *store, const struct tunnel *tunnel);
/* The GGSN may send the session's packets in this downlink tunnel, too, or may not: a session that has it is barred,
 * unless their addresses tell their packets apart. */
void session_doubt_tunnel(struct session_store *store, const struct session *session,
			  const struct tunnel *tunnel);
/* An accepted Update has moved the downlink of a session that has ended here, but not at its GGSN. A
 * session with that tunnel is barred, unless their addresses tell their packets apart. */
void session_follow_ended(struct session_store *store, struct session *ended,
			  const struct tunnel *tunnel);

/* Returns true if a GSN of the session has restarted since the session was made: a sweep will end
 * it. */
bool session_is_lost(const struct session_store *store, const struct session *session);
/* --- for events.c and control.c --- */

/* Takes FIRST_NPDU. If an N-PDU comes in the tunnel before a doubtful move, the session goes back to it. */
void session_take_first_npdu(struct session_store *store, unsigned worker,
			     const struct datapath_event *event);
/* Takes an acknowledgement of STOP_FLOW or USE_KEYSET. */
void session_acknowledged(struct session_store *store, const struct datapath_event *event);
/* Frees the session's operations without carrying them out. */
void session_free_operations(struct session *session);

#endif
