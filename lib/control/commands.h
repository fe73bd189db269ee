/* SPDX-License-Identifier: BSD-3-Clause */
/* commands: builds and sends commands to workers (datapath/command.h). It decides nothing. Called
 * by the files that change a flow, and by held.c and gtpc.c for GTP-C messages. */
#ifndef CONTROL_COMMANDS_H
#define CONTROL_COMMANDS_H

#include "control/context.h"

/* Sends command to the flow's worker, with the flow's number. acknowledge comes back as the cookie
 * of DATAPATH_DONE. If acknowledge is NULL, the worker acknowledges only if the command says so
 * itself. */
void commands_send(struct session_store *store, const struct session_flow *flow,
		   struct datapath_command command, void *acknowledge);
/* Tells a live flow what the keyset's place in slot holds now. */
void commands_set_keyset(struct session_store *store, const struct session *session,
			 enum session_direction direction, unsigned slot,
			 struct datapath_ceiling ceiling, bool keep_count, void *acknowledge);
/* Tells a live flow which place downlink uses. The acknowledgement comes after all earlier commands
 * to the flow. */
void commands_use_keyset(struct session_store *store, const struct session *session,
			 enum session_direction direction, void *acknowledge);
/* All but the store is done: the worker may let the message leave when its time is over. */
void commands_allow_gtpc(struct session_store *store, const struct session_gtpc *gtpc);
/* Lets a GTP-C message that a worker holds leave, or discards it. */
void commands_answer_gtpc(struct session_store *store, const struct session_gtpc *gtpc,
			  bool may_leave);

#endif
