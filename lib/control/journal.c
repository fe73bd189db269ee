/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/journal.h"

#include <stdlib.h>

#include "control/table.h"

struct journal {
	uint64_t noted, written; /* number of notes so far, and of notes on disk */
	TAILQ_HEAD(, journal_waiter) waiters;
	int error;	       /* of the last batch */
	uint32_t first, count; /* first place in ids, and number of ids that wait */
	uint32_t put_off;      /* ids that were put off: those before first */
	uint32_t places;
	uint8_t *waits; /* by id: enum waits; stored behind ids */
	uint32_t ids[]; /* ring of ids that wait */
};

enum waits {
	WAITS_NOT,
	WAITS,
	IS_PUT_OFF,
	WAITS_AGAIN, /* is put off, and was noted since: the first of its two places is void */
};

struct journal *journal_new(uint32_t max)
{
	const uint32_t places = max + 2; /* 0 is none */
	struct journal *j =
		calloc(1, sizeof(*j) + (size_t)places * (sizeof(j->ids[0]) + sizeof(j->waits[0])));

	if (!j)
		return NULL;
	j->places = places;
	j->waits = (uint8_t *)&j->ids[places];
	TAILQ_INIT(&j->waiters);
	return j;
}

void journal_free(struct journal *j)
{
	struct journal_waiter *waiter;

	if (!j)
		return;
	while ((waiter = TAILQ_FIRST(&j->waiters)) != NULL) {
		TAILQ_REMOVE(&j->waiters, waiter, entry);
		free(waiter);
	}
	free(j);
}

size_t journal_octets_each(const struct journal *j)
{
	return j ? sizeof(j->ids[0]) + sizeof(j->waits[0]) : 0;
}

uint32_t journal_overfull(const struct journal *j)
{
	return j->places - 1;
}

static uint32_t *place(struct journal *j, uint64_t at)
{
	return &j->ids[at % j->places];
}

void journal_note_id(struct journal *j, uint32_t id)
{
	if (!j || j->waits[id] == WAITS || j->waits[id] == WAITS_AGAIN ||
	    j->count + j->put_off == j->places)
		return;
	j->waits[id] = j->waits[id] == IS_PUT_OFF ? WAITS_AGAIN : WAITS;
	*place(j, (uint64_t)j->first + j->count++) = id;
	j->noted++;
}

void journal_note(struct session_store *store, const struct session *s)
{
	journal_note_id(store->journal, table_id(store, s));
}

static uint64_t first_put_off(const struct journal *j)
{
	return (uint64_t)j->first + j->places - j->put_off;
}

uint32_t journal_take(struct journal *j)
{
	const uint32_t id = *place(j, j->first);

	if (j->count == 0)
		return 0;
	/* Those that are put off stay in one piece. */
	*place(j, j->first) = *place(j, first_put_off(j));
	j->first = (j->first + 1) % j->places;
	j->count--;
	j->waits[id] = j->waits[id] == WAITS_AGAIN ? IS_PUT_OFF : WAITS_NOT;
	return id;
}

void journal_put_off(struct journal *j, uint32_t id)
{
	if (j->waits[id] != WAITS_NOT)
		return; /* is put off already */
	j->waits[id] = IS_PUT_OFF;
	*place(j, (uint64_t)j->first + j->places - ++j->put_off) = id;
}

uint32_t journal_take_put_off(struct journal *j)
{
	while (j->put_off > 0) {
		const uint32_t id = *place(j, first_put_off(j));

		j->put_off--;
		if (j->waits[id] == IS_PUT_OFF) {
			j->waits[id] = WAITS_NOT;
			return id;
		}
		j->waits[id] = WAITS;
	}
	return 0;
}

void journal_written(struct journal *j, int error)
{
	j->error = error;
	j->written = j->noted - j->count - j->put_off;
}

int journal_error(const struct journal *j)
{
	return j ? j->error : 0;
}

uint64_t journal_behind(const struct journal *j)
{
	return j && j->error == 0 ? j->noted - j->written : 0;
}

bool journal_wait(struct journal *j, struct journal_waiter *waiter)
{
	if (journal_behind(j) == 0)
		return false;
	waiter->noted = j->noted;
	TAILQ_INSERT_TAIL(&j->waiters, waiter, entry);
	return true;
}

struct journal_waiter *journal_take_waiter(struct journal *j)
{
	struct journal_waiter *waiter = TAILQ_FIRST(&j->waiters);

	if (!waiter || (j->error == 0 && waiter->noted > j->written))
		return NULL;
	TAILQ_REMOVE(&j->waiters, waiter, entry);
	return waiter;
}
