/* SPDX-License-Identifier: BSD-3-Clause */
#include "aka/aka.h"

#include <errno.h>
#include <jansson.h>

#include "unit.h"

/* --- vectors from files --- */

static json_t *load_vectors(const char *name)
{
	char path[512];
	json_error_t error;

	snprintf(path, sizeof(path), "%s/%s", UNIT_DATA, name);
	json_t *root = json_load_file(path, 0, &error);
	if (!root)
		printf("%s:%d: %s\n", path, error.line, error.text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	return root;
}

/* len octets of the member of that name. */
static void read_octets(const json_t *entry, const char *name, uint8_t *out, size_t len)
{
	const char *hex = json_string_value(json_object_get(entry, name));

	CU_ASSERT_PTR_NOT_NULL_FATAL(hex);
	CU_ASSERT_EQUAL_FATAL(unit_hex(out, len, hex), len);
}

/* got is the member of that name. */
static void assert_octets(const json_t *entry, const char *name, const uint8_t *got, size_t len)
{
	uint8_t expected[64];

	read_octets(entry, name, expected, len);
	if (memcmp(got, expected, len) != 0) {
		const char *set = json_string_value(json_object_get(entry, "set"));
		printf("%s: %s differs\n", set ? set : "vectors.json", name);
	}
	CU_ASSERT_EQUAL(memcmp(got, expected, len), 0);
}

static void milenage_conforms(const json_t *set)
{
	uint8_t k[16], op[16], opc[16], rand[16], sqn[6], amf[2];
	uint8_t f1[8], f1_star[8], f2[8], f3[16], f4[16], f5[6], f5_star[6];

	read_octets(set, "k", k, sizeof(k));
	read_octets(set, "op", op, sizeof(op));
	read_octets(set, "rand", rand, sizeof(rand));
	read_octets(set, "sqn", sqn, sizeof(sqn));
	read_octets(set, "amf", amf, sizeof(amf));
	CU_ASSERT_EQUAL(milenage_opc(k, op, opc), 0);
	assert_octets(set, "opc", opc, sizeof(opc));
	CU_ASSERT_EQUAL(milenage_f1(k, opc, rand, sqn, amf, f1, f1_star), 0);
	assert_octets(set, "f1", f1, sizeof(f1));
	assert_octets(set, "f1_star", f1_star, sizeof(f1_star));
	CU_ASSERT_EQUAL(milenage_f2345(k, opc, rand, f2, f3, f4, f5, f5_star), 0);
	assert_octets(set, "f2", f2, sizeof(f2));
	assert_octets(set, "f3", f3, sizeof(f3));
	assert_octets(set, "f4", f4, sizeof(f4));
	assert_octets(set, "f5", f5, sizeof(f5));
	assert_octets(set, "f5_star", f5_star, sizeof(f5_star));
}

static void milenage_conforms_to_ts_35_208(void)
{
	json_t *sets = load_vectors("milenage.json");
	size_t i;
	json_t *set;

	CU_ASSERT_EQUAL(json_array_size(sets), 21);
	json_array_foreach(sets, i, set) milenage_conforms(set);
	json_decref(sets);
}

static void assert_vector(const json_t *entry, enum aka_system system)
{
	uint8_t k[16], opc[16], rand[16], sqn[6], amf[2], sn_id[3];
	struct aka_vector vector;

	read_octets(entry, "k", k, sizeof(k));
	read_octets(entry, "opc", opc, sizeof(opc));
	read_octets(entry, "rand", rand, sizeof(rand));
	read_octets(entry, "sqn", sqn, sizeof(sqn));
	read_octets(entry, "amf", amf, sizeof(amf));
	read_octets(entry, "sn_id", sn_id, sizeof(sn_id));
	CU_ASSERT_EQUAL(aka_make_vector(&e2m_default_numbers, system, k, opc, rand, sqn,
					(uint16_t)(amf[0] << 8 | amf[1]), sn_id, &vector),
			0);
	assert_octets(entry, "rand", vector.rand, sizeof(vector.rand));
	assert_octets(entry, "autn", vector.autn, sizeof(vector.autn));
	assert_octets(entry, "res", vector.xres, sizeof(vector.xres));
	assert_octets(entry, "e2mck", vector.keyset.e2mck, 16);
	assert_octets(entry, "e2mik", vector.keyset.e2mik, 16);
	if (system == AKA_EPS) {
		assert_octets(entry, "kasme", vector.kasme, sizeof(vector.kasme));
	} else {
		assert_octets(entry, "ck_prime", vector.ck, sizeof(vector.ck));
		assert_octets(entry, "ik_prime", vector.ik, sizeof(vector.ik));
	}
}

static void assert_usim(const json_t *entry, enum aka_system system)
{
	uint8_t k[16], opc[16], rand[16], autn[16], sqn[6], sn_id[3];
	struct aka_usim usim;
	struct aka_usim_result result;

	read_octets(entry, "k", k, sizeof(k));
	read_octets(entry, "opc", opc, sizeof(opc));
	read_octets(entry, "rand", rand, sizeof(rand));
	read_octets(entry, "autn", autn, sizeof(autn));
	read_octets(entry, "sqn", sqn, sizeof(sqn));
	read_octets(entry, "sn_id", sn_id, sizeof(sn_id));
	aka_usim_init(&usim, k, opc, aka_sqn_read(sqn) - 32);
	CU_ASSERT_EQUAL(
		aka_run_usim(&e2m_default_numbers, &usim, system, rand, autn, sn_id, &result), 0);
	CU_ASSERT_TRUE(result.has_keyset);
	assert_octets(entry, "sqn", result.sqn, sizeof(result.sqn));
	assert_octets(entry, "res", result.res, sizeof(result.res));
	assert_octets(entry, "e2mck", result.keyset.e2mck, 16);
	assert_octets(entry, "e2mik", result.keyset.e2mik, 16);
	if (system == AKA_EPS) {
		assert_octets(entry, "kasme", result.kasme, sizeof(result.kasme));
	} else {
		assert_octets(entry, "ck_prime", result.ck, sizeof(result.ck));
		assert_octets(entry, "ik_prime", result.ik, sizeof(result.ik));
	}
}

/* The entries are of EPS where their AMF has the separation bit. */
static void hss_and_usim_agree_with_the_vectors(void)
{
	json_t *root = load_vectors("vectors.json"), *entry;
	size_t i;

	CU_ASSERT_TRUE(json_array_size(json_object_get(root, "aka")) > 0);
	json_array_foreach(json_object_get(root, "aka"), i, entry)
	{
		uint8_t amf[2];
		read_octets(entry, "amf", amf, sizeof(amf));
		enum aka_system system = amf[0] & 0x80 ? AKA_EPS : AKA_UMTS;
		assert_vector(entry, system);
		assert_usim(entry, system);
	}
	json_decref(root);
}

static void derivations_agree_with_the_vectors(void)
{
	json_t *root = load_vectors("vectors.json"), *entry;
	size_t i;

	json_array_foreach(json_object_get(root, "aka"), i, entry)
	{
		uint8_t ck[16], ik[16], ck_prime[16], ik_prime[16], sn_id[3], sqn_xor_ak[6];
		uint8_t kasme[32];
		struct e2m_keyset keyset;
		read_octets(entry, "ck", ck, sizeof(ck));
		read_octets(entry, "ik", ik, sizeof(ik));
		read_octets(entry, "sn_id", sn_id, sizeof(sn_id));
		read_octets(entry, "sqn_xor_ak", sqn_xor_ak, sizeof(sqn_xor_ak));
		CU_ASSERT_EQUAL(
			aka_derive_umts_prime(&e2m_default_numbers, ck, ik, ck_prime, ik_prime), 0);
		assert_octets(entry, "ck_prime", ck_prime, sizeof(ck_prime));
		assert_octets(entry, "ik_prime", ik_prime, sizeof(ik_prime));
		CU_ASSERT_EQUAL(aka_derive_keyset(&e2m_default_numbers, ck, ik, &keyset), 0);
		assert_octets(entry, "e2mck", keyset.e2mck, 16);
		assert_octets(entry, "e2mik", keyset.e2mik, 16);
		CU_ASSERT_EQUAL(aka_derive_kasme(ck, ik, sn_id, sqn_xor_ak, kasme), 0);
		assert_octets(entry, "kasme", kasme, sizeof(kasme));
	}
	json_decref(root);
}

static uint8_t read_octet(json_t *entry, const char *name)
{
	json_t *value = json_object_get(entry, name);

	CU_ASSERT_TRUE_FATAL(json_is_integer(value));
	return (uint8_t)json_integer_value(value);
}

static void algorithm_keys_agree_with_the_vectors(void)
{
	json_t *root = load_vectors("vectors.json"), *entry;
	size_t i;

	CU_ASSERT_TRUE(json_array_size(json_object_get(root, "algorithm_keys")) > 0);
	json_array_foreach(json_object_get(root, "algorithm_keys"), i, entry)
	{
		struct e2m_keyset keyset;
		uint8_t key[16];
		read_octets(entry, "e2mck", keyset.e2mck, 16);
		read_octets(entry, "e2mik", keyset.e2mik, 16);
		json_int_t type = json_integer_value(json_object_get(entry, "type"));
		const struct aka_profile profile = {
			.ciphering = read_octet(entry, "ciphering"),
			.integrity = read_octet(entry, "integrity"),
			.counter_octets = read_octet(entry, "counter_octets"),
			.mac_octets = read_octet(entry, "mac_octets"),
		};
		CU_ASSERT_EQUAL(aka_derive_algorithm_key(&e2m_default_numbers, &keyset,
							 (enum aka_key_type)type, &profile, key),
				0);
		assert_octets(entry, "key", key, sizeof(key));
	}
	json_decref(root);
}

static void fc_numbers_are_configurable(void)
{
	const uint8_t ck[16] = {1}, ik[16] = {2};
	struct e2m_numbers numbers = e2m_default_numbers;
	struct e2m_keyset ours, theirs;

	CU_ASSERT_EQUAL(aka_derive_keyset(&numbers, ck, ik, &ours), 0);
	numbers.fc_e2mkeyset = 0xE0;
	numbers.fc_umts_prime = 0xE1;
	CU_ASSERT_EQUAL(aka_derive_umts_prime(&numbers, ck, ik, theirs.e2mck, theirs.e2mik), 0);
	CU_ASSERT_EQUAL(memcmp(&ours, &theirs, sizeof(ours)), 0);
	CU_ASSERT_EQUAL(aka_derive_keyset(&numbers, ck, ik, &theirs), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(&ours, &theirs, sizeof(ours)), 0);
}

/* --- SQN and the two ends --- */

static const uint8_t lab_k[16] = {0x46, 0x5b, 0x5c, 0xe8, 0xb1, 0x99, 0xb4, 0x9f,
				  0xaa, 0x5f, 0x0a, 0x2e, 0xe2, 0x38, 0xa6, 0xbc};
static const uint8_t lab_opc[16] = {0xcd, 0x63, 0xcb, 0x71, 0x95, 0x4a, 0x9f, 0x4e,
				    0x48, 0xa5, 0x99, 0x4e, 0x37, 0xa0, 0x2b, 0xaf};
static const uint8_t lab_rand[16] = {0x23, 0x55, 0x3c, 0xbe, 0x96, 0x37, 0xa8, 0x9d,
				     0x21, 0x8a, 0xe6, 0x4d, 0xae, 0x47, 0xbf, 0x35};
static const uint8_t lab_sn_id[3] = {0x62, 0xf2, 0x10};

static uint64_t make_sqn(uint64_t seq, unsigned ind)
{
	return seq << AKA_IND_BITS | ind;
}

static void make_vector(enum aka_system system, uint64_t sqn, struct aka_vector *vector)
{
	uint8_t octets[6];

	aka_sqn_write(sqn, octets);
	CU_ASSERT_EQUAL(aka_make_vector(&e2m_default_numbers, system, lab_k, lab_opc, lab_rand,
					octets, 0, lab_sn_id, vector),
			0);
}

/* The USIM's answer to a vector of that SQN. */
static int challenge(struct aka_usim *usim, enum aka_system system, uint64_t sqn,
		     struct aka_usim_result *result)
{
	struct aka_vector vector;

	make_vector(system, sqn, &vector);
	return aka_run_usim(&e2m_default_numbers, usim, system, vector.rand, vector.autn, lab_sn_id,
			    result);
}

static void sqn_next_steps_seq_and_ind(void)
{
	uint64_t next;

	CU_ASSERT_EQUAL(aka_sqn_next(0, &next), 0);
	CU_ASSERT_EQUAL(next, make_sqn(1, 1));
	CU_ASSERT_EQUAL(aka_sqn_next(make_sqn(7, 30), &next), 0);
	CU_ASSERT_EQUAL(next, make_sqn(8, 31));
	CU_ASSERT_EQUAL(aka_sqn_next(make_sqn(8, 31), &next), 0);
	CU_ASSERT_EQUAL(next, make_sqn(9, 0));
}

static void sqn_next_ends_where_seq_is_spent(void)
{
	const uint64_t last_seq = AKA_SQN_MAX >> AKA_IND_BITS;
	uint64_t next;

	CU_ASSERT_EQUAL(aka_sqn_next(make_sqn(last_seq - 1, 31), &next), 0);
	CU_ASSERT_EQUAL(next, make_sqn(last_seq, 0));
	CU_ASSERT_EQUAL(aka_sqn_next(make_sqn(last_seq, 0), &next), -ERANGE);
	CU_ASSERT_EQUAL(aka_sqn_next(AKA_SQN_MAX, &next), -ERANGE);
}

static void sqn_octets_are_big_endian(void)
{
	static const uint8_t expected[6] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06};
	uint8_t octets[6];

	aka_sqn_write(UINT64_C(0x010203040506), octets);
	CU_ASSERT_EQUAL(memcmp(octets, expected, 6), 0);
	CU_ASSERT_EQUAL(aka_sqn_read(octets), UINT64_C(0x010203040506));
}

