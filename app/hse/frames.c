/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <errno.h>
#include <rte_ethdev.h>
#include <stdlib.h>
#include <string.h>

#include "netdev.h"

/* Layer 2, and what protection adds. */
#define AROUND_IP 64U
/* Beyond, an mbuf's 16 bits for lengths would not do. */
#define ROOM_MAX 32768U

/* net_af_packet: octets of a ring's place for a frame and of a block of places, if its arguments do not say; what the
 * kernel takes of a place before the frame, with layer 2. */
#define FRAMESZ_DEFAULT 2048U
#define BLOCKSZ_DEFAULT 4096U
#define FRAMESZ_AROUND	98U

/* A number among a vdev's arguments; name as in ",framesz=". */
static unsigned argument(const char *device, const char *name, unsigned otherwise)
{
	const char *said = strstr(device, name);

	return said ? (unsigned)strtoul(said + strlen(name), NULL, 10) : otherwise;
}

static unsigned af_packet_framesz(const struct hse_port_config *p)
{
	return argument(p->device, ",framesz=", FRAMESZ_DEFAULT);
}

static unsigned framesz_needed(unsigned mtu)
{
	return RTE_ALIGN_CEIL(mtu + FRAMESZ_AROUND, BLOCKSZ_DEFAULT);
}

static bool is_af_packet(const struct rte_eth_dev_info *info)
{
	return info->driver_name && strcmp(info->driver_name, "net_af_packet") == 0;
}

unsigned frames_room(uint16_t port, const struct hse_port_config *p)
{
	struct rte_eth_dev_info info;
	uint16_t mtu = p->mtu;
	unsigned room, framesz;

	if (mtu == 0 && rte_eth_dev_get_mtu(port, &mtu) != 0)
		mtu = 0;
	room = RTE_MIN(mtu, HSE_MTU_MAX) + AROUND_IP;
	if (rte_eth_dev_info_get(port, &info) != 0 || !is_af_packet(&info))
		return room;
	framesz = af_packet_framesz(p);
	room = RTE_MAX(room, framesz);
	return RTE_MIN(room, ROOM_MAX);
}

/* The driver would cut what it receives and lose what it sends, and where blocks are no multiple of places look for
 * frames where there are none; it says nothing of either. */
static int check_framesz(const struct hse_port_config *p, const char *name, unsigned mtu)
{
	const unsigned framesz = af_packet_framesz(p);
	const unsigned blocksz = argument(p->device, ",blocksz=", BLOCKSZ_DEFAULT);
	const unsigned needed = framesz_needed(mtu);

	if (framesz >= mtu + FRAMESZ_AROUND && blocksz % framesz == 0)
		return 0;
	program_log(PROGRAM_ERROR,
		    "ports.%s.device: %s has no room for frames of its MTU of %u, or blocksz is no "
		    "multiple of framesz; write framesz=%u,blocksz=%u",
		    name, p->device, mtu, needed, needed);
	return -EINVAL;
}

static int set_mtu(uint16_t port, const struct hse_port_config *p, const char *name, unsigned has)
{
	const int ret = has == p->mtu ? 0 : rte_eth_dev_set_mtu(port, p->mtu);

	/* What knows of no MTU has none of its own. */
	if (ret == 0 || (ret == -ENOTSUP && has == 0))
		return 0;
	if (has)
		program_log(PROGRAM_ERROR,
			    "ports.%s.mtu: %s has an MTU of %u; give it %u by `ip link set mtu`, "
			    "or write mtu: %u",
			    name, p->device, has, p->mtu, has);
	else
		program_log(PROGRAM_ERROR, "ports.%s.mtu: %s does not take %u: %s", name, p->device,
			    p->mtu, rte_strerror(-ret));
	return ret;
}

int frames_set_mtu(uint16_t port, const struct hse_port_config *p, const char *name, uint16_t *mtu)
{
	struct rte_eth_dev_info info;
	unsigned has;
	int ret = rte_eth_dev_info_get(port, &info);

	if (ret != 0)
		return ret;
	has = netdev_mtu(info.if_index);
	if (p->mtu)
		ret = set_mtu(port, p, name, has);
	if (ret != 0)
		return ret;
	if (p->mtu)
		*mtu = p->mtu;
	else if (has)
		*mtu = (uint16_t)RTE_MIN(has, (unsigned)HSE_MTU_MAX);
	else
		ret = rte_eth_dev_get_mtu(port, mtu);
	return ret == 0 && is_af_packet(&info) ? check_framesz(p, name, *mtu) : ret;
}

uint16_t frames_follow_mtu(uint16_t port, const struct hse_port_config *p, const char *name,
			   unsigned has)
{
	struct rte_eth_dev_info info;
	unsigned mtu = RTE_MIN(has, p->mtu ? p->mtu : (unsigned)HSE_MTU_MAX);

	if (rte_eth_dev_info_get(port, &info) == 0 && is_af_packet(&info) &&
	    mtu > af_packet_framesz(p) - FRAMESZ_AROUND) {
		program_log(PROGRAM_WARNING,
			    "ports.%s: the interface has an MTU of %u now, but a frame's place has "
			    "room for %u: %u is kept, and longer frames arrive cut; write "
			    "framesz=%u,blocksz=%u, and restart",
			    name, has, af_packet_framesz(p) - FRAMESZ_AROUND,
			    af_packet_framesz(p) - FRAMESZ_AROUND, framesz_needed(mtu),
			    framesz_needed(mtu));
		return (uint16_t)(af_packet_framesz(p) - FRAMESZ_AROUND);
	}
	if (mtu < has)
		program_log(PROGRAM_WARNING,
			    "ports.%s: the interface has an MTU of %u now, but the configuration "
			    "says %u, which is kept",
			    name, has, mtu);
	else
		program_log(PROGRAM_INFO, "ports.%s: the MTU is %u now", name, mtu);
	return (uint16_t)mtu;
}
