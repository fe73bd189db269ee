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

#endif
