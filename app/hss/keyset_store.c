/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/keyset_store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Entries are in a ring, in the order of their creation, which is also the order of their expiry.
 * Each entry is in one hash chain of each index, in the same order. So the oldest entry is always
 * first in its chains, however many entries one IMSI has. */
enum index_kind {
	BY_SQN,
	BY_RAND,
	BY_IMSI,
	INDICES,
};

#define NONE UINT32_MAX

struct entry {
	struct e2m_imsi imsi;
	uint8_t rand[E2M_RAND_LEN];
	uint8_t sqn[E2M_SQN_LEN];
	struct e2m_keyset keyset;
	char *holder; /* the HSE that it was given to; NULL: to none yet */
	bool is_refusal_said;
	bool is_open;	/* it was released without a lifetime */
	uint8_t others; /* others first released later, to the same HSE */
	uint64_t expires_ns;
	uint32_t next[INDICES];
};

struct keyset_store {
	pthread_mutex_t lock;
	uint64_t retention_ns;
	const struct clusters *clusters;
	struct entry *ring;
	uint32_t capacity, oldest, count;
	struct chain {
		uint32_t first, last; /* places in ring, or NONE */
	} * chains[INDICES];
	uint32_t mask; /* number of chains - 1; the number is a power of two */
};

/* This many others replace a keyset. */
#define OTHERS 2

struct keyset_store *keyset_store_new(size_t capacity, uint32_t retention_s,
				      const struct clusters *clusters)
{
	struct keyset_store *store = calloc(1, sizeof(*store));
	uint32_t chains = 1;

	if (!store)
		return NULL;
	while (chains < capacity)
		chains *= 2;
	pthread_mutex_init(&store->lock, NULL);
	store->clusters = clusters;
	store->retention_ns = retention_s * UINT64_C(1000000000);
	store->capacity = (uint32_t)capacity;
	store->mask = chains - 1;
	store->ring = calloc(capacity, sizeof(store->ring[0]));
	for (int i = 0; i < INDICES; i++) {
		store->chains[i] = malloc(chains * sizeof(store->chains[i][0]));
		if (store->chains[i])
			memset(store->chains[i], 0xff, chains * sizeof(store->chains[i][0]));
	}
	if (store->ring && store->chains[BY_SQN] && store->chains[BY_RAND] &&
	    store->chains[BY_IMSI])
		return store;
	keyset_store_free(store);
	return NULL;
}

static uint64_t read_u64(const void *data)
{
	uint64_t v;

	memcpy(&v, data, sizeof(v));
	return v;
}

/* IMSIs are not random, SQNs neither; a multiplication spreads them (Fibonacci hashing). */
static uint32_t hash(const struct keyset_store *store, const struct e2m_imsi *imsi,
		     const uint8_t *value, size_t len)
{
	uint8_t padded[8] = {0};

	if (len > 0)
		memcpy(padded, value, len < sizeof(padded) ? len : sizeof(padded));
	uint64_t h =
		read_u64(imsi->digits) * UINT64_C(0x9E3779B97F4A7C15) ^ read_u64(imsi->digits + 8);
	h = h * UINT64_C(0x9E3779B97F4A7C15) ^ read_u64(padded);
	h *= UINT64_C(0x9E3779B97F4A7C15);
	return (uint32_t)(h >> 32) & store->mask;
}

static struct chain *chain_of(struct keyset_store *store, const struct entry *entry, int index)
{
	uint32_t place = 0;

	switch ((enum index_kind)index) {
	case BY_SQN:
		place = hash(store, &entry->imsi, entry->sqn, sizeof(entry->sqn));
		break;
	case BY_RAND:
		place = hash(store, &entry->imsi, entry->rand, sizeof(entry->rand));
		break;
	case BY_IMSI:
		place = hash(store, &entry->imsi, NULL, 0);
		break;
	case INDICES:
		break;
	}
	return &store->chains[index][place];
}

static void remove_oldest(struct keyset_store *store)
{
	struct entry *entry = &store->ring[store->oldest];

	for (int i = 0; i < INDICES; i++)
		chain_of(store, entry, i)->first = entry->next[i];
	free(entry->holder);
	e2m_wipe(entry, sizeof(*entry));
	store->oldest = (store->oldest + 1) % store->capacity;
	store->count--;
}

void keyset_store_put(struct keyset_store *store, const struct e2m_imsi *imsi,
		      const uint8_t sqn[E2M_SQN_LEN], const uint8_t rand[E2M_RAND_LEN],
		      const struct e2m_keyset *keyset, uint64_t now_ns)
{
	pthread_mutex_lock(&store->lock);
	if (store->count == store->capacity)
		remove_oldest(store);
	uint32_t place = (uint32_t)(((uint64_t)store->oldest + store->count) % store->capacity);
	struct entry *entry = &store->ring[place];
	entry->imsi = *imsi;
	memcpy(entry->sqn, sqn, sizeof(entry->sqn));
	memcpy(entry->rand, rand, sizeof(entry->rand));
	entry->keyset = *keyset;
	entry->expires_ns = now_ns + store->retention_ns;
	for (int i = 0; i < INDICES; i++) {
		struct chain *chain = chain_of(store, entry, i);

		entry->next[i] = NONE;
		if (chain->first == NONE)
			chain->first = place;
		else
			store->ring[chain->last].next[i] = place;
		chain->last = place;
	}
	store->count++;
	pthread_mutex_unlock(&store->lock);
}

