/* SPDX-License-Identifier: BSD-3-Clause */
/* internal: what the files of this library share. */
#ifndef STATE_INTERNAL_H
#define STATE_INTERNAL_H

#include <lmdb.h>
#include <pthread.h>
#include <stdalign.h>

#include "state/pages.h"
#include "state/state.h"

/* 1: COUNTs had an expiry time each. 2: sessions had no addresses, and there were no entries; such a file is
 * brought up to date when it is opened. */
#define STATE_FORMAT	    3
#define STATE_FORMAT_OLDEST 2
#define STATE_FILE	    "sessions.mdb"
/* Flags that LMDB keeps in the file are among them: pages.c looks for those. One process uses the file, and
 * in it one thread at a time, so LMDB need not lock. */
#define STATE_ENV_FLAGS (MDB_NOSUBDIR | MDB_NOLOCK | MDB_NORDAHEAD | MDB_NOTLS)

struct state {
	char *path; /* of the file */
	uint64_t max_octets;
	int lock_fd;
	MDB_env *env; /* NULL: closed after an error that LMDB does not recover from */
	MDB_dbi dbi;
	uint64_t age_s;	     /* as on disk */
	uint32_t last_entry; /* no record of an entry has a higher number */
	/* --- the thread that writes --- */
	pthread_t writer;
	bool has_writer;
	int event_fd;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t changed;
	struct state_batch *batch;
	bool is_written; /* batch is, with this error */
	int error;
	bool is_closing;
};

/* --- records.c: records as octets --- */

#define RECORD_KEY_MAX	 PAGES_KEY_MAX
#define RECORD_VALUE_MAX 400

struct record {
	alignas(8) uint8_t key[RECORD_KEY_MAX]; /* as the CRC likes it */
	uint8_t value[RECORD_VALUE_MAX];
	size_t key_len, value_len;
};

/* The file's own record. */
struct record_head {
	uint32_t format;
	uint64_t age_s;
};

void record_of_change(struct record *record, const struct state_change *change);
void record_of_head(struct record *record, const struct record_head *head);

enum record_kind {
	RECORD_DAMAGED,
	RECORD_HEAD,
	RECORD_SESSION,
	RECORD_COUNTS,
	RECORD_RETENTION,
	RECORD_ENTRY,
};
union record_content {
	struct record_head head;
	struct state_session session;
	struct state_counts counts;
	struct state_retention retention;
	struct state_entry entry;
};
enum record_kind record_read(union record_content *content, const MDB_val *key,
			     const MDB_val *value);
/* "session 17", "the COUNTs of IMSI 26201...": as far as the key can be read. */
void record_name(const MDB_val *key, char *name, size_t size);

/* --- env.c --- */

/* Opens LMDB on the file at path, made if it does not exist. 0, or an error for state_strerror; then
 * the caller closes *env unless it is NULL. */
int env_open(MDB_env **env, MDB_dbi *dbi, const char *path, uint64_t max_octets);
/* Opens LMDB on the state's own file. 0, or an error for state_strerror; then state->env is NULL. */
int env_open_state(struct state *state);

/* --- writer.c --- */

void writer_init(struct state *state);
void writer_end(struct state *state);

#endif