static void a_fresh_sqn_is_taken_once(void)
{
	struct aka_usim usim;
	struct aka_usim_result result;

	aka_usim_init(&usim, lab_k, lab_opc, 0);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(1, 1), &result), 0);
	CU_ASSERT_EQUAL(aka_usim_sqn(&usim), make_sqn(1, 1));
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(1, 1), &result), -ESTALE);
	CU_ASSERT_EQUAL(aka_usim_sqn(&usim), make_sqn(1, 1));
}

static void a_stale_sqn_is_refused(void)
{
	struct aka_usim usim;
	struct aka_usim_result result;

	aka_usim_init(&usim, lab_k, lab_opc, make_sqn(100, 4));
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(99, 4), &result), -ESTALE);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(100, 4), &result), -ESTALE);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(101, 4), &result), 0);
}

/* TS 33.102 C.2.2: vectors may be used out of order as long as their INDs differ. */
static void freshness_is_per_ind(void)
{
	struct aka_usim usim;
	struct aka_usim_result result;

	aka_usim_init(&usim, lab_k, lab_opc, make_sqn(10, 0));
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(13, 3), &result), 0);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(12, 2), &result), 0);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(12, 3), &result), -ESTALE);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(13, 3), &result), -ESTALE);
	CU_ASSERT_EQUAL(aka_usim_sqn(&usim), make_sqn(13, 3));
}

