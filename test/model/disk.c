/* SPDX-License-Identifier: BSD-3-Clause */
#include "disk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS 1024

static struct state_change records[RECORDS];
static size_t count;
static uint64_t age_s;

void disk_clear(void)
{
	count = 0;
	age_s = 0;
}

uint64_t disk_age(void)
{
	return age_s;
}

static bool is_same_record(const struct state_change *a, const struct state_change *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == STATE_SESSION)
		return a->session.id == b->session.id;
	if (a->kind == STATE_ENTRY)
		return a->entry.number == b->entry.number;
	if (a->kind == STATE_RETENTION)
		return memcmp(&a->retention.imsi, &b->retention.imsi, sizeof(a->retention.imsi)) ==
			       0 &&
		       memcmp(a->retention.fingerprint, b->retention.fingerprint,
			      sizeof(a->retention.fingerprint)) == 0;
	return a->counts.bearer == b->counts.bearer &&
	       memcmp(&a->counts.imsi, &b->counts.imsi, sizeof(a->counts.imsi)) == 0 &&
	       memcmp(a->counts.fingerprint, b->counts.fingerprint,
		      sizeof(a->counts.fingerprint)) == 0;
}

static void write_record(const struct state_change *change)
{
	size_t i = 0;

	while (i < count && !is_same_record(&records[i], change))
		i++;
	if (change->is_gone) {
		if (i < count)
			records[i] = records[--count];
		return;
	}
	if (i == RECORDS) {
		fprintf(stderr, "model: the disk is full\n");
		abort();
	}
	if (i == count)
		count++;
	records[i] = *change;
}

void disk_write(const struct state_batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		write_record(&batch->changes[i]);
	age_s = batch->age_s;
}

static int by_id(const void *a, const void *b)
{
	const struct state_change *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->kind == STATE_ENTRY)
		return x->entry.number < y->entry.number ? -1 : x->entry.number > y->entry.number;
	if (x->kind != STATE_SESSION)
		return 0;
	return x->session.id < y->session.id ? -1 : x->session.id > y->session.id;
}

static int restore(struct session_store *store, const struct state_change *record)
{
	switch ((enum state_kind)record->kind) {
	case STATE_SESSION:
		return session_restore(store, &record->session);
	case STATE_COUNTS:
		return session_restore_counts(store, &record->counts);
	case STATE_ENTRY:
		return session_restore_entry(store, &record->entry);
	default:
		return session_restore_retention(store, &record->retention);
	}
}

void disk_restore(struct session_store *store)
{
	static const enum state_kind order[] = {STATE_COUNTS, STATE_RETENTION, STATE_SESSION,
						STATE_ENTRY};

	qsort(records, count, sizeof(records[0]), by_id);
	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < count; i++)
			if (records[i].kind == order[k] && restore(store, &records[i]) != 0) {
				fprintf(stderr, "model: a record on disk is refused\n");
				abort();
			}
}
