/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks whether libfdcore can listen before it tries: if libfdcore fails to listen, it logs little
 * and stops altogether. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "diameter/internal.h"

static socklen_t address_of(const struct diameter_config *config, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *in = (struct sockaddr_in *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = (sa_family_t)config->listen.family;
	if (config->listen.family == AF_INET) {
		in->sin_port = htons(config->listen_port);
		memcpy(&in->sin_addr, config->listen.octets, sizeof(in->sin_addr));
		return sizeof(*in);
	}
	in6->sin6_port = htons(config->listen_port);
	memcpy(&in6->sin6_addr, config->listen.octets, sizeof(in6->sin6_addr));
	return sizeof(*in6);
}

static int try_address(const struct diameter_config *config)
{
	struct sockaddr_storage address;
	socklen_t len = address_of(config, &address);
	int fd = socket(config->listen.family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	int rc = 0, on = 1;

	if (fd < 0)
		return -errno;
	/* same option as libfdcore */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (config->listen.family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 1) != 0)
		rc = -errno;
	close(fd);
	return rc;
}

int diameter_listen_try(const struct diameter_config *config, char text[DIAMETER_FAULT_MAX])
{
	char address[INET6_ADDRSTRLEN] = "";
	int rc;

	if (config->listen.family == 0)
		return 0;
	rc = try_address(config);
	inet_ntop(config->listen.family, config->listen.octets, address, sizeof(address));
	if (rc == -EADDRINUSE)
		snprintf(text, DIAMETER_FAULT_MAX,
			 "another program listens on %s port %u: end it, or take another port (`ss "
			 "-ltnp` "
			 "names it)",
			 address, config->listen_port);
	else if (rc == -EADDRNOTAVAIL)
		snprintf(text, DIAMETER_FAULT_MAX,
			 "no interface of this machine has the address %s: add it (`ip addr add`), "
			 "or correct it",
			 address);
	else if (rc == -EACCES)
		snprintf(text, DIAMETER_FAULT_MAX,
			 "port %u may not be listened on: below 1024 that takes "
			 "CAP_NET_BIND_SERVICE",
			 config->listen_port);
	else if (rc != 0)
		snprintf(text, DIAMETER_FAULT_MAX, "%s port %u cannot be listened on: %s", address,
			 config->listen_port, strerror(-rc));
	return rc;
}
