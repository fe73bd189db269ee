/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/commands.h"

void commands_send(struct session_store *store, const struct session_flow *flow,
		   struct datapath_command command, void *acknowledge)
{
	command.flow = flow->number;
	command.acknowledge |= acknowledge != NULL;
	command.cookie = (uintptr_t)acknowledge;
	store->ops.command(store->ops.arg, flow->worker, &command);
}

void commands_set_keyset(struct session_store *store, const struct session *s,
			 enum session_direction direction, unsigned slot,
			 struct datapath_ceiling ceiling, bool keep_count, void *acknowledge)
{
	const struct session_keyset *keyset = &protection_of(s)->keysets[slot];
	const struct datapath_command command = {
		.kind = DATAPATH_SET_KEYSET,
		.slot = (uint8_t)slot,
		.key_state = keyset->state,
		.keyset = {.key = keyset->state == DATAPATH_KEY_READY ? keyset->key : NULL,
			   .count = keyset->count.next[direction],
			   .ceiling = ceiling,
			   .key_id = keyset->key_id,
			   .keep_count = keep_count}};

	commands_send(store, &protection_of(s)->flow[direction], command, acknowledge);
}

void commands_use_keyset(struct session_store *store, const struct session *s,
			 enum session_direction direction, void *acknowledge)
{
	const struct datapath_command command = {.kind = DATAPATH_USE_KEYSET,
						 .slot = protection_of(s)->downlink_slot};

	commands_send(store, &protection_of(s)->flow[direction], command, acknowledge);
}

void commands_allow_gtpc(struct session_store *store, const struct session_gtpc *gtpc)
{
	const struct datapath_command command = {.kind = DATAPATH_ALLOW_GTPC, .gtpc = gtpc->number};

	store->ops.command(store->ops.arg, gtpc->worker, &command);
}

void commands_answer_gtpc(struct session_store *store, const struct session_gtpc *gtpc,
			  bool may_leave)
{
	const struct datapath_command command = {.kind = may_leave ? DATAPATH_RELEASE_GTPC
								   : DATAPATH_DISCARD_GTPC,
						 .gtpc = gtpc->number};

	store->ops.command(store->ops.arg, gtpc->worker, &command);
}
