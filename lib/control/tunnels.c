/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/tunnels.h"

#include <stdlib.h>

#include "base/container.h"
#include "control/commands.h"
#include "control/ended.h"
#include "control/held.h"
#include "control/table.h"
#include "datapath/owner.h"

#define LISTS 8192
/* Above this number the oldest is given up, so requests without responses use a bounded number of
 * flow numbers. */
#define EXPECTED_MAX 4096
/* If a worker has fewer free numbers, its oldest lingering tunnel is given up. Its number comes
 * back with the worker's acknowledgement, so this must begin early. */
#define NUMBERS_KEPT 512

enum stage {
	LINGERING,
	EXPECTED,
	OVER, /* gone, but a message waits for the worker's acknowledgement */
};

/* After EXPECTED is over, a late response still takes effect, but the packets that came meanwhile
 * are lost. */
static const uint32_t lasts_ms[] = {[LINGERING] = 5000, [EXPECTED] = 10000};

struct lone_tunnel {
	struct wheel_timer timer;
	LIST_ENTRY(lone_tunnel) entry;
	TAILQ_ENTRY(lone_tunnel) age;
	struct tunnel tunnel;
	enum stage stage;
	struct session_flow flow; /* worker and number */
	unsigned requests; /* EXPECTED: requests that name the tunnel and wait for a response */
	bool is_protected; /* EXPECTED: one of them is about a protected session */
	uint8_t direction;
	/* Until the worker acknowledges EXPECT_FLOW, or REMOVE_FLOW for a session without
	 * protection. */
	struct held *held;
};

LIST_HEAD(tunnel_list, lone_tunnel);
TAILQ_HEAD(tunnel_queue, lone_tunnel);

struct tunnels {
	struct tunnel_list lists[LISTS];
	struct tunnel_queue expected; /* by age */
	uint32_t expected_count;
	struct worker_tunnels {
		struct tunnel_queue lingering; /* by age */
		uint32_t *free;		       /* numbers of flows not in use */
		uint32_t free_count;
	} workers[];
};

uint32_t session_flows_per_worker(const struct session_config *config)
{
	/* Both flows of a session may belong to the same worker. Moved tunnels linger, and others
	 * are expected. */
	const uint64_t more = 1024 + EXPECTED_MAX;
	uint64_t even = (uint64_t)config->max * 2 / config->workers;
	uint64_t flows = config->workers == 1 ? even + more : even + even / 4 + more;

	return flows < UINT32_MAX ? (uint32_t)flows : UINT32_MAX;
}

size_t tunnels_octets(const struct session_config *config)
{
	return (size_t)config->workers * session_flows_per_worker(config) * sizeof(uint32_t);
}

struct tunnels *tunnels_new(const struct session_config *config)
{
	const uint32_t flows = session_flows_per_worker(config);
	const size_t before =
		sizeof(struct tunnels) + config->workers * sizeof(struct worker_tunnels);
	struct tunnels *all = calloc(1, before + tunnels_octets(config));
	uint32_t *numbers;

	if (!all)
		return NULL;
	TAILQ_INIT(&all->expected);
	numbers = (uint32_t *)&all->workers[config->workers];
	for (unsigned w = 0; w < config->workers; w++, numbers += flows) {
		TAILQ_INIT(&all->workers[w].lingering);
		all->workers[w].free = numbers;
		all->workers[w].free_count = flows;
		for (uint32_t i = 0; i < flows; i++)
			numbers[i] = flows - 1 - i;
	}
	return all;
}

static void forget(struct lone_tunnel *t)
{
	LIST_REMOVE(t, entry);
	free(t);
}

void tunnels_free(struct tunnels *all)
{
	struct lone_tunnel *t;

	if (!all)
		return;
	for (size_t i = 0; i < LISTS; i++)
		while ((t = LIST_FIRST(&all->lists[i])) != NULL) {
			wheel_cancel(&t->timer); /* the wheel and its other timers live on */
			held_drop(t->held);
			forget(t);
		}
	free(all);
}

/* --- the table --- */

static struct tunnel_list *list_of(struct session_store *store, const struct tunnel *tunnel)
{
	return &store->tunnels->lists[control_hash(store, tunnel, 0) % LISTS];
}

