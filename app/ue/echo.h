/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * echo: ICMP echo over IPv4 (RFC 792), as octets: what a device of a fleet sends as its packets, and whose answer it
 * knows. Any host answers it, so whoever stands behind the GGSN will do.
 */
#ifndef UE_ECHO_H
#define UE_ECHO_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Headers, and the 8 octets of data that say whose it is. */
#define ECHO_LEN_MIN (20 + 8 + 8)

struct echo {
	struct in_addr source;
	struct in_addr destination;
	uint32_t device;
	uint32_t number; /* of the device's packets */
};

/* Writes a request of len octets, at least ECHO_LEN_MIN. */
void echo_write_request(uint8_t *out, size_t len, const struct echo *echo);

/* True when data is the whole answer to what echo_write_request has made of echo. */
bool echo_is_answer(const uint8_t *data, size_t len, const struct echo *echo);

/* Makes the answer of a request, in place, as a host would; false when it is none. */
bool echo_answer(uint8_t *data, size_t len);

#endif
