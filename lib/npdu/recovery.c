/* SPDX-License-Identifier: BSD-3-Clause */
#include "npdu/recovery.h"

#include "npdu/random.h"

void npdu_searches_init(struct npdu_searches *searches, struct npdu_engine *engine,
			uint32_t windows, uint32_t per_s, uint64_t seed, uint32_t now_ms)
{
	*searches = (struct npdu_searches){
		.engine = engine,
		.windows = windows,
		.per_s = per_s,
		.random = seed,
		.macs = NPDU_SEARCH_MACS_MS * NPDU_SEARCH_SAVED_MS,
		.octets = NPDU_SEARCH_OCTETS_MS * NPDU_SEARCH_SAVED_MS,
		.filled_ms = now_ms,
		.second = now_ms / 1000,
	};
}

static uint64_t window_of(const struct npdu_op *op)
{
	return UINT64_C(1) << (3 + 8 * op->counter_octets);
}

/* --- bounds --- */

static void fill(struct npdu_searches *s, uint32_t now_ms)
{
	const int64_t ms = now_ms - s->filled_ms;

	s->filled_ms = now_ms;
	s->macs += ms * NPDU_SEARCH_MACS_MS;
	s->octets += ms * NPDU_SEARCH_OCTETS_MS;
	if (s->macs > NPDU_SEARCH_MACS_MS * NPDU_SEARCH_SAVED_MS)
		s->macs = NPDU_SEARCH_MACS_MS * NPDU_SEARCH_SAVED_MS;
	if (s->octets > NPDU_SEARCH_OCTETS_MS * NPDU_SEARCH_SAVED_MS)
		s->octets = NPDU_SEARCH_OCTETS_MS * NPDU_SEARCH_SAVED_MS;
}

/* Counts each flow once a second, because the allowance is shared among all flows that fail. */
static void count_flow(struct npdu_searches *s, struct npdu_search_turn *turn, uint32_t now_ms)
{
	const uint32_t second = now_ms / 1000;

	if (s->second != second) {
		s->flows_before = s->second + 1 == second ? s->flows : 0;
		s->second = second;
		s->flows = 0;
	}
	/* second is 0 in a turn that was never counted */
	if (turn->second == (uint16_t)(second | 1U << 15))
		return;
	turn->second = (uint16_t)(second | 1U << 15);
	s->flows++;
}

static void note_failure(struct npdu_searches *s, struct npdu_search_turn *turn, uint32_t now_ms)
{
	const uint32_t since = now_ms - turn->failed_ms;
	const uint32_t slot = (uint32_t)((uint64_t)now_ms * s->per_s / 1000);

	if (!turn->has_failed || since >= 1000) {
		turn->slot = slot;
		turn->moment_ms = now_ms;
		turn->has_searched = false;
	} else if (turn->slot != slot) {
		turn->slot = slot;
		turn->moment_ms = (uint32_t)((uint64_t)slot * 1000 / s->per_s) +
				  npdu_random(&s->random, 1000 / s->per_s);
		turn->has_searched = false;
	}
	turn->failed_ms = now_ms;
	turn->has_failed = true;
	count_flow(s, turn, now_ms);
}

/* Flows that fail now, at least 1: this flow is missing only if it was last counted 2^15 s
 * before. */
static uint64_t flows_of(const struct npdu_searches *s)
{
	const uint32_t flows = s->flows > s->flows_before ? s->flows : s->flows_before;

	return flows > 0 ? flows : 1;
}

/* What the flow still owes for its searches, in microseconds. Every other failing flow had so much
 * less time. The debt shrinks when fewer flows fail. */
static uint64_t owed_us(const struct npdu_searches *s, const struct npdu_search_turn *turn,
			uint32_t now_ms)
{
	const uint64_t owed = turn->owed_us * flows_of(s);
	const uint64_t paid = (uint64_t)(now_ms - turn->searched_ms) * 1000;

	return owed > paid ? owed - paid : 0;
}

static bool may_search(struct npdu_searches *s, struct npdu_search_turn *turn, uint32_t now_ms)
{
	if (s->per_s == 0)
		return true;
	note_failure(s, turn, now_ms);
	if (turn->has_searched || (int32_t)(now_ms - turn->moment_ms) < 0 ||
	    owed_us(s, turn, now_ms) >= 1000)
		return false;
	fill(s, now_ms);
	if (s->macs <= 0 || s->octets <= 0)
		return false;
	turn->has_searched = true;
	return true;
}

/* Microseconds in which the thread may use so much, and a quarter more. Without the quarter,
 * nothing would be left for flows with a late turn. */
static uint64_t time_of(uint64_t used, uint64_t share)
{
	return used * 1000 * 5 / (4 * share);
}

