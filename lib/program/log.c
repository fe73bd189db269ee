/* SPDX-License-Identifier: BSD-3-Clause */
#include "program/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "program/program.h"

#define LINE_MAX_OCTETS 1000

static const char *const level_names[] = {"error", "warning", "info", "debug", NULL};

const struct program_log_config program_log_default = {.level = PROGRAM_INFO};

const struct config_field program_log_fields[] = {
	{.name = "level",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct program_log_config, level),
	 .names = level_names},
	{0},
};

static const char *program_name = "program";
static atomic_int highest = PROGRAM_INFO;

void program_log_set_name(const char *name)
{
	program_name = name;
}

void program_set_log_level(enum program_level level)
{
	atomic_store(&highest, level);
}

bool program_logs(enum program_level level)
{
	return (int)level <= atomic_load_explicit(&highest, memory_order_relaxed);
}

static size_t clamp(int printed, size_t room)
{
	return printed < 0 ? 0 : (size_t)printed < room ? (size_t)printed : room - 1;
}

void program_log(enum program_level level, const char *format, ...)
{
	char line[LINE_MAX_OCTETS + 1];
	va_list args;

	if (!program_logs(level))
		return;
	size_t len =
		clamp(snprintf(line, LINE_MAX_OCTETS, "%s: %s: ", program_name, level_names[level]),
		      LINE_MAX_OCTETS);
	va_start(args, format);
	len += clamp(vsnprintf(line + len, LINE_MAX_OCTETS - len, format, args),
		     LINE_MAX_OCTETS - len);
	va_end(args);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	/* When the log cannot be written there is nowhere left to say so. */
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}
