/* SPDX-License-Identifier: BSD-3-Clause */
#include "config/syntax.h"

#include <stdbool.h>
#include <string.h>

#define SIZE 256

/* Messages of the YAML library, and their most frequent causes. */
static const struct advice {
	const char *problem, *context; /* parts of the message; NULL: any */
	const char *text;	       /* NULL ends the list */
	const char *opened;	       /* what the context began with; NULL: any */
	bool at_context;	       /* the mistake is at the start of the context */
} advices[] = {
	{"unexpected end of stream", "quoted scalar", "the quote that opens here is never closed",
	 NULL, true},
	{"document indicator", "quoted scalar", "the quote that opens here is never closed", NULL,
	 true},
	{"unknown escape character", NULL,
	 "'\\' begins an escape within \"...\"; write \\\\, or put the text into '...'", NULL,
	 false},
	{"could not find expected ':'", NULL, "a key without ': ' behind it", NULL, true},
	{"mapping values are not allowed", NULL,
	 "a ':' where no key can be: indent the line as its neighbours, or quote a text that has "
	 "': ' in it",
	 NULL, false},
	{"did not find expected key", "block mapping",
	 "expected a key: indent the line as its neighbours, and look at the line before",
	 "mapping", false},
	{"did not find expected '-' indicator", NULL,
	 "expected '- ': indent the line as its neighbours", "list", false},
	{"block sequence entries are not allowed", NULL,
	 "a '- ' where no item can be: begin the list on a line of its own", NULL, false},
	{"did not find expected ',' or '}'", NULL, "expected ',' or '}'", "'{'", false},
	{"did not find expected ',' or ']'", NULL, "expected ',' or ']'", "'['", false},
	{"did not find expected <document start>", NULL,
	 "expected the end: indent the line as its neighbours, and look at the line before", NULL,
	 false},
	{"did not find expected node content", "flow",
	 "expected a value; a text that begins with ':' needs quotes within {...} and [...]", NULL,
	 false},
	{"tab character", NULL, "a tab cannot indent a line; use spaces", NULL, false},
	{NULL, NULL, NULL, NULL, false},
};

static bool has(const char *text, const char *part)
{
	return !part || (text && strstr(text, part));
}

static const struct advice *find_advice(const yaml_parser_t *yaml)
{
	const struct advice *a = advices;

	while (a->text && !(has(yaml->problem, a->problem) && has(yaml->context, a->context)))
		a++;
	return a;
}

static void report_at(struct config_report *report, const yaml_mark_t *mark, const char *text)
{
	config_report_error(report, (uint32_t)mark->line + 1, (uint32_t)mark->column + 1, "",
			    "not valid YAML: %s", text);
}

/* A character that cannot begin a value: a tab, '@', '`', '%'. */
static void describe_character(char said[SIZE], char c)
{
	if (c == '\t')
		snprintf(said, SIZE, "a tab cannot indent a line; use spaces");
	else
		snprintf(said, SIZE, "a text that begins with '%c' needs quotes", c);
}

static void describe(char said[SIZE], const yaml_parser_t *yaml, const struct advice *advice)
{
	const yaml_mark_t *began = &yaml->context_mark;
	const unsigned line = (unsigned)began->line + 1, column = (unsigned)began->column + 1;
	const char *problem = yaml->problem ? yaml->problem : "out of memory";

	if (advice->opened)
		snprintf(said, SIZE, "%s; the %s of line %u, column %u has not ended", advice->text,
			 advice->opened, line, column);
	else if (advice->text)
		snprintf(said, SIZE, "%s", advice->text);
	else if (has(problem, "cannot start any token"))
		describe_character(said, (char)yaml->buffer.pointer[0]);
	else if (yaml->context)
		snprintf(said, SIZE, "%s, %s that began at line %u", problem, yaml->context, line);
	else
		snprintf(said, SIZE, "%s", problem);
}

void config_syntax_report(const yaml_parser_t *yaml, struct config_report *report)
{
	const struct advice *advice = find_advice(yaml);
	char said[SIZE];

	describe(said, yaml, advice);
	report_at(report, advice->at_context ? &yaml->context_mark : &yaml->problem_mark, said);
}

void config_syntax_report_quote(const yaml_mark_t *start, const yaml_mark_t *end,
				struct config_report *report)
{
	char said[SIZE];

	snprintf(said, sizeof(said),
		 "the quote that opens here is closed at line %u, column %u only: a closing quote "
		 "is missing",
		 (unsigned)end->line + 1, (unsigned)end->column);
	report_at(report, start, said);
}
