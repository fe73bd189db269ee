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

#include "datapath/headers.h"
#include "datapath/worker.h"

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

/* The same as finish_packet does, of a plain G-PDU that starts at frame. */
static inline void finish_plain(uint8_t *frame, uint16_t payload_len)
{
	gtpu_set_payload_len(frame + PLAIN_GTPU, GTPU_HEADER_MIN, payload_len);
	((struct rte_udp_hdr *)(frame + PLAIN_UDP))->dgram_len =
		rte_cpu_to_be_16((uint16_t)(PLAIN_PAYLOAD - PLAIN_UDP + payload_len));
	finish_ipv4((struct rte_ipv4_hdr *)(frame + PLAIN_IP),
		    (uint16_t)(PLAIN_PAYLOAD - PLAIN_IP + payload_len));
}

static inline void finish_any(struct rte_mbuf *m, const struct packet *p, uint8_t *frame,
			      uint16_t payload_len)
{
	const uint16_t end = (uint16_t)(p->payload + payload_len);
	const uint16_t ip_len = (uint16_t)(end - p->l3);

	gtpu_set_payload_len(frame + p->gtpu, (uint16_t)(p->payload - p->gtpu), payload_len);
	((struct rte_udp_hdr *)(frame + p->udp))->dgram_len =
		rte_cpu_to_be_16((uint16_t)(end - p->udp));
	if (p->has_udp_checksum)
		checksum_finish(m, p);
	if (p->is_ipv6)
		((struct rte_ipv6_hdr *)(frame + p->l3))->payload_len =
			rte_cpu_to_be_16((uint16_t)(ip_len - sizeof(struct rte_ipv6_hdr)));
	else
		finish_ipv4((struct rte_ipv4_hdr *)(frame + p->l3), ip_len);
}

/* Makes lengths and checksums right after the payload of packet has become payload_len octets long, and
 * sends it, in fragments where the port's MTU asks for that. False: it was dropped. */
static inline bool finish_packet(struct datapath_worker *w, struct rte_mbuf *m,
				 uint16_t payload_len)
{
	const struct packet *p = packet_of(m);
	const uint16_t mtu = w->config.mtu[!p->side];
	uint8_t *frame = rte_pktmbuf_mtod(m, uint8_t *);

	if (likely(headers_are_plain(p)))
		finish_plain(frame, payload_len);
	else
		finish_any(m, p, frame, payload_len);
	if (unlikely(p->payload - p->l3 + payload_len > mtu))
		return fragment_packet(w, m, mtu);
	worker_send(w, m);
	return true;
}

#endif
