/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * failures: what a worker remembers of flows whose PDUs fail check 4 or 5: P of each keyset, when the flow may search,
 * and its forgery budget (e2m.md 7). Nothing of that is in the flow itself, for nearly no flow ever fails: it is in a
 * table of its own, of bounded size, which no PDU that passes touches.
 *
 * When more flows fail than the table has places, one of those that share a set gives its place up. Flows that have a P
 * keep theirs, for nobody without the key can make a flow have one; among others it is chosen at random, and
 * sets by a hash that nobody else knows. So junk for many flows takes the place of none in particular.
 */
#ifndef DATAPATH_FAILURES_H
#define DATAPATH_FAILURES_H

#include "datapath/command.h"
#include "npdu/forgery.h"
#include "npdu/recovery.h"

/* Places of a worker with as many flows or more. */
#define FAILURES_MAX  65536
#define FAILURES_WAYS 8

/* Of one flow, uplink. */
struct flow_failures {
	struct npdu_search_turn turn;
	struct npdu_recovery recovery[DATAPATH_KEYSETS];
	struct npdu_forgeries forgeries;
	uint32_t latest_ms; /* failure */
};

_Static_assert(sizeof(struct flow_failures) <= 64, "one line");

struct failures {
	uint32_t sets; /* power of two */
	uint64_t seed;
	uint64_t random;
	uint32_t (*flows)[FAILURES_WAYS]; /* by set: a flow's number and 1; 0: nobody's */
	struct flow_failures *places;
};

/* For a worker of so many flows. -ENOMEM. seed: of the kernel's random octets. */
int failures_open(struct failures *failures, uint32_t flows, uint64_t seed, int socket);
void failures_close(struct failures *failures);

/* What is remembered of a flow; NULL: nothing. */
struct flow_failures *failures_find(const struct failures *failures, uint32_t flow);
/* The same of a flow that fails now, zeroed where nothing was remembered. h is not known here: a P counts as one
 * until its time is over. */
struct flow_failures *failures_take(struct failures *failures, uint32_t flow, uint32_t now_ms);
/* The flow's number is given to another. */
void failures_forget(struct failures *failures, uint32_t flow);

#endif
