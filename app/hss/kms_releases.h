/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kms_releases: the keysets of an IMSI that a KMS has released, each with its HSE, in the order of
 * their first release. A keyset without lifetime is replaced when two others were released later to
 * the same HSE (e2m.md 2). It stays listed as long as an HSS might give it again. A keyset is
 * identified by its keys, because it has two names.
 */
#ifndef HSS_KMS_RELEASES_H
#define HSS_KMS_RELEASES_H

#include "e2m/e2m.h"
#include "hss/clusters.h"

#define KMS_FINGERPRINT_LEN 16
/* If there are more, the oldest is removed. */
#define KMS_RELEASES_MAX 48
/* The longest time that an HSS of this project keeps a keyset. */
#define KMS_RELEASE_KEPT_S 86400

enum kms_release_flag {
	KMS_RELEASE_OPEN = 1, /* it was released without a lifetime */
	KMS_RELEASE_REPLACED = 2,
};

/* No padding: this is the format on disk. */
struct kms_release {
	uint64_t hse;	  /* clusters_hash */
	uint64_t until_s; /* when it may be removed; 0: not known yet */
	uint8_t fingerprint[KMS_FINGERPRINT_LEN];
	uint8_t others; /* others first released later, to the same HSE */
	uint8_t flags;	/* enum kms_release_flag */
	uint8_t unused[6];
};

struct kms_releases {
	size_t count;
	struct kms_release list[KMS_RELEASES_MAX]; /* in the order of their first release */
};

/* The fingerprint of the keys. Returns false if the crypto library failed. */
bool kms_fingerprint(const struct e2m_keyset *keyset, uint8_t fingerprint[KMS_FINGERPRINT_LEN]);

enum kms_verdict {
	KMS_RELEASED, /* it may be given, and the release is noted */
	KMS_REPLACED, /* it must never be given again */
	KMS_HELD,     /* another HSE has it */
};

/* hse asks for the keyset. lifetime_s 0: until replaced. Keysets that this release replaces get
 * KMS_RELEASE_REPLACED and until_s. */
enum kms_verdict kms_releases_note(struct kms_releases *releases, const struct clusters *clusters,
				   const uint8_t fingerprint[KMS_FINGERPRINT_LEN], const char *hse,
				   uint32_t lifetime_s, uint64_t now_s);

#endif
