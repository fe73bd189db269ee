/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * finish: lengths and checksums of GTP-U, UDP and IP for the N-PDU's new size. Checksums are updated,
 * not computed anew: what was wrong before the HSE must not look right after it.
 */
#ifndef DATAPATH_FINISH_H
#define DATAPATH_FINISH_H

#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "datapath/worker.h"
#include "gtp/gtpu.h"

static inline uint16_t finish_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* For a UDP checksum in use: remembers the sum of what stays, before the payload changes; and makes it
 * right again afterwards, with the lengths as they are then. */
void checksum_note_rest(struct rte_mbuf *m, struct packet *p);
void checksum_finish(struct rte_mbuf *m, const struct packet *p);

/* RFC 1624: HC' = ~(~HC + ~m + m'). */
static inline void finish_ipv4(struct rte_ipv4_hdr *ip, uint16_t total)
{
	const uint16_t before = ip->total_length, after = rte_cpu_to_be_16(total);

	ip->total_length = after;
	ip->hdr_checksum = (uint16_t)~finish_fold((uint32_t)(uint16_t)~ip->hdr_checksum +
						  (uint16_t)~before + after);
}

/* Makes lengths and checksums right after the payload of packet has become payload_len octets long, and
 * sends it, in fragments where the port's MTU asks for that. False: it was dropped. */
static inline bool finish_packet(struct datapath_worker *w, struct rte_mbuf *m,
				 uint16_t payload_len)
{
	const struct packet *p = packet_of(m);
	const uint16_t end = (uint16_t)(p->payload + payload_len);
	const uint16_t ip_len = (uint16_t)(end - p->l3);
	const uint16_t mtu = w->config.mtu[!p->side];
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);

	gtpu_set_payload_len(frame + p->gtpu, (uint16_t)(p->payload - p->gtpu), payload_len);
	((struct rte_udp_hdr *)(frame + p->udp))->dgram_len =
		rte_cpu_to_be_16((uint16_t)(end - p->udp));
	if (unlikely(p->has_udp_checksum))
		checksum_finish(m, p);
	if (unlikely(p->is_ipv6))
		((struct rte_ipv6_hdr *)(frame + p->l3))->payload_len =
			rte_cpu_to_be_16((uint16_t)(ip_len - sizeof(struct rte_ipv6_hdr)));
	else
		finish_ipv4((struct rte_ipv4_hdr *)(frame + p->l3), ip_len);
	if (unlikely(ip_len > mtu))
		return fragment_packet(w, m, mtu);
	worker_send(w, m);
	return true;
}

#endif
