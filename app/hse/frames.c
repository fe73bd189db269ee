/* SPDX-License-Identifier: BSD-3-Clause */
#include "frames.h"

#include <errno.h>
#include <net/if.h>
#include <rte_ethdev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Layer 2, and what protection adds. */
#define AROUND_IP 64U
/* Beyond, an mbuf's 16 bits for lengths would not do. */
#define ROOM_MAX 32768U

/* net_af_packet: octets of a ring's place for a frame, if its arguments do not say; what the kernel takes of it
 * before the frame, with layer 2; and what both must be multiples of. */
#define FRAMESZ_DEFAULT 2048U
#define FRAMESZ_AROUND	98U
#define FRAMESZ_UNIT	16U
#define BLOCKSZ_UNIT	4096U

/* Of the Linux interface behind a port; 0: it has none. */
static unsigned interface_mtu(const struct rte_eth_dev_info *info)
{
	struct ifreq request = {0};
	int fd, ret;

	if (info->if_index == 0 || !if_indextoname(info->if_index, request.ifr_name))
		return 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	ret = ioctl(fd, SIOCGIFMTU, &request);
	close(fd);
	return ret == 0 && request.ifr_mtu > 0 ? (unsigned)request.ifr_mtu : 0;
}

static unsigned af_packet_framesz(const char *device)
{
	const char *said = strstr(device, ",framesz=");

	return said ? (unsigned)strtoul(said + strlen(",framesz="), NULL, 10) : FRAMESZ_DEFAULT;
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
	framesz = af_packet_framesz(p->device);
	room = RTE_MAX(room, framesz);
	return RTE_MIN(room, ROOM_MAX);
}

/* It would cut what it receives and lose what it sends, and say nothing of either. */
static int check_framesz(const struct hse_port_config *p, const char *name, unsigned mtu)
{
	const unsigned needed = RTE_ALIGN_CEIL(mtu + FRAMESZ_AROUND, FRAMESZ_UNIT);

	if (af_packet_framesz(p->device) >= needed)
		return 0;
	program_log(PROGRAM_ERROR,
		    "ports.%s.device: %s takes frames that are smaller than its MTU of %u; add "
		    "framesz=%u,blocksz=%u to it",
		    name, p->device, mtu, needed, RTE_ALIGN_CEIL(needed, BLOCKSZ_UNIT));
	return -EINVAL;
}

static int set_mtu(uint16_t port, const struct hse_port_config *p, const char *name, unsigned has)
{
	const int ret = has == p->mtu ? 0 : rte_eth_dev_set_mtu(port, p->mtu);

	if (ret == 0)
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
	has = interface_mtu(&info);
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
