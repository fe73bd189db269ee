/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/events.h"

#include "control/expect.h"
#include "control/flows.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/keys.h"
#include "control/obtain.h"
#include "control/outages.h"
#include "control/reserve.h"
#include "control/session.h"
#include "control/table.h"

static void take_done(struct session_store *store, unsigned worker,
		      const struct datapath_event *event)
{
	switch (event->command_kind) {
	case DATAPATH_REMOVE_FLOW:
		flows_take_removed(store, worker, event->flow);
		break;
	case DATAPATH_EXPECT_FLOW:
		expect_acknowledged(store, event);
		break;
	case DATAPATH_SET_KEYSET:
		kept_acknowledged(event);
		break;
	default:
		session_acknowledged(store, event);
	}
}

static void take_authenticated(struct session_store *store, struct session *s, unsigned slot)
{
	struct session_keyset *keyset = &s->keysets[slot];

	/* Else it speaks of the keyset that was there before. */
	if (keyset->state != DATAPATH_KEY_READY)
		return;
	keyset->authenticated = true;
	journal_note(store, s);
	if (slot == s->newest)
		keys_use_newest(store, s);
}

static void say_spent(struct session_store *store, const struct session *s, unsigned slot)
{
	char id[E2M_KEYSET_ID_STR];

	control_count(store, SESSION_KEYSETS_SPENT);
	control_log_of(store, s, SESSION_LOG_WARNING,
		       "COUNT of e2mKEYSET %s has reached its end; nothing more is sent with it",
		       e2m_keyset_id_str(&s->keysets[slot].id, id));
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
	s = table_session_of_event(store, worker, event, &direction);
	if (!s)
		return;
	switch (event->kind) {
	case DATAPATH_MISS:
		reserve_begin(store, s, event->slot, direction);
		keys_pull(store, s, event->slot);
		break;
	case DATAPATH_LOW:
		reserve_take_low(store, s, event, direction);
		break;
	case DATAPATH_AUTHENTICATED:
		take_authenticated(store, s, event->slot);
		break;
	case DATAPATH_SPENT:
		say_spent(store, s, event->slot);
		break;
	case DATAPATH_COUNT_RECOVERED:
	case DATAPATH_COUNT_PENDING:
		outages_take_event(store, s, event);
		break;
	default:
		break;
	}
}

void events_take_changeover(struct session_store *store, struct session *s)
{
	keys_change_over(store, s);
}
