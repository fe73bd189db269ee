/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/transparent.h"

#include <rte_branch_prediction.h>
#include <string.h>

#include "datapath/packet.h"

#define IPV4_SOURCE 12
#define IPV6_SOURCE 8

static void read_network(struct transparent_network *network, const struct pdp_prefix *prefix)
{
	struct tunnel any = {0};
	unsigned length = prefix->length;

	if (prefix->is_ipv6) {
		tunnel_set_ipv6(&any, prefix->octets);
	} else {
		tunnel_set_ipv4(&any, prefix->octets);
		length += PDP_IPV6_BITS - PDP_IPV4_BITS;
	}
	memcpy(network->address, any.receiver, sizeof(network->address));
	for (unsigned half = 0; half < 2; half++) {
		network->mask[half] = pdp_ipv6_mask(length, half);
		network->address[half] &= network->mask[half];
	}
}

void transparent_take(struct transparent *t, const struct datapath_transparent *command)
{
	struct transparent_pair *filled = t->lists[!t->active];

	if (command->count > 0) {
		filled[command->index].is_ipv6 = command->prefix[DATAPATH_ACCESS].is_ipv6;
		for (unsigned side = 0; side < DATAPATH_SIDES; side++)
			read_network(&filled[command->index].side[side], &command->prefix[side]);
	}
	if (command->index + 1 < command->count)
		return;
	t->active = !t->active;
	t->count = command->count;
}

static bool has(const struct transparent_network *network, const uint8_t *address)
{
	uint64_t a[2];

	memcpy(a, address, sizeof(a));
	return (((a[0] & network->mask[0]) ^ network->address[0]) |
		((a[1] & network->mask[1]) ^ network->address[1])) == 0;
}

static bool is_listed(const struct transparent *t, bool is_ipv6, const uint8_t *access,
		      const uint8_t *core)
{
	const struct transparent_pair *pairs = t->lists[t->active];

	for (unsigned i = 0; i < t->count; i++)
		if (pairs[i].is_ipv6 == is_ipv6 && has(&pairs[i].side[DATAPATH_ACCESS], access) &&
		    has(&pairs[i].side[DATAPATH_CORE], core))
			return true;
	return false;
}

bool transparent_covers(const struct transparent *t, struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);
	const uint32_t at = p->l3 + (p->is_ipv6 ? IPV6_SOURCE : IPV4_SOURCE);
	const uint8_t *octets, *receiver = p->tunnel.receiver;
	uint8_t room[16];
	struct tunnel source;

	if (likely(t->count == 0))
		return false;
	octets = rte_pktmbuf_read(m, at, p->is_ipv6 ? 16 : 4, room);
	if (!octets)
		return false;
	if (p->is_ipv6)
		tunnel_set_ipv6(&source, octets);
	else
		tunnel_set_ipv4(&source, octets);
	return p->side == DATAPATH_ACCESS ? is_listed(t, p->is_ipv6, source.receiver, receiver)
					  : is_listed(t, p->is_ipv6, receiver, source.receiver);
}
