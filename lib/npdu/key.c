/* SPDX-License-Identifier: BSD-3-Clause */
#include "npdu/key.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "aka/aka.h"
#include "npdu/aes.h"
#include "npdu/arena.h"

static IMB_MGR *library;
static pthread_once_t library_once = PTHREAD_ONCE_INIT;

IMB_MGR *npdu_manager_new(void)
{
	IMB_MGR *mgr = alloc_mb_mgr(0);

	if (!mgr)
		return NULL;
	init_mb_mgr_auto(mgr, NULL);
	if (imb_get_errno(mgr) != 0) {
		free_mb_mgr(mgr);
		return NULL;
	}
	return mgr;
}

static void library_open(void)
{
	library = npdu_manager_new();
}

const IMB_MGR *npdu_library(void)
{
	pthread_once(&library_once, library_open);
	return library;
}

size_t npdu_mac_len(enum e2m_eia eia, unsigned gcm_tag_octets)
{
	switch (eia) {
	case E2M_EIA0:
		return 0;
	case E2M_EIA_GCM:
		return gcm_tag_octets;
	default:
		return 4;
	}
}

static void expand_aes(const IMB_MGR *mgr, const uint8_t key[E2M_KEY_LEN], uint8_t *schedule)
{
	alignas(16) uint8_t unused[NPDU_AES_SCHEDULE_LEN];

	IMB_AES_KEYEXP_128(mgr, key, schedule, unused);
	e2m_wipe(unused, sizeof(unused));
}

static void expand_enc(const IMB_MGR *mgr, const struct npdu_key *key, struct npdu_schedule *out)
{
	switch (key->eea) {
	case E2M_EEA1:
		IMB_SNOW3G_INIT_KEY_SCHED(mgr, key->kenc, (snow3g_key_schedule_t *)out->parts.enc);
		break;
	case E2M_EEA2:
		expand_aes(mgr, key->kenc, out->parts.enc);
		break;
	case E2M_EEA3:
		memcpy(out->parts.enc, key->kenc, E2M_KEY_LEN);
		break;
	}
}

static void expand_auth(const IMB_MGR *mgr, const struct npdu_key *key, struct npdu_schedule *out)
{
	switch (key->eia) {
	case E2M_EIA1:
		IMB_SNOW3G_INIT_KEY_SCHED(mgr, key->kint, (snow3g_key_schedule_t *)out->parts.auth);
		break;
	case E2M_EIA2:
		expand_aes(mgr, key->kint, out->parts.auth);
		IMB_AES_CMAC_SUBKEY_GEN_128(mgr, out->parts.auth, out->parts.cmac_k1,
					    out->parts.cmac_k2);
		break;
	case E2M_EIA3:
		memcpy(out->parts.auth, key->kint, E2M_KEY_LEN);
		break;
	}
}

static enum npdu_schedule_kind kind_of(const struct npdu_key *key)
{
	if (key->eea == E2M_EEA_GCM)
		return NPDU_SCHEDULE_GCM;
	return key->is_aes ? NPDU_SCHEDULE_AES : NPDU_SCHEDULE_JOB;
}

static void begin_schedule(const struct npdu_key *key, enum npdu_schedule_kind kind,
			   struct npdu_schedule *out)
{
	out->number = key->number;
	out->kind = (uint8_t)kind;
	out->mac_len = key->mac_len;
}

void npdu_expand_key(const struct npdu_key *key, struct npdu_schedule *out)
{
	const IMB_MGR *mgr = npdu_library();

	begin_schedule(key, kind_of(key), out);
	if (key->eea == E2M_EEA_GCM) {
		aes_gcm_expand(key, &out->parts);
	} else if (key->is_aes && aes_is_available()) {
		aes_expand(key, &out->parts);
	} else {
		expand_enc(mgr, key, out);
		expand_auth(mgr, key, out);
	}
}

void npdu_expand_key_for_library(const struct npdu_key *key, struct npdu_schedule *out)
{
	begin_schedule(key, NPDU_SCHEDULE_GCM_LIBRARY, out);
	IMB_AES128_GCM_PRE(npdu_library(), key->kenc, &out->gcm);
}

static int derive(struct npdu_key *key, const struct e2m_numbers *numbers,
		  const struct e2m_keyset *keyset, uint8_t counter_octets)
{
	const bool is_gcm = key->eea == E2M_EEA_GCM;
	const struct aka_profile profile = {
		.ciphering = is_gcm ? numbers->gcm_identity : key->eea,
		.integrity = is_gcm ? numbers->gcm_identity : key->eia,
		.counter_octets = counter_octets,
		.mac_octets = key->mac_len,
	};
	int ret = aka_derive_algorithm_key(numbers, keyset, AKA_KENC, &profile, key->kenc);

	if (ret == 0 && !is_gcm)
		ret = aka_derive_algorithm_key(numbers, keyset, AKA_KINT, &profile, key->kint);
	return ret;
}

