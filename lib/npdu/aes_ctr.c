/* SPDX-License-Identifier: BSD-3-Clause */
/* aes_ctr: 128-EEA2, TS 33.401 B.1.3: AES-CTR, the counter blocks of one N-PDU side by side. */
#include "npdu/aes.h"
#include "npdu/aes_stream.h"

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

TARGET static void crypt_128(const struct aes_op *a)
{
	const struct npdu_op *op = a->op;
	const __m128i first = _mm_cvtsi64_si128((long long)a->count_bearer_direction);
	const __m128i *schedule = (const __m128i *)a->schedule->enc;
	uint8_t *at = op->pdu + npdu_header_len(op->counter_octets);
	uint32_t left = op->npdu_len, number = 0;
	__m128i k[4];

	for (; left >= 64; left -= 64, at += 64, number += 4) {
		key_stream(k, 4, first, number, schedule);
		for (unsigned i = 0; i < 4; i++)
			xor_block(at + 16 * i, k[i]);
	}
	if (left > 0) {
		key_stream(k, 4, first, number, schedule);
		xor_last(op, at, left, k);
	}
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
	if (aes_is_wide)
		for (size_t i = 0; i < count; i++)
			crypt_256(&ops[i]);
	else
		for (size_t i = 0; i < count; i++)
			crypt_128(&ops[i]);
}
