/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nic: packets that a port's NIC, driver, or kernel has lost, which no worker has seen. Called by links.c, in its thread
 * alone, as a port may be closed and opened again.
 */
#ifndef HSE_NIC_H
#define HSE_NIC_H

#include <stdbool.h>
#include <stdint.h>

/* By the names of rte_eth_stats. */
#define NIC_DROPS(X)                                                                            \
	X(IMISSED, "drop.nic_imissed") /* arrived, and no place of the receive ring was free */ \
	X(IERRORS, "drop.nic_ierrors") /* arrived damaged */                                    \
	X(RX_NOMBUF, "drop.nic_rx_nombuf") /* arrived, and no packet buffer was free */         \
	X(OERRORS, "drop.nic_oerrors")	   /* could not be sent */

enum nic_drop {
#define X(symbol, name) NIC_##symbol,
	NIC_DROPS(X)
#undef X
		NIC_DROP_COUNT
};

/* AF_PACKET sockets of one port: one a queue. */
#define NIC_SOCKETS_MAX 64

struct nic {
	uint16_t port;			 /* of DPDK */
	bool is_open;			 /* else port may be another port's number by now */
	uint64_t before[NIC_DROP_COUNT]; /* by the port as it was opened earlier */
	uint64_t now[NIC_DROP_COUNT];
	/* net_af_packet does not ask the kernel what it has lost. */
	int sockets[NIC_SOCKETS_MAX];
	unsigned socket_count;
	uint64_t kernel;
};

/* The port has been opened, or opened again. */
void nic_opened(struct nic *nic, uint16_t port);
/* Reads what has been lost so far. */
void nic_look(struct nic *nic);
/* The port is going to be closed: keeps what has been counted. Does nothing when it is closed already. */
void nic_closing(struct nic *nic);

uint64_t nic_count(const struct nic *nic, enum nic_drop drop);
const char *nic_drop_name(enum nic_drop drop);

#endif
