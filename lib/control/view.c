/* SPDX-License-Identifier: BSD-3-Clause */
/* view: what operators see of sessions (session_view_from of control.h). */
#include <string.h>

#include "control/table.h"
#include "control/work.h"

/* Ids that one call looks at: some hundred microseconds. */
#define LOOKS 16384

static const char *const failure_names[FAILURES] = {
	[FAILURE_USER_UNKNOWN] = "user_unknown",
	[FAILURE_NOT_AVAILABLE] = "not_available",
	[FAILURE_NOT_AUTHORIZED] = "not_authorized",
	[FAILURE_NOT_ALLOWED] = "not_allowed",
	[FAILURE_OTHER_KEYS] = "other_keys",
	[FAILURE_UNUSABLE] = "unusable",
	[FAILURE_EXPIRED] = "expired",
};

static const char *state_of_keyset(const struct session *s)
{
	const struct session_keyset *keyset = &protection_of(s)->keysets[protection_of(s)->newest];

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

static const char *state_name(const struct session *s)
{
	if (s->kind == DIRECTORY_ENDED)
		return "barred";
	if (s->kind == DIRECTORY_UNPROTECTED)
		return s->is_barred ? "barred" : "clear";
	if (!session_has_keyset(s) || s->policy == POLICY_DROP)
		return policy_bars(s->policy) ? "barred" : "clear";
	return state_of_keyset(s);
}

static const char *const kind_names[DIRECTORY_KINDS] = {[DIRECTORY_PROTECTED] = "protected",
							[DIRECTORY_UNPROTECTED] = "unprotected",
							[DIRECTORY_ENDED] = "ended"};

static const char *const origin_names[] = {[ORIGIN_GTPC] = "gtpc",
					   [ORIGIN_NOTIFICATION] = "notification",
					   [ORIGIN_CONFIGURATION] = "configuration"};

/* --- one session --- */

static struct session_flow_ref view_flow(const struct session_store *store, const struct session *s,
					 enum session_direction direction)
{
	struct session_flow_ref ref = {
		.tunnel = directory_tunnel(store->directory, &s->tunnel[direction])};

	if (s->kind == DIRECTORY_PROTECTED) {
		const struct session_flow *flow = &protection_of(s)->flow[direction];

		ref.live = flow->live;
		ref.worker = flow->worker;
		ref.number = flow->number;
	}
	return ref;
}

static void view_keyset(const struct session *s, struct session_view *v)
{
	const struct session_keyset *keyset = &protection_of(s)->keysets[protection_of(s)->newest];

	v->keyset = keyset->id;
	v->key_id = keyset->key_id;
	v->slot = protection_of(s)->newest;
	v->count_warning = keyset->count_warned;
	v->recovered = protection_of(s)->recovered;
	v->recovery_pending = protection_of(s)->recovery_pending;
	v->eea = keyset->eea;
	v->eia = keyset->eia;
}

static void view_apn(const struct session_store *store, const struct session *s,
		     struct session_view *v)
{
	size_t len = 0;
	const uint8_t *apn = s->apn ? apns_octets(store->apns, s->apn, &len) : NULL;

	if (!apn || len > sizeof(v->apn))
		return;
	memcpy(v->apn, apn, len);
	v->apn_len = (uint8_t)len;
}

static void view_networks(const struct session_store *store, const struct session *s,
			  struct session_view *v)
{
	const struct session *network = NULL;

	if (s->kind != DIRECTORY_PROTECTED)
		return;
	while ((network = directory_next_network(store->directory, s, network)) != NULL) {
		if (v->networks_count < SESSION_VIEW_NETWORKS)
			v->networks[v->networks_count] = network->network;
		v->networks_count++;
	}
}

static void view(const struct session_store *store, const struct session *s, struct session_view *v)
{
	*v = (struct session_view){.id = table_id(store, s),
				   .kind = kind_names[s->kind],
				   .imsi = directory_imsi(s),
				   .nsapi = s->nsapi,
				   .primary = s->primary,
				   .state = state_name(s),
				   .origin = origin_names[s->origin],
				   .uplink = view_flow(store, s, UP),
				   .downlink = view_flow(store, s, DOWN)};
	directory_address(s, &v->address);
	view_apn(store, s, v);
	view_networks(store, s, v);
	if (s->kind == DIRECTORY_PROTECTED)
		view_keyset(s, v);
}

/* --- which sessions --- */

static bool overlap(const struct pdp_prefix *a, const struct pdp_prefix *b)
{
	return pdp_prefix_contains(a, b) || pdp_prefix_contains(b, a);
}

static bool has_address(const struct session_store *store, const struct session *s,
			const struct pdp_prefix *address)
{
	const struct session *network = NULL;
	struct pdp_address own;
	struct pdp_prefix prefix;

	directory_address(s, &own);
	if (pdp_address_prefix(&own, address->is_ipv6, &prefix) && overlap(&prefix, address))
		return true;
	while (s->kind == DIRECTORY_PROTECTED &&
	       (network = directory_next_network(store->directory, s, network)) != NULL)
		if (overlap(&network->network, address))
			return true;
	return false;
}

static bool has_teid(const struct session *s, uint32_t teid)
{
	return (s->tunnel[UP].gsn && s->tunnel[UP].teid == teid) ||
	       (s->tunnel[DOWN].gsn && s->tunnel[DOWN].teid == teid) ||
	       (s->control_ggsn.gsn && s->control_ggsn.teid == teid) ||
	       (s->control_sgsn.gsn && s->control_sgsn.teid == teid);
}

static bool matches(const struct session_store *store, const struct session_filter *filter,
		    const struct session *s)
{
	const struct e2m_imsi imsi = directory_imsi(s);

	if (s->kind == DIRECTORY_NETWORK || (s->kind == DIRECTORY_ENDED && !filter->with_ended))
		return false;
	return (!filter->imsi.digits[0] || strcmp(imsi.digits, filter->imsi.digits) == 0) &&
	       (!filter->has_teid || has_teid(s, filter->teid)) &&
	       (filter->address.length == 0 || has_address(store, s, &filter->address));
}

size_t session_view_from(const struct session_store *store, const struct session_filter *filter,
			 uint32_t first, struct session_view *views, size_t max, uint32_t *next)
{
	static const struct session_filter none;
	uint32_t id = directory_next_id(store->directory, first ? first - 1 : 0);
	size_t count = 0;

	for (unsigned looks = 0; id != 0 && count < max && looks < LOOKS;
	     looks++, id = directory_next_id(store->directory, id)) {
		const struct session *s = directory_session(store->directory, id);

		if (s && matches(store, filter ? filter : &none, s))
			view(store, s, &views[count++]);
	}
	*next = id;
	return count;
}
