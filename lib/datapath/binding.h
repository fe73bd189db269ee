/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * binding: whether an N-PDU has an address of its session, and whether it has one of another session (e2m.md 6,
 * "Address binding"). Downlink the address is the inner destination, and the GGSN is the outer source. Uplink the
 * address is the inner source, and the GGSN is the outer destination. Without a directory, all is admitted.
 */
#ifndef DATAPATH_BINDING_H
#define DATAPATH_BINDING_H

#include "datapath/worker.h"
#include "directory/directory.h"
#include "gtp/pdp_address.h"

/* Octets of an N-PDU that show its addresses. */
#define BINDING_OCTETS PDP_IPV6_HEADER

static inline enum pdp_end binding_end(const struct packet *p)
{
	return p->side == DATAPATH_ACCESS ? PDP_SOURCE : PDP_DESTINATION;
}

/* Fetches what binding_admits reads of the flow's session. */
static inline void binding_prefetch(const struct datapath_worker *w, const struct flow *flow)
{
	if (w->directory)
		directory_prefetch(w->directory, flow->session);
}

/* The rest of binding_admits. */
bool binding_admits_other(const struct datapath_worker *w, const struct session *own,
			  struct rte_mbuf *m, const uint8_t *npdu, uint32_t len);

/* Whether a tunnel of flow's session may carry the N-PDU of len octets, in clear. Nearly all N-PDUs have the IPv4 address
 * of their session, which is one comparison. */
static inline bool binding_admits(const struct datapath_worker *w, const struct flow *flow,
				  struct rte_mbuf *m, const uint8_t *npdu, uint32_t len)
{
	const struct session *own;
	struct pdp_address a;

	if (!w->directory)
		return true;
	own = directory_entry(w->directory, flow->session);
	if (likely(own && len >= PDP_IPV4_HEADER_MIN && npdu[0] >> 4 == 4)) {
		directory_address(own, &a);
		if (likely(a.ipv4_state == PDP_BOUND &&
			   pdp_ipv4_has_prefix(pdp_npdu_ipv4(npdu, binding_end(packet_of(m))),
					       a.ipv4, PDP_IPV4_BITS)))
			return true;
	}
	return binding_admits_other(w, own, m, npdu, len);
}

/* The same for a whole packet in one segment. */
static inline bool binding_admits_packet(const struct datapath_worker *w, const struct flow *flow,
					 struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);

	return binding_admits(w, flow, m, rte_pktmbuf_mtod_offset(m, const uint8_t *, p->payload),
			      p->payload_len);
}

/* Whether the N-PDU of a packet has an address of a protected session that is not own, at the packet's GGSN. own: the
 * session that has the packet's tunnel, or NULL. len: octets of the N-PDU, of which npdu has BINDING_OCTETS at least, if
 * there are so many. */
bool binding_guards(const struct datapath_worker *w, const struct session *own, struct rte_mbuf *m,
		    const uint8_t *npdu, uint32_t len);

#endif
