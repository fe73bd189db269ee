/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ue_loopback: addresses of the loopback network that are this test process's own, so that GTP's fixed
 * ports are free on them.
 */
#ifndef UNIT_UE_LOOPBACK_H
#define UNIT_UE_LOOPBACK_H

#include <arpa/inet.h>
#include <unistd.h>

#include "ue/endpoint.h"

enum {
	SGSN_HOST = 1,
	GGSN_HOST = 2,
	OTHER_HOST = 3,
	OTHER_SGSN_HOST = 4,
};

static inline struct endpoint loopback_endpoint(unsigned host, uint16_t port)
{
	struct config_address address = {.family = AF_INET};
	uint32_t pid = (uint32_t)getpid();

	address.octets[0] = 127;
	address.octets[1] = (uint8_t)(1 + (pid >> 13 & 0x7F));
	address.octets[2] = (uint8_t)(pid >> 5);
	address.octets[3] = (uint8_t)(pid << 3 | host);
	return endpoint_from_config(&address, port);
}

#endif
