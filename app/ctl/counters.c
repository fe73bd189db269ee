/* SPDX-License-Identifier: BSD-3-Clause */
/* hsectl counters: every counter by name, of each worker, of all workers together, and of control. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "print.h"

/* As many lcores as DPDK can have. */
#define WORKERS_MAX 1024
/* Columns for workers in the table; with more of them it shows the total alone. */
#define WORKERS_SHOWN 8

/* Flat objects: name to count. */
struct counters {
	json_t *total;	 /* sum over workers and ports */
	json_t *control; /* and of the key sources */
	json_t *workers[WORKERS_MAX];
	size_t worker_count;
};

/* True when a part of name, up to one of its dots, is a name itself: a count and a group at once. */
static bool is_below_another(const json_t *counts, const char *name)
{
	for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.'))
		if (json_object_getn(counts, name, (size_t)(dot - name)))
			return true;
	return false;
}

/* Only counts: integers that are not negative, under names that can be nested by their dots. */
static bool check_counts(struct telemetry *telemetry, const char *command, const json_t *counts)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)counts, name, value)
		if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		    is_below_another(counts, name)) {
			telemetry_bad_answer(telemetry, command,
					     "has a value that is no count, or names that "
					     "contradict one another");
			return false;
		}
	return true;
}

/* DPDK's telemetry takes no dots in names, so hse writes "access/drop/bad_mac" for
 * access.drop.bad_mac. Releases counts. */
static json_t *with_dots(json_t *counts)
{
	json_t *dotted = json_object();
	const char *name;
	json_t *value;

	json_object_foreach (counts, name, value) {
		char *with = strdup(name);

		for (char *c = with; c && *c; c++)
			if (*c == '/')
				*c = '.';
		json_object_set(dotted, with ? with : name, value);
		free(with);
	}
	json_decref(counts);
	return dotted;
}

static json_t *ask_counts(struct telemetry *telemetry, const char *whose)
{
	char command[64];

	snprintf(command, sizeof(command), "/hse/counters,%s", whose);

	json_t *answer = telemetry_ask(telemetry, command);
	json_t *counts = answer ? with_dots(answer) : NULL;

	if (counts && !check_counts(telemetry, command, counts)) {
		json_decref(counts);
		return NULL;
	}
	return counts;
}

/* Adds counts to total; stays at the highest number when they are too many. */
static void add_to_total(json_t *total, const json_t *counts)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)counts, name, value) {
		uint64_t sum = (uint64_t)json_integer_value(json_object_get(total, name)) +
			       (uint64_t)json_integer_value(value);

		json_object_set_new(total, name,
				    json_integer(sum > INT64_MAX ? INT64_MAX : (json_int_t)sum));
	}
}

static bool ask_worker_count(struct telemetry *telemetry, size_t *count)
{
	json_t *status = telemetry_ask(telemetry, "/hse/status");

	if (!status)
		return false;

	json_int_t workers = json_integer_value(json_object_get(status, "workers"));

	json_decref(status);
	if (workers < 1 || workers > WORKERS_MAX) {
		telemetry_bad_answer(telemetry, "/hse/status", "has no number of workers");
		return false;
	}
	*count = (size_t)workers;
	return true;
}

/* Control's own, and what it tells of each key source. */
static json_t *ask_control(struct telemetry *telemetry)
{
	json_t *control = ask_counts(telemetry, "control");
	json_t *sources = control ? ask_counts(telemetry, "key_sources") : NULL;

	if (!sources) {
		json_decref(control);
		return NULL;
	}
	json_object_update(control, sources);
	json_decref(sources);
	return control;
}

