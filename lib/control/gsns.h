/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gsns: the GSNs that sessions name. Many sessions name few GSNs, so each address is stored once
 * and has a number. A number is valid while it has users. table.c takes numbers and gives them
 * back.
 */
#ifndef CONTROL_GSNS_H
#define CONTROL_GSNS_H

#include <stdbool.h>
#include <stdint.h>

#define GSN_ADDRESS_LEN 16 /* as in struct tunnel */

struct gsns;

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

#endif
