/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <stdio.h>

#include "program/log.h"
#include "program/program.h"

enum {
	OPTION_CHECK = 256,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"check", no_argument, NULL, OPTION_CHECK},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{0},
};

static void print_help(FILE *out, const char *name, const char *summary)
{
	fprintf(out,
		"%s: %s\n"
		"usage: %s --config FILE [--check]\n"
		"  -c, --config FILE  the configuration\n"
		"      --check        read the configuration, say what is wrong with it, and end\n"
		"      --version      print the version and end\n"
		"      --help         print this and end\n",
		name, summary, name);
}

int program_parse_options(const char *name, const char *summary, int argc, char **argv,
			  struct program_options *options)
{
	int c;

	program_log_set_name(name);
	*options = (struct program_options){0};
	optind = 0; /* GNU: start anew, also when called a second time */
	while ((c = getopt_long(argc, argv, "c:", long_options, NULL)) != -1) {
		switch (c) {
		case 'c':
			options->config = optarg;
			break;
		case OPTION_CHECK:
			options->check = true;
			break;
		case OPTION_VERSION:
			printf("%s %s\n", name, PROGRAM_VERSION);
			return PROGRAM_OK;
		case OPTION_HELP:
			print_help(stdout, name, summary);
			return PROGRAM_OK;
		default: /* getopt_long has said what is wrong */
			return PROGRAM_USAGE;
		}
	}
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