static struct tunnel_queue *queue_of(struct tunnels *all, const struct lone_tunnel *t)
{
	return t->stage == EXPECTED ? &all->expected : &all->workers[t->flow.worker].lingering;
}

static struct lone_tunnel *find(struct session_store *store, const struct tunnel *tunnel)
{
	struct lone_tunnel *t;

	LIST_FOREACH (t, list_of(store, tunnel), entry)
		if (t->stage != OVER && tunnel_is_equal(&t->tunnel, tunnel))
			break;
	return t;
}

/* From now on nothing finds the tunnel. */
static void leave(struct session_store *store, struct lone_tunnel *t)
{
	struct tunnels *all = store->tunnels;

	wheel_cancel(&t->timer);
	TAILQ_REMOVE(queue_of(all, t), t, age);
	all->expected_count -= t->stage == EXPECTED;
	t->stage = OVER;
	if (!t->held)
		forget(t);
}

static void remove_flow(struct session_store *store, const struct session_flow *flow)
{
	const struct datapath_command c = {.kind = DATAPATH_REMOVE_FLOW, .acknowledge = 1};

	commands_send(store, flow, c, NULL);
}

static void give_up(struct session_store *store, struct lone_tunnel *t)
{
	remove_flow(store, &t->flow);
	leave(store, t);
}

/* No response was seen. */
static void expire(struct session_store *store, struct lone_tunnel *t)
{
	if (t->stage == EXPECTED && t->is_protected)
		ended_leave_expected(store, t->direction, &t->tunnel);
	give_up(store, t);
}

static void time_is_over(struct wheel_timer *timer, void *store)
{
	expire(store, container_of(timer, struct lone_tunnel, timer));
}

/* NULL: no memory. */
static struct lone_tunnel *enter(struct session_store *store, const struct tunnel *tunnel,
				 enum stage stage)
{
	struct tunnels *all = store->tunnels;
	struct lone_tunnel *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->tunnel = *tunnel;
	t->stage = stage;
	t->flow.worker = (uint8_t)tunnel_owner(tunnel->teid, store->config.workers);
	LIST_INSERT_HEAD(list_of(store, tunnel), t, entry);
	TAILQ_INSERT_TAIL(queue_of(all, t), t, age);
	all->expected_count += stage == EXPECTED;
	wheel_set(store->wheel, &t->timer, lasts_ms[stage], time_is_over);
	return t;
}

/* --- a session's flow begins and stops --- */

/* flow->worker must be set. Returns false if the worker has no number left. */
static bool take_number(struct session_store *store, struct session_flow *flow)
{
	struct worker_tunnels *w = &store->tunnels->workers[flow->worker];
	struct lone_tunnel *oldest = TAILQ_FIRST(&w->lingering);

	if (oldest && w->free_count < NUMBERS_KEPT)
		give_up(store, oldest);
	if (w->free_count == 0)
		return false;
	flow->number = w->free[--w->free_count];
	return true;
}

bool tunnels_take(struct session_store *store, const struct tunnel *tunnel,
		  struct session_flow *flow)
{
	struct lone_tunnel *t = find(store, tunnel);

	flow->worker = (uint8_t)tunnel_owner(tunnel->teid, store->config.workers);
	if (t && t->stage == EXPECTED) {
		flow->number = t->flow.number;
		leave(store, t);
		return true;
	}
	/* The same worker owns the lingering tunnel, so commands for both flows stay in order. */
	if (t)
		give_up(store, t);
	return take_number(store, flow);
}

void tunnels_linger(struct session_store *store, const struct tunnel *tunnel,
		    const struct session_flow *flow)
{
	struct lone_tunnel *t = enter(store, tunnel, LINGERING);

	if (t)
		t->flow.number = flow->number;
	else
		remove_flow(store, flow);
}

/* --- requests name tunnels --- */

/* NULL: no memory, or no number. */
static struct lone_tunnel *start_to_expect(struct session_store *store, const struct tunnel *tunnel)
{
	struct tunnels *all = store->tunnels;
	struct lone_tunnel *t;

	if (all->expected_count == EXPECTED_MAX) {
		control_count(store, SESSION_GTPC_EXPECTED_LOST);
		expire(store, TAILQ_FIRST(&all->expected));
	}
	tunnels_end(store, tunnel); /* the tunnel may linger */
	t = enter(store, tunnel, EXPECTED);
	if (!t || take_number(store, &t->flow))
		return t;
	leave(store, t);
	return NULL;
}

