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
