/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gtpu: the GTP-U header, TS 29.281 clause 5. Parsers take a pointer and a length, read no octet
 * beyond, and survive any bytes. The data plane and hse-ue call it.
 */
#ifndef GTP_GTPU_H
#define GTP_GTPU_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "gtp/wire.h"

#define GTPU_PORT	   2152
#define GTPU_HEADER_MIN	   8
#define GTPU_G_PDU	   255
#define GTPU_ECHO_REQUEST  1
#define GTPU_ECHO_RESPONSE 2

/*
 *  bit 7..5   4    3   2   1   0
 * +--------+----+---+---+---+----+
 * |version | PT | * | E | S | PN |  octet 0
 * +--------+----+---+---+---+----+  octet 1 message type, 2-3 length, 4-7 TEID
 * If any of E, S, PN: 8-9 sequence number, 10 N-PDU number, 11 next extension header type.
 */
#define GTPU_FLAG_PN	  0x01
#define GTPU_FLAG_S	  0x02
#define GTPU_FLAG_E	  0x04
#define GTPU_FLAG_OPTIONS (GTPU_FLAG_E | GTPU_FLAG_S | GTPU_FLAG_PN)
#define GTPU_OPTIONS_LEN  4
#define GTPU_V1_PT1	  0x30 /* version 1, PT 1: the upper half of octet 0 */

struct gtpu {
	uint8_t flags; /* octet 0 */
	uint8_t message_type;
	uint16_t length; /* octets after the first eight */
	uint32_t teid;
	uint16_t header_len;  /* mandatory part, options and extension headers */
	uint16_t payload_len; /* length - (header_len - 8) */
};

/* The part of gtpu_parse that headers without options have no need of. Not to be called directly: expects
 * what gtpu_parse has read, and that gtpu->length octets stand after the first eight. */
int gtpu_parse_options(struct gtpu *gtpu, const uint8_t *data);

/* Reads a GTP-U header with all its optional parts. 0; -EBADMSG when it is cut short, is not version 1
 * with PT 1, or its lengths contradict one another or len. Octets after the GTP-U length are allowed
 * (they are not payload). */
static inline int gtpu_parse(struct gtpu *gtpu, const uint8_t *data, size_t len)
{
	if (len < GTPU_HEADER_MIN || (data[0] & 0xF0) != GTPU_V1_PT1)
		return -EBADMSG;
	gtpu->flags = data[0];
	gtpu->message_type = data[1];
	gtpu->length = wire_get16(data + 2);
	gtpu->teid = wire_get32(data + 4);
	if (gtpu->length > len - GTPU_HEADER_MIN)
		return -EBADMSG;
	gtpu->header_len = GTPU_HEADER_MIN;
	gtpu->payload_len = gtpu->length;
	if (!(gtpu->flags & GTPU_FLAG_OPTIONS))
		return 0;
	return gtpu_parse_options(gtpu, data);
}

/* Writes a plain 8-octet header; returns its length. payload_len at most 65535. */
size_t gtpu_write(uint8_t out[GTPU_HEADER_MIN], uint8_t message_type, uint32_t teid,
		  uint16_t payload_len);

/* Writes the length field of a header in place, for a payload that changed size. The caller sees to it
 * that header_len - 8 + payload_len is at most 65535. */
static inline void gtpu_set_payload_len(uint8_t *header, uint16_t header_len, uint16_t payload_len)
{
	wire_put16(header + 2, (uint16_t)(header_len - GTPU_HEADER_MIN + payload_len));
}

#endif
