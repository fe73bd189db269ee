/* SPDX-License-Identifier: BSD-3-Clause */
#include "hse_config.h"

#include <string.h>
#include <sys/socket.h>

#include "hse_check.h"
#include "hse_findings.h"
#include "npdu/forgery.h"
#include "npdu/recovery.h"
#include "npdu/window.h"
#include "program/privileges.h"

#define FIELD(member_name, member, ...)                                                    \
	{                                                                                  \
		.name = member_name, CONFIG_MEMBER(struct hse_config, member), __VA_ARGS__ \
	}

static const char *const steering_names[] = {"auto", "off", NULL};

static const struct config_field port_fields[] = {
	{.name = "device",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct hse_port_config, device),
	 .required = true},
	{.name = "queues",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct hse_port_config, queues),
	 .min = 1,
	 .max = 64},
	{.name = "descriptors",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct hse_port_config, descriptors),
	 .min = 64,
	 .max = 32768},
	{.name = "mtu",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct hse_port_config, mtu),
	 .min = 576,
	 .max = HSE_MTU_MAX},
	{.name = "teid_steering",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct hse_port_config, teid_steering),
	 .names = steering_names},
	{0},
};

static const struct config_field ports_fields[] = {
	FIELD("access", ports[DATAPATH_ACCESS], .kind = CONFIG_STRUCT, .required = true,
	      .fields = port_fields),
	FIELD("core", ports[DATAPATH_CORE], .kind = CONFIG_STRUCT, .required = true,
	      .fields = port_fields),
	{0},
};

static const struct config_field lcore_item = {
	.kind = CONFIG_UINT, .size = sizeof(uint32_t), .max = 1023};

static const char *const poll_names[] = {"adaptive", "busy", NULL};
static const char *const when_names[] = {"on_first_packet", "on_activation", NULL};

static const struct config_field workers_fields[] = {
	FIELD("count", workers.count, .kind = CONFIG_UINT, .min = 1, .max = 64),
	FIELD("lcores", workers.lcores, .kind = CONFIG_LIST, .item = &lcore_item,
	      .count_offset = offsetof(struct hse_config, workers.lcores_count), .min = 1,
	      .max = 64),
	FIELD("poll", workers.poll, .kind = CONFIG_ENUM, .names = poll_names),
	FIELD("control_lcore", workers.control_lcore, .kind = CONFIG_UINT, .max = 1023,
	      .given_offset = offsetof(struct hse_config, workers.control_lcore_given)),
	{0},
};

static const struct config_field memory_fields[] = {
	FIELD("hugepages", memory.hugepages, .kind = CONFIG_BOOL),
	FIELD("mib", memory.mib, .kind = CONFIG_UINT, .min = 64, .max = 524288,
	      .given_offset = offsetof(struct hse_config, memory.mib_given)),
	FIELD("mbufs", memory.mbufs, .kind = CONFIG_UINT, .min = 1024, .max = 16777215),
	{0},
};

static const struct config_field sessions_fields[] = {
	FIELD("max", sessions.max, .kind = CONFIG_UINT, .min = 1, .max = 16000000),
	FIELD("unprotected_max", sessions.unprotected_max, .kind = CONFIG_UINT, .min = 1024,
	      .max = 67108864),
	FIELD("counter_octets", sessions.counter_octets, .kind = CONFIG_UINT, .max = 3),
	FIELD("replay_window", sessions.replay_window, .kind = CONFIG_UINT, .max = NPDU_WINDOW_MAX),
	FIELD("recovery_windows", sessions.recovery_windows, .reloads = true, .kind = CONFIG_UINT,
	      .max = NPDU_RECOVERY_WINDOWS_MAX),
	FIELD("recovery_per_s", sessions.recovery_per_s, .reloads = true, .kind = CONFIG_UINT,
	      .min = 1, .max = NPDU_RECOVERY_PER_S_MAX),
	FIELD("bad_mac_per_s", sessions.bad_mac_per_s, .reloads = true, .kind = CONFIG_UINT,
	      .max = NPDU_FORGERY_PER_S_MAX),
	FIELD("changeover_s", sessions.changeover_s, .reloads = true, .kind = CONFIG_UINT,
	      .max = 3600),
	FIELD("allow_null_integrity", sessions.allow_null_integrity, .reloads = true,
	      .kind = CONFIG_BOOL),
	FIELD("gcm_tag_octets", sessions.gcm_tag_octets, .kind = CONFIG_UINT, .min = 8, .max = 16),
	FIELD("idle_flush_s", sessions.idle_flush_s, .reloads = true, .kind = CONFIG_UINT),
	FIELD("count_warning", sessions.count_warning, .reloads = true, .kind = CONFIG_UINT),
	{0},
};

