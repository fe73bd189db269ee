/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kms_store: the KMS's long-term memory (e2m.md 1). It has keysets by (IMSI, SQN|RAND), each until
 * its lifetime ends. Keysets without lifetime stay until two others have replaced them
 * (kms_releases.h). Each keyset is stored with its holder, the HSE that it was pulled for. The
 * store is on disk (LMDB). Each keyset is sealed with the master key and bound to its name and
 * times, so that it cannot be read, changed or moved to another record.
 *
 * A new keyset is released only after its release is on disk (e2m.md 2). One thread writes all
 * waiting releases in one transaction, and then reports the outcome of each. This thread alone
 * decides, so that two requests at the same moment know of each other. Times are in seconds of a
 * clock that never runs backwards, not even across restarts. All functions except open and close
 * may be called from several threads at once.
 */
#ifndef HSS_KMS_STORE_H
#define HSS_KMS_STORE_H

#include "e2m/e2m.h"
#include "hss/clusters.h"
#include "hss/seal.h"

struct kms_keyset {
	struct e2m_keyset keyset; /* the receiver wipes its copy */
	enum e2m_eea ciphering;
	enum e2m_eia integrity;
	uint32_t lifetime_s; /* from now on; 0: until replaced */
	char holder[256];    /* an identity, of any case */
};

struct kms_store_config {
	const char *path;
	uint64_t capacity;		 /* keysets in all; the oldest is removed first */
	uint32_t per_imsi;		 /* same for one IMSI */
	const struct clusters *clusters; /* must stay valid; NULL: no clusters */
};

enum kms_store_result {
	KMS_STORE_FOUND,
	KMS_STORE_NONE,
	KMS_STORE_DAMAGED, /* it was there, but has been changed; now it is erased */
};

struct kms_store_counters {
	uint64_t kept;	   /* on disk, now */
	uint64_t expired;  /* erased at the end of their lifetimes */
	uint64_t replaced; /* erased for newer ones of the same IMSI */
	uint64_t evicted;  /* erased for others, for want of room */
	uint64_t damaged;
	uint64_t lost; /* not released, because the disk failed */
};

struct kms_store;

/* Opens or makes the file. NULL on any error, which is written to errors: also when it was written under
 * another key. key may be wiped afterwards. */
struct kms_store *kms_store_open(const struct kms_store_config *config,
				 const uint8_t key[SEAL_KEY_LEN], FILE *errors);
/* Accepts no further keysets (-EBUSY). Returns when all earlier ones are written, or after some
 * seconds if the disk fails. */
void kms_store_drain(struct kms_store *store);
/* Writes everything; wipes. */
void kms_store_close(struct kms_store *store);

/* The latest time that the file had seen when it was opened: the clock goes on from there at least. */
uint64_t kms_store_latest_s(const struct kms_store *store);

enum kms_outcome {
	KMS_OUTCOME_KEPT,     /* it is on disk and may be released to its holder */
	KMS_OUTCOME_HELD,     /* another HSE has it */
	KMS_OUTCOME_REPLACED, /* released before, with two others since: never again */
	KMS_OUTCOME_FAILED,   /* the disk failed: it must not be released now */
};
typedef void (*kms_store_done)(void *arg, enum kms_outcome outcome);

/* If 0 is returned, done is called once, from the writing thread. -EINVAL: no holder. -EBUSY: too
 * many wait. -ENOMEM, -EIO. */
int kms_store_put(struct kms_store *store, const struct e2m_imsi *imsi,
		  const struct e2m_keyset_id *id, const struct kms_keyset *keyset, uint64_t now_s,
		  kms_store_done done, void *arg);
/* lifetime_s becomes what is left of it. */
enum kms_store_result kms_store_get(struct kms_store *store, const struct e2m_imsi *imsi,
				    const struct e2m_keyset_id *id, uint64_t now_s,
				    struct kms_keyset *keyset);

/* Has what has expired erased; to be called once a second or so. */
void kms_store_tick(struct kms_store *store, uint64_t now_s);

void kms_store_count(struct kms_store *store, struct kms_store_counters *counters);

#endif
