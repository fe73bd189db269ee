/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replay: calls a fuzz target on each file of a folder, so that what the fuzzers once found is tested
 * everywhere, with any compiler. A finding ends the program as it would end the fuzzer.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "fuzz.h"

static int replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file) {
		fprintf(stderr, "%s: cannot be opened: %s\n", path, strerror(errno));
		return 1;
	}
	fseek(file, 0, SEEK_END);

	long size = ftell(file);
	uint8_t *data = size >= 0 ? malloc(size ? (size_t)size : 1) : NULL;

	rewind(file);

	int failed = !data || fread(data, 1, (size_t)size, file) != (size_t)size;

	if (failed)
		fprintf(stderr, "%s: cannot be read\n", path);
	else
		LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
	fclose(file);
	return failed;
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;

	if (!folder) {
		fprintf(stderr, "usage: %s FOLDER: a folder with inputs\n", argv[0]);
		return 2;
	}
	for (struct dirent *entry; (entry = readdir(folder));) {
		char path[PATH_MAX];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
		fprintf(stderr, "%s\n", entry->d_name);
		if (replay_file(path))
			failed++;
		else
			passed++;
	}
	closedir(folder);
	printf("%s: %u passed, %u failed\n", argv[1], passed, failed);
	return failed || !passed;
}
