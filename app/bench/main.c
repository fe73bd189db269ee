/* SPDX-License-Identifier: BSD-3-Clause */
/* hse-bench: how fast a worker is, and how near to its crypto. No NIC, no root. `hse-bench storm` is in storm.c. */
#include <getopt.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "datapath/memory.h"
#include "recovery.h"
#include "storm.h"

struct options {
	bool quick;
	bool recovery;
	bool beside;
	bool ipv6;
	const char *csv;
	const char *only;
	unsigned memory_mib;
};

/* A goal that a row has to reach; 0: none. */
struct row {
	struct bench_case c;
	double goal;
};

static const char *direction_name(const struct bench_case *c)
{
	return c->direction == E2M_UPLINK ? "uplink" : "downlink";
}

static const char *algorithms(const struct bench_case *c, char buf[16])
{
	if (c->eea == E2M_EEA_GCM)
		snprintf(buf, 16, "gcm");
	else
		snprintf(buf, 16, "%s+%s", e2m_eea_name(c->eea), e2m_eia_name(c->eia));
	return buf;
}

static double mpps(double cycles)
{
	return (double)rte_get_tsc_hz() / cycles / 1e6;
}

static void print_head(FILE *csv)
{
	printf("%-8s %-10s %6s %8s %7s %7s %7s %7s %6s  ", "to", "algorithms", "octets", "sessions",
	       "Mpps", "Gbit/s", "cycles", "bare", "ratio");
	for (unsigned i = 0; i < DATAPATH_STAGES; i++)
		printf("%8s", datapath_stage_name(i));
	printf("  goal\n");
	if (!csv)
		return;
	fprintf(csv, "direction,algorithms,octets,sessions,workers,mpps,gbit_s,cycles,bare_cycles,"
		     "ratio");
	for (unsigned i = 0; i < DATAPATH_STAGES; i++)
		fprintf(csv, ",%s", datapath_stage_name(i));
	fprintf(csv, ",goal\n");
}

static void print_row(const struct row *row, const struct bench_result *r, FILE *csv)
{
	const double rate = mpps(r->worker_cycles);
	const double gbit = rate * row->c.npdu_len * 8 / 1000;
	char name[16];

	printf("%-8s %-10s %6u %8u %7.2f %7.2f %7.0f %7.0f %6.2f  ", direction_name(&row->c),
	       algorithms(&row->c, name), row->c.npdu_len, row->c.sessions, rate, gbit,
	       r->worker_cycles, r->bare_cycles, r->ratio);
	for (unsigned i = 0; i < DATAPATH_STAGES; i++)
		printf("%8.0f", r->stage_cycles[i]);
	if (row->goal > 0)
		printf("  >= %.2f %s", row->goal, r->ratio >= row->goal ? "held" : "NOT HELD");
	printf("\n");
	fflush(stdout);
	if (!csv)
		return;
	fprintf(csv, "%s,%s,%u,%u,1,%.3f,%.3f,%.1f,%.1f,%.3f", direction_name(&row->c), name,
		row->c.npdu_len, row->c.sessions, rate, gbit, r->worker_cycles, r->bare_cycles,
		r->ratio);
	for (unsigned i = 0; i < DATAPATH_STAGES; i++)
		fprintf(csv, ",%.1f", r->stage_cycles[i]);
	fprintf(csv, ",%.2f\n", row->goal);
}

static void progress(unsigned done, unsigned all)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%u of %u rows\r", done, all);
}

#define MAX_ROWS    128
#define UNPROTECTED 5000000U

struct rows {
	struct row row[MAX_ROWS];
	unsigned count;
};

static void add(struct rows *rows, enum e2m_direction direction, enum e2m_eea eea, enum e2m_eia eia,
		uint32_t len, uint32_t sessions, double goal)
{
	if (rows->count < MAX_ROWS)
		rows->row[rows->count++] = (struct row){
			.c = {direction, eea, eia, len, sessions, false, 0}, .goal = goal};
}

/* The goals' rows. */
static void add_goals(struct rows *rows)
{
	static const uint32_t lens[] = {20, 64, 256};

	for (unsigned d = 0; d < 2; d++) {
		for (unsigned i = 0; i < 3; i++)
			add(rows, d, E2M_EEA2, E2M_EIA2, lens[i], 1000, 0.75);
		add(rows, d, E2M_EEA2, E2M_EIA2, 1400, 1000, 0.90);
		add(rows, d, E2M_EEA_GCM, E2M_EIA_GCM, 64, 1000, 0.70);
	}
}

