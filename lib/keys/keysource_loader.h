/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keysource_loader: reads a file of keysets in a thread of its own, at start and then every second until it
 * is valid. So no thread that asks the source waits for a disk. keysource.c alone calls it, from any thread.
 */
#ifndef KEYS_KEYSOURCE_LOADER_H
#define KEYS_KEYSOURCE_LOADER_H

#include "keys/keysource_file.h"

struct keysource_loader;

/* config is copied. fault: see keysource_open; not called any more after keysource_loader_free. NULL: no
 * memory, or no thread. */
struct keysource_loader *keysource_loader_new(const struct keysource_config *config,
					      keysource_fault fault);
/* Does not wait for the thread, which may be reading. NULL is allowed. */
void keysource_loader_free(struct keysource_loader *loader);

/* NULL: not read yet, or loader is NULL. Once read, the file is the same until keysource_loader_free. */
const struct keysource_file *keysource_loader_file(struct keysource_loader *loader);
/* Why the file is not read, for people; "": it is read. */
void keysource_loader_why(struct keysource_loader *loader, char *text, size_t size);

#endif