static void an_sqn_far_ahead_is_refused(void)
{
	struct aka_usim usim;
	struct aka_usim_result result;

	aka_usim_init(&usim, lab_k, lab_opc, make_sqn(10, 0));
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(11 + AKA_SEQ_DELTA, 5), &result),
			-ESTALE);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, AKA_SQN_MAX, &result), -ESTALE);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(10 + AKA_SEQ_DELTA, 5), &result), 0);
}

static void auts_brings_the_hss_back_in_step(void)
{
	struct aka_usim usim;
	struct aka_usim_result result;
	uint8_t sqn_ms[6];
	uint64_t next;

	aka_usim_init(&usim, lab_k, lab_opc, make_sqn(500, 0));
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(600, 9), &result), 0);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(2, 9), &result), -ESTALE);
	CU_ASSERT_EQUAL(aka_open_auts(lab_k, lab_opc, lab_rand, result.auts, sqn_ms), 0);
	CU_ASSERT_EQUAL(aka_sqn_read(sqn_ms), make_sqn(600, 9));
	CU_ASSERT_EQUAL(aka_sqn_next(aka_sqn_read(sqn_ms), &next), 0);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, next, &result), 0);
}

static void auts_with_a_wrong_mac_s_is_refused(void)
{
	struct aka_usim usim;
	struct aka_usim_result result;
	uint8_t sqn_ms[6];

	aka_usim_init(&usim, lab_k, lab_opc, make_sqn(500, 0));
	CU_ASSERT_EQUAL(challenge(&usim, AKA_UMTS, make_sqn(2, 0), &result), -ESTALE);
	for (size_t bit = 0; bit < 8 * AKA_AUTS_LEN; bit++) {
		uint8_t auts[AKA_AUTS_LEN];
		memcpy(auts, result.auts, sizeof(auts));
		auts[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_EQUAL(aka_open_auts(lab_k, lab_opc, lab_rand, auts, sqn_ms), -EBADMSG);
	}
}

static void autn_with_a_wrong_mac_a_is_refused(void)
{
	struct aka_usim usim;
	struct aka_usim_result result;
	struct aka_vector vector;

	aka_usim_init(&usim, lab_k, lab_opc, 0);
	make_vector(AKA_UMTS, make_sqn(1, 1), &vector);
	for (size_t bit = 0; bit < 8 * AKA_AUTN_LEN; bit++) {
		uint8_t autn[AKA_AUTN_LEN];
		memcpy(autn, vector.autn, sizeof(autn));
		autn[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_EQUAL(aka_run_usim(&e2m_default_numbers, &usim, AKA_UMTS, vector.rand,
					     autn, NULL, &result),
				-EBADMSG);
	}
	CU_ASSERT_EQUAL(aka_usim_sqn(&usim), 0);
}

static void eps_needs_the_separation_bit(void)
{
	struct aka_usim usim;
	struct aka_usim_result result;
	struct aka_vector vector;

	aka_usim_init(&usim, lab_k, lab_opc, 0);
	make_vector(AKA_UMTS, make_sqn(1, 1), &vector);
	CU_ASSERT_EQUAL(aka_run_usim(&e2m_default_numbers, &usim, AKA_EPS, vector.rand, vector.autn,
				     lab_sn_id, &result),
			-EPROTO);
	CU_ASSERT_EQUAL(aka_usim_sqn(&usim), 0);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_EPS, make_sqn(1, 1), &result), 0);
}

