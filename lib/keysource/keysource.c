/* SPDX-License-Identifier: BSD-3-Clause */
#include "keysource/keysource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diameter/diameter.h"
#include "keysource/internal.h"

struct keysource {
	enum keysource_kind kind;
	struct keysource_queue *queue;
	char *host, *realm;
	struct keysource_file *file;
};

static const char *const kind_names[] = {
	[KEYSOURCE_DIAMETER] = "diameter", [KEYSOURCE_FILE] = "file", NULL};

const struct config_field keysource_config_fields[] = {
	{.name = "kind",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct keysource_config, kind),
	 .required = true,
	 .names = kind_names},
	{.name = "name",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct keysource_config, name),
	 .required = true},
	{.name = "host", .kind = CONFIG_STRING, CONFIG_MEMBER(struct keysource_config, host)},
	{.name = "realm", .kind = CONFIG_STRING, CONFIG_MEMBER(struct keysource_config, realm)},
	{.name = "path", .kind = CONFIG_STRING, CONFIG_MEMBER(struct keysource_config, path)},
	{0},
};

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

/* A setting that this kind must have, or must not. */
static bool check_setting(const struct keysource_config *config, const struct config_file *file,
			  const char *entry, const char *name, bool given, bool wanted,
			  FILE *errors)
{
	char path[128];

	if (given == wanted)
		return true;
	snprintf(path, sizeof(path), given ? "%s.%s" : "%s", entry, name);
	config_error(file, errors, path,
		     given ? "a source of kind '%s' has no '%s'"
			   : "a source of kind '%s' needs '%s'",
		     kind_names[config->kind], name);
	return false;
}

bool keysource_config_check(struct keysource_config *config, struct config_file *file,
			    const char *path_of_entry, FILE *errors)
{
	bool is_file = config->kind == KEYSOURCE_FILE;
	bool ok = check_setting(config, file, path_of_entry, "realm", config->realm, !is_file,
				errors);

	ok = check_setting(config, file, path_of_entry, "path", config->path, is_file, errors) &&
	     ok;
	if (is_file)
		ok = check_setting(config, file, path_of_entry, "host", config->host, false,
				   errors) &&
		     ok;
	if (!ok || !is_file)
		return ok;
	config->path = (char *)config_resolve_path(file, config->path);
	if (!config->path)
		config_error(file, errors, path_of_entry, "out of memory");
	return config->path != NULL;
}

struct keysource *keysource_open(const struct keysource_config *config,
				 struct keysource_queue *queue, FILE *errors)
{
	struct keysource *source = calloc(1, sizeof(*source));
	bool ok = source != NULL;

	if (ok) {
		source->kind = (enum keysource_kind)config->kind;
		source->queue = queue;
	}
	if (ok && source->kind == KEYSOURCE_DIAMETER) {
		source->host = config->host ? strdup(config->host) : NULL;
		source->realm = strdup(config->realm);
		ok = source->realm && (source->host || !config->host);
	}
	if (!ok)
		fprintf(errors, "key source %s: out of memory\n", config->name);
	if (ok && source->kind == KEYSOURCE_FILE) {
		source->file = keysource_file_read(config->path, errors);
		ok = source->file != NULL;
	}
	if (ok)
		return source;
	keysource_close(source);
	return NULL;
}

void keysource_close(struct keysource *source)
{
	if (!source)
		return;
	keysource_file_free(source->file);
	free(source->host);
	free(source->realm);
	free(source);
}

static enum keysource_outcome outcome_of(enum diameter_key_outcome outcome)
{
	switch (outcome) {
	case DIAMETER_KEY_FOUND:
		return KEYSOURCE_FOUND;
	case DIAMETER_KEY_USER_UNKNOWN:
		return KEYSOURCE_USER_UNKNOWN;
	case DIAMETER_KEY_NOT_AVAILABLE:
		return KEYSOURCE_NOT_AVAILABLE;
	case DIAMETER_KEY_NOT_AUTHORIZED:
		return KEYSOURCE_NOT_AUTHORIZED;
	case DIAMETER_KEY_TOO_BUSY:
		return KEYSOURCE_BUSY;
	case DIAMETER_KEY_UNREACHABLE:
		return KEYSOURCE_UNREACHABLE;
	case DIAMETER_KEY_TIMEOUT:
		return KEYSOURCE_TIMEOUT;
	case DIAMETER_KEY_BAD_ANSWER:
	case DIAMETER_KEY_REFUSED:
		break;
	}
	return KEYSOURCE_BAD_ANSWER;
}

static void on_answer(void *arg, const struct diameter_key_answer *answer)
{
	struct keysource_item *item = arg;

	item->answer.outcome = outcome_of(answer->outcome);
	if (answer->outcome == DIAMETER_KEY_FOUND) {
		item->answer.keyset = answer->keyset;
		item->answer.ciphering = answer->ciphering;
		item->answer.integrity = answer->integrity;
		item->answer.lifetime_s = answer->lifetime_s;
	}
	snprintf(item->answer.detail, sizeof(item->answer.detail), "%s", answer->detail);
	keysource_item_answer(item);
}

int keysource_ask(struct keysource *source, const struct keysource_request *request,
		  uint32_t timeout_ms, uint64_t cookie)
{
	struct diameter_key_request pull = {.imsi = request->imsi, .id = request->id};
	struct keysource_item *item = keysource_item_new(source->queue, cookie);
	int rc;

	if (!item)
		return -ENOMEM;
	if (source->kind == KEYSOURCE_FILE) {
		keysource_file_look_up(source->file, request, &item->answer);
		keysource_item_answer(item);
		return 0;
	}
	rc = diameter_send_key_request(source->host, source->realm, &pull, timeout_ms, on_answer,
				       item);
	if (rc)
		keysource_item_free(item);
	return rc;
}
