/* SPDX-License-Identifier: BSD-3-Clause */
#include "storm_report.h"

#include <string.h>

#include "bench.h"

/* So many, or more, are a storm; what a goal says of a storm is not said of less. */
#define STORM_DEVICES 100000

enum goal {
	NO_GOAL,
	AT_MOST,
	AT_LEAST,
	NONE,	 /* zero, in each round */
	BOUNDED, /* at most, in each round */
};

static const struct {
	const char *key;
	const char *text;
	int decimals;
	enum goal goal;
	double limit;
	const char *heading; /* before it; NULL: none */
} figures[STORM_FIGURES] = {
	[STORM_SERVED_S] = {"served_s", "first AKA run to last answer, s", 2, AT_MOST, 20,
			    "a storm: all devices attach at once"},
	[STORM_DELIVERED_S] = {"delivered_s", "first activation to last first packet delivered, s",
			       2, AT_MOST, 20, NULL},
	[STORM_DEVICES_A_S] = {"devices_a_s", "devices a second", 0, NO_GOAL, 0, NULL},
	[STORM_UNSERVED] = {"unserved", "devices not served", 0, NONE, 0, NULL},
	[STORM_LOST] = {"lost", "first packets lost", 0, NONE, 0, NULL},
	[STORM_WRONG] = {"wrong", "first packets not delivered, and wrong packets", 0, NONE, 0,
			 NULL},
	[STORM_RETRANSMITTED] = {"retransmitted", "Create Requests that came again", 0, NO_GOAL, 0,
				 NULL},
	[STORM_ACTIVATION_P50_MS] = {"activation_p50_ms", "AKA and activation p50, ms", 2, NO_GOAL,
				     0, NULL},
	[STORM_ACTIVATION_P99_MS] = {"activation_p99_ms", "AKA and activation p99, ms", 2, NO_GOAL,
				     0, NULL},
	[STORM_FIRST_P50_MS] = {"first_p50_ms", "first packet's answer p50, ms", 2, NO_GOAL, 0,
				NULL},
	[STORM_FIRST_P99_MS] = {"first_p99_ms", "first packet's answer p99, ms", 2, NO_GOAL, 0,
				NULL},
	[STORM_HELD] = {"held", "packets held at once, the most seen", 0, BOUNDED, 4096, NULL},
	[STORM_RSS_BEFORE_MIB] = {"rss_before_mib", "memory of hse before, MiB", 1, NO_GOAL, 0,
				  NULL},
	[STORM_RSS_PEAK_MIB] = {"rss_peak_mib", "memory of hse, peak, MiB", 1, NO_GOAL, 0, NULL},
	[STORM_RSS_AFTER_MIB] = {"rss_after_mib", "memory of hse after, MiB", 1, NO_GOAL, 0, NULL},
	[STORM_RSS_GROWTH] = {"rss_growth", "its growth to the peak, octets a device", 0, BOUNDED,
			      1024, NULL},
	[STORM_CPU_HSE_US] = {"cpu_hse_us", "CPU time of a device: hse, us", 1, NO_GOAL, 0, NULL},
	[STORM_CPU_HSS_US] = {"cpu_hss_us", "  hse-hss, us", 1, NO_GOAL, 0, NULL},
	[STORM_CPU_UE_US] = {"cpu_ue_us", "  hse-ue, us", 1, NO_GOAL, 0, NULL},
	[STORM_CPU_GGSN_US] = {"cpu_ggsn_us", "  the GGSN, us", 1, NO_GOAL, 0, NULL},
	[COLD_DELAY_P50_MS] = {"cold_delay_p50_ms", "first packet delayed by the pull p50, ms", 2,
			       AT_MOST, 2, "one cold session after another, with an idle HSS"},
	[COLD_DELAY_P99_MS] = {"cold_delay_p99_ms", "first packet delayed by the pull p99, ms", 2,
			       AT_MOST, 10, NULL},
	[COLD_FIRST_P50_MS] = {"cold_first_p50_ms", "answer of the first packet p50, ms", 2,
			       NO_GOAL, 0, NULL},
	[COLD_NEXT_P50_MS] = {"cold_next_p50_ms", "answer of a later packet p50, ms", 2, NO_GOAL, 0,
			      NULL},
	[COLD_FIRST_P99_MS] = {"cold_first_p99_ms", "answer of the first packet p99, ms", 2,
			       NO_GOAL, 0, NULL},
	[COLD_NEXT_P99_MS] = {"cold_next_p99_ms", "answer of a later packet p99, ms", 2, NO_GOAL, 0,
			      NULL},
	[COLD_LOST] = {"cold_lost", "devices not served, packets lost", 0, NONE, 0, NULL},
	[TRAFFIC_RATIO] = {"traffic_ratio", "packets answered in a storm, to without", 3, AT_LEAST,
			   0.9, "established sessions, without a storm and in one"},
	[TRAFFIC_CALM_A_S] = {"traffic_calm_a_s", "packets answered a second, without", 0, NO_GOAL,
			      0, NULL},
	[TRAFFIC_STORM_A_S] = {"traffic_storm_a_s", "packets answered a second, in a storm", 0,
			       NO_GOAL, 0, NULL},
	[TRAFFIC_CALM_ANSWERED] = {"traffic_calm_answered", "of those sent, without", 4, NO_GOAL, 0,
				   NULL},
	[TRAFFIC_STORM_ANSWERED] = {"traffic_storm_answered", "of those sent, in a storm", 4,
				    NO_GOAL, 0, NULL},
	[TRAFFIC_CALM_P50_MS] = {"traffic_calm_p50_ms", "round trip p50, without, ms", 2, NO_GOAL,
				 0, NULL},
	[TRAFFIC_STORM_P50_MS] = {"traffic_storm_p50_ms", "round trip p50, in a storm, ms", 2,
				  NO_GOAL, 0, NULL},
	[TRAFFIC_CALM_P99_MS] = {"traffic_calm_p99_ms", "round trip p99, without, ms", 2, NO_GOAL,
				 0, NULL},
	[TRAFFIC_STORM_P99_MS] = {"traffic_storm_p99_ms", "round trip p99, in a storm, ms", 2,
				  NO_GOAL, 0, NULL},
	[TRAFFIC_SERVED_S] = {"traffic_served_s", "that storm: first AKA run to last answer, s", 2,
			      NO_GOAL, 0, NULL},
	[TRAFFIC_LOST] = {"traffic_lost", "that storm: devices not served, packets lost", 0, NONE,
			  0, NULL},
};

