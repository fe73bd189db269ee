/* SPDX-License-Identifier: BSD-3-Clause */
/* ceilings: COUNTs that may be used. */
#ifndef CONTROL_CEILINGS_H
#define CONTROL_CEILINGS_H

#include "control/context.h"

/* A packet is going to use the keyset in slot: reserves COUNTs, unless some are left. */
void ceilings_begin(struct session_store *store, struct session *session, unsigned slot,
		    enum session_direction direction);
/* The keyset leaves its place. */
void ceilings_give_up(struct session *session, unsigned slot);
void ceilings_take_low(struct session_store *store, struct session *session,
		       const struct datapath_event *event, enum session_direction direction);
/* What a worker is to be told. */
struct datapath_ceiling ceilings_of(const struct session_store *store,
				    const struct session *session, unsigned slot,
				    enum session_direction direction);
/* All COUNTs that were ever used of the keyset are below it; */
uint32_t ceilings_bound(const struct session *session, unsigned slot,
			enum session_direction direction);
/* and what is to be on disk. */
uint32_t ceilings_wanted(const struct session *session, unsigned slot,
			 enum session_direction direction);
/* A record of the session, as it was then, is on disk. */
void ceilings_grant(struct session_store *store, struct session *session,
		    const struct state_session *record);

#endif
