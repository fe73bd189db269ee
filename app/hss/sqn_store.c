/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/sqn_store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hss/state_file.h"
#include "program/program.h"

#define MAP_OCTETS     (UINT64_C(1) << 30) /* of address space; room for some ten million subscribers */
#define WRITE_EVERY_MS 200
#define WAIT_S	       2 /* how long a vector waits for the disk at most */
#define AHEAD	       ((uint64_t)SQN_STORE_AHEAD << AKA_IND_BITS)

#define COST "subscribers then begin at their configured sqn, and USIMs ahead of it resynchronise"

/* The file's own record; subscribers' are under their IMSI, which begins with a digit. */
#define META_KEY     "meta"
#define META_VERSION 1

struct meta {
	uint32_t version;
	uint32_t crashes; /* starts that found is_clean false */
	uint32_t is_clean;
};

struct record {
	uint64_t sqn;
	uint32_t crashes; /* as the meta record's when this was written */
	uint32_t unused;
};

struct slot {
	uint64_t current; /* the last SQN used */
	uint64_t limit;	  /* the last that may be used before another write */
	bool is_dirty;
};

struct sqn_store {
	const struct subscribers *subscribers;
	struct state_file file;
	MDB_dbi dbi;
	uint32_t crashes;
	pthread_t writer;
	bool has_writer;

	pthread_mutex_t lock;	   /* of what follows */
	pthread_cond_t wake;	   /* for the writer */
	pthread_cond_t written;	   /* for who waits for it */
	struct slot *slots;	   /* by the subscriber's place */
	uint32_t *dirty, *writing; /* places; room for all */
	uint64_t *snapshot;	   /* the writer's: current of those in writing */
	size_t dirty_count;
	bool is_urgent, is_closing, is_failing, is_writing;
};

/* The arrays with one item for each subscriber. */
struct arrays {
	struct slot *slots;
	uint32_t *dirty, *writing;
	uint64_t *snapshot;
};

/* --- the file --- */

static bool open_file(struct sqn_store *store, const char *path, FILE *errors)
{
	MDB_txn *txn = NULL;
	int rc;

	if (!state_file_open(&store->file, path, MAP_OCTETS, COST, errors))
		return false;
	rc = mdb_txn_begin(store->file.env, NULL, MDB_RDONLY, &txn);
	if (!rc)
		rc = mdb_dbi_open(txn, NULL, 0, &store->dbi);
	if (txn)
		mdb_txn_abort(txn);
	if (rc)
		state_file_tell(path, rc, COST, errors);
	return rc == 0;
}

static int put(struct sqn_store *store, MDB_txn *txn, const char *key, const void *data, size_t len)
{
	MDB_val k = {.mv_size = strlen(key), .mv_data = (void *)key};
	MDB_val v = {.mv_size = len, .mv_data = (void *)data};

	return mdb_put(txn, store->dbi, &k, &v, 0);
}

/* 0, MDB_NOTFOUND, or another error. */
static int get(struct sqn_store *store, MDB_txn *txn, const char *key, void *data, size_t len)
{
	MDB_val k = {.mv_size = strlen(key), .mv_data = (void *)key};
	MDB_val v;
	int rc = mdb_get(txn, store->dbi, &k, &v);

	if (rc)
		return rc;
	if (v.mv_size != len)
		return MDB_CORRUPTED;
	memcpy(data, v.mv_data, len);
	return 0;
}

static int put_meta(struct sqn_store *store, MDB_txn *txn, bool is_clean)
{
	struct meta meta = {
		.version = META_VERSION, .crashes = store->crashes, .is_clean = is_clean};

	return put(store, txn, META_KEY, &meta, sizeof(meta));
}

static int load_slot(struct sqn_store *store, MDB_txn *txn, const struct subscriber *subscriber,
		     struct slot *slot)
{
	struct record record;
	int rc = get(store, txn, subscriber->imsi.digits, &record, sizeof(record));

