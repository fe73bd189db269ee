/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/advice.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DECIMAL "0123456789"
#define HEX	"0123456789abcdefABCDEF"

/* --- values --- */

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcasecmp(text, *words) == 0)
			return true;
	return false;
}

static void advise_bool(const char *text, bool plain, char *advice)
{
	static const char *const yes[] = {"true", "yes", "on", "y", "1", "enabled", NULL};
	static const char *const no[] = {"false", "no", "off", "n", "0", "disabled", NULL};
	const bool is_yes = is_one_of(text, yes);

	if (is_yes || is_one_of(text, no))
		snprintf(advice, CONFIG_ADVICE, "; write %s%s", is_yes ? "true" : "false",
			 plain ? "" : " without quotes");
}

/* Some readers take "0100" as decimal, others as octal. "0080" may be hexadecimal. */
static void advise_zeros(const char *text, char *advice)
{
	const char *digits = text + strspn(text, "0");
	char *end;
	const unsigned long long octal = strtoull(text, &end, 8);

	if (*digits == '\0')
		snprintf(advice, CONFIG_ADVICE, "; write 0");
	else if (*end)
		snprintf(advice, CONFIG_ADVICE, "; write %s, or 0x%s if it is hexadecimal", digits,
			 digits);
	else if (octal < 8)
		snprintf(advice, CONFIG_ADVICE, "; write %s", digits);
	else
		snprintf(advice, CONFIG_ADVICE, "; write %s, or 0x%llx if it is octal", digits,
			 octal);
}

/* "1e6", "64.0" */
static bool advise_float(const char *text, char *advice)
{
	char *end;
	const double value = strtod(text, &end);

	if (*end || strspn(text, DECIMAL ".eE+") != strlen(text) || value > 9e15 ||
	    value != (double)(unsigned long long)value)
		return false;
	snprintf(advice, CONFIG_ADVICE, "; write %.0f", value);
	return true;
}

/* "1_000", "1,000" */
static bool advise_separators(const char *text, char *advice)
{
	char digits[24];
	size_t len = 0;

	for (; *text && len < sizeof(digits) - 1; text++)
		if (!strchr("_,'", *text))
			digits[len++] = *text;
	digits[len] = '\0';
	if (*text || len == 0 || strspn(digits, DECIMAL) != len)
		return false;
	snprintf(advice, CONFIG_ADVICE, "; write %s", digits);
	return true;
}

static void advise_base(const char *text, char *advice)
{
	const char kind = text[1];
	const int base = kind == 'o' || kind == 'O' ? 8 : kind == 'b' || kind == 'B' ? 2 : 16;
	char *end;
	const unsigned long long value = strtoull(text + 2, &end, base);

	/* a well-formed hexadecimal number is out of range */
	if (text[2] && !*end && kind != 'x')
		snprintf(advice, CONFIG_ADVICE, "; write 0x%llx", value);
}

static void advise_uint(const char *text, bool plain, char *advice)
{
	const size_t digits = strspn(text, DECIMAL);
	const bool decimal = digits > 0 && text[digits] == '\0';

	if (!plain && decimal)
		snprintf(advice, CONFIG_ADVICE, "; leave out the quotes");
	else if (text[0] == '+' && strspn(text + 1, DECIMAL) == strlen(text + 1))
		snprintf(advice, CONFIG_ADVICE, "; write %s", text + 1);
	else if (text[0] == '0' && text[1] && strchr("xXoObB", text[1]))
		advise_base(text, advice);
	else if (decimal && text[0] == '0' && digits > 1)
		advise_zeros(text, advice);
	else if (decimal || advise_float(text, advice) || advise_separators(text, advice))
		return;
	else if (strspn(text, HEX) == strlen(text))
		snprintf(advice, CONFIG_ADVICE, "; write 0x%s for a number in hex", text);
	else if (digits == 0)
		return;
	else if (strspn(text, DECIMAL ".") == strlen(text))
		snprintf(advice, CONFIG_ADVICE, "; write a whole number");
	else
		snprintf(advice, CONFIG_ADVICE, "; write the number alone, in the unit of the key");
}

static void advise_enum(const struct config_field *field, const char *text, char *advice)
{
	struct config_guess guess = config_guess_start(text);

	for (const char *const *name = field->names; *name; name++)
		config_guess_try(&guess, *name);
	if (config_guess_best(&guess))
		snprintf(advice, CONFIG_ADVICE, "; did you mean %s?", config_guess_best(&guess));
}

/* Does not echo the digits: they may be those of a key. */
static void advise_hex(const struct config_field *field, const char *text, size_t len, char *advice)
{
	if (strncasecmp(text, "0x", 2) == 0)
		snprintf(advice, CONFIG_ADVICE, "; leave out the 0x");
	else if (len > 2 * field->size && strpbrk(text, " :-"))
		snprintf(advice, CONFIG_ADVICE, "; write the digits without anything between");
	else if (len == 2 * field->size)
		snprintf(advice, CONFIG_ADVICE, ", in which not all are 0 to 9 or a to f");
	else
		snprintf(advice, CONFIG_ADVICE, ", which has %zu", len);
}

