/* SPDX-License-Identifier: BSD-3-Clause */
#include "keys/keysource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diameter/diameter.h"
#include "keys/internal.h"

#define NAME_MAX_OCTETS 32

struct keysource {
	enum keysource_kind kind;
	struct keysource_queue *queue;
	struct diameter_hosts *hosts;
	struct keysource_loader *loader;
};

static const char *const kind_names[] = {
	[KEYSOURCE_DIAMETER] = "diameter", [KEYSOURCE_FILE] = "file", NULL};

static const struct config_field host_item = {.kind = CONFIG_STRING, .size = sizeof(char *)};

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
	{.name = "hosts",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct keysource_config, hosts),
	 .min = 1,
	 .max = DIAMETER_HOSTS_MAX,
	 .item = &host_item,
	 .count_offset = offsetof(struct keysource_config, hosts_count),
	 .given_offset = offsetof(struct keysource_config, has_hosts)},
	{.name = "realm", .kind = CONFIG_STRING, CONFIG_MEMBER(struct keysource_config, realm)},
	{.name = "path", .kind = CONFIG_STRING, CONFIG_MEMBER(struct keysource_config, path)},
	{.name = "prefetch", .kind = CONFIG_BOOL, CONFIG_MEMBER(struct keysource_config, prefetch)},
	{.name = "keyset_retention_s",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct keysource_config, keyset_retention_s),
	 .min = 1,
	 .max = 86400,
	 .given_offset = offsetof(struct keysource_config, has_retention)},
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

_Static_assert(KEYSOURCE_FAULTS == DIAMETER_KEY_FAULT_COUNT, "a fault without a counter");

const char *keysource_fault_name(unsigned fault)
{
	return diameter_key_fault_name((enum diameter_key_fault)fault);
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

/* It becomes a part of the names of counters. */
static bool check_name(const struct keysource_config *config, const struct config_file *file,
		       const char *entry, FILE *errors)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	size_t len = strlen(config->name);
	char path[128];

	if (len > 0 && len <= NAME_MAX_OCTETS && strspn(config->name, allowed) == len)
		return true;
	snprintf(path, sizeof(path), "%s.name", entry);
	config_error(file, errors, path, "expected up to %d letters, digits and '_', found '%s'",
		     NAME_MAX_OCTETS, config->name);
	return false;
}

/* What neither kind may have, or only the one of a Diameter peer. */
static bool check_hosts(const struct keysource_config *config, const struct config_file *file,
			const char *entry, FILE *errors)
{
	char path[128];
	bool ok = true;

	if (config->kind == KEYSOURCE_FILE) {
		ok = check_setting(config, file, entry, "host", config->host, false, errors);
		ok = check_setting(config, file, entry, "hosts", config->has_hosts, false,
				   errors) &&
		     ok;
		ok = check_setting(config, file, entry, "prefetch", config->prefetch, false,
				   errors) &&
		     ok;
		return check_setting(config, file, entry, "keyset_retention_s",
				     config->has_retention, false, errors) &&
		       ok;
	}
	if (config->prefetch && config->has_retention) {
		snprintf(path, sizeof(path), "%s.keyset_retention_s", entry);
		config_error(file, errors, path,
			     "a source with prefetch remembers keysets until they are replaced; "
			     "an HSS, which forgets them after this time, needs no prefetch");
		ok = false;
	}
	/* Several KMSs each decide separately when a keyset is replaced. */
	if (!config->has_retention && !config->host && config->hosts_count != 1) {
		snprintf(path, sizeof(path), "%s%s", entry, config->has_hosts ? ".hosts" : "");
		config_error(
			file, errors, path,
			"a source of several hosts must be one HSS: give keyset_retention_s as "
			"that HSS has it; KMSs each remember what they have released, so each "
			"is a source of its own, with 'host'");
		ok = false;
	}
	if (config->host && config->has_hosts) {
		snprintf(path, sizeof(path), "%s.hosts", entry);
		config_error(file, errors, path, "expected either 'host' or 'hosts'");
		ok = false;
	}
	return ok;
}

