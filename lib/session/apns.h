/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * apns: the APNs that sessions were made for, each kept once and known by a number, so that the policy can be asked
 * again when it changes. An APN without a session stays until its place is wanted; so requests that lead to no
 * session cannot fill the table.
 */
#ifndef SESSION_APNS_H
#define SESSION_APNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define APNS_MAX	1024
#define APNS_OCTETS_MAX 100 /* TS 23.003 9.1 */

struct apns;

/* number 0: not known. The generation tells the APN from one that had its place before. */
struct apn_ref {
	uint16_t number;
	uint16_t generation;
};

struct apns *apns_new(void); /* NULL: no memory */
void apns_free(struct apns *apns);

/* The contents of an Access Point Name IE; len 0: the message has none, which is known, too. Number 0: it is longer
 * than any APN, or there is no place. */
struct apn_ref apns_note(struct apns *apns, const uint8_t *apn, size_t len);
/* A session has it from here on: its number. 0: it has lost its place meanwhile, or was not known. */
uint16_t apns_take(struct apns *apns, struct apn_ref ref);
void apns_give_back(struct apns *apns, uint16_t number);
/* Of a number that a session has. */
struct apn_ref apns_ref(const struct apns *apns, uint16_t number);
const uint8_t *apns_octets(const struct apns *apns, uint16_t number, size_t *len);

#endif
