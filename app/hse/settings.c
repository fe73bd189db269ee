/* SPDX-License-Identifier: BSD-3-Clause */
#include "settings.h"

void settings_of_sessions(const struct hse_config *config, struct session_config *s)
{
	*s = (struct session_config){
		.numbers = config->numbers,
		.max = config->sessions.max,
		.unprotected_max = config->sessions.unprotected_max,
		.workers = config->workers.count,
		.counter_octets = config->sessions.counter_octets,
		.replay_window = config->sessions.replay_window,
		.gcm_tag_octets = config->sessions.gcm_tag_octets,
		.allow_null_integrity = config->sessions.allow_null_integrity,
		.ciphering_allowed =
			hse_config_algorithms(config->allowed_algorithms.ciphering,
					      config->allowed_algorithms.ciphering_count),
		.integrity_allowed =
			hse_config_algorithms(config->allowed_algorithms.integrity,
					      config->allowed_algorithms.integrity_count),
		.policy = {.rules = config->policy, .count = config->policy_count},
		.pull_on_activation = config->pull.when == HSE_PULL_ON_ACTIVATION,
		.changeover_s = config->sessions.changeover_s,
		.negative_cache_s = config->pull.negative_cache_s,
		.idle_flush_s = config->sessions.idle_flush_s,
		.count_warning = config->sessions.count_warning,
		.is_durable = config->state_given,
		.count_block = config->state.count_block,
		.pull = {.timeout_ms = config->pull.timeout_ms,
			 .retry_min_ms = config->pull.retry_min_ms,
			 .retry_max_ms = config->pull.retry_max_ms,
			 .in_flight_max = config->pull.in_flight,
			 .negative_cache_s = config->pull.negative_cache_s},
	};
}

/* In doubt, assume that the source remembers a keyset until it is replaced. */
enum retention_memory settings_of_memory(const struct keysource_config *k)
{
	if (k->kind == KEYSOURCE_FILE)
		return RETENTION_ALWAYS;
	return k->has_retention ? RETENTION_SHORT : RETENTION_LONG;
}

static void set_limits(struct worker_rings *rings, const struct hse_config *config)
{
	const struct datapath_command command = {
		.kind = DATAPATH_SET_LIMITS,
		.limits = {.hold_ms = config->pull.hold_ms,
			   .hold_packets_per_flow = config->pull.hold_packets_per_session,
			   .gtpc_hold_ms = config->gtpc.hold_ms,
			   .recovery_windows = config->sessions.recovery_windows,
			   .recovery_per_s = config->sessions.recovery_per_s,
			   .bad_mac_per_s = config->sessions.bad_mac_per_s,
			   .drop_unknown = config->unknown_teid == HSE_UNKNOWN_TEID_DROP}};

	worker_rings_send_to_all(rings, &command);
}

/* A new or removed source needs a restart. Then the order stays unchanged too. */
static void set_order(struct session_store *store, const struct hse_config *config)
{
	const char *names[PULL_SOURCES_MAX];
	const unsigned count = (unsigned)config->key_sources_count;

	for (unsigned i = 0; i < count; i++)
		names[i] = config->key_sources[i].name;
	pull_manager_set_order(session_pulls(store), names, count);
}

void settings_apply(const struct hse_config *config, struct session_store *store,
		    struct worker_rings *rings)
{
	struct session_config session;

	settings_of_sessions(config, &session);
	session_reconfigure(store, &session);
	set_order(store, config);
	set_limits(rings, config);
}
