/* SPDX-License-Identifier: BSD-3-Clause */
/* The key hierarchy of e2m.md 2: KDF(Key, S) = HMAC-SHA-256(Key, S), TS 33.220 B.2. */
#include <string.h>

#include "aka/aka.h"
#include "aka/crypto.h"

#define FC_KASME 0x10 /* TS 33.401 A.2 */

#define S_MAX 32

/* S = FC || P0 || L0 || P1 || L1 ... */
struct kdf_input {
	uint8_t s[S_MAX];
	size_t len;
};

static void add_parameter(struct kdf_input *input, const uint8_t *p, uint8_t len)
{
	memcpy(input->s + input->len, p, len);
	input->len += len;
	input->s[input->len++] = 0;
	input->s[input->len++] = len;
}

/* Key is always two keys of 16 octets, one after the other. */
static int derive(const uint8_t first[E2M_KEY_LEN], const uint8_t second[E2M_KEY_LEN],
		  const struct kdf_input *input, uint8_t out[AKA_SHA256_LEN])
{
	uint8_t key[2 * E2M_KEY_LEN];

	memcpy(key, first, E2M_KEY_LEN);
	memcpy(key + E2M_KEY_LEN, second, E2M_KEY_LEN);
	int err = aka_hmac_sha256(key, sizeof(key), input->s, input->len, out);
	e2m_wipe(key, sizeof(key));
	return err;
}

/* For S = FC alone: the halves of the result. */
static int derive_pair(uint8_t fc, const uint8_t ck[E2M_KEY_LEN], const uint8_t ik[E2M_KEY_LEN],
		       uint8_t out_ck[E2M_KEY_LEN], uint8_t out_ik[E2M_KEY_LEN])
{
	const struct kdf_input input = {.s = {fc}, .len = 1};
	uint8_t out[AKA_SHA256_LEN];

	int err = derive(ck, ik, &input, out);
	if (!err) {
		memcpy(out_ck, out, E2M_KEY_LEN);
		memcpy(out_ik, out + E2M_KEY_LEN, E2M_KEY_LEN);
	}
	e2m_wipe(out, sizeof(out));
	return err;
}

int aka_derive_umts_prime(const struct e2m_numbers *numbers, const uint8_t ck[E2M_KEY_LEN],
			  const uint8_t ik[E2M_KEY_LEN], uint8_t ck_prime[E2M_KEY_LEN],
			  uint8_t ik_prime[E2M_KEY_LEN])
{
	return derive_pair(numbers->fc_umts_prime, ck, ik, ck_prime, ik_prime);
}

int aka_derive_keyset(const struct e2m_numbers *numbers, const uint8_t ck[E2M_KEY_LEN],
		      const uint8_t ik[E2M_KEY_LEN], struct e2m_keyset *keyset)
{
	return derive_pair(numbers->fc_e2mkeyset, ck, ik, keyset->e2mck, keyset->e2mik);
}

int aka_derive_kasme(const uint8_t ck[E2M_KEY_LEN], const uint8_t ik[E2M_KEY_LEN],
		     const uint8_t sn_id[AKA_SN_ID_LEN], const uint8_t sqn_xor_ak[E2M_SQN_LEN],
		     uint8_t kasme[AKA_KASME_LEN])
{
	struct kdf_input input = {.s = {FC_KASME}, .len = 1};

	add_parameter(&input, sn_id, AKA_SN_ID_LEN);
	add_parameter(&input, sqn_xor_ak, E2M_SQN_LEN);
	return derive(ck, ik, &input, kasme);
}

int aka_derive_algorithm_key(const struct e2m_numbers *numbers, const struct e2m_keyset *keyset,
			     enum aka_key_type type, const struct aka_profile *profile,
			     uint8_t key[E2M_KEY_LEN])
{
	const uint8_t p1[] = {profile->ciphering, profile->integrity, profile->counter_octets,
			      profile->mac_octets};
	struct kdf_input input = {.s = {numbers->fc_algorithm_key}, .len = 1};
	uint8_t distinguisher = (uint8_t)type, out[AKA_SHA256_LEN];

	add_parameter(&input, &distinguisher, 1);
	add_parameter(&input, p1, sizeof(p1));
	int err = derive(keyset->e2mck, keyset->e2mik, &input, out);
	if (!err)
		memcpy(key, out + AKA_SHA256_LEN - E2M_KEY_LEN, E2M_KEY_LEN);
	e2m_wipe(out, sizeof(out));
	return err;
}

int aka_derive_k(const uint8_t k[AKA_K_LEN], const struct e2m_imsi *imsi, uint8_t out[AKA_K_LEN])
{
	uint8_t full[AKA_SHA256_LEN];

	int err = aka_hmac_sha256(k, AKA_K_LEN, (const uint8_t *)imsi->digits, strlen(imsi->digits),
				  full);
	if (!err)
		memcpy(out, full, AKA_K_LEN);
	e2m_wipe(full, sizeof(full));
	return err;
}
