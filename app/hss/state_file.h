/* SPDX-License-Identifier: BSD-3-Clause */
/* state_file: an LMDB file that one hse-hss has for itself, and that damage does not bring down. */
#ifndef HSS_STATE_FILE_H
#define HSS_STATE_FILE_H

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct state_file {
	MDB_env *env; /* NULL: not open */
	int lock_fd;  /* locked: two programs with one state would spoil it; -1: not open */
};

/*
 * Opens or makes path, and path-lock beside it. map_octets: of address space; the file does not grow
 * beyond. It holds one database, without a name, with keys of PAGES_KEY_MAX octets at most (state/pages.h). False on
 * any error, which is written to errors: what it is, and what to do; cost completes "move it away to start
 * anew: ".
 */
bool state_file_open(struct state_file *file, const char *path, uint64_t map_octets,
		     const char *cost, FILE *errors);
/* Allowed for one that could not be opened. */
void state_file_close(struct state_file *file);

/* The same words for what is found wrong later. rc: of LMDB, or an errno. */
void state_file_tell(const char *path, int rc, const char *cost, FILE *errors);

#endif
