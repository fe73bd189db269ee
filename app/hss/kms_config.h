/* SPDX-License-Identifier: BSD-3-Clause */
/* kms_config: the `kms:` mapping of hse-hss; config/hse-kms.yaml explains it. */
#ifndef HSS_KMS_CONFIG_H
#define HSS_KMS_CONFIG_H

#include "config/config.h"
#include "diameter/diameter.h"
#include "e2m/e2m.h"
#include "hss/seal.h"

/* Who may pull keysets of IMSIs that begin so. */
struct kms_right {
	char *imsi;
	char **hses;
	size_t hses_count;
};

struct kms_config {
	char *key_file;	  /* the master key is in this file, or */
	char *credential; /* in this one of $CREDENTIALS_DIRECTORY (systemd) */
	char *hss_realm;
	char **hss_hosts;
	size_t hss_hosts_count;
	uint32_t timeout_ms;
	uint32_t keysets_per_imsi;
	bool has_rights; /* else any peer may pull */
	struct kms_right *rights;
	size_t rights_count;
};

extern const struct kms_config kms_default_config;
extern const struct config_field kms_config_fields[];

/* What the table cannot see; also that the master key can be read. Makes key_file relative to the folder
 * of file. Reports at path ("kms") of file; true when all is well. */
bool kms_config_check(struct kms_config *config, struct config_file *file, const char *path,
		      FILE *errors);

/* Reports names in `hss` and `may_pull` without a peer in diameter, at path of file. Returns false
 * if there was one. */
bool kms_config_check_names(const struct kms_config *config, const struct diameter_config *diameter,
			    const struct config_file *file, const char *path, FILE *errors);

/* The master key; the caller wipes it. False: why is what is wrong. */
bool kms_config_read_key(const struct kms_config *config, uint8_t key[SEAL_KEY_LEN], char *why,
			 size_t why_size);

/* The right with the longest beginning of the IMSI counts. */
bool kms_config_may_pull(const struct kms_config *config, const struct e2m_imsi *imsi,
			 const char *hse);

#endif
