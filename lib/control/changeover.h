/* SPDX-License-Identifier: BSD-3-Clause */
/* changeover: which of a session's keysets downlink uses (e2m.md 7), and when the other keyset is
 * dropped. Called by session, obtain, events, watch, restore and control.c. It calls no file that
 * pulls keys: where a pull is needed, the caller is told. */
#ifndef CONTROL_CHANGEOVER_H
#define CONTROL_CHANGEOVER_H

#include "control/context.h"

/* Activates a keyset, as part of an operation: the keyset becomes the newest. A keyset that the
 * session already has keeps its place and COUNTs. With is_create, downlink uses the keyset at once,
 * and the other keyset is dropped. Otherwise a changeover begins. */
void changeover_activate(struct session_store *store, struct session *session,
			 const struct e2m_keyset_id *id, uint8_t key_id, bool is_create);
/* Ends a changeover: downlink uses the newest keyset from now on. */
void changeover_finish(struct session_store *store, struct session *session);
/* Begins a changeover to the newest keyset. After a restart, begins the interrupted changeover
 * again. */
void changeover_start(struct session_store *store, struct session *session);
/* changeover_due has come. Before the changeover: no uplink PDU came with the new Key ID in time.
 * After the changeover: the other keyset may leave if it is unused. Returns true if the caller must
 * pull the newest keyset first. Its arrival ends the changeover. */
bool changeover_on_time(struct session_store *store, struct session *session);
/* A worker has authenticated an uplink PDU with the keyset in slot. */
void changeover_take_authenticated(struct session_store *store, struct session *session,
				   unsigned slot);
/* Returns true if downlink uses the newest keyset and the other is about to be dropped. */
bool changeover_is_leaving(const struct session *session);

#endif
