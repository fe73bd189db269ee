/* SPDX-License-Identifier: BSD-3-Clause */
#include "netdev.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A negative errno, or 0 and what the kernel has put into request. */
static int ask(unsigned if_index, unsigned long what, struct ifreq *request)
{
	int fd, ret;

	if (if_index == 0 || !if_indextoname(if_index, request->ifr_name))
		return -ENODEV;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	ret = ioctl(fd, what, request) == 0 ? 0 : -errno;
	close(fd);
	return ret;
}

unsigned netdev_mtu(unsigned if_index)
{
	struct ifreq request = {0};

	if (ask(if_index, SIOCGIFMTU, &request) != 0)
		return 0;
	return request.ifr_mtu > 0 ? (unsigned)request.ifr_mtu : 0;
}

int netdev_has_link(unsigned if_index)
{
	struct ifreq request = {0};
	const int ret = ask(if_index, SIOCGIFFLAGS, &request);

	if (ret != 0)
		return ret;
	return (request.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}

int netdev_set_up(unsigned if_index, bool up)
{
	struct ifreq request = {0};
	const int ret = ask(if_index, SIOCGIFFLAGS, &request);

	if (ret != 0)
		return ret;
	if (!!(request.ifr_flags & IFF_UP) == up)
		return 0;
	request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
	return ask(if_index, SIOCSIFFLAGS, &request);
}
