/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/tunnel.h"

#include <arpa/inet.h>
#include <stdio.h>

const char *tunnel_address_str(const struct tunnel *t, char buf[INET6_ADDRSTRLEN])
{
	if (tunnel_is_ipv4(t))
		return inet_ntop(AF_INET, t->receiver + 12, buf, INET6_ADDRSTRLEN);
	return inet_ntop(AF_INET6, t->receiver, buf, INET6_ADDRSTRLEN);
}

const char *tunnel_str(const struct tunnel *t, char buf[TUNNEL_STR])
{
	char address[INET6_ADDRSTRLEN];

	snprintf(buf, TUNNEL_STR, "%s/0x%08x", tunnel_address_str(t, address), t->teid);
	return buf;
}
