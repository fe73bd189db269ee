/* SPDX-License-Identifier: BSD-3-Clause */
/* Which worker owns a tunnel: what a NIC computes as well, and even shares for all. */
#include "datapath/owner.h"

#include <rte_byteorder.h>
#include <rte_thash.h>

#include "datapath/tunnel_hash.h"
#include "gtp/tunnel.h"
#include "unit.h"

#define KEY_OCTETS 52
#define WORKERS	   64
#define TUNNELS	   65536U

static void make_key(uint8_t key[KEY_OCTETS])
{
	const rte_be32_t word = rte_cpu_to_be_32(OWNER_KEY);

	for (unsigned i = 0; i < KEY_OCTETS; i += sizeof(word))
		memcpy(key + i, &word, sizeof(word));
}

static uint32_t reverse(uint32_t x)
{
	uint32_t y = 0;

	for (unsigned bit = 0; bit < 32; bit++)
		y |= (x >> bit & 1) << (31 - bit);
	return y;
}

static uint32_t next_random(void)
{
	static uint64_t x = 88172645463325252ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (uint32_t)(x >> 16);
}

/* rte_softrss knows nothing of short cuts; it takes words in host order, as a NIC takes octets. */
static void hash_is_toeplitz_wherever_the_teid_stands(void)
{
	uint8_t key[KEY_OCTETS];

	make_key(key);
	for (unsigned i = 0; i < 10000; i++) {
		const uint32_t teid = i < 32 ? 1U << i : next_random();
		const unsigned place = i % (KEY_OCTETS / 4 - 1);
		uint32_t input[KEY_OCTETS / 4] = {0};

		input[place] = teid;
		CU_ASSERT_EQUAL_FATAL(rte_softrss(input, KEY_OCTETS / 4 - 1, key),
				      reverse(owner_hash(teid)));
	}
}

/* Bits turn up in no two hashes alike: then no two TEIDs do, as it is linear. */
static void hashes_are_as_many_as_teids(void)
{
	uint32_t rows[32];
	unsigned rank = 0;

	for (unsigned i = 0; i < 32; i++)
		rows[i] = owner_hash(1U << i);
	for (unsigned bit = 0; bit < 32; bit++) {
		unsigned pivot = rank;
		while (pivot < 32 && !(rows[pivot] >> bit & 1))
			pivot++;
		if (pivot == 32)
			continue;
		const uint32_t row = rows[pivot];
		rows[pivot] = rows[rank];
		rows[rank] = row;
		for (unsigned i = 0; i < 32; i++)
			if (i != rank && rows[i] >> bit & 1)
				rows[i] ^= row;
		rank++;
	}
	CU_ASSERT_EQUAL(rank, 32);
}

/* The largest share in percent of an equal one, over all numbers of workers; *smallest likewise. */
static unsigned largest_share(const uint32_t *teids, unsigned *smallest)
{
	static uint32_t hashes[TUNNELS];
	unsigned largest = 0;

	for (unsigned i = 0; i < TUNNELS; i++)
		hashes[i] = owner_hash(teids[i]);
	*smallest = UINT32_MAX;
	for (unsigned workers = 1; workers <= WORKERS; workers++) {
		unsigned load[WORKERS] = {0};
		for (unsigned i = 0; i < TUNNELS; i++)
			load[owner_by_hash(hashes[i], workers)]++;
		for (unsigned w = 0; w < workers; w++) {
			const unsigned share = load[w] * workers / (TUNNELS / 100);
			largest = share > largest ? share : largest;
			*smallest = share < *smallest ? share : *smallest;
		}
	}
	return largest;
}

static void expect_even(const uint32_t *teids)
{
	unsigned smallest;

	CU_ASSERT(largest_share(teids, &smallest) <= 120);
	CU_ASSERT(smallest >= 80);
}

static void random_teids_spread_evenly(void)
{
	static uint32_t teids[TUNNELS];

	for (unsigned i = 0; i < TUNNELS; i++)
		teids[i] = next_random();
	expect_even(teids);
}

/* A stride of 1: sequential. */
static void teids_at_any_stride_spread_evenly(void)
{
	static const uint32_t strides[] = {1,	2,    3,    4,	  5,	 7,    8,   10,
					   16,	32,   64,   99,	  100,	 128,  255, 256,
					   257, 1000, 1024, 4096, 10000, 65536};
	static const uint32_t starts[] = {1, 0x01234567, 0x80000000, 0xffff0000};
	static uint32_t teids[TUNNELS];

	for (unsigned s = 0; s < RTE_DIM(strides); s++)
		for (unsigned f = 0; f < RTE_DIM(starts); f++) {
			for (unsigned i = 0; i < TUNNELS; i++)
				teids[i] = starts[f] + i * strides[s];
			expect_even(teids);
		}
}

/* Both hashes are linear: of the tunnels of one worker, the table must not see a part only. */
static void tunnels_of_one_worker_use_its_whole_table(void)
{
	struct tunnel t = {.receiver = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 2}};
	static uint8_t seen[4096];

	for (unsigned workers = 2; workers <= WORKERS; workers *= 2) {
		const unsigned owned = TUNNELS / workers, buckets = owned / 8;
		unsigned used = 0;

		memset(seen, 0, sizeof(seen));
		for (t.teid = 1; t.teid <= TUNNELS; t.teid++) {
			uint8_t *bucket = &seen[tunnel_hash(&t) % buckets];
			if (tunnel_owner(t.teid, workers) != 1 || *bucket)
				continue;
			*bucket = 1;
			used++;
		}
		CU_ASSERT(used >= buckets * 9 / 10);
	}
}

UNIT_MAIN("owner",
	  {"hash_is_toeplitz_wherever_the_teid_stands", hash_is_toeplitz_wherever_the_teid_stands},
	  {"hashes_are_as_many_as_teids", hashes_are_as_many_as_teids},
	  {"random_teids_spread_evenly", random_teids_spread_evenly},
	  {"teids_at_any_stride_spread_evenly", teids_at_any_stride_spread_evenly},
	  {"tunnels_of_one_worker_use_its_whole_table", tunnels_of_one_worker_use_its_whole_table})
