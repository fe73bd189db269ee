/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/transactions.h"

#include <errno.h>
#include <rte_jhash.h>
#include <stdlib.h>
#include <string.h>

#include "base/wheel.h"
#include "control/context.h"

#define LISTS  8192
#define OLD_MS 60000
/* Within this time no GSN that follows the standard uses the number of an unanswered request
 * again. */
#define FRESH_MS 10000

/* Answers that are remembered. An answer may stand in any place of its set. */
#define ANSWERS	    (1U << 18)
#define ANSWER_WAYS 8
#define ANSWER_SETS (ANSWERS / ANSWER_WAYS)

TAILQ_HEAD(transaction_list, transaction);

struct answer {
	uint64_t key; /* hash of the request's key */
	uint64_t since_ms;
	uint32_t request, response; /* hashes of their octets */
};

struct transactions {
	struct answer answers[ANSWER_SETS][ANSWER_WAYS];
	struct transaction_list lists[LISTS]; /* by hash */
	struct transaction_list by_age;
	uint32_t count;
};

int transactions_init(struct session_store *store)
{
	struct transactions *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	store->transactions = all;
	for (unsigned i = 0; i < LISTS; i++)
		TAILQ_INIT(&all->lists[i]);
	TAILQ_INIT(&all->by_age);
	return 0;
}

static struct transaction_list *list_of(struct session_store *store,
					const struct transaction_key *key)
{
	const uint32_t hash = control_hash(store, &key->requester, key->sequence);

	return &store->transactions->lists[hash % LISTS];
}

void transactions_forget(struct session_store *store, struct transaction *t)
{
	TAILQ_REMOVE(list_of(store, &t->key), t, same_hash);
	TAILQ_REMOVE(&store->transactions->by_age, t, age);
	store->transactions->count--;
	free(t);
}

void transactions_free(struct session_store *store)
{
	while (store->transactions && !TAILQ_EMPTY(&store->transactions->by_age))
		transactions_forget(store, TAILQ_FIRST(&store->transactions->by_age));
	free(store->transactions);
}

static struct transaction_key key_of(const struct message *m, const struct tunnel *requester,
				     const struct tunnel *receiver)
{
	struct transaction_key key = {.requester = *requester,
				      .sequence = m->sequence,
				      .version = m->dialect->version,
				      .type = m->type};

	memcpy(key.receiver, receiver->receiver, sizeof(key.receiver));
	/* What answers a command may be a request of its own, to port 2123. */
	if (m->kind == MESSAGE_COMMAND)
		key.requester.teid = 0;
	return key;
}

/* Compares all but the receiver. */
static bool is_alike(const struct transaction_key *a, const struct transaction_key *b)
{
	return a->sequence == b->sequence && a->version == b->version && a->type == b->type &&
	       tunnel_is_equal(&a->requester, &b->requester);
}

static struct transaction *find(struct session_store *store, const struct transaction_key *key)
{
	struct transaction *t;

	TAILQ_FOREACH (t, list_of(store, key), same_hash)
		if (is_alike(&t->key, key) &&
		    memcmp(t->key.receiver, key->receiver, sizeof(key->receiver)) == 0)
			break;
	return t;
}

static struct transaction *find_by_teid(struct session_store *store,
					const struct transaction_key *key, uint32_t teid)
{
	struct transaction *t;

	TAILQ_FOREACH (t, list_of(store, key), same_hash)
		if (is_alike(&t->key, key) && teid != 0 && t->answer_teid == teid)
			break;
	return t;
}

/* Forgets requests that are older than OLD_MS, and the oldest while there are too many. */
static void make_place(struct session_store *store)
{
	struct transaction *oldest;

	while ((oldest = TAILQ_FIRST(&store->transactions->by_age)) != NULL) {
		if (store->transactions->count >= TRANSACTIONS_MAX)
			control_count(store, SESSION_GTPC_TRANSACTIONS_LOST);
		else if (wheel_now(store->wheel) - oldest->since_ms < OLD_MS)
			break;
		transactions_forget(store, oldest);
	}
}

static uint32_t content_of(const struct session_store *store, const struct session_gtpc *gtpc)
{
	uint32_t hash = store->hash_secret;

	/* Copied into whole words, since rte_jhash reads some octets behind the last. */
	for (size_t at = 0; at < gtpc->len;) {
		uint32_t block[64] = {0};
		const size_t left = gtpc->len - at;
		const size_t len = left < sizeof(block) ? left : sizeof(block);

		memcpy(block, gtpc->data + at, len);
		hash = rte_jhash_32b(block, sizeof(block) / sizeof(block[0]), hash);
		at += len;
	}
	return rte_jhash_1word((uint32_t)gtpc->len, hash);
}

enum transaction_kind transactions_look(struct session_store *store,
					const struct session_gtpc *gtpc, const struct message *m,
					struct transaction **same)
{
	const struct transaction_key key = key_of(m, &gtpc->source, &gtpc->destination);
	struct transaction *t = find(store, &key);

