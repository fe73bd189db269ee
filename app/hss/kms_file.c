/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/kms_file.h"

#include <string.h>

/* Octets of address space. A record takes about 350 with its indices, and up to 255 for the HSE's
 * name, in pages that are half full. The IMSI's list of releases takes up to a page, and may be
 * needed for this keyset alone. */
#define MAP_BASE	(UINT64_C(64) << 20)
#define MAP_PER_KEYSET	(1536 + 4096)
#define ERASED_A_ROUND	10000
#define LATEST_EVERY_S	60 /* the time is written so often, not with each transaction */
#define META_NAME	"meta"
#define META_VERSION	3		   /* 2: records without fingerprints; 1: without the HSE */
#define SEALED_TEXT	"hse-hss role kms" /* which only the right key opens */
#define SEALED_TEXT_LEN (sizeof(SEALED_TEXT) - 1)
#define COST                                                                                 \
	"the KMS then learns keysets anew, and UEs back from idle whose keyset the HSS has " \
	"forgotten are not served until they run AKA again"

struct meta {
	uint32_t version;
	uint32_t unused;
	uint64_t latest_s;
	uint8_t sealed[SEALED_TEXT_LEN + SEAL_EXTRA];
	uint8_t unused_too[4];
};

/* Keys. */
enum kind { RECORD = 'r', RELEASES = 's', BY_NUMBER = 'n', BY_EXPIRY = 'e', META = 'm' };

struct key {
	uint8_t kind; /* enum kind */
	union {
		struct kms_name name;
		struct e2m_imsi imsi;
		uint8_t number[8];
		struct {
			uint8_t expires_s[8], number[8];
		} expiry;
	};
};

_Static_assert(sizeof(struct key) == 1 + sizeof(struct kms_name), "no padding");

uint64_t kms_read_u64(const uint8_t octets[8])
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | octets[i];
	return value;
}

void kms_write_u64(uint8_t octets[8], uint64_t value)
{
	for (int i = 8; i-- > 0; value >>= 8)
		octets[i] = (uint8_t)value;
}

static size_t key_len(uint8_t kind)
{
	return 1 + (kind == RECORD	? sizeof(struct kms_name)
		    : kind == RELEASES	? sizeof(struct e2m_imsi)
		    : kind == BY_NUMBER ? 8
		    : kind == BY_EXPIRY ? 16
					: 0);
}

static struct key record_key(const struct kms_name *name)
{
	return (struct key){.kind = RECORD, .name = *name};
}

static struct key number_key(const struct kms_record *record)
{
	struct key key = {.kind = BY_NUMBER};

	memcpy(key.number, record->number, sizeof(key.number));
	return key;
}

static struct key expiry_key(const struct kms_record *record)
{
	struct key key = {.kind = BY_EXPIRY};

	memcpy(key.expiry.expires_s, record->expires_s, sizeof(key.expiry.expires_s));
	memcpy(key.expiry.number, record->number, sizeof(key.expiry.number));
	return key;
}

static const struct key meta_key = {.kind = META};

static MDB_val view(const struct key *key)
{
	return (MDB_val){.mv_size = key_len(key->kind), .mv_data = (void *)key};
}

static int put(const struct kms_file *file, MDB_txn *txn, const struct key *key, const void *data,
	       size_t len)
{
	MDB_val k = view(key), v = {.mv_size = len, .mv_data = (void *)data};

	return mdb_put(txn, file->dbi, &k, &v, 0);
}

/* MDB_CORRUPTED when there is one of another length. */
static int get(const struct kms_file *file, MDB_txn *txn, const struct key *key, void *data,
	       size_t len)
{
	MDB_val k = view(key), v;
	int rc = mdb_get(txn, file->dbi, &k, &v);

	if (!rc && v.mv_size != len)
		rc = MDB_CORRUPTED;
	if (!rc)
		memcpy(data, v.mv_data, len);
	return rc;
}

