/* SPDX-License-Identifier: BSD-3-Clause */
/* keys: the places of keysets. */
#ifndef CONTROL_KEYS_H
#define CONTROL_KEYS_H

#include "control/context.h"

/* It has any, in whatever state. */
bool keys_are_there(const struct session *session);

void keys_set_state(struct session_store *store, struct session *session, unsigned slot,
		    enum datapath_key_state state);
/* An activation, in an operation: makes the keyset the newest, with the COUNTs that the session has of
 * it. fresh: at once, and the only one; else downlink changes over to it in time. */
void keys_activate(struct session_store *store, struct session *session,
		   const struct e2m_keyset_id *id, uint8_t key_id, bool fresh);
/* The keyset in slot goes, with its name; live flows are told. */
void keys_drop(struct session_store *store, struct session *session, unsigned slot);
/* Downlink uses the keyset of the latest activation from now on. */
void keys_use_newest(struct session_store *store, struct session *session);
/* changeover_due: no uplink PDU came with the new Key ID in time, or none any more with the old one. */
void keys_change_over(struct session_store *store, struct session *session);
/* Downlink uses the newest keyset, and the other is about to go. */
bool keys_is_leaving(const struct session *session);
/* After a restart: waits again for what a changeover, or the keyset before it, was waiting for. */
void keys_resume_changeover(struct session_store *store, struct session *session);

#endif
