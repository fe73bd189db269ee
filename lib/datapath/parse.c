/* SPDX-License-Identifier: BSD-3-Clause */
/* parse: Ethernet, VLAN, IPv4 with options, IPv6, fragments, UDP, GTP-U. */
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_prefetch.h>
#include <rte_udp.h>
#include <string.h>

#include "datapath/headers.h"
#include "datapath/tunnel_hash.h"
#include "datapath/worker.h"
#include "gtp/gtpc.h"
#include "gtp/gtpu.h"
#include "gtp/pdp_address.h"

/* Tags that a frame may have for its G-PDUs to be worked on; with more they are bad. */
#define MAX_VLAN_TAGS	       2
#define IPV6_FRAGMENT_MORE     0x0001
#define IPV6_FRAGMENT_OFFSET   0xfff8
#define GTPU_VERSION_PT	       0xF0
#define GTPU_VERSION_PT_IS_GTP 0x30

/*
 * Where parsing stands. A frame that was cut short, or whose lengths lie, is parsed as far as it goes: what
 * shows the TEID of a protected tunnel must not cross because something else about it is wrong.
 */
struct cursor {
	const uint8_t *data;
	uint32_t frame; /* octets of it */
	uint32_t len;	/* of these, what belongs to the layer at hand */
	uint32_t at;
	uint32_t start; /* of what IP fragments */
	bool is_fragment;
	bool is_bad;
};

static uint16_t read16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t read32(const uint8_t *p)
{
	return (uint32_t)read16(p) << 16 | read16(p + 2);
}

static bool is_vlan_tag(uint16_t type)
{
	return type == RTE_ETHER_TYPE_VLAN || type == RTE_ETHER_TYPE_QINQ ||
	       type == RTE_ETHER_TYPE_QINQ1 || type == RTE_ETHER_TYPE_QINQ2 ||
	       type == RTE_ETHER_TYPE_QINQ3;
}

static uint16_t parse_ethernet(struct cursor *c)
{
	uint16_t type;

	if (c->len < RTE_ETHER_HDR_LEN)
		return 0;
	type = read16(c->data + 12);
	c->at = RTE_ETHER_HDR_LEN;
	for (unsigned tags = 0; is_vlan_tag(type); tags++) {
		if (c->len < c->at + 4)
			return 0;
		type = read16(c->data + c->at + 2);
		c->at += 4;
		c->is_bad = tags >= MAX_VLAN_TAGS;
	}
	return type;
}

/* What ends before the frame does has padding behind it; what ends after it was cut short. */
static void end_at(struct cursor *c, uint32_t end)
{
	if (end > c->len || end < c->at)
		c->is_bad = true;
	else
		c->len = end;
}

/* True when so many octets follow; also, but then as bad, when only a length denies them. */
static bool has(struct cursor *c, uint32_t octets)
{
	if (likely(c->at + octets <= c->len))
		return true;
	if (c->is_fragment || c->at + octets > c->frame)
		return false;
	c->is_bad = true;
	c->len = c->frame;
	return true;
}

static void note_fragment(const struct cursor *c, struct packet *p, uint16_t offset, bool more,
			  uint32_t datagram)
{
	p->kind = offset ? PACKET_PART : PACKET_FIRST;
	p->is_last = !more;
	p->datagram = datagram;
	p->fragment =
		(struct packet_fragment){.offset = offset, .octets = (uint16_t)(c->len - c->at)};
}

/* Both: true when the head of a UDP datagram stands at c->at. */
static bool parse_ipv4(struct cursor *c, struct packet *p)
{
	const uint8_t *ip = c->data + c->at;
	const uint32_t l3 = c->at;
	uint32_t header;
	uint16_t fragment;

	if (c->len < l3 + 20 || ip[0] >> 4 != 4 || ip[9] != IPPROTO_UDP)
		return false;
	header = (ip[0] & 0xf) * 4U;
	if (header < 20 || c->len < l3 + header)
		return false;
	fragment = read16(ip + 6);
	c->is_fragment = fragment & (RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK);
	c->at = c->start = l3 + header;
	end_at(c, l3 + read16(ip + 2));
	tunnel_set_ipv4(&p->tunnel, ip + 16);
	if (c->is_fragment)
		note_fragment(c, p, (uint16_t)((fragment & RTE_IPV4_HDR_OFFSET_MASK) * 8),
			      fragment & RTE_IPV4_HDR_MF_FLAG, read16(ip + 4));
	return p->kind != PACKET_PART;
}

static bool is_ipv6_extension(uint8_t header)
{
	return header == IPPROTO_HOPOPTS || header == IPPROTO_ROUTING ||
	       header == IPPROTO_DSTOPTS || header == IPPROTO_FRAGMENT;
}

