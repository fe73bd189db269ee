/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gcm by each code that there is for it (two blocks a register, one, intel-ipsec-mb), held against
 * OpenSSL's. Every PDU lies against a page that may not be touched, before it or behind it.
 */
#include <openssl/evp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "npdu/aes.h"
#include "npdu/npdu.h"
#include "unit.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define KEYS	  16
#define LEN_SMALL 600
#define FILL	  0x5c

static uint8_t kencs[KEYS][E2M_KEY_LEN];
static struct npdu_key *keys[KEYS];
static EVP_CIPHER_CTX *openssl;

/* Octets between two pages that may not be touched. */
struct room {
	uint8_t *octets;
	size_t size;
};

static struct room rooms[NPDU_BURST_MAX], large;

static struct room new_room(size_t size)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), inner = (size + page - 1) / page * page;
	uint8_t *map = mmap(NULL, inner + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || mprotect(map + page, inner, PROT_READ | PROT_WRITE) != 0)
		abort();
	return (struct room){map + page, inner};
}

/* An operation and where it lies. */
struct packet {
	struct npdu_op op;
	struct room room;
	size_t pdu_len;
	unsigned key;
};

static uint8_t npdu_octet(uint32_t len, uint32_t at)
{
	return (uint8_t)(at * 7 + len + (at >> 8));
}

static uint8_t *npdu_of(const struct packet *p)
{
	return p->op.pdu + npdu_header_len(p->op.counter_octets);
}

/* A PDU to protect, of which everything else follows from len and seed. */
static void make(struct packet *p, struct room room, uint32_t len, uint32_t seed)
{
	p->key = seed % KEYS;
	p->room = room;
	p->op = (struct npdu_op){.key = keys[p->key],
				 .npdu_len = len,
				 .count = seed * UINT32_C(2654435761),
				 .bearer = seed % 32,
				 .direction = seed % 3 == 0 ? E2M_UPLINK : E2M_DOWNLINK,
				 .counter_octets = seed / 3 % 4};
	p->pdu_len = npdu_header_len(p->op.counter_octets) + len + npdu_key_mac_len(p->op.key);
	p->op.pdu = seed % 2 ? room.octets + NPDU_HEADROOM : room.octets + room.size - p->pdu_len;
	memset(room.octets, FILL, room.size);
	npdu_write_header(p->op.pdu, p->op.counter_octets, 3, p->op.count);
	for (uint32_t i = 0; i < len; i++)
		npdu_of(p)[i] = npdu_octet(len, i);
}

/* What OpenSSL makes of it: e2m.md 7. */
static void protect_by_openssl(const struct packet *p, uint8_t *out)
{
	const struct npdu_op *op = &p->op;
	const int header = (int)npdu_header_len(op->counter_octets);
	uint8_t nonce[12] = {(uint8_t)(op->count >> 24), (uint8_t)(op->count >> 16),
			     (uint8_t)(op->count >> 8), (uint8_t)op->count,
			     (uint8_t)(op->bearer << 3 | op->direction << 2)};
	int len;

	memcpy(out, op->pdu, (size_t)header);
	if (!EVP_EncryptInit_ex(openssl, EVP_aes_128_gcm(), NULL, kencs[p->key], nonce) ||
	    !EVP_EncryptUpdate(openssl, NULL, &len, out, header) ||
	    !EVP_EncryptUpdate(openssl, out + header, &len, npdu_of(p), (int)op->npdu_len) ||
	    !EVP_EncryptFinal_ex(openssl, out + header + len, &len) ||
	    !EVP_CIPHER_CTX_ctrl(openssl, EVP_CTRL_GCM_GET_TAG, (int)npdu_key_mac_len(op->key),
				 out + header + op->npdu_len))
		abort();
}

static bool is_untouched_around(const struct packet *p)
{
	const uint8_t *end = p->room.octets + p->room.size;

	for (const uint8_t *at = p->room.octets; at < p->op.pdu; at++)
		if (*at != FILL)
			return false;
	for (const uint8_t *at = p->op.pdu + p->pdu_len; at < end; at++)
		if (*at != FILL)
			return false;
	return true;
}

static bool is_as_made(const struct packet *p)
{
	for (uint32_t i = 0; i < p->op.npdu_len; i++)
		if (npdu_of(p)[i] != npdu_octet(p->op.npdu_len, i))
			return false;
	return true;
}

