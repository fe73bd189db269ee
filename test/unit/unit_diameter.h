/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unit_diameter: Diameter nodes for tests. The stack is one a process, so each node is a child; what it
 * finds it writes into memory that it shares with the test, which judges.
 */
#ifndef UNIT_UNIT_DIAMETER_H
#define UNIT_UNIT_DIAMETER_H

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "diameter/diameter.h"
#include "unit.h"
#include "unit_tls.h"

#define UNIT_HSS   "hss.home.test"
#define UNIT_HSS2  "hss2.home.test"
#define UNIT_KMS   "kms.home.test"
#define UNIT_HSE   "hse.home.test"
#define UNIT_SGSN  "sgsn.home.test"
#define UNIT_REALM "home.test"
#define UNIT_IMSI  "001010000000001"

static char unit_dir[] = "/tmp/unit-diameter-XXXXXX";
static struct config_address unit_address = {.family = AF_INET, .octets = {127, 0, 0, 1}};
static const uint16_t unit_port = 5868;
static struct unit_ca unit_ca;
static unsigned unit_worker_threads = 2;
static bool unit_hss_connects_to_hse; /* where nobody listens */
static bool unit_has_hss2;	      /* on the next port */
static const char *unit_files,
	*unit_ca_file;		 /* other names of a node's files; NULL: its own, and ca */
static diameter_log unit_log_to; /* of the nodes; NULL: stderr */

static inline int64_t unit_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void unit_sleep_ms(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* A node has started and connected long before, on the busiest machine. */
#define UNIT_START_MS 15000

/* Waits until condition holds, ms at most; the value is whether it does. */
#define UNIT_WAIT(condition, ms)                                                  \
	__extension__({                                                           \
		int64_t unit_until = unit_now_ms() + (ms);                        \
		bool unit_holds;                                                  \
		while (!(unit_holds = (condition)) && unit_now_ms() < unit_until) \
			unit_sleep_ms(5);                                         \
		unit_holds;                                                       \
	})

/* Memory that children share with the test. */
static inline void *unit_share(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

/* A folder with a CA and certificates for the nodes, and a loopback address of this test's own,
 * so that tests may run side by side. */
static inline void unit_diameter_setup(void)
{
	if (!mkdtemp(unit_dir))
		abort();
	unit_ca_make(&unit_ca, unit_dir, "ca");
	unit_ca_issue(&unit_ca, unit_dir, UNIT_HSS, UNIT_HSS);
	unit_ca_issue(&unit_ca, unit_dir, UNIT_HSS2, UNIT_HSS2);
	unit_ca_issue(&unit_ca, unit_dir, UNIT_KMS, UNIT_KMS);
	unit_ca_issue(&unit_ca, unit_dir, UNIT_HSE, UNIT_HSE);
	unit_ca_issue(&unit_ca, unit_dir, UNIT_SGSN, UNIT_SGSN);
	unit_address.octets[1] = (uint8_t)(getpid() >> 8);
	unit_address.octets[2] = (uint8_t)getpid();
}

static inline void unit_diameter_teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", unit_dir);
	if (system(command))
		printf("%s is left behind\n", unit_dir);
	unit_ca_free(&unit_ca);
}

static inline void unit_log(bool is_error, const char *line)
{
	if (is_error || getenv("UNIT_VERBOSE"))
		fprintf(stderr, "%d: %s%s\n", getpid(), is_error ? "error: " : "", line);
}

static inline char *unit_path(const char *name, const char *suffix)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s%s", unit_dir, name, suffix) < 0)
		abort();
	return path;
}

/* Where the HSS listens. */
static inline struct sockaddr_in unit_hss_address(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(unit_port)};

	memcpy(&in.sin_addr, unit_address.octets, sizeof(in.sin_addr));
	return in;
}

/* A node of that name: HSSs listen, and the others connect to them. */
static inline int unit_diameter_init(const char *identity)
{
	static struct diameter_peer to_hss[2], from_others[3];
	struct diameter_config config = diameter_default_config;

	config.identity = (char *)identity;
	config.realm = (char *)UNIT_REALM;
	config.tls_certificate = unit_path(unit_files ? unit_files : identity, ".pem");
	config.tls_key = unit_path(unit_files ? unit_files : identity, ".key");
	config.tls_ca = unit_path(unit_ca_file ? unit_ca_file : "ca", ".pem");
	config.connect_interval_s = 1;
	config.worker_threads = unit_worker_threads;
	if (!strcmp(identity, UNIT_HSS) || !strcmp(identity, UNIT_HSS2)) {
		from_others[0].identity = (char *)UNIT_HSE;
		from_others[1].identity = (char *)UNIT_SGSN;
		from_others[2].identity = (char *)UNIT_KMS;
		if (unit_hss_connects_to_hse) {
			from_others[0].address = unit_address;
			from_others[0].port = 1;
		}
		config.peers = from_others;
		config.peers_count = 3;
		config.listen = unit_address;
		config.listen_port = (uint16_t)(unit_port + !strcmp(identity, UNIT_HSS2));
	} else {
		for (uint16_t i = 0; i < 2; i++) {
			to_hss[i].identity = (char *)(i ? UNIT_HSS2 : UNIT_HSS);
			to_hss[i].address = unit_address;
			to_hss[i].port = (uint16_t)(unit_port + i);
		}
		config.peers = to_hss;
		config.peers_count = unit_has_hss2 ? 2 : 1;
	}
	int rc = diameter_init(&config, &e2m_default_numbers, unit_log_to ? unit_log_to : unit_log);
	free(config.tls_certificate);
	free(config.tls_key);
	free(config.tls_ca);
	return rc;
}

/* A node that connects to the HSS; false when it does not within UNIT_START_MS. */
static inline bool unit_diameter_connect(const char *identity)
{
	return !unit_diameter_init(identity) && !diameter_start() &&
	       UNIT_WAIT(diameter_peer_is_open(UNIT_HSS), UNIT_START_MS);
}

/* Runs a node in a child. */
static inline pid_t unit_node_start(void (*run)(void))
{
	pid_t pid = fork();

	if (pid < 0)
		abort();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run();
		_exit(0);
	}
	return pid;
}

/* True when the child ended by itself and well, within ms. */
static inline bool unit_node_wait(pid_t pid, int64_t ms)
{
	int status = -1;
	bool ended = UNIT_WAIT(waitpid(pid, &status, WNOHANG) == pid, ms);

	if (!ended) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static inline void unit_node_kill(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

#endif
