/* SPDX-License-Identifier: BSD-3-Clause */
/* hse-hss: reference HSS of the pull procedure, and KMS, for labs, tests and private networks. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "hss/hss.h"
#include "hss/hss_check.h"
#include "hss/kms.h"
#include "hss/reload.h"
#include "program/privileges.h"

static int start(const struct hss_config *config, struct hss *hss, struct kms *kms)
{
	program_diameter_ends_program(true);
	int rc = diameter_init(&config->diameter, &config->numbers, program_log_diameter);

	diameter_watch_peers(program_log_peer);
	if (!rc && kms)
		rc = diameter_serve_keys_later(kms_take_pull, kms);
	if (!rc && hss)
		rc = diameter_serve_auth(hss_answer_auth, hss);
	if (!rc && hss)
		rc = diameter_serve_keys(hss_answer_pull, hss);
	if (!rc)
		rc = diameter_start();
	program_diameter_ends_program(false);
	return rc;
}

static void say_ready(const struct hss_config *config)
{
	if (config->role == HSS_ROLE_KMS)
		program_log(PROGRAM_INFO, "ready: KMS of %s", config->kms.hss_realm);
	else
		program_log(PROGRAM_INFO, "ready: %zu subscribers", config->subscribers.count);
}

/* Returns at SIGTERM or SIGINT. SIGUSR1 prints a KMS's counters, SIGHUP reloads. */
static void wait_for_stop(const sigset_t *signals, struct hss *hss, struct kms *kms,
			  struct reload *reload)
{
	const struct timespec tick = {.tv_sec = 1};
	int signal;

	do {
		signal = sigtimedwait(signals, NULL, &tick);
		if (hss)
			hss_tick(hss);
		if (kms)
			kms_tick(kms);
		if (kms && signal == SIGUSR1)
			kms_tell(kms);
		if (signal == SIGHUP)
			reload_now(reload, hss, kms);
	} while (signal < 0 || signal == SIGUSR1 || signal == SIGHUP);
	program_log(PROGRAM_INFO, "stopping");
}

/* Opens one of the two. Errors are logged. */
static bool open_role(const struct hss_config *config, struct hss **hss, struct kms **kms)
{
	char *text = NULL;
	size_t len = 0;
	FILE *errors = open_memstream(&text, &len);

	if (!errors) {
		program_log(PROGRAM_ERROR, "out of memory");
		return false;
	}
	if (config->role == HSS_ROLE_KMS)
		*kms = kms_open(config, errors);
	else
		*hss = hss_open(config, errors);
	fclose(errors);
	program_log_lines(PROGRAM_ERROR, "", text);
	free(text);
	return *hss || *kms;
}

/* hse-hss needs no capabilities, except for a port below 1024. */
static int give_up_privileges(const struct hss_config *config)
{
	const bool is_low =
		config->diameter.listen.family != 0 && config->diameter.listen_port < 1024;
	struct program_user user;
	const bool changes = program_choose_user(config->user, HSS_USER, &user);

	if (changes)
		program_give_file(config->log.output, &user);
	return program_become(changes ? &user : NULL, is_low ? PRIVILEGE(CAP_NET_BIND_SERVICE) : 0);
}

static int serve(const char *path, const struct hss_config *config, const sigset_t *signals)
{
	struct reload *reload = NULL;
	struct hss *hss = NULL;
	struct kms *kms = NULL;
	int rc;

	if (!open_role(config, &hss, &kms))
		return PROGRAM_FAILED;
	rc = start(config, hss, kms);
	if (!rc) {
		reload = reload_new(path, config);
		rc = reload ? 0 : -ENOMEM;
	}
	if (!rc) {
		say_ready(config);
		wait_for_stop(signals, hss, kms, reload);
	}
	kms_conclude(kms);
	diameter_stop();
	if (kms)
		kms_tell(kms);
	hss_close(hss);
	kms_close(kms);
	reload_free(reload);
	return rc ? PROGRAM_FAILED : PROGRAM_OK;
}

int main(int argc, char **argv)
{
	static const int taken[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP};
	struct program_options options;
	struct hss_config config;
	sigset_t signals;
	int status = program_parse_options(
		"hse-hss",
		"HSS or KMS of the pull procedure: makes vectors, answers pulls of keysets", argc,
		argv, &options);

	if (status >= 0)
		return status;
	if (!options.check && program_harden())
		return PROGRAM_FAILED;
	if (options.check)
		return hss_config_check(options.config, &config, stderr) ? PROGRAM_OK
									 : PROGRAM_USAGE;
	struct config_file *file = hss_config_load(options.config, &config, stderr);
	if (!file)
		return PROGRAM_USAGE;
	if (give_up_privileges(&config) != 0)
		return PROGRAM_FAILED;
	program_take_signals(taken, sizeof(taken) / sizeof(taken[0]), &signals);
	program_ignore_signals();
	program_log_start(&config.log);
	program_log_findings(hss_findings, file, &config);
	status = serve(options.config, &config, &signals);
	hss_config_free(&config, file);
	return status;
}
