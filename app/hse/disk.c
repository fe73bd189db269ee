/* SPDX-License-Identifier: BSD-3-Clause */
#include "disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state/state.h"

/* Changes written at once. Few wait when the disk is fast, and when it is not, one write serves many. */
#define BATCH_ROOM 4096

struct hse_disk {
	const struct hse_config *config;
	struct state *state;
	struct state_batch *batch;
	bool is_writing;
	struct session_store *restored; /* gets the records that are read */
	int error;			/* of doing so */
};

/* --- opening --- */

/* As much as all sessions can come to hold, and as much again for pages that are being replaced. The file
 * itself is only as large as it has to be. */
static uint64_t max_octets(const struct hse_config *config)
{
	const uint64_t a_session =
		STATE_OCTETS_A_SESSION + STATE_KEYSETS * STATE_OCTETS_A_KEYSET +
		SESSION_COUNTS_REMEMBERED * (STATE_OCTETS_A_COUNT + STATE_OCTETS_A_KEYSET);

	return (UINT64_C(64) << 20) + 2 * a_session * config->sessions.max +
	       UINT64_C(2) * STATE_OCTETS_AN_ENTRY * config->sessions.unprotected_max;
}

static struct state *open_state(const struct hse_config *config)
{
	const struct state_config state = {.path = config->state.path,
					   .max_octets = max_octets(config)};
	char *text = NULL;
	size_t len;
	FILE *errors = open_memstream(&text, &len);
	struct state *opened;

	if (!errors)
		return NULL;
	opened = state_open(&state, errors);
	fclose(errors);
	program_log_lines(PROGRAM_ERROR, "state: ", text);
	free(text);
	return opened;
}

struct hse_disk *disk_open(const struct hse_config *config)
{
	struct hse_disk *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->config = config;
	d->batch = state_batch_new(BATCH_ROOM);
	d->state = d->batch ? open_state(config) : NULL;
	if (d->state)
		return d;
	disk_close(d);
	return NULL;
}

void disk_close(struct hse_disk *d)
{
	if (!d)
		return;
	state_close(d->state);
	state_batch_free(d->batch);
	free(d);
}

uint64_t disk_age(const struct hse_disk *d)
{
	return d ? state_age(d->state) : 0;
}

int disk_fd(const struct hse_disk *d)
{
	return d ? state_fd(d->state) : -1;
}

/* --- records --- */

static bool take_session(void *arg, const struct state_session *record)
{
	struct hse_disk *d = arg;

	d->error = session_restore(d->restored, record);
	if (d->error == -ENOSPC)
		program_log(
			PROGRAM_ERROR,
			"state: %s holds more sessions than sessions.max: %u has room for; raise "
			"sessions.max to what it was",
			d->config->state.path, d->config->sessions.max);
	return d->error == 0;
}

static bool take_retention(void *arg, const struct state_retention *record)
{
	struct hse_disk *d = arg;

	d->error = session_restore_retention(d->restored, record);
	if (d->error == -ENOSPC)
		program_log(PROGRAM_ERROR,
			    "state: %s knows more than %d names of key sources, of this "
			    "configuration and of earlier ones; give the sources the names that "
			    "they had, or reset the state (doc/state.md)",
			    d->config->state.path, STATE_RETENTION_SOURCES);
	return d->error == 0;
}

static bool take_counts(void *arg, const struct state_counts *record)
{
	struct hse_disk *d = arg;

	d->error = session_restore_counts(d->restored, record);
	return d->error == 0;
}

static bool take_entry(void *arg, const struct state_entry *record)
{
	struct hse_disk *d = arg;

	d->error = session_restore_entry(d->restored, record);
	if (d->error == -ENOSPC)
		program_log(PROGRAM_ERROR,
			    "state: %s holds more sessions without protection than "
			    "sessions.unprotected_max: %u has room for; raise "
			    "sessions.unprotected_max to what it was",
			    d->config->state.path, d->config->sessions.unprotected_max);
	return d->error == 0;
}

int disk_restore(struct hse_disk *d, struct session_store *store)
{
	const struct state_reader reader = {.session = take_session,
					    .counts = take_counts,
					    .retention = take_retention,
					    .entry = take_entry,
					    .arg = d};
	char *text = NULL;
	size_t len;
	FILE *errors;
	bool good;

	if (!d)
		return 0;
	errors = open_memstream(&text, &len);
	if (!errors)
		return -ENOMEM;
	d->restored = store;
	good = state_load(d->state, &reader, errors);
	fclose(errors);
	program_log_lines(PROGRAM_ERROR, "state: ", text);
	free(text);
	if (d->error == -ENOMEM)
		program_log(PROGRAM_ERROR, "state: no memory for the sessions of %s",
			    d->config->state.path);
	return good ? 0 : d->error ? d->error : -EIO;
}

/* --- changes --- */

static void begin_write(struct hse_disk *d, struct session_store *store)
{
	const int error = state_write(d->state, d->batch);

	d->is_writing = error == 0;
	if (error)
		session_written(store, d->batch, -error);
}

size_t disk_work(struct hse_disk *d, struct session_store *store)
{
	size_t work = 0;
	int error;

	if (!d)
		return 0;
	if (d->is_writing) {
		if (!state_written(d->state, &error))
			return 0;
		d->is_writing = false;
		session_written(store, d->batch, error);
		work++;
	}
	if (session_collect(store, d->batch)) {
		begin_write(d, store);
		work++;
	}
	return work;
}

/* Waits for the batch that is being written. */
static int finish_write(struct hse_disk *d, struct session_store *store)
{
	int error = 0;

	if (!d->is_writing)
		return 0;
	state_wait(d->state, &error);
	d->is_writing = false;
	session_written(store, d->batch, error);
	return error;
}

void disk_finish(struct hse_disk *d, struct session_store *store)
{
	if (d)
		finish_write(d, store);
}

void disk_conclude(struct hse_disk *d, struct session_store *store)
{
	int error;

	if (!d)
		return;
	do {
		if (!session_collect(store, d->batch))
			return;
		begin_write(d, store);
		error = d->is_writing ? finish_write(d, store) : EAGAIN;
	} while (error == 0);
	program_log(PROGRAM_WARNING,
		    "state: the last changes cannot be written to %s: %s; the next start skips the "
		    "COUNTs that are reserved, and repeats none",
		    d->config->state.path, state_strerror(error));
}