static bool ask_counters(struct telemetry *telemetry, struct counters *counters)
{
	size_t workers;

	if (!ask_worker_count(telemetry, &workers))
		return false;
	counters->total = json_object();
	for (size_t i = 0; i < workers; i++) {
		char whose[24];

		snprintf(whose, sizeof(whose), "%zu", i);
		counters->workers[i] = ask_counts(telemetry, whose);
		if (!counters->workers[i])
			return false;
		counters->worker_count++;
		add_to_total(counters->total, counters->workers[i]);
	}
	json_t *ports = ask_counts(telemetry, "ports");

	if (!ports)
		return false;
	add_to_total(counters->total, ports);
	json_decref(ports);
	counters->control = ask_control(telemetry);
	/* What every worker names well they may still name differently. */
	return counters->control && check_counts(telemetry, "/hse/counters", counters->total);
}

static void free_counters(struct counters *counters)
{
	json_decref(counters->total);
	json_decref(counters->control);
	for (size_t i = 0; i < counters->worker_count; i++)
		json_decref(counters->workers[i]);
}

/* Puts value where name's dots lead to: "access.drop.bad_mac" is in drop of access. */
static void nest(json_t *object, const char *name, json_t *value)
{
	for (size_t len; name[len = strcspn(name, ".")]; name += len + 1) {
		json_t *group = json_object_getn(object, name, len);

		if (!group) {
			group = json_object();
			json_object_setn_new(object, name, len, group);
		}
		object = group;
	}
	json_object_set(object, name, value);
}

static json_t *nested(const json_t *counts)
{
	json_t *object = json_object();
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)counts, name, value)
		nest(object, name, value);
	return object;
}

static void print_counters_json(const struct counters *counters)
{
	json_t *root = json_object();
	json_t *workers = json_array();

	for (size_t i = 0; i < counters->worker_count; i++) {
		json_t *worker = json_object();
		json_t *counts = nested(counters->workers[i]);

		json_object_set_new(worker, "worker", json_integer((json_int_t)i));
		json_object_update_missing(worker, counts);
		json_decref(counts);
		json_array_append_new(workers, worker);
	}
	json_object_set_new(root, "workers", workers);
	json_object_set_new(root, "control", nested(counters->control));
	json_object_set_new(root, "total", nested(counters->total));
	print_json(root);
	putchar('\n');
	json_decref(root);
}

static void add_count(struct table *table, const json_t *counts, const char *name)
{
	const json_t *value = json_object_get(counts, name);
	char text[24] = "-"; /* a NIC's drops belong to no worker */

	if (value)
		snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	table_add(table, text);
}

/* Rows of counts, then the same of each of columns[0..column_count). Returns how many it left out. */
static size_t print_table(const char *title, const json_t *counts, json_t *const *columns,
			  size_t column_count, bool all)
{
	struct table table = {.columns = 2 + column_count};
	size_t hidden = 0;
	const char *name;
	json_t *value;

	table_add(&table, title);
	table_add(&table, "TOTAL");
	for (size_t i = 0; i < column_count; i++) {
		char text[32];

		snprintf(text, sizeof(text), "WORKER %zu", i);
		table_add(&table, text);
	}
	for (size_t i = 1; i < table.columns; i++)
		table.right[i] = true;
	json_object_foreach ((json_t *)counts, name, value) {
		if (!all && !json_integer_value(value)) {
			hidden++;
			continue;
		}
		table_add(&table, name);
		add_count(&table, counts, name);
		for (size_t i = 0; i < column_count; i++)
			add_count(&table, columns[i], name);
	}
	table_print(&table);
	table_free(&table);
	return hidden;
}

static void print_counters(const struct counters *counters, bool all)
{
	size_t columns = counters->worker_count;

	if (columns == 1 || columns > WORKERS_SHOWN)
		columns = 0;

	size_t hidden = print_table("WORKERS", counters->total, counters->workers, columns, all);

	putchar('\n');
	hidden += print_table("CONTROL", counters->control, NULL, 0, all);
	if (hidden)
		printf("\nnot shown, as they are zero: %zu counters; --all shows them\n", hidden);
}

bool command_counters(struct telemetry *telemetry, const struct options *options)
{
	struct counters counters = {0};
	bool good = ask_counters(telemetry, &counters);

	if (good && options->json)
		print_counters_json(&counters);
	else if (good)
		print_counters(&counters, options->all);
	free_counters(&counters);
	return good;
}
