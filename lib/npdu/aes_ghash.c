/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * aes_ghash: the blocks X1 to Xm of SP 800-38D 6.4 come to X1*H^m + X2*H^(m-1) + ... + Xm*H. Here as many of
 * them as there are powers of H kept are multiplied and added up, and the sum is reduced once.
 *
 * A block's first bit is its coefficient of x^0 (SP 800-38D 6.3), so in a register whose octets are reversed
 * the polynomial stands mirrored, x^i at bit 127 - i. The carry-less product of two such is mirrored too, but
 * one bit too low, as if multiplied by x: powers are kept divided by x, which makes up for it.
 */
#include "npdu/aes_ghash.h"

#define TARGET_HASH __attribute__((target("aes,sse4.1,pclmul")))
#define INLINE_HASH static inline __attribute__((always_inline)) TARGET_HASH

#define TARGET_HASH_256 __attribute__((target("aes,sse4.1,pclmul,avx2,vaes,vpclmulqdq")))
#define INLINE_HASH_256 static inline __attribute__((always_inline)) TARGET_HASH_256

/*
 * x^128 is 1 + x + x^2 + x^7. So 64 bits go up by 128, 127, 126 and 121 places to where they belong: by a whole
 * register, and by 64 and what this multiplies by, 2^63 + 2^62 + 2^57.
 */
#define POLYNOMIAL ((long long)0xc200000000000000)

bool ghash_is_available(void)
{
	return __builtin_cpu_supports("pclmul");
}

/* A sum of products that is not reduced yet, after Karatsuba. As numbers are written: high, then low, and
 * middle - low - high half way between them. */
struct product {
	__m128i low, middle, high;
};

