/* SPDX-License-Identifier: BSD-3-Clause */
#include "telemetry.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <rte_telemetry.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "program/privileges.h"
#include "settings.h"
#include "telemetry_faults.h"
#include "telemetry_sessions.h"
#include "telemetry_wire.h"

/* DPDK calls back without an argument. */
static struct {
	struct hse_control *control;
	const struct hse_config *config;
	const struct hse_ports *ports;
	struct links *links;
	struct datapath_worker *const *workers;
	char user[64];
	uint64_t started_s; /* on a clock that nobody sets */
	/* Held while a question is answered; telemetry's threads end with the EAL only. */
	pthread_mutex_t answering;
	bool open;
} self = {.answering = PTHREAD_MUTEX_INITIALIZER};

typedef int (*teller)(const char *params, struct rte_tel_data *d);

static int answer_while_open(teller tell, const char *params, struct rte_tel_data *d)
{
	int ret;

	pthread_mutex_lock(&self.answering);
	ret = self.open ? tell(params, d) : -ESHUTDOWN;
	pthread_mutex_unlock(&self.answering);
	return ret;
}

static uint64_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

/* --- /hse/status --- */

struct status {
	struct session_totals totals;
	uint32_t pulls_in_flight;
	char pull_pace[RTE_TEL_MAX_STRING_LEN];
	struct control_bypass bypass;
	struct control_unknown_teid unknown_teid;
};

/* "hss 4000/s": the sources that are too busy, and what they are given; "free": none is. */
static void write_pace(const struct pull_manager *pulls, char *text, size_t size)
{
	size_t len = (size_t)snprintf(text, size, "free");

	for (unsigned i = 0, limited = 0; i < pull_sources(pulls); i++) {
		const uint32_t pace = pull_source_pace(pulls, i);

		if (pace == 0)
			continue;
		len = limited++ > 0 ? len : 0;
		if (len < size)
			len += (size_t)snprintf(text + len, size - len, "%s%s %" PRIu32 "/s",
						len > 0 ? ", " : "", pull_source_name(pulls, i),
						pace);
	}
}

static void ask_status(struct hse_control *control, void *arg)
{
	struct status *status = arg;

	control_view_bypass(control, &status->bypass);
	control_view_unknown_teid(control, &status->unknown_teid);
	session_totals(control_store(control), &status->totals);
	status->pulls_in_flight = pull_in_flight(session_pulls(control_store(control)));
	write_pace(session_pulls(control_store(control)), status->pull_pace,
		   sizeof(status->pull_pace));
}

static void add_port(struct rte_tel_data *d, enum datapath_side side, const char *name,
		     const char *steering)
{
	struct device device;

	device_read(self.config->ports[side].device, &device);
	rte_tel_data_add_dict_string(d, name, device.name);
	rte_tel_data_add_dict_string(d, steering, steering_name(self.ports->port[side].steering));
}

static unsigned peers_open(void)
{
	unsigned open = 0;

	for (size_t i = 0; self.config->diameter_given && i < self.config->diameter.peers_count;
	     i++)
		open += diameter_peer_is_open(self.config->diameter.peers[i].identity);
	return open;
}

/* Of one session, with all that is its own; flows are the workers', and more than two a session. */
static void add_memory(struct rte_tel_data *d, const struct session_totals *totals)
{
	struct session_config config;
	uint64_t flows, one_keyset;

	settings_of_sessions(self.config, &config);
	flows = (uint64_t)config.workers * session_flows_per_worker(&config) *
		datapath_flow_octets(self.workers[0]) / config.max;
	one_keyset = totals->octets + flows + SESSION_KEY_OCTETS;
	rte_tel_data_add_dict_u64(d, "session_bytes", one_keyset);
	rte_tel_data_add_dict_u64(d, "session_bytes_two_keysets",
				  one_keyset + SESSION_KEY_OCTETS + 2 * totals->octets_keyset);
	rte_tel_data_add_dict_u64(d, "unprotected_bytes", totals->octets_unprotected);
	rte_tel_data_add_dict_u64(d, "session_bytes_in_control", totals->octets);
	rte_tel_data_add_dict_u64(d, "session_bytes_in_workers", flows);
	rte_tel_data_add_dict_u64(d, "removed_keyset_bytes",
				  totals->octets_remembered + totals->octets_keyset);
}

