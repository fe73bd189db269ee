/* SPDX-License-Identifier: BSD-3-Clause */
#include "check-vectors-entry.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Octets shown of what differs; beyond them it says where the first difference is. */
#define SHOWN_OCTETS 48
#define SHOWN_SIZE   (2 * SHOWN_OCTETS + 40)

void entry_fail(struct entry *entry, const char *field, const char *format, ...)
{
	va_list args;

	if (entry->failed)
		return;
	entry->failed = true;
	printf("%s[%zu].%s: ", entry->group, entry->index, field);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

bool entry_has(const struct entry *entry, const char *field)
{
	return json_object_get(entry->object, field) != NULL;
}

static const char *hex_field(struct entry *entry, const char *field)
{
	const json_t *value = json_object_get(entry->object, field);
	const char *text = json_string_value(value);

	if (!value) {
		entry_fail(entry, field, "missing");
		return NULL;
	}
	if (!text || strlen(text) % 2 || strlen(text) != json_string_length(value) ||
	    strspn(text, "0123456789abcdefABCDEF") != strlen(text)) {
		entry_fail(entry, field, "expected a string of hexadecimal octets");
		return NULL;
	}
	return text;
}

static uint8_t half_octet(char digit)
{
	return (uint8_t)(isdigit((unsigned char)digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
}

static void read_hex(uint8_t *out, size_t size, const char *text)
{
	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(half_octet(text[2 * i]) << 4 | half_octet(text[2 * i + 1]));
}

bool entry_hex(struct entry *entry, const char *field, uint8_t *out, size_t size)
{
	const char *text = hex_field(entry, field);

	if (!text)
		return false;
	if (strlen(text) != 2 * size) {
		entry_fail(entry, field, "expected %zu octets, got %zu", size, strlen(text) / 2);
		return false;
	}
	read_hex(out, size, text);
	return true;
}

uint8_t *entry_octets(struct entry *entry, const char *field, size_t *len)
{
	const char *text = hex_field(entry, field);

	if (!text)
		return NULL;
	*len = strlen(text) / 2;

	uint8_t *octets = malloc(*len ? *len : 1);

	if (octets)
		read_hex(octets, *len, text);
	else
		entry_fail(entry, field, "no memory for %zu octets", *len);
	return octets;
}

bool entry_uint(struct entry *entry, const char *field, uint64_t max, uint64_t *out)
{
	const json_t *value = json_object_get(entry->object, field);

	if (!value) {
		entry_fail(entry, field, "missing");
		return false;
	}
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max) {
		entry_fail(entry, field, "expected an integer from 0 to %llu",
			   (unsigned long long)max);
		return false;
	}
	*out = (uint64_t)json_integer_value(value);
	return true;
}

static const char *shown(char text[SHOWN_SIZE], const uint8_t *octets, size_t len)
{
	size_t at = 0;

	text[0] = 0;
	for (size_t i = 0; i < len && i < SHOWN_OCTETS; i++)
		at += (size_t)snprintf(text + at, SHOWN_SIZE - at, "%02x", octets[i]);
	if (len > SHOWN_OCTETS)
		snprintf(text + at, SHOWN_SIZE - at, "... (%zu octets)", len);
	return text;
}

bool entry_expect_octets(struct entry *entry, const char *field, const uint8_t *expected,
			 size_t expected_len, const uint8_t *got, size_t got_len)
{
	char expected_text[SHOWN_SIZE], got_text[SHOWN_SIZE];
	size_t same = 0;

	while (same < expected_len && same < got_len && expected[same] == got[same])
		same++;
	if (same == expected_len && same == got_len)
		return true;
	entry_fail(entry, field, "expected %s, got %s, first difference at octet %zu",
		   shown(expected_text, expected, expected_len), shown(got_text, got, got_len),
		   same);
	return false;
}

bool entry_expect_uint(struct entry *entry, const char *field, uint64_t expected, uint64_t got)
{
	if (expected == got)
		return true;
	entry_fail(entry, field, "expected %llu, got %llu", (unsigned long long)expected,
		   (unsigned long long)got);
	return false;
}

bool entry_expect_ok(struct entry *entry, const char *field, const char *function, int result)
{
	if (result == 0)
		return true;
	entry_fail(entry, field, "expected %s to succeed, got %s", function, strerror(-result));
	return false;
}

bool entry_check_hex(struct entry *entry, const char *field, const uint8_t *got, size_t len)
{
	size_t expected_len;
	uint8_t *expected = entry_octets(entry, field, &expected_len);

	if (!expected)
		return false;

	bool same = entry_expect_octets(entry, field, expected, expected_len, got, len);

	free(expected);
	return same;
}
