/* SPDX-License-Identifier: BSD-3-Clause */
#include "hse_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "npdu/window.h"

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
	FIELD("mib", memory.mib, .kind = CONFIG_UINT, .min = 64, .max = 1048576,
	      .given_offset = offsetof(struct hse_config, memory.mib_given)),
	FIELD("mbufs", memory.mbufs, .kind = CONFIG_UINT, .min = 1024, .max = 16777215),
	{0},
};

static const struct config_field sessions_fields[] = {
	FIELD("max", sessions.max, .kind = CONFIG_UINT, .min = 1, .max = 16777216),
	FIELD("counter_octets", sessions.counter_octets, .kind = CONFIG_UINT, .max = 3),
	FIELD("replay_window", sessions.replay_window, .kind = CONFIG_UINT, .max = NPDU_WINDOW_MAX),
	FIELD("changeover_s", sessions.changeover_s, .kind = CONFIG_UINT, .max = 3600),
	FIELD("allow_null_integrity", sessions.allow_null_integrity, .kind = CONFIG_BOOL),
	FIELD("gcm_tag_octets", sessions.gcm_tag_octets, .kind = CONFIG_UINT, .min = 8, .max = 16),
	FIELD("count_retention_s", sessions.count_retention_s, .kind = CONFIG_UINT),
	FIELD("idle_flush_s", sessions.idle_flush_s, .kind = CONFIG_UINT),
	FIELD("count_warning", sessions.count_warning, .kind = CONFIG_UINT),
	{0},
};

static const struct config_field pull_fields[] = {
	FIELD("when", pull.when, .kind = CONFIG_ENUM, .names = when_names),
	FIELD("timeout_ms", pull.timeout_ms, .kind = CONFIG_UINT, .min = 10, .max = 60000),
	FIELD("retry_min_ms", pull.retry_min_ms, .kind = CONFIG_UINT, .min = 10, .max = 60000),
	FIELD("retry_max_ms", pull.retry_max_ms, .kind = CONFIG_UINT, .min = 10, .max = 600000),
	FIELD("in_flight", pull.in_flight, .kind = CONFIG_UINT, .min = 1, .max = 65536),
	FIELD("hold_packets_per_session", pull.hold_packets_per_session, .kind = CONFIG_UINT,
	      .min = 1, .max = 4096),
	FIELD("hold_packets_total", pull.hold_packets_total, .kind = CONFIG_UINT, .min = 1,
	      .max = 16777216),
	FIELD("hold_ms", pull.hold_ms, .kind = CONFIG_UINT, .min = 10, .max = 600000),
	FIELD("negative_cache_s", pull.negative_cache_s, .kind = CONFIG_UINT, .min = 1,
	      .max = 86400),
	{0},
};

