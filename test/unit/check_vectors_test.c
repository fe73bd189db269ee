/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program check-vectors says of good and of spoilt files. */
#include <jansson.h>

#include "run.h"
#include "unit.h"

#define VECTORS UNIT_DATA "/vectors.json"

static const char *const groups[] = {"aka",	"algorithm_keys", "pdus", "reconstruct",
				     "receive", "sequences",	  "pco"};

#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static struct run run_on_path(const char *path)
{
	const char *const args[] = {CHECK_VECTORS, path, NULL};
	struct run run;

	run_program(&run, args);
	return run;
}

static struct run run_on_text(const char *text)
{
	char path[] = "/tmp/hse-vectors-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abort();
	close(fd);

	struct run run = run_on_path(path);

	unlink(path);
	return run;
}

/* A file with one entry in one group. */
static struct run run_on_entry(const char *group, json_t *entry)
{
	json_t *root = json_pack("{s:i,s:[O]}", "version", 2, group, entry);
	char *text = json_dumps(root, 0);
	struct run run = run_on_text(text);

	free(text);
	json_decref(root);
	return run;
}

static bool is_refused(const json_t *entry)
{
	const json_t *npdu = json_object_get(entry, "npdu");

	return npdu && json_string_length(npdu) == 0;
}

/* A copy of the last entry of a group that has octets to encipher, and a MAC. */
static json_t *last_entry(const char *group)
{
	json_t *root = json_load_file(VECTORS, 0, NULL);
	json_t *entries = json_object_get(root, group);
	size_t last = json_array_size(entries) - 1;

	while (is_refused(json_array_get(entries, last)))
		last--;

	json_t *entry = json_deep_copy(json_array_get(entries, last));

	json_decref(root);
	if (!entry)
		abort();
	return entry;
}

static json_t *spoilt(const json_t *value)
{
	if (json_is_array(value)) {
		/* What is expected of the last PDU of a sequence. */
		json_t *steps = json_deep_copy(value);
		json_t *step = json_array_get(steps, json_array_size(steps) - 1);

		json_object_set_new(step, "h", json_integer(1));
		return steps;
	}
	/* High bit and low: each moves a counter far enough to make a difference. */
	if (json_is_integer(value))
		return json_integer(json_integer_value(value) ^ 0x80000001);

	char text[8192];

	snprintf(text, sizeof(text), "%s", json_string_value(value));
	text[1] = text[1] == '0' ? '1' : '0';
	return json_string(text);
}

/* True when exactly this entry failed, and the only line says so. */
static bool only_failure(const struct run *run, const char *group)
{
	char start[64];
	const char *line = strchr(run->out, '\n');

	snprintf(start, sizeof(start), "%s[0].", group);
	return run->code == 1 && strncmp(run->out, start, strlen(start)) == 0 && line &&
	       strcmp(line + 1, "0 passed, 1 failed\n") == 0;
}

static void all_of_the_projects_vectors_pass(void)
{
	struct run run = run_on_path(VECTORS);

	CU_ASSERT_EQUAL(run.code, 0);
	CU_ASSERT_STRING_EQUAL(run.out, "839 passed, 0 failed\n");
}

static void every_field_is_checked(void)
{
	for (size_t g = 0; g < GROUPS; g++) {
		json_t *good = last_entry(groups[g]);
		const char *field;
		json_t *value;

		json_object_foreach (good, field, value) {
			json_t *entry = json_deep_copy(good);

			json_object_set_new(entry, field, spoilt(value));
			struct run run = run_on_entry(groups[g], entry);
			if (!only_failure(&run, groups[g]))
				printf("%s.%s spoilt: %s", groups[g], field, run.out);
			CU_ASSERT_TRUE(only_failure(&run, groups[g]));
			json_decref(entry);
		}
		json_decref(good);
	}
}