static void amf_carries_the_bits_of_the_system(void)
{
	struct aka_vector vector;

	make_vector(AKA_UMTS, 0, &vector);
	CU_ASSERT_EQUAL(vector.autn[6], 0x00);
	CU_ASSERT_EQUAL(vector.autn[7], 0x80);
	make_vector(AKA_EPS, 0, &vector);
	CU_ASSERT_EQUAL(vector.autn[6], 0x80);
	CU_ASSERT_EQUAL(vector.autn[7], 0x80);
}

static void eps_shows_kasme_and_no_ck_ik(void)
{
	static const uint8_t zero[16];
	struct aka_usim usim;
	struct aka_usim_result result;
	struct aka_vector vector;

	aka_usim_init(&usim, lab_k, lab_opc, 0);
	make_vector(AKA_EPS, make_sqn(1, 1), &vector);
	CU_ASSERT_EQUAL(memcmp(vector.ck, zero, 16), 0);
	CU_ASSERT_EQUAL(memcmp(vector.ik, zero, 16), 0);
	CU_ASSERT_EQUAL(challenge(&usim, AKA_EPS, make_sqn(1, 1), &result), 0);
	CU_ASSERT_EQUAL(memcmp(result.ck, zero, 16), 0);
	CU_ASSERT_EQUAL(memcmp(result.kasme, vector.kasme, sizeof(vector.kasme)), 0);
}

