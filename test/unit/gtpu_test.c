/* SPDX-License-Identifier: BSD-3-Clause */
#include "gtp/gtpu.h"

#include "unit.h"

/* Parses a copy that ends where its memory ends, so that the sanitizer sees any octet read beyond. */
static int parse(struct gtpu *gtpu, const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	memcpy(exact, data, len);
	int r = gtpu_parse(gtpu, exact, len);
	free(exact);
	return r;
}

static int parse_hex(struct gtpu *gtpu, const char *hex)
{
	uint8_t data[256];

	return parse(gtpu, data, unit_hex(data, sizeof(data), hex));
}

static void plain_header_is_read(void) /* TS 29.281 5.1 */
{
	struct gtpu g;

	CU_ASSERT_EQUAL(parse_hex(&g, "30ff0003deadbeef010203"), 0);
	CU_ASSERT_EQUAL(g.flags, 0x30);
	CU_ASSERT_EQUAL(g.message_type, GTPU_G_PDU);
	CU_ASSERT_EQUAL(g.length, 3);
	CU_ASSERT_EQUAL(g.teid, 0xdeadbeef);
	CU_ASSERT_EQUAL(g.header_len, 8);
	CU_ASSERT_EQUAL(g.payload_len, 3);
	CU_ASSERT_EQUAL(parse_hex(&g, "30ff000000000001"), 0);
	CU_ASSERT_EQUAL(g.payload_len, 0);
}

static void spare_bit_is_ignored(void) /* TS 29.281 5.1: bit 4 shall not be evaluated */
{
	struct gtpu g;

	CU_ASSERT_EQUAL(parse_hex(&g, "38ff000100000001aa"), 0);
	CU_ASSERT_EQUAL(g.header_len, 8);
	CU_ASSERT_EQUAL(g.payload_len, 1);
}

static void octets_after_the_length_are_not_payload(void)
{
	struct gtpu g;

	CU_ASSERT_EQUAL(parse_hex(&g, "30ff000200000001aabbcccc"), 0);
	CU_ASSERT_EQUAL(g.payload_len, 2);
}

static void any_of_e_s_pn_brings_four_octets(void) /* TS 29.281 5.1 */
{
	static const char *const flags[] = {"31", "32", "33"};
	struct gtpu g;

	for (size_t i = 0; i < 3; i++) {
		char hex[64];

		/* Next type 0x85 with E clear: the field shall not be evaluated. */
		snprintf(hex, sizeof(hex), "%sff00050000000100070985aa", flags[i]);
		CU_ASSERT_EQUAL(parse_hex(&g, hex), 0);
		CU_ASSERT_EQUAL(g.header_len, 12);
		CU_ASSERT_EQUAL(g.payload_len, 1);
	}
	CU_ASSERT_EQUAL(parse_hex(&g, "34ff00050000000100000000aa"), 0);
	CU_ASSERT_EQUAL(g.header_len, 12);
	CU_ASSERT_EQUAL(parse_hex(&g, "32ff000300000001000709"), -EBADMSG);
}

static void extension_headers_are_walked(void) /* TS 29.281 5.2.1 */
{
	struct gtpu g;

	/* PDU session container (0x85) of 4 octets, then a PDCP PDU number (0xC0) of 8. */
	CU_ASSERT_EQUAL(parse_hex(&g, "36ff0012000000010007008501"
				      "0001c0020102030405060045"
				      "67"),
			0);
	CU_ASSERT_EQUAL(g.header_len, 24);
	CU_ASSERT_EQUAL(g.payload_len, 2);
}

static void broken_extension_chains_are_refused(void) /* TS 29.281 5.2.1 */
{
	struct gtpu g;

	/* length 0 */
	CU_ASSERT_EQUAL(parse_hex(&g, "34ff00080000000100000085"
				      "00000000"),
			-EBADMSG);
	/* no octet of the header that is announced */
	CU_ASSERT_EQUAL(parse_hex(&g, "34ff00040000000100000085"), -EBADMSG);
	/* a header that ends after the GTP-U length, though there are octets */
	CU_ASSERT_EQUAL(parse_hex(&g, "34ff00080000000100000085"
				      "0200000000000000"),
			-EBADMSG);
	/* a chain whose second header is missing */
	CU_ASSERT_EQUAL(parse_hex(&g, "34ff00080000000100000085"
				      "01000085"),
			-EBADMSG);
}