static void missing_and_mistyped_fields_fail(void)
{
	for (size_t g = 0; g < GROUPS; g++) {
		json_t *good = last_entry(groups[g]);
		const char *field;
		json_t *value;

		json_object_foreach (good, field, value) {
			json_t *entry = json_deep_copy(good);

			json_object_del(entry, field);
			struct run run = run_on_entry(groups[g], entry);
			CU_ASSERT_TRUE(only_failure(&run, groups[g]));
			json_object_set_new(entry, field, json_true());
			run = run_on_entry(groups[g], entry);
			CU_ASSERT_TRUE(only_failure(&run, groups[g]));
			json_decref(entry);
		}
		json_decref(good);
	}
}

static void missing_field_is_named(void)
{
	json_t *entry = last_entry("pdus");

	json_object_del(entry, "bearer");
	struct run run = run_on_entry("pdus", entry);
	CU_ASSERT_STRING_EQUAL(run.out, "pdus[0].bearer: missing\n0 passed, 1 failed\n");
	json_decref(entry);
}

static void failure_says_what_was_expected_and_what_came(void)
{
	struct run run =
		run_on_text("{\"version\": 2, \"reconstruct\": [{\"counter_octets\": 0, \"h\": 43, "
			    "\"ctr\": 7, \"count\": 47}]}");

	CU_ASSERT_STRING_EQUAL(run.out, "reconstruct[0].count: expected 47, got 39\n"
					"0 passed, 1 failed\n");
}

static void unknown_group_fails(void)
{
	struct run run = run_on_text("{\"version\": 2, \"pdu\": [{}, {}]}");

	CU_ASSERT_EQUAL(run.code, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "pdu[1].*: the group is not known"));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "0 passed, 2 failed\n"));
}

static void group_without_entries_fails(void)
{
	static const char *const texts[] = {"{\"version\": 2, \"pco\": []}",
					    "{\"version\": 2, \"pco\": 1}",
					    "{\"version\": 2, \"pco\": [1]}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct run run = run_on_text(texts[i]);

		CU_ASSERT_EQUAL(run.code, 1);
		CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "pco"));
		CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "0 passed, 1 failed\n"));
	}
}

static void algorithm_that_does_not_exist_fails(void)
{
	json_t *entry = last_entry("pdus");

	json_object_set_new(entry, "ciphering", json_integer(9));
	json_object_set_new(entry, "integrity", json_integer(2));
	json_object_set_new(entry, "mac_octets", json_integer(16));
	struct run run = run_on_entry("pdus", entry);
	CU_ASSERT_TRUE(only_failure(&run, "pdus"));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "ciphering 9"));
	json_decref(entry);
}

static void what_is_no_vectors_file_is_told(void)
{
	static const char *const texts[] = {"",
					    "{",
					    "[]",
					    "{}",
					    "{\"pco\": [], \"pco\": []}",
					    "{\"pco\": [1]}",
					    "{\"version\": 1, \"pco\": [1]}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct run run = run_on_text(texts[i]);

		CU_ASSERT_EQUAL(run.code, 2);
		CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "check-vectors: /tmp/hse-vectors-"));
	}

	struct run run = run_on_path("/nonexistent/vectors.json");

	CU_ASSERT_EQUAL(run.code, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "/nonexistent/vectors.json"));
	CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "No such file"));
}

static void usage_is_told(void)
{
	const char *const args[] = {CHECK_VECTORS, NULL};
	struct run run;

	run_program(&run, args);
	CU_ASSERT_EQUAL(run.code, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(run.err, "usage: check-vectors FILE"));
}

UNIT_MAIN("check-vectors", {"all of the project's vectors pass", all_of_the_projects_vectors_pass},
	  {"every field is checked", every_field_is_checked},
	  {"missing and mistyped fields fail", missing_and_mistyped_fields_fail},
	  {"missing field is named", missing_field_is_named},
	  {"failure says what was expected and what came",
	   failure_says_what_was_expected_and_what_came},
	  {"unknown group fails", unknown_group_fails},
	  {"group without entries fails", group_without_entries_fails},
	  {"algorithm that does not exist fails", algorithm_that_does_not_exist_fails},
	  {"what is no vectors file is told", what_is_no_vectors_file_is_told},
	  {"usage is told", usage_is_told})