static const char *state_of_disk(const struct session_totals *totals)
{
	if (!self.config->state_given)
		return "off";
	return totals->state_error == 0 ? "good" : state_strerror(totals->state_error);
}

static int tell_status(const char *params, struct rte_tel_data *d)
{
	struct status status = {0};
	uint64_t held = 0;

	(void)params;
	if (control_ask(self.control, ask_status, &status) != 0)
		return -ESHUTDOWN;
	for (unsigned w = 0; w < self.config->workers.count; w++)
		held += datapath_held(self.workers[w]);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "version", HSE_VERSION);
	rte_tel_data_add_dict_u64(d, "uptime_s", now_s() - self.started_s);
	rte_tel_data_add_dict_string(d, "user", self.user);
	rte_tel_data_add_dict_u64(d, "workers", self.config->workers.count);
	rte_tel_data_add_dict_u64(d, "sessions", status.totals.sessions);
	rte_tel_data_add_dict_u64(d, "sessions_ready", status.totals.ready);
	rte_tel_data_add_dict_u64(d, "sessions_max", status.totals.max);
	rte_tel_data_add_dict_u64(d, "unprotected", status.totals.unprotected);
	rte_tel_data_add_dict_u64(d, "ended", status.totals.ended);
	rte_tel_data_add_dict_u64(d, "unprotected_max", status.totals.unprotected_max);
	add_memory(d, &status.totals);
	rte_tel_data_add_dict_u64(d, "pulls_in_flight", status.pulls_in_flight);
	rte_tel_data_add_dict_string(d, "pull_pace", status.pull_pace);
	rte_tel_data_add_dict_u64(d, "held_packets", held);
	rte_tel_data_add_dict_u64(d, "peers_open", peers_open());
	rte_tel_data_add_dict_u64(d, "faults", telemetry_count_faults(self.config));
	rte_tel_data_add_dict_string(d, "state", state_of_disk(&status.totals));
	add_port(d, DATAPATH_ACCESS, "port_access", "steering_access");
	add_port(d, DATAPATH_CORE, "port_core", "steering_core");
	telemetry_add_links(d, self.links, self.config);
	telemetry_add_bypass(d, &status.bypass);
	telemetry_add_unknown_teid(d, &status.unknown_teid);
	return 0;
}

/* --- /hse/counters,WORKER and of control, key_sources and ports --- */

struct control_counters {
	uint64_t session[SESSION_COUNTER_COUNT];
	struct pull_counters pull;
	uint64_t crossed[2][UINT8_MAX + 1]; /* GTP-C that is not read, by version and type */
	uint64_t not_allowed, too_busy;	    /* notifications */
	/* By key source. */
	struct pull_source_counters sources[PULL_SOURCES_MAX];
	uint64_t failovers[PULL_SOURCES_MAX];
};

static void ask_counters(struct hse_control *control, void *arg)
{
	struct control_counters *counters = arg;
	struct session_store *store = control_store(control);

	for (unsigned i = 0; i < SESSION_COUNTER_COUNT; i++)
		counters->session[i] = session_count(store, i);
	for (unsigned type = 0; type <= UINT8_MAX; type++)
		for (unsigned version = 1; version <= 2; version++)
			counters->crossed[version - 1][type] =
				session_crossed(store, version, (uint8_t)type);
	counters->pull = *pull_manager_counters(session_pulls(store));
	counters->not_allowed = notifications_not_allowed(control_notifications(control));
	counters->too_busy = notifications_too_busy(control_notifications(control));
	for (unsigned i = 0; i < pull_sources(session_pulls(store)); i++) {
		counters->sources[i] = *pull_source_counters(session_pulls(store), i);
		counters->failovers[i] = keysource_failovers(control_source(control, i));
	}
}

