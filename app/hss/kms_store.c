/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/kms_store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <time.h>

#include "hss/kms_file.h"
#include "program/program.h"

#define RETRY_MS      1000  /* wait after the disk failed */
#define UNWRITTEN_MAX 65536 /* keysets that wait for the disk */
#define BATCH	      4096
#define DRAIN_MS      5000

/* A keyset to be released, or a keyset to be erased. */
struct change {
	TAILQ_ENTRY(change) entry;
	struct kms_name name;
	struct kms_record record;
	bool is_erasure;
	char holder[KMS_HOLDER_MAX + 1];
	uint32_t lifetime_s;
	uint64_t now_s;
	kms_store_done done;
	void *arg;
	enum kms_outcome outcome;
};

TAILQ_HEAD(changes, change);

struct kms_store {
	struct kms_store_config config;
	struct kms_file file;
	uint64_t opened_s;
	pthread_t writer;
	bool has_writer;

	pthread_mutex_t lock; /* of what follows, and of file.next_number */
	pthread_cond_t wake;  /* for the writer */
	pthread_cond_t ended; /* signalled after each round */
	struct seal *seal;
	struct changes waiting, writing; /* in the order they came in */
	uint32_t count;			 /* of both */
	uint64_t now_s;
	bool is_due; /* what has expired is to be erased */
	bool is_closing, is_failing, is_draining;
	struct kms_store_counters counters;
};

/* --- names --- */

static struct kms_name name_of(const struct e2m_imsi *imsi, const struct e2m_keyset_id *id)
{
	return (struct kms_name){.imsi = *imsi, .id = *id};
}

/* --- sealing --- */

/* What a record is sealed under: its name, and its times, so that nobody prolongs a lifetime. */
struct sealed_name {
	struct kms_name name;
	uint8_t expires_s[8], number[8], fingerprint[KMS_FINGERPRINT_LEN];
};

static struct sealed_name sealed_name_of(const struct kms_name *name,
					 const struct kms_record *record)
{
	struct sealed_name sealed = {.name = *name};

	memcpy(sealed.expires_s, record->expires_s, sizeof(sealed.expires_s));
	memcpy(sealed.number, record->number, sizeof(sealed.number));
	memcpy(sealed.fingerprint, record->fingerprint, sizeof(sealed.fingerprint));
	return sealed;
}

/* The times are set. */
static bool close_record(struct seal *seal, const struct kms_name *name,
			 const struct kms_keyset *keyset, struct kms_record *record)
{
	struct sealed_name under = sealed_name_of(name, record);
	uint8_t text[KMS_TEXT_LEN + KMS_HOLDER_MAX] = {(uint8_t)keyset->ciphering,
						       (uint8_t)keyset->integrity};

	record->holder_len = (uint8_t)strlen(keyset->holder);
	memcpy(text + 2, keyset->keyset.e2mck, E2M_KEY_LEN);
	memcpy(text + 2 + E2M_KEY_LEN, keyset->keyset.e2mik, E2M_KEY_LEN);
	memcpy(text + KMS_TEXT_LEN, keyset->holder, record->holder_len);
	bool ok = seal_close(seal, &under, sizeof(under), text, KMS_TEXT_LEN + record->holder_len,
			     record->sealed);
	e2m_wipe(text, sizeof(text));
	return ok;
}

static bool open_record(struct seal *seal, const struct kms_name *name,
			const struct kms_record *record, struct kms_keyset *keyset)
{
	struct sealed_name under = sealed_name_of(name, record);
	uint8_t text[KMS_TEXT_LEN + KMS_HOLDER_MAX];

	if (!seal_open(seal, &under, sizeof(under), record->sealed, text,
		       KMS_TEXT_LEN + record->holder_len))
		return false;
	keyset->ciphering = (enum e2m_eea)text[0];
	keyset->integrity = (enum e2m_eia)text[1];
	memcpy(keyset->keyset.e2mck, text + 2, E2M_KEY_LEN);
	memcpy(keyset->keyset.e2mik, text + 2 + E2M_KEY_LEN, E2M_KEY_LEN);
	memcpy(keyset->holder, text + KMS_TEXT_LEN, record->holder_len);
	keyset->holder[record->holder_len] = 0;
	e2m_wipe(text, sizeof(text));
	return true;
}

