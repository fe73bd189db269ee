/* SPDX-License-Identifier: BSD-3-Clause */
/* flows: what the workers are told of a session. */
#include <errno.h>
#include <stdlib.h>

#include "base/container.h"
#include "control/expect.h"
#include "control/flows.h"
#include "control/keys.h"
#include "control/reserve.h"
#include "control/table.h"
#include "datapath/owner.h"
#include "datapath/tunnel_hash.h"
#include "npdu/window.h"

/* How long a tunnel that was moved or removed still drops late packets, so that none of them crosses
 * as if it had never been protected. */
#define LINGER_MS 5000
/* Where fewer numbers of flows than this are left, the oldest tunnels linger no more. */
#define NUMBERS_KEPT 512

static void command(struct session_store *store, const struct session_flow *flow,
		    struct datapath_command *c, void *acknowledge)
{
	c->flow = flow->number;
	c->acknowledge = acknowledge != NULL;
	c->cookie = (uintptr_t)acknowledge;
	store->ops.command(store->ops.arg, flow->worker, c);
}

/* --- lingering tunnels --- */

static struct late_list *late_list_of(struct session_store *store, const struct tunnel *tunnel)
{
	return &store->lingers[tunnel_hash(tunnel) % LINGER_LISTS];
}

void flows_remove(struct session_store *store, unsigned worker, uint32_t number)
{
	struct datapath_command c = {
		.kind = DATAPATH_REMOVE_FLOW, .flow = number, .acknowledge = 1};

	store->ops.command(store->ops.arg, worker, &c);
}

static void remove_linger(struct late_tunnel *linger)
{
	struct session_store *store = linger->store;

	flows_remove(store, linger->worker, linger->number);
	wheel_cancel(&linger->timer);
	TAILQ_REMOVE(&store->lingers_by_age[linger->worker], linger, age);
	LIST_REMOVE(linger, entry);
	free(linger);
}

static void linger_is_over(struct wheel_timer *timer, void *arg)
{
	(void)arg;
	remove_linger(container_of(timer, struct late_tunnel, timer));
}

static void start_linger(struct session_store *store, const struct session_flow *flow)
{
	struct late_tunnel *linger = calloc(1, sizeof(*linger));

	if (!linger) {
		flows_remove(store, flow->worker, flow->number);
		return;
	}
	linger->store = store;
	linger->tunnel = table_tunnel(store, &flow->tunnel);
	linger->worker = flow->worker;
	linger->number = flow->number;
	LIST_INSERT_HEAD(late_list_of(store, &linger->tunnel), linger, entry);
	TAILQ_INSERT_TAIL(&store->lingers_by_age[flow->worker], linger, age);
	wheel_set(store->wheel, &linger->timer, LINGER_MS, linger_is_over);
}

/* The same worker owns the tunnel in its next life, so its commands keep their order. */
void flows_end_linger(struct session_store *store, const struct tunnel *tunnel)
{
	struct late_tunnel *linger;

	LIST_FOREACH (linger, late_list_of(store, tunnel), entry)
		if (tunnel_is_equal(&linger->tunnel, tunnel))
			break;
	if (linger)
		remove_linger(linger);
}

/* Numbers come back with the worker's acknowledgement, so this begins well before they run out. */
static void spare_numbers(struct session_store *store, unsigned worker)
{
	struct late_tunnel *oldest = TAILQ_FIRST(&store->lingers_by_age[worker]);

	if (oldest && store->free_flow_counts[worker] < NUMBERS_KEPT)
		remove_linger(oldest);
}

void flows_free_lingers(struct session_store *store)
{
	for (size_t i = 0; i < LINGER_LISTS; i++)
		while (!LIST_EMPTY(&store->lingers[i])) {
			struct late_tunnel *linger = LIST_FIRST(&store->lingers[i]);
			wheel_cancel(&linger->timer); /* its wheel neighbours live longer */
			LIST_REMOVE(linger, entry);
			free(linger);
		}
}

/* --- flows --- */

bool flows_take_number(struct session_store *store, const struct tunnel *tunnel, unsigned worker,
		       uint32_t *number)
{
	flows_end_linger(store, tunnel);
	spare_numbers(store, worker);
	if (store->free_flow_counts[worker] == 0)
		return false;
	*number = store->free_flows[worker][--store->free_flow_counts[worker]];
	return true;
}

static enum session_index tunnel_index(enum session_direction direction)
{
	return direction == UP ? INDEX_TUNNEL_UP : INDEX_TUNNEL_DOWN;
}

static enum datapath_treatment treatment(const struct session *s)
{
	if (keys_are_there(s))
		return DATAPATH_PROTECT;
	return policy_bars(s->policy) ? DATAPATH_BAR : DATAPATH_LET_PASS;
}

