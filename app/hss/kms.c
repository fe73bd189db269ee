/* SPDX-License-Identifier: BSD-3-Clause */
#include "hss/kms.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "hss/demands.h"
#include "hss/kms_store.h"
#include "hss/rate_limit.h"

#define HELD_SAID 1024

struct kms {
	const struct hss_config *config; /* the configuration of the start */
	pthread_rwlock_t lock;
	const struct hss_config *current; /* for kms.may_pull */
	struct kms_store *store;
	struct clusters *clusters;
	struct diameter_hosts *hss;
	struct demands *demands;
	struct rate_limit pulls;
	uint64_t clock_s;  /* what is added to CLOCK_BOOTTIME */
	uint64_t given;	   /* out of the store */
	uint64_t refused;  /* by kms.may_pull, or max_pulls_per_s */
	uint64_t held;	   /* refused, as another HSE has the keyset */
	uint64_t learned;  /* from the HSS */
	uint64_t not_had;  /* or not given to us, by the HSS */
	uint64_t troubled; /* the HSS did not say */
	uint64_t trouble_said_s;
	uint64_t held_said[HELD_SAID]; /* hashes of names whose refusal is in the log */
};

/* In an outage every pull meets the same trouble. */
#define TROUBLE_EVERY_S 60

static void count(uint64_t *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static uint64_t read_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The time of day as it was at start, or later if the file has seen later; steps of the clock while we run
 * neither end a lifetime nor prolong it. */
static uint64_t now_s(const struct kms *kms)
{
	return read_clock_ns(CLOCK_BOOTTIME) / 1000000000 + kms->clock_s;
}

static void set_clock(struct kms *kms)
{
	uint64_t day_s = read_clock_ns(CLOCK_REALTIME) / 1000000000;
	uint64_t latest_s = kms_store_latest_s(kms->store);

	if (latest_s > day_s)
		program_log(PROGRAM_WARNING,
			    "the clock is %" PRIu64
			    " s behind the last run's: lifetimes go on from "
			    "there",
			    latest_s - day_s);
	kms->clock_s =
		(latest_s > day_s ? latest_s : day_s) - read_clock_ns(CLOCK_BOOTTIME) / 1000000000;
}

static bool take_demanded(void *arg, struct demand *demand,
			  const struct diameter_key_request *request,
			  struct diameter_key_answer *answer);

static bool open_store(struct kms *kms, FILE *errors)
{
	const struct kms_store_config config = {.path = kms->config->state,
						.capacity = kms->config->keyset_capacity,
						.per_imsi = kms->config->kms.keysets_per_imsi,
						.clusters = kms->clusters};
	uint8_t key[SEAL_KEY_LEN];
	char why[512];

	if (!kms_config_read_key(&kms->config->kms, key, why, sizeof(why))) {
		fprintf(errors, "%s\n", why);
		return false;
	}
	kms->store = kms_store_open(&config, key, errors);
	e2m_wipe(key, sizeof(key));
	return kms->store != NULL;
}

struct kms *kms_open(const struct hss_config *config, FILE *errors)
{
	struct kms *kms = calloc(1, sizeof(*kms));

	if (!kms) {
		fprintf(errors, "out of memory\n");
		return NULL;
	}
	pthread_rwlock_init(&kms->lock, NULL);
	kms->config = kms->current = config;
	kms->pulls.per_s = config->max_pulls_per_s;
	kms->clusters = clusters_new(config->hse_clusters, config->hse_clusters_count);
	if (!kms->clusters)
		fprintf(errors, "out of memory\n");
	if (!kms->clusters || !open_store(kms, errors)) {
		kms_close(kms);
		return NULL;
	}
	set_clock(kms);
	kms->hss = diameter_hosts_new(config->kms.hss_realm, config->kms.hss_hosts,
				      config->kms.hss_hosts_count);
	if (kms->hss)
		kms->demands = demands_new(kms->hss, config->kms.timeout_ms, take_demanded, kms);
	if (kms->demands)
		return kms;
	fprintf(errors, "out of memory\n");
	kms_close(kms);
	return NULL;
}

void kms_conclude(struct kms *kms)
{
	if (kms)
		kms_store_drain(kms->store);
}

void kms_close(struct kms *kms)
{
	if (!kms)
		return;
	kms_store_close(kms->store); /* this answers waiting demands */
	demands_free(kms->demands);
	diameter_hosts_free(kms->hss);
	clusters_free(kms->clusters);
	pthread_rwlock_destroy(&kms->lock);
	free(kms);
}

void kms_tick(struct kms *kms)
{
	kms_store_tick(kms->store, now_s(kms));
}

void kms_tell(struct kms *kms)
{
	struct kms_store_counters store;
	struct demands_counters demands;

	kms_store_count(kms->store, &store);
	demands_count(kms->demands, &demands);
	program_log(PROGRAM_INFO,
		    "pulls: %" PRIu64 " given, %" PRIu64 " refused, %" PRIu64
		    " held by another HSE; asked of the HSS: %" PRIu64 " (%" PRIu64
		    " more waited with them, %" PRIu64 " wait now): %" PRIu64 " learned, %" PRIu64
		    " not had, %" PRIu64 " not answered, %" PRIu64 " failovers",
		    __atomic_load_n(&kms->given, __ATOMIC_RELAXED),
		    __atomic_load_n(&kms->refused, __ATOMIC_RELAXED),
		    __atomic_load_n(&kms->held, __ATOMIC_RELAXED), demands.sent, demands.joined,
		    demands.waiting, __atomic_load_n(&kms->learned, __ATOMIC_RELAXED),
		    __atomic_load_n(&kms->not_had, __ATOMIC_RELAXED),
		    __atomic_load_n(&kms->troubled, __ATOMIC_RELAXED),
		    diameter_hosts_failovers(kms->hss));
	program_log(PROGRAM_INFO,
		    "keysets: %" PRIu64 " kept; erased: %" PRIu64 " expired, %" PRIu64
		    " replaced, %" PRIu64 " for want of room, %" PRIu64 " damaged; %" PRIu64
		    " not given, as the disk did not take them",
		    store.kept, store.expired, store.replaced, store.evicted, store.damaged,
		    store.lost);
}

/* --- steps 7 and 8 --- */

static const char *name_of(const struct diameter_key_request *request, char name[E2M_KEYSET_ID_STR])
{
	return e2m_keyset_id_str(&request->id, name);
}

static void refuse(struct kms *kms, const struct diameter_key_request *request,
		   struct diameter_asked *asked, enum diameter_key_outcome outcome)
{
	const struct diameter_key_answer answer = {.outcome = outcome};
	const bool is_busy = outcome == DIAMETER_KEY_TOO_BUSY;
	char name[E2M_KEYSET_ID_STR];

	count(&kms->refused);
	program_log(is_busy ? PROGRAM_DEBUG : PROGRAM_WARNING,
		    "step 8: IMSI %s, %s: refused to %s: %s", request->imsi.digits,
		    name_of(request, name), request->origin_host,
		    is_busy ? "too many pulls a second" : "kms.may_pull does not name it");
	diameter_answer_key(asked, &answer);
}

/* Once for each name, or more often when many are refused: FNV-1a, as wide as to take none for another. */
static bool is_news(struct kms *kms, const struct diameter_key_request *request)
{
	const struct {
		struct e2m_imsi imsi;
		struct e2m_keyset_id id;
	} name = {request->imsi, request->id};
	const uint8_t *octets = (const uint8_t *)&name;
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < sizeof(name); i++)
		hash = (hash ^ octets[i]) * UINT64_C(1099511628211);
	return __atomic_exchange_n(&kms->held_said[hash % HELD_SAID], hash, __ATOMIC_RELAXED) !=
	       hash;
}