static bool has_expired(const struct kms_record *record, uint64_t now_s)
{
	uint64_t expires_s = kms_read_u64(record->expires_s);

	return expires_s > 0 && expires_s <= now_s;
}

/* --- changes, with the lock held --- */

static int add_change(struct kms_store *store, const struct change *like)
{
	struct change *change;

	if (store->count >= UNWRITTEN_MAX || store->is_draining)
		return -EBUSY;
	change = malloc(sizeof(*change));
	if (!change)
		return -ENOMEM;
	*change = *like;
	TAILQ_INSERT_TAIL(&store->waiting, change, entry);
	store->count++;
	pthread_cond_signal(&store->wake);
	return 0;
}

/* --- the writer --- */

/* A file that was erased or manipulated has no list of releases. */
static int read_releases(struct kms_store *store, MDB_txn *txn, const struct e2m_imsi *imsi,
			 struct kms_releases *releases)
{
	uint8_t sealed[KMS_RELEASES_LEN(KMS_RELEASES_MAX)];
	size_t len;
	int rc = kms_file_get_releases(&store->file, txn, imsi, sealed, &len);
	bool good;

	releases->count = 0;
	if (rc)
		return rc == MDB_NOTFOUND ? 0 : rc;
	pthread_mutex_lock(&store->lock);
	good = (len - SEAL_EXTRA) % sizeof(releases->list[0]) == 0 &&
	       seal_open(store->seal, imsi, sizeof(*imsi), sealed, releases->list,
			 len - SEAL_EXTRA);
	pthread_mutex_unlock(&store->lock);
	releases->count = (len - SEAL_EXTRA) / sizeof(releases->list[0]);
	return good ? 0 : MDB_CORRUPTED;
}

static int write_releases(struct kms_store *store, MDB_txn *txn, const struct e2m_imsi *imsi,
			  const struct kms_releases *releases)
{
	uint8_t sealed[KMS_RELEASES_LEN(KMS_RELEASES_MAX)];
	bool good;

	pthread_mutex_lock(&store->lock);
	good = seal_close(store->seal, imsi, sizeof(*imsi), releases->list,
			  releases->count * sizeof(releases->list[0]), sealed);
	pthread_mutex_unlock(&store->lock);
	return good ? kms_file_put_releases(&store->file, txn, imsi, sealed,
					    KMS_RELEASES_LEN(releases->count))
		    : MDB_PANIC;
}

/* The name is in use already, for other keys of another HSE. */
static bool is_anothers(struct kms_store *store, MDB_txn *txn, const struct change *change)
{
	struct kms_record record;
	struct kms_keyset kept;
	bool good;

	if (kms_file_get_within(&store->file, txn, &change->name, &record) ||
	    has_expired(&record, change->now_s))
		return false;
	pthread_mutex_lock(&store->lock);
	good = open_record(store->seal, &change->name, &record, &kept);
	pthread_mutex_unlock(&store->lock);
	e2m_keyset_wipe(&kept.keyset);
	return good && !clusters_is_one_hse(store->config.clusters, kept.holder, change->holder);
}

static int erase_replaced(struct kms_store *store, MDB_txn *txn, const struct e2m_imsi *imsi,
			  const struct kms_releases *releases, uint64_t *replaced)
{
	uint64_t erased;
	int rc = 0;

	for (size_t i = 0; i < releases->count && !rc; i++)
		if (releases->list[i].flags & KMS_RELEASE_REPLACED) {
			rc = kms_file_erase_keyset(&store->file, txn, imsi,
						   releases->list[i].fingerprint, &erased);
			*replaced += erased;
		}
	return rc;
}

