/* SPDX-License-Identifier: BSD-3-Clause */
/* TLS that fails: both ends say whom it is about, and why, in one line. */
#include "unit_diameter.h"

static struct {
	bool hss_ready, hss_stop;
	char hss_said[4000], hse_said[4000], why[256], fault[2000];
} * shared;

static void note(char *said, bool is_error, const char *line)
{
	size_t used = strlen(said);

	if (is_error)
		snprintf(said + used, 4000 - used, "%s\n", line);
}

static void note_hss(bool is_error, const char *line)
{
	note(shared->hss_said, is_error, line);
}

static void note_hse(bool is_error, const char *line)
{
	note(shared->hse_said, is_error, line);
}

/* Who has a certificate of the other CA, which the other end does not know. */
static bool hss_is_other, hse_is_other;

static void run_hss(void)
{
	unit_log_to = note_hss;
	unit_files = hss_is_other ? "other-hss" : NULL;
	unit_ca_file = hss_is_other ? "both-cas" : NULL;
	if (unit_diameter_init(UNIT_HSS) || diameter_start())
		_exit(1);
	shared->hss_ready = true;
	UNIT_WAIT(shared->hss_stop, 60000);
	diameter_stop();
}

static bool has_failed(void)
{
	diameter_peer_why(UNIT_HSS, shared->why, sizeof(shared->why));
	return strncmp(shared->why, "TLS: ", 5) == 0;
}

static void run_hse(void)
{
	unit_log_to = note_hse;
	unit_files = hse_is_other ? "other-hse" : NULL;
	unit_ca_file = hse_is_other ? "both-cas" : NULL;
	if (unit_diameter_init(UNIT_HSE) || diameter_start())
		_exit(1);
	UNIT_WAIT(has_failed(), UNIT_START_MS);
	unit_sleep_ms(300); /* the other end has its say */
	diameter_stop();
}

static void fail_to_connect(void)
{
	memset(shared, 0, sizeof(*shared));
	pid_t hss = unit_node_start(run_hss);
	CU_ASSERT_TRUE(UNIT_WAIT(shared->hss_ready, UNIT_START_MS));
	CU_ASSERT_TRUE(unit_node_wait(unit_node_start(run_hse), 40000));
	shared->hss_stop = true;
	CU_ASSERT_TRUE(unit_node_wait(hss, 20000));
}

static void a_server_of_an_unknown_ca_is_told_at_both_ends(void)
{
	hss_is_other = true;
	hse_is_other = false;
	fail_to_connect();
	CU_ASSERT_PTR_NOT_NULL(strstr(shared->hse_said,
				      UNIT_HSS ": TLS: its certificate comes from an unknown CA: "
					       "CN=other-ca is not in tls.ca"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(shared->why, "TLS: its certificate comes from an unknown CA"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(shared->hss_said, ": TLS: it refuses our certificate: alert 48, "));
}

static void a_client_of_an_unknown_ca_is_told_at_both_ends(void)
{
	hss_is_other = false;
	hse_is_other = true;
	fail_to_connect();
	CU_ASSERT_PTR_NOT_NULL(strstr(shared->hss_said,
				      "(certificate for " UNIT_HSE
				      "): TLS: its certificate comes from an unknown CA: "
				      "CN=other-ca is not in tls.ca"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(shared->hse_said, UNIT_HSS ": TLS: it refuses our certificate: alert 48, "));
	CU_ASSERT_PTR_NOT_NULL(strstr(shared->why, "TLS: it refuses our certificate: alert 48, "));
	CU_ASSERT_PTR_NULL(strstr(shared->hse_said, "TLS Handshake failed"));
}

/* --- dates --- */

static void note_fault(const char *subject, const char *text)
{
	if (strcmp(subject, "diameter.tls.certificate") == 0)
		snprintf(shared->fault, sizeof(shared->fault), "%s", text ? text : "");
}

static void run_alone(void)
{
	unit_log_to = note_hse;
	unit_files = "short";
	diameter_watch_faults(note_fault);
	if (unit_diameter_init(UNIT_HSE) || diameter_start_in_any_case())
		_exit(1);
	UNIT_WAIT(shared->hss_stop, 60000);
	diameter_stop();
}

static pid_t start_with_lifetime(long seconds)
{
	unit_tls_lifetime_s = seconds;
	unit_ca_issue(&unit_ca, unit_dir, "short", UNIT_HSE);
	unit_tls_lifetime_s = 60 * 24 * 3600;
	memset(shared, 0, sizeof(*shared));
	return unit_node_start(run_alone);
}

static void stop_alone(pid_t pid)
{
	shared->hss_stop = true;
	CU_ASSERT_TRUE(unit_node_wait(pid, 20000));
}

static void a_running_program_warns_of_a_certificate_that_expires(void)
{
	pid_t pid = start_with_lifetime(19 * 3600 + 1800);

	CU_ASSERT_TRUE(UNIT_WAIT(strstr(shared->hse_said, "the certificate of CN=" UNIT_HSE
							  " expires in 19 hours") != NULL,
				 UNIT_START_MS));
	stop_alone(pid);
}

/* It goes on with it for connections that are open, and takes the next one as soon as it is there. */
static void a_certificate_that_expires_is_read_again_until_it_is_good(void)
{
	pid_t pid = start_with_lifetime(2);

	CU_ASSERT_TRUE(UNIT_WAIT(strstr(shared->fault, "is no longer valid") != NULL, 20000));
	unit_ca_issue(&unit_ca, unit_dir, "short", UNIT_HSE);
	CU_ASSERT_TRUE(UNIT_WAIT(shared->fault[0] == 0, UNIT_START_MS));
	stop_alone(pid);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"a server of an unknown CA is told at both ends",
		 a_server_of_an_unknown_ca_is_told_at_both_ends},
		{"a client of an unknown CA is told at both ends",
		 a_client_of_an_unknown_ca_is_told_at_both_ends},
		{"a running program warns of a certificate that expires",
		 a_running_program_warns_of_a_certificate_that_expires},
		{"a certificate that expires is read again until it is good",
		 a_certificate_that_expires_is_read_again_until_it_is_good},
	};
	struct unit_ca other;
	char command[256];

	shared = unit_share(sizeof(*shared));
	unit_diameter_setup();
	unit_ca_make(&other, unit_dir, "other-ca");
	unit_ca_issue(&other, unit_dir, "other-hse", UNIT_HSE);
	unit_ca_issue(&other, unit_dir, "other-hss", UNIT_HSS);
	unit_ca_free(&other);
	snprintf(command, sizeof(command), "cat %s/ca.pem %s/other-ca.pem >%s/both-cas.pem",
		 unit_dir, unit_dir, unit_dir);
	unit_tls_need(system(command) == 0);
	int rc = unit_run("diameter_tls", tests, sizeof(tests) / sizeof(tests[0]));
	unit_diameter_teardown();
	return rc;
}
