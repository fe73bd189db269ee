/* SPDX-License-Identifier: BSD-3-Clause */
#include "hse_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpus.h"
#include "device.h"
#include "program/privileges.h"

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Reports errors about which DPDK logs nothing useful. */
static bool check_device(const struct config_file *file, const char *path, const char *text,
			 unsigned number, const struct device *device, FILE *errors)
{
	if (strpbrk(text, " \t"))
		config_error(file, errors, path, "'%s' has a space in it; write it without", text);
	else if (!device->is_pci && !has_prefix(text, "net_") && !has_prefix(text, "eth_") &&
		 !has_prefix(text, "virtio_user"))
		config_error(file, errors, path,
			     "'%s' is no device of DPDK: for an interface of Linux write "
			     "\"net_af_packet%u,iface=%s\", for a NIC its PCI address, such as "
			     "\"0000:3b:00.0\"",
			     text, number, device->name);
	else if (has_prefix(text, "net_af_packet") && device->count == 0)
		config_error(file, errors, path, "%s needs an interface: write \"%s,iface=NAME\"",
			     device->name, device->name);
	else
		return true;
	return false;
}

static bool check_ports(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
	const char *access_text = c->ports[DATAPATH_ACCESS].device;
	const char *core_text = c->ports[DATAPATH_CORE].device;
	struct device access, core;
	const char *shared;
	bool good;

	device_read(access_text, &access);
	device_read(core_text, &core);
	good = check_device(file, "ports.access.device", access_text, 0, &access, errors);
	good &= check_device(file, "ports.core.device", core_text, 1, &core, errors);
	shared = device_shared(&access, &core);
	if (!shared)
		return good;
	config_error(file, errors, "ports.core.device",
		     "%s is the access port already; each port needs an interface of its own",
		     shared);
	return false;
}

/* The prefix becomes part of file names and of a socket name. */
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

static bool check_cpu(const struct config_file *file, const char *path, uint32_t cpu, FILE *errors)
{
	if (cpu < cpus_count())
		return true;
	config_error(file, errors, path, "CPU %u does not exist; this machine has 0 to %u", cpu,
		     cpus_count() - 1);
	return false;
}

static bool check_lcores(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
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
		good &= check_cpu(file, path, c->workers.lcores[i], errors);
		for (size_t j = 0; j < i; j++)
			if (c->workers.lcores[i] == c->workers.lcores[j]) {
				config_error(file, errors, path,
					     "CPU %u is another worker's already",
					     c->workers.lcores[i]);
				good = false;
			}
	}
	return good;
}

static bool check_workers(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
	const uint32_t cpus = cpus_count();
	bool good = check_lcores(file, c, errors);

	if (c->workers.control_lcore_given)
		good &= check_cpu(file, "workers.control_lcore", c->workers.control_lcore, errors);
	if (c->workers.lcores_count == 0 && c->workers.count >= cpus && cpus > 1) {
		config_error(file, errors, "workers.count",
			     "%u workers leave no CPU for control; this machine has %u",
			     c->workers.count, cpus);
		good = false;
	}
	return good;
}

/* DPDK crashes with a memory fault if it gets less memory than it requests. */
static bool check_memory(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
	const uint64_t pages = (uint64_t)sysconf(_SC_PHYS_PAGES);
	const uint64_t mib = pages * (uint64_t)sysconf(_SC_PAGESIZE) >> 20;

	if (c->memory.mib <= mib)
		return true;
	config_error(file, errors, "memory.mib",
		     "%u is more than this machine has, %" PRIu64 " MiB", c->memory.mib, mib);
	return false;
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

	if (!c->state_given && c->lab_mode)
		return true;
	if (!c->state_given) {
		config_error(file, errors, "state",
			     "required, but missing: without it COUNTs begin at 0 again at each "
			     "start of hse, and packets of before and after share key stream; add "
			     "state: {path: FOLDER} (doc/state.md); a lab without real devices may "
			     "have lab_mode: true instead");
		return false;
	}
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
		char member[POLICY_MEMBER], path[64];
		const char *wrong = policy_read_rule(&c->policy[i], member);

		if (!wrong)
			continue;
		snprintf(path, sizeof(path), "policy[%zu].%s", i, member);
		config_error(file, errors, path, "%s", wrong);
		good = false;
	}
	return good;
}

/* At least one keyset must be allowed; otherwise nothing would ever be protected. */
static bool check_allowed(const struct config_file *file, const struct hse_config *c, FILE *errors)
{
	for (unsigned eea = 0; eea <= E2M_EEA_GCM; eea++)
		for (unsigned eia = 0; eia <= E2M_EIA_GCM; eia++)
			if (hse_config_is_allowed(c->allowed_algorithms.ciphering,
						  c->allowed_algorithms.ciphering_count, eea) &&
			    hse_config_is_allowed(c->allowed_algorithms.integrity,
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

static bool check_notifications(const struct config_file *file, const struct hse_config *c,
				FILE *errors)
{
	if (!c->notifications_given || c->diameter_given)
		return true;
	config_error(file, errors, "notifications", "needs the diameter: section");
	return false;
}

bool hse_check(struct config_file *file, struct hse_config *c, FILE *errors)
{
	bool good = check_ports(file, c, errors);

	good &= check_workers(file, c, errors);
	good &= check_memory(file, c, errors);
	good &= check_prefix(file, c, errors);
	good &= check_sessions(file, c, errors);
	good &= check_state(file, c, errors);
	good &= check_policy(file, c, errors);
	good &= transparent_pairs_check(file, c, errors);
	good &= check_allowed(file, c, errors);
	good &= check_key_sources(file, c, errors);
	good &= check_notifications(file, c, errors);
	good &= static_sessions_check(file, c, errors);
	good &= config_e2m_numbers_check(file, &c->numbers, errors);
	good &= program_check_user(file, c->user, errors);
	good &= program_log_config_check(&c->log, file, errors);
	if (c->diameter_given)
		good &= diameter_config_check(&c->diameter, file, "diameter", errors);
	return good;
}
