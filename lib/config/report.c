/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/report.h"

void config_report_write(FILE *errors, const char *name, uint32_t line, uint32_t column,
			 const char *path, const char *format, va_list args)
{
	fputs(name, errors);
	if (line > 0)
		fprintf(errors, ":%u:%u", line, column);
	fputs(": ", errors);
	if (path[0])
		fprintf(errors, "%s: ", path);
	vfprintf(errors, format, args);
	fputc('\n', errors);
}

void config_report_error(struct config_report *report, uint32_t line, uint32_t column,
			 const char *path, const char *format, ...)
{
	va_list args;

	if (report->count++ >= CONFIG_ERRORS_SHOWN)
		return;
	va_start(args, format);
	config_report_write(report->errors, report->name, line, column, path, format, args);
	va_end(args);
}

void config_report_finish(struct config_report *report)
{
	if (report->count > CONFIG_ERRORS_SHOWN)
		fprintf(report->errors, "%s: and %u more errors\n", report->name,
			report->count - CONFIG_ERRORS_SHOWN);
}
