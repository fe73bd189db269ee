/* SPDX-License-Identifier: BSD-3-Clause */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "program/log.h"
#include "program/program.h"

enum {
	OPTION_CHECK = 256,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_EXTRA, /* and those that follow it */
};

struct program {
	const char *name;
	const char *summary;
	struct program_extra_option *extra; /* one without a name is the last */
};

/* "--fleet N" */
static const char *extra_text(const struct program_extra_option *extra, char text[32])
{
	snprintf(text, 32, "--%s%s%s", extra->name, extra->argument ? " " : "",
		 extra->argument ? extra->argument : "");
	return text;
}

static void print_help(FILE *out, const struct program *program)
{
	char text[32];

	fprintf(out, "%s: %s\nusage: %s --config FILE [--check]", program->name, program->summary,
		program->name);
	for (const struct program_extra_option *e = program->extra; e->name; e++)
		fprintf(out, " [%s]", extra_text(e, text));
	fputs("\n  -c, --config FILE  the configuration\n"
	      "      --check        read the configuration, say what is wrong with it, and end\n",
	      out);
	for (const struct program_extra_option *e = program->extra; e->name; e++)
		fprintf(out, "      %-14s %s\n", extra_text(e, text), e->help);
	fputs("      --version      print the version and end\n"
	      "      --help         print this and end\n",
	      out);
}

/* True when the option was one that goes on; else status is what the program shall end with. */
static bool take_option(const struct program *program, int option, struct program_options *options,
			int *status)
{
	*status = PROGRAM_OK;
	if (option >= OPTION_EXTRA) {
		program->extra[option - OPTION_EXTRA].value = optarg ? optarg : "";
		return true;
	}
	switch (option) {
	case 'c':
		options->config = optarg;
		return true;
	case OPTION_CHECK:
		options->check = true;
		return true;
	case OPTION_VERSION:
		printf("%s %s\n", program->name, PROGRAM_VERSION);
		return false;
	case OPTION_HELP:
		print_help(stdout, program);
		return false;
	default: /* getopt_long has said what is wrong */
		*status = PROGRAM_USAGE;
		return false;
	}
}

/* If the parent process has closed stdin, stdout or stderr, the next socket or file would get that
 * number. Log lines would then be written to it. */
static void open_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int program_parse_options_and(const char *name, const char *summary, int argc, char **argv,
			      struct program_options *options, struct program_extra_option *extra)
{
	const struct program program = {.name = name, .summary = summary, .extra = extra};
	struct option long_options[4 + PROGRAM_EXTRA_OPTIONS_MAX + 1] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, OPTION_CHECK},
		{"version", no_argument, NULL, OPTION_VERSION},
		{"help", no_argument, NULL, OPTION_HELP},
	};
	int option, status;

	for (int i = 0; i < PROGRAM_EXTRA_OPTIONS_MAX && extra[i].name; i++)
		long_options[4 + i] = (struct option){
			extra[i].name, extra[i].argument ? required_argument : no_argument, NULL,
			OPTION_EXTRA + i};
	open_standard_streams();
	program_log_set_name(name);
	*options = (struct program_options){0};
	optind = 0; /* GNU: start anew, also when called a second time */
	while ((option = getopt_long(argc, argv, "c:", long_options, NULL)) != -1)
		if (!take_option(&program, option, options, &status))
			return status;
	if (optind < argc) {
		fprintf(stderr, "%s: '%s' is not expected; see %s --help\n", name, argv[optind],
			name);
		return PROGRAM_USAGE;
	}
	if (!options->config) {
		fprintf(stderr, "%s: --config FILE is missing; see %s --help\n", name, name);
		return PROGRAM_USAGE;
	}
	return -1;
}

int program_parse_options(const char *name, const char *summary, int argc, char **argv,
			  struct program_options *options)
{
	struct program_extra_option none = {0};

	return program_parse_options_and(name, summary, argc, argv, options, &none);
}
