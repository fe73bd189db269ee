/* SPDX-License-Identifier: BSD-3-Clause */
/* frame: Ethernet frames of the model: UDP datagrams, G-PDUs, fragments; and N-PDUs that bear a serial number. */
#ifndef MODEL_FRAME_H
#define MODEL_FRAME_H

#include "gtp/tunnel.h"

#define FRAME_OCTETS 2048

struct frame {
	uint32_t len;
	uint8_t octets[FRAME_OCTETS];
};

/* A UDP datagram as it lies in a frame. source and destination: teid is the port. */
struct frame_udp {
	struct tunnel source, destination;
	const uint8_t *payload;
	size_t len;
	bool is_fragment; /* IPv4: only offset, id and what follows the IP header in payload */
	bool has_more;
	uint16_t id, offset;
};

/* source and destination: teid is the port. */
void frame_write_udp(struct frame *frame, const struct tunnel *source,
		     const struct tunnel *destination, const uint8_t *payload, size_t len);
/* source: teid is not used. tunnel: TEID and receiver. */
void frame_write_gpdu(struct frame *frame, const struct tunnel *source, const struct tunnel *tunnel,
		      const uint8_t *npdu, size_t len);
/* Fragments of piece octets; 0: too short, IPv6, or more than max. */
unsigned frame_split(const struct frame *whole, size_t piece, uint16_t id, struct frame *parts,
		     unsigned max);
bool frame_read(struct frame_udp *udp, const uint8_t *octets, size_t len);

/* --- N-PDUs --- */

#define NPDU_OCTETS 96

/* source and destination: 4 or 16 octets; NULL: not an IP packet. Returns its length. */
size_t npdu_write(uint8_t out[NPDU_OCTETS], unsigned version, const uint8_t *source,
		  const uint8_t *destination, uint32_t serial);
/* True: octets hold, anywhere, an N-PDU that npdu_write made. */
bool npdu_find_serial(const uint8_t *octets, size_t len, uint32_t *serial);

#endif
