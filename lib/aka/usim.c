/* SPDX-License-Identifier: BSD-3-Clause */
/* What a USIM and its UE do with RAND and AUTN: TS 33.102 6.3.3, TS 33.401 6.1.1, e2m.md 1 step 3. */
#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>

#include "aka/aka.h"
#include "aka/auts.h"
#include "aka/sqn.h"

void aka_usim_init(struct aka_usim *usim, const uint8_t k[AKA_K_LEN], const uint8_t opc[AKA_K_LEN],
		   uint64_t sqn)
{
	memcpy(usim->k, k, AKA_K_LEN);
	memcpy(usim->opc, opc, AKA_K_LEN);
	for (size_t i = 0; i < sizeof(usim->seq) / sizeof(usim->seq[0]); i++)
		usim->seq[i] = aka_sqn_seq(sqn);
}

static int write_auts(const struct aka_usim *usim, const uint8_t rand[E2M_RAND_LEN],
		      uint8_t auts[AKA_AUTS_LEN])
{
	uint8_t sqn_ms[E2M_SQN_LEN], ak_star[AKA_AK_LEN];

	aka_sqn_write(aka_usim_sqn(usim), sqn_ms);
	int err = milenage_f2345(usim->k, usim->opc, rand, NULL, NULL, NULL, NULL, ak_star);
	if (!err)
		err = milenage_f1(usim->k, usim->opc, rand, sqn_ms, aka_resync_amf, NULL,
				  auts + E2M_SQN_LEN);
	for (int i = 0; !err && i < E2M_SQN_LEN; i++)
		auts[i] = sqn_ms[i] ^ ak_star[i];
	e2m_wipe(ak_star, sizeof(ak_star));
	return err;
}

/* MAC-A, the separation bit, then SQN: the order of TS 24.301 5.4.2.6. */
static int check_autn(struct aka_usim *usim, enum aka_system system,
		      const uint8_t rand[E2M_RAND_LEN], const uint8_t autn[AKA_AUTN_LEN],
		      const uint8_t ak[AKA_AK_LEN], struct aka_usim_result *result)
{
	const uint8_t *amf = autn + E2M_SQN_LEN;
	const uint8_t *mac_a = amf + AKA_AMF_LEN;
	uint8_t xmac_a[AKA_MAC_LEN];

	for (int i = 0; i < E2M_SQN_LEN; i++)
		result->sqn[i] = autn[i] ^ ak[i];
	int err = milenage_f1(usim->k, usim->opc, rand, result->sqn, amf, xmac_a, NULL);
	if (!err && CRYPTO_memcmp(xmac_a, mac_a, AKA_MAC_LEN) != 0)
		err = -EBADMSG;
	e2m_wipe(xmac_a, sizeof(xmac_a));
	if (err)
		return err;
	if (system == AKA_EPS && !((amf[0] << 8 | amf[1]) & AKA_AMF_SEPARATION))
		return -EPROTO;
	if (!aka_sqn_is_fresh(usim, aka_sqn_read(result->sqn))) {
		err = write_auts(usim, rand, result->auts);
		return err ? err : -ESTALE;
	}
	return 0;
}

static int derive_result_keys(const struct e2m_numbers *numbers, enum aka_system system,
			      const uint8_t ck[E2M_KEY_LEN], const uint8_t ik[E2M_KEY_LEN],
			      const uint8_t autn[AKA_AUTN_LEN], const uint8_t *sn_id,
			      struct aka_usim_result *result)
{
	int err = 0;

	if (result->has_keyset)
		err = aka_derive_keyset(numbers, ck, ik, &result->keyset);
	if (err)
		return err;
	if (system == AKA_EPS)
		return aka_derive_kasme(ck, ik, sn_id, autn, result->kasme);
	if (result->has_keyset)
		return aka_derive_umts_prime(numbers, ck, ik, result->ck, result->ik);
	memcpy(result->ck, ck, E2M_KEY_LEN);
	memcpy(result->ik, ik, E2M_KEY_LEN);
	return 0;
}

int aka_run_usim(const struct e2m_numbers *numbers, struct aka_usim *usim, enum aka_system system,
		 const uint8_t rand[E2M_RAND_LEN], const uint8_t autn[AKA_AUTN_LEN],
		 const uint8_t *sn_id, struct aka_usim_result *result)
{
	uint16_t amf = (uint16_t)(autn[E2M_SQN_LEN] << 8 | autn[E2M_SQN_LEN + 1]);
	uint8_t res[AKA_RES_LEN], ck[E2M_KEY_LEN], ik[E2M_KEY_LEN], ak[AKA_AK_LEN];

	memset(result, 0, sizeof(*result));
	int err = milenage_f2345(usim->k, usim->opc, rand, res, ck, ik, ak, NULL);
	if (!err)
		err = check_autn(usim, system, rand, autn, ak, result);
	if (!err) {
		result->has_keyset = amf & numbers->amf_e2m_bit;
		memcpy(result->res, res, AKA_RES_LEN);
		err = derive_result_keys(numbers, system, ck, ik, autn, sn_id, result);
	}
	if (!err) {
		uint64_t sqn = aka_sqn_read(result->sqn);
		usim->seq[aka_sqn_ind(sqn)] = aka_sqn_seq(sqn);
	} else if (err != -ESTALE) {
		e2m_wipe(result, sizeof(*result));
	}
	e2m_wipe(res, sizeof(res));
	e2m_wipe(ck, sizeof(ck));
	e2m_wipe(ik, sizeof(ik));
	e2m_wipe(ak, sizeof(ak));
	return err;
}
