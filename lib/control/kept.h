/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kept: COUNTs and keys that leave a session. Keys are wiped when no worker can read them any more. COUNTs are
 * bound on disk until the workers have said what they are, then remembered for as long as a key source can give
 * the keyset again (counts/retention.h), and found again when the keyset comes back. Called by keyset and by
 * what stands above it.
 */
#ifndef CONTROL_KEPT_H
#define CONTROL_KEPT_H

#include "control/context.h"

/* Sets what sources release to be noted: given, lost and is_waited_for. */
void kept_observe(struct pull_observer *observer);
/* After the wheel. -ENOMEM. */
int kept_init(struct session_store *store);
void kept_free(struct session_store *store);
/* Takes over the keysets of files that were read since the last call. */
void kept_look_at_files(struct session_store *store);

/* --- room: each keyset of a session has a place for its COUNTs when it leaves --- */

/* Returns true if there is room for so many more COUNTs. If necessary, it gives up COUNTs that wait for a
 * source. */
bool kept_make_room(struct session_store *store, uint32_t counts);
/* The same for what one IMSI may have; counts and logs a refusal. */
bool kept_make_room_of(struct session_store *store, const struct e2m_imsi *imsi, uint32_t counts);
/* Sessions of an earlier process have room, whatever config.max is. */
void kept_reserve_room(struct session_store *store);

/* --- keys and COUNTs leave --- */

struct retired;
/* Takes a key, or a key and its COUNTs, out of a place, for kept_tell. NULL: there was nothing. */
struct retired *kept_retire_key(struct session_store *store, struct session *session,
				unsigned slot);
struct retired *kept_retire(struct session_store *store, struct session *session, unsigned slot);
/* The keys in slot leave it, and none of their COUNTs was used. */
void kept_unused(struct session_store *store, struct session *session, unsigned slot);
/* Tells live flows what a place holds now. When all have heard it, the retired key is wiped and its COUNTs, as
 * the workers had them, are remembered. retired may be NULL. */
void kept_tell(struct session_store *store, struct session *session, unsigned slot, bool keep_count,
	       struct retired *retired);
/* An acknowledgement of SET_KEYSET. */
void kept_acknowledged(struct session_store *store, const struct datapath_event *event);
/* Workers may still read keys that were retired. */
bool kept_has_retired(const struct session_store *store);

/* --- COUNTs are found again --- */

/* Returns true if a source may give the keyset again. Otherwise its keys stay while a session holds it
 * (e2m.md 2). */
bool kept_may_come_again(const struct session_store *store, const struct session *session,
			 unsigned slot);

/* The keys of the keyset in slot have come for the first time: its COUNTs go on, wherever they were used. */
void kept_find(struct session_store *store, struct session *session, unsigned slot);
/* The same for a session of an earlier process, of which other records may have COUNTs. */
void kept_find_restored(struct session_store *store, struct session *session, unsigned slot);

#endif
