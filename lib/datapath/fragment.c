/* SPDX-License-Identifier: BSD-3-Clause */
/* fragment: a G-PDU that has grown past the MTU leaves in fragments of the outer IP, e2m.md 6. */
#include <errno.h>
#include <rte_ip.h>
#include <rte_ip_frag.h>
#include <string.h>

#include "datapath/worker.h"

#define MAX_FRAGMENTS 64
#define MAX_L2	      22 /* Ethernet with two VLAN tags */

static uint32_t next_id(struct datapath_worker *w)
{
	w->fragment_id += w->config.workers;
	return w->fragment_id;
}

static int fragment_ipv4(struct datapath_worker *w, struct rte_mbuf *m, struct rte_mbuf **out,
			 uint16_t mtu)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

	/* A tunnel's sender that sets DF cannot know of the octets that the HSE adds; nor does it give
	 * such datagrams identifications that tell them apart, RFC 6864 4.1. */
	if (ip->fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG)) {
		ip->fragment_offset = 0;
		ip->packet_id = rte_cpu_to_be_16((uint16_t)next_id(w));
	}
	return rte_ipv4_fragment_packet(m, out, MAX_FRAGMENTS, mtu, w->config.fragments,
					w->config.fragments);
}

static int fragment_ipv6(struct datapath_worker *w, struct rte_mbuf *m, struct rte_mbuf **out,
			 uint16_t mtu)
{
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv6_hdr *);
	uint32_t id;
	int count;

	/* The fragment header goes first, which no other header may stand behind but these. */
	if (ip->proto != IPPROTO_UDP && ip->proto != IPPROTO_DSTOPTS)
		return -ENOTSUP;
	count = rte_ipv6_fragment_packet(m, out, MAX_FRAGMENTS, mtu, w->config.fragments,
					 w->config.fragments);
	id = rte_cpu_to_be_32(next_id(w));
	for (int i = 0; i < count; i++) {
		struct rte_ipv6_fragment_ext *x = rte_pktmbuf_mtod_offset(
			out[i], struct rte_ipv6_fragment_ext *, sizeof(struct rte_ipv6_hdr));
		x->id = id;
	}
	return count;
}

static void finish_ipv4_fragment(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

	ip->hdr_checksum = 0;
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, rte_ipv4_hdr_len(ip));
}

bool fragment_packet(struct datapath_worker *w, struct rte_mbuf *m, uint16_t mtu)
{
	const struct packet p = *packet_of(m);
	struct rte_mbuf *out[MAX_FRAGMENTS];
	uint8_t l2[MAX_L2];
	int count;

	memcpy(l2, rte_pktmbuf_mtod(m, void *), p.l3);
	rte_pktmbuf_adj(m, p.l3);
	count = p.is_ipv6 ? fragment_ipv6(w, m, out, mtu) : fragment_ipv4(w, m, out, mtu);
	if (count < 0) {
		worker_drop(w, m,
			    count == -ENOMEM ? DATAPATH_DROP_NO_MBUF : DATAPATH_DROP_TOO_LONG);
		return false;
	}
	worker_count(w, p.side, DATAPATH_FRAGMENTED);
	for (int i = 0; i < count; i++) {
		struct rte_mbuf *f = out[i];
		if (!p.is_ipv6)
			finish_ipv4_fragment(f);
		memcpy(rte_pktmbuf_prepend(f, p.l3), l2, p.l3);
		packet_of(f)->side = p.side;
		packet_of(f)->flow = NULL;
		worker_send(w, f);
	}
	rte_pktmbuf_free(m);
	return true;
}
