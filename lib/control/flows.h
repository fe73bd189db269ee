/* SPDX-License-Identifier: BSD-3-Clause */
/* flows: a session's two flows, one for each direction. */
#ifndef CONTROL_FLOWS_H
#define CONTROL_FLOWS_H

#include "control/context.h"

/* Adds a flow for direction with what the session's keysets hold. No other flow has the tunnel.
 * -ENOSPC: the worker has no place. -ENOMEM. acknowledge comes back as the event's cookie. */
int flows_add(struct session_store *store, struct session *session,
	      enum session_direction direction, const struct tunnel *tunnel, void *acknowledge);
/* Stops a live one: the acknowledgement has the COUNTs. The tunnel lingers to drop late packets. */
void flows_stop(struct session_store *store, struct session *session,
		enum session_direction direction, void *acknowledge);
/* COUNTs of the keyset in slot as the workers have them, or the session, where a direction has no flow. */
struct counts_value flows_counts(const struct session_store *store, const struct session *session,
				 unsigned slot);

#endif
