/* SPDX-License-Identifier: BSD-3-Clause */
/* keyset: the places of a session's keysets. This file alone assigns `state` and `failure` of struct session_keyset:
 * each function below that names a state makes one transition. changeover, obtain, watch and restore call them. */
#ifndef CONTROL_KEYSET_H
#define CONTROL_KEYSET_H

#include "control/context.h"

/* --- transitions; live flows are told --- */

/* A keyset that is known by name takes the place: MISSING. What was there leaves as in keyset_drop. */
void keyset_put(struct session_store *store, struct session *session, unsigned slot,
		const struct e2m_keyset_id *id, uint8_t key_id);
/* The key stands in the place: READY. Its lifetime begins, unless it has begun. keep_count: the flows have its COUNTs
 * and windows. */
void keyset_set_ready(struct session_store *store, struct session *session, unsigned slot,
		      bool keep_count);
/* The key goes, COUNTs and windows stay: MISSING. The next packet pulls the key. */
void keyset_set_missing(struct session_store *store, struct session *session, unsigned slot);
/* The key goes, its pull ends, and packets are dropped: FAILED. */
void keyset_fail(struct session_store *store, struct session *session, unsigned slot,
		 enum keyset_failure failure);
/* The keyset leaves the place: NONE. Its pull ends, and its COUNTs are remembered (kept.h). */
void keyset_drop(struct session_store *store, struct session *session, unsigned slot);
void keyset_drop_all(struct session_store *store, struct session *session);
/* After a restart, before any flow: MISSING, or FAILED if its lifetime is over. */
void keyset_restore(struct session_store *store, struct session *session, unsigned slot,
		    bool is_over);

/* --- places --- */

void keyset_set_key_id(struct session_store *store, struct session *session, unsigned slot,
		       uint8_t key_id);
/* The place of the keyset with this name; DATAPATH_KEYSETS: there is none. */
unsigned keyset_find(const struct session *session, const struct e2m_keyset_id *id);
void keyset_cancel_pull(struct session_store *store, struct session *session, unsigned slot);
/* Returns true if COUNTs of the keyset were used since the last look; counts: as flows_counts has them. */
bool keyset_was_used(struct session_keyset *keyset, struct counts_value counts);

/* For log lines: as e2m_keyset_id_str. */
struct keyset_name {
	char text[E2M_KEYSET_ID_STR];
};
struct keyset_name keyset_name(const struct session *session, unsigned slot);

#endif
