/* SPDX-License-Identifier: BSD-3-Clause */
/* ceiling: which COUNTs may be used is on disk before they are; control sees to that, and is asked in
 * time. */
#include "datapath/worker.h"

static void ask(struct datapath_worker *w, struct flow *flow, unsigned slot, uint32_t needed)
{
	struct datapath_ceiling *ceiling = &worker_keyset(w, flow, slot)->ceiling;
	struct datapath_event event = {.kind = DATAPATH_LOW,
				       .slot = (uint8_t)slot,
				       .flow = worker_flow_number(w, flow),
				       .session = flow->session,
				       .cookie = ceiling->ceiling};

	/* What waits will need COUNTs of its own. */
	if (flow->direction == E2M_DOWNLINK && needed < UINT32_MAX - flow->held)
		needed += flow->held;
	event.count[slot] = needed;
	if (worker_post(w, &event))
		ceiling->mark = ceiling->ceiling;
}

bool ceiling_covers(struct datapath_worker *w, struct flow *flow, unsigned slot, uint32_t needed)
{
	const struct datapath_ceiling *ceiling = &worker_keyset(w, flow, slot)->ceiling;

	if (ceiling->mark < ceiling->ceiling)
		ask(w, flow, slot, needed);
	return needed <= ceiling->ceiling;
}
