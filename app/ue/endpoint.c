/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SOCKET_BUFFER (4 << 20)

static struct endpoint make(int family, const uint8_t *octets, uint16_t port)
{
	struct endpoint endpoint = {.len = 0};

	if (family == AF_INET) {
		endpoint.v4.sin_family = AF_INET;
		endpoint.v4.sin_port = htons(port);
		memcpy(&endpoint.v4.sin_addr, octets, sizeof(endpoint.v4.sin_addr));
		endpoint.len = sizeof(endpoint.v4);
	} else if (family == AF_INET6) {
		endpoint.v6.sin6_family = AF_INET6;
		endpoint.v6.sin6_port = htons(port);
		memcpy(&endpoint.v6.sin6_addr, octets, sizeof(endpoint.v6.sin6_addr));
		endpoint.len = sizeof(endpoint.v6);
	}
	return endpoint;
}

struct endpoint endpoint_from_config(const struct config_address *address, uint16_t port)
{
	return make(address->family, address->octets, port);
}

struct endpoint endpoint_from_gsn(const struct gtp_address *gsn, uint16_t port)
{
	int family = gsn->len == 4 ? AF_INET : gsn->len == 16 ? AF_INET6 : AF_UNSPEC;

	return make(family, gsn->octets, port);
}

struct gtp_address endpoint_gsn_address(const struct endpoint *endpoint)
{
	struct gtp_address gsn = {.len = 0};

	if (endpoint->any.sa_family == AF_INET) {
		gsn.len = sizeof(endpoint->v4.sin_addr);
		memcpy(gsn.octets, &endpoint->v4.sin_addr, gsn.len);
	} else if (endpoint->any.sa_family == AF_INET6) {
		gsn.len = sizeof(endpoint->v6.sin6_addr);
		memcpy(gsn.octets, &endpoint->v6.sin6_addr, gsn.len);
	}
	return gsn;
}

uint16_t endpoint_port(const struct endpoint *endpoint)
{
	return ntohs(endpoint->any.sa_family == AF_INET6 ? endpoint->v6.sin6_port
							 : endpoint->v4.sin_port);
}

bool endpoint_is_same_host(const struct endpoint *a, const struct endpoint *b)
{
	struct gtp_address x = endpoint_gsn_address(a), y = endpoint_gsn_address(b);

	return x.len > 0 && x.len == y.len && !memcmp(x.octets, y.octets, x.len);
}

const char *endpoint_str(const struct endpoint *endpoint, char buf[ENDPOINT_STR])
{
	const void *octets = endpoint->any.sa_family == AF_INET6
				     ? (const void *)&endpoint->v6.sin6_addr
				     : (const void *)&endpoint->v4.sin_addr;

	if (!inet_ntop(endpoint->any.sa_family, octets, buf, ENDPOINT_STR))
		strcpy(buf, "?");
	return buf;
}

int endpoint_bind(const struct endpoint *local)
{
	int fd = socket(local->any.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int size = SOCKET_BUFFER, dont4 = IP_PMTUDISC_DONT, dont6 = IPV6_PMTUDISC_DONT;

	if (fd < 0)
		return -errno;
	/* FORCE takes CAP_NET_ADMIN; without it, as much as the system allows. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (local->any.sa_family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &dont4, sizeof(dont4));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &dont6, sizeof(dont6));
	if (bind(fd, &local->any, local->len)) {
		int err = -errno;
		close(fd);
		return err;
	}
	return fd;
}
