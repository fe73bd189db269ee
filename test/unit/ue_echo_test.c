/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/echo.h"

#include <arpa/inet.h>

#include "unit.h"

#define LEN 64

static struct echo echo_from(const char *source, uint32_t device, uint32_t number)
{
	struct echo echo = {.device = device, .number = number};

	inet_pton(AF_INET, source, &echo.source);
	inet_pton(AF_INET, "10.2.0.1", &echo.destination);
	return echo;
}

/* RFC 791 3.1 and RFC 792: octet by octet, with the checksums as others compute them. */
static void a_request_is_what_hosts_expect(void)
{
	const struct echo echo = echo_from("10.2.0.7", 0x10203, 0x40005);
	uint8_t got[ECHO_LEN_MIN], wanted[ECHO_LEN_MIN];

	unit_hex(wanted, sizeof(wanted),
		 "45000024000000004001" /* version to protocol */
		 "66ce"			/* checksum */
		 "0a0200070a020001"	/* addresses */
		 "0800"			/* echo request */
		 "f3ea"			/* checksum */
		 "02030005"		/* identifier, sequence number */
		 "0001020300040005");	/* device, packet */
	echo_write_request(got, sizeof(got), &echo);
	CU_ASSERT_EQUAL(memcmp(got, wanted, sizeof(got)), 0);
}

static void a_request_becomes_its_answer(void)
{
	const struct echo echo = echo_from("10.2.0.7", 5, 1), other = echo_from("10.2.0.8", 5, 1),
			  later = echo_from("10.2.0.7", 5, 2);
	uint8_t data[LEN];

	echo_write_request(data, LEN, &echo);
	CU_ASSERT_FALSE(echo_is_answer(data, LEN, &echo));
	CU_ASSERT_TRUE(echo_answer(data, LEN));
	CU_ASSERT_TRUE(echo_is_answer(data, LEN, &echo));
	CU_ASSERT_FALSE(echo_is_answer(data, LEN, &other));
	CU_ASSERT_FALSE(echo_is_answer(data, LEN, &later));
	CU_ASSERT_FALSE(echo_answer(data, LEN));
}

/* All its data are zeros, whose checksum can be written in two ways. */
static void the_first_packet_of_the_first_device_is_no_exception(void)
{
	const struct echo echo = echo_from("10.2.0.7", 0, 0);
	uint8_t data[LEN];

	echo_write_request(data, LEN, &echo);
	CU_ASSERT_TRUE(echo_answer(data, LEN));
	for (int zero = 0; zero < 2; zero++) {
		data[22] = data[23] = zero ? 0 : 0xff;
		CU_ASSERT_TRUE(echo_is_answer(data, LEN, &echo));
	}
}

static void spoilt_packets_are_no_answers(void)
{
	const struct echo echo = echo_from("10.2.0.7", 5, 1);
	uint8_t good[LEN], data[LEN];

	echo_write_request(good, LEN, &echo);
	CU_ASSERT_TRUE(echo_answer(good, LEN));
	for (size_t i = 0; i < LEN * 8; i++) {
		memcpy(data, good, LEN);
		data[i / 8] ^= (uint8_t)(1 << i % 8);
		CU_ASSERT_FALSE(echo_is_answer(data, LEN, &echo));
	}
	for (size_t len = 0; len < LEN; len++)
		CU_ASSERT_FALSE(echo_is_answer(good, len, &echo));
}

UNIT_MAIN("ue_echo", {"a request is what hosts expect", a_request_is_what_hosts_expect},
	  {"a request becomes its answer", a_request_becomes_its_answer},
	  {"the first packet of the first device is no exception",
	   the_first_packet_of_the_first_device_is_no_exception},
	  {"spoilt packets are no answers", spoilt_packets_are_no_answers})
