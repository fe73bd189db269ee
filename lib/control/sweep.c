/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/sweep.h"

#include <stdlib.h>

#include "control/journal.h"
#include "control/restarts.h"
#include "control/rounds.h"
#include "control/session.h"

/* Sessions that one run ends, at most. */
#define ENDS 512
/* If BEHIND notes or more are not on disk, a run ends BEHIND_ENDS sessions at most. Otherwise other
 * changes would wait too long for the disk. */
#define BEHIND	    512
#define BEHIND_ENDS 16

struct sweep {
	struct round round;
	bool again; /* another round must follow */
};

static unsigned look_at(struct session_store *store, struct session *s)
{
	static const struct change end = {.alive = false, .is_swept = true};
	const unsigned ends = journal_behind(store->journal) < BEHIND ? ENDS : BEHIND_ENDS;

	if (!session_is_lost(store, s))
		return 0;
	session_apply(store, s, &end, NULL);
	return ROUNDS_RUN_LOOKS / ends - 1;
}

static uint64_t end_round(struct session_store *store)
{
	if (!store->sweep->again) {
		restarts_forget(store);
		return 0;
	}
	store->sweep->again = false;
	return ROUNDS_RUN_MS;
}

struct sweep *sweep_new(void)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	if (sweep)
		sweep->round = (struct round){.look_at = look_at, .end = end_round};
	return sweep;
}

void sweep_take(struct session_store *store, const struct recovery *said)
{
	struct sweep *sweep = store->sweep;

	if (!restarts_take(store, said))
		return;
	if (wheel_is_set(&sweep->round.timer))
		sweep->again = true;
	else
		rounds_begin(store, &sweep->round, 0);
}
