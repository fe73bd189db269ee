/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/keyset.h"

#include <string.h>

#include "control/due.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/reserve.h"
#include "control/work.h"

/* --- transitions --- */

static bool is_any_ready(const struct session *s)
{
	return protection_of(s)->keysets[0].state == DATAPATH_KEY_READY ||
	       protection_of(s)->keysets[1].state == DATAPATH_KEY_READY;
}

static void set_state(struct session_store *store, struct session *s, unsigned slot,
		      enum datapath_key_state state)
{
	store->ready -= is_any_ready(s);
	protection_of(s)->keysets[slot].state = (uint8_t)state;
	store->ready += is_any_ready(s);
}

/* Empties a place. The caller hands the result to kept_tell. */
static struct retired *empty(struct session_store *store, struct session *s, unsigned slot)
{
	struct retired *retired = kept_retire(store, s, slot);

	keyset_cancel_pull(store, s, slot);
	reserve_give_up(s, slot);
	set_state(store, s, slot, DATAPATH_KEY_NONE);
	protection_of(s)->keysets[slot] = (struct session_keyset){0};
	journal_note(store, s);
	return retired;
}

void keyset_put(struct session_store *store, struct session *s, unsigned slot,
		const struct e2m_keyset_id *id, uint8_t key_id)
{
	struct retired *retired = empty(store, s, slot);

	set_state(store, s, slot, DATAPATH_KEY_MISSING);
	protection_of(s)->keysets[slot].id = *id;
	protection_of(s)->keysets[slot].key_id = key_id;
	/* Reserves during the pull, so that the first packet does not wait for the disk after
	 * it. */
	reserve_begin(store, s, slot, DOWN);
	kept_tell(store, s, slot, false, retired);
}

void keyset_set_ready(struct session_store *store, struct session *s, unsigned slot,
		      bool keep_count)
{
	struct session_keyset *keyset = &protection_of(s)->keysets[slot];

	if (keyset->state == DATAPATH_KEY_FAILED)
		keyset->due = 0; /* was the end of the refusal */
	/* A pull after a flush does not extend the lifetime. */
	if (keyset->lifetime_s > 0)
		due_set_no_later(store, s, &keyset->due, keyset->lifetime_s * UINT64_C(1000));
	keyset->refusal_said = false;
	keyset->seen = UINT32_MAX; /* so that the first look finds use */
	set_state(store, s, slot, DATAPATH_KEY_READY);
	kept_tell(store, s, slot, keep_count, NULL);
}

void keyset_set_missing(struct session_store *store, struct session *s, unsigned slot)
{
	struct retired *retired = kept_retire_key(store, s, slot);

	set_state(store, s, slot, DATAPATH_KEY_MISSING);
	kept_tell(store, s, slot, true, retired);
}

void keyset_fail(struct session_store *store, struct session *s, unsigned slot,
		 enum keyset_failure failure)
{
	struct retired *retired = kept_retire_key(store, s, slot);

	keyset_cancel_pull(store, s, slot);
	protection_of(s)->keysets[slot].failure = failure;
	set_state(store, s, slot, DATAPATH_KEY_FAILED);
	kept_tell(store, s, slot, true, retired);
}

void keyset_drop(struct session_store *store, struct session *s, unsigned slot)
{
	if (protection_of(s)->keysets[slot].state != DATAPATH_KEY_NONE)
		kept_tell(store, s, slot, false, empty(store, s, slot));
}

void keyset_drop_all(struct session_store *store, struct session *s)
{
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		keyset_drop(store, s, slot);
}

void keyset_restore(struct session_store *store, struct session *s, unsigned slot, bool is_over)
{
	protection_of(s)->keysets[slot].failure = FAILURE_EXPIRED;
	set_state(store, s, slot, is_over ? DATAPATH_KEY_FAILED : DATAPATH_KEY_MISSING);
}

/* --- places --- */

void keyset_set_key_id(struct session_store *store, struct session *s, unsigned slot,
		       uint8_t key_id)
{
	if (protection_of(s)->keysets[slot].key_id == key_id)
		return;
	protection_of(s)->keysets[slot].key_id = key_id;
	journal_note(store, s);
	kept_tell(store, s, slot, true, NULL);
}

unsigned keyset_find(const struct session *s, const struct e2m_keyset_id *id)
{
	unsigned slot;

	for (slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (protection_of(s)->keysets[slot].state != DATAPATH_KEY_NONE &&
		    memcmp(&protection_of(s)->keysets[slot].id, id, sizeof(*id)) == 0)
			break;
	return slot;
}

void keyset_cancel_pull(struct session_store *store, struct session *s, unsigned slot)
{
	if (!protection_of(s)->work)
		return;
	pull_cancel(store->pulls, &protection_of(s)->work->waiters[slot].waiter);
	work_end(s);
}

bool keyset_was_used(struct session_keyset *keyset, struct counts_value counts)
{
	const uint32_t used = counts.next[UP] + counts.next[DOWN];
	const bool was_used = used != keyset->seen;

	keyset->seen = used;
	return was_used;
}

struct keyset_name keyset_name(const struct session *s, unsigned slot)
{
	struct keyset_name name;

	e2m_keyset_id_str(&protection_of(s)->keysets[slot].id, name.text);
	return name;
}