static int release(struct kms_store *store, MDB_txn *txn, struct change *change, uint64_t *replaced)
{
	const struct e2m_imsi *imsi = &change->name.imsi;
	struct kms_releases releases;
	uint64_t erased = 0;
	int rc = read_releases(store, txn, imsi, &releases);

	/* Each of the IMSI's keysets may have been replaced. */
	if (rc == MDB_CORRUPTED) {
		program_log(PROGRAM_ERROR,
			    "%s: what was released of IMSI %s is damaged: its keysets are erased",
			    store->config.path, imsi->digits);
		releases.count = 0;
		rc = kms_file_trim_imsi(&store->file, txn, imsi, 0, &erased);
		*replaced += erased;
	}
	if (rc)
		return rc;
	change->outcome = KMS_OUTCOME_HELD;
	if (is_anothers(store, txn, change))
		return 0;
	switch (kms_releases_note(&releases, store->config.clusters, change->record.fingerprint,
				  change->holder, change->lifetime_s, change->now_s)) {
	case KMS_HELD:
		return 0;
	case KMS_REPLACED:
		change->outcome = KMS_OUTCOME_REPLACED;
		break;
	case KMS_RELEASED:
		change->outcome = KMS_OUTCOME_KEPT;
		rc = kms_file_put(&store->file, txn, &change->name, &change->record);
		break;
	}
	if (!rc)
		rc = write_releases(store, txn, imsi, &releases);
	if (!rc)
		rc = erase_replaced(store, txn, imsi, &releases, replaced);
	if (!rc)
		rc = kms_file_trim_imsi(&store->file, txn, imsi, store->config.per_imsi, &erased);
	*replaced += erased;
	return rc;
}

/* In one transaction: what is in writing, what has expired, and what is too much then. */
static int write_round(struct kms_store *store, uint64_t now_s, struct kms_store_counters *done)
{
	struct change *change;
	MDB_txn *txn;
	int rc = kms_file_begin(&store->file, &txn);

	if (rc)
		return rc;
	TAILQ_FOREACH (change, &store->writing, entry)
		if (!rc)
			rc = change->is_erasure ? kms_file_erase(&store->file, txn, &change->name)
						: release(store, txn, change, &done->replaced);
	if (!rc)
		rc = kms_file_expire(&store->file, txn, now_s, &done->expired);
	if (!rc)
		rc = kms_file_trim(&store->file, txn, store->config.capacity, &done->evicted);
	return kms_file_end(&store->file, txn, now_s, rc);
}

static void take_batch(struct kms_store *store)
{
	struct change *change;

	for (int i = 0; i < BATCH && (change = TAILQ_FIRST(&store->waiting)) != NULL; i++) {
		TAILQ_REMOVE(&store->waiting, change, entry);
		TAILQ_INSERT_TAIL(&store->writing, change, entry);
	}
}

/* With the lock held: what has come of a round. */
static void count_round(struct kms_store *store, int rc, const struct kms_store_counters *done)
{
	const struct change *change;

	if (rc) {
		TAILQ_FOREACH (change, &store->writing, entry)
			store->counters.lost += !change->is_erasure;
	} else {
		store->counters.replaced += done->replaced;
		store->counters.expired += done->expired;
		store->counters.evicted += done->evicted;
	}
	if (rc && !store->is_failing)
		program_log(PROGRAM_ERROR,
			    "%s: keysets cannot be written: %s; none is learned from the HSS until "
			    "they can",
			    store->config.path, mdb_strerror(rc));
	else if (!rc && store->is_failing)
		program_log(PROGRAM_WARNING, "%s: keysets can be written again",
			    store->config.path);
	store->is_failing = rc != 0;
}

