/* SPDX-License-Identifier: BSD-3-Clause */
/* Groups aka and algorithm_keys: e2m.md 2. */
#include <errno.h>
#include <string.h>

#include "aka/aka.h"
#include "check-vectors-entry.h"

/* The inputs of an entry of group aka. */
struct inputs {
	uint8_t k[AKA_K_LEN], op[AKA_K_LEN], opc[AKA_K_LEN];
	uint8_t rand[E2M_RAND_LEN], sqn[E2M_SQN_LEN], amf[AKA_AMF_LEN];
	uint8_t sn_id[AKA_SN_ID_LEN];
	uint8_t autn[AKA_AUTN_LEN];
};

static bool read_inputs(struct entry *e, struct inputs *in)
{
	return entry_hex(e, "k", in->k, sizeof(in->k)) &&
	       entry_hex(e, "op", in->op, sizeof(in->op)) &&
	       entry_hex(e, "opc", in->opc, sizeof(in->opc)) &&
	       entry_hex(e, "rand", in->rand, sizeof(in->rand)) &&
	       entry_hex(e, "sqn", in->sqn, sizeof(in->sqn)) &&
	       entry_hex(e, "amf", in->amf, sizeof(in->amf)) &&
	       entry_hex(e, "sn_id", in->sn_id, sizeof(in->sn_id)) &&
	       entry_hex(e, "autn", in->autn, sizeof(in->autn));
}

static uint16_t amf_of(const struct inputs *in)
{
	return (uint16_t)(in->amf[0] << 8 | in->amf[1]);
}

/* The system that the AMF is for: only EPS sets the separation bit. */
static enum aka_system system_of(const struct inputs *in)
{
	return amf_of(in) & AKA_AMF_SEPARATION ? AKA_EPS : AKA_UMTS;
}

static bool has_e2m_bit(const struct inputs *in)
{
	return amf_of(in) & e2m_default_numbers.amf_e2m_bit;
}

/* Milenage and the key hierarchy, function by function. */
static void check_functions(struct entry *e, const struct inputs *in)
{
	uint8_t opc[AKA_K_LEN], mac_a[AKA_MAC_LEN], res[AKA_RES_LEN], ck[E2M_KEY_LEN];
	uint8_t ik[E2M_KEY_LEN], ak[AKA_AK_LEN], ck_prime[E2M_KEY_LEN], ik_prime[E2M_KEY_LEN];
	uint8_t kasme[AKA_KASME_LEN], masked[E2M_SQN_LEN];
	struct e2m_keyset keyset;

	if (!entry_expect_ok(e, "opc", "milenage_opc", milenage_opc(in->k, in->op, opc)) ||
	    !entry_expect_ok(
		    e, "mac_a", "milenage_f1",
		    milenage_f1(in->k, in->opc, in->rand, in->sqn, in->amf, mac_a, NULL)) ||
	    !entry_expect_ok(e, "res", "milenage_f2345",
			     milenage_f2345(in->k, in->opc, in->rand, res, ck, ik, ak, NULL)) ||
	    !entry_expect_ok(
		    e, "ck_prime", "aka_derive_umts_prime",
		    aka_derive_umts_prime(&e2m_default_numbers, ck, ik, ck_prime, ik_prime)) ||
	    !entry_expect_ok(e, "e2mck", "aka_derive_keyset",
			     aka_derive_keyset(&e2m_default_numbers, ck, ik, &keyset)))
		return;
	for (int i = 0; i < E2M_SQN_LEN; i++)
		masked[i] = in->sqn[i] ^ ak[i];
	if (!entry_expect_ok(e, "kasme", "aka_derive_kasme",
			     aka_derive_kasme(ck, ik, in->sn_id, masked, kasme)))
		return;
	entry_check_hex(e, "opc", opc, sizeof(opc));
	entry_check_hex(e, "mac_a", mac_a, sizeof(mac_a));
	entry_check_hex(e, "res", res, sizeof(res));
	entry_check_hex(e, "ck", ck, sizeof(ck));
	entry_check_hex(e, "ik", ik, sizeof(ik));
	entry_check_hex(e, "ak", ak, sizeof(ak));
	entry_check_hex(e, "sqn_xor_ak", masked, sizeof(masked));
	entry_check_hex(e, "ck_prime", ck_prime, sizeof(ck_prime));
	entry_check_hex(e, "ik_prime", ik_prime, sizeof(ik_prime));
	entry_check_hex(e, "e2mck", keyset.e2mck, sizeof(keyset.e2mck));
	entry_check_hex(e, "e2mik", keyset.e2mik, sizeof(keyset.e2mik));
	entry_check_hex(e, "kasme", kasme, sizeof(kasme));
}

/* What the air interface sees: CK' and IK' (UMTS with the e2m bit), CK and IK (UMTS without), or
 * nothing but KASME (EPS). */
static void check_air_keys(struct entry *e, const struct inputs *in, const uint8_t ck[E2M_KEY_LEN],
			   const uint8_t ik[E2M_KEY_LEN], const uint8_t kasme[AKA_KASME_LEN])
{
	if (system_of(in) == AKA_EPS) {
		entry_check_hex(e, "kasme", kasme, AKA_KASME_LEN);
		return;
	}
	entry_check_hex(e, has_e2m_bit(in) ? "ck_prime" : "ck", ck, E2M_KEY_LEN);
	entry_check_hex(e, has_e2m_bit(in) ? "ik_prime" : "ik", ik, E2M_KEY_LEN);
}

