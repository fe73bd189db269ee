/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/utf8.h"

#include <stdint.h>
#include <string.h>

struct place {
	uint32_t line, column; /* from 1, in characters */
};

/* Length in octets of the character at text, at most len; 0: not UTF-8 (RFC 3629 4). */
static size_t read_character(const uint8_t *text, size_t len, uint32_t *character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const uint8_t first = text[0];
	const size_t octets = first < 0x80	     ? 1
			      : (first >> 5) == 0x06 ? 2
			      : (first >> 4) == 0x0e ? 3
			      : (first >> 3) == 0x1e ? 4
						     : 0;

	if (octets == 0 || octets > len)
		return 0;
	*character = octets == 1 ? first : first & (0x7fu >> octets);
	for (size_t i = 1; i < octets; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | (text[i] & 0x3f);
	}
	if (octets > 1 && *character < least[octets])
		return 0;
	return *character <= 0x10ffff && (*character < 0xd800 || *character > 0xdfff) ? octets : 0;
}

/* The characters of YAML 1.1 5.1 that libyaml accepts. */
static bool is_allowed(uint32_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c <= 0x7e) || c == 0x85 ||
	       (c >= 0xa0 && c <= 0xfffd && c != 0xfeff) || c >= 0x10000;
}

static void advance(struct place *place, uint32_t character, bool before_line_feed)
{
	const bool is_break = character == '\n' || (character == '\r' && !before_line_feed) ||
			      character == 0x85 || character == 0x2028 || character == 0x2029;

	place->line += is_break;
	place->column = is_break ? 1 : place->column + 1;
}

static bool is_utf16(const uint8_t *text, size_t len)
{
	return len >= 2 &&
	       ((text[0] == 0xff && text[1] == 0xfe) || (text[0] == 0xfe && text[1] == 0xff));
}

bool config_utf8_check(const char *text, size_t len, struct config_report *report)
{
	const uint8_t *octets = (const uint8_t *)text;
	struct place at = {1, 1};
	size_t i = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

	if (is_utf16(octets, len)) {
		config_report_error(report, 1, 1, "",
				    "the file is UTF-16, not UTF-8; save it as UTF-8");
		return false;
	}
	while (i < len) {
		uint32_t character = 0;
		const size_t size = read_character(octets + i, len - i, &character);

		if (size == 0) {
			config_report_error(report, at.line, at.column, "",
					    "octet 0x%02x is not UTF-8; save the file as UTF-8",
					    octets[i]);
			return false;
		}
		if (!is_allowed(character)) {
			config_report_error(report, at.line, at.column, "",
					    "control character U+%04X is not allowed; remove it",
					    character);
			return false;
		}
		i += size;
		advance(&at, character, i < len && octets[i] == '\n');
	}
	return true;
}
