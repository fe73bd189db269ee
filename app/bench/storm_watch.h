/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storm_watch: how much memory and CPU time the programs of a storm take, by /proc, and what hse says of itself on its
 * telemetry socket.
 */
#ifndef BENCH_STORM_WATCH_H
#define BENCH_STORM_WATCH_H

#include <stdbool.h>
#include <sys/types.h>

double watch_cpu_s(pid_t pid); /* user and system, all threads */
double watch_rss_mib(pid_t pid);
double watch_peak_rss_mib(pid_t pid); /* since its start */

/* A connection to hse's telemetry socket once it is there, hse answers, and that many of its peers are connected;
 * -1 when that does not come to be within some seconds. close() it. */
int watch_open(unsigned peers);
/* A number of hse's status; -1 when it does not answer. */
double watch_status(int fd, const char *name);

#endif
