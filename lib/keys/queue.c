/* SPDX-License-Identifier: BSD-3-Clause */
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "keys/internal.h"

struct keysource_queue {
	pthread_mutex_t lock;
	struct keysource_item *first, **end;
	int event; /* readable while first is set */
};

struct keysource_queue *keysource_queue_new(void)
{
	struct keysource_queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return NULL;
	queue->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->event < 0) {
		free(queue);
		return NULL;
	}
	pthread_mutex_init(&queue->lock, NULL);
	queue->end = &queue->first;
	return queue;
}

void keysource_queue_free(struct keysource_queue *queue)
{
	struct keysource_item *next;

	if (!queue)
		return;
	for (struct keysource_item *item = queue->first; item; item = next) {
		next = item->next;
		keysource_item_free(item);
	}
	pthread_mutex_destroy(&queue->lock);
	close(queue->event);
	free(queue);
}

struct keysource_item *keysource_item_new(struct keysource_queue *queue, uint64_t cookie)
{
	struct keysource_item *item = calloc(1, sizeof(*item));

	if (item) {
		item->queue = queue;
		item->answer.cookie = cookie;
	}
	return item;
}

void keysource_item_free(struct keysource_item *item)
{
	e2m_wipe(item, sizeof(*item));
	free(item);
}

void keysource_item_answer(struct keysource_item *item)
{
	struct keysource_queue *queue = item->queue;

	pthread_mutex_lock(&queue->lock);
	if (!queue->first)
		eventfd_write(queue->event, 1);
	*queue->end = item;
	queue->end = &item->next;
	pthread_mutex_unlock(&queue->lock);
}

int keysource_fd(const struct keysource_queue *queue)
{
	return queue->event;
}

size_t keysource_collect(struct keysource_queue *queue, struct keysource_answer *answers,
			 size_t max)
{
	struct keysource_item *item;
	eventfd_t value;
	size_t count = 0;

	pthread_mutex_lock(&queue->lock);
	while (count < max && (item = queue->first)) {
		answers[count++] = item->answer;
		queue->first = item->next;
		keysource_item_free(item);
	}
	if (!queue->first) {
		queue->end = &queue->first;
		eventfd_read(queue->event, &value);
	}
	pthread_mutex_unlock(&queue->lock);
	return count;
}
