/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/tunnel.h"

#include <arpa/inet.h>
#include <stdio.h>

const char *tunnel_str(const struct tunnel *t, char buf[TUNNEL_STR])
{
	char address[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)t->receiver))
		inet_ntop(AF_INET, t->receiver + 12, address, sizeof(address));
	else
		inet_ntop(AF_INET6, t->receiver, address, sizeof(address));
	snprintf(buf, TUNNEL_STR, "%s/0x%08x", address, t->teid);
	return buf;
}