	if (rc == MDB_NOTFOUND)
		record = (struct record){.sqn = aka_sqn_read(subscriber->sqn)};
	else if (rc)
		return rc;
	if (record.crashes > store->crashes)
		return MDB_CORRUPTED;
	uint64_t slept = (uint64_t)(store->crashes - record.crashes) * AHEAD;
	uint64_t sqn = record.sqn + slept;
	slot->current = sqn < AKA_SQN_MAX ? sqn : AKA_SQN_MAX;
	slot->limit = slot->current + AHEAD;
	return 0;
}

/* Reads it all, and marks the file as in use before the first SQN is given. */
static bool load(struct sqn_store *store, const char *path, FILE *errors)
{
	struct meta meta = {.version = META_VERSION, .is_clean = true};
	MDB_txn *txn = NULL;
	int rc = mdb_txn_begin(store->file.env, NULL, 0, &txn);

	if (!rc)
		rc = get(store, txn, META_KEY, &meta, sizeof(meta));
	if (rc == MDB_NOTFOUND)
		rc = 0;
	if (!rc && meta.version != META_VERSION)
		rc = MDB_VERSION_MISMATCH;
	store->crashes = meta.crashes + !meta.is_clean;
	for (size_t i = 0; i < store->subscribers->count && !rc; i++)
		rc = load_slot(store, txn, &store->subscribers->list[i], &store->slots[i]);
	if (!rc)
		rc = put_meta(store, txn, false);
	if (!rc) {
		rc = mdb_txn_commit(txn);
		txn = NULL;
	}
	if (txn)
		mdb_txn_abort(txn);
	if (rc)
		state_file_tell(path, rc, COST, errors);
	else if (!meta.is_clean)
		program_log(PROGRAM_WARNING,
			    "the last run did not end well: SQNs go on %d SEQ higher",
			    SQN_STORE_AHEAD);
	return rc == 0;
}

/* --- the writer --- */

/* Those in writing, as they are in snapshot; and that the stop was clean, when is_clean. */
static int write_records(struct sqn_store *store, size_t count, bool is_clean)
{
	MDB_txn *txn = NULL;
	int rc = mdb_txn_begin(store->file.env, NULL, 0, &txn);

	for (size_t i = 0; i < count && !rc; i++) {
		const struct subscriber *subscriber = &store->subscribers->list[store->writing[i]];
		struct record record = {.sqn = store->snapshot[i], .crashes = store->crashes};

		rc = put(store, txn, subscriber->imsi.digits, &record, sizeof(record));
	}
	if (!rc && is_clean)
		rc = put_meta(store, txn, true);
	if (!rc)
		return mdb_txn_commit(txn);
	if (txn)
		mdb_txn_abort(txn);
	return rc;
}

/* With the lock held: takes who is dirty into writing and snapshot. */
static size_t take_dirty(struct sqn_store *store)
{
	size_t count = store->dirty_count;

	memcpy(store->writing, store->dirty, count * sizeof(store->dirty[0]));
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = &store->slots[store->writing[i]];

		store->snapshot[i] = slot->current;
		slot->is_dirty = false;
	}
	store->dirty_count = 0;
	return count;
}

static void mark_dirty(struct sqn_store *store, uint32_t place)
{
	if (store->slots[place].is_dirty)
		return;
	if (store->dirty_count == 0)
		pthread_cond_signal(&store->wake);
	store->slots[place].is_dirty = true;
	store->dirty[store->dirty_count++] = place;
}

/* With the lock held: what has come of a round. */
static void end_round(struct sqn_store *store, size_t count, int rc)
{
	for (size_t i = 0; i < count; i++) {
		if (rc)
			mark_dirty(store, store->writing[i]);
		else
			store->slots[store->writing[i]].limit = store->snapshot[i] + AHEAD;
	}
	if (rc && !store->is_failing)
		program_log(PROGRAM_ERROR,
			    "SQNs cannot be written: %s; vectors end when %d more a subscriber are "
			    "made",
			    mdb_strerror(rc), SQN_STORE_AHEAD);
	else if (!rc && store->is_failing)
		program_log(PROGRAM_WARNING, "SQNs can be written again");
	store->is_failing = rc != 0;
	store->is_writing = false;
	pthread_cond_broadcast(&store->written);
}

