/* SPDX-License-Identifier: BSD-3-Clause */
/* parse: Ethernet, VLAN, IPv4 with options, IPv6, fragments, UDP, GTP-U. */
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_prefetch.h>
#include <rte_udp.h>
#include <string.h>

#include "datapath/worker.h"
#include "gtp/gtpc_v1.h"
#include "gtp/gtpu.h"

#define MAX_VLAN_TAGS	       2
#define MAX_IPV6_EXTENSIONS    8
#define IPV6_FRAGMENT_MORE     0x0001
#define IPV6_FRAGMENT_OFFSET   0xfff8
#define GTPU_VERSION_PT	       0xF0
#define GTPU_VERSION_PT_IS_GTP 0x30

/* Where parsing stands. */
struct cursor {
	const uint8_t *data;
	uint32_t len; /* octets of the frame that belong to the layer at hand */
	uint32_t at;
	bool is_fragment;
};

static uint16_t read16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint16_t parse_ethernet(struct cursor *c)
{
	uint16_t type;

	if (c->len < RTE_ETHER_HDR_LEN)
		return 0;
	type = read16(c->data + 12);
	c->at = RTE_ETHER_HDR_LEN;
	for (int tags = 0; tags < MAX_VLAN_TAGS; tags++) {
		if (type != RTE_ETHER_TYPE_VLAN && type != RTE_ETHER_TYPE_QINQ)
			break;
		if (c->len < c->at + 4)
			return 0;
		type = read16(c->data + c->at + 2);
		c->at += 4;
	}
	return type;
}

/* Both: true when a first or only fragment of UDP starts at c->at; c->len then ends with the IP
 * datagram, not with the frame's padding. */
static bool parse_ipv4(struct cursor *c, struct packet *p)
{
	const uint8_t *ip = c->data + c->at;
	uint32_t header, total;
	uint16_t fragment;

	if (c->len < c->at + 20 || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 0xf) * 4U;
	total = read16(ip + 2);
	if (header < 20 || total < header || c->at + total > c->len || ip[9] != IPPROTO_UDP)
		return false;
	fragment = read16(ip + 6);
	if (fragment & RTE_IPV4_HDR_OFFSET_MASK)
		return false;
	c->is_fragment = fragment & RTE_IPV4_HDR_MF_FLAG;
	c->len = c->at + total;
	c->at += header;
	tunnel_set_ipv4(&p->tunnel, ip + 16);
	return true;
}

static bool parse_ipv6(struct cursor *c, struct packet *p)
{
	const uint8_t *ip = c->data + c->at;
	uint32_t total;
	uint8_t next;

	if (c->len < c->at + 40 || ip[0] >> 4 != 6)
		return false;
	total = 40U + read16(ip + 4);
	if (c->at + total > c->len)
		return false;
	c->len = c->at + total;
	c->at += 40;
	next = ip[6];
	for (int i = 0; i < MAX_IPV6_EXTENSIONS && next != IPPROTO_UDP; i++) {
		const uint8_t *x = c->data + c->at;
		if (c->at + 8 > c->len)
			return false;
		if (next == IPPROTO_FRAGMENT) {
			uint16_t fragment = read16(x + 2);
			if (fragment & IPV6_FRAGMENT_OFFSET)
				return false;
			c->is_fragment |= fragment & IPV6_FRAGMENT_MORE;
			c->at += 8;
		} else if (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
			   next == IPPROTO_DSTOPTS) {
			c->at += 8U + x[1] * 8U;
		} else {
			return false;
		}
		next = x[0];
	}
	if (next != IPPROTO_UDP || c->at > c->len)
		return false;
	p->is_ipv6 = true;
	tunnel_set_ipv6(&p->tunnel, ip + 24);
	return true;
}

/* A G-PDU, good or bad, by what of its header there is. */
static void parse_gtpu(const struct cursor *c, struct packet *p)
{
	const uint8_t *data = c->data + c->at;
	uint32_t visible = c->len - c->at;
	struct gtpu gtpu;

	if (c->is_fragment && visible < GTPU_HEADER_MIN) {
		/* Too short to tell the tunnel: nobody sends this honestly. */
		p->kind = PACKET_FRAGMENT;
		p->tunnel.teid = 0;
		return;
	}
	if (visible < GTPU_HEADER_MIN || data[1] != GTPU_G_PDU ||
	    (data[0] & GTPU_VERSION_PT) != GTPU_VERSION_PT_IS_GTP)
		return;
	p->gtpu = (uint16_t)c->at;
	p->tunnel.teid = (uint32_t)read16(data + 4) << 16 | read16(data + 6);
	if (c->is_fragment) {
		p->kind = PACKET_FRAGMENT;
	} else if (gtpu_parse(&gtpu, data, visible) != 0) {
		p->kind = PACKET_BAD_GPDU;
	} else {
		p->kind = PACKET_GPDU;
		p->payload = (uint16_t)(c->at + gtpu.header_len);
		p->payload_len = gtpu.payload_len;
	}
}

