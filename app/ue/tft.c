/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/tft.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/*
 * Octet 0: operation (3 bits), E, number of packet filters (4 bits). Then each filter: spare (2), direction (2),
 * identity (4); precedence; length of contents; contents: a row of components, each with its type first.
 */
#define OPERATION(octet)   ((octet) >> 5)
#define OPERATION_CREATE   1
#define FILTERS(octet)	   ((octet)&0xF)
#define FILTER_HEADER	   3
#define DIRECTION(octet)   ((octet) >> 4 & 3)
#define DIRECTION_DOWNLINK 1

enum component {
	COMPONENT_REMOTE_IPV4 = 0x10,
	COMPONENT_PROTOCOL = 0x30,
	COMPONENT_LOCAL_PORT = 0x40,
	COMPONENT_LOCAL_PORTS = 0x41,
	COMPONENT_REMOTE_PORT = 0x50,
	COMPONENT_REMOTE_PORTS = 0x51,
	COMPONENT_TOS = 0x70,
};

/* Octets after the type; 0: not known. */
static size_t length_of(uint8_t component)
{
	switch (component) {
	case COMPONENT_REMOTE_IPV4:
		return 8;
	case COMPONENT_PROTOCOL:
		return 1;
	case COMPONENT_LOCAL_PORT:
	case COMPONENT_REMOTE_PORT:
	case COMPONENT_TOS:
		return 2;
	case COMPONENT_LOCAL_PORTS:
	case COMPONENT_REMOTE_PORTS:
		return 4;
	default:
		return 0;
	}
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static void take_component(struct tft_filter *filter, uint8_t component, const uint8_t *value)
{
	switch (component) {
	case COMPONENT_REMOTE_IPV4:
		memcpy(filter->remote, value, 4);
		memcpy(filter->remote_mask, value + 4, 4);
		break;
	case COMPONENT_PROTOCOL:
		filter->has_protocol = true;
		filter->protocol = value[0];
		break;
	case COMPONENT_LOCAL_PORT:
	case COMPONENT_LOCAL_PORTS:
		filter->local_port[0] = get16(value);
		filter->local_port[1] = get16(value + length_of(component) - 2);
		break;
	case COMPONENT_REMOTE_PORT:
	case COMPONENT_REMOTE_PORTS:
		filter->remote_port[0] = get16(value);
		filter->remote_port[1] = get16(value + length_of(component) - 2);
		break;
	case COMPONENT_TOS:
		filter->tos = value[0];
		filter->tos_mask = value[1];
		break;
	}
}

static int read_filter(struct tft_filter *filter, uint8_t precedence, const uint8_t *data,
		       size_t len)
{
	*filter = (struct tft_filter){.precedence = precedence,
				      .local_port = {0, UINT16_MAX},
				      .remote_port = {0, UINT16_MAX}};
	for (size_t at = 0; at < len;) {
		const size_t value_len = length_of(data[at]);

		if (value_len == 0 || value_len > len - at - 1)
			return -EBADMSG;
		take_component(filter, data[at], data + at + 1);
		at += 1 + value_len;
	}
	return 0;
}

static void insert(struct tft *tft, const struct tft_filter *filter)
{
	size_t at = tft->count++;

	for (; at > 0 && tft->filters[at - 1].precedence > filter->precedence; at--)
		tft->filters[at] = tft->filters[at - 1];
	tft->filters[at] = *filter;
}

int tft_parse(struct tft *tft, const uint8_t *data, size_t len)
{
	size_t at = 1;

	tft->count = 0;
	if (len < 1 || OPERATION(data[0]) != OPERATION_CREATE)
		return -EBADMSG;
	for (unsigned i = 0; i < FILTERS(data[0]); i++) {
		struct tft_filter filter;

		if (len - at < FILTER_HEADER || len - at - FILTER_HEADER < data[at + 2] ||
		    read_filter(&filter, data[at + 1], data + at + FILTER_HEADER, data[at + 2]))
			return -EBADMSG;
		if (DIRECTION(data[at]) != DIRECTION_DOWNLINK)
			insert(tft, &filter);
		at += FILTER_HEADER + (size_t)data[at + 2];
	}
	return 0;
}

/* --- packets --- */

struct addressed {
	const uint8_t *header;
	bool has_ports;
	uint16_t local_port, remote_port; /* of an uplink packet: source and destination */
};

static bool read_packet(struct addressed *packet, const uint8_t *data, size_t len)
{
	size_t header = len >= 20 ? (size_t)(data[0] & 0xF) * 4 : 0;

	if (header < 20 || data[0] >> 4 != 4)
		return false;
	*packet = (struct addressed){.header = data};
	packet->has_ports = (get16(data + 6) & 0x1FFF) == 0 && len >= header + 4 &&
			    (data[9] == IPPROTO_UDP || data[9] == IPPROTO_TCP);
	if (packet->has_ports) {
		packet->local_port = get16(data + header);
		packet->remote_port = get16(data + header + 2);
	}
	return true;
}

static bool is_any(const uint16_t range[2])
{
	return range[0] == 0 && range[1] == UINT16_MAX;
}

static bool is_in(const uint16_t range[2], uint16_t port)
{
	return port >= range[0] && port <= range[1];
}

static bool matches(const struct tft_filter *f, const struct addressed *p)
{
	for (size_t i = 0; i < 4; i++)
		if ((p->header[16 + i] ^ f->remote[i]) & f->remote_mask[i])
			return false;
	if (((p->header[1] ^ f->tos) & f->tos_mask) ||
	    (f->has_protocol && f->protocol != p->header[9]))
		return false;
	if (!p->has_ports)
		return is_any(f->local_port) && is_any(f->remote_port);
	return is_in(f->local_port, p->local_port) && is_in(f->remote_port, p->remote_port);
}

int tft_match(const struct tft *tft, const uint8_t *packet, size_t len)
{
	struct addressed read;

	if (!read_packet(&read, packet, len))
		return -ENOENT;
	for (size_t i = 0; i < tft->count; i++)
		if (matches(&tft->filters[i], &read))
			return tft->filters[i].precedence;
	return -ENOENT;
}
