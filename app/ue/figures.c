/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/figures.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

uint64_t figures_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int samples_init(struct samples *samples, size_t room)
{
	*samples = (struct samples){.us = calloc(room + 1, sizeof(*samples->us)), .room = room};
	return samples->us ? 0 : -ENOMEM;
}

int figures_init(struct figures *figures, uint32_t devices, uint32_t packets, uint32_t traffic)
{
	*figures = (struct figures){.devices = devices};
	if (samples_init(&figures->activation, devices) || samples_init(&figures->first, devices) ||
	    samples_init(&figures->next, (size_t)devices * (packets - 1)) ||
	    samples_init(&figures->delay, packets > 1 ? devices : 0) ||
	    samples_init(&figures->traffic, 2 * (size_t)traffic)) {
		figures_free(figures);
		return -ENOMEM;
	}
	return 0;
}

void figures_free(struct figures *figures)
{
	free(figures->activation.us);
	free(figures->first.us);
	free(figures->next.us);
	free(figures->delay.us);
	free(figures->traffic.us);
	*figures = (struct figures){0};
}

void samples_note(struct samples *samples, uint64_t us)
{
	if (samples->count < samples->room)
		samples->us[samples->count++] = us < UINT32_MAX ? (uint32_t)us : UINT32_MAX;
}

static int compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* name_p50_us, name_p99_us and name_max_us. */
static void print_samples(struct samples *samples, const char *name, FILE *out)
{
	if (samples->count == 0)
		return;
	qsort(samples->us, samples->count, sizeof(samples->us[0]), compare);
	fprintf(out, " %s_p50_us=%u %s_p99_us=%u %s_max_us=%u", name,
		samples->us[samples->count / 2], name,
		samples->us[samples->count - 1 - samples->count / 100], name,
		samples->us[samples->count - 1]);
}

static void print_counts(const struct figures *figures, const char *what, uint64_t until, FILE *out)
{
	fprintf(out, "%s: seconds=%.3f devices=%u activated=%u answered=%u lost=%u failed=%u", what,
		(double)(until - figures->begun_us) / 1e6, figures->devices, figures->activated,
		figures->answered, figures->lost, figures->failed);
}

void figures_print_progress(const struct figures *figures, FILE *out)
{
	print_counts(figures, "progress", figures_now_us(), out);
	fputc('\n', out);
	fflush(out);
}

void figures_print_summary(struct figures *figures, FILE *out)
{
	print_counts(figures, "fleet", figures->last_us, out);
	print_samples(&figures->activation, "activation", out);
	print_samples(&figures->first, "first", out);
	print_samples(&figures->next, "next", out);
	print_samples(&figures->delay, "delay", out);
	fputc('\n', out);
	fflush(out);
}

void figures_print_traffic(struct figures *figures, FILE *out)
{
	fprintf(out, "traffic: at_us=%llu sent=%llu answered=%llu",
		(unsigned long long)figures_now_us(), (unsigned long long)figures->sent,
		(unsigned long long)figures->back);
	print_samples(&figures->traffic, "traffic", out);
	fputc('\n', out);
	fflush(out);
	figures->sent = figures->back = 0;
	figures->traffic.count = 0;
}
