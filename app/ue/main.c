/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hse-ue: a UE with its USIM, and the SGSN, or MME and S-GW, it hangs on, or a fleet of them. Start-up and wiring; the work
 * is in ue.c and fleet.c.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "diameter/diameter.h"
#include "gtp/gtpu.h"
#include "program/privileges.h"
#include "program/program.h"
#include "ue/check.h"
#include "ue/config.h"
#include "ue/fleet.h"
#include "ue/ue.h"

struct process {
	struct ue_config config;
	struct ue_shared shared;
	uint32_t devices; /* of the fleet; 0: there is one UE */
	struct fleet *fleet;
	struct ue ue;
	sigset_t taken; /* signals that the program reads */
	struct loop_source signals;
	unsigned paths_open; /* SGSNs */
};

static void ue_ended(void *arg, bool failed)
{
	struct process *process = arg;

	loop_stop(process->shared.loop, failed ? PROGRAM_FAILED : PROGRAM_OK);
}

static void stop(struct process *process)
{
	if (process->fleet)
		fleet_stop(process->fleet);
	else
		ue_stop(&process->ue);
}

static void signal_arrived(void *arg)
{
	struct process *process = arg;
	struct signalfd_siginfo info;

	if (read(process->signals.fd, &info, sizeof(info)) != sizeof(info))
		return;
	switch (info.ssi_signo) {
	case SIGUSR1:
		if (!process->fleet)
			ue_rekey(&process->ue);
		break;
	case SIGHUP:
		if (!process->fleet)
			ue_move(&process->ue);
		break;
	case SIGUSR2:
		ue_counters_print(&process->shared.counters, stdout);
		break;
	default:
		stop(process);
	}
}

static int open_signals(struct process *process)
{
	process->signals = (struct loop_source){.ready = signal_arrived, .arg = process};
	process->signals.fd = signalfd(-1, &process->taken, SFD_NONBLOCK | SFD_CLOEXEC);
	if (process->signals.fd < 0)
		return -errno;
	return loop_add(process->shared.loop, &process->signals);
}

static int open_loop(struct process *process)
{
	process->shared.loop = loop_new();
	int err = process->shared.loop ? open_signals(process) : -errno;

	if (err)
		program_log(PROGRAM_ERROR, "no event loop: %s", strerror(-err));
	return err;
}

/* The paths of one SGSN. */
static int open_sgsn(struct ue_shared *shared, const struct config_address *at, const char *key,
		     struct control_path *control_path, struct user_path **user_path)
{
	const struct ue_sgsn_config *sgsn = &shared->config->sgsn;
	struct endpoint control = endpoint_from_config(at, GTPC_PORT);
	struct endpoint user = endpoint_from_config(at, GTPU_PORT);
	char address[ENDPOINT_STR];

	int err = control_path_open(control_path, shared->loop, &control, sgsn->t3_ms, sgsn->n3,
				    &shared->counters);
	if (!err) {
		*user_path = user_path_open(shared->loop, &user, &shared->counters);
		err = *user_path ? 0 : -errno;
	}
	if (err)
		program_log(PROGRAM_ERROR, "sgsn.%s %s: no sockets for GTP: %s", key,
			    endpoint_str(&control, address), strerror(-err));
	return err;
}

static int open_paths(struct process *process)
{
	const struct ue_sgsn_config *sgsn = &process->config.sgsn;
	struct ue_shared *shared = &process->shared;

	process->paths_open = 1;
	int err = open_sgsn(shared, &sgsn->address, "address", &shared->control_path,
			    &shared->user_path);
	if (err || sgsn->move_to.family == 0)
		return err;
	process->paths_open = 2;
	return open_sgsn(shared, &sgsn->move_to, "move_to", &shared->other_control_path,
			 &shared->other_user_path);
}

static int open_hss(struct process *process)
{
	struct ue_shared *shared = &process->shared;

	program_diameter_ends_program(true);
	int err = diameter_init(&process->config.diameter, &process->config.numbers,
				program_log_diameter);
	if (err)
		return err; /* the log says why */
	diameter_watch_peers(program_log_peer);
	shared->hss = hss_diameter_open(shared->loop, &process->config.hss);
	err = shared->hss ? diameter_start() : -errno;
	program_diameter_ends_program(false);
	if (err)
		program_log(PROGRAM_ERROR, "Diameter does not start: %s", strerror(-err));
	return err;
}

static int open_fleet(struct process *process)
{
	process->shared.steps = NULL;
	process->fleet = fleet_new(&process->shared, process->devices, ue_ended, process);
	if (process->fleet)
		return 0;
	program_log(PROGRAM_ERROR, "no memory for %u devices", process->devices);
	return -ENOMEM;
}

