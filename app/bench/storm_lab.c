/* SPDX-License-Identifier: BSD-3-Clause */
#include "storm_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MAX      32
#define COMMAND_MAX    1024
#define END_MS	       10000 /* for a program to end by itself */
#define LOG_SHOWN_LINE 20

static const char *const places[LAB_PLACES] = {"sgsn", "hse", "ggsn", "home"};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

bool lab_is_interrupted(void)
{
	return interrupted != 0;
}

static void take_signals(void)
{
	const struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

void lab_rest(unsigned ms)
{
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	if (!lab_is_interrupted())
		nanosleep(&t, NULL);
}

/* --- commands and programs --- */

static void split(char *line, char **words)
{
	char *save;
	unsigned count = 0;

	for (char *w = strtok_r(line, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (count + 1 < WORDS_MAX)
			words[count++] = w;
	words[count] = NULL;
}

static void redirect(const struct lab *lab, const char *name, const char *ending, int to)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s%s", lab->folder, name, ending);
	const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || dup2(fd, to) < 0)
		_exit(126);
	close(fd);
}

/* In the child: dies with the parent, gets no signal from the terminal, and becomes words[0]. */
static void become(const struct lab *lab, const char *name, char **words, pid_t parent)
{
	const int nothing = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || nothing < 0)
		_exit(126);
	setpgid(0, 0);
	dup2(nothing, STDIN_FILENO);
	redirect(lab, name, ".out", STDOUT_FILENO);
	redirect(lab, name, ".log", STDERR_FILENO);
	execvp(words[0], words);
	dprintf(STDERR_FILENO, "%s: %s\n", words[0], strerror(errno));
	_exit(127);
}

void lab_show_log(const struct lab *lab, const struct lab_program *program)
{
	char path[PATH_MAX + 64], line[1024];
	long lines = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.log", lab->folder, program->name);
	f = fopen(path, "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		lines++;
	rewind(f);
	for (long i = 0; fgets(line, sizeof(line), f); i++)
		if (i >= lines - LOG_SHOWN_LINE)
			fprintf(stderr, "  %s", line);
	fclose(f);
}

bool lab_command(const struct lab *lab, const char *format, ...)
{
	struct lab_program command = {.name = "commands"};
	char line[COMMAND_MAX], whole[COMMAND_MAX], *words[WORDS_MAX];
	const pid_t parent = getpid();
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	memcpy(whole, line, sizeof(whole));
	split(line, words);
	command.pid = fork();
	if (command.pid == 0)
		become(lab, command.name, words, parent);
	while (command.pid > 0 && waitpid(command.pid, &command.status, 0) < 0 && errno == EINTR)
		;
	if (command.pid > 0 && WIFEXITED(command.status) && WEXITSTATUS(command.status) == 0)
		return true;
	if (!lab_is_interrupted()) {
		fprintf(stderr, "hse-bench: this has failed: %s\n", whole);
		lab_show_log(lab, &command);
	}
	return false;
}

/* What an earlier program of that name has said is not this one's. */
static void begin_files(const struct lab *lab, const char *name)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s.out", lab->folder, name);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s.log", lab->folder, name);
	unlink(path);
}

static bool enter(const char *place)
{
	char path[64];
	int fd;
	bool entered;

	snprintf(path, sizeof(path), "/run/netns/%s", place);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	entered = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
	if (!entered)
		fprintf(stderr, "hse-bench: network namespace %s: %s\n", place, strerror(errno));
	if (fd >= 0)
		close(fd);
	return entered;
}

bool lab_enter(enum lab_place place)
{
	return enter(places[place]);
}

