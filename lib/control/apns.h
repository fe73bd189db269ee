/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * apns: the APNs with which the policy was checked for sessions. procedure.c notes an APN, a
 * session holds its number (table.c), and reconfigure.c checks the policy with it again. Each APN
 * is stored once. An APN without a session stays until its place is needed. So requests that lead
 * to no session cannot fill the table.
 */
#ifndef CONTROL_APNS_H
#define CONTROL_APNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APNS_MAX	1024
#define APNS_OCTETS_MAX 100 /* TS 23.003 9.1 */

struct apns;

/* Number 0 stands for an unknown APN. The generation tells an APN from an earlier one in the same
 * place. */
struct apn_ref {
	uint16_t number;
	uint16_t generation;
};

struct apns *apns_new(void); /* NULL: no memory */
void apns_free(struct apns *apns);

/* Notes the contents of an Access Point Name IE, which are copied. len 0 means a message without an
 * APN: that is a known value too. Returns number 0 if the APN is longer than APNS_OCTETS_MAX, or if
 * the table is full. */
struct apn_ref apns_note(struct apns *apns, const uint8_t *apn, size_t len);
/* Counts one more session that uses the APN. Returns the APN's number, or 0 if the APN is unknown
 * or has lost its place. */
uint16_t apns_take(struct apns *apns, struct apn_ref ref);
/* Counts one session less. number may be 0. */
void apns_give_back(struct apns *apns, uint16_t number);
/* Returns the reference for the APN number of a session. */
struct apn_ref apns_ref(const struct apns *apns, uint16_t number);
/* Returns a hash of the APN, which is the same in all processes, or 0 for number 0. */
uint32_t apns_hash(const struct apns *apns, uint16_t number);
/* Returns the reference for the APN with this hash of an earlier process. Its octets are not known until
 * a message has them. hash may be 0. Returns number 0 if the table is full. */
struct apn_ref apns_recall(struct apns *apns, uint32_t hash);
/* Returns the octets of an APN that a session uses, and their number in *len. NULL: not known since
 * the restart. */
const uint8_t *apns_octets(const struct apns *apns, uint16_t number, size_t *len);

#endif
