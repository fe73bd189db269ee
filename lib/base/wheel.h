/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wheel: timers for the control thread, any number of them, each in constant time. A timer lives in the
 * struct that it belongs to; fire finds that struct by its own pointer.
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct wheel;
struct wheel_timer;
typedef void (*wheel_fire)(struct wheel_timer *timer, void *arg);

struct wheel_timer {
	LIST_ENTRY(wheel_timer) entry;
	uint64_t deadline; /* ms */
	wheel_fire fire;   /* NULL: not set */
};

/* arg is handed to every fire. NULL: no memory. */
struct wheel *wheel_new(uint64_t now_ms, void *arg);
void wheel_free(struct wheel *wheel);

/* Sets, or sets anew, a timer to fire after delay_ms (a little later, never earlier). */
void wheel_set(struct wheel *wheel, struct wheel_timer *timer, uint64_t delay_ms, wheel_fire fire);
/* Allowed for a timer that is not set. */
void wheel_cancel(struct wheel_timer *timer);
static inline bool wheel_is_set(const struct wheel_timer *timer)
{
	return timer->fire != NULL;
}

/* Fires what is due. now_ms never runs backwards (CLOCK_MONOTONIC). */
void wheel_advance(struct wheel *wheel, uint64_t now_ms);
uint64_t wheel_now(const struct wheel *wheel);

#endif