/* It is another HSE's. */
static void tell_held(struct kms *kms, const struct diameter_key_request *request,
		      const char *holder)
{
	char name[E2M_KEYSET_ID_STR];

	count(&kms->held);
	program_log(is_news(kms, request) ? PROGRAM_WARNING : PROGRAM_DEBUG,
		    "step 8: IMSI %s, %s: refused to %s, as %s has it: with two HSEs a COUNT would "
		    "be sent twice",
		    request->imsi.digits, name_of(request, name), request->origin_host, holder);
}

static void give(struct kms *kms, const struct diameter_key_request *request,
		 struct diameter_asked *asked, const struct kms_keyset *keyset)
{
	struct diameter_key_answer answer = {.outcome = DIAMETER_KEY_FOUND,
					     .keyset = keyset->keyset,
					     .ciphering = keyset->ciphering,
					     .integrity = keyset->integrity,
					     .lifetime_s = keyset->lifetime_s};
	char name[E2M_KEYSET_ID_STR];

	count(&kms->given);
	if (program_logs(PROGRAM_INFO))
		program_log(PROGRAM_INFO, "step 8: IMSI %s, %s: e2mKEYSET given, as kept",
			    request->imsi.digits, name_of(request, name));
	diameter_answer_key(asked, &answer);
	e2m_wipe(&answer, sizeof(answer));
}

