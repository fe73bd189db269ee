/* SPDX-License-Identifier: BSD-3-Clause */
/* ceiling: which COUNTs may be used is on disk before they are; control sees to that, and is asked in
 * time. */
#include "datapath/worker.h"

void ceiling_set(struct flow *flow, struct flow_keyset *keyset, unsigned slot,
		 const struct datapath_ceiling *ceiling)
{
	flow->ceiling[slot] = ceiling->ceiling;
	keyset->window.mark = ceiling->mark;
}

static void ask(struct datapath_worker *w, struct flow *flow, unsigned slot, uint32_t needed)
{
	struct datapath_event event = {.kind = DATAPATH_LOW,
				       .slot = (uint8_t)slot,
				       .flow = worker_flow_number(w, flow),
				       .session = flow->session,
				       .cookie = flow->ceiling[slot]};

	/* What waits will need COUNTs of its own. */
	if (flow->direction == E2M_DOWNLINK && needed < UINT32_MAX - hold_count(w, flow))
		needed += hold_count(w, flow);
	event.count[slot] = needed;
	if (worker_post(w, &event))
		worker_keyset(w, flow, slot)->window.mark = flow->ceiling[slot];
}

bool ceiling_covers(struct datapath_worker *w, struct flow *flow, unsigned slot, uint32_t needed)
{
	if (worker_keyset(w, flow, slot)->window.mark < flow->ceiling[slot])
		ask(w, flow, slot, needed);
	return needed <= flow->ceiling[slot];
}
