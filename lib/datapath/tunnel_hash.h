/* SPDX-License-Identifier: BSD-3-Clause */
/* tunnel_hash: the hash by which workers find a tunnel's flow. */
#ifndef DATAPATH_TUNNEL_HASH_H
#define DATAPATH_TUNNEL_HASH_H

#include <rte_hash_crc.h>

#include "gtp/tunnel.h"

static inline uint32_t tunnel_hash(const struct tunnel *t)
{
	uint64_t halves[2];

	memcpy(halves, t->receiver, sizeof(halves));
	return rte_hash_crc_4byte(
		t->teid, rte_hash_crc_8byte(halves[1], rte_hash_crc_8byte(halves[0], 0xE2E2E2E2)));
}

#endif
