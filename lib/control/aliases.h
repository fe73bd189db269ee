/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aliases: the tunnels before a move (e2m.md 6). When an Update or Modify moves the downlink of a protected
 * session, its GGSN may go on to use the tunnel before: for a moment, or for good if it has not done what it
 * accepted. So that tunnel remains the session's until the first N-PDU in the new one, and for 5 s after.
 * Its packets are those of the session's flow, so there is one COUNT and one writer (ALIAS_FLOW). There may
 * be several such tunnels, if moves follow one another and no N-PDU shows where the GGSN is.
 *
 * While the flow moves, the workers hold the packets of all these tunnels. No alias refers to a flow that
 * stops: hold and end come before the flow's own STOP_FLOW. Bounded in number. They are not on disk: after a
 * restart, the session has the new tunnel alone. Called by carry.c, session.c, flows.c and events.c.
 */
#ifndef CONTROL_ALIASES_H
#define CONTROL_ALIASES_H

#include "control/context.h"

/* The session's downlink flow is about to be stopped with hold. tunnel becomes one from before the move.
 * is_doubtful: aliases_find_watched is to find it. All
 * of them hold their packets until aliases_follow. Returns false if there is no memory, or few
 * flow numbers are left: stop it without hold. */
bool aliases_hold(struct session_store *store, struct session *session, const struct tunnel *tunnel,
		  bool is_doubtful);
/* The session's downlink flow is where it is to be. Packets of the tunnels before go there. Without a flow, the
 * tunnels end. */
void aliases_follow(struct session_store *store, struct session *session);
/* Returns true if the session has tunnels from before a move. */
bool aliases_has_any(const struct session_store *store, const struct session *session);
/* Finds the youngest that the GGSN may still use: no N-PDU has come in the session's tunnel yet. Returns false if
 * there is none, and clears tunnel. */
bool aliases_find_in_use(const struct session_store *store, const struct session *session,
			 struct tunnel *tunnel);
/* The session's downlink flow is about to be stopped. The tunnels end: late packets are dropped. */
void aliases_end(struct session_store *store, const struct session *session);
/* The same, and the session goes on without a flow for downlink: its GGSN may still use these tunnels. */
void aliases_end_barred(struct session_store *store, const struct session *session);
/* The session ends: these tunnels are barred as its others are. */
void aliases_leave(struct session_store *store, const struct session *session);

/* The first N-PDU since the move has come in the session's tunnel. */
void aliases_take_first_npdu(struct session_store *store, const struct session *session);
/* FIRST_NPDU is of flow number of a worker. Returns true if that is a tunnel before a doubtful move: the GGSN
 * has not moved. */
bool aliases_find_watched(const struct session_store *store, const struct session *session,
			  unsigned worker, uint32_t number, struct tunnel *tunnel);
/* A worker has executed ALIAS_FLOW. */
void aliases_acknowledged(struct session_store *store, unsigned worker,
			  const struct datapath_event *event);

#endif
