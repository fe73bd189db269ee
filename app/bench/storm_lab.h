/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storm_lab: the network that hse-bench storm stands up, and the programs in it.
 *
 *   namespace sgsn              namespace hse               namespace ggsn
 *   hse-ue, twice               hse                         storm_ggsn
 *   gn0 10.1.0.1, .3 ---- acc0 [ hse ] core0 ---------- gn0 10.1.0.2
 *   mgmt0 10.99.0.3, .5 -+      mgmt0 10.99.0.2
 *                        +--------+--- br0 10.99.0.1   namespace home: hse-hss
 *
 * The process takes a mount namespace of its own, with an empty /run in memory: the network namespaces' names, the
 * programs' sockets, configurations, certificates and keys are there and nowhere else, so that runs do not meet, and
 * nothing is left of one however it ends. The programs are killed with the process that started them.
 */
#ifndef BENCH_STORM_LAB_H
#define BENCH_STORM_LAB_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum lab_place {
	LAB_SGSN,
	LAB_HSE,
	LAB_GGSN,
	LAB_HOME,
	LAB_PLACES,
};

#define LAB_SGSN_ADDRESS       "10.1.0.1"
#define LAB_OTHER_SGSN_ADDRESS "10.1.0.3"
#define LAB_GGSN_ADDRESS       "10.1.0.2"
#define LAB_HSS_ADDRESS	       "10.99.0.1"
#define LAB_HSE_MGMT_ADDRESS   "10.99.0.2"
#define LAB_SGSN_MGMT_ADDRESS  "10.99.0.3"
#define LAB_DIAMETER_PORT      5868

struct lab {
	char programs[PATH_MAX]; /* the folder of hse, hse-hss and hse-ue: that of this program */
	char folder[PATH_MAX];	 /* configurations, certificates, and what programs say */
};

/* A program that runs; its stdout goes to NAME.out in the lab's folder, its stderr to NAME.log. */
struct lab_program {
	const char *name; /* NULL: none */
	pid_t pid;
	int status;   /* once it has ended: as waitpid gives it */
	double cpu_s; /* the same: what it took */
};

/* Set by SIGINT, SIGTERM and SIGHUP from lab_open on. Whatever waits looks at it. */
bool lab_is_interrupted(void);

/* keep: an existing or new folder for the lab's files, which then stay; NULL: in memory. False after a line on
 * stderr that says what is lacking. */
bool lab_open(struct lab *lab, const char *keep);

/* Runs a command, words with one blank between them, and waits for it. False after a line on stderr. */
bool lab_command(const struct lab *lab, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* NAME.pem and NAME.key for a DiameterIdentity, signed by the lab's own CA; once. */
bool lab_certificate(const struct lab *lab, const char *identity);

/* The calling thread, and the sockets that it opens, are in that namespace from now on. */
bool lab_enter(enum lab_place place);

/* Starts PROGRAM --config NAME.yaml [ARGUMENTS], words with one blank between them or NULL. Called by the thread that lives
 * longest: the program is killed with it. */
bool lab_start(const struct lab *lab, struct lab_program *program, enum lab_place place,
	       const char *name, const char *executable, const char *arguments);
bool lab_is_running(struct lab_program *program);
/* Ends it by SIGTERM, and when it does not by SIGKILL. True when it ends with exit status 0. */
bool lab_end(struct lab_program *program);

/* Shows the last lines that it has written to stderr, on ours. */
void lab_show_log(const struct lab *lab, const struct lab_program *program);

/* Sleeps; less when interrupted. */
void lab_rest(unsigned ms);

#endif