	if (!t)
		return TRANSACTION_NEW;
	if (t->content != content_of(store, gtpc))
		return wheel_now(store->wheel) - t->since_ms < FRESH_MS ? TRANSACTION_AMBIGUOUS
									: TRANSACTION_NEW;
	TAILQ_REMOVE(&store->transactions->by_age, t, age);
	TAILQ_INSERT_TAIL(&store->transactions->by_age, t, age);
	t->since_ms = wheel_now(store->wheel);
	*same = t;
	return TRANSACTION_AGAIN;
}

/* --- answers of the last 60 s --- */

/* Without the requester's port: some GSNs repeat the response to another port, too. The octets of the response tell
 * the rest. */
static uint64_t hash_of(const struct session_store *store, const struct transaction_key *key)
{
	uint32_t words[10], half[2];

	/* Not the whole struct, which has padding. */
	memcpy(words, key->requester.receiver, sizeof(key->requester.receiver));
	memcpy(words + 4, key->receiver, sizeof(key->receiver));
	words[8] = key->sequence;
	words[9] = (uint32_t)key->version << 8 | key->type;
	for (uint32_t i = 0; i < 2; i++)
		half[i] = rte_jhash_32b(words, sizeof(words) / sizeof(words[0]),
					store->hash_secret + i);
	return (uint64_t)half[0] << 32 | half[1];
}

/* Returns the place of this answer, or the one that it may take. */
static struct answer *find_answer(const struct session_store *store, uint64_t key)
{
	struct answer *set = store->transactions->answers[key % ANSWER_SETS], *oldest = set;

	for (unsigned i = 0; i < ANSWER_WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].since_ms < oldest->since_ms)
			oldest = &set[i];
	}
	return oldest;
}

void transactions_note_answer(struct session_store *store, const struct transaction *t,
			      const struct session_gtpc *response)
{
	const uint64_t key = hash_of(store, &t->key);

	*find_answer(store, key) = (struct answer){.key = key,
						   .since_ms = wheel_now(store->wheel),
						   .request = t->content,
						   .response = content_of(store, response)};
}

/* Returns true if an earlier request under this number has had this response. Only now: both may have been under way. */
static bool has_had(const struct session_store *store, const struct transaction *t,
		    const struct session_gtpc *response, bool is_copy)
{
	const uint64_t key = hash_of(store, &t->key);
	const struct answer *answer = find_answer(store, key);

	return answer->key == key && wheel_now(store->wheel) - answer->since_ms < OLD_MS &&
	       answer->response == content_of(store, response) &&
	       (answer->request == t->content) == is_copy;
}

bool transactions_is_repeated(const struct session_store *store, const struct transaction *t,
			      const struct session_gtpc *response)
{
	return has_had(store, t, response, false);
}

bool transactions_is_copy(const struct session_store *store, const struct transaction *t,
			  const struct session_gtpc *response)
{
	return has_had(store, t, response, true);
}

bool transactions_is_answer_again(struct session_store *store, const struct session_gtpc *gtpc,
				  const struct message *m)
{
	const struct transaction_key key = key_of(m, &gtpc->destination, &gtpc->source);
	const uint64_t hash = hash_of(store, &key);
	const struct answer *answer = find_answer(store, hash);

	return answer->key == hash && answer->response == content_of(store, gtpc) &&
	       wheel_now(store->wheel) - answer->since_ms < OLD_MS;
}

struct transaction *transactions_remember(struct session_store *store,
					  const struct session_gtpc *gtpc, const struct message *m,
					  size_t size)
{
	const struct transaction_key key = key_of(m, &gtpc->source, &gtpc->destination);
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
	t->addressed.teid = m->teid;
	t->has_recovery = m->has_recovery;
	t->recovery = m->recovery;
	t->content = content_of(store, gtpc);
	TAILQ_INSERT_TAIL(list_of(store, &key), t, same_hash);
	TAILQ_INSERT_TAIL(&store->transactions->by_age, t, age);
	store->transactions->count++;
	return t;
}

uint32_t transactions_count(const struct session_store *store)
{
	return store->transactions->count;
}

struct transaction *transactions_find_answered(struct session_store *store,
					       const struct session_gtpc *gtpc,
					       const struct message *m)
{
	const struct transaction_key key = key_of(m, &gtpc->destination, &gtpc->source);
	struct transaction *t = find(store, &key);

	if (!t && gtpc->side == DATAPATH_CORE)
		t = find_by_teid(store, &key, m->teid);
	return t && t->side != gtpc->side ? t : NULL;
}

struct transaction *transactions_find_command(struct session_store *store,
					      const struct session_gtpc *gtpc,
					      const struct message *request)
{
	const struct message command = {.dialect = request->dialect,
					.kind = MESSAGE_COMMAND,
					.type = request->dialect->command_type,
					.sequence = request->sequence};
	const struct transaction_key key = key_of(&command, &gtpc->destination, &gtpc->source);
	struct transaction *t = find(store, &key);

	return t && !t->is_unserved && t->side != gtpc->side && t->answer_teid == request->teid
		       ? t
		       : NULL;
}