/* DPDK takes no dot in a name, but a slash. */
static void add_counter(struct rte_tel_data *d, const char *prefix, const char *name,
			uint64_t value)
{
	char path[RTE_TEL_MAX_STRING_LEN];

	snprintf(path, sizeof(path), "%s%s", prefix, name);
	for (char *p = path; *p; p++)
		if (*p == '.')
			*p = '/';
	rte_tel_data_add_dict_u64(d, path, value);
}

/* Of types that have come. They are the last: a dictionary has no room for all. */
static void add_crossed(struct rte_tel_data *d, const struct control_counters *counters)
{
	char name[32];

	for (unsigned version = 1; version <= 2; version++)
		for (unsigned type = 0; type <= UINT8_MAX; type++) {
			if (counters->crossed[version - 1][type] == 0)
				continue;
			snprintf(name, sizeof(name), "v%u.%u", version, type);
			add_counter(d, "gtpc.crossed.", name, counters->crossed[version - 1][type]);
		}
}

static int control_counters(struct rte_tel_data *d)
{
	struct control_counters counters;

	if (control_ask(self.control, ask_counters, &counters) != 0)
		return -ESHUTDOWN;
	for (unsigned i = 0; i < SESSION_COUNTER_COUNT; i++)
		add_counter(d, "", session_counter_name(i), counters.session[i]);
	add_counter(d, "notification.", "not_allowed", counters.not_allowed);
	add_counter(d, "notification.", "too_busy", counters.too_busy);
	for (unsigned i = 0; i < DIAMETER_NOTIFICATION_FAULT_COUNT; i++)
		add_counter(d, "notification.fault.", diameter_notification_fault_name(i),
			    diameter_notification_faults(i));
	add_counter(d, "pull.", "sent", counters.pull.sent);
	add_counter(d, "pull.", "coalesced", counters.pull.coalesced);
	add_counter(d, "pull.", "retries", counters.pull.retries);
	add_counter(d, "pull.", "refused_again", counters.pull.refused_again);
	for (unsigned i = 0; i < KEYSOURCE_OUTCOMES; i++)
		add_counter(d, "pull.", keysource_outcome_name(i), counters.pull.answers[i]);
	add_counter(d, "diameter.", "unexpected_answers", diameter_unexpected_answers());
	add_counter(d, "log.", "lines_lost", program_log_lost());
	telemetry_add_link_counters(d, self.links, add_counter);
	add_crossed(d, &counters);
	return 0;
}

static void source_counters(struct rte_tel_data *d, const struct keysource_config *source,
			    const struct pull_source_counters *c, uint64_t failovers)
{
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "key_source.%s.", source->name);
	add_counter(d, prefix, "sent", c->sent);
	for (unsigned i = 0; i < KEYSOURCE_OUTCOMES; i++)
		add_counter(d, prefix, keysource_outcome_name(i), c->answers[i]);
	if (source->kind != KEYSOURCE_DIAMETER)
		return;
	add_counter(d, prefix, "slowed", c->slowed);
	add_counter(d, prefix, "failovers", failovers);
	if (source->prefetch) {
		add_counter(d, prefix, "prefetch.sent", c->prefetch_sent);
		add_counter(d, prefix, "prefetch.found", c->prefetch_found);
		add_counter(d, prefix, "prefetch.refused", c->prefetch_refused);
		add_counter(d, prefix, "prefetch.dropped", c->prefetch_dropped);
	}
	snprintf(prefix, sizeof(prefix), "key_source.%s.fault.", source->name);
	for (unsigned i = 1; i < KEYSOURCE_FAULTS; i++)
		add_counter(d, prefix, keysource_fault_name(i), c->faults[i]);
}

static int key_source_counters(struct rte_tel_data *d)
{
	struct control_counters counters;

	if (control_ask(self.control, ask_counters, &counters) != 0)
		return -ESHUTDOWN;
	for (unsigned i = 0; i < self.config->key_sources_count; i++)
		source_counters(d, &self.config->key_sources[i], &counters.sources[i],
				counters.failovers[i]);
	return 0;
}

