/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace: how many pulls a second a key source bears. No limit, until it says that it is too busy
 * (DIAMETER_TOO_BUSY); then what it served just before, growing from there for as long as it does not
 * say so again. A limit that has met no complaint for ten seconds is lifted. pull.h waits with what
 * is beyond the limit, in the order it came in: a source that drowns in pulls serves nobody.
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
