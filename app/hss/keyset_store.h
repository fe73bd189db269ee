/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keyset_store: the HSS's short memory (e2m.md 2). Each keyset is kept for the retention time, found by
 * (IMSI, SQN) and by (IMSI, RAND), and then wiped; when the store is full the oldest goes first. All
 * functions may be called from several threads at once.
 */
#ifndef HSS_KEYSET_STORE_H
#define HSS_KEYSET_STORE_H

#include <stddef.h>

#include "e2m/e2m.h"

struct keyset_store;

/* capacity: 1 to 2^31 keysets. Memory is touched as it fills. NULL: no memory. */
struct keyset_store *keyset_store_new(size_t capacity, uint32_t retention_s);
void keyset_store_free(struct keyset_store *store); /* wipes */

/* now_ns: of CLOCK_MONOTONIC; it may not run backwards from one call to the next by more than threads
 * race for. */
void keyset_store_put(struct keyset_store *store, const struct e2m_imsi *imsi,
		      const uint8_t sqn[E2M_SQN_LEN], const uint8_t rand[E2M_RAND_LEN],
		      const struct e2m_keyset *keyset, uint64_t now_ns);

/* Copies the keyset out; false when there is none, or its time has passed. */
bool keyset_store_get(struct keyset_store *store, const struct e2m_imsi *imsi,
		      const struct e2m_keyset_id *id, uint64_t now_ns, struct e2m_keyset *keyset);

/* Wipes keysets whose time has passed; returns how many. */
size_t keyset_store_expire(struct keyset_store *store, uint64_t now_ns);

/* How many are kept. */
size_t keyset_store_count(struct keyset_store *store);

#endif
