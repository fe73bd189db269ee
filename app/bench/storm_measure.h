/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storm_measure: what hse-bench storm measures, one after the other in one lab: storms; sessions one by one; and
 * established sessions before, in and after one more storm.
 */
#ifndef BENCH_STORM_MEASURE_H
#define BENCH_STORM_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "storm_report.h"

struct storm_options {
	uint32_t devices;
	uint32_t rounds;
	uint32_t window;
	uint32_t cold;
	uint32_t traffic;
	uint32_t calm_s;
	const char *keep;
	const char *state; /* folder in which hse keeps its sessions; NULL: nowhere */
};

extern const struct storm_options storm_default_options;

/* False after a line on stderr: the lab cannot be, something in it has ended, or a signal has come. Nothing is left of the
 * lab in any case. */
bool storm_measure(const struct storm_options *options, struct storm_report *report);

#endif
