/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys/keysource.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "diameter/diameter.h"
#include "keys/keysource_loader.h"

static const char *const outcome_names[KEYSOURCE_OUTCOMES] = {
	[KEYSOURCE_FOUND] = "found",
	[KEYSOURCE_USER_UNKNOWN] = "user_unknown",
	[KEYSOURCE_NOT_AVAILABLE] = "not_available",
	[KEYSOURCE_NOT_AUTHORIZED] = "not_authorized",
	[KEYSOURCE_BUSY] = "busy",
	[KEYSOURCE_UNREACHABLE] = "unreachable",
	[KEYSOURCE_TIMEOUT] = "timeout",
	[KEYSOURCE_BAD_ANSWER] = "bad_answer",
};

const char *keysource_outcome_name(enum keysource_outcome outcome)
{
	return (unsigned)outcome < KEYSOURCE_OUTCOMES ? outcome_names[outcome] : "?";
}

_Static_assert(KEYSOURCE_FAULTS == DIAMETER_KEY_FAULT_COUNT, "a fault without a counter");

const char *keysource_fault_name(unsigned fault)
{
	return diameter_key_fault_name((enum diameter_key_fault)fault);
}

/* --- answers --- */

/* A request in flight, and later its answer. Both share one allocation, so no answer is lost because there is no
 * memory. */
struct keysource_item {
	STAILQ_ENTRY(keysource_item) entry;
	struct keysource_queue *queue;
	struct keysource_answer answer;
};

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

static void free_item(struct keysource_item *item)
{
	e2m_wipe(item, sizeof(*item));
	free(item);
}

void keysource_queue_free(struct keysource_queue *queue)
{
	struct keysource_item *item;

	if (!queue)
		return;
	while ((item = STAILQ_FIRST(&queue->answered)) != NULL) {
		STAILQ_REMOVE_HEAD(&queue->answered, entry);
		free_item(item);
	}
	pthread_mutex_destroy(&queue->lock);
	close(queue->event);
	free(queue);
}

/* Gives the item to its queue. Called from any thread. */
static void put(struct keysource_item *item)
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
		free_item(item);
	}
	if (STAILQ_EMPTY(&queue->answered))
		eventfd_read(queue->event, &value);
	pthread_mutex_unlock(&queue->lock);
	return count;
}

/* --- sources --- */

struct keysource {
	struct keysource_queue *queue;
	struct diameter_hosts *hosts;	 /* KEYSOURCE_DIAMETER */
	struct keysource_loader *loader; /* KEYSOURCE_FILE */
};

struct keysource *keysource_open(const struct keysource_config *config,
				 struct keysource_queue *queue, keysource_fault fault)
{
	struct keysource *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->queue = queue;
	if (config->kind == KEYSOURCE_FILE)
		source->loader = keysource_loader_new(config, fault);
	else
		source->hosts = diameter_hosts_new(config->realm,
						   config->host ? &config->host : config->hosts,
						   config->host ? 1 : config->hosts_count);
	if (source->hosts || source->loader)
		return source;
	free(source);
	return NULL;
}

void keysource_close(struct keysource *source)
{
	if (!source)
		return;
	keysource_loader_free(source->loader);
	diameter_hosts_free(source->hosts);
	free(source);
}

/* e2m.md 4. */
static const enum keysource_outcome outcomes[] = {
	[DIAMETER_KEY_FOUND] = KEYSOURCE_FOUND,
	[DIAMETER_KEY_USER_UNKNOWN] = KEYSOURCE_USER_UNKNOWN,
	[DIAMETER_KEY_NOT_AVAILABLE] = KEYSOURCE_NOT_AVAILABLE,
	[DIAMETER_KEY_NOT_AUTHORIZED] = KEYSOURCE_NOT_AUTHORIZED,
	[DIAMETER_KEY_TOO_BUSY] = KEYSOURCE_BUSY,
	[DIAMETER_KEY_UNREACHABLE] = KEYSOURCE_UNREACHABLE,
	[DIAMETER_KEY_TIMEOUT] = KEYSOURCE_TIMEOUT,
	[DIAMETER_KEY_BAD_ANSWER] = KEYSOURCE_BAD_ANSWER,
	[DIAMETER_KEY_REFUSED] = KEYSOURCE_BAD_ANSWER,
};

static void on_answer(void *arg, const struct diameter_key_answer *answer)
{
	struct keysource_item *item = arg;

	item->answer.outcome = outcomes[answer->outcome];
	item->answer.fault = answer->fault;
	if (answer->outcome == DIAMETER_KEY_FOUND) {
		item->answer.keyset = answer->keyset;
		item->answer.ciphering = answer->ciphering;
		item->answer.integrity = answer->integrity;
		item->answer.lifetime_s = answer->lifetime_s;
	}
	snprintf(item->answer.detail, sizeof(item->answer.detail), "%s", answer->detail);
	put(item);
}

int keysource_ask(struct keysource *source, const struct keysource_request *request,
		  uint32_t timeout_ms, uint64_t cookie)
{
	struct diameter_key_request pull = {.imsi = request->imsi, .id = request->id};
	const struct keysource_file *file = keysource_file(source);
	struct keysource_item *item;
	int rc;

	if (source->loader && !file)
		return -EHOSTUNREACH;
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	item->queue = source->queue;
	item->answer.cookie = cookie;
	if (file) {
		keysource_file_look_up(file, request, &item->answer);
		put(item);
		return 0;
	}
	rc = diameter_hosts_ask(source->hosts, &pull, timeout_ms, on_answer, item);
	if (rc)
		free_item(item);
	return rc;
}

void keysource_why(const struct keysource *source, char *text, size_t size)
{
	if (source->loader)
		keysource_loader_why(source->loader, text, size);
	else
		diameter_hosts_why(source->hosts, text, size);
}

const struct keysource_file *keysource_file(const struct keysource *source)
{
	return keysource_loader_file(source->loader);
}

uint64_t keysource_failovers(const struct keysource *source)
{
	return source->hosts ? diameter_hosts_failovers(source->hosts) : 0;
}
