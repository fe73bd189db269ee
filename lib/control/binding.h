/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * binding: the PDP addresses of sessions, and what becomes of an address or a tunnel that two sessions
 * have (e2m.md 6, "Address binding"). The directory stores addresses for the workers; this file decides
 * which session has them. Called by establish.c, session.c, procedure.c, report.c and restore.c.
 */
#ifndef CONTROL_BINDING_H
#define CONTROL_BINDING_H

#include "control/change.h"
#include "control/context.h"

/* Addresses of GGSNs that are known as such. */
#define BINDING_GGSNS_MAX 65536

/* All these addresses belong to one GGSN, as one accepted message from the core side says, or a
 * notification. Call it before the message takes effect. The TEIDs are not used. */
void binding_note_ggsn(struct session_store *store, const struct tunnel *addresses, unsigned count);

/*
 * An accepted message, a notification or the configuration gives the addresses of target to the
 * session. Its APN must be set. All sessions of its PDN have them from now on.
 *
 * Another session with one of them at the same GGSN, which target names, loses it, if both have the
 * same APN or one APN is not known; with different APNs both keep it. So does an ended session: the GGSN
 * may have it still.
 */
void binding_give(struct session_store *store, struct session *session,
		  const struct change *target);

/* Returns true if both addresses are known to be of different GGSNs. The TEIDs are not used. */
bool binding_is_other_ggsn(const struct session_store *store, const struct tunnel *a,
			   const struct tunnel *b);

/* The session comes from the disk, as all others. If the process ended between two batches, two
 * sessions may have one address: the later session has it. */
void binding_restore(struct session_store *store, struct session *session);

/* Returns the NSAPI of the primary context, which a notification does not name: that of the subscriber's session with the
 * same APN and address at the same GGSN. Otherwise the session is itself the primary context. */
uint8_t binding_primary(const struct session_store *store, const struct session *session,
			const struct change *target);

/* Returns true if a session without keyset must be barred: target gives it an address that a protected
 * session or a network behind its UE has at the same GGSN. That may be a session of the same PDN, or the session itself before it
 * was made anew, or one of the same subscriber that has ended. */
bool binding_bars(const struct session_store *store, const struct session *session,
		  const struct change *target);

#endif
