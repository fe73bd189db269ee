/* SPDX-License-Identifier: BSD-3-Clause */
/* commands: what control asks of a worker, executed between bursts, in order. */
#include <string.h>

#include "datapath/worker.h"

#define COMMANDS_A_ROUND 32

/* Control keeps tunnels unique and flows within capacity, so this cannot fail. */
static void make_known(struct datapath_worker *w, uint32_t number)
{
	int ret = tunnel_table_add(w->table, number);
	RTE_VERIFY(ret == 0);
}

static void expect_flow(struct datapath_worker *w, const struct datapath_command *c)
{
	struct flow *flow = worker_flow(w, c->flow);

	memset(flow, 0, w->flow_size);
	recover_forget_flow(w, c->flow);
	flow->tunnel = c->add.tunnel;
	flow->state = FLOW_EXPECTED;
	flow->direction = c->add.direction;
	make_known(w, c->flow);
}

static void forget_keys(struct datapath_worker *w, struct flow *flow)
{
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++) {
		struct flow_keyset *keyset = worker_keyset(w, flow, slot);
		npdu_engine_forget(w->engine, keyset->key, &keyset->hint);
		keyset->key = NULL;
		keyset->state = DATAPATH_KEY_NONE;
	}
}

/* Clears the flow, except for what it holds. Returns true if its tunnel was known already. */
static bool begin_anew(struct datapath_worker *w, uint32_t number)
{
	struct flow *flow = worker_flow(w, number);
	const bool was_known = flow->state != FLOW_FREE;
	const uint32_t hold = was_known ? flow->hold : 0;

	if (was_known)
		forget_keys(w, flow);
	memset(flow, 0, w->flow_size);
	recover_forget_flow(w, number);
	flow->hold = hold;
	return was_known;
}

static void add_flow(struct datapath_worker *w, const struct datapath_command *c)
{
	struct flow *flow = worker_flow(w, c->flow);
	static const uint8_t states[] = {[DATAPATH_PROTECT] = FLOW_LIVE,
					 [DATAPATH_BAR] = FLOW_BARRED,
					 [DATAPATH_LET_PASS] = FLOW_CLEAR};
	const bool was_known = begin_anew(w, c->flow);

	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		worker_keyset(w, flow, slot)->hint = NPDU_NO_HINT;
	flow->tunnel = c->add.tunnel;
	flow->session = c->add.session;
	flow->state = states[c->add.treatment];
	flow->direction = c->add.direction;
	flow->bearer = c->add.bearer;
	flow->counter_octets = c->add.counter_octets;
	flow->window = c->add.window;
	flow->batch = (uint8_t)(w->batch_number - 1);
	if (!was_known)
		make_known(w, c->flow);
	else if (flow->state == FLOW_LIVE)
		flow->state = FLOW_EXPECTED; /* until all is said that it needs */
	else if (flow->state == FLOW_CLEAR)
		hold_pass(w, flow);
	else
		hold_drop(w, flow, DATAPATH_DROP_POLICY);
}

static bool has_session(const struct flow *flow)
{
	return flow->state != FLOW_FREE && flow->state != FLOW_STOPPED &&
	       flow->state != FLOW_ALIAS && flow->state != FLOW_FORWARD;
}

/* COUNTs from before: all below H counts as seen, e2m.md 7 "never uses one twice". */
static void set_count(const struct datapath_worker *w, struct flow_keyset *keyset, uint32_t count)
{
	keyset->window.h = count;
	memset(keyset->window.bits, count ? 0xff : 0, w->window_words * sizeof(uint64_t));
	keyset->authenticated = false;
}

static void release_held(struct datapath_worker *w, struct flow *flow)
{
	if (flow->hold != 0 && flow_is_live(flow))
		hold_release(w, flow);
}

static void set_keyset(struct datapath_worker *w, const struct datapath_command *c,
		       struct datapath_event *event)
{
	struct flow *flow = worker_flow(w, c->flow);
	struct flow_keyset *keyset = worker_keyset(w, flow, c->slot);

	event->count[c->slot] = keyset->window.h;
	if (!has_session(flow))
		return;
	if ((flow->state == FLOW_BARRED || flow->state == FLOW_CLEAR) &&
	    c->key_state != DATAPATH_KEY_NONE)
		flow->state = FLOW_LIVE;
	npdu_engine_forget(w->engine, keyset->key, &keyset->hint);
	keyset->state = c->key_state;
	keyset->key = c->keyset.key;
	keyset->mac_len = keyset->key ? (uint8_t)npdu_key_mac_len(keyset->key) : 0;
	keyset->key_id = c->keyset.key_id;
	ceiling_set(flow, keyset, c->slot, &c->keyset.ceiling);
	if (!c->keyset.keep_count) {
		set_count(w, keyset, c->keyset.count);
		recover_forget_keyset(w, c->flow, c->slot);
		hold_drop_open(w, flow, c->slot);
	}
	flow->missed &= (uint8_t) ~(1 << c->slot);
	if (c->key_state != DATAPATH_KEY_MISSING)
		release_held(w, flow);
}

static void raise_ceiling(struct datapath_worker *w, const struct datapath_command *c)
{
	struct flow *flow = worker_flow(w, c->flow);

	if (!has_session(flow))
		return;
	ceiling_set(flow, worker_keyset(w, flow, c->slot), c->slot, &c->ceiling);
	release_held(w, flow);
}

/* What waits for the keyset that was in use before, or for the flow, need not wait any longer, nor be
 * overtaken. */
