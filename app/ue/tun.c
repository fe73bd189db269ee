/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/tun.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/route.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program/program.h"

static struct in_addr netmask(unsigned prefix_len)
{
	uint32_t mask = prefix_len ? ~UINT32_C(0) << (32 - prefix_len) : 0;

	return (struct in_addr){htonl(mask)};
}

static void set_address(struct sockaddr *out, struct in_addr address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr = address};

	memcpy(out, &v4, sizeof(v4));
}

static struct ifreq request_for(const char *name)
{
	struct ifreq request = {0};

	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	return request;
}

static int fail(const char *name, const char *what)
{
	int err = -errno;

	program_log(PROGRAM_ERROR, "TUN device %s: %s: %s", name, what, strerror(-err));
	return err;
}

static int make_device(const char *name)
{
	struct ifreq request = request_for(name);
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return fail(name, "/dev/net/tun cannot be opened");
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (ioctl(fd, TUNSETIFF, &request)) {
		int err = fail(name, "cannot be made (is there one of that name?)");
		close(fd);
		return err;
	}
	return fd;
}

static int configure_device(int control, const struct tun_config *config, struct in_addr address)
{
	struct ifreq request = request_for(config->name);

	request.ifr_mtu = (int)config->mtu;
	if (ioctl(control, SIOCSIFMTU, &request))
		return fail(config->name, "the MTU is refused");
	request = request_for(config->name);
	set_address(&request.ifr_addr, address);
	if (ioctl(control, SIOCSIFADDR, &request))
		return fail(config->name, "the address is refused");
	request = request_for(config->name);
	set_address(&request.ifr_netmask, netmask(32));
	if (ioctl(control, SIOCSIFNETMASK, &request))
		return fail(config->name, "the netmask is refused");
	request = request_for(config->name);
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(control, SIOCSIFFLAGS, &request))
		return fail(config->name, "cannot be taken up");
	return 0;
}

static int add_routes(int control, const struct tun_config *config)
{
	char name[IFNAMSIZ] = "";

	strncpy(name, config->name, IFNAMSIZ - 1);
	for (size_t i = 0; i < config->routes_count; i++) {
		const struct tun_route *route = &config->routes[i];
		struct rtentry entry = {.rt_flags = RTF_UP, .rt_dev = name};
		set_address(&entry.rt_dst, route->network);
		set_address(&entry.rt_genmask, netmask(route->prefix_len));
		if (ioctl(control, SIOCADDRT, &entry))
			return fail(config->name, "a route is refused");
	}
	return 0;
}

int tun_open(const struct tun_config *config, struct in_addr address)
{
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (control < 0)
		return fail(config->name, "no socket to configure it");
	int fd = make_device(config->name);
	int err = fd < 0 ? fd : configure_device(control, config, address);
	if (!err)
		err = add_routes(control, config);
	close(control);
	if (err && fd >= 0)
		close(fd);
	return err ? err : fd;
}

int tun_read(int fd, struct packet *packets, size_t max)
{
	size_t count = 0;

	while (count < max) {
		ssize_t len = read(fd, packets[count].data, PACKET_MAX);
		if (len < 0 && errno != EAGAIN && errno != EINTR && count == 0)
			return -errno;
		if (len <= 0)
			break;
		packets[count++].len = (size_t)len;
	}
	return (int)count;
}

size_t tun_write(int fd, const struct packet *packets, size_t count)
{
	size_t taken = 0;

	for (size_t i = 0; i < count; i++)
		if (write(fd, packets[i].data, packets[i].len) == (ssize_t)packets[i].len)
			taken++;
	return taken;
}
