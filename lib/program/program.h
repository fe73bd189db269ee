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

/* --- what is wrong with a configuration and keeps no program from starting --- */

/* Reports to out, by config_error what cannot work (false) and by config_warning what may not be meant. */
typedef bool (*program_findings)(const struct config_file *file, const void *config, FILE *out);

/* At start, and when a configuration is read again: each finding is a warning in the log. */
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

/* What the table cannot see; makes output relative to the folder of file. Reports to errors; true when all is well. */
bool program_log_config_check(struct program_log_config *config, struct config_file *file,
			      FILE *errors);

/*
 * Starts the thread that writes the log. From here on no thread waits in program_log: lines go through a bounded
 * ring, and lines without a place are counted and said ("log: 120 lines lost"). When the program ends, exit waits
 * at most a second for lines that wait. Call once, before threads that log; lines before it go to stderr at once.
 */
void program_log_start(const struct program_log_config *config);
/* Another level and output; an output that is the same file is opened anew. Any thread; waits for nothing. */
void program_log_reload(const struct program_log_config *config);
/* The thread runs on the caller's CPUs from here on. */
void program_log_follow_caller(void);

void program_set_log_level(enum program_level level);

/* Writes "PROGRAM: level: text" as one line. Control characters become '?'. Lines above 1000 octets are cut. In a
 * file, the time stands before it: "2026-11-30T12:00:00.123Z ". Never given a key. */
void program_log(enum program_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Each line of text, which is written to, as a line of the log behind prefix. */
void program_log_lines(enum program_level level, const char *prefix, char *text);

/* Lines lost since the start: the ring was full, or the output failed. */
uint64_t program_log_lost(void);

/* True when a line of that level would be written. */
bool program_logs(enum program_level level);

/* --- Diameter --- */

/* Called by the Diameter library, from any thread: a line of its log, and a peer that opens or closes. An error is a
 * warning, since the library tries again; while it ends the program, as at the start of one that needs it, an error. */
void program_log_diameter(bool is_error, const char *line);
void program_log_peer(const char *identity, bool open);
void program_diameter_ends_program(bool yes);

/* --- faults: what a program lacks outside of itself, and goes on without --- */

/*
 * text says what is wrong with subject ("diameter.listen"), or NULL that nothing is, any more. A fault is an error in
 * the log at once, when its text changes, and every minute as long as it is reported. Any thread; waits for nothing.
 */
void program_fault(const char *subject, const char *text);
/* The texts of all faults, a line each, cut to size; how many there are. Any thread. */
size_t program_faults(char *text, size_t size);

/* --- reload --- */

/* Says in the log that the key at path of file has changed: that it is in effect, or that it needs a restart. */
void program_log_change(struct config_file *file, const char *path, bool reloads);
/* The same of each key of table that has: one that reloads against current, the configuration of the reload before;
 * another against that of the start. Nothing is said of the key except (NULL: of all). loaded comes from file. */
void program_log_changes(struct config_file *file, const struct config_field *table,
			 const void *start, const void *current, const void *loaded,
			 const char *except);

/* --- signals --- */

/* Blocks the signals in numbers, for the program to read by signalfd or sigtimedwait (taken is that set), and ignores
 * the others that would end it, but for those that tell of a fault of its own, and realtime signals, which drivers may
 * want. Before the first thread, which inherits it. */
void program_take_signals(const int *numbers, size_t count, sigset_t *taken);

/* Ignores all signals that would end or stop a process by default, realtime signals too, but for SIGTERM, SIGINT,
 * SIGHUP, SIGTSTP, and those that tell of a fault of its own. Those that have a handler, or are blocked to be read,
 * stay as they are. */
void program_ignore_signals(void);

/* --- before keys are in memory --- */

/* No core dumps and no ptrace by other processes of the user (PR_SET_DUMPABLE 0), and no page of the
 * process on a swap device (mlockall; pages are locked as they are touched); program_bound_privileges. Negative errno,
 * said in the log, when the system refuses. */
int program_harden(void);

#endif
