/* SPDX-License-Identifier: BSD-3-Clause */
#include "ue/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX 32

struct loop {
	int epoll;
	/* Sorted by deadline. Timers that start last mostly end last, so they are sorted in from behind. */
	TAILQ_HEAD(loop_timers, loop_timer) timers;
	struct epoll_event events[EVENTS_MAX];
	int events_count;
	bool stopping;
	int status;
};

uint64_t loop_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return NULL;
	TAILQ_INIT(&loop->timers);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0) {
		free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	close(loop->epoll);
	free(loop);
}

int loop_add(struct loop *loop, struct loop_source *source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) ? -errno : 0;
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	if (source->fd < 0)
		return;
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	for (int i = 0; i < loop->events_count; i++)
		if (loop->events[i].data.ptr == source)
			loop->events[i].data.ptr = NULL;
}

void loop_start_timer(struct loop *loop, struct loop_timer *timer, uint32_t ms)
{
	struct loop_timer *before;

	loop_stop_timer(loop, timer);
	timer->deadline_ms = loop_now_ms() + ms;
	timer->running = true;
	TAILQ_FOREACH_REVERSE(before, &loop->timers, loop_timers, link)
	if (before->deadline_ms <= timer->deadline_ms)
		break;
	if (before)
		TAILQ_INSERT_AFTER(&loop->timers, before, timer, link);
	else
		TAILQ_INSERT_HEAD(&loop->timers, timer, link);
}

void loop_stop_timer(struct loop *loop, struct loop_timer *timer)
{
	if (timer->running)
		TAILQ_REMOVE(&loop->timers, timer, link);
	timer->running = false;
}

/* Milliseconds until the next timer; -1: there is none. */
static int next_timeout(const struct loop *loop)
{
	const struct loop_timer *first = TAILQ_FIRST(&loop->timers);

	if (!first)
		return -1;
	uint64_t now = loop_now_ms();
	return first->deadline_ms > now ? (int)(first->deadline_ms - now) : 0;
}

static void expire_timers(struct loop *loop)
{
	uint64_t now = loop_now_ms();
	struct loop_timer *timer;

	while (!loop->stopping && (timer = TAILQ_FIRST(&loop->timers)) &&
	       timer->deadline_ms <= now) {
		loop_stop_timer(loop, timer);
		timer->expired(timer->arg);
	}
}

int loop_run(struct loop *loop)
{
	loop->stopping = false;
	while (!loop->stopping) {
		int n = epoll_wait(loop->epoll, loop->events, EVENTS_MAX, next_timeout(loop));
		if (n < 0 && errno != EINTR)
			return -errno;
		loop->events_count = n > 0 ? n : 0;
		for (int i = 0; i < loop->events_count && !loop->stopping; i++) {
			const struct loop_source *source = loop->events[i].data.ptr;
			if (source)
				source->ready(source->arg);
		}
		loop->events_count = 0;
		expire_timers(loop);
	}
	return loop->status;
}

void loop_stop(struct loop *loop, int status)
{
	loop->stopping = true;
	loop->status = status;
}
