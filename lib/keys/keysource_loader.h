/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keysource_loader: reads a file of keysets in a separate thread, at start and then every second until the file
 * is valid. So no thread that asks the source waits for a disk. Only keysource.c calls these functions, from
 * any thread.
 */
#ifndef KEYS_KEYSOURCE_LOADER_H
#define KEYS_KEYSOURCE_LOADER_H

#include "keys/keysource_file.h"

struct keysource_loader;

/* Copies config. fault: see keysource_open; keysource_loader_free ends these calls. Returns NULL if there is no
 * memory or no thread can start. */
struct keysource_loader *keysource_loader_new(const struct keysource_config *config,
					      keysource_fault fault);
/* Does not wait for the thread, because the thread may be reading from a slow disk. NULL is allowed. */
void keysource_loader_free(struct keysource_loader *loader);

/* NULL: the file is not read yet, or loader is NULL. After that, the result is the same until keysource_loader_free. */
const struct keysource_file *keysource_loader_file(struct keysource_loader *loader);
/* Writes why the file is not read, for people. "": the file is read. */
void keysource_loader_why(struct keysource_loader *loader, char *text, size_t size);

#endif