/* Reports the outcome of each change. Call it without the lock. */
static void end_round(struct kms_store *store, int rc)
{
	struct change *change;
	uint32_t count = 0;

	while ((change = TAILQ_FIRST(&store->writing)) != NULL) {
		TAILQ_REMOVE(&store->writing, change, entry);
		if (change->done)
			change->done(change->arg, rc ? KMS_OUTCOME_FAILED : change->outcome);
		free(change);
		count++;
	}
	pthread_mutex_lock(&store->lock);
	store->count -= count;
	pthread_cond_broadcast(&store->ended);
	pthread_mutex_unlock(&store->lock);
}

static struct timespec in_ms(unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += ms % 1000 * 1000000L;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	return until;
}

/* Waits until there is something to do. Changes that arrive during a round are done together in the
 * next one. */
static void wait_for_work(struct kms_store *store)
{
	const struct timespec until = in_ms(RETRY_MS);

	while (!store->is_closing && store->is_failing && TAILQ_EMPTY(&store->waiting) &&
	       pthread_cond_timedwait(&store->wake, &store->lock, &until) != ETIMEDOUT)
		;
	while (!store->is_closing && !store->is_due && TAILQ_EMPTY(&store->waiting))
		pthread_cond_wait(&store->wake, &store->lock);
}

