/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * failures: what a worker remembers about flows with PDUs that fail check 4 or 5: P of each keyset,
 * when the flow may search, and its forgery budget (e2m.md 7). Very few flows fail, so this data is
 * not in the flow itself. It is in a separate table of bounded size, and a PDU that passes never
 * touches that table.
 *
 * When more flows fail than the table has places, a flow in the same set loses its place. A flow
 * with a P keeps its place, because only a sender with the key can cause a P. Among the others, the
 * flow is chosen at random. The hash that selects the set is secret. So an attacker with junk for
 * many flows cannot choose which flow loses its place.
 */
#ifndef DATAPATH_FAILURES_H
#define DATAPATH_FAILURES_H

#include "datapath/command.h"
#include "npdu/forgery.h"
#include "npdu/recovery.h"

/* Places of a worker that has this many flows or more. */
#define FAILURES_MAX  65536
#define FAILURES_WAYS 8

/* The uplink failures of one flow. */
struct flow_failures {
	struct npdu_search_turn turn;
	struct npdu_recovery recovery[DATAPATH_KEYSETS];
	struct npdu_forgeries forgeries;
	uint32_t latest_ms; /* time of the latest failure */
};

_Static_assert(sizeof(struct flow_failures) <= 64, "one line");

struct failures {
	uint32_t sets; /* power of two */
	uint64_t seed;
	uint64_t random;
	uint32_t (*flows)[FAILURES_WAYS]; /* flow number + 1, by set; 0: free */
	struct flow_failures *places;
};

/* For a worker with up to flows flows. seed: random octets from the kernel. -ENOMEM. */
int failures_open(struct failures *failures, uint32_t flows, uint64_t seed, int socket);
void failures_close(struct failures *failures);

/* Returns what is remembered about flow, or NULL. */
struct flow_failures *failures_find(const struct failures *failures, uint32_t flow);
/* Returns what is remembered about a flow that fails now, zeroed if nothing was remembered. h is
 * not known here, so a P counts as valid until its time is over. */
struct flow_failures *failures_take(struct failures *failures, uint32_t flow, uint32_t now_ms);
/* Call it when the flow's number is given to another flow. */
void failures_forget(struct failures *failures, uint32_t flow);

#endif
