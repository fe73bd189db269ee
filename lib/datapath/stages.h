/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stages: where a worker's cycles go, for hse-bench. Off unless asked for, and then two TSC reads a
 * stage and burst.
 */
#ifndef DATAPATH_STAGES_H
#define DATAPATH_STAGES_H

#include <stdint.h>

#define DATAPATH_STAGE_LIST(X) \
	X(PARSE, "parse")      \
	X(STEER, "steer")      \
	X(LOOKUP, "lookup")    \
	X(PREPARE, "prepare")  \
	X(CRYPTO, "crypto")    \
	X(FINISH, "finish")

enum datapath_stage {
#define X(symbol, name) DATAPATH_STAGE_##symbol,
	DATAPATH_STAGE_LIST(X)
#undef X
		DATAPATH_STAGES
};

struct datapath_stage_cycles {
	uint64_t cycles[DATAPATH_STAGES];
};

struct datapath_worker;

const char *datapath_stage_name(enum datapath_stage stage);

/* The worker adds its cycles to clock; NULL switches it off. In the worker's thread. */
void datapath_clock_stages(struct datapath_worker *worker, struct datapath_stage_cycles *clock);

#endif