/* Until the flow has paid, every other failing flow can use as much as this flow has used. */
static void pay(struct npdu_searches *s, struct npdu_search_turn *turn, uint32_t macs,
		uint64_t octets, uint32_t now_ms)
{
	const uint64_t by_macs = time_of(macs, NPDU_SEARCH_MACS_MS);
	const uint64_t by_octets = time_of(octets, NPDU_SEARCH_OCTETS_MS);

	s->macs -= macs;
	s->octets -= (int64_t)octets;
	turn->owed_us = (uint32_t)(owed_us(s, turn, now_ms) / flows_of(s) +
				   (by_macs > by_octets ? by_macs : by_octets));
	turn->searched_ms = now_ms;
}

/* --- search --- */

static uint32_t mac_octets(const struct npdu_op *op)
{
	return (uint32_t)npdu_header_len(op->counter_octets) + op->npdu_len;
}

static uint32_t windows_of(const struct npdu_searches *s, const struct npdu_op *op)
{
	const uint32_t windows = s->windows == NPDU_RECOVERY_WINDOWS_AUTO
					 ? npdu_recovery_windows_default(op->counter_octets)
					 : s->windows;
	const uint32_t most = NPDU_SEARCH_OCTETS / mac_octets(op);

	return s->per_s == 0 || windows < most ? windows : most;
}

/* Returns the COUNT in [P - W/2, P + W/2 - 1] that is CTR mod W. The COUNT must be at least H, not
 * P, at most 2^32 - 2, and not the COUNT that has failed. Returns 0 if there is none; 0 is below H
 * whenever there is a P. */
static uint32_t count_near(uint32_t p, uint32_t h, const struct npdu_op *op)
{
	const uint64_t w = window_of(op);
	const uint32_t ctr = npdu_read_ctr(op->pdu, op->counter_octets);
	/* add one W, so that the difference is never negative */
	const uint64_t base = p + w - w / 2;
	const uint64_t count = base + ((ctr - base) & (w - 1));

	if (count < h + w || count - w == p || count - w > NPDU_COUNT_MAX || count - w == op->count)
		return 0;
	return (uint32_t)(count - w);
}

/* Tries count. If the PDU does not have that COUNT, op is unchanged. */
static bool try_count(struct npdu_searches *s, struct npdu_op *op, uint32_t count)
{
	const uint32_t failed = op->count;

	npdu_restore(s->engine, op);
	op->count = count;
	npdu_find_count(s->engine, op, 0, 1);
	if (op->ok)
		npdu_open(s->engine, op, 1);
	else
		op->count = failed;
	return op->ok;
}

static bool try_near(struct npdu_searches *s, const struct npdu_recovery *recovery,
		     struct npdu_op *op, uint32_t h, uint32_t now_ms)
{
	const uint32_t p = npdu_recovery_pending(recovery, h, now_ms);
	const uint32_t near = p ? count_near(p, h, op) : 0;

	return near != 0 && try_count(s, op, near);
}

/* Tries c + kW for k = 1, 2 ... windows. Returns k and the COUNT in found, or 0 if none fits. */
static uint32_t search(struct npdu_searches *s, struct npdu_search_turn *turn, struct npdu_op *op,
		       uint32_t windows, uint32_t now_ms, uint32_t *found)
{
	const uint64_t w = window_of(op);
	const uint64_t first = op->count + w;
	struct npdu_op tried;
	uint32_t macs;

	if (first > NPDU_COUNT_MAX)
		return 0;
	npdu_restore(s->engine, op);
	tried = *op;
	tried.count = (uint32_t)first;
	macs = npdu_find_count(s->engine, &tried, (uint32_t)w, windows);
	if (s->per_s != 0)
		pay(s, turn, macs, (uint64_t)macs * mac_octets(op), now_ms);
	*found = tried.count;
	return tried.ok ? (uint32_t)((tried.count - op->count) / w) : 0;
}

enum npdu_recovery_result npdu_recover(struct npdu_searches *searches,
				       struct npdu_search_turn *turn,
				       struct npdu_recovery *recovery, struct npdu_op *op,
				       uint32_t h, uint32_t now_ms)
{
	const uint32_t windows = windows_of(searches, op);
	uint32_t k, found;

	op->ok = false;
	if (windows == 0 || npdu_key_mac_len(op->key) == 0)
		return NPDU_NOT_RECOVERED;
	if (try_near(searches, recovery, op, h, now_ms)) {
		turn->has_failed = false;
		return NPDU_RECOVERED;
	}
	if (!may_search(searches, turn, now_ms))
		return NPDU_NOT_RECOVERED;
	k = search(searches, turn, op, windows, now_ms, &found);
	if (k == 0)
		return NPDU_NOT_RECOVERED;
	if (k > NPDU_RECOVERY_ACCEPT) {
		npdu_recovery_wait(recovery, found, h, now_ms);
		return NPDU_RECOVERY_PENDING;
	}
	op->count = found;
	npdu_open(searches->engine, op, 1);
	turn->has_failed = false;
	return op->ok ? NPDU_RECOVERED : NPDU_NOT_RECOVERED;
}
