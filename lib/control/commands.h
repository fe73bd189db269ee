/* SPDX-License-Identifier: BSD-3-Clause */
/* commands: commands to the datapath. Decides nothing. Where a command has the argument acknowledge, that comes
 * back as the cookie of the worker's DATAPATH_DONE; NULL: the worker does not acknowledge. */
#ifndef CONTROL_COMMANDS_H
#define CONTROL_COMMANDS_H

#include "control/context.h"

/* --- to a session's flow, which has its number and its tunnel --- */

void commands_add_flow(struct session_store *store, const struct session *session,
		       enum session_direction direction, enum datapath_treatment treatment);
/* Says what a keyset's place holds now. */
void commands_set_keyset(struct session_store *store, const struct session *session,
			 enum session_direction direction, unsigned slot,
			 struct datapath_ceiling ceiling, bool keep_count, void *acknowledge);
/* Says which COUNTs of a keyset may be used now. */
void commands_raise_ceiling(struct session_store *store, const struct session *session,
			    enum session_direction direction, unsigned slot,
			    struct datapath_ceiling ceiling);
/* Says which place downlink uses; acknowledged after all that was said before. */
void commands_use_keyset(struct session_store *store, const struct session *session,
			 enum session_direction direction, void *acknowledge);
/* A flow that passes packets unprotected drops them from here on. */
void commands_bar_flow(struct session_store *store, const struct session *session,
		       enum session_direction direction);
void commands_stop_flow(struct session_store *store, const struct session *session,
			enum session_direction direction, void *acknowledge);

/* --- to a flow of no session; always acknowledged --- */

void commands_expect_flow(struct session_store *store, unsigned worker, uint32_t number,
			  enum session_direction direction, const struct tunnel *tunnel,
			  void *acknowledge);
void commands_remove_flow(struct session_store *store, unsigned worker, uint32_t number);

/* --- about a GTP-C message that a worker holds: it may leave, or is dropped --- */

void commands_answer_gtpc(struct session_store *store, const struct session_gtpc *gtpc,
			  bool may_leave);

#endif
