/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program: what hse, hse-hss and hse-ue do alike. Their command line, their log lines on stderr, and
 * what a process does before it holds keys. Called by main, and the log by everything in app/.
 */
#ifndef PROGRAM_PROGRAM_H
#define PROGRAM_PROGRAM_H

#include <stdbool.h>

#include "config/config.h"

/* --- the command line --- */

/* Exit statuses. */
enum program_status {
	PROGRAM_OK = 0,
	PROGRAM_FAILED = 1,
	PROGRAM_USAGE = 2, /* command line or configuration */
};

struct program_options {
	const char *config; /* --config FILE, -c FILE */
	bool check;	    /* --check: read the configuration, and no more */
};

/*
 * Reads the command line and names the program in the log. Returns -1 when the program shall go on; else
 * it is done, and this is its exit status: --help and --version have been answered, or an error has been
 * said. summary is the one line that --help shows.
 */
int program_parse_options(const char *name, const char *summary, int argc, char **argv,
			  struct program_options *options);

/* An option that one program has and the others do not. */
struct program_extra_option {
	const char *name;     /* "fleet" */
	const char *argument; /* what --help calls its argument: "N"; NULL: it has none */
	const char *help;
	const char *value; /* out: its argument, or "" for none; NULL when it was not given */
};
#define PROGRAM_EXTRA_OPTIONS_MAX 4
/* extra: up to that many, then one without a name. */
int program_parse_options_and(const char *name, const char *summary, int argc, char **argv,
			      struct program_options *options, struct program_extra_option *extra);

/* --- the log --- */

enum program_level {
	PROGRAM_ERROR,
	PROGRAM_WARNING,
	PROGRAM_INFO,
	PROGRAM_DEBUG,
};

/* The `log:` mapping: {level: info}. */
struct program_log_config {
	int level; /* enum program_level */
};

extern const struct program_log_config program_log_default; /* info */
extern const struct config_field program_log_fields[];

void program_set_log_level(enum program_level level);

/* Writes "PROGRAM: level: text" to stderr with one system call, so that the lines of several threads do
 * not mix. Control characters become '?'. Lines above 1000 octets are cut. Never given a key. */
void program_log(enum program_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* True when a line of that level would be written. */
bool program_logs(enum program_level level);

/* --- before keys are in memory --- */

/* No core dumps and no ptrace by other processes of the user (PR_SET_DUMPABLE 0), and no page of the
 * process on a swap device (mlockall; pages are locked as they are touched). Negative errno, said in
 * the log, when the system refuses. */
int program_harden(void);

#endif
