/* SPDX-License-Identifier: BSD-3-Clause */
/* writer: one thread writes batches, each in one transaction, and alone waits for the disk. */
#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "state/internal.h"

/* The age is written with changes, but not with each: what a crash takes from it only keeps COUNTs
 * longer. */
#define AGE_EVERY_S 60

struct state_batch *state_batch_new(size_t room)
{
	struct state_batch *batch = malloc(sizeof(*batch) + room * sizeof(struct state_change));

	if (batch)
		*batch = (struct state_batch){.room = room};
	return batch;
}

void state_batch_free(struct state_batch *batch)
{
	free(batch);
}

/* --- in the thread --- */

static int write_record(struct state *state, MDB_txn *txn, struct record *r, bool is_gone,
			unsigned flags)
{
	MDB_val key = {.mv_size = r->key_len, .mv_data = r->key};
	MDB_val value = {.mv_size = r->value_len, .mv_data = r->value};
	int rc;

	if (!is_gone) {
		rc = mdb_put(txn, state->dbi, &key, &value, flags);
		/* It is not the last one, after all. */
		return rc == MDB_KEYEXIST ? mdb_put(txn, state->dbi, &key, &value, 0) : rc;
	}
	rc = mdb_del(txn, state->dbi, &key, NULL);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Most entries come in the order of their numbers, and their records are the last of the file. LMDB leaves half
 * of each page empty then, unless it is told. */
static bool is_last(struct state *state, const struct state_change *change)
{
	if (change->kind != STATE_ENTRY || change->is_gone ||
	    change->entry.number <= state->last_entry)
		return false;
	state->last_entry = change->entry.number;
	return true;
}

static int write_changes(struct state *state, MDB_txn *txn, const struct state_batch *batch)
{
	struct record r;
	int rc = 0;

	for (size_t i = 0; i < batch->count && rc == 0; i++) {
		const struct state_change *change = &batch->changes[i];

		record_of_change(&r, change);
		rc = write_record(state, txn, &r, change->is_gone,
				  is_last(state, change) ? MDB_APPEND : 0);
	}
	if (rc == 0 && batch->age_s >= state->age_s + AGE_EVERY_S) {
		const struct record_head head = {.format = STATE_FORMAT, .age_s = batch->age_s};
		record_of_head(&r, &head);
		rc = write_record(state, txn, &r, false, 0);
	}
	return rc;
}

static int write_batch(struct state *state, const struct state_batch *batch)
{
	MDB_txn *txn = NULL;
	int rc = state->env ? 0 : env_open_state(state);

	if (!rc)
		rc = mdb_txn_begin(state->env, NULL, 0, &txn);
	if (!rc)
		rc = write_changes(state, txn, batch);
	if (!rc)
		rc = mdb_txn_commit(txn);
	else if (txn)
		mdb_txn_abort(txn);
	if (!rc && batch->age_s >= state->age_s + AGE_EVERY_S)
		state->age_s = batch->age_s;
	return rc;
}

/* A disk that fails while LMDB writes a meta page leaves it unusable, with the error told once; the file
 * is then as it was before, and can be opened anew. */
static void close_broken_env(struct state *state)
{
	MDB_txn *txn = NULL;

	if (state->env && mdb_txn_begin(state->env, NULL, 0, &txn) == MDB_PANIC) {
		mdb_env_close(state->env);
		state->env = NULL;
	}
	if (txn)
		mdb_txn_abort(txn);
}

static void *run(void *arg)
{
	const uint64_t one = 1;
	struct state *state = arg;

	pthread_mutex_lock(&state->lock);
	for (;;) {
		while (!state->is_closing && (!state->batch || state->is_written))
			pthread_cond_wait(&state->changed, &state->lock);
		if (!state->batch || state->is_written)
			break;
		pthread_mutex_unlock(&state->lock);
		int rc = write_batch(state, state->batch);
		if (rc)
			close_broken_env(state);
		pthread_mutex_lock(&state->lock);
		state->error = rc;
		state->is_written = true;
		pthread_cond_broadcast(&state->changed);
		if (write(state->event_fd, &one, sizeof(one)) < 0)
			abort(); /* it takes 2^64 - 1 of them */
	}
	pthread_mutex_unlock(&state->lock);
	return NULL;
}

/* --- in the caller's thread --- */

void writer_init(struct state *state)
{
	pthread_mutex_init(&state->lock, NULL);
	pthread_cond_init(&state->changed, NULL);
	state->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

void writer_end(struct state *state)
{
	if (state->has_writer) {
		pthread_mutex_lock(&state->lock);
		state->is_closing = true;
		pthread_cond_broadcast(&state->changed);
		pthread_mutex_unlock(&state->lock);
		pthread_join(state->writer, NULL);
	}
	if (state->event_fd >= 0)
		close(state->event_fd);
	pthread_cond_destroy(&state->changed);
	pthread_mutex_destroy(&state->lock);
}

int state_write(struct state *state, struct state_batch *batch)
{
	if (!state->has_writer) {
		int rc = state->event_fd < 0 ? EMFILE
					     : pthread_create(&state->writer, NULL, run, state);
		if (rc)
			return -rc;
		state->has_writer = true;
	}
	pthread_mutex_lock(&state->lock);
	state->batch = batch;
	state->is_written = false;
	pthread_cond_broadcast(&state->changed);
	pthread_mutex_unlock(&state->lock);
	return 0;
}

/* With the lock held. */
static struct state_batch *take(struct state *state, int *error)
{
	struct state_batch *batch = state->is_written ? state->batch : NULL;
	uint64_t events;

	if (!batch)
		return NULL;
	*error = state->error;
	state->batch = NULL;
	if (read(state->event_fd, &events, sizeof(events)) < 0)
		abort(); /* it was written before is_written was seen */
	return batch;
}

struct state_batch *state_written(struct state *state, int *error)
{
	struct state_batch *batch;

	pthread_mutex_lock(&state->lock);
	batch = take(state, error);
	pthread_mutex_unlock(&state->lock);
	return batch;
}

struct state_batch *state_wait(struct state *state, int *error)
{
	struct state_batch *batch;

	pthread_mutex_lock(&state->lock);
	while (state->batch && !state->is_written)
		pthread_cond_wait(&state->changed, &state->lock);
	batch = take(state, error);
	pthread_mutex_unlock(&state->lock);
	return batch;
}

int state_fd(const struct state *state)
{
	return state->event_fd;
}
