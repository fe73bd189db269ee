/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storm_report: the figures of hse-bench storm, one value a round, and the goals that they have to reach.
 */
#ifndef BENCH_STORM_REPORT_H
#define BENCH_STORM_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define STORM_ROUNDS_MAX 32

enum storm_figure {
	/* A storm. */
	STORM_SERVED_S,
	STORM_DELIVERED_S,
	STORM_DEVICES_A_S,
	STORM_UNSERVED,
	STORM_LOST,
	STORM_WRONG,
	STORM_RETRANSMITTED,
	STORM_ACTIVATION_P50_MS,
	STORM_ACTIVATION_P99_MS,
	STORM_FIRST_P50_MS,
	STORM_FIRST_P99_MS,
	STORM_HELD,
	STORM_RSS_BEFORE_MIB,
	STORM_RSS_PEAK_MIB,
	STORM_RSS_AFTER_MIB,
	STORM_RSS_GROWTH,
	STORM_CPU_HSE_US,
	STORM_CPU_HSS_US,
	STORM_CPU_UE_US,
	STORM_CPU_GGSN_US,
	/* Sessions one by one. */
	COLD_DELAY_P50_MS,
	COLD_DELAY_P99_MS,
	COLD_FIRST_P50_MS,
	COLD_NEXT_P50_MS,
	COLD_FIRST_P99_MS,
	COLD_NEXT_P99_MS,
	COLD_LOST,
	/* Established sessions, without a storm and in one. */
	TRAFFIC_RATIO,
	TRAFFIC_CALM_A_S,
	TRAFFIC_STORM_A_S,
	TRAFFIC_CALM_ANSWERED,
	TRAFFIC_STORM_ANSWERED,
	TRAFFIC_CALM_P50_MS,
	TRAFFIC_STORM_P50_MS,
	TRAFFIC_CALM_P99_MS,
	TRAFFIC_STORM_P99_MS,
	TRAFFIC_SERVED_S,
	TRAFFIC_LOST,
	STORM_FIGURES,
};

struct storm_report {
	uint32_t devices; /* some goals are for a storm of 100,000 */
	unsigned count[STORM_FIGURES];
	double value[STORM_FIGURES][STORM_ROUNDS_MAX];
};

void report_add(struct storm_report *report, enum storm_figure figure, double value);
/* A table with each figure's median, and beside it whether its goal was held: times and rates by the median, losses and bounds in
 * each round. Sorts the values. False when a device was not served, or a packet lost or wrong. */
bool report_print(struct storm_report *report);
/* figure,round,value,goal */
void report_write_csv(const struct storm_report *report, FILE *csv);

#endif
