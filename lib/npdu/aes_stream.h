/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aes_stream: blocks of AES key stream side by side, for EEA2 and for gcm, whose counter blocks are the same
 * but for where they begin to count: COUNT || BEARER || DIRECTION, zeros, and the block's number in the
 * last four octets. Sixteen octets a register, or 32 where the CPU can (aes_is_wide).
 */
#ifndef NPDU_AES_STREAM_H
#define NPDU_AES_STREAM_H

#include "npdu/aes_register.h"

#define TARGET_256 __attribute__((target("aes,sse4.1,avx2,vaes")))
#define INLINE_256 static inline __attribute__((always_inline)) TARGET_256

INLINE __m128i counter_block(__m128i first, uint32_t number)
{
	return _mm_insert_epi32(first, (int)__builtin_bswap32(number), 3);
}

/* blocks of key stream from number on. */
INLINE void key_stream(__m128i *k, unsigned blocks, __m128i first, uint32_t number,
		       const __m128i *schedule)
{
	__m128i round = _mm_load_si128(&schedule[0]);

	for (unsigned i = 0; i < blocks; i++)
		k[i] = _mm_xor_si128(counter_block(first, number + i), round);
	for (unsigned r = 1; r < ROUNDS; r++) {
		round = _mm_load_si128(&schedule[r]);
		for (unsigned i = 0; i < blocks; i++)
			k[i] = _mm_aesenc_si128(k[i], round);
	}
	round = _mm_load_si128(&schedule[ROUNDS]);
	for (unsigned i = 0; i < blocks; i++)
		k[i] = _mm_aesenclast_si128(k[i], round);
}

INLINE void xor_block(uint8_t *at, __m128i k)
{
	__m128i *p = (__m128i *)at;

	_mm_storeu_si128(p, _mm_xor_si128(_mm_loadu_si128(p), k));
}

/* The same with two blocks a register. */

/* The numbers of the first counter blocks, a pair a register. */
static const uint8_t numbers[4][32] __attribute__((aligned(32))) = {
	{[31] = 1}, {[15] = 2, [31] = 3}, {[15] = 4, [31] = 5}, {[15] = 6, [31] = 7}};

/* number is a multiple of 8, so that its sum with these is their union. */
INLINE_256 __m256i counter_pair(__m256i first, uint32_t number, unsigned pair)
{
	const __m256i low = _mm256_load_si256((const __m256i *)numbers[pair]);

	if (number == 0)
		return _mm256_or_si256(first, low);
	return _mm256_or_si256(
		first,
		_mm256_or_si256(
			low, _mm256_slli_si256(_mm256_set1_epi64x(__builtin_bswap32(number)), 12)));
}

INLINE_256 void encrypt_pairs(__m256i *k, unsigned pairs, const __m128i *schedule)
{
	__m256i round = _mm256_broadcastsi128_si256(_mm_load_si128(&schedule[0]));

	for (unsigned i = 0; i < pairs; i++)
		k[i] = _mm256_xor_si256(k[i], round);
	for (unsigned r = 1; r < ROUNDS; r++) {
		round = _mm256_broadcastsi128_si256(_mm_load_si128(&schedule[r]));
		for (unsigned i = 0; i < pairs; i++)
			k[i] = _mm256_aesenc_epi128(k[i], round);
	}
	round = _mm256_broadcastsi128_si256(_mm_load_si128(&schedule[ROUNDS]));
	for (unsigned i = 0; i < pairs; i++)
		k[i] = _mm256_aesenclast_epi128(k[i], round);
}

/* 2 * pairs blocks of key stream from number, a multiple of 8, on. */
INLINE_256 void key_stream_256(__m256i *k, unsigned pairs, __m256i first, uint32_t number,
			       const __m128i *schedule)
{
	for (unsigned i = 0; i < pairs; i++)
		k[i] = counter_pair(first, number, i);
	encrypt_pairs(k, pairs, schedule);
}

INLINE_256 void xor_pair(uint8_t *at, __m256i k)
{
	__m256i *p = (__m256i *)at;

	_mm256_storeu_si256(p, _mm256_xor_si256(_mm256_loadu_si256(p), k));
}

#endif
