/* SPDX-License-Identifier: BSD-3-Clause */
/* Traffic flow templates, TS 24.008 10.5.6.12. */
#include "ue/tft.h"

#include <errno.h>

#include "unit.h"

#define REMOTE_10_2_0_9 "100a020009ffffffff"

static int parse(struct tft *tft, const char *hex)
{
	uint8_t data[256];
	size_t len = unit_hex(data, sizeof(data), hex);
	uint8_t *exact = malloc(len ? len : 1);
	int result;

	memcpy(exact, data, len);
	result = tft_parse(tft, exact, len);
	free(exact);
	return result;
}

/* An IPv4 packet from 10.2.0.100 to 10.2.0.host, with ports where it is UDP. */
static int match(const struct tft *tft, uint8_t host, uint8_t protocol, uint16_t from, uint16_t to)
{
	const uint8_t packet[24] = {0x45,
				    [1] = 0xB8,
				    [9] = protocol,
				    [12] = 10,
				    2,
				    0,
				    100,
				    10,
				    2,
				    0,
				    host,
				    (uint8_t)(from >> 8),
				    (uint8_t)from,
				    (uint8_t)(to >> 8),
				    (uint8_t)to};

	return tft_match(tft, packet, sizeof(packet));
}

static void remote_address_is_matched(void)
{
	struct tft tft;

	CU_ASSERT_EQUAL(parse(&tft, "21300709" REMOTE_10_2_0_9), 0);
	CU_ASSERT_EQUAL(match(&tft, 9, 1, 0, 0), 7);
	CU_ASSERT_EQUAL(match(&tft, 8, 1, 0, 0), -ENOENT);
	/* 10.2.0.8/31 */
	CU_ASSERT_EQUAL(parse(&tft, "21300709100a020008fffffffe"), 0);
	CU_ASSERT_EQUAL(match(&tft, 9, 1, 0, 0), 7);
	CU_ASSERT_EQUAL(match(&tft, 10, 1, 0, 0), -ENOENT);
}

static void protocol_and_ports_are_matched(void)
{
	struct tft tft;

	CU_ASSERT_EQUAL(parse(&tft, "213001"
				    "0a"
				    "3011"
				    "5013c4"
				    "4110001fff"),
			0); /* UDP, to 5060, from 4096 to 8191 */
	CU_ASSERT_EQUAL(match(&tft, 9, 17, 0x1000, 5060), 1);
	CU_ASSERT_EQUAL(match(&tft, 9, 17, 0x1fff, 5060), 1);
	CU_ASSERT_EQUAL(match(&tft, 9, 17, 0x2000, 5060), -ENOENT);
	CU_ASSERT_EQUAL(match(&tft, 9, 17, 0x1000, 5061), -ENOENT);
	CU_ASSERT_EQUAL(match(&tft, 9, 6, 0x1000, 5060), -ENOENT);
	CU_ASSERT_EQUAL(match(&tft, 9, 1, 0x1000, 5060), -ENOENT);
}

static void type_of_service_is_matched(void)
{
	struct tft tft;

	CU_ASSERT_EQUAL(parse(&tft, "2130010370b8fc"), 0);
	CU_ASSERT_EQUAL(match(&tft, 9, 1, 0, 0), 1);
	CU_ASSERT_EQUAL(parse(&tft, "21300103700cfc"), 0);
	CU_ASSERT_EQUAL(match(&tft, 9, 1, 0, 0), -ENOENT);
}

static void lowest_precedence_comes_first(void)
{
	struct tft tft;

	CU_ASSERT_EQUAL(parse(&tft, "22"
				    "301e023011"
				    "310a023011"),
			0);
	CU_ASSERT_EQUAL(match(&tft, 9, 17, 1, 1), 10);
}

static void filters_for_downlink_are_passed_over(void)
{
	struct tft tft;

	CU_ASSERT_EQUAL(parse(&tft, "22"
				    "1001023011"
				    "2102023011"),
			0);
	CU_ASSERT_EQUAL(tft.count, 1);
	CU_ASSERT_EQUAL(match(&tft, 9, 17, 1, 1), 2);
}

static void what_is_no_new_tft_is_refused(void)
{
	static const char *const wrong[] = {"",
					    "40",
					    "21",
					    "2130",
					    "213001",
					    "21300101",
					    "2130010230",
					    "2130010299ff",
					    "213001"
					    "0210",
					    "22300102"
					    "3011",
					    "2130010920"
					    "0a020009ffffffff"};
	struct tft tft;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_EQUAL(parse(&tft, wrong[i]), -EBADMSG);
}

static void packets_that_are_none_match_nothing(void)
{
	const uint8_t ipv6[40] = {0x60}, long_header[20] = {0x4F}, no_header[20] = {0x44};
	struct tft tft;

	CU_ASSERT_EQUAL(parse(&tft, "21300100"), 0); /* matches all */
	CU_ASSERT_EQUAL(tft_match(&tft, ipv6, sizeof(ipv6)), -ENOENT);
	CU_ASSERT_EQUAL(tft_match(&tft, ipv6, 0), -ENOENT);
	CU_ASSERT_EQUAL(tft_match(&tft, no_header, sizeof(no_header)), -ENOENT);
	CU_ASSERT_EQUAL(tft_match(&tft, long_header, sizeof(long_header)), 1);
}

UNIT_MAIN("ue_tft", {"remote address is matched", remote_address_is_matched},
	  {"protocol and ports are matched", protocol_and_ports_are_matched},
	  {"type of service is matched", type_of_service_is_matched},
	  {"lowest precedence comes first", lowest_precedence_comes_first},
	  {"filters for downlink are passed over", filters_for_downlink_are_passed_over},
	  {"what is no new TFT is refused", what_is_no_new_tft_is_refused},
	  {"packets that are none match nothing", packets_that_are_none_match_nothing})
