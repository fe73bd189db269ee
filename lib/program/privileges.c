/* SPDX-License-Identifier: BSD-3-Clause */
#include "program/privileges.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "program/program.h"

/* --- the user --- */

static void set_user(struct program_user *user, const struct passwd *entry)
{
	snprintf(user->name, sizeof(user->name), "%s", entry->pw_name);
	user->uid = entry->pw_uid;
	user->gid = entry->pw_gid;
}

static bool find_number(const char *text, struct program_user *user)
{
	char *end;
	const unsigned long number = strtoul(text, &end, 10);
	const struct passwd *entry;

	if (text[0] < '0' || text[0] > '9' || *end || number >= UINT32_MAX)
		return false;
	entry = getpwuid((uid_t)number);
	if (entry)
		set_user(user, entry);
	else {
		snprintf(user->name, sizeof(user->name), "%lu", number);
		user->uid = (uid_t)number;
		user->gid = (gid_t)number;
	}
	return true;
}

bool program_find_user(const char *name, struct program_user *user)
{
	const struct passwd *entry = getpwnam(name);

	if (!entry)
		return find_number(name, user);
	set_user(user, entry);
	return true;
}

bool program_choose_user(const char *wanted, const char *otherwise, struct program_user *user)
{
	if (geteuid() != 0) {
		if (wanted && program_find_user(wanted, user) && user->uid != geteuid())
			program_log(PROGRAM_WARNING,
				    "user: %s: not started as root, so it stays user %s", wanted,
				    program_runs_as());
		return false;
	}
	if (!wanted && !program_find_user(otherwise, user)) {
		program_log(PROGRAM_WARNING,
			    "runs as root, as there is no user %s: useradd --system --shell "
			    "/usr/sbin/nologin %s; or write user: root",
			    otherwise, otherwise);
		return false;
	}
	if (wanted && !program_find_user(wanted, user))
		return false; /* program_check_user has said so */
	return user->uid != 0;
}

const char *program_runs_as(void)
{
	static char name[64];
	struct passwd entry, *found = NULL;
	char buffer[1024];

	if (getpwuid_r(geteuid(), &entry, buffer, sizeof(buffer), &found) == 0 && found)
		snprintf(name, sizeof(name), "%s", found->pw_name);
	else
		snprintf(name, sizeof(name), "%u", (unsigned)geteuid());
	return name;
}

/* --- for --check --- */

bool program_check_user(const struct config_file *file, const char *wanted, FILE *errors)
{
	struct program_user user;

	if (!wanted || program_find_user(wanted, &user))
		return true;
	config_error(file, errors, "user",
		     "there is no user '%s': useradd --system --shell /usr/sbin/nologin %s", wanted,
		     wanted);
	return false;
}

bool program_check_as_user(const struct config_file *file, const char *path, const char *wanted,
			   const char *otherwise, FILE *errors)
{
	struct program_user user;
	int fd;

	if (!program_choose_user(wanted, otherwise, &user) || program_become(&user, 0) != 0)
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return true;
	}
	config_error(file, errors, "",
		     "user %s, that the program becomes, cannot read the configuration again: %s: "
		     "chown %s %s",
		     user.name, strerror(errno), user.name, path);
	return false;
}

/* --- capabilities --- */

void program_bound_privileges(void)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

	/* if this is refused, locks_by_privilege applies */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap) >= 0; cap++)
		prctl(PR_CAPBSET_DROP, cap);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* program_harden locks all memory, including memory allocated later. Above the limit, each thread
 * needs this capability. */
static uint64_t locks_by_privilege(void)
{
	struct rlimit bound;

	if (getrlimit(RLIMIT_MEMLOCK, &bound) == 0 && bound.rlim_cur == RLIM_INFINITY)
		return 0;
	return PRIVILEGE(CAP_IPC_LOCK);
}

/* Sets the calling thread's capabilities to at most keep. May be called in a signal handler. */
static int set_capabilities(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &header, data) != 0)
		return -errno;
	for (unsigned i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, data) == 0 ? 0 : -errno;
}

/* --- in all threads --- */

/*
 * A system call changes the capabilities of the calling thread only, and libraries make threads that never call this file.
 * So each thread gets a signal, and the signal's handler makes the system call, as glibc does for setresuid.
 *
 * A thread inherits what the thread that makes it has. A thread made before its maker was told is told in the next pass.
 * A thread made later does not need to be told. So as many passes are enough as threads make threads in a chain.
 */
#define PASSES	    4
#define EACH_MS	    1
#define PASS_MS	    5000
#define THREADS_MAX 1024
#define NO_KEEPING  UINT64_MAX /* instead of capabilities: keep them when the user changes */

static struct {
	uint64_t keep;
	struct {
		atomic_int id;
		atomic_bool has_answered;
	} threads[THREADS_MAX];
	unsigned count;
	atomic_int error;
} told;