void report_add(struct storm_report *r, enum storm_figure figure, double value)
{
	if (r->count[figure] < STORM_ROUNDS_MAX)
		r->value[figure][r->count[figure]++] = value;
}

static enum goal goal_of(const struct storm_report *r, enum storm_figure figure)
{
	const bool of_size = figure == STORM_SERVED_S || figure == STORM_DELIVERED_S ||
			     figure == STORM_RSS_GROWTH;

	return of_size && r->devices < STORM_DEVICES ? NO_GOAL : figures[figure].goal;
}

/* Its values have been sorted. */
static bool is_held(const struct storm_report *r, enum storm_figure figure, double median)
{
	const double most = r->value[figure][r->count[figure] - 1];

	switch (goal_of(r, figure)) {
	case AT_MOST:
		return median <= figures[figure].limit;
	case AT_LEAST:
		return median >= figures[figure].limit;
	case NONE:
	case BOUNDED:
		return most <= figures[figure].limit;
	default:
		return true;
	}
}

static void print_goal(const struct storm_report *r, enum storm_figure figure, bool held)
{
	static const char *const signs[] = {
		[AT_MOST] = "<=", [AT_LEAST] = ">=", [NONE] = "", [BOUNDED] = "<="};
	const enum goal goal = goal_of(r, figure);
	char text[32];

	if (goal == NO_GOAL)
		return;
	snprintf(text, sizeof(text), "%s %g", signs[goal], figures[figure].limit);
	printf("  %9s  %s", text, held ? "held" : "NOT HELD");
}

static bool print_figure(struct storm_report *r, enum storm_figure figure)
{
	const unsigned count = r->count[figure];
	const int decimals = figures[figure].decimals;
	double *values = r->value[figure];
	const double median = bench_median(values, count);
	const bool held = is_held(r, figure, median);

	printf("  %-52s %10.*f", figures[figure].text, decimals, median);
	if (count > 1)
		printf("  %10.*f %10.*f", decimals, values[0], decimals, values[count - 1]);
	else
		printf("  %10s %10s", "", "");
	print_goal(r, figure, held);
	printf("\n");
	return held;
}

bool report_print(struct storm_report *r)
{
	unsigned goals = 0, held = 0;
	bool sound = true;

	for (unsigned i = 0; i < STORM_FIGURES; i++) {
		if (r->count[i] == 0)
			continue;
		if (figures[i].heading)
			printf("%-54s %10s  %10s %10s  %9s\n", figures[i].heading, "median",
			       "least", "most", "goal");
		const bool ok = print_figure(r, i);
		goals += goal_of(r, i) != NO_GOAL;
		held += goal_of(r, i) != NO_GOAL && ok;
		sound &= ok || figures[i].goal != NONE;
	}
	printf("%u of %u goals held\n", held, goals);
	return sound;
}

void report_write_csv(const struct storm_report *r, FILE *csv)
{
	fprintf(csv, "figure,round,value,goal\n");
	for (unsigned i = 0; i < STORM_FIGURES; i++)
		for (unsigned n = 0; n < r->count[i]; n++) {
			fprintf(csv, "%s,%u,%.6g,", figures[i].key, n + 1, r->value[i][n]);
			if (goal_of(r, i) != NO_GOAL)
				fprintf(csv, "%g", figures[i].limit);
			fprintf(csv, "\n");
		}
}
