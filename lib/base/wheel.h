/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wheel: timers for the control thread. lib/control, lib/keys and lib/counts set them; the control thread's loop
 * advances the wheel. To set or cancel a timer takes constant time, whatever the number of timers. A timer is a
 * member of the struct that it belongs to. fire finds that struct from the timer's address (container_of).
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

/* Every call of fire gets arg. Returns NULL if there is no memory. */
struct wheel *wheel_new(uint64_t now_ms, void *arg);
void wheel_free(struct wheel *wheel);

/* Sets a timer, which may already be set, to fire after delay_ms. The timer never fires early, but may fire 8 ms
 * late. */
void wheel_set(struct wheel *wheel, struct wheel_timer *timer, uint64_t delay_ms, wheel_fire fire);
/* Stops the timer. A timer that is not set is allowed. */
void wheel_cancel(struct wheel_timer *timer);
static inline bool wheel_is_set(const struct wheel_timer *timer)
{
	return timer->fire != NULL;
}

/* Fires all due timers. now_ms must be from CLOCK_MONOTONIC: it never decreases. */
void wheel_advance(struct wheel *wheel, uint64_t now_ms);
/* Returns the latest now_ms. */
uint64_t wheel_now(const struct wheel *wheel);

#endif
