/* SPDX-License-Identifier: BSD-3-Clause */
#include "npdu/aes.h"

#include <cpuid.h>

#include "npdu/aes_ghash.h"
#include "npdu/aes_register.h"

bool aes_is_wide;

/* Not every compiler's __builtin_cpu_supports knows vaes and vpclmulqdq: leaf 7, ECX bits 9 and 10. That
 * the system keeps the registers is what it says of avx2. Once: CPUID is slow, in a virtual machine above
 * all. */
__attribute__((constructor)) static void find_width(void)
{
	const unsigned both = 1U << 9 | 1U << 10;
	unsigned eax, ebx, ecx, edx;

	__builtin_cpu_init();
	aes_is_wide = __builtin_cpu_supports("avx2") &&
		      __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ecx & both) == both;
}

bool aes_is_available(void)
{
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("sse4.1");
}

/* --- round keys, FIPS 197 5.2, and the subkeys of CMAC, RFC 4493 2.3 --- */

INLINE __m128i next_round_key(__m128i key, __m128i assist)
{
	assist = _mm_shuffle_epi32(assist, 0xff);
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
	return _mm_xor_si128(key, assist);
}

/* x times two in the field of CMAC, most significant octet first. */
INLINE __m128i doubled(__m128i x)
{
	const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	__m128i v = _mm_shuffle_epi8(x, reverse);
	const __m128i carries = _mm_slli_si128(_mm_srli_epi64(v, 63), 8);
	const __m128i top = _mm_shuffle_epi32(_mm_srai_epi32(v, 31), 0xff);

	v = _mm_or_si128(_mm_slli_epi64(v, 1), carries);
	v = _mm_xor_si128(v, _mm_and_si128(top, _mm_set_epi32(0, 0, 0, 0x87)));
	return _mm_shuffle_epi8(v, reverse);
}

#define FOR_EACH_ROUND(DO) \
	DO(1, 0x01);       \
	DO(2, 0x02);       \
	DO(3, 0x04);       \
	DO(4, 0x08);       \
	DO(5, 0x10);       \
	DO(6, 0x20);       \
	DO(7, 0x40);       \
	DO(8, 0x80);       \
	DO(9, 0x1b);       \
	DO(10, 0x36)

/* Both schedules side by side: each step waits for the one before it. */
TARGET void aes_expand(const struct npdu_key *key, struct npdu_schedule_parts *out)
{
	__m128i *enc = (__m128i *)out->enc, *auth = (__m128i *)out->auth;
	__m128i e = _mm_load_si128((const __m128i *)key->kenc);
	__m128i a = _mm_load_si128((const __m128i *)key->kint);
	const __m128i k1 = _mm_load_si128((const __m128i *)key->cmac_k1);

	_mm_store_si128(enc, e);
	_mm_store_si128(auth, a);
#define ROUND(i, constant)                                                     \
	do {                                                                   \
		e = next_round_key(e, _mm_aeskeygenassist_si128(e, constant)); \
		a = next_round_key(a, _mm_aeskeygenassist_si128(a, constant)); \
		_mm_store_si128(enc + (i), e);                                 \
		_mm_store_si128(auth + (i), a);                                \
	} while (0)
	FOR_EACH_ROUND(ROUND);
#undef ROUND
	_mm_store_si128((__m128i *)out->cmac_k1, k1);
	_mm_store_si128((__m128i *)out->cmac_k2, doubled(k1));
}

TARGET void aes_gcm_expand(const struct npdu_key *key, struct npdu_schedule_parts *out)
{
	__m128i *enc = (__m128i *)out->enc;
	__m128i e = _mm_load_si128((const __m128i *)key->kenc);

	_mm_store_si128(enc, e);
#define ROUND(i, constant)                                                     \
	do {                                                                   \
		e = next_round_key(e, _mm_aeskeygenassist_si128(e, constant)); \
		_mm_store_si128(enc + (i), e);                                 \
	} while (0)
	FOR_EACH_ROUND(ROUND);
#undef ROUND
	ghash_make_powers(key->kint, out->hash_powers);
}

void aes_protect(const struct aes_op *ops, size_t count)
{
	aes_crypt(ops, count);
	aes_run_macs(ops, count, true);
}

void aes_open(const struct aes_op *ops, size_t count)
{
	struct aes_op authentic[NPDU_BURST_MAX];
	size_t good = 0;

	aes_run_macs(ops, count, false);
	for (size_t i = 0; i < count; i++)
		if (ops[i].op->ok)
			authentic[good++] = ops[i];
		else
			ops[i].op->is_spoilt = false;
	aes_crypt(authentic, good);
}
