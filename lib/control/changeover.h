/* SPDX-License-Identifier: BSD-3-Clause */
/* changeover: which of a session's keysets downlink uses (e2m.md 7), and when the other leaves. Calls no file that pulls
 * keys; obtain, events and session call it. */
#ifndef CONTROL_CHANGEOVER_H
#define CONTROL_CHANGEOVER_H

#include "control/context.h"

/* An activation, in an operation: the keyset becomes the newest. A keyset that the session has already keeps its place and
 * COUNTs. is_create: downlink uses it at once, and the other leaves; else downlink changes over in time. */
void changeover_activate(struct session_store *store, struct session *session,
			 const struct e2m_keyset_id *id, uint8_t key_id, bool is_create);
/* Downlink uses the newest keyset from now on. */
void changeover_finish(struct session_store *store, struct session *session);
/* Begins a changeover to the newest keyset; after a restart, begins again what was under way. */
void changeover_start(struct session_store *store, struct session *session);
/* changeover_due has come: no uplink PDU came with the new Key ID in time, or none any more with the old one. Returns true if the caller must pull the newest keyset first: its arrival changes over. */
bool changeover_on_time(struct session_store *store, struct session *session);
/* An uplink PDU with the keyset in slot was authenticated. */
void changeover_take_authenticated(struct session_store *store, struct session *session,
				   unsigned slot);
/* Downlink uses the newest keyset, and the other is about to leave. */
bool changeover_is_leaving(const struct session *session);

#endif
