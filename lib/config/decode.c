/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/decode.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/advice.h"
#include "e2m/e2m.h"

#define KEYS_MAX  64  /* fields of one table */
#define PATH_SIZE 256 /* longer paths are shown cut */
#define TEXT_SIZE 512 /* longer texts are shown cut */
#define ECHO_MAX  40  /* octets of a wrong value that are shown */

struct decoder {
	const struct config_field *table; /* of the whole document */
	struct config_report *report;
	struct config_block **blocks;
	char path[PATH_SIZE];
	size_t path_len;
};

void *config_block_new(struct config_block **blocks, size_t size)
{
	struct config_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = size;
	block->next = *blocks;
	*blocks = block;
	return block->data;
}

void config_blocks_free(struct config_block *blocks)
{
	while (blocks) {
		struct config_block *next = blocks->next;
		e2m_wipe(blocks->data, blocks->size);
		free(blocks);
		blocks = next;
	}
}

/* Appends to the path; returns its length before, for path_leave. */
static size_t __attribute__((format(printf, 2, 3)))
path_enter(struct decoder *d, const char *format, ...)
{
	size_t before = d->path_len;
	va_list args;

	va_start(args, format);
	int n = vsnprintf(d->path + before, PATH_SIZE - before, format, args);
	va_end(args);
	d->path_len += (size_t)n < PATH_SIZE - before ? (size_t)n : PATH_SIZE - 1 - before;
	return before;
}

static size_t path_enter_key(struct decoder *d, const char *key)
{
	return path_enter(d, "%s%.64s", d->path_len ? "." : "", key);
}

static void path_leave(struct decoder *d, size_t before)
{
	d->path_len = before;
	d->path[before] = '\0';
}

static void report_out_of_memory(struct decoder *d, const struct config_node *node)
{
	config_report_error(d->report, node->line, node->column, d->path, "out of memory");
}

static bool is_text(const struct config_node *node, const char *text)
{
	return node->kind == CONFIG_NODE_SCALAR && node->len == strlen(text) &&
	       !memcmp(node->text, text, node->len);
}

static bool is_null(const struct config_node *node)
{
	return node->plain && (is_text(node, "") || is_text(node, "~") || is_text(node, "null"));
}

static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return true;
}

/* Describes the value at node. */
static void describe_value(char found[ECHO_MAX + 8], const struct config_field *field,
			   const struct config_node *node)
{
	if (node->kind == CONFIG_NODE_SEQUENCE)
		strcpy(found, "a list");
	else if (node->kind == CONFIG_NODE_MAPPING)
		strcpy(found, "a mapping");
	else if (is_null(node))
		strcpy(found, "nothing");
	else if (field->secret)
		strcpy(found, "another value");
	else if (!is_printable(node->text, node->len))
		strcpy(found, "unprintable text");
	else
		snprintf(found, ECHO_MAX + 8, "'%.*s%s'", ECHO_MAX, node->text,
			 node->len > ECHO_MAX ? "..." : "");
}

/* Reports "expected ..., found ...; write ..." at node. */
static void report_expected(struct decoder *d, const struct config_field *field,
			    const struct config_node *node, const char *expected)
{
	char found[ECHO_MAX + 8], advice[CONFIG_ADVICE] = "";

	describe_value(found, field, node);
	if (node->kind != CONFIG_NODE_SCALAR || is_printable(node->text, node->len))
		config_advice_value(field, node, advice);
	config_report_error(d->report, node->line, node->column, d->path, "expected %s, found %s%s",
			    expected, found, advice);
}

static bool read_bool(struct decoder *d, const struct config_field *field,
		      const struct config_node *node, void *member)
{
	if (node->plain && (is_text(node, "true") || is_text(node, "yes"))) {
		*(bool *)member = true;
		return true;
	}
	if (node->plain && (is_text(node, "false") || is_text(node, "no"))) {
		*(bool *)member = false;
		return true;
	}
	report_expected(d, field, node, "true or false");
	return false;
}

/* Decimal without leading zeros (YAML 1.1 would have them octal, YAML 1.2 not), or 0x. */
static bool parse_uint(const struct config_node *node, uint64_t *value)
{
	const char *text = node->text;
	char *end;

	if (node->kind != CONFIG_NODE_SCALAR || !node->plain || text[0] < '0' || text[0] > '9')
		return false;
	bool hex = text[0] == '0' && text[1] == 'x' && text[2] != '\0';
	if (text[0] == '0' && text[1] != '\0' && !hex)
		return false;
	errno = 0;
	*value = strtoull(text, &end, hex ? 16 : 10);
	return errno == 0 && end == text + node->len;
}

static bool read_uint(struct decoder *d, const struct config_field *field,
		      const struct config_node *node, void *member)
{
	uint64_t min = field->min, max = field->max, value;
	char expected[64];

	if (min == 0 && max == 0)
		max = UINT64_MAX >> (64 - 8 * field->size);
	if (!parse_uint(node, &value) || value < min || value > max) {
		snprintf(expected, sizeof(expected), "an integer from %llu to %llu",
			 (unsigned long long)min, (unsigned long long)max);
		report_expected(d, field, node, expected);
		return false;
	}
	switch (field->size) {
	case 1:
		*(uint8_t *)member = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)member = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)member = (uint32_t)value;
		break;
	default:
		*(uint64_t *)member = value;
	}
	return true;
}

