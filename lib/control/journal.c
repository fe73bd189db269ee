/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * journal: what of the sessions is to be on disk and is not. The caller takes it a batch at a time, and says
 * what has become of it. However often a session changes meanwhile, it waits once, and is told as it is when
 * its turn comes.
 *
 * A GTP-C message or notification that makes or moves a session waits until the disk has that: else, should the process end
 * first, the GSNs would have a session that the next one does not know.
 *
 * No COUNT is lost between two batches, should the process end there: what a keyset leaves behind that
 * leaves its session goes first, and what a session has taken over goes last.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/due.h"
#include "control/journal.h"
#include "control/reserve.h"
#include "control/session.h"
#include "control/table.h"
#include "control/watch.h"
#include "control/work.h"

/* After a batch that could not be written. */
#define RETRY_MS 1000
/* The clock of the state goes on though nothing else changes. */
#define AGE_EVERY_S 60

int journal_init(struct session_store *store)
{
	struct changes *c = &store->changes;
	const size_t places = (size_t)store->config.max + 1;

	TAILQ_INIT(&c->held);
	if (!store->config.is_durable)
		return 0;
	c->ids = calloc(places, sizeof(*c->ids));
	c->waits = calloc(places, sizeof(*c->waits));
	return c->ids && c->waits ? 0 : -ENOMEM;
}

void journal_free(struct session_store *store)
{
	struct changes *c = &store->changes;
	struct held *held;

	while (c->waits && (held = TAILQ_FIRST(&c->held)) != NULL) {
		TAILQ_REMOVE(&c->held, held, entry);
		free(held);
	}
	free(c->ids);
	free(c->waits);
}

size_t journal_octets(const struct session_store *store)
{
	const struct changes *c = &store->changes;

	return store->config.is_durable
		       ? (store->config.max + (size_t)1) * (sizeof(*c->ids) + sizeof(*c->waits))
		       : 0;
}

static void note_id(struct session_store *store, uint32_t id)
{
	struct changes *c = &store->changes;
	const uint32_t places = store->config.max + 1;

	if (!store->config.is_durable || c->waits[id])
		return;
	c->waits[id] = true;
	c->ids[((uint64_t)c->first + c->count++) % places] = id;
	c->noted++;
}

void journal_note(struct session_store *store, const struct session *s)
{
	note_id(store, table_id(store, s));
}

static uint32_t take_first(struct session_store *store)
{
	struct changes *c = &store->changes;
	const uint32_t id = c->ids[c->first];

	c->first = (c->first + 1) % (store->config.max + 1);
	c->count--;
	c->collected++;
	c->waits[id] = false;
	return id;
}

uint64_t journal_behind(const struct session_store *store)
{
	const struct changes *c = &store->changes;

	return store->config.is_durable && c->error == 0 ? c->noted - c->written : 0;
}

uint64_t journal_age_s(const struct session_store *store)
{
	return store->config.age_s + (wheel_now(store->wheel) - store->started_ms) / 1000;
}

/* --- messages that wait for the disk --- */

bool journal_hold(struct session_store *store, struct held *held)
{
	struct changes *c = &store->changes;

	if (!store->config.is_durable || c->error != 0 || c->written >= c->noted)
		return false;
	held->noted = c->noted;
	TAILQ_INSERT_TAIL(&c->held, held, entry);
	return true;
}

/* Those whose notes are on disk; all of them when the disk fails, for the network goes on. */
static void answer_held(struct session_store *store)
{
	struct changes *c = &store->changes;
	struct held *held;

	while ((held = TAILQ_FIRST(&c->held)) != NULL &&
	       (c->error != 0 || held->noted <= c->written)) {
		TAILQ_REMOVE(&c->held, held, entry);
		held_answer(store, held);
	}
}

/* --- a session as a record --- */

static void put_keyset(const struct session_store *store, const struct session *s, unsigned slot,
		       struct state_keyset *record)
{
	const struct session_keyset *keyset = &s->keysets[slot];

	if (keyset->state == DATAPATH_KEY_NONE)
		return;
	record->flags = STATE_KEYSET_HELD;
	if (keyset->is_known)
		record->flags |= STATE_KEYSET_KNOWN;
	if (keyset->authenticated)
		record->flags |= STATE_KEYSET_AUTHENTICATED;
	/* A refusal has a time at which it ends; a lifetime that has ended stays so. */
	if (keyset->state == DATAPATH_KEY_FAILED && keyset->due == 0)
		record->flags |= STATE_KEYSET_OVER;
	record->key_id = keyset->key_id;
	record->eea = keyset->eea;
	record->eia = keyset->eia;
	record->id = keyset->id;
	memcpy(record->fingerprint, keyset->fingerprint.octets, sizeof(record->fingerprint));
	record->lifetime_s = keyset->lifetime_s;
	if (keyset->state != DATAPATH_KEY_FAILED)
		record->over_at = due_age_s(store, keyset->due);
	for (unsigned d = 0; d < 2; d++)
		record->ceiling[d] = reserve_wanted(s, slot, d);
	if (store->changes.is_last && !work_first_operation(s)) {
		memcpy(record->ceiling, keyset->count.next, sizeof(record->ceiling));
	}
}