static void make_cmac_subkey(struct npdu_key *key)
{
	alignas(16) uint8_t schedule[NPDU_AES_SCHEDULE_LEN], k2[16];

	if (key->eia != E2M_EIA2)
		return;
	expand_aes(npdu_library(), key->kint, schedule);
	IMB_AES_CMAC_SUBKEY_GEN_128(npdu_library(), schedule, key->cmac_k1, k2);
	e2m_wipe(schedule, sizeof(schedule));
	e2m_wipe(k2, sizeof(k2));
}

/* SP 800-38D 7.1, step 1: H is a block of zeros, enciphered. CFB of one block of zeros is that. */
static void make_hash_subkey(struct npdu_key *key)
{
	static const uint8_t zeros[16];
	alignas(16) uint8_t schedule[NPDU_AES_SCHEDULE_LEN];

	if (key->eea != E2M_EEA_GCM)
		return;
	expand_aes(npdu_library(), key->kenc, schedule);
	IMB_AES128_CFB_ONE(npdu_library(), key->kint, zeros, zeros, schedule, sizeof(zeros));
	e2m_wipe(schedule, sizeof(schedule));
}

/* What follows from Kenc and Kint. */
static struct npdu_key *key_end(struct npdu_key *key)
{
	make_cmac_subkey(key);
	make_hash_subkey(key);
	return key;
}

static uint64_t next_number(void)
{
	static _Atomic uint64_t last;

	return ++last;
}

/* A key that has all but Kenc, Kint and what follows from them. */
static struct npdu_key *key_begin(enum e2m_eea eea, enum e2m_eia eia, unsigned gcm_tag_octets)
{
	struct npdu_key *key;

	if (!npdu_library() || !e2m_algorithms_allowed(eea, eia, true) ||
	    (eea == E2M_EEA_GCM && gcm_tag_octets != 8 && gcm_tag_octets != 16)) {
		errno = npdu_library() ? EINVAL : ENOTSUP;
		return NULL;
	}
	key = arena_take();
	if (!key)
		return NULL;
	key->number = next_number();
	key->eea = (uint8_t)eea;
	key->eia = (uint8_t)eia;
	key->mac_len = (uint8_t)npdu_mac_len(eia, gcm_tag_octets);
	key->is_aes = eea == E2M_EEA2 && eia == E2M_EIA2;
	return key;
}

struct npdu_key *npdu_key_new(const struct e2m_numbers *numbers, const struct e2m_keyset *keyset,
			      const struct npdu_profile *profile)
{
	struct npdu_key *key;

	if (profile->counter_octets > NPDU_COUNTER_OCTETS_MAX) {
		errno = EINVAL;
		return NULL;
	}
	key = key_begin(profile->eea, profile->eia, profile->gcm_tag_octets);
	if (!key)
		return NULL;
	if (derive(key, numbers, keyset, profile->counter_octets) != 0) {
		npdu_key_free(key);
		errno = EIO;
		return NULL;
	}
	return key_end(key);
}

struct npdu_key *npdu_key_new_raw(const uint8_t kenc[E2M_KEY_LEN], const uint8_t kint[E2M_KEY_LEN],
				  enum e2m_eea eea, enum e2m_eia eia, unsigned gcm_tag_octets)
{
	struct npdu_key *key = key_begin(eea, eia, gcm_tag_octets);

	if (!key)
		return NULL;
	memcpy(key->kenc, kenc, E2M_KEY_LEN);
	if (eia != E2M_EIA_GCM)
		memcpy(key->kint, kint, E2M_KEY_LEN);
	return key_end(key);
}

struct npdu_key *npdu_key_copy(const struct npdu_key *key)
{
	struct npdu_key *copy = arena_take();

	if (!copy)
		return NULL;
	*copy = *key;
	copy->number = next_number();
	return copy;
}

void npdu_key_free(struct npdu_key *key)
{
	if (key)
		arena_give_back(key);
}

size_t npdu_key_mac_len(const struct npdu_key *key)
{
	return key->mac_len;
}

size_t npdu_key_len_max(const struct npdu_key *key)
{
	return key->eea == E2M_EEA3 || key->eia == E2M_EIA3 ? NPDU_LEN_MAX_ZUC : NPDU_LEN_MAX;
}
