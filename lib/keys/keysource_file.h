/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keysource_file: a file of keysets, for a lab without a core (config/keysets.yaml). keysource_loader.c and
 * --check (keysource_config.c) read the file; keysource.c looks keysets up. The keysets do not change after
 * reading, so any thread may call these functions.
 */
#ifndef KEYS_KEYSOURCE_FILE_H
#define KEYS_KEYSOURCE_FILE_H

#include "keys/keysource.h"

/* Blocks. Returns NULL if there is no memory or the file has errors. Writes all errors of the file to errors. */
struct keysource_file *keysource_file_read(const char *path, FILE *errors);
void keysource_file_free(struct keysource_file *file); /* wipes the keys */

/* Sets all members of answer except cookie. */
void keysource_file_look_up(const struct keysource_file *file,
			    const struct keysource_request *request,
			    struct keysource_answer *answer);

#endif
