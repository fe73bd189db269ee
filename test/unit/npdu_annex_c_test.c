/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine on the test sets of TS 33.401 annex C. A set's message has no header of ours, but the
 * engine takes octet 0 as it stands, does not encipher it, and lets the MAC cover it: so with n = 0 the
 * first octet of a set's message stands in octet 0, and the MAC that comes out is the annex's own.
 *
 * N-PDUs are octets. Where a ciphertext's length is no multiple of eight bits, the last octet counts as
 * far as its bits go. A MAC can only be compared where the message is whole octets; 128-EIA3 has no
 * such set, so there the bare library is held against the annex, and the engine against the library.
 */
#include <intel-ipsec-mb.h>

#include "npdu/npdu.h"
#include "npdu_annex_c.h"
#include "unit.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define PDU_MAX		2100

/* One with what lib/npdu makes itself, one with intel-ipsec-mb alone. */
static struct npdu_engine *engines[2];

static struct npdu_key *key_of(enum e2m_eea eea, enum e2m_eia eia, const char *hex)
{
	uint8_t key[E2M_KEY_LEN];

	unit_hex(key, sizeof(key), hex);
	return npdu_key_new_raw(key, key, eea, eia, 8);
}

struct pdu {
	uint8_t headroom[NPDU_HEADROOM];
	uint8_t octets[PDU_MAX];
};

/* The first bits of a and b are the same. */
static bool bits_equal(const uint8_t *a, const uint8_t *b, uint32_t bits)
{
	const uint8_t mask = (uint8_t)(0xFF00 >> bits % 8);

	return memcmp(a, b, bits / 8) == 0 &&
	       (bits % 8 == 0 || ((a[bits / 8] ^ b[bits / 8]) & mask) == 0);
}

static void check_ciphertext(const struct annex_c_eea *set, enum e2m_eia eia)
{
	struct npdu_key *key = key_of(set->eea, eia, set->key);
	uint8_t plain[PDU_MAX], cipher[PDU_MAX];
	const uint32_t len = (uint32_t)unit_hex(plain, sizeof(plain), set->plaintext);

	CU_ASSERT_PTR_NOT_NULL_FATAL(key);
	CU_ASSERT_EQUAL(unit_hex(cipher, sizeof(cipher), set->ciphertext), len);
	for (size_t e = 0; e < COUNT_OF(engines); e++) {
		struct pdu pdu = {.octets = {0x80}};
		struct npdu_op op = {.key = key,
				     .pdu = pdu.octets,
				     .npdu_len = len,
				     .count = set->count,
				     .bearer = set->bearer,
				     .direction = set->direction};

		memcpy(pdu.octets + 1, plain, len);
		npdu_protect(engines[e], &op, 1);
		CU_ASSERT_TRUE(op.ok && bits_equal(pdu.octets + 1, cipher, set->bits));
		npdu_open(engines[e], &op, 1);
		CU_ASSERT_TRUE(op.ok && memcmp(pdu.octets + 1, plain, len) == 0);
	}
	npdu_key_free(key);
}

static void ciphertexts_are_the_annexs(void)
{
	for (size_t i = 0; i < COUNT_OF(annex_c_eea); i++)
		for (enum e2m_eia eia = E2M_EIA0; eia <= E2M_EIA3; eia++)
			check_ciphertext(&annex_c_eea[i], eia);
}

/* The message as the engine takes it, octet 0 and the rest. */
static struct npdu_op op_of(const struct annex_c_eia *set, const struct npdu_key *key,
			    struct pdu *pdu)
{
	memset(pdu, 0, sizeof(*pdu));
	return (struct npdu_op){.key = key,
				.pdu = pdu->octets,
				.npdu_len =
					(uint32_t)unit_hex(pdu->octets, PDU_MAX, set->message) - 1,
				.count = set->count,
				.bearer = set->bearer,
				.direction = set->direction};
}

