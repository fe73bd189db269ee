/* SPDX-License-Identifier: BSD-3-Clause */
/* storm: the command, its options, and the order of what is measured. */
#include "storm.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "storm_measure.h"

static void usage(FILE *out)
{
	fputs("Usage: hse-bench storm [OPTION...]\n"
	      "Measures, as root, how hse, hse-hss and hse-ue stand a region that reattaches.\n"
	      "  --devices N   of a storm (100000)\n"
	      "  --rounds N    storms, of which the median counts (3)\n"
	      "  --window N    devices between AKA run and PDP context at once (512)\n"
	      "  --cold N      sessions one by one, with an idle HSS (1000)\n"
	      "  --traffic N   packets a second of a thousand established sessions (5000)\n"
	      "  --calm N      seconds that these are watched without a storm, before and after "
	      "(10)\n"
	      "  --state DIR   hse keeps its sessions there, on disk\n"
	      "  --csv FILE    all values\n"
	      "  --keep DIR    configurations, keys, and what programs say stay there\n"
	      "With N 0 rounds, cold sessions or traffic are left out.\n"
	      "Exit status 1: a device was not served, or a packet was lost.\n",
	      out);
}

static bool read_number(const char *text, uint32_t least, uint32_t most, uint32_t *value)
{
	char *end;
	const unsigned long n = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || n < least || n > most) {
		fprintf(stderr, "hse-bench: storm: '%s': expected a number, %u to %u\n", text,
			least, most);
		return false;
	}
	*value = (uint32_t)n;
	return true;
}

/* Absolute, for the programs have a folder of their own. */
static bool make_state_folder(const char *path, const char **state)
{
	static char absolute[PATH_MAX];

	if ((mkdir(path, 0700) != 0 && errno != EEXIST) || !realpath(path, absolute)) {
		fprintf(stderr, "hse-bench: storm: --state %s: %s\n", path, strerror(errno));
		return false;
	}
	*state = absolute;
	return true;
}

/* -1: go on; else the exit status. */
static int parse(int argc, char **argv, struct storm_options *o, const char **csv)
{
	static const struct option longs[] = {{"devices", required_argument, NULL, 'd'},
					      {"rounds", required_argument, NULL, 'r'},
					      {"window", required_argument, NULL, 'w'},
					      {"cold", required_argument, NULL, 'o'},
					      {"traffic", required_argument, NULL, 't'},
					      {"calm", required_argument, NULL, 'a'},
					      {"csv", required_argument, NULL, 'c'},
					      {"keep", required_argument, NULL, 'k'},
					      {"state", required_argument, NULL, 's'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	int option;
	bool good = true;

	*o = storm_default_options;
	while (good && (option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		switch (option) {
		case 'd':
			good = read_number(optarg, 1, 900000, &o->devices);
			break;
		case 'r':
			good = read_number(optarg, 0, STORM_ROUNDS_MAX, &o->rounds);
			break;
		case 'w':
			good = read_number(optarg, 1, 16384, &o->window);
			break;
		case 'o':
			good = read_number(optarg, 0, 50000, &o->cold);
			break;
		case 't':
			good = read_number(optarg, 0, 1000000, &o->traffic);
			break;
		case 'a':
			good = read_number(optarg, 2, 600, &o->calm_s);
			break;
		case 'c':
			*csv = optarg;
			break;
		case 'k':
			o->keep = optarg;
			break;
		case 's':
			good = make_state_folder(optarg, &o->state);
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			good = false;
		}
	}
	if (good && optind == argc)
		return -1;
	usage(stderr);
	return 2;
}

int storm_main(int argc, char **argv)
{
	static struct storm_report report;
	struct storm_options options;
	const char *csv_path = NULL;
	FILE *csv = NULL;
	int status = parse(argc, argv, &options, &csv_path);

	if (status >= 0)
		return status;
	if (csv_path && !(csv = fopen(csv_path, "we"))) {
		fprintf(stderr, "hse-bench: %s: %s\n", csv_path, strerror(errno));
		return 1;
	}
	report.devices = options.devices;
	status = !storm_measure(&options, &report);
	if (csv) {
		report_write_csv(&report, csv);
		fclose(csv);
	}
	if (status == 0)
		status = !report_print(&report);
	return status;
}
