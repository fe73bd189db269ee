/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/tunnels_inside.h"

#include <stdlib.h>

#include "base/container.h"
#include "control/commands.h"
#include "control/ended.h"
#include "control/held.h"
#include "control/table.h"
#include "datapath/owner.h"

#define LISTS	     8192
#define BEFORE_LISTS 1024
/* Above this number the oldest is given up, so requests without responses use a bounded number of
 * flow numbers. */
#define EXPECTED_MAX 4096
/* Tunnels before moves. Where there are many sessions, there may be more, which have numbers of their own. */
#define BEFORE_MIN	    512
#define BEFORE_MORE(config) ((config)->max / 128)
/* If a worker has fewer free numbers, its oldest lingering tunnel is given up. Its number comes
 * back with the worker's acknowledgement, so this must begin early. */
#define NUMBERS_KEPT 512

/* After EXPECTED is over, a late response still takes effect, but the packets that came meanwhile
 * are lost. */
static const uint32_t lasts_ms[] = {[LINGERING] = 5000, [EXPECTED] = 10000};

LIST_HEAD(tunnel_list, lone_tunnel);
TAILQ_HEAD(tunnel_queue, lone_tunnel);

struct tunnels {
	struct tunnel_list lists[LISTS];
	struct tunnel_queue expected; /* by age */
	uint32_t expected_count;
	struct tunnel_queue before; /* by age */
	uint32_t before_count;
	struct before_list by_session[BEFORE_LISTS];
	struct worker_tunnels {
		struct tunnel_queue lingering; /* by age */
		uint32_t *free;		       /* numbers of flows not in use */
		uint32_t free_count;
	} workers[];
};

uint32_t tunnels_aliases_max(const struct session_config *config)
{
	return BEFORE_MIN + BEFORE_MORE(config);
}

