/* SPDX-License-Identifier: BSD-3-Clause */
#include "nic.h"

#include <dirent.h>
#include <linux/if_packet.h>
#include <rte_ethdev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

const char *nic_drop_name(enum nic_drop drop)
{
	static const char *const names[] = {
#define X(symbol, name) [NIC_##symbol] = name,
		NIC_DROPS(X)
#undef X
	};

	return names[drop];
}

static bool is_packet_socket_of(int fd, unsigned if_index)
{
	struct sockaddr_ll address = {0};
	socklen_t len = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
	       address.sll_family == AF_PACKET && (unsigned)address.sll_ifindex == if_index;
}

/* The driver does not export its sockets, so search this process's file descriptors. */
static void find_sockets(struct nic *nic, unsigned if_index)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)) != NULL) {
		const int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && nic->socket_count < NIC_SOCKETS_MAX &&
		    is_packet_socket_of(fd, if_index))
			nic->sockets[nic->socket_count++] = fd;
	}
	if (dir)
		closedir(dir);
}

void nic_opened(struct nic *nic, uint16_t port)
{
	struct rte_eth_dev_info info;

	nic->port = port;
	nic->is_open = true;
	nic->socket_count = 0;
	nic->kernel = 0;
	memset(nic->now, 0, sizeof(nic->now));
	if (rte_eth_dev_info_get(port, &info) == 0 && info.driver_name &&
	    strcmp(info.driver_name, "net_af_packet") == 0)
		find_sockets(nic, info.if_index);
	nic_look(nic);
}

/* The kernel resets its counter at each read. */
static void ask_kernel(struct nic *nic)
{
	for (unsigned i = 0; i < nic->socket_count; i++) {
		struct tpacket_stats stats;
		socklen_t len = sizeof(stats);

		if (getsockopt(nic->sockets[i], SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
			nic->kernel += stats.tp_drops;
	}
}

void nic_look(struct nic *nic)
{
	struct rte_eth_stats stats;

	if (!nic->is_open || rte_eth_stats_get(nic->port, &stats) != 0)
		return;
	ask_kernel(nic);
	nic->now[NIC_IMISSED] = stats.imissed + nic->kernel;
	nic->now[NIC_IERRORS] = stats.ierrors;
	nic->now[NIC_RX_NOMBUF] = stats.rx_nombuf;
	nic->now[NIC_OERRORS] = stats.oerrors;
}

void nic_closing(struct nic *nic)
{
	nic_look(nic);
	for (unsigned i = 0; i < NIC_DROP_COUNT; i++) {
		nic->before[i] += nic->now[i];
		nic->now[i] = 0;
	}
	nic->socket_count = 0;
	nic->is_open = false;
}

uint64_t nic_count(const struct nic *nic, enum nic_drop drop)
{
	return nic->before[drop] + nic->now[drop];
}
