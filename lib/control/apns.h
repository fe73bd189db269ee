/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * apns: the APNs that sessions were made for. Each is stored once and has a number, so that the
 * policy can be checked again after a change. An APN without a session stays until its place is
 * needed. So requests that lead to no session cannot fill the table.
 */
#ifndef CONTROL_APNS_H
#define CONTROL_APNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APNS_MAX	1024
#define APNS_OCTETS_MAX 100 /* TS 23.003 9.1 */

struct apns;

/* number 0: unknown. The generation distinguishes the APN from an earlier one in the same place. */
struct apn_ref {
	uint16_t number;
	uint16_t generation;
};

struct apns *apns_new(void); /* NULL: no memory */
void apns_free(struct apns *apns);

/* Notes the contents of an Access Point Name IE. len 0: the message has no APN, which is a known
 * value too. Returns number 0 if it is longer than any APN, or if the table is full. */
struct apn_ref apns_note(struct apns *apns, const uint8_t *apn, size_t len);
/* A session uses the APN from here on. Returns its number, or 0 if the APN was unknown or has lost
 * its place. */
uint16_t apns_take(struct apns *apns, struct apn_ref ref);
void apns_give_back(struct apns *apns, uint16_t number);
/* The reference for the number of a session. */
struct apn_ref apns_ref(const struct apns *apns, uint16_t number);
const uint8_t *apns_octets(const struct apns *apns, uint16_t number, size_t *len);

#endif
