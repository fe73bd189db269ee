/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kms_file: stores the records of kms_store on disk, in one LMDB database. Each key begins with a
 * letter.
 *
 *   r name (IMSI, SQN|RAND)  ->  expiry, number, fingerprint of the keys, sealed keyset
 *   s IMSI                   ->  the released keysets of the IMSI (kms_releases.h), sealed
 *   n number                 ->  name        in the order of age, oldest first
 *   e expiry, number         ->  name        not for records without expiry
 *   m                        ->  kind of file, the latest time seen, and a text sealed with its key
 *
 * Numbers increase with each keyset. An n or e entry is void if its record is missing or has
 * another number. Only one thread at a time may call these functions, except kms_file_get and
 * kms_file_count. Functions return 0 or an error of LMDB.
 */
#ifndef HSS_KMS_FILE_H
#define HSS_KMS_FILE_H

#include "e2m/e2m.h"
#include "hss/kms_releases.h"
#include "hss/seal.h"
#include "hss/state_file.h"

/* No padding: octets of it are a key on disk and a name to seal under. */
struct kms_name {
	struct e2m_imsi imsi;
	struct e2m_keyset_id id;
};

/* Ciphering, integrity, e2mCK, e2mIK; and then the identity of the HSE that has the keyset. */
#define KMS_TEXT_LEN   (2 + 2 * E2M_KEY_LEN)
#define KMS_HOLDER_MAX 255

struct kms_record {
	uint8_t expires_s[8]; /* big-endian; 0: when it is replaced */
	uint8_t number[8];
	uint8_t fingerprint[KMS_FINGERPRINT_LEN];
	uint8_t sealed[KMS_TEXT_LEN + KMS_HOLDER_MAX +
		       SEAL_EXTRA]; /* on disk no more than is used */
	uint8_t holder_len;	    /* not on disk: what the length there leaves for it */
};

/* Octets on disk of a record with a holder of that many. */
#define KMS_RECORD_LEN(holder_len) \
	(offsetof(struct kms_record, sealed) + KMS_TEXT_LEN + (holder_len) + SEAL_EXTRA)

struct kms_file {
	struct state_file state;
	MDB_dbi dbi;
	uint64_t latest_s; /* as it is on disk */
	uint64_t next_number;
	uint64_t records; /* on disk */
	int64_t added;	  /* to them in the transaction under way */
};

/* False on any error, which is written to errors. */
bool kms_file_open(struct kms_file *file, const char *path, uint64_t capacity, struct seal *seal,
		   FILE *errors);
void kms_file_close(struct kms_file *file);

/* MDB_NOTFOUND: there is none. Any thread. */
int kms_file_get(struct kms_file *file, const struct kms_name *name, struct kms_record *record);

/* What follows happens within one transaction. */
int kms_file_begin(struct kms_file *file, MDB_txn **txn);
int kms_file_put(struct kms_file *file, MDB_txn *txn, const struct kms_name *name,
		 const struct kms_record *record);
int kms_file_erase(struct kms_file *file, MDB_txn *txn, const struct kms_name *name);
/* Same as kms_file_get. */
int kms_file_get_within(struct kms_file *file, MDB_txn *txn, const struct kms_name *name,
			struct kms_record *record);
/* The sealed list of released keysets: up to KMS_RELEASES_LEN(KMS_RELEASES_MAX) octets.
 * MDB_NOTFOUND: none. */
#define KMS_RELEASES_LEN(count) ((count) * sizeof(struct kms_release) + SEAL_EXTRA)
int kms_file_get_releases(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
			  uint8_t *sealed, size_t *len);
int kms_file_put_releases(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
			  const uint8_t *sealed, size_t len);
/* Erases all names of a keyset. *erased: the number of keysets erased, 0 or 1. */
int kms_file_erase_keyset(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
			  const uint8_t fingerprint[KMS_FINGERPRINT_LEN], uint64_t *erased);
/* These erase expired records, the IMSI's keysets beyond per_imsi (under all their names), and
 * records beyond capacity. *erased: their number. The work of one call is bounded; the next call
 * continues. */
int kms_file_expire(struct kms_file *file, MDB_txn *txn, uint64_t now_s, uint64_t *erased);
int kms_file_trim_imsi(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
		       uint32_t per_imsi, uint64_t *erased);
int kms_file_trim(struct kms_file *file, MDB_txn *txn, uint64_t capacity, uint64_t *erased);
/* Commits, and once a minute remembers the time; gives the transaction up when rc is not 0. Returns what
 * came of it. */
int kms_file_end(struct kms_file *file, MDB_txn *txn, uint64_t now_s, int rc);

uint64_t kms_file_count(const struct kms_file *file);

uint64_t kms_read_u64(const uint8_t octets[8]);
void kms_write_u64(uint8_t octets[8], uint64_t value);

#endif
