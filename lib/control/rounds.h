/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rounds: looks at all sessions, some at a time, so that control can do its other work meanwhile. reconfigure.c,
 * sweep.c and watch.c have a round each.
 */
#ifndef CONTROL_ROUNDS_H
#define CONTROL_ROUNDS_H

#include "control/context.h"

/* Time from one run to the next, in ms. */
#define ROUNDS_RUN_MS 10
/* Sessions that one run looks at, at most. */
#define ROUNDS_RUN_LOOKS 4096

struct round {
	struct wheel_timer timer;
	uint32_t looked_at; /* ids, in this round */
	/* Returns how much more it took than a look, in looks. It may end the session. */
	unsigned (*look_at)(struct session_store *store, struct session *session);
	/* The round is over. Returns the ms until the next begins; 0: none follows. */
	uint64_t (*end)(struct session_store *store);
	/* The last id that is to be looked at by now. NULL: there is no such limit. */
	uint32_t (*target)(const struct session_store *store);
};

/* Begins a round after delay_ms, instead of one under way. */
void rounds_begin(struct session_store *store, struct round *round, uint64_t delay_ms);
/* The same; its first run is now. */
void rounds_begin_now(struct session_store *store, struct round *round);

#endif
