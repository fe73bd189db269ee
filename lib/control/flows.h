/* SPDX-License-Identifier: BSD-3-Clause */
/* flows: a session's two flows in the workers, one for each direction. carry.c adds and stops
 * them. changeover, watch and durable.c read their COUNTs. */
#ifndef CONTROL_FLOWS_H
#define CONTROL_FLOWS_H

#include "control/context.h"

/* Adds a flow for direction, with the session's keysets. No other flow may have the tunnel.
 * acknowledge comes back as the event's cookie. Returns 0, -ENOMEM, or -ENOSPC: the worker has no
 * place. */
int flows_add(struct session_store *store, struct session *session,
	      enum session_direction direction, const struct tunnel *tunnel, void *acknowledge);
/* The session claims the tunnel together with another session. It has no flow: workers find it in the
 * directory, and drop its packets. */
void flows_claim(struct session_store *store, struct session *session,
		 enum session_direction direction, const struct tunnel *tunnel);
/* Stops a live flow. The acknowledgement has the COUNTs. The tunnel lingers, so that late packets
 * are dropped. */
void flows_stop(struct session_store *store, struct session *session,
		enum session_direction direction, void *acknowledge);
/* Same for a downlink flow that moves to another tunnel. The tunnel is one from before the move now
 * (aliases.h). */
void flows_stop_to_move(struct session_store *store, struct session *session, bool is_doubtful,
			void *acknowledge);
/* Returns the COUNTs of the keyset in slot: the worker's where the flow is live, otherwise the
 * session's. */
struct counts_value flows_counts(const struct session_store *store, const struct session *session,
				 unsigned slot);

#endif
