/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/kms_file.h"

#include <string.h>

/* Octets of address space: a record takes some 350 with its indices, in pages that are half full. */
#define MAP_BASE	(UINT64_C(64) << 20)
#define MAP_PER_KEYSET	1024
#define ERASED_A_ROUND	10000
#define LATEST_EVERY_S	60 /* the time is written so often, not with each transaction */
#define META_KEY	"meta"
#define META_VERSION	1
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

struct expiry {
	uint8_t expires_s[8], number[8];
};

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

static MDB_val view(const void *data, size_t len)
{
	return (MDB_val){.mv_size = len, .mv_data = (void *)data};
}

static int put(MDB_txn *txn, MDB_dbi dbi, const void *key, size_t key_len, const void *data,
	       size_t len)
{
	MDB_val k = view(key, key_len), v = view(data, len);

	return mdb_put(txn, dbi, &k, &v, 0);
}

static int get(MDB_txn *txn, MDB_dbi dbi, const void *key, size_t key_len, void *data, size_t len)
{
	MDB_val k = view(key, key_len), v;
	int rc = mdb_get(txn, dbi, &k, &v);

	if (!rc && v.mv_size != len)
		rc = MDB_CORRUPTED;
	if (!rc)
		memcpy(data, v.mv_data, len);
	return rc;
}

