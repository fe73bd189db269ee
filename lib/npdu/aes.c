/* SPDX-License-Identifier: BSD-3-Clause */
#include "npdu/aes.h"

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("aes,sse4.1")))
#define INLINE static inline __attribute__((always_inline)) TARGET
#define LANES  8
#define ROUNDS 10

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
	ROUND(1, 0x01);
	ROUND(2, 0x02);
	ROUND(3, 0x04);
	ROUND(4, 0x08);
	ROUND(5, 0x10);
	ROUND(6, 0x20);
	ROUND(7, 0x40);
	ROUND(8, 0x80);
	ROUND(9, 0x1b);
	ROUND(10, 0x36);
#undef ROUND
	_mm_store_si128((__m128i *)out->cmac_k1, k1);
	_mm_store_si128((__m128i *)out->cmac_k2, doubled(k1));
}

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

/* COUNT || BEARER || DIRECTION || 0^26, as the first eight octets of a register. */
static inline uint64_t count_bearer_direction_word(const struct npdu_op *op)
{
	return __builtin_bswap32(op->count) | (uint64_t)(op->bearer << 3 | op->direction << 2)
						      << 32;
}

INLINE __m128i count_bearer_direction(const struct npdu_op *op)
{
	return _mm_cvtsi64_si128((long long)count_bearer_direction_word(op));
}

/* --- 128-EEA2, TS 33.401 B.1.3: AES-CTR --- */

INLINE __m128i counter_block(__m128i first, uint32_t number)
{
	return _mm_insert_epi32(first, (int)__builtin_bswap32(number), 3);
}

INLINE void xor_block(uint8_t *at, __m128i k)
{
	__m128i *p = (__m128i *)at;

	_mm_storeu_si128(p, _mm_xor_si128(_mm_loadu_si128(p), k));
}

/* The last len (1 to 15) octets of the N-PDU of op, which end at end. Sixteen octets are read and written:
 * the ones before are the N-PDU's, the header's, or headroom, and stay as they are. */
INLINE void xor_tail(const struct npdu_op *op, uint8_t *end, unsigned len, __m128i k)
{
	if (end - 16 >= op->pdu - NPDU_HEADROOM) {
		xor_block(end - 16, shift_up(k, 16 - len));
		return;
	}
	/* Less than a register before it: only an N-PDU this short. */
	uint8_t stream[16];
	_mm_storeu_si128((__m128i *)stream, k);
	for (unsigned i = 0; i < len; i++)
		end[(int)i - (int)len] ^= stream[i];
}

