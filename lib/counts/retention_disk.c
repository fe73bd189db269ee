/* SPDX-License-Identifier: BSD-3-Clause */
/* retention_disk: writes and reads records of the state, and handles keysets of earlier processes and of files. */
#include <errno.h>
#include <string.h>

#include "counts/retention_inside.h"

static void put_item(const struct keyset *k, unsigned i, struct state_retention *record)
{
	const struct item *item = &k->items[i];
	struct state_retention_source *source = &record->sources[record->sources_count];

	/* A later process makes the same values, so the record need not have them. */
	if (k->retention->sources[i].memory == RETENTION_SHORT ||
	    (k->retention->sources[i].is_absent && (item->flags & STATE_RETENTION_FREE)))
		return;
	record->sources_count++;
	source->name = k->retention->sources[i].name;
	source->flags = item->flags;
	source->others = item->others;
	memcpy(source->tags, item->tags, sizeof(source->tags));
}

static void put_keyset(const struct ledger_item *item, uint64_t age_s, struct state_change *change)
{
	const struct keyset *k = (const struct keyset *)item;
	const uint64_t now = wheel_now(k->retention->wheel);
	struct state_retention *record = &change->retention;

	record->imsi = item->key.imsi;
	memcpy(record->fingerprint, item->key.keyset.octets, sizeof(record->fingerprint));
	/* Rounded up, because a keyset must never be kept for a shorter time. */
	record->until_s = age_s + (k->until_ms > now ? (k->until_ms - now) / 1000 + 1 : 0);
	for (unsigned i = 0; i < k->items_count; i++)
		put_item(k, i, record);
}

void retention_collect(struct retention *r, struct state_batch *batch, bool is_gone)
{
	ledger_collect(r->ledger, batch, is_gone, STATE_RETENTION, put_keyset);
}

void retention_written(struct retention *r, const struct state_retention *record, bool is_gone,
		       bool is_written)
{
	const struct counts_key key = counts_key_of(&record->imsi, record->fingerprint, 0);

	ledger_written(r->ledger, &key, is_gone, is_written);
}

int retention_adopt(struct retention *r, const struct counts_key *key)
{
	return retention_get(r, key) ? 0 : -ENOMEM;
}

/* Returns the number of the source. A source that is not in the configuration gets a new number. -ENOSPC. */
static int number_of(struct retention *r, uint32_t name)
{
	for (unsigned i = 0; i < r->sources_count; i++)
		if (r->sources[i].name == name)
			return (int)i;
	if (r->sources_count == STATE_RETENTION_SOURCES)
		return -ENOSPC;
	r->any_absent = true;
	r->sources[r->sources_count] =
		(struct source){.name = name, .memory = RETENTION_LONG, .is_absent = true};
	return (int)r->sources_count++;
}

static void restore_item(struct item *item, const struct state_retention_source *source)
{
	item->flags = source->flags;
	item->later = 1; /* a request of the earlier process may have released a keyset */
	/* Requests of the earlier process may still release a keyset that the source has not given.
	 * So the counts on disk are valid only for a source that has given the keyset. */
	if (!(source->flags & STATE_RETENTION_GIVEN))
		return;
	item->since_ms = 0;
	item->others = source->others;
	memcpy(item->tags, source->tags, sizeof(item->tags));
}

/* The record with this IMSI has the names of the sources. */
static const struct e2m_imsi no_imsi;

/* NULL: no memory. */
static struct keyset *make_recorded(struct retention *r, const struct state_retention *record)
{
	const struct counts_key key = counts_key_of(&record->imsi, record->fingerprint, 0);
	struct keyset *k = retention_find(r, &key);
	const bool is_always = k && k->is_always;

	/* A keyset that was made before all sources were known has too few items. */
	if (k && k->items_count < r->sources_count) {
		wheel_cancel(&k->timer);
		retention_wait_no_more(k);
		ledger_drop(r->ledger, &k->entry);
	}
	k = retention_get(r, &key);
	if (k)
		k->is_always = is_always;
	return k;
}

int retention_restore(struct retention *r, const struct state_retention *record, uint64_t age_s)
{
	const bool has_names = memcmp(&record->imsi, &no_imsi, sizeof(no_imsi)) == 0;
	int numbers[STATE_RETENTION_SOURCES];
	struct keyset *k;

	for (unsigned i = 0; i < record->sources_count; i++) {
		numbers[i] = number_of(r, record->sources[i].name);
		if (numbers[i] < 0)
			return numbers[i];
	}
	k = make_recorded(r, record);
	if (!k)
		return -ENOMEM;
	ledger_unnote(r->ledger, &k->entry);
	k->entry.is_on_disk = true;
	k->is_always |= has_names;
	k->until_ms = record->until_s > age_s
			      ? wheel_now(r->wheel) + (record->until_s - age_s) * 1000
			      : 0;
	for (unsigned i = 0; i < record->sources_count; i++) {
		restore_item(&k->items[numbers[i]], &record->sources[i]);
		r->sources[numbers[i]].was_there |= has_names;
	}
	return 0;
}

/* --- sources that come and go between processes --- */

/* The earlier process may have asked sources that are absent now, so the keyset waits for them too. */
static void wait_for_absent(struct keyset *k)
{
	for (unsigned i = 0; i < k->items_count; i++)
		k->items[i].flags &= (uint8_t)~STATE_RETENTION_FREE;
	retention_note(k);
}

bool retention_keep_restored(struct retention *r, const struct counts_key *key)
{
	struct keyset *k;

	if (!r->any_absent)
		return true;
	retention_keep_held(r, &key->imsi);
	k = retention_get(r, key);
	if (k && !r->is_restoring)
		wait_for_absent(k);
	return k != NULL;
}

bool retention_keep_nameless(struct retention *r, const struct e2m_imsi *imsi)
{
	const struct counts_key key = {.imsi = *imsi, .keyset = counts_nameless};
	struct keyset *k = retention_get(r, &key);

	if (!k)
		return false;
	wait_for_absent(k);
	for (unsigned i = 0; i < k->items_count; i++)
		retention_begin_again(r, &k->items[i]);
	retention_keep_for(k, r->short_s);
	retention_keep_for(k, r->longest_life_s);
	retention_judge(k);
	return true;
}

static void judge_all(struct retention *r)
{
	struct keyset *k = ledger_next(r->ledger, NULL, NULL), *next;

	for (; k; k = next) {
		next = ledger_next(r->ledger, NULL, k);
		retention_judge(k);
	}
}

bool retention_begin(struct retention *r)
{
	const struct counts_key key = {.imsi = no_imsi, .keyset = counts_nameless};
	struct keyset *k;

	judge_all(r);
	r->is_restoring = false;
	k = r->any_remembers ? retention_get(r, &key) : retention_find(r, &key);
	if (!k)
		return !r->any_remembers;
	if (!r->any_remembers) {
		retention_forget(k);
		return true;
	}
	k->is_always = true;
	for (unsigned i = 0; i < k->items_count; i++)
		k->items[i].flags = r->sources[i].is_absent ? STATE_RETENTION_FREE : 0;
	retention_note(k);
	return true;
}

/* --- files --- */

bool retention_keep_always(struct retention *r, const struct counts_key *key)
{
	const bool is_new = !retention_find(r, key);
	struct keyset *k = retention_get(r, key);

	if (!k)
		return false;
	/* The file has the keyset, so no record is needed until a source gives the keyset. */
	if (is_new)
		ledger_unnote(r->ledger, &k->entry);
	k->is_always = true;
	return true;
}

void retention_is_read(struct retention *r, unsigned source)
{
	r->sources[source].is_read = true;
	judge_all(r);
}
