/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/kms_store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "hss/kms_file.h"
#include "program/program.h"
#include "unit.h"

#define NOW	 UINT64_C(1800000000)
#define CAPACITY 1000
#define PER_IMSI 2
#define HSE	 "hse.home.test"
#define HSE2	 "hse2.home.test"

static char dir[] = "/tmp/unit-kms-XXXXXX";
static char path[64];
static const uint8_t master[SEAL_KEY_LEN] = {1, 2, 3};
static const uint8_t other_master[SEAL_KEY_LEN] = {1, 2, 4};

static struct kms_store *open_with(const uint8_t key[SEAL_KEY_LEN], uint64_t capacity, FILE *errors)
{
	const struct kms_store_config config = {
		.path = path, .capacity = capacity, .per_imsi = PER_IMSI};

	return kms_store_open(&config, key, errors);
}

static struct kms_store *open_store(void)
{
	struct kms_store *store = open_with(master, CAPACITY, stderr);

	CU_ASSERT_PTR_NOT_NULL_FATAL(store);
	return store;
}

static struct kms_store *begin_anew(void)
{
	char lock[80];

	snprintf(path, sizeof(path), "%s/keysets", dir);
	snprintf(lock, sizeof(lock), "%s-lock", path);
	unlink(path);
	unlink(lock);
	return open_store();
}

static struct e2m_imsi imsi_of(unsigned subscriber)
{
	struct e2m_imsi imsi = {0};

	snprintf(imsi.digits, sizeof(imsi.digits), "26201%010u", subscriber);
	return imsi;
}

static struct e2m_keyset_id sqn_of(uint8_t run)
{
	const uint8_t sqn[E2M_SQN_LEN] = {[5] = run};

	return e2m_keyset_id_make(E2M_ID_SQN, sqn);
}

/* What has become of a keyset that was put. */
struct waiting {
	enum kms_outcome outcome;
	bool is_done;
};

static void on_done(void *arg, enum kms_outcome outcome)
{
	struct waiting *w = arg;

	w->outcome = outcome;
	__atomic_store_n(&w->is_done, true, __ATOMIC_RELEASE);
}

static void sleep_ms(long ms)
{
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static int wait_for(struct waiting *w)
{
	for (int i = 0; i < 10000 && !__atomic_load_n(&w->is_done, __ATOMIC_ACQUIRE); i++)
		sleep_ms(1);
	CU_ASSERT_TRUE_FATAL(w->is_done);
	return (int)w->outcome;
}

static int put_named(const char *hse, struct kms_store *store, unsigned subscriber,
		     struct e2m_keyset_id id, uint8_t run, uint32_t lifetime_s, uint64_t now_s,
		     struct waiting *w)
{
	struct e2m_imsi imsi = imsi_of(subscriber);
	struct kms_keyset keyset = {
		.ciphering = E2M_EEA2, .integrity = E2M_EIA1, .lifetime_s = lifetime_s};

	memset(&keyset.keyset, run, sizeof(keyset.keyset));
	snprintf(keyset.holder, sizeof(keyset.holder), "%s", hse);
	*w = (struct waiting){0};
	return kms_store_put(store, &imsi, &id, &keyset, now_s, on_done, w);
}

/* The keyset of a run is filled with its number. enum kms_outcome, or what kms_store_put says. */
static int put_for(const char *hse, struct kms_store *store, unsigned subscriber, uint8_t run,
		   uint32_t lifetime_s, uint64_t now_s)
{
	struct waiting w;
	const int rc = put_named(hse, store, subscriber, sqn_of(run), run, lifetime_s, now_s, &w);

	return rc ? rc : wait_for(&w);
}

static void put(struct kms_store *store, unsigned subscriber, uint8_t run, uint32_t lifetime_s)
{
	CU_ASSERT_EQUAL(put_for(HSE, store, subscriber, run, lifetime_s, NOW), KMS_OUTCOME_KEPT);
}

static enum kms_store_result get(struct kms_store *store, unsigned subscriber, uint8_t run,
				 uint64_t now_s, struct kms_keyset *keyset)
{
	struct e2m_imsi imsi = imsi_of(subscriber);
	struct e2m_keyset_id id = sqn_of(run);

	memset(keyset, 0, sizeof(*keyset));
	return kms_store_get(store, &imsi, &id, now_s, keyset);
}

static bool has(struct kms_store *store, unsigned subscriber, uint8_t run)
{
	struct kms_keyset keyset;

	return get(store, subscriber, run, NOW, &keyset) == KMS_STORE_FOUND &&
	       keyset.keyset.e2mck[0] == run && keyset.keyset.e2mik[15] == run;
}

static struct kms_store_counters count(struct kms_store *store)
{
	struct kms_store_counters counters;

	kms_store_count(store, &counters);
	return counters;
}

/* Waits until that many are on disk. */
static bool keeps(struct kms_store *store, uint64_t kept)
{
	for (int i = 0; i < 500 && count(store).kept != kept; i++)
		sleep_ms(10);
	return count(store).kept == kept;
}

/* As somebody with the disk in his hands. */
static MDB_env *begin_writing(MDB_txn **txn, MDB_dbi *dbi)
{
	MDB_env *env;

	CU_ASSERT_EQUAL_FATAL(mdb_env_create(&env), 0);
	CU_ASSERT_EQUAL_FATAL(mdb_env_open(env, path, MDB_NOSUBDIR, 0600), 0);
	CU_ASSERT_EQUAL_FATAL(mdb_txn_begin(env, NULL, 0, txn), 0);
	CU_ASSERT_EQUAL_FATAL(mdb_dbi_open(*txn, NULL, 0, dbi), 0);
	return env;
}

/* --- putting and getting --- */

static void a_keyset_is_found_at_once_and_after_a_restart(void)
{
	struct kms_store *store = begin_anew();
	struct kms_keyset keyset;

	put(store, 1, 7, 0);
	CU_ASSERT_TRUE(has(store, 1, 7));
	kms_store_close(store);
	store = open_store();
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW, &keyset), KMS_STORE_FOUND);
	CU_ASSERT_EQUAL(keyset.keyset.e2mck[0], 7);
	CU_ASSERT_EQUAL(keyset.keyset.e2mik[15], 7);
	CU_ASSERT_EQUAL(keyset.ciphering, E2M_EEA2);
	CU_ASSERT_EQUAL(keyset.integrity, E2M_EIA1);
	CU_ASSERT_EQUAL(keyset.lifetime_s, 0);
	kms_store_close(store);
}