static void *run_writer(void *arg)
{
	struct kms_store *store = arg;
	bool is_last = false;

	pthread_mutex_lock(&store->lock);
	while (!is_last) {
		struct kms_store_counters done = {0};

		wait_for_work(store);
		take_batch(store);
		store->is_due = false;
		uint64_t now_s = store->now_s;
		pthread_mutex_unlock(&store->lock);
		int rc = write_round(store, now_s, &done);
		pthread_mutex_lock(&store->lock);
		count_round(store, rc, &done);
		is_last = store->is_closing && (rc || TAILQ_EMPTY(&store->waiting));
		pthread_mutex_unlock(&store->lock);
		end_round(store, rc);
		pthread_mutex_lock(&store->lock);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

/* --- for the callers --- */

static bool start(struct kms_store *store, const uint8_t key[SEAL_KEY_LEN], FILE *errors)
{
	store->seal = seal_new(key);
	if (!store->seal) {
		fprintf(errors, "%s: the crypto library has no AES-256-GCM\n", store->config.path);
		return false;
	}
	if (!kms_file_open(&store->file, store->config.path, store->config.capacity, store->seal,
			   errors))
		return false;
	store->opened_s = store->now_s = store->file.latest_s;
	store->has_writer = !pthread_create(&store->writer, NULL, run_writer, store);
	if (!store->has_writer)
		fprintf(errors, "%s: no thread to write it\n", store->config.path);
	return store->has_writer;
}

struct kms_store *kms_store_open(const struct kms_store_config *config,
				 const uint8_t key[SEAL_KEY_LEN], FILE *errors)
{
	struct kms_store *store = calloc(1, sizeof(*store));
	pthread_condattr_t monotonic;

	if (!store) {
		fprintf(errors, "%s: out of memory\n", config->path);
		return NULL;
	}
	store->config = *config;
	store->file.state.lock_fd = -1;
	TAILQ_INIT(&store->waiting);
	TAILQ_INIT(&store->writing);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&store->wake, &monotonic);
	pthread_cond_init(&store->ended, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&store->lock, NULL);
	if (start(store, key, errors))
		return store;
	kms_store_close(store);
	return NULL;
}

void kms_store_drain(struct kms_store *store)
{
	const struct timespec until = in_ms(DRAIN_MS);

	pthread_mutex_lock(&store->lock);
	store->is_draining = true;
	while (store->count > 0 &&
	       pthread_cond_timedwait(&store->ended, &store->lock, &until) != ETIMEDOUT)
		;
	pthread_mutex_unlock(&store->lock);
}

void kms_store_close(struct kms_store *store)
{
	struct change *change;

	if (!store)
		return;
	if (store->has_writer) {
		pthread_mutex_lock(&store->lock);
		store->is_closing = true;
		pthread_cond_signal(&store->wake);
		pthread_mutex_unlock(&store->lock);
		pthread_join(store->writer, NULL);
	}
	while ((change = TAILQ_FIRST(&store->waiting)) != NULL) {
		TAILQ_REMOVE(&store->waiting, change, entry);
		if (change->done)
			change->done(change->arg, KMS_OUTCOME_FAILED);
		free(change);
	}
	kms_file_close(&store->file);
	seal_free(store->seal);
	pthread_cond_destroy(&store->wake);
	pthread_cond_destroy(&store->ended);
	pthread_mutex_destroy(&store->lock);
	free(store);
}

uint64_t kms_store_latest_s(const struct kms_store *store)
{
	return store->opened_s;
}

static enum kms_store_result find(struct kms_store *store, const struct kms_name *name,
				  struct kms_record *record)
{
	const int rc = kms_file_get(&store->file, name, record);

	if (!rc)
		return KMS_STORE_FOUND;
	return rc == MDB_NOTFOUND ? KMS_STORE_NONE : KMS_STORE_DAMAGED;
}

int kms_store_put(struct kms_store *store, const struct e2m_imsi *imsi,
		  const struct e2m_keyset_id *id, const struct kms_keyset *keyset, uint64_t now_s,
		  kms_store_done done, void *arg)
{
	struct change change = {.name = name_of(imsi, id),
				.lifetime_s = keyset->lifetime_s,
				.now_s = now_s,
				.done = done,
				.arg = arg};
	int rc = -EIO;

	if (!keyset->holder[0])
		return -EINVAL;
	memcpy(change.holder, keyset->holder, sizeof(change.holder));
	kms_write_u64(change.record.expires_s, keyset->lifetime_s ? now_s + keyset->lifetime_s : 0);
	if (!kms_fingerprint(&keyset->keyset, change.record.fingerprint))
		return -EIO;
	pthread_mutex_lock(&store->lock);
	kms_write_u64(change.record.number, store->file.next_number++);
	if (close_record(store->seal, &change.name, keyset, &change.record))
		rc = add_change(store, &change);
	pthread_mutex_unlock(&store->lock);
	return rc;
}

enum kms_store_result kms_store_get(struct kms_store *store, const struct e2m_imsi *imsi,
				    const struct e2m_keyset_id *id, uint64_t now_s,
				    struct kms_keyset *keyset)
{
	struct kms_name name = name_of(imsi, id);
	struct kms_record record;

	pthread_mutex_lock(&store->lock);
	enum kms_store_result result = find(store, &name, &record);
	/* Its time is as good as its seal. */
	if (result == KMS_STORE_FOUND && !open_record(store->seal, &name, &record, keyset))
		result = KMS_STORE_DAMAGED;
	if (result == KMS_STORE_DAMAGED) {
		store->counters.damaged++;
		add_change(store, &(struct change){.name = name, .is_erasure = true});
	}
	pthread_mutex_unlock(&store->lock);
	if (result != KMS_STORE_FOUND)
		return result;
	if (has_expired(&record, now_s)) {
		e2m_keyset_wipe(&keyset->keyset);
		return KMS_STORE_NONE;
	}
	uint64_t expires_s = kms_read_u64(record.expires_s);
	keyset->lifetime_s = expires_s ? (uint32_t)(expires_s - now_s) : 0;
	return KMS_STORE_FOUND;
}

void kms_store_tick(struct kms_store *store, uint64_t now_s)
{
	pthread_mutex_lock(&store->lock);
	store->now_s = now_s;
	store->is_due = true;
	pthread_cond_signal(&store->wake);
	pthread_mutex_unlock(&store->lock);
}

void kms_store_count(struct kms_store *store, struct kms_store_counters *counters)
{
	pthread_mutex_lock(&store->lock);
	*counters = store->counters;
	pthread_mutex_unlock(&store->lock);
	counters->kept = kms_file_count(&store->file);
}
