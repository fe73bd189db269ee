/* SPDX-License-Identifier: BSD-3-Clause */
/* control: makes the store of its parts, tells each part below whom to call above, and frees it. */
#include "control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "control/events.h"
#include "control/expect.h"
#include "control/flows.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/obtain.h"
#include "control/reconfigure.h"
#include "control/session.h"
#include "control/sweep.h"
#include "control/table.h"
#include "control/watch.h"

static int allocate_flow_numbers(struct session_store *store)
{
	const uint32_t flows = session_flows_per_worker(&store->config);

	store->free_flows = calloc(store->config.workers, sizeof(*store->free_flows));
	store->free_flow_counts = calloc(store->config.workers, sizeof(*store->free_flow_counts));
	store->lingers_by_age = calloc(store->config.workers, sizeof(*store->lingers_by_age));
	if (!store->free_flows || !store->free_flow_counts || !store->lingers_by_age)
		return -ENOMEM;
	for (unsigned w = 0; w < store->config.workers; w++) {
		store->free_flows[w] = calloc(flows, sizeof(uint32_t));
		if (!store->free_flows[w])
			return -ENOMEM;
		for (uint32_t i = 0; i < flows; i++)
			store->free_flows[w][i] = flows - 1 - i;
		store->free_flow_counts[w] = flows;
		TAILQ_INIT(&store->lingers_by_age[w]);
	}
	return 0;
}

static int allocate(struct session_store *store, uint64_t now_ms)
{
	const struct session_config *c = &store->config;

	if (getrandom(&store->hash_secret, sizeof(store->hash_secret), 0) !=
	    sizeof(store->hash_secret))
		return -EAGAIN;
	store->gsns = gsns_new();
	store->apns = apns_new();
	store->wheel = wheel_new(now_ms, store);
	store->sweep = sweep_new();
	store->reconfigure = reconfigure_new();
	if (table_init(store) != 0 || !store->sweep || !store->reconfigure || !store->gsns ||
	    !store->apns || !store->wheel ||
	    (c->is_durable && !(store->journal = journal_new(c->max))))
		return -ENOMEM;
	store->pulls = pull_manager_new(&c->pull, store->wheel, obtain_take_answer,
					obtain_take_trouble, store);
	if (!store->pulls || kept_init(store) != 0 || transactions_init(store) != 0)
		return -ENOMEM;
	expect_init(store);
	watch_start(store);
	return allocate_flow_numbers(store);
}

struct session_store *session_store_new(const struct session_config *config,
					const struct session_ops *ops, uint64_t now_ms)
{
	struct session_store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	store->config = *config;
	store->ops = *ops;
	store->started_ms = now_ms;
	store->changeover_is_due = events_take_changeover;
	store->keyset_is_due = obtain_on_time;
	if (allocate(store, now_ms) != 0) {
		session_store_free(store);
		errno = ENOMEM;
		return NULL;
	}
	return store;
}

void session_store_free(struct session_store *store)
{
	if (!store)
		return;
	for (uint32_t id = 1; id <= store->highest; id++) {
		struct session *s = table_session(store, id);
		if (!s)
			continue;
		for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
			npdu_key_free(s->keysets[slot].key);
		session_free_operations(s);
		free(s->work); /* its pulls end with their manager */
	}
	transactions_free(store);
	flows_free_lingers(store);
	expect_free(store);
	pull_manager_free(store->pulls);
	kept_free(store);
	wheel_free(store->wheel);
	for (unsigned w = 0; store->free_flows && w < store->config.workers; w++)
		free(store->free_flows[w]);
	free(store->free_flows);
	free(store->free_flow_counts);
	free(store->lingers_by_age);
	journal_free(store->journal);
	gsns_free(store->gsns);
	apns_free(store->apns);
	free(store->sweep);
	free(store->reconfigure);
	table_free(store);
	free(store);
}

struct pull_manager *session_pulls(struct session_store *store)
{
	return store->pulls;
}

void session_advance(struct session_store *store, uint64_t now_ms)
{
	kept_look_at_files(store);
	wheel_advance(store->wheel, now_ms);
	pull_send_waiting(store->pulls);
}

uint32_t session_flows_per_worker(const struct session_config *config)
{
	/* Both flows of a session may fall to the same worker; one that was moved lingers, and others are
	 * expected. */
	const uint64_t more = 1024 + EXPECTED_MAX;
	uint64_t even = (uint64_t)config->max * 2 / config->workers;
	uint64_t flows = config->workers == 1 ? even + more : even + even / 4 + more;

	return flows < UINT32_MAX ? (uint32_t)flows : UINT32_MAX;
}

/* What was set aside for config.max sessions, for each of them. */
static size_t octets_of_session(const struct session_store *store)
{
	const struct session_config *config = &store->config;
	const size_t flow_numbers =
		(size_t)config->workers * session_flows_per_worker(config) * sizeof(uint32_t);
	const size_t shared = table_octets(store) + flow_numbers + counts_octets(store->counts) +
			      retention_octets(store->retention) + journal_octets(store->journal);

	return sizeof(struct session) + (shared + config->max - 1) / config->max;
}

void session_totals(const struct session_store *store, struct session_totals *totals)
{
	totals->sessions = store->in_use;
	totals->ready = store->ready;
	totals->max = store->config.max;
	totals->state_error = journal_error(store->journal);
	totals->octets = octets_of_session(store);
	totals->octets_keyset = retention_octets_each(store->retention);
	totals->octets_remembered = counts_octets_each();
}
