/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * restarts: what GSNs report of their restarts (TS 23.007). A GSN counts its restarts, and sends
 * the counter in the Recovery IE (TS 29.060 7.7.11). When the counter goes on, all earlier PDP
 * contexts at that GSN are gone, without any Delete. Their sessions are lost. Later sessions have a
 * later serial.
 *
 * Some GSNs have a counter for each peer, so a counter is that of two GSNs: the one that sends it,
 * and the one that asked. It tells of the sessions between these two control addresses alone. Only
 * a response to a request that crossed tells it. The memory is bounded: of two GSNs that were
 * forgotten, the next counter is the first.
 *
 * Called by establish.c, session.c and the layers above it; sweep.c ends the lost sessions.
 */
#ifndef CONTROL_RESTARTS_H
#define CONTROL_RESTARTS_H

#include "control/change.h"
#include "control/context.h"

/* Most pairs of GSNs of which counters are kept. */
#define RESTARTS_PAIRS 16384

struct restarts *restarts_new(void); /* NULL: no memory */
void restarts_free(struct restarts *restarts);

/* Takes the counter of an accepting response, or of an Echo Response to a known request. Call it
 * before the response takes effect. Returns true if its sender has restarted: then a sweep must end
 * the lost sessions. */
bool restarts_take(struct session_store *store, const struct recovery *said);
/* Takes the counter of an accepted Create Request, before the response takes effect. A request proves no restart.
 * But when a response does, sessions that were made under the new counter are not lost. */
void restarts_hear(struct session_store *store, const struct recovery *asked);
/* Call it when the messages have taken effect. Notes the counter of GSNs that had no session
 * before. */
void restarts_note(struct session_store *store, const struct recovery *said);
/* Returns true if the session is from before a restart of one of its GSNs. target: what the session
 * becomes. */
bool restarts_are_after(const struct session_store *store, const struct session *session,
			const struct change *target);
/* An accepted Update proves that the session exists after the restart, so it does not end. target:
 * what the session becomes. */
void restarts_spare(struct session_store *store, struct session *session,
		    const struct change *target);
/* Call it when all lost sessions have ended. */
void restarts_forget(struct session_store *store);

#endif