static void give_if_its_own(struct kms *kms, const struct diameter_key_request *request,
			    struct diameter_asked *asked, const struct kms_keyset *keyset)
{
	const struct diameter_key_answer refusal = {.outcome = DIAMETER_KEY_NOT_AUTHORIZED};

	if (clusters_is_one_hse(kms->clusters, keyset->holder, request->origin_host)) {
		give(kms, request, asked, keyset);
		return;
	}
	tell_held(kms, request, keyset->holder);
	diameter_answer_key(asked, &refusal);
}

/* FOUND: go on and answer the pull. */
static enum diameter_key_outcome admit(struct kms *kms, const struct diameter_key_request *request)
{
	enum diameter_key_outcome outcome = DIAMETER_KEY_FOUND;

	pthread_rwlock_rdlock(&kms->lock);
	if (!rate_limit_take(&kms->pulls, read_clock_ns(CLOCK_MONOTONIC)))
		outcome = DIAMETER_KEY_TOO_BUSY;
	else if (!kms_config_may_pull(&kms->current->kms, &request->imsi, request->origin_host))
		outcome = DIAMETER_KEY_NOT_AUTHORIZED;
	pthread_rwlock_unlock(&kms->lock);
	return outcome;
}

void kms_reload(struct kms *kms, const struct hss_config *config)
{
	pthread_rwlock_wrlock(&kms->lock);
	kms->current = config;
	kms->pulls.per_s = config->max_pulls_per_s;
	pthread_rwlock_unlock(&kms->lock);
}

void kms_take_pull(void *arg, const struct diameter_key_request *request,
		   struct diameter_asked *asked)
{
	struct kms *kms = arg;
	enum diameter_key_outcome outcome;
	struct kms_keyset keyset;
	char name[E2M_KEYSET_ID_STR];

	if (program_logs(PROGRAM_INFO))
		program_log(PROGRAM_INFO, "step 7: IMSI %s, %s: pulled by %s", request->imsi.digits,
			    name_of(request, name), request->origin_host);
	outcome = admit(kms, request);
	if (outcome != DIAMETER_KEY_FOUND) {
		refuse(kms, request, asked, outcome);
		return;
	}
	switch (kms_store_get(kms->store, &request->imsi, &request->id, now_s(kms), &keyset)) {
	case KMS_STORE_FOUND:
		give_if_its_own(kms, request, asked, &keyset);
		e2m_wipe(&keyset, sizeof(keyset));
		return;
	case KMS_STORE_DAMAGED:
		program_log(PROGRAM_ERROR,
			    "%s: the record of IMSI %s, %s is damaged: it is not given, and erased",
			    kms->config->state, request->imsi.digits, name_of(request, name));
		break;
	case KMS_STORE_NONE:
		break;
	}
	demands_ask(kms->demands, request, asked);
}

/* --- what the HSS says --- */

/* A keyset from the HSS, until its release is on disk. */
struct learned {
	struct kms *kms;
	struct demand *demand;
	struct diameter_key_request request;
	struct diameter_key_answer answer;
};

/* Two HSEs' demands may be on their way at once, and an HSS that gives to both is not believed. */
static void tell_anothers(struct kms *kms, const struct diameter_key_request *request)
{
	struct kms_keyset kept = {.holder = "another HSE"};

	kms_store_get(kms->store, &request->imsi, &request->id, now_s(kms), &kept);
	tell_held(kms, request, kept.holder);
	e2m_wipe(&kept, sizeof(kept));
}

