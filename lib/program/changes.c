/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "program/program.h"

struct report {
	struct config_file *file;
	const char *except;
	bool of_reloads; /* true: report keys that reload; false: all others */
};

void program_log_change(struct config_file *file, const char *path, bool reloads)
{
	const char *where = config_where(file, path);

	if (!where)
		where = path;
	if (reloads)
		program_log(PROGRAM_INFO, "%s: changed, and in effect", where);
	else
		program_log(PROGRAM_WARNING, "%s: changed, which takes effect at a restart", where);
}

static void take_difference(void *arg, const char *path, bool reloads)
{
	const struct report *report = arg;

	if (reloads == report->of_reloads && (!report->except || strcmp(path, report->except) != 0))
		program_log_change(report->file, path, reloads);
}

void program_log_changes(struct config_file *file, const struct config_field *table,
			 const void *start, const void *current, const void *loaded,
			 const char *except)
{
	struct report report = {.file = file, .except = except};

	config_compare(table, start, loaded, take_difference, &report);
	report.of_reloads = true;
	config_compare(table, current, loaded, take_difference, &report);
}