static void another_name_is_another_keyset(void)
{
	const uint8_t rand[E2M_RAND_LEN] = {[5] = 7};
	struct e2m_keyset_id by_rand = e2m_keyset_id_make(E2M_ID_RAND, rand);
	struct e2m_imsi imsi = imsi_of(1);
	struct kms_store *store = begin_anew();
	struct kms_keyset keyset;

	put(store, 1, 7, 0);
	CU_ASSERT_EQUAL(get(store, 2, 7, NOW, &keyset), KMS_STORE_NONE);
	CU_ASSERT_EQUAL(get(store, 1, 8, NOW, &keyset), KMS_STORE_NONE);
	CU_ASSERT_EQUAL(kms_store_get(store, &imsi, &by_rand, NOW, &keyset), KMS_STORE_NONE);
	kms_store_close(store);
}

static void what_comes_again_takes_the_place_of_what_was(void)
{
	struct kms_store *store = begin_anew();
	struct kms_keyset keyset;

	put(store, 1, 7, 100);
	CU_ASSERT_TRUE(keeps(store, 1));
	put(store, 1, 7, 500);
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW, &keyset), KMS_STORE_FOUND);
	CU_ASSERT_EQUAL(keyset.lifetime_s, 500);
	kms_store_close(store);
	store = open_store();
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW, &keyset), KMS_STORE_FOUND);
	CU_ASSERT_EQUAL(keyset.lifetime_s, 500);
	CU_ASSERT_EQUAL(count(store).kept, 1);
	kms_store_tick(store, NOW + 200); /* the first one's end */
	sleep_ms(150);
	CU_ASSERT_EQUAL(count(store).kept, 1);
	kms_store_close(store);
}

/* --- whose it is --- */

static void a_keyset_stays_its_hses_over_a_restart(void)
{
	struct kms_store *store = begin_anew();
	struct kms_keyset keyset;
	char longest[256];

	memset(longest, 'h', 255);
	longest[255] = 0;
	put(store, 1, 7, 0);
	CU_ASSERT_EQUAL(put_for(longest, store, 2, 8, 0, NOW), 0);
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW, &keyset), KMS_STORE_FOUND);
	CU_ASSERT_STRING_EQUAL(keyset.holder, HSE);
	kms_store_close(store);
	store = open_store();
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW, &keyset), KMS_STORE_FOUND);
	CU_ASSERT_STRING_EQUAL(keyset.holder, HSE);
	CU_ASSERT_EQUAL(get(store, 2, 8, NOW, &keyset), KMS_STORE_FOUND);
	CU_ASSERT_STRING_EQUAL(keyset.holder, longest);
	kms_store_close(store);
}

