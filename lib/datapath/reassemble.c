/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * reassemble: fragments of G-PDUs of protected tunnels come together before the checks, in the worker that
 * owns the tunnel. What gather lets pass does not come here. Bounded in datagrams, in segments and in time; overlaps
 * end the datagram, RFC 5722. Each side has its own table: fragments from different sides are never of one
 * datagram.
 */
#define ALLOW_EXPERIMENTAL_API /* rte_ip_frag_table_del_expired_entries */
#include <errno.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_ip_frag.h>
#include <rte_malloc.h>

#include "datapath/worker.h"

#define BUCKET_ENTRIES 16
#define FRAGMENT_UNIT  8
/* The most that an mbuf's l2_len can say. */
#define L2_MAX ((1 << RTE_MBUF_L2_LEN_BITS) - 1)

#define IPV6_HEADERS (sizeof(struct rte_ipv6_hdr) + sizeof(struct rte_ipv6_fragment_ext))

static struct rte_ipv4_hdr *ipv4_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, packet_of(m)->l3);
}

static struct rte_ipv6_hdr *ipv6_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_ipv6_hdr *, packet_of(m)->l3);
}

static struct rte_ipv6_fragment_ext *fragment_header_of(struct rte_mbuf *m)
{
	return (struct rte_ipv6_fragment_ext *)(ipv6_of(m) + 1);
}

bool reassemble_measure(struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);
	const struct packet_fragment *f = &p->fragment;
	uint32_t header, frame;

	if (p->l3 > L2_MAX)
		return false;
	if (p->is_ipv6) {
		/* rte_ip_frag knows no extension headers before the fragment header. */
		if (rte_pktmbuf_data_len(m) < p->l3 + IPV6_HEADERS ||
		    ipv6_of(m)->proto != IPPROTO_FRAGMENT)
			return false;
		header = IPV6_HEADERS;
		frame = p->l3 + sizeof(struct rte_ipv6_hdr) +
			rte_be_to_cpu_16(ipv6_of(m)->payload_len);
	} else {
		header = rte_ipv4_hdr_len(ipv4_of(m));
		if (rte_pktmbuf_data_len(m) < p->l3 + header ||
		    rte_raw_cksum(ipv4_of(m), header) != 0xffff)
			return false;
		frame = p->l3 + (uint32_t)rte_be_to_cpu_16(ipv4_of(m)->total_length);
	}
	m->l2_len = p->l3;
	m->l3_len = (uint16_t)header;
	/* Padding behind the datagram goes; a datagram that was cut short is nobody's. */
	return f->octets > 0 && frame == p->l3 + header + f->octets &&
	       frame <= rte_pktmbuf_pkt_len(m) && (p->is_last || f->octets % FRAGMENT_UNIT == 0) &&
	       header + f->offset + f->octets <= UINT16_MAX &&
	       rte_pktmbuf_trim(m, (uint16_t)(rte_pktmbuf_pkt_len(m) - frame)) == 0;
}

static void bury(struct datapath_worker *w, enum datapath_counter counter)
{
	for (uint32_t i = 0; i < w->dead->cnt; i++) {
		w->reassembling -= w->dead->row[i]->nb_segs;
		worker_drop(w, w->dead->row[i], counter);
	}
	w->dead->cnt = 0;
}

static struct rte_mbuf *add_to_table(struct datapath_worker *w, struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);
	struct rte_ip_frag_tbl *table = w->reassembly[p->side];

	if (p->is_ipv6)
		return rte_ipv6_frag_reassemble_packet(table, w->dead, m, w->now, ipv6_of(m),
						       fragment_header_of(m));
	return rte_ipv4_frag_reassemble_packet(table, w->dead, m, w->now, ipv4_of(m));
}

/* rte_ip_frag leaves IPv4's checksum to us. */
static void finish_ipv4(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = ipv4_of(m);

	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, rte_ipv4_hdr_len(ip));
}

