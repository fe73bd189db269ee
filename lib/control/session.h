/* SPDX-License-Identifier: BSD-3-Clause */
/* apply: operations. */
#ifndef CONTROL_SESSION_H
#define CONTROL_SESSION_H

#include "control/change.h"
#include "control/held.h"

/* Finds the session, which is replaced, or makes one, for session_apply. NULL: no room for it, which is counted. */
struct session *session_place(struct session_store *store, const struct e2m_imsi *imsi,
			      uint8_t nsapi);
/* Brings the session there, after what is under way for it already. held (NULL: none) gains a user
 * until then, or another outcome where it is refused. A session that is not to be alive is freed in the
 * end. */
void session_apply(struct session_store *store, struct session *session,
		   const struct change *target, struct held *held);
/* The tunnel, wanted for that direction of a session, is another's who is to be protected in any case. Where downlink
 * goes is the word of the SGSN, which need not be trusted: it could have another's packets sent to it in clear, or under
 * its own subscriber's keys. Uplink tunnels are the GGSN's to give away. NULL imsi: nobody knows who wants it. */
bool session_is_anothers_downlink(struct session_store *store, const struct e2m_imsi *imsi,
				  uint8_t nsapi, enum session_direction wanted,
				  const struct tunnel *tunnel);
/* Ends the session, if there is one, that has the tunnel, which is of an unprotected context now: its
 * packets cross at once. Not if it is of the configuration. */
void session_end_of_tunnel(struct session_store *store, const struct tunnel *tunnel,
			   struct held *held);
/* A GSN of the session has restarted since it was made, and the session will be ended. */
bool session_is_lost(const struct session_store *store, const struct session *session);
/* Whether the session will have a keyset once all that is under way is done. */
bool session_names_keyset(const struct session *session);
/* What the session will be once all that is under way is done; keyset and key_id are of the latest activation. */
void session_current(const struct session_store *store, const struct session *session,
		     struct change *target);
/* An acknowledgement of STOP_FLOW or USE_KEYSET. */
void session_acknowledged(struct session_store *store, const struct datapath_event *event);
void session_free_operations(struct session *session);

#endif
