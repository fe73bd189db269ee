/* SPDX-License-Identifier: BSD-3-Clause */
/* run: runs a program and keeps what it printed, for tests of whole programs. */
#ifndef UNIT_RUN_H
#define UNIT_RUN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN_ARGS_MAX 16

struct run {
	int code; /* exit code; -1: ended by a signal */
	char out[65536];
	char err[8192];
};

static inline void run_read_back(int fd, char *text, size_t size)
{
	ssize_t len = pread(fd, text, size - 1, 0);

	text[len > 0 ? len : 0] = 0;
	close(fd);
}

/* args ends with NULL; args[0] is the program's path. */
static inline void run_program(struct run *run, const char *const *args)
{
	char *argv[RUN_ARGS_MAX + 1] = {0};
	int out = memfd_create("out", 0), err = memfd_create("err", 0), status = 0;

	for (size_t i = 0; args[i]; i++) {
		if (i == RUN_ARGS_MAX)
			abort();
		argv[i] = strdup(args[i]);
	}

	pid_t pid = fork();

	if (out < 0 || err < 0 || pid < 0)
		abort();
	if (pid == 0) {
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		execv(argv[0], argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0)
		;
	run->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	run_read_back(out, run->out, sizeof(run->out));
	run_read_back(err, run->err, sizeof(run->err));
	for (size_t i = 0; argv[i]; i++)
		free(argv[i]);
}

#endif
