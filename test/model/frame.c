/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"

#include <stdio.h>

#define ETHERNET 14
#define IPV4	 20
#define IPV6	 40
#define UDP	 8
#define GTPU	 8

static const uint8_t magic[8] = {'H', 'S', 'E', 'm', 'o', 'd', 'e', 'l'};

static void put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value & 0xffff);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t sum_of(uint32_t sum, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get16(octets + i);
	if (len % 2)
		sum += (uint32_t)octets[len - 1] << 8;
	return sum;
}

static uint16_t checksum(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void write_ipv4(uint8_t *ip, const struct tunnel *source, const struct tunnel *destination,
		       size_t len)
{
	memset(ip, 0, IPV4);
	ip[0] = 0x45;
	put16(ip + 2, IPV4 + len);
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, source->receiver + 12, 4);
	memcpy(ip + 16, destination->receiver + 12, 4);
	put16(ip + 10, checksum(sum_of(0, ip, IPV4)));
}

static void write_ipv6(uint8_t *ip, const struct tunnel *source, const struct tunnel *destination,
		       size_t len)
{
	memset(ip, 0, IPV6);
	ip[0] = 0x60;
	put16(ip + 4, len);
	ip[6] = 17;
	ip[7] = 64;
	memcpy(ip + 8, source->receiver, 16);
	memcpy(ip + 24, destination->receiver, 16);
}

/* Both ends of one IP version; the destination's counts. */
static size_t write_ip(struct frame *frame, const struct tunnel *source,
		       const struct tunnel *destination, size_t len)
{
	const bool is_ipv4 = tunnel_is_ipv4(destination);

	memset(frame->octets, 2, ETHERNET);
	put16(frame->octets + 12, is_ipv4 ? 0x0800 : 0x86dd);
	if (is_ipv4)
		write_ipv4(frame->octets + ETHERNET, source, destination, len);
	else
		write_ipv6(frame->octets + ETHERNET, source, destination, len);
	return ETHERNET + (is_ipv4 ? IPV4 : IPV6);
}

void frame_write_udp(struct frame *frame, const struct tunnel *source,
		     const struct tunnel *destination, const uint8_t *payload, size_t len)
{
	const size_t at = write_ip(frame, source, destination, UDP + len);
	uint8_t *udp = frame->octets + at;
	uint16_t sum;

	put16(udp, source->teid);
	put16(udp + 2, destination->teid);
	put16(udp + 4, UDP + len);
	put16(udp + 6, 0);
	memcpy(udp + UDP, payload, len);
	frame->len = (uint32_t)(at + UDP + len);
	if (tunnel_is_ipv4(destination))
		return;
	sum = checksum(sum_of(sum_of(17 + UDP + (uint32_t)len, udp - 32, 32), udp, UDP + len));
	put16(udp + 6, sum ? sum : 0xffff);
}

void frame_write_gpdu(struct frame *frame, const struct tunnel *source, const struct tunnel *tunnel,
		      const uint8_t *npdu, size_t len)
{
	struct tunnel from = *source, to = *tunnel;
	uint8_t gtpu[GTPU + FRAME_OCTETS / 2] = {0x30, 255};

	put16(gtpu + 2, len);
	put32(gtpu + 4, tunnel->teid);
	memcpy(gtpu + GTPU, npdu, len);
	from.teid = to.teid = 2152;
	frame_write_udp(frame, &from, &to, gtpu, GTPU + len);
}