static const struct config_field pull_fields[] = {
	FIELD("when", pull.when, .reloads = true, .kind = CONFIG_ENUM, .names = when_names),
	FIELD("timeout_ms", pull.timeout_ms, .reloads = true, .kind = CONFIG_UINT, .min = 10,
	      .max = 60000),
	FIELD("retry_min_ms", pull.retry_min_ms, .reloads = true, .kind = CONFIG_UINT, .min = 10,
	      .max = 60000),
	FIELD("retry_max_ms", pull.retry_max_ms, .reloads = true, .kind = CONFIG_UINT, .min = 10,
	      .max = 600000),
	FIELD("in_flight", pull.in_flight, .reloads = true, .kind = CONFIG_UINT, .min = 1,
	      .max = 65536),
	FIELD("hold_packets_per_session", pull.hold_packets_per_session, .reloads = true,
	      .kind = CONFIG_UINT, .min = 1, .max = 4096),
	FIELD("hold_packets_total", pull.hold_packets_total, .kind = CONFIG_UINT, .min = 1,
	      .max = 16777214),
	FIELD("hold_ms", pull.hold_ms, .reloads = true, .kind = CONFIG_UINT, .min = 10,
	      .max = 600000),
	FIELD("negative_cache_s", pull.negative_cache_s, .reloads = true, .kind = CONFIG_UINT,
	      .min = 1, .max = 86400),
	{0},
};

static const struct config_field gtpc_fields[] = {
	FIELD("hold_ms", gtpc.hold_ms, .reloads = true, .kind = CONFIG_UINT, .min = 1,
	      .max = 10000),
	{0},
};

static const struct config_field state_fields[] = {
	FIELD("path", state.path, .kind = CONFIG_STRING, .required = true),
	FIELD("count_block", state.count_block, .kind = CONFIG_UINT, .min = 2, .max = 1 << 24),
	{0},
};

static const struct config_field telemetry_fields[] = {
	FIELD("prefix", telemetry.prefix, .kind = CONFIG_STRING),
	{0},
};

static const char *const unknown_teid_names[] = {"pass", "drop", NULL};

/* Its prefix is set later. */
static const struct config_field policy_route_item = {.kind = CONFIG_STRING,
						      .size = sizeof(struct policy_route)};

static const struct config_field policy_fields[] = {
	{.name = "apn", .kind = CONFIG_STRING, CONFIG_MEMBER(struct policy_rule, apn)},
	{.name = "imsi", .kind = CONFIG_STRING, CONFIG_MEMBER(struct policy_rule, imsi)},
	{.name = "action",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct policy_rule, action),
	 .names = policy_action_names,
	 .required = true},
	{.name = "routes",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct policy_rule, routes),
	 .item = &policy_route_item,
	 .count_offset = offsetof(struct policy_rule, routes_count),
	 .max = PDP_NETWORKS_MAX,
	 .or_one = true},
	{.name = "delegated_prefix_length",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct policy_rule, delegated_prefix_length),
	 .min = 1,
	 .max = PDP_IPV6_BITS},
	{0},
};

static const struct config_field policy_item = {
	.kind = CONFIG_STRUCT, .size = sizeof(struct policy_rule), .fields = policy_fields};

