/* SPDX-License-Identifier: BSD-3-Clause */
#include "counts/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"

LIST_HEAD(item_list, ledger_item);
TAILQ_HEAD(item_queue, ledger_item);

struct ledger {
	bool is_durable;
	struct item_queue waiting[2]; /* for ledger_collect, by is_gone */
	uint32_t lists_count;
	struct item_list lists[]; /* all records of an IMSI are in the same list */
};

struct ledger *ledger_new(uint32_t lists, bool is_durable)
{
	struct ledger *l = calloc(1, sizeof(*l) + lists * sizeof(l->lists[0]));

	if (!l)
		return NULL;
	l->is_durable = is_durable;
	l->lists_count = lists;
	TAILQ_INIT(&l->waiting[false]);
	TAILQ_INIT(&l->waiting[true]);
	return l;
}

void ledger_free(struct ledger *l)
{
	if (!l)
		return;
	for (uint32_t i = 0; i < l->lists_count; i++)
		while (!LIST_EMPTY(&l->lists[i]))
			ledger_drop(l, LIST_FIRST(&l->lists[i]));
	free(l);
}

size_t ledger_octets(const struct ledger *l)
{
	return sizeof(*l) + l->lists_count * sizeof(l->lists[0]);
}

/* --- records --- */

static uint32_t list_of(const struct ledger *l, const struct e2m_imsi *imsi)
{
	return crc32c(0, imsi, sizeof(*imsi)) % l->lists_count;
}

/* Finds forgotten records too. */
static struct ledger_item *find_any(struct ledger *l, const struct counts_key *key)
{
	struct ledger_item *item;

	LIST_FOREACH (item, &l->lists[list_of(l, &key->imsi)], same_hash)
		if (memcmp(&item->key, key, sizeof(*key)) == 0)
			break;
	return item;
}

void *ledger_find(struct ledger *l, const struct counts_key *key)
{
	struct ledger_item *item = find_any(l, key);

	return item && !item->is_gone ? item : NULL;
}

void *ledger_add(struct ledger *l, const struct counts_key *key, size_t size)
{
	struct ledger_item *item = find_any(l, key);

	if (!item) {
		item = calloc(1, size);
		if (!item)
			return NULL;
		item->key = *key;
		LIST_INSERT_HEAD(&l->lists[list_of(l, &key->imsi)], item, same_hash);
	}
	ledger_unnote(l, item);
	item->is_gone = false;
	return item;
}

void *ledger_next(struct ledger *l, const struct e2m_imsi *imsi, const void *after)
{
	const struct ledger_item *last = after;
	const struct e2m_imsi *in = last ? &last->key.imsi : imsi;
	uint32_t list = in ? list_of(l, in) : 0;
	struct ledger_item *item = last ? LIST_NEXT(last, same_hash) : LIST_FIRST(&l->lists[list]);

	while (true) {
		while (item && (item->is_gone ||
				(imsi && memcmp(&item->key.imsi, imsi, sizeof(*imsi)) != 0)))
			item = LIST_NEXT(item, same_hash);
		if (item || imsi || ++list == l->lists_count)
			return item;
		item = LIST_FIRST(&l->lists[list]);
	}
}

/* --- changes --- */

void ledger_note(struct ledger *l, struct ledger_item *item)
{
	if (!l->is_durable || item->is_waiting)
		return;
	TAILQ_INSERT_TAIL(&l->waiting[item->is_gone], item, entry);
	item->is_waiting = true;
}

void ledger_unnote(struct ledger *l, struct ledger_item *item)
{
	if (item->is_waiting)
		TAILQ_REMOVE(&l->waiting[item->is_gone], item, entry);
	item->is_waiting = false;
}

void ledger_drop(struct ledger *l, struct ledger_item *item)
{
	ledger_unnote(l, item);
	LIST_REMOVE(item, same_hash);
	free(item);
}

void ledger_forget(struct ledger *l, struct ledger_item *item)
{
	ledger_unnote(l, item);
	item->is_gone = true;
	if (item->is_on_disk || item->is_on_way)
		ledger_note(l, item);
	else
		ledger_drop(l, item);
}

void ledger_collect(struct ledger *l, struct state_batch *batch, bool is_gone, enum state_kind kind,
		    ledger_put put)
{
	struct ledger_item *item;

	while (batch->count < batch->room && (item = TAILQ_FIRST(&l->waiting[is_gone])) != NULL) {
		struct state_change *change = &batch->changes[batch->count++];

		ledger_unnote(l, item);
		item->is_on_way = true;
		*change = (struct state_change){.kind = (uint8_t)kind, .is_gone = is_gone};
		put(item, batch->age_s, change);
	}
}

void ledger_written(struct ledger *l, const struct counts_key *key, bool is_gone, bool is_written)
{
	struct ledger_item *item = find_any(l, key); /* never NULL: its change was collected */

	item->is_on_way = false;
	if (is_written)
		item->is_on_disk = !is_gone;
	if (item->is_gone && !item->is_on_disk)
		ledger_drop(l, item);
	else if (!is_written || item->is_gone)
		ledger_note(l, item);
}
