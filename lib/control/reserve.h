/* SPDX-License-Identifier: BSD-3-Clause */
/* reserve: COUNTs are reserved on disk before a worker uses them (e2m.md 7). All COUNTs below a
 * ceiling are reserved; reserve.c says how many. Called by events, keyset, obtain, flows, kept,
 * record and durable.c. */
#ifndef CONTROL_RESERVE_H
#define CONTROL_RESERVE_H

#include "control/context.h"

/* A packet is about to use the keyset in slot. Reserves COUNTs, unless some are left. */
void reserve_begin(struct session_store *store, struct session *session, unsigned slot,
		   enum session_direction direction);
/* The keyset leaves its place: it wants no COUNTs any more. */
void reserve_give_up(struct session *session, unsigned slot);
/* Takes DATAPATH_LOW: a worker has reached the mark and asks for more COUNTs. */
void reserve_take_low(struct session_store *store, struct session *session,
		      const struct datapath_event *event, enum session_direction direction);
/* Returns the ceiling for the worker, and the mark at which the worker asks for more. */
struct datapath_ceiling reserve_ceiling(const struct session_store *store,
					const struct session *session, unsigned slot,
					enum session_direction direction);
/* Returns a bound: all COUNTs of the keyset that were ever used are below it. */
uint32_t reserve_bound(const struct session *session, unsigned slot,
		       enum session_direction direction);
/* Returns the ceiling that must be on disk. */
uint32_t reserve_wanted(const struct session *session, unsigned slot,
			enum session_direction direction);
/* A record with these ceilings is on disk. COUNTs of the keyset below them may be used from now
 * on. */
void reserve_grant(struct session_store *store, struct session *session, unsigned slot,
		   const uint32_t ceiling[2]);

#endif