/* What is not there needs no deletion. */
static int drop(MDB_txn *txn, MDB_dbi dbi, const void *key, size_t key_len)
{
	MDB_val k = view(key, key_len);
	int rc = mdb_del(txn, dbi, &k, NULL);

	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* --- opening --- */

static int open_databases(struct kms_file *file, MDB_txn *txn)
{
	int rc = mdb_dbi_open(txn, "meta", MDB_CREATE, &file->meta);

	if (!rc)
		rc = mdb_dbi_open(txn, "records", MDB_CREATE, &file->records);
	if (!rc)
		rc = mdb_dbi_open(txn, "by_number", MDB_CREATE, &file->by_number);
	if (!rc)
		rc = mdb_dbi_open(txn, "by_expiry", MDB_CREATE, &file->by_expiry);
	return rc;
}

static int find_next_number(struct kms_file *file, MDB_txn *txn)
{
	MDB_cursor *cursor;
	MDB_val key, name;
	int rc = mdb_cursor_open(txn, file->by_number, &cursor);

	if (rc)
		return rc;
	rc = mdb_cursor_get(cursor, &key, &name, MDB_LAST);
	mdb_cursor_close(cursor);
	file->next_number = 1;
	if (rc)
		return rc == MDB_NOTFOUND ? 0 : rc;
	if (key.mv_size != 8)
		return MDB_CORRUPTED;
	file->next_number = kms_read_u64(key.mv_data) + 1;
	return 0;
}

static int make_meta(struct kms_file *file, MDB_txn *txn, struct seal *seal, struct meta *meta)
{
	*meta = (struct meta){.version = META_VERSION};
	if (!seal_close(seal, META_KEY, strlen(META_KEY), SEALED_TEXT, SEALED_TEXT_LEN,
			meta->sealed))
		return MDB_PANIC;
	return put(txn, file->meta, META_KEY, strlen(META_KEY), meta, sizeof(*meta));
}

static bool key_fits(struct seal *seal, const struct meta *meta)
{
	char text[SEALED_TEXT_LEN];

	return seal_open(seal, META_KEY, strlen(META_KEY), meta->sealed, text, sizeof(text)) &&
	       !memcmp(text, SEALED_TEXT, sizeof(text));
}

static int load(struct kms_file *file, MDB_txn *txn, struct seal *seal, bool *fits)
{
	struct meta meta;
	int rc = open_databases(file, txn);

	if (!rc)
		rc = find_next_number(file, txn);
	if (!rc)
		rc = get(txn, file->meta, META_KEY, strlen(META_KEY), &meta, sizeof(meta));
	if (rc == MDB_NOTFOUND)
		rc = make_meta(file, txn, seal, &meta);
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

	if (!state_file_open(&file->state, path, map, 4, COST, errors))
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
	MDB_txn *txn;
	int rc = mdb_txn_begin(file->state.env, NULL, MDB_RDONLY, &txn);

	if (rc)
		return rc;
	rc = get(txn, file->records, name, sizeof(*name), record, sizeof(*record));
	mdb_txn_abort(txn);
	return rc;
}

int kms_file_begin(struct kms_file *file, MDB_txn **txn)
{
	return mdb_txn_begin(file->state.env, NULL, 0, txn);
}

static struct expiry expiry_of(const struct kms_record *record)
{
	struct expiry expiry;

	memcpy(expiry.expires_s, record->expires_s, sizeof(expiry.expires_s));
	memcpy(expiry.number, record->number, sizeof(expiry.number));
	return expiry;
}

/* Drops an index's entry if it is that of name. */
static int drop_entry(MDB_txn *txn, MDB_dbi index, const void *key, size_t key_len,
		      const struct kms_name *name)
{
	struct kms_name of;
	int rc = get(txn, index, key, key_len, &of, sizeof(of));

	if (rc || memcmp(&of, name, sizeof(of)))
		return rc == MDB_NOTFOUND ? 0 : rc;
	return drop(txn, index, key, key_len);
}

int kms_file_erase(struct kms_file *file, MDB_txn *txn, const struct kms_name *name)
{
	struct kms_record record;
	struct expiry expiry;
	int rc = get(txn, file->records, name, sizeof(*name), &record, sizeof(record));

	if (rc == MDB_CORRUPTED) /* of another length: its entries in the indices mean nothing */
		return drop(txn, file->records, name, sizeof(*name));
	if (rc)
		return rc == MDB_NOTFOUND ? 0 : rc;
	expiry = expiry_of(&record);
	rc = drop(txn, file->records, name, sizeof(*name));
	if (!rc)
		rc = drop_entry(txn, file->by_number, record.number, sizeof(record.number), name);
	if (!rc)
		rc = drop_entry(txn, file->by_expiry, &expiry, sizeof(expiry), name);
	return rc;
}

int kms_file_put(struct kms_file *file, MDB_txn *txn, const struct kms_name *name,
		 const struct kms_record *record)
{
	struct expiry expiry = expiry_of(record);
	int rc = kms_file_erase(file, txn, name);

	if (!rc)
		rc = put(txn, file->records, name, sizeof(*name), record, sizeof(*record));
	if (!rc)
		rc = put(txn, file->by_number, record->number, sizeof(record->number), name,
			 sizeof(*name));
	if (!rc && kms_read_u64(record->expires_s) > 0)
		rc = put(txn, file->by_expiry, &expiry, sizeof(expiry), name, sizeof(*name));
	return rc;
}

/* --- what has to go --- */

/* Erases the record that an index's entry tells of, and in any case the entry. */
static int erase_by_entry(struct kms_file *file, MDB_txn *txn, MDB_dbi index, const MDB_val *key,
			  const MDB_val *value, const uint8_t *number, uint64_t *erased)
{
	uint8_t entry[sizeof(struct expiry)];
	struct kms_record record;
	struct kms_name name;
	int rc;

	/* What LMDB gave points into pages that a deletion changes. */
	if (key->mv_size > sizeof(entry) || value->mv_size != sizeof(name))
		return MDB_CORRUPTED;
	memcpy(entry, key->mv_data, key->mv_size);
	memcpy(&name, value->mv_data, sizeof(name));
	rc = get(txn, file->records, &name, sizeof(name), &record, sizeof(record));
	if (!rc && !memcmp(record.number, number, sizeof(record.number))) {
		rc = kms_file_erase(file, txn, &name);
		(*erased)++;
	}
	if (!rc || rc == MDB_NOTFOUND || rc == MDB_CORRUPTED)
		rc = drop(txn, index, entry, key->mv_size);
	return rc;
}

static int first_of(MDB_txn *txn, MDB_dbi index, MDB_val *key, MDB_val *value)
{
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, index, &cursor);

	if (rc)
		return rc;
	rc = mdb_cursor_get(cursor, key, value, MDB_FIRST);
	mdb_cursor_close(cursor);
	return rc;
}