bool keysource_config_check(struct keysource_config *config, struct config_file *file,
			    const char *path_of_entry, FILE *errors)
{
	bool is_file = config->kind == KEYSOURCE_FILE;
	char path[128];
	bool ok = check_name(config, file, path_of_entry, errors);

	ok = check_setting(config, file, path_of_entry, "realm", config->realm, !is_file, errors) &&
	     ok;
	ok = check_setting(config, file, path_of_entry, "path", config->path, is_file, errors) &&
	     ok;
	ok = check_hosts(config, file, path_of_entry, errors) && ok;
	if (!ok || !is_file)
		return ok;
	snprintf(path, sizeof(path), "%s.path", path_of_entry);
	config->where = config_where(file, path);
	config->path = (char *)config_resolve_path(file, config->path);
	if (!config->path || !config->where)
		config_error(file, errors, path_of_entry, "out of memory");
	return config->path && config->where;
}

bool keysource_config_check_outside(const struct keysource_config *config,
				    const struct config_file *file, const char *path_of_entry,
				    FILE *errors)
{
	struct keysource_file *keysets;
	char path[128];

	if (config->kind != KEYSOURCE_FILE)
		return true;
	keysets = keysource_file_read(config->path, errors);
	if (!keysets) {
		snprintf(path, sizeof(path), "%s.path", path_of_entry);
		config_error(file, errors, path, "%s cannot be used", config->path);
	}
	keysource_file_free(keysets);
	return keysets != NULL;
}

static struct diameter_hosts *open_hosts(const struct keysource_config *config)
{
	if (config->host)
		return diameter_hosts_new(config->realm, &config->host, 1);
	return diameter_hosts_new(config->realm, config->hosts, config->hosts_count);
}

struct keysource *keysource_open(const struct keysource_config *config,
				 struct keysource_queue *queue, keysource_fault fault)
{
	struct keysource *source = calloc(1, sizeof(*source));

	if (!source)
		return NULL;
	source->kind = (enum keysource_kind)config->kind;
	source->queue = queue;
	if (source->kind == KEYSOURCE_DIAMETER)
		source->hosts = open_hosts(config);
	else
		source->loader = keysource_loader_new(config, fault);
	if (source->hosts || source->loader)
		return source;
	keysource_close(source);
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
	item->answer.fault = answer->fault;
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
	const struct keysource_file *file = NULL;
	struct keysource_item *item;
	int rc;

	if (source->loader && !(file = keysource_loader_file(source->loader)))
		return -EHOSTUNREACH;
	item = keysource_item_new(source->queue, cookie);
	if (!item)
		return -ENOMEM;
	if (file) {
		keysource_file_look_up(file, request, &item->answer);
		keysource_item_answer(item);
		return 0;
	}
	rc = diameter_hosts_ask(source->hosts, &pull, timeout_ms, on_answer, item);
	if (rc)
		keysource_item_free(item);
	return rc;
}

void keysource_why(const struct keysource *source, char *text, size_t size)
{
	if (source->loader)
		keysource_loader_why(source->loader, text, size);
	else
		diameter_hosts_why(source->hosts, text, size);
}

bool keysource_is_read(const struct keysource *source)
{
	return source->loader && keysource_loader_file(source->loader);
}

bool keysource_keyset(const struct keysource *source, size_t i, struct e2m_imsi *imsi,
		      struct e2m_keyset *keyset)
{
	const struct keysource_file *file =
		source->loader ? keysource_loader_file(source->loader) : NULL;

	return file && keysource_file_keyset(file, i, imsi, keyset);
}

uint64_t keysource_failovers(const struct keysource *source)
{
	return source->hosts ? diameter_hosts_failovers(source->hosts) : 0;
}
