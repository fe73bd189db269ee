/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs between a running configuration and one that is loaded. */
#include "config_sample.h"

static char seen[1024];

static void note(void *arg, const char *path, bool reloads)
{
	(void)arg;
	snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen), "%s%s ", path,
		 reloads ? "+" : "");
}

static void expect(const struct config_field *table, const char *running, const char *loaded,
		   const char *expected)
{
	struct sample a = {0}, b = {0};
	struct config_file *one = load_good(&a, running), *other = load_good(&b, loaded);

	seen[0] = '\0';
	config_compare(table, &a, &b, note, NULL);
	CU_ASSERT_STRING_EQUAL(seen, expected);
	config_free(one);
	config_free(other);
}

static void the_same_text_does_not_differ(void)
{
	static const char text[] =
		"small: 1\nname: x\naccess: {device: a, queues: 2}\n"
		"address: 10.0.0.1\nsubscribers: [{imsi: \"262010000000001\", k: "
		"000102030405060708090a0b0c0d0e0f, hses: [a, b]}]\n";

	expect(sample_fields, text, text, "");
}

static void each_key_that_differs_is_named_by_its_path(void)
{
	expect(sample_fields, "small: 1\nname: x\npoll: busy\nstrict: yes\n",
	       "small: 2\nname: y\npoll: adaptive\nstrict: no\n", "strict small name poll ");
	expect(sample_fields, "access: {device: a, queues: 2}\n",
	       "access: {device: a, queues: 3}\n", "access.queues ");
	expect(sample_fields, "address: 10.0.0.1\n", "address: 10.0.0.2\n", "address ");
}

static void a_key_that_came_or_went_differs(void)
{
	expect(sample_fields, "{}", "name: y\n", "name ");
	expect(sample_fields, "name: y\n", "{}", "name ");
	expect(sample_fields, "{}", "access: {device: a}\n", "access ");
}

static void items_of_a_list_are_named_where_there_are_as_many(void)
{
	expect(sample_fields,
	       "subscribers: [{imsi: \"262010000000001\"}, {imsi: \"262010000000002\"}]",
	       "subscribers: [{imsi: \"262010000000001\"}, {imsi: \"262010000000003\"}]",
	       "subscribers[1].imsi ");
	expect(sample_fields, "subscribers: [{imsi: \"262010000000001\"}]",
	       "subscribers: [{imsi: \"262010000000001\"}, {imsi: \"262010000000003\"}]",
	       "subscribers ");
	expect(sample_fields, "subscribers: [{imsi: \"262010000000001\", hses: [a]}]",
	       "subscribers: [{imsi: \"262010000000001\", hses: [b]}]", "subscribers[0].hses[0] ");
}

static void what_reloads_as_a_whole_is_named_as_a_whole(void)
{
	struct config_field table[sizeof(sample_fields) / sizeof(sample_fields[0])];

	memcpy(table, sample_fields, sizeof(sample_fields));
	for (struct config_field *f = table; f->name; f++)
		f->reloads = strcmp(f->name, "subscribers") == 0 || strcmp(f->name, "access") == 0;
	expect(table, "subscribers: [{imsi: \"262010000000001\"}]\naccess: {device: a}\nsmall: 1\n",
	       "subscribers: [{imsi: \"262010000000002\"}]\naccess: {device: b}\nsmall: 2\n",
	       "small access+ subscribers+ ");
}

UNIT_MAIN("config_compare", {"the same text does not differ", the_same_text_does_not_differ},
	  {"each key that differs is named by its path",
	   each_key_that_differs_is_named_by_its_path},
	  {"a key that came or went differs", a_key_that_came_or_went_differs},
	  {"items of a list are named where there are as many",
	   items_of_a_list_are_named_where_there_are_as_many},
	  {"what reloads as a whole is named as a whole",
	   what_reloads_as_a_whole_is_named_as_a_whole})
