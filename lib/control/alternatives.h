/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * alternatives: control tunnels by their address of the other IP version. An F-TEID has up to two addresses (TS 29.274
 * 8.22), and so have GSN Address and Alternative GSN Address (TS 29.060 7.3.1 to 7.3.4): one TEID, which the peer may
 * use at either. A session has one of them as its control tunnel; the other one leads to it here. Only accepted messages
 * give alternatives. They are of one TEID and one subscriber: on the access side anybody may claim any address, so the
 * addresses of a GSN are never taken for each other.
 *
 * They are not on disk: after a restart, a session is known by the one address until its peer gives both again.
 * Called by procedure*.c and request.c.
 */
#ifndef CONTROL_ALTERNATIVES_H
#define CONTROL_ALTERNATIVES_H

#include "control/context.h"
#include "control/message.h"

/* Returns 0 or -ENOMEM. */
int alternatives_init(struct session_store *store);
void alternatives_free(struct session_store *store);

/* The sender of an accepted message has the control end end. control: the control tunnel that the subscriber's session has,
 * with one of the addresses. Does nothing if end has one address. Replaces what others claim. */
void alternatives_note(struct session_store *store, const struct e2m_imsi *imsi,
		       const struct tunnel *control, const struct message_end *end);
/* If no session has the control tunnel, and it is the alternative of one, replaces it by that one. which:
 * INDEX_CONTROL_SGSN or INDEX_CONTROL_GGSN. */
void alternatives_resolve(const struct session_store *store, enum directory_index which,
			  struct tunnel *tunnel);
/* Returns true if address, as in struct tunnel, is the alternative one of a control tunnel of this session. */
bool alternatives_has(const struct session_store *store, const struct session *session,
		      const struct tunnel *control, const struct tunnel *address);

#endif
