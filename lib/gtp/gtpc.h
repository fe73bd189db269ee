/* SPDX-License-Identifier: BSD-3-Clause */
/* gtpc: what GTPv1-C (gtpc_v1.h) and GTPv2-C (gtpc_v2.h) have in common. */
#ifndef GTP_GTPC_H
#define GTP_GTPC_H

#include <stddef.h>
#include <stdint.h>

#define GTPC_PORT 2123

/* GTP version 0, TS 29.060 annex "GTPv0": its own port, and the upper half of octet 0 (version 0, PT 1). */
#define GTPV0_PORT 3386
#define GTPV0_PT1  0x10

/* Of the message that begins with that octet: TS 29.060 6, TS 29.274 5.1. */
static inline unsigned gtpc_version(uint8_t first)
{
	return first >> 5;
}

/* Why a message cannot be served: TS 29.060 11.1, TS 29.274 7.7. */
enum gtpc_fault {
	GTPC_FAULTLESS,
	/* It cannot be read: a parser returns -EBADMSG. */
	GTPC_WRONG_VERSION,
	GTPC_CUT_SHORT,	   /* fewer octets than a length in it says */
	GTPC_WRONG_LENGTH, /* octets are left over, or the length leaves no room for the header */
	GTPC_UNKNOWN_ELEMENT, /* GTPv1-C: of a type below 128 that has no known length */
	/* It can be read, and its receiver must refuse it. */
	GTPC_MANDATORY_MISSING,
	GTPC_MANDATORY_INVALID, /* or a conditional element is */
	/* Receivers differ in what they make of it. */
	GTPC_AMBIGUOUS,
	GTPC_FAULTS
};

/* "mandatory element missing": for logs. */
const char *gtpc_fault_name(enum gtpc_fault fault);

/* An address of 4 or 16 octets; len 0: absent. Unused octets are zero. */
struct gtp_address {
	uint8_t len;
	uint8_t octets[16];
};

/* A variable-length IE's contents; NULL: absent. */
struct gtp_octets {
	const uint8_t *data;
	uint16_t len;
};

/* Octets of an APN that gtp_apn_write makes, at most. */
#define GTP_APN_MAX 100

/* "internet.example" as it stands in an IE: labels, each after an octet with its length (TS 23.003 9.1).
 * Returns the length, or -EINVAL: an empty or too long label, or too many of them. */
int gtp_apn_write(uint8_t out[GTP_APN_MAX], const char *apn);

/* Octets of an MSISDN that gtp_msisdn_write makes, at most. */
#define GTP_MSISDN_MAX 8

/* Up to 15 decimal digits as they stand in the MSISDN of GTPv2-C (TS 29.274 8.11). Returns the length, or
 * -EINVAL. */
int gtp_msisdn_write(uint8_t out[GTP_MSISDN_MAX], const char *digits);

#endif
