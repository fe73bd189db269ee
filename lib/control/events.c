/* SPDX-License-Identifier: BSD-3-Clause */
/* events: hands each event of a worker to the part that handles it. */
#include "control/aliases.h"
#include "control/changeover.h"
#include "control/kept.h"
#include "control/obtain.h"
#include "control/reserve.h"
#include "control/session.h"
#include "control/table.h"
#include "control/tunnels.h"
#include "control/watch.h"

static void take_done(struct session_store *store, unsigned worker,
		      const struct datapath_event *event)
{
	switch (event->command_kind) {
	case DATAPATH_REMOVE_FLOW:
	case DATAPATH_EXPECT_FLOW:
		tunnels_acknowledged(store, worker, event);
		break;
	case DATAPATH_ALIAS_FLOW:
		aliases_acknowledged(store, worker, event);
		break;
	case DATAPATH_SET_KEYSET:
		kept_acknowledged(store, event);
		break;
	default:
		session_acknowledged(store, event);
	}
}

void session_take_event(struct session_store *store, unsigned worker,
			const struct datapath_event *event)
{
	enum session_direction direction;
	struct session *s;

	if (event->kind == DATAPATH_DONE) {
		take_done(store, worker, event);
		return;
	}
	if (event->kind == DATAPATH_FIRST_NPDU) { /* of an alias, too */
		session_take_first_npdu(store, worker, event);
		return;
	}
	s = table_session_of_event(store, worker, event, &direction);
	if (!s)
		return;
	switch (event->kind) {
	case DATAPATH_MISS:
		reserve_begin(store, s, event->slot, direction);
		obtain_pull(store, s, event->slot);
		break;
	case DATAPATH_LOW:
		reserve_take_low(store, s, event, direction);
		break;
	case DATAPATH_AUTHENTICATED:
		changeover_take_authenticated(store, s, event->slot);
		break;
	case DATAPATH_SPENT:
		watch_take_spent(store, s, event->slot);
		break;
	case DATAPATH_COUNT_RECOVERED:
	case DATAPATH_COUNT_PENDING:
		watch_take_recovered(store, s, event);
		break;
	default:
		break;
	}
}
