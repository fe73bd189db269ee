/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * print: text for people. Errors, and tables whose columns line up. Control characters never reach the
 * terminal: they become '?'.
 */
#ifndef CTL_PRINT_H
#define CTL_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* "hsectl: text" on stderr. */
void print_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A JSON value as compact JSON on stdout, without a newline. */
void print_json(const json_t *value);

/* A scalar as text, anything else as JSON; the caller frees it. NULL stands for "-". */
char *print_text(const json_t *value);

/* What an object of hse says of bypass, in words; the caller frees it. NULL: nothing. */
char *print_bypass(const json_t *object);

/* The same of unknown_teid. */
char *print_unknown_teid(const json_t *object);

/* "3 min 2 s". */
void print_duration(char *text, size_t size, json_int_t seconds);

#define TABLE_COLUMNS_MAX 16

/* Rows are kept until table_print. Cells are copied. */
struct table {
	size_t columns;
	bool right[TABLE_COLUMNS_MAX]; /* align to the right: numbers */
	size_t width[TABLE_COLUMNS_MAX];
	char **cells; /* rows * columns */
	size_t count; /* cells */
	size_t room;
};

/* Adds the next cell, from left to right. */
void table_add(struct table *table, const char *text);

/* Prints the rows and takes them out of the table; widths stay, so that what is added later lines up with
 * what has been printed as far as it can. */
void table_print(struct table *table);
void table_free(struct table *table);

#endif