static void put_session(const struct session_store *store, const struct session *s,
			struct state_session *record)
{
	record->serial = s->serial;
	record->imsi = table_imsi(s);
	record->nsapi = s->nsapi;
	record->primary = s->primary;
	record->newest = s->newest;
	record->downlink_slot = s->downlink_slot;
	record->counter_octets = s->counter_octets;
	record->origin = s->origin;
	record->policy = s->policy;
	for (unsigned d = 0; d < 2; d++) {
		/* A flow that is not live is on its way to another tunnel, or was robbed of its own. */
		record->has_tunnel[d] =
			s->flow[d].tunnel.gsn != 0 && (s->flow[d].live || work_first_operation(s));
		record->tunnel[d] = table_tunnel(store, &s->flow[d].tunnel);
	}
	record->control_sgsn = table_tunnel(store, &s->control_sgsn);
	record->control_ggsn = table_tunnel(store, &s->control_ggsn);
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		put_keyset(store, s, slot, &record->keysets[slot]);
}

/* --- batches --- */

static void add_session(struct session_store *store, struct state_batch *batch, uint32_t id)
{
	const struct session *s = table_session(store, id);
	struct state_change *change = &batch->changes[batch->count++];

	*change = (struct state_change){.kind = STATE_SESSION, .is_gone = s == NULL};
	change->session.id = id;
	if (s)
		put_session(store, s, &change->session);
}

bool session_collect(struct session_store *store, struct state_batch *batch)
{
	struct changes *c = &store->changes;

	batch->count = 0;
	if (!store->config.is_durable || (wheel_now(store->wheel) < c->retry_ms && !c->is_last))
		return false;
	batch->age_s = journal_age_s(store);
	retention_collect(store->retention, batch);
	counts_collect(store->counts, batch);
	while (c->count > 0 && batch->count < batch->room)
		add_session(store, batch, take_first(store));
	counts_collect_gone(store->counts, batch);
	retention_collect_gone(store->retention, batch);
	if (batch->count == 0 && batch->age_s < c->told_age_s + AGE_EVERY_S)
		return false;
	c->told_age_s = batch->age_s;
	return true;
}

static void note_outcome(struct session_store *store, int error)
{
	struct changes *c = &store->changes;

	control_count(store, error ? SESSION_STATE_FAILURES : SESSION_STATE_WRITES);
	if (error && c->error == 0)
		control_log(
			store, SESSION_LOG_ERROR,
			"the state cannot be written: %s; sessions go on until the COUNTs that are "
			"reserved for them are used up, and none is used twice; tried again every "
			"second",
			state_strerror(error));
	else if (error == 0 && c->error != 0)
		control_log(store, SESSION_LOG_WARNING, "the state can be written again");
	c->error = error;
	if (error)
		c->retry_ms = wheel_now(store->wheel) + RETRY_MS;
}

void session_written(struct session_store *store, const struct state_batch *batch, int error)
{
	note_outcome(store, error);
	store->changes.written = store->changes.collected;
	for (size_t i = 0; i < batch->count; i++) {
		const struct state_change *change = &batch->changes[i];
		struct session *s;

		if (change->kind == STATE_COUNTS) {
			counts_written(store->counts, &change->counts, change->is_gone, error == 0);
			continue;
		}
		if (change->kind == STATE_RETENTION) {
			retention_written(store->retention, &change->retention, change->is_gone,
					  error == 0);
			continue;
		}
		s = table_session(store, change->session.id);
		if (error)
			note_id(store, change->session.id);
		else if (s && !change->is_gone)
			reserve_grant(store, s, &change->session);
	}
	answer_held(store);
}

/* --- a clean stop --- */

void session_conclude(struct session_store *store)
{
	if (!store->config.is_durable)
		return;
	store->changes.is_last = true;
	for (uint32_t id = 1; id <= store->highest; id++) {
		struct session *s = table_session(store, id);
		/* Of one that is in between, what is on disk is right, and the exact COUNTs are on their
		 * way. */
		if (!s || work_first_operation(s))
			continue;
		for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
			if (s->keysets[slot].state != DATAPATH_KEY_NONE)
				/* Never less: a worker may not have heard yet where it begins. */
				counts_raise(&s->keysets[slot].count,
					     watch_counts_of(store, s, slot));
		journal_note(store, s);
	}
}
