/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program: what hse, hse-hss and hse-ue do alike. Their command line, their log lines on stderr, and
 * what a process does before it holds keys. Called by main, and the log by everything in app/.
 */
#ifndef PROGRAM_PROGRAM_H
#define PROGRAM_PROGRAM_H

#include <signal.h>
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

/* --- findings: faults of a configuration that do not keep a program from starting --- */

/* Reports to out: config_error for a setting that cannot work (then returns false), config_warning
 * for a doubtful one. */
typedef bool (*program_findings)(const struct config_file *file, const void *config, FILE *out);

/* Logs each finding as a warning, at start and when a configuration is read again. */
void program_log_findings(program_findings findings, const struct config_file *file,
			  const void *config);

/* --- the log --- */

enum program_level {
	PROGRAM_ERROR,
	PROGRAM_WARNING,
	PROGRAM_INFO,
	PROGRAM_DEBUG,
};

/* The `log:` mapping: {level: info, output: stderr}. */
struct program_log_config {
	int level;    /* enum program_level */
	char *output; /* a file; NULL: stderr */
};

extern const struct program_log_config program_log_default; /* info, to stderr */
extern const struct config_field program_log_fields[];

/* Checks what the table cannot check. Makes output relative to the folder of file. Reports to
 * errors; returns true if all is well. */
bool program_log_config_check(struct program_log_config *config, struct config_file *file,
			      FILE *errors);

/*
 * Starts the thread that writes the log. From here on program_log never waits: lines go through a
 * bounded ring. Lines without a free place are counted and reported ("log: 120 lines lost"). At
 * exit, the program waits at most a second for lines in the ring. Call it once, before other
 * threads log. Earlier lines go to stderr at once.
 */
void program_log_start(const struct program_log_config *config);
/* Sets another level and output. An output with the same path is opened again. Any thread; never
 * waits. */
void program_log_reload(const struct program_log_config *config);
/* From here on the thread runs on the caller's CPUs. */
void program_log_follow_caller(void);

void program_set_log_level(enum program_level level);

/* Writes "PROGRAM: level: text" as one line. Control characters become '?'. Lines above 1000 octets
 * are cut. In a file, the time comes first: "2026-11-30T12:00:00.123Z ". Never pass a key. */
void program_log(enum program_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Logs each line of text as a line of its own after prefix. Modifies text. */
void program_log_lines(enum program_level level, const char *prefix, char *text);

/* Lines lost since the start, because the ring was full or the output failed. */
uint64_t program_log_lost(void);

/* True when a line of that level would be written. */
bool program_logs(enum program_level level);

/* --- Diameter --- */

/* The Diameter library calls these from any thread: with a line of its log, and when a peer opens
 * or closes. An error is logged as a warning, because the library tries again. If the error ends
 * the program, as it may at start, it is logged as an error. */
void program_log_diameter(bool is_error, const char *line);
void program_log_peer(const char *identity, bool open);
void program_diameter_ends_program(bool yes);

/* --- faults: missing outside resources that the program can run without --- */

/*
 * text says what is wrong with subject ("diameter.listen"); NULL: nothing is wrong any more. A
 * fault is logged as an error at once, when its text changes, and every minute while it is
 * reported. Any thread; never waits.
 */
void program_fault(const char *subject, const char *text);
/* Writes the texts of all faults, one a line, cut to size. Returns their number. Any thread. */
size_t program_faults(char *text, size_t size);

/* --- reload --- */

/* Logs that the key at path of file has changed, and whether it is in effect or needs a restart. */
void program_log_change(struct config_file *file, const char *path, bool reloads);
/* Same for each changed key of the table. A key that reloads is compared with current, the
 * configuration of the last reload; any other key with that of the start. The key except is not
 * reported (NULL: none is left out). loaded comes from file. */
void program_log_changes(struct config_file *file, const struct config_field *table,
			 const void *start, const void *current, const void *loaded,
			 const char *except);

/* --- signals --- */

/* Blocks the signals in numbers, so that the program can read them with signalfd or sigtimedwait;
 * taken is the set of them. Ignores all other signals that would end it, except those for its own
 * faults, and realtime signals, which drivers may need. Call it before the first thread, because
 * threads inherit it. */
void program_take_signals(const int *numbers, size_t count, sigset_t *taken);

/* Ignores all signals that end or stop a process by default, including realtime signals.
 * Exceptions: SIGTERM, SIGINT, SIGHUP, SIGTSTP, and signals for its own faults. Signals that have a
 * handler, or are blocked to be read, are unchanged. */
void program_ignore_signals(void);

/* --- before keys are in memory --- */

/* Prevents core dumps and ptrace by other processes of the user (PR_SET_DUMPABLE 0). Keeps all
 * pages off swap devices (mlockall; pages are locked when first touched). Calls
 * program_bound_privileges. If the system refuses, it logs the error and returns a negative
 * errno. */
int program_harden(void);

#endif