/* An HSS that knows nothing of e2m: plain UMTS AKA goes on as before. */
static void without_the_e2m_bit_ck_ik_are_milenages_own(void)
{
	struct e2m_numbers numbers = e2m_default_numbers;
	struct aka_usim usim;
	struct aka_usim_result result;
	struct aka_vector vector;
	uint8_t sqn[6], ck[16], ik[16];

	numbers.amf_e2m_bit = 0;
	aka_sqn_write(make_sqn(1, 1), sqn);
	CU_ASSERT_EQUAL(aka_make_vector(&numbers, AKA_UMTS, lab_k, lab_opc, lab_rand, sqn, 0, NULL,
					&vector),
			0);
	aka_usim_init(&usim, lab_k, lab_opc, 0);
	CU_ASSERT_EQUAL(aka_run_usim(&e2m_default_numbers, &usim, AKA_UMTS, vector.rand,
				     vector.autn, NULL, &result),
			0);
	CU_ASSERT_FALSE(result.has_keyset);
	milenage_f2345(lab_k, lab_opc, lab_rand, NULL, ck, ik, NULL, NULL);
	CU_ASSERT_EQUAL(memcmp(result.ck, ck, 16), 0);
	CU_ASSERT_EQUAL(memcmp(result.ik, ik, 16), 0);
}

