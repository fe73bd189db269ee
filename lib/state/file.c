/* SPDX-License-Identifier: BSD-3-Clause */
/* file: the state's folder: its lock, its file, and all records, read once at the start. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/internal.h"

#define LOCK_FILE "lock"
/* A new file gets this name when it is complete, so that a file without its head was cut off. */
#define NEW_FILE "sessions.new"

__attribute__((format(printf, 3, 4))) static void tell(const struct state *state, FILE *errors,
						       const char *format, ...)
{
	va_list args;

	fprintf(errors, "%s: ", state->path);
	va_start(args, format);
	vfprintf(errors, format, args);
	va_end(args);
	fputc('\n', errors);
}

static void tell_damaged(const struct state *state, FILE *errors, const char *what)
{
	tell(state, errors,
	     "the state is damaged: %s. It is not used, for the COUNTs of its sessions could come "
	     "twice. To begin without it: see that HSS and KMS no longer give out the keysets of "
	     "before, then remove the file; all its sessions are lost, and their UEs must "
	     "activate again (doc/state.md, Reset)",
	     what);
}

const char *state_strerror(int error)
{
	return mdb_strerror(error);
}

/* --- opening --- */

static void tell_cannot(const char *folder, const char *what, int error, FILE *errors)
{
	const unsigned us = (unsigned)geteuid();

	if (error == EACCES || error == EPERM)
		fprintf(errors,
			"%s: %s: %s for user id %u: mkdir -p %s && chown -R %u %s && chmod 700 "
			"%s\n",
			folder, what, strerror(error), us, folder, us, folder, folder);
	else
		fprintf(errors, "%s: %s: %s\n", folder, what, strerror(error));
}

static bool take_lock(struct state *state, const char *folder, FILE *errors)
{
	char *lock;

	if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
		tell_cannot(folder, "the folder of the state cannot be made", errno, errors);
		return false;
	}
	if (asprintf(&lock, "%s/" LOCK_FILE, folder) < 0)
		return false;
	state->lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(lock);
	if (state->lock_fd < 0) {
		tell_cannot(folder, "the state cannot be opened for writing", errno, errors);
		return false;
	}
	if (flock(state->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		fprintf(errors, "%s: in use by another hse; give each its own state.path\n",
			folder);
		return false;
	}
	return true;
}

static int put_head(MDB_env *env, MDB_dbi dbi, uint64_t age_s)
{
	const struct record_head head = {.format = STATE_FORMAT, .age_s = age_s};
	struct record r;
	MDB_txn *txn = NULL;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);

	record_of_head(&r, &head);
	MDB_val key = {.mv_size = r.key_len, .mv_data = r.key};
	MDB_val value = {.mv_size = r.value_len, .mv_data = r.value};
	if (!rc)
		rc = mdb_put(txn, dbi, &key, &value, 0);
	if (!rc)
		return mdb_txn_commit(txn);
	if (txn)
		mdb_txn_abort(txn);
	return rc;
}

/* A file is not there after a power cut unless its folder has been written too. */
static int sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 || fsync(fd) != 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return rc;
}

static int make_file(const struct state *state, const char *folder)
{
	MDB_env *env = NULL;
	MDB_dbi dbi;
	char *path;
	int rc;

	if (asprintf(&path, "%s/" NEW_FILE, folder) < 0)
		return ENOMEM;
	unlink(path);
	rc = env_open(&env, &dbi, path, state->max_octets);
	if (!rc)
		rc = put_head(env, dbi, 0);
	if (env)
		mdb_env_close(env);
	if (!rc && rename(path, state->path) != 0)
		rc = errno;
	if (!rc)
		rc = sync_folder(folder);
	free(path);
	return rc;
}

