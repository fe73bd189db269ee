/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aka: authentication and key agreement and the key hierarchy of e2m.md 2. Milenage (TS 35.206), the
 * KDF of TS 33.220 annex B, the vector that an HSS makes, and what a USIM does with it. hse-hss and
 * hse-ue call both ends of it; the HSE itself only derives Kenc and Kint.
 *
 * Every function that returns int returns 0, or a negative errno: -EIO when the crypto library
 * failed. Outputs are undefined on failure. Callers wipe the keys that they are given.
 */
#ifndef AKA_AKA_H
#define AKA_AKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "e2m/e2m.h"

#define AKA_K_LEN     16
#define AKA_AMF_LEN   2
#define AKA_MAC_LEN   8
#define AKA_RES_LEN   8
#define AKA_AK_LEN    6
#define AKA_AUTN_LEN  16
#define AKA_AUTS_LEN  14
#define AKA_KASME_LEN 32
#define AKA_SN_ID_LEN 3

/* AMF bit 0, the separation bit: TS 33.102 annex H, TS 33.401 6.1.2. */
#define AKA_AMF_SEPARATION 0x8000

/* SQN = SEQ || IND, with IND of five bits: TS 33.102 C.1.1.1, e2m.md 2. */
#define AKA_SQN_MAX  ((UINT64_C(1) << 48) - 1)
#define AKA_IND_BITS 5
/* A USIM takes no SEQ that is further than this above the highest it has taken: TS 33.102 C.2.1, and
 * the value of C.3. */
#define AKA_SEQ_DELTA (UINT64_C(1) << 28)

/* --- Milenage, TS 35.206 4.1 --- */

int milenage_opc(const uint8_t k[AKA_K_LEN], const uint8_t op[AKA_K_LEN], uint8_t opc[AKA_K_LEN]);

/* f1 and f1*: mac_a or mac_s may be NULL. */
int milenage_f1(const uint8_t k[AKA_K_LEN], const uint8_t opc[AKA_K_LEN],
		const uint8_t rand[E2M_RAND_LEN], const uint8_t sqn[E2M_SQN_LEN],
		const uint8_t amf[AKA_AMF_LEN], uint8_t mac_a[AKA_MAC_LEN],
		uint8_t mac_s[AKA_MAC_LEN]);

/* f2, f3, f4, f5 and f5*: any output may be NULL. */
int milenage_f2345(const uint8_t k[AKA_K_LEN], const uint8_t opc[AKA_K_LEN],
		   const uint8_t rand[E2M_RAND_LEN], uint8_t res[AKA_RES_LEN],
		   uint8_t ck[E2M_KEY_LEN], uint8_t ik[E2M_KEY_LEN], uint8_t ak[AKA_AK_LEN],
		   uint8_t ak_star[AKA_AK_LEN]);

/* --- the key hierarchy, e2m.md 2 --- */

/* CK' || IK' for the air interface of UMTS AKA. */
int aka_derive_umts_prime(const struct e2m_numbers *numbers, const uint8_t ck[E2M_KEY_LEN],
			  const uint8_t ik[E2M_KEY_LEN], uint8_t ck_prime[E2M_KEY_LEN],
			  uint8_t ik_prime[E2M_KEY_LEN]);

/* e2mKEYSET, from the CK and IK that Milenage gave. */
int aka_derive_keyset(const struct e2m_numbers *numbers, const uint8_t ck[E2M_KEY_LEN],
		      const uint8_t ik[E2M_KEY_LEN], struct e2m_keyset *keyset);

/* KASME, TS 33.401 A.2. */
int aka_derive_kasme(const uint8_t ck[E2M_KEY_LEN], const uint8_t ik[E2M_KEY_LEN],
		     const uint8_t sn_id[AKA_SN_ID_LEN], const uint8_t sqn_xor_ak[E2M_SQN_LEN],
		     uint8_t kasme[AKA_KASME_LEN]);

/* P0 of the algorithm keys. */
enum aka_key_type {
	AKA_KENC = 0x01,
	AKA_KINT = 0x02,
};

/* P1 of the algorithm keys: two ends with different configurations derive different keys. With gcm,
 * both identities are numbers->gcm_identity. */
struct aka_profile {
	uint8_t ciphering; /* algorithm identities, e2m.md 3 */
	uint8_t integrity;
	uint8_t counter_octets; /* 0 to 3 */
	uint8_t mac_octets;	/* 0 (eia0), 4; gcm: 8 or 16 */
};

/* Kenc or Kint of keyset for one profile. gcm has no Kint. */
int aka_derive_algorithm_key(const struct e2m_numbers *numbers, const struct e2m_keyset *keyset,
			     enum aka_key_type type, const struct aka_profile *profile,
			     uint8_t key[E2M_KEY_LEN]);

/* --- many subscribers with one entry, for labs --- */

