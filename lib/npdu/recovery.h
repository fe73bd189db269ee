/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * recovery: how a receiver finds the sender's COUNT again after W/2 or more PDUs were lost in a row
 * (e2m.md 7 "Recovery"). The workers, hse-ue and check-vectors call it with a PDU that has failed
 * check 4 or 5. It takes no lock, no heap memory and no system call. The caller passes the time.
 *
 * How to receive one PDU:
 *
 *   c = npdu_reconstruct_count(...)         checks 1 to 3 as always
 *   if not npdu_window_is_replay(c):        check 4
 *           npdu_open(op)                   check 5
 *           if op.ok: accept (below), done
 *   switch (npdu_recover(op, ...)):
 *   NPDU_NOT_RECOVERED:     drop it: replay, or bad_mac
 *   NPDU_RECOVERY_PENDING:  drop it: recovery_pending
 *   NPDU_RECOVERED:         op is open, op->count is its COUNT
 *           at or above the ceiling: npdu_recovery_wait, keep the PDU until the ceiling is granted,
 *           then repeat check 4 and accept
 *           else accept, and count it as recovered
 *
 * To accept a PDU, call npdu_window_accept(op->count) and nothing else. P expires by itself when H
 * advances.
 *
 * Times are in milliseconds from an arbitrary start, and may wrap. A zeroed struct is valid.
 */
#ifndef NPDU_RECOVERY_H
#define NPDU_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "npdu/npdu.h"

/* One PDU is enough up to this many windows ahead. Farther ahead, two PDUs must agree. */
#define NPDU_RECOVERY_ACCEPT 16
/* P expires after this time. */
#define NPDU_RECOVERY_PENDING_MS 10000

/* A value of recovery_windows: use npdu_recovery_windows_default. */
#define NPDU_RECOVERY_WINDOWS_AUTO  UINT32_MAX
#define NPDU_RECOVERY_WINDOWS_MAX   4096
#define NPDU_RECOVERY_PER_S_DEFAULT 10
#define NPDU_RECOVERY_PER_S_MAX	    1000

/*
 * Limits of one thread: 160,000 MACs and 64 MB in any second. The allowance grows each millisecond.
 * At most NPDU_SEARCH_SAVED_MS of unused allowance is saved, so that no search occupies the thread
 * for long. One search takes at most NPDU_SEARCH_OCTETS. If recovery_windows MACs over a long PDU
 * would take more, fewer windows are searched, but at least 16. The limit for a second covers 1,000
 * ms of allowance, the saved allowance, and one more search.
 */
#define NPDU_SEARCH_MACS_MS   152
#define NPDU_SEARCH_OCTETS_MS 61000
#define NPDU_SEARCH_SAVED_MS  16
#define NPDU_SEARCH_OCTETS    2000000

static inline uint32_t npdu_recovery_windows_default(unsigned counter_octets)
{
	return counter_octets <= 1 ? 256 : 16;
}

/* The P of one keyset and direction. */
struct npdu_recovery {
	uint32_t pending; /* P; 0: none (P is never below W) */
	uint32_t h;	  /* H when P was found */
	uint32_t since_ms;
};

/* When one flow may search. A flow may have several keysets. */
struct npdu_search_turn {
	uint32_t failed_ms;   /* time of the latest failure */
	uint32_t searched_ms; /* time of the latest search */
	uint32_t owed_us;     /* debt at searched_ms, in thread time for each failing flow */
	uint32_t slot;	      /* number of the slot, which lasts 1/per_s seconds */
	uint32_t moment_ms;   /* start of the flow's turn in this slot */
	uint16_t second;      /* the second in which the flow was counted */
	bool has_failed;      /* the flow has failed and has not recovered since */
	bool has_searched;    /* the flow has searched in this slot */
};

/* The searches of one thread. */
struct npdu_searches {
	struct npdu_engine *engine;
	uint32_t windows; /* recovery_windows; 0: no recovery */
	uint32_t per_s;	  /* recovery_per_s; 0: no bounds at all, for tests */
	uint64_t random;  /* npdu/random.h */
	int64_t macs;	  /* MACs that may be computed now; below 0: the latest search took more */
	int64_t octets;
	uint32_t filled_ms;
	uint32_t second;       /* the second in which flows are counted */
	uint32_t flows;	       /* flows that have failed in this second */
	uint32_t flows_before; /* flows that failed in the second before */
};

enum npdu_recovery_result {
	NPDU_NOT_RECOVERED,
	NPDU_RECOVERY_PENDING,
	NPDU_RECOVERED,
};

/* windows: 0 to NPDU_RECOVERY_WINDOWS_MAX, or NPDU_RECOVERY_WINDOWS_AUTO. per_s: 1 to
 * NPDU_RECOVERY_PER_S_MAX, or 0 for no bounds. seed: random octets from the kernel. The caller owns
 * engine, which must outlive searches. */
void npdu_searches_init(struct npdu_searches *searches, struct npdu_engine *engine,
			uint32_t windows, uint32_t per_s, uint64_t seed, uint32_t now_ms);

/*
 * op is a PDU with op->count, the COUNT reconstructed with h. It has failed check 4 (op is as
 * received, is_spoilt false) or check 5 (op is as npdu_open left it). The COUNT near P is tried
 * first. Then a search follows, if the bounds allow it. On RECOVERED, the N-PDU is open as after
 * npdu_open, and op->count is its COUNT, at least h. Otherwise op->count is unchanged.
 */
enum npdu_recovery_result npdu_recover(struct npdu_searches *searches,
				       struct npdu_search_turn *turn,
				       struct npdu_recovery *recovery, struct npdu_op *op,
				       uint32_t h, uint32_t now_ms);

/* count was recovered but is at or above the ceiling: remember it as P. */
static inline void npdu_recovery_wait(struct npdu_recovery *recovery, uint32_t count, uint32_t h,
				      uint32_t now_ms)
{
	*recovery = (struct npdu_recovery){count, h, now_ms};
}

/* Returns P, or 0 if there is none at now_ms. */
static inline uint32_t npdu_recovery_pending(const struct npdu_recovery *recovery, uint32_t h,
					     uint32_t now_ms)
{
	return recovery->h == h && now_ms - recovery->since_ms < NPDU_RECOVERY_PENDING_MS
		       ? recovery->pending
		       : 0;
}

#endif
