/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gsns: the GSNs that sessions name. Many sessions name few GSNs, so each address is stored once
 * and has a number. A number is valid while it has users. table.c takes numbers and gives them
 * back; restarts.c keeps its data here.
 */
#ifndef CONTROL_GSNS_H
#define CONTROL_GSNS_H

#include <stdbool.h>
#include <stdint.h>

#define GSN_ADDRESS_LEN 16 /* as in struct tunnel */

struct gsns;

/* What is known of a GSN's restarts (restarts.c). */
struct gsn_restarts {
	bool is_known; /* counter is valid */
	bool is_swept; /* restarted: a sweep ends sessions up to serial */
	uint8_t counter;
	uint32_t serial;
};

struct gsns *gsns_new(void); /* NULL: no memory */
void gsns_free(struct gsns *gsns);

/* Returns the number of the GSN with this address, and adds a user. 0: no memory. */
uint32_t gsns_take(struct gsns *gsns, const uint8_t address[GSN_ADDRESS_LEN]);
/* Removes a user. number may be 0. */
void gsns_give_back(struct gsns *gsns, uint32_t number);

/* Returns 0 if the GSN has no user. */
uint32_t gsns_find(const struct gsns *gsns, const uint8_t address[GSN_ADDRESS_LEN]);
/* Valid until the next gsns_take. */
const uint8_t *gsns_address(const struct gsns *gsns, uint32_t number);
/* Same. side: the side of the HSE on which the GSN is, 0 or 1. Nothing is known of a GSN that had
 * no user. */
struct gsn_restarts *gsns_restarts(struct gsns *gsns, uint32_t number, unsigned side);
/* No number in use is higher. */
uint32_t gsns_highest(const struct gsns *gsns);

#endif
