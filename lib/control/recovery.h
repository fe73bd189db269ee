/* SPDX-License-Identifier: BSD-3-Clause */
/* recovery: GSNs that restart. */
#ifndef CONTROL_RECOVERY_H
#define CONTROL_RECOVERY_H

#include "control/change.h"
#include "control/context.h"

/* Both messages of an accepted request, or an Echo Response that was asked for, say so; before they take
 * effect. */
void recovery_take(struct session_store *store, const struct recovery said[DATAPATH_SIDES]);
/* They have taken effect: of a GSN that no session had before, the counter is known from now on. */
void recovery_note(struct session_store *store, const struct recovery said[DATAPATH_SIDES]);
/* Its GSN has restarted, and it will be ended. */
bool recovery_is_lost(const struct session_store *store, const struct session *session);
/* An accepted Update shows that the session, which becomes target, is there after the restart. */
void recovery_spare(struct session_store *store, struct session *session,
		    const struct change *target);

/* Echo Request and Response of either version of GTP. */
void recovery_take_echo_request(struct session_store *store, const struct session_gtpc *gtpc,
				uint8_t version, uint32_t sequence);
void recovery_take_echo_response(struct session_store *store, const struct session_gtpc *gtpc,
				 uint8_t version, uint32_t sequence, const struct recovery *said);

#endif