static void a_keyset_of_one_hse_is_not_kept_for_another(void)
{
	struct kms_store *store = begin_anew();
	struct kms_keyset keyset;

	put(store, 1, 7, 1000);
	CU_ASSERT_EQUAL(put_for(HSE2, store, 1, 7, 1000, NOW), KMS_OUTCOME_HELD);
	CU_ASSERT_TRUE(keeps(store, 1));
	CU_ASSERT_EQUAL(put_for(HSE2, store, 1, 7, 1000, NOW), KMS_OUTCOME_HELD);
	CU_ASSERT_EQUAL(put_for("HSE.home.test", store, 1, 7, 1000, NOW), 0);
	CU_ASSERT_EQUAL(put_for("", store, 1, 8, 1000, NOW), -EINVAL);
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW, &keyset), KMS_STORE_FOUND);
	CU_ASSERT_EQUAL(strcasecmp(keyset.holder, HSE), 0);
	/* Nor when its time is over: the first has used it. */
	CU_ASSERT_EQUAL(put_for(HSE2, store, 1, 7, 1000, NOW + 1000), KMS_OUTCOME_HELD);
	kms_store_close(store);
}

/* --- what goes --- */

static void a_lifetime_counts_down_and_ends(void)
{
	struct kms_store *store = begin_anew();
	struct kms_keyset keyset;

	put(store, 1, 7, 3600);
	put(store, 2, 8, 0);
	CU_ASSERT_TRUE(keeps(store, 2));
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW + 3599, &keyset), KMS_STORE_FOUND);
	CU_ASSERT_EQUAL(keyset.lifetime_s, 1);
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW + 3600, &keyset), KMS_STORE_NONE);
	CU_ASSERT_EQUAL(keyset.keyset.e2mck[0], 0);
	kms_store_tick(store, NOW + 3600);
	CU_ASSERT_TRUE(keeps(store, 1));
	CU_ASSERT_EQUAL(count(store).expired, 1);
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW, &keyset), KMS_STORE_NONE);
	CU_ASSERT_EQUAL(get(store, 2, 8, NOW + 1000000000, &keyset), KMS_STORE_FOUND);
	kms_store_close(store);
}

static void the_file_remembers_the_latest_time(void)
{
	struct kms_store *store = begin_anew();

	CU_ASSERT_EQUAL(kms_store_latest_s(store), 0);
	kms_store_tick(store, NOW + 5);
	put(store, 1, 7, 0);
	kms_store_close(store);
	store = open_store();
	CU_ASSERT_EQUAL(kms_store_latest_s(store), NOW + 5);
	kms_store_close(store);
}

static void an_imsi_has_its_two_latest_keysets(void)
{
	struct kms_store *store = begin_anew();

	for (uint8_t run = 9; run > 5; run--) /* it is the order of coming that counts */
		put(store, 1, run, run == 8 ? 0 : 1000);
	put(store, 2, 9, 0);
	CU_ASSERT_TRUE(keeps(store, 3));
	CU_ASSERT_EQUAL(count(store).replaced, 2);
	CU_ASSERT_FALSE(has(store, 1, 9));
	CU_ASSERT_FALSE(has(store, 1, 8));
	CU_ASSERT_TRUE(has(store, 1, 7));
	CU_ASSERT_TRUE(has(store, 1, 6));
	CU_ASSERT_TRUE(has(store, 2, 9));
	kms_store_close(store);
}

static void the_oldest_goes_when_there_is_no_room(void)
{
	kms_store_close(begin_anew());
	struct kms_store *store = open_with(master, 3, stderr);

	for (unsigned i = 0; i < 5; i++)
		put(store, 5 - i, 1, i % 2 ? 1000 : 0);
	CU_ASSERT_TRUE(keeps(store, 3));
	CU_ASSERT_EQUAL(count(store).evicted, 2);
	CU_ASSERT_FALSE(has(store, 5, 1));
	CU_ASSERT_FALSE(has(store, 4, 1));
	CU_ASSERT_TRUE(has(store, 1, 1));
	kms_store_close(store);
}