static void wait_for_work(struct sqn_store *store)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += WRITE_EVERY_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	while (!store->is_urgent && !store->is_closing &&
	       pthread_cond_timedwait(&store->wake, &store->lock, &until) != ETIMEDOUT)
		;
	while (!store->dirty_count && !store->is_closing)
		pthread_cond_wait(&store->wake, &store->lock);
	store->is_urgent = false;
}

static void *run_writer(void *arg)
{
	struct sqn_store *store = arg;
	bool is_last = false;

	pthread_mutex_lock(&store->lock);
	while (!is_last) {
		wait_for_work(store);
		is_last = store->is_closing;
		size_t count = take_dirty(store);
		store->is_writing = true;
		pthread_mutex_unlock(&store->lock);
		int rc = write_records(store, count, is_last);
		pthread_mutex_lock(&store->lock);
		end_round(store, count, rc);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

/* --- a new set of subscribers --- */

static void free_arrays(struct arrays *a)
{
	free(a->slots);
	free(a->dirty);
	free(a->writing);
	free(a->snapshot);
}

static bool make_arrays(struct arrays *a, size_t subscribers)
{
	const size_t room = subscribers + 1;

	*a = (struct arrays){.slots = calloc(room, sizeof(a->slots[0])),
			     .dirty = calloc(room, sizeof(a->dirty[0])),
			     .writing = calloc(room, sizeof(a->writing[0])),
			     .snapshot = calloc(room, sizeof(a->snapshot[0]))};
	return a->slots && a->dirty && a->writing && a->snapshot;
}

static void use_arrays(struct sqn_store *store, const struct arrays *a)
{
	store->slots = a->slots;
	store->dirty = a->dirty;
	store->writing = a->writing;
	store->snapshot = a->snapshot;
}

static struct arrays arrays_of(const struct sqn_store *store)
{
	return (struct arrays){store->slots, store->dirty, store->writing, store->snapshot};
}

/* Waits until all SQNs are on disk. Call it with the lock held; the lock is released while it
 * waits. */
static bool write_all(struct sqn_store *store)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	while (store->dirty_count > 0 || store->is_writing) {
		store->is_urgent = true;
		pthread_cond_signal(&store->wake);
		if (pthread_cond_timedwait(&store->written, &store->lock, &until) == ETIMEDOUT)
			return store->dirty_count == 0 && !store->is_writing;
	}
	return true;
}

/* Fills the slots of subscribers from memory, or else from the file. Returns 0 or an error of
 * LMDB. */
static int fill_slots(struct sqn_store *store, const struct subscribers *subscribers,
		      struct slot *slots)
{
	MDB_txn *txn = NULL;
	int rc = mdb_txn_begin(store->file.env, NULL, MDB_RDONLY, &txn);

	for (size_t i = 0; i < subscribers->count && !rc; i++) {
		const struct subscriber *subscriber = &subscribers->list[i];
		const struct subscriber *before =
			subscribers_find(store->subscribers, &subscriber->imsi);

		if (before)
			slots[i] = store->slots[before - store->subscribers->list];
		else
			rc = load_slot(store, txn, subscriber, &slots[i]);
	}
	if (txn)
		mdb_txn_abort(txn);
	return rc;
}

int sqn_store_reload(struct sqn_store *store, const struct subscribers *subscribers)
{
	struct arrays next, before;
	int rc = 0;

	if (!make_arrays(&next, subscribers->count)) {
		program_log(PROGRAM_ERROR, "no memory for %zu subscribers", subscribers->count);
		free_arrays(&next);
		return -ENOMEM;
	}
	pthread_mutex_lock(&store->lock);
	if (!write_all(store))
		rc = EIO;
	else
		rc = fill_slots(store, subscribers, next.slots);
	before = rc ? next : arrays_of(store);
	if (!rc) {
		use_arrays(store, &next);
		store->subscribers = subscribers;
	}
	pthread_mutex_unlock(&store->lock);
	free_arrays(&before);
	if (rc)
		program_log(PROGRAM_ERROR, "subscribers are not reloaded: the file of SQNs: %s",
			    mdb_strerror(rc));
	return rc ? -EIO : 0;
}

/* --- for the handlers --- */

struct sqn_store *sqn_store_open(const char *path, const struct subscribers *subscribers,
				 FILE *errors)
{
	struct sqn_store *store = calloc(1, sizeof(*store));
	struct arrays arrays;
	bool has_memory;
	pthread_condattr_t monotonic;

	if (!store) {
		fprintf(errors, "%s: out of memory\n", path);
		return NULL;
	}
	store->file.lock_fd = -1;
	store->subscribers = subscribers;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&store->wake, &monotonic);
	pthread_cond_init(&store->written, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&store->lock, NULL);
	has_memory = make_arrays(&arrays, subscribers->count);
	use_arrays(store, &arrays);
	if (!has_memory) {
		fprintf(errors, "%s: out of memory\n", path);
	} else if (open_file(store, path, errors) && load(store, path, errors)) {
		store->has_writer = !pthread_create(&store->writer, NULL, run_writer, store);
		if (store->has_writer)
			return store;
		fprintf(errors, "%s: no thread to write it\n", path);
	}
	sqn_store_close(store);
	return NULL;
}

