/* SPDX-License-Identifier: BSD-3-Clause */
#include "storm_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "storm_config.h"
#include "storm_lab.h"

#define ANSWER_MAX 16384
#define SOCKET	   "/run/dpdk/" STORM_PREFIX "/dpdk_telemetry.v2"
#define WAIT_MS	   20000
#define STEP_MS	   50

double watch_cpu_s(pid_t pid)
{
	char path[64], line[1024];
	unsigned long user = 0, system = 0;
	const char *after_name;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	/* proc(5): fields 14 and 15; the second is a name that may hold anything. */
	after_name = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	if (after_name)
		sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		       &user, &system);
	fclose(f);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* A line "NAME:  1234 kB" of its status. */
static double status_mib(pid_t pid, const char *name)
{
	char path[64], line[256];
	double kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			kib = strtod(line + strlen(name), NULL);
	if (f)
		fclose(f);
	return kib / 1024;
}

double watch_rss_mib(pid_t pid)
{
	return status_mib(pid, "VmRSS:");
}

double watch_peak_rss_mib(pid_t pid)
{
	return status_mib(pid, "VmHWM:");
}

static int connect_to(const char *path)
{
	const struct timeval patience = {.tv_sec = 5};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char greeting[1024];
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    recv(fd, greeting, sizeof(greeting), 0) > 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int watch_open(unsigned peers)
{
	int fd = -1;

	for (unsigned ms = 0; ms < WAIT_MS && !lab_is_interrupted(); ms += STEP_MS) {
		if (fd < 0)
			fd = connect_to(SOCKET);
		if (fd >= 0 && watch_status(fd, "peers_open") >= peers)
			return fd;
		lab_rest(STEP_MS);
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

double watch_status(int fd, const char *name)
{
	static const char question[] = "/hse/status";
	char answer[ANSWER_MAX], key[64];
	ssize_t len = -1;

	if (send(fd, question, strlen(question), MSG_NOSIGNAL) > 0)
		len = recv(fd, answer, sizeof(answer) - 1, 0);
	if (len < 0)
		return -1;
	answer[len] = '\0';
	snprintf(key, sizeof(key), "\"%s\":", name);
	const char *at = strstr(answer, key);
	return at ? strtod(at + strlen(key), NULL) : -1;
}
