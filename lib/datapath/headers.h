/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * headers: the outer headers of a G-PDU: as nearly all have them, and how they are moved by the few octets
 * that a protected N-PDU's header takes.
 */
#ifndef DATAPATH_HEADERS_H
#define DATAPATH_HEADERS_H

#include <rte_ether.h>
#include <stdint.h>
#include <string.h>

#include "datapath/packet.h"
#include "gtp/gtpu.h"

/* Plain: untagged Ethernet, IPv4 without options and whole, UDP, GTP-U without optional parts. */
#define PLAIN_IP      RTE_ETHER_HDR_LEN
#define PLAIN_UDP     (PLAIN_IP + 20)
#define PLAIN_GTPU    (PLAIN_UDP + 8)
#define PLAIN_PAYLOAD (PLAIN_GTPU + GTPU_HEADER_MIN)

/* A plain G-PDU without a UDP checksum. Each header is the shortest that there is, so nothing else puts the
 * payload there. */
static inline bool headers_are_plain(const struct packet *p)
{
	return p->payload == PLAIN_PAYLOAD && !p->has_udp_checksum;
}

/* Headers are a little over 32 octets always and rarely more than 64, so four registers hold them:
 * len octets from from to to, which overlap. */
static inline void headers_move(uint8_t *to, const uint8_t *from, uint32_t len)
{
	struct quarter {
		uint64_t w[2];
	} a, b, c, d;

	if (len < 32 || len > 64) {
		memmove(to, from, len);
		return;
	}
	/* All is read before anything is written. */
	memcpy(&a, from, 16);
	memcpy(&b, from + 16, 16);
	memcpy(&c, from + len - 32, 16);
	memcpy(&d, from + len - 16, 16);
	memcpy(to, &a, 16);
	memcpy(to + 16, &b, 16);
	memcpy(to + len - 32, &c, 16);
	memcpy(to + len - 16, &d, 16);
}

#endif
