/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nic: counts packets that were lost by a port's NIC, driver or kernel, before any worker saw them.
 * Only links.c calls it, in its thread, because that thread may close and open ports.
 */
#ifndef HSE_NIC_H
#define HSE_NIC_H

#include <stdbool.h>
#include <stdint.h>

/* Named after the members of rte_eth_stats. */
#define NIC_DROPS(X)                                                                    \
	X(IMISSED, "drop.nic_imissed")	   /* arrived, but the receive ring was full */ \
	X(IERRORS, "drop.nic_ierrors")	   /* arrived damaged */                        \
	X(RX_NOMBUF, "drop.nic_rx_nombuf") /* arrived, but no packet buffer was free */ \
	X(OERRORS, "drop.nic_oerrors")	   /* could not be sent */

enum nic_drop {
#define X(symbol, name) NIC_##symbol,
	NIC_DROPS(X)
#undef X
		NIC_DROP_COUNT
};

/* AF_PACKET sockets of one port: one for each queue. */
#define NIC_SOCKETS_MAX 64

struct nic {
	uint16_t port;			 /* DPDK's port number */
	bool is_open;			 /* otherwise port may belong to another port by now */
	uint64_t before[NIC_DROP_COUNT]; /* counted before the port was last opened */
	uint64_t now[NIC_DROP_COUNT];
	/* The port's own sockets, because net_af_packet does not read the kernel's drop counter. */
	int sockets[NIC_SOCKETS_MAX];
	unsigned socket_count;
	uint64_t kernel;
};

/* Call it after the port was opened, also when it was opened again. */
void nic_opened(struct nic *nic, uint16_t port);
/* Reads the current numbers of lost packets. */
void nic_look(struct nic *nic);
/* Call it before the port is closed: keeps the counts. Does nothing if the port is closed
 * already. */
void nic_closing(struct nic *nic);

uint64_t nic_count(const struct nic *nic, enum nic_drop drop);
const char *nic_drop_name(enum nic_drop drop);

#endif
