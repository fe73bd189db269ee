/* SPDX-License-Identifier: BSD-3-Clause */
#include "session/transactions.h"

#include <errno.h>
#include <rte_hash_crc.h>
#include <stdlib.h>
#include <string.h>

#include "session/store.h"
#include "session/wheel.h"

#define LISTS  8192
#define MOST   65536
#define OLD_MS 60000

int transactions_init(struct session_store *store)
{
	struct transactions *all = &store->transactions;

	all->lists = calloc(LISTS, sizeof(*all->lists));
	if (!all->lists)
		return -ENOMEM;
	for (unsigned i = 0; i < LISTS; i++)
		TAILQ_INIT(&all->lists[i]);
	TAILQ_INIT(&all->by_age);
	return 0;
}

static struct transaction_list *list_of(struct session_store *store,
					const struct transaction_key *key)
{
	return &store->transactions
			.lists[rte_hash_crc_4byte(tunnel_hash(&key->requester), key->sequence) %
			       LISTS];
}

void transactions_forget(struct session_store *store, struct transaction *t)
{
	TAILQ_REMOVE(list_of(store, &t->key), t, same_hash);
	TAILQ_REMOVE(&store->transactions.by_age, t, age);
	store->transactions.count--;
	free(t);
}

void transactions_free(struct session_store *store)
{
	if (!store->transactions.lists)
		return;
	while (!TAILQ_EMPTY(&store->transactions.by_age))
		transactions_forget(store, TAILQ_FIRST(&store->transactions.by_age));
	free(store->transactions.lists);
}

static bool is_same(const struct transaction_key *a, const struct transaction_key *b)
{
	return a->sequence == b->sequence && a->version == b->version && a->type == b->type &&
	       tunnel_is_equal(&a->requester, &b->requester);
}

static struct transaction *find(struct session_store *store, const struct transaction_key *key)
{
	struct transaction *t;

	TAILQ_FOREACH (t, list_of(store, key), same_hash)
		if (is_same(&t->key, key))
			break;
	return t;
}

/* The oldest half-open one goes first. */
static void make_place(struct session_store *store)
{
	struct transaction *oldest;

	while ((oldest = TAILQ_FIRST(&store->transactions.by_age)) != NULL) {
		if (store->transactions.count >= MOST)
			store_count(store, SESSION_GTPC_TRANSACTIONS_LOST);
		else if (wheel_now(store->wheel) - oldest->since_ms < OLD_MS)
			break;
		transactions_forget(store, oldest);
	}
}

struct transaction *transactions_remember(struct session_store *store,
					  const struct session_gtpc *gtpc, uint8_t version,
					  uint8_t type, uint32_t sequence, uint32_t teid,
					  size_t size)
{
	const struct transaction_key key = {gtpc->source, sequence, version, type};
	struct transaction *t = find(store, &key);

	if (t)
		transactions_forget(store, t);
	make_place(store);
	t = calloc(1, size);
	if (!t)
		return NULL;
	t->since_ms = wheel_now(store->wheel);
	t->key = key;
	t->side = (uint8_t)gtpc->side;
	t->addressed = gtpc->destination;
	t->addressed.teid = teid;
	TAILQ_INSERT_TAIL(list_of(store, &key), t, same_hash);
	TAILQ_INSERT_TAIL(&store->transactions.by_age, t, age);
	store->transactions.count++;
	return t;
}

bool transactions_are_few(const struct session_store *store)
{
	return store->transactions.count < MOST / 2;
}

/* TS 29.060 10.2.2, TS 29.274 4.2.2.2: a response comes from where its request went. */
static bool is_from(const struct tunnel *source, const struct tunnel *addressed)
{
	return memcmp(source->receiver, addressed->receiver, sizeof(source->receiver)) == 0;
}

struct transaction *transactions_find_answered(struct session_store *store,
					       const struct session_gtpc *gtpc, uint8_t version,
					       uint8_t type, uint32_t sequence)
{
	const struct transaction_key key = {gtpc->destination, sequence, version, type};
	struct transaction *t = find(store, &key);

	return t && t->side != gtpc->side && is_from(&gtpc->source, &t->addressed) ? t : NULL;
}