static void advise_address(const char *text, char *advice)
{
	const size_t dotted = strspn(text, DECIMAL ".");

	if (strchr(text, '/'))
		snprintf(advice, CONFIG_ADVICE, "; write one address, without '/'");
	else if (strchr(text, '['))
		snprintf(advice, CONFIG_ADVICE, "; leave out '[' and ']', and a port");
	else if (strchr(text, '%'))
		snprintf(advice, CONFIG_ADVICE,
			 "; leave out '%%' and what follows: link-local addresses cannot be used");
	else if (dotted > 0 && text[dotted] == ':')
		snprintf(advice, CONFIG_ADVICE, "; leave out the port");
	else if (text[strspn(text, HEX ":.")])
		snprintf(advice, CONFIG_ADVICE, "; names are not resolved, write the address");
}

static void advise_imsi(const char *text, size_t len, char *advice)
{
	if (strspn(text, DECIMAL) == len)
		snprintf(advice, CONFIG_ADVICE, ", which has %zu", len);
	else
		snprintf(advice, CONFIG_ADVICE, "; write digits alone");
}

/* Lists the names of fields as "name, name, name", as many as fit. */
static void list_fields(const struct config_field *fields, char *list, size_t size)
{
	size_t at = 0;

	list[0] = '\0';
	for (const struct config_field *f = fields; f->name; f++) {
		const int n =
			snprintf(list + at, size - at, "%s%s", f == fields ? "" : ", ", f->name);
		if ((size_t)n >= size - at) {
			list[at] = '\0';
			return;
		}
		at += (size_t)n;
	}
}

static void advise_struct(const struct config_field *field, const struct config_node *node,
			  char *advice)
{
	char known[CONFIG_ADVICE / 2];

	if (!field->fields)
		return;
	list_fields(field->fields, known, sizeof(known));
	snprintf(advice, CONFIG_ADVICE,
		 node->kind == CONFIG_NODE_SEQUENCE ? "; leave out the '- ': its keys are %s"
						    : "; its keys are %s",
		 known);
}

static void advise_list(const struct config_node *node, char *advice)
{
	if (node->kind == CONFIG_NODE_MAPPING)
		snprintf(advice, CONFIG_ADVICE, "; begin each item with '- '");
	else if (node->len > 0 && node->len < 64)
		snprintf(advice, CONFIG_ADVICE, "; write [%s]", node->text);
}

static void advise_scalar(const struct config_field *field, const struct config_node *node,
			  char *advice)
{
	switch (field->kind) {
	case CONFIG_BOOL:
		advise_bool(node->text, node->plain, advice);
		break;
	case CONFIG_UINT:
		advise_uint(node->text, node->plain, advice);
		break;
	case CONFIG_ENUM:
		advise_enum(field, node->text, advice);
		break;
	case CONFIG_HEX:
		advise_hex(field, node->text, node->len, advice);
		break;
	case CONFIG_ADDRESS:
		advise_address(node->text, advice);
		break;
	case CONFIG_IMSI:
		advise_imsi(node->text, node->len, advice);
		break;
	default:
		break;
	}
}

const char *config_advice_value(const struct config_field *field, const struct config_node *node,
				char advice[CONFIG_ADVICE])
{
	advice[0] = '\0';
	if (field->kind == CONFIG_STRUCT)
		advise_struct(field, node, advice);
	else if (field->kind == CONFIG_LIST)
		advise_list(node, advice);
	else if (node->kind == CONFIG_NODE_SEQUENCE && node->count == 1)
		snprintf(advice, CONFIG_ADVICE, "; leave out the '[' and ']', or the '- '");
	else if (node->kind == CONFIG_NODE_SCALAR && node->len > 0 &&
		 strlen(node->text) == node->len)
		advise_scalar(field, node, advice);
	return advice;
}

/* --- keys --- */

#define PATH_SIZE 96

/* Finds the first path in fields that ends with key. Returns false if there is none. */
static bool find_elsewhere(const struct config_field *fields, const char *key, char path[PATH_SIZE],
			   size_t len)
{
	for (const struct config_field *f = fields; f->name; f++) {
		const struct config_field *of = f->kind == CONFIG_LIST ? f->item : f;
		const char *list = f->kind == CONFIG_LIST ? "[]" : "";
		const int n =
			snprintf(path + len, PATH_SIZE - len, "%s%s", len ? "." : "", f->name);

		if ((size_t)n + 3 >= PATH_SIZE - len)
			continue;
		if (strcmp(f->name, key) == 0)
			return true;
		if (of->kind != CONFIG_STRUCT)
			continue;
		strcpy(path + len + n, list);
		if (find_elsewhere(of->fields, key, path, len + (size_t)n + strlen(list)))
			return true;
	}
	return false;
}

const char *config_advice_key(const struct config_field *all, const struct config_field *fields,
			      const char *key, char advice[CONFIG_ADVICE])
{
	struct config_guess guess = config_guess_start(key);
	char path[PATH_SIZE], known[CONFIG_ADVICE - 2 * PATH_SIZE];

	for (const struct config_field *f = fields; f->name; f++)
		config_guess_try(&guess, f->name);
	list_fields(fields, known, sizeof(known));
	if (config_guess_best(&guess))
		snprintf(advice, CONFIG_ADVICE, "; did you mean %s? Known here are %s",
			 config_guess_best(&guess), known);
	else if (strchr(key, '='))
		snprintf(advice, CONFIG_ADVICE,
			 "; a text with ',' needs quotes within {...}. Known here are %s", known);
	else if (find_elsewhere(all, key, path, 0))
		snprintf(advice, CONFIG_ADVICE, " here, it is %s; known here are %s", path, known);
	else
		snprintf(advice, CONFIG_ADVICE, "; known here are %s", known);
	return advice;
}
