/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kms_releases: which keysets of an IMSI a KMS has released, in the order in which each was released for the first
 * time, and to which HSE. A keyset without lifetime is replaced when two others have been released after it to the
 * same HSE (e2m.md 2); it stays here for as long as an HSS might give it anew. A keyset is known by its keys: it has two
 * names.
 */
#ifndef HSS_KMS_RELEASES_H
#define HSS_KMS_RELEASES_H

#include "e2m/e2m.h"
#include "hss/clusters.h"

#define KMS_FINGERPRINT_LEN 16
/* The oldest goes when there are more. */
#define KMS_RELEASES_MAX 48
/* The longest that an HSS of ours keeps a keyset. */
#define KMS_RELEASE_KEPT_S 86400

enum kms_release_flag {
	KMS_RELEASE_OPEN = 1, /* it was released without a lifetime */
	KMS_RELEASE_REPLACED = 2,
};

/* No padding: it is on disk like this. */
struct kms_release {
	uint64_t hse;	  /* clusters_hash */
	uint64_t until_s; /* when it may go; 0: not known yet */
	uint8_t fingerprint[KMS_FINGERPRINT_LEN];
	uint8_t others; /* that were released for the first time after it, to the same HSE */
	uint8_t flags;	/* enum kms_release_flag */
	uint8_t unused[6];
};

struct kms_releases {
	size_t count;
	struct kms_release list[KMS_RELEASES_MAX]; /* in the order of their first release */
};

/* Of the keys. False: the crypto library failed. */
bool kms_fingerprint(const struct e2m_keyset *keyset, uint8_t fingerprint[KMS_FINGERPRINT_LEN]);

enum kms_verdict {
	KMS_RELEASED, /* it may be given, and is noted */
	KMS_REPLACED, /* never again */
	KMS_HELD,     /* by another HSE */
};

/* hse asks for the keyset; lifetime_s: 0: until replaced. What it replaces has KMS_RELEASE_REPLACED, and until_s from now
 * on. */
enum kms_verdict kms_releases_note(struct kms_releases *releases, const struct clusters *clusters,
				   const uint8_t fingerprint[KMS_FINGERPRINT_LEN], const char *hse,
				   uint32_t lifetime_s, uint64_t now_s);

#endif
