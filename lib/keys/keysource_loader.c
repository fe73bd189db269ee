/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys/keysource_loader.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RETRY_S	  1
#define FAULT_MAX 512

struct keysource_loader {
	pthread_mutex_t lock;	     /* protects holders, file and why */
	unsigned holders;	     /* the source, and the thread while the thread runs */
	struct keysource_file *file; /* NULL: not read yet */
	char why[FAULT_MAX];	     /* why the file is not read */
	char *path, *where;
	char subject[64];
	keysource_fault tell;
};

/* The source and the thread each call it; the second call frees the loader. */
void keysource_loader_free(struct keysource_loader *loader)
{
	unsigned holders;

	if (!loader)
		return;
	pthread_mutex_lock(&loader->lock);
	holders = --loader->holders;
	pthread_mutex_unlock(&loader->lock);
	if (holders > 0)
		return;
	keysource_file_free(loader->file);
	pthread_mutex_destroy(&loader->lock);
	free(loader->path);
	free(loader->where);
	free(loader);
}

/* Writes the first error and the number of further errors to why. */
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

/* Returns true if no further try is needed. If the source is closed, the loader frees the file at its end. */
static bool try_to_read(struct keysource_loader *loader)
{
	char why[FAULT_MAX] = "", text[2 * FAULT_MAX];
	struct keysource_file *file = read_file(loader->path, why);
	bool is_over;

	pthread_mutex_lock(&loader->lock);
	loader->file = file;
	memcpy(loader->why, why, sizeof(why));
	is_over = file || loader->holders == 1;
	if (loader->holders > 1 && loader->tell) {
		snprintf(text, sizeof(text), "%s: %s", loader->where, why);
		loader->tell(loader->subject, file ? NULL : text);
	}
	pthread_mutex_unlock(&loader->lock);
	return is_over;
}

static void *run(void *arg)
{
	struct keysource_loader *loader = arg;

	while (!try_to_read(loader))
		sleep(RETRY_S);
	keysource_loader_free(loader);
	return NULL;
}

struct keysource_loader *keysource_loader_new(const struct keysource_config *config,
					      keysource_fault fault)
{
	struct keysource_loader *loader = calloc(1, sizeof(*loader));
	pthread_t thread;

	if (!loader)
		return NULL;
	pthread_mutex_init(&loader->lock, NULL);
	loader->holders = 2;
	loader->tell = fault;
	loader->path = strdup(config->path);
	loader->where = strdup(config->where ? config->where : config->name);
	snprintf(loader->subject, sizeof(loader->subject), "key_sources.%s", config->name);
	snprintf(loader->why, sizeof(loader->why), "%s is being read", config->path);
	if (loader->path && loader->where && pthread_create(&thread, NULL, run, loader) == 0) {
		pthread_detach(thread);
		return loader;
	}
	loader->holders = 1; /* the thread did not start */
	keysource_loader_free(loader);
	return NULL;
}

const struct keysource_file *keysource_loader_file(struct keysource_loader *loader)
{
	const struct keysource_file *file;

	if (!loader)
		return NULL;
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
