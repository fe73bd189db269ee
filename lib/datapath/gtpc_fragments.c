/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gtpc_fragments: the fragments of one GTP-C datagram make a copy in one piece, which control reads. The fragments
 * themselves wait and leave as they came (e2m.md 6). Fragments that overlap, or that come twice, make none (RFC 5722):
 * a receiver might put them together in another way.
 */
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <string.h>

#include "datapath/worker.h"

/* No GSN sends a datagram in more. */
#define FRAGMENTS_MAX 64

static struct rte_mbuf *find_at(struct rte_mbuf *first, uint32_t offset)
{
	struct rte_mbuf *m = first;

	while (m && packet_of(m)->fragment.offset != offset)
		m = packet_of(m)->next;
	return m;
}

/* All have the lengths of an honest sender, there is neither a hole nor an octet twice, and the fragment at the end, and
 * no other, says that it is the last. */
static bool is_whole(struct rte_mbuf *first, uint32_t total)
{
	unsigned count = 0, used = 0;
	uint32_t at = 0;

	for (struct rte_mbuf *m = first; m; m = packet_of(m)->next)
		if (++count > FRAGMENTS_MAX || !reassemble_measure(m))
			return false;
	while (at < total) {
		struct rte_mbuf *m = find_at(first, at);

		if (!m)
			return false;
		at += packet_of(m)->fragment.octets;
		if (packet_of(m)->is_last != (at == total))
			return false;
		used++;
	}
	return used == count && at == total;
}

/* Copies len octets from offset at of a packet to the end of another, which has room for them. */
static void append(struct rte_mbuf *to, const struct rte_mbuf *from, uint32_t at, uint32_t len)
{
	char *place = rte_pktmbuf_append(to, (uint16_t)len);
	const void *octets = rte_pktmbuf_read(from, at, len, place);

	if (octets && octets != place)
		memcpy(place, octets, len);
}

/* The header of a datagram that was never fragmented. */
static void append_header(struct rte_mbuf *to, const struct rte_mbuf *first, const struct packet *p,
			  uint32_t total)
{
	if (p->is_ipv6) {
		struct rte_ipv6_hdr *ip;
		const struct rte_ipv6_fragment_ext *fragment;

		append(to, first, 0, p->l3 + (uint32_t)sizeof(*ip));
		ip = rte_pktmbuf_mtod_offset(to, struct rte_ipv6_hdr *, p->l3);
		fragment = rte_pktmbuf_mtod_offset(first, const struct rte_ipv6_fragment_ext *,
						   p->l3 + sizeof(*ip));
		ip->proto = fragment->next_header;
		ip->payload_len = rte_cpu_to_be_16((uint16_t)total);
	} else {
		struct rte_ipv4_hdr *ip;

		append(to, first, 0, (uint32_t)p->l3 + first->l3_len);
		ip = rte_pktmbuf_mtod_offset(to, struct rte_ipv4_hdr *, p->l3);
		ip->total_length = rte_cpu_to_be_16((uint16_t)(first->l3_len + total));
		ip->fragment_offset = 0;
		ip->hdr_checksum = 0;
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
}

/* Half of the buffers stay free for G-PDUs: an attacker can have control read a lot. */
static bool has_enough(const struct rte_mempool *pool)
{
	return pool && rte_mempool_avail_count(pool) > pool->size / 2;
}

static struct rte_mbuf *new_copy(const struct datapath_worker *w, uint32_t octets)
{
	struct rte_mbuf *m =
		has_enough(w->config.large) ? rte_pktmbuf_alloc(w->config.large) : NULL;

	if (m && octets > rte_pktmbuf_tailroom(m)) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	return m;
}

struct rte_mbuf *gtpc_fragments_join(struct datapath_worker *w, struct rte_mbuf *first,
				     uint32_t total)
{
	struct rte_mbuf *beginning, *whole;

	if (!is_whole(first, total))
		return NULL;
	beginning = find_at(first, 0);
	whole = new_copy(w, (uint32_t)beginning->l2_len + beginning->l3_len + total);
	if (!whole)
		return NULL;
	append_header(whole, beginning, packet_of(beginning), total);
	for (uint32_t at = 0; at < total;) {
		struct rte_mbuf *m = find_at(first, at);
		const uint32_t octets = packet_of(m)->fragment.octets;

		append(whole, m, (uint32_t)m->l2_len + m->l3_len, octets);
		at += octets;
	}
	parse_packets(w, packet_of(beginning)->side, &whole, 1);
	if (packet_of(whole)->kind == PACKET_GTPC)
		return whole;
	rte_pktmbuf_free(whole);
	return NULL;
}
