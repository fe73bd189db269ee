/* SPDX-License-Identifier: BSD-3-Clause */
/* What an HSS does: TS 33.102 6.3.2 with e2m.md 1 step 0, and the opening of AUTS. */
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "aka/aka.h"
#include "aka/auts.h"

/* AUTN = SQN xor AK || AMF || MAC-A */
static void write_autn(uint8_t autn[AKA_AUTN_LEN], const uint8_t *sqn, const uint8_t *ak,
		       const uint8_t *amf, const uint8_t *mac_a)
{
	for (int i = 0; i < E2M_SQN_LEN; i++)
		autn[i] = sqn[i] ^ ak[i];
	memcpy(autn + E2M_SQN_LEN, amf, AKA_AMF_LEN);
	memcpy(autn + E2M_SQN_LEN + AKA_AMF_LEN, mac_a, AKA_MAC_LEN);
}

static int derive_vector_keys(const struct e2m_numbers *numbers, enum aka_system system,
			      const uint8_t ck[E2M_KEY_LEN], const uint8_t ik[E2M_KEY_LEN],
			      const uint8_t *sn_id, struct aka_vector *vector)
{
	int err = aka_derive_keyset(numbers, ck, ik, &vector->keyset);

	if (err)
		return err;
	if (system == AKA_EPS)
		return aka_derive_kasme(ck, ik, sn_id, vector->autn, vector->kasme);
	return aka_derive_umts_prime(numbers, ck, ik, vector->ck, vector->ik);
}

int aka_make_vector(const struct e2m_numbers *numbers, enum aka_system system,
		    const uint8_t k[AKA_K_LEN], const uint8_t opc[AKA_K_LEN],
		    const uint8_t rand[E2M_RAND_LEN], const uint8_t sqn[E2M_SQN_LEN], uint16_t amf,
		    const uint8_t *sn_id, struct aka_vector *vector)
{
	uint8_t ck[E2M_KEY_LEN], ik[E2M_KEY_LEN], ak[AKA_AK_LEN], mac_a[AKA_MAC_LEN];

	amf |= numbers->amf_e2m_bit;
	if (system == AKA_EPS)
		amf |= AKA_AMF_SEPARATION;
	const uint8_t amf_octets[AKA_AMF_LEN] = {(uint8_t)(amf >> 8), (uint8_t)amf};

	memset(vector, 0, sizeof(*vector));
	memcpy(vector->rand, rand, E2M_RAND_LEN);
	int err = milenage_f2345(k, opc, rand, vector->xres, ck, ik, ak, NULL);
	if (!err)
		err = milenage_f1(k, opc, rand, sqn, amf_octets, mac_a, NULL);
	if (!err) {
		write_autn(vector->autn, sqn, ak, amf_octets, mac_a);
		err = derive_vector_keys(numbers, system, ck, ik, sn_id, vector);
	}
	if (err)
		e2m_wipe(vector, sizeof(*vector));
	e2m_wipe(ck, sizeof(ck));
	e2m_wipe(ik, sizeof(ik));
	e2m_wipe(ak, sizeof(ak));
	return err;
}

int aka_open_auts(const uint8_t k[AKA_K_LEN], const uint8_t opc[AKA_K_LEN],
		  const uint8_t rand[E2M_RAND_LEN], const uint8_t auts[AKA_AUTS_LEN],
		  uint8_t sqn_ms[E2M_SQN_LEN])
{
	uint8_t ak_star[AKA_AK_LEN], mac_s[AKA_MAC_LEN];

	int err = milenage_f2345(k, opc, rand, NULL, NULL, NULL, NULL, ak_star);
	for (int i = 0; !err && i < E2M_SQN_LEN; i++)
		sqn_ms[i] = auts[i] ^ ak_star[i];
	if (!err)
		err = milenage_f1(k, opc, rand, sqn_ms, aka_resync_amf, NULL, mac_s);
	if (!err && CRYPTO_memcmp(mac_s, auts + E2M_SQN_LEN, AKA_MAC_LEN) != 0)
		err = -EBADMSG;
	e2m_wipe(ak_star, sizeof(ak_star));
	e2m_wipe(mac_s, sizeof(mac_s));
	return err;
}
