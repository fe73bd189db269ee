/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * establish: what a session is, apart from its flows: control ends, addresses, policy, keysets. It makes a
 * session what an accepted message says, and ends it. Called by carry.c and session.c.
 */
#ifndef CONTROL_ESTABLISH_H
#define CONTROL_ESTABLISH_H

#include "control/change.h"
#include "control/held.h"

extern const struct change establish_end_of_session;

/* Makes the session what target says, except for its flows. Returns false if there is no room. */
bool establish_session(struct session_store *store, struct session *session,
		       const struct change *target);
/* As table_convert, and notes both places for the disk. NULL: no room. */
struct session *establish_convert(struct session_store *store, struct session *session,
				  enum directory_kind kind);
/* The session has no tunnel of this direction any more. No flow may refer to it. */
void establish_forget_tunnel(struct session_store *store, struct session *session,
			     enum session_direction direction);

/* Ends the session and frees it. Its flows have stopped. */
void establish_end(struct session_store *store, struct session *session, const struct change *end);
/* The GGSN has accepted what target says, and the response does not cross: the tunnels and addresses
 * are barred all the same, if the session was or must be protected. */
void establish_leave_unserved(struct session_store *store, const struct session *session,
			      const struct change *target);
/* Counts and logs that target is refused. held gets the outcome; it may be NULL. what: the thing for
 * which there is no room. */
void establish_refuse(struct session_store *store, const struct session *session,
		      const struct change *target, struct held *held, enum session_outcome outcome,
		      const char *what);

#endif
