/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keyset_store: the HSS's short-term memory (e2m.md 2). Each keyset is kept for the retention time,
 * and then wiped. It is found by (IMSI, SQN) and by (IMSI, RAND). When the store is full, the
 * oldest keyset is removed. A keyset belongs to the HSE that gets it first, under either name, and
 * no other HSE gets it. Two HSEs would each start at COUNT 0, and so use a COUNT twice with one key
 * (e2m.md 7).
 *
 * A keyset without lifetime is replaced when two others of its IMSI were first released later, to
 * the same HSE. It is then never released again (e2m.md 2). The store is in memory alone. A restart
 * loses the keysets together with their history, so no keyset released before a restart can be
 * released after it.
 *
 * All functions may be called from several threads at once.
 */
#ifndef HSS_KEYSET_STORE_H
#define HSS_KEYSET_STORE_H

#include <stddef.h>

#include "e2m/e2m.h"
#include "hss/clusters.h"

struct keyset_store;

/* capacity: 1 to 2^31 keysets. Memory is used only as the store fills. clusters must stay valid;
 * NULL: no clusters. Returns NULL if there is no memory. */
struct keyset_store *keyset_store_new(size_t capacity, uint32_t retention_s,
				      const struct clusters *clusters);
void keyset_store_free(struct keyset_store *store); /* wipes */

/* now_ns: of CLOCK_MONOTONIC; it may not run backwards from one call to the next by more than threads
 * race for. */
void keyset_store_put(struct keyset_store *store, const struct e2m_imsi *imsi,
		      const uint8_t sqn[E2M_SQN_LEN], const uint8_t rand[E2M_RAND_LEN],
		      const struct e2m_keyset *keyset, uint64_t now_ns);

enum keyset_store_result {
	KEYSET_STORE_FOUND,
	KEYSET_STORE_NONE,	/* or its time has passed */
	KEYSET_STORE_HELD,	/* by another HSE */
	KEYSET_STORE_REPLACED,	/* two others have replaced it */
	KEYSET_STORE_NO_MEMORY, /* to note whose it is */
};

struct keyset_store_held {
	char holder[256];
	bool is_news; /* the first time that somebody else asked for this keyset */
};

/* FOUND: the keyset is copied, and belongs to hse from now on (an identity of at most 255 octets,
 * in any case). has_lifetime: it is released with a lifetime. HELD: *held has the holder. */
enum keyset_store_result keyset_store_get(struct keyset_store *store, const struct e2m_imsi *imsi,
					  const struct e2m_keyset_id *id, const char *hse,
					  bool has_lifetime, uint64_t now_ns,
					  struct e2m_keyset *keyset,
					  struct keyset_store_held *held);

/* Wipes keysets whose time has passed; returns how many. */
size_t keyset_store_expire(struct keyset_store *store, uint64_t now_ns);

/* How many are kept. */
size_t keyset_store_count(struct keyset_store *store);

#endif
