/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loop: the one event loop, on epoll. Sources call when their descriptor is readable, timers when their
 * time has come; both belong to the caller. One thread.
 */
#ifndef UE_LOOP_H
#define UE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct loop;

struct loop_source {
	int fd;
	void (*ready)(void *arg);
	void *arg;
};

struct loop_timer {
	TAILQ_ENTRY(loop_timer) link;
	uint64_t deadline_ms;
	bool running;
	void (*expired)(void *arg);
	void *arg;
};

/* A monotonic clock with an arbitrary start. */
uint64_t loop_now_ms(void);

/* NULL with errno. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Negative errno. source must stay where it is until loop_remove. */
int loop_add(struct loop *loop, struct loop_source *source);
/* A source may remove itself or another from within ready. fd -1: nothing was added. */
void loop_remove(struct loop *loop, struct loop_source *source);

/* (Re)starts timer; it expires once. */
void loop_start_timer(struct loop *loop, struct loop_timer *timer, uint32_t ms);
/* Stops timer if it runs. */
void loop_stop_timer(struct loop *loop, struct loop_timer *timer);

/* Runs until loop_stop, and returns the status given there; negative errno when epoll fails. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int status);

#endif
