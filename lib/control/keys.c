/* SPDX-License-Identifier: BSD-3-Clause */
/* keys: the places of a session's keysets: what an activation puts there, and which one downlink uses.
 * COUNT belongs to the keyset, e2m.md 7: an activation that names one which is there leaves it where it
 * is. */
#include <string.h>

#include "control/commands.h"
#include "control/due.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/keys.h"
#include "control/obtain.h"
#include "control/reserve.h"
#include "control/sources.h"
#include "control/table.h"
#include "control/watch.h"
#include "control/work.h"

void keys_set_state(struct session_store *store, struct session *s, unsigned slot,
		    enum datapath_key_state state)
{
	struct session_keyset *keyset = &s->keysets[slot];
	unsigned before = 0, after = 0;

	for (unsigned i = 0; i < DATAPATH_KEYSETS; i++)
		before += s->keysets[i].state == DATAPATH_KEY_READY;
	keyset->state = (uint8_t)state;
	for (unsigned i = 0; i < DATAPATH_KEYSETS; i++)
		after += s->keysets[i].state == DATAPATH_KEY_READY;
	store->ready += (after > 0) - (before > 0);
}

bool keys_are_there(const struct session *s)
{
	bool any = false;

	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		any |= s->keysets[slot].state != DATAPATH_KEY_NONE;
	return any;
}

/* --- places --- */

/* Empties a place whose key has been taken out. */
static void clear(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];

	keys_cancel_pull(store, s, slot);
	reserve_give_up(s, slot);
	keys_set_state(store, s, slot, DATAPATH_KEY_NONE);
	*keyset = (struct session_keyset){0};
	journal_note(store, s);
}

void keys_drop(struct session_store *store, struct session *s, unsigned slot)
{
	struct retired *retired;

	if (s->keysets[slot].state == DATAPATH_KEY_NONE)
		return;
	retired = kept_retire(store, s, slot);
	clear(store, s, slot);
	kept_tell(store, s, slot, false, retired);
}

/* Puts a keyset by name into a place. Its COUNTs are found when its keys have come. */
static void put(struct session_store *store, struct session *s, unsigned slot,
		const struct e2m_keyset_id *id, uint8_t key_id)
{
	struct session_keyset *keyset = &s->keysets[slot];
	struct retired *retired = kept_retire(store, s, slot);

	clear(store, s, slot);
	keys_set_state(store, s, slot, DATAPATH_KEY_MISSING);
	keyset->id = *id;
	keyset->key_id = key_id;
	/* Beside the pull, so that the first packet need not wait for it. */
	reserve_begin(store, s, slot, DOWN);
	kept_tell(store, s, slot, false, retired);
}

static void set_key_id(struct session_store *store, struct session *s, unsigned slot,
		       uint8_t key_id)
{
	if (s->keysets[slot].key_id == key_id)
		return;
	s->keysets[slot].key_id = key_id;
	journal_note(store, s);
	kept_tell(store, s, slot, true, NULL);
}