static void add_full(struct rows *rows)
{
	static const uint32_t more_lens[] = {128, 512, 1024};
	static const uint32_t fleets[] = {1, 10000, 100000};

	for (unsigned d = 0; d < 2; d++) {
		for (unsigned i = 0; i < 3; i++) {
			add(rows, d, E2M_EEA2, E2M_EIA2, more_lens[i], 1000, 0);
			add(rows, d, E2M_EEA2, E2M_EIA2, 64, fleets[i], 0);
		}
		add(rows, d, E2M_EEA_GCM, E2M_EIA_GCM, 1400, 1000, 0);
		for (enum e2m_eea eea = E2M_EEA0; eea <= E2M_EEA3; eea++)
			for (enum e2m_eia eia = E2M_EIA0; eia <= E2M_EIA3; eia++)
				if ((eea != E2M_EEA2 || eia != E2M_EIA2) &&
				    e2m_algorithms_allowed(eea, eia, true))
					add(rows, d, eea, eia, 64, 1000, 0);
	}
}

static bool is_wanted(const struct row *row, const struct options *o)
{
	char name[16], text[64];

	if (row->c.ipv6 && row->c.npdu_len < PDP_IPV6_HEADER)
		return false;
	snprintf(text, sizeof(text), "%s %s %u %u", direction_name(&row->c),
		 algorithms(&row->c, name), row->c.npdu_len, row->c.sessions);
	return !o->only || strcmp(text, o->only) == 0;
}

static int measure_rows(struct rows *rows, const struct options *o, FILE *csv)
{
	int held = 0;

	for (unsigned i = 0; i < rows->count; i++) {
		struct bench_result r;
		rows->row[i].c.ipv6 = o->ipv6;
		if (!is_wanted(&rows->row[i], o))
			continue;
		progress(i, rows->count);
		if (bench_measure(&rows->row[i].c, o->quick ? 7 : 21, o->quick ? 65536 : 262144,
				  &r) != 0)
			return -1;
		print_row(&rows->row[i], &r, csv);
		held += rows->row[i].goal > 0 && r.ratio >= rows->row[i].goal;
	}
	return held;
}

/* A million sessions in random order, to the same worker at a thousand. */
static int measure_fleet(const struct options *o, FILE *csv)
{
	int held = 0;

	for (unsigned d = 0; d < 2; d++) {
		struct row small = {.c = {d, E2M_EEA2, E2M_EIA2, 64, 1000, false, 0}};
		struct row large = {.c = {d, E2M_EEA2, E2M_EIA2, 64, 1000000, false, 0}};
		struct bench_result rs, rl;
		unsigned turns = o->quick ? 3 : 11;
		if (bench_measure(&small.c, turns, 262144, &rs) != 0 ||
		    bench_measure(&large.c, turns, 1000000, &rl) != 0)
			return -1;
		print_row(&large, &rl, csv);
		double ratio = rs.worker_cycles / rl.worker_cycles;
		printf("%-8s a million sessions to a thousand: %.2f  >= 0.50 %s\n",
		       direction_name(&large.c), ratio, ratio >= 0.5 ? "held" : "NOT HELD");
		held += ratio >= 0.5;
	}
	return held;
}

/* Measures 100,000 protected sessions twice: alone, and beside millions of sessions without protection. Packets of both
 * kinds come in turn. The result is the ratio of the two rates. */
static int measure_beside(const struct options *o, FILE *csv)
{
	int held = 0;

	for (unsigned d = 0; d < 2; d++) {
		struct row alone = {.c = {d, E2M_EEA2, E2M_EIA2, 64, 100000, false, 0}};
		struct row beside = {.c = {d, E2M_EEA2, E2M_EIA2, 64, 100000, false, UNPROTECTED}};
		struct bench_result ra, rb;
		unsigned turns = o->quick ? 3 : 11;
		if (bench_measure(&alone.c, turns, 262144, &ra) != 0 ||
		    bench_measure(&beside.c, turns, 262144, &rb) != 0)
			return -1;
		print_row(&beside, &rb, csv);
		double ratio = ra.worker_cycles / rb.worker_cycles;
		printf("%-8s beside %u sessions without protection, at %.0f cycles a packet: "
		       "%.2f  >= 0.70 %s\n",
		       direction_name(&beside.c), UNPROTECTED, rb.unprotected_cycles, ratio,
		       ratio >= 0.7 ? "held" : "NOT HELD");
		held += ratio >= 0.7;
	}
	return held;
}

static int measure_workers(const struct options *o)
{
	const struct bench_case c = {E2M_DOWNLINK, E2M_EEA2, E2M_EIA2, 64, 1000, false, 0};
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double one[8], two[8];
	const unsigned turns = o->quick ? 3 : 7;

	for (unsigned i = 0; i < turns; i++) {
		one[i] = bench_workers(&c, 1, o->quick ? 0.2 : 1);
		two[i] = bench_workers(&c, 2, o->quick ? 0.2 : 1);
		two[i] /= one[i];
	}
	double ratio = bench_median(two, turns);
	printf("2 workers behind one RX queue to 1, on %ld CPUs: %.2f of %.2f Mpps  >= 1.60 %s\n",
	       cpus, ratio, bench_median(one, turns) / 1e6, ratio >= 1.6 ? "held" : "NOT HELD");
	return ratio >= 1.6;
}

