/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * storm_config: the configurations of the programs in the lab of hse-bench storm, and which subscribers there are. All
 * that is not written there has its default.
 */
#ifndef BENCH_STORM_CONFIG_H
#define BENCH_STORM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "storm_lab.h"

#define STORM_FIRST_IMSI "262010000000000"
/* Behind the GGSN. */
#define STORM_HOST   "10.2.0.1"
#define STORM_PREFIX "storm" /* of hse's telemetry */

/* A part of the subscribers, played by one hse-ue. */
struct storm_fleet_config {
	const char *name;     /* of the program and its files */
	const char *sgsn;     /* its address */
	const char *identity; /* for Diameter; a certificate is made for it */
	uint32_t first;	      /* of its devices, above STORM_FIRST_IMSI */
	uint32_t devices;
	uint32_t window;
	uint32_t rate; /* 0: no bound */
	uint32_t packets;
	uint32_t traffic; /* packets a second; 0: none */
};

/* False after a line on stderr. */
bool storm_config_hss(const struct lab *lab, uint32_t subscribers);
/* state: a folder, absolute, in which hse keeps its sessions; NULL: nowhere. */
bool storm_config_hse(const struct lab *lab, uint32_t sessions, const char *state);
bool storm_config_fleet(const struct lab *lab, const struct storm_fleet_config *fleet);

#endif
