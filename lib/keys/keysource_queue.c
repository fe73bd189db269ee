/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys/keysource_queue.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct keysource_queue {
	pthread_mutex_t lock;
	STAILQ_HEAD(, keysource_item) answered;
	int event; /* readable while answered has items */
};

struct keysource_queue *keysource_queue_new(void)
{
	struct keysource_queue *queue = calloc(1, sizeof(*queue));

	if (!queue || (queue->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) {
		free(queue);
		return NULL;
	}
	pthread_mutex_init(&queue->lock, NULL);
	STAILQ_INIT(&queue->answered);
	return queue;
}

void keysource_queue_free(struct keysource_queue *queue)
{
	struct keysource_item *item;

	if (!queue)
		return;
	while ((item = STAILQ_FIRST(&queue->answered)) != NULL) {
		STAILQ_REMOVE_HEAD(&queue->answered, entry);
		keysource_queue_free_item(item);
	}
	pthread_mutex_destroy(&queue->lock);
	close(queue->event);
	free(queue);
}

struct keysource_item *keysource_queue_new_item(struct keysource_queue *queue, uint64_t cookie)
{
	struct keysource_item *item = calloc(1, sizeof(*item));

	if (item) {
		item->queue = queue;
		item->answer.cookie = cookie;
	}
	return item;
}

void keysource_queue_free_item(struct keysource_item *item)
{
	e2m_wipe(item, sizeof(*item));
	free(item);
}

void keysource_queue_put(struct keysource_item *item)
{
	struct keysource_queue *queue = item->queue;

	pthread_mutex_lock(&queue->lock);
	if (STAILQ_EMPTY(&queue->answered))
		eventfd_write(queue->event, 1);
	STAILQ_INSERT_TAIL(&queue->answered, item, entry);
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
	while (count < max && (item = STAILQ_FIRST(&queue->answered)) != NULL) {
		STAILQ_REMOVE_HEAD(&queue->answered, entry);
		answers[count++] = item->answer;
		keysource_queue_free_item(item);
	}
	if (STAILQ_EMPTY(&queue->answered))
		eventfd_read(queue->event, &value);
	pthread_mutex_unlock(&queue->lock);
	return count;
}