static const struct config_field ciphering_item = {.kind = CONFIG_ENUM,
						   .size = sizeof(int),
						   .names = config_eea_names,
						   .values = config_eea_values};
static const struct config_field integrity_item = {.kind = CONFIG_ENUM,
						   .size = sizeof(int),
						   .names = config_eia_names,
						   .values = config_eia_values};

static const struct config_field allowed_fields[] = {
	FIELD("ciphering", allowed_algorithms.ciphering, .kind = CONFIG_LIST,
	      .item = &ciphering_item,
	      .count_offset = offsetof(struct hse_config, allowed_algorithms.ciphering_count),
	      .min = 1, .max = 5),
	FIELD("integrity", allowed_algorithms.integrity, .kind = CONFIG_LIST,
	      .item = &integrity_item,
	      .count_offset = offsetof(struct hse_config, allowed_algorithms.integrity_count),
	      .min = 1, .max = 5),
	{0},
};

static const struct config_field key_source_item = {.kind = CONFIG_STRUCT,
						    .size = sizeof(struct keysource_config),
						    .fields = keysource_config_fields};

static const struct config_field notifying_peer = {.kind = CONFIG_STRING, .size = sizeof(char *)};

static const struct config_field notifications_fields[] = {
	FIELD("peers", notifications.peers, .kind = CONFIG_LIST, .item = &notifying_peer,
	      .count_offset = offsetof(struct hse_config, notifications.peers_count), .min = 1,
	      .max = 1024, .required = true),
	{0},
};

/* Members of nested, unnamed structs are described from the top, so the nested tables start at 0. */
#define SECTION(member_name, table, ...)                                        \
	{                                                                       \
		.name = member_name, .kind = CONFIG_STRUCT, .offset = 0,        \
		.size = sizeof(struct hse_config), .fields = table, __VA_ARGS__ \
	}

const struct config_field hse_config_fields[] = {
	SECTION("ports", ports_fields, .required = true),
	SECTION("workers", workers_fields),
	SECTION("memory", memory_fields),
	SECTION("sessions", sessions_fields),
	SECTION("pull", pull_fields),
	SECTION("gtpc", gtpc_fields),
	FIELD("policy", policy, .reloads = true, .kind = CONFIG_LIST, .item = &policy_item,
	      .count_offset = offsetof(struct hse_config, policy_count), .max = 1024),
	FIELD("unknown_teid", unknown_teid, .reloads = true, .kind = CONFIG_ENUM,
	      .names = unknown_teid_names),
	FIELD("transparent", transparent, .reloads = true, .kind = CONFIG_LIST,
	      .item = &transparent_item,
	      .count_offset = offsetof(struct hse_config, transparent_count),
	      .max = DATAPATH_TRANSPARENT_MAX),
	SECTION("allowed_algorithms", allowed_fields, .reloads = true),
	SECTION("state", state_fields, .given_offset = offsetof(struct hse_config, state_given)),
	SECTION("telemetry", telemetry_fields),
	SECTION("notifications", notifications_fields,
		.given_offset = offsetof(struct hse_config, notifications_given)),
	FIELD("static_sessions", static_sessions, .kind = CONFIG_LIST, .item = &static_session_item,
	      .count_offset = offsetof(struct hse_config, static_sessions_count), .min = 1,
	      .max = STATIC_SESSIONS_MAX),
	FIELD("user", user, .kind = CONFIG_STRING),
	FIELD("lab_mode", lab_mode, .kind = CONFIG_BOOL),
	FIELD("link_state_mirror", link_state_mirror, .kind = CONFIG_BOOL),
	FIELD("bypass", bypass, .kind = CONFIG_BOOL),
	FIELD("diameter", diameter, .kind = CONFIG_STRUCT, .fields = diameter_config_fields,
	      .given_offset = offsetof(struct hse_config, diameter_given)),
	FIELD("key_sources", key_sources, .reloads = true, .kind = CONFIG_LIST,
	      .item = &key_source_item,
	      .count_offset = offsetof(struct hse_config, key_sources_count), .min = 1, .max = 8,
	      .required = true),
	FIELD("log", log, .reloads = true, .kind = CONFIG_STRUCT, .fields = program_log_fields),
	FIELD("numbers", numbers, .kind = CONFIG_STRUCT, .fields = config_e2m_numbers),
	{0},
};

