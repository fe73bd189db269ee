/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs Diameter's lines and events with the same text and level in every program. */
#include <stdatomic.h>

#include "program/program.h"

static atomic_bool ends_program;

void program_diameter_ends_program(bool yes)
{
	atomic_store(&ends_program, yes);
}

void program_log_diameter(bool is_error, const char *line)
{
	const enum program_level level =
		atomic_load(&ends_program) ? PROGRAM_ERROR : PROGRAM_WARNING;

	program_log(is_error ? level : PROGRAM_DEBUG, "diameter: %s", line);
}

void program_log_peer(const char *identity, bool open)
{
	program_log(open ? PROGRAM_INFO : PROGRAM_WARNING, "diameter: %s is %s", identity,
		    open ? "connected" : "not connected");
}
