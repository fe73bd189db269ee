/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/kms_config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CREDENTIALS "CREDENTIALS_DIRECTORY" /* systemd.exec(5) */
#define WHY_SIZE    512

/* Shorter than hse's own, so that it hears from us in time. */
const struct kms_config kms_default_config = {.timeout_ms = 1500, .keysets_per_imsi = 4};

static const struct config_field name_item = {.kind = CONFIG_STRING, .size = sizeof(char *)};

static const struct config_field right_fields[] = {
	{.name = "imsi",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct kms_right, imsi),
	 .required = true},
	{.name = "hses",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct kms_right, hses),
	 .required = true,
	 .item = &name_item,
	 .count_offset = offsetof(struct kms_right, hses_count)},
	{0},
};

static const struct config_field right_item = {
	.kind = CONFIG_STRUCT, .size = sizeof(struct kms_right), .fields = right_fields};

/* The nested mapping fills members of the same struct, hence its offset 0. */
static const struct config_field hss_fields[] = {
	{.name = "hosts",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct kms_config, hss_hosts),
	 .required = true,
	 .min = 1,
	 .max = DIAMETER_HOSTS_MAX,
	 .item = &name_item,
	 .count_offset = offsetof(struct kms_config, hss_hosts_count)},
	{.name = "realm",
	 .kind = CONFIG_STRING,
	 CONFIG_MEMBER(struct kms_config, hss_realm),
	 .required = true},
	{0},
};

const struct config_field kms_config_fields[] = {
	{.name = "key_file", .kind = CONFIG_STRING, CONFIG_MEMBER(struct kms_config, key_file)},
	{.name = "credential", .kind = CONFIG_STRING, CONFIG_MEMBER(struct kms_config, credential)},
	{.name = "hss",
	 .kind = CONFIG_STRUCT,
	 .size = sizeof(struct kms_config),
	 .required = true,
	 .fields = hss_fields},
	{.name = "timeout_ms",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct kms_config, timeout_ms),
	 .min = 10,
	 .max = 60000},
	{.name = "keysets_per_imsi",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct kms_config, keysets_per_imsi),
	 .min = 2,
	 .max = 32},
	{.name = "may_pull",
	 .reloads = true,
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct kms_config, rights),
	 .item = &right_item,
	 .count_offset = offsetof(struct kms_config, rights_count),
	 .given_offset = offsetof(struct kms_config, has_rights)},
	{0},
};

/* --- the master key --- */

bool kms_config_read_key(const struct kms_config *config, uint8_t key[SEAL_KEY_LEN], char *why,
			 size_t why_size)
{
	const char *folder = getenv(CREDENTIALS);
	char path[WHY_SIZE];

	if (config->key_file)
		return seal_read_key(config->key_file, false, key, why, why_size);
	if (!folder) {
		snprintf(why, why_size,
			 "there is no %s in the environment: have systemd start us, with "
			 "LoadCredential=%s:... or LoadCredentialEncrypted=%s:...",
			 CREDENTIALS, config->credential, config->credential);
		return false;
	}
	snprintf(path, sizeof(path), "%s/%s", folder, config->credential);
	return seal_read_key(path, true, key, why, why_size);
}

/* --- checks --- */

static bool check_key(struct kms_config *config, struct config_file *file, const char *path,
		      FILE *errors)
{
	char place[64], why[WHY_SIZE];
	uint8_t key[SEAL_KEY_LEN];
	bool ok;

	if (!config->key_file == !config->credential) {
		config_error(file, errors, path,
			     "expected either 'key_file' or 'credential': where the master key is");
		return false;
	}
	snprintf(place, sizeof(place), "%s.%s", path, config->key_file ? "key_file" : "credential");
	if (config->key_file) {
		config->key_file = (char *)config_resolve_path(file, config->key_file);
		if (!config->key_file) {
			config_error(file, errors, place, "out of memory");
			return false;
		}
	} else if (strchr(config->credential, '/')) {
		config_error(file, errors, place, "'%s' is a path, not the name of a credential",
			     config->credential);
		return false;
	}
	ok = kms_config_read_key(config, key, why, sizeof(why));
	e2m_wipe(key, sizeof(key));
	if (!ok)
		config_error(file, errors, place, "%s", why);
	return ok;
}

static bool check_right(const struct kms_config *config, size_t i, const struct config_file *file,
			const char *path, FILE *errors)
{
	const char *imsi = config->rights[i].imsi;
	char place[80];

	snprintf(place, sizeof(place), "%s.may_pull[%zu].imsi", path, i);
	if (strlen(imsi) > E2M_IMSI_MAX_DIGITS || imsi[strspn(imsi, "0123456789")]) {
		config_error(file, errors, place,
			     "expected the first digits of IMSIs, or \"\" for all, found '%s'",
			     imsi);
		return false;
	}
	for (size_t j = 0; j < i; j++)
		if (!strcmp(config->rights[j].imsi, imsi)) {
			config_error(file, errors, place, "'%s' is there already: %s.may_pull[%zu]",
				     imsi, path, j);
			return false;
		}
	return true;
}

bool kms_config_check(struct kms_config *config, struct config_file *file, const char *path,
		      FILE *errors)
{
	bool ok = check_key(config, file, path, errors);

	for (size_t i = 0; i < config->rights_count; i++)
		ok = check_right(config, i, file, path, errors) && ok;
	return ok;
}

bool kms_config_check_names(const struct kms_config *config, const struct diameter_config *diameter,
			    const struct config_file *file, const char *path, FILE *errors)
{
	char place[96];
	bool ok = true;

	for (size_t i = 0; i < config->hss_hosts_count; i++) {
		snprintf(place, sizeof(place), "%s.hss.hosts[%zu]", path, i);
		ok = diameter_config_check_name(diameter, file, place, config->hss_hosts[i],
						errors) &&
		     ok;
	}
	for (size_t i = 0; i < config->rights_count; i++)
		for (size_t j = 0; j < config->rights[i].hses_count; j++) {
			snprintf(place, sizeof(place), "%s.may_pull[%zu].hses[%zu]", path, i, j);
			ok = diameter_config_check_name(diameter, file, place,
							config->rights[i].hses[j], errors) &&
			     ok;
		}
	return ok;
}

/* --- rights --- */

bool kms_config_may_pull(const struct kms_config *config, const struct e2m_imsi *imsi,
			 const char *hse)
{
	const struct kms_right *right = NULL;

	if (!config->has_rights)
		return true;
	for (size_t i = 0; i < config->rights_count; i++) {
		const struct kms_right *other = &config->rights[i];

		if (!strncmp(other->imsi, imsi->digits, strlen(other->imsi)) &&
		    (!right || strlen(other->imsi) > strlen(right->imsi)))
			right = other;
	}
	for (size_t i = 0; right && i < right->hses_count; i++)
		if (!strcasecmp(right->hses[i], hse))
			return true;
	return false;
}
