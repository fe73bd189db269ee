/* SPDX-License-Identifier: BSD-3-Clause */
/* codings: digits as GTPv1-C and GTPv2-C write them. For this library's own files. */
#ifndef GTP_CODINGS_H
#define GTP_CODINGS_H

#include <stddef.h>
#include <stdint.h>

#include "e2m/e2m.h"

/* Octets of an IMSI, at most. */
#define TBCD_IMSI_LEN 8
/* TS 29.060 7.7.2, TS 29.274 8.3: the half octets after the last digit are 1111. */
#define TBCD_FILLER 0xF

/* An IMSI in TBCD, first digit in the low half octet. -EBADMSG: not decimal, a digit after the filler, too
 * few or too many of them. */
int tbcd_read_imsi(struct e2m_imsi *imsi, const uint8_t *value, size_t len);

/* count decimal digits into len octets, 2 * len half octets in all. */
void tbcd_write(uint8_t *out, size_t len, const char *digits, size_t count);

#endif
