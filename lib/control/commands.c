/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/commands.h"

#include "control/table.h"
#include "npdu/window.h"

static void post(struct session_store *store, unsigned worker, struct datapath_command command)
{
	store->ops.command(store->ops.arg, worker, &command);
}

static void post_to(struct session_store *store, const struct session_flow *flow,
		    struct datapath_command command, void *acknowledge)
{
	command.flow = flow->number;
	command.acknowledge = acknowledge != NULL;
	command.cookie = (uintptr_t)acknowledge;
	post(store, flow->worker, command);
}

void commands_add_flow(struct session_store *store, const struct session *s,
		       enum session_direction direction, enum datapath_treatment treatment)
{
	const struct session_flow *flow = &s->flow[direction];
	const uint16_t window = store->config.replay_window;
	const struct datapath_command c = {
		.kind = DATAPATH_ADD_FLOW,
		.add = {.tunnel = table_tunnel(store, &flow->tunnel),
			.session = table_id(store, s),
			.direction = (uint8_t)direction,
			.bearer = s->nsapi,
			.counter_octets = s->counter_octets,
			.treatment = (uint8_t)treatment,
			.window = (uint16_t)npdu_window_clamp(window, s->counter_octets)}};

	post_to(store, flow, c, NULL);
}

void commands_set_keyset(struct session_store *store, const struct session *s,
			 enum session_direction direction, unsigned slot,
			 struct datapath_ceiling ceiling, bool keep_count, void *acknowledge)
{
	const struct session_keyset *keyset = &s->keysets[slot];
	const struct datapath_command c = {
		.kind = DATAPATH_SET_KEYSET,
		.slot = (uint8_t)slot,
		.key_state = keyset->state,
		.keyset = {.key = keyset->state == DATAPATH_KEY_READY ? keyset->key : NULL,
			   .count = keyset->count.next[direction],
			   .ceiling = ceiling,
			   .key_id = keyset->key_id,
			   .keep_count = keep_count}};

	post_to(store, &s->flow[direction], c, acknowledge);
}

void commands_raise_ceiling(struct session_store *store, const struct session *s,
			    enum session_direction direction, unsigned slot,
			    struct datapath_ceiling ceiling)
{
	const struct datapath_command c = {
		.kind = DATAPATH_RAISE_CEILING, .slot = (uint8_t)slot, .ceiling = ceiling};

	post_to(store, &s->flow[direction], c, NULL);
}

void commands_use_keyset(struct session_store *store, const struct session *s,
			 enum session_direction direction, void *acknowledge)
{
	const struct datapath_command c = {.kind = DATAPATH_USE_KEYSET, .slot = s->downlink_slot};

	post_to(store, &s->flow[direction], c, acknowledge);
}

void commands_bar_flow(struct session_store *store, const struct session *s,
		       enum session_direction direction)
{
	const struct datapath_command c = {.kind = DATAPATH_BAR_FLOW};

	post_to(store, &s->flow[direction], c, NULL);
}

void commands_stop_flow(struct session_store *store, const struct session *s,
			enum session_direction direction, void *acknowledge)
{
	const struct datapath_command c = {.kind = DATAPATH_STOP_FLOW};

	post_to(store, &s->flow[direction], c, acknowledge);
}

void commands_expect_flow(struct session_store *store, unsigned worker, uint32_t number,
			  enum session_direction direction, const struct tunnel *tunnel,
			  void *acknowledge)
{
	const struct session_flow flow = {.worker = (uint8_t)worker, .number = number};
	const struct datapath_command c = {
		.kind = DATAPATH_EXPECT_FLOW,
		.add = {.tunnel = *tunnel, .direction = (uint8_t)direction}};

	post_to(store, &flow, c, acknowledge);
}

void commands_remove_flow(struct session_store *store, unsigned worker, uint32_t number)
{
	const struct datapath_command c = {
		.kind = DATAPATH_REMOVE_FLOW, .acknowledge = 1, .flow = number};

	post(store, worker, c);
}

void commands_answer_gtpc(struct session_store *store, const struct session_gtpc *gtpc,
			  bool may_leave)
{
	const struct datapath_command c = {.kind = may_leave ? DATAPATH_RELEASE_GTPC
							     : DATAPATH_DISCARD_GTPC,
					   .gtpc = gtpc->number};

	post(store, gtpc->worker, c);
}
