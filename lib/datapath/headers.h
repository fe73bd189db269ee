/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * headers: moves a frame's outer headers by the few octets that a protected N-PDU's header takes. They
 * are a little over 32 octets always and rarely more than 64, so four registers hold them.
 */
#ifndef DATAPATH_HEADERS_H
#define DATAPATH_HEADERS_H

#include <stdint.h>
#include <string.h>

/* len octets from from to to, which overlap. */
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
