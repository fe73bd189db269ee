/* SPDX-License-Identifier: BSD-3-Clause */
/* commands: what hsectl can be told to do. Each asks, prints, and returns false when it has said why it
 * could not. */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include <stdbool.h>
#include <stdint.h>

#include "telemetry.h"

struct options {
	bool json;
	bool all; /* counters: those that are zero as well. sessions: those that have ended as well */
	/* sessions: only those; NULL: any. Checked, and without ',' */
	const char *imsi;
	const char *address;
	const char *teid;
	uint32_t limit;	      /* sessions: at most so many; 0: all */
	const char *argument; /* bypass: "on" or "off"; NULL: look only */
};

bool command_status(struct telemetry *telemetry, const struct options *options);
bool command_sessions(struct telemetry *telemetry, const struct options *options);
bool command_bypass(struct telemetry *telemetry, const struct options *options);
bool command_counters(struct telemetry *telemetry, const struct options *options);

#endif
