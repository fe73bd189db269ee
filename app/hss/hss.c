/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/hss.h"

#include <errno.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "hss/keyset_store.h"
#include "hss/rate_limit.h"
#include "hss/sqn_store.h"

struct hss {
	const struct hss_config *config; /* the configuration of the start */
	/* Handlers hold it for reading, a reload for writing. */
	pthread_rwlock_t lock;
	const struct hss_config *current; /* for subscribers and kms_peers */
	struct sqn_store *sqns;
	struct keyset_store *keysets;
	struct clusters *clusters;
	struct rate_limit pulls;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Prefer the writer: handlers follow one another without a pause, and a reload must not wait for a
 * gap. */
static void init_lock(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attributes;

	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

struct hss *hss_open(const struct hss_config *config, FILE *errors)
{
	struct hss *hss = calloc(1, sizeof(*hss));

	if (!hss) {
		fprintf(errors, "out of memory\n");
		return NULL;
	}
	init_lock(&hss->lock);
	hss->config = hss->current = config;
	hss->pulls.per_s = config->max_pulls_per_s;
	hss->clusters = clusters_new(config->hse_clusters, config->hse_clusters_count);
	if (hss->clusters)
		hss->keysets = keyset_store_new(config->keyset_capacity, config->keyset_retention_s,
						hss->clusters);
	if (!hss->keysets)
		fprintf(errors, "no memory for %llu keysets: lower keyset_capacity\n",
			(unsigned long long)config->keyset_capacity);
	else
		hss->sqns = sqn_store_open(config->state, &config->subscribers, errors);
	if (hss->sqns)
		return hss;
	hss_close(hss);
	return NULL;
}

void hss_close(struct hss *hss)
{
	if (!hss)
		return;
	sqn_store_close(hss->sqns);
	keyset_store_free(hss->keysets);
	clusters_free(hss->clusters);
	pthread_rwlock_destroy(&hss->lock);
	free(hss);
}

int hss_reload(struct hss *hss, const struct hss_config *config)
{
	int rc;

	pthread_rwlock_wrlock(&hss->lock);
	rc = sqn_store_reload(hss->sqns, &config->subscribers);
	if (rc == 0) {
		hss->current = config;
		hss->pulls.per_s = config->max_pulls_per_s;
	}
	pthread_rwlock_unlock(&hss->lock);
	return rc;
}

void hss_tick(struct hss *hss)
{
	size_t expired = keyset_store_expire(hss->keysets, now_ns());

	if (expired > 0)
		program_log(PROGRAM_DEBUG, "%zu keysets wiped, their time has passed", expired);
}

/* --- steps 0 and 1 --- */

/* TS 33.102 6.3.5: the USIM has seen a higher SQN than the last we used. */
static bool resynchronise(struct hss *hss, const struct subscriber *subscriber,
			  const struct diameter_auth_request *request)
{
	uint8_t sqn_ms[E2M_SQN_LEN];
	int rc =
		aka_open_auts(subscriber->k, subscriber->opc, request->rand, request->auts, sqn_ms);

	if (rc) {
		program_log(PROGRAM_WARNING, "IMSI %s: resynchronisation refused: %s",
			    request->imsi.digits,
			    rc == -EBADMSG ? "MAC-S is wrong" : strerror(-rc));
		return false;
	}
	program_log(PROGRAM_INFO, "IMSI %s: resynchronised to the USIM's SQN %012llx",
		    request->imsi.digits, (unsigned long long)aka_sqn_read(sqn_ms));
	sqn_store_raise(hss->sqns, subscriber, sqn_ms);
	return true;
}

static int make_vector(struct hss *hss, const struct subscriber *subscriber,
		       const struct diameter_auth_request *request, uint8_t sqn[E2M_SQN_LEN],
		       struct aka_vector *vector)
{
	uint16_t amf = (uint16_t)(subscriber->amf[0] << 8 | subscriber->amf[1]);
	uint8_t rand[E2M_RAND_LEN];
	int rc;

	if (RAND_bytes(rand, sizeof(rand)) != 1)
		return -EIO;
	rc = sqn_store_next(hss->sqns, subscriber, sqn);
	if (rc)
		return rc;
	return aka_make_vector(&hss->config->numbers, request->system, subscriber->k,
			       subscriber->opc, rand, sqn, amf, request->visited_plmn, vector);
}

static void answer_auth(struct hss *hss, const struct diameter_auth_request *request,
			struct diameter_auth_answer *answer)
{
	const struct subscriber *subscriber =
		subscribers_find(&hss->current->subscribers, &request->imsi);
	uint8_t sqn[E2M_SQN_LEN];
	int rc;

	if (!subscriber) {
		program_log(PROGRAM_WARNING,
			    "IMSI %s: %s asks for a vector, but there is no such subscriber",
			    request->imsi.digits, request->origin_host);
		answer->outcome = DIAMETER_AUTH_USER_UNKNOWN;
		return;
	}
	answer->outcome = DIAMETER_AUTH_DATA_UNAVAILABLE;
	if (request->resynchronise && !resynchronise(hss, subscriber, request))
		return;
	rc = make_vector(hss, subscriber, request, sqn, &answer->vector);
	if (rc) {
		program_log(PROGRAM_ERROR, "IMSI %s: no vector: %s", request->imsi.digits,
			    rc == -ERANGE ? "its SQNs are spent" : strerror(-rc));
		return;
	}
	keyset_store_put(hss->keysets, &request->imsi, sqn, answer->vector.rand,
			 &answer->vector.keyset, now_ns());
	answer->outcome = DIAMETER_AUTH_OK;
	if (!program_logs(PROGRAM_INFO))
		return;
	struct e2m_keyset_id id = e2m_keyset_id_make(E2M_ID_SQN, sqn);
	char name[E2M_KEYSET_ID_STR];
	program_log(PROGRAM_INFO, "step 0: IMSI %s, %s: vector made, e2mKEYSET kept for %u s",
		    request->imsi.digits, e2m_keyset_id_str(&id, name),
		    hss->config->keyset_retention_s);
	program_log(PROGRAM_INFO, "step 1: IMSI %s, %s: %s vector to %s", request->imsi.digits,
		    name, request->system == AKA_UMTS ? "UTRAN" : "E-UTRAN", request->origin_host);
}

void hss_answer_auth(void *arg, const struct diameter_auth_request *request,
		     struct diameter_auth_answer *answer)
{
	struct hss *hss = arg;

	pthread_rwlock_rdlock(&hss->lock);
	answer_auth(hss, request, answer);
	pthread_rwlock_unlock(&hss->lock);
}

/* --- steps 7 and 8 --- */

/* What becomes of a pull, and how it is said. */
struct verdict {
	enum diameter_key_outcome outcome;
	enum program_level level;
	const char *text;
};

static const struct verdict given = {DIAMETER_KEY_FOUND, PROGRAM_INFO, "e2mKEYSET given"};
static const struct verdict no_subscriber = {DIAMETER_KEY_USER_UNKNOWN, PROGRAM_WARNING,
					     "no such subscriber"};
static const struct verdict no_keyset = {DIAMETER_KEY_NOT_AVAILABLE, PROGRAM_WARNING,
					 "no keyset: never made, or its time has passed"};
static const struct verdict is_replaced = {
	DIAMETER_KEY_NOT_AVAILABLE, PROGRAM_WARNING,
	"two other keysets of this IMSI have replaced it: it is never given again"};
static const struct verdict not_its_hse = {DIAMETER_KEY_NOT_AUTHORIZED, PROGRAM_WARNING,
					   "not one of its hses"};
static const struct verdict for_nobody = {DIAMETER_KEY_NOT_AUTHORIZED, PROGRAM_WARNING,
					  "a KMS pulls, and no Route-Record says for which HSE"};
static const struct verdict is_held = {DIAMETER_KEY_NOT_AUTHORIZED, PROGRAM_WARNING,
				       "another HSE has it"};
static const struct verdict too_many = {DIAMETER_KEY_TOO_BUSY, PROGRAM_DEBUG,
					"too many pulls a second"};
static const struct verdict no_memory = {DIAMETER_KEY_TOO_BUSY, PROGRAM_ERROR, "out of memory"};

/* Whose COUNTs go with the keyset: who asks, or whom a KMS asks for. "": a KMS does not say. */
static const char *hse_of(const struct hss *hss, const struct diameter_key_request *request)
{
	return hss_config_is_kms(hss->current, request->origin_host) ? request->on_behalf_of
								     : request->origin_host;
}

static const struct verdict *get_keyset(struct hss *hss, const struct diameter_key_request *request,
					bool has_lifetime, uint64_t now, struct e2m_keyset *keyset,
					struct keyset_store_held *held)
{
	const char *hse = hse_of(hss, request);

	if (!hse[0])
		return &for_nobody;
	switch (keyset_store_get(hss->keysets, &request->imsi, &request->id, hse, has_lifetime, now,
				 keyset, held)) {
	case KEYSET_STORE_FOUND:
		return &given;
	case KEYSET_STORE_HELD:
		return &is_held;
	case KEYSET_STORE_REPLACED:
		return &is_replaced;
	case KEYSET_STORE_NO_MEMORY:
		return &no_memory;
	case KEYSET_STORE_NONE:
		break;
	}
	return &no_keyset;
}

static const struct verdict *pull(struct hss *hss, const struct diameter_key_request *request,
				  struct diameter_key_answer *answer,
				  struct keyset_store_held *held)
{
	const struct subscriber *subscriber =
		subscribers_find(&hss->current->subscribers, &request->imsi);
	uint64_t now = now_ns();

	if (!rate_limit_take(&hss->pulls, now))
		return &too_many;
	if (!subscriber)
		return &no_subscriber;
	if (!subscriber_may_be_pulled_by(subscriber, request->origin_host))
		return &not_its_hse;
	answer->ciphering = (enum e2m_eea)subscriber->ciphering;
	answer->integrity = (enum e2m_eia)subscriber->integrity;
	answer->lifetime_s = subscriber->lifetime_s;
	return get_keyset(hss, request, answer->lifetime_s > 0, now, &answer->keyset, held);
}

/* Both names: one of the two should not see that UE's packets, or is a KMS that kms_peers does not name. */
static void tell_held(const struct hss *hss, const struct diameter_key_request *request,
		      const struct keyset_store_held *held, enum program_level level)
{
	const bool is_kms = hss_config_is_kms(hss->current, request->origin_host);
	char name[E2M_KEYSET_ID_STR];

	program_log(level,
		    "step 8: IMSI %s, %s: refused to %s%s%s, as %s has it: with two HSEs a COUNT "
		    "would be sent twice",
		    request->imsi.digits, e2m_keyset_id_str(&request->id, name),
		    request->origin_host, is_kms ? " for " : "",
		    is_kms ? request->on_behalf_of : "", held->holder);
}

static void answer_pull(struct hss *hss, const struct diameter_key_request *request,
			struct diameter_key_answer *answer)
{
	struct keyset_store_held held = {.is_news = true};
	const struct verdict *verdict = pull(hss, request, answer, &held);
	const enum program_level level = held.is_news ? verdict->level : PROGRAM_DEBUG;
	char name[E2M_KEYSET_ID_STR];

	answer->outcome = verdict->outcome;
	if (!program_logs(level))
		return;
	e2m_keyset_id_str(&request->id, name);
	program_log(PROGRAM_INFO, "step 7: IMSI %s, %s: pulled by %s", request->imsi.digits, name,
		    request->origin_host);
	if (verdict == &is_held)
		tell_held(hss, request, &held, level);
	else
		program_log(level, "step 8: IMSI %s, %s: %s", request->imsi.digits, name,
			    verdict->text);
}

void hss_answer_pull(void *arg, const struct diameter_key_request *request,
		     struct diameter_key_answer *answer)
{
	struct hss *hss = arg;

	pthread_rwlock_rdlock(&hss->lock);
	answer_pull(hss, request, answer);
	pthread_rwlock_unlock(&hss->lock);
}