static bool check_file(const struct state *state, FILE *errors)
{
	int fd = open(state->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char why[128];
	bool good;

	if (fd < 0) {
		tell(state, errors, "the state cannot be read: %s", strerror(errno));
		return false;
	}
	good = pages_check(fd, why, sizeof(why));
	close(fd);
	if (!good)
		tell_damaged(state, errors, why);
	return good;
}

static bool open_file(struct state *state, const char *folder, FILE *errors)
{
	int rc = 0;

	if (access(state->path, F_OK) != 0)
		rc = errno == ENOENT ? make_file(state, folder) : errno;
	if (rc) {
		tell(state, errors, "the state cannot be made: %s", state_strerror(rc));
		return false;
	}
	if (!check_file(state, errors))
		return false;
	rc = env_open_state(state);
	if (rc)
		tell(state, errors, "the state cannot be opened for writing: %s",
		     state_strerror(rc));
	return rc == 0;
}

static bool read_head(struct state *state, uint32_t *format, FILE *errors)
{
	union record_content content;
	struct record r;
	MDB_txn *txn = NULL;
	MDB_val value, key;
	int rc = mdb_txn_begin(state->env, NULL, MDB_RDONLY, &txn);

	record_of_head(&r, &(struct record_head){0});
	key = (MDB_val){.mv_size = r.key_len, .mv_data = r.key};
	if (!rc)
		rc = mdb_get(txn, state->dbi, &key, &value);
	if (rc == MDB_NOTFOUND) {
		tell_damaged(state, errors, "it has no head");
	} else if (rc) {
		tell(state, errors, "the state cannot be read: %s", state_strerror(rc));
	} else if (record_read(&content, &key, &value) != RECORD_HEAD) {
		tell_damaged(state, errors, "its head");
		rc = EINVAL;
	} else if (content.head.format > STATE_FORMAT) {
		tell(state, errors,
		     "the state is of format %u, which a newer hse has written; this one reads %d. "
		     "Start the newer one again",
		     content.head.format, STATE_FORMAT);
		rc = EINVAL;
	} else if (content.head.format < STATE_FORMAT_OLDEST) {
		tell(state, errors,
		     "the state is of format %u, which an earlier hse has written; this one reads "
		     "%d. To begin without it: see that HSS and KMS no longer give out the keysets "
		     "of before, then remove the file; all its sessions are lost, and their UEs "
		     "must activate again (doc/state.md, Reset)",
		     content.head.format, STATE_FORMAT);
		rc = EINVAL;
	} else {
		state->age_s = content.head.age_s;
		*format = content.head.format;
	}
	if (txn)
		mdb_txn_abort(txn);
	return rc == 0;
}

/* From now on the file may have records that an earlier hse does not read. */
static bool upgrade(struct state *state, uint32_t format, FILE *errors)
{
	const int rc = format < STATE_FORMAT ? put_head(state->env, state->dbi, state->age_s) : 0;

	if (rc)
		tell(state, errors, "the state of format %u cannot be brought to format %d: %s",
		     format, STATE_FORMAT, state_strerror(rc));
	return rc == 0;
}

struct state *state_open(const struct state_config *config, FILE *errors)
{
	struct state *state = calloc(1, sizeof(*state));
	uint32_t format;

	if (!state)
		return NULL;
	state->lock_fd = state->event_fd = -1;
	state->max_octets = config->max_octets;
	writer_init(state);
	if (asprintf(&state->path, "%s/" STATE_FILE, config->path) < 0)
		state->path = NULL;
	if (state->path && take_lock(state, config->path, errors) &&
	    open_file(state, config->path, errors) && read_head(state, &format, errors) &&
	    upgrade(state, format, errors))
		return state;
	state_close(state);
	return NULL;
}

void state_close(struct state *state)
{
	if (!state)
		return;
	writer_end(state);
	if (state->env)
		mdb_env_close(state->env);
	if (state->lock_fd >= 0)
		close(state->lock_fd);
	free(state->path);
	free(state);
}

uint64_t state_age(const struct state *state)
{
	return state->age_s;
}

/* --- reading --- */

static bool give(struct state *state, const struct state_reader *reader, const MDB_val *key,
		 const MDB_val *value, FILE *errors)
{
	union record_content content;
	char what[64];

	switch (record_read(&content, key, value)) {
	case RECORD_HEAD:
		return true;
	case RECORD_SESSION:
		return reader->session(reader->arg, &content.session);
	case RECORD_COUNTS:
		return reader->counts(reader->arg, &content.counts);
	case RECORD_RETENTION:
		return reader->retention(reader->arg, &content.retention);
	case RECORD_ENTRY:
		state->last_entry = content.entry.number;
		return reader->entry(reader->arg, &content.entry);
	case RECORD_DAMAGED:
		break;
	}
	record_name(key, what, sizeof(what));
	tell_damaged(state, errors, what);
	return false;
}

bool state_load(struct state *state, const struct state_reader *reader, FILE *errors)
{
	MDB_txn *txn = NULL;
	MDB_cursor *cursor = NULL;
	MDB_val key, value;
	bool good = true;
	int rc = mdb_txn_begin(state->env, NULL, MDB_RDONLY, &txn);

	if (!rc)
		rc = mdb_cursor_open(txn, state->dbi, &cursor);
	if (!rc)
		rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	for (; !rc && good; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))
		good = give(state, reader, &key, &value, errors);
	if (good && rc != MDB_NOTFOUND) {
		tell_damaged(state, errors, state_strerror(rc));
		good = false;
	}
	if (cursor)
		mdb_cursor_close(cursor);
	if (txn)
		mdb_txn_abort(txn);
	return good;
}
