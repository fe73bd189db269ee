/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/hss_config.h"

#include <string.h>
#include <strings.h>

#include "hss/hss_check.h"
#include "program/privileges.h"

#define KEYSETS_MAX (UINT64_C(1) << 31)

const char *const hss_role_names[] = {[HSS_ROLE_HSS] = "hss", [HSS_ROLE_KMS] = "kms", NULL};

static const struct config_field kms_peer_item = {.kind = CONFIG_STRING, .size = sizeof(char *)};

const struct config_field hss_config_fields[] = {
	{.name = "log",
	 .reloads = true,
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct hss_config, log),
	 .fields = program_log_fields},
	{.name = "user", .kind = CONFIG_STRING, CONFIG_MEMBER(struct hss_config, user)},
	{.name = "role",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct hss_config, role),
	 .names = hss_role_names},
	{.name = "state",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct hss_config, state),
	 .required = true},
	{.name = "keyset_retention_s",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct hss_config, keyset_retention_s),
	 .min = 1,
	 .max = 86400,
	 .given_offset = offsetof(struct hss_config, has_retention)},
	{.name = "keyset_capacity",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct hss_config, keyset_capacity),
	 .min = 1,
	 .max = KEYSETS_MAX},
	{.name = "max_pulls_per_s",
	 .reloads = true,
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
	 .reloads = true,
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct hss_config, subscribers.list),
	 .item = &subscriber_item,
	 .count_offset = offsetof(struct hss_config, subscribers.count),
	 .item_default = &subscriber_default,
	 .given_offset = offsetof(struct hss_config, has_subscribers)},
	{.name = "kms_peers",
	 .reloads = true,
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct hss_config, kms_peers),
	 .item = &kms_peer_item,
	 .count_offset = offsetof(struct hss_config, kms_peers_count),
	 .given_offset = offsetof(struct hss_config, has_kms_peers)},
	{.name = "hse_clusters",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct hss_config, hse_clusters),
	 .item = &cluster_item,
	 .count_offset = offsetof(struct hss_config, hse_clusters_count),
	 .max = 1024},
	{.name = "kms",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct hss_config, kms),
	 .fields = kms_config_fields,
	 .given_offset = offsetof(struct hss_config, has_kms)},
	{0},
};

static struct config_file *read_file(const char *path, struct hss_config *config, FILE *errors)
{
	*config = (struct hss_config){
		.log = program_log_default,
		.keyset_retention_s = 300,
		.keyset_capacity = 1000000,
		.diameter = diameter_default_config,
		.numbers = e2m_default_numbers,
		.kms = kms_default_config,
	};
	return config_load(path, hss_config_fields, config, errors);
}

struct config_file *hss_config_load(const char *path, struct hss_config *config, FILE *errors)
{
	struct config_file *file = read_file(path, config, errors);

	if (file && !hss_check(config, file, errors)) {
		hss_config_free(config, file);
		return NULL;
	}
	return file;
}

bool hss_config_check(const char *path, struct hss_config *config, FILE *errors)
{
	struct config_file *file = read_file(path, config, errors);
	bool ok = file && program_check_as_user(file, path, config->user, HSS_USER, errors);

	if (!file)
		return false;
	ok = hss_check(config, file, errors) && ok;
	ok = hss_findings(file, config, errors) && ok;
	config_warn_of_folder(file, errors, "state", config->state);
	ok = diameter_config_check_outside(&config->diameter, file, "diameter", errors) && ok;
	hss_config_free(config, file);
	return ok;
}

bool hss_config_is_kms(const struct hss_config *config, const char *peer)
{
	for (size_t i = 0; i < config->kms_peers_count; i++)
		if (!strcasecmp(config->kms_peers[i], peer))
			return true;
	return false;
}

void hss_config_free(struct hss_config *config, struct config_file *file)
{
	subscribers_free(&config->subscribers);
	config_free(file); /* which wipes the subscribers that it has */
	memset(config, 0, sizeof(*config));
}