static bool is_match(const struct entry *entry, const struct e2m_imsi *imsi,
		     const struct e2m_keyset_id *id)
{
	return !memcmp(&entry->imsi, imsi, sizeof(*imsi)) &&
	       !memcmp(id->type == E2M_ID_SQN ? entry->sqn : entry->rand, id->value,
		       e2m_keyset_id_len(id));
}

/* With the lock held. NULL: there is none. */
static struct entry *find(struct keyset_store *store, const struct e2m_imsi *imsi,
			  const struct e2m_keyset_id *id, uint64_t now_ns)
{
	enum index_kind index = id->type == E2M_ID_SQN ? BY_SQN : BY_RAND;
	uint32_t place =
		store->chains[index][hash(store, imsi, id->value, e2m_keyset_id_len(id))].first;

	while (place != NONE && !is_match(&store->ring[place], imsi, id))
		place = store->ring[place].next[index];
	return place != NONE && now_ns < store->ring[place].expires_ns ? &store->ring[place] : NULL;
}

static bool is_replaced(const struct entry *entry)
{
	return entry->is_open && entry->others >= OTHERS;
}

/* Call it with the lock held, when entry is released for the first time. */
static void count_release(struct keyset_store *store, const struct entry *entry)
{
	uint32_t place = chain_of(store, entry, BY_IMSI)->first;

	for (; place != NONE; place = store->ring[place].next[BY_IMSI]) {
		struct entry *other = &store->ring[place];

		if (other == entry || !other->holder ||
		    memcmp(&other->imsi, &entry->imsi, sizeof(other->imsi)) ||
		    !clusters_is_one_hse(store->clusters, other->holder, entry->holder))
			continue;
		other->others += other->others < OTHERS;
		if (is_replaced(other))
			e2m_keyset_wipe(&other->keyset);
	}
}

/* With the lock held. */
static enum keyset_store_result give(struct keyset_store *store, struct entry *entry,
				     const char *hse, bool has_lifetime, struct e2m_keyset *keyset,
				     struct keyset_store_held *held)
{
	const bool is_first = !entry->holder;

	if (is_first)
		entry->holder = strdup(hse);
	if (!entry->holder)
		return KEYSET_STORE_NO_MEMORY;
	if (!clusters_is_one_hse(store->clusters, entry->holder, hse)) {
		snprintf(held->holder, sizeof(held->holder), "%s", entry->holder);
		held->is_news = !entry->is_refusal_said;
		entry->is_refusal_said = true;
		return KEYSET_STORE_HELD;
	}
	if (is_first)
		count_release(store, entry);
	entry->is_open |= !has_lifetime;
	if (is_replaced(entry))
		return KEYSET_STORE_REPLACED;
	*keyset = entry->keyset;
	return KEYSET_STORE_FOUND;
}

enum keyset_store_result keyset_store_get(struct keyset_store *store, const struct e2m_imsi *imsi,
					  const struct e2m_keyset_id *id, const char *hse,
					  bool has_lifetime, uint64_t now_ns,
					  struct e2m_keyset *keyset, struct keyset_store_held *held)
{
	pthread_mutex_lock(&store->lock);
	struct entry *entry = find(store, imsi, id, now_ns);
	enum keyset_store_result result =
		entry ? give(store, entry, hse, has_lifetime, keyset, held) : KEYSET_STORE_NONE;
	pthread_mutex_unlock(&store->lock);
	return result;
}

size_t keyset_store_expire(struct keyset_store *store, uint64_t now_ns)
{
	size_t expired = 0;

	pthread_mutex_lock(&store->lock);
	while (store->count > 0 && store->ring[store->oldest].expires_ns <= now_ns) {
		remove_oldest(store);
		expired++;
	}
	pthread_mutex_unlock(&store->lock);
	return expired;
}

size_t keyset_store_count(struct keyset_store *store)
{
	pthread_mutex_lock(&store->lock);
	size_t count = store->count;
	pthread_mutex_unlock(&store->lock);
	return count;
}

void keyset_store_free(struct keyset_store *store)
{
	if (!store)
		return;
	while (store->count > 0)
		remove_oldest(store);
	free(store->ring);
	for (int i = 0; i < INDICES; i++)
		free(store->chains[i]);
	pthread_mutex_destroy(&store->lock);
	free(store);
}
