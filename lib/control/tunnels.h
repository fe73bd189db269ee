/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tunnels: the tunnels that workers know and that no session has, and the numbers of flows that are
 * not in use. Bounded in number and in time. Called by flows.c, aliases.c, carry.c, request.c, session.c, unprotected.c,
 * events.c and control.c. Such a tunnel is expected, lingering, or one from before a move (aliases.h).
 *
 * Expected: a request names the tunnel, and no response has accepted it yet. The other end may use
 * the tunnel as soon as it has accepted the request, before the response is seen here. So a worker
 * holds the tunnel's packets from the request on, until a session has the tunnel or it is given up.
 *
 * Lingering: a session left the tunnel a moment ago. Late packets are dropped, so that none crosses
 * as if it had never been protected. If the session is not protected and has moved, they cross.
 */
#ifndef CONTROL_TUNNELS_H
#define CONTROL_TUNNELS_H

#include "control/context.h"

struct tunnels *tunnels_new(const struct session_config *config); /* NULL: no memory */
void tunnels_free(struct tunnels *tunnels);

/* The flow of the session with this id begins. It takes the number of the tunnel, with the packets that are
 * held, if it is expected or was the session's before a move, or else a free number. Sets worker and number
 * of *flow. Returns false if the worker has no number left. */
bool tunnels_take(struct session_store *store, const struct tunnel *tunnel, uint32_t session,
		  struct session_flow *flow);
/* A session's flow has been stopped. Its tunnel lingers and keeps its number. */
void tunnels_linger(struct session_store *store, const struct tunnel *tunnel,
		    const struct session_flow *flow);

/* A request names the tunnel, which is expected from now on unless a session has it. The message in
 * held leaves when the worker holds the tunnel's packets. is_protected: if no
 * response is seen, the tunnel is barred as an ended session's. is_again: the request is a
 * retransmission. */
void tunnels_expect(struct session_store *store, enum session_direction direction,
		    const struct tunnel *tunnel, bool is_protected, bool is_again,
		    struct held *held);
/* Such a request was refused, or accepted without this tunnel. After the last such request the
 * tunnel is given up, and its held packets are dropped. */
void tunnels_withdraw(struct session_store *store, const struct tunnel *tunnel);
/* The tunnel is no longer expected and no longer lingers, whatever requests name it. */
void tunnels_end(struct session_store *store, const struct tunnel *tunnel);

/* A session without protection, with this id, has the tunnel now. The worker lets cross what it has
 * held for the tunnel, forgets the tunnel, and finds it in the directory from then on. held gains a
 * user until the worker has acknowledged that; it may be NULL. */
void tunnels_let_pass(struct session_store *store, enum session_direction direction,
		      const struct tunnel *tunnel, uint32_t session, struct held *held);
/* Such a session had the tunnel before it moved. The tunnel lingers, and late packets cross. */
void tunnels_let_late_pass(struct session_store *store, enum session_direction direction,
			   const struct tunnel *tunnel);

/* A session that must not cross in clear no longer claims the tunnel from before a move. The tunnel lingers, and late
 * packets are dropped, whichever session has it. */
void tunnels_drop_late(struct session_store *store, enum session_direction direction,
		       const struct tunnel *tunnel);

/* A worker has executed EXPECT_FLOW or REMOVE_FLOW. */
void tunnels_acknowledged(struct session_store *store, unsigned worker,
			  const struct datapath_event *event);

/* Returns the id of the session that has the tunnel from before a move. 0: none. */
uint32_t tunnels_session_before(struct session_store *store, const struct tunnel *tunnel);
/* Returns how many tunnels before moves there may be (aliases.h). */
uint32_t tunnels_aliases_max(const struct session_config *config);
/* Returns how many flow numbers the worker has left. */
uint32_t tunnels_free_numbers(const struct session_store *store, unsigned worker);
/* Octets of memory for the numbers. */
size_t tunnels_octets(const struct session_config *config);

#endif
