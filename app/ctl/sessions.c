/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hsectl sessions: hse gives them in pages, a column an array. A page is printed before the next is asked
 * for, so that a million of them need no more memory than one page.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "print.h"

/* The columns of the table; the rest is in --json, and in what --imsi shows. */
static const struct {
	const char *key, *title;
	bool right;
} shown[] = {
	{"imsi", "IMSI", false},
	{"nsapi", "NSAPI", true},
	{"state", "STATE", false},
	{"algorithms", "ALGORITHMS", false},
	{"key_id", "KEY", true},
	{"uplink", "UPLINK TO", false},
	{"downlink", "DOWNLINK TO", false},
	{"uplink_packets", "UP", true},
	{"downlink_packets", "DOWN", true},
	{"dropped", "DROPPED", true},
	{"recovered", "RECOVERED", true},
};

#define SHOWN (sizeof(shown) / sizeof(shown[0]))

struct listing {
	const struct options *options;
	struct table table;
	uint32_t printed;
	bool has_begun;
};

struct page {
	json_t *answer;
	json_int_t total, next;
	size_t rows;
};

/* Asks for the page at offset and checks its shape. */
static bool ask_page(struct telemetry *telemetry, json_int_t offset, struct page *page)
{
	char command[64];
	const char *key;
	json_t *value;
	bool has_rows = false;

	snprintf(command, sizeof(command), "/hse/sessions,%" JSON_INTEGER_FORMAT, offset);
	page->answer = telemetry_ask(telemetry, command);
	page->rows = 0;
	if (!page->answer)
		return false;

	const json_t *total = json_object_get(page->answer, "total");
	const json_t *next = json_object_get(page->answer, "next");

	page->total = json_integer_value(total);
	page->next = json_integer_value(next);
	if (!json_is_integer(total) || !json_is_integer(next) || page->total < 0) {
		telemetry_bad_answer(telemetry, command, "has no total, or no next");
		return false;
	}
	json_object_foreach (page->answer, key, value) {
		if (!json_is_array(value))
			continue;
		if (has_rows && json_array_size(value) != page->rows) {
			telemetry_bad_answer(telemetry, command, "has columns of unequal length");
			return false;
		}
		page->rows = json_array_size(value);
		has_rows = true;
	}
	/* Or one could be led round for ever. */
	if (page->next && (page->next <= offset || !page->rows)) {
		telemetry_bad_answer(telemetry, command, "leads nowhere");
		return false;
	}
	return true;
}

static json_t *make_row(const struct page *page, size_t row)
{
	json_t *object = json_object();
	const char *key;
	json_t *value;

	json_object_foreach (page->answer, key, value)
		if (json_is_array(value))
			json_object_set(object, key, json_array_get(value, row));
	return object;
}

static void begin(struct listing *listing, const struct page *page)
{
	if (listing->options->json) {
		printf("{\"total\":%" JSON_INTEGER_FORMAT ",\"sessions\":[", page->total);
	} else if (!listing->options->imsi) {
		for (size_t i = 0; i < SHOWN; i++)
			table_add(&listing->table, shown[i].title);
	}
	listing->has_begun = true;
}

static void print_row_json(const struct listing *listing, const json_t *row)
{
	if (listing->printed)
		putchar(',');
	print_json(row);
}

/* Everything about one session, a line each. */
static void print_row_details(struct listing *listing, const json_t *row)
{
	struct table details = {.columns = 2};
	const char *key;
	json_t *value;

	if (listing->printed)
		putchar('\n');
	json_object_foreach ((json_t *)row, key, value) {
		char *text = print_text(value);

		table_add(&details, key);
		table_add(&details, text);
		free(text);
	}
	table_print(&details);
	table_free(&details);
}

static void print_row_table(struct listing *listing, const json_t *row)
{
	for (size_t i = 0; i < SHOWN; i++) {
		char *text = print_text(json_object_get(row, shown[i].key));

		table_add(&listing->table, text);
		free(text);
	}
}

static bool is_wanted(const struct options *options, const json_t *row)
{
	const char *imsi = json_string_value(json_object_get(row, "imsi"));

	return !options->imsi || (imsi && strcmp(imsi, options->imsi) == 0);
}

static bool is_full(const struct listing *listing)
{
	return listing->options->limit && listing->printed == listing->options->limit;
}

static void print_page(struct listing *listing, const struct page *page)
{
	for (size_t i = 0; i < page->rows && !is_full(listing); i++) {
		json_t *row = make_row(page, i);

		if (is_wanted(listing->options, row)) {
			if (listing->options->json)
				print_row_json(listing, row);
			else if (listing->options->imsi)
				print_row_details(listing, row);
			else
				print_row_table(listing, row);
			listing->printed++;
		}
		json_decref(row);
	}
	table_print(&listing->table);
}

static void end(const struct listing *listing, const struct page *page)
{
	if (listing->options->json)
		puts("]}");
	else if (listing->options->imsi && !listing->printed)
		printf("no session of %s among %" JSON_INTEGER_FORMAT "\n", listing->options->imsi,
		       page->total);
	else if (!listing->options->imsi)
		printf("%" PRIu32 " of %" JSON_INTEGER_FORMAT " sessions\n", listing->printed,
		       page->total);
}

bool command_sessions(struct telemetry *telemetry, const struct options *options)
{
	struct listing listing = {.options = options, .table = {.columns = SHOWN}};
	struct page page = {0};
	bool good;

	for (size_t i = 0; i < SHOWN; i++)
		listing.table.right[i] = shown[i].right;
	do {
		good = ask_page(telemetry, page.next, &page);
		if (good && !listing.has_begun)
			begin(&listing, &page);
		if (good)
			print_page(&listing, &page);
		json_decref(page.answer);
	} while (good && page.next && !is_full(&listing));
	if (good)
		end(&listing, &page);
	table_free(&listing.table);
	return good;
}
