/* SPDX-License-Identifier: BSD-3-Clause */
/* reserve: COUNTs that may be used. */
#ifndef CONTROL_RESERVE_H
#define CONTROL_RESERVE_H

#include "control/context.h"

/* A packet is going to use the keyset in slot: reserves COUNTs, unless some are left. */
void reserve_begin(struct session_store *store, struct session *session, unsigned slot,
		   enum session_direction direction);
/* The keyset leaves its place. */
void reserve_give_up(struct session *session, unsigned slot);
void reserve_take_low(struct session_store *store, struct session *session,
		      const struct datapath_event *event, enum session_direction direction);
/* What a worker is to be told. */
struct datapath_ceiling reserve_ceiling(const struct session_store *store,
					const struct session *session, unsigned slot,
					enum session_direction direction);
/* All COUNTs that were ever used of the keyset are below it; */
uint32_t reserve_bound(const struct session *session, unsigned slot,
		       enum session_direction direction);
/* and what is to be on disk. */
uint32_t reserve_wanted(const struct session *session, unsigned slot,
			enum session_direction direction);
/* A record with these ceilings of the keyset is on disk: COUNTs below them may be used. */
void reserve_grant(struct session_store *store, struct session *session, unsigned slot,
		   const uint32_t ceiling[2]);

#endif