INLINE_HASH __m128i reversed(__m128i x)
{
	return _mm_shuffle_epi8(x,
				_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

INLINE_HASH __m128i swapped(__m128i x)
{
	return _mm_shuffle_epi32(x, 0x4e);
}

INLINE_HASH void add_product(struct product *p, __m128i x, __m128i h)
{
	const __m128i x_sum = _mm_xor_si128(x, swapped(x)), h_sum = _mm_xor_si128(h, swapped(h));

	p->low = _mm_xor_si128(p->low, _mm_clmulepi64_si128(x, h, 0x00));
	p->middle = _mm_xor_si128(p->middle, _mm_clmulepi64_si128(x_sum, h_sum, 0x00));
	p->high = _mm_xor_si128(p->high, _mm_clmulepi64_si128(x, h, 0x11));
}

/* The lower half added to the upper, 64 bits at a time. */
INLINE_HASH __m128i reduced(struct product p)
{
	const __m128i polynomial = _mm_set_epi64x(0, POLYNOMIAL);
	__m128i middle = _mm_xor_si128(p.middle, _mm_xor_si128(p.low, p.high)), high;

	middle = _mm_xor_si128(middle, swapped(p.low));
	middle = _mm_xor_si128(middle, _mm_clmulepi64_si128(p.low, polynomial, 0x00));
	high = _mm_xor_si128(p.high, swapped(middle));
	return _mm_xor_si128(high, _mm_clmulepi64_si128(middle, polynomial, 0x00));
}

INLINE_HASH struct product no_product(void)
{
	return (struct product){_mm_setzero_si128(), _mm_setzero_si128(), _mm_setzero_si128()};
}

INLINE_HASH __m128i multiplied(__m128i x, __m128i h)
{
	struct product p = no_product();

	add_product(&p, x, h);
	return reduced(p);
}

/* 1 / x is 1 + x + x^6 + x^127. */
INLINE_HASH __m128i divided_by_x(__m128i h)
{
	const __m128i carries = _mm_slli_si128(_mm_srli_epi64(h, 63), 8);
	const __m128i top = _mm_shuffle_epi32(_mm_srai_epi32(h, 31), 0xff);

	h = _mm_or_si128(_mm_slli_epi64(h, 1), carries);
	return _mm_xor_si128(h, _mm_and_si128(top, _mm_set_epi64x(POLYNOMIAL, 1)));
}

TARGET_HASH void ghash_make_powers(const uint8_t h[16], uint8_t powers[NPDU_HASH_POWERS][16])
{
	const __m128i h1 = divided_by_x(reversed(_mm_loadu_si128((const __m128i *)h)));
	const __m128i h2 = multiplied(h1, h1);
	const __m128i h3 = multiplied(h2, h1), h4 = multiplied(h2, h2);
	const __m128i h5 = multiplied(h4, h1);
	__m128i *out = (__m128i *)powers;

	_mm_store_si128(out, multiplied(h5, h4));
	_mm_store_si128(out + 1, multiplied(h4, h4));
	_mm_store_si128(out + 2, multiplied(h4, h3));
	_mm_store_si128(out + 3, multiplied(h4, h2));
	_mm_store_si128(out + 4, h5);
	_mm_store_si128(out + 5, h4);
	_mm_store_si128(out + 6, h3);
	_mm_store_si128(out + 7, h2);
	_mm_store_si128(out + 8, h1);
}

/* Where H^power stands; those of lower powers follow. */
INLINE_HASH const __m128i *power_at(const struct aes_op *a, uint32_t power)
{
	return (const __m128i *)a->schedule->hash_powers + NPDU_HASH_POWERS - power;
}

/* The PDU's header, 1 to 4 octets of it and at least eight behind it, padded with zeros: all of the
 * associated data. */
INLINE_HASH __m128i header_block(const struct npdu_op *op)
{
	const uint32_t unused = 8 * (NPDU_COUNTER_OCTETS_MAX - op->counter_octets);
	uint32_t octets;

	__builtin_memcpy(&octets, op->pdu, sizeof(octets));
	octets = __builtin_bswap32(octets) >> unused << unused;
	return _mm_insert_epi32(_mm_setzero_si128(), (int)octets, 3);
}

/* Bits of associated data, bits of ciphertext. */
INLINE_HASH __m128i lengths_block(const struct npdu_op *op)
{
	return _mm_set_epi64x((long long)npdu_header_len(op->counter_octets) * 8,
			      (long long)op->npdu_len * 8);
}

INLINE_HASH __m128i load_reversed(const uint8_t *at)
{
	return reversed(_mm_loadu_si128((const __m128i *)at));
}

/* A group of eight blocks, of which the first is at hand. */
INLINE_HASH __m128i hash_eight(const struct aes_op *a, __m128i block, const uint8_t *at)
{
	const __m128i *h = power_at(a, 8);
	struct product p = no_product();

	add_product(&p, block, _mm_load_si128(h));
	for (unsigned i = 0; i < 7; i++)
		add_product(&p, load_reversed(at + 16 * i), _mm_load_si128(h + 1 + i));
	return reduced(p);
}

/* The last group: a block at hand and its power, left (at most 128) octets of ciphertext, and the lengths. */
INLINE_HASH __m128i hash_last(const struct aes_op *a, __m128i block, uint32_t power,
			      const uint8_t *at, uint32_t left)
{
	const __m128i *h = power_at(a, 1 + (left + 15) / 16);
	struct product p = no_product();

	add_product(&p, block, _mm_load_si128(power_at(a, power)));
	add_product(&p, lengths_block(a->op), _mm_load_si128(power_at(a, 1)));
	for (; left >= 16; left -= 16, at += 16)
		add_product(&p, load_reversed(at), _mm_load_si128(h++));
	if (left > 0)
		add_product(&p, reversed(first_octets(load_octets(at, left), left)),
			    _mm_load_si128(h));
	return reversed(reduced(p));
}

/* Short PDUs are a single group; others begin with one of header and seven blocks. */
INLINE_HASH __m128i hash_128(const struct aes_op *a)
{
	const uint8_t *at = a->op->pdu + npdu_header_len(a->op->counter_octets);
	uint32_t left = a->op->npdu_len;
	__m128i block = header_block(a->op);

	if (left <= 112)
		return hash_last(a, block, 2 + (left + 15) / 16, at, left);
	block = hash_eight(a, block, at);
	for (left -= 112, at += 112; left > 128; left -= 128, at += 128)
		block = hash_eight(a, _mm_xor_si128(block, load_reversed(at)), at + 16);
	return hash_last(a, block, 1 + (left + 15) / 16, at, left);
}

TARGET_HASH static void hash_all_128(const struct aes_op *ops, size_t count, __m128i *hashes)
{
	for (size_t i = 0; i < count; i++)
		hashes[i] = hash_128(&ops[i]);
}

/* --- the same with two blocks a register --- */

struct product_256 {
	__m256i low, middle, high;
};

INLINE_HASH_256 __m256i reversed_pair(__m256i x)
{
	return _mm256_shuffle_epi8(
		x, _mm256_broadcastsi128_si256(
			   _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
}

INLINE_HASH_256 void add_products(struct product_256 *p, __m256i x, __m256i h)
{
	const __m256i x_sum = _mm256_xor_si256(x, _mm256_shuffle_epi32(x, 0x4e));
	const __m256i h_sum = _mm256_xor_si256(h, _mm256_shuffle_epi32(h, 0x4e));

	p->low = _mm256_xor_si256(p->low, _mm256_clmulepi64_epi128(x, h, 0x00));
	p->middle = _mm256_xor_si256(p->middle, _mm256_clmulepi64_epi128(x_sum, h_sum, 0x00));
	p->high = _mm256_xor_si256(p->high, _mm256_clmulepi64_epi128(x, h, 0x11));
}

INLINE_HASH_256 struct product_256 no_products(void)
{
	return (struct product_256){_mm256_setzero_si256(), _mm256_setzero_si256(),
				    _mm256_setzero_si256()};
}

INLINE_HASH_256 __m128i sum_of_pair(__m256i x)
{
	return _mm_xor_si128(_mm256_castsi256_si128(x), _mm256_extracti128_si256(x, 1));
}

INLINE_HASH_256 __m128i reduced_pair(struct product_256 p)
{
	return reduced(
		(struct product){sum_of_pair(p.low), sum_of_pair(p.middle), sum_of_pair(p.high)});
}

INLINE_HASH_256 __m256i load_pair(const void *at)
{
	return _mm256_loadu_si256((const __m256i *)at);
}

INLINE_HASH_256 __m256i pair_of(__m128i first, __m128i second)
{
	return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}

/* left (1 to 31) octets, and zeros. */
INLINE_HASH_256 __m256i load_last_pair(const uint8_t *at, uint32_t left)
{
	if (left <= 16)
		return _mm256_zextsi128_si256(first_octets(load_octets(at, left), left));
	return pair_of(_mm_loadu_si128((const __m128i *)at),
		       first_octets(load_octets(at + 16, left - 16), left - 16));
}

/* A group of eight blocks, of which the first two are at hand. */
INLINE_HASH_256 __m128i hash_four_pairs(const struct aes_op *a, __m256i pair, const uint8_t *at)
{
	const __m128i *h = power_at(a, 8);
	struct product_256 p = no_products();

	add_products(&p, pair, load_pair(h));
	for (unsigned i = 0; i < 3; i++)
		add_products(&p, reversed_pair(load_pair(at + 32 * i)), load_pair(h + 2 + 2 * i));
	return reduced_pair(p);
}

/* As hash_last. An odd last block goes with one of zeros. */
INLINE_HASH_256 __m128i hash_last_pairs(const struct aes_op *a, __m128i block, uint32_t power,
					const uint8_t *at, uint32_t left)
{
	const __m128i *h = power_at(a, 1 + (left + 15) / 16);
	struct product_256 p = no_products();

	add_products(&p, pair_of(block, lengths_block(a->op)),
		     pair_of(_mm_load_si128(power_at(a, power)), _mm_load_si128(power_at(a, 1))));
	for (; left >= 32; left -= 32, at += 32, h += 2)
		add_products(&p, reversed_pair(load_pair(at)), load_pair(h));
	if (left > 0)
		add_products(&p, reversed_pair(load_last_pair(at, left)), load_pair(h));
	return reversed(reduced_pair(p));
}

INLINE_HASH_256 __m128i hash_256(const struct aes_op *a)
{
	const uint8_t *at = a->op->pdu + npdu_header_len(a->op->counter_octets);
	uint32_t left = a->op->npdu_len;
	__m128i block = header_block(a->op);

	if (left <= 112)
		return hash_last_pairs(a, block, 2 + (left + 15) / 16, at, left);
	block = hash_four_pairs(a, pair_of(block, load_reversed(at)), at + 16);
	for (left -= 112, at += 112; left > 128; left -= 128, at += 128)
		block = hash_four_pairs(a,
					_mm256_xor_si256(reversed_pair(load_pair(at)),
							 _mm256_zextsi128_si256(block)),
					at + 32);
	return hash_last_pairs(a, block, 1 + (left + 15) / 16, at, left);
}

TARGET_HASH_256 static void hash_all_256(const struct aes_op *ops, size_t count, __m128i *hashes)
{
	for (size_t i = 0; i < count; i++)
		hashes[i] = hash_256(&ops[i]);
}

void ghash_pdus(const struct aes_op *ops, size_t count, __m128i *hashes)
{
	(aes_is_wide ? hash_all_256 : hash_all_128)(ops, count, hashes);
}
