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

bool rig_checksums_are_right(const uint8_t *frame, size_t len)
{
	size_t l3 = 12;
	const uint8_t *ip, *udp;

	while (get16(frame + l3) != 0x0800 && get16(frame + l3) != 0x86dd)
		l3 += 4;
	ip = frame + l3 + 2;
	len -= l3 + 2;
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
