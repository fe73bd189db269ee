/* SPDX-License-Identifier: BSD-3-Clause */
/* aes_cmac: 128-EIA2, TS 33.401 B.2.3: AES-CMAC, the inputs of eight N-PDUs side by side. */
#include <string.h>

#include "npdu/aes.h"
#include "npdu/aes_register.h"

#define LANES 8

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

/* Where a padding of CMAC begins: an octet 0x80, then zeros. A window into it, tail before the middle, is
 * what stands behind tail octets. */
static const uint8_t padding[32] = {[16] = 0x80};

INLINE __m128i count_bearer_direction(const struct aes_op *a)
{
	return _mm_cvtsi64_si128((long long)a->count_bearer_direction);
}

/* Of an input of 16 octets or fewer: those eight, and what there is of the PDU. */
INLINE __m128i only_block(const struct aes_op *a, uint32_t len)
{
	uint8_t octets[8] = {0};

	memcpy(octets, a->op->pdu, len - 8);
	return _mm_unpacklo_epi64(count_bearer_direction(a),
				  _mm_loadl_epi64((const __m128i *)octets));
}

/* len counts the eight octets before the PDU; tail of them, 1 to 16, are in this block. */
INLINE __m128i last_block(const struct aes_op *a, uint32_t len, uint32_t tail)
{
	const struct npdu_schedule_parts *schedule = a->schedule;
	__m128i block;

	if (len > 16) {
		block = _mm_loadu_si128((const __m128i *)(a->op->pdu + len - 24));
		block = shift_down(block, 16 - tail);
	} else {
		block = only_block(a, len);
	}
	if (tail == 16)
		return _mm_xor_si128(block, _mm_load_si128((const __m128i *)schedule->cmac_k1));
	block = _mm_xor_si128(block, _mm_loadu_si128((const __m128i *)(padding + 16 - tail)));
	return _mm_xor_si128(block, _mm_load_si128((const __m128i *)schedule->cmac_k2));
}

/* Octets of CMAC's input, and its blocks. */
static inline uint32_t input_len(const struct npdu_op *op)
{
	return 8 + (uint32_t)npdu_header_len(op->counter_octets) + op->npdu_len;
}

static inline uint32_t input_blocks(const struct npdu_op *op)
{
	return (input_len(op) + 15) / 16;
}

/* Of an input of two blocks or more. */
INLINE __m128i first_block(const struct aes_op *a)
{
	return _mm_unpacklo_epi64(count_bearer_direction(a),
				  _mm_loadl_epi64((const __m128i *)a->op->pdu));
}

TARGET static void start(struct lanes *lanes, unsigned i, const struct aes_op *a)
{
	struct npdu_op *op = a->op;
	const uint32_t len = input_len(op), blocks = input_blocks(op);
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
	lanes->first[i] = first_block(a);
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

INLINE void encrypt_lanes(__m128i x[LANES], const __m128i *const schedule[LANES])
{
	const __m128i *k[LANES];

	/* The compiler must not see that these are the round keys of the block before, or it keeps
	 * them: in registers that there are not, so on the stack. */
	for (unsigned i = 0; i < LANES; i++) {
		k[i] = schedule[i];
		__asm__("" : "+r"(k[i]));
	}
	for (unsigned i = 0; i < LANES; i++)
		x[i] = _mm_xor_si128(x[i], _mm_load_si128(k[i]));
	for (unsigned r = 1; r < ROUNDS; r++)
		for (unsigned i = 0; i < LANES; i++)
			x[i] = _mm_aesenc_si128(x[i], _mm_load_si128(k[i] + r));
	for (unsigned i = 0; i < LANES; i++)
		x[i] = _mm_aesenclast_si128(x[i], _mm_load_si128(k[i] + ROUNDS));
}

/* One block of every lane. */
INLINE void step(__m128i x[LANES], const __m128i *const source[LANES],
		 const __m128i *const schedule[LANES], size_t block)
{
	for (unsigned i = 0; i < LANES; i++)
		x[i] = _mm_xor_si128(x[i], _mm_loadu_si128(source[i] + block));
	encrypt_lanes(x, schedule);
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
INLINE void finish_mac(struct npdu_op *op, __m128i state, bool protect)
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

/* Any number, of any lengths. */
TARGET static void unequal_macs(const struct aes_op *ops, size_t count, bool protect)
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

/* Eight with equally many blocks: what bursts mostly are, and nothing to decide on the way. The last
 * blocks are made while the ones before them are in the AES units. */
TARGET static void equal_macs(const struct aes_op *ops, uint32_t blocks, bool protect)
{
	const uint32_t before = 16 * (blocks - 1);
	__m128i x[LANES];
	const __m128i *schedule[LANES];

	for (unsigned i = 0; i < LANES; i++) {
		schedule[i] = (const __m128i *)ops[i].schedule->auth;
		x[i] = blocks > 1 ? first_block(&ops[i]) : _mm_setzero_si128();
	}
	if (blocks > 1) {
		const __m128i *middle[LANES];
		for (unsigned i = 0; i < LANES; i++)
			middle[i] = (const __m128i *)(ops[i].op->pdu + 8);
		encrypt_lanes(x, schedule);
		for (uint32_t b = 0; b + 2 < blocks; b++)
			step(x, middle, schedule, b);
	}
	for (unsigned i = 0; i < LANES; i++) {
		const uint32_t len = input_len(ops[i].op);
		x[i] = _mm_xor_si128(x[i], last_block(&ops[i], len, len - before));
	}
	encrypt_lanes(x, schedule);
	for (unsigned i = 0; i < LANES; i++)
		finish_mac(ops[i].op, x[i], protect);
}

static bool are_equal(const struct aes_op *ops)
{
	const uint32_t blocks = input_blocks(ops[0].op);

	for (unsigned i = 1; i < LANES; i++)
		if (input_blocks(ops[i].op) != blocks)
			return false;
	return true;
}

void aes_run_macs(const struct aes_op *ops, size_t count, bool protect)
{
	for (; count >= LANES && are_equal(ops); ops += LANES, count -= LANES)
		equal_macs(ops, input_blocks(ops[0].op), protect);
	if (count > 0)
		unequal_macs(ops, count, protect);
}
