/* SPDX-License-Identifier: BSD-3-Clause */
#include "program/privileges.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

#define MAKERS 4
#define ROUNDS 50

static atomic_bool stop;

static void *end_at_once(void *arg)
{
	return arg;
}

/* Threads come and go, as freeDiameter's do. */
static void *make_threads(void *arg)
{
	while (!atomic_load(&stop)) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, end_at_once, NULL) == 0)
			pthread_join(thread, NULL);
	}
	return arg;
}

static bool has_capabilities(const char *thread)
{
	char path[64], line[256];
	unsigned long long set = 0, all = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%.20s/status", thread);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CapPrm: %llx", &set) == 1 ||
		    sscanf(line, "CapEff: %llx", &set) == 1)
			all |= set;
	if (file)
		fclose(file);
	return all & ~(unsigned long long)PRIVILEGE(CAP_IPC_LOCK);
}

static unsigned threads_with_capabilities(void)
{
	DIR *dir = opendir("/proc/self/task");
	struct dirent *entry;
	unsigned count = 0;

	while (dir && (entry = readdir(dir)) != NULL)
		count += entry->d_name[0] != '.' && has_capabilities(entry->d_name);
	if (dir)
		closedir(dir);
	return count;
}

/* In a process of its own, which has none afterwards. */
static int give_up_while_threads_come_and_go(void)
{
	pthread_t makers[MAKERS];
	int failures = 0;

	for (unsigned i = 0; i < MAKERS; i++)
		if (pthread_create(&makers[i], NULL, make_threads, NULL) != 0)
			return 1;
	for (unsigned i = 0; i < ROUNDS; i++) {
		failures += program_become(NULL, 0) != 0;
		failures += threads_with_capabilities() != 0;
		/* Told twice, or by another: it ends nothing. */
		failures += kill(getpid(), PRIVILEGES_SIGNAL) != 0;
	}
	atomic_store(&stop, true);
	for (unsigned i = 0; i < MAKERS; i++)
		pthread_join(makers[i], NULL);
	return failures > 0;
}

static void no_thread_keeps_a_capability_while_threads_come_and_go(void)
{
	pid_t child;
	int status = -1;

	fflush(NULL);
	child = fork();
	CU_ASSERT_NOT_EQUAL_FATAL(child, -1);
	if (child == 0)
		_exit(give_up_while_threads_come_and_go());
	CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
	CU_ASSERT_TRUE(WIFEXITED(status));
	CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

UNIT_MAIN("privileges", {"no thread keeps a capability while threads come and go",
			 no_thread_keeps_a_capability_while_threads_come_and_go})
