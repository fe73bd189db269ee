/* SPDX-License-Identifier: BSD-3-Clause */
/* retire: keys that workers may still read. */
#ifndef CONTROL_RETIRE_H
#define CONTROL_RETIRE_H

#include "control/context.h"

/* Takes out of a place its key, or its key and COUNTs, for retire_tell. NULL: there was nothing. */
struct retired *retire_key(struct session_store *store, struct session *session, unsigned slot);
struct retired *retire_keyset(struct session_store *store, struct session *session, unsigned slot);
/* The keys in slot leave it, and none of their COUNTs was used. */
void retire_unused(struct session_store *store, struct session *session, unsigned slot);
/* Tells live flows what a place holds now. When all have heard it, the retired key is wiped and its
 * COUNTs, as the workers had them, are remembered. */
void retire_tell(struct session_store *store, struct session *session, unsigned slot,
		 bool keep_count, struct retired *retired);
/* An acknowledgement of SET_KEYSET. */
void retire_acknowledged(const struct datapath_event *event);
void retire_free(struct session_store *store);

#endif
