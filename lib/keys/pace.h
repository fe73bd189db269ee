/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace: how many pulls a second a key source bears. There is no limit until the source says that it is too busy
 * (DIAMETER_TOO_BUSY). Then the limit is a little less than what the source served just before, and it grows
 * while the source does not say so again. After ten seconds without a complaint the limit is lifted.
 * pull_source.c calls it; pulls beyond the limit wait there in their order.
 */
#ifndef KEYS_PACE_H
#define KEYS_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed memory: no limit. Times are of CLOCK_MONOTONIC, in ms. */
struct pace {
	uint32_t rate;	/* pulls a second; 0: no limit */
	uint32_t known; /* what was served when it last was too busy */
	uint32_t served, busy;
	uint64_t since_ms;    /* of served and busy */
	uint64_t busy_at_ms;  /* last */
	uint64_t filled_ms;   /* tokens, so far */
	uint64_t millitokens; /* a thousand are one pull */
};

/* True when one more may be sent now; it counts as sent. */
bool pace_take(struct pace *pace, uint64_t now_ms);

/* An answer of the source: too busy, or any other. True when the limit went down. */
bool pace_note(struct pace *pace, uint64_t now_ms, bool is_busy);

#endif
