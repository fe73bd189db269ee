/* SPDX-License-Identifier: BSD-3-Clause */
#include "reload.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hse_findings.h"

/* How long a stop waits for a reload in progress. */
#define STOP_S 1

/* A configuration, and the file that owns its strings. */
struct loaded {
	struct hse_config config;
	struct config_file *file;
};

struct hse_reload {
	const char *path;
	const struct hse_config *running; /* the configuration of the start */
	pthread_t thread;
	pthread_mutex_t lock; /* protects the members below; never held during a read */
	pthread_cond_t changed;
	bool is_requested;
	bool stop;
	bool is_taken; /* control has taken next */
	bool is_ended; /* the thread has ended */
	struct loaded *next;
	/* Used by the thread alone. */
	struct loaded *current; /* NULL: the configuration of the start */
};

/* --- differences --- */

static const struct keysource_config *find_source(const struct hse_config *c, const char *name)
{
	for (size_t i = 0; i < c->key_sources_count; i++)
		if (strcmp(c->key_sources[i].name, name) == 0)
			return &c->key_sources[i];
	return NULL;
}

static void take_difference(void *arg, const char *path, bool reloads)
{
	struct loaded *loaded = arg;

	program_log_change(loaded->file, path, reloads);
}

static void say_sources(const struct hse_config *running, struct loaded *loaded)
{
	const struct hse_config *c = &loaded->config;

	for (size_t i = 0; i < c->key_sources_count; i++) {
		const struct keysource_config *source =
			find_source(running, c->key_sources[i].name);
		char path[64];

		snprintf(path, sizeof(path), "key_sources[%zu]", i);
		if (!source)
			program_log_change(loaded->file, path, false);
		else
			config_compare_at(path, keysource_config_fields, source, &c->key_sources[i],
					  take_difference, loaded);
	}
	for (size_t i = 0; i < running->key_sources_count; i++)
		if (!find_source(c, running->key_sources[i].name))
			program_log(PROGRAM_WARNING,
				    "%s: %s is there no more, which takes effect at a restart",
				    config_where(loaded->file, "key_sources"),
				    running->key_sources[i].name);
}

static bool has_same_order(const struct hse_config *a, const struct hse_config *b)
{
	if (a->key_sources_count != b->key_sources_count)
		return false;
	for (size_t i = 0; i < a->key_sources_count; i++)
		if (strcmp(a->key_sources[i].name, b->key_sources[i].name) != 0)
			return false;
	return true;
}

static void say_differences(struct hse_reload *r, struct loaded *loaded)
{
	const struct hse_config *current = r->current ? &r->current->config : r->running;

	program_log_changes(loaded->file, hse_config_fields, r->running, current, &loaded->config,
			    "key_sources");
	say_sources(r->running, loaded);
	if (current->key_sources_count == loaded->config.key_sources_count &&
	    !has_same_order(current, &loaded->config))
		program_log(PROGRAM_INFO, "%s: another order, in effect",
			    config_where(loaded->file, "key_sources"));
}

/* --- reading --- */

static void free_loaded(struct loaded *loaded)
{
	if (!loaded)
		return;
	config_free(loaded->file);
	free(loaded);
}

/* Returns NULL if there are errors, which are logged. */
static struct loaded *load(const char *path)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	char *text = NULL;
	size_t len;
	FILE *errors = loaded ? open_memstream(&text, &len) : NULL;

	if (errors) {
		loaded->file = hse_config_load(path, &loaded->config, errors);
		fclose(errors);
		program_log_lines(PROGRAM_ERROR, "", text);
		free(text);
	}
	if (loaded && loaded->file)
		return loaded;
	free(loaded);
	return NULL;
}

/* Invalid certificates do not prevent other changes: a stricter policy, for instance, must still
 * apply. */
static void reload_certificates(const struct hse_reload *r, const struct loaded *loaded)
{
	struct diameter_config config = loaded->config.diameter;

	if (!r->running->diameter_given || !loaded->config.diameter_given)
		return;
	config.identity = r->running->diameter.identity;
	if (diameter_reload_certificates(&config) != 0)
		program_log(PROGRAM_ERROR,
			    "%s: certificates are not reloaded, for the errors above; all else is",
			    config_where(loaded->file, "diameter.tls"));
}

/* Returns the configuration that control must apply; NULL: nothing changes. */
static struct loaded *reload(struct hse_reload *r)
{
	struct loaded *loaded = load(r->path);

	if (loaded) {
		reload_certificates(r, loaded);
		program_log_findings(hse_findings, loaded->file, &loaded->config);
		say_differences(r, loaded);
		program_log_reload(&loaded->config.log);
		return loaded;
	}
	program_log(PROGRAM_ERROR, "%s: not reloaded, for the errors above: nothing changes",
		    r->path);
	return NULL;
}

/* --- the thread --- */

/* Call it with the lock held. Returns false if the thread must end. */
static bool wait_for_request(struct hse_reload *r)
{
	while (!r->is_requested && !r->stop)
		pthread_cond_wait(&r->changed, &r->lock);
	r->is_requested = false;
	return !r->stop;
}

/* Call it with the lock held. Waits until control has taken next; then the previous configuration
 * is unused. */
static void hand_over(struct hse_reload *r, struct loaded *next)
{
	r->next = next;
	r->is_taken = false;
	while (!r->is_taken && !r->stop)
		pthread_cond_wait(&r->changed, &r->lock);
	r->next = NULL;
	if (!r->is_taken) {
		free_loaded(next);
		return;
	}
	free_loaded(r->current);
	r->current = next;
	program_log(PROGRAM_INFO, "%s: reloaded", r->path);
}

static void *run(void *arg)
{
	struct hse_reload *r = arg;

	pthread_mutex_lock(&r->lock);
	while (wait_for_request(r)) {
		pthread_mutex_unlock(&r->lock);
		struct loaded *next = reload(r);
		pthread_mutex_lock(&r->lock);
		if (next)
			hand_over(r, next);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

struct hse_reload *reload_start(const char *path, const struct hse_config *running)
{
	struct hse_reload *r = calloc(1, sizeof(*r));
	int rc = ENOMEM;

	if (r) {
		r->path = path;
		r->running = running;
		pthread_mutex_init(&r->lock, NULL);
		pthread_cond_init(&r->changed, NULL);
		rc = pthread_create(&r->thread, NULL, run, r);
	}
	if (rc == 0) {
		pthread_setname_np(r->thread, "reload");
		return r;
	}
	program_log(PROGRAM_ERROR, "no thread for reloads: %s", strerror(rc));
	free(r);
	return NULL;
}

void reload_stop(struct hse_reload *r)
{
	struct timespec until;

	if (!r)
		return;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += STOP_S;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
	r->is_ended = pthread_timedjoin_np(r->thread, NULL, &until) == 0;
}

void reload_free(struct hse_reload *r)
{
	if (!r || !r->is_ended)
		return;
	free_loaded(r->current);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* --- control --- */

void reload_request(struct hse_reload *r)
{
	pthread_mutex_lock(&r->lock);
	r->is_requested = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

const struct hse_config *reload_take(struct hse_reload *r)
{
	struct loaded *next;

	pthread_mutex_lock(&r->lock);
	next = r->is_taken ? NULL : r->next;
	pthread_mutex_unlock(&r->lock);
	return next ? &next->config : NULL;
}

void reload_taken(struct hse_reload *r)
{
	pthread_mutex_lock(&r->lock);
	r->is_taken = true;
	pthread_cond_signal(&r->changed);
	pthread_mutex_unlock(&r->lock);
}
