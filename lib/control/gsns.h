/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gsns: the GSNs that sessions name, each kept once and known by a number, for a fleet of sessions hangs
 * on few of them. A number is good for as long as it has users.
 */
#ifndef CONTROL_GSNS_H
#define CONTROL_GSNS_H

#include <stdbool.h>
#include <stdint.h>

#define GSN_ADDRESS_LEN 16 /* as in struct tunnel */

struct gsns;

/* What is known of a GSN's restarts: restarts.c. */
struct gsn_restarts {
	bool is_known; /* its restart counter */
	bool is_swept; /* it has restarted: sessions up to serial are being looked for */
	uint8_t counter;
	uint32_t serial;
};

struct gsns *gsns_new(void); /* NULL: no memory */
void gsns_free(struct gsns *gsns);

/* The number of the GSN with that address, which gains a user. 0: no memory. */
uint32_t gsns_take(struct gsns *gsns, const uint8_t address[GSN_ADDRESS_LEN]);
/* It loses one. Allowed for 0. */
void gsns_give_back(struct gsns *gsns, uint32_t number);

/* 0: it has no user. */
uint32_t gsns_find(const struct gsns *gsns, const uint8_t address[GSN_ADDRESS_LEN]);
/* Good until the next gsns_take. */
const uint8_t *gsns_address(const struct gsns *gsns, uint32_t number);
/* The same; side: 0 or 1, on which of ours it stands. One that is taken anew knows nothing. */
struct gsn_restarts *gsns_restarts(struct gsns *gsns, uint32_t number, unsigned side);
/* No number is higher. */
uint32_t gsns_highest(const struct gsns *gsns);

#endif
