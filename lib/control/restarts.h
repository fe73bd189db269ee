/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * restarts: what GSNs say of their restarts, TS 23.007. Each counts them and says the counter in the Recovery IE
 * (TS 29.060 7.7.11). When the counter goes on, all PDP contexts of before at that GSN are gone, though nobody
 * deletes them: their sessions are lost. Sessions that are made after it differ by their serial. A GSN is an
 * address on one side of us. session.c and what is above it call this; sweep.c ends the lost sessions.
 */
#ifndef CONTROL_RESTARTS_H
#define CONTROL_RESTARTS_H

#include "control/change.h"
#include "control/context.h"

/* What both messages of an accepted request, or an Echo Response that was asked for, say. Call it before they take
 * effect. True: a GSN has restarted, and a sweep is to end its sessions. */
bool restarts_take(struct session_store *store, const struct recovery said[DATAPATH_SIDES]);
/* The messages have taken effect: of a GSN that no session had before, the counter is known from now on. */
void restarts_note(struct session_store *store, const struct recovery said[DATAPATH_SIDES]);
/* The session, which becomes target, is of before a restart of one of its GSNs. */
bool restarts_are_after(const struct session_store *store, const struct session *session,
			const struct change *target);
/* An accepted Update shows that the session, which becomes target, is there after the restart. */
void restarts_spare(struct session_store *store, struct session *session,
		    const struct change *target);
/* All sessions that were lost have ended. */
void restarts_forget(struct session_store *store);

#endif
