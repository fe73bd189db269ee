/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/fleet.h"

#include <errno.h>
#include <stdlib.h>

#include "ue/device.h"

#define TICK_MS	    2
#define PROGRESS_US 1000000

struct fleet {
	struct devices devices;
	struct ue_shared *shared;
	const struct ue_fleet_config *config;
	struct loop_timer tick;
	uint32_t begun;
	uint32_t done; /* devices that have had their packets, or have failed */
	uint64_t told_us;
	bool ended;
	/* The traffic after that. */
	bool is_traffic;
	uint64_t traffic_us; /* since when */
	uint64_t traffic_sent;
	uint32_t traffic_next; /* device */
	void (*on_end)(void *arg, bool failed);
	void *arg;
};

static void attached(void *arg, struct device *device, bool failed);
static void answered(void *arg, struct device *device, bool lost);
static void tick(void *arg);

struct fleet *fleet_new(struct ue_shared *shared, uint32_t count,
			void (*ended)(void *arg, bool failed), void *arg)
{
	struct fleet *fleet = calloc(1, sizeof(*fleet));

	if (!fleet)
		return NULL;
	fleet->shared = shared;
	fleet->config = &shared->config->fleet;
	fleet->on_end = ended;
	fleet->arg = arg;
	fleet->tick = (struct loop_timer){.expired = tick, .arg = fleet};
	if (devices_init(&fleet->devices, shared, count)) {
		free(fleet);
		errno = ENOMEM;
		return NULL;
	}
	fleet->devices.attached = attached;
	fleet->devices.answered = answered;
	fleet->devices.arg = fleet;
	return fleet;
}

void fleet_free(struct fleet *fleet)
{
	if (!fleet)
		return;
	loop_stop_timer(fleet->shared->loop, &fleet->tick);
	devices_free(&fleet->devices);
	free(fleet);
}

void fleet_stop(struct fleet *fleet)
{
	const struct figures *figures = &fleet->devices.figures;

	if (fleet->ended)
		return;
	fleet->ended = true;
	loop_stop_timer(fleet->shared->loop, &fleet->tick);
	if (!fleet->is_traffic)
		figures_print_summary(&fleet->devices.figures, stdout);
	fleet->on_end(fleet->arg, figures->lost > 0 || figures->answered < figures->devices);
}

/* --- devices --- */

/* How many may have begun by now. */
static uint32_t allowed(const struct fleet *fleet)
{
	const uint64_t us = figures_now_us() - fleet->devices.figures.begun_us;
	const uint64_t by_rate = us * fleet->config->rate / 1000000 + 1;

	if (fleet->config->rate == 0 || by_rate > fleet->devices.count)
		return fleet->devices.count;
	return (uint32_t)by_rate;
}

static void finish_device(struct fleet *fleet, struct device *device)
{
	fleet->done++;
	if (fleet->config->traffic_packets_per_s == 0)
		device_rest(device);
}

static void fail_device(struct fleet *fleet, struct device *device)
{
	fleet->devices.figures.failed++;
	finish_device(fleet, device);
}

static void begin_more(struct fleet *fleet)
{
	struct devices *devices = &fleet->devices;
	const uint32_t until = allowed(fleet);

	while (fleet->begun < until && devices->attaching < fleet->config->window) {
		struct device *device = &devices->list[fleet->begun++];
		if (!device_begin(device))
			fail_device(fleet, device);
	}
}

static void send_next(struct fleet *fleet, struct device *device)
{
	if (!device_send(device)) {
		fleet->devices.figures.lost++;
		finish_device(fleet, device);
	}
}

static void attached(void *arg, struct device *device, bool failed)
{
	struct fleet *fleet = arg;

	if (failed) {
		fail_device(fleet, device);
	} else {
		fleet->devices.figures.activated++;
		send_next(fleet, device);
	}
	begin_more(fleet);
}

static void note_answer(struct fleet *fleet, struct device *device)
{
	struct figures *figures = &fleet->devices.figures;
	const uint64_t now = figures_now_us(), took = now - device->since_us;

	if (device->sent > 1) {
		samples_note(&figures->next, took);
		if (device->sent == 2 && device->first_us > 0)
			samples_note(&figures->delay,
				     device->first_us > took ? device->first_us - took : 0);
		return;
	}
	figures->answered++;
	figures->last_us = now;
	device->first_us = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
	samples_note(&figures->first, took);
}

static void answered(void *arg, struct device *device, bool lost)
{
	struct fleet *fleet = arg;
	struct figures *figures = &fleet->devices.figures;

	if (fleet->is_traffic) {
		figures->back += !lost;
		if (!lost)
			samples_note(&figures->traffic, figures_now_us() - device->since_us);
		return;
	}
	if (lost)
		figures->lost++;
	else
		note_answer(fleet, device);
	if (device->sent < fleet->config->packets)
		send_next(fleet, device);
	else
		finish_device(fleet, device);
}

static void give_up_overdue(struct fleet *fleet)
{
	const uint64_t now = figures_now_us();
	struct device *device;

	while ((device = TAILQ_FIRST(&fleet->devices.waiting)) &&
	       device->since_us + fleet->config->answer_ms * UINT64_C(1000) < now)
		device_give_up(device);
}

/* --- traffic --- */

static void start_traffic(struct fleet *fleet)
{
	figures_print_summary(&fleet->devices.figures, stdout);
	fleet->is_traffic = true;
	fleet->traffic_us = fleet->told_us = figures_now_us();
}

/* The next device that has a PDP context; there is one. */
static struct device *next_active(struct fleet *fleet)
{
	struct device *device;

	do {
		device = &fleet->devices.list[fleet->traffic_next];
		fleet->traffic_next = (fleet->traffic_next + 1) % fleet->devices.count;
	} while (!device->is_active);
	return device;
}

/* What has not been answered when the device's turn comes again stays unanswered. */
static void send_traffic(struct fleet *fleet)
{
	const uint64_t us = figures_now_us() - fleet->traffic_us;
	const uint64_t due = us * fleet->config->traffic_packets_per_s / 1000000;

	for (; fleet->traffic_sent < due; fleet->traffic_sent++)
		fleet->devices.figures.sent += device_send(next_active(fleet));
	if (fleet->config->traffic_s > 0 && us >= fleet->config->traffic_s * UINT64_C(1000000))
		fleet_stop(fleet);
}

/* --- time --- */

static void tell(struct fleet *fleet)
{
	const uint64_t now = figures_now_us();

	if (now - fleet->told_us < PROGRESS_US)
		return;
	fleet->told_us += PROGRESS_US;
	if (fleet->is_traffic)
		figures_print_traffic(&fleet->devices.figures, stdout);
	else
		figures_print_progress(&fleet->devices.figures, stdout);
}

static void tick(void *arg)
{
	struct fleet *fleet = arg;

	tell(fleet);
	give_up_overdue(fleet);
	begin_more(fleet);
	if (fleet->done == fleet->devices.count && !fleet->is_traffic) {
		if (fleet->config->traffic_packets_per_s == 0 ||
		    fleet->devices.figures.activated == 0) {
			fleet_stop(fleet);
			return;
		}
		start_traffic(fleet);
	}
	if (fleet->is_traffic)
		send_traffic(fleet);
	if (!fleet->ended)
		loop_start_timer(fleet->shared->loop, &fleet->tick, TICK_MS);
}

void fleet_start(struct fleet *fleet)
{
	struct figures *figures = &fleet->devices.figures;

	figures->begun_us = figures->last_us = fleet->told_us = figures_now_us();
	loop_start_timer(fleet->shared->loop, &fleet->tick, 0);
}
