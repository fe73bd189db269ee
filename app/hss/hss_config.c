/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/hss_config.h"

#include <string.h>
#include <strings.h>

#define KEYSETS_MAX (UINT64_C(1) << 31)

static const char *const role_names[] = {[HSS_ROLE_HSS] = "hss", [HSS_ROLE_KMS] = "kms", NULL};

static const struct config_field kms_peer_item = {.kind = CONFIG_STRING, .size = sizeof(char *)};

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
	 .max = 86400,
	 .given_offset = offsetof(struct hss_config, has_retention)},
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
	 .item = &subscriber_item,
	 .count_offset = offsetof(struct hss_config, subscribers.count),
	 .item_default = &subscriber_default,
	 .given_offset = offsetof(struct hss_config, has_subscribers)},
	{.name = "kms_peers",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct hss_config, kms_peers),
	 .item = &kms_peer_item,
	 .count_offset = offsetof(struct hss_config, kms_peers_count),
	 .given_offset = offsetof(struct hss_config, has_kms_peers)},
	{.name = "kms",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct hss_config, kms),
	 .fields = kms_config_fields,
	 .given_offset = offsetof(struct hss_config, has_kms)},
	{0},
};

/* A setting that this role must have (wanted), or must not. */
static bool check_setting(const struct hss_config *config, const struct config_file *file,
			  const char *name, bool given, bool wanted, FILE *errors)
{
	if (given == wanted)
		return true;
	config_error(file, errors, name,
		     wanted ? "required by role %s, but missing" : "role %s has no such setting",
		     role_names[config->role]);
	return false;
}

static bool is_peer(const struct diameter_config *diameter, const char *identity)
{
	for (size_t i = 0; i < diameter->peers_count; i++)
		if (!strcasecmp(diameter->peers[i].identity, identity))
			return true;
	return false;
}

/* A name that is misspelt here would make an HSE of the KMS, which then takes keysets from the true ones. */
static bool check_kms_peers(const struct hss_config *config, const struct config_file *file,
			    FILE *errors)
{
	bool ok = true;
	char place[64];

	for (size_t i = 0; i < config->kms_peers_count; i++) {
		if (is_peer(&config->diameter, config->kms_peers[i]))
			continue;
		snprintf(place, sizeof(place), "kms_peers[%zu]", i);
		config_error(file, errors, place, "'%s' is not in diameter.peers",
			     config->kms_peers[i]);
		ok = false;
	}
	return ok;
}

static bool check_role(struct hss_config *config, struct config_file *file, FILE *errors)
{
	const bool is_kms = config->role == HSS_ROLE_KMS;
	bool ok = check_setting(config, file, "subscribers", config->has_subscribers, !is_kms,
				errors);

	ok = check_setting(config, file, "kms", config->has_kms, is_kms, errors) && ok;
	if (!is_kms) {
		ok = check_kms_peers(config, file, errors) && ok;
		return subscribers_prepare(&config->subscribers, file, "subscribers", errors) && ok;
	}
	ok = check_setting(config, file, "kms_peers", config->has_kms_peers, false, errors) && ok;
	ok = check_setting(config, file, "keyset_retention_s", config->has_retention, false,
			   errors) &&
	     ok;
	return config->has_kms && kms_config_check(&config->kms, file, "kms", errors) && ok;
}

static bool check(struct hss_config *config, struct config_file *file, FILE *errors)
{
	bool ok = diameter_config_check(&config->diameter, file, "diameter", errors);

	ok = check_role(config, file, errors) && ok;
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
		.kms = kms_default_config,
	};
	struct config_file *file = config_load(path, fields, config, errors);
	if (file && !check(config, file, errors)) {
		hss_config_free(config, file);
		return NULL;
	}
	return file;
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
