/* SPDX-License-Identifier: BSD-3-Clause */
#include "hse_findings.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpus.h"
#include "device.h"
#include "network_findings.h"
#include "npdu/window.h"
#include "policy/cover.h"

#define PATH_SIZE 80

struct findings {
	const struct config_file *file;
	const struct hse_config *c;
	FILE *out;
	bool good;
};

/* --- names without a peer --- */

static void check_name(struct findings *f, const char *path, const char *identity)
{
	if (f->c->diameter_given)
		f->good &= diameter_config_check_name(&f->c->diameter, f->file, path, identity,
						      f->out);
}

static void check_key_source(struct findings *f, size_t i)
{
	const struct keysource_config *source = &f->c->key_sources[i];
	char path[PATH_SIZE];

	if (source->host) {
		snprintf(path, sizeof(path), "key_sources[%zu].host", i);
		check_name(f, path, source->host);
	}
	for (size_t j = 0; j < source->hosts_count; j++) {
		snprintf(path, sizeof(path), "key_sources[%zu].hosts[%zu]", i, j);
		check_name(f, path, source->hosts[j]);
	}
	if (source->prefetch && f->c->key_sources_count == 1) {
		snprintf(path, sizeof(path), "key_sources[%zu].prefetch", i);
		config_warning(
			f->file, f->out, path,
			"no effect: prefetch needs another key source, which gives the keysets");
	}
}

static void check_names(struct findings *f)
{
	const struct hse_config *c = f->c;
	bool any_diameter = c->notifications_given;
	char path[PATH_SIZE];

	for (size_t i = 0; i < c->key_sources_count; i++) {
		check_key_source(f, i);
		any_diameter |= c->key_sources[i].kind == KEYSOURCE_DIAMETER;
	}
	for (size_t i = 0; i < c->notifications.peers_count; i++) {
		snprintf(path, sizeof(path), "notifications.peers[%zu]", i);
		check_name(f, path, c->notifications.peers[i]);
	}
	if (c->diameter_given && !any_diameter)
		config_warning(f->file, f->out, "diameter",
			       "no key source is of kind diameter, and notifications.peers is "
			       "empty: Diameter is not used");
}

/* --- policy --- */

static void report_cover(struct findings *f, size_t i, const struct policy_cover *cover)
{
	char path[PATH_SIZE], before[PATH_SIZE], what[128];

	snprintf(path, sizeof(path), "policy[%zu]", i);
	snprintf(before, sizeof(before), "policy[%zu]", cover->rule);
	if (cover->by_one)
		snprintf(what, sizeof(what), "%s (line %u) fits each session that this rule fits",
			 before, config_line(f->file, before));
	else
		snprintf(what, sizeof(what),
			 "the rules before it fit each session that this rule fits");
	if (cover->same_action) {
		config_warning(f->file, f->out, path,
			       "never applies: %s, with the same action; remove it", what);
		return;
	}
	config_error(f->file, f->out, path, "never applies: %s; move it before, or remove it",
		     what);
	f->good = false;
}

static void check_policy(struct findings *f)
{
	const struct policy policy = {f->c->policy, f->c->policy_count};

	for (size_t i = 0; i < policy.count; i++)
		if (policy.rules[i].imsi && policy.rules[i].digits == 0)
			return; /* hse_check has rejected it */
	for (size_t i = 1; i < policy.count; i++) {
		const struct policy_cover cover = policy_find_cover(&policy, i);

		if (cover.is_covered)
			report_cover(f, i, &cover);
	}
}

static bool has_action(const struct hse_config *c, enum policy_action action)
{
	for (size_t i = 0; i < c->policy_count; i++)
		if (c->policy[i].action == (int)action)
			return true;
	return false;
}

static void check_protection(struct findings *f)
{
	if (!has_action(f->c, POLICY_PROTECT))
		config_warning(
			f->file, f->out, "policy",
			"no rule says protect: a session without a keyset crosses in clear, "
			"also where an SGSN or S-GW on the way has removed the keyset from the "
			"PCO; add a last rule {action: protect}, and before it the exceptions");
}

/* --- unknown tunnels --- */

static void check_unknown_tunnels(struct findings *f)
{
	const struct hse_config *c = f->c;

	if (c->unknown_teid == HSE_UNKNOWN_TEID_PASS)
		config_warning(f->file, f->out, "unknown_teid",
			       "pass lets G-PDUs of unknown tunnels cross, unread: for the day of "
			       "insertion; then set drop");
	else if (!c->state_given)
		config_warning(
			f->file, f->out, "unknown_teid",
			"drop without state: after a restart all sessions from before are "
			"unknown, and their packets are dropped until they are made anew; add "
			"state: {path: FOLDER}");
	f->good &= transparent_pairs_find(f->file, c, f->out);
}

/* --- sessions --- */

static bool has_partner(const struct hse_config *c, bool is_integrity, unsigned algorithm)
{
	for (unsigned other = 0; other <= E2M_EEA_GCM; other++) {
		const unsigned eea = is_integrity ? other : algorithm;
		const unsigned eia = is_integrity ? algorithm : other;

		if (hse_config_is_allowed(c->allowed_algorithms.ciphering,
					  c->allowed_algorithms.ciphering_count, eea) &&
		    hse_config_is_allowed(c->allowed_algorithms.integrity,
					  c->allowed_algorithms.integrity_count, eia) &&
		    e2m_algorithms_allowed(eea, eia, c->sessions.allow_null_integrity))
			return true;
	}
	return false;
}

