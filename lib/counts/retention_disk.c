/* SPDX-License-Identifier: BSD-3-Clause */
/* retention_disk: writes and reads retention as records of the state. */
#include <errno.h>
#include <string.h>

#include "base/container.h"
#include "counts/retention_inside.h"

static void put_item(const struct keyset *k, unsigned i, struct state_retention *record)
{
	const struct item *item = &k->items[i];
	struct state_retention_source *source = &record->sources[record->sources_count];

	/* A later process sets these items to the same values itself. */
	if (k->retention->sources[i].memory == RETENTION_SHORT ||
	    (k->retention->sources[i].is_absent && (item->flags & STATE_RETENTION_FREE)))
		return;
	record->sources_count++;
	source->name = k->retention->sources[i].name;
	source->flags = item->flags;
	source->others = item->others;
	memcpy(source->tags, item->tags, sizeof(source->tags));
}

static void put_keyset(const struct keyset *k, uint64_t age_s, struct state_retention *record)
{
	const uint64_t now = wheel_now(k->retention->wheel);

	record->imsi = k->imsi;
	memcpy(record->fingerprint, k->fingerprint.octets, sizeof(record->fingerprint));
	/* Round up: keep it longer, never shorter. */
	record->until_s = age_s + (k->until_ms > now ? (k->until_ms - now) / 1000 + 1 : 0);
	for (unsigned i = 0; i < k->items_count; i++)
		put_item(k, i, record);
}

static void collect(struct retention *r, struct state_batch *batch, bool is_gone)
{
	struct outbox_item *item;

	while (batch->count < batch->room && (item = outbox_take(&r->outbox, is_gone)) != NULL) {
		struct state_change *change = &batch->changes[batch->count++];

		*change = (struct state_change){.kind = STATE_RETENTION, .is_gone = is_gone};
		put_keyset(container_of(item, struct keyset, outbox), batch->age_s,
			   &change->retention);
	}
}

void retention_collect(struct retention *r, struct state_batch *batch)
{
	collect(r, batch, false);
}

void retention_collect_gone(struct retention *r, struct state_batch *batch)
{
	collect(r, batch, true);
}

static struct keyset *find_recorded(struct retention *r, const struct state_retention *record)
{
	struct counts_fingerprint fingerprint;

	memcpy(fingerprint.octets, record->fingerprint, sizeof(fingerprint.octets));
	return retention_find_any(r, &record->imsi, &fingerprint);
}

void retention_written(struct retention *r, const struct state_retention *record, bool is_gone,
		       bool is_written)
{
	struct keyset *k = find_recorded(r, record); /* never NULL: its change is on its way */

	if (outbox_written(&r->outbox, &k->outbox, is_gone, is_written))
		retention_free_keyset(k);
}

int retention_adopt(struct retention *r, const struct e2m_imsi *imsi,
		    const struct counts_fingerprint *fingerprint)
{
	return retention_find_or_make(r, imsi, fingerprint) ? 0 : -ENOMEM;
}

/* Finds the source's number. A source that is not in the configuration gets a number too. */
static int number_of(struct retention *r, uint32_t name, unsigned *number)
{
	for (*number = 0; *number < r->sources_count; (*number)++)
		if (r->sources[*number].name == name)
			return 0;
	if (r->sources_count == STATE_RETENTION_SOURCES)
		return -ENOSPC;
	r->sources[r->sources_count++] =
		(struct source){.name = name, .memory = RETENTION_LONG, .is_absent = true};
	return 0;
}

static void restore_item(struct item *item, const struct state_retention_source *source)
{
	item->flags = source->flags;
	item->later = 1; /* a request of the earlier process may have released one */
	/* If the source has not given the keyset, requests of the earlier process may still release
	 * it. */
	if (!(source->flags & STATE_RETENTION_GIVEN))
		return;
	item->since_ms = 0;
	item->others = source->others;
	memcpy(item->tags, source->tags, sizeof(item->tags));
}

/* Returns NULL if the existing record has too few items and there is no memory for a new one. */
static struct keyset *make_recorded(struct retention *r, const struct state_retention *record)
{
	struct keyset *k = find_recorded(r, record);
	struct counts_fingerprint fingerprint;

	memcpy(fingerprint.octets, record->fingerprint, sizeof(fingerprint.octets));
	bool is_always = k && k->is_always;

	if (k && k->items_count < r->sources_count) {
		retention_free_keyset(k);
		k = NULL;
	}
	if (!k)
		k = retention_make(r, &record->imsi, &fingerprint);
	if (k)
		k->is_always = is_always || retention_is_no_imsi(&k->imsi);
	return k;
}

int retention_restore(struct retention *r, const struct state_retention *record, uint64_t age_s)
{
	unsigned numbers[STATE_RETENTION_SOURCES];
	struct keyset *k;

	for (unsigned i = 0; i < record->sources_count; i++) {
		const int ret = number_of(r, record->sources[i].name, &numbers[i]);
		if (ret != 0)
			return ret;
	}
	k = make_recorded(r, record);
	if (!k)
		return -ENOMEM;
	outbox_remove(&r->outbox, &k->outbox);
	k->outbox.is_on_disk = true;
	k->until_ms = 0;
	if (record->until_s > age_s)
		retention_prolong(k, (record->until_s - age_s) * 1000);
	for (unsigned i = 0; i < record->sources_count; i++) {
		restore_item(&k->items[numbers[i]], &record->sources[i]);
		if (retention_is_no_imsi(&k->imsi))
			r->sources[numbers[i]].was_there = true;
	}
	return 0;
}

/* --- sources that come and go between processes --- */

static bool any_absent(const struct retention *r)
{
	for (unsigned i = 0; i < r->sources_count; i++)
		if (r->sources[i].is_absent)
			return true;
	return false;
}

bool retention_keep_restored(struct retention *r, const struct e2m_imsi *imsi,
			     const struct counts_fingerprint *fingerprint)
{
	struct keyset *k;

	if (!any_absent(r))
		return true;
	retention_keep_held(r, imsi);
	k = retention_find_or_make(r, imsi, fingerprint);
	if (k && !r->is_restoring) {
		retention_wait_for_absent(k);
		outbox_note(&r->outbox, &k->outbox);
	}
	return k != NULL;
}

static bool any_remembers(const struct retention *r)
{
	for (unsigned i = 0; i < r->sources_count; i++)
		if (!r->sources[i].is_absent && r->sources[i].memory != RETENTION_SHORT)
			return true;
	return false;
}

bool retention_note_sources(struct retention *r)
{
	struct keyset *k = retention_find(r, &retention_no_imsi, &counts_nameless);

	r->is_restoring = false;
	if (!any_remembers(r)) {
		if (k)
			retention_forget(k);
		return true;
	}
	if (!k)
		k = retention_make(r, &retention_no_imsi, &counts_nameless);
	if (!k)
		return false;
	k->is_always = true;
	for (unsigned i = 0; i < k->items_count; i++)
		k->items[i].flags = r->sources[i].is_absent ? STATE_RETENTION_FREE : 0;
	outbox_note(&r->outbox, &k->outbox);
	return true;
}

void retention_begin(struct retention *r)
{
	for (uint32_t i = 0; i < r->lists_count; i++) {
		struct keyset *k, *next;

		for (k = LIST_FIRST(&r->lists[i]); k; k = next) {
			next = LIST_NEXT(k, same_hash);
			retention_judge(k);
		}
	}
}
