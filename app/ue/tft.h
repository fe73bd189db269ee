/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tft: a traffic flow template (TS 24.008 10.5.6.12), by which the UE tells which uplink packets belong to which
 * of its bearers. Of IPv4 packets: remote address, protocol, ports, type of service.
 */
#ifndef UE_TFT_H
#define UE_TFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TFT_FILTERS_MAX 15

/* What is not there matches all. */
struct tft_filter {
	uint8_t precedence; /* the lowest is looked at first */
	uint8_t remote[4], remote_mask[4];
	bool has_protocol;
	uint8_t protocol;
	uint16_t local_port[2], remote_port[2]; /* from, to */
	uint8_t tos, tos_mask;
};

struct tft {
	struct tft_filter filters[TFT_FILTERS_MAX]; /* those for uplink, by precedence */
	size_t count;
};

/* Reads a TFT for a new bearer ("create new TFT"), from octet 3 on. -EBADMSG: cut short, another operation, or a
 * component that it does not know, IPv6's among them. */
int tft_parse(struct tft *tft, const uint8_t *data, size_t len);

/* The precedence of the first filter that an uplink IPv4 packet matches; -ENOENT: none. A packet without ports
 * (a fragment but the first, another protocol) matches no filter that has some. */
int tft_match(const struct tft *tft, const uint8_t *packet, size_t len);

#endif
