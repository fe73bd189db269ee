/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * packet: what the stages know of a packet, kept in its mbuf's private area, so that it travels with
 * the packet through hold queues and to other workers.
 */
#ifndef DATAPATH_PACKET_H
#define DATAPATH_PACKET_H

#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

#include "datapath/datapath.h"
#include "gtp/tunnel.h"

struct flow;

/* What parse makes of a frame. */
enum packet_kind {
	PACKET_OTHER,	      /* crosses unchanged */
	PACKET_GTPC,	      /* by way of control */
	PACKET_GPDU,	      /* its tunnel decides */
	PACKET_GPDU_SEGMENTS, /* likewise, in segments, or shared with others */
	PACKET_BAD_GPDU,      /* G-PDU whose lengths contradict */
	PACKET_FIRST,	      /* first fragment of a UDP datagram */
	PACKET_PART,	      /* another fragment: whose it is, the first says */
	PACKET_FRAGMENT, /* any fragment, once it is known to be of a G-PDU: its tunnel decides */
	PACKET_GTPV0,	 /* GTP version 0, which nothing here reads: dropped */
	PACKET_BAD_GTPC, /* GTP-C whose lengths contradict: dropped */
	PACKET_TOO_LONG, /* fragment whose headers are in more than one segment */
};

/* What the first fragment says of the datagram. */
enum packet_says {
	SAYS_NOTHING = 0, /* too short to tell; no correct sender sends this */
	SAYS_OTHER,	  /* not a G-PDU */
	SAYS_GTPC,
	SAYS_GPDU,
	SAYS_GTPV0,
};

/* What the first fragment of a G-PDU says about the addresses of the N-PDU, in case it crosses in clear. */
enum packet_inner {
	INNER_HIDDEN = 0, /* not shown: the rest of the header is in another fragment */
	INNER_GUARDED,	  /* the address is another session's */
	INNER_FREE,
};

/* What a packet in a hold queue waits for. */
enum packet_waits {
	WAITS_NOT,
	WAITS_KEY,
	WAITS_CEILING,
};

/* A fragment's place in its datagram. Offsets are octets of what IP fragmented. */
struct packet_fragment {
	uint16_t offset;
	uint16_t octets;
	uint16_t told_by; /* FIRST: what it says stands before this offset */
	uint8_t says;	  /* FIRST: enum packet_says */
	uint8_t inner;	  /* FRAGMENT: enum packet_inner, by the first */
	uint16_t npdu; /* FIRST: offset of the N-PDU in the frame; 0: its addresses are not shown */
};

struct packet {
	struct flow *flow;
	struct tunnel tunnel;
	union {
		uint32_t hash;	/* of tunnel; until its flow is found */
		uint32_t count; /* is_open */
	};
	uint8_t kind; /* enum packet_kind */
	uint8_t side; /* enum datapath_side it came in on */
	uint8_t slot; /* keyset's place in flow */
	bool is_ipv6 : 1;
	bool has_udp_checksum : 1;
	bool is_last : 1;     /* PART */
	bool is_returned : 1; /* went back once to the tunnel's owner, which had sent it on */
	uint8_t waits : 2;    /* while it is held; enum packet_waits */
	bool is_open : 1; /* likewise: an uplink N-PDU that was authenticated, and is in clear */
	bool is_recovered : 1; /* likewise: the window has not accepted its COUNT yet */
	uint16_t l3;	       /* offsets from the start of the frame */
	union {
		struct {
			uint16_t udp;
			uint16_t gtpu;
			uint16_t payload;     /* the N-PDU, or the GTP-C message */
			uint16_t payload_len; /* octets */
			/* UDP checksum in use: one's complement sum of all that the packet's change
			 * leaves as it is, so that an error made before the HSE stays visible after
			 * it. */
			uint16_t checksum_rest;
		};
		struct packet_fragment fragment; /* FIRST, PART */
	};
	union {
		uint64_t held_since; /* TSC; 0: never held */
		uint32_t datagram;   /* FIRST, PART: IP's identification */
	};
	struct rte_mbuf *next; /* while it waits */
} __rte_cache_aligned;

_Static_assert(sizeof(struct packet) == RTE_CACHE_LINE_SIZE, "one line of the private area");
_Static_assert(sizeof(struct packet) <= DATAPATH_MBUF_PRIV_SIZE, "private area too small");

static inline struct packet *packet_of(struct rte_mbuf *m)
{
	return (struct packet *)rte_mbuf_to_priv(m);
}

#endif