static void chain_that_fills_a_jumbo_packet_is_bounded(void)
{
	/* length 65535 is 8 + 65535 octets: more than header_len holds when all of it is chain */
	size_t len = GTPU_HEADER_MIN + 65535;
	uint8_t *data = calloc(1, len);
	struct gtpu g;

	unit_hex(data, 12, "34ffffff0000000100000085");
	for (size_t at = 12; at + 4 <= len; at += 4) {
		data[at] = 1;
		data[at + 3] = 0x85;
	}
	CU_ASSERT_EQUAL(gtpu_parse(&g, data, len), -EBADMSG);
	data[len - 3 - 1] =
		0; /* the last whole header ends the chain, three octets before the end */
	CU_ASSERT_EQUAL(gtpu_parse(&g, data, len), -EBADMSG);
	free(data);
}

static void other_versions_are_refused(void)
{
	struct gtpu g;

	for (unsigned upper = 0; upper < 16; upper++) {
		uint8_t data[9] = {(uint8_t)(upper << 4), 0xff, 0, 1, 0, 0, 0, 1, 0xaa};

		CU_ASSERT_EQUAL(parse(&g, data, sizeof(data)), upper == 3 ? 0 : -EBADMSG);
	}
}

static void every_truncation_is_refused(void)
{
	uint8_t data[64];
	size_t len = unit_hex(data, sizeof(data),
			      "36ff0012000000010007008501"
			      "0001c002010203040506004567");
	struct gtpu g;

	for (size_t cut = 0; cut < len; cut++)
		CU_ASSERT_EQUAL(parse(&g, data, cut), -EBADMSG);
	CU_ASSERT_EQUAL(parse(&g, data, len), 0);
}

static void every_corruption_is_survived(void)
{
	uint8_t data[64];
	size_t len = unit_hex(data, sizeof(data),
			      "36ff0012000000010007008501"
			      "0001c002010203040506004567");

	for (size_t i = 0; i < len; i++)
		for (unsigned v = 0; v < 256; v++) {
			uint8_t kept = data[i];
			struct gtpu g;

			data[i] = (uint8_t)v;
			if (parse(&g, data, len) == 0) {
				CU_ASSERT(g.header_len >= GTPU_HEADER_MIN);
				CU_ASSERT(g.header_len + (size_t)g.payload_len <= len);
				CU_ASSERT_EQUAL(g.header_len + g.payload_len, 8 + g.length);
			}
			data[i] = kept;
		}
}

static void written_header_is_read_back(void)
{
	uint8_t data[GTPU_HEADER_MIN + 100] = {0};
	struct gtpu g;

	CU_ASSERT_EQUAL(gtpu_write(data, GTPU_ECHO_REQUEST, 0x01020304, 100), GTPU_HEADER_MIN);
	CU_ASSERT_EQUAL(parse(&g, data, sizeof(data)), 0);
	CU_ASSERT_EQUAL(g.message_type, GTPU_ECHO_REQUEST);
	CU_ASSERT_EQUAL(g.teid, 0x01020304);
	CU_ASSERT_EQUAL(g.payload_len, 100);
}

static void payload_length_is_set_behind_options(void)
{
	uint8_t data[64] = {0};
	struct gtpu g;

	unit_hex(data, sizeof(data),
		 "36ff0012000000010007008501"
		 "0001c002010203040506004567");
	gtpu_set_payload_len(data, 24, 8);
	CU_ASSERT_EQUAL(parse(&g, data, sizeof(data)), 0);
	CU_ASSERT_EQUAL(g.length, 24);
	CU_ASSERT_EQUAL(g.header_len, 24);
	CU_ASSERT_EQUAL(g.payload_len, 8);
}

UNIT_MAIN("gtpu", {"plain header is read", plain_header_is_read},
	  {"spare bit is ignored", spare_bit_is_ignored},
	  {"octets after the length are not payload", octets_after_the_length_are_not_payload},
	  {"any of E, S, PN brings four octets", any_of_e_s_pn_brings_four_octets},
	  {"extension headers are walked", extension_headers_are_walked},
	  {"broken extension chains are refused", broken_extension_chains_are_refused},
	  {"chain that fills a jumbo packet is bounded",
	   chain_that_fills_a_jumbo_packet_is_bounded},
	  {"other versions are refused", other_versions_are_refused},
	  {"every truncation is refused", every_truncation_is_refused},
	  {"every corruption is survived", every_corruption_is_survived},
	  {"written header is read back", written_header_is_read_back},
	  {"payload length is set behind options", payload_length_is_set_behind_options})
