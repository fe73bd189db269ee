/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * check-vectors FILE: checks every entry of a vectors file (the format of unit/data/vectors.json, version 2)
 * through the public functions of the libraries, in both directions. Prints a line for each entry that
 * fails, then how many passed and failed. Exit code 0: all passed; 1: some failed; 2: FILE cannot
 * be read, or is no vectors file.
 */
#include <stdio.h>
#include <string.h>

#include "check-vectors-entry.h"

#define VERSION 2

struct group {
	const char *name;
	void (*check)(struct entry *entry);
};

static const struct group groups[] = {
	{"aka", check_aka},	    {"algorithm_keys", check_algorithm_key},
	{"pdus", check_pdu},	    {"reconstruct", check_reconstruct},
	{"receive", check_receive}, {"sequences", check_sequence},
	{"pco", check_pco},
};

static const struct group *find_group(const char *name)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i];
	return NULL;
}

/* True when it passed. */
static bool check_entry(const char *name, size_t index, const json_t *object)
{
	const struct group *group = find_group(name);
	struct entry entry = {.group = name, .index = index, .object = object};

	if (!group)
		entry_fail(&entry, "*", "the group is not known, so nothing of it is checked");
	else if (!json_is_object(object))
		entry_fail(&entry, "*", "expected an object");
	else
		group->check(&entry);
	return !entry.failed;
}

/* An empty list is an entry that failed: a file that lost its vectors must not pass. */
static void check_group(const char *name, const json_t *entries, unsigned *passed, unsigned *failed)
{
	if (!json_is_array(entries) || json_array_size(entries) == 0) {
		printf("%s: expected a list of entries\n", name);
		++*failed;
		return;
	}
	for (size_t i = 0; i < json_array_size(entries); i++)
		++*(check_entry(name, i, json_array_get(entries, i)) ? passed : failed);
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	json_error_t error;

	if (argc != 2) {
		fprintf(stderr, "usage: check-vectors FILE\n");
		return 2;
	}

	json_t *root = json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error);

	if (!root) {
		if (error.line > 0)
			fprintf(stderr, "check-vectors: %s:%d:%d: %s\n", argv[1], error.line,
				error.column, error.text);
		else
			fprintf(stderr, "check-vectors: %s\n", error.text);
		return 2;
	}
	if (!json_is_object(root) || json_object_size(root) == 0) {
		fprintf(stderr, "check-vectors: %s: expected an object with groups of vectors\n",
			argv[1]);
		json_decref(root);
		return 2;
	}
	if (json_integer_value(json_object_get(root, "version")) != VERSION) {
		fprintf(stderr, "check-vectors: %s: expected \"version\": %d\n", argv[1], VERSION);
		json_decref(root);
		return 2;
	}
	json_object_del(root, "version");
	for (void *i = json_object_iter(root); i; i = json_object_iter_next(root, i))
		check_group(json_object_iter_key(i), json_object_iter_value(i), &passed, &failed);
	json_decref(root);
	printf("%u passed, %u failed\n", passed, failed);
	return failed ? 1 : 0;
}
