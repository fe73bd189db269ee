/* SPDX-License-Identifier: BSD-3-Clause */
/* unit_hse_config: reads texts as hse.yaml, for the tests of what no table of fields can see. */
#ifndef UNIT_HSE_CONFIG_H
#define UNIT_HSE_CONFIG_H

#include "hse_config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define BASE                                                                \
	"ports: {access: {device: net_null0}, core: {device: net_null1}}\n" \
	"key_sources: [{kind: file, name: lab, path: k.yaml}]\n"
#define LAB		    "lab_mode: true\n"
#define PROTECT		    "policy: [{action: protect}]\n"
#define STATE		    "state: {path: s}\n"
#define PLACE(line, column) "hse.yaml:" line ":" column ": "

static struct hse_config config;
static struct config_file *file;
static char said[8192];

/* Writes text to a file and reads it as a start does, or as --check does; what is wrong with it is in said. */
static inline bool read_text(const char *text, bool is_check)
{
	char folder[] = "/tmp/unit-hse-config-XXXXXX", path[64], keysets[64];
	bool good;
	FILE *f, *errors = fmemopen(said, sizeof(said), "w");

	if (!mkdtemp(folder) || !errors)
		abort();
	snprintf(path, sizeof(path), "%s/hse.yaml", folder);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
	snprintf(keysets, sizeof(keysets), "%s/k.yaml", folder);
	f = fopen(keysets, "w");
	if (!f || fputs("keysets: []\n", f) < 0 || fclose(f) != 0 || chmod(keysets, 0600) != 0)
		abort();
	config_free(file);
	memset(said, 0, sizeof(said));
	file = is_check ? NULL : hse_config_load(path, &config, errors);
	good = is_check ? hse_config_check(path, &config, errors) : file != NULL;
	fclose(errors);
	unlink(path);
	unlink(keysets);
	rmdir(folder);
	return good;
}

static inline bool load(const char *text)
{
	return read_text(text, false);
}

static inline bool check(const char *text)
{
	return read_text(text, true);
}

/* A line of said ends with it. */
static inline bool says(const char *line)
{
	const char *at = strstr(said, line);

	if (!at || at[strlen(line)] != '\n')
		printf("wanted: %s\nsaid: %s", line, said);
	return at && at[strlen(line)] == '\n';
}

#endif