static int measure_idle(void)
{
	const struct bench_case c = {E2M_UPLINK, E2M_EEA2, E2M_EIA2, 64, 1, false, 0};
	unsigned rounds = bench_idle_rounds(&c);

	printf("one packet into an idle worker: out after %u poll round%s  1 %s\n", rounds,
	       rounds == 1 ? "" : "s", rounds == 1 ? "held" : "NOT HELD");
	return rounds == 1;
}

static int run(const struct options *o)
{
	FILE *csv = o->csv ? fopen(o->csv, "w") : NULL;
	struct rows rows = {0};
	int held, fleet;

	if (o->csv && !csv) {
		fprintf(stderr, "hse-bench: %s: cannot be written\n", o->csv);
		return 1;
	}
	add_goals(&rows);
	unsigned goals = rows.count + 4;
	if (!o->quick)
		add_full(&rows);
	print_head(csv);
	if (o->beside)
		return measure_beside(o, csv) < 0;
	held = measure_rows(&rows, o, csv);
	if (o->only) {
		if (csv)
			fclose(csv);
		return held < 0;
	}
	fleet = held < 0 ? -1 : measure_fleet(o, csv);
	if (csv)
		fclose(csv);
	if (fleet < 0)
		return 1;
	held += fleet + measure_workers(o) + measure_idle();
	printf("%d of %u goals held\n", held, goals);
	return 0;
}

static void usage(FILE *out)
{
	fputs("Usage: hse-bench [--quick] [--ipv6] [--only ROW] [--csv FILE] [--memory MIB]\n"
	      "       hse-bench --recovery [--memory MIB]\n"
	      "       hse-bench --beside [--quick] [--memory MIB]\n"
	      "       hse-bench storm --help\n"
	      "Measures the worker's path on packets in memory, beside intel-ipsec-mb alone.\n"
	      "  --quick       the goals' rows alone, in less than half a minute\n"
	      "  --ipv6        N-PDUs of IPv6 in the rows of up to 100,000 sessions\n"
	      "  --csv FILE    the table for tools/plot-bench\n"
	      "  --only ROW    one row, such as \"downlink eea2+eia2 64 1000\"\n"
	      "  --recovery    what an outage costs, and junk, instead\n"
	      "  --beside      a hundred thousand sessions beside five million without protection, "
	      "instead\n"
	      "  --memory MIB  DPDK's memory (1024)\n",
	      out);
}

static int parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {{"quick", no_argument, NULL, 'q'},
					      {"csv", required_argument, NULL, 'c'},
					      {"only", required_argument, NULL, 'o'},
					      {"memory", required_argument, NULL, 'm'},
					      {"recovery", no_argument, NULL, 'r'},
					      {"beside", no_argument, NULL, 'b'},
					      {"ipv6", no_argument, NULL, '6'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	int option;

	*o = (struct options){.memory_mib = 1024};
	while ((option = getopt_long(argc, argv, "qc:o:m:r6bh", longs, NULL)) != -1) {
		switch (option) {
		case 'q':
			o->quick = true;
			break;
		case 'c':
			o->csv = optarg;
			break;
		case 'o':
			o->only = optarg;
			break;
		case 'm':
			o->memory_mib = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			o->recovery = true;
			break;
		case 'b':
			o->beside = true;
			break;
		case '6':
			o->ipv6 = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc || o->memory_mib < 64) {
		usage(stderr);
		return 2;
	}
	return -1;
}

static int start_eal(const struct options *o)
{
	char line[256];
	char *args[16], *save;
	int count = 0;

	snprintf(line, sizeof(line),
		 "hse-bench --no-huge --no-pci --no-shconf --no-telemetry -m %u "
		 "--log-level *:error --lcores=0@(0)",
		 o->memory_mib);
	for (char *arg = strtok_r(line, " ", &save); arg; arg = strtok_r(NULL, " ", &save))
		args[count++] = arg;
	args[count] = NULL;
	if (rte_eal_init(count, args) >= 0)
		return 0;
	fprintf(stderr, "hse-bench: DPDK does not start: %s\n", rte_strerror(rte_errno));
	return -1;
}

int main(int argc, char **argv)
{
	struct options o;
	int status;

	if (argc > 1 && strcmp(argv[1], "storm") == 0)
		return storm_main(argc - 1, argv + 1);
	status = parse(argc, argv, &o);
	if (status >= 0)
		return status;
	if (start_eal(&o) != 0)
		return 1;
	datapath_advise_memory();
	status = o.recovery ? recovery_main() : run(&o);
	rte_eal_cleanup();
	return status;
}