static int set_here(uint64_t keep)
{
	if (keep == NO_KEEPING)
		return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 ? 0 : -errno;
	return set_capabilities(keep);
}

static void on_signal(int number)
{
	const int before = errno, ret = set_here(told.keep);
	const pid_t self = gettid();

	(void)number;
	if (ret != 0)
		atomic_store(&told.error, ret);
	for (unsigned i = 0; i < THREADS_MAX; i++)
		if (atomic_load(&told.threads[i].id) == self)
			atomic_store(&told.threads[i].has_answered, true);
	errno = before;
}

static bool was_told(pid_t thread)
{
	for (unsigned i = 0; i < told.count; i++)
		if (atomic_load(&told.threads[i].id) == thread)
			return true;
	return false;
}

static int tell(pid_t thread)
{
	if (told.count == THREADS_MAX)
		return -ENOSPC;
	atomic_store(&told.threads[told.count].has_answered, false);
	atomic_store(&told.threads[told.count].id, thread);
	told.count++;
	syscall(SYS_tgkill, getpid(), thread,
		PRIVILEGES_SIGNAL); /* fails if the thread has ended */
	return 1;
}

/* Tells the threads that were not told. Returns the number of these threads, or a negative errno. */
static int tell_others(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	int count = 0, ret = 0;

	if (!dir)
		return -errno;
	while (ret >= 0 && (entry = readdir(dir)) != NULL) {
		const pid_t thread = atoi(entry->d_name);

		if (thread == 0 || thread == gettid() || was_told(thread))
			continue;
		ret = tell(thread);
		count++;
	}
	closedir(dir);
	return ret < 0 ? ret : count;
}

static bool have_all_answered(void)
{
	for (unsigned i = 0; i < told.count; i++)
		if (!atomic_load(&told.threads[i].has_answered) &&
		    syscall(SYS_tgkill, getpid(), atomic_load(&told.threads[i].id), 0) == 0)
			return false;
	return true;
}

static int wait_for_answers(void)
{
	const struct timespec wait = {.tv_nsec = EACH_MS * 1000000L};

	for (int ms = 0; ms < PASS_MS; ms += EACH_MS) {
		if (have_all_answered())
			return 0;
		nanosleep(&wait, NULL);
	}
	return -ETIMEDOUT;
}

static int tell_all(void)
{
	int ret = 1;

	for (unsigned pass = 0; ret > 0 && pass < PASSES; pass++) {
		ret = tell_others();
		if (ret > 0 && wait_for_answers() != 0)
			return -ETIMEDOUT;
	}
	return ret < 0 ? ret : 0;
}

static int set_everywhere(uint64_t keep)
{
	const struct sigaction ours = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	/* A thread may have got the signal twice: discard a pending one. */
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	int ret;

	told.keep = keep;
	for (unsigned i = 0; i < told.count; i++)
		atomic_store(&told.threads[i].id, 0);
	told.count = 0;
	atomic_store(&told.error, 0);
	sigaction(PRIVILEGES_SIGNAL, &ours, NULL);
	ret = tell_all();
	sigaction(PRIVILEGES_SIGNAL, &ignore, NULL);
	return ret < 0 ? ret : atomic_load(&told.error);
}

/* glibc does each of these calls in all threads. */
static int change_user(const struct program_user *user)
{
	int ret = set_everywhere(NO_KEEPING);

	if (ret == 0)
		ret = set_here(NO_KEEPING);
	if (ret != 0)
		return ret;
	if (initgroups(user->name, user->gid) != 0 ||
	    setresgid(user->gid, user->gid, user->gid) != 0 ||
	    setresuid(user->uid, user->uid, user->uid) != 0)
		return -errno;
	/* When the user changes, the kernel sets this flag anew from fs.suid_dumpable. */
	return prctl(PR_SET_DUMPABLE, 0) == 0 ? 0 : -errno;
}

int program_become(const struct program_user *user, uint64_t keep)
{
	int ret = user ? change_user(user) : 0;

	if (ret == 0)
		ret = set_everywhere(locks_by_privilege());
	if (ret == 0)
		ret = set_capabilities(keep | locks_by_privilege());
	if (ret != 0)
		program_log(PROGRAM_ERROR, "privileges cannot be given up%s%s: %s",
			    user ? ", for those of user " : "", user ? user->name : "",
			    strerror(-ret));
	return ret;
}

int program_keep(uint64_t keep)
{
	return set_capabilities(keep | locks_by_privilege());
}

void program_give_file(const char *path, const struct program_user *user)
{
	struct stat st;
	int fd;

	if (!path || geteuid() != 0)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0640);
	if (fd < 0)
		return; /* the code that opens the file reports the error */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == 0 && st.st_nlink == 1 &&
	    fchown(fd, user->uid, user->gid) != 0)
		program_log(PROGRAM_WARNING, "%s cannot be given to user %s: %s", path, user->name,
			    strerror(errno));
	close(fd);
}
