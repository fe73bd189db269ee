/* SPDX-License-Identifier: BSD-3-Clause */
/* env: LMDB on the file, opened at the start and again after an error. */
#include <sys/mman.h>

#include "state/internal.h"

int env_open(MDB_env **env, MDB_dbi *dbi, const char *path, uint64_t max_octets)
{
	MDB_txn *txn = NULL;
	int rc = mdb_env_create(env);

	if (!rc)
		rc = mdb_env_set_mapsize(*env, max_octets);
	if (!rc)
		rc = mdb_env_open(*env, path, STATE_ENV_FLAGS, 0600);
	if (!rc)
		rc = mdb_txn_begin(*env, NULL, MDB_RDONLY, &txn);
	if (!rc)
		rc = mdb_dbi_open(txn, NULL, 0, dbi);
	if (txn)
		mdb_txn_abort(txn);
	return rc;
}

/* The program locks its memory for the sake of keys, of which there are none in here. */
static void let_go_of_pages(MDB_env *env)
{
	MDB_envinfo info;

	if (mdb_env_info(env, &info) == 0)
		munlock(info.me_mapaddr, info.me_mapsize);
}

int env_open_state(struct state *state)
{
	int rc = env_open(&state->env, &state->dbi, state->path, state->max_octets);

	if (!rc) {
		let_go_of_pages(state->env);
	} else if (state->env) {
		mdb_env_close(state->env);
		state->env = NULL;
	}
	return rc;
}
