/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/rounds.h"

#include "base/container.h"
#include "control/table.h"

static void run(struct wheel_timer *timer, void *arg)
{
	struct session_store *store = arg;
	struct round *round = container_of(timer, struct round, timer);
	const uint32_t target = round->target ? round->target(store) : table_highest(store);
	uint64_t delay_ms = ROUNDS_RUN_MS;

	for (unsigned looks = 0; looks < ROUNDS_RUN_LOOKS && round->looked_at < target; looks++) {
		struct session *s = table_session(store, ++round->looked_at);

		if (s)
			looks += round->look_at(store, s);
	}
	if (round->looked_at == table_highest(store)) {
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
