/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * binding: whether an N-PDU has an address of its session, and whether it has one of another session (e2m.md 6,
 * "Address binding"). Downlink the address is the inner destination, and the GGSN is the outer source. Uplink the
 * address is the inner source, and the GGSN is the outer destination. Without a directory, all is admitted.
 */
#ifndef DATAPATH_BINDING_H
#define DATAPATH_BINDING_H

#include "datapath/worker.h"
#include "gtp/pdp_address.h"

/* Octets of an N-PDU that show its addresses. */
#define BINDING_OCTETS PDP_IPV6_HEADER

static inline enum pdp_end binding_end(const struct packet *p)
{
	return p->side == DATAPATH_ACCESS ? PDP_SOURCE : PDP_DESTINATION;
}

/*
 * flow->confirmed says that an address was the session's in this generation of the directory. For IPv4 it is both. A /64
 * of IPv6 has no room beside the generation, so it is a hash of both, with a secret key. The hash is multiply-shift: two
 * prefixes have the same one with a probability of 2^-63, and no sender learns which.
 */
static inline uint64_t binding_word4(const struct datapath_worker *w, const uint8_t *ipv4)
{
	uint32_t address;

	memcpy(&address, ipv4, sizeof(address));
	return w->binding.generation4 | address;
}

static inline uint64_t binding_word6(const struct datapath_worker *w, const uint8_t *ipv6)
{
	const struct worker_binding *b = &w->binding;
	uint64_t prefix;

	memcpy(&prefix, ipv6, sizeof(prefix));
	return (uint64_t)((unsigned __int128)prefix * b->key[0] >> 64) + prefix * b->key[1] +
	       b->generation6;
}

static inline void binding_set_generation(struct datapath_worker *w, uint32_t generation)
{
	w->binding.generation4 = (uint64_t)generation << 32;
	/* The factor is odd, so no two generations have the same product. */
	w->binding.generation6 = generation * w->binding.key[2];
}

/* The rest of binding_admits. */
bool binding_admits_other(struct datapath_worker *w, struct flow *flow, struct rte_mbuf *m,
			  const uint8_t *npdu, uint32_t len);

/*
 * Whether a tunnel of flow's session may carry the N-PDU of len octets, in clear. Nearly all N-PDUs have the same
 * address as an earlier one of the flow. So this costs a comparison, and no line of memory that the packet does not need
 * anyway.
 */
static inline bool binding_admits(struct datapath_worker *w, struct flow *flow, struct rte_mbuf *m,
				  const uint8_t *npdu, uint32_t len, enum pdp_end end)
{
	if (likely(len >= PDP_IPV4_HEADER_MIN && npdu[0] >> 4 == 4)) {
		if (likely(flow->confirmed == binding_word4(w, pdp_npdu_ipv4(npdu, end))))
			return true;
	} else if (len >= PDP_IPV6_HEADER && npdu[0] >> 4 == 6) {
		if (likely(flow->confirmed == binding_word6(w, pdp_npdu_ipv6(npdu, end))))
			return true;
	}
	return binding_admits_other(w, flow, m, npdu, len);
}

/* Call it before each burst: what the directory says from now on counts. */
static inline void binding_begin(struct datapath_worker *w)
{
	if (w->directory)
		binding_set_generation(w, directory_generation(w->directory));
}

/* The same for a whole packet in one segment. */
static inline bool binding_admits_packet(struct datapath_worker *w, struct flow *flow,
					 struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);

	return binding_admits(w, flow, m, rte_pktmbuf_mtod_offset(m, const uint8_t *, p->payload),
			      p->payload_len, binding_end(p));
}

/* Whether the N-PDU of a packet has an address of a protected session that is not own, at the packet's GGSN. own: the
 * session that has the packet's tunnel, or NULL. len: octets of the N-PDU, of which npdu has BINDING_OCTETS at least, if
 * there are so many. */
bool binding_guards(const struct datapath_worker *w, const struct session *own, struct rte_mbuf *m,
		    const uint8_t *npdu, uint32_t len);

#endif
