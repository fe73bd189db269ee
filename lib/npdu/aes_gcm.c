/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aes_gcm: AEAD_AES_128_GCM of RFC 5116 5.1, that is GCM of SP 800-38D 7.1 and 7.2 with a nonce of twelve octets.
 * The key streams of some PDUs, then GHASH of them, or the other way round to open: steps that are alike
 * follow each other, so that the CPU is at the next PDU while one waits for its result.
 */
#include "npdu/aes_ghash.h"
#include "npdu/aes_stream.h"

/* PDUs at a time: enough to keep the CPU busy, few enough to be in the first cache still when they are
 * met the second time. */
#define GROUP 8

/*
 * SP 800-38D 7.1: J0 is the nonce and the number 1 in 32 bits; key stream for the N-PDU begins with number 2. With
 * the nonce of e2m.md 7 these are counter blocks of EEA2.
 */
#define J0 1

/* The compiler must not put off what a branch below may not need, or one block waits for another. */
#define MADE_HERE(k) __asm__("" : "+x"(k))

INLINE uint8_t *npdu_of(const struct npdu_op *op)
{
	return op->pdu + npdu_header_len(op->counter_octets);
}

/* T: the first t bits of it (SP 800-38D 7.1, step 6). */
INLINE void write_tag(const struct aes_op *a, __m128i tag)
{
	__m128i *at = (__m128i *)(npdu_of(a->op) + a->op->npdu_len);

	if (a->tag_len == 16)
		_mm_storeu_si128(at, tag);
	else
		_mm_storel_epi64(at, tag);
}

/* All of it at once: constant time. */
INLINE bool is_tag(const struct aes_op *a, __m128i tag)
{
	const __m128i theirs = load_octets(npdu_of(a->op) + a->op->npdu_len, a->tag_len);

	tag = first_octets(_mm_xor_si128(tag, theirs), a->tag_len);
	return _mm_testz_si128(tag, tag);
}

/*
 * The tag is GHASH + E(K, J0). Of a PDU to protect, tag becomes the latter; of one to open it is the former. False:
 * the PDU is not authentic, and stays as it is (SP 800-38D 7.2, RFC 5116 2.2).
 */
INLINE bool take_tag(const struct aes_op *a, __m128i *tag, __m128i e_j0, bool protect)
{
	a->op->ok = protect || is_tag(a, _mm_xor_si128(*tag, e_j0));
	if (protect)
		*tag = e_j0;
	else if (!a->op->ok)
		a->op->is_spoilt = false;
	return a->op->ok;
}

/* left (1 to 15) octets at the end of the N-PDU. What is read behind them is the tag, of eight octets at
 * least, and stays as it is. */
INLINE void xor_octets(uint8_t *at, uint32_t left, __m128i k)
{
	const __m128i x = _mm_xor_si128(load_octets(at, left), first_octets(k, left));

	if (left > 8)
		_mm_storeu_si128((__m128i *)at, x);
	else
		_mm_storel_epi64((__m128i *)at, x);
}

/* left octets, or as many as blocks of key stream are enough for. */
INLINE void xor_blocks(uint8_t *at, uint32_t left, const __m128i *k, unsigned blocks)
{
	for (unsigned i = 0; i < blocks && left > 0; i++) {
		if (left < 16) {
			xor_octets(at, left, k[i]);
			return;
		}
		xor_block(at, k[i]);
		at += 16;
		left -= 16;
	}
}

/* The tag and the first blocks - 1 of the N-PDU. */
INLINE bool begin_128(const struct aes_op *a, __m128i *tag, bool protect, unsigned blocks)
{
	__m128i k[8];

	key_stream(k, blocks, _mm_cvtsi64_si128((long long)a->count_bearer_direction), J0,
		   (const __m128i *)a->schedule->enc);
	for (unsigned i = 0; i < blocks; i++)
		MADE_HERE(k[i]);
	if (!take_tag(a, tag, k[0], protect))
		return false;
	xor_blocks(npdu_of(a->op), a->op->npdu_len, k + 1, blocks - 1);
	return true;
}

