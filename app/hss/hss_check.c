/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/hss_check.h"
#include "program/privileges.h"

/* Checks a setting that this role must have (wanted) or must not have. */
static bool check_setting(const struct hss_config *config, const struct config_file *file,
			  const char *name, bool given, bool wanted, FILE *errors)
{
	if (given == wanted)
		return true;
	config_error(file, errors, name,
		     wanted ? "required by role %s, but missing" : "role %s has no such setting",
		     hss_role_names[config->role]);
	return false;
}

/* A misspelt name here would make the KMS look like an HSE, which then takes keysets from the real
 * ones. */
static bool check_kms_peers(const struct hss_config *config, const struct config_file *file,
			    FILE *errors)
{
	bool ok = true;
	char place[64];

	for (size_t i = 0; i < config->kms_peers_count; i++) {
		snprintf(place, sizeof(place), "kms_peers[%zu]", i);
		ok = diameter_config_check_name(&config->diameter, file, place,
						config->kms_peers[i], errors) &&
		     ok;
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

bool hss_check(struct hss_config *config, struct config_file *file, FILE *errors)
{
	bool ok = diameter_config_check(&config->diameter, file, "diameter", errors);

	ok = config_e2m_numbers_check(file, &config->numbers, errors) && ok;
	ok = check_role(config, file, errors) && ok;
	ok = clusters_check(config->hse_clusters, config->hse_clusters_count, file, "hse_clusters",
			    errors) &&
	     ok;
	ok = program_check_user(file, config->user, errors) && ok;
	ok = program_log_config_check(&config->log, file, errors) && ok;
	config->state = (char *)config_resolve_path(file, config->state);
	if (!config->state) {
		config_error(file, errors, "state", "out of memory");
		ok = false;
	}
	return ok;
}

bool hss_findings(const struct config_file *file, const void *arg, FILE *out)
{
	const struct hss_config *config = arg;

	if (config->role == HSS_ROLE_KMS)
		return kms_config_check_names(&config->kms, &config->diameter, file, "kms", out);
	return subscribers_check_names(&config->subscribers, &config->diameter, file, "subscribers",
				       out);
}
