/* SPDX-License-Identifier: BSD-3-Clause */
#include "program/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program/log_ring.h"
#include "program/log_writer.h"
#include "program/program.h"

/* How long an ending program waits for its last lines to be written. */
#define END_MS 1000

static const char *const level_names[] = {"error", "warning", "info", "debug", NULL};

const struct program_log_config program_log_default = {.level = PROGRAM_INFO};

const struct config_field program_log_fields[] = {
	{.name = "level",
	 .kind = CONFIG_ENUM,
	 CONFIG_MEMBER(struct program_log_config, level),
	 .names = level_names},
	{.name = "output", .kind = CONFIG_STRING, CONFIG_MEMBER(struct program_log_config, output)},
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

/* --- start, reload, end --- */

bool program_log_config_check(struct program_log_config *config, struct config_file *file,
			      FILE *errors)
{
	if (!config->output)
		return true;
	if (strcmp(config->output, "stderr") == 0) {
		config->output = NULL;
		return true;
	}
	config->output = (char *)config_resolve_path(file, config->output);
	if (!config->output)
		config_error(file, errors, "log.output", "out of memory");
	return config->output != NULL;
}

static void end_log(void)
{
	log_writer_stop(END_MS);
}

void program_log_start(const struct program_log_config *config)
{
	int rc;

	program_set_log_level((enum program_level)config->level);
	rc = config->output ? log_writer_set_output(config->output) : 0;
	if (rc == 0)
		rc = log_writer_start(program_name);
	if (rc == 0 && atexit(end_log) == 0)
		return;
	program_log(PROGRAM_ERROR, "log: no thread to write it: %s", strerror(-rc));
}

void program_log_reload(const struct program_log_config *config)
{
	program_set_log_level((enum program_level)config->level);
	if (log_writer_set_output(config->output) != 0)
		program_log(PROGRAM_ERROR, "log.output: out of memory; lines go where they went");
}

void program_log_follow_caller(void)
{
	log_writer_follow_caller();
}

uint64_t program_log_lost(void)
{
	return log_writer_lost();
}

/* --- lines --- */

static size_t clamp(int printed, size_t room)
{
	return printed < 0 ? 0 : (size_t)printed < room ? (size_t)printed : room - 1;
}

void program_log(enum program_level level, const char *format, ...)
{
	char line[LOG_LINE_OCTETS + 1];
	va_list args;

	if (!program_logs(level))
		return;
	size_t len =
		clamp(snprintf(line, LOG_LINE_OCTETS, "%s: %s: ", program_name, level_names[level]),
		      LOG_LINE_OCTETS);
	va_start(args, format);
	len += clamp(vsnprintf(line + len, LOG_LINE_OCTETS - len, format, args),
		     LOG_LINE_OCTETS - len);
	va_end(args);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[len++] = '\n';
	log_writer_take(line, len, level == PROGRAM_ERROR);
}

void program_log_lines(enum program_level level, const char *prefix, char *text)
{
	for (char *line; (line = strsep(&text, "\n")) != NULL;)
		if (line[0])
			program_log(level, "%s%s", prefix, line);
}