static void send_add(struct session_store *store, const struct session *s,
		     enum session_direction direction, const struct tunnel *tunnel)
{
	const struct session_config *config = &store->config;
	struct datapath_command c = {.kind = DATAPATH_ADD_FLOW};

	c.add.tunnel = *tunnel;
	c.add.session = table_id(store, s);
	c.add.direction = (uint8_t)direction;
	c.add.bearer = s->nsapi;
	c.add.counter_octets = s->counter_octets;
	c.add.treatment = (uint8_t)treatment(s);
	c.add.window = (uint16_t)npdu_window_clamp(config->replay_window, s->counter_octets);
	command(store, &s->flow[direction], &c, NULL);
}

int flows_add(struct session_store *store, struct session *s, enum session_direction direction,
	      const struct tunnel *tunnel, void *acknowledge)
{
	const unsigned worker = tunnel_owner(tunnel->teid, store->config.workers);
	struct session_flow *flow = &s->flow[direction];

	if (table_set_tunnel(store, &flow->tunnel, tunnel) != 0)
		return -ENOMEM;
	if (!expect_take(store, tunnel, &flow->number) &&
	    !flows_take_number(store, tunnel, worker, &flow->number))
		return -ENOSPC;
	flow->live = true;
	flow->worker = (uint8_t)worker;
	table_index(store, s, tunnel_index(direction));
	send_add(store, s, direction, tunnel);
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (s->keysets[slot].state != DATAPATH_KEY_NONE)
			flows_set_keyset(store, s, direction, slot, false, NULL);
	flows_use_keyset(store, s, direction, acknowledge);
	return 0;
}

void flows_stop(struct session_store *store, struct session *s, enum session_direction direction,
		void *acknowledge)
{
	struct session_flow *flow = &s->flow[direction];
	struct datapath_command c = {.kind = DATAPATH_STOP_FLOW};

	command(store, flow, &c, acknowledge);
	table_unindex(store, s, tunnel_index(direction));
	start_linger(store, flow);
	flow->live = false;
}

void flows_bar(struct session_store *store, struct session *s, enum session_direction direction)
{
	struct datapath_command c = {.kind = DATAPATH_BAR_FLOW};

	command(store, &s->flow[direction], &c, NULL);
}

void flows_set_keyset(struct session_store *store, struct session *s,
		      enum session_direction direction, unsigned slot, bool keep_count,
		      void *acknowledge)
{
	const struct session_keyset *keyset = &s->keysets[slot];
	struct datapath_command c = {
		.kind = DATAPATH_SET_KEYSET, .slot = (uint8_t)slot, .key_state = keyset->state};

	c.keyset.key = keyset->state == DATAPATH_KEY_READY ? keyset->key : NULL;
	c.keyset.key_id = keyset->key_id;
	c.keyset.ceiling = reserve_ceiling(store, s, slot, direction);
	c.keyset.keep_count = keep_count;
	c.keyset.count = keyset->count.next[direction];
	command(store, &s->flow[direction], &c, acknowledge);
}

void flows_raise_ceiling(struct session_store *store, struct session *s,
			 enum session_direction direction, unsigned slot)
{
	struct datapath_command c = {.kind = DATAPATH_RAISE_CEILING,
				     .slot = (uint8_t)slot,
				     .ceiling = reserve_ceiling(store, s, slot, direction)};

	command(store, &s->flow[direction], &c, NULL);
}

void flows_use_keyset(struct session_store *store, struct session *s,
		      enum session_direction direction, void *acknowledge)
{
	struct datapath_command c = {.kind = DATAPATH_USE_KEYSET, .slot = s->downlink_slot};

	command(store, &s->flow[direction], &c, acknowledge);
}

static void answer_gtpc(struct session_store *store, const struct session_gtpc *gtpc,
			enum datapath_command_kind kind)
{
	struct datapath_command c = {.kind = (uint8_t)kind, .gtpc = gtpc->number};

	store->ops.command(store->ops.arg, gtpc->worker, &c);
}

void flows_release_gtpc(struct session_store *store, const struct session_gtpc *gtpc)
{
	answer_gtpc(store, gtpc, DATAPATH_RELEASE_GTPC);
}

void flows_discard_gtpc(struct session_store *store, const struct session_gtpc *gtpc)
{
	answer_gtpc(store, gtpc, DATAPATH_DISCARD_GTPC);
}

void flows_take_removed(struct session_store *store, unsigned worker, uint32_t number)
{
	store->free_flows[worker][store->free_flow_counts[worker]++] = number;
}
