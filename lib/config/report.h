/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * report: the one place that writes a line of error, and that bounds how many a file may cause.
 */
#ifndef CONFIG_REPORT_H
#define CONFIG_REPORT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CONFIG_ERRORS_SHOWN 20

struct config_report {
	const char *name; /* of the file */
	FILE *errors;
	unsigned count; /* errors seen, shown or not */
	bool is_open;	/* other users can read or write it; reported once, if it holds a secret */
};

/* Writes name:line:column: path: text; line 0 leaves the place out, an empty path leaves that out. */
void config_report_error(struct config_report *report, uint32_t line, uint32_t column,
			 const char *path, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Says how many errors were not shown, if any. */
void config_report_finish(struct config_report *report);

/* The line itself, without a bound. */
void config_report_write(FILE *errors, const char *name, uint32_t line, uint32_t column,
			 const char *path, const char *format, va_list args)
	__attribute__((format(printf, 6, 0), nonnull));

#endif
