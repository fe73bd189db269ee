/* SPDX-License-Identifier: BSD-3-Clause */
/* finish: lengths and checksums of GTP-U, UDP and IP for the N-PDU's new size. Checksums are updated,
 * not computed anew: what was wrong before the HSE must not look right after it. */
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_udp.h>
#include <string.h>

#include "datapath/worker.h"
#include "gtp/gtpu.h"

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* The parts of the UDP checksum that change: UDP length (in the header and in the pseudo header), the
 * GTP-U length, and all from the N-PDU on. In network order, as rte_raw_cksum sums. */
static uint16_t sum_of_what_changes(const struct rte_mbuf *m, const struct packet *p)
{
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, p->udp);
	const uint8_t *gtpu = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->gtpu);
	uint32_t end = p->udp + rte_be_to_cpu_16(udp->dgram_len);
	uint16_t gtpu_len;

	memcpy(&gtpu_len, gtpu + 2, sizeof(gtpu_len));
	return fold(2U * udp->dgram_len + gtpu_len +
		    rte_raw_cksum(rte_pktmbuf_mtod_offset(m, const void *, p->payload),
				  end - p->payload));
}

void checksum_note_rest(struct rte_mbuf *m, struct packet *p)
{
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, p->udp);

	p->checksum_rest =
		fold((uint32_t)(uint16_t)~udp->dgram_cksum + (uint16_t)~sum_of_what_changes(m, p));
}

static void finish_udp(struct rte_mbuf *m, const struct packet *p, uint16_t udp_len)
{
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, p->udp);

	udp->dgram_len = rte_cpu_to_be_16(udp_len);
	if (p->has_udp_checksum) {
		uint16_t sum =
			(uint16_t)~fold((uint32_t)p->checksum_rest + sum_of_what_changes(m, p));
		udp->dgram_cksum = sum ? sum : 0xffff;
	}
}

/* RFC 1624: HC' = ~(~HC + ~m + m'). */
static void finish_ipv4(struct rte_ipv4_hdr *ip, uint16_t total)
{
	uint16_t before = ip->total_length;

	ip->total_length = rte_cpu_to_be_16(total);
	ip->hdr_checksum = (uint16_t)~fold((uint32_t)(uint16_t)~ip->hdr_checksum +
					   (uint16_t)~before + ip->total_length);
}

void finish_packet(struct datapath_worker *w, struct rte_mbuf *m, uint16_t payload_len,
		   enum datapath_counter counter)
{
	const struct packet *p = packet_of(m);
	struct flow *flow = p->flow;
	const unsigned side = p->side;
	const uint16_t end = (uint16_t)(p->payload + payload_len);
	const uint16_t ip_len = (uint16_t)(end - p->l3);
	const uint16_t mtu = w->config.mtu[!side];
	void *ip = rte_pktmbuf_mtod_offset(m, void *, p->l3);

	gtpu_set_payload_len(rte_pktmbuf_mtod_offset(m, uint8_t *, p->gtpu),
			     (uint16_t)(p->payload - p->gtpu), payload_len);
	finish_udp(m, p, (uint16_t)(end - p->udp));
	if (p->is_ipv6)
		((struct rte_ipv6_hdr *)ip)->payload_len =
			rte_cpu_to_be_16((uint16_t)(ip_len - sizeof(struct rte_ipv6_hdr)));
	else
		finish_ipv4(ip, ip_len);
	if (likely(ip_len <= mtu))
		worker_send(w, m);
	else if (!fragment_packet(w, m, mtu))
		return;
	flow->packets++;
	worker_count(w, side, counter);
}