static void parse_udp(struct cursor *c, struct packet *p)
{
	const uint8_t *udp = c->data + c->at;
	uint16_t length, source, destination;

	if (c->at + sizeof(struct rte_udp_hdr) > c->len)
		return;
	source = read16(udp);
	destination = read16(udp + 2);
	length = read16(udp + 4);
	p->udp = (uint16_t)c->at;
	c->at += sizeof(struct rte_udp_hdr);
	if (destination == GTPU_PORT) {
		bool fits = length >= 8 && p->udp + length <= c->len;
		if (fits)
			c->len = p->udp + length;
		p->has_udp_checksum = read16(udp + 6) != 0;
		parse_gtpu(c, p);
		if (!fits && p->kind == PACKET_GPDU)
			p->kind = PACKET_BAD_GPDU;
	} else if ((destination == GTPC_PORT || source == GTPC_PORT) && !c->is_fragment &&
		   length >= 8 && p->udp + length <= c->len) {
		p->kind = PACKET_GTPC;
		p->payload = (uint16_t)c->at;
		p->payload_len = (uint16_t)(length - 8);
	}
}

static void parse_any(struct rte_mbuf *m, struct packet *p)
{
	struct cursor c = {0};
	uint16_t type;
	bool is_udp = false;

	if (rte_pktmbuf_linearize(m) != 0) {
		p->kind = PACKET_TOO_LONG;
		return;
	}
	c.data = rte_pktmbuf_mtod(m, const uint8_t *);
	c.len = rte_pktmbuf_data_len(m);
	type = parse_ethernet(&c);
	p->l3 = (uint16_t)c.at;
	if (type == RTE_ETHER_TYPE_IPV4)
		is_udp = parse_ipv4(&c, p);
	else if (type == RTE_ETHER_TYPE_IPV6)
		is_udp = parse_ipv6(&c, p);
	if (is_udp)
		parse_udp(&c, p);
}

/* --- the frame that nearly all are --- */

/* Untagged Ethernet, IPv4 without options and whole, UDP, GTP-U without optional parts. */
#define PLAIN_IP      RTE_ETHER_HDR_LEN
#define PLAIN_UDP     (PLAIN_IP + 20)
#define PLAIN_GTPU    (PLAIN_UDP + 8)
#define PLAIN_PAYLOAD (PLAIN_GTPU + GTPU_HEADER_MIN)

/* Octets of a frame as one word, and a mask over them, in memory's order. */
static uint32_t word(const uint8_t *p)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static inline bool is_plain_gpdu(const uint8_t *d)
{
	static const uint8_t type_and_version[4] = {0x08, 0x00, 0x45};
	static const uint8_t type_mask[4] = {0xff, 0xff, 0xff};
	static const uint8_t unfragmented_udp[4] = {0, 0, 0, IPPROTO_UDP};
	static const uint8_t fragment_mask[4] = {0x3f, 0xff, 0, 0xff};
	static const uint8_t gpdu[4] = {GTPU_VERSION_PT_IS_GTP, GTPU_G_PDU};
	static const uint8_t gpdu_mask[4] = {0xff, 0xff};

	return ((word(d + 12) ^ word(type_and_version)) & word(type_mask)) == 0 &&
	       ((word(d + PLAIN_IP + 6) ^ word(unfragmented_udp)) & word(fragment_mask)) == 0 &&
	       read16(d + PLAIN_UDP + 2) == GTPU_PORT &&
	       ((word(d + PLAIN_GTPU) ^ word(gpdu)) & word(gpdu_mask)) == 0;
}

/* false: parse_any must look at it. */
static inline bool parse_plain(const struct rte_mbuf *m, struct packet *p)
{
	const uint8_t *d = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t ip_len, udp_len, gtpu_len;

	if (m->nb_segs != 1 || rte_pktmbuf_data_len(m) < PLAIN_PAYLOAD || !is_plain_gpdu(d))
		return false;
	ip_len = read16(d + PLAIN_IP + 2);
	udp_len = read16(d + PLAIN_UDP + 4);
	gtpu_len = read16(d + PLAIN_GTPU + 2);
	if (PLAIN_IP + ip_len > rte_pktmbuf_data_len(m) || 20 + udp_len > ip_len ||
	    8 + GTPU_HEADER_MIN + gtpu_len > udp_len)
		return false;
	p->kind = PACKET_GPDU;
	p->l3 = PLAIN_IP;
	p->udp = PLAIN_UDP;
	p->gtpu = PLAIN_GTPU;
	p->payload = PLAIN_PAYLOAD;
	p->payload_len = (uint16_t)gtpu_len;
	p->has_udp_checksum = read16(d + PLAIN_UDP + 6) != 0;
	tunnel_set_ipv4(&p->tunnel, d + PLAIN_IP + 16);
	p->tunnel.teid = rte_be_to_cpu_32(word(d + PLAIN_GTPU + 4));
	return true;
}

static inline void parse_packet(enum datapath_side side, struct rte_mbuf *m)
{
	struct packet *p = packet_of(m);

	p->kind = PACKET_OTHER;
	p->side = (uint8_t)side;
	p->flow = NULL;
	p->held_since = 0;
	p->is_ipv6 = false;
	if (unlikely(!parse_plain(m, p)))
		parse_any(m, p);
}

/* Frames ahead whose lines are fetched. */
#define AHEAD 4

static inline void prefetch_packet(struct rte_mbuf *m)
{
	rte_prefetch0(rte_pktmbuf_mtod(m, void *));
	rte_prefetch0(packet_of(m));
}

void parse_packets(enum datapath_side side, struct rte_mbuf **mbufs, uint16_t count)
{
	for (uint16_t i = 0; i < AHEAD && i < count; i++)
		prefetch_packet(mbufs[i]);
	for (uint16_t i = 0; i < count; i++) {
		if (i + AHEAD < count)
			prefetch_packet(mbufs[i + AHEAD]);
		parse_packet(side, mbufs[i]);
	}
}