static void parse_ipv6_fragment(struct cursor *c, struct packet *p, const uint8_t *header)
{
	const uint16_t fragment = read16(header + 2);

	c->start = c->at;
	/* Neither offset nor more: RFC 6946 calls it atomic, a datagram in one piece. */
	c->is_fragment = fragment & (IPV6_FRAGMENT_OFFSET | IPV6_FRAGMENT_MORE);
	if (c->is_fragment)
		note_fragment(c, p, fragment & IPV6_FRAGMENT_OFFSET, fragment & IPV6_FRAGMENT_MORE,
			      read32(header + 4));
}

/* Past extension headers, as many as there are. Returns the header at c->at: UDP, another, or an
 * extension that this frame has not got whole. */
static uint8_t parse_ipv6_extensions(struct cursor *c, struct packet *p, uint8_t next)
{
	while (is_ipv6_extension(next) && p->kind != PACKET_PART) {
		const uint8_t *x = c->data + c->at;
		const uint8_t kind = next;

		/* A fragment of a fragment is nobody's: the first one says nothing then. */
		if (!has(c, 8) || (kind == IPPROTO_FRAGMENT && c->is_fragment) ||
		    (kind != IPPROTO_FRAGMENT && !has(c, 8U + x[1] * 8U)))
			break;
		c->at += kind == IPPROTO_FRAGMENT ? 8U : 8U + x[1] * 8U;
		next = x[0];
		if (kind == IPPROTO_FRAGMENT)
			parse_ipv6_fragment(c, p, x);
	}
	return next;
}

static bool parse_ipv6(struct cursor *c, struct packet *p)
{
	const uint8_t *ip = c->data + c->at;
	uint8_t next;

	if (c->len < c->at + 40 || ip[0] >> 4 != 6)
		return false;
	c->at += 40;
	c->start = c->at;
	/* A length of 0 is a jumbogram's, RFC 2675; no link here carries one. */
	end_at(c, read16(ip + 4) ? c->at + read16(ip + 4) : 0);
	p->is_ipv6 = true;
	tunnel_set_ipv6(&p->tunnel, ip + 24);
	next = parse_ipv6_extensions(c, p, ip[6]);
	if (next == IPPROTO_UDP)
		return p->kind != PACKET_PART;
	if (is_ipv6_extension(next))
		return false;
	/* Of another protocol. That the first fragment says alone: a receiver does not look at what the others name
	 * (RFC 8200 4.5). */
	if (p->kind == PACKET_FIRST) {
		p->fragment.says = SAYS_OTHER;
		p->fragment.told_by = (uint16_t)(c->at - c->start);
	}
	return false;
}

/* A G-PDU, good or bad, by what of its header there is. */
static void parse_gtpu(struct cursor *c, struct packet *p)
{
	const uint8_t *data = c->data + c->at;
	struct gtpu gtpu;

	if (!has(c, GTPU_HEADER_MIN) || data[1] != GTPU_G_PDU ||
	    (data[0] & GTPU_VERSION_PT) != GTPU_VERSION_PT_IS_GTP)
		return;
	p->tunnel.teid = read32(data + 4);
	p->gtpu = (uint16_t)c->at;
	if (c->is_bad || gtpu_parse(&gtpu, data, c->len - c->at) != 0) {
		p->kind = PACKET_BAD_GPDU;
		return;
	}
	p->kind = PACKET_GPDU;
	p->payload = (uint16_t)(c->at + gtpu.header_len);
	p->payload_len = gtpu.payload_len;
}

static bool is_gtp_port(uint16_t port)
{
	return port == GTPC_PORT || port == GTPU_PORT || port == GTPV0_PORT;
}

/* A receiver of GTPv0 may go by the version in any port of GTP. Octets behind the datagram's end count as well: then
 * only a length denies the version. */
static bool is_gtpv0(const struct cursor *c)
{
	const uint32_t end = c->is_fragment ? c->len : c->frame;

	return c->at < end && (c->data[c->at] & GTPU_VERSION_PT) == GTPV0_PT1;
}

/* The octets of an N-PDU that show its addresses, or that it has none. 0: not all are there. */
static uint32_t shown(const uint8_t *npdu, uint32_t octets)
{
	const uint32_t version = octets > 0 ? npdu[0] >> 4 : 0;
	const uint32_t needed = version == 4   ? PDP_IPV4_HEADER_MIN
				: version == 6 ? PDP_IPV6_HEADER
					       : 1;

	return needed <= octets ? needed : 0;
}

/* The first fragment of a G-PDU, with its GTP-U header at c->at. The length in that header is that of the whole
 * datagram. */