UNIT_MAIN("aka", {"Milenage conforms to TS 35.208", milenage_conforms_to_ts_35_208},
	  {"HSS and USIM agree with the vectors", hss_and_usim_agree_with_the_vectors},
	  {"derivations agree with the vectors", derivations_agree_with_the_vectors},
	  {"algorithm keys agree with the vectors", algorithm_keys_agree_with_the_vectors},
	  {"FC numbers are configurable", fc_numbers_are_configurable},
	  {"aka_sqn_next steps SEQ and IND", sqn_next_steps_seq_and_ind},
	  {"aka_sqn_next ends where SEQ is spent", sqn_next_ends_where_seq_is_spent},
	  {"SQN octets are big-endian", sqn_octets_are_big_endian},
	  {"a fresh SQN is taken once", a_fresh_sqn_is_taken_once},
	  {"a stale SQN is refused", a_stale_sqn_is_refused},
	  {"freshness is per IND", freshness_is_per_ind},
	  {"an SQN far ahead is refused", an_sqn_far_ahead_is_refused},
	  {"AUTS brings the HSS back in step", auts_brings_the_hss_back_in_step},
	  {"AUTS with a wrong MAC-S is refused", auts_with_a_wrong_mac_s_is_refused},
	  {"AUTN with a wrong MAC-A is refused", autn_with_a_wrong_mac_a_is_refused},
	  {"EPS needs the separation bit", eps_needs_the_separation_bit},
	  {"AMF carries the bits of the system", amf_carries_the_bits_of_the_system},
	  {"EPS shows KASME and no CK, IK", eps_shows_kasme_and_no_ck_ik},
	  {"without the e2m bit CK and IK are Milenage's own",
	   without_the_e2m_bit_ck_ik_are_milenages_own})