/* left (1 to 64) octets at at, with four blocks of key stream. */
INLINE void xor_last(const struct npdu_op *op, uint8_t *at, uint32_t left, const __m128i k[4])
{
	unsigned i = 0;

	for (; left >= 16; left -= 16, at += 16, i++)
		xor_block(at, k[i]);
	if (left > 0)
		xor_tail(op, at + left, left, k[i]);
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
	const __m128i first = count_bearer_direction(op);
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

static bool has_vaes(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("vaes");
}

/* 2 * pairs blocks of key stream from number on. */
INLINE_256 void key_stream_256(__m256i *k, unsigned pairs, __m128i first, uint32_t number,
			       const __m128i *schedule)
{
	__m256i round = _mm256_broadcastsi128_si256(_mm_load_si128(&schedule[0]));

	for (unsigned i = 0; i < pairs; i++)
		k[i] = _mm256_xor_si256(
			_mm256_set_m128i(
				_mm_insert_epi32(first, (int)__builtin_bswap32(number + 2 * i + 1),
						 3),
				_mm_insert_epi32(first, (int)__builtin_bswap32(number + 2 * i), 3)),
			round);
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
	const __m128i first = _mm_cvtsi64_si128((long long)count_bearer_direction_word(op));
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

static void crypt(const struct aes_op *ops, size_t count)
{
	if (has_vaes())
		for (size_t i = 0; i < count; i++)
			crypt_256(&ops[i]);
	else
		for (size_t i = 0; i < count; i++)
			crypt_128(&ops[i]);
}

/* --- 128-EIA2, TS 33.401 B.2.3: AES-CMAC --- */

/*
 * The message is eight octets that stand nowhere, then the PDU up to its MAC. Its blocks are read in
 * three runs: the first, which takes those eight octets in; those in the middle, straight from the
 * PDU; and the last, padded and with its subkey.
 */
struct lane {
	const __m128i *source; /* next block */
	const __m128i *schedule;
	const uint8_t *middle;
	uint32_t run;	  /* blocks left in this run */
	uint32_t middles; /* blocks of the middle run that is still to come */
	bool is_last;
	struct npdu_op *op;
};

struct lanes {
	__m128i state[LANES];
	__m128i first[LANES];
	__m128i last[LANES];
	struct lane lane[LANES];
};

/* The blocks of lanes that have nothing to do, and so how many blocks go at once. */
#define NOTHING_BLOCKS 64
static const __m128i nothing[NOTHING_BLOCKS];

TARGET static __m128i last_block(const struct aes_op *a, uint32_t len, uint32_t tail)
{
	const struct npdu_op *op = a->op;
	const uint8_t *end = op->pdu + len - 8;
	__m128i block;

	/* len counts the eight octets before the PDU; tail of them, 1 to 16, are in this block. */
	if (len < 16) {
		uint8_t octets[16] = {0};
		memcpy(octets, op->pdu, len - 8);
		block = _mm_unpacklo_epi64(count_bearer_direction(op),
					   _mm_loadl_epi64((const __m128i *)octets));
	} else {
		block = _mm_loadu_si128((const __m128i *)(end - 16));
		if (len == 16)
			block = _mm_unpacklo_epi64(count_bearer_direction(op),
						   _mm_srli_si128(block, 8));
	}
	if (tail == 16)
		return _mm_xor_si128(block, _mm_load_si128((const __m128i *)a->schedule->cmac_k1));
	if (len >= 16)
		block = shift_down(block, 16 - tail);
	const __m128i one = _mm_cvtsi32_si128(0x80);
	return _mm_xor_si128(_mm_xor_si128(block, shift_up(one, tail)),
			     _mm_load_si128((const __m128i *)a->schedule->cmac_k2));
}

TARGET static void start(struct lanes *lanes, unsigned i, const struct aes_op *a)
{
	struct npdu_op *op = a->op;
	const uint32_t len = 8 + (uint32_t)npdu_header_len(op->counter_octets) + op->npdu_len;
	const uint32_t blocks = (len + 15) / 16;
	struct lane *lane = &lanes->lane[i];

	lane->op = op;
	lane->schedule = (const __m128i *)a->schedule->auth;
	lane->middle = op->pdu + 8;
	lanes->state[i] = _mm_setzero_si128();
	lanes->last[i] = last_block(a, len, len - 16 * (blocks - 1));
	lane->run = 1;
	if (blocks == 1) {
		lane->is_last = true;
		lane->middles = 0;
		lane->source = &lanes->last[i];
		return;
	}
	lanes->first[i] = _mm_unpacklo_epi64(count_bearer_direction(op),
					     _mm_loadl_epi64((const __m128i *)op->pdu));
	lane->is_last = false;
	lane->middles = blocks - 2;
	lane->source = &lanes->first[i];
}

TARGET static void rest(struct lanes *lanes, unsigned i)
{
	lanes->lane[i] = (struct lane){
		.source = nothing, .schedule = nothing, .run = UINT32_MAX, .op = NULL};
	lanes->state[i] = _mm_setzero_si128();
}

/* Moves a lane whose run is over on to its next; false when the MAC is done. */
INLINE bool next_run(struct lanes *lanes, unsigned i)
{
	struct lane *lane = &lanes->lane[i];

	if (lane->is_last)
		return false;
	if (lane->middles > 0) {
		lane->source = (const __m128i *)lane->middle;
		lane->run = lane->middles;
		lane->middles = 0;
	} else {
		lane->source = &lanes->last[i];
		lane->run = 1;
		lane->is_last = true;
	}
	return true;
}

/* One block of every lane. */
INLINE void step(__m128i x[LANES], const __m128i *const source[LANES],
		 const __m128i *const schedule[LANES], size_t block)
{
	for (unsigned i = 0; i < LANES; i++)
		x[i] = _mm_xor_si128(_mm_xor_si128(x[i], _mm_loadu_si128(source[i] + block)),
				     _mm_load_si128(schedule[i]));
	for (unsigned r = 1; r < ROUNDS; r++)
		for (unsigned i = 0; i < LANES; i++)
			x[i] = _mm_aesenc_si128(x[i], _mm_load_si128(schedule[i] + r));
	for (unsigned i = 0; i < LANES; i++)
		x[i] = _mm_aesenclast_si128(x[i], _mm_load_si128(schedule[i] + ROUNDS));
}

TARGET static void run_blocks(struct lanes *lanes, uint32_t blocks)
{
	__m128i x[LANES];
	const __m128i *source[LANES], *schedule[LANES];

	for (unsigned i = 0; i < LANES; i++) {
		x[i] = lanes->state[i];
		source[i] = lanes->lane[i].source;
		schedule[i] = lanes->lane[i].schedule;
	}
	for (uint32_t b = 0; b < blocks; b++)
		step(x, source, schedule, b);
	for (unsigned i = 0; i < LANES; i++) {
		struct lane *lane = &lanes->lane[i];
		lanes->state[i] = x[i];
		if (!lane->op)
			continue;
		lane->source += blocks;
		lane->run -= blocks;
	}
}

/* Blocks that all lanes have before one of them needs attention. */
INLINE uint32_t shortest_run(const struct lanes *lanes)
{
	uint32_t shortest = NOTHING_BLOCKS;

	for (unsigned i = 0; i < LANES; i++)
		if (lanes->lane[i].run < shortest)
			shortest = lanes->lane[i].run;
	return shortest;
}

/* The MAC of 4 octets: the first of CMAC's (TS 33.401 B.2.3). */
TARGET static void finish_mac(struct npdu_op *op, __m128i state, bool protect)
{
	const uint32_t mac = (uint32_t)_mm_cvtsi128_si32(state);
	uint8_t *at = op->pdu + npdu_header_len(op->counter_octets) + op->npdu_len;

	op->ok = true;
	if (protect) {
		memcpy(at, &mac, sizeof(mac));
	} else {
		uint32_t theirs;
		memcpy(&theirs, at, sizeof(theirs));
		op->ok = (mac ^ theirs) == 0; /* one comparison of words: constant time */
	}
}

TARGET static void run_macs(const struct aes_op *ops, size_t count, bool protect)
{
	struct lanes lanes;
	size_t next = 0, done = 0;

	for (unsigned i = 0; i < LANES; i++) {
		if (next < count)
			start(&lanes, i, &ops[next++]);
		else
			rest(&lanes, i);
	}
	while (done < count) {
		run_blocks(&lanes, shortest_run(&lanes));
		for (unsigned i = 0; i < LANES; i++) {
			struct lane *lane = &lanes.lane[i];
			if (!lane->op || lane->run > 0 || next_run(&lanes, i))
				continue;
			finish_mac(lane->op, lanes.state[i], protect);
			done++;
			if (next < count)
				start(&lanes, i, &ops[next++]);
			else
				rest(&lanes, i);
		}
	}
}

void aes_protect(const struct aes_op *ops, size_t count)
{
	crypt(ops, count);
	run_macs(ops, count, true);
}

void aes_open(const struct aes_op *ops, size_t count)
{
	struct aes_op authentic[NPDU_BURST_MAX];
	size_t good = 0;

	run_macs(ops, count, false);
	for (size_t i = 0; i < count; i++)
		if (ops[i].op->ok)
			authentic[good++] = ops[i];
	crypt(authentic, good);
}
