/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/echo.h"

#include <string.h>

/*
 * IPv4: version and length, service, total length, identification, fragment, TTL, protocol, checksum,
 * source, destination. ICMP: type, code, checksum, identifier, sequence number. Then the device, the number of the
 * packet, and zeros.
 */
enum {
	AT_IP_LENGTH = 2,
	AT_IP_TTL = 8,
	AT_IP_PROTOCOL = 9,
	AT_IP_CHECKSUM = 10,
	AT_IP_SOURCE = 12,
	AT_IP_DESTINATION = 16,
	AT_ICMP = 20,
	AT_ICMP_CHECKSUM = AT_ICMP + 2,
	AT_ICMP_IDENTIFIER = AT_ICMP + 4,
	AT_ICMP_SEQUENCE = AT_ICMP + 6,
	AT_DATA = AT_ICMP + 8,
};

#define IPV4_NO_OPTIONS	  0x45
#define PROTOCOL_ICMP	  1
#define ICMP_ECHO_REQUEST 8
#define ICMP_ECHO_REPLY	  0

static void write_u16(uint8_t *at, uint16_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void write_u32(uint8_t *at, uint32_t v)
{
	write_u16(at, (uint16_t)(v >> 16));
	write_u16(at + 2, (uint16_t)v);
}

/* RFC 1071. */
static uint16_t checksum(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(data[i] << 8 | data[i + 1]);
	if (len % 2)
		sum += (uint32_t)data[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* One's complement has two zeros, and some write the checksum of zeros alone as 0. */
static bool is_right(const uint8_t *data, size_t len)
{
	const uint16_t sum = checksum(data, len);

	return sum == 0 || sum == 0xffff;
}

void echo_write_request(uint8_t *out, size_t len, const struct echo *echo)
{
	memset(out, 0, len);
	out[0] = IPV4_NO_OPTIONS;
	write_u16(out + AT_IP_LENGTH, (uint16_t)len);
	out[AT_IP_TTL] = 64;
	out[AT_IP_PROTOCOL] = PROTOCOL_ICMP;
	memcpy(out + AT_IP_SOURCE, &echo->source, sizeof(echo->source));
	memcpy(out + AT_IP_DESTINATION, &echo->destination, sizeof(echo->destination));
	write_u16(out + AT_IP_CHECKSUM, checksum(out, AT_ICMP));
	out[AT_ICMP] = ICMP_ECHO_REQUEST;
	write_u16(out + AT_ICMP_IDENTIFIER, (uint16_t)echo->device);
	write_u16(out + AT_ICMP_SEQUENCE, (uint16_t)echo->number);
	write_u32(out + AT_DATA, echo->device);
	write_u32(out + AT_DATA + 4, echo->number);
	write_u16(out + AT_ICMP_CHECKSUM, checksum(out + AT_ICMP, len - AT_ICMP));
}

static bool is_echo(const uint8_t *data, size_t len, uint8_t type)
{
	return len >= ECHO_LEN_MIN && data[0] == IPV4_NO_OPTIONS &&
	       (size_t)(data[AT_IP_LENGTH] << 8 | data[AT_IP_LENGTH + 1]) == len &&
	       data[AT_IP_PROTOCOL] == PROTOCOL_ICMP && data[AT_ICMP] == type &&
	       data[AT_ICMP + 1] == 0 && is_right(data, AT_ICMP) &&
	       is_right(data + AT_ICMP, len - AT_ICMP);
}

bool echo_is_answer(const uint8_t *data, size_t len, const struct echo *echo)
{
	uint8_t head[8], names[8];

	if (!is_echo(data, len, ICMP_ECHO_REPLY))
		return false;
	memcpy(head, &echo->destination, 4);
	memcpy(head + 4, &echo->source, 4);
	write_u32(names, echo->device);
	write_u32(names + 4, echo->number);
	return memcmp(data + AT_IP_SOURCE, head, sizeof(head)) == 0 &&
	       memcmp(data + AT_ICMP_IDENTIFIER, names + 2, 2) == 0 &&
	       memcmp(data + AT_ICMP_SEQUENCE, names + 6, 2) == 0 &&
	       memcmp(data + AT_DATA, names, sizeof(names)) == 0;
}

bool echo_answer(uint8_t *data, size_t len)
{
	uint8_t address[4];

	if (!is_echo(data, len, ICMP_ECHO_REQUEST))
		return false;
	memcpy(address, data + AT_IP_SOURCE, 4);
	memcpy(data + AT_IP_SOURCE, data + AT_IP_DESTINATION, 4);
	memcpy(data + AT_IP_DESTINATION, address, 4);
	data[AT_ICMP] = ICMP_ECHO_REPLY;
	write_u16(data + AT_ICMP_CHECKSUM, 0);
	write_u16(data + AT_ICMP_CHECKSUM, checksum(data + AT_ICMP, len - AT_ICMP));
	return true;
}