/* So many subscribers have a record of what was released of them. */
static unsigned with_releases(void)
{
	MDB_val key, value;
	unsigned count = 0;
	MDB_cursor *cursor;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_env *env = begin_writing(&txn, &dbi);

	CU_ASSERT_EQUAL_FATAL(mdb_cursor_open(txn, dbi, &cursor), 0);
	while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0)
		count += *(const char *)key.mv_data == 's';
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	mdb_env_close(env);
	return count;
}

static void what_was_released_goes_with_the_last_keyset_of_its_imsi(void)
{
	kms_store_close(begin_anew());
	struct kms_store *store = open_with(master, 3, stderr);

	for (unsigned i = 1; i <= 20; i++)
		put(store, i, 1, 0);
	put(store, 20, 2, 0);
	CU_ASSERT_TRUE(keeps(store, 3));
	kms_store_close(store);
	CU_ASSERT_EQUAL(with_releases(), 2);
	store = open_store();
	put(store, 30, 1, 100);
	kms_store_tick(store, NOW + 101);
	CU_ASSERT_TRUE(keeps(store, 3));
	kms_store_close(store);
	CU_ASSERT_EQUAL(with_releases(), 2);
}

static void what_was_released_and_is_damaged_costs_one_imsi_its_keysets(void)
{
	struct kms_store *store = begin_anew();
	struct raw_releases {
		char kind;
		struct e2m_imsi imsi;
	} raw = {'s', imsi_of(1)};
	MDB_val key = {.mv_data = &raw, .mv_size = sizeof(raw)}, value;
	uint8_t copy[4096];
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_env *env;

	put(store, 1, 1, 0);
	put(store, 2, 1, 0);
	kms_store_close(store);
	env = begin_writing(&txn, &dbi);
	CU_ASSERT_EQUAL_FATAL(mdb_get(txn, dbi, &key, &value), 0);
	memcpy(copy, value.mv_data, value.mv_size);
	copy[value.mv_size - 1] ^= 1;
	value.mv_data = copy;
	CU_ASSERT_EQUAL(mdb_put(txn, dbi, &key, &value, 0), 0);
	CU_ASSERT_EQUAL(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	store = open_store();
	put(store, 1, 2, 0);
	CU_ASSERT_FALSE(has(store, 1, 1)); /* it may have been replaced */
	CU_ASSERT_TRUE(has(store, 1, 2));
	CU_ASSERT_TRUE(has(store, 2, 1));
	kms_store_close(store);
}

static void numbers_go_on_after_a_restart(void)
{
	kms_store_close(begin_anew());
	struct kms_store *store = open_with(master, 2, stderr);

	put(store, 1, 1, 0);
	put(store, 2, 1, 0);
	kms_store_close(store);
	store = open_with(master, 2, stderr);
	put(store, 3, 1, 0);
	CU_ASSERT_TRUE(has(store, 3, 1));
	kms_store_close(store);
	store = open_with(master, 2, stderr);
	CU_ASSERT_FALSE(has(store, 1, 1));
	CU_ASSERT_TRUE(has(store, 2, 1));
	CU_ASSERT_TRUE(has(store, 3, 1));
	kms_store_close(store);
}

/* --- the file in the hands of others --- */

static void no_key_is_on_disk_in_the_clear(void)
{
	struct kms_store *store = begin_anew();
	uint8_t run[E2M_KEY_LEN];
	static char octets[1 << 20];

	put(store, 1, 0xa7, 0);
	kms_store_close(store);
	FILE *f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	size_t len = fread(octets, 1, sizeof(octets), f);
	fclose(f);
	memset(run, 0xa7, sizeof(run));
	CU_ASSERT_PTR_NULL(memmem(octets, len, run, sizeof(run)));
	CU_ASSERT_PTR_NULL(memmem(octets, len, master, sizeof(master)));
	CU_ASSERT_PTR_NOT_NULL(memmem(octets, len, "262010000000001", 15));
}

static void another_master_key_is_refused_and_changes_nothing(void)
{
	struct kms_store *store = begin_anew();
	char said[1000] = "";
	FILE *errors = fmemopen(said, sizeof(said), "w");

	put(store, 1, 7, 0);
	kms_store_close(store);
	CU_ASSERT_PTR_NULL(open_with(other_master, CAPACITY, errors));
	fclose(errors);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "was written under another master key"));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "or move the file away"));
	store = open_store();
	CU_ASSERT_TRUE(has(store, 1, 7));
	kms_store_close(store);
}

