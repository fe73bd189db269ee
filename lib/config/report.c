/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/report.h"

#include <ctype.h>
#include <string.h>

#include "e2m/e2m.h"

#define TEXT_SIZE 2048 /* longer texts are cut */
#define DIGITS_MASK \
	20 /* this many hex digits may be a key; an IMSI has 15 decimal digits, an SQN 12 */
#define PAIRS_MASK 8 /* same for octets with separators; a MAC address has 6 */

/* Number of hex digits if text starts with a possible key, else 0. len: characters to skip. A
 * decimal number is not a key. */
static size_t count_digits(const char *text, size_t *len)
{
	size_t digits = 0;

	while (isxdigit((unsigned char)text[digits]))
		digits++;
	*len = digits;
	if (digits == 32 || (digits >= DIGITS_MASK && strspn(text, "0123456789") < digits))
		return digits;
	if (digits != 2 || !text[2] || !strchr(" :-", text[2]))
		return 0;
	for (*len = 2;
	     text[*len] == text[2] && isxdigit((unsigned char)text[*len + 1]) &&
	     isxdigit((unsigned char)text[*len + 2]) && !isxdigit((unsigned char)text[*len + 3]);
	     *len += 3)
		digits += 2;
	return digits >= 2 * PAIRS_MASK ? digits : 0;
}

/* Masks possible keys. A key may be anywhere: in the place of another value, or joined to a name by
 * mistake. */
static void write_masked(FILE *errors, const char *text)
{
	for (size_t len; *text; text += len) {
		const size_t digits = count_digits(text, &len);

		if (digits > 0)
			fprintf(errors, "<%zu hex digits>", digits);
		else
			fprintf(errors, "%.*s", (int)(len += len == 0), text);
	}
}

void config_report_write(FILE *errors, const char *name, uint32_t line, uint32_t column,
			 const char *path, const char *format, va_list args)
{
	char text[TEXT_SIZE];

	vsnprintf(text, sizeof(text), format, args);
	fputs(name, errors);
	if (line > 0)
		fprintf(errors, ":%u:%u", line, column);
	fputs(": ", errors);
	if (path[0]) {
		write_masked(errors, path);
		fputs(": ", errors);
	}
	write_masked(errors, text);
	fputc('\n', errors);
	e2m_wipe(text, sizeof(text));
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
