/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/flows.h"

#include <errno.h>

#include "control/aliases.h"
#include "control/commands.h"
#include "control/ended.h"
#include "control/journal.h"
#include "control/reserve.h"
#include "control/table.h"
#include "control/tunnels.h"
#include "datapath/datapath.h"
#include "npdu/window.h"

static enum directory_index tunnel_index(enum session_direction direction)
{
	return direction == UP ? INDEX_TUNNEL_UP : INDEX_TUNNEL_DOWN;
}

static struct datapath_command add_command(const struct session_store *store,
					   const struct session *s,
					   enum session_direction direction,
					   const struct tunnel *tunnel)
{
	const uint16_t window = store->config.replay_window;

	return (struct datapath_command){
		.kind = DATAPATH_ADD_FLOW,
		.add = {.tunnel = *tunnel,
			.session = table_id(store, s),
			.direction = (uint8_t)direction,
			.bearer = s->nsapi,
			.counter_octets = protection_of(s)->counter_octets,
			.treatment = session_has_keyset(s) ? DATAPATH_PROTECT : DATAPATH_BAR,
			.window = (uint16_t)npdu_window_clamp(window,
							      protection_of(s)->counter_octets)}};
}

int flows_add(struct session_store *store, struct session *s, enum session_direction direction,
	      const struct tunnel *tunnel, void *acknowledge)
{
	struct session_flow *flow = &protection_of(s)->flow[direction];

	directory_unindex(store->directory, s, tunnel_index(direction));
	if (directory_set_tunnel(store->directory, &s->tunnel[direction], tunnel) != 0)
		return -ENOMEM;
	if (!tunnels_take(store, tunnel, table_id(store, s), flow))
		return -ENOSPC;
	flow->live = true;
	directory_index(store->directory, s, tunnel_index(direction));
	commands_send(store, flow, add_command(store, s, direction, tunnel), NULL);
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (protection_of(s)->keysets[slot].state != DATAPATH_KEY_NONE)
			commands_set_keyset(store, s, direction, slot,
					    reserve_ceiling(store, s, slot, direction), false,
					    NULL);
	/* The GGSN uses the new tunnel: then those before the move end. */
	if (direction == DOWN && (aliases_has_any(store, s) || ended_has_before_move(store, s)))
		commands_send(store, flow, (struct datapath_command){.kind = DATAPATH_WATCH_FLOW},
			      NULL);
	commands_use_keyset(store, s, direction, acknowledge);
	return 0;
}

void flows_claim(struct session_store *store, struct session *s, enum session_direction direction,
		 const struct tunnel *tunnel)
{
	directory_unindex(store->directory, s, tunnel_index(direction));
	directory_set_tunnel(store->directory, &s->tunnel[direction], tunnel);
	directory_index(store->directory, s, tunnel_index(direction));
	tunnels_end(store, tunnel);
	journal_note(store, s);
}

void flows_stop(struct session_store *store, struct session *s, enum session_direction direction,
		void *acknowledge)
{
	struct session_flow *flow = &protection_of(s)->flow[direction];
	const struct tunnel tunnel = directory_tunnel(store->directory, &s->tunnel[direction]);

	if (direction == DOWN)
		aliases_end(store, s);
	commands_send(store, flow, (struct datapath_command){.kind = DATAPATH_STOP_FLOW},
		      acknowledge);
	directory_unindex(store->directory, s, tunnel_index(direction));
	tunnels_linger(store, &tunnel, flow);
	flow->live = false;
}

void flows_stop_to_move(struct session_store *store, struct session *s, bool is_doubtful,
			void *acknowledge)
{
	struct session_flow *flow = &protection_of(s)->flow[DOWN];
	const struct tunnel tunnel = directory_tunnel(store->directory, &s->tunnel[DOWN]);

	if (!aliases_hold(store, s, &tunnel, is_doubtful)) {
		flows_stop(store, s, DOWN, acknowledge);
		return;
	}
	commands_send(store, flow,
		      (struct datapath_command){.kind = DATAPATH_STOP_FLOW, .hold = true},
		      acknowledge);
	directory_unindex(store->directory, s, tunnel_index(DOWN));
	flow->live = false;
}

struct counts_value flows_counts(const struct session_store *store, const struct session *s,
				 unsigned slot)
{
	struct counts_value counts = protection_of(s)->keysets[slot].count;
	struct datapath_flow_view view;

	for (unsigned d = 0; d < 2; d++) {
		if (!protection_of(s)->flow[d].live)
			continue;
		store->ops.view_flow(store->ops.arg, protection_of(s)->flow[d].worker,
				     protection_of(s)->flow[d].number, &view);
		counts.next[d] = view.count[slot];
	}
	return counts;
}
