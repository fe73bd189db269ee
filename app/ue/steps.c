/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/steps.h"

#include <stdarg.h>

void step_say(FILE *out, unsigned step, const char *format, ...)
{
	va_list args;

	if (!out)
		return;
	fprintf(out, "step %u: ", step);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
	fflush(out);
}
