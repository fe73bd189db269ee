/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * keysource_queue: answers on their way to the control thread (keysource_fd, keysource_collect).
 * keysource.c makes an item for each request and puts it here when it is answered.
 */
#ifndef KEYS_KEYSOURCE_QUEUE_H
#define KEYS_KEYSOURCE_QUEUE_H

#include <sys/queue.h>

#include "keys/keysource.h"

/* A request on its way, then its answer. It is allocated with the request, so that no answer is lost for want
 * of memory. */
struct keysource_item {
	STAILQ_ENTRY(keysource_item) entry;
	struct keysource_queue *queue;
	struct keysource_answer answer;
};

struct keysource_item *keysource_queue_new_item(struct keysource_queue *queue, uint64_t cookie);
void keysource_queue_free_item(struct keysource_item *item); /* wipes */
/* The queue owns the item from here on. Any thread. */
void keysource_queue_put(struct keysource_item *item);

#endif
