/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * command: what the control thread and the workers say to one another. Fixed-size messages, copied
 * through single-producer single-consumer rings; a worker executes its commands in order, between
 * bursts. Control chooses the flow's number in the owner's pool, so it can send on without waiting.
 */
#ifndef DATAPATH_COMMAND_H
#define DATAPATH_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "gtp/pdp_address.h"
#include "gtp/tunnel.h"
#include "npdu/npdu.h"

struct rte_mbuf;

/* The two ports, and so the two directions that a packet can come from. */
enum datapath_side {
	DATAPATH_ACCESS,
	DATAPATH_CORE,
	DATAPATH_SIDES,
};

/* Keysets that a session holds at most: the one in use and the one before it, e2m.md 7. */
#define DATAPATH_KEYSETS 2

/* What a keyset's place in a flow holds. */
enum datapath_key_state {
	DATAPATH_KEY_NONE,    /* no keyset with any Key ID */
	DATAPATH_KEY_MISSING, /* known by its Key ID, not pulled, or flushed: packets wait */
	DATAPATH_KEY_READY,
	DATAPATH_KEY_FAILED, /* refused for good: packets are dropped */
};

/* What becomes of a flow's packets. */
enum datapath_treatment {
	DATAPATH_PROTECT,  /* they are protected or opened */
	DATAPATH_BAR,	   /* dropped, until a keyset's place is set: then as PROTECT */
	DATAPATH_LET_PASS, /* cross as they are, until then */
};

enum datapath_command_kind {
	/* Makes flow known under tunnel: its packets are held, because no session has it yet. Of add,
	 * tunnel and direction are used. */
	DATAPATH_EXPECT_FLOW,
	/* Makes flow known under tunnel. Keysets start as NONE. A flow that was expected, holds or was an alias
	 * keeps its number; to PROTECT, it goes on to hold its packets until USE_KEYSET. */
	DATAPATH_ADD_FLOW,
	/* Sets one keyset's place: state, Key ID, key, ceiling, and COUNT where keep_count is false.
	 * READY releases what was held, FAILED and NONE drop it. The acknowledgement has the COUNT
	 * that was there before, and says that the key that was may be freed. */
	DATAPATH_SET_KEYSET,
	/* Of the keyset in a place: more COUNTs may be used. Releases what waited for them. */
	DATAPATH_RAISE_CEILING,
	/* Downlink: protect with this keyset's place from now on. What is held tries again. */
	DATAPATH_USE_KEYSET,
	/* If the flow lets packets pass unprotected, drop them from now on, until a keyset is
	 * set. */
	DATAPATH_BAR_FLOW,
	/* Forgets keys. The acknowledgement carries the COUNTs. Without hold: drops what is held, and later
	 * packets as tunnel_removed. With hold, for a tunnel whose session moves: packets go on waiting, as in
	 * EXPECT_FLOW, until ADD_FLOW with USE_KEYSET, ALIAS_FLOW, or STOP_FLOW without hold. */
	DATAPATH_STOP_FLOW,
	/* Packets of alias.tunnel are those of the flow alias.target of alias.worker, as if they came in its own
	 * tunnel; their outer header stays (e2m.md 6, "the tunnel before the move"). flow is a number not in
	 * use, or a flow that holds, was stopped, or is an alias. What it holds goes on. Where alias.worker is
	 * another worker, that worker must have an alias of the same tunnel before, and until this one is
	 * removed. */
	DATAPATH_ALIAS_FLOW,
	/* Downlink flow or alias: posts FIRST_NPDU, once, for the next N-PDU that comes in its own tunnel and has
	 * an address of the session, or for the first of those that it holds. An alias whose packets
	 * go to another worker is watched there. ADD_FLOW ends it, and so does STOP_FLOW. */
	DATAPATH_WATCH_FLOW,
	/* Forgets the tunnel; the flow's number may be used again once acknowledged. */
	DATAPATH_REMOVE_FLOW,
	/* --- those that follow are of no flow --- */
	/* A GTP-C message that control has worked through may leave. */
	DATAPATH_RELEASE_GTPC,
	/* All but the store of sessions is done: when its time is over, the message leaves. */
	DATAPATH_ALLOW_GTPC,
	/* One whose session cannot be served must not leave. */
	DATAPATH_DISCARD_GTPC,
	/* The worker is to be in bypass, or no longer: bypass.c. */
	DATAPATH_SET_BYPASS,
	/* Replaces the limits of the start. */
	DATAPATH_SET_LIMITS,
	/* One pair of a new list of transparent pairs. */
	DATAPATH_SET_TRANSPARENT,
};

/* No COUNT at or above ceiling is sent with a keyset, and no N-PDU that bears one leaves the HSE: so that a
 * process that comes after this one knows which COUNTs may have been used. At mark, the worker asks for
 * more. */
