/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gsns: the GSNs that sessions name. Many sessions name few GSNs, so each address is stored once
 * and has a number. A number is valid while it has users. The directory takes numbers and gives
 * them back.
 *
 * Addresses of one GGSN have the same group. Workers read addresses and groups without locks, the
 * rest belongs to the one thread that writes.
 */
#ifndef DIRECTORY_GSNS_H
#define DIRECTORY_GSNS_H

#include <stdbool.h>
#include <stdint.h>

#define GSN_ADDRESS_LEN 16 /* as in struct tunnel */
/* GSNs with users at once. */
#define GSNS_MAX (1U << 18)

struct gsns;

struct gsns *gsns_new(uint32_t hash_secret); /* NULL: no memory */
void gsns_free(struct gsns *gsns);

/* Returns the number of the GSN with this address, and adds a user. 0: no place is left. */
uint32_t gsns_take(struct gsns *gsns, const uint8_t address[GSN_ADDRESS_LEN]);
/* Adds a user to a number in use. number may be 0. */
void gsns_take_again(struct gsns *gsns, uint32_t number);
/* Removes a user. number may be 0. */
void gsns_give_back(struct gsns *gsns, uint32_t number);

/* For readers. Returns 0 if the GSN has no user. */
uint32_t gsns_find(const struct gsns *gsns, const uint8_t address[GSN_ADDRESS_LEN]);
/* number may be 0, which has the address 0. */
const uint8_t *gsns_address(const struct gsns *gsns, uint32_t number);

/* For readers. Returns the group of a GGSN's address. 0: no GGSN has given the address. number may be 0. */
uint32_t gsns_group(const struct gsns *gsns, uint32_t number);
/* Both addresses are of one GGSN. Their groups become one. a and b may be equal, and are in use. */
void gsns_join(struct gsns *gsns, uint32_t a, uint32_t b);

#endif