bool lab_start(const struct lab *lab, struct lab_program *program, enum lab_place place,
	       const char *name, const char *executable, const char *arguments)
{
	char line[3 * PATH_MAX], *words[WORDS_MAX];
	const pid_t parent = getpid();

	begin_files(lab, name);
	/* Where a folder has a blank in its name, words are not to be split there. */
	char executable_path[2 * PATH_MAX], config_path[2 * PATH_MAX];
	snprintf(executable_path, sizeof(executable_path), "%s/%s", lab->programs, executable);
	snprintf(config_path, sizeof(config_path), "%s/%s.yaml", lab->folder, name);
	snprintf(line, sizeof(line), "%s", arguments ? arguments : "");
	words[0] = executable_path;
	words[1] = (char *)"--config";
	words[2] = config_path;
	split(line, words + 3);

	*program = (struct lab_program){.name = name, .pid = fork()};
	if (program->pid == 0) {
		if (!lab_enter(place))
			_exit(126);
		become(lab, name, words, parent);
	}
	if (program->pid > 0)
		return true;
	fprintf(stderr, "hse-bench: %s: %s\n", name, strerror(errno));
	program->name = NULL;
	return false;
}

bool lab_is_running(struct lab_program *program)
{
	struct rusage used;

	if (program->pid > 0 &&
	    wait4(program->pid, &program->status, WNOHANG, &used) == program->pid) {
		program->pid = 0;
		program->cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
				 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
	}
	return program->name && program->pid > 0;
}

bool lab_end(struct lab_program *program)
{
	if (!program->name)
		return false;
	for (unsigned ms = 0; lab_is_running(program); ms += 10) {
		const struct timespec t = {.tv_nsec = 10000000};

		if (ms == 0)
			kill(program->pid, SIGTERM);
		else if (ms >= END_MS)
			kill(program->pid, SIGKILL);
		nanosleep(&t, NULL);
	}
	program->name = NULL;
	return WIFEXITED(program->status) && WEXITSTATUS(program->status) == 0;
}

/* --- certificates --- */

static bool make_ca(const struct lab *lab)
{
	return lab_command(lab,
			   "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
			   "-days 2 -subj /CN=storm -keyout %s/ca.key -out %s/ca.pem",
			   lab->folder, lab->folder);
}

bool lab_certificate(const struct lab *lab, const char *identity)
{
	const char *f = lab->folder;
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s.pem", f, identity);
	if (access(path, R_OK) == 0)
		return true;
	return lab_command(lab,
			   "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "
			   "/CN=%s -addext subjectAltName=DNS:%s -keyout %s/%s.key -out %s/%s.csr",
			   identity, identity, f, identity, f, identity) &&
	       lab_command(lab,
			   "openssl x509 -req -in %s/%s.csr -CA %s/ca.pem -CAkey %s/ca.key "
			   "-CAcreateserial -days 2 -copy_extensions copy -out %s/%s.pem",
			   f, identity, f, f, f, identity);
}

/* --- the network --- */

static bool add_namespace(const struct lab *lab, const char *place)
{
	return lab_command(lab, "ip netns add %s", place) &&
	       lab_command(lab, "ip netns exec %s sysctl -qw net.ipv6.conf.all.disable_ipv6=1",
			   place) &&
	       lab_command(lab, "ip netns exec %s sysctl -qw net.ipv6.conf.default.disable_ipv6=1",
			   place) &&
	       lab_command(lab, "ip -n %s link set lo up", place);
}

/* The kernel leaves checksums half-made for hardware that veth is not. */
static bool finish_interface(const struct lab *lab, const char *place, const char *interface)
{
	return lab_command(lab, "ip netns exec %s ethtool -K %s tx off", place, interface) &&
	       lab_command(lab, "ip -n %s link set %s up", place, interface);
}

static bool add_veth(const struct lab *lab, const char *place, const char *interface,
		     const char *other_place, const char *other)
{
	return lab_command(lab, "ip -n %s link add %s type veth peer name %s netns %s", place,
			   interface, other, other_place) &&
	       finish_interface(lab, place, interface) && finish_interface(lab, other_place, other);
}

static bool add_address(const struct lab *lab, const char *place, const char *address,
			const char *interface)
{
	return lab_command(lab, "ip -n %s addr add %s/24 dev %s", place, address, interface);
}

