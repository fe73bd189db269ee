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
#include "datapath/tunnel.h"

struct flow;

/* What parse makes of a frame. */
enum packet_kind {
	PACKET_OTHER,	 /* crosses unchanged */
	PACKET_GTPC,	 /* by way of control */
	PACKET_GPDU,	 /* its tunnel decides */
	PACKET_BAD_GPDU, /* G-PDU whose lengths contradict: only a known tunnel drops it */
	PACKET_FRAGMENT, /* outer fragment with the head of a G-PDU: likewise */
	PACKET_TOO_LONG, /* in segments that do not fit into one: cannot be read */
};

struct packet {
	struct flow *flow;
	struct tunnel tunnel;
	uint32_t hash; /* of tunnel */
	uint8_t kind;  /* enum packet_kind */
	uint8_t side;  /* enum datapath_side it came in on */
	uint8_t slot;  /* keyset's place in flow */
	bool is_ipv6 : 1;
	bool has_udp_checksum : 1;
	uint16_t l3; /* offsets from the start of the frame */
	uint16_t udp;
	uint16_t gtpu;
	uint16_t payload;     /* the N-PDU, or the GTP-C message */
	uint16_t payload_len; /* octets */
	/* UDP checksum in use: one's complement sum of all that the packet's change leaves as it is, so
	 * that an error made before the HSE stays visible after it. */
	uint16_t checksum_rest;
	/* in a hold queue */
	uint64_t held_since; /* TSC; 0: never held */
	struct rte_mbuf *next;
} __rte_cache_aligned;

_Static_assert(sizeof(struct packet) == RTE_CACHE_LINE_SIZE, "one line of the private area");
_Static_assert(sizeof(struct packet) <= DATAPATH_MBUF_PRIV_SIZE, "private area too small");

static inline struct packet *packet_of(struct rte_mbuf *m)
{
	return (struct packet *)rte_mbuf_to_priv(m);
}

#endif
