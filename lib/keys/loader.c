/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A separate thread reads a file of keysets at start, and again every second until it is valid. So
 * no thread that asks the source waits for a disk. Until then the source says why it has no
 * keysets.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "keys/internal.h"

#define RETRY_S	  1
#define FAULT_MAX 512

struct keysource_loader {
	pthread_mutex_t lock; /* protects the members below, except path, where and subject */
	pthread_cond_t wake;
	unsigned holders; /* the source, and the thread while it runs */
	bool is_closed;
	struct keysource_file *file; /* NULL: not read yet */
	char why[FAULT_MAX];	     /* why the file is not read */
	char *path, *where, *subject;
	keysource_fault tell;
};

static void let_go(struct keysource_loader *loader)
{
	unsigned holders;

	pthread_mutex_lock(&loader->lock);
	holders = --loader->holders;
	pthread_mutex_unlock(&loader->lock);
	if (holders > 0)
		return;
	keysource_file_free(loader->file);
	pthread_mutex_destroy(&loader->lock);
	pthread_cond_destroy(&loader->wake);
	free(loader->path);
	free(loader->where);
	free(loader->subject);
	free(loader);
}

/* Makes why: the first error, and the number of further errors. */
static void sum_up(const char *errors, char why[FAULT_MAX])
{
	size_t first = strcspn(errors, "\n"), lines = 0;

	for (const char *c = errors; *c; c++)
		lines += *c == '\n';
	snprintf(why, FAULT_MAX, "%.*s", (int)(first < FAULT_MAX - 64 ? first : FAULT_MAX - 64),
		 errors);
	if (lines > 1)
		snprintf(why + strlen(why), 64, "; and %zu more: `--check` lists them", lines - 1);
}

/* Returns NULL and sets why on failure. */
static struct keysource_file *read_file(const char *path, char why[FAULT_MAX])
{
	char *text = NULL;
	size_t len = 0;
	FILE *errors = open_memstream(&text, &len);
	struct keysource_file *file;

	if (!errors) {
		snprintf(why, FAULT_MAX, "%s: out of memory", path);
		return NULL;
	}
	file = keysource_file_read(path, errors);
	fclose(errors);
	if (!file)
		sum_up(text, why);
	free(text);
	return file;
}

static void tell(const struct keysource_loader *loader, const char *why)
{
	char text[2 * FAULT_MAX];

	if (!loader->tell)
		return;
	if (why)
		snprintf(text, sizeof(text), "%s: %s", loader->where, why);
	loader->tell(loader->subject, why ? text : NULL);
}

/* Tries once. The caller holds the lock; it is released during the read. Returns true if no further
 * try is needed. */
static bool try_to_read(struct keysource_loader *loader)
{
	struct keysource_file *file;
	char why[FAULT_MAX];

	pthread_mutex_unlock(&loader->lock);
	file = read_file(loader->path, why);
	pthread_mutex_lock(&loader->lock);
	if (loader->is_closed) {
		keysource_file_free(file);
		return true;
	}
	loader->file = file;
	if (!file)
		memcpy(loader->why, why, sizeof(why));
	tell(loader, file ? NULL : why);
	return file != NULL;
}

static void *run(void *arg)
{
	struct keysource_loader *loader = arg;
	struct timespec until;

	pthread_mutex_lock(&loader->lock);
	while (!loader->is_closed && !try_to_read(loader)) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += RETRY_S;
		if (!loader->is_closed)
			pthread_cond_timedwait(&loader->wake, &loader->lock, &until);
	}
	pthread_mutex_unlock(&loader->lock);
	let_go(loader);
	return NULL;
}

static bool start(struct keysource_loader *loader)
{
	pthread_t thread;

	loader->holders++;
	if (pthread_create(&thread, NULL, run, loader) != 0) {
		loader->holders--;
		return false;
	}
	pthread_detach(thread);
	return true;
}

struct keysource_loader *keysource_loader_new(const struct keysource_config *config,
					      keysource_fault fault)
{
	struct keysource_loader *loader = calloc(1, sizeof(*loader));
	pthread_condattr_t monotonic;

	if (!loader)
		return NULL;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&loader->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&loader->lock, NULL);
	loader->holders = 1;
	loader->tell = fault;
	loader->path = strdup(config->path);
	loader->where = strdup(config->where ? config->where : config->name);
	if (asprintf(&loader->subject, "key_sources.%s", config->name) < 0)
		loader->subject = NULL;
	snprintf(loader->why, sizeof(loader->why), "%s is being read", config->path);
	if (loader->path && loader->where && loader->subject && start(loader))
		return loader;
	let_go(loader);
	return NULL;
}

void keysource_loader_free(struct keysource_loader *loader)
{
	if (!loader)
		return;
	pthread_mutex_lock(&loader->lock);
	loader->is_closed = true;
	pthread_cond_signal(&loader->wake);
	pthread_mutex_unlock(&loader->lock);
	let_go(loader);
}

const struct keysource_file *keysource_loader_file(struct keysource_loader *loader)
{
	const struct keysource_file *file;

	pthread_mutex_lock(&loader->lock);
	file = loader->file;
	pthread_mutex_unlock(&loader->lock);
	return file;
}

void keysource_loader_why(struct keysource_loader *loader, char *text, size_t size)
{
	pthread_mutex_lock(&loader->lock);
	snprintf(text, size, "%s", loader->file ? "" : loader->why);
	pthread_mutex_unlock(&loader->lock);
}