void sqn_store_close(struct sqn_store *store)
{
	struct arrays arrays;

	if (!store)
		return;
	if (store->has_writer) {
		pthread_mutex_lock(&store->lock);
		store->is_closing = true;
		pthread_cond_signal(&store->wake);
		pthread_mutex_unlock(&store->lock);
		pthread_join(store->writer, NULL);
	}
	arrays = arrays_of(store);
	state_file_close(&store->file);
	pthread_cond_destroy(&store->wake);
	pthread_cond_destroy(&store->written);
	pthread_mutex_destroy(&store->lock);
	free_arrays(&arrays);
	free(store);
}

/* With the lock held, which it lets go of meanwhile: until sqn may be used. */
static bool wait_for_limit(struct sqn_store *store, const struct slot *slot, uint64_t sqn)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	while (sqn > slot->limit) {
		if (store->is_failing)
			return false;
		store->is_urgent = true;
		pthread_cond_signal(&store->wake);
		if (pthread_cond_timedwait(&store->written, &store->lock, &until) == ETIMEDOUT)
			return sqn <= slot->limit;
	}
	return true;
}

int sqn_store_next(struct sqn_store *store, const struct subscriber *subscriber,
		   uint8_t sqn[E2M_SQN_LEN])
{
	uint32_t place = (uint32_t)(subscriber - store->subscribers->list);
	struct slot *slot = &store->slots[place];
	uint64_t next = 0;
	int rc;

	pthread_mutex_lock(&store->lock);
	do {
		rc = aka_sqn_next(slot->current, &next);
		if (!rc && next > slot->limit && !wait_for_limit(store, slot, next))
			rc = -EIO;
		/* Another thread may have used next while this one waited. */
	} while (!rc && next <= slot->current);
	if (!rc) {
		slot->current = next;
		mark_dirty(store, place);
	}
	pthread_mutex_unlock(&store->lock);
	if (!rc)
		aka_sqn_write(next, sqn);
	return rc;
}

void sqn_store_raise(struct sqn_store *store, const struct subscriber *subscriber,
		     const uint8_t sqn_ms[E2M_SQN_LEN])
{
	uint32_t place = (uint32_t)(subscriber - store->subscribers->list);
	struct slot *slot = &store->slots[place];
	uint64_t sqn = aka_sqn_read(sqn_ms);

	pthread_mutex_lock(&store->lock);
	if (sqn > slot->current) {
		slot->current = sqn;
		mark_dirty(store, place);
	}
	pthread_mutex_unlock(&store->lock);
}