struct datapath_ceiling {
	uint32_t ceiling;
	uint32_t mark; /* at most ceiling; DATAPATH_NO_MARK: do not ask, more is on its way */
};
#define DATAPATH_NO_MARK    UINT32_MAX
#define DATAPATH_NO_CEILING ((struct datapath_ceiling){UINT32_MAX, DATAPATH_NO_MARK})

/* Pairs of networks between which G-PDUs of unknown tunnels cross: transparent.h. The pairs of a list come in order;
 * with the last one, the list replaces the one before. */
#define DATAPATH_TRANSPARENT_MAX 64
struct datapath_transparent {
	struct pdp_prefix prefix[DATAPATH_SIDES]; /* outer addresses on that side */
	uint8_t index;
	uint8_t count; /* of the list; 0: no pairs, and prefix and index are not used */
};

struct datapath_command {
	uint8_t kind;	     /* enum datapath_command_kind */
	uint8_t acknowledge; /* post an event DATAPATH_DONE with cookie */
	uint8_t slot;	     /* keyset's place: 0 to DATAPATH_KEYSETS - 1 */
	uint8_t key_state;   /* SET_KEYSET: enum datapath_key_state */
	uint32_t flow;
	uint64_t cookie;
	union {
		struct {
			struct tunnel tunnel;
			uint32_t session;  /* handed back in events */
			uint8_t direction; /* enum e2m_direction */
			uint8_t bearer;
			uint8_t counter_octets;
			uint8_t treatment; /* enum datapath_treatment */
			uint16_t window;   /* uplink; clamped to W/2 already */
		} add;
		struct {
			const struct npdu_key *key;
			uint32_t count;
			struct datapath_ceiling ceiling;
			uint8_t key_id;
			bool keep_count;
		} keyset;
		struct datapath_ceiling ceiling; /* RAISE_CEILING */
		bool hold;			 /* STOP_FLOW */
		struct {
			struct tunnel tunnel;
			uint32_t target;
			uint8_t worker;
			uint8_t direction; /* enum e2m_direction, of both flows */
		} alias;
		uint64_t gtpc; /* RELEASE_GTPC, ALLOW_GTPC, DISCARD_GTPC: number in the event */
		bool bypass;   /* SET_BYPASS */
		struct {
			uint32_t hold_ms;
			uint32_t hold_packets_per_flow;
			uint32_t gtpc_hold_ms;
			uint32_t recovery_windows;
			uint32_t recovery_per_s;
			uint32_t bad_mac_per_s;
			bool drop_unknown;
		} limits;				 /* SET_LIMITS */
		struct datapath_transparent transparent; /* SET_TRANSPARENT */
	};
};

enum datapath_event_kind {
	/* A packet waits for the keyset in slot; said once until the state is set again. */
	DATAPATH_MISS,
	/* The first uplink N-PDU under the keyset in slot has been authenticated. */
	DATAPATH_AUTHENTICATED,
	/* A command with acknowledge was executed. */
	DATAPATH_DONE,
	/* A GTP-C message crosses: control reads it, frees its reference to mbuf, and answers with
	 * RELEASE_GTPC. */
	DATAPATH_GTPC,
	/* The first N-PDU since WATCH_FLOW has come in the tunnel of flow. session is that of the flow which
	 * protects it. */
	DATAPATH_FIRST_NPDU,
	/* COUNT has reached its end in slot: nothing more is sent with that keyset. */
	DATAPATH_SPENT,
	/* COUNT has reached the mark in slot; said once until the ceiling is set again. */
	DATAPATH_LOW,
	/* An uplink PDU with a COUNT far ahead was accepted (RECOVERED) or waits for a second PDU
	 * (PENDING): e2m.md 7 "Recovery". */
	DATAPATH_COUNT_RECOVERED,
	DATAPATH_COUNT_PENDING,
};

struct datapath_event {
	uint8_t kind; /* enum datapath_event_kind */
	uint8_t slot;
	uint8_t side; /* GTPC: enum datapath_side it came in on; DONE: the flow's direction */
	uint8_t command_kind; /* DONE */
	uint32_t flow;
	uint32_t session;
	/* LOW: one more than the highest COUNT of the slot that was used, or is authenticated and
	 * waiting */
	uint32_t used;
	/* DONE: the command's; GTPC: the message's number; LOW: the ceiling; COUNT_RECOVERED,
	 * COUNT_PENDING: the PDU's COUNT minus H */
	uint64_t cookie;
	/* DONE of STOP_FLOW, SET_KEYSET: next COUNT, or H; LOW: of the slot, one more than the highest
	 * that is needed now */
	uint32_t count[DATAPATH_KEYSETS];
	/* LOW: identifies the keyset, because the slot may have another one by now; do not
	 * dereference */
	const struct npdu_key *key;
	struct rte_mbuf *mbuf; /* GTPC */
	uint16_t l3;	       /* GTPC: offset of the IP header */
	uint16_t payload;      /* GTPC: offset of the UDP payload */
	uint16_t payload_len;
};

#endif