static void worker_counters(struct rte_tel_data *d, const struct datapath_worker *worker)
{
	static const char *const sides[] = {"access.", "core."};

	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		const struct datapath_counters *c = datapath_worker_counters(worker, side);
		for (unsigned i = 0; i < DATAPATH_COUNTER_COUNT; i++)
			add_counter(d, sides[side], datapath_counter_name(i), c->value[i]);
	}
}

static int tell_counters(const char *params, struct rte_tel_data *d)
{
	char *end;
	unsigned long worker;

	rte_tel_data_start_dict(d);
	if (params && strcmp(params, "control") == 0)
		return control_counters(d);
	if (params && strcmp(params, "key_sources") == 0)
		return key_source_counters(d);
	if (params && strcmp(params, "ports") == 0) {
		telemetry_add_nic_counters(d, self.links, add_counter);
		return 0;
	}
	worker = params ? strtoul(params, &end, 10) : 0;
	if (params && (*end != '\0' || end == params || worker >= self.config->workers.count))
		return -EINVAL;
	worker_counters(d, self.workers[worker]);
	return 0;
}

static int tell_faults(const char *params, struct rte_tel_data *d)
{
	(void)params;
	return telemetry_tell_faults(d, self.config);
}

static int on_faults(const char *cmd, const char *params, struct rte_tel_data *d)
{
	(void)cmd;
	return answer_while_open(tell_faults, params, d);
}

static int on_status(const char *cmd, const char *params, struct rte_tel_data *d)
{
	(void)cmd;
	return answer_while_open(tell_status, params, d);
}

static int tell_sessions(const char *params, struct rte_tel_data *d)
{
	return telemetry_tell_sessions(self.control, self.workers, params, d);
}

static int on_sessions(const char *cmd, const char *params, struct rte_tel_data *d)
{
	(void)cmd;
	return answer_while_open(tell_sessions, params, d);
}

static int on_counters(const char *cmd, const char *params, struct rte_tel_data *d)
{
	(void)cmd;
	return answer_while_open(tell_counters, params, d);
}

static int tell_bypass(const char *params, struct rte_tel_data *d)
{
	return telemetry_tell_bypass(params, d, self.control);
}

static int on_bypass(const char *cmd, const char *params, struct rte_tel_data *d)
{
	(void)cmd;
	return answer_while_open(tell_bypass, params, d);
}

int telemetry_start(struct hse_control *control, const struct hse_config *config,
		    const struct hse_ports *ports, struct links *links,
		    struct datapath_worker *const *workers)
{
	self.control = control;
	self.ports = ports;
	self.links = links;
	self.config = config;
	self.workers = workers;
	snprintf(self.user, sizeof(self.user), "%s", program_runs_as());
	self.started_s = now_s();
	self.open = true; /* nobody asks before the commands are registered */
	if (rte_telemetry_register_cmd("/hse/status", on_status, "State of the HSE") != 0 ||
	    rte_telemetry_register_cmd("/hse/faults", on_faults,
				       "What the HSE lacks, a line each, in pieces") != 0 ||
	    rte_telemetry_register_cmd("/hse/sessions", on_sessions,
				       "Sessions. Parameters: id to start from, and "
				       "imsi=DIGITS, address=ADDRESS, teid=TEID, ended=1") != 0 ||
	    rte_telemetry_register_cmd("/hse/counters", on_counters,
				       "Counters. Parameters: worker's number, control, "
				       "key_sources, or ports") != 0 ||
	    rte_telemetry_register_cmd("/hse/bypass", on_bypass,
				       "Bypass. Parameters: on, off, or none, to look") != 0)
		return -ENOSPC;
	return 0;
}

void telemetry_stop(void)
{
	pthread_mutex_lock(&self.answering);
	self.open = false;
	pthread_mutex_unlock(&self.answering);
}
