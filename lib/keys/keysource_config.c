/* SPDX-License-Identifier: BSD-3-Clause */
/* keysource_config_*: the settings of a key source, and their checks. */
#include <string.h>

#include "diameter/diameter.h"
#include "keys/keysource_file.h"

#define NAME_MAX_OCTETS 32

static const char *const kind_names[] = {
	[KEYSOURCE_DIAMETER] = "diameter", [KEYSOURCE_FILE] = "file", NULL};

static const struct config_field host_item = {.kind = CONFIG_STRING, .size = sizeof(char *)};

#define FIELD(member, ...)                                                                   \
	{                                                                                    \
		.name = #member, CONFIG_MEMBER(struct keysource_config, member), __VA_ARGS__ \
	}

const struct config_field keysource_config_fields[] = {
	FIELD(kind, .kind = CONFIG_ENUM, .required = true, .names = kind_names),
	FIELD(name, .kind = CONFIG_STRING, .required = true),
	FIELD(host, .kind = CONFIG_STRING),
	FIELD(hosts, .kind = CONFIG_LIST, .min = 1, .max = DIAMETER_HOSTS_MAX, .item = &host_item,
	      .count_offset = offsetof(struct keysource_config, hosts_count),
	      .given_offset = offsetof(struct keysource_config, has_hosts)),
	FIELD(realm, .kind = CONFIG_STRING),
	FIELD(path, .kind = CONFIG_STRING),
	FIELD(prefetch, .kind = CONFIG_BOOL),
	FIELD(keyset_retention_s, .kind = CONFIG_UINT, .min = 1, .max = 86400,
	      .given_offset = offsetof(struct keysource_config, has_retention)),
	{0},
};

/* The state of the check of one entry. */
struct check {
	const struct keysource_config *config;
	const struct config_file *file;
	const char *entry;
	FILE *errors;
	bool is_good;
	char path[128];
};

/* Notes a fault. Returns the path of the setting; NULL: the path of the entry. */
static const char *fault_of(struct check *c, const char *setting)
{
	snprintf(c->path, sizeof(c->path), setting ? "%s.%s" : "%s", c->entry, setting);
	c->is_good = false;
	return c->path;
}

/* Counter names contain the name of the source. */
static void check_name(struct check *c)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
	const char *name = c->config->name;
	const size_t len = strlen(name);

	if (len == 0 || len > NAME_MAX_OCTETS || strspn(name, allowed) != len)
		config_error(c->file, c->errors, fault_of(c, "name"),
			     "expected up to %d letters, digits and '_', found '%s'",
			     NAME_MAX_OCTETS, name);
}

/* Each kind requires some settings and forbids the settings of the other kind. */
static void check_settings(struct check *c)
{
	const struct keysource_config *config = c->config;
	const struct {
		const char *name;
		int kind;
		bool is_given, is_needed;
	} settings[] = {
		{"realm", KEYSOURCE_DIAMETER, config->realm != NULL, true},
		{"path", KEYSOURCE_FILE, config->path != NULL, true},
		{"host", KEYSOURCE_DIAMETER, config->host != NULL, false},
		{"hosts", KEYSOURCE_DIAMETER, config->has_hosts, false},
		{"prefetch", KEYSOURCE_DIAMETER, config->prefetch, false},
		{"keyset_retention_s", KEYSOURCE_DIAMETER, config->has_retention, false},
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const char *name = settings[i].name;
		const bool is_given = settings[i].is_given;

		if (settings[i].kind == config->kind ? settings[i].is_needed && !is_given
						     : is_given)
			config_error(c->file, c->errors, fault_of(c, is_given ? name : NULL),
				     is_given ? "a source of kind '%s' has no '%s'"
					      : "a source of kind '%s' needs '%s'",
				     kind_names[config->kind], name);
	}
}

static void check_hosts(struct check *c)
{
	const struct keysource_config *config = c->config;

	if (config->prefetch && config->has_retention)
		config_error(c->file, c->errors, fault_of(c, "keyset_retention_s"),
			     "a source with prefetch remembers keysets until they are replaced; "
			     "an HSS, which forgets them after this time, needs no prefetch");
	/* Several KMSs each decide separately when a keyset is replaced. */
	if (!config->has_retention && !config->host && config->hosts_count != 1)
		config_error(c->file, c->errors, fault_of(c, config->has_hosts ? "hosts" : NULL),
			     "a source of several hosts must be one HSS: give keyset_retention_s "
			     "as that HSS has it; KMSs each remember what they have released, so "
			     "each is a source of its own, with 'host'");
	if (config->host && config->has_hosts)
		config_error(c->file, c->errors, fault_of(c, "hosts"),
			     "expected either 'host' or 'hosts'");
}

bool keysource_config_check(struct keysource_config *config, struct config_file *file,
			    const char *path_of_entry, FILE *errors)
{
	struct check c = {.config = config,
			  .file = file,
			  .entry = path_of_entry,
			  .errors = errors,
			  .is_good = true};
	char path[128];

	check_name(&c);
	check_settings(&c);
	if (config->kind == KEYSOURCE_DIAMETER)
		check_hosts(&c);
	if (!c.is_good || config->kind == KEYSOURCE_DIAMETER)
		return c.is_good;
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