/* gn0 here, and hse's port at its other end. */
static bool add_port(const struct lab *lab, const char *place, const char *port)
{
	return add_veth(lab, place, "gn0", "hse", port) &&
	       lab_command(lab, "ip -n hse link set %s promisc on arp off", port);
}

static bool add_mgmt(const struct lab *lab, const char *place, const char *address)
{
	char to[16];

	snprintf(to, sizeof(to), "to-%s", place);
	return add_veth(lab, place, "mgmt0", "home", to) &&
	       lab_command(lab, "ip -n home link set %s master br0", to) &&
	       add_address(lab, place, address, "mgmt0");
}

static bool make_network(const struct lab *lab)
{
	for (unsigned i = 0; i < LAB_PLACES; i++)
		if (!add_namespace(lab, places[i]))
			return false;
	return add_port(lab, "sgsn", "acc0") && add_port(lab, "ggsn", "core0") &&
	       add_address(lab, "sgsn", LAB_SGSN_ADDRESS, "gn0") &&
	       add_address(lab, "sgsn", LAB_OTHER_SGSN_ADDRESS, "gn0") &&
	       add_address(lab, "ggsn", LAB_GGSN_ADDRESS, "gn0") &&
	       lab_command(lab, "ip -n home link add br0 type bridge") &&
	       add_address(lab, "home", LAB_HSS_ADDRESS, "br0") &&
	       lab_command(lab, "ip -n home link set br0 up") &&
	       add_mgmt(lab, "hse", LAB_HSE_MGMT_ADDRESS) &&
	       add_mgmt(lab, "sgsn", LAB_SGSN_MGMT_ADDRESS);
}

/* --- the lab --- */

static bool find_programs(struct lab *lab)
{
	static const char *const needed[] = {"hse", "hse-hss", "hse-ue", "hsectl"};
	char path[2 * PATH_MAX], *slash;
	ssize_t len = readlink("/proc/self/exe", lab->programs, sizeof(lab->programs) - 1);

	lab->programs[len < 0 ? 0 : len] = '\0';
	slash = strrchr(lab->programs, '/');
	if (slash)
		*slash = '\0';
	for (unsigned i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", lab->programs, needed[i]);
		if (access(path, X_OK) == 0)
			continue;
		fprintf(stderr,
			"hse-bench: %s: %s; hse, hse-hss, hse-ue and hsectl must lie beside "
			"hse-bench\n",
			path, strerror(errno));
		return false;
	}
	return true;
}

/* Before /run is hidden: it may lie there. */
static bool find_folder(struct lab *lab, const char *keep)
{
	if (!keep) {
		strcpy(lab->folder, "/run/storm");
		return true;
	}
	if (mkdir(keep, 0700) == 0 && realpath(keep, lab->folder)) {
		/* Its files are made by commands that are split at blanks. */
		if (!strchr(lab->folder, ' ') && strncmp(lab->folder, "/run/", 5) != 0)
			return true;
		errno = EINVAL;
	}
	fprintf(stderr,
		"hse-bench: --keep %s: %s; name a new folder, outside /run and without a blank in "
		"its name\n",
		keep, strerror(errno));
	return false;
}

static bool separate(void)
{
	if (geteuid() != 0) {
		fprintf(stderr,
			"hse-bench storm makes network namespaces, veth pairs and raw sockets: "
			"run it as root\n");
		return false;
	}
	if (unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("storm", "/run", "tmpfs", 0, "mode=755") == 0)
		return true;
	fprintf(stderr,
		"hse-bench storm needs mount and network namespaces (CAP_SYS_ADMIN and "
		"CAP_NET_ADMIN), which are not to be had here: %s\n",
		strerror(errno));
	return false;
}

bool lab_open(struct lab *lab, const char *keep)
{
	take_signals();
	if (!find_programs(lab) || !find_folder(lab, keep) || !separate())
		return false;
	if (mkdir(lab->folder, 0700) != 0 && errno != EEXIST) {
		fprintf(stderr, "hse-bench: %s: %s\n", lab->folder, strerror(errno));
		return false;
	}
	return make_network(lab) && make_ca(lab);
}