int kms_file_expire(struct kms_file *file, MDB_txn *txn, uint64_t now_s, uint64_t *erased)
{
	struct expiry expiry;
	MDB_val key, value;
	int rc = 0;

	*erased = 0;
	for (int i = 0; i < ERASED_A_ROUND && !rc; i++) {
		rc = first_of(txn, file->by_expiry, &key, &value);
		if (!rc && key.mv_size != sizeof(expiry))
			rc = MDB_CORRUPTED;
		if (rc)
			break;
		memcpy(&expiry, key.mv_data, sizeof(expiry));
		if (kms_read_u64(expiry.expires_s) > now_s)
			break;
		rc = erase_by_entry(file, txn, file->by_expiry, &key, &value, expiry.number,
				    erased);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int kms_file_trim(struct kms_file *file, MDB_txn *txn, uint64_t capacity, uint64_t *erased)
{
	uint8_t number[8];
	MDB_val key, value;
	MDB_stat stat;
	int rc = mdb_stat(txn, file->records, &stat);

	*erased = 0;
	for (int i = 0; i < ERASED_A_ROUND && !rc && stat.ms_entries > capacity; i++) {
		rc = first_of(txn, file->by_number, &key, &value);
		if (!rc && key.mv_size != sizeof(number))
			rc = MDB_CORRUPTED;
		if (rc)
			break;
		memcpy(number, key.mv_data, sizeof(number));
		rc = erase_by_entry(file, txn, file->by_number, &key, &value, number, erased);
		if (!rc)
			rc = mdb_stat(txn, file->records, &stat);
	}
	return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Counts the records of an IMSI; *oldest is the name of the one with the lowest number. */
static int survey_imsi(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
		       uint32_t *count, struct kms_name *oldest)
{
	struct kms_name name = {.imsi = *imsi};
	MDB_val key = view(&name, sizeof(name)), value;
	uint64_t lowest = UINT64_MAX;
	MDB_cursor *cursor;
	int rc = mdb_cursor_open(txn, file->records, &cursor);

	*count = 0;
	if (rc)
		return rc;
	rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
	for (; !rc; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
		const struct kms_record *record = value.mv_data;

		if (key.mv_size != sizeof(name) || memcmp(key.mv_data, imsi, sizeof(*imsi)))
			break;
		uint64_t number =
			value.mv_size == sizeof(*record) ? kms_read_u64(record->number) : 0;
		if (number < lowest) {
			lowest = number;
			memcpy(oldest, key.mv_data, sizeof(*oldest));
		}
		(*count)++;
	}
	mdb_cursor_close(cursor);
	return rc == MDB_NOTFOUND ? 0 : rc;
}

int kms_file_trim_imsi(struct kms_file *file, MDB_txn *txn, const struct e2m_imsi *imsi,
		       uint32_t per_imsi, uint64_t *erased)
{
	struct kms_name oldest;
	uint32_t count;
	int rc = survey_imsi(file, txn, imsi, &count, &oldest);

	*erased = 0;
	while (!rc && count > per_imsi) {
		rc = kms_file_erase(file, txn, &oldest);
		(*erased)++;
		if (!rc)
			rc = survey_imsi(file, txn, imsi, &count, &oldest);
	}
	return rc;
}

int kms_file_end(struct kms_file *file, MDB_txn *txn, uint64_t now_s, int rc)
{
	struct meta meta;
	bool is_later = now_s >= file->latest_s + LATEST_EVERY_S;

	if (!rc && is_later) {
		rc = get(txn, file->meta, META_KEY, strlen(META_KEY), &meta, sizeof(meta));
		meta.latest_s = now_s;
		if (!rc)
			rc = put(txn, file->meta, META_KEY, strlen(META_KEY), &meta, sizeof(meta));
	}
	if (rc) {
		mdb_txn_abort(txn);
		return rc;
	}
	rc = mdb_txn_commit(txn);
	if (!rc && is_later)
		file->latest_s = now_s;
	return rc;
}

int kms_file_count(struct kms_file *file, uint64_t *records)
{
	MDB_txn *txn;
	MDB_stat stat;
	int rc = mdb_txn_begin(file->state.env, NULL, MDB_RDONLY, &txn);

	if (rc)
		return rc;
	rc = mdb_stat(txn, file->records, &stat);
	mdb_txn_abort(txn);
	*records = rc ? 0 : stat.ms_entries;
	return rc;
}
