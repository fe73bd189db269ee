/* SPDX-License-Identifier: BSD-3-Clause */
/* main: plays many sequences, says what they did, and tells in words the first of each kind that went wrong. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "hse.h"
#include "play.h"
#include "report.h"

#define SEED	  13
#define SEQUENCES 100000

struct options {
	uint64_t sequences, seed, from;
	unsigned failures; /* told, until it ends */
	bool is_told;
};

static void usage(void)
{
	printf("Usage: hse-model [--sequences N] [--seed S] [--from K] [--failures N] [--without "
	       "MASK] [--tell]\n\n"
	       "Plays random sequences of GTP-C and N-PDUs through the control plane and the "
	       "workers\n"
	       "of hse, and says which N-PDUs left that must not. Defaults: %d sequences, seed "
	       "%d.\n"
	       "--from K --sequences 1 --tell plays sequence K again and tells it in words.\n"
	       "--failures N: ends after N sequences that failed (1).\n"
	       "--without MASK: no GGSN has these habits (ggsn.h).\n",
	       SEQUENCES, SEED);
}

static bool read_options(struct options *o, int argc, char **argv)
{
	static const struct option options[] = {{"sequences", required_argument, NULL, 'n'},
						{"seed", required_argument, NULL, 's'},
						{"from", required_argument, NULL, 'f'},
						{"failures", required_argument, NULL, 'm'},
						{"without", required_argument, NULL, 'w'},
						{"tell", no_argument, NULL, 't'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	int c;

	*o = (struct options){.sequences = SEQUENCES, .seed = SEED, .failures = 1};
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n')
			o->sequences = strtoull(optarg, NULL, 10);
		else if (c == 's')
			o->seed = strtoull(optarg, NULL, 10);
		else if (c == 'f')
			o->from = strtoull(optarg, NULL, 10);
		else if (c == 'm')
			o->failures = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'w')
			play_without_habits = (uint32_t)strtoul(optarg, NULL, 0);
		else if (c == 't')
			o->is_told = true;
		else
			return false;
	}
	return true;
}

/* The steps that matter, in words. */
static void tell(const struct options *o, uint64_t number)
{
	const struct tally before = tally;
	struct skipped skipped;

	play_shrink(o->seed, number, &skipped);
	is_told = true;
	play(o->seed, number, &skipped);
	is_told = o->is_told;
	printf("again: --seed %lu --from %lu --sequences 1 --tell\n\n", o->seed, number);
	tally = before;
}

int main(int argc, char **argv)
{
	unsigned failed = 0;
	struct options o;
	bool is_full;

	umask(077);
	if (!read_options(&o, argc, argv)) {
		usage();
		return 2;
	}
	if (hse_open() != 0 || keys_open() != 0) {
		fprintf(stderr, "hse-model: no memory for DPDK\n");
		return 1;
	}
	is_told = o.is_told;
	for (uint64_t i = o.from; i < o.from + o.sequences && failed < o.failures; i++) {
		play(o.seed, i, NULL);
		report_add();
		if (finding.verdict == VERDICT_NONE)
			continue;
		failed++;
		printf("FAIL seed %lu sequence %lu: %s: %s\n", o.seed, i,
		       verdict_names[finding.verdict], finding.text);
		/* One of each kind is told. */
		if (report_fail(finding.verdict))
			tell(&o, i);
	}
	is_full = report_print();
	hse_close();
	keys_close();
	printf("model: %u passed, %u failed\n", failed == 0 && is_full, failed + !is_full);
	return failed > 0 || !is_full;
}
