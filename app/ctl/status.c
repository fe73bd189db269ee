/* SPDX-License-Identifier: BSD-3-Clause */
/* hsectl status: how the hse is, in a dozen lines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "print.h"

static void add_uptime(struct table *table, json_int_t seconds)
{
	char text[64];
	long long s = seconds;

	if (s >= 86400)
		snprintf(text, sizeof(text), "%lld d %lld h %lld min", s / 86400, s / 3600 % 24,
			 s / 60 % 60);
	else if (s >= 3600)
		snprintf(text, sizeof(text), "%lld h %lld min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		snprintf(text, sizeof(text), "%lld min %lld s", s / 60, s % 60);
	else
		snprintf(text, sizeof(text), "%lld s", s);
	table_add(table, "uptime");
	table_add(table, text);
}

/* A line for each thing that hse tells of itself, also those that this hsectl has never heard of. */
static void add_line(struct table *table, const char *key, const json_t *value)
{
	char name[64];

	if (strcmp(key, "uptime_s") == 0 && json_is_integer(value)) {
		add_uptime(table, json_integer_value(value));
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

bool command_status(struct telemetry *telemetry, const struct options *options)
{
	json_t *status = telemetry_ask(telemetry, "/hse/status");
	struct table table = {.columns = 2};
	const char *key;
	json_t *value;

	if (!status)
		return false;
	if (options->json) {
		print_json(status);
		putchar('\n');
	} else {
		json_object_foreach (status, key, value)
			add_line(&table, key, value);
		table_print(&table);
		table_free(&table);
	}
	json_decref(status);
	return true;
}
