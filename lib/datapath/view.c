/* SPDX-License-Identifier: BSD-3-Clause */
/* view: what control and telemetry see of a worker from outside its thread. */
#include <errno.h>

#include "datapath/worker.h"

const char *datapath_counter_name(enum datapath_counter counter)
{
	static const char *const names[] = {
#define X(symbol, name) [DATAPATH_##symbol] = name,
		DATAPATH_COUNTERS(X)
#undef X
	};

	return names[counter];
}

int datapath_command(struct datapath_worker *w, const struct datapath_command *command)
{
	struct datapath_command copy = *command; /* the ring takes no const */

	return rte_ring_sp_enqueue_elem(w->commands, &copy, sizeof(copy)) == 0 ? 0 : -ENOBUFS;
}

unsigned datapath_events(struct datapath_worker *w, struct datapath_event *events, unsigned max)
{
	return rte_ring_sc_dequeue_burst_elem(w->events, events, sizeof(*events), max, NULL);
}

void datapath_count(struct datapath_worker *w, enum datapath_side side,
		    enum datapath_counter counter, uint64_t n)
{
	w->counters[side].value[counter] += n;
}

const struct datapath_counters *datapath_worker_counters(const struct datapath_worker *w,
							 enum datapath_side side)
{
	return &w->counters[side];
}

uint32_t datapath_held(const struct datapath_worker *w)
{
	return w->held;
}

void datapath_view_flow(const struct datapath_worker *w, uint32_t number,
			struct datapath_flow_view *view)
{
	struct flow *flow = worker_flow(w, number);

	view->packets = flow->packets;
	view->dropped = flow->dropped;
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
		const struct flow_keyset *keyset = worker_keyset(w, flow, slot);
		view->count[slot] = keyset->window.h;
	}
}

size_t datapath_flow_octets(const struct datapath_worker *w)
{
	return w->flow_size + tunnel_table_octets(w->table) / w->config.flows;
}

const char *datapath_stage_name(enum datapath_stage stage)
{
	static const char *const names[] = {
#define X(symbol, name) [DATAPATH_STAGE_##symbol] = name,
		DATAPATH_STAGE_LIST(X)
#undef X
	};

	return names[stage];
}

void datapath_clock_stages(struct datapath_worker *w, struct datapath_stage_cycles *clock)
{
	w->clock = clock;
}
