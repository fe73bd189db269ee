/* SPDX-License-Identifier: BSD-3-Clause */
/* Milenage: TS 35.206 4.1, with the constants c1..c5 and r1..r5 that it gives. */
#include <errno.h>
#include <string.h>

#include "aka/aka.h"
#include "aka/crypto.h"

/* r1..r5 in octets: 64, 0, 32, 64, 96 bits. */
enum {
	R1 = 8,
	R2 = 0,
	R3 = 4,
	R4 = 8,
	R5 = 12,
};

/* c2..c5 differ from zero in their last octet only; c1 is zero. */
enum {
	C1 = 0,
	C2 = 1,
	C3 = 2,
	C4 = 4,
	C5 = 8,
};

static void xor_block(uint8_t out[AKA_BLOCK_LEN], const uint8_t a[AKA_BLOCK_LEN],
		      const uint8_t b[AKA_BLOCK_LEN])
{
	for (int i = 0; i < AKA_BLOCK_LEN; i++)
		out[i] = a[i] ^ b[i];
}

/* rot(x, r): towards the most significant octet. out may not be x. */
static void rotate_block(uint8_t out[AKA_BLOCK_LEN], const uint8_t x[AKA_BLOCK_LEN], unsigned r)
{
	for (unsigned i = 0; i < AKA_BLOCK_LEN; i++)
		out[i] = x[(i + r) % AKA_BLOCK_LEN];
}

/* TEMP = E[RAND xor OPc]K. */
static int make_temp(struct aka_aes *aes, const uint8_t *opc, const uint8_t *rand,
		     uint8_t temp[AKA_BLOCK_LEN])
{
	xor_block(temp, rand, opc);
	return aka_aes_encrypt(aes, temp, temp);
}

/* OUT2..OUT5 = E[rot(TEMP xor OPc, r) xor c]K xor OPc. */
static int make_out(struct aka_aes *aes, const uint8_t *opc, const uint8_t temp[AKA_BLOCK_LEN],
		    unsigned r, uint8_t c, uint8_t out[AKA_BLOCK_LEN])
{
	uint8_t block[AKA_BLOCK_LEN];

	xor_block(block, temp, opc);
	rotate_block(out, block, r);
	out[AKA_BLOCK_LEN - 1] ^= c;
	int err = aka_aes_encrypt(aes, out, out);
	xor_block(out, out, opc);
	e2m_wipe(block, sizeof(block));
	return err;
}

int milenage_opc(const uint8_t k[AKA_K_LEN], const uint8_t op[AKA_K_LEN], uint8_t opc[AKA_K_LEN])
{
	uint8_t block[AKA_BLOCK_LEN];
	struct aka_aes *aes = aka_aes_new(k);

	if (!aes)
		return -EIO;
	int err = aka_aes_encrypt(aes, op, block);
	xor_block(opc, block, op);
	e2m_wipe(block, sizeof(block));
	aka_aes_free(aes);
	return err;
}

int milenage_f1(const uint8_t k[AKA_K_LEN], const uint8_t opc[AKA_K_LEN],
		const uint8_t rand[E2M_RAND_LEN], const uint8_t sqn[E2M_SQN_LEN],
		const uint8_t amf[AKA_AMF_LEN], uint8_t mac_a[AKA_MAC_LEN],
		uint8_t mac_s[AKA_MAC_LEN])
{
	uint8_t temp[AKA_BLOCK_LEN], in1[AKA_BLOCK_LEN], out1[AKA_BLOCK_LEN];
	struct aka_aes *aes = aka_aes_new(k);

	if (!aes)
		return -EIO;
	/* IN1 = SQN || AMF || SQN || AMF */
	memcpy(in1, sqn, E2M_SQN_LEN);
	memcpy(in1 + E2M_SQN_LEN, amf, AKA_AMF_LEN);
	memcpy(in1 + AKA_BLOCK_LEN / 2, in1, AKA_BLOCK_LEN / 2);
	/* OUT1 = E[TEMP xor rot(IN1 xor OPc, r1) xor c1]K xor OPc */
	int err = make_temp(aes, opc, rand, temp);
	xor_block(in1, in1, opc);
	rotate_block(out1, in1, R1);
	xor_block(out1, out1, temp);
	out1[AKA_BLOCK_LEN - 1] ^= C1;
	if (!err)
		err = aka_aes_encrypt(aes, out1, out1);
	xor_block(out1, out1, opc);
	if (mac_a)
		memcpy(mac_a, out1, AKA_MAC_LEN);
	if (mac_s)
		memcpy(mac_s, out1 + AKA_MAC_LEN, AKA_MAC_LEN);
	e2m_wipe(temp, sizeof(temp));
	e2m_wipe(in1, sizeof(in1));
	e2m_wipe(out1, sizeof(out1));
	aka_aes_free(aes);
	return err;
}

int milenage_f2345(const uint8_t k[AKA_K_LEN], const uint8_t opc[AKA_K_LEN],
		   const uint8_t rand[E2M_RAND_LEN], uint8_t res[AKA_RES_LEN],
		   uint8_t ck[E2M_KEY_LEN], uint8_t ik[E2M_KEY_LEN], uint8_t ak[AKA_AK_LEN],
		   uint8_t ak_star[AKA_AK_LEN])
{
	uint8_t temp[AKA_BLOCK_LEN], out[AKA_BLOCK_LEN];
	struct aka_aes *aes = aka_aes_new(k);

	if (!aes)
		return -EIO;
	int err = make_temp(aes, opc, rand, temp);
	if (!err && (res || ak)) {
		err = make_out(aes, opc, temp, R2, C2, out);
		if (res)
			memcpy(res, out + AKA_BLOCK_LEN - AKA_RES_LEN, AKA_RES_LEN);
		if (ak)
			memcpy(ak, out, AKA_AK_LEN);
	}
	if (!err && ck)
		err = make_out(aes, opc, temp, R3, C3, ck);
	if (!err && ik)
		err = make_out(aes, opc, temp, R4, C4, ik);
	if (!err && ak_star) {
		err = make_out(aes, opc, temp, R5, C5, out);
		memcpy(ak_star, out, AKA_AK_LEN);
	}
	e2m_wipe(temp, sizeof(temp));
	e2m_wipe(out, sizeof(out));
	aka_aes_free(aes);
	return err;
}
