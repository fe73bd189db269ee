/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ended: what is left of protected sessions (e2m.md 6). However a protected session ends, its tunnels
 * stay barred and its addresses guarded, until an accepted response assigns them to a session. If no
 * place is left for that, the directory is overfull: workers drop what may be such a session's.
 * Called by establish.c, carry.c, binding.c, tunnels.c and the procedure.
 */
#ifndef CONTROL_ENDED_H
#define CONTROL_ENDED_H

#include "control/change.h"
#include "control/context.h"

/* The session ends, or gets other tunnels or addresses. Its own entry is unchanged. is_doubtful: the
 * GGSN may still have it, and send in its downlink tunnel. Returns false if it leaves nothing. */
bool ended_leave(struct session_store *store, const struct session *session, bool is_doubtful);
/* The GGSN may send the packets of this session, which lives on, in a downlink tunnel that is not its tunnel here, until
 * it gives the session another. Returns the entry, which is the same for the same tunnel. NULL: no place is left. */
struct session *ended_leave_claim(struct session_store *store, const struct session *session,
				  const struct tunnel *tunnel);
/* The session moves away from this tunnel, and no flow of its own takes what comes there from now on: it has no
 * keyset, or the tunnel before or the new one is barred. Its GGSN may not have moved (e2m.md 6). */
void ended_leave_before_move(struct session_store *store, const struct session *session,
			     const struct tunnel *tunnel);
bool ended_has_before_move(const struct session_store *store, const struct session *session);
/* An N-PDU in a later tunnel shows that the GGSN has moved. Ends one such claim and sets tunnel. Returns false if there
 * is none. */
bool ended_take_before_move(struct session_store *store, const struct session *session,
			    struct tunnel *tunnel);
/* An accepted message has given the session another downlink tunnel: its claims are over, but for those before a move. */
void ended_settle_lost(struct session_store *store, const struct session *session);
/* An accepted message has ended the session: its claims are over. */
void ended_settle_claims(struct session_store *store, const struct session *session);
/* The GGSN no longer has the session. Its tunnels are anybody's who gets them by an accepted response. */
void ended_settle(struct session_store *store, struct session *ended);
/* An accepted response has made a protected session that hse cannot serve. target has its tunnels and
 * its addresses. primary: as in struct session. */
void ended_leave_unserved(struct session_store *store, const struct e2m_imsi *imsi, uint8_t nsapi,
			  uint8_t primary, const struct change *target);

/* A context of an unknown subscriber has the downlink tunnel, and so has a session that cannot be told apart from that
 * context: the tunnel is barred until the GGSN gives the session another. */
void ended_leave_unknown(struct session_store *store, const struct tunnel *tunnel);
/* A request about a protected session named the tunnel, and no response was seen: the GGSN may send
 * there. Requests cost their sender little, so they get half of the places at most. */
void ended_leave_expected(struct session_store *store, enum session_direction direction,
			  const struct tunnel *tunnel);

/* A session has the tunnel of this direction, or the addresses of one IP version, from now on: the
 * ended session loses them, and is forgotten when it has nothing left. */
void ended_lose_tunnel(struct session_store *store, struct session *ended,
		       enum session_direction direction);
void ended_lose_address(struct session_store *store, struct session *ended, bool is_ipv6);

#endif
