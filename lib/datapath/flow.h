/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flow: one direction of one session, as its worker sees it. Laid out by who touches it when: the first
 * cache line is read for every packet, then the line of the keyset in question. Uplink and downlink
 * of a session are two flows with nothing in common but keys, which nobody writes while a worker may
 * read them. Owned and written by one worker alone.
 */
#ifndef DATAPATH_FLOW_H
#define DATAPATH_FLOW_H

#include <rte_common.h>
#include <stdbool.h>
#include <stdint.h>

#include "datapath/command.h"
#include "gtp/tunnel.h"
#include "npdu/window.h"

enum flow_state {
	FLOW_FREE,
	FLOW_LIVE,
	FLOW_WATCHED,  /* live, and control is told of the first N-PDU in its tunnel */
	FLOW_EXPECTED, /* no session's yet, or its session is moving: packets are held */
	FLOW_BARRED,   /* without a keyset, and to be protected: packets are dropped */
	FLOW_CLEAR,    /* not to be protected: packets cross as they are */
	FLOW_STOPPED,  /* its tunnel was removed: late packets are dropped */
	FLOW_ALIAS,    /* its packets are those of another flow of this worker */
	FLOW_FORWARD,  /* its packets go to another worker, which has an alias for them */
};

struct flow {
	/* one line: every packet */
	struct tunnel tunnel;
	uint32_t session;
	uint8_t state; /* enum flow_state */
	uint8_t direction : 1;
	uint8_t bearer : 5;
	uint8_t counter_octets : 2;
	uint16_t window : 11;
	uint16_t in_use : 1;		    /* downlink: keyset's place to protect with */
	uint16_t missed : DATAPATH_KEYSETS; /* bit per keyset place for which a MISS was posted */
	uint16_t is_flooded : 1; /* the forgery budget is used up: open.c asks recover.c */
	uint16_t is_watched : 1; /* EXPECTED, ALIAS: control is to be told of the first N-PDU */
	uint32_t hold : 24;	 /* number of its hold queue; 0: no packet waits */
	uint32_t batch : 8;	 /* the crypto batch that batch_h belongs to; wraps */
	uint64_t confirmed;	 /* an IPv4 address of its session: binding.h */
	union {
		uint32_t batch_h; /* H if all of the batch's packets so far are authentic */
		uint32_t target;  /* ALIAS: the flow's number; FORWARD: the worker's */
	};
	/* Of each keyset's place: COUNTs below may be used. They are looked at from the mark on. */
	uint32_t ceiling[DATAPATH_KEYSETS];
	uint32_t dropped;
	uint64_t packets; /* protected or opened */
			  /* then the keysets' places, flow_keyset_at */
} __rte_cache_aligned;

_Static_assert(sizeof(struct flow) == RTE_CACHE_LINE_SIZE, "one line");
_Static_assert(NPDU_WINDOW_MAX < 1 << 11, "bits of window");
/* Hold queues that a worker can have. */
#define FLOW_HOLDS_MAX ((1U << 24) - 1)

static inline bool flow_is_live(const struct flow *flow)
{
	return flow->state == FLOW_LIVE || flow->state == FLOW_WATCHED;
}

/* What a flow keeps for one keyset. The replay window's bits follow for an uplink flow. */
struct flow_keyset {
	const struct npdu_key *key;
	uint8_t state; /* enum datapath_key_state */
	uint8_t key_id;
	bool authenticated : 1; /* uplink: the event was posted */
	bool asked : 1;		/* for more COUNTs; then the mark is the ceiling */
	uint8_t mac_len;	/* of key */
	uint32_t hint;		/* npdu_op.hint */
	/* Downlink has no window: there h alone is used, the COUNT of the next PDU. */
	struct npdu_window window;
};

/* Octets of a keyset's place with a window of words 64-bit words. */
static inline size_t flow_keyset_size(uint32_t words)
{
	return sizeof(struct flow_keyset) + words * sizeof(uint64_t);
}

/* All flows of a worker have the same size: that of the largest window configured. */
static inline size_t flow_size(uint32_t words)
{
	return RTE_CACHE_LINE_ROUNDUP(sizeof(struct flow) +
				      DATAPATH_KEYSETS * flow_keyset_size(words));
}

static inline struct flow_keyset *flow_keyset_at(struct flow *flow, unsigned slot,
						 size_t keyset_size)
{
	return (struct flow_keyset *)((char *)(flow + 1) + slot * keyset_size);
}

#endif