#define ON_DISK KMS_RECORD_LEN(strlen(HSE)) /* octets of a record */

/* Of a record, as it is on disk. */
struct raw_key {
	uint8_t kind;
	struct kms_name name;
};

/* Does to the record of (subscriber, 7) what the test says. */
static void tamper(unsigned subscriber, void (*change)(MDB_txn *txn, MDB_dbi dbi, MDB_val *key,
						       struct kms_record *record))
{
	struct raw_key raw = {'r', {.imsi = imsi_of(subscriber), .id = sqn_of(7)}};
	MDB_val key = {.mv_data = &raw, .mv_size = sizeof(raw)}, value;
	struct kms_record record;
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_env *env = begin_writing(&txn, &dbi);

	CU_ASSERT_EQUAL_FATAL(mdb_get(txn, dbi, &key, &value), 0);
	CU_ASSERT_EQUAL_FATAL(value.mv_size, ON_DISK);
	memcpy(&record, value.mv_data, ON_DISK);
	change(txn, dbi, &key, &record);
	CU_ASSERT_EQUAL(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void write_back(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, struct kms_record *record,
		       size_t len)
{
	MDB_val value = {.mv_data = record, .mv_size = len};

	CU_ASSERT_EQUAL(mdb_put(txn, dbi, key, &value, 0), 0);
}

static void flip_a_bit(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, struct kms_record *record)
{
	record->sealed[SEAL_NONCE_LEN + 5] ^= 0x10;
	write_back(txn, dbi, key, record, ON_DISK);
}

static void prolong(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, struct kms_record *record)
{
	kms_write_u64(record->expires_s, 0);
	write_back(txn, dbi, key, record, ON_DISK);
}

static void cut_short(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, struct kms_record *record)
{
	write_back(txn, dbi, key, record, ON_DISK - 1);
}

static void cut_to_less_than_a_record(MDB_txn *txn, MDB_dbi dbi, MDB_val *key,
				      struct kms_record *record)
{
	write_back(txn, dbi, key, record, KMS_RECORD_LEN(0));
}

/* To another HSE, of a name as long. */
static void change_holder(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, struct kms_record *record)
{
	record->sealed[SEAL_NONCE_LEN + KMS_TEXT_LEN] ^= 1;
	write_back(txn, dbi, key, record, ON_DISK);
}

static void put_in_place_of_another(MDB_txn *txn, MDB_dbi dbi, MDB_val *key,
				    struct kms_record *record)
{
	struct raw_key *raw = key->mv_data;

	raw->name.imsi = imsi_of(1);
	write_back(txn, dbi, key, record, ON_DISK);
}

/* The record of subscriber 1 is not given out; that of 3 is. */
static void expect_damage(unsigned subscriber,
			  void (*change)(MDB_txn *txn, MDB_dbi dbi, MDB_val *key,
					 struct kms_record *record))
{
	struct kms_store *store = begin_anew();
	struct kms_keyset keyset;

	for (unsigned i = 1; i <= 3; i++)
		put(store, i, 7, 1000);
	kms_store_close(store);
	tamper(subscriber, change);
	store = open_store();
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW, &keyset), KMS_STORE_DAMAGED);
	CU_ASSERT_EQUAL(keyset.keyset.e2mck[0], 0);
	CU_ASSERT_TRUE(has(store, 3, 7));
	CU_ASSERT_EQUAL(count(store).damaged, 1);
	CU_ASSERT_TRUE(keeps(store, 2)); /* it is erased */
	CU_ASSERT_EQUAL(get(store, 1, 7, NOW, &keyset), KMS_STORE_NONE);
	put(store, 1, 7, 1000);
	CU_ASSERT_TRUE(has(store, 1, 7));
	kms_store_tick(store, NOW + 1000);
	CU_ASSERT_TRUE(keeps(store, 0)); /* what is left of it in the indices does no harm */
	kms_store_close(store);
}

static void a_record_that_was_changed_is_damaged_and_others_are_served(void)
{
	expect_damage(1, flip_a_bit);
}

static void a_lifetime_cannot_be_prolonged_on_disk(void)
{
	expect_damage(1, prolong);
}

static void a_record_that_was_cut_short_is_damaged(void)
{
	expect_damage(1, cut_short);
	expect_damage(1, cut_to_less_than_a_record);
}

static void a_keyset_cannot_be_made_another_hses_on_disk(void)
{
	expect_damage(1, change_holder);
}