static void use_keyset(struct datapath_worker *w, const struct datapath_command *c)
{
	struct flow *flow = worker_flow(w, c->flow);

	flow->in_use = c->slot;
	if (flow->state == FLOW_EXPECTED)
		flow->state = flow->is_watched ? FLOW_WATCHED : FLOW_LIVE;
	release_held(w, flow);
}

static void stop_flow(struct datapath_worker *w, const struct datapath_command *c,
		      struct datapath_event *event)
{
	struct flow *flow = worker_flow(w, c->flow);

	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		event->count[slot] = worker_keyset(w, flow, slot)->window.h;
	/* An opened N-PDU cannot be opened again under another flow. */
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		hold_drop_open(w, flow, slot);
	if (!c->hold)
		hold_drop(w, flow, DATAPATH_DROP_TUNNEL_REMOVED);
	flow->state = c->hold ? FLOW_EXPECTED : FLOW_STOPPED;
	flow->is_watched = false;
	forget_keys(w, flow);
}

static void alias_flow(struct datapath_worker *w, const struct datapath_command *c)
{
	struct flow *flow = worker_flow(w, c->flow);
	const bool is_watched = flow->is_watched;
	const bool was_known = begin_anew(w, c->flow);
	const bool is_here = c->alias.worker == w->config.worker;

	flow->tunnel = c->alias.tunnel;
	flow->direction = c->alias.direction;
	flow->is_watched = is_watched && was_known && is_here;
	flow->state = is_here ? FLOW_ALIAS : FLOW_FORWARD;
	flow->target = is_here ? c->alias.target : c->alias.worker;
	if (!was_known)
		make_known(w, c->flow);
	alias_release(w, flow);
}

static void bar_flow(struct datapath_worker *w, const struct datapath_command *c)
{
	struct flow *flow = worker_flow(w, c->flow);

	if (flow->state == FLOW_CLEAR)
		flow->state = FLOW_BARRED;
}

static void remove_flow(struct datapath_worker *w, const struct datapath_command *c)
{
	struct flow *flow = worker_flow(w, c->flow);

	hold_drop(w, flow, DATAPATH_DROP_TUNNEL_REMOVED);
	forget_keys(w, flow);
	tunnel_table_remove(w->table, c->flow);
	flow->state = FLOW_FREE;
}

static void set_limits(struct datapath_worker *w, const struct datapath_command *c)
{
	w->config.hold_packets_per_flow = c->limits.hold_packets_per_flow;
	w->hold_tsc = worker_ms_to_tsc(c->limits.hold_ms);
	w->gtpc_hold_tsc = worker_ms_to_tsc(c->limits.gtpc_hold_ms);
	w->searches.windows = c->limits.recovery_windows;
	w->searches.per_s = c->limits.recovery_per_s;
	w->config.bad_mac_per_s = c->limits.bad_mac_per_s;
	w->config.drop_unknown = c->limits.drop_unknown;
}

static void execute(struct datapath_worker *w, const struct datapath_command *c,
		    struct datapath_event *event)
{
	if (c->kind < DATAPATH_RELEASE_GTPC)
		event->side = worker_flow(w, c->flow)->direction;
	switch ((enum datapath_command_kind)c->kind) {
	case DATAPATH_EXPECT_FLOW:
		expect_flow(w, c);
		break;
	case DATAPATH_ADD_FLOW:
		add_flow(w, c);
		break;
	case DATAPATH_SET_KEYSET:
		set_keyset(w, c, event);
		break;
	case DATAPATH_RAISE_CEILING:
		raise_ceiling(w, c);
		break;
	case DATAPATH_USE_KEYSET:
		use_keyset(w, c);
		break;
	case DATAPATH_BAR_FLOW:
		bar_flow(w, c);
		break;
	case DATAPATH_STOP_FLOW:
		stop_flow(w, c, event);
		break;
	case DATAPATH_ALIAS_FLOW:
		alias_flow(w, c);
		break;
	case DATAPATH_WATCH_FLOW:
		watch_flow(worker_flow(w, c->flow));
		break;
	case DATAPATH_REMOVE_FLOW:
		remove_flow(w, c);
		break;
	case DATAPATH_RELEASE_GTPC:
		gtpc_release(w, c->gtpc);
		break;
	case DATAPATH_ALLOW_GTPC:
		gtpc_allow(w, c->gtpc);
		break;
	case DATAPATH_DISCARD_GTPC:
		gtpc_discard(w, c->gtpc);
		break;
	case DATAPATH_SET_BYPASS:
		bypass_set(w, c->bypass);
		break;
	case DATAPATH_SET_LIMITS:
		set_limits(w, c);
		break;
	case DATAPATH_SET_TRANSPARENT:
		transparent_take(&w->transparent, &c->transparent);
		break;
	}
}

unsigned commands_execute(struct datapath_worker *w)
{
	unsigned done = 0;

	/* A command waits until there is room for its acknowledgement. */
	while (done < COMMANDS_A_ROUND && rte_ring_free_count(w->events) > 0) {
		struct datapath_command c;

		if (rte_ring_sc_dequeue_elem(w->commands, &c, sizeof(c)) != 0)
			break;
		struct datapath_event event = {.kind = DATAPATH_DONE,
					       .slot = c.slot,
					       .command_kind = c.kind,
					       .flow = c.flow,
					       .cookie = c.cookie};
		execute(w, &c, &event);
		if (c.acknowledge)
			worker_post(w, &event);
		done++;
	}
	return done;
}
