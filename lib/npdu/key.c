/* SPDX-License-Identifier: BSD-3-Clause */
#include "npdu/key.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "aka/aka.h"

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

static size_t round_up(size_t len)
{
	return (len + 63) & ~(size_t)63;
}

static size_t enc_schedule_len(const IMB_MGR *mgr, enum e2m_eea eea)
{
	switch (eea) {
	case E2M_EEA0:
		return 0;
	case E2M_EEA1:
		return IMB_SNOW3G_KEY_SCHED_SIZE((IMB_MGR *)(uintptr_t)mgr);
	case E2M_EEA2:
		return NPDU_AES_SCHEDULE_LEN;
	case E2M_EEA3:
		return E2M_KEY_LEN;
	case E2M_EEA_GCM:
		return sizeof(struct gcm_key_data);
	}
	return 0;
}

static size_t auth_schedule_len(const IMB_MGR *mgr, enum e2m_eia eia)
{
	switch (eia) {
	case E2M_EIA1:
		return IMB_SNOW3G_KEY_SCHED_SIZE((IMB_MGR *)(uintptr_t)mgr);
	case E2M_EIA2:
		return NPDU_AES_SCHEDULE_LEN + 2 * 16;
	case E2M_EIA3:
		return E2M_KEY_LEN;
	case E2M_EIA0:
	case E2M_EIA_GCM:
		break;
	}
	return 0;
}

static void expand_enc(const IMB_MGR *mgr, enum e2m_eea eea, const uint8_t kenc[E2M_KEY_LEN],
		       uint8_t *schedule)
{
	alignas(16) uint8_t unused[NPDU_AES_SCHEDULE_LEN];

	switch (eea) {
	case E2M_EEA0:
		break;
	case E2M_EEA1:
		IMB_SNOW3G_INIT_KEY_SCHED(mgr, kenc, (snow3g_key_schedule_t *)schedule);
		break;
	case E2M_EEA2:
		IMB_AES_KEYEXP_128(mgr, kenc, schedule, unused);
		e2m_wipe(unused, sizeof(unused));
		break;
	case E2M_EEA3:
		memcpy(schedule, kenc, E2M_KEY_LEN);
		break;
	case E2M_EEA_GCM:
		IMB_AES128_GCM_PRE(mgr, kenc, (struct gcm_key_data *)schedule);
		break;
	}
}

static void expand_auth(const IMB_MGR *mgr, enum e2m_eia eia, const uint8_t kint[E2M_KEY_LEN],
			uint8_t *schedule)
{
	alignas(16) uint8_t unused[NPDU_AES_SCHEDULE_LEN];

	switch (eia) {
	case E2M_EIA1:
		IMB_SNOW3G_INIT_KEY_SCHED(mgr, kint, (snow3g_key_schedule_t *)schedule);
		break;
	case E2M_EIA2:
		IMB_AES_KEYEXP_128(mgr, kint, schedule, unused);
		IMB_AES_CMAC_SUBKEY_GEN_128(mgr, schedule, schedule + NPDU_AES_SCHEDULE_LEN,
					    schedule + NPDU_AES_SCHEDULE_LEN + 16);
		e2m_wipe(unused, sizeof(unused));
		break;
	case E2M_EIA3:
		memcpy(schedule, kint, E2M_KEY_LEN);
		break;
	case E2M_EIA0:
	case E2M_EIA_GCM:
		break;
	}
}

static int derive_and_expand(struct npdu_key *key, const struct e2m_numbers *numbers,
			     const struct e2m_keyset *keyset, size_t enc_len)
{
	const IMB_MGR *mgr = npdu_library();
	const uint8_t enc_identity = key->eea == E2M_EEA_GCM ? numbers->gcm_identity : key->eea;
	alignas(16) uint8_t derived[E2M_KEY_LEN];
	uint8_t *auth = key->schedules + round_up(enc_len);
	int ret;

	ret = aka_derive_algorithm_key(numbers, keyset, AKA_KENC, enc_identity, derived);
	if (ret == 0) {
		expand_enc(mgr, key->eea, derived, key->schedules);
		ret = aka_derive_algorithm_key(numbers, keyset, AKA_KINT, key->eia, derived);
	}
	if (ret == 0)
		expand_auth(mgr, key->eia, derived, auth);
	e2m_wipe(derived, sizeof(derived));
	key->enc = key->schedules;
	key->auth = auth;
	key->cmac_k1 = auth + NPDU_AES_SCHEDULE_LEN;
	key->cmac_k2 = auth + NPDU_AES_SCHEDULE_LEN + 16;
	return ret;
}

struct npdu_key *npdu_key_new(const struct e2m_numbers *numbers, const struct e2m_keyset *keyset,
			      enum e2m_eea eea, enum e2m_eia eia, unsigned gcm_tag_octets)
{
	const IMB_MGR *mgr = npdu_library();

	if (!mgr || !e2m_algorithms_allowed(eea, eia, true) ||
	    (eea == E2M_EEA_GCM && gcm_tag_octets != 8 && gcm_tag_octets != 16)) {
		errno = mgr ? EINVAL : ENOTSUP;
		return NULL;
	}
	const size_t enc_len = enc_schedule_len(mgr, eea);
	const size_t size =
		sizeof(struct npdu_key) + round_up(enc_len) + round_up(auth_schedule_len(mgr, eia));
	struct npdu_key *key = aligned_alloc(64, size);
	if (!key)
		return NULL;
	memset(key, 0, size);
	key->eea = (uint8_t)eea;
	key->eia = (uint8_t)eia;
	key->mac_len = (uint8_t)npdu_mac_len(eia, gcm_tag_octets);
	key->is_aes = eea == E2M_EEA2 && eia == E2M_EIA2;
	key->size = (uint32_t)size;
	if (derive_and_expand(key, numbers, keyset, enc_len) != 0) {
		npdu_key_free(key);
		errno = EIO;
		return NULL;
	}
	return key;
}

void npdu_key_free(struct npdu_key *key)
{
	if (!key)
		return;
	e2m_wipe(key, key->size);
	free(key);
}

size_t npdu_key_mac_len(const struct npdu_key *key)
{
	return key->mac_len;
}
