/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/rounds.h"

#include "base/container.h"
#include "control/table.h"

/* The next id to look at. 0: the round is over. */
static uint32_t next_id(const struct session_store *store, const struct round *round)
{
	const uint32_t id = directory_next_id(store->directory, round->looked_at);

	return round->target && !directory_is_id_of(store->directory, DIRECTORY_PROTECTED, id) ? 0
											       : id;
}

static void run(struct wheel_timer *timer, void *arg)
{
	struct session_store *store = arg;
	struct round *round = container_of(timer, struct round, timer);
	const uint32_t target = round->target ? round->target(store) : UINT32_MAX;
	uint64_t delay_ms = ROUNDS_RUN_MS;
	uint32_t id = next_id(store, round);

	for (unsigned looks = 0; looks < ROUNDS_RUN_LOOKS && id != 0 && id <= target; looks++) {
		struct session *s = table_session(store, id);

		round->looked_at = id;
		if (s)
			looks += round->look_at(store, s);
		id = next_id(store, round);
	}
	if (id == 0) {
		round->looked_at = 0;
		delay_ms = round->end(store);
	}
	if (delay_ms > 0)
		wheel_set(store->wheel, timer, delay_ms, run);
}

void rounds_begin(struct session_store *store, struct round *round, uint64_t delay_ms)
{
	round->looked_at = 0;
	wheel_set(store->wheel, &round->timer, delay_ms, run);
}

void rounds_begin_now(struct session_store *store, struct round *round)
{
	wheel_cancel(&round->timer);
	round->looked_at = 0;
	run(&round->timer, store);
}
