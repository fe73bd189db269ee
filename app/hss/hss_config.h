/* SPDX-License-Identifier: BSD-3-Clause */
/* hss_config: the configuration of hse-hss; config/hse-hss.yaml explains it. */
#ifndef HSS_HSS_CONFIG_H
#define HSS_HSS_CONFIG_H

#include "diameter/diameter.h"
#include "hss/clusters.h"
#include "hss/kms_config.h"
#include "hss/subscribers.h"
#include "program/program.h"

enum hss_role {
	HSS_ROLE_HSS,
	HSS_ROLE_KMS,
};

/* "hss", "kms", NULL. */
extern const char *const hss_role_names[];

#define HSS_USER "hse-hss"

struct hss_config {
	struct program_log_config log;
	char *user;  /* the user to become if started as root; NULL: HSS_USER, if it exists */
	int role;    /* enum hss_role */
	char *state; /* file of SQNs; of a KMS: of keysets */
	uint32_t keyset_retention_s;
	bool has_retention;
	uint64_t keyset_capacity;
	uint32_t max_pulls_per_s; /* 0: no bound */
	struct diameter_config diameter;
	struct e2m_numbers numbers;
	struct subscribers subscribers; /* of an HSS */
	bool has_subscribers;
	char **kms_peers; /* of an HSS: which of diameter.peers are KMSs, and pull for HSEs */
	size_t kms_peers_count;
	bool has_kms_peers;
	struct cluster_config *hse_clusters; /* which identities form one HSE */
	size_t hse_clusters_count;
	struct kms_config kms; /* of a KMS */
	bool has_kms;
};

/* The table of all keys. */
extern const struct config_field hss_config_fields[];

/* Reads and checks path. NULL: errors says why. What it returns owns what config points to. */
struct config_file *hss_config_load(const char *path, struct hss_config *config, FILE *errors);

/* --check: reports every error, all findings (hss_check.h), and outside faults: certificates, the
 * listening address. Returns false if any of them is more than a warning. */
bool hss_config_check(const char *path, struct hss_config *config, FILE *errors);

bool hss_config_is_kms(const struct hss_config *config, const char *peer);

/* Wipes what the file gave, and frees it. */
void hss_config_free(struct hss_config *config, struct config_file *file);

#endif
