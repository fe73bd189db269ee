/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session: carries out what a GTP-C message, a notification or the configuration makes of a session (change.h), in three
 * steps: stop the flows that end, whose acknowledgements have the COUNTs; add those that begin; release the message.
 * Operations of one session run one after the other. Those of different sessions never wait for each other. It knows no
 * protocol; the procedure, reports, restore.c and the rounds over all sessions call it.
 */
#ifndef CONTROL_SESSION_H
#define CONTROL_SESSION_H

#include "control/change.h"
#include "control/held.h"

/* Finds the session, which is replaced, or makes one, for session_apply. NULL: no room for it, which is counted. */
struct session *session_place(struct session_store *store, const struct e2m_imsi *imsi,
			      uint8_t nsapi);
/* Makes the session what target says, after what is under way for it already. held (NULL: none) gains a user until
 * that is done, or gets another outcome if it is refused, which is counted and logged. A session that is not to be alive
 * is freed in the end. */
void session_apply(struct session_store *store, struct session *session,
		   const struct change *target, struct held *held);
/* A context without protection has the tunnel now, and its packets cross at once: ends the session, if there is one,
 * that has it. A session of the configuration stays. */
void session_end_of_tunnel(struct session_store *store, const struct tunnel *tunnel,
			   struct held *held);

/* --- what a session will be, once all that is under way for it is done --- */

/* keyset and key_id are of the latest activation. */
void session_current(const struct session_store *store, const struct session *session,
		     struct change *target);
bool session_names_keyset(const struct session *session);
/* A GSN of the session has restarted since the session was made: it will be ended. */
bool session_is_lost(const struct session_store *store, const struct session *session);
/* The tunnel, wanted for that direction of a session, is that of another session which must be protected in any case.
 * The SGSN says where downlink goes, and need not be trusted: it could have the other session's packets sent to itself
 * in clear, or under the keys of its own subscriber. Uplink tunnels are the GGSN's to give away. NULL imsi: it is not
 * known who wants the tunnel. */
bool session_is_anothers_downlink(struct session_store *store, const struct e2m_imsi *imsi,
				  uint8_t nsapi, enum session_direction wanted,
				  const struct tunnel *tunnel);

/* --- for events.c and control.c --- */

/* An acknowledgement of STOP_FLOW or USE_KEYSET. */
void session_acknowledged(struct session_store *store, const struct datapath_event *event);
/* Frees what is under way for the session, without carrying it out. */
void session_free_operations(struct session *session);

#endif