void tunnels_expect(struct session_store *store, enum session_direction direction,
		    const struct tunnel *tunnel, bool is_protected, bool is_again,
		    struct held *held)
{
	const struct datapath_command c = {
		.kind = DATAPATH_EXPECT_FLOW,
		.add = {.tunnel = *tunnel, .direction = (uint8_t)direction}};
	enum session_direction other;
	struct lone_tunnel *t = find(store, tunnel);

	if (t && t->stage == EXPECTED) {
		t->requests += !is_again;
		t->is_protected |= is_protected;
		wheel_set(store->wheel, &t->timer, lasts_ms[EXPECTED], time_is_over);
		return;
	}
	if (table_find_tunnel(store, tunnel, &other))
		return; /* a session has it and handles its packets */
	t = start_to_expect(store, tunnel);
	if (!t) {
		control_count(store, SESSION_GTPC_EXPECTED_LOST);
		return;
	}
	t->requests = 1;
	t->is_protected = is_protected;
	t->direction = (uint8_t)direction;
	t->held = held;
	held->users++;
	commands_send(store, &t->flow, c, t);
}

void tunnels_withdraw(struct session_store *store, const struct tunnel *tunnel)
{
	struct lone_tunnel *t = find(store, tunnel);

	if (t && t->stage == EXPECTED && --t->requests == 0)
		give_up(store, t);
}

void tunnels_end(struct session_store *store, const struct tunnel *tunnel)
{
	struct lone_tunnel *t = find(store, tunnel);

	if (t)
		give_up(store, t);
}

/* --- sessions without protection, which have no flow --- */

static void add_clear_flow(struct session_store *store, enum session_direction direction,
			   const struct tunnel *tunnel, const struct session_flow *flow,
			   uint32_t session)
{
	const struct datapath_command c = {.kind = DATAPATH_ADD_FLOW,
					   .add = {.tunnel = *tunnel,
						   .session = session,
						   .direction = (uint8_t)direction,
						   .treatment = DATAPATH_LET_PASS}};

	commands_send(store, flow, c, NULL);
}

void tunnels_let_pass(struct session_store *store, enum session_direction direction,
		      const struct tunnel *tunnel, uint32_t session, struct held *held)
{
	const struct datapath_command remove = {.kind = DATAPATH_REMOVE_FLOW};
	struct lone_tunnel *t = find(store, tunnel);

	if (!t)
		return;
	if (t->stage == EXPECTED) /* now it lets cross what it holds */
		add_clear_flow(store, direction, tunnel, &t->flow, session);
	if (t->held || !held) {
		give_up(store, t);
		return;
	}
	t->held = held;
	held->users++;
	commands_send(store, &t->flow, remove, t);
	leave(store, t);
}

void tunnels_let_late_pass(struct session_store *store, enum session_direction direction,
			   const struct tunnel *tunnel)
{
	struct session_flow flow = {
		.worker = (uint8_t)tunnel_owner(tunnel->teid, store->config.workers)};
	struct lone_tunnel *t;

	if (find(store, tunnel) || !take_number(store, &flow))
		return;
	t = enter(store, tunnel, LINGERING);
	/* Its session may be gone before it is. */
	add_clear_flow(store, direction, tunnel, &flow, 0);
	if (t)
		t->flow.number = flow.number;
	else
		remove_flow(store, &flow);
}

/* --- workers --- */

void tunnels_acknowledged(struct session_store *store, unsigned worker,
			  const struct datapath_event *event)
{
	struct worker_tunnels *w = &store->tunnels->workers[worker];
	struct lone_tunnel *t = (struct lone_tunnel *)(uintptr_t)event->cookie;

	if (event->command_kind == DATAPATH_REMOVE_FLOW)
		w->free[w->free_count++] = event->flow;
	if (!t)
		return;
	held_release(store, t->held);
	t->held = NULL;
	if (t->stage == OVER)
		forget(t);
}

uint32_t tunnels_free_numbers(const struct session_store *store, unsigned worker)
{
	return store->tunnels->workers[worker].free_count;
}
