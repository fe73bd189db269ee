/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/hss_config.h"

#include <string.h>

#define KEYSETS_MAX (UINT64_C(1) << 31)

static const char *const role_names[] = {[HSS_ROLE_HSS] = "hss", NULL};

static const struct config_field fields[] = {
	{.name = "log",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct hss_config, log),
	 .fields = program_log_fields},
	{.name = "role",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct hss_config, role),
	 .names = role_names},
	{.name = "state",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct hss_config, state),
	 .required = true},
	{.name = "keyset_retention_s",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct hss_config, keyset_retention_s),
	 .min = 1,
	 .max = 86400},
	{.name = "keyset_capacity",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct hss_config, keyset_capacity),
	 .min = 1,
	 .max = KEYSETS_MAX},
	{.name = "max_pulls_per_s",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct hss_config, max_pulls_per_s)},
	{.name = "diameter",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct hss_config, diameter),
	 .required = true,
	 .fields = diameter_config_fields},
	{.name = "numbers",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct hss_config, numbers),
	 .fields = config_e2m_numbers},
	{.name = "subscribers",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct hss_config, subscribers.list),
	 .required = true,
	 .item = &subscriber_item,
	 .count_offset = offsetof(struct hss_config, subscribers.count),
	 .item_default = &subscriber_default},
	{0},
};

static bool check(struct hss_config *config, struct config_file *file, FILE *errors)
{
	bool ok = diameter_config_check(&config->diameter, file, "diameter", errors);

	ok = subscribers_prepare(&config->subscribers, file, "subscribers", errors) && ok;
	config->state = (char *)config_resolve_path(file, config->state);
	if (!config->state) {
		config_error(file, errors, "state", "out of memory");
		ok = false;
	}
	return ok;
}

struct config_file *hss_config_load(const char *path, struct hss_config *config, FILE *errors)
{
	*config = (struct hss_config){
		.log = program_log_default,
		.keyset_retention_s = 300,
		.keyset_capacity = 1000000,
		.diameter = diameter_default_config,
		.numbers = e2m_default_numbers,
	};
	struct config_file *file = config_load(path, fields, config, errors);
	if (file && !check(config, file, errors)) {
		hss_config_free(config, file);
		return NULL;
	}
	return file;
}

void hss_config_free(struct hss_config *config, struct config_file *file)
{
	config_free(file); /* which wipes the subscribers */
	memset(config, 0, sizeof(*config));
}
