/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames, written and summed without the code under test. */
#include "datapath_rig.h"

#include "gtp/gtpu.h"

static const uint8_t macs[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
/* SGSN, GGSN. */
static const uint8_t ipv4[2][4] = {{10, 1, 0, 1}, {10, 1, 0, 2}};
static const uint8_t ipv6[2][16] = {{0x20, 1, 0x0d, 0xb8, [15] = 1},
				    {0x20, 1, 0x0d, 0xb8, [15] = 2}};

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static unsigned get16(const uint8_t *at)
{
	return (unsigned)(at[0] << 8 | at[1]);
}

static uint32_t sum_octets(uint32_t sum, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? octets[i] : (uint32_t)octets[i] << 8;
	return sum;
}

uint16_t rig_checksum(uint32_t sum, const uint8_t *octets, size_t len)
{
	sum = sum_octets(sum, octets, len);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

struct tunnel rig_tunnel(enum e2m_direction direction, uint32_t teid, bool is_ipv6)
{
	const unsigned receiver = direction == E2M_UPLINK;
	struct tunnel t = {.teid = teid};

	if (is_ipv6)
		tunnel_set_ipv6(&t, ipv6[receiver]);
	else
		tunnel_set_ipv4(&t, ipv4[receiver]);
	return t;
}

const uint8_t *rig_npdu(size_t len, unsigned seed)
{
	static uint8_t octets[RIG_FRAME_MAX];

	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)(i * 31 + (i >> 8) + seed * 7 + 1);
	return octets;
}

/* Returns where UDP begins. */
static uint16_t write_ipv4(uint8_t *ip, const struct rig_outer *o, unsigned from, size_t udp_len)
{
	const unsigned header = 20U + o->ip_options;

	memset(ip, 0, header);
	ip[0] = (uint8_t)(0x40 | header / 4);
	put16(ip + 2, (unsigned)(header + udp_len));
	put16(ip + 4, o->ip_id);
	put16(ip + 6, o->dont_fragment ? 0x4000 : 0);
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	memcpy(ip + 12, ipv4[from], 4);
	memcpy(ip + 16, ipv4[!from], 4);
	memset(ip + 20, 1, o->ip_options); /* no operation */
	put16(ip + 10, rig_checksum(0, ip, header));
	return (uint16_t)header;
}

static uint16_t write_ipv6(uint8_t *ip, const struct rig_outer *o, unsigned from, size_t udp_len)
{
	unsigned at = 40;

	memset(ip, 0, at);
	ip[0] = 0x60;
	put16(ip + 4, (unsigned)(o->ipv6_headers * 8 + udp_len));
	ip[6] = o->ipv6_headers ? IPPROTO_DSTOPTS : IPPROTO_UDP;
	ip[7] = 64;
	memcpy(ip + 8, ipv6[from], 16);
	memcpy(ip + 24, ipv6[!from], 16);
	for (unsigned i = 1; i <= o->ipv6_headers; i++, at += 8) {
		const uint8_t padn[8] = {[2] = 1, [3] = 4};
		memcpy(ip + at, padn, 8);
		ip[at] = i == o->ipv6_headers ? IPPROTO_UDP : IPPROTO_DSTOPTS;
	}
	return (uint16_t)at;
}

static uint32_t sum_pseudo_header(const uint8_t *ip, const uint8_t *udp)
{
	const bool is_ipv4 = ip[0] >> 4 == 4;
	const size_t len = is_ipv4 ? 4 : 16;
	const uint8_t *addresses = is_ipv4 ? ip + 12 : ip + 8;

	return sum_octets(IPPROTO_UDP + get16(udp + 4), addresses, 2 * len);
}

static uint16_t udp_checksum(const uint8_t *ip, const uint8_t *udp)
{
	return rig_checksum(sum_pseudo_header(ip, udp), udp, get16(udp + 4));
}

void rig_write_udp(struct rig_frame *f, const struct rig_outer *o, enum e2m_direction direction,
		   uint16_t source_port, uint16_t destination_port, const uint8_t *payload,
		   size_t len)
{
	static const struct rig_outer plain;
	const unsigned from = direction == E2M_DOWNLINK;
	uint8_t *udp;

	o = o ? o : &plain;
	memcpy(f->octets, macs, sizeof(macs));
	f->l3 = sizeof(macs);
	for (unsigned i = 0; i < o->vlan_tags; i++, f->l3 += 4) {
		put16(f->octets + f->l3, o->tpid ? o->tpid : 0x8100);
		put16(f->octets + f->l3 + 2, 100 + i);
	}
	put16(f->octets + f->l3, o->ipv6 ? 0x86dd : 0x0800);
	f->l3 += 2;
	f->udp = (uint16_t)(f->l3 + (o->ipv6 ? write_ipv6 : write_ipv4)(f->octets + f->l3, o, from,
									8 + len));
	udp = f->octets + f->udp;
	put16(udp, source_port);
	put16(udp + 2, destination_port);
	put16(udp + 4, (unsigned)(8 + len));
	put16(udp + 6, 0);
	memmove(udp + 8, payload, len);
	if (o->udp_checksum) {
		uint16_t sum = udp_checksum(f->octets + f->l3, udp);
		put16(udp + 6, sum ? sum : 0xffff);
	}
	f->len = (uint32_t)(f->udp + 8 + len);
	memset(f->octets + f->len, 0xbb, o->padding);
	f->len += o->padding;
	f->gtpu = f->payload = (uint16_t)(f->udp + 8);
}

static uint16_t write_gtpu(uint8_t *g, const struct rig_outer *o, uint32_t teid, size_t len)
{
	const bool has_options = o->gtpu_flags & GTPU_FLAG_OPTIONS;
	const unsigned extra = has_options ? 4 + 4 * o->gtpu_extensions : 0;
	unsigned at = 8;

	g[0] = 0x30 | o->gtpu_flags;
	g[1] = GTPU_G_PDU;
	put16(g + 2, (unsigned)(extra + len));
	put16(g + 4, teid >> 16);
	put16(g + 6, teid & 0xffff);
	if (has_options) {
		const uint8_t options[4] = {0x12, 0x34, 0x56, o->gtpu_extensions ? 0x85 : 0};
		memcpy(g + at, options, 4);
		at += 4;
	}
	for (unsigned i = 1; i <= o->gtpu_extensions; i++, at += 4) {
		const uint8_t extension[4] = {1, 0xab, 0xcd, i < o->gtpu_extensions ? 0x85 : 0};
		memcpy(g + at, extension, 4);
	}
	return (uint16_t)at;
}

void rig_write_gpdu(struct rig_frame *f, const struct rig_outer *o, enum e2m_direction direction,
		    uint32_t teid, const uint8_t *npdu, size_t len)
{
	static const struct rig_outer plain;
	static uint8_t gpdu[RIG_FRAME_MAX];
	uint16_t header;

	o = o ? o : &plain;
	header = write_gtpu(gpdu, o, teid, len);
	memmove(gpdu + header, npdu, len);
	memset(gpdu + header + len, 0xcc, o->behind_gpdu);
	rig_write_udp(f, o, direction, 2152, 2152, gpdu, header + len + o->behind_gpdu);
	f->payload = (uint16_t)(f->gtpu + header);
}

/* --- what a receiver makes of it --- */

/* Offset of the IP header; 0 when it is none. */
static size_t find_ip(const uint8_t *frame, size_t len)
{
	size_t at = 12;

	while (at + 2 <= len) {
		unsigned type = get16(frame + at);
		if (type == 0x0800 || type == 0x86dd)
			return at + 2;
		if (type != 0x8100 && type != 0x88a8 && type != 0x9100)
			return 0;
		at += 4;
	}
	return 0;
}

bool rig_checksums_are_right(const uint8_t *frame, size_t len)
{
	const size_t l3 = find_ip(frame, len);
	const uint8_t *ip = frame + l3, *udp;

	len -= l3;
	if (ip[0] >> 4 == 4) {
		const unsigned header = (ip[0] & 0xfU) * 4;
		if (get16(ip + 2) != len || rig_checksum(0, ip, header) != 0)
			return false;
		udp = ip + header;
	} else {
		uint8_t next = ip[6];
		if (get16(ip + 4) + 40 != len)
			return false;
		for (udp = ip + 40; next != IPPROTO_UDP; udp += 8)
			next = udp[0];
	}
	if (get16(udp + 4) != len - (size_t)(udp - ip))
		return false;
	return get16(udp + 6) == 0 || udp_checksum(ip, udp) == 0;
}

/* Offset of UDP in ip, 0 when there is none; sets the datagram's length. */
static size_t find_udp_ipv4(const uint8_t *ip, size_t *len)
{
	const size_t header = (ip[0] & 0xfU) * 4;

	if (*len < 20 || header < 20 || get16(ip + 2) < header || get16(ip + 2) > *len ||
	    ip[9] != IPPROTO_UDP || (get16(ip + 6) & 0x3fff) != 0)
		return 0;
	*len = get16(ip + 2);
	return header;
}

static size_t find_udp_ipv6(const uint8_t *ip, size_t *len)
{
	size_t at = 40;
	uint8_t next;

	if (*len < 40 || get16(ip + 4) + 40U > *len)
		return 0;
	*len = get16(ip + 4) + 40U;
	for (next = ip[6]; next != IPPROTO_UDP; next = ip[at], at += (ip[at + 1] + 1) * 8U)
		if ((next != IPPROTO_DSTOPTS && next != IPPROTO_HOPOPTS) || at + 8 > *len)
			return 0;
	return at;
}

bool rig_is_gpdu(const uint8_t *frame, size_t len, struct tunnel *tunnel)
{
	const size_t l3 = find_ip(frame, len);
	const uint8_t *ip = frame + l3, *gtpu;
	const bool is_ipv6 = l3 && l3 < len && ip[0] >> 4 == 6;
	size_t udp;

	if (!l3 || l3 >= len || ip[0] >> 4 != (get16(ip - 2) == 0x0800 ? 4 : 6))
		return false;
	len -= l3;
	udp = (is_ipv6 ? find_udp_ipv6 : find_udp_ipv4)(ip, &len);
	if (!udp || udp + 16 > len || get16(ip + udp + 2) != 2152 ||
	    udp + get16(ip + udp + 4) > len || get16(ip + udp + 4) < 16)
		return false;
	gtpu = ip + udp + 8;
	if (gtpu[0] >> 4 != 3 || gtpu[1] != GTPU_G_PDU ||
	    16 + get16(gtpu + 2) > get16(ip + udp + 4))
		return false;
	if (is_ipv6)
		tunnel_set_ipv6(tunnel, ip + 24);
	else
		tunnel_set_ipv4(tunnel, ip + 16);
	tunnel->teid = (uint32_t)get16(gtpu + 4) << 16 | get16(gtpu + 6);
	return true;
}

/* --- fragments --- */

static void write_part(const struct rig_frame *whole, size_t offset, size_t octets, bool more,
		       uint32_t id, struct rig_frame *part)
{
	const bool is_ipv6 = whole->octets[whole->l3] >> 4 == 6;
	const size_t header = is_ipv6 ? 40 : (whole->octets[whole->l3] & 0xfU) * 4;
	uint8_t *ip = part->octets + whole->l3, *payload = ip + header;

	memcpy(part->octets, whole->octets, whole->l3 + header);
	part->l3 = whole->l3;
	if (is_ipv6) {
		memset(payload, 0, 8);
		payload[0] = ip[6];
		put16(payload + 2, (unsigned)(offset | more));
		put16(payload + 4, id >> 16);
		put16(payload + 6, id & 0xffff);
		ip[6] = IPPROTO_FRAGMENT;
		put16(ip + 4, (unsigned)(8 + octets));
		payload += 8;
	} else {
		put16(ip + 2, (unsigned)(header + octets));
		put16(ip + 4, id & 0xffff);
		put16(ip + 6, (unsigned)(offset / 8 | (more ? 0x2000 : 0)));
		put16(ip + 10, 0);
		put16(ip + 10, rig_checksum(0, ip, header));
	}
	memcpy(payload, whole->octets + whole->l3 + header + offset, octets);
	part->len = (uint32_t)(payload - part->octets + octets);
}

unsigned rig_split(const struct rig_frame *whole, size_t piece, uint32_t id,
		   struct rig_frame *parts, unsigned max)
{
	const uint8_t *ip = whole->octets + whole->l3;
	const size_t octets = ip[0] >> 4 == 6 ? get16(ip + 4) : get16(ip + 2) - (ip[0] & 0xfU) * 4;
	unsigned count = 0;

	for (size_t at = 0; at < octets; at += piece) {
		const bool more = at + piece < octets;
		if (count == max)
			abort();
		write_part(whole, at, more ? piece : octets - at, more, id, &parts[count++]);
	}
	return count;
}

struct part {
	bool is_ipv6, more;
	size_t l3, header, offset, octets;
	uint32_t id;
	const uint8_t *payload;
};

static bool read_part(const struct rig_frame *frame, struct part *p)
{
	p->l3 = find_ip(frame->octets, frame->len);
	const uint8_t *ip = frame->octets + p->l3;
	p->is_ipv6 = ip[0] >> 4 == 6;
	p->header = p->is_ipv6 ? 40 : (ip[0] & 0xfU) * 4;
	p->payload = ip + p->header;
	if (p->is_ipv6) {
		if (ip[6] != IPPROTO_FRAGMENT || get16(ip + 4) + 40U != frame->len - p->l3)
			return false;
		p->offset = get16(p->payload + 2) & 0xfff8;
		p->more = p->payload[3] & 1;
		p->id = (uint32_t)get16(p->payload + 4) << 16 | get16(p->payload + 6);
		p->payload += 8;
		p->octets = get16(ip + 4) - 8U;
		return true;
	}
	p->offset = (get16(ip + 6) & 0x1fff) * 8;
	p->more = get16(ip + 6) & 0x2000;
	p->id = get16(ip + 4);
	p->octets = get16(ip + 2) - p->header;
	return rig_checksum(0, ip, p->header) == 0 && get16(ip + 2) == frame->len - p->l3 &&
	       !(get16(ip + 6) & 0x4000);
}

/* The header of the first fragment over all of the payload. */
static void head_whole(const struct rig_frame *first, const struct part *p, size_t octets,
		       struct rig_frame *whole)
{
	uint8_t *ip = whole->octets + p->l3;

	memcpy(whole->octets, first->octets, p->l3 + p->header);
	whole->l3 = (uint16_t)p->l3;
	whole->len = (uint32_t)(p->l3 + p->header + octets);
	if (p->is_ipv6) {
		ip[6] = p->payload[-8];
		put16(ip + 4, (unsigned)octets);
	} else {
		put16(ip + 2, (unsigned)(p->header + octets));
		memset(ip + 4, 0, 4);
		put16(ip + 10, 0);
		put16(ip + 10, rig_checksum(0, ip, p->header));
	}
}

bool rig_join(const struct rig_frame *parts, unsigned count, struct rig_frame *whole)
{
	struct part first = {0}, p;
	size_t at = 0;
	bool more = true;

	for (unsigned done = 0; done < count; done++) {
		unsigned i = 0;
		/* The one that begins where the last ended. */
		while (i < count && (!read_part(&parts[i], &p) || p.offset != at))
			i++;
		if (i == count || !more || (done > 0 && p.id != first.id) ||
		    (p.more && p.octets % 8 != 0))
			return false;
		if (done == 0) {
			first = p;
			head_whole(&parts[i], &p, 0, whole);
		}
		memcpy(whole->octets + first.l3 + first.header + at, p.payload, p.octets);
		at += p.octets;
		more = p.more;
	}
	for (unsigned i = 0; i < count; i++)
		if (read_part(&parts[i], &p) && p.offset == 0)
			head_whole(&parts[i], &p, at, whole);
	return !more;
}
