/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recovery: how a receiver finds its way back to the sender's COUNT after W/2 or more PDUs lost in a row, e2m.md 7
 * "Recovery". The workers, hse-ue and check-vectors call it with a PDU that has failed check 4 or 5. No lock, no heap, no system
 * call; time is the caller's.
 *
 * How to receive one PDU:
 *
 *	c = npdu_reconstruct_count(...)         checks 1 to 3 as always
 *	if not npdu_window_is_replay(c):        check 4
 *		npdu_open(op)                   check 5
 *		if op.ok: accept (below), done
 *	switch (npdu_recover(op, ...)):
 *	NPDU_NOT_RECOVERED:     drop it: replay, or bad_mac
 *	NPDU_RECOVERY_PENDING:  drop it: recovery_pending
 *	NPDU_RECOVERED:         op is open, op->count is its COUNT
 *		at or above the ceiling: npdu_recovery_wait, keep the PDU until the ceiling is granted, then look
 *		at check 4 once more and accept
 *		else accept, and count it as recovered
 *
 * To accept is npdu_window_accept(op->count) and no more: P is forgotten by itself when H advances.
 *
 * Times are in milliseconds from any moment on, and may wrap. Structs are valid when they are zeroed.
 */
#ifndef NPDU_RECOVERY_H
#define NPDU_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "npdu/npdu.h"

/* The farthest window from which one PDU is enough; beyond it, two that agree. */
#define NPDU_RECOVERY_ACCEPT 16
/* How long P is remembered. */
#define NPDU_RECOVERY_PENDING_MS 10000

/* In place of a number: npdu_recovery_windows_default. */
#define NPDU_RECOVERY_WINDOWS_AUTO  UINT32_MAX
#define NPDU_RECOVERY_WINDOWS_MAX   4096
#define NPDU_RECOVERY_PER_S_DEFAULT 10
#define NPDU_RECOVERY_PER_S_MAX	    1000

/*
 * What one thread may search: 160,000 MACs and 64 MB in any second. It is given out by the millisecond; what
 * is not used of NPDU_SEARCH_SAVED_MS is saved, so that no search keeps the thread for long. One search takes
 * NPDU_SEARCH_OCTETS at most: where a PDU is so long that recovery_windows MACs are more than that, fewer windows
 * are searched, and 16 at least. In any second that is 1,000 ms of it, what was saved, and one search more.
 */
#define NPDU_SEARCH_MACS_MS   152
#define NPDU_SEARCH_OCTETS_MS 61000
#define NPDU_SEARCH_SAVED_MS  16
#define NPDU_SEARCH_OCTETS    2000000

static inline uint32_t npdu_recovery_windows_default(unsigned counter_octets)
{
	return counter_octets <= 1 ? 256 : 16;
}

/* Of one keyset and direction: P. */
struct npdu_recovery {
	uint32_t pending; /* P; 0: there is none, for P is at least W */
	uint32_t h;	  /* H when P was found */
	uint32_t since_ms;
};

/* Of one flow, which may have several keysets: when it may search. */
struct npdu_search_turn {
	uint32_t failed_ms;   /* the latest failure */
	uint32_t searched_ms; /* the latest search */
	uint32_t
		owed_us; /* then: time in which a thread may search so much, for each flow that fails */
	uint32_t slot;	    /* of 1/per_s seconds, by number */
	uint32_t moment_ms; /* from when on in this slot */
	uint16_t second;    /* in which the flow was counted */
	bool has_failed;    /* and has not recovered since */
	bool has_searched;  /* in this slot */
};

/* Of one thread. */
struct npdu_searches {
	struct npdu_engine *engine;
	uint32_t windows; /* recovery_windows; 0: no recovery */
	uint32_t per_s;	  /* recovery_per_s; 0: no bounds at all, for tests */
	uint64_t random;  /* npdu/random.h */
	int64_t macs;	  /* that may be computed; below 0: the latest search took more */
	int64_t octets;
	uint32_t filled_ms;
	uint32_t second;       /* that flows are counted in */
	uint32_t flows;	       /* that have failed in it */
	uint32_t flows_before; /* in the second before */
};

enum npdu_recovery_result {
	NPDU_NOT_RECOVERED,
	NPDU_RECOVERY_PENDING,
	NPDU_RECOVERED,
};

/* windows: 0 to NPDU_RECOVERY_WINDOWS_MAX, or NPDU_RECOVERY_WINDOWS_AUTO; per_s: 1 to NPDU_RECOVERY_PER_S_MAX, or 0 for no
 * bounds; seed: of the kernel's random octets. engine is the caller's and outlives searches. */
void npdu_searches_init(struct npdu_searches *searches, struct npdu_engine *engine,
			uint32_t windows, uint32_t per_s, uint64_t seed, uint32_t now_ms);

/*
 * op is a PDU that has failed check 4 (as it came, is_spoilt false) or 5 (as npdu_open left it) with op->count, the COUNT
 * reconstructed with h. First the COUNT
 * near P is tried; then, where the bounds allow it, a search. When RECOVERED the N-PDU is open as by npdu_open and
 * op->count is its COUNT, at least h. Else op->count is as it was.
 */
enum npdu_recovery_result npdu_recover(struct npdu_searches *searches,
				       struct npdu_search_turn *turn,
				       struct npdu_recovery *recovery, struct npdu_op *op,
				       uint32_t h, uint32_t now_ms);

/* count was recovered, but is at or above the ceiling: it stands as P. */
static inline void npdu_recovery_wait(struct npdu_recovery *recovery, uint32_t count, uint32_t h,
				      uint32_t now_ms)
{
	*recovery = (struct npdu_recovery){count, h, now_ms};
}

/* P where there is one now, else 0. */
static inline uint32_t npdu_recovery_pending(const struct npdu_recovery *recovery, uint32_t h,
					     uint32_t now_ms)
{
	return recovery->h == h && now_ms - recovery->since_ms < NPDU_RECOVERY_PENDING_MS
		       ? recovery->pending
		       : 0;
}

#endif