unsigned frame_split(const struct frame *whole, size_t piece, uint16_t id, struct frame *parts,
		     unsigned max)
{
	const uint8_t *ip = whole->octets + ETHERNET;
	const size_t len = whole->len - ETHERNET - IPV4;
	unsigned count = 0;

	if (ip[0] >> 4 != 4 || len <= piece || (len + piece - 1) / piece > max)
		return 0;
	for (size_t at = 0; at < len; at += piece) {
		const size_t part = len - at < piece ? len - at : piece;
		struct frame *f = &parts[count++];
		uint8_t *header = f->octets + ETHERNET;

		memcpy(f->octets, whole->octets, ETHERNET + IPV4);
		memcpy(header + IPV4, ip + IPV4 + at, part);
		put16(header + 2, IPV4 + part);
		put16(header + 4, id);
		put16(header + 6, at / 8 | (at + part < len ? 0x2000 : 0));
		put16(header + 10, 0);
		put16(header + 10, checksum(sum_of(0, header, IPV4)));
		f->len = (uint32_t)(ETHERNET + IPV4 + part);
	}
	return count;
}

static bool read_udp(struct frame_udp *udp, const uint8_t *p, size_t len)
{
	if (len < UDP || get16(p + 4) < UDP || get16(p + 4) > len)
		return false;
	udp->source.teid = get16(p);
	udp->destination.teid = get16(p + 2);
	udp->payload = p + UDP;
	udp->len = get16(p + 4) - UDP;
	return true;
}

bool frame_read(struct frame_udp *udp, const uint8_t *octets, size_t len)
{
	const uint8_t *ip = octets + ETHERNET;

	*udp = (struct frame_udp){0};
	if (len < ETHERNET + IPV4)
		return false;
	if (ip[0] >> 4 == 4 && ip[9] == 17 && len >= ETHERNET + (size_t)get16(ip + 2)) {
		tunnel_set_ipv4(&udp->source, ip + 12);
		tunnel_set_ipv4(&udp->destination, ip + 16);
		udp->has_more = ip[6] & 0x20;
		udp->offset = (uint16_t)((get16(ip + 6) & 0x1fff) * 8);
		udp->is_fragment = udp->has_more || udp->offset;
		udp->id = get16(ip + 4);
		udp->payload = ip + IPV4;
		udp->len = get16(ip + 2) - IPV4;
		return udp->is_fragment || read_udp(udp, ip + IPV4, udp->len);
	}
	if (ip[0] >> 4 != 6 || len < ETHERNET + IPV6 || ip[6] != 17 ||
	    len < ETHERNET + IPV6 + (size_t)get16(ip + 4))
		return false;
	tunnel_set_ipv6(&udp->source, ip + 8);
	tunnel_set_ipv6(&udp->destination, ip + 24);
	return read_udp(udp, ip + IPV6, get16(ip + 4));
}

/* --- N-PDUs --- */

size_t npdu_write(uint8_t out[NPDU_OCTETS], unsigned version, const uint8_t *source,
		  const uint8_t *destination, uint32_t serial)
{
	const size_t header = version == 4 ? IPV4 : version == 6 ? IPV6 : 4;
	const size_t len = header + sizeof(magic) + 4;

	memset(out, 0, len);
	if (version == 4) {
		out[0] = 0x45;
		put16(out + 2, len);
		out[8] = 64;
		out[9] = 253; /* for experiments, RFC 3692 */
		memcpy(out + 12, source, 4);
		memcpy(out + 16, destination, 4);
		put16(out + 10, checksum(sum_of(0, out, IPV4)));
	} else if (version == 6) {
		out[0] = 0x60;
		put16(out + 4, len - IPV6);
		out[6] = 253;
		out[7] = 64;
		memcpy(out + 8, source, 16);
		memcpy(out + 24, destination, 16);
	}
	memcpy(out + header, magic, sizeof(magic));
	put32(out + header + sizeof(magic), serial);
	return len;
}

bool npdu_find_serial(const uint8_t *octets, size_t len, uint32_t *serial)
{
	const uint8_t *at = memmem(octets, len, magic, sizeof(magic));

	if (!at || at + sizeof(magic) + 4 > octets + len)
		return false;
	at += sizeof(magic);
	*serial = (uint32_t)get16(at) << 16 | get16(at + 2);
	return true;
}