/* eea0 leaves the message as it is, and the MAC follows it. */
static void macs_are_the_annexs(void)
{
	for (size_t i = 0; i < COUNT_OF(annex_c_eia) * 2; i++) {
		const struct annex_c_eia *set = &annex_c_eia[i / 2];
		struct npdu_key *key = key_of(E2M_EEA0, set->eia, set->key);
		struct pdu pdu;
		struct npdu_op op = op_of(set, key, &pdu);
		uint8_t mac[4];

		unit_hex(mac, sizeof(mac), set->mac);
		npdu_protect(engines[i % 2], &op, 1);
		CU_ASSERT_TRUE(op.ok);
		CU_ASSERT_EQUAL(memcmp(pdu.octets + set->bits / 8, mac, sizeof(mac)), 0);
		npdu_key_free(key);
	}
}

/* Whatever the cipher, a set's message is what arrives: it opens with the annex's MAC, and with no
 * other. */
static void messages_open_with_the_annexs_mac(void)
{
	for (size_t i = 0; i < COUNT_OF(annex_c_eia) * 2; i++)
		for (enum e2m_eea eea = E2M_EEA0; eea <= E2M_EEA3; eea++) {
			const struct annex_c_eia *set = &annex_c_eia[i / 2];
			struct npdu_key *key = key_of(eea, set->eia, set->key);
			struct pdu pdu;
			struct npdu_op op = op_of(set, key, &pdu);

			unit_hex(pdu.octets + set->bits / 8, 4, set->mac);
			npdu_open(engines[i % 2], &op, 1);
			CU_ASSERT_TRUE(op.ok);
			op = op_of(set, key, &pdu);
			unit_hex(pdu.octets + set->bits / 8, 4, set->mac);
			pdu.octets[set->bits / 8 + 3] ^= 1;
			npdu_open(engines[i % 2], &op, 1);
			CU_ASSERT_FALSE(op.ok);
			npdu_key_free(key);
		}
}

static uint32_t library_eia3(IMB_MGR *mgr, const struct annex_c_eia *set, uint32_t bits)
{
	uint8_t key[E2M_KEY_LEN], iv[16], message[PDU_MAX];
	uint32_t mac;

	unit_hex(key, sizeof(key), set->key);
	unit_hex(message, sizeof(message), set->message);
	zuc_eia3_iv_gen(set->count, set->bearer, set->direction, iv);
	IMB_ZUC_EIA3_1_BUFFER(mgr, key, iv, message, bits, &mac);
	return mac;
}

static void eia3_of_the_library_is_the_annexs_and_the_engines(void)
{
	IMB_MGR *mgr = alloc_mb_mgr(0);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mgr);
	init_mb_mgr_auto(mgr, NULL);
	for (size_t i = 0; i < COUNT_OF(annex_c_eia3); i++) {
		const struct annex_c_eia *set = &annex_c_eia3[i];
		struct npdu_key *key = key_of(E2M_EEA0, E2M_EIA3, set->key);
		struct pdu pdu;
		struct npdu_op op = op_of(set, key, &pdu);
		const uint32_t octets = op.npdu_len + 1;
		uint32_t mac = library_eia3(mgr, set, set->bits);
		uint8_t wanted[4];

		unit_hex(wanted, sizeof(wanted), set->mac);
		CU_ASSERT_EQUAL(memcmp(&mac, wanted, sizeof(wanted)), 0);
		npdu_protect(engines[0], &op, 1);
		mac = library_eia3(mgr, set, octets * 8);
		CU_ASSERT_EQUAL(memcmp(pdu.octets + octets, &mac, sizeof(mac)), 0);
		npdu_key_free(key);
	}
	free_mb_mgr(mgr);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"ciphertexts are the annex's", ciphertexts_are_the_annexs},
		{"MACs are the annex's", macs_are_the_annexs},
		{"messages open with the annex's MAC", messages_open_with_the_annexs_mac},
		{"EIA3 of the library is the annex's and the engine's",
		 eia3_of_the_library_is_the_annexs_and_the_engines},
	};

	for (size_t e = 0; e < COUNT_OF(engines); e++) {
		engines[e] = npdu_engine_new(16);
		if (!engines[e])
			return 1;
	}
	if (npdu_engine_use_library_only(engines[1]) != 0)
		return 1;
	int ret = unit_run("npdu_annex_c", tests, COUNT_OF(tests));
	for (size_t e = 0; e < COUNT_OF(engines); e++)
		npdu_engine_free(engines[e]);
	return ret;
}
