/* SPDX-License-Identifier: BSD-3-Clause */
/* keyset: the places of a session's keysets. Only keyset.c assigns `state` and `failure` of struct
 * session_keyset. Each function below that names a state makes one transition. Called by
 * changeover, obtain, watch, session, record and restore. */
#ifndef CONTROL_KEYSET_H
#define CONTROL_KEYSET_H

#include "control/context.h"

/* --- transitions; live flows are told --- */

/* To MISSING: a keyset that is known by name takes the place. A keyset that was there leaves as in
 * keyset_drop. */
void keyset_put(struct session_store *store, struct session *session, unsigned slot,
		const struct e2m_keyset_id *id, uint8_t key_id);
/* To READY: the key is in the place. Its lifetime begins, unless it has begun. keep_count: the
 * flows have the keyset's COUNTs and windows. */
void keyset_set_ready(struct session_store *store, struct session *session, unsigned slot,
		      bool keep_count);
/* To MISSING: the key leaves, COUNTs and windows stay. The next packet pulls the key. */
void keyset_set_missing(struct session_store *store, struct session *session, unsigned slot);
/* To FAILED: the key leaves, its pull ends, and packets are dropped. */
void keyset_fail(struct session_store *store, struct session *session, unsigned slot,
		 enum keyset_failure failure);
/* To NONE: the keyset leaves the place. Its pull ends, and its COUNTs are remembered (kept.h). */
void keyset_drop(struct session_store *store, struct session *session, unsigned slot);
void keyset_drop_all(struct session_store *store, struct session *session);
/* After a restart, before there are flows: to MISSING, or to FAILED if its lifetime is over. */
void keyset_restore(struct session_store *store, struct session *session, unsigned slot,
		    bool is_over);

/* --- places --- */

/* Sets the Key ID, 1 to 7, and tells live flows. */
void keyset_set_key_id(struct session_store *store, struct session *session, unsigned slot,
		       uint8_t key_id);
/* Returns the place of the keyset with this name. DATAPATH_KEYSETS: there is none. */
unsigned keyset_find(const struct session *session, const struct e2m_keyset_id *id);
/* Ends the pull of the keyset in slot, if one is under way. */
void keyset_cancel_pull(struct session_store *store, struct session *session, unsigned slot);
/* Returns true if COUNTs of the keyset were used since the last call. counts: from flows_counts. */
bool keyset_was_used(struct session_keyset *keyset, struct counts_value counts);

/* The name of a keyset for log lines, as e2m_keyset_id_str writes it. */
struct keyset_name {
	char text[E2M_KEYSET_ID_STR];
};
struct keyset_name keyset_name(const struct session *session, unsigned slot);

#endif
