/* SPDX-License-Identifier: BSD-3-Clause */
/* control: makes the store from its parts, sets the upward calls of lower parts, and frees the
 * store. */
#include "control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "control/alternatives.h"
#include "control/changeover.h"
#include "control/discard.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/obtain.h"
#include "control/reconfigure.h"
#include "control/restarts.h"
#include "control/session.h"
#include "control/sweep.h"
#include "control/table.h"
#include "control/transactions.h"
#include "control/tunnels.h"
#include "control/watch.h"

static int allocate(struct session_store *store, uint64_t now_ms)
{
	const struct session_config *c = &store->config;
	struct pull_observer observer = {
		.answered = obtain_take_answer, .troubled = obtain_take_trouble, .arg = store};

	if (getrandom(&store->hash_secret, sizeof(store->hash_secret), 0) !=
	    sizeof(store->hash_secret))
		return -EAGAIN;
	store->directory = table_new(c, store->hash_secret);
	if (!store->directory)
		return -ENOMEM;
	store->gsns = directory_gsns(store->directory);
	store->apns = apns_new();
	store->wheel = wheel_new(now_ms, store);
	store->tunnels = tunnels_new(c);
	store->sweep = sweep_new();
	store->restarts = restarts_new();
	store->reconfigure = reconfigure_new();
	store->discard = discard_new();
	if (!store->sweep || !store->restarts || !store->reconfigure || !store->discard ||
	    !store->apns || !store->wheel || !store->tunnels ||
	    (c->is_durable && !(store->journal = journal_new(directory_id_max(store->directory)))))
		return -ENOMEM;
	kept_observe(&observer);
	store->pulls = pull_manager_new(&c->pull, store->wheel, &observer);
	if (!store->pulls || kept_init(store) != 0 || transactions_init(store) != 0 ||
	    alternatives_init(store) != 0)
		return -ENOMEM;
	store->watch = watch_start(store);
	return store->watch ? 0 : -ENOMEM;
}

/* A session's changeover_due has come. */
static void end_changeover(struct session_store *store, struct session *s)
{
	if (changeover_on_time(store, s))
		obtain_pull(store, s, protection_of(s)->newest);
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
	store->changeover_is_due = end_changeover;
	store->keyset_is_due = obtain_on_time;
	if (allocate(store, now_ms) != 0) {
		session_store_free(store);
		errno = ENOMEM;
		return NULL;
	}
	return store;
}

static void free_sessions(struct session_store *store)
{
	for (struct session *s = NULL; (s = table_next(store, s)) != NULL;) {
		if (s->kind != DIRECTORY_PROTECTED)
			continue;
		for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
			npdu_key_free(protection_of(s)->keysets[slot].key);
		session_free_operations(s);
		free(protection_of(s)->work); /* its pulls end with the pull manager */
	}
}

void session_store_free(struct session_store *store)
{
	if (!store)
		return;
	if (store->directory)
		free_sessions(store);
	transactions_free(store);
	discard_free(store->discard);
	alternatives_free(store);
	tunnels_free(store->tunnels);
	pull_manager_free(store->pulls);
	kept_free(store);
	wheel_free(store->wheel);
	journal_free(store->journal);
	apns_free(store->apns);
	free(store->watch);
	free(store->sweep);
	restarts_free(store->restarts);
	free(store->reconfigure);
	directory_free(store->directory);
	free(store);
}

const struct directory *session_directory(const struct session_store *store)
{
	return store->directory;
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

/* Octets of indexes and journal for one session, of any kind. */
static size_t octets_by_id(const struct session_store *store)
{
	return directory_index_octets() + journal_octets_each(store->journal);
}

/* A session's octets, with its share of the memory that is set aside for config.max sessions. */
static size_t octets_of_session(const struct session_store *store)
{
	const struct session_config *config = &store->config;
	const size_t shared = tunnels_octets(config) + counts_octets(store->counts) +
			      retention_octets(store->retention);

	return sizeof(struct protected_session) + octets_by_id(store) +
	       (shared + config->max - 1) / config->max;
}

void session_totals(const struct session_store *store, struct session_totals *totals)
{
	totals->sessions = directory_count(store->directory, DIRECTORY_PROTECTED);
	totals->ready = store->ready;
	totals->max = store->config.max;
	totals->unprotected = directory_count(store->directory, DIRECTORY_UNPROTECTED);
	totals->ended = directory_count(store->directory, DIRECTORY_ENDED);
	totals->unprotected_max = store->config.unprotected_max;
	totals->state_error = journal_error(store->journal);
	totals->octets = octets_of_session(store);
	totals->octets_unprotected = sizeof(struct session) + octets_by_id(store);
	totals->octets_keyset = retention_octets_each(store->retention);
	totals->octets_remembered = counts_octets_each();
}
