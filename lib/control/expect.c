/* SPDX-License-Identifier: BSD-3-Clause */
/* expect: tunnels that a request has named, and that nobody has accepted yet. The other end may use one as soon
 * as it has accepted it, before the response is seen here; what it sends must not cross as if it were not
 * protected. So workers hold packets of such a tunnel from the request on, until it is a session's, or is
 * nobody's. Bounded in number and in time: whoever sends requests that nobody answers has the oldest forgotten. */
#include <stdlib.h>

#include "base/container.h"
#include "control/commands.h"
#include "control/expect.h"
#include "control/flows.h"
#include "control/session.h"
#include "control/table.h"
#include "datapath/owner.h"

/* An answer that comes later is matched still, and what came meanwhile is lost. */
#define EXPECTED_MS 10000

struct expected {
	struct wheel_timer timer;
	LIST_ENTRY(expected) entry;
	TAILQ_ENTRY(expected) age;
	struct session_store *store;
	struct tunnel tunnel;
	unsigned worker;
	uint32_t number;
	unsigned requests; /* that name it and are not refused */
	bool is_over;	   /* the worker has still to say that it knows of it */
	struct held *held; /* until it does */
};

void expect_init(struct session_store *store)
{
	TAILQ_INIT(&store->expected_by_age);
}

static void free_all(struct expected_list *list)
{
	struct expected *e;

	while ((e = LIST_FIRST(list)) != NULL) {
		wheel_cancel(&e->timer); /* its wheel neighbours live longer */
		LIST_REMOVE(e, entry);
		if (e->held && --e->held->users == 0)
			free(e->held);
		free(e);
	}
}

void expect_free(struct session_store *store)
{
	for (size_t i = 0; i < EXPECTED_LISTS; i++)
		free_all(&store->expected[i]);
	free_all(&store->expected_over);
}

static struct expected_list *list_of(struct session_store *store, const struct tunnel *tunnel)
{
	return &store->expected[control_hash(store, tunnel, 0) % EXPECTED_LISTS];
}

static struct expected *find(struct session_store *store, const struct tunnel *tunnel)
{
	struct expected *e;

	LIST_FOREACH (e, list_of(store, tunnel), entry)
		if (tunnel_is_equal(&e->tunnel, tunnel))
			break;
	return e;
}

/* It is a session's now, or nobody's. */
static void forget(struct expected *e)
{
	struct session_store *store = e->store;

	wheel_cancel(&e->timer);
	LIST_REMOVE(e, entry);
	TAILQ_REMOVE(&store->expected_by_age, e, age);
	store->expected_count--;
	e->is_over = true;
	if (e->held)
		LIST_INSERT_HEAD(&store->expected_over, e, entry);
	else
		free(e);
}

static void give_up(struct expected *e)
{
	commands_remove_flow(e->store, e->worker, e->number);
	forget(e);
}

static void time_is_over(struct wheel_timer *timer, void *arg)
{
	(void)arg;
	give_up(container_of(timer, struct expected, timer));
}

static struct expected *begin(struct session_store *store, const struct tunnel *tunnel)
{
	struct expected *e;

	if (store->expected_count == EXPECTED_MAX) {
		control_count(store, SESSION_GTPC_EXPECTED_LOST);
		give_up(TAILQ_FIRST(&store->expected_by_age));
	}
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->store = store;
	e->tunnel = *tunnel;
	e->requests = 1;
	e->worker = tunnel_owner(tunnel->teid, store->config.workers);
	if (!flows_take_number(store, tunnel, e->worker, &e->number)) {
		free(e);
		return NULL;
	}
	LIST_INSERT_HEAD(list_of(store, tunnel), e, entry);
	TAILQ_INSERT_TAIL(&store->expected_by_age, e, age);
	store->expected_count++;
	return e;
}

void expect_tunnel(struct session_store *store, enum session_direction direction,
		   const struct tunnel *tunnel, bool is_again, struct held *held)
{
	enum session_direction other;
	struct expected *e = find(store, tunnel);

	if (e) {
		e->requests += !is_again;
		wheel_set(store->wheel, &e->timer, EXPECTED_MS, time_is_over);
		return;
	}
	if (table_find_tunnel(store, tunnel, &other))
		return; /* its packets are a session's as it is */
	e = begin(store, tunnel);
	if (!e) {
		control_count(store, SESSION_GTPC_EXPECTED_LOST);
		return;
	}
	wheel_set(store->wheel, &e->timer, EXPECTED_MS, time_is_over);
	held->users++;
	e->held = held;
	commands_expect_flow(store, e->worker, e->number, direction, tunnel, e);
}

void expect_acknowledged(struct session_store *store, const struct datapath_event *event)
{
	struct expected *e = (struct expected *)(uintptr_t)event->cookie;

	held_release(store, e->held);
	e->held = NULL;
	if (e->is_over) {
		LIST_REMOVE(e, entry);
		free(e);
	}
}

void expect_no_more(struct session_store *store, const struct tunnel *tunnel)
{
	struct expected *e = find(store, tunnel);

	if (e && --e->requests == 0)
		give_up(e);
}

void expect_end(struct session_store *store, const struct tunnel *tunnel)
{
	struct expected *e = find(store, tunnel);

	if (e)
		give_up(e);
}

bool expect_take(struct session_store *store, const struct tunnel *tunnel, uint32_t *number)
{
	struct expected *e = find(store, tunnel);

	if (!e)
		return false;
	*number = e->number;
	forget(e);
	return true;
}