static int open_searches(struct ue_shared *shared)
{
	const struct ue_session_config *session = &shared->config->session;
	uint64_t seed;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
		program_log(PROGRAM_ERROR, "no random octets: %s", strerror(errno));
		return -EIO;
	}
	npdu_searches_init(&shared->searches, shared->engine, session->recovery_windows,
			   session->recovery_per_s, seed, (uint32_t)loop_now_ms());
	return 0;
}

static int open_all(struct process *process)
{
	int err = open_loop(process);

	if (!err)
		err = open_paths(process);
	if (!err)
		err = open_hss(process);
	if (err)
		return err;
	process->shared.engine = npdu_engine_new(16);
	if (!process->shared.engine) {
		program_log(PROGRAM_ERROR, "no engine for packets: memory ran out, or this CPU is "
					   "none that intel-ipsec-mb runs on");
		return -ENOTSUP;
	}
	err = open_searches(&process->shared);
	if (err)
		return err;
	if (process->devices > 0)
		return open_fleet(process);
	return ue_init(&process->ue, &process->shared, ue_ended, process);
}

static void close_all(struct process *process)
{
	struct ue_shared *shared = &process->shared;

	/* First, so that no answer comes to what is taken down below. */
	diameter_stop();
	fleet_free(process->fleet);
	ue_free(&process->ue);
	hss_diameter_close(shared->hss);
	npdu_engine_free(shared->engine);
	user_path_close(shared->user_path);
	user_path_close(shared->other_user_path);
	if (process->paths_open > 0)
		control_path_close(&shared->control_path);
	if (process->paths_open > 1)
		control_path_close(&shared->other_control_path);
	if (process->signals.fd >= 0)
		close(process->signals.fd);
	loop_free(shared->loop);
}

static int run(struct process *process)
{
	int status = PROGRAM_FAILED;

	process->shared.config = &process->config;
	process->shared.steps = stdout;
	process->signals.fd = -1;
	if (!open_all(process)) {
		if (process->fleet)
			fleet_start(process->fleet);
		else
			ue_start(&process->ue);
		status = loop_run(process->shared.loop);
		if (status < 0) {
			program_log(PROGRAM_ERROR, "event loop: %s", strerror(-status));
			status = PROGRAM_FAILED;
		}
		ue_counters_print(&process->shared.counters, stdout);
	}
	close_all(process);
	return status;
}

/* --fleet N. */
static bool read_devices(const char *text, uint32_t *devices)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || n < 1 || n > UE_FLEET_MAX) {
		fprintf(stderr, "hse-ue: --fleet %s: expected a number of devices, 1 to %d\n", text,
			UE_FLEET_MAX);
		return false;
	}
	*devices = (uint32_t)n;
	return true;
}

int main(int argc, char **argv)
{
	static const int taken[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2};
	struct program_extra_option extra[] = {
		{.name = "fleet",
		 .argument = "N",
		 .help = "play N devices at once, as fleet: says"},
		{.name = "eps", .help = "as system: eps, whatever the configuration says"},
		{0}};
	const struct program_extra_option *fleet = &extra[0], *eps = &extra[1];
	static struct process process;
	struct program_options options;

	int status = program_parse_options_and(
		"hse-ue", "a UE with USIM, and the SGSN, or MME and S-GW, it hangs on", argc, argv,
		&options, extra);
	if (status >= 0)
		return status;
	if (fleet->value && !read_devices(fleet->value, &process.devices))
		return PROGRAM_USAGE;
	if (!options.check && program_harden())
		return PROGRAM_FAILED;
	if (options.check)
		return ue_config_check(options.config, process.devices, &process.config, stderr)
			       ? PROGRAM_OK
			       : PROGRAM_USAGE;
	struct config_file *file =
		ue_config_load(options.config, process.devices, &process.config, stderr);
	if (!file)
		return PROGRAM_USAGE;
	if (eps->value)
		process.config.system = AKA_EPS;
	/* For TUN devices, their addresses and routes. */
	if (program_become(NULL, PRIVILEGE(CAP_NET_ADMIN)) != 0)
		return PROGRAM_FAILED;
	program_take_signals(taken, sizeof(taken) / sizeof(taken[0]), &process.taken);
	program_ignore_signals();
	program_log_start(&process.config.log);
	program_log_findings(ue_findings, file, &process.config);
	status = run(&process);
	ue_config_free(file, &process.config);
	return status;
}
