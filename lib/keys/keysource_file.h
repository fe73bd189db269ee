/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keysource_file: a file of keysets, for a lab without a core (config/keysets.yaml). The loader and --check
 * read it, keysource.c looks keysets up. It does not change after it was read: any thread.
 */
#ifndef KEYS_KEYSOURCE_FILE_H
#define KEYS_KEYSOURCE_FILE_H

#include "keys/keysource.h"

/* Blocks. NULL: no memory, or the file cannot be used; all its errors are written to errors. */
struct keysource_file *keysource_file_read(const char *path, FILE *errors);
void keysource_file_free(struct keysource_file *file); /* wipes the keys */

/* Sets all of answer but its cookie. */
void keysource_file_look_up(const struct keysource_file *file,
			    const struct keysource_request *request,
			    struct keysource_answer *answer);

#endif