static enum diameter_key_outcome
tell_outcome(struct kms *kms, const struct diameter_key_request *request, enum kms_outcome outcome)
{
	char name[E2M_KEYSET_ID_STR];

	switch (outcome) {
	case KMS_OUTCOME_KEPT:
		count(&kms->learned);
		program_log(PROGRAM_INFO,
			    "step 8: IMSI %s, %s: e2mKEYSET got from the HSS, given, and kept",
			    request->imsi.digits, name_of(request, name));
		return DIAMETER_KEY_FOUND;
	case KMS_OUTCOME_HELD:
		tell_anothers(kms, request);
		return DIAMETER_KEY_NOT_AUTHORIZED;
	case KMS_OUTCOME_REPLACED:
		count(&kms->refused);
		program_log(is_news(kms, request) ? PROGRAM_WARNING : PROGRAM_DEBUG,
			    "step 8: IMSI %s, %s: refused to %s: two other keysets of this IMSI "
			    "have replaced it, so it is never given again",
			    request->imsi.digits, name_of(request, name), request->origin_host);
		return DIAMETER_KEY_NOT_AVAILABLE;
	case KMS_OUTCOME_FAILED:
		break;
	}
	count(&kms->troubled);
	program_log(PROGRAM_DEBUG, "step 8: IMSI %s, %s: it cannot be kept, so it is not given",
		    request->imsi.digits, name_of(request, name));
	return DIAMETER_KEY_TOO_BUSY;
}

static void on_written(void *arg, enum kms_outcome outcome)
{
	struct learned *learned = arg;

	learned->answer.outcome = tell_outcome(learned->kms, &learned->request, outcome);
	if (learned->answer.outcome != DIAMETER_KEY_FOUND)
		e2m_keyset_wipe(&learned->answer.keyset);
	demands_conclude(learned->demand, &learned->answer);
	e2m_wipe(learned, sizeof(*learned));
	free(learned);
}

/* on_written gives the keyset when its release is on disk. */
static void keep(struct kms *kms, struct demand *demand, const struct diameter_key_request *request,
		 const struct diameter_key_answer *answer)
{
	struct kms_keyset keyset = {.keyset = answer->keyset,
				    .ciphering = answer->ciphering,
				    .integrity = answer->integrity,
				    .lifetime_s = answer->lifetime_s};
	struct diameter_key_answer busy = {.outcome = DIAMETER_KEY_TOO_BUSY};
	struct learned *learned = malloc(sizeof(*learned));
	int rc = -ENOMEM;

	snprintf(keyset.holder, sizeof(keyset.holder), "%s", request->origin_host);
	if (learned) {
		*learned = (struct learned){kms, demand, *request, *answer};
		rc = kms_store_put(kms->store, &request->imsi, &request->id, &keyset, now_s(kms),
				   on_written, learned);
	}
	e2m_wipe(&keyset, sizeof(keyset));
	if (rc == 0)
		return;
	tell_outcome(kms, request, KMS_OUTCOME_FAILED);
	if (learned)
		e2m_wipe(learned, sizeof(*learned));
	free(learned);
	demands_conclude(demand, &busy);
}

/* A warning once a minute, and else a line for who looks closely. */
static enum program_level level_of_trouble(struct kms *kms)
{
	uint64_t now = now_s(kms), said = __atomic_load_n(&kms->trouble_said_s, __ATOMIC_RELAXED);

	return now >= said + TROUBLE_EVERY_S &&
			       __atomic_compare_exchange_n(&kms->trouble_said_s, &said, now, false,
							   __ATOMIC_RELAXED, __ATOMIC_RELAXED)
		       ? PROGRAM_WARNING
		       : PROGRAM_DEBUG;
}

static bool take_demanded(void *arg, struct demand *demand,
			  const struct diameter_key_request *request,
			  struct diameter_key_answer *answer)
{
	enum program_level level = PROGRAM_WARNING;
	struct kms *kms = arg;
	char name[E2M_KEYSET_ID_STR];

	switch (answer->outcome) {
	case DIAMETER_KEY_FOUND:
		keep(kms, demand, request, answer);
		return false;
	case DIAMETER_KEY_NOT_AUTHORIZED:
		level = is_news(kms, request) ? PROGRAM_WARNING : PROGRAM_DEBUG;
		count(&kms->not_had);
		break;
	case DIAMETER_KEY_USER_UNKNOWN:
	case DIAMETER_KEY_NOT_AVAILABLE:
		count(&kms->not_had);
		break;
	default:
		count(&kms->troubled);
		level = level_of_trouble(kms);
	}
	program_log(level, "step 8: IMSI %s, %s: not kept here, and the HSS: %s%s",
		    request->imsi.digits, name_of(request, name), answer->detail,
		    answer->outcome == DIAMETER_KEY_NOT_AUTHORIZED
			    ? "; or have we to be among the subscriber's hses, and the kms_peers, "
			      "there?"
			    : "");
	return true;
}
