/* SPDX-License-Identifier: BSD-3-Clause */
/* aes_register: what the AES code of this library does with a register of sixteen octets. */
#ifndef NPDU_AES_REGISTER_H
#define NPDU_AES_REGISTER_H

#include <immintrin.h>

#include "npdu/npdu.h"

#define TARGET __attribute__((target("aes,sse4.1")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define ROUNDS 10

/* Sixteen zero octets, 0 to 15, sixteen that pshufb reads as zero: a window into it moves the octets of
 * a register up or down. */
static const uint8_t shifts[48] = {
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0,    1,    2,	  3,	4,    5,    6,	  7,
	8,    9,    10,	  11,	12,   13,   14,	  15,	0x80, 0x80, 0x80, 0x80,
	0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
};

/* by 0 to 16: octet i of the result is octet i - by of x. */
INLINE __m128i shift_up(__m128i x, unsigned by)
{
	return _mm_shuffle_epi8(x, _mm_loadu_si128((const __m128i *)(shifts + 16 - by)));
}

/* Octet i of the result is octet i + by of x. */
INLINE __m128i shift_down(__m128i x, unsigned by)
{
	return _mm_shuffle_epi8(x, _mm_loadu_si128((const __m128i *)(shifts + 16 + by)));
}

/* Where a window into it begins left octets before the middle, left octets are ones. */
static const uint8_t octet_masks[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
					0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* x with zeros behind its first left (0 to 16) octets. */
INLINE __m128i first_octets(__m128i x, uint32_t left)
{
	return _mm_and_si128(x, _mm_loadu_si128((const __m128i *)(octet_masks + 16 - left)));
}

/* left (1 to 16) octets, and whatever stands behind them: reads eight octets or sixteen, so no more than
 * seven too many. */
INLINE __m128i load_octets(const uint8_t *at, uint32_t left)
{
	return left > 8 ? _mm_loadu_si128((const __m128i *)at)
			: _mm_loadl_epi64((const __m128i *)at);
}

#endif
