/* SPDX-License-Identifier: BSD-3-Clause */
#include "storm_measure.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "storm_fleet.h"
#include "storm_ggsn.h"
#include "storm_lab.h"
#include "storm_watch.h"
#include "ue/figures.h"

#define STEP_MS	      50   /* between looks */
#define STALLED_STEPS 2400 /* looks without progress: two minutes, above a packet's time-out */
#define ESTABLISHED   1000 /* sessions with traffic */
#define COLD_RATE     100  /* sessions a second */

const struct storm_options storm_default_options = {
	.devices = 100000, .rounds = 3, .window = 512, .cold = 1000, .traffic = 5000, .calm_s = 10};

/* Places of subscribers: the storm's first, then the established, then the cold. */
struct storm {
	const struct storm_options *options;
	struct storm_report *report;
	struct lab lab;
	struct storm_ggsn *ggsn;
	struct lab_program hss, hse;
	int telemetry;			 /* hse's; -1: not open */
	struct storm_fleet *established; /* NULL: there is none */
	double held;			 /* the most that were seen */
};

static bool fail(const struct storm *s, const struct lab_program *program, const char *what)
{
	if (lab_is_interrupted()) {
		fprintf(stderr, "hse-bench: interrupted\n");
		return false;
	}
	fprintf(stderr, "hse-bench: %s %s; it has said:\n", program->name, what);
	lab_show_log(&s->lab, program);
	return false;
}

static uint32_t subscribers(const struct storm_options *o)
{
	return o->devices + ESTABLISHED + o->cold;
}

/* --- the lab --- */

static bool start_ggsn(struct storm *s)
{
	struct storm_ggsn_config config = {.count = subscribers(s->options)};

	inet_pton(AF_INET, LAB_GGSN_ADDRESS, &config.address);
	inet_pton(AF_INET, STORM_HOST, &config.host);
	e2m_imsi_parse(&config.first, STORM_FIRST_IMSI, strlen(STORM_FIRST_IMSI));
	s->ggsn = lab_enter(LAB_GGSN) ? storm_ggsn_start(&config) : NULL;
	return s->ggsn != NULL;
}

static bool start(struct storm *s)
{
	const uint32_t count = subscribers(s->options);

	if (!lab_open(&s->lab, s->options->keep) || !start_ggsn(s) ||
	    !storm_config_hss(&s->lab, count) ||
	    !storm_config_hse(&s->lab, count, s->options->state) ||
	    !lab_start(&s->lab, &s->hss, LAB_HOME, "hss", "hse-hss", NULL) ||
	    !lab_start(&s->lab, &s->hse, LAB_HSE, "hse", "hse", NULL))
		return false;
	s->telemetry = watch_open(1);
	if (s->telemetry >= 0)
		return true;
	if (!lab_is_running(&s->hss))
		return fail(s, &s->hss, "has ended");
	return fail(s, &s->hse, "is not ready");
}

static void stop(struct storm *s)
{
	if (s->established)
		lab_end(&s->established->program);
	free(s->established);
	if (s->telemetry >= 0)
		close(s->telemetry);
	lab_end(&s->hse);
	lab_end(&s->hss);
	storm_ggsn_stop(s->ggsn);
}

/* Looks at everything that runs. False: something has ended that should not. */
static bool look(struct storm *s)
{
	const double held = watch_status(s->telemetry, "held_packets");

	if (held > s->held)
		s->held = held;
	if (s->established) {
		storm_fleet_read(s->established);
		if (!lab_is_running(&s->established->program))
			return fail(s, &s->established->program, "has ended");
	}
	if (!lab_is_running(&s->hss))
		return fail(s, &s->hss, "has ended");
	if (!lab_is_running(&s->hse) || held < 0)
		return fail(s, &s->hse, "has ended, or does not answer");
	return !lab_is_interrupted() || fail(s, &s->hse, "");
}

static void show_progress(const char *line)
{
	if (isatty(STDERR_FILENO) && line[0])
		fprintf(stderr, "\r%.*s\033[K\r", (int)strcspn(line, "\n"), line);
}

