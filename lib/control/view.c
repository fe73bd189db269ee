/* SPDX-License-Identifier: BSD-3-Clause */
/* view: events in, and what people see. */
#include "control/expect.h"
#include "control/flows.h"
#include "control/journal.h"
#include "control/kept.h"
#include "control/keys.h"
#include "control/session.h"
#include "control/table.h"
#include "control/work.h"

void session_take_event(struct session_store *store, unsigned worker,
			const struct datapath_event *event)
{
	enum session_direction direction;
	struct session *s;

	if (event->kind == DATAPATH_DONE) {
		if (event->command_kind == DATAPATH_REMOVE_FLOW)
			flows_take_removed(store, worker, event->flow);
		else if (event->command_kind == DATAPATH_EXPECT_FLOW)
			expect_acknowledged(store, event);
		else if (event->command_kind == DATAPATH_SET_KEYSET)
			kept_acknowledged(event);
		else
			session_acknowledged(store, event);
		return;
	}
	s = table_session_of_event(store, worker, event, &direction);
	if (s)
		keys_take_event(store, s, event, direction);
}

/* What was set aside for config.max sessions, for each of them. */
static size_t octets_of_session(const struct session_store *store)
{
	const struct session_config *config = &store->config;
	const size_t heads = (size_t)SESSION_INDEXES * store->heads_count * sizeof(uint32_t);
	const size_t flow_numbers =
		(size_t)config->workers * session_flows_per_worker(config) * sizeof(uint32_t);
	const size_t shared = heads + flow_numbers + counts_octets(store->counts) +
			      retention_octets(store->retention) + journal_octets(store->journal);

	return sizeof(struct session) + (shared + config->max - 1) / config->max;
}

void session_totals(const struct session_store *store, struct session_totals *totals)
{
	totals->sessions = store->in_use;
	totals->ready = store->ready;
	totals->max = store->config.max;
	totals->state_error = journal_error(store->journal);
	totals->octets = octets_of_session(store);
	totals->octets_keyset = retention_octets_each(store->retention);
	totals->octets_remembered = counts_octets_each();
}

static const char *const failure_names[FAILURES] = {
	[FAILURE_USER_UNKNOWN] = "user_unknown",
	[FAILURE_NOT_AVAILABLE] = "not_available",
	[FAILURE_NOT_AUTHORIZED] = "not_authorized",
	[FAILURE_NOT_ALLOWED] = "not_allowed",
	[FAILURE_OTHER_KEYS] = "other_keys",
	[FAILURE_UNUSABLE] = "unusable",
	[FAILURE_EXPIRED] = "expired",
};

static const char *state_name(const struct session *s)
{
	const struct session_keyset *keyset = &s->keysets[s->newest];

	if (!keys_are_there(s) || s->policy == POLICY_DROP)
		return policy_bars(s->policy) ? "barred" : "clear";
	switch (keyset->state) {
	case DATAPATH_KEY_READY:
		return "ready";
	case DATAPATH_KEY_FAILED:
		return failure_names[keyset->failure];
	case DATAPATH_KEY_MISSING:
		if (work_is_pulling(s, s->newest) || keyset->key)
			return "pulling";
		return keyset->is_known ? "flushed" : "learned";
	}
	return "learned";
}

static const char *const origin_names[] = {[ORIGIN_GTPC] = "gtpc",
					   [ORIGIN_NOTIFICATION] = "notification",
					   [ORIGIN_CONFIGURATION] = "configuration"};

static struct session_flow_ref view_flow(const struct session_store *store,
					 const struct session_flow *flow)
{
	return (struct session_flow_ref){.live = flow->live,
					 .worker = flow->worker,
					 .number = flow->number,
					 .tunnel = table_tunnel(store, &flow->tunnel)};
}

static void view(const struct session_store *store, const struct session *s, struct session_view *v)
{
	const struct session_keyset *keyset = &s->keysets[s->newest];

	*v = (struct session_view){.id = table_id(store, s),
				   .imsi = table_imsi(s),
				   .nsapi = s->nsapi,
				   .state = state_name(s),
				   .origin = origin_names[s->origin],
				   .uplink = view_flow(store, &s->flow[UP]),
				   .downlink = view_flow(store, &s->flow[DOWN]),
				   .keyset = keyset->id,
				   .key_id = keyset->key_id,
				   .slot = s->newest,
				   .count_warning = keyset->count_warned,
				   .recovered = s->recovered,
				   .recovery_pending = s->recovery_pending,
				   .eea = keyset->eea,
				   .eia = keyset->eia};
}

size_t session_view_from(const struct session_store *store, uint32_t first,
			 struct session_view *views, size_t max, uint32_t *next)
{
	size_t count = 0;
	uint32_t id = first ? first : 1;

	for (; id <= store->highest && count < max; id++)
		if (store->sessions[id].serial != 0)
			view(store, &store->sessions[id], &views[count++]);
	*next = id <= store->highest ? id : 0;
	return count;
}
