/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/reload.h"

#include <stdlib.h>
#include <string.h>

#include "hss/hss_check.h"

/* A configuration, and the file that owns its strings and lists. */
struct loaded {
	struct hss_config config;
	struct config_file *file;
};

struct reload {
	const char *path;
	const struct hss_config *start;
	struct loaded *current; /* NULL: the configuration of the start */
};

struct reload *reload_new(const char *path, const struct hss_config *start)
{
	struct reload *r = calloc(1, sizeof(*r));

	if (r)
		*r = (struct reload){.path = path, .start = start};
	return r;
}

static void free_loaded(struct loaded *loaded)
{
	if (!loaded)
		return;
	if (loaded->file)
		hss_config_free(&loaded->config, loaded->file);
	free(loaded);
}

void reload_free(struct reload *r)
{
	if (r)
		free_loaded(r->current);
	free(r);
}

/* NULL: the reason is logged. */
static struct loaded *load(const char *path)
{
	struct loaded *loaded = calloc(1, sizeof(*loaded));
	char *text = NULL;
	size_t len;
	FILE *errors = loaded ? open_memstream(&text, &len) : NULL;

	if (errors) {
		loaded->file = hss_config_load(path, &loaded->config, errors);
		fclose(errors);
		program_log_lines(PROGRAM_ERROR, "", text);
		free(text);
	}
	if (loaded && loaded->file)
		return loaded;
	free(loaded);
	return NULL;
}

/* The identity stays that of the start. Invalid certificates do not prevent the other changes. */
static void reload_certificates(const struct reload *r, const struct loaded *loaded)
{
	struct diameter_config config = loaded->config.diameter;

	config.identity = r->start->diameter.identity;
	if (diameter_reload_certificates(&config) != 0)
		program_log(PROGRAM_ERROR,
			    "%s: certificates are not reloaded, for the errors above; all else is",
			    config_where(loaded->file, "diameter.tls"));
}

/* Another role needs a restart, because its resources do not exist in this process. */
static bool apply(const struct reload *r, const struct loaded *loaded, struct hss *hss,
		  struct kms *kms)
{
	if (loaded->config.role != r->start->role) {
		program_log(PROGRAM_ERROR, "%s: another role, which needs a restart",
			    config_where(loaded->file, "role"));
		return false;
	}
	if (hss && hss_reload(hss, &loaded->config) != 0)
		return false;
	if (kms)
		kms_reload(kms, &loaded->config);
	reload_certificates(r, loaded);
	return true;
}

static void say_reloaded(const struct reload *r)
{
	const struct hss_config *c = &r->current->config;

	if (c->role == HSS_ROLE_KMS)
		program_log(PROGRAM_INFO, "%s: reloaded", r->path);
	else
		program_log(PROGRAM_INFO, "%s: reloaded: %zu subscribers", r->path,
			    c->subscribers.count);
}

void reload_now(struct reload *r, struct hss *hss, struct kms *kms)
{
	const struct hss_config *current = r->current ? &r->current->config : r->start;
	struct loaded *loaded = load(r->path);

	if (!loaded || !apply(r, loaded, hss, kms)) {
		program_log(PROGRAM_ERROR,
			    "%s: not reloaded, for the errors above: nothing changes", r->path);
		free_loaded(loaded);
		return;
	}
	program_log_findings(hss_findings, loaded->file, &loaded->config);
	program_log_changes(loaded->file, hss_config_fields, r->start, current, &loaded->config,
			    NULL);
	program_log_reload(&loaded->config.log);
	free_loaded(r->current);
	r->current = loaded;
	say_reloaded(r);
}