/* Until the fleet has ended, or, with traffic, has come to it. */
static bool wait_for_fleet(struct storm *s, struct storm_fleet *fleet, bool has_traffic)
{
	char before[sizeof(fleet->progress)] = "";
	unsigned stalled = 0;

	while (lab_is_running(&fleet->program)) {
		lab_rest(STEP_MS);
		storm_fleet_read(fleet);
		if (!look(s))
			return false;
		if (has_traffic && fleet->summary[0])
			return true;
		const char *counts = strstr(fleet->progress, " devices=");
		stalled = counts && strcmp(before, counts) != 0 ? 0 : stalled + 1;
		snprintf(before, sizeof(before), "%s", counts ? counts : "");
		if (stalled > STALLED_STEPS)
			return fail(s, &fleet->program, "makes no progress");
		show_progress(fleet->progress);
	}
	storm_fleet_read(fleet);
	return fleet->summary[0] ? true : fail(s, &fleet->program, "has said no figures");
}

/* --- a storm --- */

static double own_cpu_s(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

/* What a fleet says of its devices. */
static double unserved(const char *summary)
{
	return storm_fleet_figure(summary, "devices") - storm_fleet_figure(summary, "answered");
}

static void report_fleet(struct storm *s, const char *summary)
{
	struct storm_report *r = s->report;
	const double seconds = storm_fleet_figure(summary, "seconds");

	report_add(r, STORM_SERVED_S, seconds);
	report_add(r, STORM_DEVICES_A_S,
		   seconds > 0 ? storm_fleet_figure(summary, "answered") / seconds : 0);
	report_add(r, STORM_UNSERVED, unserved(summary));
	report_add(r, STORM_LOST, storm_fleet_figure(summary, "lost"));
	report_add(r, STORM_ACTIVATION_P50_MS,
		   storm_fleet_figure(summary, "activation_p50_us") / 1000);
	report_add(r, STORM_ACTIVATION_P99_MS,
		   storm_fleet_figure(summary, "activation_p99_us") / 1000);
	report_add(r, STORM_FIRST_P50_MS, storm_fleet_figure(summary, "first_p50_us") / 1000);
	report_add(r, STORM_FIRST_P99_MS, storm_fleet_figure(summary, "first_p99_us") / 1000);
}

static void report_ggsn(struct storm *s, const struct storm_ggsn_figures *before)
{
	const uint32_t devices = s->options->devices;
	struct storm_ggsn_figures f;

	storm_ggsn_look(s->ggsn, 0, devices, &f);
	if (f.delivered == devices)
		report_add(s->report, STORM_DELIVERED_S,
			   (double)(f.last_delivery_us - f.first_activation_us) / 1e6);
	report_add(s->report, STORM_WRONG,
		   (double)(f.wrong + f.unexpected - before->wrong - before->unexpected + devices -
			    f.delivered));
	report_add(s->report, STORM_RETRANSMITTED,
		   (double)(f.retransmitted - before->retransmitted));
}

static void report_memory(struct storm *s, double before)
{
	const double after = watch_rss_mib(s->hse.pid), peak = watch_peak_rss_mib(s->hse.pid);

	report_add(s->report, STORM_HELD, s->held);
	report_add(s->report, STORM_RSS_BEFORE_MIB, before);
	report_add(s->report, STORM_RSS_PEAK_MIB, peak);
	report_add(s->report, STORM_RSS_AFTER_MIB, after);
	report_add(s->report, STORM_RSS_GROWTH, (peak - before) * 1048576 / s->options->devices);
}

static struct storm_fleet_config storm_config(const struct storm_options *o)
{
	return (struct storm_fleet_config){.name = "storm",
					   .sgsn = LAB_SGSN_ADDRESS,
					   .identity = "sgsn.home.example",
					   .devices = o->devices,
					   .window = o->window,
					   .packets = 1};
}

static bool explain_losses(struct storm *s, const char *summary)
{
	if (unserved(summary) == 0 && storm_fleet_figure(summary, "lost") == 0)
		return true;
	fprintf(stderr, "hse-bench: %s  counters of hse:\n", summary);
	if (system(NULL)) {
		char command[2 * PATH_MAX];

		snprintf(command, sizeof(command),
			 "'%s/hsectl' --prefix " STORM_PREFIX " counters >&2", s->lab.programs);
		if (system(command) != 0)
			fprintf(stderr, "hse-bench: hsectl has failed\n");
	}
	return true;
}

static bool measure_storm(struct storm *s)
{
	const struct storm_fleet_config config = storm_config(s->options);
	const double devices = s->options->devices, rss = watch_rss_mib(s->hse.pid);
	const double hse = watch_cpu_s(s->hse.pid), hss = watch_cpu_s(s->hss.pid),
		     own = own_cpu_s();
	struct storm_ggsn_figures before;
	static struct storm_fleet fleet;

	s->held = 0;
	storm_ggsn_look(s->ggsn, 0, 0, &before);
	if (!storm_fleet_start(&s->lab, &fleet, &config) || !wait_for_fleet(s, &fleet, false))
		return false;
	report_fleet(s, fleet.summary);
	report_ggsn(s, &before);
	report_memory(s, rss);
	report_add(s->report, STORM_CPU_HSE_US, (watch_cpu_s(s->hse.pid) - hse) * 1e6 / devices);
	report_add(s->report, STORM_CPU_HSS_US, (watch_cpu_s(s->hss.pid) - hss) * 1e6 / devices);
	report_add(s->report, STORM_CPU_UE_US, fleet.program.cpu_s * 1e6 / devices);
	report_add(s->report, STORM_CPU_GGSN_US, (own_cpu_s() - own) * 1e6 / devices);
	return explain_losses(s, fleet.summary);
}

/* --- sessions one by one --- */

static bool measure_cold(struct storm *s)
{
	const struct storm_options *o = s->options;
	const struct storm_fleet_config config = {.name = "cold",
						  .sgsn = LAB_SGSN_ADDRESS,
						  .identity = "sgsn.home.example",
						  .first = o->devices + ESTABLISHED,
						  .devices = o->cold,
						  .window = 1,
						  .rate = COLD_RATE,
						  .packets = 3};
	struct storm_report *r = s->report;
	static struct storm_fleet fleet;

	if (!storm_fleet_start(&s->lab, &fleet, &config) || !wait_for_fleet(s, &fleet, false))
		return false;
	const char *summary = fleet.summary;
	report_add(r, COLD_DELAY_P50_MS, storm_fleet_figure(summary, "delay_p50_us") / 1000);
	report_add(r, COLD_DELAY_P99_MS, storm_fleet_figure(summary, "delay_p99_us") / 1000);
	report_add(r, COLD_FIRST_P50_MS, storm_fleet_figure(summary, "first_p50_us") / 1000);
	report_add(r, COLD_NEXT_P50_MS, storm_fleet_figure(summary, "next_p50_us") / 1000);
	report_add(r, COLD_FIRST_P99_MS, storm_fleet_figure(summary, "first_p99_us") / 1000);
	report_add(r, COLD_NEXT_P99_MS, storm_fleet_figure(summary, "next_p99_us") / 1000);
	report_add(r, COLD_LOST, unserved(summary) + storm_fleet_figure(summary, "lost"));
	return explain_losses(s, summary);
}

/* --- established sessions --- */

/* What became of their packets in some seconds. */
struct traffic {
	double seconds, sent, answered;
	unsigned count;
	double p50_us[STORM_TRAFFIC_MAX], p99_us[STORM_TRAFFIC_MAX];
};

/* Seconds that lie wholly between the two. */
static void add_traffic(const struct storm_fleet *fleet, uint64_t from_us, uint64_t to_us,
			struct traffic *t)
{
	for (unsigned i = 1; i < fleet->traffic_count; i++) {
		const struct storm_traffic *line = &fleet->traffic[i];
		const uint64_t begun = line[-1].at_us;

		if (begun < from_us || line->at_us > to_us || t->count == STORM_TRAFFIC_MAX)
			continue;
		t->seconds += (double)(line->at_us - begun) / 1e6;
		t->sent += line->sent;
		t->answered += line->answered;
		t->p50_us[t->count] = line->p50_us;
		t->p99_us[t->count++] = line->p99_us;
	}
}

static bool rest_calm(struct storm *s)
{
	const uint64_t end = figures_now_us() + s->options->calm_s * UINT64_C(1000000);

	while (figures_now_us() < end) {
		lab_rest(STEP_MS);
		if (!look(s))
			return false;
	}
	return true;
}

static bool start_established(struct storm *s)
{
	const struct storm_fleet_config config = {.name = "established",
						  .sgsn = LAB_OTHER_SGSN_ADDRESS,
						  .identity = "sgsn2.home.example",
						  .first = s->options->devices,
						  .devices = ESTABLISHED,
						  .window = 64,
						  .packets = 1,
						  .traffic = s->options->traffic};
	struct storm_fleet *fleet = calloc(1, sizeof(*fleet));

	if (!fleet || !storm_fleet_start(&s->lab, fleet, &config)) {
		free(fleet);
		return false;
	}
	s->established = fleet;
	return wait_for_fleet(s, fleet, true);
}

static void report_traffic(struct storm *s, struct traffic *calm, struct traffic *storm)
{
	struct storm_report *r = s->report;
	const double without = calm->answered / calm->seconds,
		     in_storm = storm->answered / storm->seconds;

	report_add(r, TRAFFIC_RATIO, in_storm / without);
	report_add(r, TRAFFIC_CALM_A_S, without);
	report_add(r, TRAFFIC_STORM_A_S, in_storm);
	report_add(r, TRAFFIC_CALM_ANSWERED, calm->answered / calm->sent);
	report_add(r, TRAFFIC_STORM_ANSWERED, storm->answered / storm->sent);
	report_add(r, TRAFFIC_CALM_P50_MS, bench_median(calm->p50_us, calm->count) / 1000);
	report_add(r, TRAFFIC_STORM_P50_MS, bench_median(storm->p50_us, storm->count) / 1000);
	report_add(r, TRAFFIC_CALM_P99_MS, bench_median(calm->p99_us, calm->count) / 1000);
	report_add(r, TRAFFIC_STORM_P99_MS, bench_median(storm->p99_us, storm->count) / 1000);
}

/* In turns: without a storm, in one, without. */
static bool measure_traffic(struct storm *s)
{
	const struct storm_fleet_config config = storm_config(s->options);
	static struct traffic calm, storm;
	static struct storm_fleet fleet;
	uint64_t from, to, end;

	if (!start_established(s))
		return false;
	const uint64_t start = figures_now_us();
	if (!rest_calm(s))
		return false;
	from = figures_now_us();
	if (!storm_fleet_start(&s->lab, &fleet, &config) || !wait_for_fleet(s, &fleet, false))
		return false;
	to = figures_now_us();
	if (!rest_calm(s))
		return false;
	end = figures_now_us();
	add_traffic(s->established, start, from, &calm);
	add_traffic(s->established, from, to, &storm);
	add_traffic(s->established, to, end, &calm);
	report_add(s->report, TRAFFIC_SERVED_S, storm_fleet_figure(fleet.summary, "seconds"));
	report_add(s->report, TRAFFIC_LOST,
		   unserved(fleet.summary) + storm_fleet_figure(fleet.summary, "lost"));
	if (calm.count > 0 && storm.count > 0)
		report_traffic(s, &calm, &storm);
	return explain_losses(s, fleet.summary);
}

/* --- all --- */

static bool measure_all(struct storm *s)
{
	for (uint32_t i = 0; i < s->options->rounds; i++)
		if (!measure_storm(s))
			return false;
	if (s->options->cold > 0 && !measure_cold(s))
		return false;
	return s->options->traffic == 0 || measure_traffic(s);
}

bool storm_measure(const struct storm_options *options, struct storm_report *report)
{
	static struct storm s;
	bool done;

	s = (struct storm){.options = options, .report = report, .telemetry = -1};
	done = start(&s) && measure_all(&s);
	show_progress(" ");
	stop(&s);
	return done;
}