TARGET static void crypt_128(const struct aes_op *a, __m128i *tag, bool protect)
{
	const __m128i first = _mm_cvtsi64_si128((long long)a->count_bearer_direction);
	const __m128i *schedule = (const __m128i *)a->schedule->enc;
	uint8_t *at = npdu_of(a->op) + 7 * 16;
	uint32_t number = J0 + 8, left;
	__m128i k[8];

	if (a->op->npdu_len <= 4 * 16) {
		begin_128(a, tag, protect, 5);
		return;
	}
	if (!begin_128(a, tag, protect, 8) || a->op->npdu_len <= 7 * 16)
		return;
	for (left = a->op->npdu_len - 7 * 16; left >= 128; left -= 128, at += 128, number += 8) {
		key_stream(k, 8, first, number, schedule);
		for (unsigned i = 0; i < 8; i++)
			xor_block(at + 16 * i, k[i]);
	}
	if (left > 64) {
		key_stream(k, 8, first, number, schedule);
		xor_blocks(at, left, k, 8);
	} else if (left > 0) {
		key_stream(k, 4, first, number, schedule);
		xor_blocks(at, left, k, 4);
	}
}

static void crypt_all_128(const struct aes_op *ops, size_t count, __m128i *tags, bool protect)
{
	for (size_t i = 0; i < count; i++)
		crypt_128(&ops[i], &tags[i], protect);
}

/* --- the same with two blocks a register --- */

INLINE_256 void xor_last_pair(uint8_t *at, uint32_t left, __m256i k)
{
	if (left < 16) {
		xor_octets(at, left, _mm256_castsi256_si128(k));
		return;
	}
	xor_block(at, _mm256_castsi256_si128(k));
	if (left > 16)
		xor_octets(at + 16, left - 16, _mm256_extracti128_si256(k, 1));
}

/* Of pairs of blocks as many as left octets need. */
INLINE_256 void xor_last_pairs(uint8_t *at, uint32_t left, const __m256i *k)
{
	for (; left >= 32; left -= 32, at += 32)
		xor_pair(at, *k++);
	if (left > 0)
		xor_last_pair(at, left, *k);
}

/* What comes first of each PDU: E(K, J0), behind a block that nobody needs, and 64 octets of the N-PDU. Of two
 * PDUs side by side, for one does not keep the AES units busy. */
#define FIRST_PAIRS 3
#define FIRST	    64

INLINE_256 void first_key_streams(__m256i k[2][FIRST_PAIRS], const struct aes_op *ops,
				  unsigned lanes)
{
	const __m128i *schedule[2];
	__m256i round;

	for (unsigned l = 0; l < lanes; l++) {
		const __m256i first = _mm256_broadcastsi128_si256(
			_mm_cvtsi64_si128((long long)ops[l].count_bearer_direction));
		schedule[l] = (const __m128i *)ops[l].schedule->enc;
		round = _mm256_broadcastsi128_si256(_mm_load_si128(schedule[l]));
		for (unsigned i = 0; i < FIRST_PAIRS; i++)
			k[l][i] = _mm256_xor_si256(counter_pair(first, 0, i), round);
	}
	for (unsigned r = 1; r < ROUNDS; r++)
		for (unsigned l = 0; l < lanes; l++) {
			round = _mm256_broadcastsi128_si256(_mm_load_si128(schedule[l] + r));
			for (unsigned i = 0; i < FIRST_PAIRS; i++)
				k[l][i] = _mm256_aesenc_epi128(k[l][i], round);
		}
	for (unsigned l = 0; l < lanes; l++) {
		round = _mm256_broadcastsi128_si256(_mm_load_si128(schedule[l] + ROUNDS));
		for (unsigned i = 0; i < FIRST_PAIRS; i++) {
			k[l][i] = _mm256_aesenclast_epi128(k[l][i], round);
			MADE_HERE(k[l][i]);
		}
	}
}

INLINE_256 void use_first(const struct aes_op *a, __m128i *tag, bool protect, const __m256i *k)
{
	uint8_t *at = npdu_of(a->op);
	const uint32_t len = a->op->npdu_len;

	if (!take_tag(a, tag, _mm256_extracti128_si256(k[0], J0), protect))
		return;
	if (len >= 32)
		xor_pair(at, k[1]);
	else if (len > 0)
		xor_last_pair(at, len, k[1]);
	if (len >= 64)
		xor_pair(at + 32, k[2]);
	else if (len > 32)
		xor_last_pair(at + 32, len - 32, k[2]);
}