static void set_defaults(struct hse_config *c)
{
	static char default_prefix[] = "hse";

	memset(c, 0, sizeof(*c));
	for (unsigned i = 0; i < DATAPATH_SIDES; i++) {
		c->ports[i].queues = 1;
		c->ports[i].descriptors = 1024;
	}
	c->workers.count = 1;
	c->memory.hugepages = true;
	c->memory.mib = 256;
	c->sessions.max = 65536;
	c->sessions.unprotected_max = 4000000;
	c->sessions.counter_octets = 1;
	c->sessions.replay_window = NPDU_WINDOW_DEFAULT;
	c->sessions.recovery_windows = NPDU_RECOVERY_WINDOWS_AUTO;
	c->sessions.recovery_per_s = NPDU_RECOVERY_PER_S_DEFAULT;
	c->sessions.bad_mac_per_s = NPDU_FORGERY_PER_S_DEFAULT;
	c->sessions.changeover_s = 10;
	c->sessions.gcm_tag_octets = 8;
	c->sessions.count_warning = 4000000000;
	c->pull.timeout_ms = 2000;
	c->pull.retry_min_ms = 200;
	c->pull.retry_max_ms = 5000;
	c->pull.in_flight = 1024;
	c->pull.hold_packets_per_session = 32;
	c->pull.hold_packets_total = 4096;
	c->pull.hold_ms = 30000;
	c->pull.negative_cache_s = 10;
	c->gtpc.hold_ms = 1000;
	c->state.count_block = 65536;
	c->unknown_teid = HSE_UNKNOWN_TEID_DROP;
	c->link_state_mirror = true;
	c->diameter = diameter_default_config;
	c->telemetry.prefix = default_prefix;
	c->log = program_log_default;
	c->numbers = e2m_default_numbers;
}

uint32_t hse_config_algorithms(const int *list, size_t count)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < count; i++)
		bits |= UINT32_C(1) << list[i];
	return bits;
}

bool hse_config_is_allowed(const int *list, size_t count, unsigned algorithm)
{
	return count == 0 || hse_config_algorithms(list, count) >> algorithm & 1;
}

struct config_file *hse_config_load(const char *path, struct hse_config *c, FILE *errors)
{
	struct config_file *file;

	set_defaults(c);
	file = config_load(path, hse_config_fields, c, errors);
	if (!file || hse_check(file, c, errors))
		return file;
	config_free(file);
	return NULL;
}

bool hse_config_check(const char *path, struct hse_config *c, FILE *errors)
{
	struct config_file *file;
	char place[64];
	bool good;

	set_defaults(c);
	file = config_load(path, hse_config_fields, c, errors);
	good = file && hse_check(file, c, errors);
	if (file)
		good &= program_check_as_user(file, path, c->user, HSE_USER, errors);
	if (file)
		good &= hse_findings(file, c, errors);
	if (file && c->state_given)
		config_warn_of_folder(file, errors, "state.path", c->state.path);
	if (file && c->diameter_given)
		good &= diameter_config_check_outside(&c->diameter, file, "diameter", errors);
	for (size_t i = 0; file && i < c->key_sources_count; i++) {
		snprintf(place, sizeof(place), "key_sources[%zu]", i);
		good &= keysource_config_check_outside(&c->key_sources[i], file, place, errors);
	}
	config_free(file);
	return good;
}

struct tunnel hse_config_tunnel(const struct config_address *receiver, uint32_t teid)
{
	struct tunnel tunnel = {.teid = teid};

	if (receiver->family == AF_INET)
		tunnel_set_ipv4(&tunnel, receiver->octets);
	else
		tunnel_set_ipv6(&tunnel, receiver->octets);
	return tunnel;
}
