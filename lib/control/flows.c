/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/flows.h"

#include <errno.h>

#include "control/commands.h"
#include "control/reserve.h"
#include "control/table.h"
#include "control/tunnels.h"
#include "datapath/datapath.h"

static enum session_index tunnel_index(enum session_direction direction)
{
	return direction == UP ? INDEX_TUNNEL_UP : INDEX_TUNNEL_DOWN;
}

static enum datapath_treatment treatment(const struct session *s)
{
	if (session_has_keyset(s))
		return DATAPATH_PROTECT;
	return policy_bars(s->policy) ? DATAPATH_BAR : DATAPATH_LET_PASS;
}

int flows_add(struct session_store *store, struct session *s, enum session_direction direction,
	      const struct tunnel *tunnel, void *acknowledge)
{
	struct session_flow *flow = &s->flow[direction];

	if (table_set_tunnel(store, &flow->tunnel, tunnel) != 0)
		return -ENOMEM;
	if (!tunnels_take(store, tunnel, flow))
		return -ENOSPC;
	flow->live = true;
	table_index(store, s, tunnel_index(direction));
	commands_add_flow(store, s, direction, treatment(s));
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (s->keysets[slot].state != DATAPATH_KEY_NONE)
			flows_set_keyset(store, s, direction, slot, false, NULL);
	commands_use_keyset(store, s, direction, acknowledge);
	return 0;
}

void flows_stop(struct session_store *store, struct session *s, enum session_direction direction,
		void *acknowledge)
{
	struct session_flow *flow = &s->flow[direction];

	commands_stop_flow(store, s, direction, acknowledge);
	table_unindex(store, s, tunnel_index(direction));
	tunnels_linger(store, flow);
	flow->live = false;
}

void flows_set_keyset(struct session_store *store, const struct session *s,
		      enum session_direction direction, unsigned slot, bool keep_count,
		      void *acknowledge)
{
	commands_set_keyset(store, s, direction, slot, reserve_ceiling(store, s, slot, direction),
			    keep_count, acknowledge);
}

struct counts_value flows_counts(const struct session_store *store, const struct session *s,
				 unsigned slot)
{
	struct counts_value counts = s->keysets[slot].count;
	struct datapath_flow_view view;

	for (unsigned d = 0; d < 2; d++) {
		if (!s->flow[d].live)
			continue;
		store->ops.view_flow(store->ops.arg, s->flow[d].worker, s->flow[d].number, &view);
		counts.next[d] = view.count[slot];
	}
	return counts;
}