/* As it is on disk, into memory. False: it is of no length that a record has. */
static bool read_record(const MDB_val *value, struct kms_record *record)
{
	if (value->mv_size < KMS_RECORD_LEN(1) || value->mv_size > KMS_RECORD_LEN(KMS_HOLDER_MAX))
		return false;
	memcpy(record, value->mv_data, value->mv_size);
	record->holder_len = (uint8_t)(value->mv_size - KMS_RECORD_LEN(0));
	return true;
}

/* As get. */
static int get_record(const struct kms_file *file, MDB_txn *txn, const struct key *key,
		      struct kms_record *record)
{
	MDB_val k = view(key), v;
	int rc = mdb_get(txn, file->dbi, &k, &v);

	return rc || read_record(&v, record) ? rc : MDB_CORRUPTED;
}

/* What is not there needs no deletion. */
static int drop(struct kms_file *file, MDB_txn *txn, const struct key *key)
{
	MDB_val k = view(key);
	int rc = mdb_del(txn, file->dbi, &k, NULL);

	if (!rc && key->kind == RECORD)
		file->added--;
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* What LMDB gave, as a key of that kind; false: it is of another. */
static bool read_key(const MDB_val *found, uint8_t kind, struct key *key)
{
	if (found->mv_size != key_len(kind) || *(const uint8_t *)found->mv_data != kind)
		return false;
	memset(key, 0, sizeof(*key));
	memcpy(key, found->mv_data, found->mv_size);
	return true;
}

/* --- opening --- */

/* Counts records, and finds the highest number that is in use. */
static int survey(struct kms_file *file, MDB_txn *txn)
{
	MDB_val found, value;
	MDB_cursor *cursor;
	struct key key;
	int rc = mdb_cursor_open(txn, file->dbi, &cursor);

	file->next_number = 1;
	file->records = 0;
	if (rc)
		return rc;
	while (!(rc = mdb_cursor_get(cursor, &found, &value, MDB_NEXT))) {
		if (read_key(&found, RECORD, &key))
			file->records++;
		else if (read_key(&found, BY_NUMBER, &key))
			file->next_number = kms_read_u64(key.number) + 1;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

static int make_meta(struct kms_file *file, MDB_txn *txn, struct seal *seal, struct meta *meta)
{
	*meta = (struct meta){.version = META_VERSION};
	if (!seal_close(seal, META_NAME, strlen(META_NAME), SEALED_TEXT, SEALED_TEXT_LEN,
			meta->sealed))
		return MDB_PANIC;
	return put(file, txn, &meta_key, meta, sizeof(*meta));
}

static bool key_fits(struct seal *seal, const struct meta *meta)
{
	char text[SEALED_TEXT_LEN];

	return seal_open(seal, META_NAME, strlen(META_NAME), meta->sealed, text, sizeof(text)) &&
	       !memcmp(text, SEALED_TEXT, sizeof(text));
}

static int load(struct kms_file *file, MDB_txn *txn, struct seal *seal, bool *fits)
{
	struct meta meta;
	int rc = mdb_dbi_open(txn, NULL, 0, &file->dbi);

	if (!rc)
		rc = survey(file, txn);
	if (!rc)
		rc = get(file, txn, &meta_key, &meta, sizeof(meta));
	/* A file that has lost it is not begun anew. */
	if (rc == MDB_NOTFOUND)
		rc = file->records ? MDB_CORRUPTED : make_meta(file, txn, seal, &meta);
	if (!rc && meta.version != META_VERSION)
		rc = MDB_VERSION_MISMATCH;
	if (rc)
		return rc;
	*fits = key_fits(seal, &meta);
	file->latest_s = meta.latest_s;
	return 0;
}

bool kms_file_open(struct kms_file *file, const char *path, uint64_t capacity, struct seal *seal,
		   FILE *errors)
{
	uint64_t map = MAP_BASE + capacity * MAP_PER_KEYSET;
	MDB_txn *txn = NULL;
	bool fits = true;
	int rc;

	if (!state_file_open(&file->state, path, map, COST, errors))
		return false;
	rc = mdb_txn_begin(file->state.env, NULL, 0, &txn);
	if (!rc)
		rc = load(file, txn, seal, &fits);
	if (!rc)
		rc = mdb_txn_commit(txn);
	else if (txn)
		mdb_txn_abort(txn);
	if (rc)
		state_file_tell(path, rc, COST, errors);
	else if (!fits)
		fprintf(errors,
			"%s: was written under another master key. Give that key, or move the file "
			"away to start anew: " COST "\n",
			path);
	return rc == 0 && fits;
}

void kms_file_close(struct kms_file *file)
{
	state_file_close(&file->state);
}

/* --- one record --- */

int kms_file_get(struct kms_file *file, const struct kms_name *name, struct kms_record *record)
{
	const struct key key = record_key(name);
	MDB_txn *txn;
	int rc = mdb_txn_begin(file->state.env, NULL, MDB_RDONLY, &txn);

	if (rc)
		return rc;
	rc = get_record(file, txn, &key, record);
	mdb_txn_abort(txn);
	return rc;
}

int kms_file_begin(struct kms_file *file, MDB_txn **txn)
{
	file->added = 0;
	return mdb_txn_begin(file->state.env, NULL, 0, txn);
}

/* Drops what an index says, if it says it of name. */
static int drop_entry(struct kms_file *file, MDB_txn *txn, const struct key *key,
		      const struct kms_name *name)
{
	struct kms_name of;
	int rc = get(file, txn, key, &of, sizeof(of));

	if (rc || memcmp(&of, name, sizeof(of)))
		return rc == MDB_NOTFOUND ? 0 : rc;
	return drop(file, txn, key);
}

int kms_file_erase(struct kms_file *file, MDB_txn *txn, const struct kms_name *name)
{
	const struct key key = record_key(name);
	struct kms_record record;
	struct key number, expiry;
	int rc = get_record(file, txn, &key, &record);

	if (rc == MDB_CORRUPTED) /* of another length: what the indices say of it means nothing */
		return drop(file, txn, &key);
	if (rc)
		return rc == MDB_NOTFOUND ? 0 : rc;
	number = number_key(&record);
	expiry = expiry_key(&record);
	rc = drop(file, txn, &key);
	if (!rc)
		rc = drop_entry(file, txn, &number, name);
	if (!rc)
		rc = drop_entry(file, txn, &expiry, name);
	return rc;
}

int kms_file_put(struct kms_file *file, MDB_txn *txn, const struct kms_name *name,
		 const struct kms_record *record)
{
	const struct key key = record_key(name);
	const struct key number = number_key(record), expiry = expiry_key(record);
	int rc = kms_file_erase(file, txn, name);

	if (!rc)
		rc = put(file, txn, &key, record, KMS_RECORD_LEN(record->holder_len));
	if (!rc)
		file->added++;
	if (!rc)
		rc = put(file, txn, &number, name, sizeof(*name));
	if (!rc && kms_read_u64(record->expires_s) > 0)
		rc = put(file, txn, &expiry, name, sizeof(*name));
	return rc;
}

/* --- what has to go --- */

/* The first of a kind, and the name that it gives. MDB_NOTFOUND: there is none. */
static int first_of(struct kms_file *file, MDB_txn *txn, uint8_t kind, struct key *key,
		    struct kms_name *name)
{
	const struct key least = {.kind = kind};
	MDB_val found = view(&least), value;
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, file->dbi, &cursor);

	if (rc)
		return rc;
	rc = mdb_cursor_get(cursor, &found, &value, MDB_SET_RANGE);
	if (!rc && !read_key(&found, kind, key))
		rc = MDB_NOTFOUND;
	if (!rc && value.mv_size != sizeof(*name))
		rc = MDB_CORRUPTED;
	if (!rc)
		memcpy(name, value.mv_data, sizeof(*name));
	mdb_cursor_close(cursor);
	return rc;
}

/* The list of releases is kept as long as a keyset of the IMSI is. Without one, only an HSS can
 * give a keyset again, and an HSS counts releases itself. */
static int drop_releases_if_last(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi)
{
	const struct key first = {.kind = RECORD, .name.imsi = *imsi};
	const struct key releases = {.kind = RELEASES, .imsi = *imsi};
	MDB_val found = view(&first), value;
	MDB_cursor *cursor;
	struct key key;
	int rc = mdb_cursor_open(txn, file->dbi, &cursor);

	if (rc)
		return rc;
	rc = mdb_cursor_get(cursor, &found, &value, MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND || (!rc && (!read_key(&found, RECORD, &key) ||
					   memcmp(&key.name.imsi, imsi, sizeof(*imsi)))))
		rc = drop(file, txn, &releases);
	mdb_cursor_close(cursor);
	return rc;
}

/* Erases the record that an index's entry tells of, if it bears that number, and in any case the entry. */
static int erase_by_entry(struct kms_file *file, MDB_txn *txn, const struct key *entry,
			  const struct kms_name *name, const uint8_t number[8], uint64_t *erased)
{
	const struct key key = record_key(name);
	struct kms_record record;
	int rc = get_record(file, txn, &key, &record);

	if (!rc && !memcmp(record.number, number, sizeof(record.number))) {
		rc = kms_file_erase(file, txn, name);
		if (!rc)
			rc = drop_releases_if_last(file, txn, &name->imsi);
		(*erased)++;
	}
	if (!rc || rc == MDB_NOTFOUND || rc == MDB_CORRUPTED)
		rc = drop(file, txn, entry);
	return rc;
}

int kms_file_expire(struct kms_file *file, MDB_txn *txn, uint64_t now_s, uint64_t *erased)
{
	struct kms_name name;
	struct key key;
	int rc = 0;

	*erased = 0;
	for (int i = 0; i < ERASED_A_ROUND && !rc; i++) {
		rc = first_of(file, txn, BY_EXPIRY, &key, &name);
		if (rc || kms_read_u64(key.expiry.expires_s) > now_s)
			break;
		rc = erase_by_entry(file, txn, &key, &name, key.expiry.number, erased);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int kms_file_trim(struct kms_file *file, MDB_txn *txn, uint64_t capacity, uint64_t *erased)
{
	struct kms_name name;
	struct key key;
	int rc = 0;

	*erased = 0;
	for (int i = 0; i < ERASED_A_ROUND && !rc; i++) {
		if (file->records + (uint64_t)file->added <= capacity)
			break;
		rc = first_of(file, txn, BY_NUMBER, &key, &name);
		if (!rc)
			rc = erase_by_entry(file, txn, &key, &name, key.number, erased);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* A keyset of an IMSI, with all its names. */
struct kept {
	uint8_t fingerprint[KMS_FINGERPRINT_LEN];
	uint64_t number; /* the lowest number of its names */
};

#define KEPT_MAX 128

static void note_kept(struct kept *kept, uint32_t *count, const struct kms_record *record)
{
	const uint64_t number = kms_read_u64(record->number);
	uint32_t i = 0;

	while (i < *count && memcmp(kept[i].fingerprint, record->fingerprint, KMS_FINGERPRINT_LEN))
		i++;
	if (i == KEPT_MAX)
		return;
	if (i == *count) {
		(*count)++;
		memcpy(kept[i].fingerprint, record->fingerprint, KMS_FINGERPRINT_LEN);
		kept[i].number = number;
	} else if (number < kept[i].number) {
		kept[i].number = number;
	}
}

/* Reads the records of an IMSI. Finds its keysets, or the first name of one keyset. */
static int survey_imsi(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
		       const uint8_t *fingerprint, struct kms_name *first, struct kept *kept,
		       uint32_t *count)
{
	struct key key = {.kind = RECORD, .name.imsi = *imsi};
	MDB_val found = view(&key), value;
	struct kms_record record;
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, file->dbi, &cursor);

	*count = 0;
	if (rc)
		return rc;
	rc = mdb_cursor_get(cursor, &found, &value, MDB_SET_RANGE);
	for (; !rc; rc = mdb_cursor_get(cursor, &found, &value, MDB_NEXT)) {
		if (!read_key(&found, RECORD, &key) || memcmp(&key.name.imsi, imsi, sizeof(*imsi)))
			break;
		if (!read_record(&value, &record))
			continue;
		if (kept) {
			note_kept(kept, count, &record);
		} else if (!memcmp(record.fingerprint, fingerprint, KMS_FINGERPRINT_LEN)) {
			*first = key.name;
			*count = 1;
			break;
		}
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int kms_file_erase_keyset(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
			  const uint8_t fingerprint[KMS_FINGERPRINT_LEN], uint64_t *erased)
{
	struct kms_name name;
	uint32_t more;
	int rc;

	*erased = 0;
	do {
		rc = survey_imsi(file, txn, imsi, fingerprint, &name, NULL, &more);
		if (!rc && more) {
			rc = kms_file_erase(file, txn, &name);
			*erased = 1;
		}
	} while (!rc && more);
	return rc;
}

int kms_file_trim_imsi(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
		       uint32_t per_imsi, uint64_t *erased)
{
	struct kept kept[KEPT_MAX];
	uint32_t count;
	int rc = survey_imsi(file, txn, imsi, NULL, NULL, kept, &count);

	*erased = 0;
	while (!rc && count > per_imsi) {
		uint64_t one;
		uint32_t oldest = 0;

		for (uint32_t i = 1; i < count; i++)
			if (kept[i].number < kept[oldest].number)
				oldest = i;
		rc = kms_file_erase_keyset(file, txn, imsi, kept[oldest].fingerprint, &one);
		*erased += one;
		kept[oldest] = kept[--count];
	}
	return rc;
}

/* --- releases --- */

int kms_file_get_within(struct kms_file *file, MDB_txn *txn, const struct kms_name *name,
			struct kms_record *record)
{
	const struct key key = record_key(name);

	return get_record(file, txn, &key, record);
}

int kms_file_get_releases(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
			  uint8_t *sealed, size_t *len)
{
	const struct key key = {.kind = RELEASES, .imsi = *imsi};
	MDB_val k = view(&key), v;
	int rc = mdb_get(txn, file->dbi, &k, &v);

	if (rc)
		return rc;
	if (v.mv_size > KMS_RELEASES_LEN(KMS_RELEASES_MAX) || v.mv_size < SEAL_EXTRA)
		return MDB_CORRUPTED;
	memcpy(sealed, v.mv_data, v.mv_size);
	*len = v.mv_size;
	return 0;
}

int kms_file_put_releases(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
			  const uint8_t *sealed, size_t len)
{
	const struct key key = {.kind = RELEASES, .imsi = *imsi};

	return put(file, txn, &key, sealed, len);
}

static int note_time(struct kms_file *file, MDB_txn *txn, uint64_t now_s)
{
	struct meta meta;
	int rc = get(file, txn, &meta_key, &meta, sizeof(meta));

	if (rc)
		return rc;
	meta.latest_s = now_s;
	return put(file, txn, &meta_key, &meta, sizeof(meta));
}

int kms_file_end(struct kms_file *file, MDB_txn *txn, uint64_t now_s, int rc)
{
	const bool is_later = now_s >= file->latest_s + LATEST_EVERY_S;

	if (!rc && is_later)
		rc = note_time(file, txn, now_s);
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	rc = mdb_txn_commit(txn);
	if (rc)
		return rc;
	__atomic_fetch_add(&file->records, (uint64_t)file->added, __ATOMIC_RELAXED);
	if (is_later)
		file->latest_s = now_s;
	return 0;
}

uint64_t kms_file_count(const struct kms_file *file)
{
	return __atomic_load_n(&file->records, __ATOMIC_RELAXED);
}
