/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * packet: a view of a packet in a buffer, and a burst of buffers. The transforms move the view's ends
 * within the buffer instead of moving octets.
 */
#ifndef UE_PACKET_H
#define UE_PACKET_H

#include <stddef.h>
#include <stdint.h>

#include "gtp/gtpu.h"
#include "npdu/npdu.h"

#define BURST_MAX NPDU_BURST_MAX
/* Before the N-PDU: GTP-U header and protected header, rounded up. After it: the MAC. */
#define PACKET_HEADROOM 16
#define PACKET_TAILROOM NPDU_MAC_MAX
#define PACKET_MAX	65536 /* what one read of a socket or TUN device may give */

struct packet {
	uint8_t *data;
	size_t len;
};

struct burst {
	struct packet packets[BURST_MAX];
	uint8_t storage[BURST_MAX][PACKET_HEADROOM + PACKET_MAX + PACKET_TAILROOM];
};

_Static_assert(PACKET_HEADROOM >= GTPU_HEADER_MIN + NPDU_HEADER_MAX, "headers need their room");
_Static_assert(GTPU_HEADER_MIN >= NPDU_HEADROOM, "the engine borrows octets of the GTP-U header");

/* All views empty, at their headroom. */
static inline void burst_reset(struct burst *burst)
{
	for (size_t i = 0; i < BURST_MAX; i++) {
		burst->packets[i].data = burst->storage[i] + PACKET_HEADROOM;
		burst->packets[i].len = 0;
	}
}

#endif
