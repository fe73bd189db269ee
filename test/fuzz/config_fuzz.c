/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/config.h"

#include <stdbool.h>
#include <string.h>

#include "fuzz.h"

#define NAME "fuzz.yaml"

/* One field of every kind. */
struct item {
	struct e2m_imsi imsi;
	uint8_t key[E2M_KEY_LEN];
};

struct document {
	bool flag;
	bool port_given;
	uint16_t port;
	uint64_t big;
	char *text;
	int eea;
	struct config_address address;
	struct e2m_numbers numbers;
	struct item *items;
	size_t item_count;
	char **texts;
	size_t text_count;
};

static const struct config_field item_fields[] = {
	{.name = "imsi", .kind = CONFIG_IMSI, CONFIG_MEMBER(struct item, imsi), .required = true},
	{.name = "k", .kind = CONFIG_HEX, CONFIG_MEMBER(struct item, key), .secret = true},
	{0},
};

static const struct config_field item_field = {
	.kind = CONFIG_STRUCT, .size = sizeof(struct item), .fields = item_fields};
static const struct config_field text_field = {.kind = CONFIG_STRING, .size = sizeof(char *)};

static const struct config_field document_fields[] = {
	{.name = "flag", .kind = CONFIG_BOOL, CONFIG_MEMBER(struct document, flag)},
	{.name = "port",
	 .kind = CONFIG_UINT,
	 CONFIG_MEMBER(struct document, port),
	 .min = 1,
	 .max = 50000,
	 .given_offset = offsetof(struct document, port_given)},
	{.name = "big", .kind = CONFIG_UINT, CONFIG_MEMBER(struct document, big)},
	{.name = "text", .kind = CONFIG_STRING, CONFIG_MEMBER(struct document, text)},
	{.name = "eea",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct document, eea),
	 .names = config_eea_names,
	 .values = config_eea_values},
	{.name = "address", .kind = CONFIG_ADDRESS, CONFIG_MEMBER(struct document, address)},
	{.name = "numbers",
	 .kind = CONFIG_STRUCT,
	 CONFIG_MEMBER(struct document, numbers),
	 .fields = config_e2m_numbers},
	{.name = "items",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct document, items),
	 .item = &item_field,
	 .count_offset = offsetof(struct document, item_count),
	 .min = 0,
	 .max = 8},
	{.name = "texts",
	 .kind = CONFIG_LIST,
	 CONFIG_MEMBER(struct document, texts),
	 .item = &text_field,
	 .count_offset = offsetof(struct document, text_count)},
	{0},
};

/* 32 digits in hex, not all of them decimal. */
static bool has_key(const char *text)
{
	for (size_t len; *text; text += len ? len : 1) {
		len = strspn(text, "0123456789abcdefABCDEF");
		if (len >= 32 && strspn(text, "0123456789") < len)
			return true;
	}
	return false;
}

/* Each line names its place in the file; the last may say how many more there were. */
static void check_errors(const char *errors)
{
	FUZZ_CHECK(*errors && !has_key(errors));
	for (const char *line = errors; *line;) {
		const char *end = strchr(line, '\n');
		unsigned at_line, at_column, more;

		FUZZ_CHECK(end);
		if (sscanf(line, NAME ": and %u more errors", &more) == 1)
			FUZZ_CHECK(more > 0 && !end[1]);
		else
			FUZZ_CHECK(sscanf(line, NAME ":%u:%u: ", &at_line, &at_column) == 2);
		line = end + 1;
	}
}

static void check_document(const struct document *d)
{
	FUZZ_CHECK(!d->port_given || (d->port >= 1 && d->port <= 50000));
	FUZZ_CHECK(!d->text || *d->text);
	FUZZ_CHECK(d->item_count <= 8);
	for (size_t i = 0; i < d->item_count; i++)
		FUZZ_CHECK(strlen(d->items[i].imsi.digits) >= E2M_IMSI_MIN_DIGITS);
	for (size_t i = 0; i < d->text_count; i++)
		FUZZ_CHECK(*d->texts[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct document document = {.numbers = e2m_default_numbers};
	char *text = NULL;
	size_t len = 0;
	FILE *errors = open_memstream(&text, &len);

	FUZZ_CHECK(errors);

	struct config_file *file = config_load_memory(NAME, (const char *)data, size,
						      document_fields, &document, errors);

	fflush(errors);
	if (file) {
		FUZZ_CHECK(len == 0);
		check_document(&document);
		config_error(file, errors, "items[0].imsi", "for its place");
		fflush(errors);
	}
	check_errors(text);
	config_free(file);
	fclose(errors);
	free(text);
	return 0;
}
