/* SPDX-License-Identifier: BSD-3-Clause */
#include "hse_check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

static bool check_ports(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
	struct device access, core;
	const char *shared;

	device_read(c->ports[DATAPATH_ACCESS].device, &access);
	device_read(c->ports[DATAPATH_CORE].device, &core);
	shared = device_shared(&access, &core);
	if (!shared)
		return true;
	config_error(file, errors, "ports.core.device",
		     "%s is the access port already; each port needs an interface of its own",
		     shared);
	return false;
}

/* It becomes a part of names of files and of a socket. */
static bool check_prefix(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	const size_t len = strlen(c->telemetry.prefix);

	if (len >= 1 && len <= 64 && strspn(c->telemetry.prefix, allowed) == len)
		return true;
	config_error(file, errors, "telemetry.prefix",
		     "expected 1 to 64 letters, digits, - and _, found '%s'", c->telemetry.prefix);
	return false;
}

static bool check_workers(const struct config_file *file, struct hse_config *c, FILE *errors)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	bool good = true;

	if (c->workers.lcores_count > 0 && c->workers.lcores_count != c->workers.count) {
		config_error(file, errors, "workers.lcores",
			     "names %zu lcores for %u workers; name one a worker",
			     c->workers.lcores_count, c->workers.count);
		good = false;
	}
	for (size_t i = 0; i < c->workers.lcores_count; i++) {
		char path[64];
		snprintf(path, sizeof(path), "workers.lcores[%zu]", i);
		if (c->workers.lcores[i] >= cpus) {
			config_error(file, errors, path,
				     "CPU %u does not exist; this machine has 0 to %ld",
				     c->workers.lcores[i], cpus - 1);
			good = false;
		}
		for (size_t j = 0; j < i; j++)
			if (c->workers.lcores[i] == c->workers.lcores[j]) {
				config_error(file, errors, path,
					     "CPU %u is another worker's already",
					     c->workers.lcores[i]);
				good = false;
			}
	}
	if (c->workers.lcores_count == 0 && c->workers.count >= cpus && cpus > 1) {
		config_error(file, errors, "workers.count",
			     "%u workers leave no CPU for control; this machine has %ld",
			     c->workers.count, cpus);
		good = false;
	}
	return good;
}

static bool check_sessions(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
	bool good = true;

	if (c->sessions.gcm_tag_octets != 8 && c->sessions.gcm_tag_octets != 16) {
		config_error(file, errors, "sessions.gcm_tag_octets", "must be 8 or 16, not %u",
			     c->sessions.gcm_tag_octets);
		good = false;
	}
	if (c->sessions.replay_window == 0 && !c->lab_mode) {
		config_error(file, errors, "sessions.replay_window",
			     "0 switches replay protection off, which only lab_mode: true allows");
		good = false;
	}
	if (c->pull.retry_max_ms < c->pull.retry_min_ms) {
		config_error(file, errors, "pull.retry_max_ms", "%u is less than retry_min_ms, %u",
			     c->pull.retry_max_ms, c->pull.retry_min_ms);
		good = false;
	}
	return good;
}

static bool check_state(struct config_file *file, struct hse_config *c, FILE *errors)
{
	const uint32_t block = c->state.count_block;

	if (!c->state_given)
		return true;
	c->state.path = (char *)config_resolve_path(file, c->state.path);
	if (!c->state.path) {
		config_error(file, errors, "state.path", "out of memory");
		return false;
	}
	if ((block & (block - 1)) != 0) {
		config_error(file, errors, "state.count_block", "%u is not a power of two", block);
		return false;
	}
	return true;
}

static bool check_policy(const struct config_file *file, struct hse_config *c, FILE *errors)
{
	bool good = true;

	for (size_t i = 0; i < c->policy_count; i++) {
		const char *member, *wrong = policy_read_rule(&c->policy[i], &member);
		char path[64];

		if (!wrong)
			continue;
		snprintf(path, sizeof(path), "policy[%zu].%s", i, member);
		config_error(file, errors, path, "%s", wrong);
		good = false;
	}
	return good;
}