static bool read_string(struct decoder *d, const struct config_field *field,
			const struct config_node *node, void *member)
{
	if (node->kind != CONFIG_NODE_SCALAR || is_null(node) || node->len == 0 ||
	    !is_printable(node->text, node->len)) {
		report_expected(d, field, node, "a string");
		return false;
	}
	char *copy = config_block_new(d->blocks, node->len + 1);
	if (!copy) {
		report_out_of_memory(d, node);
		return false;
	}
	memcpy(copy, node->text, node->len);
	*(char **)member = copy;
	return true;
}

static bool read_enum(struct decoder *d, const struct config_field *field,
		      const struct config_node *node, void *member)
{
	char expected[TEXT_SIZE] = "";
	size_t at = 0;

	for (int i = 0; field->names[i]; i++) {
		if (is_text(node, field->names[i])) {
			*(int *)member = field->values ? field->values[i] : i;
			return true;
		}
		int n = snprintf(expected + at, TEXT_SIZE - at, "%s%s", i ? ", " : "one of ",
				 field->names[i]);
		at += (size_t)n < TEXT_SIZE - at ? (size_t)n : 0;
	}
	report_expected(d, field, node, expected);
	return false;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_hex(const struct config_node *node, size_t octets)
{
	if (node->kind != CONFIG_NODE_SCALAR || node->len != 2 * octets)
		return false;
	for (size_t i = 0; i < node->len; i++)
		if (hex_digit(node->text[i]) < 0)
			return false;
	return true;
}

/* Reports once per file, at the first key in it. */
static void expect_private(struct decoder *d, const struct config_node *node)
{
	if (!d->report->is_open)
		return;
	d->report->is_open = false;
	config_report_error(d->report, node->line, node->column, d->path,
			    "others than the owner may read or write the file, which holds keys: "
			    "chmod 600 %s",
			    d->report->name);
}

static bool read_hex(struct decoder *d, const struct config_field *field, struct config_node *node,
		     void *member)
{
	uint8_t *octets = member;
	char expected[64];

	if (!is_hex(node, field->size)) {
		snprintf(expected, sizeof(expected), "exactly %zu hex digits", 2 * field->size);
		report_expected(d, field, node, expected);
		return false;
	}
	for (size_t i = 0; i < field->size; i++)
		octets[i] = (uint8_t)(hex_digit(node->text[2 * i]) << 4 |
				      hex_digit(node->text[2 * i + 1]));
	if (!field->secret)
		return true;
	e2m_wipe(node->text, node->len);
	expect_private(d, node);
	return true;
}

static bool read_address(struct decoder *d, const struct config_field *field,
			 const struct config_node *node, void *member)
{
	struct config_address address = {0};

	if (node->kind == CONFIG_NODE_SCALAR && strlen(node->text) == node->len) {
		if (inet_pton(AF_INET, node->text, address.octets) == 1)
			address.family = AF_INET;
		else if (inet_pton(AF_INET6, node->text, address.octets) == 1)
			address.family = AF_INET6;
	}
	if (address.family == 0) {
		report_expected(d, field, node, "an IPv4 or IPv6 address");
		return false;
	}
	*(struct config_address *)member = address;
	return true;
}

static bool read_imsi(struct decoder *d, const struct config_field *field,
		      const struct config_node *node, void *member)
{
	struct e2m_imsi imsi;

	if (node->kind != CONFIG_NODE_SCALAR || e2m_imsi_parse(&imsi, node->text, node->len)) {
		report_expected(d, field, node, "an IMSI of 6 to 15 decimal digits");
		return false;
	}
	*(struct e2m_imsi *)member = imsi;
	return true;
}

static bool read_struct(struct decoder *d, const struct config_field *fields,
			const struct config_field *field, struct config_node *node, uint8_t *base);
static bool read_list(struct decoder *d, const struct config_field *field, struct config_node *node,
		      uint8_t *base);

/* field of the struct at base, from node. */
static bool read_field(struct decoder *d, const struct config_field *field,
		       struct config_node *node, uint8_t *base)
{
	void *member = base + field->offset;

	switch (field->kind) {
	case CONFIG_BOOL:
		return read_bool(d, field, node, member);
	case CONFIG_UINT:
		return read_uint(d, field, node, member);
	case CONFIG_STRING:
		return read_string(d, field, node, member);
	case CONFIG_ENUM:
		return read_enum(d, field, node, member);
	case CONFIG_HEX:
		return read_hex(d, field, node, member);
	case CONFIG_ADDRESS:
		return read_address(d, field, node, member);
	case CONFIG_IMSI:
		return read_imsi(d, field, node, member);
	case CONFIG_STRUCT:
		return read_struct(d, field->fields, field, node, member);
	case CONFIG_LIST:
		return read_list(d, field, node, base);
	}
	return false;
}

static void report_list_length(struct decoder *d, const struct config_field *field,
			       const struct config_node *node)
{
	if (node->count < field->min)
		config_report_error(d->report, node->line, node->column, d->path,
				    "expected at least %llu items, found %u",
				    (unsigned long long)field->min, node->count);
	else
		config_report_error(d->report, node->line, node->column, d->path,
				    "expected at most %llu items, found %u",
				    (unsigned long long)field->max, node->count);
}

static bool read_item(struct decoder *d, const struct config_field *field, struct config_node *node,
		      uint8_t *items, size_t i)
{
	uint8_t *item = items + i * field->item->size;
	size_t before;
	bool ok;

	if (field->item_default)
		memcpy(item, field->item_default, field->item->size);
	before = path_enter(d, "[%zu]", i);
	ok = read_field(d, field->item, node, item);
	path_leave(d, before);
	return ok;
}

static bool read_list(struct decoder *d, const struct config_field *field, struct config_node *node,
		      uint8_t *base)
{
	const bool is_one = field->or_one && node->kind == CONFIG_NODE_SCALAR;
	const size_t count = is_one ? 1 : node->count;
	size_t i = 0;
	uint8_t *items = NULL;
	bool ok = true;

	if (node->kind != CONFIG_NODE_SEQUENCE && !is_one) {
		report_expected(d, field, node, "a list");
		return false;
	}
	if ((field->min || field->max) && (count < field->min || count > field->max)) {
		report_list_length(d, field, node);
		ok = false;
	}
	if (count > 0)
		items = config_block_new(d->blocks, count * field->item->size);
	if (count > 0 && !items) {
		report_out_of_memory(d, node);
		return false;
	}
	if (is_one)
		ok &= read_item(d, field, node, items, 0);
	else
		for (struct config_node *child = node->first; child; child = child->next)
			ok &= read_item(d, field, child, items, i++);
	*(void **)(base + field->offset) = items;
	*(size_t *)(base + field->count_offset) = count;
	return ok;
}

static const struct config_field *find_field(const struct config_field *fields, const char *name,
					     size_t len)
{
	for (const struct config_field *f = fields; f->name; f++)
		if (strlen(f->name) == len && !memcmp(f->name, name, len))
			return f;
	return NULL;
}

static void report_unknown(struct decoder *d, const struct config_field *fields,
			   const struct config_node *key)
{
	char advice[CONFIG_ADVICE];

	config_report_error(d->report, key->line, key->column, d->path, "unknown key%s",
			    config_advice_key(d->table, fields, key->text, advice));
}

/* One key and its value; lines[] has the line where each field was first seen. */
static bool read_pair(struct decoder *d, const struct config_field *fields,
		      const struct config_node *key, struct config_node *value, uint8_t *base,
		      uint32_t *lines)
{
	if (key->kind != CONFIG_NODE_SCALAR || !is_printable(key->text, key->len)) {
		config_report_error(d->report, key->line, key->column, d->path,
				    "expected a word as key");
		return false;
	}
	const struct config_field *field = find_field(fields, key->text, key->len);
	size_t before = path_enter_key(d, key->text);
	bool ok = false;
	if (!field) {
		report_unknown(d, fields, key);
	} else if (lines[field - fields]) {
		config_report_error(d->report, key->line, key->column, d->path,
				    "given twice, first at line %u", lines[field - fields]);
	} else {
		lines[field - fields] = key->line;
		ok = read_field(d, field, value, base);
		if (field->given_offset)
			*(bool *)(base + field->given_offset) = true;
	}
	path_leave(d, before);
	return ok;
}

/* A mapping into the struct at base; field is NULL for the whole document. */
static bool read_struct(struct decoder *d, const struct config_field *fields,
			const struct config_field *field, struct config_node *node, uint8_t *base)
{
	const struct config_field document = {.name = "", .kind = CONFIG_STRUCT, .fields = fields};
	uint32_t lines[KEYS_MAX] = {0};
	bool ok = true;

	for (size_t i = 0; fields[i].name; i++)
		if (i == KEYS_MAX)
			abort(); /* the table is the program's, not the user's */
	if (node->kind != CONFIG_NODE_MAPPING) {
		report_expected(d, field ? field : &document, node, "a mapping");
		return false;
	}
	for (struct config_node *key = node->first; key; key = key->next->next)
		ok &= read_pair(d, fields, key, key->next, base, lines);
	for (const struct config_field *f = fields; f->name; f++) {
		if (!f->required || lines[f - fields])
			continue;
		size_t before = path_enter_key(d, f->name);
		config_report_error(d->report, node->line, node->column, d->path,
				    "required, but missing");
		path_leave(d, before);
		ok = false;
	}
	return ok;
}

void config_decode(struct config_node *root, const struct config_field *table, void *out,
		   struct config_block **blocks, struct config_report *report)
{
	struct decoder d = {.table = table, .report = report, .blocks = blocks};

	read_struct(&d, table, NULL, root, out);
}
