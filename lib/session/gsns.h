/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gsns: the GSNs that sessions name, each kept once and known by a number, for a fleet of sessions hangs
 * on few of them. A number is good for as long as it has users.
 */
#ifndef SESSION_GSNS_H
#define SESSION_GSNS_H

#include <stdint.h>

#define GSN_ADDRESS_LEN 16 /* as in struct tunnel */

struct gsns;

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

#endif