static unsigned find(const struct session *s, const struct e2m_keyset_id *id)
{
	unsigned slot;

	for (slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (s->keysets[slot].state != DATAPATH_KEY_NONE &&
		    memcmp(&s->keysets[slot].id, id, sizeof(*id)) == 0)
			break;
	return slot;
}

/* --- which one downlink uses, e2m.md 7 --- */

static void use(struct session_store *store, struct session *s, unsigned slot)
{
	if (s->downlink_slot == slot)
		return;
	s->downlink_slot = (uint8_t)slot;
	journal_note(store, s);
	if (s->flow[DOWN].live)
		commands_use_keyset(store, s, DOWN, NULL);
}

static void wait_for_leave(struct session_store *store, struct session *s)
{
	const uint64_t wait_s = store->config.changeover_s ? store->config.changeover_s : 1;

	due_set(store, s, &s->changeover_due, wait_s * UINT64_C(1000));
}

/* Downlink uses the newest keyset. Once the UE has used it too, the other waits for late packets only. Until
 * then it stays: UEs change over in their own time. */
static void start_leaving(struct session_store *store, struct session *s)
{
	struct session_keyset *other = &s->keysets[1 - s->newest];

	if (!s->keysets[s->newest].authenticated || other->state == DATAPATH_KEY_NONE)
		return;
	other->seen = UINT32_MAX; /* so that the first look sees use */
	wait_for_leave(store, s);
}

bool keys_is_leaving(const struct session *s)
{
	return s->downlink_slot == s->newest && s->changeover_due != 0;
}

/* The other keyset goes unless it was used since the last look. */
static void leave(struct session_store *store, struct session *s)
{
	const unsigned slot = 1 - s->newest;
	struct session_keyset *keyset = &s->keysets[slot];
	char id[E2M_KEYSET_ID_STR];
	uint32_t used;

	if (keyset->state == DATAPATH_KEY_NONE)
		return;
	/* An operation may speak of it, and its COUNTs need a place where they are remembered. */
	if (work_first_operation(s) || !sources_make_room(store, 1)) {
		wait_for_leave(store, s);
		return;
	}
	used = watch_use_of(store, s, slot);
	if (used != keyset->seen) {
		keyset->seen = used;
		wait_for_leave(store, s);
		return;
	}
	control_count(store, SESSION_KEYSETS_LEFT);
	control_log(store, SESSION_LOG_INFO,
		    "IMSI %s NSAPI %u: e2mKEYSET of %s, Key ID %u, is used no more and goes",
		    table_imsi(s).digits, s->nsapi, e2m_keyset_id_str(&keyset->id, id),
		    keyset->key_id);
	keys_drop(store, s, slot);
}

void keys_use_newest(struct session_store *store, struct session *s)
{
	s->changeover_due = 0;
	if (s->downlink_slot != s->newest) {
		control_count(store, SESSION_CHANGEOVERS);
		use(store, s, s->newest);
	}
	start_leaving(store, s);
}

void keys_change_over(struct session_store *store, struct session *s)
{
	if (s->downlink_slot == s->newest)
		leave(store, s);
	else if (s->keysets[s->newest].state == DATAPATH_KEY_READY)
		keys_use_newest(store, s);
	else
		keys_pull(store, s, s->newest); /* its arrival changes over */
}

static void start_changeover(struct session_store *store, struct session *s)
{
	const struct session_keyset *newest = &s->keysets[s->newest];

	s->changeover_due = 0;
	if (s->downlink_slot == s->newest)
		start_leaving(store, s);
	else if (s->keysets[s->downlink_slot].state == DATAPATH_KEY_FAILED)
		keys_use_newest(store, s); /* the other protects nothing to wait with */
	else if (newest->state == DATAPATH_KEY_READY && newest->authenticated)
		keys_use_newest(store, s); /* the UE has used it before */
	else
		due_set(store, s, &s->changeover_due, store->config.changeover_s * UINT64_C(1000));
}

void keys_resume_changeover(struct session_store *store, struct session *s)
{
	start_changeover(store, s);
}

/* --- activations --- */

/* A Create: whatever else the session held is over. */
static void activate_only(struct session_store *store, struct session *s,
			  const struct e2m_keyset_id *id, uint8_t key_id)
{
	unsigned slot = find(s, id);

	if (slot == DATAPATH_KEYSETS || s->keysets[slot].state == DATAPATH_KEY_FAILED) {
		slot = slot % DATAPATH_KEYSETS;
		put(store, s, slot, id, key_id);
	} else {
		set_key_id(store, s, slot, key_id);
	}
	s->changeover_due = 0;
	s->newest = (uint8_t)slot;
	use(store, s, slot);
	keys_drop(store, s, 1 - slot);
}

/* An Update: beside the keyset that downlink uses, unless it goes by the same Key ID, for then nobody
 * could tell the two apart. */
static void activate_next(struct session_store *store, struct session *s,
			  const struct e2m_keyset_id *id, uint8_t key_id)
{
	const unsigned used = s->downlink_slot;
	unsigned slot = find(s, id);

	if (slot == s->newest && s->keysets[slot].key_id == key_id)
		return;
	control_count(store, SESSION_REKEYED);
	if (slot == DATAPATH_KEYSETS) {
		slot = s->keysets[used].key_id == key_id ? used : 1 - used;
		put(store, s, slot, id, key_id);
	}
	s->newest = (uint8_t)slot;
	if (s->keysets[1 - slot].key_id == key_id) {
		s->changeover_due = 0;
		use(store, s, slot);
		keys_drop(store, s, 1 - slot);
	}
	set_key_id(store, s, slot, key_id);
	start_changeover(store, s);
}

void keys_activate(struct session_store *store, struct session *s, const struct e2m_keyset_id *id,
		   uint8_t key_id, bool fresh)
{
	if (fresh || !keys_are_there(s))
		activate_only(store, s, id, key_id);
	else
		activate_next(store, s, id, key_id);
	journal_note(store, s);
}
