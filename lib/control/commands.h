/* SPDX-License-Identifier: BSD-3-Clause */
/* commands: commands to the datapath. Decides nothing. */
#ifndef CONTROL_COMMANDS_H
#define CONTROL_COMMANDS_H

#include "control/context.h"

/* To the flow that has that worker and number. acknowledge comes back as the cookie of the worker's DATAPATH_DONE.
 * NULL: the worker acknowledges only where the command says so itself. */
void commands_send(struct session_store *store, const struct session_flow *flow,
		   struct datapath_command command, void *acknowledge);
/* Says to a live flow what a keyset's place holds now. */
void commands_set_keyset(struct session_store *store, const struct session *session,
			 enum session_direction direction, unsigned slot,
			 struct datapath_ceiling ceiling, bool keep_count, void *acknowledge);
/* Says to a live flow which place downlink uses; acknowledged after all that was said before. */
void commands_use_keyset(struct session_store *store, const struct session *session,
			 enum session_direction direction, void *acknowledge);
/* A GTP-C message that a worker holds may leave, or is discarded. */
void commands_answer_gtpc(struct session_store *store, const struct session_gtpc *gtpc,
			  bool may_leave);

#endif
