/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storm_fleet: a running hse-ue --fleet, and the figures that it prints.
 */
#ifndef BENCH_STORM_FLEET_H
#define BENCH_STORM_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "storm_config.h"

/* A line `traffic:` of it, of one second. */
struct storm_traffic {
	uint64_t at_us; /* when the second ended, CLOCK_MONOTONIC */
	double sent, answered, p50_us, p99_us;
};

#define STORM_TRAFFIC_MAX 4096

struct storm_fleet {
	const struct lab *lab;
	struct lab_program program;
	long read_to;	     /* in its output */
	char progress[1024]; /* the latest line of each kind; empty: there was none */
	char summary[1024];
	unsigned traffic_count;
	struct storm_traffic traffic[STORM_TRAFFIC_MAX];
};

bool storm_fleet_start(const struct lab *lab, struct storm_fleet *fleet,
		       const struct storm_fleet_config *config);

/* Takes in what it has printed since. */
void storm_fleet_read(struct storm_fleet *fleet);

/* name=value in a line of it; 0 when it is not there. */
double storm_fleet_figure(const char *line, const char *name);

#endif
