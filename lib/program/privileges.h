/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * privileges: what a program may do while it runs. A program started as root becomes an ordinary
 * user. However it was started, it keeps only the capabilities that it needs. In Linux each thread
 * has its own capabilities, and a new thread inherits those of the thread that creates it.
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

/* Finds a user by name or number. Returns false if there is none. */
bool program_find_user(const char *name, struct program_user *user);

/*
 * Chooses the user to become: wanted (the `user:` setting; NULL: not set), else otherwise, else
 * none. Returns true if *user is set and program_become must be called. Returns false if the
 * program keeps its user. If that was not requested, the reason is logged as a warning.
 */
bool program_choose_user(const char *wanted, const char *otherwise, struct program_user *user);

/* For --check: reports a configuration error if `user:` names no existing user. */
bool program_check_user(const struct config_file *file, const char *wanted, FILE *errors);
/* For --check by root: becomes that user for good, without capabilities, so that files are checked
 * with that user's rights. Reports an error and returns false if the user could not read the
 * configuration again on a reload. */
bool program_check_as_user(const struct config_file *file, const char *path, const char *wanted,
			   const char *otherwise, FILE *errors);

/* Limits the program, later threads and all programs that it starts: no_new_privs, and an empty
 * bounding set. Removes the limit on locked memory, which an ordinary user may not do. Call it
 * first. */
void program_bound_privileges(void);

/*
 * All threads become user, or keep their user if user is NULL. The caller keeps only the
 * capabilities in keep; other threads keep none. Every thread keeps CAP_IPC_LOCK if the limit on
 * locked memory could not be removed. Other threads may end and start meanwhile; their system calls
 * are interrupted and restarted. Returns a negative errno and logs the error.
 */
int program_become(const struct program_user *user, uint64_t keep);
/* Same for the caller's capabilities alone. */
int program_keep(uint64_t keep);
/* The signal that other threads get. No thread may block it before program_become. After
 * program_become it is ignored. */
#define PRIVILEGES_SIGNAL (SIGRTMIN + 7)

/* The name of the user that the program runs as, for people. */
const char *program_runs_as(void);

/* Gives user a file that root writes first and user must open again later. Creates the file if it
 * does not exist. Changes only regular files that root owns and that have one name. path NULL: does
 * nothing. */
void program_give_file(const char *path, const struct program_user *user);

#endif