static void a_record_of_another_name_is_damaged(void)
{
	expect_damage(2, put_in_place_of_another);
}

static void expect_refusal(const char *why)
{
	char said[1000] = "";
	FILE *errors = fmemopen(said, sizeof(said), "w");

	CU_ASSERT_PTR_NULL(open_with(master, CAPACITY, errors));
	fclose(errors);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, path));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, why));
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "move it away to start anew"));
}

/* Of before keysets had holders. The version comes first in what the file says of itself. */
static void make_version_1(void)
{
	MDB_val key = {.mv_data = (void *)"m", .mv_size = 1}, value;
	uint8_t octets[256];
	MDB_txn *txn;
	MDB_dbi dbi;
	MDB_env *env = begin_writing(&txn, &dbi);

	CU_ASSERT_EQUAL_FATAL(mdb_get(txn, dbi, &key, &value), 0);
	memcpy(octets, value.mv_data, value.mv_size);
	value.mv_data = octets;
	memcpy(octets, &(uint32_t){1}, sizeof(uint32_t));
	CU_ASSERT_EQUAL(mdb_put(txn, dbi, &key, &value, 0), 0);
	CU_ASSERT_EQUAL(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
}

static void a_file_of_another_version_is_refused_with_what_to_do(void)
{
	kms_store_close(begin_anew());
	make_version_1();
	expect_refusal("VERSION_MISMATCH");
}

static void write_over(off_t at, size_t len)
{
	static const char noise[65536] = {0x5a, 0x5a, 0x5a, 0x5a};
	int fd = open(path, O_WRONLY);

	CU_ASSERT_EQUAL(pwrite(fd, noise, len, at), (ssize_t)len);
	close(fd);
}

static void a_damaged_file_is_refused_with_what_to_do(void)
{
	struct kms_store *store = begin_anew();
	struct stat st;

	for (unsigned i = 0; i < 200; i++)
		put(store, i, 7, 1000);
	kms_store_close(store);
	CU_ASSERT_EQUAL_FATAL(stat(path, &st), 0);
	for (off_t at = 2 * 4096; at < st.st_size; at += 4096) {
		write_over(at, 64); /* the header and the first nodes of a page */
	}
	expect_refusal("page ");
	CU_ASSERT_EQUAL(truncate(path, 3 * 4096), 0);
	expect_refusal("cut off");
	write_over(0, 65536);
	expect_refusal("damaged");
}

/* Else it could release one again that it does not know to be replaced. */
static void what_the_disk_does_not_take_is_not_released(void)
{
	struct kms_store *store = begin_anew();
	struct rlimit limit, none;
	struct stat st;

	put(store, 1, 7, 0);
	signal(SIGXFSZ, SIG_IGN);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &limit) | stat(path, &st), 0);
	none = limit;
	none.rlim_cur = 4096;
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &none), 0);
	CU_ASSERT_EQUAL(put_for(HSE, store, 2, 8, 0, NOW), KMS_OUTCOME_FAILED);
	CU_ASSERT_TRUE(has(store, 1, 7));
	CU_ASSERT_FALSE(has(store, 2, 8));
	CU_ASSERT_EQUAL(count(store).lost, 1);
	CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
	put(store, 2, 8, 0);
	kms_store_close(store);
	store = open_store();
	CU_ASSERT_TRUE(has(store, 2, 8));
	kms_store_close(store);
}

/* --- replaced --- */

static void a_keyset_is_replaced_by_two_others(void)
{
	struct kms_store *store = begin_anew();

	for (uint8_t run = 1; run <= 3; run++)
		put(store, 1, run, 0);
	CU_ASSERT_FALSE(has(store, 1, 1));
	CU_ASSERT_TRUE(has(store, 1, 2));
	CU_ASSERT_TRUE(has(store, 1, 3));
	CU_ASSERT_EQUAL(count(store).replaced, 1);
	/* The HSS gives it anew: it is not believed. */
	CU_ASSERT_EQUAL(put_for(HSE, store, 1, 1, 0, NOW), KMS_OUTCOME_REPLACED);
	CU_ASSERT_FALSE(has(store, 1, 1));
	CU_ASSERT_TRUE(has(store, 1, 2));
	kms_store_close(store);
}