/* --- the codes --- */

enum code { WIDE, NARROW, LIBRARY };

static struct npdu_engine *engine;
static uint32_t hints[KEYS];

/* Runs check with an engine of each code. */
static void with_each_code(void (*check)(enum code code))
{
	const bool is_wide = aes_is_wide;

	for (enum code code = WIDE; code <= LIBRARY; code++) {
		aes_is_wide = is_wide && code == WIDE;
		engine = npdu_engine_new(4);
		CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
		if (code == LIBRARY)
			CU_ASSERT_EQUAL_FATAL(npdu_engine_use_library_only(engine), 0);
		for (unsigned i = 0; i < KEYS; i++)
			hints[i] = NPDU_NO_HINT;
		check(code);
		npdu_engine_free(engine);
	}
	aes_is_wide = is_wide;
}

static void run(struct packet *packets, size_t count,
		void (*protect_or_open)(struct npdu_engine *, struct npdu_op *, size_t))
{
	struct npdu_op ops[NPDU_BURST_MAX];

	for (size_t i = 0; i < count; i++) {
		ops[i] = packets[i].op;
		/* Half of the keys are kept, or would be if there were room. */
		ops[i].hint = packets[i].key % 4 < 2 ? &hints[packets[i].key] : NULL;
	}
	protect_or_open(engine, ops, count);
	for (size_t i = 0; i < count; i++)
		packets[i].op.ok = ops[i].ok;
}

/* --- tests --- */

static void check_burst(struct packet *packets, size_t count)
{
	static uint8_t expected[NPDU_BURST_MAX][NPDU_HEADER_MAX + NPDU_LEN_MAX + NPDU_MAC_MAX];

	for (size_t i = 0; i < count; i++)
		protect_by_openssl(&packets[i], expected[i]);
	run(packets, count, npdu_protect);
	for (size_t i = 0; i < count; i++) {
		const struct packet *p = &packets[i];

		CU_ASSERT_TRUE(p->op.ok);
		CU_ASSERT_EQUAL(memcmp(p->op.pdu, expected[i], p->pdu_len), 0);
		CU_ASSERT_TRUE(is_untouched_around(p));
	}
	run(packets, count, npdu_open);
	for (size_t i = 0; i < count; i++) {
		const struct packet *p = &packets[i];
		const size_t mac = p->pdu_len - npdu_key_mac_len(p->op.key);

		CU_ASSERT_TRUE(p->op.ok);
		CU_ASSERT_TRUE(is_as_made(p));
		CU_ASSERT_EQUAL(
			memcmp(p->op.pdu, expected[i], npdu_header_len(p->op.counter_octets)), 0);
		CU_ASSERT_EQUAL(memcmp(p->op.pdu + mac, expected[i] + mac, p->pdu_len - mac), 0);
		CU_ASSERT_TRUE(is_untouched_around(p));
	}
}

static void check_equal_lengths(enum code code)
{
	struct packet packets[NPDU_BURST_MAX];

	(void)code;
	for (uint32_t len = 0; len <= LEN_SMALL; len++) {
		const size_t count = 1 + len * 5 % 13;

		for (uint32_t i = 0; i < count; i++)
			make(&packets[i], rooms[i], len, len * 13 + i);
		check_burst(packets, count);
	}
}

static void equal_lengths_are_as_by_openssl(void)
{
	with_each_code(check_equal_lengths);
}

static void check_mixed_lengths(enum code code)
{
	struct packet packets[NPDU_BURST_MAX];

	(void)code;
	for (uint32_t burst = 0; burst < 100; burst++) {
		const size_t count = burst % NPDU_BURST_MAX + 1;

		for (uint32_t i = 0; i < count; i++)
			make(&packets[i], rooms[i], (burst * 101 + i * 37) % (LEN_SMALL + 1),
			     burst * 67 + i);
		check_burst(packets, count);
	}
}

static void mixed_lengths_are_as_by_openssl(void)
{
	with_each_code(check_mixed_lengths);
}

