/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * restore: sessions of an earlier process. All COUNTs below its ceilings are taken as used. Keys
 * are pulled when a packet needs them, as after a flush.
 *
 * First all records are read, and then flows are made. If the process ended between two batches,
 * two records may be about one subscriber, tunnel or keyset. Only all of them together show which
 * is right.
 */
#include <errno.h>
#include <stdlib.h>

#include "control/apart.h"
#include "control/binding.h"
#include "control/changeover.h"
#include "control/entry.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/keyset.h"
#include "control/networks.h"
#include "control/record.h"
#include "control/session.h"
#include "control/table.h"

/* --- records --- */

/* Frees a superseded session. Its COUNTs are kept. */
static void end_unstarted(struct session_store *store, struct session *s)
{
	if (s->kind == DIRECTORY_PROTECTED)
		keyset_drop_all(store, s);
	journal_note(store, s);
	table_free_session(store, s);
}

int session_restore(struct session_store *store, const struct state_session *record)
{
	struct session *other = table_find_subscriber(store, &record->imsi, record->nsapi);
	struct session *s;
	int ret;

	s = table_restore_session(store, DIRECTORY_PROTECTED, record->id, record->serial,
				  &record->imsi, record->nsapi);
	if (!s)
		return -ENOSPC;
	ret = record_get(store, s, record);
	if (other)
		end_unstarted(store, table_is_later(s->serial, other->serial) ? other : s);
	kept_reserve_room(store);
	return ret;
}

int session_restore_entry(struct session_store *store, const struct state_entry *record)
{
	struct session *other, *s;

	if (record->kind == STATE_OVERFULL) {
		directory_set_overfull(store->directory);
		return 0;
	}
	other = record->kind == STATE_UNPROTECTED
			? table_find_subscriber(store, &record->imsi, record->nsapi)
			: NULL;
	s = entry_get(store, record);
	if (s && other)
		end_unstarted(store, table_is_later(s->serial, other->serial) ? other : s);
	return s ? 0 : -ENOSPC;
}

int session_restore_counts(struct session_store *store, const struct state_counts *record)
{
	const struct counts_key key =
		counts_key_of(&record->imsi, record->fingerprint, record->bearer);
	const int ret = counts_restore(store->counts, record);

	return ret != 0 ? ret : retention_adopt(store->retention, &key);
}

int session_restore_retention(struct session_store *store, const struct state_retention *record)
{
	return retention_restore(store->retention, record, store->config.age_s);
}

/* --- flows --- */

/* Returns true if a later session has the tunnel, and not both claim it. */
static bool is_robbed(struct session_store *store, const struct session *s,
		      const struct tunnel *tunnel)
{
	enum session_direction direction;
	const struct session *other = table_find_tunnel(store, tunnel, &direction);

	return other && table_is_later(other->serial, s->serial) && apart_is_told(s, other);
}

static bool is_free(struct session_store *store, const struct session *s,
		    enum session_direction direction)
{
	const struct tunnel tunnel = directory_tunnel(store->directory, &s->tunnel[direction]);
	enum session_direction its;

	return !table_find_tunnel(store, &tunnel, &its);
}

/* There may be millions of sessions without protection, which are on disk as they are. Returns false
 * if something must change. */
static bool restart_unchanged(struct session_store *store, struct session *s)
{
	if (s->kind != DIRECTORY_UNPROTECTED || policy_bars(s->policy) || !is_free(store, s, UP) ||
	    !is_free(store, s, DOWN))
		return false;
	for (unsigned i = 0; i < DIRECTORY_INDEXES; i++)
		if (!(s->indexed >> i & 1))
			directory_index(store->directory, s, i);
	control_count(store, SESSION_RESTORED);
	return true;
}

static void restart(struct session_store *store, struct session *s)
{
	struct change target;

	if (restart_unchanged(store, s))
		return;

	for (unsigned slot = 0; slot < DATAPATH_KEYSETS && s->kind == DIRECTORY_PROTECTED; slot++)
		kept_find_restored(store, s, slot);
	binding_restore(store, s);
	session_current(store, s, &target);
	target.fresh = true; /* so that it ends if its flows cannot be made */
	for (unsigned d = 0; d < 2; d++)
		if (is_robbed(store, s, &target.tunnel[d]))
			target.tunnel[d] = (struct tunnel){0};
	control_count(store, SESSION_RESTORED);
	if (s->kind == DIRECTORY_PROTECTED)
		changeover_start(store, s);
	session_apply(store, s, &target, NULL);
}

uint32_t session_restart(struct session_store *store, uint32_t first, uint32_t count)
{
	uint32_t id = directory_next_id(store->directory, first ? first - 1 : 0);

	for (; id != 0 && count > 0; id = directory_next_id(store->directory, id), count--) {
		struct session *s = directory_session(store->directory, id);

		if (s && (s->kind == DIRECTORY_PROTECTED || s->kind == DIRECTORY_ENDED))
			networks_claim(store, s);
		if (table_session(store, id))
			restart(store, s);
	}
	if (id != 0)
		return id;
	networks_drop_unclaimed(store);
	if (!retention_begin(store->retention))
		abort();
	return 0;
}
