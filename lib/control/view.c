/* SPDX-License-Identifier: BSD-3-Clause */
/* view: what operators see of sessions (session_view_from of control.h). */
#include "control/table.h"
#include "control/work.h"

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
	const struct session_keyset *keyset = &protection_of(s)->keysets[protection_of(s)->newest];

	if (!session_has_keyset(s) || s->policy == POLICY_DROP)
		return policy_bars(s->policy) ? "barred" : "clear";
	switch (keyset->state) {
	case DATAPATH_KEY_READY:
		return "ready";
	case DATAPATH_KEY_FAILED:
		return failure_names[keyset->failure];
	case DATAPATH_KEY_MISSING:
		if (work_is_pulling(s, protection_of(s)->newest) || keyset->key)
			return "pulling";
		return keyset->is_known ? "flushed" : "learned";
	}
	return "learned";
}

static const char *const origin_names[] = {[ORIGIN_GTPC] = "gtpc",
					   [ORIGIN_NOTIFICATION] = "notification",
					   [ORIGIN_CONFIGURATION] = "configuration"};

static struct session_flow_ref view_flow(const struct session_store *store, const struct session *s,
					 enum session_direction direction)
{
	const struct session_flow *flow = &protection_of(s)->flow[direction];

	return (struct session_flow_ref){
		.live = flow->live,
		.worker = flow->worker,
		.number = flow->number,
		.tunnel = directory_tunnel(store->directory, &s->tunnel[direction])};
}

static void view(const struct session_store *store, const struct session *s, struct session_view *v)
{
	const struct session_keyset *keyset = &protection_of(s)->keysets[protection_of(s)->newest];

	*v = (struct session_view){.id = table_id(store, s),
				   .imsi = directory_imsi(s),
				   .nsapi = s->nsapi,
				   .state = state_name(s),
				   .origin = origin_names[s->origin],
				   .uplink = view_flow(store, s, UP),
				   .downlink = view_flow(store, s, DOWN),
				   .keyset = keyset->id,
				   .key_id = keyset->key_id,
				   .slot = protection_of(s)->newest,
				   .count_warning = keyset->count_warned,
				   .recovered = protection_of(s)->recovered,
				   .recovery_pending = protection_of(s)->recovery_pending,
				   .eea = keyset->eea,
				   .eia = keyset->eia};
}

size_t session_view_from(const struct session_store *store, uint32_t first,
			 struct session_view *views, size_t max, uint32_t *next)
{
	size_t count = 0;
	uint32_t id = directory_next_id(store->directory, first ? first - 1 : 0);
	const struct session *s;

	for (; id != 0 && count < max; id = directory_next_id(store->directory, id))
		if ((s = table_session(store, id)) != NULL)
			view(store, s, &views[count++]);
	*next = id;
	return count;
}
