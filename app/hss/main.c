/* SPDX-License-Identifier: BSD-3-Clause */
/* hse-hss: reference HSS of the pull procedure, for labs, tests and private networks. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "hss/hss.h"

static void log_diameter(bool is_error, const char *line)
{
	program_log(is_error ? PROGRAM_ERROR : PROGRAM_DEBUG, "diameter: %s", line);
}

static void log_peer(const char *identity, bool open)
{
	program_log(PROGRAM_INFO, "peer %s is %s", identity, open ? "open" : "closed");
}

static int start(const struct hss_config *config, struct hss *hss)
{
	int rc = diameter_init(&config->diameter, &config->numbers, log_diameter);

	diameter_watch_peers(log_peer);
	if (!rc)
		rc = diameter_serve_auth(hss_answer_auth, hss);
	if (!rc)
		rc = diameter_serve_keys(hss_answer_pull, hss);
	if (!rc)
		rc = diameter_start();
	return rc;
}

static int serve(const struct hss_config *config, const sigset_t *stop)
{
	const struct timespec tick = {.tv_sec = 1};
	struct hss *hss = hss_open(config, stderr);
	int rc;

	if (!hss)
		return PROGRAM_FAILED;
	rc = start(config, hss);
	if (!rc) {
		program_log(PROGRAM_INFO, "ready: %zu subscribers", config->subscribers.count);
		while (sigtimedwait(stop, NULL, &tick) < 0)
			hss_tick(hss);
		program_log(PROGRAM_INFO, "stopping");
	}
	diameter_stop();
	hss_close(hss);
	return rc ? PROGRAM_FAILED : PROGRAM_OK;
}

int main(int argc, char **argv)
{
	struct program_options options;
	struct hss_config config;
	sigset_t stop;
	int status = program_parse_options(
		"hse-hss", "HSS of the pull procedure: makes vectors, answers pulls of keysets",
		argc, argv, &options);

	if (status >= 0)
		return status;
	if (!options.check && program_harden())
		return PROGRAM_FAILED;
	struct config_file *file = hss_config_load(options.config, &config, stderr);
	if (!file)
		return PROGRAM_USAGE;
	program_set_log_level((enum program_level)config.log.level);
	/* Before there are threads, which inherit it: signals are taken by serve alone. */
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	status = options.check ? PROGRAM_OK : serve(&config, &stop);
	hss_config_free(&config, file);
	return status;
}