static void check_algorithms(struct findings *f, bool is_integrity, const int *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const unsigned algorithm = (unsigned)list[i];
		char path[PATH_SIZE];

		if (has_partner(f->c, is_integrity, algorithm))
			continue;
		snprintf(path, sizeof(path), "allowed_algorithms.%s[%zu]",
			 is_integrity ? "integrity" : "ciphering", i);
		config_warning(f->file, f->out, path,
			       "never used: no allowed algorithm goes with %s%s",
			       is_integrity ? e2m_eia_name(algorithm) : e2m_eea_name(algorithm),
			       is_integrity && algorithm == E2M_EIA0
				       ? ", which needs sessions.allow_null_integrity"
				       : "");
	}
}

static void check_sessions(struct findings *f)
{
	const struct hse_config *c = f->c;
	const uint32_t window =
		npdu_window_clamp(c->sessions.replay_window, c->sessions.counter_octets);

	if (window < c->sessions.replay_window)
		config_warning(
			f->file, f->out, "sessions.replay_window",
			"%u is more than counter_octets: %u can tell apart; the window is %u",
			c->sessions.replay_window, c->sessions.counter_octets, window);
	if (c->pull.hold_packets_total < c->pull.hold_packets_per_session)
		config_warning(f->file, f->out, "pull.hold_packets_total",
			       "%u is less than hold_packets_per_session, %u, which is never used "
			       "up",
			       c->pull.hold_packets_total, c->pull.hold_packets_per_session);
	if (c->pull.hold_ms < c->pull.timeout_ms)
		config_warning(f->file, f->out, "pull.hold_ms",
			       "%u is less than timeout_ms, %u: held packets are dropped before an "
			       "answer that is in time",
			       c->pull.hold_ms, c->pull.timeout_ms);
}

/* --- CPUs --- */

static void check_workers(struct findings *f)
{
	const struct hse_config *c = f->c;
	const bool has_list = c->workers.lcores_count > 0;
	char path[PATH_SIZE] = "workers";

	/* hse_check has rejected it. */
	if (has_list ? c->workers.lcores_count != c->workers.count
		     : c->workers.count >= cpus_count() && cpus_count() > 1)
		return;
	const uint32_t control = cpus_of_control(c);
	for (unsigned i = 0; i < c->workers.count; i++) {
		if (cpus_of_worker(c, i) != control)
			continue;
		if (has_list)
			snprintf(path, sizeof(path), "workers.lcores[%u]", i);
		else if (c->workers.control_lcore_given)
			snprintf(path, sizeof(path), "workers.control_lcore");
		config_warning(f->file, f->out, path,
			       "worker %u shares CPU %u with the control thread: both are slower%s",
			       i, control,
			       has_list || c->workers.control_lcore_given
				       ? "; change control_lcore or lcores"
				       : "; this machine has no other CPU");
	}
}

/* --- ports --- */

static void check_interfaces(struct findings *f, const char *path, const struct device *device)
{
	for (unsigned i = 0; i < device->count; i++)
		if (if_nametoindex(device->interfaces[i]) == 0)
			config_warning(f->file, f->out, path,
				       "this machine has no interface %s (now, in this network "
				       "namespace)",
				       device->interfaces[i]);
}

/* Mellanox NICs keep their kernel driver. */
static bool is_driver_for_dpdk(const char *driver)
{
	static const char *const drivers[] = {"vfio-pci",  "uio_pci_generic", "igb_uio",
					      "mlx4_core", "mlx5_core",	      NULL};

	for (const char *const *d = drivers; *d; d++)
		if (strcmp(*d, driver) == 0)
			return true;
	return false;
}

static void check_pci(struct findings *f, const char *path, const char *address)
{
	char link[96], target[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s", address);
	if (access(link, F_OK) != 0) {
		config_warning(f->file, f->out, path, "this machine has no PCI device %s", address);
		return;
	}
	snprintf(link, sizeof(link), "/sys/bus/pci/devices/%s/driver", address);
	len = readlink(link, target, sizeof(target) - 1);
	target[len > 0 ? len : 0] = '\0';
	const char *slash = strrchr(target, '/');
	const char *driver = slash ? slash + 1 : target;
	if (!is_driver_for_dpdk(driver))
		config_warning(f->file, f->out, path,
			       "%s has %s%s, not vfio-pci: dpdk-devbind.py -b vfio-pci %s", address,
			       *driver ? "the driver " : "no driver", driver, address);
}

static void check_ports(struct findings *f)
{
	static const char *const paths[] = {
		[DATAPATH_ACCESS] = "ports.access.device", [DATAPATH_CORE] = "ports.core.device"};

	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		struct device device;

		device_read(f->c->ports[side].device, &device);
		if (device.is_pci)
			check_pci(f, paths[side], device.name);
		else
			check_interfaces(f, paths[side], &device);
	}
}

bool hse_findings(const struct config_file *file, const void *config, FILE *out)
{
	const struct hse_config *c = config;
	struct findings f = {.file = file, .c = c, .out = out, .good = true};

	check_ports(&f);
	check_workers(&f);
	check_sessions(&f);
	check_policy(&f);
	network_findings(file, c, out);
	check_protection(&f);
	check_unknown_tunnels(&f);
	check_algorithms(&f, false, c->allowed_algorithms.ciphering,
			 c->allowed_algorithms.ciphering_count);
	check_algorithms(&f, true, c->allowed_algorithms.integrity,
			 c->allowed_algorithms.integrity_count);
	check_names(&f);
	return f.good;
}