/* 2 * pairs blocks of key stream from number + 6 on; number is a multiple of 8. */
INLINE_256 void next_key_stream(__m256i *k, unsigned pairs, __m256i first, uint32_t number,
				const __m128i *schedule)
{
	k[0] = counter_pair(first, number, 3);
	for (unsigned i = 1; i < pairs; i++)
		k[i] = counter_pair(first, number + 8, i - 1);
	encrypt_pairs(k, pairs, schedule);
}

/* What is left of an N-PDU after that. */
TARGET_256 static void crypt_rest_256(const struct aes_op *a)
{
	const __m256i first = _mm256_broadcastsi128_si256(
		_mm_cvtsi64_si128((long long)a->count_bearer_direction));
	const __m128i *schedule = (const __m128i *)a->schedule->enc;
	uint8_t *at = npdu_of(a->op) + FIRST;
	uint32_t left = a->op->npdu_len - FIRST, number = 0;
	__m256i k[4];

	for (; left >= 128; left -= 128, at += 128, number += 8) {
		next_key_stream(k, 4, first, number, schedule);
		for (unsigned i = 0; i < 4; i++)
			xor_pair(at + 32 * i, k[i]);
	}
	if (left > 64) {
		next_key_stream(k, 4, first, number, schedule);
		xor_last_pairs(at, left, k);
	} else if (left > 0) {
		next_key_stream(k, 2, first, number, schedule);
		xor_last_pairs(at, left, k);
	}
}

TARGET_256 static void crypt_all_256(const struct aes_op *ops, size_t count, __m128i *tags,
				     bool protect)
{
	__m256i k[2][FIRST_PAIRS];
	size_t i = 0;

	for (; i + 2 <= count; i += 2) {
		first_key_streams(k, &ops[i], 2);
		use_first(&ops[i], &tags[i], protect, k[0]);
		use_first(&ops[i + 1], &tags[i + 1], protect, k[1]);
	}
	if (i < count) {
		first_key_streams(k, &ops[i], 1);
		use_first(&ops[i], &tags[i], protect, k[0]);
	}
	for (i = 0; i < count; i++)
		if (ops[i].op->npdu_len > FIRST && ops[i].op->ok)
			crypt_rest_256(&ops[i]);
}

static void crypt_all(const struct aes_op *ops, size_t count, __m128i *tags, bool protect)
{
	(aes_is_wide ? crypt_all_256 : crypt_all_128)(ops, count, tags, protect);
}

TARGET static void protect_group(const struct aes_op *ops, size_t count)
{
	__m128i tags[GROUP], hashes[GROUP];

	crypt_all(ops, count, tags, true);
	ghash_pdus(ops, count, hashes);
	for (size_t i = 0; i < count; i++)
		write_tag(&ops[i], _mm_xor_si128(tags[i], hashes[i]));
}

static void open_group(const struct aes_op *ops, size_t count)
{
	__m128i hashes[GROUP];

	ghash_pdus(ops, count, hashes);
	crypt_all(ops, count, hashes, false);
}

bool aes_gcm_is_available(void)
{
	return aes_is_available() && ghash_is_available();
}

void aes_gcm_protect(const struct aes_op *ops, size_t count)
{
	for (; count > GROUP; ops += GROUP, count -= GROUP)
		protect_group(ops, GROUP);
	protect_group(ops, count);
}

void aes_gcm_open(const struct aes_op *ops, size_t count)
{
	for (; count > GROUP; ops += GROUP, count -= GROUP)
		open_group(ops, GROUP);
	open_group(ops, count);
}

TARGET void aes_gcm_check_tags(const struct aes_op *ops, size_t count)
{
	__m128i hash, k;

	/* GHASH covers the PDU alone, so one GHASH serves all COUNTs: COUNT is in the block added
	 * to GHASH. */
	ghash_pdus(ops, 1, &hash);
	for (size_t i = 0; i < count; i++) {
		key_stream(&k, 1, _mm_cvtsi64_si128((long long)ops[i].count_bearer_direction), J0,
			   (const __m128i *)ops[i].schedule->enc);
		ops[i].op->ok = is_tag(&ops[i], _mm_xor_si128(hash, k));
	}
}
