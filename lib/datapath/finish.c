/* SPDX-License-Identifier: BSD-3-Clause */
/* finish: the UDP checksum, where there is one. */
#include "datapath/finish.h"

#include <string.h>

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
	return finish_fold(2U * udp->dgram_len + gtpu_len +
			   rte_raw_cksum(rte_pktmbuf_mtod_offset(m, const void *, p->payload),
					 end - p->payload));
}

void checksum_note_rest(struct rte_mbuf *m, struct packet *p)
{
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, p->udp);

	p->checksum_rest = finish_fold((uint32_t)(uint16_t)~udp->dgram_cksum +
				       (uint16_t)~sum_of_what_changes(m, p));
}

void checksum_finish(struct rte_mbuf *m, const struct packet *p)
{
	struct rte_udp_hdr *udp = rte_pktmbuf_mtod_offset(m, struct rte_udp_hdr *, p->udp);
	const uint16_t sum =
		(uint16_t)~finish_fold((uint32_t)p->checksum_rest + sum_of_what_changes(m, p));

	udp->dgram_cksum = sum ? sum : 0xffff;
}
