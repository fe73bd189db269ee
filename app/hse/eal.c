/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cpus.h"
#include "datapath/memory.h"
#include "device.h"

#define MAX_ARGUMENTS	 32
#define TELEMETRY_SOCKET "dpdk_telemetry.v2"

struct arguments {
	int count;
	char *values[MAX_ARGUMENTS + 1];
};

static void add(struct arguments *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct arguments *a, const char *format, ...)
{
	va_list args;

	if (a->count == MAX_ARGUMENTS)
		abort();
	va_start(args, format);
	if (vasprintf(&a->values[a->count++], format, args) < 0)
		abort();
	va_end(args);
}

/* Lcore 0 for control, then one a worker, each on its CPU. */
static void add_lcores(struct arguments *a, const struct hse_config *c)
{
	char list[1024];
	int at = snprintf(list, sizeof(list), "0@%u", cpus_of_control(c));

	for (unsigned i = 0; i < c->workers.count; i++)
		at += snprintf(list + at, sizeof(list) - (size_t)at, ",%u@%u", i + 1,
			       cpus_of_worker(c, i));
	add(a, "--lcores=%s", list);
	add(a, "--main-lcore=0");
}

static void add_devices(struct arguments *a, const struct hse_config *c)
{
	bool any_pci = false;

	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		struct device device;

		device_read(c->ports[side].device, &device);
		any_pci |= device.is_pci;
		add(a, "%s=%s", device.is_pci ? "--allow" : "--vdev", c->ports[side].device);
	}
	if (!any_pci)
		add(a, "--no-pci");
}

/* Whoever is told of DPDK's memory while the EAL starts goes on with the pages that it had then. */
static bool memory_may_move(const struct hse_config *c)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		struct device device;

		device_read(c->ports[side].device, &device);
		if (device.is_pci || strstr(device.name, "virtio_user"))
			return false;
	}
	return true;
}

static bool has_hugepages(void)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "re");
	unsigned pages = 0;

	if (f) {
		if (fscanf(f, "%u", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	return pages > 0;
}

static void add_memory(struct arguments *a, const struct hse_config *c)
{
	if (c->memory.hugepages && has_hugepages()) {
		add(a, "--huge-unlink");
		if (c->memory.mib_given)
			add(a, "-m");
	} else {
		if (c->memory.hugepages)
			program_log(
				PROGRAM_WARNING,
				"memory.hugepages: the machine has none (see "
				"/proc/sys/vm/nr_hugepages); going on with ordinary pages, slower");
		add(a, "--no-huge");
		add(a, "-m");
	}
	if (strcmp(a->values[a->count - 1], "-m") == 0)
		add(a, "%u", c->memory.mib);
}

/* The first error that DPDK logs on this thread while it starts. Later errors only follow from
 * it. */
static _Thread_local bool is_starting;
static char first_error[256];

const char *eal_first_error(void)
{
	return first_error;
}

static void note_error(const char *line, int len)
{
	if (!is_starting || first_error[0])
		return;
	if (strncmp(line, "EAL: ", 5) == 0) {
		line += 5;
		len -= 5;
	}
	snprintf(first_error, sizeof(first_error), "%.*s", len, line);
}

/* DPDK's own log, a line at a time. */
static ssize_t take_log(void *cookie, const char *text, size_t len)
{
	const int level = rte_log_cur_msg_loglevel();

	(void)cookie;
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	const bool is_error = level > 0 && level <= (int)RTE_LOG_ERR;
	program_log(is_error ? PROGRAM_WARNING : PROGRAM_DEBUG, "dpdk: %.*s", (int)len, text);
	if (is_error)
		note_error(text, (int)len);
	return (ssize_t)len + 1;
}

static void take_over_log(void)
{
	const cookie_io_functions_t io = {.write = take_log};
	FILE *stream = fopencookie(NULL, "w", io);

	if (stream) {
		setlinebuf(stream);
		rte_openlog_stream(stream);
	}
}

/* The EAL goes on without its telemetry when it cannot listen. Who listens says so in its greeting, if it is us. */
static bool has_telemetry(void)
{
	const struct timeval patience = {.tv_sec = 2};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char greeting[1024], us[32];
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ssize_t len = -1;

	if (fd < 0)
		return false;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/" TELEMETRY_SOCKET,
		 rte_eal_get_runtime_dir());
	snprintf(us, sizeof(us), "\"pid\":%d,", getpid());
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		len = recv(fd, greeting, sizeof(greeting) - 1, 0);
	close(fd);
	if (len < 0)
		return false;
	greeting[len] = '\0';
	return strstr(greeting, us) != NULL;
}

/* Takes ownership of fd, the directory at path. Removes the directory's files, and the directory
 * itself if the user may. */
static void remove_directory(int fd, const char *path)
{
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_type != DT_DIR)
			unlinkat(fd, entry->d_name, 0);
	closedir(dir);
	rmdir(path);
}

