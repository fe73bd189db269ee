/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * endpoint: an IP address with a UDP port, and the three forms in which it is met: in a socket call, in
 * the configuration, and as a GSN Address.
 */
#ifndef UE_ENDPOINT_H
#define UE_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "config/config.h"
#include "gtp/gtpc_v1.h"

struct endpoint {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t len; /* 0: none */
};

struct endpoint endpoint_from_config(const struct config_address *address, uint16_t port);
/* gsn->len other than 4 and 16 gives an endpoint of len 0. */
struct endpoint endpoint_from_gsn(const struct gtp_address *gsn, uint16_t port);
struct gtp_address endpoint_gsn_address(const struct endpoint *endpoint);

/* In host byte order. */
uint16_t endpoint_port(const struct endpoint *endpoint);

/* The same address; ports may differ. */
bool endpoint_is_same_host(const struct endpoint *a, const struct endpoint *b);

/* The address alone, as text. */
#define ENDPOINT_STR INET6_ADDRSTRLEN
const char *endpoint_str(const struct endpoint *endpoint, char buf[ENDPOINT_STR]);

/* A UDP socket bound to local, non-blocking; negative errno. Its datagrams may be fragmented on their
 * way (no DF): e2m.md 6 has them grow. */
int endpoint_bind(const struct endpoint *local);

#endif
