/* SPDX-License-Identifier: BSD-3-Clause */
/* Certificates that are loaded anew while connections are open. */
#include "unit_diameter.h"

static struct {
	bool hss_ready, hss_stop, hss_reload;
	int hss_reloaded; /* how often */
	int hse_rc, hse_bad_rc;
	bool stayed_open, reopened;
	char said[2000];
} * shared;

static void note(bool is_error, const char *line)
{
	size_t used = strlen(shared->said);

	if (is_error)
		snprintf(shared->said + used, sizeof(shared->said) - used, "%s\n", line);
}

/* The files of another name, in the place of those that the node was started with. */
static int reload_with(const char *name, const char *ca)
{
	struct diameter_config config = diameter_default_config;
	int rc;

	config.tls_certificate = unit_path(name, ".pem");
	config.tls_key = unit_path(name, ".key");
	config.tls_ca = unit_path(ca, ".pem");
	rc = diameter_reload_certificates(&config);
	free(config.tls_certificate);
	free(config.tls_key);
	free(config.tls_ca);
	return rc;
}

/* An HSS that takes only HSEs of the next CA once it is told to. */
static void run_hss(void)
{
	if (unit_diameter_init(UNIT_HSS) || diameter_start())
		_exit(1);
	shared->hss_ready = true;
	while (!shared->hss_stop) {
		if (shared->hss_reload) {
			shared->hss_reload = false;
			if (reload_with("next-hss", "next-ca"))
				_exit(1);
			shared->hss_reloaded++;
		}
		unit_sleep_ms(10);
	}
	diameter_stop();
}

static void reload_bad_files(void)
{
	if (!unit_diameter_connect(UNIT_HSE))
		_exit(1);
	shared->hse_bad_rc = reload_with(UNIT_HSS, "ca");
	unit_sleep_ms(300);
	shared->stayed_open = diameter_peer_is_open(UNIT_HSS);
	diameter_stop();
}

/* The HSS gets its certificates first; the connection that is open stays. Then the HSS goes away and comes back. */
static void reload_good_files(void)
{
	if (!unit_diameter_connect(UNIT_HSE))
		_exit(1);
	shared->hss_reload = true;
	UNIT_WAIT(shared->hss_reloaded == 1, UNIT_START_MS);
	shared->hse_rc = reload_with("next-hse", "next-ca");
	unit_sleep_ms(300);
	shared->stayed_open = diameter_peer_is_open(UNIT_HSS);
	diameter_stop();
}

/* With the certificate of the CA before, the HSS that has reloaded refuses. */
static void connect_with_the_old(void)
{
	shared->reopened = !unit_diameter_init(UNIT_HSE) && !diameter_start() &&
			   UNIT_WAIT(diameter_peer_is_open(UNIT_HSS), 3000);
	diameter_stop();
}

static void connect_after_reload(void)
{
	if (unit_diameter_init(UNIT_HSE) || diameter_start())
		_exit(1);
	shared->hse_rc = reload_with("next-hse", "next-ca");
	shared->reopened = UNIT_WAIT(diameter_peer_is_open(UNIT_HSS), UNIT_START_MS);
	diameter_stop();
}

static void run(void (*child)(void))
{
	CU_ASSERT_TRUE(unit_node_wait(unit_node_start(child), 40000));
}

static pid_t start_hss(void)
{
	memset(shared, 0, sizeof(*shared));
	pid_t pid = unit_node_start(run_hss);
	CU_ASSERT_TRUE(UNIT_WAIT(shared->hss_ready, UNIT_START_MS));
	return pid;
}

static void stop_hss(pid_t pid)
{
	shared->hss_stop = true;
	CU_ASSERT_TRUE(unit_node_wait(pid, 20000));
}

static void bad_files_change_nothing_and_are_told(void)
{
	pid_t hss = start_hss();

	unit_log_to = note;
	run(reload_bad_files);
	unit_log_to = NULL;
	stop_hss(hss);
	CU_ASSERT_NOT_EQUAL(shared->hse_bad_rc, 0);
	CU_ASSERT_TRUE(shared->stayed_open);
	CU_ASSERT_PTR_NOT_NULL(strstr(shared->said, "is not for the Diameter identity"));
	CU_ASSERT_PTR_NOT_NULL(strstr(shared->said, "the certificates in use stay"));
}

static void open_connections_stay_when_certificates_change(void)
{
	pid_t hss = start_hss();

	run(reload_good_files);
	stop_hss(hss);
	CU_ASSERT_EQUAL(shared->hse_rc, 0);
	CU_ASSERT_TRUE(shared->stayed_open);
}

static void new_connections_use_the_new_certificates(void)
{
	pid_t hss = start_hss();

	shared->hss_reload = true;
	CU_ASSERT_TRUE(UNIT_WAIT(shared->hss_reloaded == 1, UNIT_START_MS));
	run(connect_with_the_old);
	CU_ASSERT_FALSE(shared->reopened);
	run(connect_after_reload);
	CU_ASSERT_EQUAL(shared->hse_rc, 0);
	CU_ASSERT_TRUE(shared->reopened);
	stop_hss(hss);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"bad files change nothing and are told", bad_files_change_nothing_and_are_told},
		{"open connections stay when certificates change",
		 open_connections_stay_when_certificates_change},
		{"new connections use the new certificates",
		 new_connections_use_the_new_certificates},
	};
	struct unit_ca next;

	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	unit_ca_make(&next, unit_dir, "next-ca");
	unit_ca_issue(&next, unit_dir, "next-hss", UNIT_HSS);
	unit_ca_issue(&next, unit_dir, "next-hse", UNIT_HSE);
	unit_ca_free(&next);
	int rc = unit_run("diameter_reload", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
