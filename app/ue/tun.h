/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tun: the TUN device that is the subscriber's interface. It lives as long as it is open.
 */
#ifndef UE_TUN_H
#define UE_TUN_H

#include <netinet/in.h>
#include <stdint.h>

#include "ue/packet.h"

struct tun_route {
	struct in_addr network;
	uint8_t prefix_len; /* 0 to 32 */
};

struct tun_config {
	const char *name;
	uint32_t mtu;
	const struct tun_route *routes;
	size_t routes_count;
};

/* Makes the device, gives it address, and routes through it. Returns a non-blocking descriptor, or a
 * negative errno after a line in the log. */
int tun_open(const struct tun_config *config, struct in_addr address);

/* Reads what is there, up to max packets, into packets, which are empty. Returns how many; a negative
 * errno when the device is gone. */
int tun_read(int fd, struct packet *packets, size_t max);

/* Returns how many of the packets the device took. */
size_t tun_write(int fd, const struct packet *packets, size_t count);

#endif
