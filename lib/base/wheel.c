/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/wheel.h"

#include <stdlib.h>

#define SLOT_MS 8
#define SLOTS	4096

LIST_HEAD(slot, wheel_timer);

struct wheel {
	uint64_t now_ms;
	uint64_t tick; /* the last slot that was fired, counted from time zero */
	void *arg;
	struct slot slots[SLOTS];
};

struct wheel *wheel_new(uint64_t now_ms, void *arg)
{
	struct wheel *wheel = calloc(1, sizeof(*wheel));

	if (!wheel)
		return NULL;
	wheel->now_ms = now_ms;
	wheel->tick = now_ms / SLOT_MS;
	wheel->arg = arg;
	return wheel;
}

void wheel_free(struct wheel *wheel)
{
	free(wheel);
}

void wheel_set(struct wheel *wheel, struct wheel_timer *timer, uint64_t delay_ms, wheel_fire fire)
{
	uint64_t tick;

	wheel_cancel(timer);
	timer->deadline = wheel->now_ms + delay_ms;
	timer->fire = fire;
	tick = timer->deadline / SLOT_MS + 1;
	LIST_INSERT_HEAD(&wheel->slots[tick % SLOTS], timer, entry);
}

void wheel_cancel(struct wheel_timer *timer)
{
	if (!timer->fire)
		return;
	LIST_REMOVE(timer, entry);
	timer->fire = NULL;
}

static void fire_slot(struct wheel *wheel, struct slot *slot)
{
	struct slot due = LIST_HEAD_INITIALIZER(due);
	struct wheel_timer *timer, *next;

	for (timer = LIST_FIRST(slot); timer; timer = next) {
		next = LIST_NEXT(timer, entry);
		if (timer->deadline > wheel->now_ms)
			continue; /* due in a later turn of the wheel */
		LIST_REMOVE(timer, entry);
		LIST_INSERT_HEAD(&due, timer, entry);
	}
	/* fire may set or cancel any timer, so take the first of due each time. */
	while ((timer = LIST_FIRST(&due)) != NULL) {
		wheel_fire fire = timer->fire;
		wheel_cancel(timer);
		fire(timer, wheel->arg);
	}
}

void wheel_advance(struct wheel *wheel, uint64_t now_ms)
{
	const uint64_t target = now_ms / SLOT_MS;

	if (now_ms > wheel->now_ms)
		wheel->now_ms = now_ms;
	/* One turn passes all slots, so more turns would find nothing new. */
	if (target > wheel->tick + SLOTS)
		wheel->tick = target - SLOTS;
	while (wheel->tick < target)
		fire_slot(wheel, &wheel->slots[++wheel->tick % SLOTS]);
}

uint64_t wheel_now(const struct wheel *wheel)
{
	return wheel->now_ms;
}
