/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/failures.h"

#include <errno.h>
#include <rte_common.h>
#include <rte_malloc.h>
#include <string.h>

#include "npdu/random.h"

/* After this time without a failure, no remembered data of a flow matters any more. */
#define QUIET_MS NPDU_RECOVERY_PENDING_MS

int failures_open(struct failures *f, uint32_t flows, uint64_t seed, int socket)
{
	const uint32_t places = rte_align32pow2(RTE_MIN(flows, (uint32_t)FAILURES_MAX));

	f->sets = RTE_MAX(places / FAILURES_WAYS, 1U);
	f->seed = seed;
	f->random = ~seed;
	f->flows = rte_zmalloc_socket("failures", f->sets * sizeof(*f->flows), RTE_CACHE_LINE_SIZE,
				      socket);
	f->places = rte_zmalloc_socket("failures", f->sets * FAILURES_WAYS * sizeof(*f->places),
				       RTE_CACHE_LINE_SIZE, socket);
	return f->flows && f->places ? 0 : -ENOMEM;
}

void failures_close(struct failures *f)
{
	rte_free(f->flows);
	rte_free(f->places);
}

static uint32_t set_of(const struct failures *f, uint32_t flow)
{
	uint64_t state = f->seed ^ (uint64_t)flow << 32;

	return npdu_random(&state, f->sets);
}

static struct flow_failures *place(const struct failures *f, uint32_t set, unsigned way)
{
	return &f->places[(size_t)set * FAILURES_WAYS + way];
}

/* Returns the way, or FAILURES_WAYS if the flow is not in the set. */
static unsigned find(const struct failures *f, uint32_t set, uint32_t flow)
{
	unsigned way = 0;

	while (way < FAILURES_WAYS && f->flows[set][way] != flow + 1)
		way++;
	return way;
}

static bool has_pending(const struct flow_failures *place, uint32_t now_ms)
{
	for (unsigned slot = 0; slot < DATAPATH_KEYSETS; slot++)
		if (npdu_recovery_pending(&place->recovery[slot], place->recovery[slot].h, now_ms))
			return true;
	return false;
}

/* Chooses the way that a new flow takes over. */
static unsigned choose(struct failures *f, uint32_t set, uint32_t now_ms)
{
	const unsigned first = npdu_random(&f->random, FAILURES_WAYS);
	unsigned chosen = first;
	bool is_found = false;

	for (unsigned i = 0; i < FAILURES_WAYS; i++) {
		const unsigned way = (first + i) % FAILURES_WAYS;
		const struct flow_failures *p = place(f, set, way);

		if (f->flows[set][way] == 0 || now_ms - p->latest_ms >= QUIET_MS)
			return way;
		if (!is_found && !has_pending(p, now_ms)) {
			chosen = way;
			is_found = true;
		}
	}
	return chosen;
}

struct flow_failures *failures_find(const struct failures *f, uint32_t flow)
{
	const uint32_t set = set_of(f, flow);
	const unsigned way = find(f, set, flow);

	return way < FAILURES_WAYS ? place(f, set, way) : NULL;
}

struct flow_failures *failures_take(struct failures *f, uint32_t flow, uint32_t now_ms)
{
	const uint32_t set = set_of(f, flow);
	unsigned way = find(f, set, flow);

	if (way == FAILURES_WAYS) {
		way = choose(f, set, now_ms);
		f->flows[set][way] = flow + 1;
		memset(place(f, set, way), 0, sizeof(struct flow_failures));
	}
	place(f, set, way)->latest_ms = now_ms;
	return place(f, set, way);
}

void failures_forget(struct failures *f, uint32_t flow)
{
	const uint32_t set = set_of(f, flow);
	const unsigned way = find(f, set, flow);

	if (way < FAILURES_WAYS)
		f->flows[set][way] = 0;
}
