/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unknown_teid: when and how hse warns that unknown_teid is pass (e2m.md 6: for the day the HSE is inserted). hse_findings
 * warns at the start and at each reload, and this every hour while it lasts. control.c calls it; it neither logs nor reads
 * a clock.
 */
#ifndef HSE_UNKNOWN_TEID_H
#define HSE_UNKNOWN_TEID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datapath/command.h"

#define UNKNOWN_TEID_INTERVAL_MS (UINT64_C(3600) * 1000)

/* Times are milliseconds of CLOCK_MONOTONIC. */
struct unknown_teid {
	uint64_t interval_ms;
	bool passes;
	uint64_t since_ms;		 /* passes: since when */
	uint64_t due_ms;		 /* the next warning */
	uint64_t before[DATAPATH_SIDES]; /* G-PDUs that had crossed at the last warning */
};

/* The setting is in force from now on. A change starts the hour again, the same setting does not. Returns true if it is
 * another setting than before. */
bool unknown_teid_set(struct unknown_teid *u, bool passes, uint64_t now_ms);

/* True: a warning is due now; say unknown_teid_text. */
static inline bool unknown_teid_is_due(const struct unknown_teid *u, uint64_t now_ms)
{
	return u->passes && now_ms >= u->due_ms;
}

/* Writes the warning, and starts the next interval. crossed: G-PDUs of unknown tunnels by the side they came from, since
 * the start. */
#define UNKNOWN_TEID_TEXT 512
const char *unknown_teid_text(struct unknown_teid *u, const uint64_t crossed[DATAPATH_SIDES],
			      uint64_t now_ms, char text[UNKNOWN_TEID_TEXT]);

#endif
