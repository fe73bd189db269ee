/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * owner: which worker owns a tunnel. A function of the TEID that a NIC can compute as well, so that packets
 * can arrive where they belong: the Toeplitz hash, by which NICs spread packets over queues, with a key of
 * ours. Control, workers and whoever sets up a port agree by this file.
 *
 * The key is one word over and over. So the hash is the same wherever the NIC puts the TEID among what it
 * hashes, as long as that is a multiple of four octets, and a carry-less product of the TEID with a constant:
 * here one of three short factors. NICs take the lowest bits of the hash as index into their table of queues.
 * We count the bits from the other end, so that a table of any size knows the uppermost of them, and the
 * owner is a matter of proportion.
 */
#ifndef DATAPATH_OWNER_H
#define DATAPATH_OWNER_H

#include <stdint.h>

/* The word of the key, most significant octet first. Found by search: sequential TEIDs and those at any
 * stride spread evenly over any number of workers (owner_test), each worker's over its table. */
#define OWNER_KEY 0xEF39A152U

static inline uint32_t owner_rotate(uint32_t x, unsigned bits)
{
	return x << bits | x >> (32 - bits);
}

/* The Toeplitz hash of the TEID, its bits in reverse. */
static inline uint32_t owner_hash(uint32_t teid)
{
	teid ^= owner_rotate(teid, 22) ^ owner_rotate(teid, 27);
	teid ^= owner_rotate(teid, 6) ^ owner_rotate(teid, 22);
	return teid ^ owner_rotate(teid, 31) ^ owner_rotate(teid, 7);
}

/* Equal shares of all hashes for all workers. */
static inline unsigned owner_by_hash(uint32_t hash, unsigned workers)
{
	return (unsigned)((uint64_t)hash * workers >> 32);
}

/* The worker that owns a tunnel: the only one that ever touches its flow. */
static inline unsigned tunnel_owner(uint32_t teid, unsigned workers)
{
	return workers == 1 ? 0 : owner_by_hash(owner_hash(teid), workers);
}

#endif
