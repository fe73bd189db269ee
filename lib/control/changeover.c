/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/changeover.h"

#include <sys/param.h>

#include "control/commands.h"
#include "control/due.h"
#include "control/flows.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/keyset.h"
#include "control/table.h"
#include "control/work.h"

static void use(struct session_store *store, struct session *s, unsigned slot)
{
	if (protection_of(s)->downlink_slot == slot)
		return;
	protection_of(s)->downlink_slot = (uint8_t)slot;
	journal_note(store, s);
	if (protection_of(s)->flow[DOWN].live)
		commands_use_keyset(store, s, DOWN, NULL);
}

/* --- the other keyset is dropped --- */

static void wait_for_leave(struct session_store *store, struct session *s)
{
	due_set(store, s, &protection_of(s)->changeover_due,
		MAX(store->config.changeover_s, 1) * UINT64_C(1000));
}

bool changeover_is_leaving(const struct session *s)
{
	return protection_of(s)->downlink_slot == protection_of(s)->newest &&
	       protection_of(s)->changeover_due != 0;
}

static void leave(struct session_store *store, struct session *s)
{
	const unsigned slot = 1 - protection_of(s)->newest;

	if (protection_of(s)->keysets[slot].state == DATAPATH_KEY_NONE)
		return;
	/* An operation may refer to the keyset, and its COUNTs need a place before it leaves. */
	if (work_first_operation(s) || !kept_make_room(store, 1) ||
	    keyset_was_used(&protection_of(s)->keysets[slot], flows_counts(store, s, slot))) {
		wait_for_leave(store, s);
		return;
	}
	control_count(store, SESSION_KEYSETS_LEFT);
	control_log_of(store, s, SESSION_LOG_INFO,
		       "e2mKEYSET of %s, Key ID %u, is used no more and goes",
		       keyset_name(s, slot).text, protection_of(s)->keysets[slot].key_id);
	keyset_drop(store, s, slot);
}

/* --- downlink changes over --- */

void changeover_finish(struct session_store *store, struct session *s)
{
	struct session_keyset *other = &protection_of(s)->keysets[1 - protection_of(s)->newest];

	protection_of(s)->changeover_due = 0;
	if (protection_of(s)->downlink_slot != protection_of(s)->newest) {
		control_count(store, SESSION_CHANGEOVERS);
		use(store, s, protection_of(s)->newest);
	}
	/* Once the UE has used the newest keyset, the other keyset only serves late packets. Until
	 * then it stays, since UEs change over in their own time. */
	if (protection_of(s)->keysets[protection_of(s)->newest].authenticated &&
	    other->state != DATAPATH_KEY_NONE) {
		other->seen = UINT32_MAX; /* so that the first look finds use */
		wait_for_leave(store, s);
	}
}

bool changeover_on_time(struct session_store *store, struct session *s)
{
	if (protection_of(s)->downlink_slot == protection_of(s)->newest)
		leave(store, s);
	else if (protection_of(s)->keysets[protection_of(s)->newest].state == DATAPATH_KEY_READY)
		changeover_finish(store, s);
	else
		return true;
	return false;
}

void changeover_take_authenticated(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &protection_of(s)->keysets[slot];

	/* In any other state, the event is about the keyset that was there before. */
	if (keyset->state != DATAPATH_KEY_READY)
		return;
	keyset->authenticated = true;
	journal_note(store, s);
	if (slot == protection_of(s)->newest)
		changeover_finish(store, s);
}

void changeover_start(struct session_store *store, struct session *s)
{
	const struct session_keyset *newest = &protection_of(s)->keysets[protection_of(s)->newest];
	const struct session_keyset *used =
		&protection_of(s)->keysets[protection_of(s)->downlink_slot];

	/* No need to wait for the UE if it has used the newest keyset before, or if the other
	 * keyset protects nothing. */
	if (used == newest || used->state == DATAPATH_KEY_FAILED ||
	    (newest->state == DATAPATH_KEY_READY && newest->authenticated))
		changeover_finish(store, s);
	else
		due_set(store, s, &protection_of(s)->changeover_due,
			store->config.changeover_s * UINT64_C(1000));
}

/* --- activations --- */

/* Downlink uses the keyset in slot at once, and the session holds no other. */
static void use_only(struct session_store *store, struct session *s, unsigned slot)
{
	protection_of(s)->changeover_due = 0;
	protection_of(s)->newest = (uint8_t)slot;
	use(store, s, slot);
	keyset_drop(store, s, 1 - slot);
}

static void activate_only(struct session_store *store, struct session *s,
			  const struct e2m_keyset_id *id, uint8_t key_id)
{
	unsigned slot = keyset_find(s, id);

	if (slot == DATAPATH_KEYSETS ||
	    protection_of(s)->keysets[slot].state == DATAPATH_KEY_FAILED) {
		slot = slot % DATAPATH_KEYSETS;
		keyset_put(store, s, slot, id, key_id);
	}
	keyset_set_key_id(store, s, slot, key_id);
	use_only(store, s, slot);
}

/* The keyset goes beside the one that downlink uses. If both have the same Key ID, packets cannot
 * tell them apart, so the new keyset replaces the other. */
static void activate_next(struct session_store *store, struct session *s,
			  const struct e2m_keyset_id *id, uint8_t key_id)
{
	const unsigned used = protection_of(s)->downlink_slot;
	unsigned slot = keyset_find(s, id);

	if (slot == protection_of(s)->newest && protection_of(s)->keysets[slot].key_id == key_id)
		return;
	control_count(store, SESSION_REKEYED);
	if (slot == DATAPATH_KEYSETS) {
		slot = protection_of(s)->keysets[used].key_id == key_id ? used : 1 - used;
		keyset_put(store, s, slot, id, key_id);
	}
	protection_of(s)->newest = (uint8_t)slot;
	if (protection_of(s)->keysets[1 - slot].key_id == key_id)
		use_only(store, s, slot);
	keyset_set_key_id(store, s, slot, key_id);
	changeover_start(store, s);
}

void changeover_activate(struct session_store *store, struct session *s,
			 const struct e2m_keyset_id *id, uint8_t key_id, bool is_create)
{
	if (is_create || !session_has_keyset(s))
		activate_only(store, s, id, key_id);
	else
		activate_next(store, s, id, key_id);
	journal_note(store, s);
}
