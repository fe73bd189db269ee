/* SPDX-License-Identifier: BSD-3-Clause */
/* hse: the appliance. Reads its configuration, starts ports, workers and control in that order, and
 * stops them in the other. */
#include <errno.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "eal.h"
#include "hse_findings.h"
#include "links.h"
#include "loop.h"
#include "settings.h"
#include "telemetry.h"

struct hse {
	struct hse_config config;
	struct hse_ports ports;
	struct datapath_worker **workers;
	struct hse_loop *loops;
	atomic_bool stop;
	struct hse_disk *disk;
	struct hse_notifications *notifications;
	struct hse_control *control;
	struct links *links;
	const char *config_path;
	struct hse_reload *reload;
};

static int start_diameter(struct hse *hse)
{
	const struct hse_config *c = &hse->config;
	int ret;

	if (!c->diameter_given)
		return 0;
	ret = diameter_init(&c->diameter, &c->numbers, program_log_diameter);
	if (ret != 0)
		return ret;
	if (c->notifications_given && !(hse->notifications = notifications_new(c)))
		return -EINVAL;
	diameter_watch_peers(program_log_peer);
	diameter_watch_faults(program_fault);
	return diameter_start_in_any_case();
}

struct making {
	struct hse *hse;
	unsigned number;
};

/* On the worker's own lcore, so that all of its memory comes to lie on its NUMA node. */
static int make_worker(void *arg)
{
	const struct making *making = arg;
	struct hse *hse = making->hse;
	const unsigned number = making->number;
	const struct hse_config *c = &hse->config;
	const unsigned node = rte_lcore_to_socket_id(eal_worker_lcore(number));
	struct session_config sessions;

	settings_of_sessions(c, &sessions);
	const struct datapath_config config = {
		.worker = number,
		.workers = c->workers.count,
		.socket = (int)node,
		.flows = session_flows_per_worker(&sessions),
		.window_max = c->sessions.replay_window,
		.mtu = {hse->ports.port[DATAPATH_ACCESS].mtu, hse->ports.port[DATAPATH_CORE].mtu},
		.hold_packets_per_flow = c->pull.hold_packets_per_session,
		.hold_packets_total =
			(c->pull.hold_packets_total + c->workers.count - 1) / c->workers.count,
		.hold_ms = c->pull.hold_ms,
		.gtpc_hold_ms = c->gtpc.hold_ms,
		.recovery_windows = c->sessions.recovery_windows,
		.recovery_per_s = c->sessions.recovery_per_s,
		.bad_mac_per_s = c->sessions.bad_mac_per_s,
		.drop_unknown = c->unknown_teid == HSE_UNKNOWN_TEID_DROP,
		.fragments = hse->ports.pools.fragments[node],
		.large = hse->ports.pools.large[node],
	};
	struct hse_loop *loop = &hse->loops[number];
	*loop = (struct hse_loop){.ports = &hse->ports,
				  .worker = number,
				  .workers = c->workers.count,
				  .adaptive = c->workers.poll == HSE_POLL_ADAPTIVE,
				  .mtu = {config.mtu[DATAPATH_ACCESS], config.mtu[DATAPATH_CORE]},
				  .stop = &hse->stop};
	loop->datapath = datapath_worker_new(&config, loop_transmit, loop);
	hse->workers[number] = loop->datapath;
	if (!loop->datapath) {
		program_log(PROGRAM_ERROR,
			    "worker %u: no memory for %u flows; raise memory.mib or lower "
			    "sessions.max",
			    number, config.flows);
		return -ENOMEM;
	}
	return 0;
}

static int make_workers(struct hse *hse)
{
	const unsigned count = hse->config.workers.count;
	int ret = 0;

	hse->workers = calloc(count, sizeof(*hse->workers));
	hse->loops = calloc(count, sizeof(*hse->loops));
	if (!hse->workers || !hse->loops)
		return -ENOMEM;
	for (unsigned i = 0; ret == 0 && i < count; i++) {
		struct making making = {hse, i};
		ret = rte_eal_remote_launch(make_worker, &making, eal_worker_lcore(i));
		if (ret == 0)
			ret = rte_eal_wait_lcore(eal_worker_lcore(i));
	}
	if (ret == 0 && datapath_connect_workers(hse->workers, count) != 0) {
		program_log(PROGRAM_ERROR, "no memory for rings between %u workers", count);
		ret = -ENOMEM;
	}
	return ret;
}

static void launch_workers(struct hse *hse)
{
	for (unsigned i = 0; i < hse->config.workers.count; i++)
		rte_eal_remote_launch(loop_run, &hse->loops[i], eal_worker_lcore(i));
}

/* The capabilities of the control thread, and of Diameter's threads, which it creates. */
static uint64_t control_privileges(const struct hse_config *c)
{
	const bool is_low = c->diameter_given && c->diameter.listen.family != 0 &&
			    c->diameter.listen_port < 1024;

	return is_low ? PRIVILEGE(CAP_NET_BIND_SERVICE) : 0;
}

