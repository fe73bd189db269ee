/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kept: COUNTs and keys that leave a session. A key is wiped when no worker can read it any more.
 * Until the workers have reported the COUNTs of a keyset, the disk has a bound above them. Then the
 * COUNTs are remembered while a key source can give the keyset again (counts/retention.h). If the
 * keyset comes back, its COUNTs go on. Called by keyset and the layers above it.
 */
#ifndef CONTROL_KEPT_H
#define CONTROL_KEPT_H

#include "control/context.h"

/* Sets the callbacks by which sources report what they release: given, lost and is_waited_for. */
void kept_observe(struct pull_observer *observer);
/* Call it when the wheel exists. Returns 0 or -ENOMEM. */
int kept_init(struct session_store *store);
void kept_free(struct session_store *store);
/* Takes over the keysets of files that were read since the last call. */
void kept_look_at_files(struct session_store *store);

/* --- room: each keyset of a session has a place for its COUNTs when it leaves --- */

/* Returns true if there is room for this number of further COUNTs. If necessary, gives up COUNTs
 * that wait for a source. */
bool kept_make_room(struct session_store *store, uint32_t counts);
/* Same for the quota of one IMSI. Counts and logs a refusal. */
bool kept_make_room_of(struct session_store *store, const struct e2m_imsi *imsi, uint32_t counts);
/* Reserves room for restored sessions, even above config.max. */
void kept_reserve_room(struct session_store *store);

/* --- keys and COUNTs leave --- */

struct retired;
/* Take a key, or a key and its COUNTs, out of a place. The result goes to kept_tell. NULL: there
 * was nothing. */
struct retired *kept_retire_key(struct session_store *store, struct session *session,
				unsigned slot);
struct retired *kept_retire(struct session_store *store, struct session *session, unsigned slot);
/* The keyset in slot leaves its place, and none of its COUNTs was used. */
void kept_unused(struct session_store *store, struct session *session, unsigned slot);
/* Tells live flows what a place holds now. When all have acknowledged, the retired key is wiped,
 * and its COUNTs, as the workers had them, are remembered. retired may be NULL. */
void kept_tell(struct session_store *store, struct session *session, unsigned slot, bool keep_count,
	       struct retired *retired);
/* Takes an acknowledgement of SET_KEYSET. */
void kept_acknowledged(struct session_store *store, const struct datapath_event *event);
/* Returns true if workers may still read retired keys. */
bool kept_has_retired(const struct session_store *store);

/* --- COUNTs are found again --- */

/* Returns true if a source may give the keyset again. Otherwise its keys stay while a session holds
 * the keyset (e2m.md 2). */
bool kept_may_come_again(const struct session_store *store, const struct session *session,
			 unsigned slot);

/* The keys of the keyset in slot have come for the first time. Its COUNTs go on from any earlier
 * use of the same keys. */
void kept_find(struct session_store *store, struct session *session, unsigned slot);
/* Same for a restored session: other records may have COUNTs of its keyset. */
void kept_find_restored(struct session_store *store, struct session *session, unsigned slot);

#endif
