/* SPDX-License-Identifier: BSD-3-Clause */
#include "print.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_MAX 2048

/* Escape sequences in what hse is told, or in what somebody else says in its place, do nothing here. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void print_error(const char *format, ...)
{
	char text[ERROR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	make_printable(text);
	fprintf(stderr, "hsectl: %s\n", text);
}

static void *must(void *memory)
{
	if (!memory) {
		print_error("no memory");
		exit(1);
	}
	return memory;
}

void print_json(const json_t *value)
{
	char *text = must(json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY));

	fputs(text, stdout);
	free(text);
}

void print_duration(char *text, size_t size, json_int_t seconds)
{
	const long long s = seconds;

	if (s >= 86400)
		snprintf(text, size, "%lld d %lld h %lld min", s / 86400, s / 3600 % 24,
			 s / 60 % 60);
	else if (s >= 3600)
		snprintf(text, size, "%lld h %lld min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(text, size, "%lld min %lld s", s / 60, s % 60);
	else
		snprintf(text, size, "%lld s", s);
}

/* The value of key; where it is the word that needs explaining, in capitals, since when, and what it means. */
static char *print_mode(const json_t *object, const char *key, const char *word, const char *shown,
			const char *meaning)
{
	const char *value = json_string_value(json_object_get(object, key));
	char since[64], seconds[64], *text;

	if (!value)
		return NULL;
	if (strcmp(value, word) != 0)
		return print_text(json_object_get(object, key));
	snprintf(seconds, sizeof(seconds), "%s_s", key);
	print_duration(since, sizeof(since), json_integer_value(json_object_get(object, seconds)));
	if (asprintf(&text, "%s for %s: %s", shown, since, meaning) < 0)
		abort();
	return text;
}

char *print_bypass(const json_t *object)
{
	return print_mode(object, "bypass", "on", "ON",
			  "no packet of a protected session crosses, and all else does, unread");
}

char *print_unknown_teid(const json_t *object)
{
	return print_mode(object, "unknown_teid", "pass", "PASS",
			  "G-PDUs of unknown tunnels cross, unread; for the day of insertion only");
}

char *print_text(const json_t *value)
{
	char *text;

	if (!value)
		text = strdup("-");
	else if (json_is_string(value))
		text = strdup(json_string_value(value));
	else
		text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	must(text);
	make_printable(text);
	return text;
}

void table_add(struct table *table, const char *text)
{
	size_t column = table->count % table->columns;
	size_t len = strlen(text);

	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->cells = must(realloc(table->cells, table->room * sizeof(table->cells[0])));
	}

	char *cell = must(strdup(text));

	make_printable(cell);
	table->cells[table->count++] = cell;
	if (table->width[column] < len)
		table->width[column] = len;
}

void table_print(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		size_t column = i % table->columns;
		bool last = column + 1 == table->columns;
		int width = (int)table->width[column];

		if (table->right[column])
			printf("%*s", width, table->cells[i]);
		else
			printf("%-*s", last ? 0 : width, table->cells[i]);
		fputs(last ? "\n" : "  ", stdout);
		free(table->cells[i]);
	}
	table->count = 0;
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->cells[i]);
	free(table->cells);
}
