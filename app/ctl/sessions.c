/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hsectl sessions: hse gives them in pages, a column an array, and looks for those that are asked for. A page is printed
 * before the next is asked for, so that a million of them need no more memory than one page.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "print.h"

/* The columns of the table; the rest is in --json, and in what --imsi, --address and --teid show. */
static const struct {
	const char *key, *title;
	bool right;
} shown[] = {
	{"imsi", "IMSI", false},
	{"nsapi", "NSAPI", true},
	{"kind", "KIND", false},
	{"ipv4", "IPV4", false},
	{"ipv6", "IPV6", false},
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

/* Longest question: all conditions of write_question, with an IPv6 prefix. */
#define QUESTION_MAX 192

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

/* With one of these, all about each session is shown. An address or a TEID may be one of an ended session. */
static bool is_search(const struct options *o)
{
	return o->imsi || o->address || o->teid;
}

static void write_question(char *text, size_t size, const struct options *o, json_int_t offset)
{
	const bool with_ended = o->all || o->address || o->teid;

	snprintf(text, size, "/hse/sessions,%" JSON_INTEGER_FORMAT "%s%s%s%s%s%s%s", offset,
		 o->imsi ? ",imsi=" : "", o->imsi ? o->imsi : "", o->address ? ",address=" : "",
		 o->address ? o->address : "", o->teid ? ",teid=" : "", o->teid ? o->teid : "",
		 with_ended ? ",ended=1" : "");
}

/* Asks for the page at offset and checks its shape. */
static bool ask_page(struct telemetry *telemetry, const struct options *options, json_int_t offset,
		     struct page *page)
{
	char command[QUESTION_MAX];
	const char *key;
	json_t *value;
	bool has_rows = false;

	write_question(command, sizeof(command), options, offset);
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
	/* Or one could be led round for ever. A page may be empty: hse looks at some sessions at a time. */
	if (page->next && page->next <= offset) {
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
	} else if (!is_search(listing->options)) {
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

static bool is_full(const struct listing *listing)
{
	return listing->options->limit && listing->printed == listing->options->limit;
}

static void print_page(struct listing *listing, const struct page *page)
{
	for (size_t i = 0; i < page->rows && !is_full(listing); i++) {
		json_t *row = make_row(page, i);

		if (listing->options->json)
			print_row_json(listing, row);
		else if (is_search(listing->options))
			print_row_details(listing, row);
		else
			print_row_table(listing, row);
		listing->printed++;
		json_decref(row);
	}
	table_print(&listing->table);
}

static void print_none(const struct options *o, json_int_t total)
{
	printf("no session");
	if (o->imsi)
		printf(" of %s", o->imsi);
	if (o->address)
		printf(" with address %s", o->address);
	if (o->teid)
		printf(" with TEID %s", o->teid);
	printf(" among %" JSON_INTEGER_FORMAT "\n", total);
}

static void end(const struct listing *listing, const struct page *page)
{
	if (listing->options->json)
		puts("]}");
	else if (is_search(listing->options) && !listing->printed)
		print_none(listing->options, page->total);
	else if (!is_search(listing->options))
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
		good = ask_page(telemetry, options, page.next, &page);
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