/* After all work that needs root. Only the links thread keeps the capabilities to open a port
 * again. From here on no other thread has any. */
static int give_up_privileges(struct hse *hse)
{
	const struct hse_config *c = &hse->config;
	struct program_user user;
	const bool changes = program_choose_user(c->user, HSE_USER, &user);
	int ret;

	if (changes) {
		eal_give_files(&user);
		program_give_file(c->log.output, &user);
	}
	ret = program_become(changes ? &user : NULL, ports_privileges(c) | control_privileges(c));
	if (ret != 0)
		return ret;
	hse->links = links_start(&hse->ports, c);
	if (!hse->links)
		return -ENOMEM;
	return program_keep(control_privileges(c));
}

static int start(struct hse *hse)
{
	int ret = ports_open(&hse->ports, &hse->config);

	if (ret == 0)
		ret = make_workers(hse);
	if (ret == 0)
		ret = give_up_privileges(hse);
	if (ret != 0)
		return ret;
	if (hse->config.state_given && !(hse->disk = disk_open(&hse->config)))
		return -EINVAL;
	ret = start_diameter(hse);
	if (ret != 0)
		return ret;
	hse->control = control_new(&hse->config, hse->workers, hse->disk, hse->notifications);
	if (!hse->control)
		return -EINVAL;
	hse->reload = reload_start(hse->config_path, &hse->config);
	if (!hse->reload)
		return -ENOMEM;
	control_set_reload(hse->control, hse->reload);
	return telemetry_start(hse->control, &hse->config, &hse->ports, hse->links, hse->workers);
}

/* Also after a start that failed anywhere. */
static void stop(struct hse *hse)
{
	atomic_store(&hse->stop, true);
	rte_eal_mp_wait_lcore();
	notifications_stop(hse->notifications);
	reload_stop(hse->reload);
	diameter_stop();
	telemetry_stop();
	links_stop(hse->links);
	control_conclude(hse->control);
	control_free(hse->control);
	reload_free(hse->reload);
	notifications_free(hse->notifications);
	disk_close(hse->disk);
	for (unsigned i = 0; hse->workers && i < hse->config.workers.count; i++)
		datapath_worker_free(hse->workers[i]);
	free(hse->workers);
	free(hse->loops);
	ports_close(&hse->ports);
	rte_eal_cleanup();
	eal_remove_files();
	ports_unlock(&hse->ports);
}

static int run(struct hse *hse)
{
	const struct hse_config *c = &hse->config;

	if (ports_lock(&hse->ports, c) != 0)
		return PROGRAM_FAILED;
	if (eal_start(c) != 0) {
		ports_unlock(&hse->ports);
		return PROGRAM_FAILED;
	}
	if (start(hse) != 0) {
		stop(hse);
		return PROGRAM_FAILED;
	}
	if (c->lab_mode)
		program_log(PROGRAM_WARNING, "lab_mode is on: not for a network with real devices");
	if (!c->state_given)
		program_log(PROGRAM_WARNING,
			    "state: is not configured: when hse ends, its sessions end, and a "
			    "keyset that is pulled again after that begins at COUNT 0 "
			    "(doc/state.md)");
	if (c->sessions.replay_window == 0)
		program_log(PROGRAM_WARNING,
			    "replay_window is 0: replayed packets are not dropped");
	if (c->static_sessions_count > 0 && !c->state_given)
		program_log(PROGRAM_WARNING,
			    "static_sessions without state: their COUNTs begin at 0 again after a "
			    "restart; give them keysets with other keys before each start");
	program_ignore_signals();
	launch_workers(hse);
	program_log(PROGRAM_INFO, "ready: %s - %s, %u worker%s", c->ports[DATAPATH_ACCESS].device,
		    c->ports[DATAPATH_CORE].device, c->workers.count,
		    c->workers.count > 1 ? "s" : "");
	control_run(hse->control);
	stop(hse);
	return PROGRAM_OK;
}

int main(int argc, char **argv)
{
	static struct hse hse;
	struct program_options options;
	struct config_file *file;
	sigset_t signals;
	int status = program_parse_options("hse", "Home Security Endpoint", argc, argv, &options);

	if (status >= 0)
		return status;
	if (options.check)
		return hse_config_check(options.config, &hse.config, stderr) ? PROGRAM_OK
									     : PROGRAM_USAGE;
	file = hse_config_load(options.config, &hse.config, stderr);
	if (!file)
		return PROGRAM_USAGE;
	/* Before any thread starts, because threads inherit it. */
	if (program_harden() != 0)
		return PROGRAM_FAILED;
	program_take_signals(control_signals, CONTROL_SIGNALS, &signals);
	program_log_start(&hse.config.log);
	program_log_findings(hse_findings, file, &hse.config);
	hse.config_path = options.config;
	status = run(&hse);
	config_free(file);
	return status;
}