/* True when a keyset may have it, as far as this list says. */
static bool is_allowed(const int *list, size_t count, unsigned algorithm)
{
	return count == 0 || hse_config_algorithms(list, count) >> algorithm & 1;
}

/* Some keyset must be allowed, or nothing would ever be protected. */
static bool check_allowed(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
	for (unsigned eea = 0; eea <= E2M_EEA_GCM; eea++)
		for (unsigned eia = 0; eia <= E2M_EIA_GCM; eia++)
			if (is_allowed(c->allowed_algorithms.ciphering,
				       c->allowed_algorithms.ciphering_count, eea) &&
			    is_allowed(c->allowed_algorithms.integrity,
				       c->allowed_algorithms.integrity_count, eia) &&
			    e2m_algorithms_allowed(eea, eia, c->sessions.allow_null_integrity))
				return true;
	config_error(file, errors, "allowed_algorithms",
		     "no keyset has such a pair: gcm goes with gcm alone, eea0 not with eia0, and "
		     "eia0 only with sessions.allow_null_integrity");
	return false;
}

static bool check_key_source(struct config_file *file, struct hse_config *c, size_t i, FILE *errors)
{
	char path[64];
	bool good;

	snprintf(path, sizeof(path), "key_sources[%zu]", i);
	good = keysource_config_check(&c->key_sources[i], file, path, errors);
	if (c->key_sources[i].kind == KEYSOURCE_DIAMETER && !c->diameter_given) {
		config_error(file, errors, path, "a diameter source needs the diameter: section");
		good = false;
	}
	for (size_t j = 0; j < i; j++)
		if (strcmp(c->key_sources[j].name, c->key_sources[i].name) == 0) {
			snprintf(path, sizeof(path), "key_sources[%zu].name", i);
			config_error(file, errors, path, "'%s' is there already",
				     c->key_sources[i].name);
			good = false;
		}
	return good;
}

static bool check_key_sources(struct config_file *file, struct hse_config *c, FILE *errors)
{
	bool good = true;

	for (size_t i = 0; i < c->key_sources_count; i++)
		good &= check_key_source(file, c, i, errors);
	return good;
}

static bool is_peer(const struct hse_config *c, const char *identity)
{
	for (size_t i = 0; i < c->diameter.peers_count; i++)
		if (strcasecmp(c->diameter.peers[i].identity, identity) == 0)
			return true;
	return false;
}

static bool check_notifications(const struct config_file *file, const struct hse_config *c,
				FILE *errors)
{
	bool good = true;

	if (!c->notifications_given)
		return true;
	if (!c->diameter_given) {
		config_error(file, errors, "notifications", "needs the diameter: section");
		return false;
	}
	for (size_t i = 0; i < c->notifications.peers_count; i++) {
		char path[64];

		if (is_peer(c, c->notifications.peers[i]))
			continue;
		snprintf(path, sizeof(path), "notifications.peers[%zu]", i);
		config_error(file, errors, path, "'%s' is not in diameter.peers",
			     c->notifications.peers[i]);
		good = false;
	}
	return good;
}

bool hse_check(struct config_file *file, struct hse_config *c, FILE *errors)
{
	bool good = check_ports(file, c, errors);

	good &= check_workers(file, c, errors);
	good &= check_prefix(file, c, errors);
	good &= check_sessions(file, c, errors);
	good &= check_state(file, c, errors);
	good &= check_policy(file, c, errors);
	good &= check_allowed(file, c, errors);
	good &= check_key_sources(file, c, errors);
	good &= check_notifications(file, c, errors);
	good &= static_sessions_check(file, c, errors);
	good &= program_log_config_check(&c->log, file, errors);
	if (c->diameter_given)
		good &= diameter_config_check(&c->diameter, file, "diameter", errors);
	return good;
}
