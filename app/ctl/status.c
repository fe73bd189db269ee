/* SPDX-License-Identifier: BSD-3-Clause */
/* hsectl status: how the hse is, in a dozen lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "print.h"

#define LINE_MAX_OCTETS 2048

static void add_uptime(struct table *table, json_int_t seconds)
{
	char text[64];

	print_duration(text, sizeof(text), seconds);
	table_add(table, "uptime");
	table_add(table, text);
}

static void add_count(struct table *table, const char *name, size_t count)
{
	char text[32];

	snprintf(text, sizeof(text), "%zu", count);
	table_add(table, name);
	table_add(table, text);
}

/* Frees text. */
static void add_words(struct table *table, const char *name, char *text)
{
	table_add(table, name);
	table_add(table, text ? text : "-");
	free(text);
}

/* A line for each thing that hse tells of itself, also those that this hsectl has never heard of. */
static void add_line(struct table *table, const json_t *status, const char *key,
		     const json_t *value)
{
	char name[64];

	if (strcmp(key, "uptime_s") == 0 && json_is_integer(value)) {
		add_uptime(table, json_integer_value(value));
		return;
	}
	if (strcmp(key, "bypass_s") == 0 || strcmp(key, "unknown_teid_s") == 0)
		return;
	if (strcmp(key, "faults") == 0) {
		add_count(table, "faults", json_array_size(value));
		return;
	}
	if (strcmp(key, "bypass") == 0) {
		add_words(table, "bypass", print_bypass(status));
		return;
	}
	if (strcmp(key, "unknown_teid") == 0) {
		add_words(table, "unknown teid", print_unknown_teid(status));
		return;
	}
	snprintf(name, sizeof(name), "%s", key);
	for (char *c = name; *c; c++)
		if (*c == '_')
			*c = ' ';

	char *text = print_text(value);

	table_add(table, name);
	table_add(table, text);
	free(text);
}

/* Turns "faults" into a list of lines. hse sends each line in pieces; they are joined here. */
static bool fetch_faults(struct telemetry *telemetry, json_t *status)
{
	json_t *list = json_array(), *answer, *pieces, *piece;
	const char *key;
	size_t i;

	if (json_integer_value(json_object_get(status, "faults")) == 0)
		return json_object_set_new(status, "faults", list) == 0;
	answer = telemetry_ask(telemetry, "/hse/faults");
	json_object_foreach (answer, key, pieces) {
		char line[LINE_MAX_OCTETS] = "";

		json_array_foreach(pieces, i, piece)
			strncat(line, json_is_string(piece) ? json_string_value(piece) : "?",
				sizeof(line) - strlen(line) - 1);
		json_array_append_new(list, json_string(line));
	}
	json_object_set_new(status, "faults", list);
	json_decref(answer);
	return answer != NULL;
}

/* Prints whole lines, so they come after the short values. */
static void print_faults(const json_t *status)
{
	json_t *fault;
	size_t i;

	json_array_foreach(json_object_get(status, "faults"), i, fault)
	{
		char *text = print_text(fault);

		printf("fault: %s\n", text);
		free(text);
	}
}

bool command_status(struct telemetry *telemetry, const struct options *options)
{
	json_t *status = telemetry_ask(telemetry, "/hse/status");
	struct table table = {.columns = 2};
	const char *key;
	json_t *value;

	if (!status)
		return false;
	if (json_object_get(status, "faults") && !fetch_faults(telemetry, status)) {
		json_decref(status);
		return false;
	}
	if (options->json) {
		print_json(status);
		putchar('\n');
	} else {
		json_object_foreach (status, key, value)
			add_line(&table, status, key, value);
		table_print(&table);
		table_free(&table);
		print_faults(status);
	}
	json_decref(status);
	return true;
}
