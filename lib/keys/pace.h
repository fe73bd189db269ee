/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace: limits the pulls a second that a key source gets. There is no limit until the source answers
 * DIAMETER_TOO_BUSY. Then the limit is a little less than the rate that the source served just before. The
 * limit grows until the next such answer, and ends after ten seconds without one. Only pull_source.c calls
 * these functions; pulls beyond the limit wait in the queues of pull_source.c.
 */
#ifndef KEYS_PACE_H
#define KEYS_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed memory: no limit. Times are of CLOCK_MONOTONIC, in ms. */
struct pace {
	uint32_t rate;	/* pulls a second; 0: no limit */
	uint32_t known; /* pulls a second that were served when the source last was too busy */
	uint32_t served, busy; /* answers since since_ms */
	uint64_t since_ms;     /* begin of the measurement */
	uint64_t busy_at_ms;   /* last time that the source was too busy */
	uint64_t filled_ms;    /* last time that tokens were added */
	uint64_t millitokens;  /* one pull takes 1000 */
};

/* Returns true if one more pull may be sent now, and counts that pull as sent. */
bool pace_take(struct pace *pace, uint64_t now_ms);

/* Notes an answer of the source. is_busy: DIAMETER_TOO_BUSY. Returns true if the limit went down. */
bool pace_note(struct pace *pace, uint64_t now_ms, bool is_busy);

#endif