static void parse_first_npdu(const struct cursor *c, struct packet *p)
{
	const uint8_t *data = c->data + c->at;
	struct gtpu gtpu = {.flags = data[0],
			    .length = (uint16_t)(c->len - c->at - GTPU_HEADER_MIN),
			    .header_len = GTPU_HEADER_MIN};
	uint32_t octets;

	if ((gtpu.flags & GTPU_FLAG_OPTIONS) && gtpu_parse_options(&gtpu, data) != 0)
		return;
	octets = shown(data + gtpu.header_len, c->len - c->at - gtpu.header_len);
	if (octets == 0)
		return;
	p->fragment.npdu = (uint16_t)(c->at + gtpu.header_len);
	p->fragment.told_by = (uint16_t)(p->fragment.npdu + octets - c->start);
}

/* Of a first fragment c->at is at the payload of UDP, whose version must be in it where the port is one of GTP. */
static void parse_first_fragment(const struct cursor *c, struct packet *p, bool to_gtpu,
				 bool is_gtpc, bool is_gtp)
{
	const uint8_t *data = c->data + c->at;

	if (!is_gtp) {
		p->fragment.says = SAYS_OTHER;
		p->fragment.told_by = (uint16_t)(c->at - c->start);
		return;
	}
	if (c->at >= c->len)
		return;
	p->fragment.told_by = (uint16_t)(c->at + 1 - c->start);
	if (is_gtpv0(c)) {
		p->fragment.says = SAYS_GTPV0;
	} else if (!to_gtpu) {
		p->fragment.says = is_gtpc ? SAYS_GTPC : SAYS_OTHER;
	} else if (c->at + GTPU_HEADER_MIN <= c->len) {
		p->fragment.says = data[1] == GTPU_G_PDU && (data[0] & GTPU_VERSION_PT) ==
								    GTPU_VERSION_PT_IS_GTP
					   ? SAYS_GPDU
					   : SAYS_OTHER;
		p->fragment.told_by = (uint16_t)(c->at + GTPU_HEADER_MIN - c->start);
		p->tunnel.teid = read32(data + 4);
		if (p->fragment.says == SAYS_GPDU)
			parse_first_npdu(c, p);
	}
}

static void parse_udp(struct cursor *c, struct packet *p)
{
	const uint8_t *udp = c->data + c->at;
	const uint32_t start = c->at;
	bool to_gtpu, is_gtpc, is_gtp;

	if (!has(c, sizeof(struct rte_udp_hdr)))
		return;
	to_gtpu = read16(udp + 2) == GTPU_PORT;
	is_gtpc = read16(udp + 2) == GTPC_PORT || read16(udp) == GTPC_PORT;
	is_gtp = is_gtp_port(read16(udp + 2)) || is_gtp_port(read16(udp));
	c->at += sizeof(struct rte_udp_hdr);
	if (c->is_fragment) {
		parse_first_fragment(c, p, to_gtpu, is_gtpc, is_gtp);
		return;
	}
	if (is_gtp && is_gtpv0(c)) {
		p->kind = PACKET_GTPV0;
		return;
	}
	end_at(c, start + read16(udp + 4));
	p->udp = (uint16_t)start;
	p->has_udp_checksum = read16(udp + 6) != 0;
	if (to_gtpu) {
		parse_gtpu(c, p);
	} else if (is_gtpc) {
		/* A receiver should discard a bad one, but Linux takes UDP's length of 0 over IPv6. */
		p->kind = c->is_bad ? PACKET_BAD_GTPC : PACKET_GTPC;
		p->payload = (uint16_t)c->at;
		p->payload_len = (uint16_t)(c->len - c->at);
	}
}

/* In one piece, which nobody else reads: what is changed in place must be so. */
static inline bool is_our_own(const struct rte_mbuf *m)
{
	return m->nb_segs == 1 && !RTE_MBUF_CLONED(m) && rte_mbuf_refcnt_read(m) == 1;
}

/* A fragment's place is told from the headers in the first segment. */
static void note_segments(const struct cursor *c, const struct rte_mbuf *m, struct packet *p)
{
	if (p->kind == PACKET_GPDU)
		p->kind = PACKET_GPDU_SEGMENTS;
	else if ((p->kind == PACKET_FIRST || p->kind == PACKET_PART) &&
		 rte_pktmbuf_data_len(m) < c->start)
		p->kind = PACKET_TOO_LONG;
}