/* K of the subscriber of imsi, of one key k for many: the first 16 octets of HMAC-SHA-256(k, digits of
 * the IMSI). Ours, and no part of the procedure: nobody but hse-hss and hse-ue computes it. */
int aka_derive_k(const uint8_t k[AKA_K_LEN], const struct e2m_imsi *imsi, uint8_t out[AKA_K_LEN]);

/* --- SQN --- */

static inline uint64_t aka_sqn_read(const uint8_t sqn[E2M_SQN_LEN])
{
	uint64_t v = 0;

	for (int i = 0; i < E2M_SQN_LEN; i++)
		v = v << 8 | sqn[i];
	return v;
}

static inline void aka_sqn_write(uint64_t v, uint8_t sqn[E2M_SQN_LEN])
{
	for (int i = E2M_SQN_LEN - 1; i >= 0; i--, v >>= 8)
		sqn[i] = (uint8_t)v;
}

/* The SQN that an HSS uses after last: SEQ plus one, IND plus one modulo 32 (TS 33.102 C.1.1.3 and
 * C.2.1). -ERANGE when SEQ is spent. */
int aka_sqn_next(uint64_t last, uint64_t *next);

/* --- HSS: the authentication vector, e2m.md 1 step 0 --- */

enum aka_system {
	AKA_UMTS,
	AKA_EPS,
};

struct aka_vector {
	uint8_t rand[E2M_RAND_LEN];
	uint8_t autn[AKA_AUTN_LEN];
	uint8_t xres[AKA_RES_LEN];
	uint8_t ck[E2M_KEY_LEN]; /* UMTS: CK', as the SGSN is to see it; EPS: zero */
	uint8_t ik[E2M_KEY_LEN];
	uint8_t kasme[AKA_KASME_LEN]; /* EPS only */
	struct e2m_keyset keyset;     /* stays in the HSS */
};

/*
 * Makes one vector. amf is the subscriber's; the e2m bit, and for EPS the separation bit, are set here.
 * sn_id is needed for EPS only.
 */
int aka_make_vector(const struct e2m_numbers *numbers, enum aka_system system,
		    const uint8_t k[AKA_K_LEN], const uint8_t opc[AKA_K_LEN],
		    const uint8_t rand[E2M_RAND_LEN], const uint8_t sqn[E2M_SQN_LEN], uint16_t amf,
		    const uint8_t *sn_id, struct aka_vector *vector);

/* Opens AUTS (TS 33.102 6.3.5): sqn_ms is the USIM's SQN. -EBADMSG when MAC-S is wrong. */
int aka_open_auts(const uint8_t k[AKA_K_LEN], const uint8_t opc[AKA_K_LEN],
		  const uint8_t rand[E2M_RAND_LEN], const uint8_t auts[AKA_AUTS_LEN],
		  uint8_t sqn_ms[E2M_SQN_LEN]);

/* --- USIM: e2m.md 1 step 3 --- */

struct aka_usim {
	uint8_t k[AKA_K_LEN];
	uint8_t opc[AKA_K_LEN];
	uint64_t seq[1 << AKA_IND_BITS]; /* highest SEQ accepted, per IND (TS 33.102 C.2.2) */
};

/* A USIM that has last accepted sqn; SEQ of each IND starts there. */
void aka_usim_init(struct aka_usim *usim, const uint8_t k[AKA_K_LEN], const uint8_t opc[AKA_K_LEN],
		   uint64_t sqn);

/* SQN_MS: the highest SQN that the USIM has accepted. */
uint64_t aka_usim_sqn(const struct aka_usim *usim);

struct aka_usim_result {
	uint8_t res[AKA_RES_LEN];
	uint8_t ck[E2M_KEY_LEN]; /* for the air interface: CK' in UMTS when the e2m bit is set */
	uint8_t ik[E2M_KEY_LEN]; /* in EPS both are zero: they do not leave the USIM */
	uint8_t kasme[AKA_KASME_LEN]; /* EPS only */
	uint8_t sqn[E2M_SQN_LEN];
	bool has_keyset; /* the AMF of AUTN had the e2m bit */
	struct e2m_keyset keyset;
	uint8_t auts[AKA_AUTS_LEN]; /* valid when aka_run_usim returned -ESTALE */
};

/*
 * Checks AUTN and derives the keys. 0 on success; -EBADMSG: MAC-A wrong (no answer is due but a MAC
 * failure); -ESTALE: SQN not fresh (not above the highest of its IND, or AKA_SEQ_DELTA ahead), send
 * result->auts; -EPROTO: EPS and no separation bit. The SQN is taken only on success.
 */
int aka_run_usim(const struct e2m_numbers *numbers, struct aka_usim *usim, enum aka_system system,
		 const uint8_t rand[E2M_RAND_LEN], const uint8_t autn[AKA_AUTN_LEN],
		 const uint8_t *sn_id, struct aka_usim_result *result);

#endif
