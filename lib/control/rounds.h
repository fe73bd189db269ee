/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rounds: looks at all sessions, some at a time, so that control can do its other work meanwhile.
 * reconfigure.c, sweep.c and watch.c have one round each.
 */
#ifndef CONTROL_ROUNDS_H
#define CONTROL_ROUNDS_H

#include "control/context.h"

/* Time between two runs, in ms. */
#define ROUNDS_RUN_MS 10
/* Most sessions that one run looks at. */
#define ROUNDS_RUN_LOOKS 4096

struct round {
	struct wheel_timer timer;
	uint32_t looked_at; /* last id that this round has looked at */
	/* Looks at a session, and may end it. Returns the work beyond one look, in looks. */
	unsigned (*look_at)(struct session_store *store, struct session *session);
	/* The round is over. Returns the ms until the next round; 0: no next round. */
	uint64_t (*end)(struct session_store *store);
	/* Such a round looks at protected sessions alone. Returns the last id to look at by now.
	 * NULL: no limit. */
	uint32_t (*target)(const struct session_store *store);
};

/* Begins a round after delay_ms. A round under way stops. */
void rounds_begin(struct session_store *store, struct round *round, uint64_t delay_ms);
/* Same, but the first run is now. */
void rounds_begin_now(struct session_store *store, struct round *round);

#endif