static void check_keyset(struct entry *e, const struct e2m_keyset *keyset)
{
	entry_check_hex(e, "e2mck", keyset->e2mck, sizeof(keyset->e2mck));
	entry_check_hex(e, "e2mik", keyset->e2mik, sizeof(keyset->e2mik));
}

/* The HSS's direction, step 0. */
static void check_vector(struct entry *e, const struct inputs *in)
{
	struct aka_vector v;

	/* An HSS sets the e2m bit always, so an entry without it is none that it makes. */
	if (!has_e2m_bit(in))
		return;
	if (!entry_expect_ok(e, "autn", "aka_make_vector",
			     aka_make_vector(&e2m_default_numbers, system_of(in), in->k, in->opc,
					     in->rand, in->sqn, amf_of(in), in->sn_id, &v)))
		return;
	entry_check_hex(e, "autn", v.autn, sizeof(v.autn));
	entry_check_hex(e, "rand", v.rand, sizeof(v.rand));
	entry_check_hex(e, "res", v.xres, sizeof(v.xres));
	check_air_keys(e, in, v.ck, v.ik, v.kasme);
	check_keyset(e, &v.keyset);
}

static int run_usim(struct aka_usim *usim, const struct inputs *in,
		    const uint8_t autn[AKA_AUTN_LEN], struct aka_usim_result *result)
{
	return aka_run_usim(&e2m_default_numbers, usim, system_of(in), in->rand, autn, in->sn_id,
			    result);
}

/* An AUTN that has been used is stale, and its AUTS tells the HSS the SQN. */
static void check_resynchronisation(struct entry *e, struct aka_usim *usim, const struct inputs *in)
{
	struct aka_usim_result r;
	uint8_t sqn_ms[E2M_SQN_LEN];

	if (!entry_expect_uint(e, "autn (a second time, errno)", ESTALE,
			       (uint64_t)-run_usim(usim, in, in->autn, &r)) ||
	    !entry_expect_ok(e, "sqn (AUTS)", "aka_open_auts",
			     aka_open_auts(in->k, in->opc, in->rand, r.auts, sqn_ms)))
		return;
	entry_check_hex(e, "sqn", sqn_ms, sizeof(sqn_ms));
}

/* The USIM's direction, step 3. */
static void check_usim(struct entry *e, const struct inputs *in)
{
	uint64_t sqn = aka_sqn_read(in->sqn), step = UINT64_C(1) << AKA_IND_BITS;
	struct aka_usim usim;
	struct aka_usim_result r;
	uint8_t autn[AKA_AUTN_LEN];

	/* A USIM that has last taken the SQN before this one. With SEQ 0 there is none before. */
	aka_usim_init(&usim, in->k, in->opc, sqn >= step ? sqn - step : 0);
	memcpy(autn, in->autn, sizeof(autn));
	autn[AKA_AUTN_LEN - 1] ^= 1;
	if (!entry_expect_uint(e, "autn (with a MAC bit flipped, errno)", EBADMSG,
			       (uint64_t)-run_usim(&usim, in, autn, &r)))
		return;
	if (sqn >= step) {
		if (!entry_expect_ok(e, "autn", "aka_run_usim", run_usim(&usim, in, in->autn, &r)))
			return;
		entry_check_hex(e, "res", r.res, sizeof(r.res));
		entry_check_hex(e, "sqn", r.sqn, sizeof(r.sqn));
		check_air_keys(e, in, r.ck, r.ik, r.kasme);
		entry_expect_uint(e, "amf (e2m bit)", has_e2m_bit(in), r.has_keyset);
		if (r.has_keyset)
			check_keyset(e, &r.keyset);
	}
	check_resynchronisation(e, &usim, in);
}

void check_aka(struct entry *e)
{
	struct inputs in;

	if (!read_inputs(e, &in))
		return;
	check_functions(e, &in);
	if (e->failed)
		return;
	check_vector(e, &in);
	check_usim(e, &in);
}

void check_algorithm_key(struct entry *e)
{
	struct e2m_keyset keyset;
	uint64_t type, ciphering, integrity, counter_octets, mac_octets;
	uint8_t key[E2M_KEY_LEN];

	if (!entry_hex(e, "e2mck", keyset.e2mck, sizeof(keyset.e2mck)) ||
	    !entry_hex(e, "e2mik", keyset.e2mik, sizeof(keyset.e2mik)) ||
	    !entry_uint(e, "type", UINT8_MAX, &type) ||
	    !entry_uint(e, "ciphering", UINT8_MAX, &ciphering) ||
	    !entry_uint(e, "integrity", UINT8_MAX, &integrity) ||
	    !entry_uint(e, "counter_octets", UINT8_MAX, &counter_octets) ||
	    !entry_uint(e, "mac_octets", UINT8_MAX, &mac_octets))
		return;
	if (type != AKA_KENC && type != AKA_KINT) {
		entry_fail(e, "type", "expected 1 (Kenc) or 2 (Kint), got %u", (unsigned)type);
		return;
	}

	const struct aka_profile profile = {
		.ciphering = (uint8_t)ciphering,
		.integrity = (uint8_t)integrity,
		.counter_octets = (uint8_t)counter_octets,
		.mac_octets = (uint8_t)mac_octets,
	};

	if (entry_expect_ok(e, "key", "aka_derive_algorithm_key",
			    aka_derive_algorithm_key(&e2m_default_numbers, &keyset,
						     (enum aka_key_type)type, &profile, key)))
		entry_check_hex(e, "key", key, sizeof(key));
}
