/* SPDX-License-Identifier: BSD-3-Clause */
#include "interfaces.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int interfaces_open_events(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int error;

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = -errno;
	if (fd >= 0)
		close(fd);
	return error;
}

static void note_removed(struct interfaces *port, unsigned index)
{
	for (unsigned i = 0; i < port->device.count; i++)
		if (port->indexes[i] == index)
			port->was_removed = true;
}

static void take_message(const struct nlmsghdr *message, struct interfaces ports[DATAPATH_SIDES])
{
	const struct ifinfomsg *info = NLMSG_DATA(message);

	/* In the bridge family, the message means only that the interface has left a bridge. */
	if (message->nlmsg_type != RTM_DELLINK ||
	    message->nlmsg_len < NLMSG_LENGTH(sizeof(*info)) || info->ifi_family != AF_UNSPEC)
		return;
	for (unsigned side = 0; side < DATAPATH_SIDES; side++)
		note_removed(&ports[side], (unsigned)info->ifi_index);
}

void interfaces_take_events(int fd, struct interfaces ports[DATAPATH_SIDES])
{
	_Alignas(struct nlmsghdr) char buffer[16384];
	ssize_t got;

	/* ENOBUFS: some messages were lost, but more can be read. */
	while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0 || (got < 0 && errno == ENOBUFS)) {
		unsigned len = got > 0 ? (unsigned)got : 0;

		for (struct nlmsghdr *m = (struct nlmsghdr *)buffer; NLMSG_OK(m, len);
		     m = NLMSG_NEXT(m, len))
			take_message(m, ports);
	}
}

void interfaces_note(struct interfaces *port, unsigned if_index)
{
	for (unsigned i = 0; i < port->device.count; i++)
		port->indexes[i] = if_nametoindex(port->device.interfaces[i]);
	/* The driver's index is more reliable, because the interface may have been renamed. */
	if (if_index != 0 && port->device.count == 1)
		port->indexes[0] = if_index;
	port->was_removed = false;
}

bool interfaces_are_gone(const struct interfaces *port)
{
	char name[IF_NAMESIZE];

	if (port->was_removed)
		return true;
	for (unsigned i = 0; i < port->device.count; i++)
		if (port->indexes[i] != 0 && !if_indextoname(port->indexes[i], name))
			return true;
	return false;
}

static bool driver_makes_them(const struct device *device)
{
	return strncmp(device->name, "net_tap", 7) == 0 ||
	       strncmp(device->name, "net_virtio_user", 15) == 0 ||
	       strncmp(device->name, "virtio_user", 11) == 0;
}

bool interfaces_are_there(const struct interfaces *port)
{
	for (unsigned i = 0; i < port->device.count && !driver_makes_them(&port->device); i++)
		if (if_nametoindex(port->device.interfaces[i]) == 0)
			return false;
	return true;
}

unsigned interfaces_first(const struct interfaces *port)
{
	for (unsigned i = 0; i < port->device.count; i++)
		if (port->indexes[i] != 0)
			return port->indexes[i];
	return 0;
}

const char *interfaces_missing(const struct interfaces *port)
{
	for (unsigned i = 0; i < port->device.count; i++)
		if (if_nametoindex(port->device.interfaces[i]) == 0)
			return port->device.interfaces[i];
	return port->device.interfaces[0];
}
