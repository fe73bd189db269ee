/* SPDX-License-Identifier: BSD-3-Clause */
/* fragment: a G-PDU that has grown past the MTU leaves in fragments of the outer IP, e2m.md 6. */
#include <rte_ip.h>
#include <rte_ip_frag.h>
#include <string.h>

#include "datapath/worker.h"

#define MAX_FRAGMENTS 64
#define MAX_L2	      22 /* Ethernet with two VLAN tags */

static int fragment_ipv4(struct datapath_worker *w, struct rte_mbuf *m, struct rte_mbuf **out,
			 uint16_t mtu)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

	/* A tunnel's sender that sets DF cannot know of the octets that the HSE adds. */
	ip->fragment_offset &= ~rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG);
	return rte_ipv4_fragment_packet(m, out, MAX_FRAGMENTS, mtu, w->config.fragments,
					w->config.fragments);
}

static int fragment_ipv6(struct datapath_worker *w, struct rte_mbuf *m, struct rte_mbuf **out,
			 uint16_t mtu)
{
	int count = rte_ipv6_fragment_packet(m, out, MAX_FRAGMENTS, mtu, w->config.fragments,
					     w->config.fragments);

	w->fragment_id++;
	for (int i = 0; i < count; i++) {
		struct rte_ipv6_fragment_ext *x = rte_pktmbuf_mtod_offset(
			out[i], struct rte_ipv6_fragment_ext *, sizeof(struct rte_ipv6_hdr));
		x->id = rte_cpu_to_be_32(w->fragment_id);
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