static void check_large(enum code code)
{
	static const uint32_t lens[] = {1023,	     1024, 1025, 1400,	1500,
					4064,	     4096, 9000, 32768, NPDU_LEN_MAX - 1,
					NPDU_LEN_MAX};
	struct packet p;

	(void)code;
	for (uint32_t i = 0; i < COUNT_OF(lens); i++)
		for (uint32_t seed = i; seed < i + 8; seed++) {
			make(&p, large, lens[i], seed);
			check_burst(&p, 1);
		}
}

static void large_npdus_are_as_by_openssl(void)
{
	with_each_code(check_large);
}

/* Every bit of a PDU, each in a PDU of its own, and between these some that nobody touched. */
static void check_spoilt(enum code code, uint32_t len, uint32_t seed)
{
	static uint8_t before[NPDU_BURST_MAX][NPDU_HEADER_MAX + LEN_SMALL + NPDU_MAC_MAX];
	struct packet packets[NPDU_BURST_MAX];
	size_t bit = 0, bits = SIZE_MAX;

	while (bit < bits) {
		for (uint32_t i = 0; i < NPDU_BURST_MAX; i++)
			make(&packets[i], rooms[i], len, seed);
		bits = packets[0].pdu_len * 8;
		run(packets, NPDU_BURST_MAX, npdu_protect);
		for (uint32_t i = 0; i < NPDU_BURST_MAX; i++) {
			if (i % 5 != 0 && bit < bits) {
				packets[i].op.pdu[bit / 8] ^= (uint8_t)(1U << bit % 8);
				bit++;
			} else {
				packets[i].pdu_len = 0;
			}
			memcpy(before[i], packets[i].op.pdu, packets[i].pdu_len);
		}
		run(packets, NPDU_BURST_MAX, npdu_open);
		for (uint32_t i = 0; i < NPDU_BURST_MAX; i++) {
			const struct packet *p = &packets[i];

			CU_ASSERT_EQUAL(p->op.ok, p->pdu_len == 0);
			if (p->pdu_len == 0)
				CU_ASSERT_TRUE(is_as_made(p));
			if (code != LIBRARY)
				CU_ASSERT_EQUAL(memcmp(p->op.pdu, before[i], p->pdu_len), 0);
		}
	}
}

static void check_every_bit(enum code code)
{
	static const uint32_t lens[] = {0,  1,	7,  8,	9,  15, 16,  17,  20,  31,  32,
					33, 48, 63, 64, 65, 96, 112, 113, 128, 240, 253};

	/* The second has the other length of tag. */
	for (uint32_t i = 0; i < COUNT_OF(lens); i++) {
		check_spoilt(code, lens[i], i * 3);
		check_spoilt(code, lens[i], i * 3 + 2);
	}
}

static void no_bit_can_be_changed_and_nothing_is_deciphered_then(void)
{
	with_each_code(check_every_bit);
}

static void set_up(void)
{
	openssl = EVP_CIPHER_CTX_new();
	for (size_t i = 0; i < COUNT_OF(rooms); i++)
		rooms[i] = new_room(NPDU_HEADROOM + NPDU_HEADER_MAX + LEN_SMALL + NPDU_MAC_MAX);
	large = new_room(NPDU_HEADROOM + NPDU_HEADER_MAX + NPDU_LEN_MAX + NPDU_MAC_MAX);
	for (unsigned i = 0; i < KEYS; i++) {
		for (unsigned j = 0; j < E2M_KEY_LEN; j++)
			kencs[i][j] = (uint8_t)(i * 41 + j * 59 + (i ^ j) * 3);
		keys[i] = npdu_key_new_raw(kencs[i], kencs[i], E2M_EEA_GCM, E2M_EIA_GCM,
					   i / 2 % 2 ? 16 : 8);
		if (!keys[i] || !openssl)
			abort();
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"equal lengths are as by OpenSSL", equal_lengths_are_as_by_openssl},
		{"mixed lengths are as by OpenSSL", mixed_lengths_are_as_by_openssl},
		{"large N-PDUs are as by OpenSSL", large_npdus_are_as_by_openssl},
		{"no bit can be changed, and nothing is deciphered then",
		 no_bit_can_be_changed_and_nothing_is_deciphered_then},
	};

	set_up();
	int ret = unit_run("npdu-gcm", tests, COUNT_OF(tests));
	for (unsigned i = 0; i < KEYS; i++)
		npdu_key_free(keys[i]);
	EVP_CIPHER_CTX_free(openssl);
	return ret;
}