static const struct config_field gtpc_fields[] = {
	FIELD("hold_ms", gtpc.hold_ms, .kind = CONFIG_UINT, .min = 1, .max = 10000),
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

static const struct config_field policy_fields[] = {
	{.name = "apn", .kind = CONFIG_STRING, CONFIG_MEMBER(struct policy_rule, apn)},
	{.name = "imsi", .kind = CONFIG_STRING, CONFIG_MEMBER(struct policy_rule, imsi)},
	{.name = "action",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct policy_rule, action),
	 .names = policy_action_names,
	 .required = true},
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

static const struct config_field top_fields[] = {
	SECTION("ports", ports_fields, .required = true),
	SECTION("workers", workers_fields),
	SECTION("memory", memory_fields),
	SECTION("sessions", sessions_fields),
	SECTION("pull", pull_fields),
	SECTION("gtpc", gtpc_fields),
	FIELD("policy", policy, .kind = CONFIG_LIST, .item = &policy_item,
	      .count_offset = offsetof(struct hse_config, policy_count), .max = 1024),
	FIELD("unknown_teid", unknown_teid, .kind = CONFIG_ENUM, .names = unknown_teid_names),
	SECTION("allowed_algorithms", allowed_fields),
	SECTION("state", state_fields, .given_offset = offsetof(struct hse_config, state_given)),
	SECTION("telemetry", telemetry_fields),
	SECTION("notifications", notifications_fields,
		.given_offset = offsetof(struct hse_config, notifications_given)),
	FIELD("static_sessions", static_sessions, .kind = CONFIG_LIST, .item = &static_session_item,
	      .count_offset = offsetof(struct hse_config, static_sessions_count), .min = 1,
	      .max = STATIC_SESSIONS_MAX),
	FIELD("lab_mode", lab_mode, .kind = CONFIG_BOOL),
	FIELD("link_state_mirror", link_state_mirror, .kind = CONFIG_BOOL),
	FIELD("bypass", bypass, .kind = CONFIG_BOOL),
	FIELD("diameter", diameter, .kind = CONFIG_STRUCT, .fields = diameter_config_fields,
	      .given_offset = offsetof(struct hse_config, diameter_given)),
	FIELD("key_sources", key_sources, .kind = CONFIG_LIST, .item = &key_source_item,
	      .count_offset = offsetof(struct hse_config, key_sources_count), .min = 1, .max = 8,
	      .required = true),
	FIELD("log", log, .kind = CONFIG_STRUCT, .fields = program_log_fields),
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
	c->sessions.counter_octets = 1;
	c->sessions.replay_window = NPDU_WINDOW_DEFAULT;
	c->sessions.changeover_s = 10;
	c->sessions.gcm_tag_octets = 8;
	c->sessions.count_retention_s = 86400;
	c->sessions.count_warning = 4000000000;
	c->pull.timeout_ms = 2000;
	c->pull.retry_min_ms = 200;
	c->pull.retry_max_ms = 5000;
	c->pull.in_flight = 1024;
	c->pull.hold_packets_per_session = 32;
	c->pull.hold_packets_total = 4096;
	c->pull.hold_ms = 30000;
	c->pull.negative_cache_s = 10;
	c->gtpc.hold_ms = 100;
	c->state.count_block = 65536;
	c->link_state_mirror = true;
	c->diameter = diameter_default_config;
	c->telemetry.prefix = default_prefix;
	c->log = program_log_default;
	c->numbers = e2m_default_numbers;
}

/* "net_af_packet0" of "net_af_packet0,iface=acc0". */
static size_t name_len(const char *device)
{
	return strcspn(device, ",");
}

static bool check_ports(const struct config_file *file, const struct hse_config *c)
{
	const char *access = c->ports[DATAPATH_ACCESS].device;
	const char *core = c->ports[DATAPATH_CORE].device;

	if (name_len(access) != name_len(core) || strncmp(access, core, name_len(access)) != 0)
		return true;
	config_error(file, stderr, "ports.core.device", "%.*s is the access port already",
		     (int)name_len(core), core);
	return false;
}

/* It becomes a part of names of files and of a socket. */
static bool check_prefix(const struct config_file *file, const struct hse_config *c)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	const size_t len = strlen(c->telemetry.prefix);

	if (len >= 1 && len <= 64 && strspn(c->telemetry.prefix, allowed) == len)
		return true;
	config_error(file, stderr, "telemetry.prefix",
		     "expected 1 to 64 letters, digits, - and _, found '%s'", c->telemetry.prefix);
	return false;
}

static bool check_workers(const struct config_file *file, struct hse_config *c)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	bool good = true;

	if (c->workers.lcores_count > 0 && c->workers.lcores_count != c->workers.count) {
		config_error(file, stderr, "workers.lcores",
			     "names %zu lcores for %u workers; name one a worker",
			     c->workers.lcores_count, c->workers.count);
		good = false;
	}
	for (size_t i = 0; i < c->workers.lcores_count; i++) {
		char path[64];
		snprintf(path, sizeof(path), "workers.lcores[%zu]", i);
		if (c->workers.lcores[i] >= cpus) {
			config_error(file, stderr, path,
				     "CPU %u does not exist; this machine has 0 to %ld",
				     c->workers.lcores[i], cpus - 1);
			good = false;
		}
		for (size_t j = 0; j < i; j++)
			if (c->workers.lcores[i] == c->workers.lcores[j]) {
				config_error(file, stderr, path,
					     "CPU %u is another worker's already",
					     c->workers.lcores[i]);
				good = false;
			}
	}
	if (c->workers.lcores_count == 0 && c->workers.count >= cpus && cpus > 1) {
		config_error(file, stderr, "workers.count",
			     "%u workers leave no CPU for control; this machine has %ld",
			     c->workers.count, cpus);
		good = false;
	}
	return good;
}

static bool check_sessions(const struct config_file *file, const struct hse_config *c)
{
	bool good = true;

	if (c->sessions.gcm_tag_octets != 8 && c->sessions.gcm_tag_octets != 16) {
		config_error(file, stderr, "sessions.gcm_tag_octets", "must be 8 or 16, not %u",
			     c->sessions.gcm_tag_octets);
		good = false;
	}
	if (c->sessions.replay_window == 0 && !c->lab_mode) {
		config_error(file, stderr, "sessions.replay_window",
			     "0 switches replay protection off, which only lab_mode: true allows");
		good = false;
	}
	if (c->pull.retry_max_ms < c->pull.retry_min_ms) {
		config_error(file, stderr, "pull.retry_max_ms", "%u is less than retry_min_ms, %u",
			     c->pull.retry_max_ms, c->pull.retry_min_ms);
		good = false;
	}
	return good;
}