static int open_directory(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* The files in the runtime directory are another's if that is alive. */
static int explain_failure(const struct hse_config *c, int error)
{
	if (rte_eal_primary_proc_alive(NULL)) {
		program_log(PROGRAM_ERROR,
			    "telemetry.prefix: another program runs with the prefix %s; end it, or "
			    "give each its own",
			    c->telemetry.prefix);
		return -EALREADY;
	}
	program_log(PROGRAM_ERROR,
		    "DPDK does not start: %s%s%s; with log: {level: debug} it says more",
		    first_error, first_error[0] && error ? ": " : "",
		    error	     ? rte_strerror(error)
		    : first_error[0] ? ""
				     : "it does not say why");
	eal_remove_files();
	return error ? -error : -EIO;
}

/* An earlier hse that became an ordinary user could not remove its runtime directory. That user may
 * have put links into it, so root must not write there. */
static void remove_directory_of_user(const struct hse_config *c)
{
	char path[PATH_MAX], config[PATH_MAX + 16];
	struct stat st;

	snprintf(path, sizeof(path), "/var/run/dpdk/%s", c->telemetry.prefix);
	snprintf(config, sizeof(config), "%s/config", path);
	if (geteuid() == 0 && lstat(path, &st) == 0 && st.st_uid != 0 &&
	    !rte_eal_primary_proc_alive(config))
		remove_directory(open_directory(path), path);
}

int eal_start(const struct hse_config *c)
{
	struct arguments a = {0}, given;
	int ret;

	remove_directory_of_user(c);

	add(&a, "hse");
	add(&a, "--file-prefix=%s", c->telemetry.prefix);
	add_lcores(&a, c);
	add_memory(&a, c);
	add_devices(&a, c);
	take_over_log();
	given = a;     /* the EAL reorders them */
	rte_errno = 0; /* because not every failure sets it */
	is_starting = true;
	ret = rte_eal_init(given.count, given.values);
	is_starting = false;
	for (int i = 0; i < a.count; i++)
		free(a.values[i]);
	if (ret < 0)
		return explain_failure(c, rte_errno);
	if (!has_telemetry()) {
		program_log(PROGRAM_ERROR,
			    "telemetry.prefix: DPDK cannot listen on %s/" TELEMETRY_SOCKET
			    "; end the program that does, or take another prefix",
			    rte_eal_get_runtime_dir());
		rte_eal_cleanup();
		eal_remove_files();
		return -EADDRINUSE;
	}
	program_log_follow_caller();
	if (memory_may_move(c))
		datapath_advise_memory();
	return 0;
}

/* Kept open, because the user cannot open it again: its parent directory belongs to root. */
static int given_directory = -1;

void eal_give_files(const struct program_user *user)
{
	const int fd = open_directory(rte_eal_get_runtime_dir());
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	bool good = dir != NULL;

	while (dir && (entry = readdir(dir)) != NULL)
		if (entry->d_type != DT_DIR)
			good &= fchownat(fd, entry->d_name, user->uid, user->gid,
					 AT_SYMLINK_NOFOLLOW) == 0;
	/* Change the directory last: until then it belongs to root, and no other user can add
	 * files. */
	good = good && fchown(fd, user->uid, user->gid) == 0;
	if (good)
		given_directory = dup(fd);
	else
		program_log(PROGRAM_WARNING, "%s cannot be given to user %s: %s",
			    rte_eal_get_runtime_dir(), user->name, strerror(errno));
	if (dir)
		closedir(dir);
}

void eal_remove_files(void)
{
	const char *path = rte_eal_get_runtime_dir();
	int fd = given_directory;

	given_directory = -1;
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET); /* eal_give_files has read to the end */
	else
		fd = open_directory(path);
	remove_directory(fd, path);
}
