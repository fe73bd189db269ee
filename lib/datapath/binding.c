/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath/binding.h"

/* The user-plane address of the GGSN, as in struct tunnel. */
static void find_ggsn(struct rte_mbuf *m, uint8_t ggsn[16])
{
	const struct packet *p = packet_of(m);
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, p->l3);
	struct tunnel source = p->tunnel;

	if (p->side == DATAPATH_CORE && p->is_ipv6)
		tunnel_set_ipv6(&source, ip + 8);
	else if (p->side == DATAPATH_CORE)
		tunnel_set_ipv4(&source, ip + 12);
	memcpy(ggsn, source.receiver, sizeof(source.receiver));
}

/* The address can be no session's, so it matches in a session's own tunnel: a multicast, link-local or unspecified one. */
static bool matches_always(const uint8_t *npdu, uint32_t len, enum pdp_end end)
{
	switch (pdp_npdu_version(npdu, len)) {
	case 4:
		return pdp_ipv4_always(npdu, end) == PDP_MATCHES;
	case 6:
		return pdp_ipv6_always(npdu, end) == PDP_MATCHES;
	default:
		return false;
	}
}

bool binding_guards(const struct datapath_worker *w, const struct session *own, struct rte_mbuf *m,
		    const uint8_t *npdu, uint32_t len)
{
	const struct directory *directory = w->directory;
	const struct packet *p = packet_of(m);
	struct pdp_prefix address;
	uint8_t ggsn[16];

	if (!directory || !pdp_npdu_address(npdu, len, binding_end(p), &address) ||
	    (own && matches_always(npdu, len, binding_end(p))))
		return false;
	find_ggsn(m, ggsn);
	return directory_guards(directory, ggsn, &address, own);
}

/* A version that the PDN type excludes, or that is lost, matches nothing, not even a network behind the UE. */
static bool is_excluded(const struct pdp_address *a, const struct pdp_prefix *address)
{
	const uint8_t state = address->is_ipv6 ? a->ipv6_state : a->ipv4_state;

	return state == PDP_EXCLUDED || state == PDP_LOST;
}

/* The N-PDU is of a network behind own's UE, and of no session that has a longer prefix there. */
static bool is_own_network(const struct datapath_worker *w, const struct session *own,
			   const struct pdp_address *a, struct rte_mbuf *m, const uint8_t *npdu,
			   uint32_t len)
{
	const enum pdp_end end = binding_end(packet_of(m));
	struct pdp_prefix address;

	return pdp_npdu_address(npdu, len, end, &address) && !is_excluded(a, &address) &&
	       directory_owns(w->directory, own, &address) && !binding_guards(w, own, m, npdu, len);
}

/* The session is alone with the N-PDU's address, which is its own, or one that matches always. */
static void confirm(const struct datapath_worker *w, struct flow *flow, const struct pdp_address *a,
		    const uint8_t *npdu, uint32_t len, enum pdp_end end)
{
	const unsigned version = pdp_npdu_version(npdu, len);

	if (w->binding.generation4 >> 32 == DIRECTORY_NEVER)
		return;
	if (version == 4 && memcmp(pdp_npdu_ipv4(npdu, end), a->ipv4, sizeof(a->ipv4)) == 0)
		flow->confirmed = binding_word4(w, a->ipv4);
	else if (version == 6 && a->ipv6_length == PDP_IPV6_PREFIX &&
		 pdp_ipv6_has_prefix(pdp_npdu_ipv6(npdu, end), a->ipv6, PDP_IPV6_PREFIX))
		flow->confirmed = binding_word6(w, a->ipv6);
}

/* The N-PDU has own's address, or one that matches always. An address that somebody else has too, at another GGSN, is
 * own's only if it comes from own's GGSN or goes there. */
static bool is_owns(struct datapath_worker *w, struct flow *flow, const struct session *own,
		    const struct pdp_address *a, struct rte_mbuf *m, const uint8_t *npdu,
		    uint32_t len)
{
	const enum pdp_end end = binding_end(packet_of(m));
	struct pdp_prefix address;

	if (!pdp_npdu_address(npdu, len, end, &address))
		return true;
	if (!directory_is_alone(w->directory, own, &address))
		return !binding_guards(w, own, m, npdu, len);
	if (own->kind == DIRECTORY_PROTECTED)
		confirm(w, flow, a, npdu, len, end);
	return true;
}

static bool admits(struct datapath_worker *w, struct flow *flow, const struct session *own,
		   struct rte_mbuf *m, const uint8_t *npdu, uint32_t len)
{
	const enum pdp_end end = binding_end(packet_of(m));
	struct pdp_address a;

	directory_address(own, &a);
	switch (pdp_address_check(&a, npdu, len, end)) {
	case PDP_MATCHES:
		return is_owns(w, flow, own, &a, m, npdu, len);
	case PDP_UNDECIDED:
		return !binding_guards(w, own, m, npdu, len);
	case PDP_MISMATCH:
		break;
	}
	return is_own_network(w, own, &a, m, npdu, len);
}

bool binding_admits_other(struct datapath_worker *w, struct flow *flow, struct rte_mbuf *m,
			  const uint8_t *npdu, uint32_t len)
{
	const struct session *own;

	if (!w->directory)
		return true;
	w->asks_directory = true;
	own = directory_entry(w->directory, flow->session);
	return own && admits(w, flow, own, m, npdu, len);
}
