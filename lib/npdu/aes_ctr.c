/* SPDX-License-Identifier: BSD-3-Clause */
/* aes_ctr: 128-EEA2, TS 33.401 B.1.3: AES-CTR, the counter blocks of one N-PDU side by side. */
#include <cpuid.h>

#include "npdu/aes.h"
#include "npdu/aes_register.h"

INLINE __m128i counter_block(__m128i first, uint32_t number)
{
	return _mm_insert_epi32(first, (int)__builtin_bswap32(number), 3);
}

INLINE void xor_block(uint8_t *at, __m128i k)
{
	__m128i *p = (__m128i *)at;

	_mm_storeu_si128(p, _mm_xor_si128(_mm_loadu_si128(p), k));
}

/* left (1 to 15) octets of the whole N-PDU, with less than a register before them. */
INLINE void xor_octets(uint8_t *at, uint32_t left, __m128i k)
{
	uint8_t stream[16];

	_mm_storeu_si128((__m128i *)stream, k);
	for (uint32_t i = 0; i < left; i++)
		at[i] ^= stream[i];
}

/* left (1 to 64) octets at at, with four blocks of key stream. The last 16 are read before anything is
 * written, and written after it: no load waits for a store. What of these stands before at is the N-PDU's,
 * the header's or headroom, and stays as it is. */
INLINE void xor_last(const struct npdu_op *op, uint8_t *at, uint32_t left, const __m128i *k)
{
	const uint32_t blocks = left / 16, tail = left % 16;
	uint8_t *end = at + left - 16;
	__m128i last, stream;

	if (tail == 0) {
		for (uint32_t i = 0; i < blocks; i++)
			xor_block(at + 16 * i, k[i]);
		return;
	}
	if (end < op->pdu - NPDU_HEADROOM) {
		xor_octets(at, left, k[0]);
		return;
	}
	last = _mm_loadu_si128((const __m128i *)end);
	stream = shift_up(k[blocks], 16 - tail);
	for (uint32_t i = 0; i < blocks; i++)
		xor_block(at + 16 * i, k[i]);
	if (blocks > 0)
		stream = _mm_or_si128(stream, shift_down(k[blocks - 1], tail));
	_mm_storeu_si128((__m128i *)end, _mm_xor_si128(last, stream));
}

/* Four blocks of key stream from number on. */
INLINE void key_stream(__m128i k[4], __m128i first, uint32_t number, const __m128i *schedule)
{
	__m128i round = _mm_load_si128(&schedule[0]);

	for (unsigned i = 0; i < 4; i++)
		k[i] = _mm_xor_si128(counter_block(first, number + i), round);
	for (unsigned r = 1; r < ROUNDS; r++) {
		round = _mm_load_si128(&schedule[r]);
		for (unsigned i = 0; i < 4; i++)
			k[i] = _mm_aesenc_si128(k[i], round);
	}
	round = _mm_load_si128(&schedule[ROUNDS]);
	for (unsigned i = 0; i < 4; i++)
		k[i] = _mm_aesenclast_si128(k[i], round);
}

TARGET static void crypt_128(const struct aes_op *a)
{
	const struct npdu_op *op = a->op;
	const __m128i first = _mm_cvtsi64_si128((long long)a->count_bearer_direction);
	const __m128i *schedule = (const __m128i *)a->schedule->enc;
	uint8_t *at = op->pdu + npdu_header_len(op->counter_octets);
	uint32_t left = op->npdu_len, number = 0;
	__m128i k[4];

	for (; left >= 64; left -= 64, at += 64, number += 4) {
		key_stream(k, first, number, schedule);
		for (unsigned i = 0; i < 4; i++)
			xor_block(at + 16 * i, k[i]);
	}
	if (left > 0) {
		key_stream(k, first, number, schedule);
		xor_last(op, at, left, k);
	}
}

/* The same with two blocks a register. */
#define TARGET_256 __attribute__((target("aes,sse4.1,avx2,vaes")))
#define INLINE_256 static inline __attribute__((always_inline)) TARGET_256

static bool has_vaes;

/* Not every compiler's __builtin_cpu_supports knows vaes: leaf 7, ECX bit 9. That the system keeps the
 * registers is what it says of avx2. Once: CPUID is slow, in a virtual machine above all. */
__attribute__((constructor)) static void find_vaes(void)
{
	unsigned eax, ebx, ecx, edx;

	__builtin_cpu_init();
	has_vaes = __builtin_cpu_supports("avx2") &&
		   __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ecx & 1U << 9);
}

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

/* 2 * pairs blocks of key stream from number, a multiple of 8, on. */
INLINE_256 void key_stream_256(__m256i *k, unsigned pairs, __m256i first, uint32_t number,
			       const __m128i *schedule)
{
	__m256i round = _mm256_broadcastsi128_si256(_mm_load_si128(&schedule[0]));

	for (unsigned i = 0; i < pairs; i++)
		k[i] = _mm256_xor_si256(counter_pair(first, number, i), round);
	for (unsigned r = 1; r < ROUNDS; r++) {
		round = _mm256_broadcastsi128_si256(_mm_load_si128(&schedule[r]));
		for (unsigned i = 0; i < pairs; i++)
			k[i] = _mm256_aesenc_epi128(k[i], round);
	}
	round = _mm256_broadcastsi128_si256(_mm_load_si128(&schedule[ROUNDS]));
	for (unsigned i = 0; i < pairs; i++)
		k[i] = _mm256_aesenclast_epi128(k[i], round);
}

INLINE_256 void xor_pair(uint8_t *at, __m256i k)
{
	__m256i *p = (__m256i *)at;

	_mm256_storeu_si256(p, _mm256_xor_si256(_mm256_loadu_si256(p), k));
}

TARGET_256 static void crypt_256(const struct aes_op *a)
{
	const struct npdu_op *op = a->op;
	const __m256i first = _mm256_broadcastsi128_si256(
		_mm_cvtsi64_si128((long long)a->count_bearer_direction));
	const __m128i *schedule = (const __m128i *)a->schedule->enc;
	uint8_t *at = op->pdu + npdu_header_len(op->counter_octets);
	uint32_t left = op->npdu_len, number = 0;
	__m256i k[4];

	for (; left >= 128; left -= 128, at += 128, number += 8) {
		key_stream_256(k, 4, first, number, schedule);
		for (unsigned i = 0; i < 4; i++)
			xor_pair(at + 32 * i, k[i]);
	}
	if (left > 64) {
		key_stream_256(k, 4, first, number, schedule);
		xor_pair(at, k[0]);
		xor_pair(at + 32, k[1]);
		xor_last(op, at + 64, left - 64, (const __m128i *)&k[2]);
	} else if (left > 0) {
		key_stream_256(k, 2, first, number, schedule);
		xor_last(op, at, left, (const __m128i *)k);
	}
}

void aes_crypt(const struct aes_op *ops, size_t count)
{
	if (has_vaes)
		for (size_t i = 0; i < count; i++)
			crypt_256(&ops[i]);
	else
		for (size_t i = 0; i < count; i++)
			crypt_128(&ops[i]);
}
