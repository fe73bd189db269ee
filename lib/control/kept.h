/* SPDX-License-Identifier: BSD-3-Clause */
/* kept: keys that workers may still read. */
#ifndef CONTROL_KEPT_H
#define CONTROL_KEPT_H

#include "control/context.h"

/* Takes out of a place its key, or its key and COUNTs, for kept_tell. NULL: there was nothing. */
struct retired *kept_retire_key(struct session_store *store, struct session *session,
				unsigned slot);
struct retired *kept_retire(struct session_store *store, struct session *session, unsigned slot);
/* The keys in slot leave it, and none of their COUNTs was used. */
void kept_unused(struct session_store *store, struct session *session, unsigned slot);
/* Tells live flows what a place holds now. When all have heard it, the retired key is wiped and its
 * COUNTs, as the workers had them, are remembered. */
void kept_tell(struct session_store *store, struct session *session, unsigned slot, bool keep_count,
	       struct retired *retired);
/* An acknowledgement of SET_KEYSET. */
void kept_acknowledged(const struct datapath_event *event);
void kept_free(struct session_store *store);

#endif