static bool check_state(struct config_file *file, struct hse_config *c)
{
	const uint32_t block = c->state.count_block;

	if (!c->state_given)
		return true;
	c->state.path = (char *)config_resolve_path(file, c->state.path);
	if (!c->state.path) {
		config_error(file, stderr, "state.path", "out of memory");
		return false;
	}
	if ((block & (block - 1)) != 0) {
		config_error(file, stderr, "state.count_block", "%u is not a power of two", block);
		return false;
	}
	return true;
}

static bool check_policy(const struct config_file *file, struct hse_config *c)
{
	bool good = true;

	for (size_t i = 0; i < c->policy_count; i++) {
		const char *member, *wrong = policy_read_rule(&c->policy[i], &member);
		char path[64];

		if (!wrong)
			continue;
		snprintf(path, sizeof(path), "policy[%zu].%s", i, member);
		config_error(file, stderr, path, "%s", wrong);
		good = false;
	}
	return good;
}

uint32_t hse_config_algorithms(const int *list, size_t count)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < count; i++)
		bits |= UINT32_C(1) << list[i];
	return bits;
}

/* True when a keyset may have it, as far as this list says. */
static bool is_allowed(const int *list, size_t count, unsigned algorithm)
{
	return count == 0 || hse_config_algorithms(list, count) >> algorithm & 1;
}

/* Some keyset must be allowed, or nothing would ever be protected. */
static bool check_allowed(const struct config_file *file, const struct hse_config *c)
{
	for (unsigned eea = 0; eea <= E2M_EEA_GCM; eea++)
		for (unsigned eia = 0; eia <= E2M_EIA_GCM; eia++)
			if (is_allowed(c->allowed_algorithms.ciphering,
				       c->allowed_algorithms.ciphering_count, eea) &&
			    is_allowed(c->allowed_algorithms.integrity,
				       c->allowed_algorithms.integrity_count, eia) &&
			    e2m_algorithms_allowed(eea, eia, c->sessions.allow_null_integrity))
				return true;
	config_error(file, stderr, "allowed_algorithms",
		     "no keyset has such a pair: gcm goes with gcm alone, eea0 not with eia0, and "
		     "eia0 only with sessions.allow_null_integrity");
	return false;
}

static bool check_key_source(struct config_file *file, struct hse_config *c, size_t i)
{
	char path[64];
	bool good;

	snprintf(path, sizeof(path), "key_sources[%zu]", i);
	good = keysource_config_check(&c->key_sources[i], file, path, stderr);
	if (c->key_sources[i].kind == KEYSOURCE_DIAMETER && !c->diameter_given) {
		config_error(file, stderr, path, "a diameter source needs the diameter: section");
		good = false;
	}
	for (size_t j = 0; j < i; j++)
		if (strcmp(c->key_sources[j].name, c->key_sources[i].name) == 0) {
			snprintf(path, sizeof(path), "key_sources[%zu].name", i);
			config_error(file, stderr, path, "'%s' is there already",
				     c->key_sources[i].name);
			good = false;
		}
	return good;
}

static bool check_key_sources(struct config_file *file, struct hse_config *c)
{
	bool good = true;

	for (size_t i = 0; i < c->key_sources_count; i++)
		good &= check_key_source(file, c, i);
	return good;
}

static bool is_peer(const struct hse_config *c, const char *identity)
{
	for (size_t i = 0; i < c->diameter.peers_count; i++)
		if (strcasecmp(c->diameter.peers[i].identity, identity) == 0)
			return true;
	return false;
}

static bool check_notifications(const struct config_file *file, const struct hse_config *c)
{
	bool good = true;

	if (!c->notifications_given)
		return true;
	if (!c->diameter_given) {
		config_error(file, stderr, "notifications", "needs the diameter: section");
		return false;
	}
	for (size_t i = 0; i < c->notifications.peers_count; i++) {
		char path[64];

		if (is_peer(c, c->notifications.peers[i]))
			continue;
		snprintf(path, sizeof(path), "notifications.peers[%zu]", i);
		config_error(file, stderr, path, "'%s' is not in diameter.peers",
			     c->notifications.peers[i]);
		good = false;
	}
	return good;
}

struct config_file *hse_config_load(const char *path, struct hse_config *c)
{
	struct config_file *file;
	bool good;

	set_defaults(c);
	file = config_load(path, top_fields, c, stderr);
	if (!file)
		return NULL;
	good = check_ports(file, c);
	good &= check_workers(file, c);
	good &= check_prefix(file, c);
	good &= check_sessions(file, c);
	good &= check_state(file, c);
	good &= check_policy(file, c);
	good &= check_allowed(file, c);
	good &= check_key_sources(file, c);
	good &= check_notifications(file, c);
	good &= static_sessions_check(file, c);
	if (c->diameter_given)
		good &= diameter_config_check(&c->diameter, file, "diameter", stderr);
	if (good)
		return file;
	config_free(file);
	return NULL;
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
