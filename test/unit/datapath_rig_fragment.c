/* SPDX-License-Identifier: BSD-3-Clause */
#include "datapath_rig_fragment.h"

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void write_ipv4(uint8_t *ip, const struct rig_fragment *f)
{
	put16(ip + 4, f->id & 0xffff);
	put16(ip + 6, f->offset / 8 | (f->more ? 0x2000 : 0));
	ip[8] = f->ttl ? f->ttl : 64;
	put16(ip + 10, 0);
	put16(ip + 10, rig_checksum(0, ip, 20) ^ (f->is_damaged ? 1 : 0));
}

static void write_ipv6(uint8_t *ip, const struct rig_fragment *f)
{
	ip[6] = IPPROTO_FRAGMENT;
	ip[7] = f->ttl ? f->ttl : 64;
	ip[40] = f->next ? f->next : IPPROTO_UDP;
	ip[41] = 0;
	put16(ip + 42, f->offset | f->more);
	put16(ip + 44, f->id >> 16);
	put16(ip + 46, f->id & 0xffff);
}

void rig_write_fragment(struct rig_frame *frame, const struct rig_fragment *f)
{
	static uint8_t octets[RIG_FRAME_MAX];
	const struct rig_outer outer = {.ipv6 = f->ipv6, .vlan_tags = f->vlan_tags};
	const uint16_t port = f->port ? f->port : 2123;
	/* UDP's header here is the first of the fragment's octets, over IPv6 its fragment header. */
	const uint32_t before = f->ipv6 ? 8 : 0;
	uint8_t *ip;

	memset(octets, f->content | 0x30, f->octets);
	if (f->offset == 0) {
		put16(octets, port);
		put16(octets + 2, port);
		put16(octets + 4, f->total);
		put16(octets + 6, 0);
	}
	rig_write_udp(frame, &outer, E2M_UPLINK, 0, 0, octets, before + f->octets - 8);
	ip = frame->octets + frame->l3;
	if (f->ipv6)
		write_ipv6(ip, f);
	else
		write_ipv4(ip, f);
	memcpy(ip + (f->ipv6 ? 48 : 20), octets, f->octets);
}

void rig_start_fragments(struct rig *rig)
{
	rig_init(rig);
	rig->config.gtpc_hold_ms = 1000;
	rig_start(rig, 1);
}

void rig_stop_fragments(struct rig *rig)
{
	rig_wait_ms(rig, 2100);
	CU_ASSERT_EQUAL(rig_ended(rig, DATAPATH_ACCESS),
			rig_counter(rig, DATAPATH_ACCESS, DATAPATH_RX_PACKETS));
	rig_stop(rig);
}

void rig_receive_fragment(struct rig *rig, const struct rig_fragment *fragment)
{
	static struct rig_frame frame;

	rig_write_fragment(&frame, fragment);
	rig_receive(rig, DATAPATH_ACCESS, &frame);
}
