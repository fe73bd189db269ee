/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "program/program.h"

/* Removes "warning: " from "file:1:2: warning: path: text", because the log adds the level
 * itself. */
static void log_line(const char *line)
{
	const char *word = strstr(line, ": " CONFIG_WARNING);
	const int before = word ? (int)(word - line) + 2 : 0;

	program_log(PROGRAM_WARNING, "%.*s%s", before, line,
		    line + before + (word ? strlen(CONFIG_WARNING) : 0));
}

void program_log_findings(program_findings findings, const struct config_file *file,
			  const void *config)
{
	char *text = NULL, *rest = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out) {
		program_log(PROGRAM_WARNING, "no memory to check the configuration");
		return;
	}
	findings(file, config, out);
	fclose(out);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_line(line);
	free(text);
}
