/* SPDX-License-Identifier: BSD-3-Clause */
/* ceiling: which COUNTs may be used is on disk before they are; control sees to that, and is asked in
 * time. */
#include "datapath/worker.h"

void ceiling_set(struct flow *flow, struct flow_keyset *keyset, unsigned slot,
		 const struct datapath_ceiling *ceiling)
{
	flow->ceiling[slot] = ceiling->ceiling;
	keyset->asked = ceiling->mark == DATAPATH_NO_MARK;
	keyset->window.mark = keyset->asked ? ceiling->ceiling : ceiling->mark;
}

static void ask(struct datapath_worker *w, struct flow *flow, unsigned slot, uint32_t needed)
{
	struct flow_keyset *keyset = worker_keyset(w, flow, slot);
	struct datapath_event event = {.kind = DATAPATH_LOW,
				       .slot = (uint8_t)slot,
				       .flow = worker_flow_number(w, flow),
				       .session = flow->session,
				       .key = keyset->key,
				       .cookie = flow->ceiling[slot]};

	if (flow->direction == E2M_UPLINK) {
		/* One answer serves all waiting packets, because the window already has their
		 * COUNTs. The exception is recovered COUNTs. */
		if (needed < keyset->window.h)
			needed = keyset->window.h;
		if (needed < hold_recovered(w, flow, slot))
			needed = hold_recovered(w, flow, slot);
		event.used = needed;
	} else {
		/* Each waiting packet will need a COUNT of its own. */
		event.used = keyset->window.h;
		needed = needed < UINT32_MAX - hold_count(w, flow) ? needed + hold_count(w, flow)
								   : UINT32_MAX;
	}
	event.count[slot] = needed;
	if (!worker_post(w, &event))
		return;
	keyset->asked = true;
	keyset->window.mark = flow->ceiling[slot];
}

bool ceiling_covers(struct datapath_worker *w, struct flow *flow, unsigned slot, uint32_t needed)
{
	const struct flow_keyset *keyset = worker_keyset(w, flow, slot);

	if (!keyset->asked && needed > keyset->window.mark)
		ask(w, flow, slot, needed);
	return needed <= flow->ceiling[slot];
}
