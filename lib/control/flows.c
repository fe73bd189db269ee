/* SPDX-License-Identifier: BSD-3-Clause */
/* flows: what the workers are told of a session. */
#include <errno.h>
#include <stdlib.h>

#include "base/container.h"
#include "control/commands.h"
#include "control/expect.h"
#include "control/flows.h"
#include "control/reserve.h"
#include "control/table.h"
#include "datapath/datapath.h"
#include "datapath/owner.h"
#include "datapath/tunnel_hash.h"

/* How long a tunnel that was moved or removed still drops late packets, so that none of them crosses
 * as if it had never been protected. */
#define LINGER_MS 5000
/* Where fewer numbers of flows than this are left, the oldest tunnels linger no more. */
#define NUMBERS_KEPT 512

/* --- lingering tunnels --- */

static struct late_list *late_list_of(struct session_store *store, const struct tunnel *tunnel)
{
	return &store->lingers[tunnel_hash(tunnel) % LINGER_LISTS];
}

static void remove_linger(struct late_tunnel *linger)
{
	struct session_store *store = linger->store;

	commands_remove_flow(store, linger->worker, linger->number);
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
		commands_remove_flow(store, flow->worker, flow->number);
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
	if (session_has_keyset(s))
		return DATAPATH_PROTECT;
	return policy_bars(s->policy) ? DATAPATH_BAR : DATAPATH_LET_PASS;
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
	start_linger(store, flow);
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

void flows_take_removed(struct session_store *store, unsigned worker, uint32_t number)
{
	store->free_flows[worker][store->free_flow_counts[worker]++] = number;
}
