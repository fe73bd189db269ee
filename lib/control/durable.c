/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * durable: what must be on disk and is not. The application takes changes in batches and reports
 * the result of each batch. A record shows the session at the time when the record is made.
 *
 * A GTP-C message or notification that makes or moves a session waits until the disk has the
 * change. Otherwise, if the process ended first, the GSNs would have a session that the next
 * process does not know.
 *
 * No COUNT is lost if the process ends between two batches. COUNTs of a keyset that leaves its
 * session are written first. COUNTs that a session has taken over are removed last.
 */
#include "base/container.h"
#include "control/entry.h"
#include "control/flows.h"
#include "control/held.h"
#include "control/journal.h"
#include "control/record.h"
#include "control/reserve.h"
#include "control/table.h"
#include "control/work.h"

/* Time until the next batch, after one that could not be written. */
#define RETRY_MS 1000
/* The clock of the state is written this often even if nothing else changes. */
#define AGE_EVERY_S 60

/* An entry of any kind but DIRECTORY_PROTECTED. */
static void add_entry(struct session_store *store, struct state_change *change, uint32_t id)
{
	const struct session *s = directory_session(store->directory, id);

	*change = (struct state_change){.kind = STATE_ENTRY, .is_gone = s == NULL};
	change->entry.number = directory_number(store->directory, id);
	if (s)
		entry_put(store, s, &change->entry);
}

static void add_session(struct session_store *store, struct state_change *change, uint32_t id)
{
	const struct session *s = table_session(store, id);

	*change = (struct state_change){.kind = STATE_SESSION, .is_gone = s == NULL};
	change->session.id = id;
	if (s)
		record_put(store, s, &change->session);
}

static void add(struct session_store *store, struct state_batch *batch, uint32_t id)
{
	struct state_change *change = &batch->changes[batch->count++];

	if (id == journal_overfull(store->journal))
		*change = (struct state_change){.kind = STATE_ENTRY, .entry.kind = STATE_OVERFULL};
	else if (directory_is_id_of(store->directory, DIRECTORY_PROTECTED, id))
		add_session(store, change, id);
	else
		add_entry(store, change, id);
}

/* The record of a session that is gone may have the only COUNTs of a keyset that another session has
 * taken over since. So it goes after all records of sessions that are there. */
static bool is_gone(const struct session_store *store, uint32_t id)
{
	return id != journal_overfull(store->journal) && !directory_session(store->directory, id);
}

/* The id that the journal has for a record. */
static uint32_t id_of(const struct session_store *store, const struct state_change *change)
{
	if (change->kind == STATE_SESSION)
		return change->session.id;
	if (change->entry.number == 0)
		return journal_overfull(store->journal);
	return directory_id_of_number(store->directory, DIRECTORY_UNPROTECTED,
				      change->entry.number);
}

bool session_collect(struct session_store *store, struct state_batch *batch)
{
	const uint64_t now = wheel_now(store->wheel);
	struct journal *journal = store->journal;
	uint32_t id;

	batch->count = 0;
	if (!journal || (now < store->durable.retry_ms && !store->durable.is_concluded))
		return false;
	batch->age_s = store->config.age_s + (now - store->started_ms) / 1000;
	retention_collect(store->retention, batch, false);
	counts_collect(store->counts, batch, false);
	while (batch->count < batch->room && (id = journal_take(journal)) != 0)
		if (is_gone(store, id))
			journal_put_off(journal, id);
		else
			add(store, batch, id);
	while (batch->count < batch->room && (id = journal_take_put_off(journal)) != 0)
		add(store, batch, id);
	counts_collect(store->counts, batch, true);
	retention_collect(store->retention, batch, true);
	if (batch->count == 0 && batch->age_s < store->durable.told_age_s + AGE_EVERY_S)
		return false;
	store->durable.told_age_s = batch->age_s;
	return true;
}

static void note_outcome(struct session_store *store, int error)
{
	const int before = journal_error(store->journal);

	control_count(store, error ? SESSION_STATE_FAILURES : SESSION_STATE_WRITES);
	if (error && before == 0)
		control_log(
			store, SESSION_LOG_ERROR,
			"the state cannot be written: %s; sessions go on until the COUNTs that are "
			"reserved for them are used up, and none is used twice; tried again every "
			"second",
			state_strerror(error));
	else if (error == 0 && before != 0)
		control_log(store, SESSION_LOG_WARNING, "the state can be written again");
	journal_written(store->journal, error);
	if (error)
		store->durable.retry_ms = wheel_now(store->wheel) + RETRY_MS;
}

/* COUNTs that the record reserves are on disk and may be used. */
static void grant(struct session_store *store, const struct state_session *record)
{
	struct session *s = table_session(store, record->id);

	if (!s)
		return;
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (record_is_about(record, s, slot))
			reserve_grant(store, s, slot, record->keysets[slot].ceiling);
	work_end(s);
}

static void take_written(struct session_store *store, const struct state_change *change, int error)
{
	switch ((enum state_kind)change->kind) {
	case STATE_COUNTS:
		counts_written(store->counts, &change->counts, change->is_gone, error == 0);
		break;
	case STATE_RETENTION:
		retention_written(store->retention, &change->retention, change->is_gone,
				  error == 0);
		break;
	case STATE_SESSION:
	case STATE_ENTRY:
		if (error)
			journal_note_id(store->journal, id_of(store, change));
		else if (change->kind == STATE_SESSION && !change->is_gone)
			grant(store, &change->session);
		break;
	}
}

void session_written(struct session_store *store, const struct state_batch *batch, int error)
{
	struct journal_waiter *waiter;

	note_outcome(store, error);
	for (size_t i = 0; i < batch->count; i++)
		take_written(store, &batch->changes[i], error);
	while ((waiter = journal_take_waiter(store->journal)) != NULL)
		held_answer(store, container_of(waiter, struct held, waiter));
}

void session_conclude(struct session_store *store)
{
	if (!store->journal)
		return;
	store->durable.is_concluded = true;
	for (struct session *s = NULL; (s = table_next(store, s)) != NULL;) {
		if (s->kind != DIRECTORY_PROTECTED)
			continue;
		/* While an operation is under way, the disk has a valid bound, and the exact COUNTs
		 * come with its acknowledgements. */
		if (work_first_operation(s))
			continue;
		for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
			if (protection_of(s)->keysets[slot].state != DATAPATH_KEY_NONE)
				/* Only raises COUNTs: a worker may not have executed yet where it
				 * begins. */
				counts_raise(&protection_of(s)->keysets[slot].count,
					     flows_counts(store, s, slot));
		journal_note(store, s);
	}
}
