/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of lib/keys share about sources. */
#ifndef KEYS_INTERNAL_H
#define KEYS_INTERNAL_H

#include "keys/keysource.h"

/* A question on its way, and later its answer in the queue: allocated when asked, so that an answer is
 * never lost for want of memory. */
struct keysource_item {
	struct keysource_queue *queue;
	struct keysource_item *next;
	struct keysource_answer answer;
};

struct keysource_item *keysource_item_new(struct keysource_queue *queue, uint64_t cookie);
void keysource_item_free(struct keysource_item *item); /* wipes */
/* Puts the answered item into its queue, which owns it then. Any thread. */
void keysource_item_answer(struct keysource_item *item);

/* A static file. */
struct keysource_file;
struct keysource_file *keysource_file_read(const char *path, FILE *errors);
void keysource_file_free(struct keysource_file *file);
bool keysource_file_keyset(const struct keysource_file *file, size_t i, struct e2m_imsi *imsi,
			   struct e2m_keyset *keyset);
void keysource_file_look_up(const struct keysource_file *file,
			    const struct keysource_request *request,
			    struct keysource_answer *answer);

/* Reads the file in a separate thread until it is valid. */
struct keysource_loader;
struct keysource_loader *keysource_loader_new(const struct keysource_config *config,
					      keysource_fault fault);
void keysource_loader_free(struct keysource_loader *loader);
/* NULL: not read yet. Once set, it does not change. */
const struct keysource_file *keysource_loader_file(struct keysource_loader *loader);
void keysource_loader_why(struct keysource_loader *loader, char *text, size_t size);

#endif