uint32_t session_flows_per_worker(const struct session_config *config)
{
	/* Both flows of a session may belong to the same worker. Moved tunnels linger or are aliases,
	 * and others are expected. */
	const uint64_t more = 1024 + EXPECTED_MAX + BEFORE_MORE(config);
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
	TAILQ_INIT(&all->before);
	for (unsigned i = 0; i < BEFORE_LISTS; i++)
		TAILQ_INIT(&all->by_session[i]);
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

void tunnels_forget(struct lone_tunnel *t)
{
	if (t->stage == OVER && t->pending == 0)
		forget(t);
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
	switch (t->stage) {
	case EXPECTED:
		return &all->expected;
	case BEFORE:
		return &all->before;
	default:
		return &all->workers[t->flow.worker].lingering;
	}
}

struct lone_tunnel *tunnels_find(struct session_store *store, const struct tunnel *tunnel)
{
	struct lone_tunnel *t;

	LIST_FOREACH (t, list_of(store, tunnel), entry)
		if (t->stage != OVER && tunnel_is_equal(&t->tunnel, tunnel))
			break;
	return t;
}

static void enqueue(struct tunnels *all, struct lone_tunnel *t)
{
	TAILQ_INSERT_TAIL(queue_of(all, t), t, age);
	all->expected_count += t->stage == EXPECTED;
	all->before_count += t->stage == BEFORE;
}

static void dequeue(struct tunnels *all, struct lone_tunnel *t)
{
	wheel_cancel(&t->timer);
	TAILQ_REMOVE(queue_of(all, t), t, age);
	all->expected_count -= t->stage == EXPECTED;
	all->before_count -= t->stage == BEFORE;
}

/* From now on nothing finds the tunnel. */
static void leave(struct session_store *store, struct lone_tunnel *t)
{
	struct tunnels *all = store->tunnels;

	if (t->stage == BEFORE) {
		tunnels_detach(store, t);
		TAILQ_REMOVE(tunnels_before(store, t->session), t, of_session);
	}
	dequeue(all, t);
	t->stage = OVER;
	tunnels_forget(t);
}

void tunnels_remove_flow(struct session_store *store, const struct session_flow *flow)
{
	const struct datapath_command c = {.kind = DATAPATH_REMOVE_FLOW, .acknowledge = 1};

	commands_send(store, flow, c, NULL);
}

static void give_up(struct session_store *store, struct lone_tunnel *t)
{
	tunnels_remove_flow(store, &t->flow);
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

struct lone_tunnel *tunnels_enter(struct session_store *store, const struct tunnel *tunnel,
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
	enqueue(all, t);
	if (stage != BEFORE)
		wheel_set(store->wheel, &t->timer, lasts_ms[stage], time_is_over);
	return t;
}

/* --- a session's flow begins and stops --- */

bool tunnels_take_number(struct session_store *store, struct session_flow *flow)
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

bool tunnels_take(struct session_store *store, const struct tunnel *tunnel, uint32_t session,
		  struct session_flow *flow)
{
	struct lone_tunnel *t = tunnels_find(store, tunnel);

	flow->worker = (uint8_t)tunnel_owner(tunnel->teid, store->config.workers);
	if (t && (t->stage == EXPECTED || (t->stage == BEFORE && t->session == session))) {
		flow->number = t->flow.number;
		leave(store, t);
		return true;
	}
	/* The same worker owns the lingering tunnel, so commands for both flows stay in order. */
	if (t)
		give_up(store, t);
	return tunnels_take_number(store, flow);
}

void tunnels_linger(struct session_store *store, const struct tunnel *tunnel,
		    const struct session_flow *flow)
{
	struct lone_tunnel *t = tunnels_enter(store, tunnel, LINGERING);

	if (t)
		t->flow.number = flow->number;
	else
		tunnels_remove_flow(store, flow);
}

/* --- before a move --- */

struct before_list *tunnels_before(const struct session_store *store, uint32_t session)
{
	return &store->tunnels->by_session[session % BEFORE_LISTS];
}

uint32_t tunnels_session_before(struct session_store *store, const struct tunnel *tunnel)
{
	const struct lone_tunnel *t = tunnels_find(store, tunnel);

	return t && t->stage == BEFORE ? t->session : 0;
}

uint32_t tunnels_before_count(const struct session_store *store)
{
	return store->tunnels->before_count;
}

struct lone_tunnel *tunnels_oldest_before(const struct session_store *store)
{
	return TAILQ_FIRST(&store->tunnels->before);
}

bool tunnels_is_short(const struct session_store *store)
{
	for (unsigned w = 0; w < store->config.workers; w++)
		if (store->tunnels->workers[w].free_count < NUMBERS_KEPT)
			return true;
	return false;
}

void tunnels_detach(struct session_store *store, struct lone_tunnel *t)
{
	if (t->guest.live)
		tunnels_remove_flow(store, &t->guest);
	t->guest.live = false;
}

void tunnels_linger_on(struct session_store *store, struct lone_tunnel *t)
{
	tunnels_detach(store, t);
	TAILQ_REMOVE(tunnels_before(store, t->session), t, of_session);
	dequeue(store->tunnels, t);
	t->stage = LINGERING;
	enqueue(store->tunnels, t);
	wheel_set(store->wheel, &t->timer, lasts_ms[LINGERING], time_is_over);
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
	t = tunnels_enter(store, tunnel, EXPECTED);
	if (!t || tunnels_take_number(store, &t->flow))
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
	struct lone_tunnel *t = tunnels_find(store, tunnel);

	if (t && t->stage == BEFORE)
		return; /* until an accepted response gives it to another session */
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
	t->pending++;
	commands_send(store, &t->flow, c, t);
}

void tunnels_withdraw(struct session_store *store, const struct tunnel *tunnel)
{
	struct lone_tunnel *t = tunnels_find(store, tunnel);

	if (t && t->stage == EXPECTED && --t->requests == 0)
		give_up(store, t);
}

void tunnels_end(struct session_store *store, const struct tunnel *tunnel)
{
	struct lone_tunnel *t = tunnels_find(store, tunnel);

	if (t)
		give_up(store, t);
}

/* --- sessions without protection, which have no flow --- */

static void add_flow(struct session_store *store, enum session_direction direction,
		     const struct tunnel *tunnel, const struct session_flow *flow, uint32_t session,
		     uint8_t treatment)
{
	const struct datapath_command c = {.kind = DATAPATH_ADD_FLOW,
					   .add = {.tunnel = *tunnel,
						   .session = session,
						   .direction = (uint8_t)direction,
						   .treatment = treatment}};

	commands_send(store, flow, c, NULL);
}

void tunnels_let_pass(struct session_store *store, enum session_direction direction,
		      const struct tunnel *tunnel, uint32_t session, struct held *held)
{
	const struct datapath_command remove = {.kind = DATAPATH_REMOVE_FLOW};
	struct lone_tunnel *t = tunnels_find(store, tunnel);

	if (!t)
		return;
	if (t->stage == EXPECTED) /* now it lets cross what it holds */
		add_flow(store, direction, tunnel, &t->flow, session, DATAPATH_LET_PASS);
	if (t->held || !held) {
		give_up(store, t);
		return;
	}
	t->held = held;
	held->users++;
	t->pending++;
	commands_send(store, &t->flow, remove, t);
	leave(store, t);
}

static void linger_alone(struct session_store *store, enum session_direction direction,
			 const struct tunnel *tunnel, uint8_t treatment)
{
	struct session_flow flow = {
		.worker = (uint8_t)tunnel_owner(tunnel->teid, store->config.workers)};
	struct lone_tunnel *t;

	if (tunnels_find(store, tunnel) || !tunnels_take_number(store, &flow))
		return;
	t = tunnels_enter(store, tunnel, LINGERING);
	/* Its session may be gone before it is. */
	add_flow(store, direction, tunnel, &flow, 0, treatment);
	if (treatment == DATAPATH_BAR)
		commands_send(store, &flow, (struct datapath_command){.kind = DATAPATH_STOP_FLOW},
			      NULL);
	if (t)
		t->flow.number = flow.number;
	else
		tunnels_remove_flow(store, &flow);
}

void tunnels_let_late_pass(struct session_store *store, enum session_direction direction,
			   const struct tunnel *tunnel)
{
	linger_alone(store, direction, tunnel, DATAPATH_LET_PASS);
}

void tunnels_drop_late(struct session_store *store, enum session_direction direction,
		       const struct tunnel *tunnel)
{
	linger_alone(store, direction, tunnel, DATAPATH_BAR);
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
	t->pending--;
	tunnels_forget(t);
}

uint32_t tunnels_free_numbers(const struct session_store *store, unsigned worker)
{
	return store->tunnels->workers[worker].free_count;
}
