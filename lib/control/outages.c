/* SPDX-License-Identifier: BSD-3-Clause */
/* outages: reports COUNTs that were lost and recovered (e2m.md 7 "Recovery") to people. Workers
 * send the events. Each session has counters, and its first event is logged. The log is limited,
 * because one link failure can cause a first event in a million sessions. */
#include <inttypes.h>

#include "control/outages.h"
#include "control/table.h"
#include "datapath/datapath.h"

#define LINES_A_SECOND 10

static void begin_second(struct session_store *store)
{
	const uint64_t second = wheel_now(store->wheel) / 1000;

	if (store->outages.second == second)
		return;
	if (store->outages.unsaid > 0)
		control_log(store, SESSION_LOG_INFO,
			    "%" PRIu32
			    " more sessions have found COUNT again: hsectl sessions shows which",
			    store->outages.unsaid);
	store->outages.second = second;
	store->outages.lines = 0;
	store->outages.unsaid = 0;
}

static void say(struct session_store *store, const struct session *s, uint64_t counts)
{
	begin_second(store);
	if (store->outages.lines == LINES_A_SECOND) {
		store->outages.unsaid++;
		return;
	}
	store->outages.lines++;
	control_log_of(store, s, SESSION_LOG_INFO,
		       "COUNT found again %" PRIu64
		       " ahead: so many uplink packets were lost, or sent elsewhere",
		       counts);
}

void outages_take_event(struct session_store *store, struct session *s,
			const struct datapath_event *event)
{
	if (event->kind == DATAPATH_COUNT_PENDING) {
		s->recovery_pending++;
		return;
	}
	if (s->recovered++ == 0)
		say(store, s, event->cookie);
}
