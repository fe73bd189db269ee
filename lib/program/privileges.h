/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * privileges: what a program may do once it runs. Started as root, it becomes an ordinary user; however it was started, it
 * keeps the capabilities that it needs and no others. Linux has capabilities for each thread: threads made later have those
 * of the thread that makes them.
 */
#ifndef PROGRAM_PRIVILEGES_H
#define PROGRAM_PRIVILEGES_H

#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"

/* Capabilities as bits: PRIVILEGE(CAP_NET_RAW). */
#define PRIVILEGE(capability) (UINT64_C(1) << (capability))

struct program_user {
	char name[64];
	uid_t uid;
	gid_t gid;
};

/* By name or number. False: there is none. */
bool program_find_user(const char *name, struct program_user *user);

/*
 * Whom to become: wanted (the `user:` setting; NULL: not set), else the user otherwise, else nobody. True: *user is set,
 * and program_become must be called. False: the program stays who it is; why is a warning in the log, unless it was asked for.
 */
bool program_choose_user(const char *wanted, const char *otherwise, struct program_user *user);

/* For --check: `user:` names somebody, or it is an error of the configuration. */
bool program_check_user(const struct config_file *file, const char *wanted, FILE *errors);
/* For --check by root: becomes that user for good, without capabilities, so that files are checked with the user's eyes;
 * false, and reported, when the user could not read the configuration again, as a reload does. */
bool program_check_as_user(const struct config_file *file, const char *path, const char *wanted,
			   const char *otherwise, FILE *errors);

/* No program that this one starts can ever have more, and none of its threads made from here on: no_new_privs, an empty
 * bounding set. Lifts the bound on locked memory, which an ordinary user may not. Call first. */
void program_bound_privileges(void);

/*
 * All threads become user, or stay who they are if user is NULL. The caller keeps of its capabilities those in keep, all
 * other threads none; and each CAP_IPC_LOCK, where the bound on locked memory could not be lifted. Other threads may
 * end and be made meanwhile. Interrupts system calls of other threads, which are restarted. Negative errno, said in the log.
 */
int program_become(const struct program_user *user, uint64_t keep);
/* The same for the capabilities of the caller alone. */
int program_keep(uint64_t keep);
/* What other threads are told by: no thread may block it before program_become, after which it is ignored. */
#define PRIVILEGES_SIGNAL (SIGRTMIN + 7)

/* The name of the user that the program is now, for people. */
const char *program_runs_as(void);

/* Makes a file that root writes first belong to user, as user has to open it again; makes it when there is none. Only
 * regular files of root's with one name; anything else stays as it is. path NULL: does nothing. */
void program_give_file(const char *path, const struct program_user *user);

#endif