/* The options of the first fragment's header may be more than the others'. */
static bool is_too_long(struct rte_mbuf *m)
{
	const struct packet *p = packet_of(m);

	return !p->is_ipv6 && rte_pktmbuf_pkt_len(m) - p->l3 > UINT16_MAX;
}

/* Whole, it must be the G-PDU of that tunnel that its first fragment said it is. */
static struct rte_mbuf *finish(struct datapath_worker *w, struct rte_mbuf *m, struct flow *flow)
{
	struct packet *p = packet_of(m);

	worker_count(w, p->side, DATAPATH_REASSEMBLED);
	if (is_too_long(m)) {
		worker_drop(w, m, DATAPATH_DROP_FRAGMENT);
		return NULL;
	}
	if (!p->is_ipv6)
		finish_ipv4(m);
	parse_packets(w, p->side, &m, 1);
	p->flow = flow;
	if (p->kind == PACKET_GPDU_SEGMENTS && tunnel_is_equal(&p->tunnel, &flow->tunnel))
		return m;
	worker_drop(w, m,
		    p->kind == PACKET_BAD_GPDU ? DATAPATH_DROP_MALFORMED : DATAPATH_DROP_FRAGMENT);
	return NULL;
}

struct rte_mbuf *reassemble_fragment(struct datapath_worker *w, struct rte_mbuf *m,
				     struct flow *flow)
{
	struct packet *p = packet_of(m);
	struct rte_mbuf *whole;

	if (!reassemble_measure(m)) {
		worker_drop(w, m, DATAPATH_DROP_FRAGMENT);
		return NULL;
	}
	reassemble_expire(w);
	if (w->reassembling + m->nb_segs > REASSEMBLY_SEGMENTS) {
		worker_drop(w, m, DATAPATH_DROP_REASSEMBLY_FULL);
		return NULL;
	}
	/* While it waits, the flow may end. */
	p->flow = NULL;
	w->reassembling += m->nb_segs;
	whole = add_to_table(w, m);
	/* The table gives back the new fragment alone when it has no place for its datagram, and all
	 * fragments of a datagram that cannot come together. */
	bury(w, w->dead->cnt == 1 ? DATAPATH_DROP_REASSEMBLY_FULL : DATAPATH_DROP_FRAGMENT);
	if (!whole)
		return NULL;
	w->reassembling -= whole->nb_segs;
	w->counters[p->side].value[DATAPATH_JOINED] += whole->nb_segs;
	return finish(w, whole, flow);
}

int reassemble_open(struct datapath_worker *w)
{
	const uint64_t cycles = rte_get_tsc_hz() / 1000 * REASSEMBLY_MS;

	w->dead = rte_zmalloc_socket("reassembly", sizeof(*w->dead), 0, w->config.socket);
	if (!w->dead)
		return -ENOMEM;
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		/* Twice the places, so that hardly a bucket is full before the table is. */
		w->reassembly[side] = rte_ip_frag_table_create(
			2 * REASSEMBLY_DATAGRAMS / BUCKET_ENTRIES, BUCKET_ENTRIES,
			REASSEMBLY_DATAGRAMS, cycles, w->config.socket);
		if (!w->reassembly[side])
			return -ENOMEM;
	}
	return 0;
}

void reassemble_expire(struct datapath_worker *w)
{
	if (w->reassembling == 0)
		return;
	for (unsigned side = 0; side < DATAPATH_SIDES; side++) {
		do {
			bury(w, DATAPATH_DROP_REASSEMBLY_TIMEOUT);
			rte_ip_frag_table_del_expired_entries(w->reassembly[side], w->dead, w->now);
		} while (w->dead->cnt > 0);
	}
}

void reassemble_close(struct datapath_worker *w)
{
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		if (w->reassembly[side])
			rte_ip_frag_table_destroy(w->reassembly[side]);
	rte_free(w->dead);
}