/* Segments are not joined here: what is not ours crosses as it came. */
static void parse_any(struct datapath_worker *w, struct rte_mbuf *m, struct packet *p)
{
	struct cursor c = {0};
	uint16_t type;
	bool is_udp = false;

	c.len = c.frame = RTE_MIN(rte_pktmbuf_pkt_len(m), (uint32_t)WORKER_FRAME_MAX);
	c.data = rte_pktmbuf_read(m, 0, c.len, w->frame);
	type = parse_ethernet(&c);
	p->l3 = (uint16_t)c.at;
	if (type == RTE_ETHER_TYPE_IPV4)
		is_udp = parse_ipv4(&c, p);
	else if (type == RTE_ETHER_TYPE_IPV6)
		is_udp = parse_ipv6(&c, p);
	if (is_udp)
		parse_udp(&c, p);
	if (!is_our_own(m))
		note_segments(&c, m, p);
}

/* --- the frame that nearly all are --- */

/* Octets of a frame as words in memory's order. */
static inline uint32_t word(const uint8_t *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static inline uint64_t word8(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Three words that between them hold all that tells a plain G-PDU, with masks over the rest. */
static inline bool is_plain_gpdu(const uint8_t *d)
{
	static const uint8_t type_version[8] = {0x08, 0x00, 0x45},
			     type_version_mask[8] = {0xff, 0xff, 0xff};
	static const uint8_t fragment_protocol[8] = {[7] = IPPROTO_UDP},
			     fragment_protocol_mask[8] = {[4] = 0x3f, 0xff, 0, 0xff};
	static const uint8_t port_gtpu[8] = {GTPU_PORT >> 8,	     GTPU_PORT & 0xff, 0, 0, 0, 0,
					     GTPU_VERSION_PT_IS_GTP, GTPU_G_PDU},
			     port_gtpu_mask[8] = {0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff};

	return (((word8(d + 12) ^ word8(type_version)) & word8(type_version_mask)) |
		((word8(d + PLAIN_IP + 2) ^ word8(fragment_protocol)) &
		 word8(fragment_protocol_mask)) |
		((word8(d + PLAIN_UDP + 2) ^ word8(port_gtpu)) & word8(port_gtpu_mask))) == 0;
}

/* False: parse_any must look at it, for one that has octets behind its G-PDU too. */
static inline bool parse_plain(const struct rte_mbuf *m, struct packet *p)
{
	const uint8_t *d = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint32_t len = rte_pktmbuf_data_len(m);

	if (!is_our_own(m) || len < PLAIN_PAYLOAD || !is_plain_gpdu(d) ||
	    (read16(d + PLAIN_IP + 2) ^ (len - PLAIN_IP)) |
		    (read16(d + PLAIN_UDP + 4) ^ (len - PLAIN_UDP)) |
		    (read16(d + PLAIN_GTPU + 2) ^ (len - PLAIN_PAYLOAD)))
		return false;
	p->kind = PACKET_GPDU;
	p->l3 = PLAIN_IP;
	p->udp = PLAIN_UDP;
	p->gtpu = PLAIN_GTPU;
	p->payload = PLAIN_PAYLOAD;
	p->payload_len = (uint16_t)(len - PLAIN_PAYLOAD);
	p->has_udp_checksum = read16(d + PLAIN_UDP + 6) != 0;
	tunnel_set_ipv4(&p->tunnel, d + PLAIN_IP + 16);
	p->tunnel.teid = rte_be_to_cpu_32(word(d + PLAIN_GTPU + 4));
	return true;
}

static inline bool has_tunnel(const struct packet *p)
{
	return p->kind == PACKET_GPDU || p->kind == PACKET_GPDU_SEGMENTS ||
	       p->kind == PACKET_BAD_GPDU;
}

static inline void parse_packet(struct datapath_worker *w, enum datapath_side side,
				struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);

	p->kind = PACKET_OTHER;
	p->side = (uint8_t)side;
	p->flow = NULL;
	p->held_since = 0;
	p->is_ipv6 = false;
	p->is_returned = false;
	if (unlikely(!parse_plain(m, p))) {
		parse_any(w, m, p);
		if (!has_tunnel(p))
			return;
	}
	p->hash = tunnel_hash(&p->tunnel);
	tunnel_table_prefetch(w->table, p->hash);
}

/* Frames ahead whose lines are fetched. */
#define AHEAD 4

static inline void prefetch_packet(struct rte_mbuf *m)
{
	rte_prefetch0(rte_pktmbuf_mtod(m, void *));
	rte_prefetch0(packet_of(m));
}

uint64_t parse_packets(struct datapath_worker *w, enum datapath_side side, struct rte_mbuf **mbufs,
		       uint16_t count)
{
	uint64_t octets = 0;

	for (uint16_t i = 0; i < AHEAD && i < count; i++)
		prefetch_packet(mbufs[i]);
	for (uint16_t i = 0; i < count; i++) {
		if (i + AHEAD < count)
			prefetch_packet(mbufs[i + AHEAD]);
		parse_packet(w, side, mbufs[i]);
		octets += rte_pktmbuf_pkt_len(mbufs[i]);
	}
	return octets;
}