static void that_a_keyset_is_replaced_is_on_disk_before_the_second_other_is_released(void)
{
	struct kms_store *store = begin_anew();
	pid_t pid = -1;
	int status = 0;

	kms_store_close(store);
	pid = fork();
	if (pid == 0) {
		store = open_store();
		for (uint8_t run = 1; run <= 3; run++)
			put_for(HSE, store, 1, run, 0, NOW);
		raise(SIGKILL); /* nothing is written after the last answer */
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_TRUE(WIFSIGNALED(status));
	store = open_store();
	CU_ASSERT_FALSE(has(store, 1, 1));
	CU_ASSERT_TRUE(has(store, 1, 3));
	CU_ASSERT_EQUAL(put_for(HSE, store, 1, 1, 0, NOW), KMS_OUTCOME_REPLACED);
	kms_store_close(store);
}

static void both_names_of_an_aka_run_are_one_keyset(void)
{
	const uint8_t rand[E2M_RAND_LEN] = {2};
	const struct e2m_keyset_id other_name = e2m_keyset_id_make(E2M_ID_RAND, rand);
	struct kms_store *store = begin_anew();
	struct waiting w;

	put(store, 1, 1, 0);
	put(store, 1, 2, 0);
	CU_ASSERT_EQUAL(put_named(HSE, store, 1, other_name, 2, 0, NOW, &w), 0);
	CU_ASSERT_EQUAL(wait_for(&w), KMS_OUTCOME_KEPT);
	CU_ASSERT_TRUE(has(store, 1, 1));
	put(store, 1, 3, 0);
	CU_ASSERT_FALSE(has(store, 1, 1));
	/* By its other name too. */
	CU_ASSERT_EQUAL(put_named(HSE, store, 1, other_name, 1, 0, NOW, &w), 0);
	CU_ASSERT_EQUAL(wait_for(&w), KMS_OUTCOME_REPLACED);
	kms_store_close(store);
}

static void requests_of_one_moment_know_of_each_other(void)
{
	struct kms_store *store = begin_anew();
	struct waiting w[4];

	for (uint8_t run = 1; run <= 3; run++)
		CU_ASSERT_EQUAL(put_named(HSE, store, 1, sqn_of(run), run, 0, NOW, &w[run - 1]), 0);
	CU_ASSERT_EQUAL(put_named(HSE, store, 1, sqn_of(1), 1, 0, NOW, &w[3]), 0);
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(wait_for(&w[i]), KMS_OUTCOME_KEPT);
	CU_ASSERT_EQUAL(wait_for(&w[3]), KMS_OUTCOME_REPLACED);
	kms_store_close(store);
}

static void keysets_of_another_hse_or_subscriber_replace_nothing(void)
{
	struct kms_store *store = begin_anew();

	put(store, 1, 1, 0);
	for (uint8_t run = 2; run <= 3; run++) {
		put(store, 2, run, 0);
		CU_ASSERT_EQUAL(put_for(HSE2, store, 1, run, 0, NOW), KMS_OUTCOME_KEPT);
		CU_ASSERT_TRUE(has(store, 1, 1) || run == 3); /* per_imsi */
	}
	CU_ASSERT_EQUAL(put_for(HSE, store, 1, 1, 0, NOW), KMS_OUTCOME_KEPT);
	kms_store_close(store);
}

static void a_keyset_with_a_lifetime_is_not_replaced(void)
{
	struct kms_store *store = begin_anew();

	for (uint8_t run = 1; run <= 4; run++)
		put(store, 1, run, 1000);
	put(store, 1, 1, 1000);
	CU_ASSERT_TRUE(has(store, 1, 1));
	kms_store_close(store);
}

static void the_nodes_of_a_cluster_are_one_hse(void)
{
	char *nodes[] = {(char[]){HSE}, (char[]){HSE2}};
	const struct cluster_config one = {.nodes = nodes, .nodes_count = 2};
	struct clusters *clusters = clusters_new(&one, 1);
	const struct kms_store_config config = {
		.path = path, .capacity = CAPACITY, .per_imsi = PER_IMSI, .clusters = clusters};
	struct kms_store *store;

	kms_store_close(begin_anew());
	store = kms_store_open(&config, master, stderr);
	put(store, 1, 1, 0);
	CU_ASSERT_EQUAL(put_for(HSE2, store, 1, 1, 0, NOW), KMS_OUTCOME_KEPT);
	CU_ASSERT_EQUAL(put_for(HSE2, store, 1, 2, 0, NOW), KMS_OUTCOME_KEPT);
	put(store, 1, 3, 0);
	CU_ASSERT_EQUAL(put_for(HSE, store, 1, 1, 0, NOW), KMS_OUTCOME_REPLACED);
	CU_ASSERT_EQUAL(put_for(HSE2, store, 1, 1, 0, NOW), KMS_OUTCOME_REPLACED);
	kms_store_close(store);
	clusters_free(clusters);
}

/* --- the master key --- */

static bool read_key(const char *text, size_t len, mode_t mode, char *why, size_t why_size)
{
	uint8_t key[SEAL_KEY_LEN];
	char name[64];

	snprintf(name, sizeof(name), "%s/master.key", dir);
	unlink(name);
	int fd = open(name, O_WRONLY | O_CREAT, 0600);
	CU_ASSERT_EQUAL_FATAL(write(fd, text, len), (ssize_t)len);
	fchmod(fd, mode);
	close(fd);
	return seal_read_key(name, false, key, why, why_size) && key[0] == 0x31 && key[31] == 0x32;
}

static void a_master_key_is_32_octets_or_64_digits_and_nobody_elses(void)
{
	static const char digits[] =
		"31000000000000000000000000000000000000000000000000000000000000032\n";
	char text[80] = "";
	char why[200];

	snprintf(text, sizeof(text), "31%060d32\n", 0);
	CU_ASSERT_TRUE(read_key(text, 65, 0600, why, sizeof(why)));
	CU_ASSERT_TRUE(read_key(text, 64, 0400, why, sizeof(why)));
	CU_ASSERT_TRUE(read_key("1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx2", 32, 0600, why, sizeof(why)));
	CU_ASSERT_FALSE(read_key(text, 65, 0640, why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "chmod 600"));
	CU_ASSERT_FALSE(read_key(text, 63, 0600, why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "openssl rand -hex 32"));
	CU_ASSERT_FALSE(read_key(digits, sizeof(digits) - 1, 0600, why, sizeof(why)));
	CU_ASSERT_FALSE(read_key("", 0, 0600, why, sizeof(why)));
	text[5] = 'g';
	CU_ASSERT_FALSE(read_key(text, 65, 0600, why, sizeof(why)));
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(a_keyset_is_found_at_once_and_after_a_restart),
		TEST(another_name_is_another_keyset),
		TEST(what_comes_again_takes_the_place_of_what_was),
		TEST(a_keyset_stays_its_hses_over_a_restart),
		TEST(a_keyset_of_one_hse_is_not_kept_for_another),
		TEST(a_lifetime_counts_down_and_ends),
		TEST(the_file_remembers_the_latest_time),
		TEST(an_imsi_has_its_two_latest_keysets),
		TEST(the_oldest_goes_when_there_is_no_room),
		TEST(what_was_released_goes_with_the_last_keyset_of_its_imsi),
		TEST(what_was_released_and_is_damaged_costs_one_imsi_its_keysets),
		TEST(numbers_go_on_after_a_restart),
		TEST(no_key_is_on_disk_in_the_clear),
		TEST(another_master_key_is_refused_and_changes_nothing),
		TEST(a_record_that_was_changed_is_damaged_and_others_are_served),
		TEST(a_lifetime_cannot_be_prolonged_on_disk),
		TEST(a_record_that_was_cut_short_is_damaged),
		TEST(a_keyset_cannot_be_made_another_hses_on_disk),
		TEST(a_record_of_another_name_is_damaged),
		TEST(a_file_of_another_version_is_refused_with_what_to_do),
		TEST(a_damaged_file_is_refused_with_what_to_do),
		TEST(what_the_disk_does_not_take_is_not_released),
		TEST(a_keyset_is_replaced_by_two_others),
		TEST(that_a_keyset_is_replaced_is_on_disk_before_the_second_other_is_released),
		TEST(both_names_of_an_aka_run_are_one_keyset),
		TEST(requests_of_one_moment_know_of_each_other),
		TEST(keysets_of_another_hse_or_subscriber_replace_nothing),
		TEST(a_keyset_with_a_lifetime_is_not_replaced),
		TEST(the_nodes_of_a_cluster_are_one_hse),
		TEST(a_master_key_is_32_octets_or_64_digits_and_nobody_elses),
	};
	char command[64];

	program_set_log_level(PROGRAM_ERROR);
	if (!mkdtemp(dir))
		return 1;
	int rc = unit_run("hss_kms_store", tests, sizeof(tests) / sizeof(tests[0]));
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) ? 1 : rc;
}
